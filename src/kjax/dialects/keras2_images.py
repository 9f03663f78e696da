"""Images resized as TensorFlow 1 did it: bilinearly from the corner of each element, not from its middle."""

from typing import Annotated, Any

import numpy as np

from kjax import backend as K
from kjax.core.op import op
from kjax.core.operands import Attribute, Real
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.dialects.keras2_sizes import exactly
from kjax.shapes import windows

__all__ = ["resize_images"]


def resize_images(
    x: Any, height_factor: Any, width_factor: Any, data_format: Any, interpolation: str = "nearest"
) -> Any:
    """Images with more rows and columns.

    Args:
        x: a tensor of floats or integers, of shape `(batch, rows, columns, channels)`, or `(batch, channels, rows,
            columns)` with channels first.
        height_factor: how many rows come of each, a whole number, also as a float.
        width_factor: how many columns come of each.
        data_format: `'channels_last'` or `'channels_first'`.
        interpolation: `'nearest'`: each element is repeated; `'bilinear'`: each is where the first of its new ones is,
            the others lie on straight lines to the next, and behind the last there is nothing but its like.

    Returns:
        A tensor of the dtype of `x`; of float32 with `'bilinear'`.

    Raises:
        TypeError: a factor is no whole number, or the dtype is not accepted.
        ValueError: a factor is not positive, `x` has another rank, or a word is none of those listed.

    Source: `keras.backend.resize_images`, Keras 2.3.1.

    >>> x = K.reshape(K.constant([1., 2.]), (1, 1, 2, 1))
    >>> K.eval(resize_images(x, 1.0, 2.0, 'channels_last', 'bilinear')).ravel().tolist()
    [1.0, 1.5, 2.0, 2.0]
    """
    factors: Any = exactly((height_factor, width_factor))
    if interpolation == "bilinear":
        return _bilinear(x, factors[0], factors[1], data_format)
    return K.resize_images(x, factors[0], factors[1], data_format, interpolation)


def _as_factor(value: Any, where: str) -> int:
    if isinstance(value, float):
        raise TypeError(f"{where} must be a whole number; got {value!r}")
    return windows.whole(value, where)


_Factor = Annotated[int, Attribute(_as_factor)]
_GivenFormat = Annotated[Any, windows.choice("channels_last", "channels_first")]


def _images(where: str, x: Tensor, height: int, width: int, data_format: str) -> Shape:
    shape: Shape = windows.rule(windows.magnified)(where, x, (height, width), data_format)
    return shape


@op(name="resize_images", shape=_images, out="float32", label="ResizeBilinear")
def _bilinear(xp, x: Real, height_factor: _Factor, width_factor: _Factor, data_format: _GivenFormat):
    windows.magnified(x.shape, (height_factor, width_factor), data_format)
    x = x.astype(np.float32)
    first = windows.spatial_axes(x.ndim, data_format)[0]
    return _drawn_out(xp, _drawn_out(xp, x, width_factor, first + 1), height_factor, first)


def _drawn_out(xp: Any, x: Any, factor: int, axis: int) -> Any:
    """`factor` elements for each one along an axis, on straight lines from one to the next."""
    count = x.shape[axis]
    if factor == 1 or not count:
        return x
    following = xp.take(x, np.minimum(np.arange(count) + 1, count - 1), axis)
    weights = (np.arange(factor) / factor).astype(np.float32).reshape([-1] + [1] * (x.ndim - axis - 1))
    here, there = xp.expand_dims(x, axis + 1), xp.expand_dims(following, axis + 1)
    return (here + (there - here) * weights).reshape((*x.shape[:axis], count * factor, *x.shape[axis + 1 :]))
