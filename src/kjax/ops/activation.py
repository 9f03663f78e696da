"""Activation functions."""

import functools
from typing import Annotated, Any

import numpy as np

from kjax import shapes
from kjax.core.dtypes import DType, as_dtype
from kjax.core.foreign import public
from kjax.core.graph import MODE
from kjax.core.op import op
from kjax.core.operands import Array, Attribute, Float, Inexact, Real
from kjax.core.placement import JAX_ONLY, large_by, threads
from kjax.core.shape import Shape, as_int
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable
from kjax.kernels import activations, bounded, ties
from kjax.kernels.halves import ONE, narrowed, widened
from kjax.machine.threads import ufunc


def _as_number(value: Any, where: str) -> float | int:
    if isinstance(value, Tensor):
        if value.is_symbolic or (isinstance(value, Variable) and MODE.get().graph):
            raise TypeError(f"{where} must be a number; got {value!r}, whose value is known only at run time")
        value = value.numpy()
    array = np.asarray(value)
    if array.ndim or array.dtype.kind not in "biuf":
        raise TypeError(f"{where} must be a number; got {value!r}")
    number = array.item()
    return int(number) if isinstance(number, bool) else number


def _as_last_axis(value: Any, where: str) -> int:
    try:
        return -1 if value is None else as_int(value)
    except TypeError:
        raise TypeError(f"{where} must be an integer; got {value!r}") from None


_PLAIN, _PLAIN_OR_NONE = frozenset([float, int]), frozenset([float, int, type(None)])
_Factor = Annotated[Any, Attribute(_as_number), "SupportsFloat"]
_Bound = Annotated[
    Any, Attribute(lambda value, where: None if value is None else _as_number(value, where)), "SupportsFloat | None"
]
_Axis = Annotated[Any, Attribute(_as_last_axis), "SupportsIndex | None"]

# ---------------------------------------------------------------------------------------------------- piecewise linear


def _relu_shape(where: str, x: Tensor, alpha: Any, max_value: Any, threshold: Any) -> Shape:
    if x.dtype.is_integer:
        if threshold or (alpha and max_value is not None):
            raise TypeError(f"{where}: x of dtype {x.dtype} goes with alpha alone or max_value alone; K.cast converts")
        if isinstance(max_value, float) and not max_value.is_integer():
            raise TypeError(f"{where}: max_value must be an integer for x of dtype {x.dtype}; got {max_value}")
    return x.shape


def _relu_dtype(x: Tensor, alpha: Any, max_value: Any, threshold: Any) -> DType:
    return as_dtype("float32") if alpha and x.dtype.is_integer else x.dtype


def _relu_label(x: Tensor, alpha: Any, max_value: Any, threshold: Any) -> str:
    if threshold:
        return "Relu"
    return "Relu6" if max_value == 6 else "LeakyRelu" if alpha and max_value is None else "Relu"


def _relu_at_large(kernel: Any) -> Any:
    """On large arrays: `max(x, 0)` as one NumPy function in threads; with other arguments, the kernel."""
    usual = ufunc(bounded.maximum)(kernel)

    def relu(x, alpha=0.0, max_value=None, threshold=0):
        plain = max_value is None and not alpha and not threshold and x.dtype.char in "fd"
        return usual(x, 0) if plain else kernel(np, x, alpha, max_value, threshold)

    return relu


