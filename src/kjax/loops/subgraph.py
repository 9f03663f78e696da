"""Sub-graphs: the nodes that a callback builds, as an operation of its own.

A branch of `K.switch`, the step of `K.rnn` and the function of `K.map_fn` are called once, on placeholders, and what
they built is set apart: `Subgraph`. What it takes from outside becomes an input of the operation, so that gradients
reach it. `Loop` is one `lax.scan` over such a sub-graph, whatever the number of steps.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from kjax.core.dtypes import DType
from kjax.core.graph import Values, building_inside, leaves, reachable
from kjax.core.shape import Shape
from kjax.core.tensor import Placeholder, Tensor
from kjax.core.updates import noted, refuse_updates, without_effects
from kjax.machine.checks import Conditions


@contextlib.contextmanager
def building(forbidden: str) -> Iterator[None]:
    """A `with` block for the call of a callback that builds a sub-graph; it must not update variables.

    Raises:
        NotImplementedError: with `forbidden`, whose `{}` becomes the variable that was updated.
    """
    with noted() as made, building_inside(), without_effects():
        yield
    refuse_updates(made, forbidden)


class Subgraph:
    """Some tensors, computed from parameters and from nodes that are older than `start`.

    Attributes:
        targets: the tensors.
        nodes: the nodes that compute them, each after those it needs.
        captured: the tensors from outside that they depend on.
        random: whether random numbers are drawn inside.
    """

    def __init__(
        self, targets: Iterable[Tensor], start: int, forbidden: str, parameters: Iterable[Tensor] = ()
    ) -> None:
        self.targets = list(targets)
        own = set(parameters)

        def outside(tensor: Tensor) -> bool:
            return tensor in own or tensor._node is None or tensor._node.serial < start

        self.captured = [tensor for tensor in leaves(self.targets, outside) if tensor not in own]
        self.nodes = reachable(self.targets, outside)
        self.random = any(node.op.random for node in self.nodes)
        for node in self.nodes:
            if node.op.updates is not None:
                raise NotImplementedError(forbidden.format(f"variable {node.op.updates.name!r}"))

    @property
    def uses_learning_phase(self) -> bool:
        """Whether the learning phase decides about something inside."""
        return any(t._static or vars(t).get("_uses_learning_phase", False) for t in self.captured)

    def outer(self, values: Values) -> dict[Tensor, Any]:
        """The values of the captured tensors."""
        return {tensor: values(tensor) for tensor in self.captured}

    def compute(
        self,
        given: dict[Tensor, Any],
        run_key: Any,
        conditions: Conditions | None = None,
        first: Callable[[Values], None] | None = None,
    ) -> list[Any]:
        """The values of the targets, given those of the parameters and captured tensors; `first` computes a part."""
        values = Values(given, run_key, conditions=conditions)
        if first is not None:
            first(values)
        return values.compute(self.targets)


def parameter(shape: Shape, dtype: DType, name: str) -> Tensor:
    """A placeholder for a tensor that a loop hands to its sub-graph."""
    made: Tensor = Placeholder.promise(None, 0, shape, dtype, f"{name}:0")
    return made


def without_axis(shape: Shape, axis: int) -> Shape:
    """The shape of a slice across an axis."""
    return Shape.UNKNOWN if shape.rank is None else Shape((*shape[:axis], *shape[axis + 1 :]))
