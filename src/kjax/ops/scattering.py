"""Elements picked and placed by positions: `gather_nd`, `scatter_nd` and their kin.

A row of positions, the last axis of `indices`, names an element, or a part, by its first axes.
"""

import operator
from typing import Any

import numpy as np

from kjax import shapes
from kjax.core.op import op
from kjax.core.operands import Array, Axis, Dims, Index, Number
from kjax.core.placement import NUMPY
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.machine.checks import require
from kjax.ops.shaping import Size, integers


def _within(indices: Any, sizes: Any, where: str) -> None:
    """Positions must lie within dims: negative ones are not counted from the end."""
    inside = (indices >= 0) & (indices < sizes)
    require(inside, IndexError(f"{where}: indices must lie within the shape, of which {np.asarray(sizes)} is indexed"))


def _places(dims: tuple[int, ...], indices: Any, where: str, batch_dims: int = 0) -> tuple[Any, ...]:
    """Rows of positions as an index for each axis."""
    if not indices.ndim or indices.shape[-1] + batch_dims > len(dims):
        raise ValueError(f"indices of shape {tuple(indices.shape)} don't point into a tensor of shape {tuple(dims)}")
    _within(indices, np.asarray(dims[batch_dims : batch_dims + indices.shape[-1]], np.int64), where)
    batch = _counted(dims[:batch_dims], indices.shape[:-1])
    return (*batch, *(indices[..., i] for i in range(indices.shape[-1])))


def _counted(dims: tuple[int, ...], names: tuple[int, ...]) -> list[Any]:
    """For each axis of the batch its own positions, to be broadcast with indices of a shape."""
    if tuple(dims) != tuple(names[: len(dims)]):  # NumPy would broadcast them
        raise ValueError(f"the batch dims of params and indices must be equal; got {tuple(dims)} and {tuple(names)}")
    return [np.arange(n).reshape([-1 if i == axis else 1 for i in range(len(names))]) for axis, n in enumerate(dims)]


def _batch(where: str, params: Shape, indices: Shape, batch_dims: int) -> list[int | None]:
    what = "the batch dims of params and indices must be equal"
    return [shapes.merge_dim(where, params[i], indices[i], what) for i in range(batch_dims)]


# -------------------------------------------------------------------------------------------------------------- picking


def _pointed(where: str, params: Tensor, indices: Tensor, batch_dims: int) -> Shape:
    whole, rows = params.shape, indices.shape
    if rows.rank == 0:
        raise ValueError(f"{where}: indices must have rank 1 at least; got a scalar")
    if rows.rank is None or whole.rank is None or rows[-1] is None:
        return shapes.UNKNOWN
    if not 0 <= batch_dims < rows.rank or batch_dims + rows[-1] > whole.rank:
        raise ValueError(
            f"{where}: indices of shape {rows} with {batch_dims} batch dims don't point into a tensor of shape {whole}"
        )
    batch = _batch(where, whole, rows, batch_dims)
    return Shape((*batch, *rows[batch_dims:-1], *whole[batch_dims + rows[-1] :]))


@op(shape=_pointed, runs=NUMPY)
def gather_nd(xp, params: Array, indices: Index, batch_dims: Axis = 0):
    """The elements, or parts, of a tensor that rows of positions point to.

    Args:
        params: a tensor.
        indices: an integer tensor of shape `(..., n)`: positions along `n` axes of `params`.
        batch_dims: how many axes `params` and `indices` have in common, in front of these.

    Returns:
        A tensor of the dtype of `params`, of shape `(*indices.shape[:-1], *params.shape[batch_dims + n:])`.

    Raises:
        IndexError: a position is out of range.
        TypeError: `indices` are no integers.
        ValueError: the shapes don't go together.

    Source: `tf.gather_nd`, TF 2.2.

    >>> gather_nd([[1, 2], [3, 4]], [[0, 1], [1, 0]]).numpy().tolist()
    [2, 3]
    """
    if not indices.shape[-1]:
        return xp.broadcast_to(params, (*indices.shape[:-1], *params.shape[batch_dims:]))
    return xp.asarray(params)[_places(params.shape, indices, "gather_nd()", batch_dims)]


