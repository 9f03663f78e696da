"""`tf.nn`: convolutions, pooling and what else it has beside activations and crossentropies, by the functions of K."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.tensor import Tensor
from kjax.dialects import tensorflow_ops as ops
from kjax.dialects.tensorflow_calls import ARRAYS, Table, give_names
from kjax.dialects.tensorflow_gradients import limited_by_norm
from kjax.dialects.tensorflow_ops import convert_to_tensor
from kjax.machine.errors import shown
from kjax.ops import ctc
from kjax.ops.pooling import max_pool_with_places
from kjax.ops.transposed import conv3d_transpose
from kjax.sparse import SparseTensor

# ------------------------------------------------------------------------------------------------ windows as K has them


def window_layout(where: str, data_format: Any, dims: int) -> str:
    """K's name of a layout of images with that many axes of space."""
    last, first = "DHW"[-dims:] if dims > 1 else "W", "NC"
    known = {None: "channels_last", f"N{last}C": "channels_last", f"{first}{last}": "channels_first"}
    if data_format not in known:
        raise ValueError(f"{where}: data_format must be one of {[name for name in known if name]}; got {data_format!r}")
    return known[data_format]


def _steps(where: str, value: Any, dims: int, layout: str, name: str) -> tuple[int, ...]:
    """Sizes, strides or dilations along the axes of space, given as an int, for these axes, or for all axes."""
    if value is None:
        return (1,) * dims
    given = [int(v) for v in (value if isinstance(value, Sequence | np.ndarray) else [value])]
    if len(given) == 1:
        return (given[0],) * dims
    if len(given) == dims:
        return tuple(given)
    if len(given) != dims + 2:
        raise ValueError(f"{where}: {name} must be of length 1, {dims} or {dims + 2}; got {value!r}")
    space = given[2:] if layout == "channels_first" else given[1:-1]
    if sum(given) - sum(space) != 2:
        raise ValueError(f"{where}: {name} must be 1 along batch and channels; got {value!r}")
    return tuple(space)


def _padded(where: str, x: Any, padding: Any) -> tuple[Tensor, str]:
    """Images, padded where the padding is given by numbers, and K's name of the padding that is left."""
    x = convert_to_tensor(x)
    if isinstance(padding, str):
        if padding.lower() not in ("same", "valid"):
            raise ValueError(f"{where}: padding must be 'SAME', 'VALID' or a list; got {padding!r}")
        return x, padding.lower()
    return ops.pad(x, padding), "valid"


def _convolved(
    where: str, x: Any, kernel: Any, strides: Any, padding: Any, data_format: Any, dilations: Any, dims: int
) -> Any:
    layout = window_layout(where, data_format, dims)
    x, padding = _padded(where, x, padding)
    steps = _steps(where, strides, dims, layout, "strides")
    rates = _steps(where, dilations, dims, layout, "dilations")
    if dims == 1:
        return K.conv1d(x, kernel, steps[0], padding, layout, rates[0])
    return (K.conv2d if dims == 2 else K.conv3d)(x, kernel, steps, padding, layout, rates)


def _conv1d(
    input: Any,
    filters: Any,
    stride: Any,
    padding: Any,
    data_format: Any = "NWC",
    dilations: Any = None,
    name: Any = None,
) -> Any:
    return _convolved("tf.nn.conv1d()", input, filters, stride, padding, data_format, dilations, 1)


def _convolving(dims: int, layout: str) -> Any:
    where = f"tf.nn.conv{dims}d()"

    def entry(
        input: Any,
        filters: Any,
        strides: Any,
        padding: Any,
        data_format: Any = layout,
        dilations: Any = None,
        name: Any = None,
    ) -> Any:
        return _convolved(where, input, filters, strides, padding, data_format, dilations, dims)

    return entry


_conv2d, _conv3d = _convolving(2, "NHWC"), _convolving(3, "NDHWC")


def _convolution(
    input: Any,
    filters: Any,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: Any = None,
    dilations: Any = None,
    name: Any = None,
) -> Any:
    x = convert_to_tensor(input)
    dims = (x.shape.rank or convert_to_tensor(filters).shape.rank or 4) - 2
    return _convolved("tf.nn.convolution()", x, filters, strides, padding, data_format, dilations, dims)


