"""Running a function: compiled for each learning phase and each combination of shapes, or operation by operation.

The nodes between inputs and outputs become one pure function
`(variables, values, fed values, number of the run) -> (outputs, new values of variables)`.

A run that fails or is interrupted changes nothing: the old arrays of variables stay as they are (their buffers are not
donated to XLA), outputs are fetched and conditions looked at first, and all variables take over their new arrays in one
step (`kjax.core.variable.take_over`).
"""

from __future__ import annotations

import itertools
import operator
import warnings
from collections.abc import Callable, Iterable, Sequence
from contextlib import nullcontext
from typing import Any

import numpy as np

from kjax.core.graph import Values, leaves, reachable
from kjax.core.placement import LARGE
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable, on_device, take_over, updating
from kjax.core.wording import is_jax_signal
from kjax.machine import forks
from kjax.machine.callbacks import Callbacks
from kjax.machine.checks import Conditions
from kjax.machine.compiler import Programs, compiled
from kjax.machine.errors import explained
from kjax.machine.scopes import restore_types, wide_types

# Programs that a function keeps, each for other shapes of what it is fed.
_KEPT = 64
# With more programs than this, shapes vary: a new one is computed once in NumPy, if that can be, before it is compiled.
_VARYING = 8

# Values of more elements than this are handed to the compiled function rather than written into it.
_EMBEDDED = 1024

_shape = operator.attrgetter("shape")
_runs = itertools.count(1)


def restart_runs() -> None:
    """Let the numbers of runs, from which random numbers derive, count from the start again."""
    global _runs
    _runs = itertools.count(1)


def next_run() -> np.uint64:
    """The number of a new run."""
    return np.uint64(next(_runs))


class NotCompiledWarning(RuntimeWarning):
    """A function's shapes depend on data, so that it runs operation by operation, more slowly."""

    __module__ = "kjax"


class Plan:
    """The outputs of a function, and the tensors they are computed from.

    Attributes:
        outputs: the tensors to give back, with None for no output.
        targets: all tensors to compute: outputs, updates, and others.
        nodes: the nodes to run, each after those it needs.
        updated, read_only: the variables that get new values, and the others.
        static: the placeholders for each of whose values the function is compiled.
        fed: the other placeholders, in the order of their values.
        random: whether random numbers are drawn.
    """

    def __init__(self, outputs: Sequence[Tensor | None], targets: Sequence[Tensor], fed: Iterable[Tensor]) -> None:
        fed = list(fed)
        given = set(fed)

        def knows(tensor: Tensor) -> bool:
            return tensor in given or tensor._node is None

        self.outputs, self.targets = outputs, targets
        self.nodes = reachable(targets, knows)
        below = leaves(targets, knows)
        self.updated: list[Any] = list(dict.fromkeys(n.op.updates for n in self.nodes if n.op.updates is not None))
        variables = [t for t in below if isinstance(t, Variable) and t not in given]
        self.read_only = [v for v in variables if v not in set(self.updated)]
        # Large values go in as arguments; JAX would otherwise fold them into the program.
        self.large = [t for t in below if type(t) is Tensor and t._value is not None and t._value.size > _EMBEDDED]
        self.static = [t for t in dict.fromkeys([*below, *fed]) if t._static]
        self.fed = [t for t in fed if not t._static]
        self.random = any(node.op.random for node in self.nodes)
        self.numpy = not self.random and all(node.op.numpy for node in self.nodes)

    def given(self, phase: Sequence[Any] | None) -> dict[Tensor, Any]:
        """The values of the static placeholders."""
        return dict(zip(self.static, map(np.asarray, phase or ()), strict=True))


