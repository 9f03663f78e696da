"""Picking elements: `x[...]`, `gather`; and the reverse, `one_hot`."""

import builtins
import operator
from typing import Annotated, Any

import numpy as np

from kjax import shapes
from kjax.core.dtypes import as_dtype
from kjax.core.op import op
from kjax.core.operands import Array, Attribute, Dims, Operand
from kjax.core.placement import NUMPY
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.machine.checks import is_tracer, require
from kjax.machine.plurals import counted
from kjax.machine.threads import copied
from kjax.ops.shaping import Size, integers

# An index is kept as a tuple of parts: an int or scalar tensor, None, Ellipsis, or ("slice", start, stop, step). In a
# slice object, tensors would not be found among the inputs of a node.


def _as_index(index: Any, where: str) -> tuple[Any, ...]:
    parts = index if isinstance(index, (tuple, list)) else (index,)
    if sum(part is Ellipsis for part in parts) > 1:
        raise ValueError(f"{where}: only one ... in an index; got {index!r}")
    return tuple(_as_part(part, where) for part in parts)


def _as_part(part: Any, where: str) -> Any:
    if part is None or part is Ellipsis:
        return part
    if isinstance(part, builtins.slice):
        return ("slice", *(None if p is None else _as_int(p, where) for p in (part.start, part.stop, part.step)))
    if isinstance(part, tuple) and part and part[0] == "slice":
        return part
    if isinstance(part, np.ndarray) and part.dtype == bool and part.ndim:
        return Tensor(copied(part))
    if isinstance(part, Tensor) and part.dtype.is_bool and part.shape.rank:
        return part
    return _as_int(part, where)


def _as_int(value: Any, where: str) -> Any:
    if isinstance(value, Tensor) and value.is_symbolic:
        if value.dtype.is_integer and not value.shape.rank:
            return value
    elif not isinstance(value, (bool, np.bool_)):
        try:
            return operator.index(value)
        except TypeError:
            pass
    raise TypeError(
        f"{where} takes integers, slices, ..., None, scalar integer tensors and masks of bools; got {value!r}. "
        "K.gather picks by a tensor of indices."
    )


def _picked(where: str, x: Tensor, index: tuple[Any, ...]) -> Shape:
    """The static shape of `x[index]`."""
    if x.shape.rank is None:
        return shapes.UNKNOWN
    used = sum(_width(part) for part in index)
    if used > x.shape.rank:
        raise IndexError(f"{where}: {counted(used, 'index', 'indices')} for a tensor of rank {x.shape.rank}")
    full = list(index) if Ellipsis in [p for p in index if p is Ellipsis] else [*index, Ellipsis]
    dims = iter(x.shape)
    out: list[int | None] = []
    for part in full:
        if part is None:
            out.append(1)
        elif part is Ellipsis:
            out.extend(next(dims) for _ in range(x.shape.rank - used))
        elif isinstance(part, tuple):
            out.append(_sliced(next(dims), part))
        elif isinstance(part, Tensor) and part.dtype.is_bool:
            out.append(None)
            for _ in range(part.shape.rank or 0):
                next(dims)
        else:
            dim = next(dims)
            if dim is not None and not isinstance(part, Tensor) and not -dim <= part < dim:
                raise IndexError(f"{where}: index {part} is out of range for a dim of {dim}")
    return Shape(out)


def _width(part: Any) -> int:
    """The number of axes that a part of an index consumes."""
    if part is None or part is Ellipsis:
        return 0
    return part.shape.rank or 0 if isinstance(part, Tensor) and part.dtype.is_bool else 1


def _sliced(dim: int | None, part: tuple[Any, ...]) -> int | None:
    start, stop, step = (None if p is None else shapes.known_int(p) for p in part[1:])
    if any(p is not None and k is None for p, k in zip(part[1:], (start, stop, step), strict=True)):
        return None
    if step == 0:
        raise ValueError("getitem(): the step of a slice must not be 0")
    if dim is not None:
        return len(range(*builtins.slice(start, stop, step).indices(dim)))
    if stop == 0 and (step is None or step > 0) and (start is None or start >= 0):
        return 0
    return None


