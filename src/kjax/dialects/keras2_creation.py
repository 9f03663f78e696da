"""What Keras 2.3.1 means by the functions that make tensors: floats as sizes, attributes that Keras looks at."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.shape import as_shape
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable
from kjax.dialects.keras2_sizes import exactly, whole
from kjax.machine import config
from kjax.ops.elementwise import identity

__all__ = [
    "arange",
    "constant",
    "eye",
    "ones",
    "ones_like",
    "placeholder",
    "random_normal_variable",
    "random_uniform_variable",
    "variable",
    "zeros",
    "zeros_like",
]


def _marked(x: Any) -> Any:
    """`x` with the attributes that Keras looks at."""
    x._keras_shape = K.int_shape(x)
    x._uses_learning_phase = False
    return x


def variable(
    value: Any, dtype: Any = None, name: str | None = None, constraint: Callable[[Any], Any] | None = None
) -> Any:
    """A variable with a start value, and the attributes that Keras looks at.

    Args:
        value: an array, a (nested) list, a number or a tensor; or a sparse matrix of SciPy. Floats of NumPy become
            integers where those are wanted.
        dtype: the dtype, `floatx()` by default.
        name: the variable's name.
        constraint: what an optimizer shall apply to the value after each of its updates.

    Returns:
        As `kjax.backend.variable`.

    Raises:
        As `kjax.backend.variable`.

    Source: `keras.backend.variable`, Keras 2.3.1.

    >>> v = variable(np.ones((2, 3)), dtype='int32')
    >>> v._keras_shape, K.dtype(v)
    ((2, 3), 'int32')
    """
    return _marked(K.variable(value, dtype, name, constraint))


def constant(value: Any, dtype: Any = None, shape: Any = None, name: str | None = None) -> Any:
    """A tensor that does not change.

    Args:
        value: an array, a (nested) list or a number. Floats of NumPy become integers where those are wanted.
        dtype: the dtype, `floatx()` by default.
        shape: the shape, by default that of `value`; numbers may be floats.
        name: a name for the tensor.

    Returns:
        As `kjax.backend.constant`.

    Raises:
        As `kjax.backend.constant`.

    Source: `keras.backend.constant`, Keras 2.3.1.

    >>> K.eval(constant(1., shape=(2.0, 1))).tolist()
    [[1.0], [1.0]]
    """
    return K.constant(value, dtype, whole(shape), name)


def zeros(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A variable full of zeros; a tensor, where there would be none or the shape is symbolic.

    Args:
        shape: the shape; numbers in it may be floats.
        dtype: the dtype, `floatx()` by default.
        name: the variable's name.

    Source: `keras.backend.zeros`, Keras 2.3.1.

    >>> K.eval(zeros((4 / 2,))).tolist()
    [0.0, 0.0]
    """
    return _filled(K.zeros(whole(shape), dtype, name))


