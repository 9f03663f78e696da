"""Activations for JAX, where the gradient of the plain formula would lose precision."""

from functools import cache
from typing import Any

from kjax.kernels.halves import narrowed, widened


def softmax(jnp: Any, x: Any, axis: Any = -1) -> Any:
    """Softmax along an axis, by JAX's function, which has a gradient rule of its own."""
    import jax

    return narrowed(jax.nn.softmax(widened(x), axis), x.dtype)


def hard_sigmoid(jnp: Any, x: Any) -> Any:
    """`0.2 * x + 0.5` within 0 and 1; at both bounds the gradient is 0.2.

    The sum comes before the product: XLA may fuse `0.2 * x + 0.5` into one rounding, which is less than 0 at -2.5.
    """
    wide = widened(x)
    return narrowed(jnp.where(wide < -2.5, 0, jnp.where(wide > 2.5, 1, (wide + 2.5) * 0.2)), x.dtype)


def softsign(jnp: Any, x: Any) -> Any:
    """`x / (1 + |x|)` with a gradient of its own: by the quotient rule, large x would cancel almost completely."""
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