@op(shape=_picked, label="strided_slice", runs=NUMPY)
def getitem(xp, x: Array, index: Annotated[Any, Attribute(_as_index)]):
    """Indexing and slicing: `x[index]`.

    Args:
        x: a tensor.
        index: ints, slices, `None` (a new axis), `...`, scalar integer tensors, or a mask of bools (a tensor or
            an array), or a tuple of them.

    Raises:
        IndexError: an index out of range, or more indices than dims.
        TypeError: an index of another kind. `K.gather` picks by a tensor of indices.

    >>> from kjax import backend as K
    >>> K.constant([[1., 2.], [3., 4.]])[:, -1].numpy().tolist()
    [2.0, 4.0]
    """
    if type(index) is not tuple:
        if type(index) not in _PLAIN:
            raise TypeError  # the general path brings it into the form of a tuple
        return x[index]
    parts = []
    for part in index:
        if type(part) is tuple:
            # JAX can't slice by a traced bound: operator.index raises its error for that.
            parts.append(builtins.slice(*(None if p is None else operator.index(p) for p in part[1:])))
        elif part is None or type(part) in _PLAIN:
            parts.append(part)
        elif isinstance(part, Tensor):
            raise TypeError
        else:
            parts.append(part if getattr(part, "ndim", 1) else _plain(part))
    if xp is not np:
        _check_range(x, parts)
    return x[tuple(parts)]


_PLAIN = frozenset([int, builtins.slice, type(Ellipsis)])


def _plain(value: Any) -> Any:
    """A concrete integer as a Python int; a tracer as it is."""
    return int(value) if isinstance(value, (int, np.ndarray, np.generic)) else value


def _check_range(x: Any, parts: list[Any]) -> None:
    """Raise for an index out of range, which JAX would clamp."""
    at = 0
    for i, part in enumerate(parts):
        if part is Ellipsis:
            at = x.ndim - sum(p is not None for p in parts[i + 1 :])
            continue
        if type(part) is int and at < x.ndim and not -x.shape[at] <= part < x.shape[at]:
            raise IndexError(f"index {part} is out of range for a dim of {x.shape[at]}")
        at += part is not None


_Positions = Annotated[Any, Operand(frozenset(map(as_dtype, ("int32", "int64"))), own_dtype=True)]


def _cut(where: str, x: Tensor, start: Tensor, size: Any) -> Shape:
    sizes = shapes.dims_given(f"{where}: size", size)
    if sizes.rank is None:
        return x.shape if x.shape.rank is None else Shape([None] * len(x.shape))
    if x.shape.rank is None:
        return Shape([None if n == -1 else n for n in sizes])
    begin = shapes.static_value(start)
    if len(sizes) != len(x.shape) or start.shape.merge_with((None,))[0] not in (None, len(sizes)):
        raise ValueError(f"{where}: x of rank {len(x.shape)} needs one number for each axis in start and in size")
    return Shape([_rest(where, x.shape, begin, axis) if n == -1 else n for axis, n in enumerate(sizes)])


def _rest(where: str, dims: Shape, begin: Any, axis: int) -> int | None:
    if dims[axis] is None or begin is None or not isinstance(begin[axis], (int, np.integer)):
        return None
    return int(dims[axis] - begin[axis])


@op(shape=_cut, label="Slice", runs=NUMPY)
def slice(xp, x: Array, start: _Positions, size: Dims):
    """A part of a tensor: `x[start[0] : start[0] + size[0], start[1] : start[1] + size[1], ...]`.

    Args:
        x: a tensor.
        start: a tensor or list of integers: the first position along each axis.
        size: integers, some of which may be symbolic, or a tensor of them: the number of elements along each axis, -1
            for all from `start` on.

    Returns:
        A tensor of the dtype of `x`, of shape `size`.

    Raises:
        TypeError: a number is no integer.
        ValueError: there are not as many numbers as axes, or the part does not lie within `x`.

    Source: `keras.backend.slice`, Keras 2.3.1.

    >>> slice([[1, 2, 3], [4, 5, 6]], [0, 1], [2, -1]).numpy().tolist()
    [[2, 3], [5, 6]]
    """
    sizes = integers(size)
    if start.shape != (x.ndim,) or len(sizes) != x.ndim:
        raise ValueError(f"x of rank {x.ndim} needs one number for each axis in start and in size")
    if is_tracer(start):
        import jax

        if -1 in sizes:
            operator.index(start[0])  # the rest depends on a traced start: this raises JAX's error for that
        within = (start >= 0) & (start + np.asarray(sizes) <= np.asarray(x.shape))
        require(within, ValueError(f"slice(): a part of shape {sizes} does not lie within {tuple(x.shape)}"))
        return jax.lax.dynamic_slice(x, start, sizes)
    begin = [int(n) for n in start]
    ends = [dim if n == -1 else first + n for first, n, dim in zip(begin, sizes, x.shape, strict=True)]
    if not all(0 <= first <= end <= dim for first, end, dim in zip(begin, ends, x.shape, strict=True)):
        raise ValueError(f"a part of shape {sizes} at {tuple(begin)} does not lie within {tuple(x.shape)}")
    return x[tuple(map(builtins.slice, begin, ends))]