def _row_by_row(where: str, params: Tensor, indices: Tensor, axis: int, batch_dims: int) -> Shape:
    whole, rows = params.shape, indices.shape
    if whole.rank is None or rows.rank is None:
        return shapes.UNKNOWN
    axis = shapes.axis_in(where, axis, whole.rank)
    if not 0 <= batch_dims <= min(rows.rank, axis):
        raise ValueError(f"{where}: batch_dims must be from 0 to {min(rows.rank, axis)}; got {batch_dims}")
    batch = _batch(where, whole, rows, batch_dims)
    return Shape((*batch, *whole[batch_dims:axis], *rows[batch_dims:], *whole[axis + 1 :]))


@op(name="gather", shape=_row_by_row, label="GatherV2", runs=NUMPY)
def gather_in_batches(xp, params: Array, indices: Index, axis: Axis, batch_dims: Axis):
    """The parts of a tensor at positions along an axis, which differ for each element of a batch.

    >>> gather_in_batches([[1, 2], [3, 4]], [[1], [0]], 1, 1).numpy().tolist()
    [[2], [3]]
    """
    axis %= params.ndim
    _within(indices, np.asarray(params.shape[axis], np.int64), "gather()")
    between, names = axis - batch_dims, indices.ndim - batch_dims
    moved = xp.moveaxis(params, axis, batch_dims)
    found = moved[(*_counted(params.shape[:batch_dims], indices.shape), indices)]
    # The axes of `indices` come before those between the batch and the axis.
    first, last = range(batch_dims + names, batch_dims + names + between), range(batch_dims, batch_dims + between)
    return xp.moveaxis(found, [*first], [*last])


# -------------------------------------------------------------------------------------------------------------- placing

_IN_PLACE: dict[str, Any] = {"add": np.add, "multiply": np.multiply, "min": np.minimum, "max": np.maximum}


def _placed(xp: Any, into: Any, indices: Any, updates: Any, how: str, where: str) -> Any:
    """A copy of an array, of which parts are set to updates, or combined with them."""
    places = _places(into.shape, indices, where)
    if not places:
        raise ValueError("the last dim of indices must not be 0")
    if updates.shape != (*indices.shape[:-1], *into.shape[len(places) :]):
        raise ValueError(
            f"updates of shape {tuple(updates.shape)} don't go with indices of shape {tuple(indices.shape)} into a "
            f"tensor of shape {tuple(into.shape)}"
        )
    if xp is not np:
        return getattr(xp.asarray(into).at[places], how)(updates)
    out = into.copy()
    if how == "set":
        out[places] = updates
    else:
        _IN_PLACE[how].at(out, places, updates)
    return out


def _fits(where: str, whole: Shape, indices: Tensor, updates: Tensor) -> Shape:
    rows = indices.shape
    if rows.rank == 0:
        raise ValueError(f"{where}: indices must have rank 1 at least; got a scalar")
    if whole.rank is None or rows.rank is None or rows[-1] is None:
        return whole
    if not 0 < rows[-1] <= whole.rank:
        raise ValueError(f"{where}: indices of shape {rows} don't point into a tensor of shape {whole}")
    wanted = rows[:-1].concatenate(whole[rows[-1] :])
    if not updates.shape.is_compatible_with(wanted):
        raise ValueError(f"{where}: updates must have shape {wanted}; got {updates.shape}")
    return whole


@op(
    shape=lambda where, indices, updates, shape: _fits(where, shapes.dims_given(where, shape), indices, updates),
    label="ScatterNd",
)
def scatter_nd(xp, indices: Index, updates: Array, shape: Dims):
    """A tensor of zeros to which updates are added where rows of positions point.

    Args:
        indices: an integer tensor of shape `(..., n)`: positions along the first `n` axes of the result.
        updates: a tensor of shape `(*indices.shape[:-1], *shape[n:])`. What goes to one place is added up.
        shape: the shape of the result.

    Returns:
        A tensor of the dtype of `updates`.

    Raises:
        IndexError: a position is out of range.
        TypeError: `indices` are no integers.
        ValueError: the shapes don't go together.

    Source: `tf.scatter_nd`, TF 2.2.

    >>> scatter_nd([[2], [0], [2]], [1., 2., 3.], (4,)).numpy().tolist()
    [2.0, 0.0, 4.0, 0.0]
    """
    how = "max" if updates.dtype == bool else "add"
    return _placed(xp, xp.zeros(integers(shape), updates.dtype), indices, updates, how, "scatter_nd()")


