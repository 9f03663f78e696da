"""Small variables that are updated alike are computed as one, and stay together in one array from step to step.

An optimizer has the same few operations for each of a model's weights and its slots, and batch normalisation for each
of its moving averages: hundreds of small loops. XLA compiles each of them anew, which is half the time of compiling a
model, and calls each of them in every step. Where only elements meet each other, the variables of one role lie behind
one another in one array, and one loop goes over all of them.

Each variable holds a view of that array. A program gets the whole of it, as long as the variables hold what the last
step gave them; if one was set, they are put together again.
"""

from __future__ import annotations

import contextlib
import itertools
import math
import operator
from collections import Counter
from collections.abc import Callable, Hashable, Sequence
from typing import Any

import numpy as np

from kjax.core.graph import Node, Values, executed, reachable
from kjax.core.op import Op
from kjax.core.plan import Plan
from kjax.core.tensor import Tensor
from kjax.core.updates import Update
from kjax.core.variable import Variable, take_over
from kjax.machine import config, meshes
from kjax.machine.device import has_accelerator, put
from kjax.machine.scopes import one_program

# Elements of a variable that is packed, at most: a weight is also used as it is, for which it is copied.
_SMALL = 1 << 14
_ENOUGH = 4  # variables of one role
_DEEP = 32  # how far a number is followed back, to tell that it is the same for two variables

_value_of = operator.attrgetter("_value")


class Packing:
    """The variables of a plan in packs.

    Attributes:
        loose: the variables that the plan updates and that are in no pack.
        arguments: how many arrays a program gets for the packs, and gives back.
    """

    def __init__(self, plan: Plan, packs: Sequence[Pack]) -> None:
        self._packs = packs
        self._roles = [variables for pack in packs for variables in pack.roles]
        self._packed = list(itertools.chain(*self._roles))
        packed = set(self._packed)
        self.loose = [v for v in plan.updated if v not in packed]
        self.arguments = len(self._roles)
        self._places = list(map(_places, self._roles))
        self._variables = [*self.loose, *self._packed]
        self._views: list[list[Any]] = [[] for _ in self._roles]
        self._arrays: list[Any] = [None] * self.arguments

    # -------------------------------------------------------------------------------------------- around a program

    def read(self) -> list[Any]:
        """The array of each role."""
        for i, (variables, views) in enumerate(zip(self._roles, self._views, strict=True)):
            as_given = views and (
                all(map(operator.is_, map(_value_of, variables), views)) or all(map(Variable.holds, variables, views))
            )
            if not as_given:
                self._views[i] = []  # (first: an interrupt can come in between)
                self._arrays[i] = put(np.concatenate([np.asarray(v._value).reshape(-1) for v in variables]))
        return self._arrays

    def take_over(self, arrays: Sequence[Any]) -> None:
        """Give all variables their new values: arrays of the loose ones, and of the roles."""
        together = list(arrays[len(self.loose) :])
        pieces = [self._pieces(np.asarray(a), i) for i, a in enumerate(together)]
        take_over(self._variables, [*arrays[: len(self.loose)], *itertools.chain(*pieces)])
        self._arrays, self._views = together, pieces

    def _pieces(self, array: Any, role: int) -> list[Any]:
        """The part of each variable in the array of a role."""
        # (A small model's step is a hundred microseconds: these are its most frequent lines.)
        return [array[part] if flat else array[part].reshape(shape) for part, shape, flat in self._places[role]]

    # ----------------------------------------------------------------------------------------------- in a program

    def given(self, arrays: Sequence[Any]) -> dict[Tensor, Any]:
        """The values of the variables. (What nothing reads is not compiled.)"""
        pieces = map(self._pieces, arrays, itertools.count())
        return dict(zip(self._packed, itertools.chain(*pieces), strict=True))

    def compute(self, values: Values, arrays: Sequence[Any]) -> list[Any]:
        """The new arrays of the roles; `values` know that their updates are done."""
        new: list[Any] = []
        for pack in self._packs:
            new += pack.compute(values, arrays[len(new) : len(new) + len(pack.roles)])
        return new


