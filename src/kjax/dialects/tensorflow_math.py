"""`tf.math` beyond the arithmetic of `tensorflow_calls`: special functions, complex numbers, counts, and so on.

`MATH` is the table of `tf.math`, `TF` that of the names which `tf` itself has, too, and `NN` that of those at `tf.nn`;
`V1_MATH`, `V1` and `V1_NN` are those of TensorFlow 1. Left out: `sobol_sample`.
"""

from __future__ import annotations

from collections import namedtuple
from typing import Any

from kjax import backend as K
from kjax.core.operands import as_tensor
from kjax.core.tensor import Tensor
from kjax.dialects import tensorflow_ops as ops
from kjax.dialects.tensorflow_calls import BINARY, TF_MATH, TF_NN, UNARY, Table, accumulated, give_names
from kjax.dialects.tensorflow_nn import NN as _NN
from kjax.dialects.tensorflow_v1 import V1_NN as _CALLS_NN
from kjax.dialects.tensorflow_v1 import _reduction
from kjax.dialects.tensorflow_v1_nn import V1_NN as _V1_NN
from kjax.ops import complexes, counting, elementwise, ranking, reduction, special
from kjax.sparse.slices import IndexedSlices

TopKV2 = namedtuple("TopKV2", ["values", "indices"])

# ---------------------------------------------------------------------------------------------------------- elementwise


def _beside(x: Any, y: Any) -> tuple[Tensor, Tensor]:
    """Two operands as tensors of one dtype, that of the one that is a tensor."""
    if isinstance(y, Tensor) and not isinstance(x, Tensor):
        return as_tensor(x, y.dtype), y
    x = as_tensor(x)
    return x, as_tensor(y, x.dtype)


def _polygamma(a: Any, x: Any, name: Any = None) -> Any:
    a, x = _beside(a, x)
    return special.polygamma(K.stop_gradient(a), x)


def _zeta(x: Any, q: Any, name: Any = None) -> Any:
    x, q = _beside(x, q)
    return special.zeta(K.stop_gradient(x), q)


def _betainc(a: Any, b: Any, x: Any, name: Any = None) -> Any:
    given = next((part for part in (a, b, x) if isinstance(part, Tensor)), None)
    like = as_tensor(a).dtype if given is None else given.dtype
    a, b, x = (as_tensor(part, like, "tf.math.betainc") for part in (a, b, x))
    return special.betainc(K.stop_gradient(a), K.stop_gradient(b), x)


def _lbeta(x: Any, name: Any = None) -> Any:
    x = as_tensor(x, where="tf.math.lbeta: x")
    return K.sum(special.lgamma(x), -1) - special.lgamma(K.sum(x, -1))


def _realdiv(x: Any, y: Any, name: Any = None) -> Any:
    x, y = _beside(x, y)
    return special.truncatediv(x, y) if x.dtype.is_integer else elementwise.divide(x, y)


def _reciprocal_no_nan(x: Any, name: Any = None) -> Any:
    x = as_tensor(x, where="tf.math.reciprocal_no_nan: x")
    if x.dtype.is_integer:
        raise TypeError(f"tf.math.reciprocal_no_nan: x must be of floats or complex numbers; got {x.dtype}")
    return ops.divide_no_nan(1, x)


def _polyval(coeffs: Any, x: Any, name: Any = None) -> Any:
    if not isinstance(coeffs, list):
        raise ValueError(f"tf.math.polyval: coeffs must be a list; got {coeffs!r}")
    x = as_tensor(x, where="tf.math.polyval: x")
    if not coeffs:
        return elementwise.multiply(x, 0)
    value = as_tensor(coeffs[0], x.dtype)
    for coefficient in coeffs[1:]:
        value = elementwise.add(coefficient, elementwise.multiply(value, x))
    return value


def _scalar_mul(scalar: Any, x: Any, name: Any = None) -> Any:
    if isinstance(x, IndexedSlices):
        return x.mapped(lambda rows: _scalar_mul(scalar, rows))
    x = as_tensor(x, where="tf.math.scalar_mul: x")
    scalar = as_tensor(scalar, x.dtype, "tf.math.scalar_mul: scalar")
    if scalar.shape.rank:
        raise ValueError(f"tf.math.scalar_mul: scalar must be a scalar; got shape {scalar.shape}")
    return elementwise.multiply(scalar, x)


