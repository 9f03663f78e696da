"""The three roles of a convolution in which each filter sees all channels, as a product or by XLA's operation.

On CPUs XLA has fast code for one and two axes of space, strides and dilations included, as long as the padding on each
side is less than a window. Everything is brought into this form.
"""

import math
from functools import partial
from typing import Any

import numpy as np

from kjax.kernels import products, thin
from kjax.kernels.forms import Form, moved
from kjax.kernels.taps import interleaved
from kjax.machine import config


def forward(form: Form, x: Any, kernel: Any, quick: bool = False) -> Any:
    """Images, kernel -> outputs; `quick` if this is compiled so that loops run slowly."""
    if products.is_one(form):
        return products.forward(form, x, kernel)
    way = None if quick else thin.way(form, "forward", x.dtype)
    if way is not None:
        return way(form, x, kernel)
    if _is_folded(form):
        flat = _folded_form(form)
        return _unfolded(form, forward(flat, _folded(form, x), _folded_kernel(kernel), quick))
    return by_xla(form, x, kernel)


def images(form: Form, y: Any, kernel: Any, quick: bool = False) -> Any:
    """Outputs, kernel -> images."""
    import jax

    if products.is_one(form):
        return products.images(form, y, kernel)
    way = None if quick else thin.way(form, "images", y.dtype)
    if way is not None:
        return way(form, y, kernel)
    if _is_folded(form):
        parts = images(_folded_form(form), _merged(form.channels_last(y)), _folded_kernel(kernel), quick)
        shape = jax.ShapeDtypeStruct(form.images, y.dtype)
        return jax.linear_transpose(partial(_folded, form), shape)(parts)[0]
    return form.as_given((_images_by_phases if _phases_pay(form) else _images)(form, form.channels_last(y), kernel))


def kernel(form: Form, x: Any, y: Any, quick: bool = False) -> Any:
    """Images, outputs -> kernel."""
    if products.is_one(form):
        return products.kernel(form, x, y)
    if _is_folded(form):
        found = kernel(_folded_form(form), _folded(form, x), _merged(form.channels_last(y)), quick)
        depth, *window, channels, filters = form.kernel
        return moved(found.reshape((*window, depth, channels, filters)), len(window), 0)
    way = None if quick else thin.way(form, "kernel", x.dtype)
    return (_kernel if way is None else way)(form, x, y)


def by_xla(form: Form, x: Any, kernel: Any) -> Any:
    """The convolution as one operation of XLA; a depthwise one as that of groups of one channel."""
    groups = 1
    if form.depthwise:
        *window, groups, multiplier = kernel.shape
        kernel = kernel.reshape((*window, 1, groups * multiplier))
    margins = [(axis.before, axis.behind) for axis in form.axes]
    how = {"window_strides": form.strides, "rhs_dilation": form.dilations, "feature_group_count": groups}
    return form.as_given(_xla(form.channels_last(x), kernel, margins, **how))


def _images(form: Form, y: Any, kernel: Any) -> Any:
    """A convolution of `y`, with zeros between its elements for strides, by the mirrored kernel."""
    import jax

    margins, missing = [], []
    for axis in form.axes:
        before = axis.span - 1 - axis.before
        behind = axis.images + axis.span - 2 - (axis.places - 1) * axis.stride - before
        # Elements behind all windows have no slope. (As padding of a window or more they would take the slow way.)
        unseen = max(0, behind - axis.span + 1)
        margins.append((before, behind - unseen))
        missing.append((0, unseen, 0))
    mirrored = jax.numpy.flip(kernel, tuple(range(len(margins)))).swapaxes(-1, -2)
    none = (1,) * len(margins)
    how = {"window_strides": none, "lhs_dilation": form.strides, "rhs_dilation": form.dilations}
    out = _xla(y, mirrored, margins, **how)
    return jax.lax.pad(out, np.zeros((), out.dtype), [(0, 0, 0), *missing, (0, 0, 0)])


def _phases_pay(form: Form) -> bool:
    """Whether few enough of the taps are padding. (Measured: XLA makes a third of the operations with zeros.)"""
    axes = form.axes
    if max(form.strides) == 1 or any(axis.stride > 1 and axis.dilation > 1 for axis in axes):
        return False
    padded = [axis.taps_of_phase * axis.phases / axis.window for axis in axes]
    return math.prod(padded) < 0.59 ** len(axes) * math.prod(form.strides)