def _transposed(
    where: str, x: Any, kernel: Any, output: Any, strides: Any, padding: Any, data_format: Any, rates: Any, dims: int
) -> Any:
    layout = window_layout(where, data_format, dims)
    if not isinstance(padding, str):
        raise NotImplementedError(f"{where}: padding by numbers is not answered by kjax; got {padding!r}")
    steps = _steps(where, strides, dims, layout, "strides")
    dilations = _steps(where, rates, dims, layout, "dilations")
    if dims == 1:
        at = 2 if layout == "channels_first" else 1
        x, kernel = K.expand_dims(convert_to_tensor(x), at), K.expand_dims(convert_to_tensor(kernel), 0)
        output = [*output[:at], 1, *output[at:]]
        out = K.conv2d_transpose(x, kernel, output, (1, *steps), padding.lower(), layout, (1, *dilations))
        return K.squeeze(out, at)
    if dims == 2:
        return K.conv2d_transpose(x, kernel, output, steps, padding.lower(), layout, dilations)
    if max(dilations) > 1:
        raise NotImplementedError(f"{where}: dilations are not answered by kjax; got {rates!r}")
    return conv3d_transpose(x, kernel, output, steps, padding.lower(), layout)


def _transposing(dims: int, layout: str) -> Any:
    where = f"tf.nn.conv{dims}d_transpose()"

    def entry(
        input: Any,
        filters: Any,
        output_shape: Any,
        strides: Any,
        padding: Any = "SAME",
        data_format: Any = layout,
        dilations: Any = None,
        name: Any = None,
    ) -> Any:
        return _transposed(where, input, filters, output_shape, strides, padding, data_format, dilations, dims)

    return entry


_conv1d_transpose, _conv2d_transpose = _transposing(1, "NWC"), _transposing(2, "NHWC")
_conv3d_transpose = _transposing(3, "NDHWC")


def _depthwise_conv2d(
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    data_format: Any = None,
    dilations: Any = None,
    name: Any = None,
) -> Any:
    where = "tf.nn.depthwise_conv2d()"
    layout = window_layout(where, data_format, 2)
    x, padding = _padded(where, input, padding)
    steps = _steps(where, strides, 2, layout, "strides")
    return K.depthwise_conv2d(x, filter, steps, padding, layout, _steps(where, dilations, 2, layout, "dilations"))


def _separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: Any,
    data_format: Any = None,
    dilations: Any = None,
    name: Any = None,
) -> Any:
    middle = _depthwise_conv2d(input, depthwise_filter, strides, padding, data_format, dilations)
    return _conv2d(middle, pointwise_filter, 1, "VALID", data_format or "NHWC")


def _atrous_conv2d(value: Any, filters: Any, rate: Any, padding: Any, name: Any = None) -> Any:
    return _convolved("tf.nn.atrous_conv2d()", value, filters, 1, padding, "NHWC", rate, 2)


def _pooled(
    where: str, x: Any, ksize: Any, strides: Any, padding: Any, data_format: Any, mode: str, dims: Any = None
) -> Any:
    x = convert_to_tensor(x)
    if dims is None:
        if x.shape.rank is None:
            raise ValueError(f"{where}: input must be of known rank; got {x!r}")
        dims = x.shape.rank - 2
    layout = window_layout(where, data_format, dims)
    if not isinstance(padding, str):
        raise NotImplementedError(f"{where}: padding by numbers is not answered by kjax; got {padding!r}")
    size, steps = (_steps(where, v, dims, layout, n) for v, n in ((ksize, "ksize"), (strides, "strides")))
    if dims == 1:
        at = 2 if layout == "channels_first" else 1
        out = K.pool2d(K.expand_dims(x, at), (1, *size), (1, *steps), padding.lower(), layout, mode)
        return K.squeeze(out, at)
    return (K.pool2d if dims == 2 else K.pool3d)(x, size, steps, padding.lower(), layout, mode)


def _pooling(name: str, mode: str, dims: Any, data_format: Any) -> Any:
    """An entry for pooling."""
    where, layout = f"tf.nn.{name}()", data_format

    def pooling(input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = layout, name: Any = None) -> Any:
        return _pooled(where, input, ksize, strides, padding, data_format, mode, dims)

    return pooling


