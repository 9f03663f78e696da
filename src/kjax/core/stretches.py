"""A stretch of a graph that runs in a function which JAX traces by itself: what comes out of it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kjax.core.graph import Block, Node, Values, run_nodes
from kjax.core.tensor import Tensor
from kjax.machine.checks import Conditions, collecting, is_tracer, require

# Arrays that the traced function hands out: results of nodes, and whether conditions hold.
HandedOn = tuple[list[Any], list[Any]]


class Stretch:
    """Nodes that run in a traced function, which hands their results out, so that they are computed once.

    Args:
        nodes: the nodes, each after those it needs.
        block: the block that they are in, if they run one by one there.
    """

    def __init__(self, nodes: Sequence[Node], block: Block | None = None) -> None:
        self._nodes, self._block = nodes, block
        self._known: dict[Node, list[Any]] = {}  # results; those that are known without tracing
        self._traced: list[tuple[Node, int]] = []  # the others
        self._errors: list[Exception] = []

    def run(self, values: Values, given: Mapping[Tensor, Any]) -> tuple[Values, HandedOn]:
        """Run the nodes, with these values for tensors; the function's trace is that of now."""
        conditions: Conditions = []
        inner = Values({**values.given, **given}, values.run_key, dict(values.results), conditions)
        inner.updated = dict(values.updated)
        for node in self._nodes:
            inner.results.pop(node, None)
        run_nodes(self._nodes, inner, self._block)
        self._known.clear()
        self._traced.clear()
        handed_on = []
        for node in self._nodes:
            results = self._known[node] = list(inner.results[node])
            for i, result in enumerate(results):
                if is_tracer(result):
                    self._traced.append((node, i))
                    handed_on.append(result)
        self._errors[:] = [error for _, error in conditions]
        return inner, (handed_on, [condition for condition, _ in conditions])

    def take_over(self, values: Values, handed_on: HandedOn) -> None:
        """Let `values` have the results, once the function has handed them out."""
        arrays, conditions = handed_on
        with collecting(values.conditions):
            for condition, error in zip(conditions, self._errors, strict=True):
                require(condition, error)
        for (node, i), array in zip(self._traced, arrays, strict=True):
            self._known[node][i] = array
        for node, results in self._known.items():
            values.results[node] = tuple(results)
            if node.op.updates is not None:
                values.updated[node.op.updates] = results[0]