def ones(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A variable full of ones; a tensor, where there would be none or the shape is symbolic.

    Args:
        shape: the shape; numbers in it may be floats.
        dtype: the dtype, `floatx()` by default.
        name: the variable's name.

    Source: `keras.backend.ones`, Keras 2.3.1.

    >>> K.eval(ones((4 / 2,))).tolist()
    [1.0, 1.0]
    """
    return _filled(K.ones(whole(shape), dtype, name))


def _filled(made: Any) -> Any:
    if not isinstance(made, Variable):
        return made
    return _marked(made) if all(made.shape) else identity(made)


def random_uniform_variable(
    shape: Any, low: Any, high: Any, dtype: Any = None, name: str | None = None, seed: int | None = None
) -> Any:
    """A variable of random numbers between two bounds, with the attributes that Keras looks at.

    Args:
        shape: the shape.
        low: the lower bound.
        high: the upper bound.
        dtype: the dtype, `floatx()` by default.
        name: the variable's name.
        seed: makes the numbers the same each time.

    Source: `keras.backend.random_uniform_variable`, Keras 2.3.1.

    >>> random_uniform_variable((2, 3), 0., 1.)._keras_shape
    (2, 3)
    """
    return _marked(K.random_uniform_variable(shape, low, high, dtype, name, seed))


def random_normal_variable(
    shape: Any, mean: Any, scale: Any, dtype: Any = None, name: str | None = None, seed: int | None = None
) -> Any:
    """A variable of normally distributed numbers, with the attributes that Keras looks at.

    Args:
        shape: the shape.
        mean: the mean.
        scale: the standard deviation.
        dtype: the dtype, `floatx()` by default.
        name: the variable's name.
        seed: makes the numbers the same each time.

    Source: `keras.backend.random_normal_variable`, Keras 2.3.1.

    >>> random_normal_variable((2, 3), 0., 1.)._keras_shape
    (2, 3)
    """
    return _marked(K.random_normal_variable(shape, mean, scale, dtype, name, seed))


def placeholder(
    shape: Any = None, ndim: int | None = None, dtype: Any = None, sparse: bool = False, name: str | None = None
) -> Any:
    """A symbolic tensor that a function is fed, with the attributes that Keras looks at.

    Args:
        shape: the shape, with None for unknown dims; whole numbers may be floats.
        ndim: the number of dims, where only that is known.
        dtype: the dtype, `floatx()` by default.
        sparse: whether a sparse tensor will be fed.
        name: the placeholder's name.

    Returns:
        A placeholder; its `_keras_shape` is a tuple.

    Raises:
        As `kjax.backend.placeholder`.

    Source: `keras.backend.placeholder`, Keras 2.3.1.

    >>> placeholder(shape=(None, 3))._keras_shape
    (None, 3)
    """
    x = K.placeholder(shape=exactly(shape), ndim=ndim, dtype=dtype, sparse=sparse, name=name)
    return _marked(x)


def eye(size: Any, dtype: Any = None, name: str | None = None) -> Any:
    """A matrix with ones on its diagonal, and zeros elsewhere.

    Args:
        size: the number of rows and columns, or a pair of both.
        dtype: the dtype, `floatx()` by default.
        name: a name.

    Source: `keras.backend.eye`, Keras 2.3.1.

    >>> K.eval(eye((2, 3))).tolist()
    [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]
    """
    if not isinstance(size, (list, tuple)):
        return identity(K.eye(size, dtype, name))
    if len(size) != 2:
        raise ValueError(f"eye(): size must be a number, or a pair of rows and columns; got {size!r}")
    rows, columns = as_shape(size, "eye(): size", allow_none=False)
    return K.constant(np.eye(rows or 0, columns or 0, dtype=bool), dtype=dtype, name=name)


def ones_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Ones in the shape of another tensor.

    Args:
        x: a tensor or variable, an array, a (nested) list or a number. Only its shape is looked at.
        dtype: the dtype, `floatx()` by default, whatever that of `x` is.
        name: a name for the result.

    Source: `keras.backend.ones_like`, Keras 2.3.1.

    >>> K.eval(ones_like([1, 2])).tolist()
    [1.0, 1.0]
    """
    return K.ones_like(x, config.floatx() if dtype is None else dtype, name)


def zeros_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Zeros in the shape of another tensor.

    Args:
        x: a tensor or variable, an array, a (nested) list or a number. Only its shape is looked at.
        dtype: the dtype, `floatx()` by default, whatever that of `x` is.
        name: a name for the result.

    Source: `keras.backend.zeros_like`, Keras 2.3.1.

    >>> K.eval(zeros_like([1, 2])).tolist()
    [0.0, 0.0]
    """
    return K.zeros_like(x, config.floatx() if dtype is None else dtype, name)


def arange(start: Any, stop: Any = None, step: Any = 1, dtype: Any = "int32") -> Any:
    """Numbers in equal steps; none at all from 0 to a negative number.

    Args:
        start: the first number, or where `stop` is None the end, and 0 is the first.
        stop: the end, which is left out.
        step: the distance between two.
        dtype: the dtype of the result.

    Source: `keras.backend.arange`, Keras 2.3.1.

    >>> K.eval(arange(-1)).tolist()
    []
    """
    if stop is None:
        start = K.maximum(start, 0) if isinstance(start, Tensor) else max(start, 0)
    return K.arange(start, stop, step, dtype)
