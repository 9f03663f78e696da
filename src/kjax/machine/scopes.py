"""Scopes: `with` blocks in which a context variable has another value, for the thread or task that enters them."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
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


def wide_types(jax: Any, wide: bool = True) -> contextlib.AbstractContextManager[None]:
    """A `with` block in which this thread's JAX knows 64-bit types (or does not), and behind which it is as before."""
    return _setting(jax.enable_x64, wide)


def one_program(jax: Any, one: bool = True) -> contextlib.AbstractContextManager[None]:
    """A `with` block in which JAX traces its own functions as parts of the program around them, or not.

    Many functions of `jax.numpy` are compiled functions themselves. Within another one each is a program of its own,
    traced and kept for each new shape: twice the time of tracing, and memory that stays. Loops would be traced step by
    step, though: see `as_loop`.
    """
    from jax._src import config  # (`jax.disable_jit` is a generator around it, which an interrupt can leave open)

    return _setting(config.disable_jit, one)


def as_loop(jax: Any, loop: Callable[[Callable[..., T]], Any], step: Callable[..., T]) -> Any:
    """A loop of JAX that stays one within `one_program`.

    Args:
        jax: the module.
        loop: calls `lax.scan`, `lax.map` or `lax.fori_loop` with the function that it is given.
        step: what is computed in each step.
    """

    def traced(*args: Any) -> T:
        with one_program(jax):
            return step(*args)

    with one_program(jax, False):
        return loop(traced)


@contextlib.contextmanager
def _setting(setting: Any, value: bool) -> Iterator[None]:
    """A `with` block in which a setting of this thread's JAX has a value, and behind which it is as before.

    JAX's own block stays open if an interrupt comes while it is entered or left.
    """
    before = own(setting)
    try:
        with setting(value):
            try:
                yield
            except GeneratorExit:  # late, as above: blocks around it may have ended
                now = own(setting)
                before = before if now is value else now
                raise
    finally:
        try:
            restore(setting, before)
        except BaseException:  # a second interrupt, close behind the first
            restore(setting, before)
            raise


def own(setting: Any) -> Any:
    """What this thread alone has a setting of JAX as; a marker where it has what `jax.config.update` says."""
    return setting.get_local()


def restore(setting: Any, before: Any) -> None:
    """End a block of a setting that an interrupt left open; `before` is what `own` gave in front of the block."""
    if own(setting) is not before:
        setting.set_local(before)
