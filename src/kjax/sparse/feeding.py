"""Sparse placeholders, and how a function is fed a sparse tensor.

The shapes of results follow from the shape of the whole, so it has to be known while a function is compiled, as the
shape of any array is. A placeholder therefore holds it as the *shape* of an array without elements, the extent: a
sparse tensor of shape (2, 3) comes with an extent of shape (2, 3, 0).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from kjax.core.composite import CompositeInput
from kjax.core.dtypes import DType, as_dtype
from kjax.core.graph import MODE, Node, unique_name
from kjax.core.shape import Shape
from kjax.core.tensor import Placeholder, Tensor
from kjax.ops import creation, state
from kjax.ops.elementwise import cast
from kjax.ops.indexing import getitem
from kjax.sparse.operations import IGNORE_OUTSIDE
from kjax.sparse.tensor import SparseTensor
from kjax.sparse.values import value_of

_FEWEST = 16  # entries after padding


class SparsePlaceholder(SparseTensor):
    """A sparse tensor that a function is fed."""

    __slots__ = ("_extent",)
    _extent: Tensor

    def __init__(self, shape: Shape, dtype: DType, name: str | None) -> None:
        full = unique_name(MODE.get().scope + (name or "Placeholder"))
        rank, places = shape.rank, as_dtype("int64")
        self._indices = Placeholder.promise(None, 0, Shape((None, rank)), places, f"{full}/indices:0")
        self._values = Placeholder.promise(None, 0, Shape((None,)), dtype, f"{full}/values:0")
        self._extent = Placeholder.promise(None, 0, shape.concatenate((0,)), as_dtype("bool"), f"{full}/shape:0")
        self._dense_shape = cast(getitem(state.shape(self._extent), slice(-1)), places)
        self._shape = shape

    def as_input(self) -> SparseInput:
        """The placeholders of the parts, and how they are fed."""
        return SparseInput(self)


@SparseTensor.implements(creation.placeholder)
def _placeholder(shape: Shape, dtype: DType, name: str | None) -> SparsePlaceholder:
    return SparsePlaceholder(shape, dtype, name)


class SparseInput(CompositeInput):
    """A sparse input of a function: the three placeholders, and how they are fed.

    A compiled function is compiled for each shape, so also for each number of entries. Where nobody can tell, entries
    are therefore padded to the next power of two, by such as are outside of the dense shape.
    """

    sparse: SparsePlaceholder
    padded: bool

    def __new__(cls, sparse: SparsePlaceholder) -> SparseInput:
        """The placeholders of `sparse`."""
        self = super().__new__(cls, (sparse.indices, sparse.values, sparse._extent))
        self.sparse, self.padded = sparse, False
        return self

    def prepare(self, targets: Iterable[Tensor], nodes: Iterable[Node]) -> None:
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
        if node.op.inner:  # a gradient: the nodes that it differentiates look at its inputs
            if not _unseen(entries, [*node.op.inner_inputs, *node.op.inner_targets], node.op.inner):
                return False
        elif node.op not in IGNORE_OUTSIDE and not entries.isdisjoint(node.inputs):
            return False
    return True
