"""Elements in other arrangements: broadcast, rolled, repeated, moved between batch, space and channels."""

import itertools
from typing import Annotated, Any

import numpy as np

from kjax import shapes
from kjax.core.dtypes import to_numpy
from kjax.core.op import op
from kjax.core.operands import Array, Arrays, Attribute, Axes, Axis, Dims, DTypeGiven, Float, Index
from kjax.core.placement import NUMPY
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.machine.checks import require
from kjax.ops.shaping import Size, integers
from kjax.shapes import windows

# --------------------------------------------------------------------------------------------------------- broadcasting


def _broadcast(where: str, input: Tensor, shape: Any) -> Shape:
    wanted = shapes.dims_given(where, shape)
    if wanted.rank is None or input.shape.rank is None:
        return wanted
    missing = wanted.rank - input.shape.rank
    for old, new in zip(input.shape, wanted[max(missing, 0) :], strict=False):
        if missing < 0 or (None not in (old, new) and old not in (1, new)):
            raise ValueError(f"{where}: a tensor of shape {input.shape} can't be broadcast to {wanted}")
    return wanted


@op(shape=_broadcast, runs=NUMPY)
def broadcast_to(xp, input: Array, shape: Dims):
    """A tensor whose elements are repeated along axes of dim 1, and along new ones in front.

    Args:
        input: a tensor.
        shape: the new dims, which `input` must broadcast to.

    Returns:
        A tensor of the dtype of `input`.

    Raises:
        ValueError: the shapes don't broadcast.

    Source: `tf.broadcast_to`, TF 2.2.

    >>> broadcast_to([1, 2], (2, 2)).numpy().tolist()
    [[1, 2], [1, 2]]
    """
    return xp.broadcast_to(input, integers(shape))


def _longer(where: str, x: Tensor, y: Tensor) -> Shape:
    if x.shape.rank not in (1, None) or y.shape.rank not in (1, None):
        raise ValueError(f"{where}: shape_x and shape_y must have rank 1; got shapes {x.shape} and {y.shape}")
    dims = [s[0] if s.rank else None for s in (x.shape, y.shape)]
    return Shape((None if None in dims else max(dims),))  # type: ignore[type-var]


@op(shape=_longer, out=lambda x, y: x.dtype, differentiable=False, label="BroadcastArgs")
def broadcast_dynamic_shape(xp, shape_x: Index, shape_y: Index):
    """The shape that two shapes, given as integer tensors, broadcast to.

    >>> broadcast_dynamic_shape([2, 1], [3]).numpy().tolist()
    [2, 3]
    """
    if shape_x.ndim != 1 or shape_y.ndim != 1:
        raise ValueError("shape_x and shape_y must have rank 1")
    rank = max(len(shape_x), len(shape_y))
    x, y = (xp.pad(s, (rank - len(s), 0), constant_values=1) for s in (shape_x, shape_y))
    fits = (x == y) | (x == 1) | (y == 1)
    require(fits, ValueError("broadcast_dynamic_shape(): the shapes don't broadcast"))
    return xp.where(x == 1, y, x)


def _meshed(where: str, args: Any, indexing: str) -> list[Shape]:
    dims: list[int | None] = []
    for tensor in args:
        if tensor.shape.rank not in (0, 1, None):
            raise ValueError(f"{where}: tensors must have rank 1 or 0; got shape {tensor.shape}")
        dims.append(tensor.shape.num_elements())
    if indexing == "xy":
        dims[:2] = dims[:2][::-1]
    return [Shape(dims)] * len(dims)


@op(shape=_meshed, out=lambda args, indexing: [args[0].dtype] * len(args), label="Mul", runs=NUMPY)
def meshgrid(xp, args: Arrays, indexing: str):
    """The coordinates of a grid, from the coordinates along each axis.

    >>> [part.numpy().tolist() for part in meshgrid([[1, 2], [3, 4, 5]], "ij")]
    [[[1, 1, 1], [2, 2, 2]], [[3, 4, 5], [3, 4, 5]]]
    """
    return tuple(xp.meshgrid(*args, indexing=indexing))


def _merged(where: str, x: Tensor, shape: Shape) -> Shape:
    try:
        return x.shape.merge_with(shape)
    except ValueError:
        raise ValueError(f"{where}: x must have shape {shape}; got {x.shape}") from None