def _summed(where: str, inputs: Any) -> Any:
    if not isinstance(inputs, (list, tuple)) or not inputs:
        raise ValueError(f"{where}: inputs must be a list of at least one tensor; got {inputs!r}")
    first = next((part for part in inputs if isinstance(part, Tensor)), None)
    tensors = [as_tensor(part, None if first is None else first.dtype, f"{where}: inputs") for part in inputs]
    total = elementwise.identity(tensors[0])
    for tensor in tensors[1:]:
        if not tensor.shape.is_compatible_with(tensors[0].shape):
            raise ValueError(f"{where}: inputs have different shapes, {tensors[0].shape} and {tensor.shape}")
        total = elementwise.add(total, tensor)
    return total


def _accumulate_n(inputs: Any, shape: Any = None, tensor_dtype: Any = None, name: Any = None) -> Any:
    total = _summed("tf.math.accumulate_n", inputs)
    if tensor_dtype is not None and total.dtype != tensor_dtype:
        raise TypeError(f"tf.math.accumulate_n: tensor_dtype is {tensor_dtype!r}; the inputs are of {total.dtype}")
    if shape is not None and not total.shape.is_compatible_with(shape):
        raise ValueError(f"tf.math.accumulate_n: shape is {shape!r}; the inputs are of shape {total.shape}")
    return total


# ----------------------------------------------------------------------------------------------------------- reductions


def _reduce_euclidean_norm(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: Any = None) -> Any:
    x = as_tensor(input_tensor, where="tf.math.reduce_euclidean_norm: input_tensor")
    total = K.sum(complexes.conj(x) * x, axis, keepdims)
    if x.dtype.is_integer:
        return K.cast(ops.sqrt(K.cast(total, "float64")), x.dtype)
    if x.dtype.is_complex:
        return K.cast(ops.sqrt(complexes.real(total)), x.dtype)
    return ops.sqrt(total)


def _reduce_logsumexp(input_tensor: Any, axis: Any = None, keepdims: bool = False, name: Any = None) -> Any:
    return reduction.logsumexp(input_tensor, axis, keepdims)


def _count_nonzero(input: Any, axis: Any = None, keepdims: Any = None, dtype: Any = "int64", name: Any = None) -> Any:
    x = as_tensor(input, where="tf.math.count_nonzero: input")
    found = x if x.dtype.is_bool else K.not_equal(x, as_tensor(0, x.dtype))
    return K.cast(K.sum(K.cast(found, "int64"), axis, bool(keepdims)), dtype)


def _v1_count_nonzero(
    input_tensor: Any = None,
    axis: Any = None,
    keepdims: Any = None,
    dtype: Any = "int64",
    name: Any = None,
    reduction_indices: Any = None,
    keep_dims: Any = None,
    input: Any = None,
) -> Any:
    x = input if input_tensor is None else input_tensor
    return _count_nonzero(x, reduction_indices if axis is None else axis, keepdims or keep_dims, dtype)


def _cumulative_logsumexp(
    x: Any, axis: Any = 0, exclusive: bool = False, reverse: bool = False, name: Any = None
) -> Any:
    x = as_tensor(x, where="tf.math.cumulative_logsumexp: x")
    lowest = float(x.dtype.min) if x.dtype.is_floating else 0  # (where TensorFlow ought to have -inf)
    return accumulated(reduction.cumulative_logsumexp, lowest)(x, axis, exclusive, reverse)


def _ascending(where: str, x: Any, compare: Any) -> Any:
    """Whether neighbours compare so, all elements taken as one list."""
    flat = K.reshape(as_tensor(x, where=f"{where}: x"), (-1,))
    return K.all(compare(flat[:-1], flat[1:]))


# --------------------------------------------------------------------------------------------------------------- counts


