"""Rearranging elements: reshaping, permuting axes, joining, repeating."""

import operator
from typing import Annotated, Any

import numpy as np

from kjax import shapes
from kjax.core.foreign import public
from kjax.core.op import op
from kjax.core.operands import Array, Arrays, Attribute, Axes, Axis, Dims, as_tensor
from kjax.core.placement import NUMPY
from kjax.core.shape import Shape, as_int
from kjax.core.tensor import Tensor
from kjax.kernels import wide
from kjax.machine.plurals import counted
from kjax.machine.threads import joined
from kjax.ops.elementwise import identity


def as_size(value: Any, where: str) -> Any:
    """A size that is not negative: an int or a symbolic scalar tensor."""
    if isinstance(value, Tensor) and value.is_symbolic:
        if value.shape.rank or not value.dtype.is_integer:
            raise TypeError(f"{where} must be an integer; got {value!r}")
        return value
    size = Axis.__metadata__[0].normal(value, where)
    if size < 0:
        raise ValueError(f"{where} must not be negative; got {size}")
    return size


Size = Annotated[Any, Attribute(as_size), "SupportsIndex"]


def integers(value: Any) -> tuple[int, ...]:
    """Dims as Python ints, inside a kernel. For traced ones JAX raises its error."""
    if type(value) is int:
        return (value,)
    return tuple(map(as_int, np.ravel(value) if hasattr(value, "ndim") else value))


# -------------------------------------------------------------------------------------------------------------- shapes


@op(shape=shapes.reshaped, runs=NUMPY)
def reshape(xp, x: Array, shape: Dims):
    """A tensor with the same elements in another shape.

    Args:
        x: a tensor.
        shape: the new dims: a tuple, list, array or tensor of ints. One of them may be -1: it is inferred.
            Symbolic ones, such as `K.shape(x)[0]`, may be among them.

    Returns:
        A tensor of the dtype of `x`.

    Raises:
        TypeError: a dim is no integer.
        ValueError: the elements don't fill these dims, or more than one dim is -1.

    Source: `tf.keras.backend.reshape`, TF 2.2.

    >>> reshape([1, 2, 3, 4, 5, 6], (2, -1)).numpy().tolist()
    [[1, 2, 3], [4, 5, 6]]
    """
    if type(shape) is not tuple:
        shape = integers(shape)
    if min(shape) < -1 if xp is np and shape else any(dim < -1 for dim in shape):  # NumPy would take it for -1
        raise ValueError(f"dims of shape must not be negative, save one -1; got {shape}")
    if xp is not np and -1 not in shape and shapes.product(shape) != x.size:  # JAX would raise a TypeError
        raise ValueError(f"a tensor of shape {tuple(x.shape)} can't be reshaped to {shape}")
    return x.reshape(shape)


def _flat(where: str, x: Tensor) -> Shape:
    return Shape([None if x.shape.rank is None else shapes.product(x.shape)])


@op(shape=_flat, label="Reshape", runs=NUMPY)
def flatten(xp, x: Array):
    """A tensor with the same elements in one dimension.

    Args:
        x: a tensor.

    Returns:
        A tensor of rank 1, of the dtype of `x`.

    Source: `tf.keras.backend.flatten`, TF 2.2.

    >>> flatten([[1, 2], [3, 4]]).numpy().tolist()
    [1, 2, 3, 4]
    """
    return x.reshape(-1)


def _batch_flat(where: str, x: Tensor) -> Shape:
    if x.shape.rank is None:
        return Shape((None, None))
    return Shape((x.shape[0] if x.shape.rank else 1, shapes.product(x.shape[1:])))