_OF_DIMS = {
    f"{mode}_pool{dims}d": _pooling(f"{mode}_pool{dims}d", mode, dims, data_format)
    for mode in ("max", "avg")
    for dims, data_format in ((1, "NWC"), (2, "NHWC"), (3, "NDHWC"))
}


def _max_pool_with_argmax(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: Any = "NHWC",
    output_dtype: Any = "int64",
    include_batch_in_index: bool = False,
    name: Any = None,
) -> Any:
    where = "tf.nn.max_pool_with_argmax()"
    layout = window_layout(where, data_format, 2)
    if layout != "channels_last" or padding not in ("SAME", "VALID"):
        raise ValueError(
            f"{where}: data_format must be 'NHWC', padding 'SAME' or 'VALID'; got {data_format}, {padding}"
        )
    size, steps = (_steps(where, v, 2, layout, n) for v, n in ((ksize, "ksize"), (strides, "strides")))
    values, places = max_pool_with_places(input, size, steps, padding.lower(), bool(include_batch_in_index))
    return values, K.cast(places, output_dtype)


def _compute_average_loss(per_example_loss: Any, sample_weight: Any = None, global_batch_size: Any = None) -> Any:
    losses = convert_to_tensor(per_example_loss)
    count = K.shape(losses)[0] if global_batch_size is None else convert_to_tensor(global_batch_size)
    if sample_weight is not None:
        weights = K.cast(convert_to_tensor(sample_weight), losses.dtype)
        losses = (
            losses * K.reshape(weights, (-1, *[1] * (len(losses.shape) - 1)))
            if len(weights.shape)
            else losses * weights
        )
    return K.sum(losses) / K.cast(count, losses.dtype)


def _ctc_loss(
    labels: Any,
    logits: Any,
    label_length: Any,
    logit_length: Any,
    logits_time_major: bool = True,
    unique: Any = None,
    blank_index: Any = None,
    name: Any = None,
) -> Any:
    where = "tf.nn.ctc_loss()"
    logits = convert_to_tensor(logits)
    if logits.shape.rank != 3 or logits.shape[2] is None:
        raise ValueError(f"{where}: logits must be of rank 3, with a known number of classes; got {logits.shape}")
    if isinstance(labels, SparseTensor):
        if blank_index is None:
            raise ValueError(f"{where}: blank_index must be given with labels in a SparseTensor")
        labels, label_length = dense_labels(labels)
    y = convert_to_tensor(labels)
    blank = (0 if blank_index is None else blank_index) % logits.shape[2]
    y = K.switch(y > blank, y - 1, y)  # the classes without the blank, which comes last here
    return ctc_losses(_blank_last(logits, blank), y, logit_length, label_length, logits_time_major)


def dense_labels(labels: SparseTensor) -> tuple[Any, Any]:
    """Labels as a matrix, and how many each row has."""
    ones = SparseTensor(labels.indices, K.ones_like(labels.values), labels.dense_shape)
    return K.to_dense(labels), K.sum(K.to_dense(ones), axis=-1)


def _blank_last(logits: Any, blank: int) -> Any:
    """Logits with the class of the blank behind the others."""
    return K.concatenate([logits[:, :, :blank], logits[:, :, blank + 1 :], logits[:, :, blank : blank + 1]], axis=-1)


def ctc_losses(logits: Any, labels: Any, times: Any, counts: Any, time_major: bool) -> Any:
    """The loss of each sample; the blank is the last class."""
    if time_major:
        logits = K.permute_dimensions(logits, (1, 0, 2))
    times, counts = (K.expand_dims(convert_to_tensor(length), -1) for length in (times, counts))
    return K.squeeze(ctc.cost(labels, K.softmax(logits), times, counts), -1)


def _pool(
    input: Any,
    window_shape: Any,
    pooling_type: Any,
    strides: Any = None,
    padding: Any = "VALID",
    data_format: Any = None,
    dilations: Any = None,
    name: Any = None,
) -> Any:
    where = "tf.nn.pool()"
    if dilations is not None and max(np.atleast_1d(dilations)) > 1:
        raise NotImplementedError(f"{where}: dilations are not answered by kjax; got {dilations!r}")
    if pooling_type not in ("MAX", "AVG"):
        raise ValueError(f"{where}: pooling_type must be 'MAX' or 'AVG'; got {pooling_type!r}")
    return _pooled(where, input, window_shape, strides, padding, data_format, pooling_type.lower(), len(window_shape))


