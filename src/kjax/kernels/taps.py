"""Windows read tap by tap: one array for each position in a window, of the elements there in all windows.

Where a window has few elements, a loop over its taps, which XLA fuses, is many times faster on CPUs than XLA's own
operations for windows, above all in its gradient.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kjax.kernels.forms import Axis, Form
from kjax.shapes import windows

# Elements of a window: 3 by 3 by 3, of which more take long to compile; 9 by 9, of which more take seconds.
FEW, MANY = 27, 81


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


def spread(form: Form, y: Any, added: Callable[[Any, tuple[int, ...]], Any], first: bool = False) -> Any:
    """Images as sums of what each output adds to the elements that its window sees, tap by tap.

    With strides, images fall into phases: elements of different phases meet different taps.

    Args:
        form: that of the convolution.
        y: an array with the places of outputs along the axes of space.
        added: from the part of `y` whose windows have an element at a tap, and this tap, to what these elements get.
        first: whether the axes of space are the last ones, behind that of channels.
    """
    import jax

    axes = form.axes
    before = y.ndim - len(axes) if first else 1  # axes in front of those of space
    inside = slice(before, before + len(axes))
    rows = [-(-(axis.before + axis.images) // axis.stride) for axis in axes]  # elements of each phase
    reach = [(axis.span - 1) // axis.stride for axis in axes]
    sides = [(0, 0, 0)] * y.ndim
    sides[inside] = [(far, n - axis.places, 0) for far, n, axis in zip(reach, rows, axes, strict=True)]
    padded = jax.lax.pad(y, np.zeros((), y.dtype), sides)
    starts, stops, phases = [0] * y.ndim, [*padded.shape], []
    for phase in itertools.product(*(range(axis.stride) for axis in axes)):
        total: Any = 0
        for place in itertools.product(*map(_taps_of_phase, axes, phase)):
            starts[inside] = [far - back for far, (_, back) in zip(reach, place, strict=True)]
            stops[inside] = [start + n for start, n in zip(starts[inside], rows, strict=True)]
            total = total + added(jax.lax.slice(padded, starts, stops), tuple(tap for tap, _ in place))
        phases.append(total)
    shape = next(total.shape for total in phases if np.ndim(total))
    whole = jax.numpy.stack([jax.numpy.broadcast_to(jax.numpy.asarray(total, y.dtype), shape) for total in phases])
    out = interleaved(whole.reshape((*form.strides, *shape)), before)
    cut = [slice(None)] * out.ndim
    cut[inside] = [slice(axis.before, axis.before + axis.images) for axis in axes]
    return out[tuple(cut)]


def _taps_of_phase(axis: Axis, phase: int) -> list[tuple[int, int]]:
    """The taps that meet elements of a phase, each with how many places before the element its outputs are."""
    reached = [(tap, tap * axis.dilation - phase) for tap in range(axis.window)]
    return [(tap, back // axis.stride) for tap, back in reached if back % axis.stride == 0]


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