def _places(variables: Sequence[Any]) -> list[tuple[slice, tuple[int, ...], bool]]:
    """For each variable its part of an array of all, its shape, and whether it has that shape there."""
    shapes = [v._value.shape for v in variables]
    ends = list(itertools.accumulate(map(math.prod, shapes)))
    parts = map(slice, [0, *ends], ends)
    return [(part, shape, len(shape) == 1) for part, shape in zip(parts, shapes, strict=True)]


def packing(plan: Plan) -> Packing | None:
    """How the variables of a plan are packed; None if they are not."""
    if config.is_plain() or plan.accumulation is not None or plan.anew or has_accelerator() or meshes.engaged:
        return None
    packs = list(map(Pack, _alike(plan)))
    return Packing(plan, packs) if packs else None


class Lane:
    """What one variable is computed by, together with those that depend on each other.

    Attributes:
        nodes: those that compute element by element, each after those it needs; updates among them.
        ends: the tensors of the variable's shape that it begins with.
        numbers: those without dims.
        key: equal for lanes that compute the same.
    """

    def __init__(self, nodes: list[Node], numbers: Numbers) -> None:
        self.nodes = nodes
        self.ends: dict[Tensor, int] = {}
        self.numbers: dict[Tensor, Tensor] = {}
        self._at = {node: i for i, node in enumerate(nodes)}
        self._same = numbers
        self.key: Hashable = tuple(map(self._of_node, nodes))

    def _of_node(self, node: Node) -> Hashable:
        if isinstance(node.op, Update):
            return (node.op.change, self._of(node.op.variable), self._of(node.args[0]))
        return (node.op, *map(self._of, node.args))

    def _of(self, value: Any) -> Hashable:
        if not isinstance(value, Tensor):
            return (type(value), value)
        if value._node in self._at:
            return ("node", self._at[value._node])
        if value.shape.rank == 0:
            self.numbers[value] = self._same(value)
            return ("number", id(self.numbers[value]))
        return ("end", self.ends.setdefault(value, len(self.ends)), value.dtype)


class Pack:
    """Lanes that compute the same.

    Attributes:
        lanes: as said.
        roles: the variables that are updated, in lists that have one of each lane.
    """

    def __init__(self, lanes: Sequence[Lane]) -> None:
        self.lanes = lanes
        first = lanes[0]
        ends = list(zip(*(lane.ends for lane in lanes), strict=True))  # for each end those of all lanes
        self._updates = [node for node in first.nodes if isinstance(node.op, Update)]
        variables = [node.op.variable for node in self._updates]  # type: ignore[attr-defined]
        self.roles: list[Sequence[Any]] = [ends[first.ends[v]] for v in variables]
        self._others = [column for column in ends if column[0] not in set(variables)]
        self._inputs = [*variables, *(column[0] for column in self._others)]

    def compute(self, values: Values, arrays: Sequence[Any]) -> list[Any]:
        """The new arrays of the roles."""
        import jax

        numbers = self.lanes[0].numbers
        values.compute([*itertools.chain(*self._others), *numbers.values()])
        given = {tensor: values(same) for tensor, same in numbers.items()}

        def update(*arrays: Any) -> list[Any]:
            inner = Values({**given, **dict(zip(self._inputs, arrays, strict=True))}, None, None, values.conditions)
            for node in self.lanes[0].nodes:
                if isinstance(node.op, Update):
                    inner.results[node] = (node.op.change(inner(node.op.variable), inner(node.args[0])),)
                else:
                    inner.results[node] = executed(node, inner)
            return [inner.results[node][0] for node in self._updates]

        with one_program(jax, False):
            others = [
                jax.numpy.concatenate([jax.numpy.asarray(values(t)).reshape(-1) for t in column])
                for column in self._others
            ]
        new = update(*arrays, *others)
        for lane in self.lanes:
            for node in lane.nodes:
                if isinstance(node.op, Update):
                    values.results[node] = (None,)  # (which nothing asks for)
        return new