# ------------------------------------------------------------------------------------------------------- normalisation


def _batch_normalization(
    x: Any, mean: Any, variance: Any, offset: Any, scale: Any, variance_epsilon: Any, name: Any = None
) -> Any:
    x = convert_to_tensor(x)
    factor = 1 / ops.sqrt(convert_to_tensor(variance) + variance_epsilon)
    if scale is not None:
        factor = factor * scale
    shift = -mean * factor if offset is None else offset - mean * factor
    return x * factor + shift


def _local_response_normalization(
    input: Any, depth_radius: int = 5, bias: Any = 1, alpha: Any = 1, beta: Any = 0.5, name: Any = None
) -> Any:
    x = convert_to_tensor(input)
    squares = K.square(x)
    padded = ops.pad(squares, [*[[0, 0]] * 3, [depth_radius, depth_radius]])
    channels = x.shape[-1]
    if channels is None:
        raise ValueError(f"tf.nn.local_response_normalization(): the number of channels must be known; got {x!r}")
    total = sum(padded[..., i : i + channels] for i in range(2 * depth_radius + 1))
    return x / K.pow(bias + alpha * total, beta)


def _sufficient_statistics(x: Any, axes: Any, shift: Any = None, keepdims: bool = False, name: Any = None) -> Any:
    x = convert_to_tensor(x)
    axes = [axes] if isinstance(axes, int) else list(axes)
    dims = [K.shape(x)[axis] for axis in axes]
    count = K.cast(K.prod(K.stack(dims)), x.dtype)
    moved = x if shift is None else x - shift
    return count, K.sum(moved, axes, keepdims), K.sum(K.square(moved), axes, keepdims), shift


def _normalize_moments(counts: Any, mean_ss: Any, variance_ss: Any, shift: Any, name: Any = None) -> Any:
    counts = convert_to_tensor(counts)
    moved = mean_ss / counts
    mean = moved if shift is None else moved + shift
    return mean, variance_ss / counts - K.square(moved)


def _weighted_moments(x: Any, axes: Any, frequency_weights: Any, keepdims: bool = False, name: Any = None) -> Any:
    x = convert_to_tensor(x)
    axes = [axes] if isinstance(axes, int) else list(axes)
    weights = convert_to_tensor(frequency_weights, x.dtype) + ARRAYS["zeros_like"](x)
    total = K.sum(weights, axes, True)
    mean = K.sum(weights * x, axes, True) / total
    variance = K.sum(weights * K.square(x - mean), axes, True) / total
    if keepdims:
        return mean, variance
    found = [mean, variance]
    for axis in sorted((a % (x.shape.rank or 1) for a in axes), reverse=True):
        found = [K.squeeze(t, axis) for t in found]
    return tuple(found)


# -------------------------------------------------------------------------------------------------------------- others


def _dropout(x: Any, rate: Any, noise_shape: Any = None, seed: Any = None, name: Any = None) -> Any:
    x = convert_to_tensor(x)
    if not x.dtype.is_floating:
        raise ValueError(f"tf.nn.dropout(): x must be of floats; got {x.dtype}")
    if isinstance(rate, (int, float)) and not 0 <= rate < 1:
        raise ValueError(f"tf.nn.dropout(): rate must be at least 0 and less than 1; got {rate!r}")
    return x if isinstance(rate, (int, float)) and rate == 0 else K.dropout(x, rate, noise_shape, seed)


def _embedding_lookup(params: Any, ids: Any, max_norm: Any = None, name: Any = None) -> Any:
    return rows_of_parts(params, ids, max_norm, "div")


def rows_of_parts(params: Any, ids: Any, max_norm: Any, strategy: str) -> Any:
    """The rows of a table which may be in several parts, none longer than `max_norm`.

    Row `i` is, of all parts one after the other, the row `i` (strategy `'div'`), or in turn that of the next part
    (`'mod'`).
    """
    ids = convert_to_tensor(ids)
    parts = list(params) if isinstance(params, (list, tuple)) else [params]
    if not parts:
        raise ValueError("tf.nn.embedding_lookup(): params must have at least one part")
    if strategy not in ("div", "mod"):
        raise ValueError(f"tf.nn.embedding_lookup(): partition_strategy must be 'div' or 'mod'; got {shown(strategy)}")
    table, rows = parts[0], ids
    if len(parts) > 1:
        parts = list(map(convert_to_tensor, parts))
        table = K.concatenate(parts, axis=0)
        if strategy == "mod":
            counts = K.stack([K.cast(K.shape(part)[0], ids.dtype) for part in parts])
            rows = K.gather(K.cumsum(counts) - counts, ids % len(parts)) + ids // len(parts)
    found = K.gather(table, rows)
    return (
        found if max_norm is None else limited_by_norm(found, max_norm, list(range(ids.shape.rank, found.shape.rank)))
    )


