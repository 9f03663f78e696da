"""Elementwise special functions: inverse trigonometric and hyperbolic ones, gamma, beta, error and Bessel functions.

Those that NumPy has run in NumPy, too; the others are JAX's.
"""

import functools
from typing import Annotated, Any

import numpy as np

from kjax import shapes
from kjax.core.op import op
from kjax.core.operands import INTEGERS, Float, Inexact, Operand, Signed, SignedReal
from kjax.core.placement import JAX_ONLY
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor

_Whole = Annotated[Any, Operand(INTEGERS)]


def _special() -> Any:
    import jax

    return jax.scipy.special


# ----------------------------------------------------------------------------------------------- what NumPy has as well


@op(shape=shapes.elementwise)
def acos(xp, x: Inexact):
    """Elementwise inverse cosine."""
    return xp.arccos(x)


@op(shape=shapes.elementwise)
def acosh(xp, x: Inexact):
    """Elementwise inverse hyperbolic cosine."""
    return xp.arccosh(x)


@op(shape=shapes.elementwise)
def asin(xp, x: Inexact):
    """Elementwise inverse sine."""
    return xp.arcsin(x)


@op(shape=shapes.elementwise)
def asinh(xp, x: Inexact):
    """Elementwise inverse hyperbolic sine."""
    return xp.arcsinh(x)


@op(shape=shapes.elementwise)
def atan(xp, x: Inexact):
    """Elementwise inverse tangent."""
    return xp.arctan(x)


@op(shape=shapes.elementwise)
def atan2(xp, y: Float, x: Float):
    """Elementwise angle of the point `(x, y)`."""
    return xp.arctan2(y, x)


@op(shape=shapes.elementwise)
def atanh(xp, x: Inexact):
    """Elementwise inverse hyperbolic tangent."""
    return xp.arctanh(x)


@op(shape=shapes.elementwise)
def cosh(xp, x: Inexact):
    """Elementwise hyperbolic cosine."""
    return xp.cosh(x)


@op(shape=shapes.elementwise)
def sinh(xp, x: Inexact):
    """Elementwise hyperbolic sine."""
    return xp.sinh(x)


@op(shape=shapes.elementwise)
def tan(xp, x: Inexact):
    """Elementwise tangent."""
    return xp.tan(x)


@op(shape=shapes.elementwise)
def expm1(xp, x: Inexact):
    """Elementwise `exp(x) - 1`, precise near 0."""
    return xp.expm1(x)


@op(shape=shapes.elementwise, differentiable=False)
def rint(xp, x: Float):
    """Elementwise nearest integer; halfway between two, the even one."""
    return xp.rint(x)


@functools.cache
def _nextafter() -> Any:
    import jax

    nextafter = jax.custom_jvp(jax.numpy.nextafter)

    @nextafter.defjvp
    def slope(primals: Any, tangents: Any) -> Any:
        out = nextafter(*primals)
        return out, jax.numpy.broadcast_to(tangents[0], out.shape)

    return nextafter


@op(shape=shapes.elementwise, label="NextAfter", jax_kernel=lambda jnp, x, y: _nextafter()(x, y))
def nextafter(xp, x: Float, y: Float):
    """Elementwise next number after `x` in the direction of `y`."""
    return xp.nextafter(x, y)


@op(shape=shapes.elementwise, label="SquaredDifference")
def squared_difference(xp, x: Signed, y: Signed):
    """Elementwise square of the difference; of complex numbers, of its absolute value."""
    difference = x - y
    return difference.conj() * difference


@op(shape=shapes.elementwise, differentiable=False, label="TruncateDiv")
def truncatediv(xp, x: _Whole, y: _Whole):
    """Elementwise quotient of integers, rounded towards zero.

    Raises:
        ValueError: an integer divided by 0.

    >>> truncatediv([7, -7], 2).numpy().tolist()
    [3, -3]
    """
    if xp is np and not np.all(y):
        raise ValueError("integer division by zero")
    down = x // y
    return down + ((x < 0) != (y < 0)) * (down * y != x)


@op(shape=shapes.elementwise, label="TruncateMod")
def truncatemod(xp, x: SignedReal, y: SignedReal):
    """Elementwise remainder with the sign of the dividend.

    Raises:
        ValueError: an integer divided by 0.

    >>> truncatemod([7, -7], 4).numpy().tolist()
    [3, -3]
    """
    if xp is np and x.dtype.kind in "iu" and not np.all(y):
        raise ValueError("integer division by zero")
    return xp.fmod(x, y)


# ----------------------------------------------------------------------------------------------- products that may be 0


def _unless(xp: Any, zero: Any, value: Any, other: Any) -> Any:
    """A kernel's operand where a factor is not zero, so that neither result nor gradient is NaN elsewhere."""
    return xp.where(zero, xp.asarray(other, value.dtype), value)


@op(shape=shapes.elementwise)
def xlogy(xp, x: Inexact, y: Inexact):
    """Elementwise `x * log(y)`; 0 where `x` is 0.

    >>> xlogy([0., 2.], [0., 1.]).numpy().tolist()
    [0.0, 0.0]
    """
    none = x == 0
    return _unless(xp, none, x * xp.log(_unless(xp, none, y, 1)), 0)


@op(shape=shapes.elementwise)
def xlog1py(xp, x: Inexact, y: Inexact):
    """Elementwise `x * log(1 + y)`; 0 where `x` is 0."""
    none = x == 0
    return _unless(xp, none, x * xp.log1p(_unless(xp, none, y, 0)), 0)


