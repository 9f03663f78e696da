"""`kjax run --profile`: how long each operation took, and for which line of the program.

Functions run operation by operation, the gradient of each operation apart, since a compiled program has no operations
any more: XLA fuses them. What is measured is therefore where the work is, not how long the compiled program takes.
The time of an operation ends when its result is there. What JAX takes to get ready for new shapes, by tracing and
compiling, does not count.
"""

from __future__ import annotations

import json
import os
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from kjax.command import reports
from kjax.command.compiling import listen, times
from kjax.command.reports import Place, Printer
from kjax.core.graph import Values
from kjax.core.running import run_once
from kjax.core.wording import is_jax_signal
from kjax.machine import config
from kjax.machine.checks import is_tracing
from kjax.machine.compiler import compiled
from kjax.machine.scopes import wide_types

_SHOWN = 25  # rows of a table


class _Thread(threading.local):
    """Of the operations that run one within another in this thread, the time of those inside."""

    def __init__(self) -> None:
        self.inside = [0.0]


class Profile:
    """Measures operations, and prints them at the end.

    Args:
        printer: prints the tables.
        path: the file to write them to as JSON instead, if any.
    """

    def __init__(self, printer: Printer, path: str | None = None) -> None:
        self._printer, self._path = printer, path and os.path.abspath(path)
        self._lock, self._thread = threading.Lock(), _Thread()
        self._known: set[Any] = set()
        self._spent: dict[tuple[str, Place | None], list[float]] = defaultdict(lambda: [0, 0.0])

    def start(self) -> None:
        """Measure from now on; to be called before operations are imported."""
        config.PLAIN = True  # what the fast path computes would not be seen
        from kjax.core import function, gradients, graph, op

        listen()
        self._printer.at_exit(self._finish)
        eager, execute = op.Op.eager, graph.executed
        differentiate = gradients._Gradient.execute
        programs: dict[Any, Callable[..., Any]] = {}

        def timed_eager(operation: Any, bound: Sequence[Any]) -> Any:
            place = graph.line_of_program()
            shapes = [(t.shape, t.dtype.name) for t in graph.tensors_in([*bound])]
            if self._is_new(operation, shapes) and not operation.random:
                eager(operation, bound)
            return self._timed(operation.label or operation.name, place, lambda: eager(operation, bound))

        def timed_node(node: Any, values: Any) -> Any:
            if node.op.covers:
                return execute(node, values)
            if node.op.elementary and self._is_new(node, [np.shape(values(t)) for t in node.inputs]):
                execute(node, values)
            return self._timed(node.op.label_of(node) or node.op.name, node.place, lambda: execute(node, values))

        def timed_gradient(gradient: Any, node: Any, values: Any) -> Any:
            if gradient.each or is_tracing() or any(step.op.covers for step in gradient.inner):
                return differentiate(gradient, node, values)
            return _Backward(gradient, values, timed_node, self._timed, programs).slopes()

        def by_operation(plan: Any, phase: Any, *how: Any) -> Callable[[list[Any]], list[Any]]:
            return lambda feeds: run_once(plan, phase, feeds)

        for owner, name, new in (
            (op.Op, "eager", timed_eager),
            (graph, "executed", timed_node),
            (gradients, "executed", timed_node),
            (gradients._Gradient, "execute", timed_gradient),
            (function, "compiled_variant", by_operation),
        ):
            setattr(owner, name, new)

    def _is_new(self, computed: Any, shapes: list[Any]) -> bool:
        """Whether something is computed for these shapes for the first time, for which JAX has to get ready."""
        if is_tracing():
            return False
        key = (computed, *shapes)
        with self._lock:
            is_new = key not in self._known
            self._known.add(key)
        return is_new

    def _timed(self, name: str, place: Place | None, run: Callable[[], Any]) -> Any:
        """The result of `run`; the time that it takes, without that of operations inside, is counted."""
        if is_tracing():
            return run()
        inside = self._thread.inside
        inside.append(0.0)
        start, compiling = time.perf_counter(), times.traced + times.compiled
        try:
            return _awaited(run())
        finally:
            total = time.perf_counter() - start
            own = max(0.0, total - (times.traced + times.compiled - compiling) - inside.pop())
            inside[-1] += total
            with self._lock:
                spent = self._spent[name, place]
                spent[0], spent[1] = spent[0] + 1, spent[1] + own

    # ------------------------------------------------------------------------------------------------------ the result

    def _finish(self) -> Iterator[str]:
        if self._path is None:
            yield from self._tables()
            return
        rows = [
            {"operation": name, "file": place and place[0], "line": place and place[1], "calls": calls, "seconds": own}
            for (name, place), (calls, own) in self._sorted(self._spent)
        ]
        try:
            with open(self._path, "w", encoding="utf-8") as file:
                json.dump({"operations": rows, "compile_seconds": times.traced + times.compiled}, file, indent=1)
        except OSError as error:
            yield f"kjax run: the profile can't be written to {self._path!r}: {error.strerror}"

    @staticmethod
    def _sorted(spent: dict[Any, list[float]]) -> list[tuple[Any, list[float]]]:
        return sorted(spent.items(), key=lambda item: -item[1][1])

    def _tables(self) -> Iterator[str]:
        whole = sum(own for _, own in self._spent.values())
        yield (
            f"kjax run: {whole:.3f} s in operations, one by one, and {times.traced + times.compiled:.3f} s for "
            "compiling each of them, which is not in the tables"
        )
        by_line: dict[Any, list[float]] = defaultdict(lambda: [0, 0.0])
        for (_, place), (calls, own) in self._spent.items():
            by_line[place] = [by_line[place][0] + calls, by_line[place][1] + own]
        tables = (("operation", self._sorted(self._spent)), ("line", self._sorted(by_line)))
        for name, rows in tables if whole else ():
            cells = [
                [
                    f"{1000 * own:.3f}",
                    f"{100 * own / whole:.1f}",
                    f"{calls:.0f}",
                    f"{1e6 * own / calls:.1f}",
                    *([key[0], reports.shown(key[1])] if name == "operation" else [reports.shown(key)]),
                ]
                for key, (calls, own) in rows[:_SHOWN]
            ]
            numbers = ["total ms", "%", "calls", "us per call"]
            yield from reports.table(
                [*numbers, "operation", "line"] if name == "operation" else [*numbers, "line"], cells
            )
            if len(rows) > _SHOWN:
                yield f"  ... and {len(rows) - _SHOWN} more (--profile=FILE writes all)"


