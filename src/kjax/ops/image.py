"""Padding and resizing of sequences, images and volumes."""

from typing import Annotated, Any

import numpy as np

from kjax.core.dtypes import as_dtype
from kjax.core.op import op
from kjax.core.operands import Array, Attribute, Real
from kjax.core.placement import NUMPY
from kjax.core.tensor import Tensor
from kjax.ops.shaping import times_along
from kjax.shapes import windows
from kjax.shapes.windows import DataFormat

# -------------------------------------------------------------------------------------------------------------- padding


def _as_pair(value: Any, where: str) -> tuple[int, int]:
    parts = _as_list(value, where, "2 integers", 2)
    return windows.whole(parts[0], where, 0), windows.whole(parts[1], where, 0)


def _as_list(value: Any, where: str, wanted: str, count: int) -> list[Any]:
    if isinstance(value, (str, bytes)) or not hasattr(value, "__len__"):
        raise TypeError(f"{where} must be a tuple of {wanted}; got {value!r}")
    if len(value) != count:
        raise ValueError(f"{where} must be a tuple of {wanted}; got {value!r}")
    return list(value)


def _pairs(count: int) -> Attribute:
    """An attribute that holds a pair of numbers, before and after, for each of several axes."""

    def normal(value: Any, where: str) -> tuple[tuple[int, int], ...]:
        return tuple(_as_pair(part, where) for part in _as_list(value, where, f"{count} pairs", count))

    return Attribute(normal)


def _padded(xp: Any, x: Any, pairs: Any, data_format: str) -> Any:
    shape: Any = windows.padded(x.shape, pairs, data_format)
    axes = windows.spatial_axes(x.ndim, data_format)
    if xp is not np:
        margins = [(0, 0)] * x.ndim
        for axis, pair in zip(axes, pairs, strict=True):
            margins[axis] = pair
        return xp.pad(x, margins)
    out = np.zeros(shape, x.dtype)  # np.pad would take ten times as long
    inside = [slice(None)] * x.ndim
    for axis, (before, _) in zip(axes, pairs, strict=True):
        inside[axis] = slice(before, before + x.shape[axis])
    out[tuple(inside)] = x
    return out


def _temporal(where: str, x: Tensor, padding: Any) -> Any:
    return windows.rule(windows.padded)(where, x, (padding,), "channels_last")


@op(shape=_temporal, label="Pad", runs=NUMPY)
def temporal_padding(xp, x: Array, padding: Annotated[Any, Attribute(_as_pair), "Sequence[SupportsIndex]"] = (1, 1)):
    """Sequences with zeros at their ends.

    Args:
        x: a tensor of shape `(batch, steps, channels)`.
        padding: the number of zeros in front and at the end, two ints.

    Returns:
        A tensor of the dtype of `x`, with more steps.

    Raises:
        TypeError: `padding` is no tuple of integers.
        ValueError: it has not two, or one is negative; or `x` has another rank.

    Source: `tf.keras.backend.temporal_padding`, TF 2.2.

    >>> temporal_padding([[[1], [2]]], (2, 1)).numpy().ravel().tolist()
    [0, 0, 1, 2, 0]
    """
    return _padded(xp, x, (_as_pair(padding, "padding"),), "channels_last")


_Two = Annotated[Any, _pairs(2), "Sequence[Sequence[SupportsIndex]]"]
_Three = Annotated[Any, _pairs(3), "Sequence[Sequence[SupportsIndex]]"]


