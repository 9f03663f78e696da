"""Scopes: `with` blocks in which a context variable has another value, for the thread or task that enters them."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from typing import Any, TypeVar

T = TypeVar("T")


@contextlib.contextmanager
def scope(variable: ContextVar[T], value: T) -> Iterator[T]:
    """A `with` block in which `variable` is `value`, and behind which it is again as it was before.

    A generator can be closed by another thread or task than the one that entered the block. There, the variable is
    left as it is, unless that one took over the value from the block; where the block was entered, the value ends with
    the thread or task.

    An interrupt can come as soon as the variable is set, and before `__exit__` does anything. The block then ends
    when its generator is freed, with the traceback: by then, blocks around it have ended.
    """
    before: T = variable.get()
    token: Any = None
    try:
        token = variable.set(value)
        yield value
    except GeneratorExit:
        token = None
        raise
    finally:
        try:
            variable.reset(token)
        except (TypeError, ValueError):  # none, or one of another context
            if variable.get() is value:
                variable.set(before)


@contextlib.contextmanager
def wide_types(jax: Any, wide: bool = True) -> Iterator[None]:
    """A `with` block in which this thread's JAX knows 64-bit types (or does not), and behind which it is as before.

    JAX's own block stays open if an interrupt comes while it is entered or left.
    """
    before = jax.config.jax_enable_x64
    try:
        with jax.enable_x64(wide):
            try:
                yield
            except GeneratorExit:  # late, as above
                before = before and jax.config.jax_enable_x64 if wide else before
                raise
    finally:
        restore_types(jax, before)


def restore_types(jax: Any, wide: bool) -> None:
    """End a block of 64-bit types that an interrupt left open; `wide` is how it was before."""
    if jax.config.jax_enable_x64 != wide:
        jax.enable_x64(wide).__enter__()