# --------------------------------------------------------------------------------------------------- gather, one_hot

_Classes = Annotated[Any, Operand(frozenset(map(as_dtype, ("uint8", "int32", "int64"))))]


def _gathered(where: str, reference: Tensor, indices: Tensor) -> Shape:
    if reference.shape.rank == 0:
        raise ValueError(f"{where}: reference must have rank 1 at least; got a scalar")
    if reference.shape.rank is None:
        return shapes.UNKNOWN
    if type(indices) is Tensor and indices._value is not None and reference.shape[0] is not None:
        try:
            _in_range(np.asarray(indices._value), reference.shape[0])
        except IndexError as error:
            raise IndexError(f"{where}: {error}") from None
    return indices.shape.concatenate(reference.shape[1:])


def _in_range(indices: Any, size: int) -> None:
    if indices.size and not (indices.min() >= 0 and indices.max() < size):
        wrong = indices[(indices < 0) | (indices >= size)]
        raise IndexError(f"indices must be at least 0 and less than {size}; got {wrong.flat[0]}")


@op(shape=_gathered, label="GatherV2", runs=NUMPY)
def gather(xp, reference: Array, indices: _Positions):
    """The parts of a tensor at given positions of its first axis.

    Args:
        reference: a tensor of shape `(n, ...)`.
        indices: a tensor of int32 or int64: positions from 0 to n - 1.

    Returns:
        A tensor of the dtype of `reference`, of shape `(*indices.shape, *reference.shape[1:])`. Its gradient is dense.

    Raises:
        IndexError: a position is out of range.
        TypeError: `indices` are of another dtype.
        ValueError: `reference` is a scalar.

    Source: `tf.keras.backend.gather`, TF 2.2.

    >>> gather([10, 20, 30], [2, 0, 0]).numpy().tolist()
    [30, 10, 10]
    """
    if not reference.ndim:
        raise ValueError("reference must have rank 1 at least")
    size = reference.shape[0]
    if type(indices) is np.ndarray:
        if type(reference) is not np.ndarray:
            _in_range(indices, size)
        elif indices.size and np.minimum.reduce(indices, None) < 0:  # NumPy would count them from the end
            raise IndexError(f"indices must be at least 0 and less than {size}")
        return reference.take(indices, axis=0)
    within = (indices >= 0) & (indices < size)
    require(within, IndexError(f"gather(): indices must be at least 0 and less than {size}"))
    # JAX would count negative positions from the end: moved out of range, they are filled with NaN or the like.
    return xp.take(reference, xp.where(indices < 0, size, indices), axis=0, mode="fill")


def _hot(where: str, indices: Tensor, num_classes: Any) -> Shape:
    return indices.shape.concatenate((shapes.known_int(num_classes),))


@op(shape=_hot, out="float32", differentiable=False)
def one_hot(xp, indices: _Classes, num_classes: Size):
    """One-hot encoding: each integer as a vector with 1 at that position, and 0 elsewhere.

    Args:
        indices: a tensor of int32, int64 or uint8.
        num_classes: length of the vectors: an int or a scalar integer tensor.

    Returns:
        A tensor of float32, of shape `(*indices.shape, num_classes)`. An integer out of range gives a vector of
        zeros.

    Raises:
        TypeError: `indices` are of another dtype, or `num_classes` is no integer.
        ValueError: `num_classes` is negative.

    Source: `tf.keras.backend.one_hot`, TF 2.2.

    >>> one_hot([0, 2, 7], 3).numpy().tolist()
    [[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 0.0, 0.0]]
    """
    size = operator.index(num_classes)
    if size < 0:
        raise ValueError(f"num_classes must not be negative; got {size}")
    if xp is np and indices.size * size > 4096:
        return _scattered(indices, size)
    return (indices[..., None] == np.arange(size, dtype=indices.dtype)).astype(np.float32)


def _scattered(indices: Any, size: int) -> Any:
    """`one_hot` where the result is large: zeros, of which only the ones are written."""
    out = np.zeros((indices.size, size), np.float32)
    at = indices.reshape(-1)
    rows = np.nonzero((at >= 0) & (at < size))[0]
    out[rows, at[rows]] = 1
    return out.reshape((*indices.shape, size))
