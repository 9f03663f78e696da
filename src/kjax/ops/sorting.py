"""Sorting, ranking and searching; the different elements of a tensor."""

from typing import Any

import numpy as np

from kjax import shapes
from kjax.core.dtypes import to_numpy
from kjax.core.op import op
from kjax.core.operands import Array, Axis, DTypeGiven, Real
from kjax.core.placement import NUMPY
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.machine.checks import require
from kjax.machine.scopes import one_program
from kjax.ops.shaping import Size, integers

# -------------------------------------------------------------------------------------------------------------- sorting


def _order(xp: Any, values: Any, axis: int, descending: bool) -> Any:
    """The positions of the elements in order, of equal ones in their own order."""
    if not descending:
        return xp.argsort(values, axis=axis, stable=True)
    turned = xp.argsort(xp.flip(values, axis), axis=axis, stable=True)
    return values.shape[axis] - 1 - xp.flip(turned, axis)


def _sortable(where: str, values: Tensor, axis: int, descending: bool) -> Shape:
    if values.shape.rank == 0:
        raise ValueError(f"{where}: values must have rank 1 at least; got a scalar")
    return shapes.along_axis(where, values, axis)


@op(shape=_sortable, out="int32", differentiable=False, label="TopKV2")
def argsort(xp, values: Real, axis: Axis = -1, descending: bool = False):
    """The positions of the elements along an axis in their order, of equal ones the first first.

    Args:
        values: a tensor of numbers.
        axis: the axis.
        descending: whether the greatest comes first.

    Returns:
        An int32 tensor of the shape of `values`.

    Raises:
        ValueError: there is no such axis.

    Source: `tf.argsort`, TF 2.2.

    >>> argsort([3., 1., 2.]).numpy().tolist()
    [1, 2, 0]
    """
    return _order(xp, values, axis, descending).astype(np.int32)


@op(shape=_sortable, label="TopKV2")
def sort(xp, values: Real, axis: Axis = -1, descending: bool = False):
    """The elements along an axis in their order: see `argsort`.

    >>> sort([3., 1., 2.], descending=True).numpy().tolist()
    [3.0, 2.0, 1.0]
    """
    return xp.take_along_axis(values, _order(xp, values, axis, descending), axis=axis)


# ------------------------------------------------------------------------------------------------------------ searching


def _searched(where: str, sorted_sequence: Tensor, values: Tensor, *rest: Any) -> Shape:
    rows, wanted = sorted_sequence.shape, values.shape
    if 0 in (rows.rank, wanted.rank):
        raise ValueError(f"{where}: sorted_sequence and values must have rank 1 at least; got {rows} and {wanted}")
    if rows.rank is not None and wanted.rank is not None and not rows[:-1].is_compatible_with(wanted[:-1]):
        raise ValueError(f"{where}: all dims but the last must be equal; got shapes {rows} and {wanted}")
    return wanted


@op(shape=_searched, out=lambda rows, values, right, dtype: dtype, differentiable=False)
def searchsorted(xp, sorted_sequence: Real, values: Real, right: bool, dtype: DTypeGiven):
    """Where values would be inserted into sorted rows, before elements that are equal, or to the right of them.

    >>> searchsorted([1., 2., 3.], [2., 5.], False, "int32").numpy().tolist()
    [1, 3]
    """
    if sorted_sequence.shape[:-1] != values.shape[:-1]:
        raise ValueError(f"dims differ: shapes {tuple(sorted_sequence.shape)} and {tuple(values.shape)}")
    side: Any = "right" if right else "left"
    count = int(np.prod(values.shape[:-1]))
    rows, wanted = (array.reshape((count, array.shape[-1])) for array in (sorted_sequence, values))
    if xp is np:
        found = [np.searchsorted(row, row_values, side) for row, row_values in zip(rows, wanted, strict=True)]
        out = np.asarray(found, np.int64)
    else:
        import jax

        with one_program(jax, False):
            out = jax.vmap(lambda row, row_values: xp.searchsorted(row, row_values, side))(rows, wanted)
    return out.reshape(values.shape).astype(to_numpy(dtype))


