"""Bounds on large NumPy arrays, as functions with an `out` argument.

With a number as the bound, `np.clip` uses vector instructions, while `np.maximum` and `np.minimum` take one element
after the other. Of equal operands NumPy gives the second, TensorFlow the first: zeros of either sign are such.
"""

from typing import Any

import numpy as np

# On smaller arrays the call of `np.clip` takes longer than it saves.
_FEW = 4096


def _is_bound(x: Any, y: Any) -> bool:
    return type(x) is np.ndarray and x.size > _FEW and x.dtype.kind == "f" and type(y) in (int, float) and y == y


def maximum(x: Any, y: Any, out: Any = None) -> Any:
    """The elementwise maximum of an array and an array or number; `x` where `y` is NaN."""
    if _is_bound(x, y):
        return np.clip(x, y, np.inf, out=out)
    return _but_nan(np.maximum(y, x, out=out), x, y, out)


def minimum(x: Any, y: Any, out: Any = None) -> Any:
    """The elementwise minimum of an array and an array or number; `x` where `y` is NaN."""
    if _is_bound(x, y):
        return np.clip(x, -np.inf, y, out=out)
    return _but_nan(np.minimum(y, x, out=out), x, y, out)


def _but_nan(result: Any, x: Any, y: Any, out: Any) -> Any:
    nan = np.isnan(y)
    if not np.count_nonzero(nan):
        return result
    if out is None:
        return np.where(nan, x, result).astype(result.dtype, copy=False)
    np.copyto(out, x, where=nan)
    return out


def within(x: Any, low: Any, high: Any, out: Any = None) -> Any:
    """An array within two numbers, `low` <= `high`."""
    if x.dtype.kind == "f":
        return np.clip(x, low, high, out=out)
    return np.maximum(_beside(x, low), np.minimum(_beside(x, high), x), out=out)


def clipped(x: Any, low: Any, high: Any) -> Any:
    """`x` within bounds; if `high` is less than `low`, `low` wins."""
    if x.size > _FEW and x.dtype.kind == "f" and not np.ndim(low) and not np.ndim(high) and low <= high:
        return np.clip(x, low, high)
    if x.dtype.kind == "V":
        low, high = _beside(x, low), _beside(x, high)
    return np.maximum(low, np.minimum(high, x))


def _beside(x: Any, bound: Any) -> Any:
    """A bound that leaves bfloat16 its dtype, of which NumPy makes float32 beside Python's numbers."""
    return x.dtype.type(bound) if x.dtype.kind == "V" and type(bound) in (int, float) else bound
