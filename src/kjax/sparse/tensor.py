"""`SparseTensor`: the few elements of a tensor that is zero elsewhere; and how one is fed to a function.

A sparse tensor is no tensor itself but three of them: where its elements are, what they are, and the shape of the
whole. Functions, gradients, eager and graph mode work on these parts, and need to know nothing of the whole.

The shapes of results follow from the shape of the whole, so it has to be known while a function is compiled, as that of
any array is. For a placeholder it is therefore fed as the *shape* of an array without elements, the extent: a sparse
tensor of shape (2, 3) comes with an extent of shape (2, 3, 0).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from kjax.core.dtypes import DType, of_array
from kjax.core.graph import Node
from kjax.core.operands import as_tensor
from kjax.core.shape import Shape
from kjax.core.tensor import Operation, Tensor
from kjax.core.variable import fresh_array
from kjax.shapes.families import dims_given


class SparseTensorValue(NamedTuple):
    """The parts of a sparse tensor as NumPy arrays: what functions give for one, and one form in which it is fed."""

    indices: Any
    values: Any
    dense_shape: Any


class SparseTensor:
    """The elements of a tensor that are not zero: where they are, what they are, and the shape of the whole.

    `K.placeholder(sparse=True)` and `K.variable` of a SciPy matrix make one. `K.dot`, `K.concatenate`, `K.to_dense`,
    `K.abs`, `K.sign`, `K.square`, `K.tanh`, `K.cast`, and `*` and `/` with a dense tensor work on it; for everything
    else `K.to_dense` comes first. It is hashed, and compared, by identity.

    Args:
        indices: a tensor of int64, `(entries, rank)`: the place of each entry, in any order. Entries of one place add
            up where they meet, as in a product.
        values: a tensor `(entries,)` of any dtype.
        dense_shape: a tensor of int64, `(rank,)`.

    Raises:
        TypeError: a part is of another dtype.
        ValueError: the shapes of the parts don't go together, or an index is outside of the dense shape.

    >>> from kjax import backend as K
    >>> x = SparseTensor([[0, 1], [1, 0]], [2., 3.], (2, 2))
    >>> x.shape, x.dtype.name, K.eval(K.dot(x, K.constant([[1.], [10.]]))).tolist()
    ((2, 2), 'float32', [[20.0], [3.0]])
    """

    __slots__ = ("__dict__", "__weakref__", "_dense_shape", "_extent", "_indices", "_shape", "_values")
    _indices: Tensor
    _values: Tensor
    _dense_shape: Tensor
    _extent: Tensor | None  # of a placeholder
    _shape: Shape

    # NumPy's operators step back, so that `array * sparse` is an error rather than an array of objects.
    __array_ufunc__ = None

    def __init__(self, indices: Any, values: Any, dense_shape: Any) -> None:
        where = "SparseTensor()"
        self._indices = _whole(indices, 2, f"{where}: indices")
        self._values = as_tensor(values, where=f"{where}: values")
        self._dense_shape = _whole(dense_shape, 1, f"{where}: dense_shape")
        if self._values.shape.rank not in (None, 1):
            raise ValueError(f"{where}: values must be of rank 1; got shape {self._values.shape}")
        self._extent = None
        if not self.is_symbolic:
            checked(SparseTensorValue(*(np.asarray(part._value) for part in self.parts)), where)
        self._shape = dims_given(where, self._dense_shape)

    @classmethod
    def made(cls, indices: Tensor, values: Tensor, dense_shape: Tensor, extent: Tensor | None = None) -> SparseTensor:
        """One of parts that are known to go together."""
        self = cls.__new__(cls)
        self._indices, self._values, self._dense_shape, self._extent = indices, values, dense_shape, extent
        self._shape = dims_given("SparseTensor()", dense_shape)
        return self

    @property
    def indices(self) -> Tensor:
        """The places of the entries, int64, `(entries, rank)`."""
        return self._indices

    @property
    def values(self) -> Tensor:
        """The entries. Gradients are taken with respect to them."""
        return self._values

    @property
    def dense_shape(self) -> Tensor:
        """The shape of the whole, int64, `(rank,)`."""
        return self._dense_shape

    @property
    def parts(self) -> SparseTensorValue:
        """The three tensors that it consists of."""
        return SparseTensorValue(self._indices, self._values, self._dense_shape)

    @property
    def shape(self) -> Shape:
        """The static shape of the whole."""
        return self._shape

    def get_shape(self) -> Shape:
        """The static shape of the whole."""
        return self._shape

    @property
    def ndim(self) -> int:
        """Number of dims."""
        return len(self._shape)

    @property
    def dtype(self) -> DType:
        """The type of the entries."""
        return self._values.dtype

    @property
    def name(self) -> str:
        """The name of the entries."""
        return self._values.name

    @property
    def op(self) -> Operation:
        """What computes the entries."""
        return self._values.op

    @property
    def is_symbolic(self) -> bool:
        """Whether a part is the promise of a value rather than a value."""
        return any(part.is_symbolic for part in self.parts)

    def __repr__(self) -> str:
        if self.is_symbolic:
            return f"<kjax.SparseTensor {self.name!r} shape={self.shape} dtype={self.dtype}>"
        return f"<kjax.SparseTensor: shape={self.shape}, dtype={self.dtype}, entries={self._values.shape[0]}>"

    def eval(self, feed_dict: Any = None, session: Any = None) -> SparseTensorValue:
        """The parts as new NumPy arrays, computed if need be.

        Args:
            feed_dict: values of the placeholders it depends on.
            session: ignored; there is one engine.
        """
        from kjax.core.function import run

        found: SparseTensorValue = run(self, feed_dict)
        return found


# ------------------------------------------------------------------------------------------------------------- values


def _whole(value: Any, rank: int, where: str) -> Tensor:
    """A tensor of int64, of this rank."""
    tensor = value if isinstance(value, Tensor) else Tensor(_integers(value, where))
    if tensor.dtype != "int64":
        raise TypeError(f"{where} must be of int64; got {tensor.dtype}. K.cast converts")
    if tensor.shape.rank not in (None, rank):
        raise ValueError(f"{where} must be of rank {rank}; got shape {tensor.shape}")
    return tensor


def is_scipy(value: Any) -> bool:
    """Whether it is a sparse matrix of SciPy, of any format (or of a library with the same manners)."""
    return callable(getattr(value, "tocoo", None))


def value_of(value: Any, where: str) -> SparseTensorValue:
    """The parts of a sparse value as NumPy arrays, checked.

    Args:
        value: a SciPy matrix, a concrete `SparseTensor`, or `(indices, values, dense_shape)`.
        where: the call and argument, to name in an error.

    Raises:
        TypeError: it is nothing of this kind, or holds no numbers.
        ValueError: the parts don't go together, or an index is outside of the dense shape.
    """
    if isinstance(value, SparseTensor):
        return SparseTensorValue(*(np.asarray(part._concrete(where)) for part in value.parts))
    if is_scipy(value):
        matrix = value.tocoo()
        coordinates = matrix.coords if hasattr(matrix, "coords") else (matrix.row, matrix.col)
        indices = np.stack(coordinates, 1).astype(np.int64)
        parts = SparseTensorValue(indices, fresh_array(matrix.data, None, where), np.array(matrix.shape, np.int64))
    elif isinstance(value, (tuple, list)) and len(value) == 3:
        indices, dense_shape = (_integers(part, where) for part in (value[0], value[2]))
        if indices.shape == (0,):
            indices = indices.reshape(0, dense_shape.size)
        parts = SparseTensorValue(indices, fresh_array(value[1], None, where), dense_shape)
    else:
        raise TypeError(
            f"{where}: a sparse tensor is given as a SciPy matrix, or as (indices, values, dense_shape); got {value!r}"
        )
    return checked(parts, where)


def _integers(value: Any, where: str) -> Any:
    """A new array of int64."""
    array = fresh_array(value, None, where)
    if array.dtype.kind not in "iu" and array.size:
        raise TypeError(f"{where}: indices and dense_shape are integers; got {of_array(array, where)}")
    return array.astype(np.int64)


def checked(parts: SparseTensorValue, where: str) -> SparseTensorValue:
    """`parts`, NumPy arrays, if they go together.

    Raises:
        ValueError: they do not.
    """
    indices, values, dims = parts
    shapes = (indices.shape, values.shape, dims.shape)
    if shapes != ((len(values) if values.ndim else 0, dims.size), (values.size,), (dims.size,)):
        raise ValueError(
            f"{where}: indices must be of shape (entries, rank), values of (entries,), dense_shape of (rank,); "
            f"got {', '.join(map(str, shapes))}"
        )
    if dims.size and dims.min() < 0:
        raise ValueError(f"{where}: dims must not be negative; got {tuple(dims.tolist())}")
    outside = ((indices < 0) | (indices >= dims)).any(1)
    if outside.any():
        place = tuple(indices[outside.argmax()].tolist())
        raise ValueError(f"{where}: index {place} is outside of the dense shape {tuple(dims.tolist())}")
    return parts


# ------------------------------------------------------------------------------------------------------------ feeding

# Operations that pass over entries whose index is outside of the dense shape; filled in by `kjax.sparse.operations`.
PASSING_OVER: set[Any] = set()
_FEWEST = 16


class SparseInput(tuple[Tensor, ...]):
    """A sparse input of a function: the three placeholders, and how they are fed.

    A compiled function is compiled for each shape, so also for each number of entries. Where nobody can tell, entries
    are therefore padded to the next power of two, by such as are outside of the dense shape.
    """

    sparse: SparseTensor
    padded: bool

    def __new__(cls, sparse: SparseTensor) -> SparseInput:
        """The placeholders of `sparse`."""
        if sparse._extent is None:
            raise TypeError(f"function(): a sparse input must be made by K.placeholder(sparse=True); got {sparse!r}")
        self = super().__new__(cls, (sparse.indices, sparse.values, sparse._extent))
        self.sparse, self.padded = sparse, False
        return self

    def pad_if_unseen(self, targets: Iterable[Tensor], nodes: Iterable[Node]) -> None:
        """Let entries be padded, if all of `nodes` pass over those outside, and no target shows them."""
        entries = set(self[:2])
        self.padded = bool(self.sparse.shape.rank) and _unseen(entries, targets, nodes)

    def arrays(self, value: Any) -> Sequence[Any]:
        """What its placeholders are fed for a sparse value.

        Raises:
            TypeError: it is none.
            ValueError: its shape does not fit, or its parts don't go together.
        """
        where = f"input {self.sparse.name.rpartition('/')[0] or self.sparse.name!r} of the function"
        indices, values, dims = value_of(value, where)
        if not self.sparse.shape.is_compatible_with(dims):
            raise ValueError(f"{where} takes shape {self.sparse.shape}; got a sparse tensor of {tuple(dims.tolist())}")
        if self.padded:
            missing = max(_FEWEST, 1 << (len(values) - 1).bit_length()) - len(values)
            outside = np.zeros((missing, dims.size), np.int64)
            outside[:, 0] = dims[0]
            indices = np.concatenate([indices, outside])
            values = np.concatenate([values, np.zeros(missing, values.dtype)])
        return indices, values, np.empty((*dims, 0), bool)


def _unseen(entries: set[Tensor], targets: Iterable[Tensor], nodes: Iterable[Node]) -> bool:
    if not entries.isdisjoint(targets):
        return False
    for node in nodes:
        stretch = getattr(node.op, "between", None)
        if stretch is not None:  # of a gradient it is what it differentiates that looks at its inputs
            if not _unseen(entries, [*node.op.wrt, *node.op.losses], stretch):
                return False
        elif node.op not in PASSING_OVER and not entries.isdisjoint(node.inputs):
            return False
    return True