def _images_by_phases(form: Form, y: Any, kernel: Any) -> Any:
    """A convolution of `y` by parts of the mirrored kernel.

    With strides, elements that lie equally far behind the beginning of a window (a phase) meet the same part of the
    kernel's taps. Each phase is computed as channels of its own.
    """
    import jax

    lax, axes = jax.lax, form.axes
    *_, channels, filters = kernel.shape
    taps, phases = [axis.taps_of_phase for axis in axes], [axis.phases for axis in axes]
    # Taps become taps of a phase, and phases.
    ends = [(0, n * axis.stride - axis.window, 0) for n, axis in zip(taps, axes, strict=True)]
    parts = lax.pad(kernel, np.zeros((), kernel.dtype), [*ends, (0, 0, 0), (0, 0, 0)])
    parts = parts.reshape((*_alternating(taps, [axis.stride for axis in axes]), channels, filters))
    parts = parts[tuple(_alternating([slice(None, None, -1)] * len(axes), map(slice, phases)))]
    d = len(axes)
    order = [*range(0, 2 * d, 2), 2 * d + 1, *range(1, 2 * d, 2), 2 * d]
    mirrored = parts.transpose(order).reshape((*taps, filters, math.prod(phases) * channels))
    margins, sizes = [], []
    for axis in axes:
        first, reach = axis.before // axis.stride, (axis.taps_of_phase - 1) * axis.dilation
        stop = -(-(axis.before + axis.images) // axis.stride)
        stop = min(stop, axis.places + reach)  # elements behind all windows have no slope
        margins.append((reach - first, stop - axis.places))
        sizes.append(stop - first)
    out = _xla(y, mirrored, margins, window_strides=(1,) * d, rhs_dilation=form.dilations)
    out = out.reshape((out.shape[0], *sizes, *phases, channels))
    out = out.transpose([*range(d + 1, 2 * d + 1), *range(d + 1), 2 * d + 1])
    gaps = [(0, axis.stride - axis.phases, 0) for axis in axes]  # elements that no window sees
    out = interleaved(lax.pad(out, np.zeros((), out.dtype), [*gaps, *[(0, 0, 0)] * (d + 2)]))
    sides = []
    for axis, n in zip(axes, out.shape[1:], strict=False):
        surplus = axis.before % axis.stride
        sides.append((-surplus, axis.images + surplus - n, 0))
    return lax.pad(out, np.zeros((), out.dtype), [(0, 0, 0), *sides, (0, 0, 0)])


def _alternating(one: Any, other: Any) -> list[Any]:
    return [item for pair in zip(one, other, strict=True) for item in pair]


def _kernel(form: Form, x: Any, y: Any) -> Any:
    """A convolution of `x` by `y` in place of a kernel; channels and images change places."""
    x, y = form.channels_last(x).swapaxes(0, -1), form.channels_last(y)
    margins = []
    for axis in form.axes:
        seen = axis.span + (axis.places - 1) * axis.stride
        margins.append((axis.before, seen - axis.images - axis.before))
    how = {"window_strides": form.dilations, "rhs_dilation": form.strides}
    return moved(_xla(x, moved(y, 0, -2), margins, **how), 0, -2)


def _xla(x: Any, kernel: Any, margins: Any, **options: Any) -> Any:
    """XLA's convolution, channels last.

    XLA brings other orders of axes into this one, as its fast kernels for CPUs need it; but not inside loops.
    """
    import jax

    larger = math.prod(kernel.shape[:-2]) > math.prod(x.shape[1:-1])
    if larger and jax.default_backend() == "cpu" and not config.is_plain():
        x, margins = _padded(x, margins, options.get("lhs_dilation", (1,) * len(margins)))
    spatial = "DHW"[-(x.ndim - 2) :]
    orders = (f"N{spatial}C", f"{spatial}IO", f"N{spatial}C")
    return jax.lax.conv_general_dilated(
        x, kernel, padding=margins, dimension_numbers=orders, precision=products.PRECISION, **options
    )


def _padded(x: Any, margins: Any, dilations: Any) -> tuple[Any, Any]:
    """Images larger by what whole elements there are in the padding, and the rest of the padding.

    Of images with fewer elements than the window XLA would make the window, and take the slow way.
    """
    import jax

    whole = [
        (max(0, before) // rate, max(0, behind) // rate, 0)
        for (before, behind), rate in zip(margins, dilations, strict=True)
    ]
    x = jax.lax.pad(x, np.zeros((), x.dtype), [(0, 0, 0), *whole, (0, 0, 0)])
    rest = [
        (before - a * rate, behind - b * rate)
        for (before, behind), (a, b, _), rate in zip(margins, whole, dilations, strict=True)
    ]
    return jax.lax.optimization_barrier(x), rest


# ----------------------------------------------------------------------------------------------------------- 3-D as 2-D
#
# The elements of a window along the first axis of space become channels, and the places along that axis become images.


def _is_folded(form: Form) -> bool:
    import jax

    return len(form.images) > 4 and jax.default_backend() == "cpu" and not config.is_plain()


def _folded_form(form: Form) -> Form:
    dims = [axis.images for axis in form.axes]
    depth, *window, channels, filters = form.kernel
    return Form(
        (form.images[0] * form.axes[0].places, *dims[1:], channels * depth),
        (*window, channels * depth, filters),
        form.strides[1:],
        form.padding,
        "channels_last",
        form.dilations[1:],
    )


def _folded(form: Form, x: Any) -> Any:
    """Images of a 3-D convolution as those of a 2-D one."""
    import jax

    x, axis = form.channels_last(x), form.axes[0]
    margins = [(0, 0, 0)] * x.ndim
    margins[1] = (axis.before, axis.behind, 0)
    padded = jax.lax.pad(x, np.zeros((), x.dtype), margins)
    starts = range(0, axis.span, axis.dilation)
    parts = [
        jax.lax.slice_in_dim(padded, start, start + (axis.places - 1) * axis.stride + 1, axis.stride, 1)
        for start in starts
    ]
    return _merged(jax.numpy.concatenate(parts, -1))


def _merged(x: Any) -> Any:
    """Batch and first axis of space as one."""
    return x.reshape((-1, *x.shape[2:]))


def _folded_kernel(kernel: Any) -> Any:
    depth, *window, channels, filters = kernel.shape
    return moved(kernel, 0, len(window)).reshape((*window, depth * channels, filters))


def _unfolded(form: Form, y: Any) -> Any:
    return form.as_given(y.reshape((-1, form.axes[0].places, *y.shape[1:])))
