"""`tf.contrib.layers` of TensorFlow 1.15: layers with weights, regularizers and initializers that programs use."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.operands import as_tensor
from kjax.dialects.tensorflow_graphs import GraphKeys, get_default_graph, get_variable, variable_scope
from kjax.dialects.tensorflow_initial import ones_initializer, variance_scaling_initializer, zeros_initializer
from kjax.dialects.tensorflow_modules import answers

# -------------------------------------------------------------------------------------------------------- regularizers


def _scale(scale: Any, where: str) -> float:
    if isinstance(scale, (int, np.integer)) and not isinstance(scale, bool) and scale != 0:
        raise ValueError(f"tf.contrib.layers.{where}(): scale must be a float; got {scale!r}")
    if scale < 0:
        raise ValueError(f"tf.contrib.layers.{where}(): scale must not be less than 0; got {scale!r}")
    return float(scale)


def _regularizer(name: str, penalty: Callable[[Any], Any]) -> Callable[..., Any]:
    def regularizer(scale: Any, scope: Any = None) -> Any:
        factor = _scale(scale, name)
        return (lambda weights: factor * penalty(as_tensor(weights))) if factor else (lambda weights: None)

    return regularizer


_l1_regularizer = _regularizer("l1_regularizer", lambda weights: K.sum(K.abs(weights)))
_l2_regularizer = _regularizer("l2_regularizer", lambda weights: K.sum(K.square(weights)) / 2)


def _l1_l2_regularizer(scale_l1: Any = 1.0, scale_l2: Any = 1.0, scope: Any = None) -> Any:
    return _sum_regularizer([_l1_regularizer(scale_l1), _l2_regularizer(scale_l2)])


def _sum_regularizer(regularizer_list: Any, scope: Any = None) -> Any:
    parts = [part for part in regularizer_list if part is not None]

    def regularizer(weights: Any) -> Any:
        found = [loss for loss in (part(weights) for part in parts) if loss is not None]
        return sum(found[1:], found[0]) if found else None

    return regularizer if parts else None


def _apply_regularization(regularizer: Any, weights_list: Any = None) -> Any:
    weights = get_default_graph().get_collection(GraphKeys.WEIGHTS) if weights_list is None else weights_list
    if not weights:
        raise ValueError("tf.contrib.layers.apply_regularization(): there are no weights to regularize")
    penalties = [penalty for penalty in map(regularizer, weights) if penalty is not None]
    total = sum(penalties[1:], penalties[0]) if penalties else as_tensor(0.0)
    get_default_graph().add_to_collection(GraphKeys.REGULARIZATION_LOSSES, total)
    return total


# -------------------------------------------------------------------------------------------------------- initializers


def _variance_scaling_initializer(
    factor: Any = 2.0, mode: str = "FAN_IN", uniform: bool = False, seed: Any = None, dtype: Any = "float32"
) -> Any:
    modes = ("FAN_IN", "FAN_OUT", "FAN_AVG")
    if mode not in modes:
        raise TypeError(f"tf.contrib.layers.variance_scaling_initializer(): mode must be one of {modes}; got {mode!r}")
    distribution = "uniform" if uniform else "truncated_normal"
    return variance_scaling_initializer(factor, mode.lower(), distribution, seed, dtype)


def _xavier_initializer(uniform: bool = True, seed: Any = None, dtype: Any = "float32") -> Any:
    return _variance_scaling_initializer(1.0, "FAN_AVG", uniform, seed, dtype)


# -------------------------------------------------------------------------------------------------------------- layers


def _relu(x: Any) -> Any:
    return K.relu(x)


def _weighted(
    kind: str, compute: Callable[[Any, Any], Any], shape: Callable[[Any], Any], given: dict[str, Any], outputs: int
) -> Any:
    """A layer with a kernel called `weights`, then a normalizer or `biases`, then an activation."""
    inputs = as_tensor(given["inputs"])
    initializer, biases = given["weights_initializer"], given["biases_initializer"]
    with variable_scope(given["scope"], kind, reuse=given["reuse"]):
        own = {"trainable": given["trainable"]}
        kernel = get_variable(
            "weights",
            shape(inputs),
            initializer=_xavier_initializer() if initializer == "xavier" else initializer,
            regularizer=given["weights_regularizer"],
            **own,
        )
        x = compute(inputs, kernel)
        if given["normalizer_fn"] is not None:
            x = given["normalizer_fn"](x, **(given["normalizer_params"] or {}))
        elif biases is not None:
            zeros = zeros_initializer() if biases == "zeros" else biases
            bias = get_variable("biases", (outputs,), initializer=zeros, regularizer=given["biases_regularizer"], **own)
            x = K.bias_add(x, bias)
        return x if given["activation_fn"] is None else given["activation_fn"](x)


def _fully_connected(
    inputs: Any,
    num_outputs: Any,
    activation_fn: Any = _relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = "xavier",
    weights_regularizer: Any = None,
    biases_initializer: Any = "zeros",
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Any:
    given = dict(locals())
    return _weighted("fully_connected", K.dot, lambda x: (int(x.shape[-1]), num_outputs), given, num_outputs)


def _pair(value: Any) -> tuple[int, int]:
    return (value, value) if isinstance(value, int) else (int(value[0]), int(value[1]))


def _conv2d(
    inputs: Any,
    num_outputs: Any,
    kernel_size: Any,
    stride: Any = 1,
    padding: str = "SAME",
    data_format: Any = None,
    rate: Any = 1,
    activation_fn: Any = _relu,
    normalizer_fn: Any = None,
    normalizer_params: Any = None,
    weights_initializer: Any = "xavier",
    weights_regularizer: Any = None,
    biases_initializer: Any = "zeros",
    biases_regularizer: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    scope: Any = None,
) -> Any:
    given = dict(locals())
    if data_format not in (None, "NHWC"):
        raise NotImplementedError(f"tf.contrib.layers.conv2d(): kjax has channels last here; got {data_format!r}")

    def compute(x: Any, kernel: Any) -> Any:
        return K.conv2d(x, kernel, _pair(stride), padding.lower(), "channels_last", _pair(rate))

    def shape(x: Any) -> Any:
        return (*_pair(kernel_size), int(x.shape[-1]), num_outputs)

    return _weighted("Conv", compute, shape, given, num_outputs)


def _pool2d(mode: str) -> Callable[..., Any]:
    def pool(
        inputs: Any,
        kernel_size: Any,
        stride: Any = 2,
        padding: str = "VALID",
        data_format: str = "NHWC",
        outputs_collections: Any = None,
        scope: Any = None,
    ) -> Any:
        layout = {"NHWC": "channels_last", "NCHW": "channels_first"}[data_format]
        return K.pool2d(inputs, _pair(kernel_size), _pair(stride), padding.lower(), layout, mode)

    return pool


def _dropout(
    inputs: Any,
    keep_prob: Any = 0.5,
    noise_shape: Any = None,
    is_training: Any = True,
    outputs_collections: Any = None,
    scope: Any = None,
    seed: Any = None,
) -> Any:
    return answers("layers", 1)["dropout"](inputs, 1 - keep_prob, noise_shape, seed, is_training)


def _flatten(inputs: Any, outputs_collections: Any = None, scope: Any = None) -> Any:
    return answers("layers", 1)["flatten"](inputs)


def _batch_norm(
    inputs: Any,
    decay: Any = 0.999,
    center: bool = True,
    scale: bool = False,
    epsilon: Any = 0.001,
    activation_fn: Any = None,
    param_initializers: Any = None,
    param_regularizers: Any = None,
    updates_collections: Any = "update_ops",
    is_training: Any = True,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    batch_weights: Any = None,
    fused: Any = None,
    data_format: str = "NHWC",
    zero_debias_moving_mean: bool = False,
    scope: Any = None,
    renorm: bool = False,
    renorm_clipping: Any = None,
    renorm_decay: Any = 0.99,
    adjustment: Any = None,
) -> Any:
    if updates_collections != GraphKeys.UPDATE_OPS or batch_weights is not None or zero_debias_moving_mean:
        raise NotImplementedError(
            "tf.contrib.layers.batch_norm(): updates_collections, batch_weights and zero_debias_moving_mean are not "
            "answered by kjax; updates are in tf.GraphKeys.UPDATE_OPS"
        )
    own = {f"{name}_initializer": made for name, made in (param_initializers or {}).items()}
    own |= {f"{name}_regularizer": made for name, made in (param_regularizers or {}).items()}
    with variable_scope(scope, "BatchNorm", reuse=reuse) as entered:
        layer = answers("layers", 1)["BatchNormalization"](
            1 if data_format == "NCHW" else -1, decay, epsilon, center, scale, renorm=renorm, adjustment=adjustment,
            trainable=trainable, fused=fused, name=entered, _reuse=reuse, **own,
        )  # fmt: skip
        layer.unbiased = fused is not False and as_tensor(inputs).shape.rank == 2
        x = layer(inputs, training=is_training)
    return x if activation_fn is None else activation_fn(x)


def _layer_norm(
    inputs: Any,
    center: bool = True,
    scale: bool = True,
    activation_fn: Any = None,
    reuse: Any = None,
    variables_collections: Any = None,
    outputs_collections: Any = None,
    trainable: bool = True,
    begin_norm_axis: int = 1,
    begin_params_axis: int = -1,
    scope: Any = None,
) -> Any:
    x = as_tensor(inputs)
    rank = len(x.shape)
    axes = [*range(begin_norm_axis % rank, rank)]
    shape = tuple(x.shape[begin_params_axis:])
    with variable_scope(scope, "LayerNorm", reuse=reuse):
        beta = get_variable("beta", shape, initializer=zeros_initializer()) if center else None
        gamma = get_variable("gamma", shape, initializer=ones_initializer()) if scale else None
        mean, variance = answers("nn", 1)["moments"](x, axes, keep_dims=True)
        x = answers("nn", 1)["batch_normalization"](x, mean, variance, beta, gamma, 1e-12)
    return x if activation_fn is None else activation_fn(x)


def _one_hot_encoding(
    labels: Any, num_classes: Any, on_value: Any = 1.0, off_value: Any = 0.0, outputs_collections: Any = None,
    scope: Any = None,
) -> Any:  # fmt: skip
    return answers("", 1)["one_hot"](labels, num_classes, on_value, off_value)


LAYERS: dict[str, Any] = {
    "apply_regularization": _apply_regularization,
    "avg_pool2d": _pool2d("avg"),
    "batch_norm": _batch_norm,
    "conv2d": _conv2d,
    "convolution2d": _conv2d,
    "dropout": _dropout,
    "flatten": _flatten,
    "fully_connected": _fully_connected,
    "l1_l2_regularizer": _l1_l2_regularizer,
    "l1_regularizer": _l1_regularizer,
    "l2_regularizer": _l2_regularizer,
    "layer_norm": _layer_norm,
    "linear": partial(_fully_connected, activation_fn=None),
    "max_pool2d": _pool2d("max"),
    "one_hot_encoding": _one_hot_encoding,
    "relu": _fully_connected,
    "sum_regularizer": _sum_regularizer,
    "variance_scaling_initializer": _variance_scaling_initializer,
    "xavier_initializer": _xavier_initializer,
    "xavier_initializer_conv2d": _xavier_initializer,
}
