"""Transposed convolutions: the gradients of convolutions with respect to their images."""

from typing import Annotated, Any

from kjax import shapes
from kjax.core.foreign import public
from kjax.core.op import op
from kjax.core.operands import Array, Dims, Float, as_tensor
from kjax.core.placement import JAX_ONLY
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.kernels import convolution
from kjax.ops.convolution import _filled, _Filtered, _least, _Two
from kjax.ops.shaping import integers
from kjax.ops.state import shape as shape_of
from kjax.shapes import windows
from kjax.shapes.windows import DataFormat, Padding, per_axis

_Three = Annotated[Any, per_axis(3, spread=True)]


def _transposed_shape(where: str, x: Tensor, kernel: Tensor, output_shape: Any, *how: Any) -> Shape:
    given = shapes.dims_given(f"{where}: output_shape", output_shape)
    return windows.rule(windows.transposed)(where, x, kernel, given, *how)


def _transposed(xp: Any, x: Any, kernel: Any, output_shape: Any, *how: Any) -> Any:
    output = integers(output_shape)
    out = _filled(xp, windows.transposed(x.shape, kernel.shape, output, *how), x, kernel)
    return convolution.transposed(x, kernel, output, *_least(output, *how)) if out is None else out


@op(name="conv2d_transpose", shape=_transposed_shape, runs=JAX_ONLY, label="conv2d_transpose")
def _conv2d_transpose(
    xp,
    x: _Filtered,
    kernel: _Filtered,
    output_shape: Dims,
    strides: _Two,
    padding: Padding,
    data_format: DataFormat,
    dilation_rate: _Two,
):
    return _transposed(xp, x, kernel, output_shape, strides, padding, data_format, dilation_rate)


@public
def conv2d_transpose(
    x: Array,
    kernel: Array,
    output_shape: Dims,
    strides: Dims = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: Dims = (1, 1),
) -> Tensor:
    """Transposed convolution of images: the gradient of `conv2d` with respect to its images.

    Args:
        x: a tensor of floats or int32, of shape `(batch, rows, columns, channels)`, or `(batch, channels, rows,
            columns)` with channels first.
        kernel: a tensor of the same dtype, of shape `(height, width, filters, channels)`.
        output_shape: the shape of the result: four integers, some of which may be symbolic, or a tensor of four. The
            first may be None, for the batch of `x`. A `conv2d` of this shape must have the spatial dims of `x`.
        strides: the steps of the window in the result along rows and columns: two ints, or one for both. They count as
            1 beside a dilation.
        padding: `'valid'` or `'same'`, as for `conv2d`.
        data_format: `'channels_last'` or `'channels_first'`; None for `image_data_format()`.
        dilation_rate: the spacing of the kernel's elements: one int, or two equal ones.

    Returns:
        A tensor of shape `output_shape`, which has `filters` channels.

    Raises:
        TypeError: the dtypes differ or are not accepted, or a number is no integer.
        ValueError: the shapes don't go together, or an argument is none of those listed.

    Source: `tf.keras.backend.conv2d_transpose`, TF 2.2.

    >>> from kjax import backend as K
    >>> conv2d_transpose(K.ones((8, 7, 7, 3)), K.ones((3, 3, 5, 3)), (None, 14, 14, 5), (2, 2), 'same').shape
    (8, 14, 14, 5)
    """
    where = "conv2d_transpose()"
    rates = _Two.__metadata__[0].normal(dilation_rate, f"{where}: dilation_rate")
    if rates[0] != rates[1]:
        raise ValueError(f"{where}: dilation_rate must be the same for both axes; got {rates}")
    if rates != (1, 1):
        _Two.__metadata__[0].normal(strides, f"{where}: strides")
        strides = (1, 1)
    output = _dims(where, x, output_shape, 4)
    return _conv2d_transpose(x, kernel, output, strides, padding, data_format, rates)


def _transposed_3d_shape(where: str, *args: Any) -> Shape:
    return _transposed_shape(where, *args, (1, 1, 1))


@op(name="conv3d_transpose", shape=_transposed_3d_shape, runs=JAX_ONLY, label="conv3d_transpose")
def _conv3d_transpose(
    xp,
    x: Float,
    kernel: Float,
    output_shape: Dims,
    strides: _Three,
    padding: Padding,
    data_format: DataFormat,
):
    return _transposed(xp, x, kernel, output_shape, strides, padding, data_format, (1, 1, 1))


def conv3d_transpose(
    x: Any,
    kernel: Any,
    output_shape: Any,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
) -> Tensor:
    """Transposed convolution of volumes: the gradient of `conv3d` with respect to its volumes.

    Args:
        x: a tensor of floats, of shape `(batch, planes, rows, columns, channels)`, or `(batch, channels, planes, rows,
            columns)` with channels first.
        kernel: a tensor of the same dtype, of shape `(depth, height, width, filters, channels)`.
        output_shape: the shape of the result: five integers, some of which may be symbolic, or a tensor of five. The
            first may be None, for the batch of `x`. A `conv3d` of this shape must have the spatial dims of `x`.
        strides: the steps of the window in the result along the three axes: three ints, or one for all.
        padding: `'valid'` or `'same'`, as for `conv3d`.
        data_format: `'channels_last'` or `'channels_first'`; None for `image_data_format()`.

    Returns:
        A tensor of shape `output_shape`, which has `filters` channels.

    Raises:
        TypeError: the dtypes differ or are not accepted, or a number is no integer.
        ValueError: the shapes don't go together, or an argument is none of those listed.

    Source: `keras.backend.conv3d_transpose`, Keras 2.3.1.

    >>> from kjax import backend as K
    >>> x, kernel = K.ones((2, 4, 4, 4, 3)), K.ones((3, 3, 3, 5, 3))
    >>> conv3d_transpose(x, kernel, (None, 8, 8, 8, 5), (2, 2, 2), 'same').shape
    (2, 8, 8, 8, 5)
    """
    output = _dims("conv3d_transpose()", x, output_shape, 5)
    return _conv3d_transpose(x, kernel, output, strides, padding, data_format)


def _dims(where: str, x: Any, output_shape: Any, rank: int) -> Any:
    """`output_shape` with the batch size of `x` in place of None."""
    if isinstance(output_shape, (list, tuple)):
        if output_shape and output_shape[0] is None:
            output_shape = (_batch_of(where, x), *output_shape[1:])
        if len(output_shape) != rank:
            raise ValueError(f"{where}: output_shape must have {rank} dims; got {tuple(output_shape)}")
    return output_shape


def _batch_of(where: str, x: Any) -> Any:
    """The batch size: an int if it is known, else a symbolic scalar."""
    x = as_tensor(x, where=f"{where}: x")
    if x.shape.rank == 0:
        return 0  # the shape rule raises for the rank
    known = None if x.shape.rank is None else x.shape[0]
    return shape_of(x)[0] if known is None else known
