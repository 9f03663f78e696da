"""Running a function: compiled for each learning phase and each combination of shapes, or operation by operation.

The nodes between inputs and outputs become one pure function
`(variables, values, fed values, number of the run) -> (outputs, new values of variables)`.

A run that fails or is interrupted changes nothing: the old arrays of variables stay as they are (their buffers are not
donated to XLA), outputs are fetched and conditions looked at first, and all variables take over their new arrays in one
step (`kjax.core.variable.take_over`).
"""

from __future__ import annotations

import functools
import itertools
import operator
import sys
import warnings
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from types import FrameType
from typing import Any

import numpy as np

from kjax.core.graph import Values, is_of_library
from kjax.core.plan import Plan
from kjax.core.sharding import Placing
from kjax.core.tiers import Program, Tiers
from kjax.core.variable import Variable, on_device, take_over, updating
from kjax.core.wording import ByOperationError, TracedError, is_jax_signal
from kjax.machine import forks, processes
from kjax.machine.callbacks import Callbacks
from kjax.machine.checks import is_compiling
from kjax.machine.device import put
from kjax.machine.errors import explained
from kjax.machine.scopes import own, restore, scope

_shape = operator.attrgetter("shape")
_runs = itertools.count(1)
_numbered: ContextVar[np.uint64 | None] = ContextVar("kjax_numbered", default=None)


def restart_runs(first: int = 1) -> None:
    """Let the numbers of runs, from which random numbers derive, count from the start again, or from `first`."""
    global _runs
    _runs = itertools.count(first)


def coming_run() -> int:
    """The number that the next run will have."""
    number = next(_runs)
    restart_runs(number)
    return number


def next_run() -> np.uint64:
    """The number of a new run."""
    number = _numbered.get()
    return np.uint64(next(_runs)) if number is None else number


def numbered(number: np.uint64) -> AbstractContextManager[Any]:
    """A `with` block in which runs have this number, so that they draw the same random numbers again."""
    return scope(_numbered, number)


class NotCompiledWarning(RuntimeWarning):
    """A function's shapes depend on data, so that it runs operation by operation, more slowly."""

    __module__ = "kjax"


def _reading() -> Callable[[Variable], Any]:
    """A way to read variables for programs, which moves to the device what they are given more than once.

    After each step of training small variables hold parts of one array (`kjax.core.packing`). To copy one of them with
    the arguments of a single run costs less.
    """
    parts: dict[Variable, Any] = {}  # those that were read once

    def read(variable: Variable) -> Any:
        value = variable._value
        if type(value) is np.ndarray and value.base is not None and parts.get(variable) is not value:
            parts[variable] = value
            return value
        return on_device(variable)

    return read