@op(shape=_merged)
def ensure_shape(xp, x: Array, shape: Annotated[Any, Attribute(lambda value, where: Shape(value))]):
    """A tensor as it is, whose shape is checked when it is computed, and known from then on.

    Args:
        x: a tensor.
        shape: the shape it must have; None for a dim that may be any.

    Raises:
        ValueError: it has another.

    Source: `tf.ensure_shape`, TF 2.2.

    >>> from kjax import backend as K
    >>> ensure_shape(K.placeholder((None, None)), (None, 3)).shape
    (None, 3)
    """
    if not Shape(x.shape).is_compatible_with(shape):
        raise ValueError(f"x must have shape {shape}; got {tuple(x.shape)}")
    return xp.asarray(x)


# ------------------------------------------------------------------------------------------------- moving along an axis


def _rolled(where: str, input: Tensor, shift: Tensor, axis: Any) -> Shape:
    if input.shape.rank is not None:
        for place in axis if isinstance(axis, tuple) else (axis,):
            shapes.axis_in(where, place, input.shape.rank)
    return input.shape


@op(shape=_rolled)
def roll(xp, input: Array, shift: Index, axis: Axes):
    """A tensor moved on along axes; what falls off at the end comes in at the start.

    Args:
        input: a tensor.
        shift: by how many places: an integer, or one for each axis.
        axis: the axis, or several of them; one that comes twice is moved along twice.

    Returns:
        A tensor of the shape and dtype of `input`.

    Raises:
        ValueError: there is no such axis, or there are not as many shifts as axes.

    Source: `tf.roll`, TF 2.2.

    >>> roll([1, 2, 3, 4], 1, 0).numpy().tolist()
    [4, 1, 2, 3]
    """
    axes = axis if isinstance(axis, tuple) else (axis,)
    if shift.ndim > 1 or shift.size != len(axes):
        raise ValueError(f"shift must have a number for each axis in {axes}; got shape {tuple(shift.shape)}")
    shift = shift.reshape(-1)
    for i, place in enumerate(axes):
        input = xp.roll(input, shift[i], place)
    return input


def _reversed(where: str, input: Tensor, seq_lengths: Tensor, seq_axis: int, batch_axis: int) -> Shape:
    if input.shape.rank is not None:
        axes = [
            shapes.axis_in(where, axis, input.shape.rank, name)
            for axis, name in ((seq_axis, "seq_axis"), (batch_axis, "batch_axis"))
        ]
        if axes[0] == axes[1]:
            raise ValueError(f"{where}: seq_axis and batch_axis must differ; got {axes[0]}")
        if not seq_lengths.shape.is_compatible_with((input.shape[axes[1]],)):
            raise ValueError(f"{where}: seq_lengths must have shape ({input.shape[axes[1]]},); got {seq_lengths.shape}")
    return input.shape


@op(shape=_reversed)
def reverse_sequence(xp, input: Array, seq_lengths: Index, seq_axis: Axis, batch_axis: Axis):
    """The first elements of each sequence of a batch in reverse order.

    Args:
        input: a tensor.
        seq_lengths: for each sample of the batch, how many elements are reversed.
        seq_axis: the axis along which they are.
        batch_axis: the axis of the batch.

    Returns:
        A tensor of the shape and dtype of `input`.

    Raises:
        ValueError: there is no such axis, or a length is too great.

    Source: `tf.reverse_sequence`, TF 2.2.

    >>> reverse_sequence([[1, 2, 3], [4, 5, 6]], [2, 3], 1, 0).numpy().tolist()
    [[2, 1, 3], [6, 5, 4]]
    """
    seq_axis, batch_axis, size = seq_axis % input.ndim, batch_axis % input.ndim, input.shape[seq_axis]
    if seq_axis == batch_axis:
        raise ValueError(f"seq_axis and batch_axis must differ; got {seq_axis}")
    if seq_lengths.shape != (input.shape[batch_axis],):
        raise ValueError(f"seq_lengths must have shape ({input.shape[batch_axis]},); got {tuple(seq_lengths.shape)}")
    fits = (seq_lengths >= 0) & (seq_lengths <= size)
    require(fits, ValueError(f"reverse_sequence(): seq_lengths must be from 0 to {size}"))
    place = np.arange(size, dtype=np.int32).reshape([-1 if i == seq_axis else 1 for i in range(input.ndim)])
    lengths = seq_lengths.astype(np.int32).reshape([-1 if i == batch_axis else 1 for i in range(input.ndim)])
    return xp.take_along_axis(input, xp.where(place < lengths, lengths - 1 - place, place), axis=seq_axis)