def _log_softmax(logits: Any, axis: Any = None, name: Any = None) -> Any:
    x = convert_to_tensor(logits)
    axis = -1 if axis is None else axis
    moved = x - K.stop_gradient(K.max(x, axis, True))
    return moved - K.log(K.sum(K.exp(moved), axis, True))


def _crelu(features: Any, axis: Any = -1, name: Any = None) -> Any:
    x = convert_to_tensor(features)
    return K.relu(K.concatenate([x, -x], axis))


def _selu(features: Any, name: Any = None) -> Any:
    return 1.0507009873554805 * K.elu(features, 1.6732632423543772)


def _weighted_cross_entropy(labels: Any, logits: Any, pos_weight: Any, name: Any = None) -> Any:
    x, z = convert_to_tensor(logits), convert_to_tensor(labels)
    weight = 1 + (pos_weight - 1) * z
    return (1 - z) * x + weight * (K.softplus(-K.abs(x)) + K.relu(-x))


def _log_poisson_loss(targets: Any, log_input: Any, compute_full_loss: bool = False, name: Any = None) -> Any:
    z, c = convert_to_tensor(targets), convert_to_tensor(log_input)
    loss = K.exp(c) - c * z
    if not compute_full_loss:
        return loss
    stirling = z * K.log(z) - z + 0.5 * K.log(2 * np.pi * z)
    inside = K.greater_equal(z, 0) & K.less_equal(z, 1)
    return loss + ops.where(inside, 0, stirling)


def _zero_fraction(value: Any, name: Any = None) -> Any:
    return K.mean(K.cast(K.equal(convert_to_tensor(value), 0), "float32"))


TF_ONLY: Table = {
    "atrous_conv2d": _atrous_conv2d,
    "batch_normalization": _batch_normalization,
    "conv1d_transpose": _conv1d_transpose,
    "l2_loss": lambda t, name=None: K.sum(K.square(convert_to_tensor(t))) / 2,
    "local_response_normalization": _local_response_normalization,
    "log_poisson_loss": _log_poisson_loss,
    "lrn": _local_response_normalization,
    "normalize_moments": _normalize_moments,
    "selu": _selu,
    "swish": lambda features: convert_to_tensor(features) * K.sigmoid(features),
    "zero_fraction": _zero_fraction,
    **{name: pooling for name, pooling in _OF_DIMS.items() if name != "avg_pool2d"},
}
NN: Table = {
    **TF_ONLY,
    "avg_pool": _pooling("avg_pool", "avg", None, None),
    "avg_pool2d": _OF_DIMS["avg_pool2d"],
    "conv1d": _conv1d,
    "conv2d": _conv2d,
    "conv2d_transpose": _conv2d_transpose,
    "conv3d": _conv3d,
    "conv3d_transpose": _conv3d_transpose,
    "convolution": _convolution,
    "crelu": _crelu,
    "depthwise_conv2d": _depthwise_conv2d,
    "dropout": _dropout,
    "embedding_lookup": _embedding_lookup,
    "log_softmax": _log_softmax,
    "compute_average_loss": _compute_average_loss,
    "ctc_loss": _ctc_loss,
    "max_pool": _pooling("max_pool", "max", None, None),
    "max_pool_with_argmax": _max_pool_with_argmax,
    "scale_regularization_loss": lambda regularization_loss: K.sum(convert_to_tensor(regularization_loss)),
    "pool": _pool,
    "separable_conv2d": _separable_conv2d,
    "sufficient_statistics": _sufficient_statistics,
    "weighted_cross_entropy_with_logits": _weighted_cross_entropy,
    "weighted_moments": _weighted_moments,
}

give_names({"tensorflow.nn": NN}, __name__)
