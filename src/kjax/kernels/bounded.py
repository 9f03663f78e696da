"""Bounds on large NumPy arrays, as functions which write where they are told to.

Beside a number `np.clip` computes several elements at a time, where `np.maximum` and `np.minimum` take one by one.
"""

from typing import Any

import numpy as np


# `np.clip` takes longer to call.
_FEW = 4096


def _is_bound(x: Any, y: Any) -> bool:
    return type(y) in (int, float) and x.dtype.kind == "f"


def maximum(x: Any, y: Any, out: Any) -> None:
    """The greater of an array and an array or number."""
    if _is_bound(x, y):
        np.clip(x, y, np.inf, out=out)
    else:
        np.maximum(x, y, out=out)


def minimum(x: Any, y: Any, out: Any) -> None:
    """The lesser of an array and an array or number."""
    if _is_bound(x, y):
        np.clip(x, -np.inf, y, out=out)
    else:
        np.minimum(x, y, out=out)


def clipped(x: Any, low: Any, high: Any) -> Any:
    """`x` within bounds; if `high` is less than `low`, `low` wins."""
    if x.size > _FEW and x.dtype.kind == "f" and not np.ndim(low) and not np.ndim(high) and low <= high:
        return np.clip(x, low, high)
    return np.maximum(np.minimum(x, high), low)


def root(x: Any, out: Any) -> None:
    """The square root, of negative elements 0."""
    if np.fmin.reduce(x, None) < 0:
        x = np.clip(x, 0, np.inf, out=out)
    np.sqrt(x, out=out)


def sigmoid(x: Any, out: Any) -> None:
    """`1 / (1 + exp(-x))`."""
    np.negative(x, out=out)
    np.exp(out, out=out)
    np.add(out, 1, out=out)
    np.divide(1, out, out=out)
