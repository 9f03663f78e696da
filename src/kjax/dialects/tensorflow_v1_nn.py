"""`tf.compat.v1.nn`: the functions of `tf.nn` with the arguments of TensorFlow 1, and some of its own."""

from __future__ import annotations

from typing import Any

from kjax import backend as K
from kjax.dialects.tensorflow_calls import TF_NN, Table, give_names
from kjax.dialects.tensorflow_nn import NN, TF_ONLY, ctc_losses, dense_labels, rows_of_parts, window_layout
from kjax.dialects.tensorflow_ops import convert_to_tensor
from kjax.sparse import SparseTensor


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
    return NN["conv1d"](_either(value, input), filters, stride, padding, data_format, dilations)


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
    return NN["conv2d"](input, _either(filter, filters), strides, padding, data_format, dilations)


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
    return NN["conv3d"](input, _either(filter, filters), strides, padding, data_format, dilations)


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
    return NN["conv2d_transpose"](x, kernel, output_shape, strides, padding, data_format, dilations)


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
    return NN["conv3d_transpose"](x, kernel, output_shape, strides, padding, data_format, dilations)


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
    return NN["convolution"](input, _either(filter, filters), strides, padding, data_format, rates)


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
    return NN["depthwise_conv2d"](input, filter, strides, padding, data_format, _either(rate, dilations))


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
    return NN["separable_conv2d"](input, depthwise_filter, pointwise_filter, strides, padding, data_format, rates)


def _depthwise_conv2d_native(
    input: Any,
    filter: Any,
    strides: Any,
    padding: Any,
    data_format: Any = "NHWC",
    dilations: Any = [1, 1, 1, 1],  # noqa: B006 (TensorFlow's default)
    name: Any = None,
) -> Any:
    return NN["depthwise_conv2d"](input, filter, strides, padding, data_format, dilations)


def _old_pooling(name: str) -> Any:
    """Pooling, whose first argument is `value`."""

    def pooling(
        value: Any,
        ksize: Any,
        strides: Any,
        padding: Any,
        data_format: Any = "NHWC",
        name: Any = None,
        input: Any = None,
    ) -> Any:
        return pool(value if input is None else input, ksize, strides, padding, data_format)

    pool = NN[name]
    return pooling


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
    return NN["pool"](input, window_shape, pooling_type, strides, padding, data_format, rates)


def _old_dropout(
    x: Any, keep_prob: Any = None, noise_shape: Any = None, seed: Any = None, name: Any = None, rate: Any = None
) -> Any:
    if (keep_prob is None) == (rate is None):
        raise ValueError("tf.compat.v1.nn.dropout(): give one of keep_prob and rate")
    return NN["dropout"](x, 1 - keep_prob if rate is None else rate, noise_shape, seed)


def _old_embedding_lookup(
    params: Any,
    ids: Any,
    partition_strategy: Any = "mod",
    name: Any = None,
    validate_indices: bool = True,
    max_norm: Any = None,
) -> Any:
    return rows_of_parts(params, ids, max_norm, partition_strategy)


def _old_weighted_cross_entropy(
    labels: Any = None, logits: Any = None, pos_weight: Any = None, name: Any = None, targets: Any = None
) -> Any:
    return NN["weighted_cross_entropy_with_logits"](_either(labels, targets), logits, pos_weight)


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
    first = window_layout(where, data_format, 2) == "channels_first"
    x = K.permute_dimensions(x, (0, 2, 3, 1)) if first else x
    if is_training:
        mean, variance = TF_NN["moments"](x, [0, 1, 2])
        count = K.cast(K.prod(K.shape(x)[:3]), x.dtype)
        given = variance * (count / (count - 1))
    else:
        mean, variance = convert_to_tensor(mean), convert_to_tensor(variance)
        given = variance
    y = NN["batch_normalization"](x, mean, variance, offset, scale, epsilon)
    return (K.permute_dimensions(y, (0, 3, 1, 2)) if first else y), mean, given


def _old_log_softmax(logits: Any, axis: Any = None, name: Any = None, dim: Any = None) -> Any:
    return NN["log_softmax"](logits, _either(axis, dim))


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
    return NN["max_pool_with_argmax"](input, ksize, strides, padding, data_format, dtype, include_batch_in_index)


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
    dense, counts = dense_labels(labels)
    return ctc_losses(given, dense, sequence_length, counts, time_major)


def _old_weighted_moments(
    x: Any, axes: Any, frequency_weights: Any, name: Any = None, keep_dims: Any = None, keepdims: Any = None
) -> Any:
    return NN["weighted_moments"](x, axes, frequency_weights, bool(keepdims or keep_dims))


V1_NN: Table = {
    **TF_ONLY,
    "avg_pool": _old_pooling("avg_pool2d"),
    "avg_pool2d": _old_pooling("avg_pool2d"),
    "avg_pool_v2": NN["avg_pool"],
    "conv1d": _old_conv1d,
    "conv2d": _old_conv2d,
    "conv2d_transpose": _old_conv2d_transpose,
    "conv3d": _old_conv3d,
    "conv3d_transpose": _old_conv3d_transpose,
    "convolution": _old_convolution,
    "crelu": lambda features, name=None, axis=-1: NN["crelu"](features, axis),
    "depthwise_conv2d": _old_depthwise_conv2d,
    "depthwise_conv2d_native": _depthwise_conv2d_native,
    "dropout": _old_dropout,
    "embedding_lookup": _old_embedding_lookup,
    "fused_batch_norm": _fused_batch_norm,
    "log_softmax": _old_log_softmax,
    "compute_average_loss": NN["compute_average_loss"],
    "ctc_loss": _old_ctc_loss,
    "ctc_loss_v2": NN["ctc_loss"],
    "max_pool": _old_pooling("max_pool2d"),
    "scale_regularization_loss": NN["scale_regularization_loss"],
    "max_pool_with_argmax": _old_max_pool_with_argmax,
    "max_pool_v2": NN["max_pool"],
    "pool": _old_pool,
    "relu_layer": lambda x, weights, biases, name=None: K.relu(K.bias_add(convert_to_tensor(x) @ weights, biases)),
    "separable_conv2d": _old_separable_conv2d,
    "softmax_cross_entropy_with_logits_v2": _softmax_cross_entropy_v2,
    "sufficient_statistics": lambda x, axes, shift=None, keep_dims=None, name=None, keepdims=None: NN[
        "sufficient_statistics"
    ](x, axes, shift, bool(keepdims or keep_dims)),
    "weighted_cross_entropy_with_logits": _old_weighted_cross_entropy,
    "weighted_moments": _old_weighted_moments,
    "xw_plus_b": lambda x, weights, biases, name=None: K.bias_add(convert_to_tensor(x) @ weights, biases),
}

give_names({"tensorflow.compat.v1.nn": V1_NN}, __name__)
