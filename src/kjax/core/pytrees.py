"""Tensors as JAX sees them: containers of one array, which operations of JAX take for the array."""

from __future__ import annotations

from typing import Any, NoReturn

from kjax.core.tensor import Placeholder, Tensor
from kjax.core.variable import Variable
from kjax.machine.errors import shown
from kjax.machine.imports import as_pytree, when_imported


def _parts(tensor: Tensor) -> tuple[tuple[Any, ...], Any]:
    """The value, if there is one; a promise stays as it is."""
    # (What JAX makes of a value in between may be None; it has no static dtype.)
    is_promise = tensor._value is None and hasattr(tensor, "_dtype")
    return ((), tensor) if is_promise else ((tensor._value,), None)


def _made(values: Any, promise: Tensor | None) -> Tensor:
    if promise is not None:
        return promise
    (value,) = values  # of a jacobian of tensors by tensors it is a tensor, too
    return value if isinstance(value, Tensor) else Tensor(value)


def _refuse(tensor: Tensor) -> NoReturn:
    raise ValueError(
        f"{shown(tensor)} is a tensor of kjax where JAX takes nothing but arrays: as the result of a function that "
        "jax.grad differentiates, as an index, or as an argument of jax.lax. "
        "Write jnp.asarray(tensor), with jax.numpy as jnp."
    )


def _show_to_jax() -> None:
    """Let operations of JAX take tensors, and say what is wrong where nothing but an array will do."""
    from jax._src import core, dtypes

    # Private tables: what gives the array in an object, and its type. Without them JAX says itself that it takes none.
    getattr(dtypes, "canonicalize_value_handlers", {})[Tensor] = lambda tensor: tensor.__jax_array__()
    getattr(core, "pytype_aval_mappings", {})[Tensor] = _refuse


as_pytree(Tensor, _parts, _made)
as_pytree(Placeholder, _parts, _made)
as_pytree(Variable, lambda variable: ((variable._value,), None), lambda values, _: Variable(*values))
when_imported("jax", _show_to_jax)