def _bincount(
    arr: Any,
    weights: Any = None,
    minlength: Any = None,
    maxlength: Any = None,
    dtype: Any = "int32",
    name: Any = None,
) -> Any:
    places = K.cast(as_tensor(arr, where="tf.math.bincount: arr"), "int32")
    empty = 0 in tuple(places.shape) if places.shape.rank else False
    count = as_tensor(0) if empty else K.maximum(K.max(places) + 1, 0)
    if minlength is not None:
        count = K.maximum(count, K.cast(as_tensor(minlength), "int32"))
    if maxlength is not None:
        count = K.minimum(count, K.cast(as_tensor(maxlength), "int32"))
    one = K.cast(as_tensor(1), dtype) if weights is None else as_tensor(weights, where="tf.math.bincount: weights")
    return counting.summed_by(one, places, count)


def _confusion_matrix(
    labels: Any,
    predictions: Any,
    num_classes: Any = None,
    weights: Any = None,
    dtype: Any = "int32",
    name: Any = None,
) -> Any:
    where = "tf.math.confusion_matrix"
    truth, guess = (K.cast(as_tensor(part, where=where), "int64") for part in (labels, predictions))
    ranks = truth.shape.rank, guess.shape.rank
    if ranks[0] is not None and ranks[1] is not None:
        if ranks[0] == ranks[1] + 1:
            truth = K.squeeze(truth, -1)
        elif ranks[1] == ranks[0] + 1:
            guess = K.squeeze(guess, -1)
        if (truth.shape.rank, guess.shape.rank) != (1, 1):
            raise ValueError(f"{where}: labels and predictions must have rank 1; got {truth.shape} and {guess.shape}")
    most = K.maximum(K.max(truth), K.max(guess)) + 1
    if num_classes is None:
        count = most
    else:
        count = K.cast(as_tensor(num_classes), "int64")
        inside = ops.checked(most <= count, f"{where}: labels or predictions are not less than num_classes")
        truth = ops.where(inside, truth, -1)
    sound = ops.checked(K.minimum(truth, guess) >= 0, f"{where}: labels and predictions must not be negative")
    places = ops.where(sound, truth * count + guess, -1)
    one = K.cast(as_tensor(1 if weights is None else weights), dtype)
    return K.reshape(counting.summed_by(one, places, count * count), K.stack([count, count]))


def _top_k(input: Any, k: Any = 1, sorted: bool = True, name: Any = None) -> Any:
    return TopKV2(*ranking.top_k(input, k))


# ----------------------------------------------------------------------------------------------------------- the tables

_SPECIAL: Table = {
    "acos": lambda x, name=None: special.acos(x),
    "acosh": lambda x, name=None: special.acosh(x),
    "asin": lambda x, name=None: special.asin(x),
    "asinh": lambda x, name=None: special.asinh(x),
    "atan": lambda x, name=None: special.atan(x),
    "atan2": lambda y, x, name=None: special.atan2(y, x),
    "atanh": lambda x, name=None: special.atanh(x),
    "cosh": lambda x, name=None: special.cosh(x),
    "sinh": lambda x, name=None: special.sinh(x),
    "tan": lambda x, name=None: special.tan(x),
    "add_n": lambda inputs, name=None: _summed("tf.math.add_n", inputs),
    "reduce_logsumexp": _reduce_logsumexp,
    "scalar_mul": _scalar_mul,
    "truediv": lambda x, y, name=None: elementwise.divide(x, y),
}

# Those that TensorFlow 1 has at its root, too, and TensorFlow 2 in `tf.math` alone.
_ONCE_AT_ROOT: Table = {
    "accumulate_n": _accumulate_n,
    "angle": lambda input, name=None: complexes.angle(input),
    "betainc": _betainc,
    "conj": lambda x, name=None: complexes.conj(x),
    "digamma": lambda x, name=None: special.digamma(x),
    "erf": lambda x, name=None: special.erf(x),
    "erfc": lambda x, name=None: special.erfc(x),
    "expm1": lambda x, name=None: special.expm1(x),
    "igamma": lambda a, x, name=None: special.igamma(a, x),
    "igammac": lambda a, x, name=None: special.igammac(a, x),
    "imag": lambda input, name=None: complexes.imag(input),
    "invert_permutation": lambda x, name=None: ranking.invert_permutation(x),
    "is_non_decreasing": lambda x, name=None: _ascending("tf.math.is_non_decreasing", x, K.less_equal),
    "is_strictly_increasing": lambda x, name=None: _ascending("tf.math.is_strictly_increasing", x, K.less),
    "lbeta": _lbeta,
    "lgamma": lambda x, name=None: special.lgamma(x),
    "log_sigmoid": lambda x, name=None: elementwise.negative(K.softplus(elementwise.negative(x))),
    "polygamma": _polygamma,
    "real": lambda input, name=None: complexes.real(input),
    "rint": lambda x, name=None: special.rint(x),
    "squared_difference": lambda x, y, name=None: special.squared_difference(x, y),
    "zeta": _zeta,
}

