"""Arithmetic that XLA must not rearrange.

XLA computes a quotient by a broadcast divisor as a product with the reciprocal, which is wrong in the last bit:
41 / 41 becomes 0.99999994. It folds the constants of `(x + a) + b` into `x + (a + b)`, which can be wrong in all
digits; makes `x / (y * z)` of `(x / y) / z`, which overflows; `y` of `log(exp(y))`, and square roots of powers. NumPy
and TensorFlow do none of this. A barrier hides an operand from these simplifications; it costs no time.
"""

from typing import Any

import numpy as np

from kjax.kernels import wide
from kjax.machine.checks import is_tracer


def quotient(xp: Any, x: Any, y: Any) -> Any:
    """`x / y`, rounded once."""
    if xp is np:
        return np.true_divide(x, y)
    x, y = wide.alike(x, y)
    # With the divisor hidden, `x / exp(y)` stays as it is; with the result, `(x / y) / z`.
    return hidden(xp.true_divide(x, hidden(xp.broadcast_to(y, xp.broadcast_shapes(np.shape(x), np.shape(y))))))


def power(x: Any, a: Any, out: Any = None) -> Any:
    """`x` to the power of `a`, arrays of NumPy."""
    result = np.power(x, a, out=out)
    if is_root(x, a):
        result = of_root(np, x, result, a)
        if out is not None:
            out[...] = result
    return result


def is_root(x: Any, a: Any) -> bool:
    """Whether NumPy and XLA take a root for the power: that of 1/2 or -1/2."""
    return not is_tracer(a) and np.size(a) == 1 and x.dtype.kind != "c" and abs(np.asarray(a).item()) == 0.5


def of_root(xp: Any, x: Any, root: Any, a: Any) -> Any:
    """The power from a root: they differ at -inf, and at -0.0."""
    at = np.asarray(np.inf if np.asarray(a).item() > 0 else 0.0, root.dtype)
    return xp.where(x == -np.inf, at, xp.abs(root))


def logarithm(xp: Any, x: Any) -> Any:
    """The natural logarithm, not taken as `y` of `exp(y)`, or as `b * log(|a|)` of a power."""
    return xp.log(x if xp is np else hidden(x))


def cast(xp: Any, x: Any, target: Any) -> Any:
    """`x` as an array of dtype `target`. A float beyond the integers becomes the least one, as in NumPy and C."""
    if xp is np or x.dtype.kind not in "fV" or target.kind not in "iu":
        return x.astype(target)
    # (XLA takes the nearest integer, and 0 for NaN.)
    x = x.astype(np.float32) if x.dtype.itemsize < 4 else x  # in which the limits are numbers
    wide: Any = np.dtype(np.int32 if target.itemsize < 4 or target == np.int32 else np.int64)
    limits: Any = np.iinfo(wide)
    inside = (x >= float(limits.min)) & (x < -float(limits.min))
    return xp.where(inside, x.astype(wide), np.asarray(limits.min, wide)).astype(target)


def added(xp: Any, x: Any, y: Any) -> Any:
    """`x + y`, not joined with other constants."""
    return xp.add(*wide.alike(_constant(xp, x), _constant(xp, y)))


def subtracted(xp: Any, x: Any, y: Any) -> Any:
    """`x - y`, not joined with other constants."""
    return xp.subtract(*wide.alike(_constant(xp, x), _constant(xp, y)))


def multiplied(xp: Any, x: Any, y: Any) -> Any:
    """`x * y`, not joined with other constants."""
    return xp.multiply(*wide.alike(_constant(xp, x), _constant(xp, y)))


def _constant(xp: Any, value: Any) -> Any:
    """An operand that XLA does not know as a constant, if it is a float scalar."""
    if np.size(value) != 1 or is_tracer(value) or value.dtype.kind in "iub":
        return value
    return hidden(xp.asarray(value))


def hidden(value: Any) -> Any:
    """`value`, of which XLA does not know how it was computed; for JAX alone."""
    import jax

    return jax.lax.optimization_barrier(value)