def _repeated(where: str, input: Tensor, repeats: Any, axis: int) -> Shape:
    if input.shape.rank is None:
        return shapes.UNKNOWN
    axis, counts = shapes.axis_in(where, axis, input.shape.rank), shapes.dims_given(where, repeats)
    dim = input.shape[axis]
    if counts.rank in (0, None) or None in tuple(counts):
        total = None
    elif counts.rank == 1:
        total = None if dim is None else dim * max(counts[0], 0)
    else:
        shapes.merge_dim(where, dim, counts.rank, "repeats must have an element for each of the axis")
        total = sum(max(n, 0) for n in counts)
    return Shape((*input.shape[:axis], total, *input.shape[axis + 1 :]))


@op(name="repeat", shape=_repeated, runs=NUMPY)
def repeated(xp, input: Array, repeats: Dims, axis: Axis):
    """Each element along an axis repeated as often as `repeats` says, one number for all or one for each.

    >>> repeated([1, 2], (1, 2), 0).numpy().tolist()
    [1, 2, 2]
    """
    counts, size = np.maximum(np.asarray(integers(repeats), np.int64), 0), input.shape[axis]
    if counts.size not in (1, size):
        raise ValueError(f"repeats must have 1 or {size} elements; got {counts.size}")
    places = np.arange(size).repeat(counts if counts.size == size else counts[0])
    return xp.take(input, places, axis=axis)


# ------------------------------------------------------------------------------------ between space, channels and batch


def _channels_last(xp: Any, input: Any, data_format: str, back: bool = False) -> Any:
    if data_format == "NHWC":
        return input
    return xp.moveaxis(input, -1, 1) if back else xp.moveaxis(input, 1, -1)


def _as_format(value: Any, where: str) -> str:
    if value not in ("NHWC", "NCHW"):
        raise ValueError(f"{where} must be 'NHWC' or 'NCHW'; got {value!r}")
    return str(value)


def _as_block(value: Any, where: str) -> int:
    size = Axis.__metadata__[0].normal(value, where)
    if size < 2:
        raise ValueError(f"{where} must be 2 at least; got {size}")
    return int(size)


_Block = Annotated[Any, Attribute(_as_block)]
_Format = Annotated[Any, Attribute(_as_format)]


def _regrouped(deeper: bool) -> Any:
    def rule(where: str, input: Tensor, block_size: int, data_format: str) -> Shape:
        if input.shape.rank not in (4, None):
            raise ValueError(f"{where}: input must have rank 4; got shape {input.shape}")
        dims: list[Any] = list(input.shape) if input.shape.rank else [None] * 4
        channel = 3 if data_format == "NHWC" else 1
        for axis in (1, 2, 3):
            factor = block_size if axis != channel else block_size**2
            divides = (axis != channel) == deeper
            dim = dims[axis]
            if divides and dim is not None and dim % factor:
                raise ValueError(f"{where}: dim {axis} of shape {input.shape} must be divisible by {factor}")
            dims[axis] = None if dim is None else dim // factor if divides else dim * factor
        return Shape(dims)

    return rule


