"""Convolutions (plain, depthwise, separable, locally connected) and the addition of a bias."""

import math
from typing import Annotated, Any

import numpy as np

from kjax import shapes
from kjax.core.dtypes import as_dtype
from kjax.core.op import op
from kjax.core.operands import FLOATS, INEXACT, Attribute, Dims, Float, Number, Operand
from kjax.core.placement import JAX_ONLY
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.kernels import convolution
from kjax.kernels.halves import narrowed, widened
from kjax.shapes import windows
from kjax.shapes.windows import DataFormat, Padding, per_axis

_Filtered = Annotated[Any, Operand(FLOATS | {as_dtype("int32")})]
_Factor = Annotated[Any, Operand(INEXACT | {as_dtype("int32"), as_dtype("int64")})]
_CausalPadding = Annotated[Any, windows.choice("same", "valid", "causal"), "str"]
# Integers for each spatial axis. `_One`, `_Two` and `_Three` also take one number for all axes, the others do not.
_One = Annotated[Any, per_axis(1, spread=True), "ShapeLike"]
_Two = Annotated[Any, per_axis(2, spread=True), "ShapeLike"]
_Three = Annotated[Any, per_axis(3, spread=True), "ShapeLike"]
_Single = Annotated[Any, per_axis(1), "ShapeLike"]
_Pair = Annotated[Any, per_axis(2), "ShapeLike"]


def _filled(xp: Any, shape: Any, *operands: Any) -> Any:
    """Zeros of `shape` if it is empty or an operand is; else None."""
    if 0 in shape or any(operand.size == 0 for operand in operands):
        return xp.zeros(shape, operands[0].dtype)
    return None


def _least(dims: Any, strides: Any, padding: Any, data_format: Any, dilations: Any) -> tuple[Any, ...]:
    """Strides, padding, data format and dilations for images of the shape `dims`, in numbers that XLA can bear."""
    spatial: Any = windows.taken_apart(dims, len(strides), data_format)[1]
    least = windows.least_strides(spatial, strides), windows.least_dilations(spatial, dilations)
    return least[0], padding, data_format, least[1]


def _convolved(xp: Any, x: Any, kernel: Any, *how: Any) -> Any:
    out = _filled(xp, windows.convolved(x.shape, kernel.shape, *how), x, kernel)
    return convolution.convolved(x, kernel, *_least(x.shape, *how)) if out is None else out


def _depthwise(xp: Any, x: Any, kernel: Any, *how: Any) -> Any:
    out = _filled(xp, windows.depthwise(x.shape, kernel.shape, *how), x, kernel)
    return convolution.depthwise(x, kernel, *_least(x.shape, *how)) if out is None else out


@op(shape=windows.rule(windows.convolved), runs=JAX_ONLY, label="conv1d", rows=True)
def conv1d(
    xp,
    x: _Filtered,
    kernel: _Filtered,
    strides: _One = 1,
    padding: _CausalPadding = "valid",
    data_format: DataFormat = None,
    dilation_rate: _One = 1,
):
    """Convolution of sequences.

    Args:
        x: a tensor of floats or int32, of shape `(batch, steps, channels)`, or `(batch, channels, steps)` with
            channels first.
        kernel: a tensor of the same dtype, of shape `(size, channels, filters)`.
        strides: the step of the window, an int.
        padding: `'valid'`, no padding; `'same'`, zeros at both ends, so that there are `ceil(steps / strides)`
            windows; `'causal'`, zeros in front, so that no window sees steps after its own.
        data_format: `'channels_last'` or `'channels_first'`; None for `image_data_format()`.
        dilation_rate: the spacing of the kernel's elements, an int.

    Returns:
        A tensor of shape `(batch, windows, filters)`, or `(batch, filters, windows)`.

    Raises:
        TypeError: the dtypes differ or are not accepted, or a number is no integer.
        ValueError: the shapes don't go together, the window does not fit, an argument is none of those listed, or both
            strides and dilation are greater than 1.

    Source: `tf.keras.backend.conv1d`, TF 2.2. Differs: causal padding with channels first pads the steps (there the
    channels, so that it fails).

    >>> conv1d([[[1.], [2.], [3.]]], [[[1.]], [[10.]]]).numpy().ravel().tolist()
    [21.0, 32.0]
    """
    return _convolved(xp, x, kernel, strides, padding, data_format, dilation_rate)


