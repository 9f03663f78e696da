"""Reductions: sums, extrema, averages, logic; and cumulative sums and products."""

from typing import Annotated, Any

import numpy as np

from kjax import shapes
from kjax.core.dtypes import as_dtype
from kjax.core.op import op
from kjax.core.operands import BOOLS, INEXACT, Array, Attribute, Axes, Axis, Float, Number, Operand, Real
from kjax.core.placement import threads
from kjax.core.shape import is_open_dim
from kjax.core.tensor import Tensor
from kjax.kernels import deviations, exact, sums, ties, wide
from kjax.machine import config
from kjax.machine.threads import reduced

Flag = Annotated[bool, Attribute(lambda value, where: bool(value)), "bool"]
# An axis; None is the first one, as in TensorFlow.
_FirstAxis = Annotated[
    Any,
    Attribute(lambda v, where: 0 if v is None else Axis.__metadata__[0].normal(v, where)),
    "SupportsIndex | None",
]
_Varying = Annotated[Any, Operand(INEXACT | BOOLS | {as_dtype("int32"), as_dtype("int64")})]
_Spread = Annotated[Any, Operand(INEXACT | BOOLS)]

# --------------------------------------------------------------------------------------------------- parts of kernels


def _over(x: Any, axis: Any) -> Any:
    """`axis` for NumPy, with TensorFlow's rules: an axis may be named twice, and a scalar has none."""
    if axis is None:
        return None
    if type(axis) is tuple:
        return tuple({shapes.axis_in("", a, x.ndim) for a in axis})
    if not x.ndim:
        raise ValueError("a scalar has no axes")
    return axis


def _sum_dtype(x: Any) -> Any:
    """The dtype to accumulate in: float32 for half-precision floats, which lose small terms."""
    return np.float32 if x.dtype.itemsize == 2 and x.dtype.kind not in "iu" else x.dtype


def _narrowed(out: Any, dtype: Any) -> Any:
    return out if out.dtype == dtype else out.astype(dtype)


def _number(x: Any) -> Any:
    """Bools as floats, everything else as it is."""
    return x.astype(config.floatx()) if x.dtype.kind == "b" else x


def _floats(x: Tensor, *rest: Any) -> Any:
    """Dtype rule: the dtype of `x`; for bools, the default float type."""
    return as_dtype(config.floatx()) if x.dtype.is_bool else x.dtype


def _total(xp: Any, x: Any, axis: Any, keepdims: Any, dtype: Any) -> Any:
    if xp is np:
        return sums.total(x, axis, dtype, keepdims)
    return wide.total(x, axis, keepdims, dtype)


