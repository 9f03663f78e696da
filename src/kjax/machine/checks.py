"""Run-time conditions on values, such as an index in range.

A kernel states one with `require`. On concrete values it is checked at once. A traced condition is collected: the
compiled program returns it as one more output, and its caller raises if it is False.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from kjax.machine import config

_here = threading.local()

# Traced conditions, each with the error to raise if it is False.
Conditions = list[tuple[Any, Exception]]


def is_tracer(value: Any) -> bool:
    """Whether `value` is a tracer, which stands for an array while JAX traces."""
    if type(value) is np.ndarray or not config.jax_loaded():
        return False
    import jax

    return isinstance(value, jax.core.Tracer)


@contextlib.contextmanager
def collecting(into: Conditions | None) -> Iterator[None]:
    """A `with` block in which traced conditions are added to a list, or with None ignored."""
    before = getattr(_here, "conditions", None)
    _here.conditions = into
    try:
        yield
    finally:
        _here.conditions = before


def require(condition: Any, error: Exception) -> None:
    """State that all elements of `condition` must be True.

    Raises:
        Exception: `error`, if an element is known to be False.
    """
    if is_tracer(condition):
        conditions = getattr(_here, "conditions", None)
        if conditions is not None:
            conditions.append((condition.all(), error))
    elif not np.all(condition):
        raise error