@op(shape=windows.rule(windows.convolved), runs=JAX_ONLY, label="Conv2D", rows=True)
def conv2d(
    xp,
    x: _Filtered,
    kernel: _Filtered,
    strides: _Two = (1, 1),
    padding: Padding = "valid",
    data_format: DataFormat = None,
    dilation_rate: _Two = (1, 1),
):
    """Convolution of images.

    Args:
        x: a tensor of floats or int32, of shape `(batch, rows, columns, channels)`, or `(batch, channels, rows,
            columns)` with channels first.
        kernel: a tensor of the same dtype, of shape `(height, width, channels, filters)`.
        strides: the steps of the window along rows and columns: two ints, or one for both.
        padding: `'valid'`, no padding; or `'same'`, zeros on all sides (the odd one at the end), so that there are
            `ceil(size / stride)` windows along an axis.
        data_format: `'channels_last'` or `'channels_first'`; None for `image_data_format()`.
        dilation_rate: the spacing of the kernel's elements along rows and columns: two ints, or one for both.

    Returns:
        A tensor of shape `(batch, new_rows, new_columns, filters)`, or `(batch, filters, new_rows, new_columns)`.

    Raises:
        TypeError: the dtypes differ or are not accepted, or a number is no integer.
        ValueError: the shapes don't go together, the window does not fit, an argument is none of those listed, or both
            strides and dilation are greater than 1.

    Source: `tf.keras.backend.conv2d`, TF 2.2.

    >>> from kjax import backend as K
    >>> conv2d(K.ones((8, 28, 28, 3)), K.ones((3, 3, 3, 16)), strides=(2, 2), padding='same').shape
    (8, 14, 14, 16)
    """
    return _convolved(xp, x, kernel, strides, padding, data_format, dilation_rate)


@op(shape=windows.rule(windows.convolved), runs=JAX_ONLY, label="Conv3D", rows=True)
def conv3d(
    xp,
    x: Float,
    kernel: Float,
    strides: _Three = (1, 1, 1),
    padding: Padding = "valid",
    data_format: DataFormat = None,
    dilation_rate: _Three = (1, 1, 1),
):
    """Convolution of volumes.

    Args:
        x: a tensor of floats, of shape `(batch, depth, rows, columns, channels)`, or `(batch, channels, depth, rows,
            columns)` with channels first.
        kernel: a tensor of the same dtype, of shape `(depth, height, width, channels, filters)`.
        strides: the steps of the window along depth, rows and columns: three ints, or one for all.
        padding: `'valid'`, no padding; or `'same'`, zeros on all sides (the odd one at the end), so that there are
            `ceil(size / stride)` windows along an axis.
        data_format: `'channels_last'` or `'channels_first'`; None for `image_data_format()`.
        dilation_rate: the spacing of the kernel's elements along each axis: three ints, or one for all.

    Returns:
        A tensor of the same rank, with `filters` channels.

    Raises:
        TypeError: the dtypes differ or are not accepted, or a number is no integer.
        ValueError: the shapes don't go together, the window does not fit, an argument is none of those listed, or both
            strides and dilation are greater than 1.

    Source: `tf.keras.backend.conv3d`, TF 2.2.

    >>> from kjax import backend as K
    >>> conv3d(K.ones((2, 4, 5, 6, 3)), K.ones((2, 2, 2, 3, 7))).shape
    (2, 3, 4, 5, 7)
    """
    return _convolved(xp, x, kernel, strides, padding, data_format, dilation_rate)


# ------------------------------------------------------------------------------------------------------------ depthwise


