"""Gradients of what a program computed at once: a tape keeps it as a graph beside the values.

While a tape records, each operation on values that it watches adds a node to a graph of its own, in which a promise
stands for each value. The gradients of that graph are a function of the values at its ends, made and compiled by the
same means as any other function, and kept for the next time that the program does the same.
"""

from __future__ import annotations

import contextlib
import functools
import itertools
from collections.abc import Container, Iterator, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import numpy as np

from kjax.core.forms import Form
from kjax.core.function import Function
from kjax.core.gradients import Picked, Through, levels, picks_of, slopes, slopes_by_rows
from kjax.core.graph import MODE, Node, Operation, Values, leaves, now, outputs_of, recording, replaced, tensors_in
from kjax.core.placement import LARGE
from kjax.core.running import next_run, numbered
from kjax.core.shape import Shape
from kjax.core.tensor import Placeholder, Tensor
from kjax.core.updates import versions_of
from kjax.core.variable import Variable
from kjax.core.wording import is_jax_signal
from kjax.machine import meshes
from kjax.machine.compiler import Programs

_KEPT = 256  # functions that compute gradients, each of another structure
_FEW = 1024  # integers that are written into a function

# For each form of a graph: a function of its ends, and the gradients asked for, whose tensors are its outputs.
_programs: Programs[tuple[Function, list[Tensor | Picked | None]]] = Programs(_KEPT)


class _Asked(NamedTuple):
    """The arguments of `slopes`, or of `slopes_by_rows`."""

    losses: list[Tensor]
    wrt: list[Tensor]
    weights: list[Tensor]
    each: bool
    by_rows: bool

    def slopes(self, through: Through = lambda node: True) -> list[Tensor | Picked | None]:
        """The symbolic gradients."""
        if self.by_rows:
            return slopes_by_rows(self.losses, self.wrt, self.weights, through)
        return [*slopes(self.losses, self.wrt, self.weights, self.each, through)]


