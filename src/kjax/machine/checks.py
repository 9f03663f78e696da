"""Conditions on values that only a run can tell, such as that an index is in range.

A kernel states one with `require`. Where the values are there, it is looked at at once. While JAX traces them it can't
be: it is then collected, the compiled program gives it as one more output, and the caller complains if it is False.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from typing import Any

import numpy as np

from kjax.machine import config

_here = threading.local()

# Conditions that are traced, each with the error to raise where it is False.
Conditions = list[tuple[Any, Exception]]


def is_tracer(value: Any) -> bool:
    """Whether `value` stands for an array while JAX traces."""
    if type(value) is np.ndarray or not config.jax_loaded():
        return False
    import jax

    return isinstance(value, jax.core.Tracer)


@contextlib.contextmanager
def collecting(into: Conditions | None) -> Iterator[None]:
    """A `with` block in which traced conditions are added to a list; with None they are passed over."""
    before = getattr(_here, "conditions", None)
    _here.conditions = into
    try:
        yield
    finally:
        _here.conditions = before


def require(condition: Any, error: Exception) -> None:
    """State that all elements of `condition` must be True.

    Raises:
        Exception: `error`, if some are known not to be.
    """
    if is_tracer(condition):
        conditions = getattr(_here, "conditions", None)
        if conditions is not None:
            conditions.append((condition.all(), error))
    elif not np.all(condition):
        raise error
