"""What operations do with sparse tensors.

Each is said by operations on the parts, so that it works eagerly, symbolically and under gradients as they do.
"""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kjax import shapes
from kjax.core.foreign import public
from kjax.core.op import op
from kjax.core.operands import Array, Arrays, Axis, Dims, Index, as_tensor
from kjax.core.placement import NUMPY
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor, provide_methods
from kjax.machine.checks import require
from kjax.ops import activation, creation, elementwise, linear, shaping, state
from kjax.ops.elementwise import cast
from kjax.ops.indexing import gather, getitem
from kjax.ops.methods import BINARY, OPERATORS
from kjax.ops.shaping import integers
from kjax.sparse.tensor import SparseTensor
from kjax.sparse.values import value_of

# ------------------------------------------------------------------------------------------------- to and from others


@SparseTensor.implements(creation.variable)
def _from_value(value: Any, where: str) -> SparseTensor:
    """The sparse tensor of a SciPy matrix."""
    return SparseTensor.made(*map(Tensor, value_of(value, where)))


@public
def is_sparse(tensor: Any) -> bool:
    """Whether a tensor is sparse.

    Args:
        tensor: a tensor.

    Returns:
        A bool.

    Source: `tf.keras.backend.is_sparse`, TF 2.2.

    >>> from kjax import backend as K
    >>> K.is_sparse(K.placeholder((2, 2), sparse=True)), K.is_sparse(K.placeholder((2, 2)))
    (True, False)
    """
    return isinstance(tensor, SparseTensor)


@public
def to_dense(tensor: Array) -> Tensor:
    """A sparse tensor with all its zeros.

    Args:
        tensor: a sparse tensor; anything else comes back as it is.

    Returns:
        A tensor of its shape and dtype. Gradients flow to its `values`.

    Source: `tf.keras.backend.to_dense`, TF 2.2. Differs: entries may come in any order, and those at the same
    place add up, as they do in a product (there either is an error).

    >>> from kjax import backend as K
    >>> x = K.placeholder((2, 2), sparse=True)
    >>> K.function([x], [to_dense(x)])([([[0, 1]], [5.], (2, 2))])[0].tolist()
    [[0.0, 5.0], [0.0, 0.0]]
    """
    return _scattered(*tensor.parts) if isinstance(tensor, SparseTensor) else tensor


def _filled(where: str, indices: Tensor, values: Tensor, shape: Any) -> Shape:
    return shapes.dims_given(where, shape)


@op(name="to_dense", shape=_filled, label="SparseToDense", runs=NUMPY)
def _scattered(xp, indices: Index, values: Array, shape: Dims):
    dims = integers(shape)
    places = tuple(indices[:, i] for i in range(len(dims))) or (np.zeros(values.shape, np.int64),)
    dense = xp.zeros(dims or (1,), values.dtype)
    if xp is not np:
        into = dense.at[places]
        return (into.max if dense.dtype == bool else into.add)(values, mode="drop").reshape(dims)
    inside = places[0] < len(dense)
    np.add.at(dense, tuple(place[inside] for place in places), values[inside])
    return dense.reshape(dims)


# ------------------------------------------------------------------------------------ operations that know sparse ones


def _entries(operation: Callable[..., Any]) -> Callable[..., Any]:
    """The way of an operation that changes entries, each by itself, and leaves zeros alone."""

    def way(x: SparseTensor, *rest: Any) -> SparseTensor:
        return x.mapped(lambda entries: operation(entries, *rest))

    return way


for _operation in (activation.tanh, elementwise.abs, elementwise.converted, elementwise.sign, elementwise.square):
    SparseTensor.implements(_operation)(_entries(_operation))

SparseTensor.implements(state.eval)(to_dense)


@SparseTensor.implements(state.shape)
def _shape(x: SparseTensor) -> Tensor:
    return cast(x.dense_shape, "int32")


# ------------------------------------------------------------------------------------------------------------- product


@SparseTensor.implements(linear.dot)
def _dot(x: Any, y: Any) -> Tensor:
    if not isinstance(x, SparseTensor):
        raise TypeError("dot(): only the first tensor may be sparse; K.to_dense(y) makes the second one dense")
    return _product(*x.parts, y)


