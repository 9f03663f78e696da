"""Arithmetic that XLA must not rearrange.

XLA computes a quotient by a broadcast divisor as a product with the reciprocal, which is wrong in the last bit:
41 / 41 becomes 0.99999994. And it folds the constants of `(x + a) + b` into `x + (a + b)`, which can be wrong in all
digits. NumPy and TensorFlow do neither. A barrier hides an operand from these simplifications; it costs no time.
"""

from typing import Any

import numpy as np

from kjax.machine.checks import is_tracer


def quotient(xp: Any, x: Any, y: Any) -> Any:
    """`x / y`, rounded once."""
    if xp is np:
        return np.true_divide(x, y)
    shape = np.broadcast_shapes(np.shape(x), np.shape(y))
    if np.shape(y) != shape or not is_tracer(y):
        y = _hidden(xp.broadcast_to(y, shape))
    return xp.true_divide(x, y)


def added(xp: Any, x: Any, y: Any) -> Any:
    """`x + y`, not joined with other constants."""
    return xp.add(_constant(xp, x), _constant(xp, y))


def subtracted(xp: Any, x: Any, y: Any) -> Any:
    """`x - y`, not joined with other constants."""
    return xp.subtract(_constant(xp, x), _constant(xp, y))


def multiplied(xp: Any, x: Any, y: Any) -> Any:
    """`x * y`, not joined with other constants."""
    return xp.multiply(_constant(xp, x), _constant(xp, y))


def _constant(xp: Any, value: Any) -> Any:
    """An operand that XLA does not know as a constant, if it is a float scalar."""
    if np.size(value) != 1 or is_tracer(value) or value.dtype.kind in "iub":
        return value
    return _hidden(xp.asarray(value))


def _hidden(value: Any) -> Any:
    import jax

    return jax.lax.optimization_barrier(value)
