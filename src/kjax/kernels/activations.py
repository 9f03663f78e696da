"""Activations for JAX, where its own gradient of the plain formula would lose precision."""

from functools import cache
from typing import Any

from kjax.kernels.halves import narrowed, widened


def softmax(jnp: Any, x: Any, axis: Any = -1) -> Any:
    """Exponentials that sum to 1 along an axis; JAX's own one knows its gradient."""
    import jax

    return narrowed(jax.nn.softmax(widened(x), axis), x.dtype)


def hard_sigmoid(jnp: Any, x: Any) -> Any:
    """`0.2 * x + 0.5` within 0 and 1, with the slope at the bounds.

    Sum first: a product and a sum are one rounding where XLA fuses them, and `0.2 * x + 0.5` is less than 0 at -2.5.
    """
    wide = widened(x)
    return narrowed(jnp.where(wide < -2.5, 0, jnp.where(wide > 2.5, 1, (wide + 2.5) * 0.2)), x.dtype)


def softsign(jnp: Any, x: Any) -> Any:
    """`x / (1 + |x|)`, whose gradient by the quotient rule is a difference of almost equal numbers for large x."""
    return _softsign()(x)


@cache
def _softsign() -> Any:
    import jax

    jnp = jax.numpy

    @jax.custom_jvp
    def softsign(x: Any) -> Any:
        return x / (1 + jnp.abs(x))

    @softsign.defjvp
    def rule(primals: Any, tangents: Any) -> Any:
        (x,), (dx,) = primals, tangents
        return softsign(x), dx / jnp.square(1 + jnp.abs(x))

    return softsign
