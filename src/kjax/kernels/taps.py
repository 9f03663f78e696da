"""Windows read tap by tap: one array for each position in a window, of the elements there in all windows.

Where a window has few elements, a loop over its taps, which XLA fuses, is many times faster on CPUs than XLA's own
operations for windows, above all in its gradient.
"""

import itertools
import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from kjax.shapes import windows

FEW = 27  # elements of a window (3 by 3 by 3); more of them take long to compile


def are_few(sizes: Sequence[int]) -> bool:
    """Whether windows are small enough for a loop over their taps."""
    return math.prod(sizes) <= FEW


def taps(
    x: Any,
    sizes: Sequence[int],
    strides: Sequence[int],
    padding: str,
    data_format: str,
    dilations: Sequence[int] | None = None,
    filler: Any = 0,
) -> list[Any]:
    """For each position in a window, in order: its elements in all windows, with `filler` as padding."""
    import jax

    axes = windows.spatial_axes(x.ndim, data_format)
    rates = dilations or (1,) * len(sizes)
    margins, steps, lengths = [(0, 0, 0)] * x.ndim, [1] * x.ndim, [0] * x.ndim
    for axis, size, stride, rate in zip(axes, sizes, strides, rates, strict=True):
        n, steps[axis] = x.shape[axis], stride
        margins[axis] = (*windows.margins(n, size, stride, padding, rate), 0)
        lengths[axis] = ((windows.count(n, size, stride, padding, rate) or 0) - 1) * stride + 1
    padded = jax.lax.pad(x, np.asarray(filler, x.dtype), margins)
    parts = []
    for place in itertools.product(*map(range, sizes)):
        starts, stops = [0] * x.ndim, [*padded.shape]
        for axis, position, rate in zip(axes, place, rates, strict=True):
            starts[axis] = position * rate
            stops[axis] = starts[axis] + lengths[axis]
        parts.append(jax.lax.slice(padded, starts, stops, steps))
    return parts


def interleaved(parts: Any, first_axis: int = 1) -> Any:
    """The array of which each part has every so-manieth element along the axes of space.

    Args:
        parts: of shape `(*strides, *dims)`, for each position within a stride the elements there. Among `dims` are
            batch and channels besides the axes of space.
        first_axis: the first axis of space in `dims`.
    """
    count = (parts.ndim - 2) // 2
    strides, dims = parts.shape[:count], parts.shape[count:]
    order, sizes = [], []
    for axis, n in enumerate(dims):
        place = axis - first_axis
        inside = 0 <= place < count
        order += [count + axis, place] if inside else [count + axis]
        sizes.append(n * strides[place] if inside else n)
    return parts.transpose(order).reshape(sizes)
