"""The programs of a function: one for each combination of shapes, compiled with as much effort as its runs are worth.

The first shapes get a program that runs fast. As a rule they come again and again. A function that differentiates is
large: it is compiled with less effort at first, and with all of it when it has run for long. Other shapes than the
first may come once, as those of batches that are padded to their longest sequence do: their first runs use a program
that compiles in a quarter of the time. It is made of two. What does not depend on the fed shapes at the end of the
graph (an optimizer's part of a training step) is compiled once for all of them. Shapes that come often get a program
that runs fast after all.
"""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kjax.core.graph import SEEDS, Node, Values, naming_nodes
from kjax.core.packing import Packing, packing
from kjax.core.placement import LARGE
from kjax.core.plan import Plan
from kjax.core.sharding import Placing
from kjax.core.tensor import Tensor
from kjax.machine.callbacks import Callbacks
from kjax.machine.checks import Conditions
from kjax.machine.compiler import EFFORT, Effort, Programs, compiled, has_efforts
from kjax.machine.scopes import scope

# Programs that a function keeps, each for other shapes of what it is fed.
_KEPT = 64
# With more programs than this, a new one is computed once in NumPy, if that can be, before it is compiled.
_VARYING = 8
# Runs with a program of the least effort, at most: fewer where they compute more than `_ELEMENTS` in all. (A run loses
# about 4 ns for each element of the results of nodes; compiling a model well takes about a second. So a small model's
# evaluation in a few batches is over before that pays.) With less effort than all it loses a fraction of a nanosecond.
_QUICK_RUNS, _ELEMENTS, _MANY_ELEMENTS = 32, 1 << 28, 1 << 33
# Nodes that are worth a program of their own.
_WORTH_SPLITTING = 8


class Computation:
    """Nodes of a plan as a pure function: arrays in the order of `slots` to outputs, and new values of variables.

    Attributes:
        plan, static: what it is a part of, and the values of placeholders for which it is compiled.
        slots: the tensors whose values are given; behind them comes the number of the run, where one is needed.
        targets, outputs, updated: what is computed, and what of it is given back.
        name, doubles, anew: as in `Plan`.
        errors: those of the conditions that the function states, in their order, once it is traced. Whether they hold
            is an array behind the new values, unless there are none.
        elements: how many elements the results of all nodes have, once it is traced.
    """

    def __init__(
        self,
        plan: Plan,
        static: dict[Tensor, Any],
        slots: Sequence[Tensor],
        callbacks: Callbacks,
        placing: Placing | None = None,
        packing: Packing | None = None,
        **what: Any,
    ) -> None:
        self.plan, self.static, self._random, self._callbacks = plan, static, plan.random, callbacks
        self._placing, self._packing = placing, packing
        self.slots = slots
        self.targets: Sequence[Tensor] = what["targets"]
        whole = self.targets is plan.targets
        self._compute = plan.compute if whole else lambda values: values.compute(self.targets)
        self.outputs: Sequence[Tensor] = what["outputs"]
        self.updated: Sequence[Tensor] = what["updated"]
        self.name, self.doubles, self.anew = plan.name, plan.doubles, plan.anew
        self.errors: list[Exception] = []
        self.elements = 0

    def __call__(self, *arrays: Any) -> tuple[Any, ...]:
        """Outputs, new values, and an array that tells which conditions hold."""
        import jax

        conditions: Conditions = []
        packing = self._packing
        count = 0 if packing is None else packing.arguments
        given = {**self.static, **dict(zip(self.slots, arrays[count:], strict=False))}
        if packing is not None:
            given |= packing.given(arrays[:count])
        values = Values(given, arrays[-1] if self._random else None, conditions=conditions)
        seeds = [given[t] for t in self.plan.seeds if t in given]
        with (
            self._callbacks.collecting(),
            naming_nodes(jax.named_scope),
            scope(SEEDS, dict(zip(self.plan.seeded, *seeds, strict=True)) if seeds else {}),
        ):
            packed = [] if packing is None else packing.compute(values, arrays[:count])
            self._compute(values)
        outputs, new = [values(t) for t in self.outputs], [values.updated[v] for v in self.updated]
        new += packed
        if self._placing is not None:
            new = self._placing.new(self.updated, new)
        self.errors[:] = [error for _, error in conditions]
        self.elements = sum(np.size(array) for results in values.results.values() for array in results)
        hold = [jax.numpy.stack([condition for condition, _ in conditions])] if conditions else []
        if self._placing is not None:
            outputs, hold = self._placing.outputs(outputs), self._placing.outputs(hold)
        return (*outputs, *new, *hold)