def _awaited(result: Any) -> Any:
    """A result of an operation, when it is there."""
    if config.jax_loaded():
        import jax

        jax.block_until_ready(result)  # type: ignore[no-untyped-call]
    return result


class _Backward:
    """The gradients of a node, computed operation by operation.

    Args:
        gradient: the operation `gradients`.
        values: what is known.
        forward: computes a node.
        timed: measures a function, see `Profile`.
        programs: keeps what is compiled, by node and shapes.
    """

    def __init__(
        self,
        gradient: Any,
        values: Any,
        forward: Callable[..., Any],
        timed: Callable[..., Any],
        programs: dict[Any, Callable[..., Any]],
    ) -> None:
        self._gradient, self._values, self._forward, self._timed = gradient, values, forward, timed
        self._programs = programs

    def slopes(self) -> tuple[Any, ...]:
        """The results of the operation; those of the nodes between are known from then on."""
        import jax

        gradient, values, jnp = self._gradient, self._values, jax.numpy
        with wide_types(jax):
            for step in gradient.inner:
                results = self._forward(step, values)
                values.results[step] = tuple(results)
                if step.op.updates is not None:
                    values.updated[step.op.updates] = results[0]
            slopes: dict[Any, Any] = {}
            weights = [values(weight) for weight in gradient.weights] or [1.0] * len(gradient.losses)
            for loss, weight in zip(gradient.losses, weights, strict=True):
                value = jnp.asarray(values(loss))
                _add(slopes, _key(loss), jnp.broadcast_to(jnp.asarray(weight, value.dtype), value.shape))
            for step in reversed(gradient.inner):
                self._through(jax, step, slopes)
            found = []
            for w in gradient.wrt:
                value = jnp.asarray(values(w))
                slope = slopes.get(_key(w))
                slope = jnp.zeros_like(value) if slope is None else slope
                found.append(jnp.conj(slope) if jnp.iscomplexobj(slope) else slope)
        return tuple(found)

    def _through(self, jax: Any, step: Any, slopes: dict[Any, Any]) -> None:
        """From the slopes by the results of a node to those by its inputs."""
        jnp, values = jax.numpy, self._values
        results = [jnp.asarray(result) for result in values.results[step]]
        given = [slopes.get((step, i)) for i in range(len(results))]
        inputs = list(dict.fromkeys(step.inputs))
        by = [t for t in inputs if t.dtype.is_floating or t.dtype.is_complex]
        if not step.op.differentiable or not by or all(slope is None for slope in given):
            return
        at = [i for i, result in enumerate(results) if jnp.issubdtype(result.dtype, jnp.inexact)]
        weights = [jnp.zeros_like(results[i]) if given[i] is None else given[i] for i in at]
        fixed = {t: values(t) for t in inputs if t._static}  # such as the learning phase
        arrays = [jnp.asarray(values(t)) for t in inputs if t not in fixed]

        def backward(arrays: list[Any], weights: list[Any], number: Any) -> list[Any]:
            known = {**fixed, **dict(zip((t for t in inputs if t not in fixed), arrays, strict=True))}

            def computed(parts: list[Any]) -> list[Any]:
                inner = Values({**known, **dict(zip(by, parts, strict=True))}, number)
                out = step.op.execute(step, inner)
                return [jnp.asarray(out[i]) for i in at]

            found: list[Any] = jax.vjp(computed, [known[t] for t in by])[1](weights)[0]
            return found

        key = (step, *((a.shape, str(a.dtype)) for a in arrays), *(bool(value) for value in fixed.values()))
        arguments = arrays, weights, values.run_key
        program = self._programs.get(key)
        if program is None:
            try:
                program = compiled(backward).lower(*arguments).compile()  # type: ignore[attr-defined]
                program(*arguments)
            except Exception as error:
                if not is_jax_signal(error):
                    raise
                program = backward  # a shape depends on a value
            self._programs[key] = program
        name = f"{step.op.label_of(step) or step.op.name} (gradient)"
        found = self._timed(name, step.place, lambda: program(*arguments))
        for tensor, slope in zip(by, found, strict=True):
            _add(slopes, _key(tensor), slope)


def _key(tensor: Any) -> Any:
    """What stands for a tensor: the result of a node may be several objects."""
    return tensor if tensor._node is None else (tensor._node, tensor._index)


def _add(slopes: dict[Any, Any], key: Any, slope: Any) -> None:
    slopes[key] = slope if key not in slopes else slopes[key] + slope
