"""The `tf.*` calls that pick, place, sort, repeat and arrange the elements of arrays, and contract or clip them.

`ARRAYS` is what `tf` of both versions has, `TF` and `V1` have what differs as well; the other tables are for modules
below it.
"""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Callable
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.dtypes import as_dtype
from kjax.core.operands import as_tensor
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.dialects import tensorflow_control as control
from kjax.dialects import tensorflow_ops as ops
from kjax.dialects.tensorflow_calls import ARRAYS as KNOWN
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.dialects.tensorflow_ops import convert_to_tensor
from kjax.ops import arranging, bits, comparison, contracting, elementwise, indexing, scattering, segments, sorting
from kjax.shapes import broadcast

Unique = namedtuple("Unique", ["y", "idx"])
UniqueWithCounts = namedtuple("UniqueWithCounts", ["y", "idx", "count"])
ListDiff = namedtuple("ListDiff", ["out", "idx"])

# ------------------------------------------------------------------------------------------------------------- picking


def _boolean_mask(tensor: Any, mask: Any, axis: Any = None, name: Any = "boolean_mask") -> Any:
    where = "tf.boolean_mask"
    tensor, mask = as_tensor(tensor, where=f"{where}: tensor"), as_tensor(mask, where=f"{where}: mask")
    rank, covered = tensor.shape.rank, mask.shape.rank
    if not covered:
        raise ValueError(f"{where}: mask must have a known rank, 1 at least; got {mask!r}")
    first = 0 if axis is None else int(axis)
    if rank is None:
        if first:
            raise ValueError(f"{where}: with an axis, tensor must have a known rank; got {tensor!r}")
    else:
        first += rank if first < 0 else 0
        if not 0 <= first <= rank - covered or not mask.shape.is_compatible_with(tensor.shape[first : first + covered]):
            raise ValueError(
                f"{where}: mask of shape {mask.shape} does not go with tensor of shape {tensor.shape} from axis {first}"
            )
    places = ops.where(mask if mask.dtype.is_bool else K.not_equal(mask, 0))
    if not first:
        return scattering.gather_nd(tensor, places)
    masked, before = range(first, first + covered), range(first)
    turned = K.permute_dimensions(tensor, (*masked, *before, *range(first + covered, rank)))
    found = scattering.gather_nd(turned, places)
    return K.permute_dimensions(found, (*range(1, first + 1), 0, *range(first + 1, rank - covered + 1)))


def _bits_of(mask: int, count: int) -> list[bool]:
    return [bool(mask >> i & 1) for i in range(count)]


def _numbers(value: Any, where: str) -> list[Any]:
    """The elements of a vector: integers, or symbolic tensors."""
    tensor = as_tensor(value, where=where)
    if tensor.shape.rank != 1 or tensor.shape[0] is None:
        raise ValueError(f"{where} must be a vector of known length; got shape {tensor.shape}")
    return [tensor[i] for i in range(tensor.shape[0])] if tensor.is_symbolic else tensor.numpy().tolist()


def _strided_slice(
    input_: Any,
    begin: Any,
    end: Any,
    strides: Any = None,
    begin_mask: int = 0,
    end_mask: int = 0,
    ellipsis_mask: int = 0,
    new_axis_mask: int = 0,
    shrink_axis_mask: int = 0,
    var: Any = None,  # (what would be assigned to)
    name: Any = None,
) -> Any:
    starts, stops = _numbers(begin, "tf.strided_slice: begin"), _numbers(end, "tf.strided_slice: end")
    steps = [1] * len(starts) if strides is None else _numbers(strides, "tf.strided_slice: strides")
    if not len(starts) == len(stops) == len(steps):
        raise ValueError("tf.strided_slice: begin, end and strides must have equal lengths")
    masks = (begin_mask, end_mask, ellipsis_mask, new_axis_mask, shrink_axis_mask)
    index: list[Any] = []
    for start, stop, step, *flags in zip(
        starts, stops, steps, *(_bits_of(mask, len(starts)) for mask in masks), strict=True
    ):
        whole_start, whole_stop, rest, new, one = flags
        if rest:
            index.append(...)
        elif new:
            index.append(None)
        elif one:
            index.append(start)
        else:
            index.append(slice(None if whole_start else start, None if whole_stop else stop, step))
    return convert_to_tensor(input_)[tuple(index)]