def variant(
    plan: Plan,
    phase: Sequence[Any] | None,
    shown: str,
    fetch: Callable[[Any], Any] = np.array,
    compiled_only: bool = False,
    placing: Placing | None = None,
) -> Callable[[list[Any]], list[Any]]:
    """The function from fed arrays to outputs in one learning phase.

    Args:
        plan: what to compute.
        phase: the values of its static placeholders.
        shown: names the function in a warning.
        fetch: what becomes of the outputs, which are arrays of JAX.
        compiled_only: whether what can't be compiled is an error, rather than run operation by operation.
        placing: where what it is computed from is, if on several devices.
    """
    import jax

    updated, variables = plan.updated, [*plan.updated, *plan.read_only]
    callbacks = Callbacks()
    tiers = Tiers(plan, plan.given(phase), callbacks, placing)
    wanted = tiers.whole.outputs
    none_at = [i for i, t in enumerate(plan.outputs) if t is None]
    scalar_at = [i for i, t in enumerate(wanted) if not t.shape.rank]
    read, form = (_reading(), _shape) if placing is None else (placing.read, placing.form)
    constants = [put(t._value) for t in (*plan.large, *plan.seeds)] if placing is None else placing.constants
    if placing is not None:
        scalar_at = [] if placing.keeps_outputs(fetch) else scalar_at
        fetch = placing.fetch(fetch)
    together = placing is not None and processes.are_several()
    random, bare = plan.random, not variables and not constants and not plan.random
    as_they_are = not scalar_at and not none_at
    count, x64, take_over_all = len(wanted), jax.enable_x64, functools.partial(take_over, updated)
    by_operation: Program | None = None  # once it is known that the function can't be compiled
    last: tuple[Any, Any] = (None, None)  # shapes and their program: as a rule the next call has the same shapes

    def run(arrays: list[Any], program: Program) -> list[Any]:
        """The outputs as new NumPy arrays; the variables have their new values."""
        packing, changed = program.packing, len(updated)
        if bare:
            out = program.run(*arrays)
        else:
            if packing is None:
                old = [*[read(v) for v in variables], *constants, *arrays]
            else:
                changed = len(packing.loose) + packing.arguments
                old = [*packing.read(), *[read(v) for v in (*packing.loose, *plan.read_only)], *constants, *arrays]
            if random:
                old.append(next_run())
            out = program.run(*old)
        if together:  # (the next program could exchange data while this one does, in another order than elsewhere)
            jax.block_until_ready(out)  # type: ignore[no-untyped-call]
        # Fetching waits for the program, and raises what went wrong in it.
        results = list(map(fetch, out[:count]))
        if not count:
            if is_compiling():
                raise TracedError
            # (Else a caller could change an array that is still being read.)
            jax.block_until_ready(out)  # type: ignore[no-untyped-call]
        if callbacks.used:
            callbacks.finish()
        for conditions, errors in zip(out[count + changed :], filter(None, program.errors), strict=True):
            for holds, broken in zip(np.asarray(conditions), errors, strict=True):
                if not holds:
                    raise type(broken)(*broken.args)
        if updated:
            (take_over_all if packing is None else packing.take_over)(out[count : count + changed])
        return results

    def call(arrays: list[Any]) -> list[Any]:
        nonlocal by_operation, last
        # (This way has few calls on purpose: each costs a twentieth of a microsecond and more.)
        program = by_operation
        if program is None:
            key = tuple(map(form, arrays))
            known, program = last
            if key == known and program.runs < program.enough:
                program.runs += 1
            else:
                program = tiers.program(key, arrays)
                last = (None if program is None else key), program
        if program is None or forks.forked:
            return run_once(plan, phase, arrays)
        wide = own(x64)
        try:
            # (Written out, since a block of our own takes microseconds.)
            if updated:
                with updating, x64(True):
                    results = run(arrays, program)
            else:
                with x64(True):
                    results = run(arrays, program)
        except BaseException as error:
            restore(x64, wide)
            if not isinstance(error, Exception):
                raise
            if is_compiling():  # a program is being traced, which calls this function
                raise TracedError from None
            if isinstance(error, ByOperationError) and error.once:
                return run_once(plan, phase, arrays)
            if program is by_operation or compiled_only or not is_jax_signal(error):
                if processes.is_loss(error):
                    raise processes.lost(error) from None
                if isinstance(error, jax.errors.JaxRuntimeError):
                    raise explained(error, "function()") from None
                raise
            _warn_not_compiled(shown, error)
            by_operation = Program(tiers.whole, tiers.whole)
            return call(arrays)
        if as_they_are:
            return results
        for i in scalar_at:
            results[i] = results[i][()]  # (where there are dims after all, the same array)
        for i in none_at:
            results.insert(i, None)
        return results

    return call if placing is None else placing.around(call)


def run_once(plan: Plan, phase: Any, feeds: list[Any], number: Any = None) -> list[Any]:
    """The outputs, operation by operation; the variables have their new values.

    Without a number, the run gets one if it draws, as a compiled one does: how others run changes no random numbers.
    """
    if number is None and plan.random:
        number = next_run()
    with updating if plan.updated else nullcontext():
        results, values = op_by_op(plan, phase, feeds, number)
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
    warn_not_compiled(
        f"{shown} can't be compiled, and runs operation by operation: {which} needs the values of an array where "
        "XLA knows only its shape (a shape, a size or an axis that depends on data). Feed that as a Python number when "
        "the graph is built, or take it from K.shape, to have the function compiled."
    )


def warn_not_compiled(text: str) -> None:
    """Give a `NotCompiledWarning` for the line of the program that got us here."""
    frame: FrameType | None = sys._getframe(1)
    level = 2
    while frame is not None and is_of_library(frame):
        frame, level = frame.f_back, level + 1
    warnings.warn(text, NotCompiledWarning, stacklevel=level)