@op(shape=windows.rule(windows.padded), label="Pad", runs=NUMPY)
def spatial_2d_padding(
    xp,
    x: Array,
    padding: _Two = ((1, 1), (1, 1)),
    data_format: DataFormat = None,
):
    """Images with zeros at their edges.

    Args:
        x: a tensor of shape `(batch, rows, columns, channels)`, or `(batch, channels, rows, columns)` with channels
            first.
        padding: the number of zeros before and after the rows, and before and after the columns: two pairs of ints.
        data_format: `'channels_last'` or `'channels_first'`; None for `image_data_format()`.

    Returns:
        A tensor of the dtype of `x`, with more rows and columns.

    Raises:
        TypeError: `padding` is not made of tuples of integers.
        ValueError: it has not two pairs, or a number is negative; or `x` has another rank; or the format is none of
            those.

    Source: `tf.keras.backend.spatial_2d_padding`, TF 2.2.

    >>> from kjax import backend as K
    >>> spatial_2d_padding(K.ones((8, 5, 5, 3)), ((1, 1), (0, 2))).shape
    (8, 7, 7, 3)
    """
    return _padded(xp, x, _Two.__metadata__[0].normal(padding, "padding"), windows.as_data_format(data_format))


@op(shape=windows.rule(windows.padded), label="Pad", runs=NUMPY)
def spatial_3d_padding(
    xp,
    x: Array,
    padding: _Three = ((1, 1), (1, 1), (1, 1)),
    data_format: DataFormat = None,
):
    """Volumes with zeros at their faces.

    Args:
        x: a tensor of shape `(batch, depth, rows, columns, channels)`, or `(batch, channels, depth, rows, columns)`
            with channels first.
        padding: the number of zeros before and after along each of the three axes: three pairs of ints.
        data_format: `'channels_last'` or `'channels_first'`; None for `image_data_format()`.

    Returns:
        A tensor of the dtype of `x`, larger along three axes.

    Raises:
        TypeError: `padding` is not made of tuples of integers.
        ValueError: it has not three pairs, or a number is negative; or `x` has another rank; or the format is none of
            those.

    Source: `tf.keras.backend.spatial_3d_padding`, TF 2.2.

    >>> from kjax import backend as K
    >>> spatial_3d_padding(K.ones((2, 4, 5, 6, 3))).shape
    (2, 6, 7, 8, 3)
    """
    return _padded(xp, x, _Three.__metadata__[0].normal(padding, "padding"), windows.as_data_format(data_format))


# ------------------------------------------------------------------------------------------------------------- resizing


def _as_factor(value: Any, where: str) -> int:
    if isinstance(value, Tensor) and value.is_symbolic:
        raise TypeError(f"{where} must be known when the graph is built; got {value!r}")
    if isinstance(value, (float, np.floating)):
        raise TypeError(f"{where} must be an integer; got {value!r}")
    return windows.whole(value, where)


_Factor = Annotated[int, Attribute(_as_factor), "SupportsIndex"]
_GivenFormat = Annotated[Any, windows.choice("channels_last", "channels_first"), "str"]
_Interpolation = Annotated[Any, windows.choice("nearest", "bilinear"), "str"]


def _images(where: str, x: Any, height: int, width: int, data_format: str, interpolation: str) -> Any:
    return windows.rule(windows.magnified)(where, x, (height, width), data_format)


def _resized_dtype(x: Tensor, *rest: Any) -> Any:
    return x.dtype if rest[-1] == "nearest" else as_dtype("float32")


def _repeated(xp: Any, x: Any, factors: Any, data_format: str) -> Any:
    for axis, factor in zip(windows.spatial_axes(x.ndim, data_format), factors, strict=True):
        x = times_along(xp, x, _as_factor(factor, "factor"), axis) if factor != 1 else x
    return x


def _interpolated(xp: Any, x: Any, factor: int, axis: int) -> Any:
    """`factor` elements for each one along `axis`, interpolated linearly between the centres of the old ones."""
    n = x.shape[axis]
    if factor == 1 or not n:
        return x
    # Positions of the new elements, relative to the centre of the old one.
    offsets = (np.arange(factor) + 0.5) / factor - 0.5
    front = xp.take(x, np.maximum(np.arange(n) - 1, 0), axis)
    back = xp.take(x, np.minimum(np.arange(n) + 1, n - 1), axis)
    parts = []
    for low, high, fractions in ((front, x, offsets[offsets < 0] + 1), (x, back, offsets[offsets >= 0])):
        weights = fractions.astype(x.dtype).reshape([-1] + [1] * (x.ndim - axis - 1))
        low, high = xp.expand_dims(low, axis + 1), xp.expand_dims(high, axis + 1)
        parts.append(low + (high - low) * weights)
    dims = x.shape
    return xp.concatenate(parts, axis + 1).reshape((*dims[:axis], n * factor, *dims[axis + 1 :]))


