"""`tf.nn`: convolutions, pooling and what else it has beside activations and crossentropies, by the functions of K."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.tensor import Tensor
from kjax.dialects import tensorflow_ops as ops
from kjax.dialects.tensorflow_calls import ARRAYS, TF_NN, Table, give_names
from kjax.dialects.tensorflow_ops import convert_to_tensor
from kjax.ops import ctc
from kjax.ops.pooling import max_pool_with_places
from kjax.ops.transposed import conv3d_transpose
from kjax.sparse import SparseTensor

# ------------------------------------------------------------------------------------------------ windows as K has them


def _layout(where: str, data_format: Any, dims: int) -> str:
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
    layout = _layout(where, data_format, dims)
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
    layout = _layout(where, data_format, dims)
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
    layout = _layout(where, data_format, 2)
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
    layout = _layout(where, data_format, dims)
    if not isinstance(padding, str):
        raise NotImplementedError(f"{where}: padding by numbers is not answered by kjax; got {padding!r}")
    size, steps = (_steps(where, v, dims, layout, n) for v, n in ((ksize, "ksize"), (strides, "strides")))
    if dims == 1:
        at = 2 if layout == "channels_first" else 1
        out = K.pool2d(K.expand_dims(x, at), (1, *size), (1, *steps), padding.lower(), layout, mode)
        return K.squeeze(out, at)
    return (K.pool2d if dims == 2 else K.pool3d)(x, size, steps, padding.lower(), layout, mode)


def _pooling(name: str, mode: str, dims: Any, data_format: Any) -> tuple[Any, Any]:
    """An entry for pooling, and that of TensorFlow 1, whose first argument is `value`."""
    where, layout = f"tf.nn.{name}()", data_format

    def new(input: Any, ksize: Any, strides: Any, padding: Any, data_format: Any = layout, name: Any = None) -> Any:
        return _pooled(where, input, ksize, strides, padding, data_format, mode, dims)

    def old(
        value: Any,
        ksize: Any,
        strides: Any,
        padding: Any,
        data_format: Any = "NHWC",
        name: Any = None,
        input: Any = None,
    ) -> Any:
        return _pooled(where, value if input is None else input, ksize, strides, padding, data_format, mode, 2)

    return new, old


_max_pool, _old_max_pool = _pooling("max_pool", "max", None, None)
_avg_pool, _old_avg_pool = _pooling("avg_pool", "avg", None, None)
_OF_DIMS = {
    f"{mode}_pool{dims}d": _pooling(f"{mode}_pool{dims}d", mode, dims, data_format)[0]
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
    layout = _layout(where, data_format, 2)
    if layout != "channels_last" or padding not in ("SAME", "VALID"):
        raise ValueError(
            f"{where}: data_format must be 'NHWC', padding 'SAME' or 'VALID'; got {data_format}, {padding}"
        )
    size, steps = (_steps(where, v, 2, layout, n) for v, n in ((ksize, "ksize"), (strides, "strides")))
    values, places = max_pool_with_places(input, size, steps, padding.lower(), bool(include_batch_in_index))
    return values, K.cast(places, output_dtype)


def _old_max_pool_with_argmax(
    input: Any,
    ksize: Any,
    strides: Any,
    padding: Any,
    data_format: Any = "NHWC",
    Targmax: Any = None,
    name: Any = None,
    output_dtype: Any = None,
    include_batch_in_index: bool = False,
) -> Any:
    dtype = Targmax or output_dtype or "int64"
    return _max_pool_with_argmax(input, ksize, strides, padding, data_format, dtype, include_batch_in_index)


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
        labels, label_length = _dense_labels(labels)
    y = convert_to_tensor(labels)
    blank = (0 if blank_index is None else blank_index) % logits.shape[2]
    y = K.switch(y > blank, y - 1, y)  # the classes without the blank, which comes last here
    return _ctc(_blank_last(logits, blank), y, logit_length, label_length, logits_time_major)


def _dense_labels(labels: SparseTensor) -> tuple[Any, Any]:
    """Labels as a matrix, and how many each row has."""
    ones = SparseTensor(labels.indices, K.ones_like(labels.values), labels.dense_shape)
    return K.to_dense(labels), K.sum(K.to_dense(ones), axis=-1)


def _blank_last(logits: Any, blank: int) -> Any:
    """Logits with the class of the blank behind the others."""
    return K.concatenate([logits[:, :, :blank], logits[:, :, blank + 1 :], logits[:, :, blank : blank + 1]], axis=-1)


def _ctc(logits: Any, labels: Any, times: Any, counts: Any, time_major: bool) -> Any:
    """The loss of each sample; the blank is the last class."""
    if time_major:
        logits = K.permute_dimensions(logits, (1, 0, 2))
    times, counts = (K.expand_dims(convert_to_tensor(length), -1) for length in (times, counts))
    return K.squeeze(ctc.cost(labels, K.softmax(logits), times, counts), -1)


def _old_ctc_loss(
    labels: Any,
    inputs: Any = None,
    sequence_length: Any = None,
    preprocess_collapse_repeated: bool = False,
    ctc_merge_repeated: bool = True,
    ignore_longer_outputs_than_inputs: bool = False,
    time_major: bool = True,
    logits: Any = None,
) -> Any:
    where = "tf.compat.v1.nn.ctc_loss()"
    if not isinstance(labels, SparseTensor):
        raise TypeError(f"{where}: labels must be a SparseTensor; got {labels!r}")
    if preprocess_collapse_repeated or not ctc_merge_repeated or ignore_longer_outputs_than_inputs:
        raise NotImplementedError(f"{where}: other ways to treat repeated labels are not answered by kjax")
    given = convert_to_tensor(inputs if logits is None else logits)
    dense, counts = _dense_labels(labels)
    return _ctc(given, dense, sequence_length, counts, time_major)


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
    if isinstance(params, (list, tuple)):
        if len(params) != 1:
            raise NotImplementedError("tf.nn.embedding_lookup(): params in several parts are not answered by kjax")
        (params,) = params
    if max_norm is not None:
        raise NotImplementedError(f"tf.nn.embedding_lookup(): max_norm is not answered by kjax; got {max_norm!r}")
    return K.gather(params, convert_to_tensor(ids))


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
    "avg_pool": _avg_pool,
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
    "max_pool": _max_pool,
    "max_pool_with_argmax": _max_pool_with_argmax,
    "scale_regularization_loss": lambda regularization_loss: K.sum(convert_to_tensor(regularization_loss)),
    "pool": _pool,
    "separable_conv2d": _separable_conv2d,
    "sufficient_statistics": _sufficient_statistics,
    "weighted_cross_entropy_with_logits": _weighted_cross_entropy,
    "weighted_moments": _weighted_moments,
}

# ------------------------------------------------------------------------------------------------------- TensorFlow 1


def _either(one: Any, other: Any) -> Any:
    return other if one is None else one


def _old_conv1d(
    value: Any = None,
    filters: Any = None,
    stride: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: Any = None,
    data_format: Any = None,
    name: Any = None,
    input: Any = None,
    dilations: Any = None,
) -> Any:
    return _conv1d(_either(value, input), filters, stride, padding, data_format, dilations)


def _old_conv2d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    padding: Any = None,
    use_cudnn_on_gpu: bool = True,
    data_format: Any = "NHWC",
    dilations: Any = [1, 1, 1, 1],  # noqa: B006 (TensorFlow's default)
    name: Any = None,
    filters: Any = None,
) -> Any:
    return _conv2d(input, _either(filter, filters), strides, padding, data_format, dilations)


def _old_conv3d(
    input: Any,
    filter: Any = None,
    strides: Any = None,
    padding: Any = None,
    data_format: Any = "NDHWC",
    dilations: Any = [1, 1, 1, 1, 1],  # noqa: B006 (TensorFlow's default)
    name: Any = None,
    filters: Any = None,
) -> Any:
    return _conv3d(input, _either(filter, filters), strides, padding, data_format, dilations)


def _old_conv2d_transpose(
    value: Any = None,
    filter: Any = None,
    output_shape: Any = None,
    strides: Any = None,
    padding: Any = "SAME",
    data_format: Any = "NHWC",
    name: Any = None,
    input: Any = None,
    filters: Any = None,
    dilations: Any = None,
) -> Any:
    x, kernel = _either(value, input), _either(filter, filters)
    return _conv2d_transpose(x, kernel, output_shape, strides, padding, data_format, dilations)


def _old_conv3d_transpose(
    value: Any,
    filter: Any = None,
    output_shape: Any = None,
    strides: Any = None,
    padding: Any = "SAME",
    data_format: Any = "NDHWC",
    name: Any = None,
    input: Any = None,
    filters: Any = None,
    dilations: Any = None,
) -> Any:
    x, kernel = _either(value, input), _either(filter, filters)
    return _conv3d_transpose(x, kernel, output_shape, strides, padding, data_format, dilations)


def _old_convolution(
    input: Any,
    filter: Any,
    padding: Any,
    strides: Any = None,
    dilation_rate: Any = None,
    name: Any = None,
    data_format: Any = None,
    filters: Any = None,
    dilations: Any = None,
) -> Any:
    rates = _either(dilation_rate, dilations)
    return _convolution(input, _either(filter, filters), strides, padding, data_format, rates)


def _old_depthwise_conv2d(
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    rate: Any = None,
    name: Any = None,
    data_format: Any = None,
    dilations: Any = None,
) -> Any:
    return _depthwise_conv2d(input, filter, strides, padding, data_format, _either(rate, dilations))


def _old_separable_conv2d(
    input: Any,
    depthwise_filter: Any,
    pointwise_filter: Any,
    strides: Any,
    padding: Any,
    rate: Any = None,
    name: Any = None,
    data_format: Any = None,
    dilations: Any = None,
) -> Any:
    rates = _either(rate, dilations)
    return _separable_conv2d(input, depthwise_filter, pointwise_filter, strides, padding, data_format, rates)


def _depthwise_conv2d_native(
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    data_format: Any = "NHWC",
    dilations: Any = [1, 1, 1, 1],  # noqa: B006 (TensorFlow's default)
    name: Any = None,
) -> Any:
    return _depthwise_conv2d(input, filter, strides, padding, data_format, dilations)


def _old_pool(
    input: Any,
    window_shape: Any,
    pooling_type: Any,
    padding: Any,
    dilation_rate: Any = None,
    strides: Any = None,
    name: Any = None,
    data_format: Any = None,
    dilations: Any = None,
) -> Any:
    rates = _either(dilation_rate, dilations)
    return _pool(input, window_shape, pooling_type, strides, padding, data_format, rates)


def _old_dropout(
    x: Any, keep_prob: Any = None, noise_shape: Any = None, seed: Any = None, name: Any = None, rate: Any = None
) -> Any:
    if (keep_prob is None) == (rate is None):
        raise ValueError("tf.compat.v1.nn.dropout(): give one of keep_prob and rate")
    return _dropout(x, 1 - keep_prob if rate is None else rate, noise_shape, seed)


def _old_embedding_lookup(
    params: Any,
    ids: Any,
    partition_strategy: Any = "mod",
    name: Any = None,
    validate_indices: bool = True,
    max_norm: Any = None,
) -> Any:
    return _embedding_lookup(params, ids, max_norm)


def _old_weighted_cross_entropy(
    labels: Any = None, logits: Any = None, pos_weight: Any = None, name: Any = None, targets: Any = None
) -> Any:
    return _weighted_cross_entropy(_either(labels, targets), logits, pos_weight)


def _softmax_cross_entropy_v2(labels: Any, logits: Any, axis: Any = None, name: Any = None, dim: Any = None) -> Any:
    axis = _either(axis, dim)
    return TF_NN["softmax_cross_entropy_with_logits"](labels, logits, -1 if axis is None else axis)


def _fused_batch_norm(
    x: Any,
    scale: Any,
    offset: Any,
    mean: Any = None,
    variance: Any = None,
    epsilon: Any = 0.001,
    data_format: Any = "NHWC",
    is_training: bool = True,
    name: Any = None,
    exponential_avg_factor: Any = 1.0,
) -> Any:
    where = "tf.compat.v1.nn.fused_batch_norm()"
    if exponential_avg_factor != 1.0:
        raise NotImplementedError(f"{where}: exponential_avg_factor is not answered by kjax")
    x = convert_to_tensor(x)
    first = _layout(where, data_format, 2) == "channels_first"
    x = K.permute_dimensions(x, (0, 2, 3, 1)) if first else x
    if is_training:
        mean, variance = TF_NN["moments"](x, [0, 1, 2])
        count = K.cast(K.prod(K.shape(x)[:3]), x.dtype)
        given = variance * (count / (count - 1))
    else:
        mean, variance = convert_to_tensor(mean), convert_to_tensor(variance)
        given = variance
    y = _batch_normalization(x, mean, variance, offset, scale, epsilon)
    return (K.permute_dimensions(y, (0, 3, 1, 2)) if first else y), mean, given


def _old_log_softmax(logits: Any, axis: Any = None, name: Any = None, dim: Any = None) -> Any:
    return _log_softmax(logits, _either(axis, dim))


V1_NN: Table = {
    **TF_ONLY,
    "avg_pool": _old_avg_pool,
    "avg_pool2d": _old_avg_pool,
    "avg_pool_v2": _avg_pool,
    "conv1d": _old_conv1d,
    "conv2d": _old_conv2d,
    "conv2d_transpose": _old_conv2d_transpose,
    "conv3d": _old_conv3d,
    "conv3d_transpose": _old_conv3d_transpose,
    "convolution": _old_convolution,
    "crelu": lambda features, name=None, axis=-1: _crelu(features, axis),
    "depthwise_conv2d": _old_depthwise_conv2d,
    "depthwise_conv2d_native": _depthwise_conv2d_native,
    "dropout": _old_dropout,
    "embedding_lookup": _old_embedding_lookup,
    "fused_batch_norm": _fused_batch_norm,
    "log_softmax": _old_log_softmax,
    "compute_average_loss": _compute_average_loss,
    "ctc_loss": _old_ctc_loss,
    "ctc_loss_v2": _ctc_loss,
    "max_pool": _old_max_pool,
    "scale_regularization_loss": NN["scale_regularization_loss"],
    "max_pool_with_argmax": _old_max_pool_with_argmax,
    "max_pool_v2": _max_pool,
    "pool": _old_pool,
    "relu_layer": lambda x, weights, biases, name=None: K.relu(K.bias_add(convert_to_tensor(x) @ weights, biases)),
    "separable_conv2d": _old_separable_conv2d,
    "softmax_cross_entropy_with_logits_v2": _softmax_cross_entropy_v2,
    "sufficient_statistics": lambda x, axes, shift=None, keep_dims=None, name=None, keepdims=None: (
        _sufficient_statistics(x, axes, shift, bool(keepdims or keep_dims))
    ),
    "weighted_cross_entropy_with_logits": _old_weighted_cross_entropy,
    "weighted_moments": lambda x, axes, frequency_weights, name=None, keep_dims=None, keepdims=None: _weighted_moments(
        x, axes, frequency_weights, bool(keepdims or keep_dims)
    ),
    "xw_plus_b": lambda x, weights, biases, name=None: K.bias_add(convert_to_tensor(x) @ weights, biases),
}

give_names({"tensorflow.nn": NN, "tensorflow.compat.v1.nn": V1_NN}, __name__)