def _batch_gather(params: Any, indices: Any, name: Any = None) -> Any:
    indices = as_tensor(indices, where="tf.batch_gather: indices")
    if not indices.shape.rank:
        raise ValueError(f"tf.batch_gather: indices must have a known rank, 1 at least; got {indices!r}")
    return scattering.gather_in_batches(params, indices, indices.shape.rank - 1, indices.shape.rank - 1)


# ------------------------------------------------------------------------------------------------------------- placing


def _subtracted(tensor: Any, indices: Any, updates: Any, name: Any = None) -> Any:
    tensor = convert_to_tensor(tensor)
    return scattering.scattered(tensor, indices, elementwise.negative(as_tensor(updates, tensor.dtype)), "add")


def _rows(ref: Any, indices: Any, updates: Any) -> tuple[Any, Any]:
    """Positions of rows of a variable as rows of positions, and their updates, of which there may be one for all."""
    indices, updates = as_tensor(indices), as_tensor(updates, ref.dtype)
    if updates.shape.rank == 0:
        updates = arranging.broadcast_to(updates, K.concatenate([K.shape(indices), K.shape(ref)[1:]]))
    return K.expand_dims(indices), updates


def _samples(ref: Any, indices: Any, updates: Any) -> tuple[Any, Any]:
    """Positions of rows in each sample of a batch as rows of positions, and their updates."""
    indices = as_tensor(indices)
    if indices.shape.rank is None or None in tuple(indices.shape):
        raise ValueError(f"tf.compat.v1.batch_scatter_update: indices must have a known shape; got {indices.shape}")
    *batch, _ = dims = tuple(indices.shape)
    before = [
        np.broadcast_to(np.arange(n).reshape((-1, *[1] * (len(dims) - 1 - i))), dims) for i, n in enumerate(batch)
    ]
    return K.stack([*(K.cast(part, indices.dtype) for part in before), indices], axis=-1), updates


def _as_they_are(ref: Any, indices: Any, updates: Any) -> tuple[Any, Any]:
    return indices, as_tensor(updates, ref.dtype)


def _written(
    how: Callable[[Any, Any, Any], Any], places: Callable[..., tuple[Any, Any]], locking: bool
) -> Callable[..., Any]:
    """A change to parts of a variable."""

    def call(ref: Any, indices: Any, updates: Any, use_locking: bool = locking, name: Any = None) -> Any:
        return how(ref, *places(ref, indices, updates))

    return call


def _set(ref: Any, indices: Any, updates: Any) -> Any:
    return K.update(ref, scattering.scattered(ref, indices, updates))


# (Additions to one variable in one run all count.)
def _add(ref: Any, indices: Any, updates: Any) -> Any:
    return K.update_add(ref, scattering.scatter_nd(indices, updates, ref.shape))


def _subtract(ref: Any, indices: Any, updates: Any) -> Any:
    return K.update_sub(ref, scattering.scatter_nd(indices, updates, ref.shape))


def _divide(ref: Any, indices: Any, updates: Any) -> Any:
    return K.update(ref, scattering.divided(ref, indices, updates))


def _combine(how: str) -> Callable[..., Any]:
    return lambda ref, indices, updates: K.update(ref, scattering.scattered(ref, indices, updates, how))


# ------------------------------------------------------------------------------------- sorting, and different elements


def _descending(direction: Any, where: str) -> bool:
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(f"{where}: direction must be 'ASCENDING' or 'DESCENDING'; got {direction!r}")
    return bool(direction == "DESCENDING")


def _argsort(values: Any, axis: Any = -1, direction: Any = "ASCENDING", stable: bool = False, name: Any = None) -> Any:
    return sorting.argsort(values, axis, _descending(direction, "tf.argsort"))


def _sort(values: Any, axis: Any = -1, direction: Any = "ASCENDING", name: Any = None) -> Any:
    return sorting.sort(values, axis, _descending(direction, "tf.sort"))


def _searchsorted(
    sorted_sequence: Any, values: Any, side: Any = "left", out_type: Any = "int32", name: Any = None
) -> Any:
    if side not in ("left", "right"):
        raise ValueError(f"tf.searchsorted: side must be 'left' or 'right'; got {side!r}")
    return sorting.searchsorted(sorted_sequence, values, side == "right", out_type)


