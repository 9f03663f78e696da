"""Convolution as one bilinear operation in three roles, each of which is the gradient of the others.

    forward: images, kernel -> outputs      images: outputs, kernel -> images      kernel: images, outputs -> kernel

JAX would differentiate the way in which a role is computed. On CPUs that is a poor one for some: the gradient of a
transposed convolution by its kernel, and that of a depthwise one, take ten times as long as the same role computed for
itself. So derivatives, of any order and in both directions, are roles again.
"""

import itertools
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from kjax.kernels.taps import taps
from kjax.shapes import windows

# Full float32 precision on accelerators, whose default shortens the factors to ten bits or fewer.
PRECISION = "highest"


class Form(NamedTuple):
    """What a convolution is, besides its arrays.

    Attributes:
        images, kernel: the shapes; that of a depthwise kernel is `(*window, channels, multiplier)`.
        strides, padding, data_format, dilations: as in `K.conv2d`.
        depthwise: whether each channel is convolved by itself.
    """

    images: tuple[int, ...]
    kernel: tuple[int, ...]
    strides: tuple[int, ...]
    padding: str
    data_format: str
    dilations: tuple[int, ...]
    depthwise: bool = False


def forward(form: Form, images: Any, kernel: Any) -> Any:
    """The convolution."""
    return _primitive().bind(images, kernel, role="forward", form=form)


def images(form: Form, outputs: Any, kernel: Any) -> Any:
    """The gradient by the images for slopes at the outputs: the transposed convolution."""
    return _primitive().bind(outputs, kernel, role="images", form=form)


# ----------------------------------------------------------------------------------------------------- as JAX sees it


@cache
def _primitive() -> Any:
    from jax.extend.core import Primitive
    from jax.interpreters import ad, batching, mlir

    primitive = Primitive("convolution")
    primitive.def_impl(lambda a, b, **how: _computed(a, b, **how))

    def shape(a: Any, b: Any, **how: Any) -> Any:
        import jax

        out = jax.eval_shape(partial(_computed, **how), a, b)
        return jax.core.ShapedArray(out.shape, out.dtype)

    primitive.def_abstract_eval(shape)
    mlir.register_lowering(primitive, mlir.lower_fun(_computed, multiple_results=False))

    def by_first(slopes: Any, a: Any, b: Any, role: str, form: Form) -> Any:
        return primitive.bind(*((b, slopes) if role == "kernel" else (slopes, b)), role=_BY_FIRST[role], form=form)

    def by_second(slopes: Any, a: Any, b: Any, role: str, form: Form) -> Any:
        return primitive.bind(*((slopes, a) if role == "images" else (a, slopes)), role=_BY_SECOND[role], form=form)

    ad.defbilinear(primitive, by_first, by_second)

    def batched(args: Any, axes: Any, **how: Any) -> Any:
        import jax

        moved = [a if axis is None else jax.numpy.moveaxis(a, axis, 0) for a, axis in zip(args, axes, strict=True)]
        kept = [axis is None for axis in axes]

        def one(parts: Any) -> Any:
            rest = iter(parts)
            return primitive.bind(*(a if keep else next(rest) for a, keep in zip(moved, kept, strict=True)), **how)

        return jax.lax.map(one, [a for a, keep in zip(moved, kept, strict=True) if not keep]), 0

    batching.primitive_batchers[primitive] = batched
    return primitive


# The role of the gradient by each operand.
_BY_FIRST = {"forward": "images", "images": "forward", "kernel": "images"}
_BY_SECOND = {"forward": "kernel", "images": "kernel", "kernel": "forward"}


# ------------------------------------------------------------------------------------------------------------ the ways


def _computed(a: Any, b: Any, role: str, form: Form) -> Any:
    import jax

    if not form.depthwise:
        return {"forward": general, "images": _images, "kernel": _kernel}[role](form, a, b)
    if role == "images":
        shape = jax.ShapeDtypeStruct(form.images, a.dtype)
        return jax.linear_transpose(lambda x: _depthwise(form, x, b), shape)(a)[0]
    return (_depthwise if role == "forward" else _kernel_of_depthwise)(form, a, b)


def general(form: Form, x: Any, kernel: Any) -> Any:
    """XLA's convolution; a depthwise one as that of groups of one channel."""
    groups = 1
    if form.depthwise:
        *window, groups, multiplier = kernel.shape
        kernel = kernel.reshape((*window, 1, groups * multiplier))
    margins = [(before, after) for *_, before, after in _axes(form)]
    how = {"window_strides": form.strides, "rhs_dilation": form.dilations, "feature_group_count": groups}
    return _as_given(form, _xla(_channels_last(form, x), kernel, margins, **how))


