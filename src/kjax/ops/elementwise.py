"""Elementwise mathematics and casts: one declaration an operation."""

from typing import TYPE_CHECKING, Annotated, Any, overload

import numpy as np

from kjax import shapes
from kjax.core import dtypes
from kjax.core.composite import Composite
from kjax.core.foreign import public
from kjax.core.op import op
from kjax.core.operands import (
    NUMBERS,
    Array,
    DTypeGiven,
    Float,
    Inexact,
    MaybeArray,
    Number,
    Operand,
    Real,
    Signed,
    SignedReal,
    as_tensor,
)
from kjax.core.placement import NUMPY, threads
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable
from kjax.kernels import bounded, exact, ties
from kjax.kernels.halves import ZERO
from kjax.machine import config

if TYPE_CHECKING:
    import jax

    from kjax.core.types import ArrayLike
    from kjax.sparse import SparseTensor

# ------------------------------------------------------------------------------------------------------- mathematics


@op(shape=shapes.elementwise, out=lambda x: x.dtype.real_dtype, jax_kernel=ties.absolute, runs=threads(np.abs))
def abs(xp, x: Signed):
    """Elementwise absolute value.

    Args:
        x: a tensor of floats, signed integers or complex numbers.

    Returns:
        A tensor of the shape of `x` and of its dtype; for complex numbers, of the float dtype of their parts.

    Source: `tf.keras.backend.abs`, TF 2.2.

    >>> abs([-1., 2.]).numpy().tolist()
    [1.0, 2.0]
    """
    return xp.abs(x)


@op(shape=shapes.elementwise)
def sqrt(xp, x: Float):
    """Elementwise square root, where negative elements count as 0.

    Args:
        x: a tensor of floats.

    Returns:
        A tensor of the shape and dtype of `x`.

    Source: `tf.keras.backend.sqrt`, TF 2.2.

    >>> sqrt([4., -4.]).numpy().tolist()
    [2.0, 0.0]
    """
    if xp is np:
        return np.sqrt(np.maximum(x, ZERO))
    return xp.sqrt(exact.hidden(xp.where(x < 0, xp.zeros((), x.dtype), x)))  # (not taken as |y| of a square)


@op(shape=shapes.elementwise, runs=threads(np.square))
def square(xp, x: Signed):
    """Elementwise square.

    Args:
        x: a tensor of floats, signed integers or complex numbers.

    Returns:
        A tensor of the shape and dtype of `x`.

    Source: `tf.keras.backend.square`, TF 2.2.

    >>> square([3., -4.]).numpy().tolist()
    [9.0, 16.0]
    """
    return xp.square(x)


@op(shape=shapes.elementwise, runs=threads(np.exp, costly=True))
def exp(xp, x: Inexact):
    """Elementwise exponential.

    Args:
        x: a tensor of floats or complex numbers.

    Returns:
        A tensor of the shape and dtype of `x`.

    Source: `tf.keras.backend.exp`, TF 2.2.

    >>> exp([0.]).numpy().tolist()
    [1.0]
    """
    return xp.exp(x)


@op(shape=shapes.elementwise, runs=threads(np.log, costly=True))
def log(xp, x: Inexact):
    """Elementwise natural logarithm: -inf at 0, NaN below.

    Args:
        x: a tensor of floats or complex numbers.

    Returns:
        A tensor of the shape and dtype of `x`.

    Source: `tf.keras.backend.log`, TF 2.2.

    >>> log([1., 0.]).numpy().tolist()
    [0.0, -inf]
    """
    return exact.logarithm(xp, x)


@op(shape=shapes.elementwise, runs=threads(np.sin, costly=True))
def sin(xp, x: Inexact):
    """Elementwise sine, of radians.

    Args:
        x: a tensor of floats or complex numbers.

    Returns:
        A tensor of the shape and dtype of `x`.

    Source: `tf.keras.backend.sin`, TF 2.2.

    >>> sin([0.]).numpy().tolist()
    [0.0]
    """
    return xp.sin(x)