@op(
    name="TensorArray.write",
    shape=lambda where, tensor, index, value: Shape((None, *_row(where, tensor, value))),
    label="TensorArrayWriteV3",
    runs=NUMPY,
)
def written(xp, tensor: Array, index: Size, value: Array):
    """A tensor with one row set to a value; where it has too few rows, zeros are put between.

    Args:
        tensor: a tensor of shape `(n, ...)`.
        index: the position of the row, from 0 on.
        value: a tensor of the same dtype, of the shape of a row.

    Raises:
        TypeError: `index` is no integer, or the dtypes differ.
        ValueError: `index` is negative, or `value` has another shape.

    >>> written([1, 2], 3, 5).numpy().tolist()
    [1, 2, 0, 5]
    """
    at = operator.index(index)
    if at < 0:
        raise ValueError(f"index must not be negative; got {at}")
    if at > tensor.shape[0]:
        zeros = xp.zeros((at - tensor.shape[0], *tensor.shape[1:]), tensor.dtype)
        tensor = xp.concatenate([tensor, zeros])
    return xp.concatenate([tensor[:at], value[None], tensor[at + 1 :]])


def _row(where: str, tensor: Tensor, value: Tensor) -> Shape:
    row = shapes.UNKNOWN if tensor.shape.rank is None else Shape(tensor.shape[1:])
    if not row.is_compatible_with(value.shape):
        raise ValueError(f"{where}: a row has shape {row}; got {value.shape}")
    return row.merge_with(value.shape)


@op(
    name="tensor_scatter_nd_update",
    shape=lambda where, tensor, indices, updates, how: _fits(where, tensor.shape, indices, updates),
    label=lambda tensor, indices, updates, how: "TensorScatterAdd" if how == "add" else "TensorScatterUpdate",
)
def scattered(xp, tensor: Array, indices: Index, updates: Array, how: str = "set"):
    """A tensor of which the parts that rows of positions point to are set to updates, or combined with them.

    Args:
        tensor: a tensor.
        indices: an integer tensor of shape `(..., n)`: positions along the first `n` axes of `tensor`.
        updates: a tensor of the same dtype, of shape `(*indices.shape[:-1], *tensor.shape[n:])`.
        how: `"set"`, `"add"`, `"multiply"`, `"min"` or `"max"`.

    Returns:
        A tensor of the shape and dtype of `tensor`.

    Raises:
        IndexError: a position is out of range.
        TypeError: `indices` are no integers, or the dtypes differ.
        ValueError: the shapes don't go together.

    Source: `tf.tensor_scatter_nd_update`, TF 2.2.

    >>> scattered([1, 2, 3], [[0], [2]], [10, 30]).numpy().tolist()
    [10, 2, 30]
    """
    return _placed(xp, tensor, indices, updates, how, "tensor_scatter_nd_update()")


@op(
    name="scatter_div",
    shape=lambda where, tensor, indices, updates: _fits(where, tensor.shape, indices, updates),
    label="ScatterDiv",
)
def divided(xp, tensor: Number, indices: Index, updates: Number):
    """A tensor of which parts are divided by updates; quotients of integers are cut off.

    >>> divided([-7, 9], [[0]], [2]).numpy().tolist()
    [-3, 9]
    """
    by = _placed(xp, xp.ones_like(tensor), indices, updates, "multiply", "scatter_div()")
    if tensor.dtype.kind in "iu":
        return (abs(tensor) // abs(by)) * xp.sign(tensor) * xp.sign(by)
    return tensor / by
