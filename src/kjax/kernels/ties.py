"""Kernels with TensorFlow's gradient at ties and kinks.

JAX splits the gradient of a maximum between equal arguments; TensorFlow gives all of it to the first. A selection by
`where` has that gradient. NaN in the first operand gives NaN, in the second the first operand.
"""

import functools
from typing import Any

import numpy as np

from kjax.kernels import bounded, exact


def maximum(jnp: Any, x: Any, y: Any) -> Any:
    """The elementwise maximum; of equal elements, the first has the gradient."""
    return jnp.where(x < y, y, x)


def minimum(jnp: Any, x: Any, y: Any) -> Any:
    """The elementwise minimum; of equal elements, the first has the gradient."""
    return jnp.where(y < x, y, x)


def clipped(xp: Any, x: Any, low: Any, high: Any) -> Any:
    """`x` within bounds, at which the gradient passes. NaN stays NaN; if `high` is less than `low`, `low` wins."""
    if xp is np:
        return bounded.clipped(x, low, high)
    return maximum(xp, minimum(xp, x, high), low)


def rectified(xp: Any, x: Any) -> Any:
    """`x` where it is positive, else 0. The gradient at 0 is 0; NaN stays NaN."""
    return np.maximum(x, 0) if xp is np else xp.where(x <= 0, 0, x)


def absolute(jnp: Any, x: Any) -> Any:
    """The absolute value, with a gradient of 0 at 0 (in JAX 1)."""
    import jax

    return x * jax.lax.stop_gradient(jnp.sign(x)) if jnp.issubdtype(x.dtype, jnp.floating) else jnp.abs(x)


def power(jnp: Any, x: Any, a: Any) -> Any:
    """`x` to the power of `a`; for a base that is not positive, the gradient of the exponent is 0 (in JAX NaN)."""
    if not jnp.issubdtype(x.dtype, jnp.inexact):
        return jnp.power(x, a)
    out = _power()(exact.hidden(x), a)
    return _root()(x, out, a) if exact.is_root(x, a) else out


@functools.cache
def _root() -> Any:
    import jax

    root = jax.custom_jvp(functools.partial(exact.of_root, jax.numpy), nondiff_argnums=(2,))
    root.defjvp(lambda a, primals, tangents: (root(*primals, a), tangents[1]))
    return root


@functools.cache
def _power() -> Any:
    import jax
    from jax.custom_derivatives import SymbolicZero

    jnp = jax.numpy
    power = jax.custom_jvp(jnp.power)

    def slope(primals: Any, tangents: Any) -> Any:
        (x, a), (dx, da) = primals, tangents
        out = power(x, a)
        total = jnp.zeros_like(out)
        if not isinstance(dx, SymbolicZero):
            total = total + dx * a * power(x, a - 1)
        if not isinstance(da, SymbolicZero):
            sound = x != 0 if jnp.iscomplexobj(x) else x > 0
            total = total + da * out * jnp.log(jnp.where(sound, x, jnp.ones_like(x)))
        return out, total

    power.defjvp(slope, symbolic_zeros=True)
    return power


def place_of(xp: Any, x: Any, axis: Any, function: str) -> Any:
    """The index of the greatest or least element, as int64."""
    if xp is np:
        return getattr(x, function)(axis).astype(np.int64)
    from jax import lax

    # (Of 32 bits inside: programs with 32-bit types take no others there.)
    return getattr(lax, function)(x, range(x.ndim)[axis], np.int32).astype(np.int64)