def _histogram(values: Any, value_range: Any, nbins: Any = 100, dtype: Any = "int32", name: Any = None) -> Any:
    places = K.flatten(_histogram_bins(values, value_range, nbins))
    return K.cast(segments.segment_sizes(places, nbins), dtype)


def _histogram_bins(values: Any, value_range: Any, nbins: Any = 100, dtype: Any = "int32", name: Any = None) -> Any:
    values = convert_to_tensor(values)
    bins = sorting.histogram_fixed_width_bins(values, as_tensor(value_range, values.dtype), nbins)
    return K.cast(bins, dtype)


def _dynamic_partition(data: Any, partitions: Any, num_partitions: int, name: Any = None) -> list[Any]:
    partitions = as_tensor(partitions, where="tf.dynamic_partition: partitions")
    inside = comparison.logical_and(K.greater_equal(partitions, 0), K.less(partitions, num_partitions))
    inside = ops.checked(inside, f"tf.dynamic_partition: partitions must be from 0 to {num_partitions - 1}")
    return [
        _boolean_mask(data, comparison.logical_and(inside, K.equal(partitions, i))) for i in range(int(num_partitions))
    ]


def _dynamic_stitch(indices: Any, data: Any, name: Any = None) -> Any:
    where = "tf.dynamic_stitch"
    if (
        not isinstance(indices, (list, tuple))
        or not isinstance(data, (list, tuple))
        or not len(indices) == len(data) > 0
    ):
        raise ValueError(f"{where}: indices and data must be lists of one length; got {indices!r} and {data!r}")
    parts = [as_tensor(part, where=f"{where}: data") for part in data]
    names = [as_tensor(part, where=f"{where}: indices") for part in indices]
    rows = [
        K.reshape(part, K.concatenate([K.constant([-1], dtype="int32"), K.shape(part)[_rank(name, where) :]]))
        for part, name in zip(parts, names, strict=True)
    ]
    flat, merged = K.concatenate([K.flatten(name) for name in names]), K.concatenate(rows, 0)
    # Of what goes to one place, the last stays; where nothing goes, there are zeros.
    places = K.arange(1, K.shape(flat)[0] + 1)
    last = segments.unsorted_segment_max(places, flat, K.max(flat) + 1, 0)
    return K.gather(K.concatenate([K.zeros_like(merged[:1]), merged], 0), last)


def _rank(tensor: Tensor, where: str) -> int:
    if tensor.shape.rank is None:
        raise ValueError(f"{where}: indices must have a known rank; got {tensor!r}")
    return tensor.shape.rank


# ----------------------------------------------------------------------------------------------------------- arranging


def _repeat(input: Any, repeats: Any, axis: Any = None, name: Any = None) -> Any:
    input = convert_to_tensor(input)
    return (
        arranging.repeated(K.flatten(input), repeats, 0) if axis is None else arranging.repeated(input, repeats, axis)
    )


def _meshgrid(*args: Any, **kwargs: Any) -> list[Any]:
    indexing = kwargs.pop("indexing", "xy")
    kwargs.pop("name", None)
    if kwargs:
        raise TypeError(f"tf.meshgrid: got an unexpected argument {next(iter(kwargs))!r}")
    if indexing not in ("xy", "ij"):
        raise ValueError(f"tf.meshgrid: indexing must be 'xy' or 'ij'; got {indexing!r}")
    if not args:
        return []
    grids = arranging.meshgrid([convert_to_tensor(part) for part in args], indexing)
    return [*grids] if isinstance(grids, tuple) else [grids]


def _sequence_mask(lengths: Any, maxlen: Any = None, dtype: Any = "bool", name: Any = None) -> Any:
    lengths = convert_to_tensor(lengths)
    longest = K.maximum(K.max(lengths), 0) if maxlen is None else as_tensor(maxlen)
    if longest.shape.rank not in (0, None):
        raise ValueError(f"tf.sequence_mask: maxlen must be a scalar; got shape {longest.shape}")
    places = K.arange(0, longest, 1, longest.dtype)
    mask = K.less(places, K.expand_dims(K.cast(lengths, longest.dtype)))
    return mask if as_dtype(dtype).is_bool else K.cast(mask, dtype)


def _shape_of_both(shape_x: Any, shape_y: Any) -> Shape:
    return broadcast("tf.broadcast_static_shape", Shape(shape_x), Shape(shape_y))


