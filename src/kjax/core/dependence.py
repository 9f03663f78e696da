"""Which tensors a gradient depends on, so that its own gradient by another one is None, as in TensorFlow.

The gradient of `sum(x ** 2 + b)` by `x` is `2 * x`, in which `b` does not occur. That is seen from the program that JAX
makes of the gradient: a value flows from an input to a result through floats, not through comparisons.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kjax.core import dtypes
from kjax.core.graph import Values
from kjax.core.tensor import Tensor
from kjax.machine.scopes import wide_types

_UNKNOWN = 3  # stands for a dim that is not known


def dependences(
    inputs: Sequence[Tensor], count: int, compute: Callable[[Values], Sequence[Any]]
) -> list[frozenset[Tensor]]:
    """For each of the `count` results of a computation, the inputs that it depends on; all of them if in doubt.

    Args:
        inputs: the tensors that it is computed from.
        count: the number of results.
        compute: gives the results, from the values of the inputs.
    """
    found: list[frozenset[Tensor]] = [frozenset()] * count
    for phase in (False, True):
        try:
            more = _traced(inputs, compute, phase)
        except Exception:  # it needs values, or other dims: what it is about does not matter here
            return [frozenset(inputs)] * count
        found = [a | b for a, b in zip(found, more, strict=True)]
    return found


def _traced(
    inputs: Sequence[Tensor], compute: Callable[[Values], Sequence[Any]], phase: bool
) -> list[frozenset[Tensor]]:
    import jax

    traced = [t for t in inputs if not t._static]
    known = {t: np.asarray(phase) for t in inputs if t._static}
    shapes = [tuple(_UNKNOWN if dim is None else dim for dim in t.shape) for t in traced]
    struct: Any = jax.ShapeDtypeStruct
    stand_ins = [struct(shape, dtypes.to_numpy(t.dtype)) for shape, t in zip(shapes, traced, strict=True)]
    with wide_types(jax):
        program = jax.make_jaxpr(
            lambda arrays: compute(Values({**known, **dict(zip(traced, arrays, strict=True))}, np.uint64(0)))
        )(stand_ins)
    reached = _flow(program.jaxpr, [frozenset([t]) for t in traced])
    return [frozenset(t for t in origins if isinstance(t, Tensor)) for origins in reached]


def _flow(jaxpr: Any, origins: Sequence[frozenset[Any]]) -> list[frozenset[Any]]:
    """The origins of each result of a program, given those of its inputs."""
    known: dict[Any, frozenset[Any]] = dict(zip(jaxpr.invars, origins, strict=True))

    def of(variable: Any) -> frozenset[Any]:
        inexact = np.issubdtype(getattr(variable.aval, "dtype", np.int32), np.inexact)
        return known.get(variable, frozenset()) if inexact and not hasattr(variable, "val") else frozenset()

    for equation in jaxpr.eqns:
        ins = [of(v) for v in equation.invars]
        outs = [frozenset[Any]().union(*ins)] * len(equation.outvars)
        inner = [getattr(p, "jaxpr", p) for p in equation.params.values() if hasattr(getattr(p, "jaxpr", p), "eqns")]
        alike = len(inner) == 1 and (len(inner[0].invars), len(inner[0].outvars)) == (len(ins), len(outs))
        if alike and equation.primitive.name not in _LOOPS:
            outs = _flow(inner[0], ins)
        known.update(zip(equation.outvars, outs, strict=True))
    return [of(v) for v in jaxpr.outvars]


# What flows into a state of these comes out of others, some steps later.
_LOOPS = frozenset(["scan", "while"])
