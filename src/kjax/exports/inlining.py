"""Programs of JAX in terms of its own primitives alone, as tools that translate them need it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kjax.kernels.primitives import OWN

# Primitives that call a program, and the parameter that has it. What they say of derivatives and of fusion is left out.
_CALLS = {
    "jit": "jaxpr",
    "pjit": "jaxpr",
    "closed_call": "call_jaxpr",
    "core_call": "call_jaxpr",
    "custom_jvp_call": "call_jaxpr",
    "custom_vjp_call": "call_jaxpr",
    "custom_vjp_call_jaxpr": "fun_jaxpr",
    "remat2": "jaxpr",
    "checkpoint": "jaxpr",
}
# Primitives that give what they are given.
_NOTHING = frozenset(["optimization_barrier", "stop_gradient", "xla_metadata_value"])


# Computes the results of a primitive in another way: `(primitive, operands, parameters)`.
Rule = Callable[[Any, Sequence[Any], dict[str, Any]], list[Any]]


def inlined(function: Callable[..., Any], rules: Mapping[str, Rule] | None = None) -> Callable[..., list[Any]]:
    """A function of the same arguments that gives the leaves of its results, computed by primitives of JAX alone.

    Args:
        function: a function of JAX arrays.
        rules: other ways to compute some primitives, by their names.
    """
    import jax

    def call(*args: Any) -> list[Any]:
        program = jax.make_jaxpr(function)(*args)
        return _evaluated(program.jaxpr, program.consts, jax.tree.leaves(args), rules or {})

    return call


def _evaluated(jaxpr: Any, constants: Sequence[Any], arguments: Sequence[Any], rules: Mapping[str, Rule]) -> list[Any]:
    """The results of a program."""
    import jax

    known: dict[Any, Any] = dict(zip([*jaxpr.constvars, *jaxpr.invars], [*constants, *arguments], strict=True))

    def value(variable: Any) -> Any:
        return variable.val if hasattr(variable, "val") else known[variable]

    for equation in _needed(jaxpr):
        primitive, parameters = equation.primitive, equation.params
        given = [value(variable) for variable in equation.invars]
        if primitive.name in _CALLS:
            inner = parameters[_CALLS[primitive.name]]
            results = _evaluated(getattr(inner, "jaxpr", inner), getattr(inner, "consts", ()), given, rules)
        elif primitive in OWN:
            inner = jax.make_jaxpr(lambda *arrays, p=primitive, how=parameters: p.impl(*arrays, **how))(*given)
            results = _evaluated(inner.jaxpr, inner.consts, given, rules)
        elif primitive.name in _NOTHING:
            results = given
        elif primitive.name in rules:
            results = rules[primitive.name](primitive, given, parameters)
        else:
            made = primitive.bind(*given, **parameters)
            results = made if primitive.multiple_results else [made]
        known.update(zip(equation.outvars, results, strict=True))
    return [value(variable) for variable in jaxpr.outvars]


def _needed(jaxpr: Any) -> list[Any]:
    """The equations of a program that its results depend on."""
    wanted = {variable for variable in jaxpr.outvars if not hasattr(variable, "val")}
    found = []
    for equation in reversed(jaxpr.eqns):
        if equation.effects or not wanted.isdisjoint(equation.outvars):
            found.append(equation)
            wanted.update(variable for variable in equation.invars if not hasattr(variable, "val"))
    return found[::-1]