@op(shape=shapes.elementwise, runs=threads(np.cos, costly=True))
def cos(xp, x: Inexact):
    """Elementwise cosine, of radians.

    Args:
        x: a tensor of floats or complex numbers.

    Returns:
        A tensor of the shape and dtype of `x`.

    Source: `tf.keras.backend.cos`, TF 2.2.

    >>> cos([0.]).numpy().tolist()
    [1.0]
    """
    return xp.cos(x)


@op(shape=shapes.elementwise, differentiable=False)
def round(xp, x: Real):
    """Elementwise nearest integer; halfway between two, the even one.

    Args:
        x: a tensor of floats or integers.

    Returns:
        A tensor of the shape and dtype of `x`. `K.gradients` gives None through it.

    Source: `tf.keras.backend.round`, TF 2.2.

    >>> round([0.5, 1.5, 1.6]).numpy().tolist()
    [0.0, 2.0, 2.0]
    """
    return x if x.dtype.kind in "iu" else xp.rint(x)


@op(shape=shapes.elementwise)
def sign(xp, x: Signed):
    """Elementwise sign: -1, 0 or 1 (of NaN 0); for complex numbers `x / abs(x)`.

    Args:
        x: a tensor of floats, signed integers or complex numbers.

    Returns:
        A tensor of the shape and dtype of `x`. Its gradient is zero.

    Source: `tf.keras.backend.sign`, TF 2.2.

    >>> sign([-3., 0., 2.]).numpy().tolist()
    [-1.0, 0.0, 1.0]
    """
    signs = xp.sign(x)
    return xp.where(signs == signs, signs, xp.zeros((), x.dtype))


@op(shape=shapes.elementwise, jax_kernel=ties.power, runs=threads(exact.power, costly=True))
def pow(xp, x: Signed, a: Signed):
    """Elementwise power.

    Args:
        x: a tensor of floats, signed integers or complex numbers.
        a: the exponents: a number or a tensor of the same dtype, which broadcasts against `x`.

    Returns:
        A tensor of the broadcast shape and the dtype of `x`.

    Raises:
        ValueError: an integer to a negative integer power.

    Source: `tf.keras.backend.pow`, TF 2.2.

    >>> pow([2., 3.], 2).numpy().tolist()
    [4.0, 9.0]
    """
    return exact.power(x, a)


@op(shape=shapes.elementwise, jax_kernel=ties.maximum, runs=threads(bounded.maximum))
def maximum(xp, x: SignedReal, y: SignedReal):
    """Elementwise greater of two tensors.

    Args:
        x: a tensor of floats or signed integers.
        y: a tensor of the same dtype, which broadcasts against `x`.

    Returns:
        A tensor of the broadcast shape. Where both are equal, the gradient goes to `x`. NaN in `x` gives NaN, in `y`
        the element of `x`.

    Source: `tf.keras.backend.maximum`, TF 2.2.

    >>> maximum([1., 5.], [3., 2.]).numpy().tolist()
    [3.0, 5.0]
    """
    return bounded.maximum(x, y)


@op(shape=shapes.elementwise, jax_kernel=ties.minimum, runs=threads(bounded.minimum))
def minimum(xp, x: SignedReal, y: SignedReal):
    """Elementwise lesser of two tensors.

    Args:
        x: a tensor of floats or signed integers.
        y: a tensor of the same dtype, which broadcasts against `x`.

    Returns:
        A tensor of the broadcast shape. Where both are equal, the gradient goes to `x`. NaN in `x` gives NaN, in `y`
        the element of `x`.

    Source: `tf.keras.backend.minimum`, TF 2.2.

    >>> minimum([1., 5.], [3., 2.]).numpy().tolist()
    [1.0, 2.0]
    """
    return bounded.minimum(x, y)


