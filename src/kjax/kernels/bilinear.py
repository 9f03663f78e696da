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

    convolution = _depthwise if form.depthwise else general
    if role == "forward":
        return convolution(form, a, b)
    if role == "images" and not form.depthwise:
        return _transposed(form, a, b)
    if role == "images":
        shape = jax.ShapeDtypeStruct(form.images, a.dtype)
        return jax.linear_transpose(lambda x: convolution(form, x, b), shape)(a)[0]
    if form.depthwise:
        return _kernel_of_depthwise(form, a, b)
    shape = jax.ShapeDtypeStruct(form.kernel, a.dtype)
    return jax.linear_transpose(lambda k: convolution(form, a, k), shape)(b)[0]


def general(form: Form, x: Any, kernel: Any) -> Any:
    """XLA's convolution; a depthwise one as that of groups of one channel."""
    groups = 1
    if form.depthwise:
        *window, groups, multiplier = kernel.shape
        kernel = kernel.reshape((*window, 1, groups * multiplier))
    dims = [form.images[axis] for axis in windows.spatial_axes(x.ndim, form.data_format)]
    each = zip(dims, kernel.shape, form.strides, form.dilations, strict=False)
    margins = [windows.margins(n, size, stride, form.padding, rate) for n, size, stride, rate in each]
    return _xla(form, x, kernel, "IO", margins, window_strides=form.strides, feature_group_count=groups)


def _transposed(form: Form, y: Any, kernel: Any) -> Any:
    """XLA's convolution of `y`, with zeros between its elements, by the mirrored kernel."""
    import jax

    axes = windows.spatial_axes(y.ndim, form.data_format)
    margins = []
    for axis, size, stride, rate in zip(axes, kernel.shape, form.strides, form.dilations, strict=False):
        span, n = windows.reach(size, rate), form.images[axis]
        before = span - 1 - windows.margins(n, size, stride, form.padding, rate)[0]
        margins.append((before, n + span - 2 - (y.shape[axis] - 1) * stride - before))
    mirrored = jax.numpy.flip(kernel, tuple(range(len(axes))))
    none = (1,) * len(axes)
    return _xla(form, y, mirrored, "OI", margins, window_strides=none, lhs_dilation=form.strides)


def _xla(form: Form, x: Any, kernel: Any, channels: str, margins: Any, **options: Any) -> Any:
    """XLA's general convolution; `channels`, `IO` or `OI`, is the order of the kernel's input and output channels."""
    import jax

    spatial = "DHW"[-(x.ndim - 2) :]
    images = f"NC{spatial}" if form.data_format == "channels_first" else f"N{spatial}C"
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        padding=margins,
        dimension_numbers=(images, spatial + channels, images),
        rhs_dilation=form.dilations,
        precision=PRECISION,
        **options,
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

    lax, count = jax.lax, len(form.strides)
    *window, channels, multiplier = form.kernel
    first = form.data_format == "channels_first"
    axes = windows.spatial_axes(x.ndim, form.data_format)
    margins, sizes, steps = [(0, 0, 0)] * x.ndim, list(x.shape), [1] * x.ndim
    for axis, size, stride, rate in zip(axes, window, form.strides, form.dilations, strict=True):
        margins[axis] = (*windows.margins(x.shape[axis], size, stride, form.padding, rate), 0)
        sizes[axis], steps[axis] = (slopes.shape[axis] - 1) * stride + 1, stride
    padded = lax.pad(x, np.zeros((), x.dtype), margins)
    apart = slopes.shape[:1] + (
        (channels, multiplier) + slopes.shape[2:] if first else slopes.shape[1:-1] + (channels, multiplier)
    )
    slopes = slopes.reshape(apart)
    places = list(
        itertools.product(*([i * rate for i in range(n)] for n, rate in zip(window, form.dilations, strict=True)))
    )
    starts = np.zeros((len(places), x.ndim), np.int32)
    starts[:, list(axes)] = places

    def tap(start: Any) -> Any:
        part = lax.slice(lax.dynamic_slice(padded, tuple(start), sizes), [0] * x.ndim, sizes, steps)
        product = jax.numpy.expand_dims(part, 2 if first else -1) * slopes
        # (The sum over the images comes last: XLA is slow where it sums over all but the last axis at once.)
        if first:
            return product.sum(tuple(range(3, 3 + count))).sum(0)
        return product.reshape(len(x), -1, channels * multiplier).sum(1).sum(0)

    return lax.map(tap, starts).reshape(form.kernel)
