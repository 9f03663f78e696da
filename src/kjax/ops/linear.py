"""Products of matrices."""

from collections.abc import Sequence
from typing import Annotated, Any

import numpy as np

from kjax import shapes
from kjax.core.dtypes import as_dtype
from kjax.core.op import op
from kjax.core.operands import INEXACT, Array, Attribute, Axis, Operand
from kjax.core.placement import NUMPY
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor

_Factor = Annotated[Any, Operand(INEXACT | {as_dtype("int32"), as_dtype("int64")})]


def _product(multiply: Any, x: Any, y: Any) -> Any:
    """`multiply(x, y)` in the dtype of `x`; half-precision floats are multiplied and summed in float32."""
    if x.dtype.itemsize == 2 and x.dtype.kind not in "iu":
        return multiply(x.astype(np.float32), y.astype(np.float32)).astype(x.dtype)
    return multiply(x, y)


@op(shape=shapes.matmul, label="MatMul", runs=NUMPY)
def matmul(xp, x: _Factor, y: _Factor):
    """Product of matrices, batched by broadcasting the dims before the last two: `x @ y`.

    >>> matmul([[1., 2.]], [[3.], [4.]]).numpy().tolist()
    [[11.0]]
    """
    if x.ndim < 2 or y.ndim < 2:
        raise ValueError("x and y must be of rank 2 at least")
    return _product(xp.matmul, x, y)


@op(shape=shapes.dot, label="MatMul", runs=NUMPY, rows=True)
def dot(xp, x: _Factor, y: _Factor):
    """Product of matrices; for higher ranks, a sum over the last axis of `x` and the last but one of `y`.

    Args:
        x: a tensor of shape `(..., n)`: floats, complex numbers, int32 or int64. Or a sparse matrix.
        y: a tensor of the same dtype, of shape `(..., n, m)`. If `y` is a matrix, `x` must have rank 2 at least; if `x`
            is sparse, `y` must be a matrix.

    Returns:
        A tensor of shape `(*x.shape[:-1], *y.shape[:-2], y.shape[-1])`.

    Raises:
        TypeError: the dtypes differ, or are not accepted.
        ValueError: the ranks are too low, or the dims to sum over differ.

    Source: `tf.keras.backend.dot`, TF 2.2.

    >>> from kjax import backend as K
    >>> dot(K.ones((2, 3)), K.ones((4, 3, 5))).shape
    (2, 4, 5)
    """
    if x.ndim == 2 == y.ndim:
        return _product(xp.dot, x, y)
    if y.ndim < 2 or x.ndim < (2 if y.ndim == 2 else 1):
        raise ValueError(shapes.too_low(x.shape, y.shape))
    return _product(lambda a, b: xp.tensordot(a, b, (a.ndim - 1, b.ndim - 2)), x, y)


def _as_pair(value: Any, where: str) -> tuple[int, int] | None:
    """One axis of each tensor; None leaves the choice to the operation."""
    if value is None:
        return None
    integer = Axis.__metadata__[0].normal
    if not isinstance(value, (list, tuple)):
        return (integer(value, where),) * 2
    if len(value) != 2:
        raise ValueError(f"{where} must be an integer or two, one axis of each tensor; got {value!r}")
    if any(isinstance(part, (list, tuple)) for part in value):
        raise ValueError(f"{where}: only one axis of each tensor can be summed over; got {value!r}")
    return integer(value[0], where), integer(value[1], where)


@op(shape=shapes.batch_dot, label="MatMul", runs=NUMPY)
def batch_dot(xp, x: _Factor, y: _Factor, axes: Annotated[Any, Attribute(_as_pair), "AxisLike"] = None):
    """Products within a batch: sample `i` of `x` with sample `i` of `y`, summed over one axis of each.

    Args:
        x: a tensor of shape `(batch, ...)`, of rank 2 at least: floats, complex numbers, int32 or int64.
        y: a tensor of the same dtype and batch size.
        axes: the axis of each to sum over: a pair, or one integer for both; negative ones count from the back. By
            default the last of `x`, and the last but one of `y` (of rank 2: the last).

    Returns:
        A tensor of shape `(batch, *rest of x, *rest of y)`, the rests without the axis summed over; `(batch, 1)` if
        both are empty.

    Raises:
        TypeError: the dtypes differ, or are not accepted; or an axis is no integer.
        ValueError: the ranks are too low, or batch sizes or the dims to sum over differ; or an axis is 0 (the
            batch), or does not exist.

    Source: `tf.keras.backend.batch_dot`, TF 2.2.

    >>> from kjax import backend as K
    >>> batch_dot(K.ones((8, 2, 3)), K.ones((8, 3, 4))).shape, batch_dot(K.ones((8, 3)), K.ones((8, 3)), axes=1).shape
    ((8, 2, 4), (8, 1))
    """
    if axes is not None and type(axes) is not tuple:
        axes = _as_pair(axes, "axes")
    left, right = shapes.summed_axes("batch_dot()", x.ndim, y.ndim, axes)
    batch, depth = x.shape[0], x.shape[left]
    if y.shape[0] != batch or y.shape[right] != depth:
        raise ValueError(f"shapes {tuple(x.shape)} and {tuple(y.shape)} can't be multiplied along axes {(left, right)}")
    rows = _without(x.shape, left)
    columns = _without(y.shape, right)
    # Both as batches of matrices, with the axes to sum over adjacent.
    x = xp.moveaxis(x, left, -1) if left != x.ndim - 1 else x
    y = xp.moveaxis(y, right, 1) if right != 1 else y
    matrices = x.reshape((batch, _size(rows), depth)), y.reshape((batch, depth, _size(columns)))
    return _product(xp.matmul, *matrices).reshape((batch, *((*rows, *columns) or (1,))))


def _without(shape: Sequence[int], axis: int) -> tuple[int, ...]:
    """The shape without the batch and without `axis`."""
    return (*shape[1:axis], *shape[axis + 1 :])


def _size(dims: Sequence[int]) -> int:
    size = 1
    for dim in dims:
        size *= dim
    return size


def _reversed(where: str, x: Tensor) -> Shape:
    return x.shape if x.shape.rank is None else Shape(x.shape[::-1])


@op(shape=_reversed, label="transpose", runs=NUMPY)
def transpose(xp, x: Array):
    """A tensor with its axes in reverse order; the transpose of a matrix.

    Args:
        x: a tensor.

    Returns:
        A tensor of the dtype of `x`.

    Source: `tf.keras.backend.transpose`, TF 2.2.

    >>> transpose([[1, 2, 3], [4, 5, 6]]).numpy().tolist()
    [[1, 4], [2, 5], [3, 6]]
    """
    return x.T
