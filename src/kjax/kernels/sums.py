"""Sums of large NumPy arrays, as products with ones: BLAS adds several times as fast as `np.add.reduce`."""

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

_WORTHWHILE = 1 << 14
# Products add one element after another; runs of this length are added up pairwise, as NumPy does, so that nothing is lost.
_RUN = 1024


def total(x: Any, axis: Any, dtype: Any, keepdims: bool) -> Any:
    """The sum along axes: what `np.add.reduce` gives, up to rounding."""
    if x.size >= _WORTHWHILE and x.dtype == dtype and x.dtype.char in "fd" and x.flags.c_contiguous:
        axes = {*(range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim))}
        out = _by_product(x, axes)
        if out is not None:
            return out.reshape([1 if a in axes else d for a, d in enumerate(x.shape)]) if keepdims else out
    return np.add.reduce(x, axis, dtype, keepdims=keepdims)


def _by_product(x: Any, axes: set[int]) -> Any:
    """The sum along the first or the last axes; None where the axes are others, or the runs too long."""
    if len(axes) == x.ndim:
        flat = x.reshape(-1)
        whole = x.size - x.size % _RUN
        runs = flat[:whole].reshape(-1, _RUN) @ np.ones(_RUN, x.dtype)
        return np.add.reduce(runs) + np.add.reduce(flat[whole:])
    kept = [d for a, d in enumerate(x.shape) if a not in axes]
    if min(axes) == len(kept):  # the last ones
        matrix = x.reshape(-1, x.size // int(np.prod(kept)))
        if matrix.shape[1] <= _RUN:
            return (matrix @ np.ones(matrix.shape[1], x.dtype)).reshape(kept)
    elif max(axes) == len(axes) - 1:  # the first ones
        matrix = x.reshape(-1, int(np.prod(kept)))
        if len(matrix) <= _RUN:
            return (np.ones(len(matrix), x.dtype) @ matrix).reshape(kept)
    return None