_PLAIN = frozenset([int, float])


@op(name="clip", shape=shapes.same, runs=threads(bounded.within))
def _clipped(xp, x: Float, low, high):
    return ties.clipped(xp, x, low, high)


@public
def clip(x: Array, min_value: MaybeArray, max_value: MaybeArray) -> Tensor:
    """Elementwise nearest value within bounds.

    Args:
        x: a tensor of floats or signed integers.
        min_value: the lower bound: a number, a tensor, or None for no bound.
        max_value: the upper bound, likewise; where it is less than `min_value`, the result is `min_value`.

    Returns:
        A tensor of the shape and dtype of `x`. The gradient passes where `x` is within the bounds or at them.

    Source: `tf.keras.backend.clip`, TF 2.2.

    >>> clip([-1., 0.5, 3.], 0., 1.).numpy().tolist()
    [0.0, 0.5, 1.0]
    """
    if type(min_value) in _PLAIN and type(max_value) in _PLAIN:
        max_value = max(min_value, max_value)
        if isinstance(x, Tensor) and x.dtype.is_floating:
            return _clipped(x, min_value, max_value)
    x = as_tensor(x, where="clip(): x")
    if max_value is not None:
        x = minimum(x, max_value)
    if min_value is not None:
        x = maximum(x, min_value)
    return x if min_value is not None or max_value is not None else identity(x)


@op(shape=shapes.elementwise, jax_kernel=exact.added, runs=threads(np.add))
def add(xp, x: Number, y: Number):
    """Elementwise sum: `x + y`.

    >>> add([1., 2.], 3).numpy().tolist()
    [4.0, 5.0]
    """
    return xp.add(x, y)


@op(shape=shapes.elementwise, label="Sub", jax_kernel=exact.subtracted, runs=threads(np.subtract))
def subtract(xp, x: Number, y: Number):
    """Elementwise difference: `x - y`.

    >>> subtract([1., 2.], 3).numpy().tolist()
    [-2.0, -1.0]
    """
    return xp.subtract(x, y)


@op(shape=shapes.elementwise, label="Mul", jax_kernel=exact.multiplied, runs=threads(np.multiply))
def multiply(xp, x: Number, y: Number):
    """Elementwise product: `x * y`.

    >>> multiply([1., 2.], 3).numpy().tolist()
    [3.0, 6.0]
    """
    return xp.multiply(x, y)


def _quotient_dtype(x: Tensor, y: Tensor) -> Any:
    if not x.dtype.is_integer:
        return x.dtype
    return dtypes.as_dtype("float64" if x.dtype.size >= 4 else "float32")


_Divisible = Annotated[Any, Operand(NUMBERS - {dtypes.as_dtype("uint32"), dtypes.as_dtype("uint64")})]


@op(shape=shapes.elementwise, out=_quotient_dtype, label="RealDiv", runs=threads())
def divide(xp, x: _Divisible, y: _Divisible):
    """Elementwise quotient: `x / y`. Integers of 4 or 8 bytes give float64, smaller ones float32.

    >>> divide([1., 2.], 4).numpy().tolist(), divide([1, 2], 4).dtype
    ([0.25, 0.5], kjax.float64)
    """
    if x.dtype.kind in "iu":
        precise = np.float64 if x.dtype.itemsize >= 4 else np.float32
        x, y = x.astype(precise), y.astype(precise)
    return exact.quotient(xp, x, y)


@op(shape=shapes.elementwise, differentiable=False, label="FloorDiv")
def floor_divide(xp, x: Real, y: Real):
    """Elementwise quotient rounded down: `x // y`.

    Raises:
        ValueError: an integer divided by 0.

    >>> floor_divide([7, -7], 2).numpy().tolist()
    [3, -4]
    """
    if x.dtype.kind not in "iu":
        return xp.floor(exact.quotient(xp, x, y))
    _not_zero(xp, y)
    return xp.floor_divide(x, y)


