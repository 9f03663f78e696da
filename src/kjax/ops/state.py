"""Values and updates of variables; static information about tensors."""

from typing import TYPE_CHECKING, Annotated, Any, overload

import numpy as np

from kjax.core.composite import Composite, implementation, kind_of
from kjax.core.foreign import public
from kjax.core.function import run
from kjax.core.op import op
from kjax.core.operands import Array, as_tensor
from kjax.core.placement import NUMPY
from kjax.core.shape import Shape, any_open
from kjax.core.tensor import Tensor
from kjax.core.updates import ADD, ASSIGN, SUBTRACT, updated
from kjax.core.variable import Variable, store_all
from kjax.machine.checks import is_tracer

if TYPE_CHECKING:
    from kjax.sparse import SparseTensor, SparseTensorValue

_Tensors = Annotated[Any, "Iterable[TensorLike]"]
_Pairs = Annotated[Any, "Iterable[tuple[Variable, TensorLike]]"]

# --------------------------------------------------------------------------------------------------------- values


@public
def eval(x: Array) -> "np.ndarray[Any, Any]":
    """The value of a tensor.

    Args:
        x: a tensor or variable. A symbolic one must not depend on placeholders; an update is carried out.

    Returns:
        A new NumPy array (a NumPy scalar if `x` has no dims), a dense one for a sparse tensor. What JAX traces stays
        traced.

    Raises:
        ValueError: `x` depends on a placeholder.

    Source: `tf.keras.backend.eval`, TF 2.2.

    >>> from kjax import backend as K
    >>> K.eval(K.variable([1., 2.]))
    array([1., 2.], dtype=float32)
    """
    if isinstance(x, Composite):
        x = implementation(type(x), eval, "eval()")(x)
    elif not isinstance(x, Tensor) and kind_of(x) is None:
        x = as_tensor(x, where="eval(): x")
    return _value_of(x)


@overload
def get_value(x: "SparseTensor") -> "SparseTensorValue": ...
@overload
def get_value(x: Array) -> "np.ndarray[Any, Any]": ...
@public
def get_value(x: Array) -> Any:
    """The value of a variable.

    Args:
        x: a variable, or any tensor that does not depend on placeholders.

    Returns:
        A new NumPy array (a NumPy scalar if `x` has no dims), for a sparse tensor a named tuple of arrays: `indices`,
        `values`, `dense_shape`. Other objects are returned as they are. What JAX traces stays traced.

    Source: `tf.keras.backend.get_value`, TF 2.2. Differs: takes sparse tensors in eager mode, too.

    >>> from kjax import backend as K
    >>> K.get_value(K.variable(3.))
    np.float32(3.0)
    """
    return _value_of(x)


def _value_of(x: Any) -> Any:
    if not isinstance(x, Tensor):
        return run(x) if isinstance(x, Composite) else x
    if x._value is None:
        return run(x)
    return x.__jax_array__() if is_tracer(x._value) else x._numpy()


@public
def batch_get_value(tensors: _Tensors) -> "list[np.ndarray[Any, Any]]":
    """The values of several variables.

    Args:
        tensors: the variables.

    Returns:
        A list of new NumPy arrays.

    Source: `tf.keras.backend.batch_get_value`, TF 2.2.

    >>> from kjax import backend as K
    >>> K.batch_get_value([K.variable(1.), K.variable(2.)])
    [np.float32(1.0), np.float32(2.0)]
    """
    listed = list(tensors)
    if any(isinstance(t, Tensor) and t._value is None for t in listed):
        return list(run(listed))
    return [_value_of(t) for t in listed]


@public
def set_value(x: Variable, value: Array) -> None:
    """Give a variable a new value.

    Args:
        x: a variable.
        value: an array, a (nested) list, a number or a tensor, of the shape of `x`; converted to its dtype.

    Raises:
        TypeError: `x` is no variable, or `value` is not made of numbers.
        ValueError: `value` has another shape. The variable keeps its value then.

    Source: `tf.keras.backend.set_value`, TF 2.2.

    >>> from kjax import backend as K
    >>> v = K.variable([1., 2.]); K.set_value(v, [3, 4]); K.get_value(v).tolist()
    [3.0, 4.0]
    """
    _variable(x, "set_value()").store(x.checked(_settled(value), "set_value()"))