@op(shape=_regrouped(deeper=True))
def space_to_depth(xp, input: Array, block_size: _Block, data_format: _Format = "NHWC"):
    """Blocks of an image as channels.

    Args:
        input: a tensor of shape `(batch, rows, columns, channels)`.
        block_size: rows and columns of a block, 2 at least, which divides those of the image.
        data_format: `"NCHW"` where channels come second.

    Returns:
        A tensor of shape `(batch, rows / block_size, columns / block_size, channels * block_size ** 2)`.

    Raises:
        ValueError: another rank, or the block does not divide the image.

    Source: `tf.nn.space_to_depth`, TF 2.2.

    >>> space_to_depth([[[[1], [2]], [[3], [4]]]], 2).numpy().tolist()
    [[[[1, 2, 3, 4]]]]
    """
    n, b = _channels_last(xp, input, data_format), block_size
    batch, rows, columns, channels = n.shape
    if rows % b or columns % b:
        raise ValueError(f"rows and columns must be divisible by {b}; got shape {tuple(input.shape)}")
    blocks = n.reshape((batch, rows // b, b, columns // b, b, channels)).transpose((0, 1, 3, 2, 4, 5))
    return _channels_last(xp, blocks.reshape((batch, rows // b, columns // b, b * b * channels)), data_format, True)


@op(shape=_regrouped(deeper=False))
def depth_to_space(xp, input: Array, block_size: _Block, data_format: _Format = "NHWC"):
    """Channels as blocks of an image: the inverse of `space_to_depth`.

    >>> depth_to_space([[[[1, 2, 3, 4]]]], 2).numpy().tolist()
    [[[[1], [2]], [[3], [4]]]]
    """
    n, b = _channels_last(xp, input, data_format), block_size
    batch, rows, columns, channels = n.shape
    if channels % (b * b):
        raise ValueError(f"channels must be divisible by {b * b}; got shape {tuple(input.shape)}")
    blocks = n.reshape((batch, rows, columns, b, b, channels // (b * b))).transpose((0, 1, 3, 2, 4, 5))
    return _channels_last(xp, blocks.reshape((batch, rows * b, columns * b, -1)), data_format, True)


def _per_axis(
    where: str, block: Any, margins: Any
) -> tuple[list[int | None], list[tuple[int | None, int | None]]] | None:
    """Block sizes and margins (before, after) of each axis of space, as far as they are known."""
    sizes, edges = shapes.dims_given(where, block), shapes.dims_given(where, margins)
    if sizes.rank is None:
        return None
    known = [None] * 2 * sizes.rank if edges.rank is None else list(edges)
    if len(known) != 2 * sizes.rank:
        raise ValueError(f"{where}: block_shape has {sizes.rank} elements: a pair of margins for each is needed")
    if any(n is not None and n < 1 for n in sizes) or any(n is not None and n < 0 for n in known):
        raise ValueError(f"{where}: sizes of blocks must be positive, and margins not negative")
    return list(sizes), list(zip(known[::2], known[1::2], strict=True))


def _spread(where: str, input: Tensor, block_shape: Any, paddings: Any) -> Shape:
    parts = _per_axis(where, block_shape, paddings)
    if input.shape.rank is None or parts is None:
        return shapes.UNKNOWN if parts is None or input.shape.rank is None else input.shape
    dims: list[int | None] = list(input.shape)
    if len(dims) <= len(parts[0]):
        raise ValueError(f"{where}: input of shape {input.shape} has too few axes for {len(parts[0])} sizes of blocks")
    for axis, (size, margin) in enumerate(zip(*parts, strict=True), 1):
        dim = dims[axis]
        whole = None if dim is None or None in margin else dim + sum(margin)  # type: ignore[arg-type]
        if whole is not None and size is not None and whole % size:
            raise ValueError(f"{where}: dim {axis} of input, {whole} with paddings, must be divisible by {size}")
        dims[axis] = None if whole is None or size is None else whole // size
        dims[0] = None if dims[0] is None or size is None else dims[0] * size
    return Shape(dims)


@op(shape=_spread, label="SpaceToBatchND")
def space_to_batch_nd(xp, input: Array, block_shape: Dims, paddings: Dims):
    """Every block of space spread over samples of the batch.

    Args:
        input: a tensor of shape `(batch, *space, ...)`.
        block_shape: the size of a block along each axis of space.
        paddings: zeros before and after each axis of space, one pair behind the other.

    Returns:
        A tensor whose batch is larger by the product of `block_shape`, and whose axes of space are shorter.

    Raises:
        ValueError: blocks do not divide space.

    Source: `tf.space_to_batch_nd`, TF 2.2.

    >>> space_to_batch_nd([[1, 2, 3]], (2,), (0, 1)).numpy().tolist()
    [[1, 3], [2, 0]]
    """
    sizes, margins = integers(block_shape), np.reshape(integers(paddings), (-1, 2))
    m = len(sizes)
    if len(margins) != m or input.ndim <= m or (margins < 0).any():
        raise ValueError("a pair of paddings, none negative, is needed for each axis of space")
    x = xp.pad(input, [(0, 0), *margins.tolist(), *[(0, 0)] * (input.ndim - m - 1)])
    if any(dim % size for dim, size in zip(x.shape[1:], sizes, strict=False)):
        raise ValueError(f"dims of space, with paddings, must be divisible by {sizes}; got shape {tuple(x.shape)}")
    space = [dim // size for dim, size in zip(x.shape[1:], sizes, strict=False)]
    split = [part for pair in zip(space, sizes, strict=True) for part in pair]
    rest = x.shape[m + 1 :]
    x = x.reshape((x.shape[0], *split, *rest))
    order = [*range(2, 2 * m + 1, 2), 0, *range(1, 2 * m + 1, 2), *range(2 * m + 1, x.ndim)]
    return x.transpose(order).reshape((input.shape[0] * int(np.prod(sizes)), *space, *rest))


def _gathered(where: str, input: Tensor, block_shape: Any, crops: Any) -> Shape:
    parts = _per_axis(where, block_shape, crops)
    if input.shape.rank is None or parts is None:
        return shapes.UNKNOWN
    dims: list[int | None] = list(input.shape)
    if len(dims) <= len(parts[0]):
        raise ValueError(f"{where}: input of shape {input.shape} has too few axes for {len(parts[0])} sizes of blocks")
    total = shapes.product(parts[0])
    if dims[0] is not None and total and dims[0] % total:
        raise ValueError(f"{where}: the batch of {dims[0]} must be divisible by {total}")
    dims[0] = None if dims[0] is None or not total else dims[0] // total
    for axis, (size, margin) in enumerate(zip(*parts, strict=True), 1):
        dim = dims[axis]
        known = dim is not None and size is not None and None not in margin
        dims[axis] = dim * size - sum(margin) if known else None  # type: ignore[operator, arg-type]
        if known and dims[axis] < 0:  # type: ignore[operator]
            raise ValueError(f"{where}: crops {margin} are more than dim {axis}, of {dim} blocks of {size}")
    return Shape(dims)


@op(shape=_gathered, label="BatchToSpaceND")
def batch_to_space_nd(xp, input: Array, block_shape: Dims, crops: Dims):
    """Samples of the batch as blocks of space, of which margins are cut off: the inverse of `space_to_batch_nd`.

    >>> batch_to_space_nd([[1, 3], [2, 0]], (2,), (0, 1)).numpy().tolist()
    [[1, 2, 3]]
    """
    sizes, margins = integers(block_shape), np.reshape(integers(crops), (-1, 2))
    m, total = len(sizes), int(np.prod(sizes))
    if len(margins) != m or input.ndim <= m or (margins < 0).any():
        raise ValueError("a pair of crops, none negative, is needed for each axis of space")
    if total < 1 or input.shape[0] % total:
        raise ValueError(f"the batch must be divisible by {total}; got shape {tuple(input.shape)}")
    space, rest = input.shape[1 : m + 1], input.shape[m + 1 :]
    x = input.reshape((*sizes, input.shape[0] // total, *space, *rest))
    pairs = [axis for i in range(m) for axis in (m + 1 + i, i)]
    x = x.transpose([m, *pairs, *range(2 * m + 1, x.ndim)])
    whole = [dim * size for dim, size in zip(space, sizes, strict=True)]
    x = x.reshape((x.shape[0], *whole, *rest))
    if any(before + after > dim for (before, after), dim in zip(margins.tolist(), whole, strict=True)):
        raise ValueError(f"crops {margins.tolist()} are more than space, {whole}")
    parts = [slice(before, dim - after) for (before, after), dim in zip(margins.tolist(), whole, strict=True)]
    return x[(slice(None), *parts)]


def _as_five(value: Any, where: str) -> tuple[int, ...]:
    parts = tuple(value) if isinstance(value, (list, tuple)) else ()
    if len(parts) != 5 or parts[0] != 1 or parts[4] != 1:
        raise ValueError(f"{where} must be [1, planes, rows, columns, 1]; got {value!r}")
    return tuple(windows.whole(part, where) for part in parts[1:4])


_Five = Annotated[Any, Attribute(_as_five)]
_Padding = Annotated[Any, windows.choice("same", "valid")]


@windows.rule
def _volumes(dims: Any, sizes: Any, strides: Any, padding: str) -> tuple[int | None, ...]:
    batch, *inner, channels = windows.dims_of(dims, 5, "input")
    each = zip(inner, sizes, strides, strict=True)
    counts = [windows.count(n, size, stride, padding) for n, size, stride in each]
    return batch, *counts, shapes.product((*sizes, channels))


@op(shape=_volumes)
def extract_volume_patches(xp, input: Array, ksizes: _Five, strides: _Five, padding: _Padding):
    """The elements of each window of volumes as channels.

    Args:
        input: a tensor of shape `(batch, planes, rows, columns, channels)`.
        ksizes: `[1, planes, rows, columns, 1]` of a window.
        strides: the distances of windows, likewise.
        padding: `'same'` or `'valid'`.

    Returns:
        A tensor of shape `(batch, windows along each axis, product of ksizes and channels)`.

    Raises:
        ValueError: another rank, or sizes of another form.

    Source: `tf.extract_volume_patches`, TF 2.2.

    >>> extract_volume_patches([[[[[1], [2]]]]], [1, 1, 1, 2, 1], [1] * 5, "valid").numpy().tolist()
    [[[[[1, 2]]]]]
    """
    space: Any = windows.dims_of(input.shape, 5, "input")[1:4]
    edges, spans = [], []
    for n, size, stride in zip(space, ksizes, strides, strict=True):
        count: Any = windows.count(n, size, stride, padding)
        reach = (count - 1) * stride + 1  # from the first window to the last
        spans.append([slice(i, max(i + reach, 0), stride) for i in range(size)])
        edges.append(windows.margins(n, size, stride, padding))
    wide = xp.pad(input, [(0, 0), *edges, (0, 0)])
    return xp.concatenate([wide[(slice(None), *part)] for part in itertools.product(*spans)], -1)


# ------------------------------------------------------------------------------------------------------- other meanings


def _cast_bits(where: str, input: Tensor, dtype: Any) -> Shape:
    old, new = to_numpy(input.dtype).itemsize, to_numpy(dtype).itemsize
    if old == new or input.shape.rank is None:
        return input.shape
    if old > new:
        return input.shape.concatenate((old // new,))
    if not input.shape.rank or input.shape[-1] not in (None, new // old):
        raise ValueError(f"{where}: the last dim of shape {input.shape} must be {new // old} for {dtype}")
    return input.shape[:-1]


@op(shape=_cast_bits, out=lambda input, dtype: dtype, differentiable=False)
def bitcast(xp, input: Array, dtype: DTypeGiven):
    """The bits of a tensor read as another dtype.

    Args:
        input: a tensor.
        dtype: the dtype. For one that is smaller there is one more axis, for one that is larger one less.

    Raises:
        ValueError: the last dim does not hold the parts of one element.

    Source: `tf.bitcast`, TF 2.2.

    >>> bitcast([1.], "int32").numpy().tolist()
    [1065353216]
    """
    kind = to_numpy(dtype)
    old, new = input.dtype.itemsize, kind.itemsize
    if old < new and (not input.ndim or input.shape[-1] != new // old):
        raise ValueError(f"the last dim of shape {tuple(input.shape)} must be {new // old}")
    if xp is not np:
        import jax

        return jax.lax.bitcast_convert_type(input, kind)
    shape = input.shape if old == new else input.shape[:-1] if old < new else (*input.shape, old // new)
    return np.ascontiguousarray(input).reshape(-1).view(kind).reshape(shape)


def _coordinates(where: str, indices: Tensor, dims: Any) -> Shape:
    if indices.shape.rank is not None and indices.shape.rank > 1:
        raise ValueError(f"{where}: indices must have rank 0 or 1; got shape {indices.shape}")
    return Shape((shapes.dims_given(where, dims).rank,)).concatenate(indices.shape)


@op(shape=_coordinates, out=lambda indices, dims: indices.dtype, differentiable=False)
def unravel_index(xp, indices: Index, dims: Dims):
    """The positions along each axis of elements whose positions in the flat array are given.

    >>> unravel_index([3, 5], (2, 3)).numpy().tolist()
    [[1, 1], [0, 2]]
    """
    parts = []
    for size in reversed(integers(dims)):
        parts.append(indices % size)
        indices = indices // size
    return xp.stack(parts[::-1])


# -------------------------------------------------------------------------------------------------------- new elements


def _spaced(where: str, start: Tensor, stop: Tensor, num: Any) -> Shape:
    for tensor, name in ((start, "start"), (stop, "stop")):
        if tensor.shape.rank not in (0, None):
            raise ValueError(f"{where}: {name} must be a scalar; got shape {tensor.shape}")
    count = shapes.known_int(num)
    if count == 0:
        raise ValueError(f"{where}: num must be positive; got 0")
    return Shape((count,))


@op(shape=_spaced, label="LinSpace", runs=NUMPY)
def linspace(xp, start: Float, stop: Float, num: Size):
    """`num` numbers at equal distances, from `start` to `stop`, which is the last.

    >>> linspace(0., 1., 3).numpy().tolist()
    [0.0, 0.5, 1.0]
    """
    count, *_ = integers(num)
    if start.ndim or stop.ndim or count < 1:
        raise ValueError(f"start and stop must be scalars, and num positive; got {count}")
    return xp.linspace(start, stop, count, dtype=start.dtype)