@op(shape=windows.rule(windows.depthwise), runs=JAX_ONLY, label="depthwise")
def depthwise_conv2d(
    xp,
    x: Float,
    depthwise_kernel: Float,
    strides: _Pair = (1, 1),
    padding: Padding = "valid",
    data_format: DataFormat = None,
    dilation_rate: _Two = (1, 1),
):
    """Depthwise convolution of images: each channel has filters of its own.

    Args:
        x: a tensor of floats, of shape `(batch, rows, columns, channels)`, or `(batch, channels, rows, columns)` with
            channels first.
        depthwise_kernel: a tensor of the same dtype, of shape `(height, width, channels, multiplier)`: `multiplier`
            filters for each channel.
        strides: the steps of the window along rows and columns: two ints.
        padding: `'valid'` or `'same'`, as for `conv2d`.
        data_format: `'channels_last'` or `'channels_first'`; None for `image_data_format()`.
        dilation_rate: the spacing of the kernel's elements along rows and columns: two ints.

    Returns:
        A tensor of the same rank with `channels * multiplier` channels: first the `multiplier` results of channel 0.

    Raises:
        TypeError: the dtypes differ or are not accepted, or a number is no integer.
        ValueError: the shapes don't go together, the window does not fit, an argument is none of those listed, or both
            strides and dilation are greater than 1.

    Source: `tf.keras.backend.depthwise_conv2d`, TF 2.2. Differs: the strides may be unequal. Strides together with a
    dilation are refused (there the result is not what such a convolution is).

    >>> from kjax import backend as K
    >>> depthwise_conv2d(K.ones((8, 28, 28, 3)), K.ones((3, 3, 3, 2))).shape
    (8, 26, 26, 6)
    """
    return _depthwise(xp, x, depthwise_kernel, strides, padding, data_format, dilation_rate)


def _separated(xp: Any, x: Any, depthwise_kernel: Any, pointwise_kernel: Any, *how: Any) -> Any:
    shape = windows.separable(x.shape, depthwise_kernel.shape, pointwise_kernel.shape, *how)
    out = _filled(xp, shape, x, depthwise_kernel, pointwise_kernel)
    if out is not None:
        return out
    between = convolution.depthwise(x, depthwise_kernel, *_least(x.shape, *how))
    ones = (1,) * len(how[0])
    return convolution.convolved(between, pointwise_kernel, ones, "valid", how[2], ones)


@op(shape=windows.rule(windows.separable), runs=JAX_ONLY, label="separable_conv1d")
def separable_conv1d(
    xp,
    x: Float,
    depthwise_kernel: Float,
    pointwise_kernel: Float,
    strides: _One = 1,
    padding: Padding = "valid",
    data_format: DataFormat = None,
    dilation_rate: _One = 1,
):
    """Depthwise convolution of sequences, then a pointwise one that mixes the channels.

    Args:
        x: a tensor of floats, of shape `(batch, steps, channels)`, or `(batch, channels, steps)` with channels first.
        depthwise_kernel: a tensor of the same dtype, of shape `(width, channels, multiplier)`.
        pointwise_kernel: a tensor of the same dtype, of shape `(1, channels * multiplier, filters)`.
        strides: the step of the window, an int.
        padding: `'valid'` or `'same'`, as for `conv1d`.
        data_format: `'channels_last'` or `'channels_first'`; None for `image_data_format()`.
        dilation_rate: the spacing of the kernel's elements, an int.

    Returns:
        A tensor of the same rank with `filters` channels.

    Raises:
        TypeError: the dtypes differ or are not accepted, or a number is no integer.
        ValueError: as for `separable_conv2d`.

    Source: `keras.backend.separable_conv1d`, Keras 2.3.1.

    >>> from kjax import backend as K
    >>> separable_conv1d(K.ones((8, 28, 3)), K.ones((3, 3, 2)), K.ones((1, 6, 4))).shape
    (8, 26, 4)
    """
    return _separated(xp, x, depthwise_kernel, pointwise_kernel, strides, padding, data_format, dilation_rate)