def _reverse_sequence(
    input: Any, seq_lengths: Any, seq_axis: Any = None, batch_axis: Any = None, name: Any = None
) -> Any:
    if seq_axis is None:
        raise ValueError("tf.reverse_sequence: seq_axis must be given")
    return arranging.reverse_sequence(input, seq_lengths, seq_axis, batch_axis or 0)


def _v1_reverse_sequence(
    input: Any,
    seq_lengths: Any,
    seq_axis: Any = None,
    batch_axis: Any = None,
    name: Any = None,
    seq_dim: Any = None,
    batch_dim: Any = None,
) -> Any:
    return _reverse_sequence(
        input, seq_lengths, seq_dim if seq_axis is None else seq_axis, batch_dim if batch_axis is None else batch_axis
    )


def _flat(value: Any, where: str) -> Any:
    return K.flatten(as_tensor(value, as_dtype("int32"), where))


def _space_to_batch(input: Any, block_shape: Any, paddings: Any, name: Any = None) -> Any:
    where = "tf.space_to_batch"
    return arranging.space_to_batch_nd(
        input, _flat(block_shape, f"{where}: block_shape"), _flat(paddings, f"{where}: paddings")
    )


def _batch_to_space(input: Any, block_shape: Any, crops: Any, name: Any = None) -> Any:
    where = "tf.batch_to_space"
    return arranging.batch_to_space_nd(
        input, _flat(block_shape, f"{where}: block_shape"), _flat(crops, f"{where}: crops")
    )


def _block(where: str, block_size: Any, block_shape: Any) -> list[int]:
    """The size of a block, an integer, by its older or its newer name."""
    if (block_size is None) == (block_shape is None):
        raise ValueError(f"{where}: give one of block_size and block_shape")
    size = block_size if block_shape is None else block_shape
    if not isinstance(size, (int, np.integer)):
        raise TypeError(f"{where}: block_size must be an integer; got {size!r}")
    return [int(size)] * 2


def _v1_space_to_batch(
    input: Any, paddings: Any, block_size: Any = None, name: Any = None, block_shape: Any = None
) -> Any:
    return _space_to_batch(input, _block("tf.compat.v1.space_to_batch", block_size, block_shape), paddings)


def _v1_batch_to_space(input: Any, crops: Any, block_size: Any, name: Any = None, block_shape: Any = None) -> Any:
    return _batch_to_space(input, _block("tf.compat.v1.batch_to_space", block_size, block_shape), crops)


def _volume_patches(input: Any, ksizes: Any, strides: Any, padding: Any, name: Any = None) -> Any:
    if padding not in ("SAME", "VALID"):
        raise ValueError(f"tf.extract_volume_patches: padding must be 'SAME' or 'VALID'; got {padding!r}")
    return arranging.extract_volume_patches(input, ksizes, strides, padding.lower())


def _paddings(input_shape: Any, block_shape: Any, base_paddings: Any = None, name: Any = None) -> tuple[Any, Any]:
    dims, block = (convert_to_tensor(part, "int32") for part in (input_shape, block_shape))
    base = K.stack([K.zeros_like(dims)] * 2, 1) if base_paddings is None else convert_to_tensor(base_paddings, "int32")
    before, after = base[:, 0], base[:, 1]
    extra = -(dims + before + after) % block
    return K.stack([before, after + extra], 1), K.stack([K.zeros_like(extra), extra], 1)


def _saturate_cast(value: Any, dtype: Any, name: Any = None) -> Any:
    value, wanted = convert_to_tensor(value), as_dtype(dtype, "tf.saturate_cast: dtype")
    for limit, bound in ((K.maximum, "min"), (K.minimum, "max")):
        own, other = (float(getattr(kind, bound)) for kind in (value.dtype, wanted))
        if own < other if bound == "min" else own > other:
            value = limit(value, getattr(wanted, bound))
    return K.cast(value, wanted)


# --------------------------------------------------------------------------------------------- sums and contractions


def _einsum(equation: Any, *inputs: Any, **kwargs: Any) -> Any:
    for name in kwargs:
        if name not in ("name", "optimize"):  # (how the sums are ordered)
            raise TypeError(f"tf.einsum: got an unexpected argument {name!r}")
    return contracting.einsum([*inputs], equation)


