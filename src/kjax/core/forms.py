"""The form of a graph: what it computes, without the values that it starts from."""

from __future__ import annotations

from collections.abc import Container, Hashable, Sequence
from typing import Any

import numpy as np

from kjax.core.graph import Block, Node, reachable
from kjax.core.tensor import Tensor


class Form:
    """Two graphs of one form have equal keys, and a function made of one serves both.

    Attributes:
        key: says what is computed.
        hashable: whether the key is; an argument of an operation may be of any type.
        ends: the tensors that values are given for, in the order in which the walk comes to them.
    """

    def __init__(self, targets: Sequence[Tensor], given: Container[Tensor]) -> None:
        """The form of what computes `targets`; values are given for the tensors in `given`."""
        self.ends: list[Tensor] = []
        self._at: dict[Any, int] = {}
        self._blocks: dict[Block, Hashable] = {}
        self._given = given
        order = reachable(targets, lambda t: t._node is None or t in given)
        for i, node in enumerate(order):
            self._at[node] = i
        self.key: Hashable = (tuple(map(self._of_node, order)), self.of(list(targets)))
        try:
            hash(self.key)
            self.hashable = True
        except TypeError:
            self.hashable = False

    def _of_node(self, node: Node) -> Hashable:
        form = (node.op.form(self), *map(self.of, node.args))
        return form if node.block is None else (self._of_block(node.block), form)

    def _of_block(self, block: Block) -> Hashable:
        return self._blocks.setdefault(block, (len(self._blocks), block.outer and self._of_block(block.outer)))

    def of(self, value: Any) -> Hashable:
        """An argument, in which tensors are the places where they are computed."""
        if isinstance(value, Tensor):
            return self._of_tensor(value)
        if isinstance(value, (list, tuple)):
            return (type(value), *map(self.of, value))
        if isinstance(value, dict):
            return (dict, *((key, self.of(part)) for key, part in value.items()))
        if isinstance(value, slice):
            return (slice, self.of(value.start), self.of(value.stop), self.of(value.step))
        if isinstance(value, np.ndarray):
            return (value.shape, value.dtype.str, value.tobytes())
        return (type(value), value)

    def _of_tensor(self, tensor: Tensor) -> Hashable:
        if tensor in self._given:
            at = self._at.get(tensor)
            if at is None:
                at = self._at[tensor] = len(self.ends)
                self.ends.append(tensor)
            return ("end", at, tensor.shape, tensor.dtype)
        if tensor._node is not None:
            return (self._at[tensor._node], tensor._index)
        array = np.asarray(tensor._value if tensor._default is None else tensor._default())  # a constant
        return (array.shape, array.dtype.str, array.tobytes())
