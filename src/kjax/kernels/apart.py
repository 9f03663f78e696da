"""Parts of a program that XLA compiles each by itself.

What XLA fuses into a loop over windows it computes anew for each tap, and what it fuses into a transposition it reads
in a poor order. Its barriers don't hinder that on CPUs: they are gone before it fuses. A function that is called, and
not inlined, does.
"""

from collections.abc import Callable
from typing import Any

from kjax.machine.scopes import one_program


def apart(function: Callable[..., Any], *arrays: Any) -> Any:
    """`function` of JAX arrays, to an array, not fused with what is computed before and behind it."""
    import jax
    from jax.experimental.xla_metadata import set_xla_metadata

    if jax.default_backend() != "cpu":
        return function(*arrays)
    with one_program(jax, False):
        return set_xla_metadata(jax.jit(function)(*arrays), inlineable="false")