# ------------------------------------------------------------------------------------------------------------ segments


def _of_rows(unsorted: Callable[..., Any]) -> Callable[..., Any]:
    """A reduction of segments of chosen rows."""

    def call(data: Any, indices: Any, segment_ids: Any, name: Any = None, num_segments: Any = None) -> Any:
        rows = K.gather(convert_to_tensor(data), indices)
        if num_segments is None:
            return segments.segment(unsorted, rows, segment_ids)
        return unsorted(rows, segment_ids, num_segments)

    return call


# ---------------------------------------------------------------------------------------------------------- assertions


def _assert_shapes(
    shapes: Any, data: Any = None, summarize: Any = None, message: Any = None, name: Any = None
) -> list[Any] | None:
    where = "tf.debugging.assert_shapes()"
    sizes: dict[Any, Any] = {}
    checks: list[Any] = []
    for value, wanted in shapes.items() if isinstance(shapes, dict) else shapes:
        tensor = convert_to_tensor(value)
        for symbol, axis in _symbols(tensor, wanted, f"{where}: {message or ''}"):
            dim = tensor.shape[axis]
            size = K.shape(tensor)[axis] if dim is None else dim
            other = symbol if isinstance(symbol, int) else sizes.setdefault(symbol, size)
            text = f"{message or ''} dim {axis} of a tensor of shape {tensor.shape} must be {symbol}"
            if isinstance(size, int) and isinstance(other, int):
                if size != other:
                    raise ValueError(f"{where}: {text}; got {size}, and {other} before")
            else:
                checks.append(control.checking(where, K.equal(size, other), text))
    return [check for check in checks if check is not None] or None


def _symbols(tensor: Tensor, wanted: Any, where: str) -> list[tuple[Any, int]]:
    """The symbols that name dims of a tensor, and the axes of these."""
    if not hasattr(wanted, "__iter__"):
        raise ValueError(f"{where} a shape must be a list of numbers and symbols; got {wanted!r}")
    parts = [int(part) if isinstance(part, (int, np.integer)) else part for part in wanted]
    inner = bool(parts) and (parts[0] is ... or parts[0] == "*")
    names, rank = parts[inner:], tensor.shape.rank
    if rank is None:
        raise ValueError(f"{where} a tensor of known rank is needed; got {tensor!r}")
    if rank < len(names) or (not inner and rank > len(names)):
        raise ValueError(f"{where} a tensor must have the shape {parts}; got {tensor.shape}")
    return [(part, rank - len(names) + i) for i, part in enumerate(names) if part not in (None, ".")]


def _assert_same_float_dtype(tensors: Any = None, dtype: Any = None) -> Any:
    where = "tf.debugging.assert_same_float_dtype()"
    wanted = None if dtype is None else as_dtype(dtype, f"{where}: dtype")
    for tensor in tensors or []:
        found = tensor.dtype
        if wanted not in (None, found):
            raise ValueError(f"{where}: {tensor!r} must be of {wanted}; got {found}")
        wanted = found
    if wanted is not None and not wanted.is_floating:
        raise ValueError(f"{where}: floats are needed; got {wanted}")
    return as_dtype("float32") if wanted is None else wanted


# ----------------------------------------------------------------------------------------------------------- the tables

MATH: Table = {
    "segment_max": lambda data, segment_ids, name=None: segments.segment(
        segments.unsorted_segment_max, data, segment_ids, 0
    ),
    "segment_mean": lambda data, segment_ids, name=None: segments.segment_mean(data, segment_ids),
    "segment_min": lambda data, segment_ids, name=None: segments.segment(
        segments.unsorted_segment_min, data, segment_ids, 0
    ),
    "segment_prod": lambda data, segment_ids, name=None: segments.segment(
        segments.unsorted_segment_prod, data, segment_ids
    ),
    "segment_sum": lambda data, segment_ids, name=None: segments.segment(
        segments.unsorted_segment_sum, data, segment_ids
    ),
    "unsorted_segment_max": lambda data, segment_ids, num_segments, name=None: segments.unsorted_segment_max(
        data, segment_ids, num_segments
    ),
    "unsorted_segment_mean": lambda data, segment_ids, num_segments, name=None: segments.unsorted_segment_mean(
        data, segment_ids, num_segments
    ),
    "unsorted_segment_min": lambda data, segment_ids, num_segments, name=None: segments.unsorted_segment_min(
        data, segment_ids, num_segments
    ),
    "unsorted_segment_prod": lambda data, segment_ids, num_segments, name=None: segments.unsorted_segment_prod(
        data, segment_ids, num_segments
    ),
    "unsorted_segment_sqrt_n": lambda data, segment_ids, num_segments, name=None: segments.unsorted_segment_sqrt_n(
        data, segment_ids, num_segments
    ),
    "unsorted_segment_sum": lambda data, segment_ids, num_segments, name=None: segments.unsorted_segment_sum(
        data, segment_ids, num_segments
    ),
}