def _multiplied(where: str, indices: Tensor, values: Tensor, shape: Any, y: Tensor) -> Shape:
    left, right = shapes.dims_given(where, shape), y.shape
    if left.rank not in (None, 2) or right.rank not in (None, 2):
        raise ValueError(f"{where}: a sparse tensor and the tensor beside it must be matrices; got {left} and {right}")
    left, right = (Shape((None, None)) if side.rank is None else side for side in (left, right))
    shapes.merge_dim(where, left[1], right[0], f"shapes {left} and {right} can't be multiplied, the inner dims differ")
    return Shape((left[0], right[1]))


@op(name="dot", shape=_multiplied, label="SparseTensorDenseMatMul", runs=NUMPY)
def _product(xp, indices: Index, values: linear._Factor, shape: Dims, y: linear._Factor):
    dims = integers(shape)
    if len(dims) != 2 or y.ndim != 2 or y.shape[0] != dims[1]:
        raise ValueError(f"a sparse tensor of shape {dims} and a tensor of {tuple(y.shape)} can't be multiplied")
    if not y.shape[0]:
        return xp.zeros((dims[0], y.shape[1]), y.dtype)
    sums = _row_sums if xp is np else _row_sums_by_xla

    def product(values: Any, y: Any) -> Any:
        return sums(xp, values[:, None] * xp.asarray(y)[indices[:, 1]], indices[:, 0], dims[0])

    return linear._product(product, values, y)


def _row_sums(xp: Any, terms: Any, rows: Any, count: int) -> Any:
    order = np.argsort(rows, kind="stable")
    rows = np.minimum(rows[order], count)
    starts = np.flatnonzero(np.diff(rows, prepend=-1))
    sums = np.zeros((count + 1, terms.shape[1]), terms.dtype)  # the last one is of those outside
    if starts.size:
        sums[rows[starts]] = np.add.reduceat(terms[order], starts, 0)
    return sums[:count]


def _row_sums_by_xla(xp: Any, terms: Any, rows: Any, count: int) -> Any:
    return xp.zeros((count, terms.shape[1]), terms.dtype).at[rows].add(terms, mode="drop")


# Operations that ignore entries whose index is outside of the dense shape.
IGNORE_OUTSIDE = frozenset([_scattered.op, _product.op])  # type: ignore[attr-defined]


# -------------------------------------------------------------------------------------------------- product by element


@SparseTensor.implements(elementwise.multiply)
def _multiply(x: Any, y: Any) -> SparseTensor:
    """By a dense tensor that broadcasts to the shape of the sparse one, on either side."""
    return _scaled(elementwise.multiply, x, y) if isinstance(x, SparseTensor) else _multiply(y, x)


@SparseTensor.implements(elementwise.divide)
def _divide(x: Any, y: Any) -> SparseTensor:
    if not isinstance(x, SparseTensor):
        raise TypeError(f"divide(): can't divide by a sparse tensor, which is zero almost everywhere; got {y!r}")
    return _scaled(elementwise.divide, x, y)


def _scaled(operation: Callable[..., Any], x: SparseTensor, y: Any) -> SparseTensor:
    where = f"{operation.__name__}()"
    dense = as_tensor(y, x.dtype, f"{where}: the operand beside a sparse tensor")
    if dense.shape.rank is not None and x.shape.rank is not None:
        _check_broadcast(where, dense.shape, x.shape)
    return SparseTensor.made(x.indices, operation(x.values, _picked(dense, x.indices, x.dense_shape)), x.dense_shape)


def _one_each(where: str, x: Tensor, indices: Tensor, shape: Any) -> Shape:
    return Shape((None if indices.shape.rank is None else indices.shape[0],))


def _check_broadcast(where: str, dense: Sequence[int | None], dims: Sequence[int | None]) -> None:
    fits = len(dense) <= len(dims) and all(
        dim in (1, None, whole) or whole is None for dim, whole in zip(dense[::-1], dims[::-1], strict=False)
    )
    if not fits:
        raise ValueError(f"{where}: a tensor of {tuple(dense)} does not broadcast to a sparse one of {tuple(dims)}")