def variant(plan: Plan, phase: Sequence[Any] | None, shown: str) -> Callable[[list[Any]], list[Any]]:
    """The function from fed arrays to outputs in one learning phase; `shown` names it in a warning."""
    import jax

    static = plan.given(phase)
    updated, variables = plan.updated, [*plan.updated, *plan.read_only]
    slots = [*variables, *plan.large, *plan.fed]
    wanted = [t for t in plan.outputs if t is not None]
    none_at = [i for i, t in enumerate(plan.outputs) if t is None]
    scalar_at = [i for i, t in enumerate(wanted) if not t.shape.rank]
    errors: list[Exception] = []  # of the conditions which the function states, in their order
    callbacks = Callbacks()

    def compute(*arrays: Any) -> tuple[Any, ...]:
        """All arrays, in the order of `slots`, to outputs, new values of variables, and whether conditions hold."""
        conditions: Conditions = []
        given = {**static, **dict(zip(slots, arrays, strict=False))}
        values = Values(given, arrays[-1] if plan.random else None, conditions=conditions)
        with callbacks.collecting():
            values.compute(plan.targets)
        outputs, new = [values(t) for t in wanted], [values.updated[v] for v in updated]
        errors[:] = [error for _, error in conditions]
        hold = [jax.numpy.stack([condition for condition, _ in conditions])] if conditions else []
        return (*outputs, *new, *hold)

    with wide_types(jax):
        constants = [jax.device_put(t._value) for t in plan.large]
    random, bare = plan.random, not variables and not constants and not plan.random
    as_they_are = not scalar_at and not none_at
    count, everything, to_numpy, x64 = len(wanted), len(wanted) + len(updated), np.array, jax.enable_x64
    config: Any = jax.config
    programs: Programs[Callable[..., Any]] = Programs(_KEPT)
    uncompiled = False
    met: set[Any] = set()  # shapes computed in NumPy
    last: tuple[Any, Any] = (None, None)  # shapes and their program: as a rule the next call has the same shapes

    def program(key: tuple[Any, ...], arrays: list[Any]) -> Callable[..., Any] | None:
        """The program for arrays of the shapes `key`; None if they are better computed in NumPy."""
        nonlocal last
        found = programs.find(key)
        if found is None:
            if plan.numpy and key not in met and len(programs) > _VARYING and sum([a.size for a in arrays]) <= LARGE:
                if len(met) > 100 * _KEPT:
                    met.clear()
                met.add(key)
                return None
            # (JAX forgets a program with the function that it was made of: so each has its own.)
            found = programs.add(key, compiled(lambda *arrays: compute(*arrays)))
        last = key, found
        return found

    def run(arrays: list[Any], run_all: Callable[..., Any]) -> list[Any]:
        """The outputs as new NumPy arrays; the variables have their new values."""
        if bare:
            out = run_all(*arrays)
        else:
            old = [*[on_device(v) for v in variables], *constants, *arrays]
            if random:
                old.append(next_run())
            out = run_all(*old)
        # Fetching waits for the program, and raises what went wrong in it.
        results = list(map(to_numpy, out[:count]))
        if not count:
            # (Else a caller could change an array that is still being read.)
            jax.block_until_ready(out)  # type: ignore[no-untyped-call]
        if callbacks.used:
            callbacks.finish()
        for conditions in out[everything:]:
            for holds, broken in zip(to_numpy(conditions), errors, strict=True):
                if not holds:
                    raise type(broken)(*broken.args)
        if updated:
            take_over(updated, out[count:everything])
        return results

    def call(arrays: list[Any]) -> list[Any]:
        nonlocal uncompiled
        # (This way has few calls on purpose: each costs a twentieth of a microsecond and more.)
        if uncompiled:
            run_all = compute
        else:
            key = tuple(map(_shape, arrays))
            known, run_all = last
            if key != known:
                run_all = program(key, arrays)
        if run_all is None or forks.forked:
            return run_once(plan, phase, arrays)
        wide = config.jax_enable_x64
        try:
            # (Written out, since a block of our own takes microseconds.)
            if updated:
                with updating, x64(True):
                    results = run(arrays, run_all)
            else:
                with x64(True):
                    results = run(arrays, run_all)
        except BaseException as error:
            restore_types(jax, wide)
            if not isinstance(error, Exception):
                raise
            if uncompiled or not is_jax_signal(error):
                if isinstance(error, jax.errors.JaxRuntimeError):
                    raise explained(error, "function()") from None
                raise
            _warn_not_compiled(shown, error)
            uncompiled = True
            return call(arrays)
        if as_they_are:
            return results
        for i in scalar_at:
            results[i] = results[i][()]  # (where there are dims after all, the same array)
        for i in none_at:
            results.insert(i, None)
        return results

    return call


def run_once(plan: Plan, phase: Any, feeds: list[Any]) -> list[Any]:
    """The outputs, operation by operation; the variables have their new values."""
    with updating if plan.updated else nullcontext():
        results, values = op_by_op(plan, phase, feeds, next_run())
        take_over(plan.updated, [values.updated[variable] for variable in plan.updated])
    return results


def op_by_op(plan: Plan, phase: Any, feeds: list[Any], number: Any = None) -> tuple[list[Any], Values]:
    """The outputs, operation by operation, and all values computed; `number` counts runs."""
    given = {**plan.given(phase), **dict(zip(plan.fed, feeds, strict=True))}
    if forks.forked:  # arrays of JAX can be read there, and no more
        given.update((t, np.asarray(t._value)) for t in [*plan.updated, *plan.read_only, *plan.large])
    values = Values(given, number)
    callbacks = Callbacks()
    with callbacks.collecting():
        values.compute(plan.targets)
    results = [None if t is None else _result(values(t)) for t in plan.outputs]
    callbacks.finish()
    return results, values


def _result(value: Any) -> Any:
    """A new NumPy array, a NumPy scalar where there are no dims."""
    array = np.array(value)
    return array if array.ndim else array[()]


def _warn_not_compiled(shown: str, error: Exception) -> None:
    node = getattr(error, "kjax_node", None)
    which = f"{node.op.name}()" if node is not None else "an operation"
    warnings.warn(
        f"{shown} can't be compiled, and runs operation by operation: {which} needs the values of an array where "
        "XLA knows only its shape (a shape, a size or an axis that depends on data). Feed that as a Python number when "
        "the graph is built, or take it from K.shape, to have the function compiled.",
        NotCompiledWarning,
        stacklevel=4,
    )
