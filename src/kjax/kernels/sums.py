"""Sums of large NumPy arrays along the last axes: `np.einsum` adds several elements at a time."""

from typing import Any

import numpy as np
from numpy.lib.array_utils import normalize_axis_tuple

from kjax.machine import config

_WORTHWHILE = 1 << 62 if config.PLAIN else 1 << 14
# einsum adds one element after another; sums over runs of this length are added pairwise, as NumPy does, for precision.
_RUN = 1024


def total(x: Any, axis: Any, dtype: Any, keepdims: bool) -> Any:
    """The sum along axes, like `np.add.reduce` up to rounding."""
    if x.size >= _WORTHWHILE and x.dtype == dtype and x.dtype.char in "fd" and x.flags.c_contiguous:
        axes = {*(range(x.ndim) if axis is None else normalize_axis_tuple(axis, x.ndim))}
        if len(axes) == x.ndim:
            out = _of_all(x.reshape(-1))
            return out.reshape((1,) * x.ndim) if keepdims else out
        kept = [d for a, d in enumerate(x.shape) if a not in axes]
        length = x.size // int(np.prod(kept))
        if axes and min(axes) == len(kept) and length <= _RUN:  # the last ones
            out = np.einsum("ij->i", x.reshape(-1, length))
            return out.reshape([*kept, *(1 for _ in axes)] if keepdims else kept)
    return np.add.reduce(x, axis, dtype, keepdims=keepdims)  # type: ignore[call-overload]


def _of_all(flat: Any) -> Any:
    whole = flat.size - flat.size % _RUN
    return np.add.reduce(np.einsum("ij->i", flat[:whole].reshape(-1, _RUN))) + np.add.reduce(flat[whole:])
