"""Sums, products and extremes of segments: of the parts of a tensor that have one number."""

from collections.abc import Callable
from typing import Any

import numpy as np

from kjax import shapes
from kjax.core.dtypes import as_dtype
from kjax.core.op import op
from kjax.core.operands import Index, Inexact, Number, Real, as_tensor
from kjax.core.placement import NUMPY
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.machine.checks import require
from kjax.ops import elementwise
from kjax.ops.shaping import Size, integers

# ------------------------------------------------------------------------------------------- segments in any order


def _segments(where: str, data: Tensor, segment_ids: Tensor, num_segments: Any, *rest: Any) -> Shape:
    count, ids, whole = shapes.known_int(num_segments), segment_ids.shape, data.shape
    if ids.rank is None or whole.rank is None:
        return shapes.UNKNOWN
    if ids.rank > whole.rank or not ids.is_compatible_with(whole[: ids.rank]):
        raise ValueError(f"{where}: segment_ids of shape {ids} must be a prefix of data, of shape {whole}")
    return Shape((count, *whole[ids.rank :]))


def _combined(xp: Any, how: str, start: Any, data: Any, ids: Any, count: Any, where: str) -> Any:
    """What becomes of `start` when each row of data is combined with it in its segment."""
    if tuple(data.shape[: ids.ndim]) != tuple(ids.shape):
        raise ValueError(f"segment_ids of shape {ids.shape} must be a prefix of data, of shape {data.shape}")
    count, *_ = integers(count)
    require(ids < count, ValueError(f"{where}: segment_ids must be less than num_segments, {count}"))
    rest = tuple(data.shape[ids.ndim :])
    ids = ids.reshape(-1).astype(np.int64)
    # Rows of negative numbers belong to no segment: they go to one more, which is left away.
    rows, ids = data.reshape((ids.size, *rest)), xp.where(ids < 0, count, ids)
    out = xp.full((count + 1, *rest), start, data.dtype)
    return (_COMBINE[how](xp, out, rows, ids) if rows.size else out)[:count]


def _add(xp: Any, out: Any, rows: Any, ids: Any) -> Any:
    if xp is not np:
        return out.at[ids].add(rows)
    np.add.at(out, ids, rows)
    return out


def _multiply(xp: Any, out: Any, rows: Any, ids: Any) -> Any:
    if xp is np:
        np.multiply.at(out, ids, rows)
        return out
    import jax

    # By way of running products, whose gradient is right where elements are 0.
    order = xp.argsort(ids)
    rows, ids = rows[order], ids[order]
    changes = ids[1:] != ids[:-1]
    first, last = xp.insert(changes, 0, True), xp.append(changes, True)

    def product(a: Any, b: Any) -> Any:
        begins = b[0].reshape((-1, *[1] * (rows.ndim - 1)))
        return a[0] | b[0], xp.where(begins, b[1], a[1] * b[1])

    _, products = jax.lax.associative_scan(product, (first, rows))
    return out.at[xp.where(last, ids, len(out))].set(products, mode="drop")


def _extreme(ufunc: np.ufunc, method: str) -> Any:
    def combine(xp: Any, out: Any, rows: Any, ids: Any) -> Any:
        if xp is np:
            ufunc.at(out, ids, rows)
            return out
        import jax

        fixed = jax.lax.stop_gradient(rows)
        found = getattr(out.at[ids], method)(fixed)
        if not xp.issubdtype(rows.dtype, xp.floating):
            return found
        # Zeros with the gradient: rows that tie for the extreme share it.
        chosen = (fixed == found[ids]) & xp.isfinite(fixed)
        ties = xp.zeros_like(out).at[ids].add(chosen.astype(rows.dtype))
        shares = xp.where(chosen, rows - fixed, 0) / xp.maximum(ties[ids], 1)
        return found + xp.zeros_like(out).at[ids].add(shares)

    return combine


_COMBINE: dict[str, Any] = {
    "sum": _add,
    "prod": _multiply,
    "max": _extreme(np.maximum, "max"),
    "min": _extreme(np.minimum, "min"),
}


@op(shape=_segments, runs=NUMPY)
def unsorted_segment_sum(xp, data: Number, segment_ids: Index, num_segments: Size):
    """The sum of each segment.

    Args:
        data: a tensor.
        segment_ids: an integer tensor whose shape is a prefix of that of `data`: the number of the segment that each
            part belongs to; a negative one for none.
        num_segments: how many segments there are.

    Returns:
        A tensor of the dtype of `data`, of shape `(num_segments, *data.shape[segment_ids.ndim:])`; 0 for a segment
        without elements.

    Raises:
        TypeError: `segment_ids` are no integers.
        ValueError: the shapes don't go together, or a number is not less than `num_segments`.

    Source: `tf.math.unsorted_segment_sum`, TF 2.2.

    >>> unsorted_segment_sum([1, 2, 3, 4], [1, 0, 1, -1], 3).numpy().tolist()
    [2, 4, 0]
    """
    return _combined(xp, "sum", 0, data, segment_ids, num_segments, "unsorted_segment_sum()")


@op(shape=_segments, runs=NUMPY)
def unsorted_segment_prod(xp, data: Number, segment_ids: Index, num_segments: Size):
    """The product of each segment, 1 without elements: see `unsorted_segment_sum`.

    >>> unsorted_segment_prod([1, 2, 3, 4], [1, 0, 1, 0], 3).numpy().tolist()
    [8, 3, 1]
    """
    return _combined(xp, "prod", 1, data, segment_ids, num_segments, "unsorted_segment_prod()")


