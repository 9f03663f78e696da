"""A sub-graph that is run while a condition holds.

Where the number of steps is known when the loop is compiled (all that the condition depends on is, as a rule a counter
and its bound), or where it is bounded, the loop is a scan, which can be differentiated. Else it is a `lax.while_loop`,
which can't.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kjax.core.graph import Node, Operation, Values, leaves, outputs_of
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.core.wording import is_jax_signal
from kjax.loops.loop import settled
from kjax.loops.subgraph import Subgraph, building
from kjax.machine.checks import Conditions, is_tracer
from kjax.machine.scopes import wide_types
from kjax.machine.streams import key_of_step

_COUNTED = 1_000_000  # steps, at most, that are counted before the loop is compiled


def repeated(
    where: str,
    holds: Callable[[list[Tensor]], Tensor],
    step: Callable[[list[Tensor]], list[Tensor]],
    initial: list[Tensor],
    start: int,
    most: int | None = None,
    name: str | None = None,
    invariants: Sequence[Shape] | None = None,
) -> list[Tensor]:
    """A symbolic loop.

    Args:
        where: the call, to name in errors.
        holds: from the states to a scalar bool tensor: whether there is a further step.
        step: from the states to the next ones.
        initial: the states at first.
        start: nodes older than this serial number are outside of the loop.
        most: a bound on the number of steps.
        name: a name for the results.
        invariants: what the shapes of the states keep to; by default those that they have at first. A loop whose states
            change their shape is not compiled.

    Returns:
        The states in the end.

    Raises:
        TypeError: the dtype of a state changes.
        ValueError: its shape changes.
        NotImplementedError: a variable is updated inside.
    """
    forbidden = f"{where}: {{}} is updated inside the loop; give its value back as a state, and update it then"

    def build(states: list[Tensor]) -> tuple[list[Tensor], Tensor]:
        with building(forbidden):
            condition = holds(states)
            return step(states), condition

    states, new, final, condition = settled(where, initial, build, invariants)
    test = Subgraph([condition], start, forbidden, states)
    body = Subgraph(new, start, forbidden, states)
    operation = Repetition(where, test, body, (initial, states), most, invariants is not None)
    node = Node(operation, (), operation.inputs)
    return outputs_of(node, [(shape, t.dtype) for shape, t in zip(final, initial, strict=True)], name)


class Repetition(Operation):
    """Runs a sub-graph on states while another one holds of them."""

    label = "while"

    def __init__(
        self,
        where: str,
        test: Subgraph,
        body: Subgraph,
        parts: tuple[list[Tensor], list[Tensor]],
        most: int | None,
        loose: bool,
    ) -> None:
        self.where, self.name = where, where.removesuffix("()")
        self.test, self.body, self.most, self.loose = test, body, most, loose
        self.initial, self.states = parts
        self.inputs = [*self.initial, *dict.fromkeys([*test.captured, *body.captured])]
        self.random, self.own = body.random or test.random, [*body.nodes, *test.nodes]
        self.deciding = self._deciding()

    def _deciding(self) -> list[int]:
        """The states that the condition depends on, at this or a later step."""
        places = {state: i for i, state in enumerate(self.states)}

        def needed(targets: Sequence[Tensor]) -> set[int]:
            below = leaves(targets, lambda t: t in places or t._node is None)
            return {places[t] for t in below if t in places}

        found, new = set[int](), needed(self.test.targets)
        while new - found:
            found |= new
            new = needed([self.body.targets[i] for i in found])
        return sorted(found)

    def execute(self, node: Node, values: Values) -> tuple[Any, ...]:
        """The states in the end."""
        import jax

        states = [values(t) for t in self.initial]
        outer = {**self.test.outer(values), **self.body.outer(values)}
        key = values.run_key if self.random else None

        def given(states: Sequence[Any]) -> dict[Tensor, Any]:
            return {**outer, **dict(zip(self.states, states, strict=True))}

        def holds(states: Sequence[Any]) -> Any:
            (truth,) = self.test.compute(given(states), key)
            if truth.size != 1:
                raise ValueError(f"{self.where}: cond must give a scalar; got shape {tuple(truth.shape)}")
            return truth.reshape(())

        def step(t: Any, states: Sequence[Any], conditions: Conditions | None = None) -> list[Any]:
            run_key = None if key is None else key_of_step(key, t)
            return self.body.compute(given(states), run_key, conditions)

        with wide_types(jax):
            traced = any(map(is_tracer, [*states, *outer.values(), key]))
            if not traced or (self.loose and not self._keeps_shapes(jax, step, states)):
                return tuple(self._one_by_one(holds, step, states, values.conditions))
            count = self._counted(states, outer)
            if count is not None:
                return tuple(self._scanned(jax, step, states, count))
            if self.most is not None:
                return tuple(self._bounded(jax, holds, step, states))
            return tuple(self._unbounded(jax, holds, step, states))

    def _keeps_shapes(self, jax: Any, step: Any, states: list[Any]) -> bool:
        try:
            new = jax.eval_shape(lambda states: step(np.uint64(0), states), states)
        except Exception as error:
            if is_jax_signal(error):  # a shape depends on values
                return False
            raise
        return all(state.shape == changed.shape for state, changed in zip(states, new, strict=True))

    def _one_by_one(self, holds: Any, step: Any, states: list[Any], conditions: Conditions | None) -> list[Any]:
        t = 0
        while (self.most is None or t < self.most) and bool(holds(states)):
            states = step(t, states, conditions)
            t += 1
        return states

    def _counted(self, states: list[Any], outer: dict[Tensor, Any]) -> int | None:
        """The number of steps, if all that decides about it is known now."""
        deciding = self.deciding
        known = [states[i] for i in deciding]
        parameters = [self.states[i] for i in deciding]
        wanted = [self.body.targets[i] for i in deciding]
        own = set(parameters)

        def outside(tensor: Tensor) -> bool:
            return tensor in own or tensor in outer or tensor._node is None

        below = [t for t in leaves([*self.test.targets, *wanted], outside) if t in outer]
        if any(map(is_tracer, [*known, *(outer[t] for t in below)])):
            return None
        given = {t: outer[t] for t in below}
        for count in range(_COUNTED):
            if self.most is not None and count >= self.most:
                return count
            values = {**given, **dict(zip(parameters, known, strict=True))}
            truth, *known = Values(values, None).compute([*self.test.targets, *wanted])
            if any(map(is_tracer, [truth, *known])):
                return None
            if not bool(truth):
                return count
        return None

    def _scanned(self, jax: Any, step: Any, states: list[Any], count: int) -> list[Any]:
        def body(carry: Any, t: Any) -> Any:
            return self._alike(jax, carry, step(t, carry)), None

        start = [jax.numpy.asarray(state) for state in states]
        return jax.lax.scan(body, start, jax.numpy.arange(count, dtype="uint64"))[0]  # type: ignore[no-any-return]

    def _bounded(self, jax: Any, holds: Any, step: Any, states: list[Any]) -> list[Any]:
        def body(carry: Any, t: Any) -> Any:
            states, going = carry
            going = going & holds(states)
            new = jax.lax.cond(going, lambda: self._alike(jax, states, step(t, states)), lambda: list(states))
            return (new, going), None

        start = [jax.numpy.asarray(state) for state in states]
        steps = jax.numpy.arange(self.most, dtype="uint64")
        (final, _), _ = jax.lax.scan(body, (start, jax.numpy.asarray(True)), steps)
        return final  # type: ignore[no-any-return]

    def _unbounded(self, jax: Any, holds: Any, step: Any, states: list[Any]) -> list[Any]:
        def body(carry: Any) -> Any:
            t, states = carry
            return t + np.uint64(1), self._alike(jax, states, step(t, states))

        start = [jax.numpy.asarray(state) for state in states]
        first = jax.numpy.zeros((), "uint64")
        _, final = jax.lax.while_loop(lambda carry: holds(carry[1]), body, (first, start))
        return final  # type: ignore[no-any-return]

    def _alike(self, jax: Any, states: Sequence[Any], new: Sequence[Any]) -> list[Any]:
        for state, changed in zip(states, new, strict=True):
            if state.shape != changed.shape:
                raise ValueError(
                    f"{self.where}: a state of shape {tuple(state.shape)} becomes {tuple(changed.shape)}; "
                    "states must keep their shape"
                )
        return [jax.numpy.asarray(changed) for changed in new]
