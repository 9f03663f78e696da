"""`IndexedSlices`: the gradient by a tensor of which rows were picked, as some rows and their positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

from kjax.core.composite import Composite, CompositeInput
from kjax.core.gradients import Picked
from kjax.core.operands import as_tensor
from kjax.core.shape import Shape
from kjax.core.structures import flatten, packed
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable
from kjax.ops import comparison, control, creation, scattering, shaping, state
from kjax.shapes import dims_given


class IndexedSlicesValue(NamedTuple):
    """The parts of `IndexedSlices`, as a session gives them: NumPy arrays."""

    values: Any
    indices: Any
    dense_shape: Any


class IndexedSlices(Composite, kind="slices"):
    """Rows of a tensor that is zero elsewhere, and the positions of these rows; rows of one position add up.

    Gradients by a variable that is only read by `tf.gather` or `tf.nn.embedding_lookup` are given so. Every operation
    takes one as the dense tensor that it stands for; it has no operators of its own but the minus sign.

    Args:
        values: a tensor `(places, ...)`, the rows.
        indices: a tensor of integers, `(places,)`: the position of each.
        dense_shape: the shape of the whole, a tensor of integers; without it there is no dense tensor.

    Source: `tf.IndexedSlices`, TF 2.2.

    >>> from kjax import backend as K
    >>> rows = IndexedSlices(K.constant([[1., 2.], [5., 5.]]), K.constant([2, 2], 'int32'), (3, 2))
    >>> K.eval(K.square(rows)).tolist()
    [[0.0, 0.0], [0.0, 0.0], [36.0, 49.0]]
    """

    __slots__ = ("__weakref__", "_dense_shape", "_indices", "_values")

    __array_ufunc__ = None

    def __init__(self, values: Any, indices: Any, dense_shape: Any = None) -> None:
        self._values = as_tensor(values, where="tf.IndexedSlices(): values")
        self._indices = as_tensor(indices, where="tf.IndexedSlices(): indices")
        if not self._indices.dtype.is_integer:
            raise TypeError(f"tf.IndexedSlices(): indices must be integers; got {self._indices.dtype}")
        self._dense_shape = None if dense_shape is None else as_tensor(dense_shape, where="tf.IndexedSlices()")

    @classmethod
    def of(cls, picked: Picked, whole: Tensor) -> IndexedSlices:
        """The gradient by `whole` of which rows were picked."""
        shape = state.shape(whole)
        row = (-1, *whole.shape[1:]) if whole.shape.rank and None not in whole.shape[1:] else None
        if row is None:
            row = shaping.concatenate([as_tensor([-1]), shape[1:]])
        values = [shaping.reshape(slope, row) for slope in picked.slopes]
        indices = [shaping.reshape(places, (-1,)) for places in picked.indices]
        if len(values) > 1:
            return cls(shaping.concatenate(values, 0), shaping.concatenate(indices, 0), shape)
        return cls(values[0], indices[0], shape)

    @classmethod
    def made(cls, *parts: Any) -> IndexedSlices:
        """One of these parts."""
        return cls(*parts)

    @property
    def values(self) -> Tensor:
        """The rows."""
        return self._values

    @property
    def indices(self) -> Tensor:
        """The position of each row."""
        return self._indices

    @property
    def dense_shape(self) -> Tensor | None:
        """The shape of the whole; None if it isn't known."""
        return self._dense_shape

    @property
    def parts(self) -> Any:
        """The tensors that it consists of."""
        return IndexedSlicesValue(self._values, self._indices, self._dense_shape)

    @property
    def shape(self) -> Shape:
        """The static shape of the whole."""
        return Shape.UNKNOWN if self._dense_shape is None else dims_given("IndexedSlices", self._dense_shape)

    def mapped(self, function: Callable[[Tensor], Any]) -> IndexedSlices:
        """The same with `function` applied to the rows."""
        return IndexedSlices(function(self._values), self._indices, self._dense_shape)

    def __neg__(self) -> IndexedSlices:
        return self.mapped(lambda rows: -rows)

    def dense(self) -> Tensor:
        """The dense tensor.

        Raises:
            ValueError: there is no `dense_shape`.
        """
        if self._dense_shape is None:
            raise ValueError(f"a dense tensor is needed, and {self!r} has no dense_shape")
        places = shaping.expand_dims(self._indices, -1)
        whole: Tensor = scattering.scatter_nd(places, self._values, self._dense_shape)
        return whole

    def __repr__(self) -> str:
        return f"<kjax.IndexedSlices shape={self.shape} dtype={self.dtype}>"

    def as_input(self) -> CompositeInput:
        """Raises: it can't be fed."""
        raise TypeError(f"function(): {self!r} can't be an input; give its values and indices")

    @classmethod
    def recognises(cls, value: Any) -> bool:
        """Whether `value` is another library's: none is."""
        return False

    @classmethod
    def way(cls, function: Callable[..., Any]) -> Callable[..., Any]:
        """What `function` does with one: the same as with the dense tensor."""

        def on_dense(*args: Any) -> Any:
            flat = [leaf.dense() if isinstance(leaf, IndexedSlices) else leaf for leaf in flatten(args)]
            return function(*packed(args, flat))

        return on_dense


def in_slices(sources: Sequence[Tensor], gradients: Sequence[Tensor | Picked | None]) -> list[Any]:
    """Gradients by `sources`: as `IndexedSlices` where only rows were picked."""
    pairs = zip(sources, gradients, strict=True)
    return [IndexedSlices.of(slope, source) if isinstance(slope, Picked) else slope for source, slope in pairs]


class ByRows(NamedTuple):
    """A gradient by a variable, and which of its rows are meant.

    Attributes:
        whole: the dense gradient.
        there: bools `(rows, 1, ...)`, of the rank of the variable.
    """

    whole: Tensor
    there: Tensor

    @classmethod
    def of(cls, slices: IndexedSlices, variable: Tensor) -> ByRows:
        """The gradient by `variable` that is given by some rows."""
        places = shaping.expand_dims(slices.indices, -1)
        whole = scattering.scatter_nd(places, slices.values, state.shape(variable))
        count = scattering.scatter_nd(places, creation.ones_like(slices.indices), state.shape(variable)[:1])
        return cls(whole, shaping.reshape(comparison.greater(count, 0), cls.dims(variable)))

    @staticmethod
    def dims(variable: Tensor) -> tuple[Any, ...]:
        """The shape of `there`."""
        return (variable.shape[0], *(1 for _ in variable.shape[1:]))

    def only_there(self, value: Any, before: Any) -> Any:
        """`value` in the rows that are meant, `before` in the others."""
        return control.switch(self.there, value, before)


def to_be_fed(gradient: Tensor | ByRows, variable: Variable) -> Tensor | ByRows:
    """Placeholders for such gradients by a variable."""
    whole: Tensor = creation.placeholder(variable.shape, dtype=variable.dtype)
    if not isinstance(gradient, ByRows):
        return whole
    return ByRows(whole, creation.placeholder(ByRows.dims(variable), dtype="bool"))
