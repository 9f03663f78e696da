"""`kjax run --explain-compile`: which line of the program had something compiled, why, and how long that took.

A program is compiled at the first call of a function, and again for arrays of other shapes. JAX itself tells how long
it traces and compiles.
"""

from __future__ import annotations

import os
import sys
import threading
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from kjax.command import reports
from kjax.command.reports import Place, Printer
from kjax.core.graph import count_as_library, line_of_program
from kjax.machine import compiler
from kjax.machine.imports import when_imported

_TRACED = ("/jax/core/compile/jaxpr_trace_duration", "/jax/core/compile/jaxpr_to_mlir_module_duration")
_COMPILED = "/jax/core/compile/backend_compile_duration"
_FROM_CACHE = "/jax/compilation_cache/cache_hits"


class Times(threading.local):
    """What JAX has told of its compilations in this thread.

    Attributes:
        traced, compiled: seconds.
        programs, from_cache: how many were compiled, and how many of these found in the cache.
    """

    def __init__(self) -> None:
        self.traced = self.compiled = 0.0
        self.programs = self.from_cache = 0

    def now(self) -> tuple[float, float, int, int]:
        """All of them."""
        return self.traced, self.compiled, self.programs, self.from_cache


times = Times()


def listen(told: Callable[[], None] = lambda: None) -> None:
    """Let JAX tell `times` what it does as soon as it is imported, and call `told` after each program."""

    def on_duration(event: str, duration_secs: float, **about: Any) -> None:
        if event in _TRACED:
            times.traced += duration_secs
        elif event == _COMPILED:
            times.compiled += duration_secs
            times.programs += 1
            told()

    def on_event(event: str, **about: Any) -> None:
        times.from_cache += event == _FROM_CACHE

    def register() -> None:
        import jax

        count_as_library(os.path.dirname(jax.__file__) + os.sep)
        jax.monitoring.register_event_duration_secs_listener(on_duration)
        jax.monitoring.register_event_listener(on_event)

    when_imported("jax", register)


# ------------------------------------------------------------------------------------------------------ the explanation


class _Form(NamedTuple):
    """What a program was compiled for: the learning phase, and shapes by the names of arguments.

    `of_function` is set for a part of a function that is fed something; the end of its graph may be another part.
    """

    phase: Any
    shapes: dict[str, str]
    of_function: bool


class _Thread(threading.local):
    """How many programs run one within another in this thread, and what of `times` is counted for a line."""

    def __init__(self) -> None:
        self.depth = 0
        self.counted: tuple[float, float, int, int] = (0.0, 0.0, 0, 0)