@op(shape=shapes.elementwise, label="FloorMod")
def mod(xp, x: SignedReal, y: SignedReal):
    """Elementwise remainder with the sign of the divisor: `x % y`.

    Raises:
        ValueError: an integer divided by 0.

    >>> mod([7, -7], 4).numpy().tolist()
    [3, 1]
    """
    if x.dtype.kind in "iu":
        _not_zero(xp, y)
    return xp.mod(x, y)


def _not_zero(xp: Any, y: Any) -> None:
    if xp is np and not np.all(y):
        raise ValueError("integer division by zero")


@op(shape=shapes.elementwise, label="Neg", runs=threads(np.negative))
def negative(xp, x: Signed):
    """Elementwise negation: `-x`.

    >>> negative([1., -2.]).numpy().tolist()
    [-1.0, 2.0]
    """
    return xp.negative(x)


# -------------------------------------------------------------------------------------------------------------- casts


@op(shape=shapes.elementwise, runs=NUMPY)
def identity(xp, x: Array):
    """A tensor with the same value.

    Args:
        x: a tensor.

    Returns:
        A tensor of the shape and dtype of `x`; of a variable, the value it has now (in a graph: at each run).

    Source: `tf.identity`, TF 2.2, and `keras.backend.identity`, Keras 2.3.1.

    >>> identity([1., 2.]).numpy().tolist()
    [1.0, 2.0]
    """
    return xp.asarray(x)


@op(shape=shapes.same, out=lambda x, dtype: dtype, runs=threads(), name="cast")
def converted(xp, x: Array, dtype: DTypeGiven):
    """The elements converted to another dtype, in a tensor of their own.

    >>> converted([1.7, -1.7], 'int32').numpy().tolist()
    [1, -1]
    """
    target = dtypes.to_numpy(dtypes.as_dtype(dtype))
    if x.dtype.kind == "c" and target.kind != "c":
        x = xp.real(x)
    return exact.cast(xp, x, target)


@overload
def cast(x: "SparseTensor", dtype: DTypeGiven) -> "SparseTensor": ...
@overload
def cast(x: Array, dtype: DTypeGiven) -> Tensor: ...
def cast(x: Any, dtype: Any) -> Any:
    """The elements converted to another dtype.

    Args:
        x: a tensor, an array, a list or a number.
        dtype: the dtype to convert to. Floats become integers by cutting off, anything but 0 becomes True, complex
            numbers lose their imaginary part.

    Returns:
        A tensor of the shape of `x` and of `dtype`; a tensor that has it already as it is.

    Raises:
        TypeError: there is no such dtype.

    Source: `tf.keras.backend.cast`, TF 2.2.

    >>> cast([1.7, -1.7], 'int32').numpy().tolist()
    [1, -1]
    """
    if isinstance(x, Tensor) and not isinstance(x, Variable) and x.dtype == dtype:
        return x
    return converted(x, dtype)


@overload
def cast_to_floatx(x: Tensor) -> Tensor: ...
@overload
def cast_to_floatx(x: "jax.Array") -> "jax.Array": ...  # type: ignore[overload-overlap]
@overload
def cast_to_floatx(x: "SparseTensor") -> "SparseTensor": ...
@overload
def cast_to_floatx(x: "ArrayLike") -> "np.ndarray[Any, Any]": ...
@public
def cast_to_floatx(x: Array) -> Any:
    """`x` converted to the default float type.

    Args:
        x: a tensor, an array, a list or a number.

    Returns:
        A tensor for a tensor, a NumPy array for anything else, of dtype `floatx()`.

    Source: `tf.keras.backend.cast_to_floatx`, TF 2.2.

    >>> cast_to_floatx([1, 2])
    array([1., 2.], dtype=float32)
    """
    if isinstance(x, (Tensor, Composite)):
        return cast(x, config.floatx())
    return np.asarray(x, dtype=config.floatx())