class Tape:
    """What was computed from the tensors that it watches.

    Args:
        every_variable: whether it watches each trainable variable that is read.
    """

    def __init__(self, every_variable: bool = True) -> None:
        self._every_variable = every_variable
        self._stretches: list[tuple[int, int | None]] = []  # serial numbers between which it records nodes
        self._context: contextlib.AbstractContextManager[Any] | None = None
        self.forget()

    def forget(self) -> None:
        """Start anew, watching nothing but variables."""
        self._watched: dict[Tensor, None] = {}
        # The promise for each value that depends on watched ones; and for others, which count as constants.
        self._known: dict[Tensor, Tensor] = {}
        self._others: dict[Tensor, Tensor] = {}
        self._versions: dict[Variable, list[Tensor]] = {}
        # What stands at the ends of the graph: the tensor, and its array when it was read.
        self._ends: dict[Tensor, tuple[Tensor, Any]] = {}
        self._tracked: set[Tensor] = set()  # those of them that are watched
        if self._stretches:
            self._stretches = [(now(), None)] if self.is_recording else []

    # ------------------------------------------------------------------------------------------------------ recording

    @property
    def is_recording(self) -> bool:
        """Whether it is told of operations."""
        return self._context is not None

    def start(self) -> None:
        """Be told of operations from now on."""
        self._context = recording((*MODE.get().tapes, self))
        self._context.__enter__()
        self._stretches.append((now(), None))

    def stop(self) -> None:
        """Be told of no more."""
        context, self._context = self._context, None
        if context is not None:
            self._stretches[-1] = self._stretches[-1][0], now()
            context.__exit__(None, None, None)

    @contextlib.contextmanager
    def pause(self) -> Iterator[None]:
        """A `with` block of whose operations it is not told."""
        if not self.is_recording:
            yield
            return
        self._stretches[-1] = self._stretches[-1][0], now()
        try:
            with recording(tuple(tape for tape in MODE.get().tapes if tape is not self)):
                yield
        finally:
            self._stretches.append((now(), None))

    def watch(self, tensor: Tensor) -> None:
        """Note what is computed from `tensor` from now on."""
        self._watched.setdefault(tensor)
        if not isinstance(tensor, Variable) and tensor._value is not None and tensor not in self._known:
            end = self._known[tensor] = self._end(tensor)
            self._tracked.add(end)

    @property
    def watched(self) -> list[Variable]:
        """The variables that were read and are watched."""
        read = [variable for variable in self._versions if self._watches(variable)]
        return list(dict.fromkeys([*read, *(t for t in self._watched if isinstance(t, Variable))]))

    def _watches(self, variable: Variable) -> bool:
        return variable in self._watched or (self._every_variable and variable.trainable)

    def _end(self, tensor: Tensor) -> Tensor:
        """A promise for a value that the graph starts from."""
        array = tensor._value
        end: Tensor = Placeholder.promise(None, 0, Shape(array.shape), tensor.dtype, "value:0")
        self._ends[end] = tensor, array
        return end

    def stand_in(self, tensor: Tensor) -> Tensor:
        """The promise that stands for a value, as it is now."""
        if isinstance(tensor, Variable):
            versions = self._versions.setdefault(tensor, [])
            if not versions or not tensor.holds(self._ends[versions[-1]][1]):
                versions.append(self._end(tensor))
                if self._watches(tensor):
                    self._tracked.add(versions[-1])
            return versions[-1]
        for kept in (self._known, self._others):
            if tensor in kept:
                return kept[tensor]
        end = self._others[tensor] = self._end(tensor)
        return end

    def _depends(self, tensor: Tensor) -> bool:
        return self._watches(tensor) if isinstance(tensor, Variable) else tensor in self._known

    def depends_on(self, values: Any) -> bool:
        """Whether a tensor among nested values depends on what is watched."""
        return any(map(self._depends, tensors_in(values)))

    def record(
        self, op: Operation, args: Sequence[Any], results: Sequence[Tensor], constants: Sequence[Tensor] = ()
    ) -> None:
        """Note that `op` made `results` of `args`, of which `constants` are the same each time."""
        if self.depends_on(args):
            fixed = {id(tensor) for tensor in constants}
            self.note(op, replaced(tuple(args), lambda t: t if id(t) in fixed else self.stand_in(t)), results)

    def note(self, op: Operation, args: tuple[Any, ...], results: Sequence[Tensor]) -> None:
        """Add a node for `results`."""
        node = Node(op, args)
        for i, result in enumerate(results):
            if result.dtype.is_floating or result.dtype.is_complex:
                shape = Shape(result._value.shape)
                self._known[result] = Tensor.promise(node, i, shape, result.dtype, "value:0")

    # ------------------------------------------------------------------------------------------------------ gradients

    def gradient(
        self,
        targets: Sequence[Tensor],
        sources: Sequence[Tensor],
        weights: Sequence[Tensor] = (),
        each: bool = False,
        by_rows: bool = False,
    ) -> list[Any]:
        """The gradients of the sum of `targets` by each of `sources`; None where they don't depend on it.

        Args:
            targets: tensors that were computed while the tape recorded.
            sources: tensors that it watched, or that were computed from such.
            weights: what each target is multiplied by; 1 without them.
            each: whether to differentiate each element of the only target, as `slopes` does.
            by_rows: whether to give `Picked` for a source of which only rows were picked.
        """
        if any(t._value is None for t in targets):
            return self._symbolic(targets, sources, weights, each, by_rows)
        ends = [self._stands_for(source) for source in sources]
        at = [i for i, t in enumerate(targets) if self._depends(t)]
        if not at or not any(ends):
            return [None] * len(sources)
        losses = [self.stand_in(targets[i]) for i in at]
        weighing = [self._end(weights[i]) for i in at] if weights else []
        asked = _Asked(losses, [end for group in ends for end in group], weighing, each, by_rows)
        return _sums(ends, self._values, asked)

    def _stands_for(self, source: Tensor) -> list[Tensor]:
        """The watched promises for a tensor: of a variable one for each value that was read."""
        if isinstance(source, Variable):
            return [end for end in self._versions.get(source, ()) if end in self._tracked]
        return [self._known[source]] if source in self._known else []

    def _values(self, asked: _Asked) -> list[Tensor | Picked | None]:
        """The gradients of the tape's own graph."""
        try:
            return self._computed(asked, compiled_only=True)
        except Exception as error:
            if not is_jax_signal(error):
                raise
        # Integers may be axes or lengths, which the compiler has to know.
        for end, (tensor, array) in self._ends.items():
            if tensor.dtype.is_integer and array.size <= _FEW:
                end._default = functools.partial(np.asarray, array)
        return self._computed(asked, compiled_only=False)

    def _computed(self, asked: _Asked, compiled_only: bool) -> list[Tensor | Picked | None]:
        form = Form([*asked.losses, *asked.wrt, *asked.weights], {end for end in self._ends if end._default is None})
        key = (form.key, len(asked.losses), len(asked.weights), asked.each, asked.by_rows, compiled_only)
        made = _programs.find(key) if form.hashable else None
        if made is None:
            found = [slope.reversed() if isinstance(slope, Picked) else slope for slope in asked.slopes()]
            wanted = [*tensors_in(found)]
            function = Function(form.ends, wanted, name="gradient", fetch=kept, compiled_only=compiled_only)
            made = function, found
            if form.hashable:
                made = _programs.add(key, made)
        function, found = made
        inputs = [self._ends[end] for end in form.ends]
        results = iter(called(function, [t for t, _ in inputs], [array for _, array in inputs]))
        return [None if slope is None else _mapped(slope, lambda _: next(results)) for slope in found]

    def _symbolic(
        self, targets: Sequence[Tensor], sources: Sequence[Tensor], weights: Sequence[Tensor], each: bool, by_rows: bool
    ) -> list[Tensor | Picked | None]:
        """Gradients in a graph that is being built."""
        end = now()
        stretches = [(start, end if stop is None else stop) for start, stop in self._stretches]

        def through(node: Node) -> bool:
            return any(start <= node.serial <= stop for start, stop in stretches)

        def watches(tensor: Tensor) -> bool:
            ends = leaves([tensor], lambda t: t in self._watched or t._node is None or not through(t._node))
            return any(t in self._watched or (isinstance(t, Variable) and self._watches(t)) for t in ends)

        # (A variable that was updated since it was read stands for each of its values.)
        versions = [versions_of(source) for source in sources]
        asked = _Asked([*targets], [t for group in versions for t in group], [*weights], each, by_rows)
        slopes_of = _sums(versions, lambda asked: asked.slopes(through), asked)
        return [slope if watches(source) else None for source, slope in zip(sources, slopes_of, strict=True)]


