"""Deviations from a mean: variances, and batches normalised by their own statistics.

Their gradients are declared, since the sum of all deviations is zero: JAX would add up whole tensors to find that.
Being sums of products themselves, they have derivatives of any order, forwards and backwards.
"""

import math
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from kjax.core.shape import is_open_dim


def count(xp: Any, x: Any, axes: Any, dtype: Any) -> Any:
    """How many elements a mean along axes has, as an array without dims."""
    number = math.prod(x.shape[axis] for axis in axes)
    return (xp if is_open_dim(number) else np).asarray(number, dtype)


def average(xp: Any, x: Any, axes: Any) -> Any:
    """The mean along axes, which stay with dim 1."""
    return x.sum(axes, keepdims=True) / count(xp, x, axes, x.dtype)


def variance(averages: Callable[[Any, bool], Any], x: Any, keepdims: bool) -> Any:
    """The mean square of the deviations from the mean, in JAX.

    Args:
        averages: gives the mean of an array along the axes in question, which stay with dim 1 or not.
        x: an array of floats or complex numbers.
        keepdims: whether the axes stay in the result.
    """
    import jax

    def of_deviations(x: Any) -> tuple[Any, Any]:
        away = x - averages(x, True)
        return away, averages(away * away, keepdims)

    function = jax.custom_jvp(lambda x: of_deviations(x)[1])

    def along(primals: Any, tangents: Any) -> Any:
        away, out = of_deviations(*primals)
        return out, 2 * averages(away * tangents[0], keepdims)

    function.defjvp(along)
    return function(x)


def standardised(xp: Any, x: Any, scale: Any, axes: tuple[int, ...], epsilon: float) -> Any:
    """Deviations from the mean, divided by the square root of variance and `epsilon`, times `scale`.

    Args:
        xp: NumPy or `jax.numpy`.
        x: an array of floats.
        scale: an array of the same dtype that broadcasts to the mean; or None for 1.
        axes: the axes along which mean and variance are taken.
        epsilon: a number added to the variance.

    Returns:
        The result, of the shape of `x`; the mean and the variance, in which `axes` have dim 1.
    """
    if scale is None:
        scale = np.ones((1,) * x.ndim, x.dtype)
    return _at_once(np, x, scale, axes, epsilon) if xp is np else _in_jax()(x, scale, axes, epsilon)


def inverse_root(xp: Any, var: Any, epsilon: float) -> Any:
    """One by the square root of a variance and `epsilon`."""
    return 1 / xp.sqrt(var + np.asarray(epsilon, var.dtype))


def _at_once(xp: Any, x: Any, scale: Any, axes: Any, epsilon: float) -> Any:
    away, mean, var = _statistics(xp, x, axes)
    return away * (inverse_root(xp, var, epsilon) * scale), mean, var


def _statistics(xp: Any, x: Any, axes: Any) -> tuple[Any, Any, Any]:
    """The deviations, the mean and the variance."""
    mean = average(xp, x, axes)
    away = x - mean
    return away, mean, average(xp, away * away, axes)


@cache
def _in_jax() -> Any:
    import jax

    function = jax.custom_jvp(
        lambda x, scale, axes, epsilon: _at_once(jax.numpy, x, scale, axes, epsilon), nondiff_argnums=(2, 3)
    )
    function.defjvp(_along)
    return function


def _along(axes: Any, epsilon: float, primals: Any, tangents: Any) -> Any:
    """The results, and how they change.

    In this form, the transposed one has two sums over `x`: of the slopes, and of their products with `away`.
    """
    import jax

    xp = jax.numpy
    (x, scale), (change, of_scale) = primals, tangents
    away, mean, var = _statistics(xp, x, axes)
    inverse = inverse_root(xp, var, epsilon)
    factor = inverse * scale
    scaled = change * factor
    slope = inverse * of_scale - average(xp, away * scaled, axes) * (inverse * inverse)
    out = scaled + away * slope + -average(xp, scaled, axes)
    return (away * factor, mean, var), (out, average(xp, change, axes), 2 * average(xp, away * change, axes))