def _bins(where: str, values: Tensor, value_range: Tensor, bins: Any) -> Shape:
    if not value_range.shape.is_compatible_with((2,)):
        raise ValueError(f"{where}: value_range must be two numbers; got shape {value_range.shape}")
    return values.shape


@op(shape=_bins, out="int32", differentiable=False)
def histogram_fixed_width_bins(xp, values: Real, value_range: Real, nbins: Size):
    """The number of the bin of each element, of equally wide bins; what is out of range is in the first or last.

    Args:
        values: a tensor of numbers.
        value_range: the lower end of the first bin, and the upper end of the last.
        nbins: how many bins.

    Returns:
        An int32 tensor of the shape of `values`.

    Raises:
        ValueError: `nbins` is not positive, or the range is empty.

    Source: `tf.histogram_fixed_width_bins`, TF 2.2.

    >>> histogram_fixed_width_bins([-1., 0.5, 7.], [0., 5.], 5).numpy().tolist()
    [0, 0, 4]
    """
    count, *_ = integers(nbins)
    if not count:
        raise ValueError("nbins must be positive")
    low, high = value_range
    require(low < high, ValueError("histogram_fixed_width_bins(): value_range[0] must be less than value_range[1]"))
    kind = np.dtype(np.float64) if values.dtype.kind in "iu" else values.dtype
    part = (values - low).astype(kind) / (high - low).astype(kind)
    return xp.clip(xp.floor(part * np.asarray(count, kind)), 0, count - 1).astype(np.int32)


# --------------------------------------------------------------------------------------------------- different elements


def _distinct(where: str, x: Tensor, dtype: Any) -> list[Shape]:
    if x.shape.rank not in (1, None):
        raise ValueError(f"{where}: x must have rank 1; got shape {x.shape}")
    return [Shape((None,)), x.shape.merge_with((None,)), Shape((None,))]


@op(
    shape=_distinct,
    out=lambda x, dtype: [x.dtype, dtype, dtype],
    differentiable=False,
    label="UniqueWithCounts",
    runs=NUMPY,
)
def unique_with_counts(xp, x: Array, dtype: DTypeGiven):
    """The different elements of a vector in the order in which they first come, and where and how often they do.

    Args:
        x: a vector.
        dtype: int32 or int64.

    Returns:
        The elements; for each element of `x` its position among them; for each of them the number of times it comes.

    Raises:
        ValueError: `x` has another rank than 1.

    Source: `tf.unique_with_counts`, TF 2.2.

    >>> [part.numpy().tolist() for part in unique_with_counts([7, 3, 7], "int32")]
    [[7, 3], [0, 1, 0], [2, 1]]
    """
    if x.ndim != 1:
        raise ValueError(f"x must have rank 1; got shape {tuple(x.shape)}")
    x, kind = np.asarray(x), to_numpy(dtype)  # (how many there are depends on values)
    values, first, places, counts = np.unique(x, return_index=True, return_inverse=True, return_counts=True)
    order = np.argsort(first)
    ranks = np.empty_like(order)
    ranks[order] = np.arange(order.size)
    return values[order], ranks[places].astype(kind), counts[order].astype(kind)


def _left(where: str, x: Tensor, y: Tensor, dtype: Any) -> list[Shape]:
    for tensor, name in ((x, "x"), (y, "y")):
        if tensor.shape.rank not in (1, None):
            raise ValueError(f"{where}: {name} must have rank 1; got shape {tensor.shape}")
    return [Shape((None,))] * 2


@op(shape=_left, out=lambda x, y, dtype: [x.dtype, dtype], differentiable=False, label="ListDiff", runs=NUMPY)
def setdiff1d(xp, x: Array, y: Array, dtype: DTypeGiven):
    """The elements of a vector that are not in another one, in their order, and their positions.

    >>> [part.numpy().tolist() for part in setdiff1d([1, 2, 3, 2], [2], "int32")]
    [[1, 3], [0, 2]]
    """
    if x.ndim != 1 or y.ndim != 1:
        raise ValueError("x and y must have rank 1")
    x, y = np.asarray(x), np.asarray(y)
    places = np.flatnonzero(~np.isin(x, y))
    return x[places], places.astype(to_numpy(dtype))