BITWISE: Table = {
    "bitwise_and": lambda x, y, name=None: bits.bitwise_and(x, y),
    "bitwise_or": lambda x, y, name=None: bits.bitwise_or(x, y),
    "bitwise_xor": lambda x, y, name=None: bits.bitwise_xor(x, y),
    "invert": lambda x, name=None: bits.invert(x),
    "left_shift": lambda x, y, name=None: bits.left_shift(x, y),
    "right_shift": lambda x, y, name=None: bits.right_shift(x, y),
}

ARRAYS: Table = {
    "argsort": _argsort,
    "bitcast": lambda input, type, name=None: arranging.bitcast(input, type),
    "broadcast_dynamic_shape": lambda shape_x, shape_y: arranging.broadcast_dynamic_shape(shape_x, shape_y),
    "broadcast_static_shape": _shape_of_both,
    "broadcast_to": lambda input, shape, name=None: arranging.broadcast_to(input, shape),
    "dynamic_partition": _dynamic_partition,
    "dynamic_stitch": _dynamic_stitch,
    "einsum": _einsum,
    "ensure_shape": lambda x, shape, name=None: arranging.ensure_shape(x, shape),
    "extract_volume_patches": _volume_patches,
    "guarantee_const": lambda input, name=None: elementwise.identity(input),
    "histogram_fixed_width": _histogram,
    "histogram_fixed_width_bins": _histogram_bins,
    "identity_n": lambda input, name=None: [elementwise.identity(part) for part in input],
    "linspace": lambda start, stop, num, name=None: arranging.linspace(start, stop, num),
    "meshgrid": _meshgrid,
    "parallel_stack": lambda values, name="parallel_stack": K.stack(values),
    "repeat": _repeat,
    "required_space_to_batch_paddings": _paddings,
    "roll": lambda input, shift, axis, name=None: arranging.roll(input, shift, axis),
    "saturate_cast": _saturate_cast,
    "scatter_nd": lambda indices, updates, shape, name=None: scattering.scatter_nd(indices, updates, shape),
    "searchsorted": _searchsorted,
    "sequence_mask": _sequence_mask,
    "shape_n": lambda input, out_type="int32", name=None: [KNOWN["shape"](part, out_type) for part in input],
    "slice": lambda input_, begin, size, name=None: indexing.slice(input_, begin, size),
    "sort": _sort,
    "space_to_batch_nd": _space_to_batch,
    "strided_slice": _strided_slice,
    "tensor_scatter_nd_add": lambda tensor, indices, updates, name=None: scattering.scattered(
        tensor, indices, updates, "add"
    ),
    "tensor_scatter_nd_sub": _subtracted,
    "tensor_scatter_nd_update": lambda tensor, indices, updates, name=None: scattering.scattered(
        tensor, indices, updates
    ),
    "tensordot": lambda a, b, axes, name=None: contracting.tensordot(a, b, axes),
    "unique": lambda x, out_idx="int32", name=None: Unique(*sorting.unique_with_counts(x, out_idx)[:2]),
    "unique_with_counts": lambda x, out_idx="int32", name=None: UniqueWithCounts(
        *sorting.unique_with_counts(x, out_idx)
    ),
    "unravel_index": lambda indices, dims, name=None: arranging.unravel_index(indices, dims),
}

TF: Table = {
    **ARRAYS,
    "batch_to_space": _batch_to_space,
    "boolean_mask": _boolean_mask,
    "gather_nd": lambda params, indices, batch_dims=0, name=None: scattering.gather_nd(params, indices, batch_dims),
    "reverse_sequence": _reverse_sequence,
    "space_to_batch": _space_to_batch,
}