@op(shape=windows.rule(windows.separable), runs=JAX_ONLY, label="separable_conv2d")
def separable_conv2d(
    xp,
    x: Float,
    depthwise_kernel: Float,
    pointwise_kernel: Float,
    strides: _Pair = (1, 1),
    padding: Padding = "valid",
    data_format: DataFormat = None,
    dilation_rate: _Two = (1, 1),
):
    """Depthwise convolution of images, then a pointwise one that mixes the channels.

    Args:
        x: a tensor of floats, of shape `(batch, rows, columns, channels)`, or `(batch, channels, rows, columns)` with
            channels first.
        depthwise_kernel: a tensor of the same dtype, of shape `(height, width, channels, multiplier)`.
        pointwise_kernel: a tensor of the same dtype, of shape `(1, 1, channels * multiplier, filters)`.
        strides: the steps of the window along rows and columns: two ints.
        padding: `'valid'` or `'same'`, as for `conv2d`.
        data_format: `'channels_last'` or `'channels_first'`; None for `image_data_format()`.
        dilation_rate: the spacing of the kernel's elements along rows and columns: two ints.

    Returns:
        A tensor of the same rank with `filters` channels.

    Raises:
        TypeError: the dtypes differ or are not accepted, or a number is no integer.
        ValueError: the shapes don't go together, the window does not fit, an argument is none of those listed, or both
            strides and dilation are greater than 1.

    Source: `tf.keras.backend.separable_conv2d`, TF 2.2. Differs as `depthwise_conv2d` does.

    >>> from kjax import backend as K
    >>> separable_conv2d(K.ones((8, 28, 28, 3)), K.ones((3, 3, 3, 2)), K.ones((1, 1, 6, 4))).shape
    (8, 26, 26, 4)
    """
    return _separated(xp, x, depthwise_kernel, pointwise_kernel, strides, padding, data_format, dilation_rate)


# -------------------------------------------------------------------------------------------------------- local kernels


def _locally(xp: Any, x: Any, kernel: Any, sizes: Any, strides: Any, output: Any, data_format: Any) -> Any:
    """Locally connected: each window, flattened, times the kernel of its position."""
    data_format = windows.as_data_format(data_format)
    windows.local(x.shape, kernel.shape, sizes, strides, output, data_format)
    output, filters = (kernel.shape[0],) if output is None else tuple(output), kernel.shape[-1]
    axes = len(sizes)
    first = 2 if data_format == "channels_first" else 1
    patches = x
    for i, (size, stride, count) in enumerate(zip(sizes, strides, output, strict=True)):
        places = np.arange(count)[:, None] * stride + np.arange(size)
        patches = patches[(slice(None),) * (first + 2 * i) + (places,)]
    starts = [first + 2 * i for i in range(axes)]
    rest = [axis for axis in range(patches.ndim) if axis not in starts]  # the batch in front
    features = math.prod(sizes) * x.shape[1 if first == 2 else -1]
    rows = patches.transpose((*starts, *rest)).reshape((math.prod(output), x.shape[0], features))
    product = narrowed(xp.matmul(widened(rows), widened(kernel)), x.dtype)
    product = product.reshape((*output, x.shape[0], filters))
    spatial = range(axes)
    order = (axes, axes + 1, *spatial) if first == 2 else (axes, *spatial, axes + 1)
    return product.transpose(order)


def _local1d_shape(where: str, inputs: Tensor, kernel: Tensor, sizes: Any, strides: Any, data_format: str) -> Shape:
    return windows.rule(windows.local)(where, inputs, kernel, sizes, strides, None, data_format)


@op(shape=_local1d_shape)
def local_conv1d(
    xp,
    inputs: _Factor,
    kernel: _Factor,
    kernel_size: _Single,
    strides: _Single,
    data_format: DataFormat = None,
):
    """Convolution of sequences with a kernel for each window.

    Args:
        inputs: a tensor of shape `(batch, steps, channels)`, or `(batch, channels, steps)` with channels first.
        kernel: a tensor of the same dtype, of shape `(windows, size * channels, filters)`: a matrix for each
            window, with rows in the order of the window's elements in `inputs`.
        kernel_size: the size of a window, a tuple of one int.
        strides: the step of the window, a tuple of one int.
        data_format: `'channels_last'` or `'channels_first'`; None for `image_data_format()`.

    Returns:
        A tensor of shape `(batch, windows, filters)`, or `(batch, filters, windows)`.

    Raises:
        TypeError: the dtypes differ or are not accepted, or a number is no integer.
        ValueError: the shapes don't go together, or an argument is none of those listed.

    Source: `tf.keras.backend.local_conv1d`, TF 2.2.

    >>> from kjax import backend as K
    >>> local_conv1d(K.ones((8, 10, 3)), K.ones((8, 9, 4)), (3,), (1,)).shape
    (8, 8, 4)
    """
    return _locally(xp, inputs, kernel, kernel_size, strides, None, data_format)