def _count(xp: Any, x: Any, total: Any, least: int = 0) -> Any:
    """How many elements of `x` make one of `total`, which may be known only when an exported program runs."""
    if xp is np:
        return np.asarray(x.size // (total.size or 1) or least, total.dtype)
    count = x.size // (1 if 0 in total.shape else total.size)
    return (xp if is_open_dim(count) else np).asarray(count or least, total.dtype)


def _average(xp: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    """The mean in the dtype of `x`; of integers, rounded towards zero."""
    kind = x.dtype.kind
    if kind not in "iu":
        total = _total(xp, x, axis, keepdims, _sum_dtype(x))
        # If the result is empty, the count does not matter; a mean of no elements is 0 / 0 = NaN.
        return _narrowed(exact.quotient(xp, total, _count(xp, x, total)), x.dtype)
    total = _total(xp, x, axis, keepdims, np.int64 if kind == "i" else np.uint64)
    count = _count(xp, x, total, least=1)
    quotient = total // count
    if kind == "i":
        quotient = quotient + (total < 0) * (total != quotient * count)  # towards zero, not down
    return quotient.astype(x.dtype)


def _extremum(xp: Any, x: Any, axis: Any, keepdims: bool, name: str, worst: Any) -> Any:
    """The greatest or least element but NaN; the worst value if there is nothing else, as in TensorFlow on CPUs."""
    axis = _over(x, axis)
    if 0 in x.shape:
        total = _total(xp, x, axis, keepdims, x.dtype)
        return xp.full(total.shape, worst(x.dtype), x.dtype)
    if xp is np:
        out = reduced(getattr(np, f"f{name}"), x, axis, keepdims)
    else:
        out = getattr(xp, f"nan{name}")(x, axis=axis, keepdims=keepdims)
    if x.dtype.kind in "iu":
        return out
    nan = xp.isnan(out)
    return xp.where(nan, np.asarray(worst(x.dtype), x.dtype), out) if xp is not np or np.count_nonzero(nan) else out


def _lowest(dtype: Any) -> Any:
    return np.iinfo(dtype).min if dtype.kind in "iu" else -np.inf


def _highest(dtype: Any) -> Any:
    return np.iinfo(dtype).max if dtype.kind in "iu" else np.inf


def _comparable(xp: Any, x: Any, axis: Any, worst: float) -> Any:
    """`x` with NaN replaced by `worst`, so that argmax and argmin pass over it."""
    if axis is None or not x.ndim:
        raise ValueError("the tensor has no such axis")
    if x.dtype.kind in "iu":
        return x
    nan = xp.isnan(x)
    return xp.where(nan, np.asarray(worst, x.dtype), x) if xp is not np or np.count_nonzero(nan) else x


def _running(x: Any, axis: Any) -> Any:
    """`x`, if it has an axis to accumulate along; without one NumPy would flatten."""
    if axis is None or not x.ndim:
        raise ValueError("the tensor has no such axis")
    return x


# ------------------------------------------------------------------------------------------------- sums and products


@op(shape=shapes.reduction, runs=threads())
def sum(xp, x: Number, axis: Axes = None, keepdims: Flag = False):
    """Sum of the elements along axes.

    Args:
        x: a tensor of numbers.
        axis: an axis, or a list of them; None for all.
        keepdims: whether these axes stay, with dim 1.

    Returns:
        A tensor of the dtype of `x`, without these axes.

    Raises:
        TypeError: `x` is bool, or `axis` is no integer.
        ValueError: there is no such axis.

    Source: `tf.keras.backend.sum`, TF 2.2.

    >>> sum([[1., 2.], [3., 4.]], axis=-1).numpy().tolist()
    [3.0, 7.0]
    """
    return _narrowed(_total(xp, x, _over(x, axis), keepdims, _sum_dtype(x)), x.dtype)


@op(shape=shapes.reduction, runs=threads())
def prod(xp, x: Number, axis: Axes = None, keepdims: Flag = False):
    """Product of the elements along axes.

    Args:
        x: a tensor of numbers.
        axis: an axis, or a list of them; None for all.
        keepdims: whether these axes stay, with dim 1.

    Returns:
        A tensor of the dtype of `x`, without these axes.

    Raises:
        TypeError: `x` is bool, or `axis` is no integer.
        ValueError: there is no such axis.

    Source: `tf.keras.backend.prod`, TF 2.2.

    >>> prod([[1., 2.], [3., 4.]], axis=0).numpy().tolist()
    [3.0, 8.0]
    """
    return _narrowed(x.prod(axis=_over(x, axis), dtype=_sum_dtype(x), keepdims=keepdims), x.dtype)


@op(shape=shapes.along_axis)
def cumsum(xp, x: Number, axis: Axis = 0):
    """Cumulative sum along an axis.

    Args:
        x: a tensor of numbers, of rank 1 at least.
        axis: the axis to add along.

    Returns:
        A tensor of the shape and dtype of `x`.

    Raises:
        TypeError: `x` is bool, or `axis` is no integer.
        ValueError: there is no such axis.

    Source: `tf.keras.backend.cumsum`, TF 2.2.

    >>> cumsum([1., 2., 3.]).numpy().tolist()
    [1.0, 3.0, 6.0]
    """
    return _running(x, axis).cumsum(axis, dtype=x.dtype)


@op(shape=shapes.along_axis)
def cumprod(xp, x: Number, axis: Axis = 0):
    """Cumulative product along an axis.

    Args:
        x: a tensor of numbers, of rank 1 at least.
        axis: the axis to multiply along.

    Returns:
        A tensor of the shape and dtype of `x`.

    Raises:
        TypeError: `x` is bool, or `axis` is no integer.
        ValueError: there is no such axis.

    Source: `tf.keras.backend.cumprod`, TF 2.2. Differs: the gradient is right where elements are 0 (there NaN).

    >>> cumprod([1., 2., 3.]).numpy().tolist()
    [1.0, 2.0, 6.0]
    """
    return _running(x, axis).cumprod(axis, dtype=x.dtype)


# ------------------------------------------------------------------------------------------------------------ extrema


@op(shape=shapes.reduction, runs=threads())
def max(xp, x: Real, axis: Axes = None, keepdims: Flag = False):
    """The greatest element along axes.

    Args:
        x: a tensor of floats or integers.
        axis: an axis, or a list of them; None for all.
        keepdims: whether these axes stay, with dim 1.

    Returns:
        A tensor of the dtype of `x`, without these axes. NaN is passed over where there is another element;
        over no elements the result is -inf, or the least integer. Elements that tie share the gradient.

    Raises:
        TypeError: `x` is bool or complex, or `axis` is no integer.
        ValueError: there is no such axis.

    Source: `tf.keras.backend.max`, TF 2.2. Differs: where there is nothing but NaN the result is NaN (there -inf).

    >>> max([[1., 2.], [3., 4.]], axis=0).numpy().tolist()
    [3.0, 4.0]
    """
    return _extremum(xp, x, axis, keepdims, "max", _lowest)


@op(shape=shapes.reduction, runs=threads())
def min(xp, x: Real, axis: Axes = None, keepdims: Flag = False):
    """The least element along axes.

    Args:
        x: a tensor of floats or integers.
        axis: an axis, or a list of them; None for all.
        keepdims: whether these axes stay, with dim 1.

    Returns:
        A tensor of the dtype of `x`, without these axes. NaN is passed over where there is another element;
        over no elements the result is inf, or the greatest integer. Elements that tie share the gradient.

    Raises:
        TypeError: `x` is bool or complex, or `axis` is no integer.
        ValueError: there is no such axis.

    Source: `tf.keras.backend.min`, TF 2.2. Differs: where there is nothing but NaN the result is NaN (there inf).

    >>> min([[1., 2.], [3., 4.]], axis=0).numpy().tolist()
    [1.0, 2.0]
    """
    return _extremum(xp, x, axis, keepdims, "min", _highest)


@op(shape=shapes.reduction, out="int64", differentiable=False, label="ArgMax", runs=threads())
def argmax(xp, x: Real, axis: _FirstAxis = -1):
    """Index of the greatest element along an axis.

    Args:
        x: a tensor of floats or integers, of rank 1 at least.
        axis: the axis to search along.

    Returns:
        A tensor of int64 without this axis: the first of equal elements, and of NaN only if there is nothing else.

    Raises:
        TypeError: `x` is bool or complex, or `axis` is no integer.
        ValueError: there is no such axis, or its dim is 0.

    Source: `tf.keras.backend.argmax`, TF 2.2.

    >>> argmax([[1., 5., 2.]]).numpy().tolist()
    [1]
    """
    return ties.place_of(xp, _comparable(xp, x, axis, -np.inf), axis, "argmax")


@op(shape=shapes.reduction, out="int64", differentiable=False, label="ArgMin", runs=threads())
def argmin(xp, x: Real, axis: _FirstAxis = -1):
    """Index of the least element along an axis.

    Args:
        x: a tensor of floats or integers, of rank 1 at least.
        axis: the axis to search along.

    Returns:
        A tensor of int64 without this axis: the first of equal elements, and of NaN only if there is nothing else.

    Raises:
        TypeError: `x` is bool or complex, or `axis` is no integer.
        ValueError: there is no such axis, or its dim is 0.

    Source: `tf.keras.backend.argmin`, TF 2.2.

    >>> argmin([[3., 1., 2.]]).numpy().tolist()
    [1]
    """
    return ties.place_of(xp, _comparable(xp, x, axis, np.inf), axis, "argmin")


def _logsumexp_in_jax(jnp: Any, x: Any, axis: Any, keepdims: Any) -> Any:
    import jax

    return jax.nn.logsumexp(x, _over(x, axis), keepdims=keepdims)


@op(shape=shapes.reduction, jax_kernel=_logsumexp_in_jax)
def logsumexp(xp, x: Float, axis: Axes = None, keepdims: Flag = False):
    """The logarithm of the sum of exponentials along axes, without overflow for large elements.

    Args:
        x: a tensor of floats.
        axis: an axis, or a list of them; None for all.
        keepdims: whether these axes stay, with dim 1.

    Returns:
        A tensor without these axes, of the dtype of `x`.

    Raises:
        TypeError: `x` does not hold floats, or `axis` is no integer.
        ValueError: there is no such axis.

    Source: `keras.backend.logsumexp`, Keras 2.3.1.

    >>> logsumexp([[1000., 1000.]], axis=-1).numpy()
    array([1000.6932], dtype=float32)
    """
    over = _over(x, axis)
    top = _extremum(xp, x, axis, True, "max", _lowest)
    top = xp.where(xp.isfinite(top), top, np.zeros_like(top))
    out = xp.log(xp.exp(x - top).sum(over, keepdims=True)) + top
    return out if keepdims else out.squeeze(tuple(range(x.ndim)) if over is None else over)


def _cumulative_logsumexp_in_jax(jnp: Any, x: Any, axis: Any) -> Any:
    import jax

    return jax.lax.cumlogsumexp(x, axis % _running(x, axis).ndim)


@op(shape=shapes.along_axis, jax_kernel=_cumulative_logsumexp_in_jax)
def cumulative_logsumexp(xp, x: Float, axis: Axis = 0):
    """The logarithms of the cumulative sums of exponentials along an axis.

    >>> cumulative_logsumexp([0., 0.]).numpy()
    array([0.       , 0.6931472], dtype=float32)
    """
    return np.logaddexp.accumulate(_running(x, axis), axis)


# ----------------------------------------------------------------------------------------------------------- averages


@op(shape=shapes.reduction, out=_floats, runs=threads())
def mean(xp, x: Array, axis: Axes = None, keepdims: Flag = False):
    """Mean of the elements along axes.

    Args:
        x: a tensor.
        axis: an axis, or a list of them; None for all.
        keepdims: whether these axes stay, with dim 1.

    Returns:
        A tensor without these axes, of the dtype of `x`; for bools of `floatx()`. The mean of integers is rounded
        towards zero. The mean of no elements is NaN, of no integers 0.

    Raises:
        TypeError: `axis` is no integer.
        ValueError: there is no such axis.

    Source: `tf.keras.backend.mean`, TF 2.2.

    >>> mean([[1., 2.], [3., 4.]], axis=-1).numpy().tolist()
    [1.5, 3.5]
    """
    return _average(xp, _number(x), _over(x, axis), keepdims)


def _variance(xp: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    x, axis = _number(x), _over(x, axis)
    if xp is not np and x.dtype.kind not in "iu":
        return deviations.variance(lambda a, kept: _average(xp, a, axis, kept), x, keepdims)
    away = x - _average(xp, x, axis, True)
    return _average(xp, away * away, axis, keepdims)


@op(shape=shapes.reduction, out=_floats)
def var(xp, x: _Varying, axis: Axes = None, keepdims: Flag = False):
    """Variance of the elements along axes: the mean of the squared distances from the mean.

    Args:
        x: a tensor of floats, complex numbers, int32, int64 or bools.
        axis: an axis, or a list of them; None for all.
        keepdims: whether these axes stay, with dim 1.

    Returns:
        A tensor without these axes, of the dtype of `x`; for bools of `floatx()`. For integers, both means are
        rounded towards zero.

    Raises:
        TypeError: `x` holds integers of another kind, or `axis` is no integer.
        ValueError: there is no such axis.

    Source: `tf.keras.backend.var`, TF 2.2.

    >>> var([[1., 3.], [3., 7.]], axis=-1).numpy().tolist()
    [1.0, 4.0]
    """
    return _variance(xp, x, axis, keepdims)


@op(shape=shapes.reduction, out=_floats)
def std(xp, x: _Spread, axis: Axes = None, keepdims: Flag = False):
    """Standard deviation of the elements along axes: the square root of the variance.

    Args:
        x: a tensor of floats, complex numbers or bools.
        axis: an axis, or a list of them; None for all.
        keepdims: whether these axes stay, with dim 1.

    Returns:
        A tensor without these axes, of the dtype of `x`; for bools of `floatx()`. The gradient is NaN where it is 0.

    Raises:
        TypeError: `x` holds integers, or `axis` is no integer.
        ValueError: there is no such axis.

    Source: `tf.keras.backend.std`, TF 2.2.

    >>> std([[1., 3.], [3., 7.]], axis=-1).numpy().tolist()
    [1.0, 2.0]
    """
    return xp.sqrt(_variance(xp, x, axis, keepdims))


# -------------------------------------------------------------------------------------------------------------- logic


def _truth(x: Any) -> Any:
    """Elements as bools: all but 0 are True; of complex numbers only the real part counts, as in TensorFlow."""
    kind = x.dtype.kind
    return x if kind == "b" else (x.real if kind == "c" else x) != 0


@op(shape=shapes.reduction, out="bool", differentiable=False, runs=threads())
def any(xp, x: Array, axis: Axes = None, keepdims: Flag = False):
    """Whether any element along axes is true.

    Args:
        x: a tensor; any number but 0 is true.
        axis: an axis, or a list of them; None for all.
        keepdims: whether these axes stay, with dim 1.

    Returns:
        A tensor of bools, without these axes; False over no elements.

    Raises:
        TypeError: `axis` is no integer.
        ValueError: there is no such axis.

    Source: `tf.keras.backend.any`, TF 2.2.

    >>> any([[0., 0.], [0., 4.]], axis=-1).numpy().tolist()
    [False, True]
    """
    return _truth(x).any(axis=_over(x, axis), keepdims=keepdims)


@op(shape=shapes.reduction, out="bool", differentiable=False, runs=threads())
def all(xp, x: Array, axis: Axes = None, keepdims: Flag = False):
    """Whether all elements along axes are true.

    Args:
        x: a tensor; any number but 0 is true.
        axis: an axis, or a list of them; None for all.
        keepdims: whether these axes stay, with dim 1.

    Returns:
        A tensor of bools, without these axes; True over no elements.

    Raises:
        TypeError: `axis` is no integer.
        ValueError: there is no such axis.

    Source: `tf.keras.backend.all`, TF 2.2.

    >>> all([[0., 4.], [4., 4.]], axis=-1).numpy().tolist()
    [False, True]
    """
    return _truth(x).all(axis=_over(x, axis), keepdims=keepdims)