class Program:
    """A computation that is compiled when it first runs.

    Attributes:
        run: from arrays to outputs, new values of variables, and an array for each of `errors`.
        errors: those of the conditions in each of these arrays; of a part that states none there is no array.
        effort: that of the compiler.
        packing: which variables it is given, and gives back, packed together; None if each by itself.
        runs: how often it was asked for.
        enough: the number of runs after which another one, that runs faster, is worth its time of compiling; 0 as long
            as that is not known.
    """

    __slots__ = ("_parts", "effort", "enough", "errors", "packing", "run", "runs")

    def __init__(
        self, run: Callable[..., Any], *parts: Computation, effort: Effort = "full", packing: Packing | None = None
    ) -> None:
        self.run, self._parts, self.effort, self.packing = run, parts, effort, packing
        self.errors, self.runs = [part.errors for part in parts], 0
        self.enough = sys.maxsize if effort == "full" else 0

    @property
    def is_outgrown(self) -> bool:
        """Whether another that runs faster is worth its time of compiling."""
        elements = sum(part.elements for part in self._parts)
        if not self.enough and elements:
            if self.effort == "less":
                self.enough = max(_QUICK_RUNS, _MANY_ELEMENTS // elements)
            else:
                self.enough = min(_QUICK_RUNS, max(1, _ELEMENTS // elements))
        return bool(self.enough) and self.runs >= self.enough


class Tiers:
    """The programs of one plan in one learning phase, and with one placing of its arguments."""

    def __init__(
        self, plan: Plan, static: dict[Tensor, Any], callbacks: Callbacks, placing: Placing | None = None
    ) -> None:
        self._plan, self._static, self._callbacks, self._placing = plan, static, callbacks, placing
        seeds = plan.seeds if placing is None else []
        self._slots = [*plan.updated, *plan.read_only, *plan.large, *seeds, *plan.fed]
        wanted = [t for t in plan.outputs if t is not None]
        self.whole = self._computation(self._slots, targets=plan.targets, outputs=wanted, updated=plan.updated)
        self._programs: Programs[Program] = Programs(_KEPT)
        self._packed: tuple[Computation, Packing | None] | None = None  # the whole, with small variables packed
        self._in_numpy: set[Any] = set()  # shapes that were computed there
        self._parts: tuple[Computation, Computation] | None = None
        self._end: Program | None = None  # of the nodes that shapes don't matter to

    def program(self, key: tuple[Any, ...], arrays: list[Any]) -> Program | None:
        """The program for arrays of the shapes `key`; None if they are better computed in NumPy."""
        found = self._programs.find(key)
        if found is None:
            varying = self._plan.numpy and self._placing is None and len(self._programs) > _VARYING
            if varying and key not in self._in_numpy and sum([a.size for a in arrays]) <= LARGE:
                if len(self._in_numpy) > 100 * _KEPT:
                    self._in_numpy.clear()
                self._in_numpy.add(key)
                return None
            found = self._programs.add(
                key, self._quick(arrays) if len(self._programs) else self._better("least", arrays)
            )
        elif found.is_outgrown:
            found = self._programs.replace(key, self._better(found.effort, arrays))
        found.runs += 1
        return found

    def _computation(self, slots: Sequence[Tensor], **what: Any) -> Computation:
        return Computation(self._plan, self._static, slots, self._callbacks, placing=self._placing, **what)

    def _jit(self, computation: Computation, effort: Effort, arrays: Sequence[Any]) -> Callable[..., Any]:
        """A computation from all slots, compiled for the arrays that are fed."""
        if self._placing is None:
            return _jitted(computation, effort)
        return _jitted(computation, effort, in_shardings=self._placing.shardings(self._plan, arrays))

    def _compiled(self, effort: Effort, arrays: Sequence[Any]) -> Program:
        if self._packed is None:
            self._packed = self._pack()
        whole, packing = self._packed
        return Program(self._jit(whole, effort, arrays), whole, effort=effort, packing=packing)

    def _pack(self) -> tuple[Computation, Packing | None]:
        """The whole for programs that are given small variables packed together, where there are enough of them."""
        found = None if self._placing is not None else packing(self._plan)
        if found is None:
            return self.whole, None
        slots = [*found.loose, *self._slots[len(self._plan.updated) :]]
        what = {"targets": self._plan.targets, "outputs": self.whole.outputs, "updated": found.loose}
        return self._computation(slots, packing=found, **what), found

    def _better(self, effort: Effort, arrays: Sequence[Any]) -> Program:
        """A program that takes more effort than that to compile."""
        moderate = effort == "least" and self._plan.differentiates and has_efforts()
        return self._compiled("less" if moderate else "full", arrays)

    def _quick(self, arrays: Sequence[Any]) -> Program:
        """A program that compiles quickly, where there is a way."""
        if not has_efforts():
            return self._compiled("full", arrays)
        if self._plan.accumulation is not None:
            return self._compiled("least", arrays)
        if self._parts is None:
            self._parts = self._split()
        beginning, end = self._parts
        if not end.targets:
            return self._compiled("least", arrays)
        begin = self._jit(beginning, "least", arrays)
        # Where each value is: among what is given, among the results of the beginning, and behind these of the end.
        slot, first = _places(self._slots), len(beginning.outputs) + len(beginning.updated)
        begun_at, new_at = _places(beginning.outputs), _places(beginning.updated, len(beginning.outputs))
        given = [slot[t] for t in end.slots if t in slot]
        handed_on = [begun_at[t] for t in end.slots if t not in slot]
        outputs_at = begun_at | _places(end.outputs, first)
        new_at |= _places(end.updated, first + len(end.outputs))
        order = [*(outputs_at[t] for t in self.whole.outputs), *(new_at[v] for v in self.whole.updated)]
        second = len(end.outputs) + len(end.updated)

        def run(*arrays: Any) -> tuple[Any, ...]:
            begun = begin(*arrays)
            ended = self._ending(end).run(*[arrays[i] for i in given], *[begun[i] for i in handed_on])
            results = (*begun[:first], *ended[:second])
            return (*[results[i] for i in order], *begun[first:], *ended[second:])

        return Program(run, beginning, end, effort="least")

    def _ending(self, end: Computation) -> Program:
        """The program of the end, which all quick programs share."""
        if self._end is None:
            self._end = _compiled(end, "least")
        elif self._end.is_outgrown:
            self._end = _compiled(end)
        self._end.runs += 1
        return self._end

    def _split(self) -> tuple[Computation, Computation]:
        """The nodes in two parts: those that shapes may matter to, and those behind them."""
        plan, slots = self._plan, set(self._slots)
        late = _late_nodes(plan)
        if len(late) < _WORTH_SPLITTING:
            late.clear()

        def is_late(tensor: Tensor) -> bool:
            return tensor._node in late and tensor not in slots

        inputs = dict.fromkeys(t for node in plan.nodes if node in late for t in node.inputs if not is_late(t))
        given = [t for t in inputs if t in slots]
        handed_on = [t for t in inputs if t not in slots and t._node is not None]
        late_updated = {node.op.updates for node in late}
        beginning = self._computation(
            self._slots,
            targets=[*(t for t in plan.targets if not is_late(t)), *handed_on],
            outputs=list(dict.fromkeys([*(t for t in self.whole.outputs if not is_late(t)), *handed_on])),
            updated=[v for v in plan.updated if v not in late_updated],
        )
        end = self._computation(
            [*given, *handed_on],
            targets=[t for t in plan.targets if is_late(t)],
            outputs=[t for t in self.whole.outputs if is_late(t)],
            updated=[v for v in plan.updated if v in late_updated],
        )
        return beginning, end


def _places(tensors: Sequence[Tensor], start: int = 0) -> dict[Tensor, int]:
    """Each tensor's place, counted from `start`."""
    return {tensor: i for i, tensor in enumerate(tensors, start)}


def _late_nodes(plan: Plan) -> set[Node]:
    """The nodes at the end of the graph whose shapes are known: new shapes of what is fed leave them as they are."""
    updated = Counter(node.op.updates for node in plan.nodes)
    early = {t._node for t in plan.targets if not t.shape.is_fully_defined()}
    late = set()
    for node in reversed(plan.nodes):
        op = node.op
        simple = updated[op.updates] == 1 if op.updates is not None else op.elementary and not op.random
        if simple and node not in early and all(t.shape.is_fully_defined() for t in node.inputs):
            late.add(node)
        else:
            early.update(t._node for t in node.inputs)
            early.update(op.inner)
    return late


def _compiled(computation: Computation, effort: Effort = "full") -> Program:
    return Program(_jitted(computation, effort), computation, effort=effort)


def _jitted(computation: Computation, effort: Effort, **how: Any) -> Callable[..., Any]:
    # (JAX forgets a program with the function that it was made of: so each has its own.)
    def function(*arrays: Any) -> Any:
        with scope(EFFORT, effort):
            return computation(*arrays)

    function.__name__ = computation.name  # which profiles show
    return compiled(function, effort=effort, doubles=computation.doubles, anew=computation.anew, of=computation, **how)