_REGROUPING: Table = {
    "depth_to_space": lambda input, block_size, name=None, data_format="NHWC": arranging.depth_to_space(
        input, block_size, data_format
    ),
    "space_to_batch": _v1_space_to_batch,
    "space_to_depth": lambda input, block_size, name=None, data_format="NHWC": arranging.space_to_depth(
        input, block_size, data_format
    ),
}

V1: Table = {
    **ARRAYS,
    **MATH,
    **_REGROUPING,
    "assert_same_float_dtype": _assert_same_float_dtype,
    "arg_max": lambda input, dimension, output_type="int64", name=None: KNOWN["argmax"](input, dimension, output_type),
    "arg_min": lambda input, dimension, output_type="int64", name=None: KNOWN["argmin"](input, dimension, output_type),
    "batch_gather": _batch_gather,
    "batch_scatter_update": _written(_set, _samples, True),
    "batch_to_space": _v1_batch_to_space,
    "batch_to_space_nd": _batch_to_space,
    "boolean_mask": lambda tensor, mask, name="boolean_mask", axis=None: _boolean_mask(tensor, mask, axis),
    "gather_nd": lambda params, indices, name=None, batch_dims=0: scattering.gather_nd(params, indices, batch_dims),
    "lin_space": ARRAYS["linspace"],
    "reverse_sequence": _v1_reverse_sequence,
    "reverse_v2": KNOWN["reverse"],
    "scatter_add": _written(_add, _rows, False),
    "scatter_div": _written(_divide, _rows, False),
    "scatter_max": _written(_combine("max"), _rows, False),
    "scatter_min": _written(_combine("min"), _rows, False),
    "scatter_mul": _written(_combine("multiply"), _rows, False),
    "scatter_nd_add": _written(_add, _as_they_are, False),
    "scatter_nd_sub": _written(_subtract, _as_they_are, False),
    "scatter_nd_update": _written(_set, _as_they_are, True),
    "scatter_sub": _written(_subtract, _rows, False),
    "scatter_update": _written(_set, _rows, True),
    "sparse_segment_mean": _of_rows(segments.unsorted_segment_mean),
    "sparse_segment_sqrt_n": _of_rows(segments.unsorted_segment_sqrt_n),
    "sparse_segment_sum": _of_rows(segments.unsorted_segment_sum),
    "setdiff1d": lambda x, y, index_dtype="int32", name=None: ListDiff(*sorting.setdiff1d(x, y, index_dtype)),
    "tensor_scatter_add": ARRAYS["tensor_scatter_nd_add"],
    "tensor_scatter_sub": _subtracted,
    "tensor_scatter_update": ARRAYS["tensor_scatter_nd_update"],
    "to_bfloat16": lambda x, name="ToBFloat16": K.cast(x, "bfloat16"),
    "to_complex128": lambda x, name="ToComplex128": K.cast(x, "complex128"),
    "to_complex64": lambda x, name="ToComplex64": K.cast(x, "complex64"),
    "where_v2": ops.where,
}

NN: Table = {
    "depth_to_space": lambda input, block_size, data_format="NHWC", name=None: arranging.depth_to_space(
        input, block_size, data_format
    ),
    "space_to_batch": _space_to_batch,
    "space_to_depth": lambda input, block_size, data_format="NHWC", name=None: arranging.space_to_depth(
        input, block_size, data_format
    ),
}
V1_NN: Table = _REGROUPING

V1_MANIP: Table = {
    **{name: V1[name] for name in ("batch_to_space_nd", "gather_nd", "roll", "scatter_nd", "space_to_batch_nd")},
    **{name: KNOWN[name] for name in ("reshape", "reverse", "tile")},
}

DEBUGGING: Table = {"assert_same_float_dtype": _assert_same_float_dtype, "assert_shapes": _assert_shapes}

LINALG: Table = {name: ARRAYS[name] for name in ("einsum", "tensordot")}

DTYPES: Table = {"saturate_cast": _saturate_cast}

give_names(
    {
        "tensorflow": TF,
        "tensorflow.math": MATH,
        "tensorflow.nn": NN,
        "tensorflow.bitwise": BITWISE,
        "tensorflow.debugging": DEBUGGING,
        "tensorflow.compat.v1": V1,
        "tensorflow.compat.v1.nn": V1_NN,
    },
    __name__,
)
