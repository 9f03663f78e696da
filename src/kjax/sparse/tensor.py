"""`SparseTensor`: the few elements of a tensor that is zero elsewhere.

A sparse tensor is no tensor itself but three of them: the places of its elements, the elements, and the shape of the
whole. Functions, gradients, eager and graph mode work on these parts, and need to know nothing of the whole.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from kjax.core.composite import Composite, CompositeInput
from kjax.core.function import run
from kjax.core.operands import as_tensor
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.machine.imports import as_pytree
from kjax.shapes import dims_given
from kjax.sparse.values import SparseTensorValue, checked, integers, is_scipy

if TYPE_CHECKING:
    from kjax.core.types import TensorLike


class SparseTensor(Composite, kind="sparse"):
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

    __slots__ = ("__dict__", "__weakref__", "_dense_shape", "_indices", "_shape", "_values")
    _indices: Tensor
    _values: Tensor
    _dense_shape: Tensor
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
        if not self.is_symbolic:
            checked(SparseTensorValue(*(np.asarray(part._value) for part in self.parts)), where)
        self._shape = dims_given(where, self._dense_shape)

    @classmethod
    def made(cls, indices: Tensor, values: Tensor, dense_shape: Tensor) -> SparseTensor:
        """One of parts that are known to go together."""
        self = SparseTensor.__new__(SparseTensor)
        self._indices, self._values, self._dense_shape = indices, values, dense_shape
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

    def mapped(self, function: Callable[[Tensor], Tensor]) -> SparseTensor:
        """The same with `function` applied to the entries; it must keep their number."""
        return self.made(self._indices, function(self._values), self._dense_shape)

    def as_input(self) -> CompositeInput:
        """Raises: only what `K.placeholder(sparse=True)` makes can be fed."""
        raise TypeError(f"function(): a sparse input must be made by K.placeholder(sparse=True); got {self!r}")

    @classmethod
    def recognises(cls, value: Any) -> bool:
        """Whether `value` is a sparse matrix of SciPy."""
        return is_scipy(value)

    @classmethod
    def dense_by(cls, value: Any) -> str:
        """The expression that makes `value` dense."""
        return "x.toarray()" if is_scipy(value) else "K.to_dense(x)"

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
        found: SparseTensorValue = run(self, feed_dict)
        return found

    if TYPE_CHECKING:
        # Provided by kjax.sparse.operations, said here for type checkers and readers; other operators need a dense one.
        def __mul__(self, other: TensorLike) -> SparseTensor: ...
        def __truediv__(self, other: TensorLike) -> SparseTensor: ...
        def __abs__(self) -> SparseTensor: ...


def _parts(x: SparseTensor) -> tuple[tuple[Any, ...], Any]:
    """For JAX: places and entries; the shape is the same in all that is made of it."""
    if x.is_symbolic:
        return (), x
    return (x._indices._value, x._values._value), tuple(np.asarray(x._dense_shape._value).tolist())


def _made(values: Any, shape: Any) -> SparseTensor:
    if isinstance(shape, SparseTensor):
        return shape
    indices, entries = map(Tensor, values)
    return SparseTensor.made(indices, entries, Tensor(np.array(shape, np.int64)))


as_pytree(SparseTensor, _parts, _made)


def _whole(value: Any, rank: int, where: str) -> Tensor:
    """A tensor of int64, of this rank."""
    tensor = value if isinstance(value, Tensor) else Tensor(integers(value, where))
    if tensor.dtype != "int64":
        raise TypeError(f"{where} must be of int64; got {tensor.dtype}. K.cast converts")
    if tensor.shape.rank not in (None, rank):
        raise ValueError(f"{where} must be of rank {rank}; got shape {tensor.shape}")
    return tensor