class Numbers:
    """For each tensor without dims the first one that is computed in the same way."""

    def __init__(self) -> None:
        self._known: dict[Tensor, Tensor] = {}
        self._first: dict[Hashable, Tensor] = {}

    def __call__(self, tensor: Tensor, depth: int = 0) -> Tensor:
        """That of `tensor`."""
        if tensor not in self._known:
            try:
                self._known[tensor] = self._first.setdefault(self._key(tensor, depth), tensor)
            except TypeError:  # an argument that can't be hashed
                self._known[tensor] = tensor
        return self._known[tensor]

    def _key(self, tensor: Tensor, depth: int) -> Hashable:
        node = tensor._node
        if node is None:
            if type(tensor) is Tensor and tensor._value is not None:
                return (tensor.dtype, np.asarray(tensor._value).tobytes())
        elif depth < _DEEP and _is_plain(node) and all(t.shape.rank == 0 for t in node.inputs):
            args = [id(self(a, depth + 1)) if isinstance(a, Tensor) else (type(a), a) for a in node.args]
            return (node.op, tensor._index, *args)
        return id(tensor)


def _is_plain(node: Node) -> bool:
    """Whether a node computes element by element, from its arguments alone."""
    op = node.op
    return (
        isinstance(op, Op)
        and op.declared.by_element
        and not op.random
        and node.block is None
        and len(node.inputs) == sum(isinstance(arg, Tensor) for arg in node.args)
    )


def _inner(update: Node, is_common: Callable[[Tensor], bool]) -> list[Node]:
    """What computes an update element by element, from tensors of the variable's shape and numbers in common."""
    shape = tuple(update.op.updates.shape)  # type: ignore[union-attr]

    def is_end(tensor: Tensor) -> bool:
        node = tensor._node
        return (
            node is None
            or not _has(tensor, shape)
            or not _is_plain(node)
            or not all(_has(t, shape) or (t.shape.rank == 0 and is_common(t)) for t in node.inputs)
        )

    return reachable(update.args, is_end)


def _has(tensor: Tensor, shape: Sequence[int]) -> bool:
    return tensor.shape.is_fully_defined() and tuple(tensor.shape) == shape


def _updates(plan: Plan) -> dict[Variable, Node]:
    """The updates of small variables that nothing depends on, each the only one of its variable."""
    used = {t._node for node in plan.nodes for t in node.inputs}
    used |= {t._node for t in plan.outputs if t is not None}
    times = Counter(node.op.updates for node in plan.nodes)
    return {
        node.op.variable: node
        for node in plan.nodes
        if isinstance(node.op, Update)
        and node not in used
        and node.block is None
        and len(node.args) == 1
        and len(node.inputs) == 2
        and times[node.op.variable] == 1
        and _is_small(node.op.variable)
        and _has(node.args[0], tuple(node.op.variable.shape))
    }


def _is_small(variable: Variable) -> bool:
    if variable._stands_for is not None or not variable.dtype.is_floating or not variable.shape.rank:
        return False
    size: int = variable._value.size
    return 0 < size <= _SMALL


def _alike(plan: Plan) -> list[list[Lane]]:
    """Lanes of the plan, in lists of those that compute the same."""
    updates, numbers = _updates(plan), Numbers()
    times = Counter(
        same
        for update in updates.values()
        for same in {numbers(t) for node in _inner(update, lambda _: True) for t in node.inputs if t.shape.rank == 0}
    )
    together: dict[Any, dict[Any, None]] = {}  # for each node and variable those of its lane
    for update in updates.values():
        inner = _inner(update, lambda t: times[numbers(t)] >= _ENOUGH)
        read = [t for node in (*inner, update) for t in node.inputs if t in updates]
        parts = dict.fromkeys([*inner, update, *read])
        for part in [*parts]:
            parts |= together.get(part, {})
        together.update(dict.fromkeys(parts, parts))
    place = {node: i for i, node in enumerate(plan.nodes)}
    found: dict[Hashable, list[Lane]] = {}
    for parts in {id(parts): parts for parts in together.values()}.values():
        lane = Lane(sorted((part for part in parts if isinstance(part, Node)), key=place.__getitem__), numbers)
        with contextlib.suppress(TypeError):  # an argument that can't be hashed
            found.setdefault(lane.key, []).append(lane)
    return [lanes for lanes in found.values() if len(lanes) >= _ENOUGH]
