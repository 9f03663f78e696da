"""Errors as they leave the library: of the documented kinds, naming the public function, and of a length one reads.

The kinds are TypeError, ValueError, IndexError, NotImplementedError, MemoryError, and our subclasses of them. What else
goes wrong inside, from NumPy's errors to Python's limit of recursion, becomes one of these at the boundary: in the
public function that the program called. An exception of the program's own code, in a callback, passes unchanged.
"""

from __future__ import annotations

import functools
import operator
import os
import re
import sys
from collections.abc import Callable
from types import TracebackType
from typing import Any, ParamSpec, TypeVar

from kjax.machine import config

P = ParamSpec("P")
R = TypeVar("R")

LONGEST = 500  # characters of a message
_SHOWN = 120  # of a value that is cut out of a message that is longer

_KINDS = (IndexError, NotImplementedError, MemoryError, TypeError, ValueError)
# Errors of the system, such as a full disk, and of the program's own checks are as clear as they can be.
_UNCHANGED = (OSError, Warning, StopIteration, StopAsyncIteration)


class TooLargeError(ValueError, MemoryError):
    """A tensor does not fit into memory."""

    __module__ = "kjax"


class TracedValueError(TypeError):
    """A call needs the values of an array, and JAX only traces it here."""

    __module__ = "kjax"


def needs_values(error: Exception) -> bool:
    """Whether an error says that a call needs the values of an array which JAX only traces."""
    if isinstance(error, TracedValueError):
        return True
    if not config.jax_loaded():
        return False
    import jax

    return isinstance(error, (jax.errors.JAXTypeError, jax.errors.JAXIndexError))


def _folder(module: str) -> str:
    file = getattr(sys.modules.get(module), "__file__", None)
    return os.path.dirname(file) + os.sep if file else ""


_HERE = os.path.dirname(os.path.dirname(__file__)) + os.sep
_TOO_LARGE = re.compile(r"RESOURCE_EXHAUSTED|[Oo]ut of memory|Unable to allocate|array is too big|Maximum allowed")
_NAMED = re.compile(r"^[A-Za-z_]\w*\(\)(?=[ :])")


def shortened(text: str) -> str:
    """`text`, with its middle left out if it is long."""
    if len(text) <= LONGEST:
        return text
    tail = LONGEST // 4
    return f"{text[: LONGEST - tail - 5]} ... {text[-tail:]}"


def shown(value: Any) -> str:
    """`repr(value)`, cut off where it is long; for an object that can't be shown, its type."""
    try:
        text = repr(value)
    except Exception:
        return f"<{type(value).__name__}>"
    return cut(text)


def cut(text: str) -> str:
    """`text`, without its end where it is long."""
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 4]} ..."


def is_foreign(traceback: TracebackType | None) -> bool:
    """Whether an exception went through code of the program, below the frame that caught it."""
    ours = (_HERE, *filter(None, map(_folder, ("numpy", "jax", "jaxlib", "os", "scipy", "ml_dtypes"))), "<")
    while traceback is not None:
        if not traceback.tb_frame.f_code.co_filename.startswith(ours):
            return True
        traceback = traceback.tb_next
    return False


def explained(error: Exception, where: str) -> Exception:
    """The error to raise in the function `where`, `name()`, for one that came up in it.

    It is `error` itself where this is of the right kind, names the function and is short.
    """
    text = str(error).strip()
    if isinstance(error, RecursionError):
        kind: type[Exception] = ValueError
        text = "an argument is nested too deeply, or contains itself"
    elif needs_values(error) and not isinstance(error, TracedValueError):
        kind = TracedValueError
        text = (
            "it needs the values of an array of which JAX knows only the shape here: a shape, a size or a choice that "
            "depends on data"
        )
    elif isinstance(error, TooLargeError) or _TOO_LARGE.search(text):
        kind = TooLargeError
        text = text.removeprefix("RESOURCE_EXHAUSTED: ")
    else:
        kind = next((k for k in _KINDS if isinstance(error, k)), ValueError)
    if kind not in (TooLargeError, TracedValueError) and type(error).__module__.partition(".")[0] == "kjax":
        kind = type(error)
    line = text
    if not _NAMED.match(text):
        # NumPy and JAX explain themselves in several lines, of which the first says what is wrong.
        line = (text.splitlines() or [f"it failed with {type(error).__name__}"])[0]
    if not line.startswith(where[:-1]):
        line = f"{where}: {_NAMED.sub('', line).lstrip(': ')}"
    line = shortened(line)
    if line == text and type(error) is kind:
        return error
    new = kind(line)
    for note in getattr(error, "__notes__", ()):
        new.add_note(note)
    return new


def told_by(function: Callable[..., Any]) -> Callable[[Exception], Exception]:
    """What a public function raises in place of an error that it catches: the error itself, if that is right."""
    where = f"{function.__name__}()"

    def told(error: Exception) -> Exception:
        inside = error.__traceback__ and error.__traceback__.tb_next
        return error if isinstance(error, _UNCHANGED) or is_foreign(inside) else explained(error, where)

    return told


def public(function: Callable[P, R]) -> Callable[P, R]:
    """A public function that is composed of others: its errors name it, and are of the documented kinds."""
    told = told_by(function)

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            found = told(error)
            if found is error:
                raise
        raise found from None

    return call


def as_count(value: Any, what: str) -> int:
    """An integer that is 1 or more; `what` names the argument, with its function.

    Raises:
        ValueError: it is something else.

    >>> as_count(3, "ahead(): size")
    3
    """
    try:
        count = operator.index(value)
    except TypeError:
        count = 0
    if count < 1:
        raise ValueError(f"{what} must be an integer, 1 or more")
    return count