@public
def batch_set_value(tuples: _Pairs) -> None:
    """Give several variables new values: all of them, or none if one value does not fit.

    Args:
        tuples: pairs of a variable and its value.

    Raises:
        TypeError: something is no variable, or a value is not made of numbers.
        ValueError: a value has another shape than its variable.

    Source: `tf.keras.backend.batch_set_value`, TF 2.2.

    >>> from kjax import backend as K
    >>> a, b = K.variable(1.), K.variable(2.)
    >>> K.batch_set_value([(a, 10.), (b, 20.)]); K.batch_get_value([a, b])
    [np.float32(10.0), np.float32(20.0)]
    """
    where = "batch_set_value()"
    variables: list[Variable] = []
    arrays: list[Any] = []
    for x, value in tuples:
        if not isinstance(x, Variable):
            _variable(x, where, f"tuples[{len(variables)}][0]")
        variables.append(x)
        arrays.append(x.checked(_settled(value), where))
    store_all(variables, arrays)


def _variable(x: Any, where: str, name: str = "x") -> Variable:
    if not isinstance(x, Variable):
        raise TypeError(f"{where}: {name} must be a variable; got {x!r}. K.variable makes one")
    return x


def _settled(value: Any) -> Any:
    return run(value) if isinstance(value, Tensor) and value._value is None else value


# -------------------------------------------------------------------------------------------------------- updates


@public
def update(x: Variable, new_x: Array) -> Tensor:
    """Assign a new value to a variable.

    Args:
        x: a variable.
        new_x: a tensor (or array, list, number) of the shape and dtype of `x`.

    Returns:
        On values in eager mode the update happens at once, and the result is the variable. Otherwise a symbolic tensor
        with the new value, for the `updates` of `K.function`.

    Raises:
        TypeError: `x` is no variable, or the dtypes differ.
        ValueError: the shapes differ.

    Source: `tf.keras.backend.update`, TF 2.2.

    >>> from kjax import backend as K
    >>> v = K.variable([1., 2.]); _ = K.update(v, v * 2); K.get_value(v).tolist()
    [2.0, 4.0]
    """
    return updated(x, new_x, ASSIGN, "update()")


@public
def update_add(x: Variable, increment: Array) -> Tensor:
    """Add to a variable.

    Args:
        x: a variable.
        increment: a tensor (or array, list, number) of the shape and dtype of `x`.

    Returns:
        As for `update`. Several additions to one variable in one function all count.

    Raises:
        TypeError: `x` is no variable, or the dtypes differ.
        ValueError: the shapes differ.

    Source: `tf.keras.backend.update_add`, TF 2.2.

    >>> from kjax import backend as K
    >>> v = K.variable(1.); _ = K.update_add(v, 2.); K.get_value(v)
    np.float32(3.0)
    """
    return updated(x, increment, ADD, "update_add()")


@public
def update_sub(x: Variable, decrement: Array) -> Tensor:
    """Subtract from a variable.

    Args:
        x: a variable.
        decrement: a tensor (or array, list, number) of the shape and dtype of `x`.

    Returns:
        As for `update`.

    Raises:
        TypeError: `x` is no variable, or the dtypes differ.
        ValueError: the shapes differ.

    Source: `tf.keras.backend.update_sub`, TF 2.2.

    >>> from kjax import backend as K
    >>> v = K.variable(1.); _ = K.update_sub(v, 2.); K.get_value(v)
    np.float32(-1.0)
    """
    return updated(x, decrement, SUBTRACT, "update_sub()")


@public
def moving_average_update(x: Variable, value: Array, momentum: Array) -> Tensor:
    """Move a running average towards a value: `x * momentum + value * (1 - momentum)`.

    Args:
        x: a variable that holds the average.
        value: a tensor of the shape and dtype of `x`.
        momentum: a number or scalar tensor, from 0 (the average is `value`) to 1 (it does not move).

    Returns:
        As for `update`.

    Raises:
        TypeError: `x` is no variable, or the dtypes differ.
        ValueError: the shapes differ.

    Source: `tf.keras.backend.moving_average_update`, TF 2.2.

    >>> from kjax import backend as K
    >>> v = K.variable(0.); _ = K.moving_average_update(v, 1., 0.75); K.get_value(v)
    np.float32(0.25)
    """
    where = "moving_average_update()"
    target = as_tensor(value, _variable(x, where).dtype, f"{where}: value")
    rest = 1.0 - momentum if isinstance(momentum, Tensor) else as_tensor(1.0 - momentum, x.dtype, where)
    return updated(x, (x - target) * rest, SUBTRACT, where)


