"""JAX primitives of our own, whose derivatives are declared rather than taken from the way they are computed."""

from collections.abc import Callable
from typing import Any

from kjax.machine.scopes import as_loop

# All primitives of our own, which other tools do not know; each is computed by its `impl`.
OWN: set[Any] = set()


def declared(name: str, compute: Callable[..., Any], dims: Callable[..., Any]) -> Any:
    """A primitive of one result, of the dtype of its last operand, without derivatives as yet.

    Args:
        name: its name in jaxprs.
        compute: `compute(*arrays, **parameters)` in terms of other primitives.
        dims: `dims(*operands, **parameters)`, the shape of the result, from operands that have a shape. (Tracing
            `compute` for it would double the time of tracing a model.)
    """
    import jax
    from jax.extend.core import Primitive
    from jax.interpreters import batching, mlir

    primitive = Primitive(name)
    primitive.def_impl(compute)
    OWN.add(primitive)

    def shape(*operands: Any, **parameters: Any) -> Any:
        return jax.core.ShapedArray(dims(*operands, **parameters), operands[-1].dtype)

    primitive.def_abstract_eval(shape)
    mlir.register_lowering(primitive, mlir.lower_fun(compute, multiple_results=False))

    def batched(args: Any, axes: Any, **parameters: Any) -> Any:
        moved = [a if axis is None else jax.numpy.moveaxis(a, axis, 0) for a, axis in zip(args, axes, strict=True)]
        kept = [axis is None for axis in axes]

        def one(parts: Any) -> Any:
            rest = iter(parts)
            operands = (a if keep else next(rest) for a, keep in zip(moved, kept, strict=True))
            return primitive.bind(*operands, **parameters)

        rows = [a for a, keep in zip(moved, kept, strict=True) if not keep]
        return as_loop(jax, lambda one: jax.lax.map(one, rows), one), 0

    batching.primitive_batchers[primitive] = batched
    return primitive


def linear(name: str, compute: Callable[..., Any], dims: Callable[..., Any]) -> Any:
    """A primitive that is linear in its last operand, in two roles, each the transpose of the other.

    It has no derivative by its other operands: they only choose, as the places of maxima do.

    Args:
        name: its name in jaxprs.
        compute: `compute(*others, operand, back=..., **parameters)`; `back` tells which role.
        dims: the shape of the result, from the same arguments.
    """
    from jax.interpreters import ad

    primitive = declared(name, compute, dims)

    def along(primals: Any, tangents: Any, **parameters: Any) -> Any:
        out = primitive.bind(*primals, **parameters)
        change = tangents[-1]
        if type(change) is ad.Zero:
            return out, ad.Zero(change.aval.update(shape=out.shape))
        return out, primitive.bind(*primals[:-1], change, **parameters)

    def transposed(slopes: Any, *operands: Any, back: bool, **parameters: Any) -> Any:
        others = operands[:-1]
        if type(slopes) is ad.Zero:
            return (None,) * len(operands)
        return (*(None for _ in others), primitive.bind(*others, slopes, back=not back, **parameters))

    ad.primitive_jvps[primitive] = along
    ad.primitive_transposes[primitive] = transposed
    return primitive
