"""Python functions that a compiled program calls back.

An exception must not leave such a function: XLA would turn it into another error, and JAX would let later programs
fail, too. It is kept, and raised by the call that ran the program, when this has ended.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

_here = threading.local()


class Callbacks:
    """The callbacks of one program, and the exceptions that they raised."""

    def __init__(self) -> None:
        self.used = False
        self._raised: list[BaseException] = []

    @contextlib.contextmanager
    def collecting(self) -> Iterator[None]:
        """A `with` block for the trace of a program, whose callbacks are made by `guarded`."""
        before = getattr(_here, "callbacks", None)
        _here.callbacks = self
        try:
            yield
        finally:
            _here.callbacks = before

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


def guarded(function: Callable[..., None]) -> Callable[..., None]:
    """`function` as a callback of the program that is being traced: its exceptions are kept."""
    callbacks: Callbacks | None = getattr(_here, "callbacks", None)
    if callbacks is None:
        return function
    callbacks.used = True

    def call(*args: Any) -> None:
        try:
            function(*args)
        except BaseException as error:  # an interrupt may come while a callback runs
            callbacks._raised.append(error)

    return call