@op(shape=_relu_shape, out=_relu_dtype, label=_relu_label, runs=large_by(_relu_at_large))
def relu(xp, x: Real, alpha: _Factor = 0.0, max_value: _Bound = None, threshold: _Factor = 0):
    """Elementwise rectified linear unit.

    It is `x` where `x` is above the threshold (and `max_value` where `x` exceeds that), `alpha * (x - threshold)`
    where `x` is below.

    Args:
        x: a tensor of floats or integers.
        alpha: the slope below the threshold, a number.
        max_value: the largest value of the result, a number, or None for no limit.
        threshold: a number. Only for floats.

    Returns:
        A tensor of the shape and dtype of `x`; with `alpha`, integers give float32. The gradient at 0 is `alpha`.

    Raises:
        TypeError: `x` is of another dtype, or the other arguments are no numbers that go with integers.

    Source: `tf.keras.backend.relu`, TF 2.2. Differs: `threshold` works for all floats (there for float32 alone).

    >>> relu([-1., 2., 9.], max_value=6).numpy().tolist()
    [0.0, 2.0, 6.0]
    >>> relu([-1., 2.], alpha=0.5).numpy().tolist()
    [-0.5, 2.0]
    """
    # NumPy's scalars would give their dtype to the result.
    if type(alpha) not in _PLAIN or type(threshold) not in _PLAIN or type(max_value) not in _PLAIN_OR_NONE:
        raise TypeError(f"{alpha!r}, {threshold!r} and {max_value!r} must be plain numbers")
    dtype, integers = x.dtype, x.dtype.kind in "iu"
    x = widened(x)
    if max_value is None and not threshold:
        if not alpha:
            return narrowed(ties.rectified(xp, x), dtype)
        if integers:
            x, dtype = x.astype(np.float32), np.float32
        return narrowed(xp.where(x > 0, x, x * alpha), dtype)
    if integers:
        if alpha or threshold or (type(max_value) is float and not max_value.is_integer()):
            raise TypeError("not for integers")
        max_value = int(max_value)
    if threshold:
        y = x * (x > threshold).astype(x.dtype)
    elif max_value == 6 and xp is not np:
        # TensorFlow has an operation for this number; its gradient at 6 is 0.
        y, max_value = xp.where(x >= 6, 6, ties.rectified(xp, x)), None
    else:
        y = ties.rectified(xp, x)
    if max_value is not None:
        y = ties.clipped(xp, y, 0, max_value)
    if alpha:
        y = y - ties.rectified(xp, threshold - x) * alpha
    return narrowed(y, dtype)


@op(shape=shapes.elementwise, jax_kernel=activations.hard_sigmoid)
def hard_sigmoid(xp, x: Float):
    """Elementwise piecewise linear approximation of the sigmoid: `0.2 * x + 0.5`, within 0 and 1.

    Args:
        x: a tensor of floats.

    Returns:
        A tensor of the shape and dtype of `x`. The gradient is 0.2 from -2.5 to 2.5, both included.

    Source: `tf.keras.backend.hard_sigmoid`, TF 2.2.

    >>> hard_sigmoid([-3., 0., 3.]).numpy().tolist()
    [0.0, 0.5, 1.0]
    """
    return narrowed(np.maximum(np.minimum(widened(x) * 0.2 + 0.5, 1), 0), x.dtype)


# -------------------------------------------------------------------------------------------------------------- smooth


@op(name="elu", shape=shapes.elementwise)
def _elu(xp, x: Float, alpha: Float):
    # exp of a large x is infinite, and infinity times 0 would make the gradient of the other branch NaN.
    return xp.where(x > 0, x, alpha * xp.expm1(xp.where(x > 0, xp.zeros((), x.dtype), x)))


@public
def elu(x: Array, alpha: Array = 1.0) -> Tensor:
    """Elementwise exponential linear unit: `x` above 0, `alpha * (exp(x) - 1)` below.

    Args:
        x: a tensor of floats.
        alpha: a number, or a tensor of the dtype of `x` that broadcasts against it.

    Returns:
        A tensor of the shape and dtype of `x`.

    Raises:
        TypeError: `x` is not of floats, or `alpha` no number.

    Source: `tf.keras.backend.elu`, TF 2.2.

    >>> elu([-1., 2.]).numpy()
    array([-0.63212055,  2.        ], dtype=float32)
    """
    return _elu(x, alpha)


@functools.lru_cache(64)
def _ones(count: int, dtype: Any) -> Any:
    """A column of ones, by which a product with a matrix is the sums of its rows: in half the time of `np.sum`."""
    return np.ones((count, 1), dtype)


