"""Loops: a sub-graph that is run for each step, compiled as one `lax.scan`, whatever the number of steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from kjax.core.graph import Node, Operation, Values, outputs_of
from kjax.core.placement import boxed
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.core.wording import is_jax_signal
from kjax.loops import hoisting
from kjax.loops.subgraph import Subgraph, building, parameter, without_axis
from kjax.machine.checks import Conditions, is_tracer
from kjax.machine.scopes import wide_types
from kjax.machine.streams import key_of_step

_ATTEMPTS = 4  # to find out what shape a state broadcasts to

# -------------------------------------------------------------------------------------------------------------- a body

# A state that the sub-graph itself adds: its first value, its parameter, and its new value after a step.
Extra = tuple[Tensor, Tensor, Tensor]
# What builds the sub-graph of a loop: (slices, states) -> (results, new states, further states).
Build = Callable[[list[Tensor], list[Tensor]], tuple[list[Tensor], list[Tensor], list[Extra]]]


def looped(
    where: str,
    build: Build,
    sequences: list[Tensor],
    initial: list[Tensor],
    start: int,
    axis: int = 0,
    backwards: bool = False,
    name: str | None = None,
) -> tuple[list[Tensor], list[Tensor], Subgraph]:
    """A symbolic loop over `sequences`.

    Args:
        where: the call, to name in errors.
        build: is called on placeholders for the slices and the states. It is called again only if a state turns out
            to have another static shape than at first, as one that broadcasts has.
        sequences: what to loop over.
        initial: the states at first.
        start: nodes older than this serial number are outside of the loop.
        axis: the axis of time, in the sequences and in the results.
        backwards: whether to begin at the end.
        name: a name for the results.

    Returns:
        The results of all steps along `axis`, the states in the end, and the sub-graph.

    Raises:
        TypeError: the dtype of a state changes.
        ValueError: its shape changes, other than by broadcasting it.
        NotImplementedError: a variable is updated inside.
    """
    forbidden = (
        f"{where}: {{}} is updated inside the loop; give its value back as a state or result, and update it then"
    )

    def step(states: list[Tensor]) -> tuple[list[Tensor], Any]:
        slices = [parameter(without_axis(t.shape, axis), t.dtype, "slice") for t in sequences]
        with building(forbidden):
            results, new, extra = build(slices, states)
        return new, (slices, results, extra)

    states, new, final, (slices, results, extra) = settled(where, initial, step)
    initial, states = [*initial, *(e[0] for e in extra)], [*states, *(e[1] for e in extra)]
    body = Subgraph([*results, *new, *(e[2] for e in extra)], start, forbidden, [*slices, *states])
    loop = Loop(where, body, (sequences, initial, slices, states), final, axis, backwards)
    node = Node(loop, (), loop.inputs)
    length = _length(where, [t.shape[axis] if t.shape.rank is not None else None for t in sequences])
    specs = [(_with_axis(where, t.shape, axis, length), t.dtype) for t in results]
    outputs = outputs_of(node, [*specs, *((s, t.dtype) for s, t in zip(final, new, strict=True))], name)
    return outputs[: len(results)], outputs[len(results) :], body


def settled(
    where: str,
    initial: list[Tensor],
    step: Callable[[list[Tensor]], tuple[list[Tensor], Any]],
    invariants: Sequence[Shape] | None = None,
) -> tuple[list[Tensor], list[Tensor], list[Shape], Any]:
    """Parameters for the states of a loop, with shapes that hold at each step.

    Args:
        where: the call, to name in errors.
        initial: the states at first.
        step: from the states to the next ones, and whatever else it builds. It is called again where a state turns out
            to have another static shape than at first.
        invariants: the shapes at each step, where they are known; by default those at first.

    Returns:
        The parameters, the next states, their shapes, and what else the last call of `step` built.

    Raises:
        TypeError: the dtype of a state changes.
        ValueError: its shape changes, other than by broadcasting it.
    """
    known = [t.shape for t in initial] if invariants is None else [*invariants]
    for _ in range(_ATTEMPTS):
        states = [parameter(shape, t.dtype, "state") for shape, t in zip(known, initial, strict=True)]
        new, others = step(states)
        for state, changed in zip(states, new, strict=True):
            if state.dtype != changed.dtype:
                raise TypeError(f"{where}: a state of dtype {state.dtype} becomes {changed.dtype}; convert with K.cast")
        final = [grown(where, state.shape, changed.shape) for state, changed in zip(states, new, strict=True)]
        if all(map(_covers, known, final)):
            return states, new, final, others
        known = final
    raise ValueError(f"{where}: a state grows with each step; states must keep their shape")


def _length(where: str, lengths: Sequence[int | None]) -> int | None:
    known = {n for n in lengths if n is not None}
    if len(known) > 1:
        raise ValueError(f"{where}: sequences of different lengths, {' and '.join(map(str, sorted(known)))}")
    return known.pop() if known else None


def _with_axis(where: str, shape: Shape, axis: int, dim: int | None) -> Shape:
    if shape.rank is None:
        return Shape.UNKNOWN
    if len(shape) < axis:
        raise ValueError(f"{where}: the result of a step needs the dim of the batch; it has shape {shape}")
    return Shape((*shape[:axis], dim, *shape[axis:]))


def grown(where: str, state: Shape, new: Shape) -> Shape:
    """The shape of a state that was `state` at first and is `new` after a step: it may broadcast, no more."""
    if state.rank is None:
        return state
    if new.rank is None:
        # The same, it is to be hoped, unless it broadcasts; if not, running it will tell.
        return Shape(None if dim == 1 else dim for dim in state)
    padded = (*(1,) * (len(new) - len(state)), *state)
    if len(padded) == len(new) and all(a in (b, 1, None) or b is None for a, b in zip(padded, new, strict=True)):
        # (an unknown dim of a state that is 1 at first may broadcast)
        return Shape(a if b is None and a != 1 else b for a, b in zip(padded, new, strict=True))
    raise ValueError(f"{where}: a state of shape {state} becomes {new}; states must keep their shape")


def _covers(state: Shape, grown: Shape) -> bool:
    if state.rank is None or grown.rank is None:
        return state.rank is None
    return len(state) == len(grown) and all(a is None or a == b for a, b in zip(state, grown, strict=True))


# ------------------------------------------------------------------------------------------------------------ the loop


class _ChangingShape(ValueError):
    """The shape of a state is not the same at each step."""


class Loop(Operation):
    """A sub-graph for each slice of sequences, with states that are handed from step to step.

    Inside, each step draws other random numbers; the learning phase is as known as outside.
    """

    label = "while"

    def __init__(
        self, where: str, body: Subgraph, parts: tuple[list[Tensor], ...], final: list[Shape], axis: int, back: bool
    ) -> None:
        self.where, self.name = where, where.removesuffix("()")
        self.body, self.final, self.axis, self.back = body, final, axis, back
        self.sequences, self.initial, self.slices, self.states = parts
        self.results = len(body.targets) - len(self.states)
        self.inputs = [*self.sequences, *self.initial, *body.captured]
        self.random, self.own = body.random, body.nodes
        self.products = hoisting.find_products(body.nodes, body.targets, self.slices, self.states)

    def execute(self, node: Node, values: Values) -> tuple[Any, ...]:
        """The results of all steps, and the states in the end."""
        import jax

        sequences, initial = [values(t) for t in self.sequences], [values(t) for t in self.initial]
        length = _length(self.where, [x.shape[self.axis] if x.ndim > self.axis else None for x in sequences])
        if length is None or any(x.ndim <= self.axis for x in sequences):
            raise ValueError(f"{self.where}: sequences need at least rank {self.axis + 1}")
        outer, key = self.body.outer(values), values.run_key if self.random else None

        def step(
            t: Any, given: dict[Tensor, Any], key: Any, conditions: Conditions | None, first: Any = None
        ) -> tuple[list[Any], list[Any]]:
            run_key = None if key is None else key_of_step(key, t)
            out = self.body.compute({**outer, **given}, run_key, conditions, first)
            return out[: self.results], out[self.results :]

        with wide_types(jax):
            traced = any(map(is_tracer, [*sequences, *initial, *outer.values(), key]))
            results, final = None, None
            if traced or not length:
                try:
                    results, final = self._scanned(jax, step, sequences, initial, length, outer, key, values.conditions)
                except Exception as error:
                    if not is_jax_signal(error) and not (length and isinstance(error, _ChangingShape)):
                        raise
            # Step by step is as good where values are there. Without a scan, a shape inside may depend on a slice whose
            # value is there, or change from step to step.
            if results is None or final is None:
                alone = partial(step, key=key, conditions=values.conditions)
                results, final = self._one_by_one(jax, alone, sequences, initial, length)
            if self.axis:
                results = [self._with_time(jax, result) for result in results]
        for shape, array in zip(self.final, final, strict=False):
            if not shape.is_compatible_with(tuple(array.shape)):
                raise ValueError(f"{self.where}: a state of shape {shape} becomes {tuple(array.shape)}")
        return (*results, *final[: len(self.final)])

    def _with_time(self, jax: Any, result: Any) -> Any:
        if result.ndim <= self.axis:
            raise ValueError(f"{self.where}: the result of a step needs the dim of the batch; it has no dims")
        return (jax.numpy if is_tracer(result) else np).moveaxis(result, 0, self.axis)

    def _scanned(
        self,
        jax: Any,
        step: Any,
        sequences: list[Any],
        initial: list[Any],
        length: int,
        outer: dict[Tensor, Any],
        key: Any,
        conditions: Conditions | None,
    ) -> Any:
        jnp = jax.numpy
        xs = [jnp.moveaxis(jnp.asarray(x), self.axis, 0) for x in sequences]
        xs = [jnp.flip(x, 0) for x in xs] if self.back else xs
        early: Conditions = []
        outer = hoisting.compute_weights(self.products, outer, early)
        sliced = hoisting.compute_early(self.products.early, dict(zip(self.slices, xs, strict=True)), outer, early)
        traced = {tensor: value for tensor, value in outer.items() if is_tracer(value)}
        inside = [*self.states, *traced]
        lefts = hoisting.late_products(self.products, traced)
        errors: list[Exception] = []

        def body(carry: Any, x: Any, others: Any, multiply: Any) -> Any:
            of_step: Conditions = []
            (t, slices), (captured, key) = x, others
            given = {**hoisting.at_one_step(sliced, slices), **dict(zip(inside, [*carry, *captured], strict=True))}
            results, new = step(t, given, key, of_step, multiply)
            errors[:] = [error for _, error in of_step]
            holding = [condition for condition, _ in of_step]
            return [jnp.asarray(a) for a in new], ([jnp.asarray(a) for a in results], holding)

        each = (jnp.arange(length, dtype="uint64"), list(sliced.values()))
        others = (list(traced.values()), key)
        states = [jnp.asarray(x) for x in initial]
        for _ in range(_ATTEMPTS):
            lefts.found.clear()
            one = jax.tree.map(lambda x: jax.ShapeDtypeStruct(x.shape[1:], x.dtype), each)
            new, _ = jax.eval_shape(partial(body, multiply=lefts), states, one, others)
            if all(a.shape == b.shape for a, b in zip(states, new, strict=True)):
                break
            states = [self._broadcast(jnp, a, b.shape) for a, b in zip(states, new, strict=True)]
        else:
            raise _ChangingShape(f"{self.where}: a state grows with each step")

        final, (results, holding) = hoisting.scan(body, states, each, others, lefts)
        if conditions is not None:  # a condition holds if it does at each step
            conditions.extend(early)
            conditions.extend((held.all(), error) for held, error in zip(holding, errors, strict=True))
        return results, final

    def _broadcast(self, jnp: Any, state: Any, shape: tuple[int, ...]) -> Any:
        try:
            grown(self.where, Shape(state.shape), Shape(shape))
        except ValueError as error:
            raise _ChangingShape(*error.args) from None
        return jnp.broadcast_to(state, shape)

    def _one_by_one(self, jax: Any, step: Any, sequences: list[Any], states: list[Any], length: int) -> Any:
        collected: list[list[Any]] = []
        before = (slice(None),) * self.axis
        for t in range(length):
            at = length - 1 - t if self.back else t
            slices = [boxed(x[(*before, at)]) for x in sequences]
            given = dict(zip([*self.slices, *self.states], [*slices, *states], strict=True))
            results, states = step(t, given)
            collected.append(results)
        stacked = []
        for column in zip(*collected, strict=True):
            xp = np if all(isinstance(part, np.ndarray) for part in column) else jax.numpy
            if any(part.shape != column[0].shape for part in column):
                raise ValueError(f"{self.where}: the results of the steps differ in shape")
            stacked.append(xp.stack(column))
        return stacked, states
