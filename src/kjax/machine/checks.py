"""Run-time conditions on values, such as an index in range.

A kernel states one with `require`. On concrete values it is checked at once. A traced condition is collected: the
compiled program returns it as one more output, and its caller raises if it is False.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from contextvars import ContextVar
from typing import Any

import numpy as np

from kjax.machine import config
from kjax.machine.imports import when_imported
from kjax.machine.scopes import scope

# Traced conditions, each with the error to raise if it is False.
Conditions = list[tuple[Any, Exception]]

_collected: ContextVar[Conditions | None] = ContextVar("kjax_conditions", default=None)


def is_tracer(value: Any) -> bool:
    """Whether `value` is a tracer, which stands for an array while JAX traces."""
    if type(value) is np.ndarray or not config.jax_loaded():
        return False
    import jax

    return isinstance(value, jax.core.Tracer)


_current_trace: Callable[[], Any] | None = None  # once JAX is there
_none: Any = None  # what it gives where nothing is traced


def _watch_traces() -> None:
    global _current_trace, _none
    from jax._src import core  # (JAX tells this nowhere else)

    context, _none = core.trace_ctx, core.eval_trace
    _current_trace = lambda: context.trace  # noqa: E731


when_imported("jax", _watch_traces)


def is_tracing() -> bool:
    """Whether JAX traces here: compiles, differentiates, vectorises."""
    return _current_trace is not None and _current_trace() is not _none


def is_compiling() -> bool:
    """Whether JAX traces here a function whose program it keeps, as `jax.jit` does."""
    trace = None if _current_trace is None else _current_trace()
    while trace is not None:
        if type(trace).__name__ == "DynamicJaxprTrace":
            return True
        trace = getattr(trace, "parent_trace", None)
    return False


def collecting(into: Conditions | None) -> contextlib.AbstractContextManager[Any]:
    """A `with` block in which traced conditions are added to a list, or with None ignored."""
    return scope(_collected, into)


def require(condition: Any, error: Exception) -> None:
    """State that all elements of `condition` must be True.

    Raises:
        Exception: `error`, if an element is known to be False.
    """
    if is_tracer(condition):
        conditions = _collected.get()
        if conditions is not None:
            conditions.append((condition.all(), error))
    elif not np.all(condition):
        raise error
