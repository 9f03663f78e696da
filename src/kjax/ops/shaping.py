"""The same elements in another arrangement: shapes, axes, joining, repeating."""

import operator
from typing import Annotated, Any

import numpy as np

from kjax import shapes
from kjax.op import Array, Arrays, Attribute, Axes, Axis, Dims, as_tensor, op, pack
from kjax.ops.elementwise import identity
from kjax.shape import Shape
from kjax.tensor import Tensor

# ------------------------------------------------------------------------------------------------------------ joining


def stack(x: Any, axis: int = 0) -> Tensor:
    """Several tensors of one shape as one tensor, along a new axis.

    Args:
        x: a list of tensors of one shape and dtype. Numbers, and nested lists of numbers and tensors, may be among
            them; they take on the dtype of the tensors.
        axis: where the new axis is in the result; negative counts from the back.

    Returns:
        A tensor whose rank is one higher.

    Raises:
        TypeError: the dtypes differ.
        ValueError: the shapes differ, the list is empty, or there is no such axis.

    Source: `tf.keras.backend.stack`, TF 2.2.

    >>> from kjax import backend as K
    >>> stack([K.constant([1., 2.]), K.constant([3., 4.])], axis=1).numpy().tolist()
    [[1.0, 3.0], [2.0, 4.0]]
    """
    if not isinstance(x, (list, tuple)):
        x = as_tensor(x, where="stack(): x")
        return identity(x) if type(axis) is int and axis == 0 else stacked(list(x), axis)
    return stacked(x, axis)


@op(shape=lambda where, x, axis: shapes.stacked("stack()", x, axis), label="stack", bulk=False)
def stacked(xp, x: Arrays, axis: Axis = 0):
    """What `stack` gives for a list.

    >>> stacked([1, 2]).numpy().tolist()
    [1, 2]
    """
    return xp.stack(x, axis)


pack.append(stack)