@op(shape=shapes.along_axis, jax_kernel=activations.softmax)
def softmax(xp, x: Float, axis: _Axis = -1):
    """Exponentials of a tensor, divided by their sum along an axis.

    Args:
        x: a tensor of floats, of rank 1 or higher.
        axis: the axis along which the result sums to 1; None is the last one.

    Returns:
        A tensor of the shape and dtype of `x`.

    Raises:
        TypeError: `x` is not of floats, or `axis` no integer.
        ValueError: there is no such axis.

    Source: `tf.keras.backend.softmax`, TF 2.2.

    >>> softmax([[0., 0.], [0., 1000.]]).numpy().tolist()
    [[0.5, 0.5], [0.0, 1.0]]
    """
    axis = -1 if axis is None else axis
    if not x.shape[axis]:  # (axis must be one integer)
        return x
    half = x.dtype.itemsize == 2
    wide = widened(x) if half else x
    powers = wide - np.maximum.reduce(wide, axis, None, None, keepdims=True)
    np.exp(powers, powers)
    if axis == -1 and powers.ndim == 2:
        np.divide(powers, powers.dot(_ones(powers.shape[1], powers.dtype)), powers)
    else:
        powers /= np.add.reduce(powers, axis, None, None, keepdims=True)
    return narrowed(powers, x.dtype) if half else powers


@op(shape=shapes.elementwise)
def softplus(xp, x: Float):
    """Elementwise `log(exp(x) + 1)`, also where the exponential is too large for its dtype.

    Args:
        x: a tensor of floats.

    Returns:
        A tensor of the shape and dtype of `x`.

    Source: `tf.keras.backend.softplus`, TF 2.2.

    >>> softplus([0., 1000.]).numpy().round(2)
    array([6.9e-01, 1.0e+03], dtype=float32)
    """
    wide = widened(x)
    return narrowed(xp.logaddexp(wide, xp.zeros((), wide.dtype)), x.dtype)


@op(shape=shapes.elementwise, jax_kernel=activations.softsign)
def softsign(xp, x: Float):
    """Elementwise `x / (abs(x) + 1)`.

    Args:
        x: a tensor of floats.

    Returns:
        A tensor of the shape and dtype of `x`.

    Source: `tf.keras.backend.softsign`, TF 2.2.

    >>> softsign([-1., 0., 3.]).numpy().tolist()
    [-0.5, 0.0, 0.75]
    """
    return x / (xp.abs(x) + ONE)


@op(shape=shapes.elementwise)
def sigmoid(xp, x: Inexact):
    """Elementwise `1 / (1 + exp(-x))`.

    Args:
        x: a tensor of floats or complex numbers.

    Returns:
        A tensor of the shape and dtype of `x`.

    Source: `tf.keras.backend.sigmoid`, TF 2.2.

    >>> sigmoid([-1000., 0., 1000.]).numpy().tolist()
    [0.0, 0.5, 1.0]
    """
    wide = widened(x)
    if xp is np and wide.dtype.kind == "f":
        out = np.exp(np.negative(wide))
        out += ONE
        return narrowed(np.reciprocal(out), x.dtype)
    if xp is np:
        return 1 / (1 + np.exp(-wide))
    import jax

    if wide.dtype.kind == "c":
        return 1 / (1 + xp.exp(-wide))
    return narrowed(jax.lax.logistic(wide), x.dtype)  # it has a gradient rule of its own


@op(shape=shapes.elementwise, runs=threads(np.tanh, costly=True))
def tanh(xp, x: Inexact):
    """Elementwise hyperbolic tangent.

    Args:
        x: a tensor of floats or complex numbers.

    Returns:
        A tensor of the shape and dtype of `x`.

    Source: `tf.keras.backend.tanh`, TF 2.2.

    >>> tanh([0., 1000.]).numpy().tolist()
    [0.0, 1.0]
    """
    return xp.tanh(x)


# ------------------------------------------------------------------------------------------------------------- of 2.4


@op(shape=shapes.elementwise, runs=JAX_ONLY, label="Gelu")
def gelu(xp, x: Float):
    """Each element times the probability that a standard normal variable is less.

    >>> gelu([0., 20.]).numpy().tolist()
    [0.0, 20.0]
    """
    import jax

    return jax.nn.gelu(x, approximate=False)