@op(name="multiply", shape=_one_each, label="GatherNd", runs=NUMPY)
def _picked(xp, x: Array, indices: Index, shape: Dims):
    """The elements of `x`, broadcast to `shape`, at `indices`; without making what it broadcasts to."""
    dims = integers(shape)
    _check_broadcast("multiply()", x.shape, dims)
    first = len(dims) - x.ndim
    places = [indices[:, first + i] * (dim != 1) for i, dim in enumerate(x.shape)]
    return xp.asarray(x)[tuple(places)] if places else xp.broadcast_to(x, indices.shape[:1])


# ------------------------------------------------------------------------------------------------------------- joining


@SparseTensor.implements(shaping.concatenate)
def _concatenate(tensors: Sequence[Any], axis: Any = -1) -> SparseTensor | Tensor:
    """Sparse if all are sparse, else dense."""
    where = "concatenate()"
    if isinstance(tensors, SparseTensor):
        raise TypeError(f"{where}: tensors must be a list of tensors; got {tensors!r}")
    if not all(isinstance(tensor, SparseTensor) for tensor in tensors):
        return shaping.concatenate([to_dense(tensor) for tensor in tensors], axis)
    axis = Axis.__metadata__[0].normal(axis, f"{where}: axis")
    shape = shapes.joined(where, tensors, axis)
    if shape.rank is not None:
        axis %= shape.rank
    if len(tensors) == 1:
        return tensors[0]
    values = shaping.concatenate([x.values for x in tensors], 0)
    dims = [x.dense_shape for x in tensors]
    indices, order = _joined_indices([x.indices for x in tensors], dims, axis)
    return SparseTensor.made(indices, gather(values, order), _joined_dims(dims, axis))


def _same_rank(where: str, dims: Sequence[Tensor], axis: int) -> Shape:
    return dims[0].shape


@op(name="concatenate", shape=_same_rank, label="SparseConcat", differentiable=False, runs=NUMPY)
def _joined_dims(xp, dims: Arrays, axis: Axis):
    more: Any = sum(other[axis] for other in dims[1:])
    return dims[0] + np.where(np.arange(len(dims[0])) == axis % len(dims[0]), more, 0)


def _joined_entries(where: str, indices: Sequence[Tensor], dims: Sequence[Tensor], axis: int) -> list[Shape]:
    joined = shapes.joined(where, indices, 0)
    return [joined, Shape((None if joined.rank is None else joined[0],))]


@op(name="concatenate", shape=_joined_entries, label="SparseConcat", differentiable=False, runs=NUMPY)
def _joined_indices(xp, indices: Arrays, dims: Arrays, axis: Axis):
    """Where the entries are in the whole, row by row, and the order in which that takes them."""
    column = np.arange(len(dims[0])) == axis % len(dims[0])
    for other in dims[1:]:
        require(column | (other == dims[0]), ValueError("concatenate(): dims apart from the axis must be equal"))
    moved, start = [], 0
    for part, shape in zip(indices, dims, strict=True):
        moved.append(part + np.int64(1) * column * start)
        start = start + shape[axis]
    joined = xp.concatenate(moved)
    order = xp.lexsort(joined.T[::-1])
    return joined[order], order


# ----------------------------------------------------------------------------------------------------------- operators


def _method(operation: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: SparseTensor, *others: Any) -> Any:
        return operation(self, *others)

    return method


def _refused(operation: Callable[..., Any]) -> Callable[..., Any]:
    where = f"{operation.__name__}()"

    def method(self: SparseTensor, other: Any) -> Any:
        raise TypeError(
            f"{where}: a dense tensor is needed on the right; got a SparseTensor. K.to_dense(x) makes it dense"
        )

    return method


# All of Python's operators: those without a way for sparse tensors say so, and how to make one dense.
provide_methods(
    SparseTensor,
    {
        **{f"__{name}__": _method(operation) for name, operation in OPERATORS.items()},
        **{f"__r{name}__": _refused(operation) for name, operation in BINARY.items()},
        "__getitem__": _method(getitem),
    },
)