@op(shape=_batch_flat, label="Reshape", runs=NUMPY)
def batch_flatten(xp, x: Array):
    """Flatten each sample of a batch.

    Args:
        x: a tensor of shape `(batch, ...)`.

    Returns:
        A tensor of rank 2, of the dtype of `x`.

    Source: `tf.keras.backend.batch_flatten`, TF 2.2.

    >>> from kjax import backend as K
    >>> batch_flatten(K.ones((2, 3, 4))).shape
    (2, 12)
    """
    rows = x.shape[0] if x.ndim else 1
    return x.reshape((rows, x.size // rows if rows else shapes.product(x.shape[1:])))


_ALL = slice(None)


def _one_axis_more(where: str, x: Tensor, axis: int) -> Shape:
    if x.shape.rank is None:
        return shapes.UNKNOWN
    axis = shapes.axis_in(where, axis, x.shape.rank + 1)
    return Shape((*x.shape[:axis], 1, *x.shape[axis:]))


@op(shape=_one_axis_more, runs=NUMPY)
def expand_dims(xp, x: Array, axis: Axis = -1):
    """A tensor with a new axis of dim 1.

    Args:
        x: a tensor.
        axis: the position of the new axis in the result; negative counts from the end.

    Returns:
        A tensor of the dtype of `x`, whose rank is one higher.

    Raises:
        TypeError: `axis` is no integer.
        ValueError: there is no such axis.

    Source: `tf.keras.backend.expand_dims`, TF 2.2.

    >>> expand_dims([1, 2]).numpy().tolist(), expand_dims([1, 2], 0).numpy().tolist()
    ([[1], [2]], [[1, 2]])
    """
    rank = x.ndim + 1
    if not -rank <= axis < rank:
        raise ValueError(f"axis {axis} is out of range for a tensor of rank {x.ndim}")
    return x[(_ALL,) * (axis % rank) + (None,)]


def _one_axis_less(where: str, x: Tensor, axis: int) -> Shape:
    if x.shape.rank is None:
        return shapes.UNKNOWN
    axis = shapes.axis_in(where, axis, x.shape.rank)
    if x.shape[axis] not in (1, None):
        raise ValueError(f"{where}: only an axis of dim 1 can be squeezed; axis {axis} of shape {x.shape} has another")
    return Shape((*x.shape[:axis], *x.shape[axis + 1 :]))


@op(shape=_one_axis_less, runs=NUMPY)
def squeeze(xp, x: Array, axis: Axis):
    """Remove an axis of dim 1.

    Args:
        x: a tensor.
        axis: the axis; negative counts from the end.

    Returns:
        A tensor of the dtype of `x`, whose rank is one lower.

    Raises:
        TypeError: `axis` is no integer.
        ValueError: there is no such axis, or its dim is not 1.

    Source: `tf.keras.backend.squeeze`, TF 2.2.

    >>> squeeze([[1, 2]], 0).numpy().tolist()
    [1, 2]
    """
    if x.shape[axis] != 1:  # an axis that is no integer fails here
        raise ValueError(f"only an axis of dim 1 can be squeezed; axis {axis} of shape {tuple(x.shape)} has another")
    return x.squeeze(axis)


# ---------------------------------------------------------------------------------------------------------------- axes


def _as_pattern(value: Any, where: str) -> tuple[int, ...]:
    pattern = Axes.__metadata__[0].normal(value, where)
    if not isinstance(pattern, tuple):
        raise TypeError(f"{where} must be a tuple of axes; got {value!r}")
    return pattern


@op(shape=shapes.permutation, label="transpose", runs=NUMPY)
def permute_dimensions(xp, x: Array, pattern: Annotated[Any, Attribute(_as_pattern), "Sequence[SupportsIndex]"]):
    """Permute the axes of a tensor.

    Args:
        x: a tensor.
        pattern: the axes of `x` in their new order; each once, none negative.

    Returns:
        A tensor of the dtype of `x`.

    Raises:
        TypeError: `pattern` is no tuple of integers.
        ValueError: it is no permutation of the axes of `x`.

    Source: `tf.keras.backend.permute_dimensions`, TF 2.2.

    >>> from kjax import backend as K
    >>> permute_dimensions(K.ones((2, 3, 4)), (2, 0, 1)).shape
    (4, 2, 3)
    """
    if len(pattern) and min(pattern) < 0:
        raise ValueError(f"axes of pattern must not be negative; got {tuple(pattern)}")
    if len(pattern) != x.ndim:  # NumPy has meanings of its own for other lengths
        raise ValueError(f"pattern {tuple(pattern)} is no permutation of the axes of a tensor of rank {x.ndim}")
    return x.transpose(pattern)


def _as_listed(value: Any, where: str) -> tuple[int, ...]:
    axes = Axes.__metadata__[0].normal(value, where)
    if axes is None:
        raise TypeError(f"{where} must be an axis, or a list of them; got None")
    return axes if isinstance(axes, tuple) else (axes,)


def _reversible(where: str, x: Tensor, axes: tuple[int, ...]) -> Shape:
    if x.shape.rank is not None:
        _each_once(where, axes, x.shape.rank)
    return x.shape


def _each_once(where: str, axes: tuple[int, ...], rank: int) -> list[int]:
    found = [shapes.axis_in(where, axis, rank, "axes") for axis in axes]
    if len(set(found)) < len(found):
        raise ValueError(f"{where}: axes must name each axis once; got {axes}")
    return found


@op(shape=_reversible, label="ReverseV2", runs=NUMPY)
def reverse(xp, x: Array, axes: Annotated[Any, Attribute(_as_listed), "SupportsIndex | Sequence[SupportsIndex]"]):
    """The elements in reverse order along axes.

    Args:
        x: a tensor.
        axes: an axis, or a list of them.

    Returns:
        A tensor of the shape and dtype of `x`.

    Raises:
        TypeError: an axis is no integer.
        ValueError: there is no such axis, or it is named twice.

    Source: `tf.keras.backend.reverse`, TF 2.2.

    >>> reverse([[1, 2], [3, 4]], 1).numpy().tolist()
    [[2, 1], [4, 3]]
    """
    index = [slice(None)] * x.ndim
    for axis in _each_once("reverse()", (axes,) if type(axes) is int else axes, x.ndim):
        index[axis] = slice(None, None, -1)
    return x[tuple(index)]


# ------------------------------------------------------------------------------------------------------------- joining


@op(shape=shapes.joined, label="concat", runs=NUMPY)
def concatenate(xp, tensors: Arrays, axis: Axis = -1):
    """Concatenate tensors along an axis.

    Args:
        tensors: a list of tensors of one dtype, whose dims are equal except along `axis`.
        axis: the axis to concatenate along; negative counts from the end.

    Returns:
        A tensor of their dtype. If all of them are sparse, a sparse one, whose entries are sorted by their indices.

    Raises:
        TypeError: the dtypes differ, or `tensors` is no list.
        ValueError: the other dims or the ranks differ, the list is empty, or there is no such axis.

    Source: `tf.keras.backend.concatenate`, TF 2.2. Differs: an axis counted from the back is counted so where the
    rank is unknown, too (there it is then the first one).

    >>> concatenate([[1, 2], [3]]).numpy().tolist()
    [1, 2, 3]
    """
    if axis is None:  # NumPy would flatten
        raise TypeError("axis must be an integer")
    return joined(tensors, axis) if xp is np else xp.concatenate(tensors, axis)


@public
def stack(x: Arrays, axis: int = 0) -> Tensor:
    """Stack tensors of one shape along a new axis.

    Args:
        x: a list of tensors of one shape and dtype. Numbers, and nested lists of numbers and tensors, may be among
            them; they take on the dtype of the tensors.
        axis: the position of the new axis in the result; negative counts from the end.

    Returns:
        A tensor whose rank is one higher.

    Raises:
        TypeError: the dtypes differ, or `x` is no list.
        ValueError: the shapes differ, or there is no such axis.

    Source: `tf.keras.backend.stack`, TF 2.2.

    >>> from kjax import backend as K
    >>> stack([K.constant([1., 2.]), K.constant([3., 4.])], axis=1).numpy().tolist()
    [[1.0, 3.0], [2.0, 4.0]]
    """
    if not isinstance(x, (list, tuple)) or not x:
        x = as_tensor(x, where="stack(): x")
        if type(axis) is int and axis == 0:
            return identity(x)
        x = list(x)
    return stacked(x, axis)


def _stacked(xp, x: Arrays, axis: Axis = 0):
    """`stack` of a list of tensors.

    >>> stacked([1, 2]).numpy().tolist()
    [1, 2]
    """
    return xp.stack(x, axis)


_stacked.__name__ = "stack"  # as errors call it
stacked = op(shape=shapes.stacked, label="stack", runs=NUMPY)(_stacked)

# ----------------------------------------------------------------------------------------------------------- repeating


@op(shape=shapes.tiled, runs=NUMPY)
def tile(xp, x: Array, n: Dims):
    """Repeat a tensor along each axis.

    Args:
        x: a tensor.
        n: the number of copies for each axis: as many integers as `x` has axes (for one axis, an int will do), or an
            integer tensor that holds them.

    Returns:
        A tensor of the dtype of `x`; its dims are the dims of `x` times `n`.

    Raises:
        TypeError: a number is no integer.
        ValueError: one is negative, or there are not as many as axes.

    Source: `tf.keras.backend.tile`, TF 2.2.

    >>> tile([[1, 2]], (2, 2)).numpy().tolist()
    [[1, 2, 1, 2], [1, 2, 1, 2]]
    """
    times = integers(n)
    if len(times) != x.ndim or (times and min(times) < 0):
        raise ValueError(f"n must have {counted(x.ndim, 'integer')}, none negative; got {times}")
    return xp.tile(x, times)


def _repeated_rows(where: str, x: Tensor, n: Any) -> Shape:
    if x.shape.rank is None:
        return Shape((None, shapes.known_int(n), None))
    if x.shape.rank != 2:
        raise ValueError(f"{where}: x must have rank 2; got shape {x.shape}")
    return Shape((x.shape[0], shapes.known_int(n), x.shape[1]))


@op(shape=_repeated_rows, label="Tile", runs=NUMPY)
def repeat(xp, x: Array, n: Size):
    """Each row of a matrix, repeated along a new axis.

    Args:
        x: a tensor of shape `(samples, dim)`.
        n: the number of repetitions: an int or a scalar integer tensor.

    Returns:
        A tensor of shape `(samples, n, dim)`, of the dtype of `x`.

    Raises:
        TypeError: `n` is no integer.
        ValueError: `n` is negative, or `x` has another rank.

    Source: `tf.keras.backend.repeat`, TF 2.2.

    >>> repeat([[1, 2], [3, 4]], 2).numpy().tolist()
    [[[1, 2], [1, 2]], [[3, 4], [3, 4]]]
    """
    if x.ndim != 2:
        raise ValueError(f"x must have rank 2; got shape {tuple(x.shape)}")
    return times_along(xp, x[:, None], operator.index(n), 1)


def times_along(xp: Any, x: Any, count: int, axis: int) -> Any:
    """`x` with each element along an axis `count` times."""
    if x.size or count < 0:
        return x.repeat(count, axis) if xp is np else wide.repeated(x, count, axis)
    # NumPy would visit each place before the axis without elements.
    return xp.zeros((*x.shape[:axis], x.shape[axis] * count, *x.shape[axis + 1 :]), x.dtype)


def _repeated(where: str, x: Tensor, rep: Any, axis: int) -> Shape:
    if x.shape.rank is None:
        return shapes.UNKNOWN
    axis, count = shapes.axis_in(where, axis, x.shape.rank), shapes.known_int(rep)
    return Shape((*x.shape[:axis], shapes.product((x.shape[axis], count)), *x.shape[axis + 1 :]))


@op(shape=_repeated, label="concat", runs=NUMPY)
def repeat_elements(xp, x: Array, rep: Size, axis: Axis):
    """Each element repeated along an axis.

    Args:
        x: a tensor.
        rep: the number of repetitions: an int or a scalar integer tensor.
        axis: the axis.

    Returns:
        A tensor of the dtype of `x`, in which the dim of `axis` is `rep` times as large.

    Raises:
        TypeError: `rep` or `axis` is no integer.
        ValueError: `rep` is negative, or there is no such axis.

    Source: `tf.keras.backend.repeat_elements`, TF 2.2.

    >>> repeat_elements([1, 2, 3], 2, 0).numpy().tolist()
    [1, 1, 2, 2, 3, 3]
    """
    if axis is None or not x.ndim:  # NumPy would flatten, or make an axis
        raise ValueError("the tensor has no such axis")
    return times_along(xp, x, operator.index(rep), axis)
