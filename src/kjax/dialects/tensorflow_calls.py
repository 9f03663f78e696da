"""The `tf.*` calls that code written for the Keras backend mixes in, each by the operation behind it.

An entry a line, with TensorFlow's argument names, order and defaults. `name=` is accepted everywhere and heeded by
`placeholder` and `Variable`. The K function is not always what TensorFlow's name means (`K.sqrt` clips, `K.ones` makes
a variable, `K.switch` wants a condition of lower rank), which is why some entries say more than its name.

`TF` is the table of `tensorflow` and `tensorflow.compat.v2`; `TF_MATH`, `TF_NN` and `TF_RANDOM` are the tables of their
submodules. Those of `tensorflow.compat.v1` are in `tensorflow_v1`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core import dtypes, graph
from kjax.core.composite import Composite
from kjax.core.tensor import Tensor
from kjax.dialects import tensorflow_ops as ops
from kjax.dialects.tensorflow_ops import constant, convert_to_tensor, fill
from kjax.ops import arranging, comparison, complexes, elementwise, scattering

Table = dict[str, Any]

# ------------------------------------------------------------------------------------- where an entry needs a few lines


def _squeeze(input: Any, axis: Any = None, name: Any = None) -> Any:
    tensor = convert_to_tensor(input)
    if axis is None:
        axis = [i for i, dim in enumerate(tensor.shape) if dim == 1]
    rank = len(tensor.shape)
    for position in sorted((a % rank for a in _list(axis)), reverse=True):
        tensor = K.squeeze(tensor, position)
    return tensor


def _matmul(
    a: Any,
    b: Any,
    transpose_a: bool = False,
    transpose_b: bool = False,
    adjoint_a: bool = False,
    adjoint_b: bool = False,
    a_is_sparse: bool = False,  # (a promise about the values, which changes no result)
    b_is_sparse: bool = False,
    name: Any = None,
) -> Any:
    return _turned(a, "a", transpose_a, adjoint_a) @ _turned(b, "b", transpose_b, adjoint_b)


def _turned(x: Any, which: str, transpose: bool, adjoint: bool) -> Any:
    tensor = convert_to_tensor(x)
    if transpose and adjoint:
        raise ValueError(f"tf.matmul(): give one of transpose_{which} and adjoint_{which}")
    if not (transpose or adjoint):
        return tensor
    axes = [*range(len(tensor.shape))]
    turned = K.permute_dimensions(tensor, (*axes[:-2], axes[-1], axes[-2]))
    return complexes.conj(turned) if adjoint and tensor.dtype.is_complex else turned


def _moments(x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: Any = None) -> tuple[Any, Any]:
    axes = _list(axes)
    return K.mean(x, axes, keepdims), K.var(x, axes, keepdims)


def _split(value: Any, num_or_size_splits: Any, axis: int = 0, num: Any = None, name: Any = "split") -> list[Any]:
    tensor = convert_to_tensor(value)
    sizes = num_or_size_splits
    if isinstance(sizes, int):
        whole = tensor.shape[axis]
        if whole is None or whole % sizes:
            raise ValueError(f"tf.split: a dim of {whole} can't be split into {sizes} equal parts")
        sizes = [whole // sizes] * sizes
    stops = [sum(sizes[: i + 1]) for i in range(len(sizes))]
    before = (slice(None),) * (axis % len(tensor.shape))
    return [tensor[(*before, slice(stop - size, stop))] for size, stop in zip(sizes, stops, strict=True)]


def _unstack(value: Any, num: Any = None, axis: int = 0, name: Any = "unstack") -> list[Any]:
    tensor = convert_to_tensor(value)
    count = tensor.shape[axis] if num is None else num
    if count is None:
        raise ValueError(f"tf.unstack: dim {axis} is not known; say num=")
    before = (slice(None),) * (axis % len(tensor.shape))
    return [tensor[(*before, i)] for i in range(count)]


def _sigmoid_cross_entropy(labels: Any = None, logits: Any = None, name: Any = None) -> Any:
    x, z = convert_to_tensor(logits), labels
    return K.relu(x) - x * z + K.softplus(-K.abs(x))


def _bias_add(value: Any, bias: Any, data_format: Any = None, name: Any = None) -> Any:
    layout = "NHWC" if data_format is None else data_format
    if not isinstance(layout, str) or not (layout[:2] == "NC" or (layout[:1] == "N" and layout[-1:] == "C")):
        raise ValueError(f"tf.nn.bias_add: data_format must be like 'N...C' or 'NC...'; got {data_format!r}")
    if (bias.shape.rank if isinstance(bias, Tensor) else np.ndim(bias)) not in (None, 1):
        raise ValueError(f"tf.nn.bias_add: bias must have rank 1; got {bias!r}")
    return K.bias_add(value, bias, "channels_first" if layout[:2] == "NC" else "channels_last")


def _list(value: Any) -> list[Any]:
    return [*value] if isinstance(value, (list, tuple, range)) else [value]


def _delayed(x: Tensor, axis: int, first: float) -> Any:
    """`x` moved on by one along an axis, with `first` at the start."""
    if x.shape.rank is None:
        raise ValueError(f"exclusive=True needs a tensor of known rank; got {x!r}")
    axis = int(axis) % (x.shape.rank or 1)
    if x.shape[axis] == 0:
        return x
    paddings = [[int(i == axis), 0] for i in range(x.shape.rank)]
    return ops.pad(x[(*(slice(None),) * axis, slice(None, -1))], paddings, constant_values=first)


def accumulated(accumulate: Any, first: float) -> Any:
    """A cumulative function as TensorFlow calls it, by one along an axis and the value it starts with."""

    def entry(x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: Any = None) -> Any:
        x = convert_to_tensor(x)
        result = K.reverse(x, axis) if reverse else x
        if exclusive:
            result = _delayed(result, axis, first)
        result = accumulate(result, axis)
        return K.reverse(result, axis) if reverse else result

    return entry


_cumsum, _cumprod = accumulated(K.cumsum, 0), accumulated(K.cumprod, 1)


def _gather(
    params: Any, indices: Any, validate_indices: Any = None, axis: Any = None, batch_dims: int = 0, name: Any = None
) -> Any:
    if not batch_dims:
        return ops.gather(params, indices, axis or 0)
    indices = convert_to_tensor(indices)
    if batch_dims < 0:
        if indices.shape.rank is None:
            raise ValueError(f"tf.gather(): a batch_dims below 0 needs indices of known rank; got {indices!r}")
        batch_dims += indices.shape.rank
    return scattering.gather_in_batches(params, indices, batch_dims if axis is None else axis, batch_dims)


def _one_hot(
    indices: Any,
    depth: Any,
    on_value: Any = None,
    off_value: Any = None,
    axis: Any = None,
    dtype: Any = None,
    name: Any = None,
) -> Any:
    hot = K.one_hot(convert_to_tensor(indices), depth)
    if axis not in (None, -1, hot.shape.rank and hot.shape.rank - 1):
        if hot.shape.rank is None or not 0 <= axis < hot.shape.rank:
            raise ValueError(f"tf.one_hot(): axis must be an axis of the result, of shape {hot.shape}; got {axis!r}")
        order = [*range(hot.shape.rank - 1)]
        hot = K.permute_dimensions(hot, [*order[:axis], hot.shape.rank - 1, *order[axis:]])
    if on_value is None and off_value is None:
        return K.cast(hot, dtype or "float32")
    values = [np.asarray(1 if on_value is None else on_value), np.asarray(0 if off_value is None else off_value)]
    if dtype is None:
        dtype = "int32" if all(value.dtype.kind in "iu" for value in values) else "float32"
    on, off = (constant(value, dtype) for value in values)
    return ops.where(K.cast(hot, "bool"), on, off)


def _transpose(a: Any, perm: Any = None, conjugate: bool = False, name: Any = "transpose") -> Any:
    if conjugate:
        a = complexes.conj(a)
    return K.transpose(a) if perm is None else K.permute_dimensions(a, perm)


def _eye(
    num_rows: Any, num_columns: Any = None, batch_shape: Any = None, dtype: Any = "float32", name: Any = None
) -> Any:
    columns = num_rows if num_columns is None else num_columns
    if any(isinstance(size, Tensor) and size.is_symbolic for size in (num_rows, columns)):
        one = K.cast(K.equal(K.expand_dims(K.arange(num_rows), 1), K.arange(columns)), dtype)
        return (
            one if batch_shape is None else arranging.broadcast_to(one, K.concatenate([batch_shape, K.shape(one)], 0))
        )
    one = np.eye(num_rows, num_columns)
    return constant(one if batch_shape is None else np.broadcast_to(one, (*batch_shape, *one.shape)), dtype)


# ------------------------------------------------------------------------------------------------------------ the table

TYPES: Table = {
    **{name: dtypes.as_dtype(name) for name in dtypes.NAMES},
    "double": dtypes.as_dtype("float64"),
    "half": dtypes.as_dtype("float16"),
    "DType": dtypes.DType,
    "as_dtype": lambda type_value: dtypes.as_dtype(type_value),
    "Tensor": Tensor,
    "Variable": ops.Variable,
    "newaxis": None,
}

UNARY: Table = {
    "abs": lambda x, name=None: K.abs(x),
    "ceil": lambda x, name=None: ops.ceil(x),
    "cos": lambda x, name=None: K.cos(x),
    "exp": lambda x, name=None: K.exp(x),
    "floor": lambda x, name=None: ops.floor(x),
    "is_finite": lambda x, name=None: ops.is_finite(x),
    "is_inf": lambda x, name=None: ops.is_inf(x),
    "is_nan": lambda x, name=None: ops.is_nan(x),
    "log": lambda x, name=None: K.log(x),
    "log1p": lambda x, name=None: ops.log1p(x),
    "logical_not": lambda x, name=None: comparison.logical_not(x),
    "negative": lambda x, name=None: elementwise.negative(x),
    "reciprocal": lambda x, name=None: elementwise.divide(1, convert_to_tensor(x)),
    "round": lambda x, name=None: K.round(x),
    "rsqrt": lambda x, name=None: elementwise.divide(1, ops.sqrt(x)),
    "sigmoid": lambda x, name=None: K.sigmoid(x),
    "sign": lambda x, name=None: K.sign(x),
    "sin": lambda x, name=None: K.sin(x),
    "sqrt": lambda x, name=None: ops.sqrt(x),
    "square": lambda x, name=None: K.square(x),
    "tanh": lambda x, name=None: K.tanh(x),
}

BINARY: Table = {
    "add": lambda x, y, name=None: elementwise.add(x, y),
    "subtract": lambda x, y, name=None: elementwise.subtract(x, y),
    "multiply": lambda x, y, name=None: elementwise.multiply(x, y),
    "divide": lambda x, y, name=None: elementwise.divide(x, y),
    "floordiv": lambda x, y, name=None: elementwise.floor_divide(x, y),
    "mod": lambda x, y, name=None: elementwise.mod(x, y),
    "floormod": lambda x, y, name=None: elementwise.mod(x, y),
    "pow": lambda x, y, name=None: K.pow(x, y),
    "equal": lambda x, y, name=None: K.equal(x, y),
    "not_equal": lambda x, y, name=None: K.not_equal(x, y),
    "less": lambda x, y, name=None: K.less(x, y),
    "less_equal": lambda x, y, name=None: K.less_equal(x, y),
    "greater": lambda x, y, name=None: K.greater(x, y),
    "greater_equal": lambda x, y, name=None: K.greater_equal(x, y),
    "maximum": lambda x, y, name=None: K.maximum(x, y),
    "minimum": lambda x, y, name=None: K.minimum(x, y),
    "logical_and": lambda x, y, name=None: comparison.logical_and(x, y),
    "logical_or": lambda x, y, name=None: comparison.logical_or(x, y),
    "logical_xor": lambda x, y, name="LogicalXor": comparison.logical_xor(x, y),
}

REDUCTIONS: Table = {
    "reduce_all": lambda input_tensor, axis=None, keepdims=False, name=None: K.all(input_tensor, axis, keepdims),
    "reduce_any": lambda input_tensor, axis=None, keepdims=False, name=None: K.any(input_tensor, axis, keepdims),
    "reduce_max": lambda input_tensor, axis=None, keepdims=False, name=None: K.max(input_tensor, axis, keepdims),
    "reduce_mean": lambda input_tensor, axis=None, keepdims=False, name=None: K.mean(input_tensor, axis, keepdims),
    "reduce_min": lambda input_tensor, axis=None, keepdims=False, name=None: K.min(input_tensor, axis, keepdims),
    "reduce_prod": lambda input_tensor, axis=None, keepdims=False, name=None: K.prod(input_tensor, axis, keepdims),
    "reduce_sum": lambda input_tensor, axis=None, keepdims=False, name=None: K.sum(input_tensor, axis, keepdims),
}


class _OrderError(TypeError, ValueError):
    """The arguments are in the order of TensorFlow before 1.0. (Programs catch the one or the other, and try again.)"""


def _concat(values: Any, axis: Any, name: Any = "concat") -> Any:
    if isinstance(values, (list, tuple)):
        return K.concatenate(values, axis)
    if isinstance(axis, (list, tuple)):
        raise _OrderError(f"tf.concat(): axis must be an integer; got a {type(axis).__name__}: values come first")
    return values


ARRAYS: Table = {
    "argmax": lambda input, axis=None, output_type="int64", name=None: K.cast(K.argmax(input, axis or 0), output_type),
    "argmin": lambda input, axis=None, output_type="int64", name=None: K.cast(K.argmin(input, axis or 0), output_type),
    "cast": lambda x, dtype, name=None: K.cast(x, dtype),
    "concat": _concat,
    "constant": constant,
    "convert_to_tensor": convert_to_tensor,
    "cumsum": _cumsum,
    "expand_dims": lambda input, axis, name=None: K.expand_dims(input, axis),
    "eye": _eye,
    "fill": lambda dims, value, name=None: fill(dims, value),
    "gather": _gather,
    "identity": lambda input, name=None: elementwise.identity(input),
    "matmul": _matmul,
    "one_hot": _one_hot,
    "ones": lambda shape, dtype="float32", name=None: fill(shape, True, dtype),
    "ones_like": lambda input, dtype=None, name=None: convert_to_tensor(K.ones_like(input, dtype)),
    "pad": ops.pad,
    "range": ops.tensor_range,
    "rank": lambda input, name=None: constant(K.ndim(convert_to_tensor(input))),
    "reshape": lambda tensor, shape, name=None: K.reshape(tensor, shape),
    "reverse": lambda tensor, axis, name=None: K.reverse(tensor, axis),
    "shape": lambda input, out_type="int32", name=None: K.cast(K.shape(convert_to_tensor(input)), out_type),
    "size": lambda input, out_type="int32", name=None: K.cast(K.prod(K.shape(convert_to_tensor(input))), out_type),
    "split": _split,
    "squeeze": _squeeze,
    "stack": lambda values, axis=0, name="stack": K.stack(values, axis),
    "stop_gradient": lambda input, name=None: K.stop_gradient(convert_to_tensor(input)),
    "tile": lambda input, multiples, name=None: K.tile(input, multiples),
    "transpose": _transpose,
    "unstack": _unstack,
    "where": ops.where,
    "zeros": lambda shape, dtype="float32", name=None: fill(shape, False, dtype),
    "zeros_like": lambda input, dtype=None, name=None: convert_to_tensor(K.zeros_like(input, dtype)),
}

TF_NN: Table = {
    "bias_add": _bias_add,
    "elu": lambda features, name=None: K.elu(features),
    "l2_normalize": lambda x, axis=None, epsilon=1e-12, name=None: ops.l2_normalize(x, axis, epsilon),
    "leaky_relu": lambda features, alpha=0.2, name=None: K.relu(features, alpha=alpha),
    "moments": _moments,
    "relu": lambda features, name=None: K.relu(features),
    "relu6": lambda features, name=None: K.relu(features, max_value=6),
    "sigmoid": lambda x, name=None: K.sigmoid(x),
    "sigmoid_cross_entropy_with_logits": _sigmoid_cross_entropy,
    "softmax": lambda logits, axis=None, name=None: K.softmax(logits, -1 if axis is None else axis),
    "softmax_cross_entropy_with_logits": lambda labels, logits, axis=-1, name=None: K.categorical_crossentropy(
        labels, logits, from_logits=True, axis=axis
    ),
    "softplus": lambda features, name=None: K.softplus(features),
    "softsign": lambda features, name=None: K.softsign(features),
    "sparse_softmax_cross_entropy_with_logits": lambda labels, logits, name=None: K.sparse_categorical_crossentropy(
        labels, logits, from_logits=True
    ),
    "tanh": lambda x, name=None: K.tanh(x),
}

# What is called most: each entry hands its tensors to a function of `K`, which sees to operands of other libraries.
FORWARDING: Table = {
    **{name: call for name, call in {**UNARY, **BINARY, **REDUCTIONS}.items() if name != "reciprocal"},
    **{
        name: ARRAYS[name]
        for name in (
            "argmax",
            "argmin",
            "cast",
            "concat",
            "expand_dims",
            "identity",
            "reshape",
            "reverse",
            "stack",
            "tile",
        )
    },
    **{name: TF_NN[name] for name in ("elu", "leaky_relu", "relu", "relu6", "softmax", "softplus", "softsign")},
}

TF_RANDOM: Table = {
    "normal": lambda shape, mean=0.0, stddev=1.0, dtype="float32", seed=None, name=None: K.random_normal(
        shape, mean, stddev, dtype, seed
    ),
    "set_seed": ops.set_seed,
    "truncated_normal": lambda shape, mean=0.0, stddev=1.0, dtype="float32", seed=None, name=None: K.truncated_normal(
        shape, mean, stddev, dtype, seed
    ),
    "uniform": lambda shape, minval=0, maxval=None, dtype="float32", seed=None, name=None: K.random_uniform(
        shape, minval, 1 if maxval is None else maxval, dtype, seed
    ),
}

PROGRAM: Table = {
    "executing_eagerly": graph.executing_eagerly,
    "is_tensor": lambda x: isinstance(x, (Tensor, Composite)),
    "name_scope": K.name_scope,
}

TF_MATH: Table = {
    **UNARY,
    **BINARY,
    **REDUCTIONS,
    "argmax": ARRAYS["argmax"],
    "argmin": ARRAYS["argmin"],
    "cumprod": _cumprod,
    "cumsum": ARRAYS["cumsum"],
    "divide_no_nan": ops.divide_no_nan,
    "l2_normalize": TF_NN["l2_normalize"],
    "reduce_std": lambda input_tensor, axis=None, keepdims=False, name=None: K.std(input_tensor, axis, keepdims),
    "reduce_variance": lambda input_tensor, axis=None, keepdims=False, name=None: K.var(input_tensor, axis, keepdims),
    "softplus": TF_NN["softplus"],
}

DTYPES: Table = {
    **{name: kind for name, kind in TYPES.items() if isinstance(kind, dtypes.DType)},
    "DType": dtypes.DType,
    "as_dtype": TYPES["as_dtype"],
    "cast": ARRAYS["cast"],
}

# Functions of `tf.math` that `tf` itself has, too.
_ONLY_IN_MATH = {"ceil", "floordiv", "floormod", "is_finite", "is_inf", "is_nan", "log", "log1p", "logical_xor", "mod",
                 "reciprocal", "rsqrt"}  # fmt: skip

TF: Table = {
    **TYPES,
    **{name: call for name, call in {**UNARY, **BINARY, **REDUCTIONS}.items() if name not in _ONLY_IN_MATH},
    **ARRAYS,
    **PROGRAM,
}


def give_names(tables: dict[str, Table], here: str) -> None:
    """Functions of the module `here` get the names by which programs call them, for `help` and pickling."""
    for module, table in tables.items():
        for name, call in table.items():
            if getattr(call, "__module__", None) == here:
                call.__module__, call.__name__, call.__qualname__ = module, name, name
                call.__doc__ = call.__doc__ or f"`{module}.{name}`, answered by kjax."


give_names(
    {"tensorflow": TF, "tensorflow.math": TF_MATH, "tensorflow.nn": TF_NN, "tensorflow.random": TF_RANDOM}, __name__
)
