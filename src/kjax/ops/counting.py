"""Counting: how often integers occur, and sums of values by integers."""

import numpy as np

from kjax import shapes
from kjax.core.op import op
from kjax.core.operands import Index, Number
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.machine.checks import require
from kjax.ops.shaping import Size, integers


def _bins(where: str, values: Tensor, places: Tensor, count: object) -> Shape:
    if values.shape.rank and not values.shape.is_compatible_with(places.shape):
        raise ValueError(f"{where}: weights of shape {values.shape} don't go with integers of shape {places.shape}")
    return Shape((shapes.known_int(count),))


@op(shape=_bins, label="Bincount")
def summed_by(xp, values: Number, places: Index, count: Size):
    """The sums of values by the place they belong to.

    Args:
        values: a tensor of numbers; a scalar stands for one number everywhere.
        places: an integer tensor of the shape of `values`, none negative. Places beyond the last are left out.
        count: the number of places.

    Returns:
        A tensor of shape `(count,)`, of the dtype of `values`.

    Raises:
        ValueError: the shapes differ, or a place is negative.

    >>> summed_by([1., 2., 4.], [0, 3, 0], 4).numpy().tolist()
    [5.0, 0.0, 0.0, 2.0]
    """
    (count,) = integers(count)
    if values.ndim and values.shape != places.shape:
        raise ValueError(f"weights of shape {values.shape} don't go with integers of shape {places.shape}")
    values = xp.broadcast_to(values, places.shape).reshape(-1)
    places = places.reshape(-1)
    require((places >= 0).all(), ValueError("the integers to count must not be negative"))
    if xp is np:
        kept = places < count
        sums = np.zeros(count, values.dtype)
        np.add.at(sums, places[kept], values[kept])
        return sums
    return xp.zeros(count, values.dtype).at[places].add(values, mode="drop")
