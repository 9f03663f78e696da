"""Python functions that a compiled program calls back.

An exception must not leave such a function: XLA would turn it into another error, and JAX would let later programs
fail, too. It is kept, and raised by the call that ran the program, when this has ended.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

from kjax.machine.scopes import scope


class Callbacks:
    """The callbacks of one program, and the exceptions that they raised."""

    def __init__(self) -> None:
        self.used = False
        self._raised: list[BaseException] = []

    def collecting(self) -> contextlib.AbstractContextManager[Any]:
        """A `with` block for the trace of a program, whose callbacks are made by `guarded`."""
        return scope(_traced, self)

    def finish(self) -> None:
        """Wait for the callbacks of a run, and raise the first exception of one.

        Raises:
            BaseException: the exception.
        """
        if self.used:
            import jax

            jax.effects_barrier()  # type: ignore[no-untyped-call]
            if self._raised:
                error = self._raised[0]
                self._raised.clear()
                raise error


_traced: ContextVar[Callbacks | None] = ContextVar("kjax_callbacks", default=None)


def guarded(function: Callable[..., Any], otherwise: Callable[[], Any] = lambda: None) -> Callable[..., Any]:
    """`function` as a callback of the program that is being traced: its exceptions are kept.

    `otherwise` gives the result that the program goes on with after an exception.
    """
    callbacks = _traced.get()
    if callbacks is None:
        return function
    callbacks.used = True

    def call(*args: Any) -> Any:
        try:
            return function(*args)
        except BaseException as error:  # an interrupt may come while a callback runs
            callbacks._raised.append(error)
            return otherwise()

    return call