@op(shape=shapes.elementwise)
def xdivy(xp, x: Inexact, y: Inexact):
    """Elementwise `x / y`; 0 where `x` is 0.

    >>> xdivy([0., 2.], [0., 1.]).numpy().tolist()
    [0.0, 2.0]
    """
    none = x == 0
    return _unless(xp, none, x / _unless(xp, none, y, 1), 0)


@functools.cache
def _multiply_no_nan() -> Any:
    import jax

    jnp = jax.numpy
    multiply = jax.custom_jvp(lambda x, y: jnp.where(y == 0, jnp.zeros((), x.dtype), x * y))

    @multiply.defjvp
    def slope(primals: Any, tangents: Any) -> Any:
        (x, y), (dx, dy) = primals, tangents
        return multiply(x, y), _unless(jnp, y == 0, y, 0) * dx + x * dy

    return multiply


@op(shape=shapes.elementwise, label="MulNoNan", jax_kernel=lambda jnp, x, y: _multiply_no_nan()(x, y))
def multiply_no_nan(xp, x: Inexact, y: Inexact):
    """Elementwise product; 0 where `y` is 0, even if `x` is infinite or NaN.

    >>> multiply_no_nan([float('nan'), 2.], [0., 3.]).numpy().tolist()
    [0.0, 6.0]
    """
    return _unless(xp, y == 0, x * y, 0)


# ------------------------------------------------------------------------------------------------------- what JAX has


@op(shape=shapes.elementwise, runs=JAX_ONLY)
def lgamma(xp, x: Float):
    """Elementwise logarithm of the absolute value of the gamma function."""
    return _special().gammaln(x)


@op(shape=shapes.elementwise, runs=JAX_ONLY)
def digamma(xp, x: Float):
    """Elementwise derivative of `lgamma`."""
    return _special().digamma(x)


@op(shape=shapes.elementwise, runs=JAX_ONLY)
def erf(xp, x: Float):
    """Elementwise error function."""
    return _special().erf(x)


@op(shape=shapes.elementwise, runs=JAX_ONLY)
def erfc(xp, x: Float):
    """Elementwise `1 - erf(x)`, precise where that is small."""
    return _special().erfc(x)


@op(shape=shapes.elementwise, runs=JAX_ONLY)
def erfinv(xp, x: Float):
    """Elementwise inverse of the error function."""
    return _special().erfinv(x)


@op(shape=shapes.elementwise, runs=JAX_ONLY)
def ndtri(xp, x: Float):
    """Elementwise inverse of the normal distribution's cumulative distribution function."""
    return _special().ndtri(x)


@op(shape=shapes.elementwise, runs=JAX_ONLY, label="mul")
def bessel_i0(xp, x: Float):
    """Elementwise modified Bessel function of order 0."""
    return _special().i0(x)


@op(shape=shapes.elementwise, runs=JAX_ONLY)
def bessel_i0e(xp, x: Float):
    """Elementwise modified Bessel function of order 0, times `exp(-abs(x))`."""
    return _special().i0e(x)


@op(shape=shapes.elementwise, runs=JAX_ONLY, label="mul")
def bessel_i1(xp, x: Float):
    """Elementwise modified Bessel function of order 1."""
    return _special().i1(x)


@op(shape=shapes.elementwise, runs=JAX_ONLY)
def bessel_i1e(xp, x: Float):
    """Elementwise modified Bessel function of order 1, times `exp(-abs(x))`."""
    return _special().i1e(x)


@op(shape=shapes.elementwise, runs=JAX_ONLY)
def igamma(xp, a: Float, x: Float):
    """Elementwise regularised lower incomplete gamma function."""
    return _special().gammainc(a, x)


@op(shape=shapes.elementwise, runs=JAX_ONLY)
def igammac(xp, a: Float, x: Float):
    """Elementwise regularised upper incomplete gamma function: `1 - igamma(a, x)`."""
    return _special().gammaincc(a, x)


@op(shape=shapes.elementwise, runs=JAX_ONLY)
def polygamma(xp, a: Float, x: Float):
    """Elementwise derivative of `digamma`, of order `a`; NaN where that is no order."""
    import jax

    order = (a >= 0) & (a == xp.floor(a))
    a, x = xp.broadcast_arrays(_unless(xp, ~order, a, 0), x)
    return _unless(xp, ~order, jax.lax.polygamma(a, x), np.nan)


@op(shape=shapes.elementwise, runs=JAX_ONLY)
def zeta(xp, x: Float, q: Float):
    """Elementwise zeta function of Hurwitz: the sum of `1 / (q + n) ** x`."""
    return _special().zeta(x, q)


def _same_or_scalars(where: str, *operands: Tensor) -> Shape:
    """One shape, beside scalars."""
    shape = shapes.SCALAR
    for operand in operands:
        if operand.shape.rank is None:
            return shapes.UNKNOWN
        if operand.shape.rank:
            if shape.rank and not shape.is_compatible_with(operand.shape):
                raise ValueError(f"{where}: the operands have different shapes, {shape} and {operand.shape}")
            shape = shape.merge_with(operand.shape) if shape.rank else operand.shape
    return shape


@op(shape=_same_or_scalars, runs=JAX_ONLY)
def betainc(xp, a: Float, b: Float, x: Float):
    """Elementwise regularised incomplete beta function, of operands of one shape or scalars."""
    given = {operand.shape for operand in (a, b, x) if operand.ndim}
    if len(given) > 1:
        raise ValueError(f"the operands have different shapes: {sorted(given)}")
    return _special().betainc(a, b, x)
