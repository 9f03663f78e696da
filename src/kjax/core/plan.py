"""What a function computes, and what it computes it from."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from kjax.core.accumulation import accumulation
from kjax.core.graph import Node, Values, leaves, reachable
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable
from kjax.machine import meshes

# Values of more elements than this are handed to the compiled function rather than written into it.
_EMBEDDED = 1024


class Plan:
    """The outputs of a function, and the tensors they are computed from.

    Attributes:
        name: the function's name.
        outputs: the tensors to give back, with None for no output.
        targets: all tensors to compute: outputs, updates, and others.
        nodes: the nodes to run, each after those it needs.
        updated, read_only: the variables that get new values, and the others.
        static: the placeholders for each of whose values the function is compiled.
        fed: the other placeholders, in the order of their values.
        random: whether random numbers are drawn.
        seeded: the nodes that draw them by a number; `seeds` has a tensor of these numbers, if there are any.
        doubles: whether what it is computed from has arrays with the rank of images, all of float64.
        accumulation: how a batch is computed in parts, see `kjax.accumulate`; None if as a whole.
        anew: whether some results are computed anew, see `kjax.remat`.
        differentiates: whether gradients are among the nodes.
    """

    def __init__(
        self,
        outputs: Sequence[Tensor | None],
        targets: Sequence[Tensor],
        fed: Iterable[Tensor],
        name: str = "function",
    ) -> None:
        fed = list(fed)
        given = set(fed)

        def knows(tensor: Tensor) -> bool:
            return tensor in given or tensor._node is None

        self.name, self.outputs, self.targets = name, outputs, targets
        self.nodes = reachable(targets, knows)
        below = leaves(targets, knows)
        updated: dict[Any, None] = {}
        self.differentiates = self.anew = self.random = False
        self.numpy = True
        for node in self.nodes:
            op = node.op
            if op.updates is not None:
                updated[op.updates] = None
            self.differentiates = self.differentiates or bool(op.inner)
            self.anew = self.anew or node.block is not None
            self.random = self.random or op.random
            self.numpy = self.numpy and op.numpy
        self.numpy = self.numpy and not self.random
        self.updated: list[Any] = list(updated)
        variables = [t for t in below if isinstance(t, Variable) and t not in given]
        self.read_only = [v for v in variables if v not in set(self.updated)]
        # Large values go in as arguments; JAX would otherwise fold them into the program.
        values = [t for t in below if type(t) is Tensor and t._value is not None]
        self.large = [t for t in values if t._value.size > _EMBEDDED or meshes.is_spread(t._value)]
        self.static = [t for t in dict.fromkeys([*below, *fed]) if t._static]
        self.fed = [t for t in fed if not t._static]
        images = [t for t in (*below, *fed) if t.dtype.is_floating and (t.shape.rank or 0) > 2]
        self.seeded = [node for node in _with_inner(self.nodes) if _has_seed(node)] if self.random else []
        numbers = [node.args[node.op.seed] for node in self.seeded]  # type: ignore[index]
        self.seeds = [Tensor(np.array(numbers, np.uint64))] if numbers else []
        self.doubles = bool(images) and all(t.dtype == "float64" for t in images)
        self.accumulation = accumulation(self.nodes, targets, self.fed)

    def given(self, phase: Sequence[Any] | None) -> dict[Tensor, Any]:
        """The values of the static placeholders."""
        return dict(zip(self.static, map(np.asarray, phase or ()), strict=True))

    def compute(self, values: Values) -> None:
        """Let `values` have the targets."""
        if self.accumulation is None:
            values.compute(self.targets)
        else:
            self.accumulation.compute(values)


def _has_seed(node: Node) -> bool:
    return node.op.seed is not None and isinstance(node.args[node.op.seed], int)


def _with_inner(nodes: Iterable[Node]) -> dict[Node, None]:
    """Nodes, and those that they compute themselves."""
    found: dict[Node, None] = {}
    stack = [*nodes]
    while stack:
        node = stack.pop()
        if node not in found:
            found[node] = None
            stack += [*node.op.inner, *node.op.own]
    return found