def kept(array: Any) -> Any:
    """An output as it is kept in a tensor: a small one in NumPy, where operations are quick; shards as they are."""
    return np.asarray(array) if array.size <= LARGE and not meshes.in_shards(array) else array


def _mapped(slope: Any, new: Any) -> Any:
    return slope.mapped(new) if isinstance(slope, Picked) else new(slope)


def _sums(groups: list[list[Tensor]], slopes_of: Any, asked: _Asked) -> list[Tensor | Picked | None]:
    """For each group, the sum of the gradients that `slopes_of(asked)` gives by its members."""
    rest = iter(slopes_of(asked))
    parts = [[part for _ in group if (part := next(rest)) is not None] for group in groups]
    if any(0 < sum(isinstance(part, Picked) for part in group) < len(group) for group in parts):
        return _sums(groups, slopes_of, asked._replace(by_rows=False))
    return [_sum(group) for group in parts]


def _sum(parts: Sequence[Any]) -> Tensor | Picked | None:
    if parts and isinstance(parts[0], Picked):
        return Picked(*(list(itertools.chain(*same)) for same in zip(*parts, strict=True)))
    return sum(parts[1:], parts[0]) if parts else None


# ------------------------------------------------------------------------------------------- functions as operations


class Call(Operation):
    """What a function computes, as one operation on its inputs, the variables that it reads, and the run's number.

    Args:
        function: the function.
        phase: the values of its static inputs.
        outputs: which outputs; all of them if None.
        fronts: other tensors within the function, which it is given behind the variables.
        without: inputs and variables that it is not given, since it needs no more than `fronts`.
    """

    name = label = "call"

    def __init__(
        self,
        function: Function,
        phase: Sequence[Any],
        outputs: Sequence[Tensor] | None = None,
        fronts: Sequence[Tensor] = (),
        without: Container[Tensor] = (),
    ) -> None:
        plan = function.plan
        self._slots = [t for t in [*plan.fed, *plan.updated, *plan.read_only] if t not in without] + [*fronts]
        self._static = plan.given(phase)
        self._outputs = _outputs(function) if outputs is None else outputs
        self.random = plan.random

    def execute(self, node: Node, values: Values) -> tuple[Any, ...]:
        """The outputs; updates have happened when the function was called."""
        *inputs, number = node.args
        arrays = map(values, inputs)
        number = values.run_key if number is None else values(number)
        given = {**self._static, **dict(zip(self._slots, arrays, strict=True))}
        return tuple(Values(given, number, conditions=values.conditions).compute(self._outputs))


_calls: WeakKeyDictionary[Function, dict[tuple[bool, ...], Call]] = WeakKeyDictionary()


