"""`tf.sparse`: operations on sparse tensors, said by operations on their three parts.

They work on values, on placeholders and under gradients, which flow to and from the entries. Where the number of
entries depends on the data, as in `retain`, a graph runs operation by operation.

`SPARSE` is the table of `tf.sparse`, `V1_SPARSE` that of `tf.compat.v1.sparse`; `V1` has the names at `tf.compat.v1`,
such as `sparse_reorder`. Left out: `cross` and `merge`, which make ids of features, and `mask`, of indexed slices.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.composite import Composite
from kjax.core.dtypes import as_dtype
from kjax.core.operands import as_tensor
from kjax.core.tensor import Tensor
from kjax.dialects import tensorflow_ops as ops
from kjax.dialects.tensorflow_arrays import ARRAYS
from kjax.dialects.tensorflow_arrays import V1 as OF_ARRAYS
from kjax.dialects.tensorflow_calls import TF_MATH, Table, give_names
from kjax.ops import complexes, elementwise, linear, scattering, segments
from kjax.sparse import SparseTensor, SparseTensorValue

# --------------------------------------------------------------------------------------------------------------- parts


def _given(value: Any, function: str, argument: str = "sp_input") -> SparseTensor:
    """An argument that must be sparse."""
    if isinstance(value, SparseTensorValue):
        return SparseTensor(*value)
    if not isinstance(value, SparseTensor):
        raise TypeError(f"tf.sparse.{function}(): {argument} must be a SparseTensor; got {value!r}")
    return value


def _rank(x: SparseTensor, function: str) -> int:
    if x.shape.rank is None:
        raise ValueError(f"tf.sparse.{function}(): the rank of the sparse tensor must be known")
    return x.shape.rank


def _whole(value: Any) -> Any:
    return K.cast(as_tensor(value), "int64")


def _numbered(indices: Any, dims: Any) -> Any:
    """For each row of positions its number, row by row, in a tensor of such dims."""
    return K.sum(indices * TF_MATH["cumprod"](dims, 0, True, True), 1)


def _places(numbers: Any, dims: Any) -> Any:
    """The positions that have these numbers."""
    steps = TF_MATH["cumprod"](dims, 0, True, True)
    return K.expand_dims(numbers, 1) // steps % K.maximum(dims, K.ones_like(dims))


def _picked(x: SparseTensor, chosen: Any) -> SparseTensor:
    """The entries at some numbers."""
    values = elementwise.identity(x.values)  # so that their gradient is a whole tensor, as TensorFlow's is
    return SparseTensor.made(K.gather(x.indices, chosen), K.gather(values, chosen), x.dense_shape)


def _at(condition: Any) -> Any:
    """The numbers of True elements."""
    return ops.where(condition)[:, 0]


def _axes(axis: Any, rank: int, function: str) -> list[int]:
    """Axes as numbers from 0; all of them for None."""
    axes = [*range(rank)] if axis is None else [int(a) for a in np.reshape(np.asarray(axis), -1)]
    if not all(-rank <= a < rank for a in axes):
        raise ValueError(f"tf.sparse.{function}(): axis must be from {-rank} to {rank - 1}; got {axis!r}")
    return sorted({a % rank for a in axes})


# ------------------------------------------------------------------------------------------------- to and from others


def _from_dense(tensor: Any, name: Any = None) -> SparseTensor:
    x = as_tensor(tensor)
    places = ops.where(x if x.dtype.is_bool else K.not_equal(x, 0))
    return SparseTensor.made(places, scattering.gather_nd(x, places), _whole(K.shape(x)))


def _to_dense(sp_input: Any, default_value: Any = None, validate_indices: bool = True, name: Any = None) -> Any:
    x = _given(sp_input, "to_dense")
    if default_value is None:
        return K.to_dense(x)
    background = ops.fill(x.dense_shape, default_value, x.dtype)
    return scattering.scattered(background, x.indices, x.values)


def _sparse_to_dense(
    sparse_indices: Any,
    output_shape: Any,
    sparse_values: Any,
    default_value: Any = 0,
    validate_indices: bool = True,
    name: Any = None,
) -> Any:
    values, places = as_tensor(sparse_values), as_tensor(sparse_indices)
    if (places.shape.rank or 0) < 2:
        places = K.reshape(places, (-1, 1))
    if values.shape.rank == 0:
        values = ops.fill(K.shape(places)[:1], values)
    return scattering.scattered(ops.fill(output_shape, default_value, values.dtype), places, values)


def _to_indicator(sp_input: Any, vocab_size: Any, name: Any = None) -> Any:
    x = _given(sp_input, "to_indicator")
    if not x.dtype.is_integer:
        raise TypeError(f"tf.sparse.to_indicator(): the entries must be integers; got {x.dtype}")
    places = K.concatenate([x.indices[:, :-1], K.expand_dims(_whole(x.values), 1)], 1)
    dims = K.concatenate([x.dense_shape[:-1], K.reshape(_whole(vocab_size), (1,))], 0)
    return K.greater(scattering.scatter_nd(places, K.ones_like(x.values), dims), 0)


def _eye(num_rows: Any, num_columns: Any = None, dtype: Any = "float32", name: Any = None) -> SparseTensor:
    columns = num_rows if num_columns is None else num_columns
    diagonal = np.repeat(np.arange(min(num_rows, columns))[:, None], 2, 1)
    return SparseTensor(diagonal, np.ones(len(diagonal), as_dtype(dtype).as_numpy_dtype), (num_rows, columns))


def _placeholder(dtype: Any, shape: Any = None, name: Any = None) -> SparseTensor:
    if shape is None:
        raise NotImplementedError("tf.compat.v1.sparse_placeholder(): kjax needs a shape of known rank, (None, None)")
    made: SparseTensor = K.placeholder(shape=tuple(shape), dtype=as_dtype(dtype).name, sparse=True, name=name)
    return made


# ----------------------------------------------------------------------------------------------------- places and dims


def _reorder(sp_input: Any, name: Any = None) -> SparseTensor:
    x = _given(sp_input, "reorder")
    return _picked(x, ARRAYS["argsort"](_numbered(x.indices, x.dense_shape), stable=True))


def _reshape(sp_input: Any, shape: Any, name: Any = None) -> SparseTensor:
    x = _given(sp_input, "reshape")
    wanted = _whole(shape)
    # The one dim that may be -1 takes what the others leave.
    others = K.prod(K.maximum(wanted, K.ones_like(wanted)))
    size = K.prod(x.dense_shape)
    dims = ops.where(K.less(wanted, 0), size // others, wanted)
    if not dims.is_symbolic and not size.is_symbolic and int(np.prod(dims.numpy())) != int(size.numpy()):
        raise ValueError(f"tf.sparse.reshape(): a tensor of {size.numpy()} elements has no shape {shape}")
    return SparseTensor.made(_places(_numbered(x.indices, x.dense_shape), dims), x.values, dims)


def _reset_shape(sp_input: Any, new_shape: Any = None) -> SparseTensor:
    x = _given(sp_input, "reset_shape")
    if new_shape is None:
        return SparseTensor.made(x.indices, x.values, K.max(x.indices, 0) + 1)
    dims = _whole(new_shape)
    if not any(part.is_symbolic for part in (dims, x.dense_shape)):
        old, new = x.dense_shape.numpy(), dims.numpy()
        if old.shape != new.shape or (new < old).any():
            raise ValueError(
                f"tf.sparse.reset_shape(): new_shape must be {tuple(old.tolist())} or more; got {new_shape}"
            )
    return SparseTensor.made(x.indices, x.values, dims)


def _expand_dims(sp_input: Any, axis: Any = None, name: Any = None) -> SparseTensor:
    x = _given(sp_input, "expand_dims")
    rank = _rank(x, "expand_dims")
    axis = -1 if axis is None else int(axis)
    if not -rank - 1 <= axis <= rank:
        raise ValueError(f"tf.sparse.expand_dims(): axis must be from {-rank - 1} to {rank}; got {axis}")
    axis %= rank + 1
    zeros = K.zeros_like(x.values, "int64")
    places = K.concatenate([x.indices[:, :axis], K.expand_dims(zeros, 1), x.indices[:, axis:]], 1)
    dims = K.concatenate([x.dense_shape[:axis], _whole([1]), x.dense_shape[axis:]], 0)
    return SparseTensor.made(places, x.values, dims)


def _transpose(sp_input: Any, perm: Any = None, name: Any = None) -> SparseTensor:
    x = _given(sp_input, "transpose")
    order = [*range(_rank(x, "transpose"))][::-1] if perm is None else [int(a) for a in perm]
    return _reorder(_turned(x, order))


def _turned(x: SparseTensor, order: Any) -> SparseTensor:
    """The transposed one, with its entries in the order in which they were."""
    turned = K.transpose(K.gather(K.transpose(x.indices), order))
    return SparseTensor.made(turned, x.values, K.gather(x.dense_shape, order))


def _slice(sp_input: Any, start: Any, size: Any, name: Any = None) -> SparseTensor:
    x = _given(sp_input, "slice")
    first, size = _whole(start), _whole(size)
    inside = K.all(K.greater_equal(x.indices, first) & K.less(x.indices, first + size), 1)
    kept = _picked(x, _at(inside))
    dims = K.maximum(K.minimum(size, x.dense_shape - first), K.zeros_like(size))
    return SparseTensor.made(kept.indices - first, kept.values, dims)


def _split(sp_input: Any = None, num_split: Any = None, axis: Any = None, name: Any = None) -> list[SparseTensor]:
    x = _given(sp_input, "split")
    if num_split is None or axis is None:
        raise ValueError("tf.sparse.split(): give num_split and axis")
    rank = _rank(x, "split")
    (along,) = _axes(axis, rank, "split")
    length = x.shape[along]
    if length is None:
        raise ValueError(f"tf.sparse.split(): the dim of axis {axis} must be known; got shape {x.shape}")
    if not 0 < num_split <= length:
        raise ValueError(f"tf.sparse.split(): num_split must be from 1 to {length}; got {num_split}")
    parts, first = [], 0
    for i in range(num_split):
        width = length // num_split + (i < length % num_split)
        begin = [first if a == along else 0 for a in range(rank)]
        window = K.concatenate([x.dense_shape[:along], _whole([width]), x.dense_shape[along + 1 :]], 0)
        parts.append(_slice(x, begin, window))
        first += width
    return parts


def _v1_split(
    keyword_required: Any = "KeywordRequired",
    sp_input: Any = None,
    num_split: Any = None,
    axis: Any = None,
    name: Any = None,
    split_dim: Any = None,
) -> list[SparseTensor]:
    return _split(sp_input, num_split, split_dim if axis is None else axis)


def _concat(axis: Any, sp_inputs: Any, expand_nonconcat_dims: bool = False, name: Any = None) -> SparseTensor:
    if isinstance(sp_inputs, Composite):
        raise TypeError("tf.sparse.concat(): sp_inputs must be a list of SparseTensors")
    parts = [_given(x, "concat", "sp_inputs") for x in sp_inputs]
    if expand_nonconcat_dims:
        (along,) = _axes(axis, _rank(parts[0], "concat"), "concat")
        widest = parts[0].dense_shape
        for part in parts[1:]:
            widest = K.maximum(widest, part.dense_shape)
        own = K.equal(K.arange(0, _rank(parts[0], "concat")), along)
        parts = [SparseTensor.made(p.indices, p.values, ops.where(own, p.dense_shape, widest)) for p in parts]
    return K.concatenate(parts, axis)


def _v1_concat(
    axis: Any,
    sp_inputs: Any,
    name: Any = None,
    expand_nonconcat_dim: bool = False,
    concat_dim: Any = None,
    expand_nonconcat_dims: Any = None,
) -> SparseTensor:
    expanded = expand_nonconcat_dim if expand_nonconcat_dims is None else expand_nonconcat_dims
    return _concat(axis if concat_dim is None else concat_dim, sp_inputs, bool(expanded))


# ------------------------------------------------------------------------------------------------------------- entries


def _retain(sp_input: Any, to_retain: Any) -> SparseTensor:
    x, kept = _given(sp_input, "retain"), as_tensor(to_retain)
    if not kept.shape.is_compatible_with(x.values.shape):
        raise ValueError(f"tf.sparse.retain(): to_retain needs a bool for each entry; got shape {kept.shape}")
    return _picked(x, _at(kept))


def _fill_empty_rows(sp_input: Any, default_value: Any, name: Any = None) -> tuple[SparseTensor, Tensor]:
    x = _given(sp_input, "fill_empty_rows")
    rows, count = x.indices[:, 0], x.dense_shape[0]
    empty = K.equal(segments.segment_sizes(rows, count), 0)
    added = K.expand_dims(_at(empty), 1)
    added = K.concatenate([added, K.tile(K.zeros_like(added), [1, _rank(x, "fill_empty_rows") - 1])], 1)
    values = K.concatenate([x.values, ops.fill(K.shape(added)[:1], default_value, x.dtype)], 0)
    places = K.concatenate([x.indices, added], 0)
    filled = _picked(SparseTensor.made(places, values, x.dense_shape), ARRAYS["argsort"](places[:, 0], stable=True))
    return filled, empty


def _softmax(sp_input: Any, name: Any = None) -> SparseTensor:
    x = _given(sp_input, "softmax")
    row = _numbered(x.indices[:, :-1], x.dense_shape[:-1])
    count = K.prod(x.dense_shape[:-1])
    shifted = K.exp(x.values - K.gather(segments.unsorted_segment_max(K.stop_gradient(x.values), row, count), row))
    total = segments.unsorted_segment_sum(shifted, row, count)
    return SparseTensor.made(x.indices, shifted / K.gather(total, row), x.dense_shape)


def _reduced(x: SparseTensor, axis: Any, keepdims: Any, how: str) -> tuple[Any, Any, Any]:
    """The reduced values with all their zeros, in a row; how many entries each has; and the dims of the result."""
    rank = _rank(x, f"reduce_{how}")
    axes = _axes(axis, rank, f"reduce_{how}")
    left = [a for a in range(rank) if a not in axes]
    turned = _turned(x, left) if left else None
    number = K.zeros_like(x.values, "int64") if turned is None else _numbered(turned.indices, turned.dense_shape)
    count = _whole(1) if turned is None else K.prod(turned.dense_shape)
    if how == "sum":
        found = segments.unsorted_segment_sum(x.values, number, count)
    else:
        found = segments.unsorted_segment_max(x.values, number, count, 0)
    if keepdims:
        dims = [x.dense_shape[a : a + 1] if a in left else _whole([1]) for a in range(rank)]
    else:
        dims = [x.dense_shape[a : a + 1] for a in left]
    return found, segments.segment_sizes(number, count), K.concatenate(dims, 0) if dims else _whole(np.zeros(0))


def _reduction(how: str) -> Callable[..., Any]:
    def call(
        sp_input: Any, axis: Any = None, keepdims: Any = None, output_is_sparse: bool = False, name: Any = None
    ) -> Any:
        found, sizes, dims = _reduced(_given(sp_input, f"reduce_{how}"), axis, keepdims, how)
        if not output_is_sparse:
            return K.reshape(found, dims)
        kept = _at(K.greater(sizes, 0))
        return SparseTensor.made(_places(kept, dims), K.gather(found, kept), dims)

    return call


def _v1_reduction(how: str, sparse: bool) -> Callable[..., Any]:
    reduction = _reduction(how)

    def call(
        sp_input: Any, axis: Any = None, keepdims: Any = None, reduction_axes: Any = None, keep_dims: Any = None
    ) -> Any:
        return reduction(sp_input, reduction_axes if axis is None else axis, keepdims or keep_dims, sparse)

    return call


# ---------------------------------------------------------------------------------------------------------- arithmetic


def _joined(a: SparseTensor, b: SparseTensor, combine: Callable[..., Any], threshold: Any = 0) -> SparseTensor:
    """Entries wherever `a` or `b` has one: what `combine` makes of the two values, in each place.

    Where both have one, and the result is less than the threshold, there is none.
    """
    if not a.shape.is_compatible_with(b.shape):
        raise ValueError(f"tf.sparse: two sparse tensors of shapes {a.shape} and {b.shape} do not go together")
    numbers = K.concatenate([_numbered(x.indices, x.dense_shape) for x in (a, b)], 0)
    places, position = ARRAYS["unique"](numbers)
    count = K.shape(places)[0]
    first = K.shape(a.values)[0]
    left = segments.unsorted_segment_sum(a.values, position[:first], count)
    right = segments.unsorted_segment_sum(b.values, position[first:], count)
    joined = SparseTensor.made(_places(places, a.dense_shape), combine(left, right), a.dense_shape)
    if not isinstance(threshold, (int, float)) or threshold:
        alone = K.less(segments.segment_sizes(position, count), 2)
        joined = _retain(joined, alone | K.greater_equal(K.abs(joined.values), threshold))
    return _reorder(joined)


def _add(a: Any, b: Any, threshold: Any = 0) -> Any:
    if not isinstance(a, SparseTensor) or not isinstance(b, SparseTensor):
        if not isinstance(a, SparseTensor) and not isinstance(b, SparseTensor):
            raise TypeError("tf.sparse.add(): at least one of a and b must be a SparseTensor")
        return elementwise.add(K.to_dense(a), K.to_dense(b))
    return _joined(a, b, elementwise.add, threshold)


def _v1_add(a: Any, b: Any, threshold: Any = None, thresh: Any = None) -> Any:
    found = thresh if threshold is None else threshold
    return _add(a, b, 0 if found is None else found)


def _combined(combine: Callable[..., Any], function: str) -> Callable[..., Any]:
    def call(sp_a: Any, sp_b: Any, name: Any = None) -> SparseTensor:
        return _joined(_given(sp_a, function, "sp_a"), _given(sp_b, function, "sp_b"), combine)

    return call


def _dense_matmul(sp_a: Any, b: Any, adjoint_a: bool = False, adjoint_b: bool = False, name: Any = None) -> Any:
    if isinstance(b, SparseTensor) and not isinstance(sp_a, SparseTensor):  # (x y)^T = y^T x^T
        turned = _dense_matmul(b, sp_a, not adjoint_b, not adjoint_a)
        return complexes.conj(K.transpose(turned)) if turned.dtype.is_complex else K.transpose(turned)
    x, y = _given(sp_a, "sparse_dense_matmul", "sp_a"), as_tensor(b)
    if adjoint_a:
        x = _turned(x, [1, 0])
        x = x.mapped(complexes.conj) if x.dtype.is_complex else x
    if adjoint_b:
        y = K.transpose(complexes.conj(y) if y.dtype.is_complex else y)
    return linear.dot(x, y)


# ---------------------------------------------------------------------------------------------------------- the tables

_BOTH: Table = {
    "SparseTensor": SparseTensor,
    "expand_dims": _expand_dims,
    "eye": _eye,
    "fill_empty_rows": _fill_empty_rows,
    "from_dense": _from_dense,
    "maximum": _combined(K.maximum, "maximum"),
    "minimum": _combined(K.minimum, "minimum"),
    "reorder": _reorder,
    "reset_shape": _reset_shape,
    "reshape": _reshape,
    "retain": _retain,
    "slice": _slice,
    "softmax": _softmax,
    "sparse_dense_matmul": _dense_matmul,
    "to_dense": _to_dense,
    "to_indicator": _to_indicator,
    "transpose": _transpose,
}


def _segment(name: str) -> Callable[..., Any]:
    older = OF_ARRAYS[f"sparse_segment_{name}"]

    def call(data: Any, indices: Any, segment_ids: Any, num_segments: Any = None, name: Any = None) -> Any:
        return older(data, indices, segment_ids, None, num_segments)

    return call


SPARSE: Table = {
    **_BOTH,
    "add": _add,
    "concat": _concat,
    "reduce_max": _reduction("max"),
    "reduce_sum": _reduction("sum"),
    **{f"segment_{name}": _segment(name) for name in ("mean", "sqrt_n", "sum")},
    "split": _split,
}
V1_SPARSE: Table = {
    **_BOTH,
    "add": _v1_add,
    "concat": _v1_concat,
    "matmul": _dense_matmul,
    "placeholder": _placeholder,
    "reduce_max": _v1_reduction("max", False),
    "reduce_max_sparse": _v1_reduction("max", True),
    "reduce_sum": _v1_reduction("sum", False),
    "reduce_sum_sparse": _v1_reduction("sum", True),
    **{f"segment_{name}": OF_ARRAYS[f"sparse_segment_{name}"] for name in ("mean", "sqrt_n", "sum")},
    "split": _v1_split,
}
# At `tf.compat.v1` itself, most of these are called `sparse_...`.
_ONLY_BELOW = {"SparseTensor", "expand_dims", "eye", "from_dense", "matmul", "sparse_dense_matmul", "to_dense"}
V1: Table = {
    **{f"sparse_{name}": call for name, call in V1_SPARSE.items() if name not in _ONLY_BELOW},
    "SparseTensorValue": SparseTensorValue,
    "sparse_tensor_dense_matmul": _dense_matmul,
    "sparse_tensor_to_dense": _to_dense,
    "sparse_to_dense": _sparse_to_dense,
}

give_names(
    {"tensorflow.sparse": SPARSE, "tensorflow.compat.v1.sparse": V1_SPARSE, "tensorflow.compat.v1": V1}, __name__
)