_IN_MATH: Table = {
    **_SPECIAL,
    **_ONCE_AT_ROOT,
    "bessel_i0": lambda x, name=None: special.bessel_i0(x),
    "bessel_i0e": lambda x, name=None: special.bessel_i0e(x),
    "bessel_i1": lambda x, name=None: special.bessel_i1(x),
    "bessel_i1e": lambda x, name=None: special.bessel_i1e(x),
    "cumulative_logsumexp": _cumulative_logsumexp,
    "erfinv": lambda x, name=None: special.erfinv(x),
    "multiply_no_nan": lambda x, y, name=None: special.multiply_no_nan(x, y),
    "ndtri": lambda x, name=None: special.ndtri(x),
    "nextafter": lambda x1, x2, name=None: special.nextafter(x1, x2),
    "polyval": _polyval,
    "reciprocal_no_nan": _reciprocal_no_nan,
    "reduce_euclidean_norm": _reduce_euclidean_norm,
    "softsign": TF_NN["softsign"],
    "top_k": _top_k,
    "xdivy": lambda x, y, name=None: special.xdivy(x, y),
    "xlog1py": lambda x, y, name=None: special.xlog1py(x, y),
    "xlogy": lambda x, y, name=None: special.xlogy(x, y),
    "zero_fraction": _NN["zero_fraction"],
}

_QUOTIENTS: Table = {
    "complex": lambda real, imag, name=None: complexes.complex_of(real, imag),
    "realdiv": _realdiv,
    "truncatediv": lambda x, y, name=None: special.truncatediv(x, y),
    "truncatemod": lambda x, y, name=None: special.truncatemod(x, y),
}

TF: Table = {**_SPECIAL, **_QUOTIENTS}
MATH: Table = {
    **_IN_MATH,
    "bincount": _bincount,
    "confusion_matrix": _confusion_matrix,
    "count_nonzero": _count_nonzero,
    "in_top_k": lambda targets, predictions, k, name=None: K.in_top_k(predictions, targets, k),
    "log_softmax": _NN["log_softmax"],
    "softmax": TF_NN["softmax"],
}
NN: Table = {"in_top_k": MATH["in_top_k"], "top_k": _top_k}

_V1_BOTH: Table = {
    "bincount": lambda arr, weights=None, minlength=None, maxlength=None, dtype="int32": _bincount(
        arr, weights, minlength, maxlength, dtype
    ),
    "confusion_matrix": lambda labels, predictions, num_classes=None, dtype="int32", name=None, weights=None: (
        _confusion_matrix(labels, predictions, num_classes, weights, dtype)
    ),
    "count_nonzero": _v1_count_nonzero,
    "reduce_logsumexp": _reduction(_reduce_logsumexp),
}
_V1_IN_TOP_K: Table = {
    "in_top_k": lambda predictions, targets, k, name=None: K.in_top_k(predictions, targets, k),
}
V1: Table = {
    **TF,
    **_ONCE_AT_ROOT,
    **_V1_BOTH,
    "cumprod": TF_MATH["cumprod"],
    "div_no_nan": TF_MATH["divide_no_nan"],
    "floor_div": BINARY["floordiv"],
    "floordiv": BINARY["floordiv"],
    "floormod": BINARY["floormod"],
    "logical_xor": BINARY["logical_xor"],
    "reciprocal": UNARY["reciprocal"],
}
V1_MATH: Table = {
    **_IN_MATH,
    **_V1_BOTH,
    **_V1_IN_TOP_K,
    "log_softmax": _V1_NN["log_softmax"],
    "softmax": _CALLS_NN["softmax"],
}
V1_NN: Table = {**_V1_IN_TOP_K, "top_k": _top_k}

give_names(
    {"tensorflow": TF, "tensorflow.math": MATH, "tensorflow.compat.v1": V1, "tensorflow.compat.v1.math": V1_MATH},
    __name__,
)
