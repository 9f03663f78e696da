"""Normalisation."""

from typing import Any

import numpy as np

from kjax import shapes
from kjax.kernels import ties
from kjax.kernels.halves import narrowed, widened
from kjax.op import op
from kjax.operands import Axes, Float
from kjax.shape import Shape
from kjax.tensor import Tensor


def _along_axes(where: str, x: Tensor, axis: Any) -> Shape:
    shapes.reduction(where, x, axis, True)  # which complains of axes that are not there
    return x.shape


@op(shape=_along_axes)
def l2_normalize(xp, x: Float, axis: Axes = None):
    """A tensor divided by its Euclidean norm.

    Args:
        x: a tensor of floats.
        axis: the axis, or axes, along which the norm is taken; None for all of them.

    Returns:
        A tensor of the shape and dtype of `x`. Where the norm is less than 1e-6, it is divided by 1e-6.

    Raises:
        TypeError: `x` is not of floats, or `axis` not made of integers.
        ValueError: there is no such axis.

    Source: `tf.keras.backend.l2_normalize`, TF 2.2.

    >>> l2_normalize([[3., 4.], [0., 0.]], axis=1).numpy()
    array([[0.6, 0.8],
           [0. , 0. ]], dtype=float32)
    """
    wide = widened(x)
    total = (wide * wide).sum(axis, keepdims=True)
    least = np.maximum(total, 1e-12) if xp is np else ties.maximum(xp, total, 1e-12)
    return narrowed(wide / xp.sqrt(least), x.dtype)
