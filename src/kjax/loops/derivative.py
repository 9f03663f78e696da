"""Results whose derivative the program gives, as a sub-graph of its own."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

from kjax.core.forms import Form
from kjax.core.graph import MODE, Node, Operation, Values, now, outputs_of
from kjax.core.tensor import Tensor
from kjax.loops.subgraph import Subgraph, building, parameter
from kjax.machine.scopes import wide_types

# From the slopes of a loss by the results to its slopes by the arguments, None where there is none.
Derivative = Callable[[list[Tensor]], Sequence[Tensor | None]]


def with_derivative(where: str, args: list[Tensor], results: list[Tensor], derivative: Derivative) -> list[Tensor]:
    """`results`, which were computed from `args`, with another derivative.

    Args:
        where: the call, to name in errors.
        args: tensors.
        results: tensors.
        derivative: is called once, on placeholders.

    Raises:
        ValueError: `derivative` gives another number of slopes than there are `args`.
        NotImplementedError: it updates a variable.
    """
    start = now()
    given = [parameter(y.shape, y.dtype, "slope") for y in results]
    forbidden = f"{where}: {{}} is updated while a gradient is computed"
    with building(forbidden):
        slopes = list(derivative(given))
    if len(slopes) != len(args):
        raise ValueError(f"{where}: the gradient function must give {len(args)} gradients; got {len(slopes)}")
    body = Subgraph([t for t in slopes if t is not None], start, forbidden, given)
    op = _Derived(body, given, [t is not None for t in slopes], len(results))
    inputs = [*results, *args, *body.captured]
    if MODE.get().graph or any(t._value is None for t in inputs):
        return outputs_of(Node(op, tuple(inputs)), [(y.shape, y.dtype) for y in results])
    made = [Tensor(y._value) for y in results]
    for tape in MODE.get().tapes:
        tape.record(op, inputs, made)
    return made


class _Derived(Operation):
    """The first of its inputs, which the others were computed from or are needed for the derivative."""

    name, label = "custom_gradient", "IdentityN"

    def __init__(self, body: Subgraph, given: list[Tensor], there: list[bool], count: int) -> None:
        self._body, self._given, self._there, self._count = body, given, there, count
        self._form = Form(body.targets, {*given, *body.captured})

    def form(self, form: Any) -> Hashable:
        """What is equal for operations with the same derivative."""
        places = {id(t): i for i, t in enumerate([*self._given, *self._body.captured])}
        return self.name, self._form.key, tuple(places[id(t)] for t in self._form.ends), tuple(self._there), self._count

    def execute(self, node: Node, values: Values) -> tuple[Any, ...]:
        """The results, in JAX."""
        import jax

        jnp = jax.numpy
        count, several = self._count, len(self._there)

        @jax.custom_vjp
        def derived(results: list[Any], args: list[Any], captured: list[Any]) -> list[Any]:
            return results

        def forward(results: list[Any], args: list[Any], captured: list[Any]) -> Any:
            return results, (args, captured)

        def backward(kept: Any, slopes: list[Any]) -> Any:
            args, captured = kept
            inner = Values({**dict(zip(self._body.captured, captured, strict=True))}, values.run_key)
            inner.given.update(zip(self._given, slopes, strict=True))
            found = iter(inner.compute(self._body.targets))
            back = [
                jnp.asarray(next(found), arg.dtype) if there and jnp.issubdtype(arg.dtype, jnp.inexact) else None
                for there, arg in zip(self._there, args, strict=True)
            ]
            return [None] * count, back, [None] * len(captured)

        derived.defvjp(forward, backward)
        with wide_types(jax):
            arrays = [jnp.asarray(values(t)) for t in node.args]
            return tuple(derived(arrays[:count], arrays[count : count + several], arrays[count + several :]))