class Explanation:
    """Explains each compilation when it happens, and sums them up at the end."""

    def __init__(self, printer: Printer) -> None:
        self._printer = printer
        self._thread = _Thread()
        self._before: WeakKeyDictionary[Any, list[_Form]] = WeakKeyDictionary()
        self._spent: dict[Place | None, list[float]] = defaultdict(lambda: [0.0, 0.0, 0, 0])

    def start(self) -> None:
        """Watch what is compiled from now on."""
        compiler.watch = self._watched
        listen(self._told)
        self._printer.at_exit(self._summary)

    def _watched(self, program: Callable[..., Any], of: Any, effort: str) -> Callable[..., Any]:
        return _Watched(self, program, of)

    def call(self, watched: _Watched, args: Sequence[Any]) -> Any:
        """Run a program, and explain it if it was compiled for that."""
        self._thread.depth += 1
        try:
            return watched.program(*args)
        finally:
            self._thread.depth -= 1
            if times.programs > self._thread.counted[2]:
                place, form, spent = line_of_program(), _form(watched, args), self._taken()
                self._add(place, spent)
                self._explain(place, f"{watched.name}{_listed(form.shapes)}", self._reason(watched, form), spent)

    def _told(self) -> None:
        """Count a program that is none of kjax's."""
        if not self._thread.depth:
            self._add(line_of_program(), self._taken())

    def _taken(self) -> list[float]:
        """What has come to `times` that was not yet counted for a line."""
        now, before = times.now(), self._thread.counted
        self._thread.counted = now
        return [a - b for a, b in zip(now, before, strict=True)]

    def _add(self, place: Place | None, spent: list[float]) -> None:
        self._spent[place] = [a + b for a, b in zip(self._spent[place], spent, strict=True)]

    def _reason(self, watched: _Watched, form: _Form) -> str:
        """Why: compared with the last program of the same function."""
        forms = self._before.setdefault(watched.of.plan if form.of_function else watched.of, [])
        earlier = [*forms]
        forms.append(form)
        if not earlier:
            return "its first call"
        if all(other.phase != form.phase for other in earlier):
            return "its first call in another learning phase"
        if any(other.shapes == form.shapes for other in earlier):
            return "it runs often, and is worth more effort"
        last = earlier[-1].shapes
        changed = [
            f"{name} was {last[name]}" for name in form.shapes if name in last and last[name] != form.shapes[name]
        ]
        return f"new shapes ({', '.join(changed)})" if changed else "new arguments"

    def _explain(self, place: Place | None, what: str, why: str, spent: list[float]) -> None:
        cached = ", found in the cache" if spent[3] >= spent[2] else ""
        took = f"traced in {spent[0]:.2f} s, compiled in {spent[1]:.2f} s{cached}"
        self._printer.say(f"kjax run: {reports.shown(place)}: compiled {what}: {why} ({took})")

    def _summary(self) -> Iterator[str]:
        rows = sorted(self._spent.items(), key=lambda item: -item[1][0] - item[1][1])
        programs, cached = (sum(int(row[i]) for _, row in rows) for i in (2, 3))
        traced, compiled = (sum(row[i] for _, row in rows) for i in (0, 1))
        yield (
            f"kjax run: {programs} programs compiled ({cached} found in the cache): {traced:.2f} s to trace them, "
            f"{compiled:.2f} s to compile"
        )
        if rows:
            cells = [
                [f"{traced:.2f}", f"{compiled:.2f}", str(count), reports.shown(place)]
                for place, (traced, compiled, count, _) in rows
            ]
            yield from reports.table(["trace s", "compile s", "programs", "line"], cells)


class _Watched:
    """A program of kjax that tells of its calls."""

    def __init__(self, explanation: Explanation, program: Callable[..., Any], of: Any) -> None:
        self._explanation, self.program, self.of = explanation, program, of
        self.name = getattr(of, "name", None) or getattr(of, "__name__", "a function")
        if hasattr(of, "slots") and of.plan.fed and not set(of.plan.fed) & set(of.slots):
            self.name = f"the end of {self.name}, which is the same for all shapes"

    def __call__(self, *args: Any) -> Any:
        return self._explanation.call(self, args)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.program, name)


def _form(watched: _Watched, args: Sequence[Any]) -> _Form:
    """What a program was compiled for. Of a function it is what it is fed; its variables keep their shapes."""
    jax = sys.modules["jax"]
    slots = getattr(watched.of, "slots", None)
    if slots is None:
        arrays = {str(i): leaf for i, leaf in enumerate(jax.tree_util.tree_leaves(args))}
    else:
        fed = set(watched.of.plan.fed)
        arrays = {t.name.rpartition(":")[0]: a for t, a in zip(slots, args, strict=False) if t in fed}
    phase = None if slots is None else tuple(map(str, watched.of.static.values()))
    shapes = {name: f"{tuple(a.shape)} {a.dtype}" for name, a in arrays.items() if hasattr(a, "shape")}
    return _Form(phase, shapes, slots is not None and bool(shapes))


def _listed(shapes: dict[str, str]) -> str:
    shown = [shape if name.isdigit() else f"{name} {shape}" for name, shape in shapes.items()]
    return f" for {', '.join(shown)}" if shown else ""