@op(shape=_segments, runs=NUMPY)
def unsorted_segment_max(xp, data: Real, segment_ids: Index, num_segments: Size, empty: int | None = None):
    """The greatest element of each segment: see `unsorted_segment_sum`.

    For a segment without elements it is `empty`, or the least of all numbers.

    >>> unsorted_segment_max([1, 2, 3, 4], [1, 0, 1, 0], 2).numpy().tolist()
    [4, 3]
    """
    least = as_dtype(data.dtype).min
    where = "unsorted_segment_max()"
    found = _combined(xp, "max", least, data, segment_ids, num_segments, where)
    return _filled(xp, found, segment_ids, num_segments, empty, where)


@op(shape=_segments, runs=NUMPY)
def unsorted_segment_min(xp, data: Real, segment_ids: Index, num_segments: Size, empty: int | None = None):
    """The least element of each segment: see `unsorted_segment_sum`.

    For a segment without elements it is `empty`, or the greatest of all numbers.

    >>> unsorted_segment_min([1, 2, 3, 4], [1, 0, 1, 0], 2).numpy().tolist()
    [2, 1]
    """
    greatest = as_dtype(data.dtype).max
    where = "unsorted_segment_min()"
    found = _combined(xp, "min", greatest, data, segment_ids, num_segments, where)
    return _filled(xp, found, segment_ids, num_segments, empty, where)


@op(
    shape=lambda where, segment_ids, num_segments: Shape((shapes.known_int(num_segments),)),
    out="int32",
    differentiable=False,
    runs=NUMPY,
)
def segment_sizes(xp, segment_ids: Index, num_segments: Size):
    """The number of elements of each segment.

    >>> segment_sizes([1, 0, 1, -1], 3).numpy().tolist()
    [1, 2, 0]
    """
    return _counts(xp, segment_ids, num_segments, "segment_sizes()")


def _counts(xp: Any, ids: Any, count: Any, where: str) -> Any:
    return _combined(xp, "sum", 0, xp.ones(ids.shape, np.int32), ids, count, where)


def _filled(xp: Any, found: Any, ids: Any, count: Any, empty: int | None, where: str) -> Any:
    """`empty` where a segment has no elements."""
    if empty is None:
        return found
    some = _counts(xp, ids, count, where) > 0
    return xp.where(some.reshape((-1, *[1] * (found.ndim - 1))), found, np.asarray(empty, found.dtype))


@op(shape=_segments, runs=NUMPY)
def unsorted_segment_mean(xp, data: Inexact, segment_ids: Index, num_segments: Size):
    """The mean of each segment, 0 without elements: see `unsorted_segment_sum`.

    >>> unsorted_segment_mean([1., 2., 5.], [1, 0, 1], 3).numpy().tolist()
    [2.0, 3.0, 0.0]
    """
    return _over(xp, data, segment_ids, num_segments, lambda sizes: sizes, "unsorted_segment_mean()")


@op(shape=_segments, runs=NUMPY)
def unsorted_segment_sqrt_n(xp, data: Inexact, segment_ids: Index, num_segments: Size):
    """The sum of each segment by the square root of its size, 0 without elements: see `unsorted_segment_sum`.

    >>> unsorted_segment_sqrt_n([1., 3., 3., 3., 3.], [1, 0, 0, 0, 0], 2).numpy().tolist()
    [6.0, 1.0]
    """
    return _over(xp, data, segment_ids, num_segments, xp.sqrt, "unsorted_segment_sqrt_n()")


def _over(xp: Any, data: Any, ids: Any, count: Any, by: Any, where: str) -> Any:
    sums = _combined(xp, "sum", 0, data, ids, count, where)
    sizes = _combined(xp, "sum", 0, xp.ones(ids.shape, data.dtype), ids, count, where)
    sizes = by(xp.maximum(sizes.real, 1)).reshape((-1, *[1] * (sums.ndim - 1)))
    return (sums / sizes).astype(data.dtype)


# -------------------------------------------------------------------------------------------------- sorted segments


def _vector(where: str, segment_ids: Tensor) -> Shape:
    if segment_ids.shape.rank not in (1, None):
        raise ValueError(f"{where}: segment_ids must have rank 1; got shape {segment_ids.shape}")
    return shapes.SCALAR


@op(name="segment", shape=_vector, out="int64", differentiable=False, runs=NUMPY)
def segments_in(xp, segment_ids: Index):
    """The number of segments: one more than the last, greatest, number.

    >>> int(segments_in([0, 0, 2]))
    3
    """
    if segment_ids.ndim != 1:
        raise ValueError(f"segment_ids must have rank 1; got shape {tuple(segment_ids.shape)}")
    steps = segment_ids[1:] >= segment_ids[:-1]
    require(steps, ValueError("segment(): segment_ids must be sorted"))
    require(segment_ids[:1] >= 0, ValueError("segment(): segment_ids must not be negative"))
    return xp.asarray(segment_ids[-1] + 1 if segment_ids.size else 0, np.int64)


def segment(reduce: Callable[..., Tensor], data: Any, segment_ids: Any, *rest: Any) -> Tensor:
    """An operation for unsorted segments, on sorted ones, whose number follows from the last of `segment_ids`.

    >>> segment(unsorted_segment_sum, [1, 2, 3], [0, 0, 2]).numpy().tolist()
    [3, 0, 3]
    """
    return reduce(data, segment_ids, segments_in(segment_ids), *rest)


def segment_mean(data: Any, segment_ids: Any) -> Tensor:
    """The mean of each segment; of integers it is cut off.

    >>> segment_mean([1, 2, 3], [0, 0, 2]).numpy().tolist()
    [1, 0, 3]
    """
    data = as_tensor(data, where="segment_mean(): data")
    if data.dtype.is_integer:
        mean = segment(unsorted_segment_mean, elementwise.cast(data, "float64"), segment_ids)
        return elementwise.cast(mean, data.dtype)
    return segment(unsorted_segment_mean, data, segment_ids)