def _as_places(value: Any, where: str) -> tuple[int, ...]:
    dims = Dims.__metadata__[0].normal(value, where)
    if isinstance(dims, Tensor):
        raise TypeError(f"{where} must be known when the graph is built; got {value!r}")
    if any(dim < 0 for dim in dims):
        raise ValueError(f"{where} must have no negative dims; got {value!r}")
    return tuple(dims)


@op(shape=windows.rule(windows.local))
def local_conv2d(
    xp,
    inputs: _Factor,
    kernel: _Factor,
    kernel_size: _Pair,
    strides: _Pair,
    output_shape: Annotated[Any, Attribute(_as_places), "ShapeLike"],
    data_format: DataFormat = None,
):
    """Convolution of images with a kernel for each window.

    Args:
        inputs: a tensor of shape `(batch, rows, columns, channels)`, or `(batch, channels, rows, columns)` with
            channels first.
        kernel: a tensor of the same dtype, of shape `(windows, height * width * channels, filters)`: a matrix for each
            window, row by row, whose rows are in the order of the window's elements in `inputs`.
        kernel_size: height and width of a window, two ints.
        strides: the steps of the window along rows and columns, two ints.
        output_shape: the number of windows along rows and columns, two ints.
        data_format: `'channels_last'` or `'channels_first'`; None for `image_data_format()`.

    Returns:
        A tensor of shape `(batch, *output_shape, filters)`, or `(batch, filters, *output_shape)`.

    Raises:
        TypeError: the dtypes differ or are not accepted, or a number is no integer.
        ValueError: the shapes don't go together, or an argument is none of those listed.

    Source: `tf.keras.backend.local_conv2d`, TF 2.2.

    >>> from kjax import backend as K
    >>> local_conv2d(K.ones((8, 5, 5, 3)), K.ones((4, 12, 6)), (2, 2), (3, 3), (2, 2)).shape
    (8, 2, 2, 6)
    """
    if len(output_shape) and min(output_shape) < 0:
        raise ValueError("output_shape must have no negative dims")
    return _locally(xp, inputs, kernel, kernel_size, strides, output_shape, data_format)


# ----------------------------------------------------------------------------------------------------------------- bias


def _biased(where: str, x: Tensor, bias: Tensor, data_format: str) -> Shape:
    if x.shape.rank is None or bias.shape.rank is None:
        return shapes.UNKNOWN if x.shape.rank is None else Shape([None] * x.shape.rank)
    try:
        dims = windows.bias_dims(x.shape, bias.shape, data_format)
    except ValueError as error:
        raise ValueError(f"{where}: {error}") from None
    if len(bias.shape) == 1:
        axis = 1 if data_format == "channels_first" else x.shape.rank - 1
        channels = x.shape[axis] if x.shape[axis] is not None else bias.shape[0]
        return Shape((*x.shape[:axis], channels, *x.shape[axis + 1 :]))
    return shapes.broadcast(where, x.shape, Shape([1, *dims]))


@op(shape=_biased, label="BiasAdd")
def bias_add(xp, x: Number, bias: Number, data_format: DataFormat = None):
    """A tensor plus a bias for each channel, or for each element of a sample.

    Args:
        x: a tensor of numbers, of rank 2 at least (3 with channels first).
        bias: a tensor of the same dtype: of shape `(channels,)`; or of the shape of one sample, with channels last in
            either format, where dims of 1 broadcast.
        data_format: `'channels_last'` or `'channels_first'`; None for `image_data_format()`.

    Returns:
        A tensor of the dtype of `x`.

    Raises:
        TypeError: the dtypes differ.
        ValueError: the rank of `bias` is another, the dims don't go together, or the format is none of those.

    Source: `tf.keras.backend.bias_add`, TF 2.2. Differs: the rank of `x` may exceed 5.

    >>> bias_add([[1., 2.], [3., 4.]], [10., 20.]).numpy().tolist()
    [[11.0, 22.0], [13.0, 24.0]]
    """
    data_format = windows.as_data_format(data_format)
    dims = windows.bias_dims(x.shape, bias.shape, data_format)
    if bias.ndim > 1 and data_format == "channels_first":
        bias = bias.reshape(dims)  # a reshape, not a transposition, as in TensorFlow
    return x + (bias if bias.ndim == len(dims) and bias.ndim > 1 else bias.reshape(dims))
