"""`tf.errors`: TensorFlow's exceptions, each also of the kind that Python has for such an error.

They are raised where TensorFlow's own program raises them by name: at the end of a data set, for a damaged file. A bad
argument of an operation is a plain `ValueError` or `TypeError`, as everywhere in kjax.
"""

from __future__ import annotations

from typing import Any

from kjax.dialects.tensorflow_calls import Table, give_names


class OpError(Exception):
    """The base of TensorFlow's exceptions.

    >>> error = OutOfRangeError(None, None, 'End of sequence')
    >>> str(error), error.error_code, isinstance(error, IndexError)
    ('End of sequence', 11, True)
    """

    code = 2

    def __init__(self, node_def: Any, op: Any, message: str, error_code: int | None = None) -> None:
        super().__init__(message)
        self.node_def = node_def
        self.op = op
        self.message = message
        self.error_code = self.code if error_code is None else error_code

    def __str__(self) -> str:
        return str(self.message)

    def __reduce__(self) -> Any:
        return type(self), (None, None, self.message)


class CancelledError(OpError):
    """The operation was cancelled."""

    code = 1


class UnknownError(OpError):
    """An error of no other kind."""

    code = 2


class InvalidArgumentError(OpError, ValueError):
    """An argument is wrong."""

    code = 3


class DeadlineExceededError(OpError, TimeoutError):
    """It took too long."""

    code = 4


class NotFoundError(OpError, FileNotFoundError):
    """A file, or another thing, is not there."""

    code = 5


class AlreadyExistsError(OpError, FileExistsError):
    """What was to be made is there already."""

    code = 6


class PermissionDeniedError(OpError, PermissionError):
    """It is not allowed."""

    code = 7


class ResourceExhaustedError(OpError, MemoryError):
    """There is not enough memory."""

    code = 8


class FailedPreconditionError(OpError, ValueError):
    """Something has to be done before."""

    code = 9


class AbortedError(OpError):
    """The operation was aborted."""

    code = 10


class OutOfRangeError(OpError, IndexError):
    """The end has been reached, as that of a data set."""

    code = 11


class UnimplementedError(OpError, NotImplementedError):
    """This can't be computed."""

    code = 12


class InternalError(OpError):
    """A fault of the system."""

    code = 13


class UnavailableError(OpError):
    """What is needed can't be reached."""

    code = 14


class DataLossError(OpError, ValueError):
    """A file is damaged."""

    code = 15


class UnauthenticatedError(OpError):
    """It is not known who asks."""

    code = 16


_CLASSES: dict[str, type[OpError]] = {kind.__name__: kind for kind in OpError.__subclasses__()}


def _code_name(name: str) -> str:
    words = name.removesuffix("Error")
    return "".join(f"_{c}" if c.isupper() and i else c for i, c in enumerate(words)).upper()


ERRORS: Table = {
    **_CLASSES,
    "OpError": OpError,
    "OK": 0,
    **{_code_name(name): kind.code for name, kind in _CLASSES.items()},
}


def _of_code(error_code: int) -> type[OpError]:
    return next(kind for kind in _CLASSES.values() if kind.code == error_code)


V1_ERRORS: Table = {
    **ERRORS,
    "error_code_from_exception_type": lambda cls: cls.code,
    "exception_type_from_error_code": _of_code,
}

give_names({"tensorflow.errors": ERRORS, "tensorflow.compat.v1.errors": V1_ERRORS}, __name__)
