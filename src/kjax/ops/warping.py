"""Images whose points come from other places of an image: rotated, shifted, zoomed."""

import numpy as np

from kjax.core.op import op
from kjax.core.operands import Float
from kjax.core.placement import NUMPY
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor

FILLS = ("constant", "reflect", "wrap")
WAYS = ("nearest", "bilinear")


def _shape(where: str, images: Tensor, transforms: Tensor, fill: str, way: str) -> Shape:
    if images.shape.rank not in (None, 4):
        raise ValueError(f"{where}: images must be of rank 4; got shape {images.shape}")
    _check(fill, way)
    return images.shape


def _check(fill: str, way: str) -> None:
    if fill not in FILLS or way not in WAYS:
        raise ValueError(f"fill must be one of {FILLS}, and way one of {WAYS}; got {fill!r} and {way!r}")


@op(shape=_shape, label="ImageProjectiveTransformV2", runs=NUMPY)
def warped(xp, images: Float, transforms: Float, fill: str, way: str):
    """Images `(batch, rows, columns, channels)`, each point of which comes from where its transform says.

    A transform `(a, b, c, d, e, f)`, one for each image, says that column `x` and row `y` of the result are column
    `a x + b y + c` and row `d x + e y + f` of the image. Beyond its edges there are zeros (`"constant"`), the image
    again (`"wrap"`), or its mirror image (`"reflect"`). Between points is the nearest one, or a mean of four.

    >>> warped([[[[1.], [2.], [3.]]]], [[1., 0., 1., 0., 1., 0.]], "constant", "nearest").numpy().ravel().tolist()
    [2.0, 3.0, 0.0]
    """
    _check(fill, way)
    count, rows, columns, channels = images.shape
    a, b, c, d, e, f = (transforms[:, i, None, None] for i in range(6))
    x, y = xp.arange(columns, dtype=images.dtype)[None, None, :], xp.arange(rows, dtype=images.dtype)[None, :, None]
    across = _inside(xp, a * x + b * y + c, columns, fill)
    down = _inside(xp, d * x + e * y + f, rows, fill)
    flat = images.reshape(count * rows * columns, channels)
    first = (xp.arange(count) * (rows * columns))[:, None, None]

    def at(row, column):
        there = (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        row, column = xp.clip(row, 0, rows - 1), xp.clip(column, 0, columns - 1)
        place = first + row.astype(np.int32) * columns + column.astype(np.int32)
        return xp.where(there[..., None], flat[place], xp.zeros((), images.dtype))

    if way == "nearest":
        return at(xp.round(down), xp.round(across))
    top, left = xp.floor(down), xp.floor(across)
    below, right = (down - top)[..., None], (across - left)[..., None]
    upper = at(top, left) * (1 - right) + at(top, left + 1) * right
    lower = at(top + 1, left) * (1 - right) + at(top + 1, left + 1) * right
    return upper * (1 - below) + lower * below


def _inside(xp, place, size, fill):
    """Places along an axis, with those beyond its ends where their values are found."""
    if fill == "wrap":
        return place - size * xp.floor(place / size)
    if fill == "reflect":
        around = place - 2 * size * xp.floor(place / (2 * size))
        return xp.clip(xp.where(around >= size, 2 * size - 1 - around, around), 0, size - 1)
    return place