def _images(form: Form, y: Any, kernel: Any) -> Any:
    """A convolution of `y`, with zeros between its elements, by the mirrored kernel."""
    import jax

    y, margins = _channels_last(form, y), []
    for count, (n, size, stride, rate, before, _) in zip(y.shape[1:], _axes(form), strict=False):
        span = windows.reach(size, rate)
        first = span - 1 - before
        margins.append((first, n + span - 2 - (count - 1) * stride - first))
    mirrored = jax.numpy.flip(kernel, tuple(range(len(margins)))).swapaxes(-1, -2)
    none = (1,) * len(margins)
    how = {"window_strides": none, "lhs_dilation": form.strides, "rhs_dilation": form.dilations}
    return _as_given(form, _xla(y, mirrored, margins, **how))


def _kernel(form: Form, x: Any, y: Any) -> Any:
    """A convolution of `x` by `y` in place of a kernel; channels and images change places."""
    x, y = _channels_last(form, x).swapaxes(0, -1), _channels_last(form, y)
    margins = []
    for count, (n, size, stride, rate, before, _) in zip(y.shape[1:], _axes(form), strict=False):
        margins.append((before, (size - 1) * rate + (count - 1) * stride + 1 - n - before))
    how = {"window_strides": form.dilations, "rhs_dilation": form.strides}
    out = _xla(x, _moved(y, 0, -2), margins, **how)
    return _moved(out, 0, -2)


def _axes(form: Form) -> list[tuple[int, int, int, int, int, int]]:
    """For each axis of space: sizes of images and window, stride, dilation, padding before and behind."""
    dims = [form.images[axis] for axis in windows.spatial_axes(len(form.images), form.data_format)]
    each = zip(dims, form.kernel, form.strides, form.dilations, strict=False)
    return [(n, size, s, rate, *windows.margins(n, size, s, form.padding, rate)) for n, size, s, rate in each]


def _moved(x: Any, source: int, destination: int) -> Any:
    import jax

    return jax.numpy.moveaxis(x, source, destination)


def _channels_last(form: Form, x: Any) -> Any:
    return _moved(x, 1, -1) if form.data_format == "channels_first" else x


def _as_given(form: Form, x: Any) -> Any:
    return _moved(x, -1, 1) if form.data_format == "channels_first" else x


def _xla(x: Any, kernel: Any, margins: Any, **options: Any) -> Any:
    """XLA's convolution, channels last.

    XLA brings other orders of axes into this one, as its fast kernels for CPUs need it; but not inside loops.
    """
    import jax

    spatial = "DHW"[-(x.ndim - 2) :]
    orders = (f"N{spatial}C", f"{spatial}IO", f"N{spatial}C")
    return jax.lax.conv_general_dilated(
        x, kernel, padding=margins, dimension_numbers=orders, precision=PRECISION, **options
    )


def _depthwise(form: Form, x: Any, kernel: Any) -> Any:
    """A sum over taps: XLA's operation takes many times longer on CPUs."""
    import jax

    *window, channels, multiplier = kernel.shape
    first = form.data_format == "channels_first"
    weights = kernel.reshape((-1, channels, multiplier))
    total: Any = 0
    for place, part in enumerate(taps(x, window, form.strides, form.padding, form.data_format, form.dilations)):
        # The multiplier as a new last axis, behind the channels.
        factor = weights[place].reshape((channels, multiplier) + (1,) * len(window) * first)
        total = total + jax.numpy.expand_dims(part, 2 if first else -1) * factor
    shape = windows.depthwise(form.images, form.kernel, form.strides, form.padding, form.data_format, form.dilations)
    return total.reshape(shape)


def _kernel_of_depthwise(form: Form, x: Any, slopes: Any) -> Any:
    """A sum over all places for each tap, one tap after the other."""
    import jax

    lax = jax.lax
    *window, channels, multiplier = form.kernel
    x, slopes = _channels_last(form, x), _channels_last(form, slopes)
    margins = [(0, 0, 0), *((before, behind, 0) for *_, before, behind in _axes(form)), (0, 0, 0)]
    padded = lax.pad(x, np.zeros((), x.dtype), margins)
    spans = [(count - 1) * stride + 1 for count, stride in zip(slopes.shape[1:-1], form.strides, strict=True)]
    sizes, steps = (len(x), *spans, channels), (1, *form.strides, 1)
    slopes = slopes.reshape((*slopes.shape[:-1], channels, multiplier))
    offsets = [range(0, size * rate, rate) for size, rate in zip(window, form.dilations, strict=True)]
    starts = np.array([(0, *place, 0) for place in itertools.product(*offsets)], np.int32)

    def tap(start: Any) -> Any:
        part = lax.slice(lax.dynamic_slice(padded, tuple(start), sizes), (0,) * x.ndim, sizes, steps)
        product = (part[..., None] * slopes).reshape(len(x), -1, channels * multiplier)
        return product.sum(1).sum(0)  # (XLA is slow where it sums over all but the last axis at once.)

    return lax.map(tap, starts).reshape(form.kernel)