# ------------------------------------------------------------------------------------------------- static information


@op(
    shape=lambda where, x: Shape((x.shape.rank,)),
    out="int32",
    differentiable=False,
    runs=NUMPY,
)
def shape(xp, x: Array):
    """The shape of a tensor, as a tensor.

    Args:
        x: a tensor.

    Returns:
        A tensor of int32, one element for each dim. Its elements are concrete while a function is compiled, so that
        other shapes can be computed from them.

    Source: `tf.keras.backend.shape`, TF 2.2.

    >>> from kjax import backend as K
    >>> K.eval(K.shape(K.ones((2, 3))))
    array([2, 3], dtype=int32)
    """
    # (A dim that JAX leaves open stays one, so that other shapes can be made of it.)
    return np.array(x.shape, object if any_open(x.shape) else np.int32)


@op(shape=lambda where, x: Shape(()), out="int32", label="Size", differentiable=False, runs=NUMPY)
def size(xp, x: Array):
    """The number of elements of a tensor, as a tensor.

    Args:
        x: a tensor.

    Returns:
        A scalar tensor of int32, concrete while a function is compiled, as the elements of `shape` are.

    Source: `tf.size`, TF 2.2, and `keras.backend.size`, Keras 2.3.1.

    >>> from kjax import backend as K
    >>> K.eval(size(K.ones((2, 3))))
    np.int32(6)
    """
    return np.array(x.size, np.int32)


@public
def int_shape(x: Array) -> tuple[int | None, ...] | None:
    """The static shape.

    Args:
        x: a tensor, variable or array.

    Returns:
        A tuple of ints, with None for dims known only at run time; None if not even the rank is known.

    Source: `tf.keras.backend.int_shape`, TF 2.2.

    >>> from kjax import backend as K
    >>> K.int_shape(K.placeholder(shape=(None, 3)))
    (None, 3)
    """
    static = _shape_of(x, "int_shape()")
    return None if static.rank is None else tuple(static)


@public
def ndim(x: Array) -> int | None:
    """The number of dims.

    Args:
        x: a tensor, variable or array.

    Returns:
        An int; None if it is unknown.

    Source: `tf.keras.backend.ndim`, TF 2.2.

    >>> from kjax import backend as K
    >>> K.ndim(K.ones((2, 3)))
    2
    """
    return _shape_of(x, "ndim()").rank


@public
def count_params(x: Array) -> int:
    """The number of elements.

    Args:
        x: a variable or tensor whose shape is known.

    Returns:
        An int.

    Raises:
        ValueError: a dim is unknown.

    Source: `tf.keras.backend.count_params`, TF 2.2.

    >>> from kjax import backend as K
    >>> K.count_params(K.zeros((2, 3)))
    6
    """
    count = _shape_of(x, "count_params()").num_elements()
    if count is None:
        raise ValueError(f"count_params(): the shape of {x!r} is not fully known")
    return count


@public
def dtype(x: Array) -> str:
    """The name of a tensor's dtype.

    Args:
        x: a tensor, variable or array.

    Returns:
        A string, for example `'float32'`.

    Source: `tf.keras.backend.dtype`, TF 2.2.

    >>> from kjax import backend as K
    >>> K.dtype(K.ones((2, 3)))
    'float32'
    """
    return str((x if hasattr(x, "dtype") else as_tensor(x, where="dtype(): x")).dtype)


def _shape_of(x: Any, where: str) -> Shape:
    if isinstance(x, (Tensor, Composite)):
        return x.shape
    return Shape(x.shape if hasattr(x, "shape") else as_tensor(x, where=where).shape)


@public
def is_keras_tensor(x: object) -> bool:
    """Whether a tensor is the output of a Keras layer, which marks it by the attribute `_keras_history`.

    Args:
        x: a tensor or variable.

    Returns:
        A bool.

    Raises:
        ValueError: `x` is no tensor at all.

    Source: `tf.keras.backend.is_keras_tensor`, TF 2.2.

    >>> from kjax import backend as K
    >>> K.is_keras_tensor(K.placeholder(ndim=2))
    False
    """
    if not isinstance(x, (Tensor, Composite)):
        raise ValueError(f"is_keras_tensor(): x must be a tensor; got {x!r} of type {type(x).__name__}")
    return hasattr(x, "_keras_history")
