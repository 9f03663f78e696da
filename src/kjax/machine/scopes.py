"""Scopes: `with` blocks in which a context variable has another value, for the thread or task that enters them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import TypeVar

T = TypeVar("T")


@contextlib.contextmanager
def scope(variable: ContextVar[T], value: T) -> Iterator[T]:
    """A `with` block in which `variable` is `value`, and behind which it is again as it was before.

    A generator can be closed by another thread or task than the one that entered the block. There, the variable is
    left as it is, unless that one took over the value from the block; where the block was entered, the value ends with
    the thread or task.
    """
    before = variable.get()
    token = variable.set(value)
    try:
        yield value
    finally:
        try:
            variable.reset(token)
        except ValueError:  # of another context
            if variable.get() is value:
                variable.set(before)