@op(
    shape=_images,
    out=_resized_dtype,
    label=lambda *a: "ResizeNearestNeighbor" if a[-1] == "nearest" else "ResizeBilinear",
)
def resize_images(
    xp,
    x: Real,
    height_factor: _Factor,
    width_factor: _Factor,
    data_format: _GivenFormat,
    interpolation: _Interpolation = "nearest",
):
    """Images with more rows and columns.

    Args:
        x: a tensor of floats or integers, of shape `(batch, rows, columns, channels)`, or `(batch, channels, rows,
            columns)` with channels first.
        height_factor: the factor for the number of rows, a positive int.
        width_factor: the factor for the number of columns, likewise.
        data_format: `'channels_last'` or `'channels_first'`.
        interpolation: `'nearest'`: each element is repeated; `'bilinear'`: linear interpolation between the centres of
            the old elements.

    Returns:
        A tensor of the dtype of `x`; of float32 with `'bilinear'`.

    Raises:
        TypeError: a factor is no integer, or the dtype is not accepted.
        ValueError: a factor is not positive, `x` has another rank, or a word is none of those listed.

    Source: `tf.keras.backend.resize_images`, TF 2.2.

    >>> from kjax import backend as K
    >>> x = K.reshape(K.constant([1., 2.]), (1, 1, 2, 1))
    >>> resize_images(x, 1, 2, 'channels_last').numpy().ravel().tolist()
    [1.0, 1.0, 2.0, 2.0]
    >>> resize_images(x, 1, 2, 'channels_last', 'bilinear').numpy().ravel().tolist()
    [1.0, 1.25, 1.75, 2.0]
    """
    windows.magnified(x.shape, (height_factor, width_factor), data_format)
    windows.as_data_format(data_format or "")
    if interpolation == "nearest":
        return _repeated(xp, x, (height_factor, width_factor), data_format)
    if interpolation != "bilinear":
        raise ValueError("interpolation must be 'nearest' or 'bilinear'")
    x = x.astype(np.float32)
    first = windows.spatial_axes(x.ndim, data_format)[0]
    x = _interpolated(xp, x, _as_factor(width_factor, "width_factor"), first + 1)
    return _interpolated(xp, x, _as_factor(height_factor, "height_factor"), first)


def _volumes(where: str, x: Any, depth: int, height: int, width: int, data_format: str) -> Any:
    return windows.rule(windows.magnified)(where, x, (depth, height, width), data_format)


@op(shape=_volumes, label="concat")
def resize_volumes(
    xp,
    x: Array,
    depth_factor: _Factor,
    height_factor: _Factor,
    width_factor: _Factor,
    data_format: _GivenFormat,
):
    """Volumes with each element repeated along three axes.

    Args:
        x: a tensor of shape `(batch, depth, rows, columns, channels)`, or `(batch, channels, depth, rows, columns)`
            with channels first.
        depth_factor: the number of repetitions along the first of these axes, a positive int.
        height_factor: the same along the second axis.
        width_factor: the same along the third axis.
        data_format: `'channels_last'` or `'channels_first'`.

    Returns:
        A tensor of the dtype of `x`.

    Raises:
        TypeError: a factor is no integer.
        ValueError: a factor is not positive, `x` has another rank, or the format is none of those.

    Source: `tf.keras.backend.resize_volumes`, TF 2.2.

    >>> from kjax import backend as K
    >>> resize_volumes(K.ones((1, 2, 2, 2, 3)), 2, 3, 1, 'channels_last').shape
    (1, 4, 6, 2, 3)
    """
    factors = depth_factor, height_factor, width_factor
    windows.magnified(x.shape, factors, data_format)
    windows.as_data_format(data_format or "")
    return _repeated(xp, x, factors, data_format)