def called(function: Function, tensors: Sequence[Tensor], arrays: Sequence[Any] | None = None) -> list[Tensor]:
    """The outputs of a function for values, of which the tapes that record are told; or for symbolic tensors.

    Args:
        function: a function of a list of tensors, which gives a list of them.
        tensors: the values of its inputs.
        arrays: what they were, if they are variables that may have changed.

    Raises:
        NotImplementedError: it is called on symbolic tensors, and updates variables.
    """
    tapes = MODE.get().tapes
    if arrays is None:
        if MODE.get().graph or any(t._value is None for t in tensors):
            return _symbolic_call(function, tensors)
        arrays = [t._value for t in tensors]
    if not tapes:
        return _results(function, arrays)
    plan, number, division = function.plan, next_run(), _division(function)
    inputs = [*tensors, *plan.updated, *plan.read_only, Tensor(np.asarray(number))]
    telling = [tape for tape in tapes if isinstance(tape, Tape) and tape.depends_on(inputs)]
    before = [tuple(map(tape.stand_in, inputs)) for tape in telling]
    with numbered(number):
        results = _results(function, arrays)
    once: dict[Tensor, Tensor] = {}  # (an output that is there twice is one tensor)
    results = [once.setdefault(t, x) for t, x in zip(_outputs(function), results, strict=True)]
    for tape, (*args, numbering) in zip(telling, before, strict=True):
        args, rows = division.picked(args, numbering)
        for part in division.parts:
            fronts = [tape.stand_in(results[i]) for i in part.fronts]
            tape.note(part.call, (*args, *rows, *fronts, numbering), [results[i] for i in part.at])
    return results


def _results(function: Function, arrays: Sequence[Any]) -> list[Tensor]:
    return [Tensor(np.asarray(x) if isinstance(x, np.generic) else x) for x in function(list(arrays))]


class _Part(NamedTuple):
    """A call that gives some outputs of a function: those at `at`, of the inputs and of the outputs at `fronts`."""

    call: Call
    at: list[int]
    fronts: list[int]


class _Division(NamedTuple):
    """A function as several operations.

    Attributes:
        picked_from: the places among its inputs and variables of those from which it picks rows, and does nothing else.
        rows: for each pick, which place it is from, and the rows within the function.
        positions: the call that gives their positions.
        parts: what gives the outputs, of the other inputs and variables, and of the rows.
    """

    picked_from: list[int]
    rows: list[tuple[int, Tensor]]
    positions: Call
    parts: list[_Part]

    def picked(self, args: list[Tensor], numbering: Tensor) -> tuple[list[Tensor], list[Tensor]]:
        """The arguments without those from which rows are picked, and the rows."""
        if not self.rows:
            return args, []
        node = Node(self.positions, (*args, numbering))
        rows = []
        for i, (at, row) in enumerate(self.rows):
            assert row._node is not None
            position = row._node.args[1]
            position = Tensor.promise(node, i, position.shape, position.dtype, "value:0")
            rows.append(Tensor.promise(Node(row._node.op, (args[at], position)), 0, row.shape, row.dtype, "value:0"))
        return [arg for i, arg in enumerate(args) if i not in self.picked_from], rows


_divisions: WeakKeyDictionary[Function, dict[tuple[bool, ...], _Division]] = WeakKeyDictionary()


def _division(function: Function) -> _Division:
    """A function as calls of which each starts from the outputs of those before, and from rows that it picks.

    So there are gradients of an output by another one that it is computed from, and gradients by rows.
    """
    phase = _phase(function)
    made = _divisions.setdefault(function, {})
    if phase not in made:
        outputs = _outputs(function)
        slots = [*function.plan.fed, *function.plan.updated, *function.plan.read_only]
        picks = picks_of(outputs, [*function.plan.fed, *function.plan.read_only])
        rows = [(slots.index(tensor), row) for tensor, group in picks.items() for row in group]
        positions = Call(function, phase, [row._node.args[1] for _, row in rows])  # type: ignore[union-attr]
        parts: list[_Part] = []
        fronts: list[int] = []
        for level in map(set, levels(outputs)):
            at = [i for i, t in enumerate(outputs) if t in level]
            given = [*(row for _, row in rows), *(outputs[i] for i in fronts)]
            parts.append(_Part(Call(function, phase, [outputs[i] for i in at], given, picks), at, fronts))
            fronts = [*fronts, *(i for i in at if outputs[i].dtype.is_floating or outputs[i].dtype.is_complex)]
        made.setdefault(phase, _Division([slots.index(tensor) for tensor in picks], rows, positions, parts))
    return made[phase]


def _call(function: Function) -> Call:
    """The operation that calls a function in the phase of now, the same one each time."""
    phase = _phase(function)
    made = _calls.setdefault(function, {})
    return made.get(phase) or made.setdefault(phase, Call(function, phase))


def _outputs(function: Function) -> list[Tensor]:
    return [t for t in function.outputs if isinstance(t, Tensor)]


def _phase(function: Function) -> tuple[bool, ...]:
    return tuple(bool(t._default()) for t in function.plan.static)  # type: ignore[misc]


def _symbolic_call(function: Function, tensors: Sequence[Tensor]) -> list[Tensor]:
    plan, call = function.plan, _call(function)
    if plan.updated:
        raise NotImplementedError(
            f"{function}: it updates variables, and can't be part of another function; call the Python function there"
        )
    node = Node(call, (*tensors, *plan.read_only, None))
    return outputs_of(node, [(t.shape, t.dtype) for t in _outputs(function)])
