"""Run-time conditions on values, such as an index in range.

A kernel states one with `require`. On concrete values it is checked at once. A traced condition is collected: the
compiled program returns it as one more output, and its caller raises if it is False.
"""

from __future__ import annotations

import contextlib
import functools
import operator
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


_NO_TRACERS = frozenset([np.ndarray, int, float, bool, str, list, tuple, type(None)])  # the most frequent types


def is_tracer(value: Any) -> bool:
    """Whether `value` is a tracer, which stands for an array while JAX traces."""
    if type(value) in _NO_TRACERS or not config.jax_loaded():
        return False
    import jax

    return isinstance(value, jax.core.Tracer)


_current_trace: Callable[[], Any] | None = None  # once JAX is there
_none: Any = None  # what it gives where nothing is traced


def _watch_traces() -> None:
    global _current_trace, _none
    from jax._src import core  # (JAX tells this nowhere else)

    _none = core.eval_trace
    if hasattr(core, "trace_state_strong_ref"):  # (sooner read than by the property of `trace_ctx`)
        _current_trace = functools.partial(operator.attrgetter("value"), core.trace_state_strong_ref)
    else:
        _current_trace = functools.partial(operator.attrgetter("trace"), core.trace_ctx)


when_imported("jax", _watch_traces)


def is_tracing() -> bool:
    """Whether JAX traces here: compiles, differentiates, vectorises."""
    return _current_trace is not None and _current_trace() is not _none


def is_compiling() -> bool:
    """Whether JAX traces here a function whose program it keeps, as `jax.jit` does."""
    if _current_trace is None or (trace := _current_trace()) is _none:
        return False
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
