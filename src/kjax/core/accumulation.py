"""`kjax.accumulate`: a function that differentiates computes a batch in parts, one after the other, and updates once.

A graph falls into what each part computes, and what is computed once, of the whole:

- What depends on gradients is computed once, from the gradients of the whole batch: the mean of those of the parts.
- So is what depends on the new values of variables, as results of metrics do.
- What does not depend on the batch is computed once, such as an optimizer's count of steps.
- Everything else each part computes. Its updates of variables, as of the moving averages of batch normalisation and the
  counts of metrics, happen for each part after the other.

What passes from the parts to the whole, outputs included, is put together: along the axis that grows with the batch,
else as the mean. A part takes each nth row: if a batch is spread over devices, each of them computes in every part.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from kjax.core.graph import Node, Values, reachable, tensors_in
from kjax.core.tensor import Tensor
from kjax.core.updates import ReadAfter
from kjax.machine.checks import Conditions, collecting, is_tracing, require
from kjax.machine.errors import as_count, public, shown
from kjax.machine.forks import jax_to_compute
from kjax.machine.scopes import scope
from kjax.machine.streams import key_of_step

_asked: ContextVar[tuple[int, str] | None] = ContextVar("kjax_accumulate", default=None)


@public
def accumulate(parts: int, reduction: str = "mean") -> contextlib.AbstractContextManager[Any]:
    """A `with` block in which training steps are made that compute a batch in parts, and update variables once.

    It counts for functions that differentiate, made in the block by `K.function` or, for a model of Keras 2.3.1, by
    the first `fit` or `train_on_batch`. A step takes the memory of one part, and gives what the whole batch gives, to
    rounding. Different are: batch normalisation, which sees the statistics of one part; random numbers; and the mean
    over weighted samples, some of whose weights are 0 (Keras 2.3.1 divides by the number of the others).

    Args:
        parts: how many; each has the same number of rows, but for the last.
        reduction: whether a loss over a batch is the `'mean'` over its samples, or their `'sum'`: so are its gradients.

    Returns:
        A context manager. Inputs whose first dim is unknown are split along it. Outputs that grow with the batch are
        put together, others are the mean (or sum) of those of the parts, weighted by their rows.

    Raises:
        ValueError: `parts` is less than 1, or the reduction is unknown; in a call, inputs differ in their first dim.
        NotImplementedError: in a call, an output is an integer that does not grow with the batch; or an update depends
            on gradients, and gradients on that update.

    >>> import kjax
    >>> from kjax import backend as K
    >>> with kjax.graph_mode(), kjax.accumulate(3):
    ...     x, w = K.placeholder((None,)), K.variable(1.)
    ...     loss = K.mean(K.square(w * x))
    ...     step = K.function([x], [loss], [K.update_sub(w, 0.1 * K.gradients(loss, [w])[0])])
    >>> step([[1., 2., 3., 4., 5.]])[0].item(), round(K.get_value(w).item(), 4)
    (11.0, -1.2)
    """
    parts = as_count(parts, "accumulate(): parts")
    if reduction not in ("mean", "sum"):
        raise ValueError(f"accumulate(): reduction must be 'mean' or 'sum'; got {shown(reduction)}")
    return scope(_asked, (parts, reduction) if parts > 1 else None)


def accumulation(nodes: Sequence[Node], targets: Sequence[Tensor], fed: Sequence[Tensor]) -> Accumulation | None:
    """How a function computes its targets in a block of `accumulate`; None if as a whole."""
    asked = _asked.get()
    if asked is None or not any(node.op.inner for node in nodes):
        return None
    split = [t for t in fed if t.shape.rank is None or (t.shape.rank and t.shape[0] is None)]
    return Accumulation(nodes, targets, split, *asked) if split else None


class Accumulation:
    """What of a graph is computed for each part of a batch, and what once.

    Args:
        nodes: those of the graph, each after those it needs.
        targets: what is to be computed.
        split: the inputs of which each part has some rows.
        parts: how many.
        reduction: `"mean"` or `"sum"`.
    """

    def __init__(
        self, nodes: Sequence[Node], targets: Sequence[Tensor], split: Sequence[Tensor], parts: int, reduction: str
    ) -> None:
        self.split, self.parts, self.reduction = split, parts, reduction
        of_batch = _behind(nodes, split)
        differentiating = [node for node in nodes if node.op.inner]
        # Gradients that no other gradient is computed from: behind them, what is computed once begins.
        before = set[Node]().union(*map(_ahead, differentiating))
        last = [node for node in differentiating if node not in before]
        once = _behind(nodes, (), [*last, *filter(_uses_update, nodes)]) | {*nodes} - of_batch
        for node in {*nodes, *before}:
            if node.op.updates is not None and node not in once and any(n.op.inner for n in _ahead(node)):
                raise NotImplementedError(
                    f"accumulate(): {node.op.updates.name} is updated by gradients, and other gradients are computed "
                    "from its new value: they can't be computed for each part of a batch"
                )
        self.updates = [node for node in nodes if node.op.updates is not None and node not in once]
        needed = [t for node in nodes if node in once for t in node.inputs]
        passed = [t for t in dict.fromkeys([*needed, *targets]) if t._node in of_batch and t._node not in once]
        self.passed = [t for t in passed if t._node.op.updates is None]  # type: ignore[union-attr]
        self.targets = targets

    def compute(self, values: Values) -> None:
        """Let `values` have the targets. (Operation by operation, they are computed as a whole.)"""
        jax = jax_to_compute()
        arrays = {t: values(t) for t in self.split}
        for tensor, array in arrays.items():
            if not array.ndim:
                raise ValueError(f"accumulate(): a number can't be split in parts; got one for {tensor.name}")
        rows = {t: array.shape[0] for t, array in arrays.items()}
        batch = max(rows.values())
        if batch != min(rows.values()):
            which = ", ".join(f"{t.name}: {n}" for t, n in rows.items())
            raise ValueError(f"accumulate(): inputs must have the same first dim; got {which}")
        if batch < 2 or not is_tracing():
            values.compute(self.targets)
            return
        size = -(-batch // self.parts)
        count = batch // size  # parts of this size
        run = _Run(self, values, batch, jax)
        in_parts = {t: _in_parts(jax.numpy.asarray(a[: count * size]), size, count) for t, a in arrays.items()}
        totals, rest = run.start(size), {t: a[count * size :] for t, a in arrays.items()}

        def step(totals: Any, part: Any) -> Any:
            return run.part(totals, part[0], dict(zip(self.split, part[1], strict=True)))

        totals, pieces = jax.lax.scan(step, totals, (np.arange(count), list(in_parts.values())))
        whole = run.together(pieces, size, count)
        if batch > count * size:
            totals, (last, conditions) = run.part(totals, count, rest)
            axes = run.growing.values()
            whole = [jax.numpy.concatenate(pair, axis) for *pair, axis in zip(whole, last, axes, strict=True)]
            run.require(conditions)
        run.hand_over(totals, whole)
        values.compute(self.targets)


class _Run:
    """One computation of a batch in parts."""

    def __init__(self, plan: Accumulation, values: Values, batch: int, jax: Any) -> None:
        self._plan, self._values, self._batch, self._jax = plan, values, batch, jax
        self._variables = [*dict.fromkeys(variable for _, variable in self._updated())]
        self.errors: list[Exception] = []
        self.growing: dict[Tensor, int] = {}  # the axis that grows with the batch
        self._summed: dict[Tensor, Any] = {}  # the dtype of what is summed up

    def _of(self, given: dict[Tensor, Any], number: Any = None) -> tuple[list[Any], list[Any], list[Any]]:
        """For some rows: what is passed on, the new values of variables, and whether conditions hold."""
        conditions: Conditions = []
        key = self._values.run_key
        key = key if key is None or number is None else key_of_step(key, number)
        inner = Values({**self._values.given, **given}, key, conditions=conditions)
        nodes = self._plan.updates
        targets = [*self._plan.passed, *(Tensor.promise(n, 0, v.shape, v.dtype, "") for n, v in self._updated())]
        found = inner.compute(targets)
        self.errors[:] = [error for _, error in conditions]
        asarray, passed = self._jax.numpy.asarray, found[: len(found) - len(nodes)]
        new = [asarray(inner.updated[v], v.dtype.name) for v in self._variables]
        return [asarray(a) for a in passed], new, [condition for condition, _ in conditions]

    def _updated(self) -> Iterator[tuple[Node, Any]]:
        return ((node, node.op.updates) for node in self._plan.updates)

    def start(self, size: int) -> Any:
        """Sums of nothing, and the old values of variables; by an evaluation without values, it knows what grows."""
        jax, plan = self._jax, self._plan
        old = [jax.numpy.asarray(self._values(v)) for v in self._variables]

        def shapes(rows: int) -> Any:
            struct = jax.ShapeDtypeStruct
            given = [(t, self._values(t)) for t in plan.split]
            specs = [struct((rows, *a.shape[1:]), a.dtype) for _, a in given]
            return jax.eval_shape(lambda arrays: self._of(dict(zip(plan.split, arrays, strict=True)))[0], specs)

        one = shapes(size)
        other = one if all(t.shape.is_fully_defined() for t in plan.passed) else shapes(size + 1)
        sums = []
        for tensor, a, b in zip(plan.passed, one, other, strict=True):
            axes = [i for i, (m, n) in enumerate(zip(a.shape, b.shape, strict=True)) if m != n]
            if axes:
                self.growing[tensor] = axes[0]
            elif jax.numpy.issubdtype(a.dtype, jax.numpy.inexact):
                self._summed[tensor] = a.dtype
                sums.append(jax.numpy.zeros(a.shape, jax.numpy.promote_types(a.dtype, np.float32)))
            else:
                raise NotImplementedError(
                    f"accumulate(): {tensor.name} is {a.dtype} and does not grow with the batch, so that there is no "
                    "telling what it is for the whole batch; cast it to floats, of which the mean is taken"
                )
        return sums, old

    def part(self, totals: Any, number: Any, given: dict[Tensor, Any]) -> Any:
        """Sums and variables behind a part; what it adds to what grows, and whether conditions hold."""
        sums, old = totals
        rows = next(iter(given.values())).shape[0]
        found, new, conditions = self._of({**given, **dict(zip(self._variables, old, strict=True))}, number)
        found_of = dict(zip(self._plan.passed, found, strict=True))
        weight = rows / self._batch if self._plan.reduction == "mean" else 1.0
        sums = [s + found_of[t].astype(s.dtype) * weight for s, t in zip(sums, self._summed, strict=True)]
        return (sums, new), ([found_of[t] for t in self.growing], conditions)

    def together(self, pieces: Any, size: int, count: int) -> list[Any]:
        """What grows with the batch, of all parts of this size in the order of their rows."""
        arrays, conditions = pieces
        self.require(conditions)
        whole = []
        for array, axis in zip(arrays, self.growing.values(), strict=True):
            front, behind = array.shape[1 : axis + 1], array.shape[axis + 2 :]
            by_rows = array.reshape(count, *front, size, -1, *behind)  # (-1: what a row has several of)
            whole.append(self._jax.numpy.moveaxis(by_rows, 0, axis + 1).reshape(*front, -1, *behind))
        return whole

    def require(self, conditions: Sequence[Any]) -> None:
        """State conditions of parts as those of the whole."""
        with collecting(self._values.conditions):
            for holds, error in zip(conditions, self.errors, strict=True):
                require(holds, error)

    def hand_over(self, totals: Any, whole: Sequence[Any]) -> None:
        """Let the values have what the parts computed."""
        sums, new = totals
        values = self._values
        values.given = {**values.given, **dict(zip(self.growing, whole, strict=True))}
        for (tensor, dtype), array in zip(self._summed.items(), sums, strict=True):
            values.given[tensor] = array.astype(dtype)
        values.updated.update(zip(self._variables, new, strict=True))
        for node, variable in self._updated():  # (their results are the variables' new values)
            values.results[node] = (values.updated[variable],)


def _in_parts(array: Any, size: int, count: int) -> Any:
    """An array as `count` arrays of `size` rows each, of which a part has each `count`-th row."""
    return array.reshape(size, count, *array.shape[1:]).swapaxes(0, 1)


def _behind(nodes: Sequence[Node], tensors: Iterable[Tensor], first: Iterable[Node] = ()) -> set[Node]:
    """The nodes that depend on tensors, or on the first ones; with these, unless they differentiate."""
    starts, sources = set(tensors), set(first)
    found = {node for node in sources if not node.op.inner}
    for node in nodes:
        if any(t in starts or t._node in found or t._node in sources for t in node.inputs):
            found.add(node)
    return found


def _uses_update(node: Node) -> bool:
    """Whether a node needs the new value of a variable, other than for a further one."""
    if isinstance(node.op, ReadAfter):
        return True
    updated = (t._node.op.updates for t in tensors_in(node.args) if t._node is not None)
    return any(variable not in (None, node.op.updates) for variable in updated)


def _ahead(node: Node) -> set[Node]:
    """The nodes that a node depends on, those that it computes itself included."""
    return {*reachable(node.inputs), *node.op.inner}
