"""The `tf.*` calls of `tensorflow.compat.v1`: those of TensorFlow 2, and what differs or is only there."""

from __future__ import annotations

from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core import graph
from kjax.core.session import Session
from kjax.dialects import tensorflow_ops as ops
from kjax.dialects.tensorflow_calls import (
    ARRAYS,
    BINARY,
    REDUCTIONS,
    TF,
    TF_MATH,
    TF_NN,
    TF_RANDOM,
    UNARY,
    Table,
    give_names,
)
from kjax.dialects.tensorflow_dimensions import show_dimensions
from kjax.dialects.tensorflow_ops import constant, convert_to_tensor


class ConfigProto:
    """Options of a session: any may be set and none has an effect."""

    def __init__(self, **options: Any) -> None:
        vars(self).update(options)

    def __getattr__(self, name: str) -> ConfigProto:
        if name.startswith("__"):
            raise AttributeError(name)
        options = ConfigProto()
        setattr(self, name, options)
        return options


def _div(x: Any, y: Any, name: Any = None) -> Any:
    """The quotient, of integers rounded down, as in Python 2."""
    x = convert_to_tensor(x)
    return x // y if x.dtype.is_integer else BINARY["divide"](x, y)


def _reduction(reduce: Any) -> Any:
    def call(
        input_tensor: Any,
        axis: Any = None,
        keepdims: Any = None,
        name: Any = None,
        reduction_indices: Any = None,
        keep_dims: Any = None,
    ) -> Any:
        return reduce(input_tensor, reduction_indices if axis is None else axis, bool(keepdims or keep_dims))

    return call


def _constant(value: Any, dtype: Any, shape: Any, verify_shape: bool) -> Any:
    if verify_shape and shape is not None and tuple(shape) != np.shape(value):
        raise TypeError(f"tf.compat.v1.constant(): value must have the shape {tuple(shape)}; got {np.shape(value)}")
    return constant(value, dtype, shape)


def _named(loss: str, sentinel: Any, labels: Any, logits: Any) -> tuple[Any, Any]:
    """The operands of a cross entropy, which TensorFlow 1 takes by name alone: their order had changed."""
    if sentinel is not None or labels is None or logits is None:
        raise ValueError(f"tf.compat.v1.nn.{loss}_cross_entropy_with_logits(): give labels=... and logits=... by name")
    return labels, logits


def _softmax_cross_entropy(
    _sentinel: Any = None, labels: Any = None, logits: Any = None, dim: Any = -1, name: Any = None, axis: Any = None
) -> Any:
    call = TF_NN["softmax_cross_entropy_with_logits"]
    return call(*_named("softmax", _sentinel, labels, logits), dim if axis is None else axis)


def _l2_normalize(x: Any, axis: Any = None, epsilon: Any = 1e-12, name: Any = None, dim: Any = None) -> Any:
    return ops.l2_normalize(x, dim if axis is None else axis, epsilon)


def extract_patches(images: Any, sizes: Any, strides: Any, rates: Any, padding: Any, name: Any = None) -> Any:
    """The elements of each window as channels: `tf.image.extract_patches`."""
    from kjax.ops import framing  # (loaded late: few programs look at images)

    if not isinstance(padding, str) or padding not in ("SAME", "VALID"):
        raise ValueError(f"tf.image.extract_patches: padding must be 'SAME' or 'VALID'; got {padding!r}")
    return framing.extract_patches(images, sizes, strides, rates, padding.lower())


def extract_image_patches(
    images: Any,
    ksizes: Any = None,
    strides: Any = None,
    rates: Any = None,
    padding: Any = None,
    name: Any = None,
    sizes: Any = None,
) -> Any:
    """The elements of each window as channels: `tf.image.extract_patches`, by its older names."""
    return extract_patches(images, ksizes if sizes is None else sizes, strides, rates, padding)


_REDUCTIONS: Table = {name: _reduction(reduce) for name, reduce in REDUCTIONS.items()}


def _disable_v2_behavior() -> None:
    graph.disable_eager_execution()
    show_dimensions()


def _enable_v2_behavior() -> None:
    graph.enable_eager_execution()
    show_dimensions(False)


_MODES: Table = {
    "disable_eager_execution": graph.disable_eager_execution,
    "disable_v2_behavior": _disable_v2_behavior,
    "enable_eager_execution": lambda config=None, device_policy=None, execution_mode=None: (
        graph.enable_eager_execution()
    ),
    "enable_v2_behavior": _enable_v2_behavior,
}

_SESSIONS: Table = {
    "ConfigProto": ConfigProto,
    "GPUOptions": ConfigProto,
    "GraphOptions": ConfigProto,
    "OptimizerOptions": ConfigProto,
    "RunOptions": ConfigProto,
    "InteractiveSession": Session,
    "Session": Session,
    "get_default_session": lambda: K.get_session(),
    "placeholder": ops.placeholder,
    "placeholder_with_default": lambda input, shape, name=None: ops.placeholder_with_default(input, shape),
}

_NAMES: Table = {
    "argmax": lambda input, axis=None, name=None, dimension=None, output_type="int64": ARRAYS["argmax"](
        input, dimension if axis is None else axis, output_type
    ),
    "argmin": lambda input, axis=None, name=None, dimension=None, output_type="int64": ARRAYS["argmin"](
        input, dimension if axis is None else axis, output_type
    ),
    "assign": lambda ref, value, validate_shape=None, use_locking=None, name=None: K.update(ref, value),
    "assign_add": lambda ref, value, use_locking=None, name=None: K.update_add(ref, value),
    "assign_sub": lambda ref, value, use_locking=None, name=None: K.update_sub(ref, value),
    "ceil": UNARY["ceil"],
    "constant": lambda value, dtype=None, shape=None, name="Const", verify_shape=False: _constant(
        value, dtype, shape, verify_shape
    ),
    "convert_to_tensor": lambda value, dtype=None, name=None, preferred_dtype=None, dtype_hint=None: convert_to_tensor(
        value, dtype, preferred_dtype if dtype_hint is None else dtype_hint
    ),
    "div": _div,
    "expand_dims": lambda input, axis=None, name=None, dim=None: K.expand_dims(input, dim if axis is None else axis),
    "extract_image_patches": extract_image_patches,
    "gather": lambda params, indices, validate_indices=None, name=None, axis=None, batch_dims=0: ARRAYS["gather"](
        params, indices, validate_indices, axis, batch_dims
    ),
    "is_finite": UNARY["is_finite"],
    "is_inf": UNARY["is_inf"],
    "is_nan": UNARY["is_nan"],
    "log": UNARY["log"],
    "log1p": UNARY["log1p"],
    "mod": BINARY["mod"],
    "name_scope": lambda name, default_name=None, values=None: K.name_scope(default_name if name is None else name),
    "ones_like": lambda tensor, dtype=None, name=None, optimize=True: ARRAYS["ones_like"](tensor, dtype),
    "pad": lambda tensor, paddings, mode="CONSTANT", name=None, constant_values=0: ops.pad(
        tensor, paddings, mode, constant_values
    ),
    "random_normal": TF_RANDOM["normal"],
    "random_uniform": TF_RANDOM["uniform"],
    "rsqrt": UNARY["rsqrt"],
    "set_random_seed": ops.set_seed,
    "shape": lambda input, name=None, out_type="int32": ARRAYS["shape"](input, out_type),
    "size": lambda input, name=None, out_type="int32": ARRAYS["size"](input, out_type),
    "squeeze": lambda input, axis=None, name=None, squeeze_dims=None: ARRAYS["squeeze"](
        input, squeeze_dims if axis is None else axis
    ),
    "to_double": lambda x, name="ToDouble": K.cast(x, "float64"),
    "to_float": lambda x, name="ToFloat": K.cast(x, "float32"),
    "to_int32": lambda x, name="ToInt32": K.cast(x, "int32"),
    "to_int64": lambda x, name="ToInt64": K.cast(x, "int64"),
    "transpose": lambda a, perm=None, name="transpose", conjugate=False: ARRAYS["transpose"](a, perm, conjugate),
    "truncated_normal": TF_RANDOM["truncated_normal"],
    "where": ops.where_without_broadcasting,
    "zeros_like": lambda tensor, dtype=None, name=None, optimize=True: ARRAYS["zeros_like"](tensor, dtype),
}

V1: Table = {**TF, **_REDUCTIONS, **_MODES, **_SESSIONS, **_NAMES}
V1_MATH: Table = {
    **TF_MATH,
    **_REDUCTIONS,
    "argmax": _NAMES["argmax"],
    "argmin": _NAMES["argmin"],
    "l2_normalize": _l2_normalize,
}
V1_NN: Table = {
    **TF_NN,
    "l2_normalize": _l2_normalize,
    "moments": lambda x, axes, shift=None, name=None, keep_dims=None, keepdims=None: TF_NN["moments"](
        x, axes, shift, bool(keepdims or keep_dims)
    ),
    "sigmoid_cross_entropy_with_logits": lambda _sentinel=None, labels=None, logits=None, name=None: TF_NN[
        "sigmoid_cross_entropy_with_logits"
    ](*_named("sigmoid", _sentinel, labels, logits)),
    "softmax": lambda logits, axis=None, name=None, dim=None: K.softmax(
        logits, next((a for a in (axis, dim) if a is not None), -1)
    ),
    "softmax_cross_entropy_with_logits": _softmax_cross_entropy,
    "sparse_softmax_cross_entropy_with_logits": lambda _sentinel=None, labels=None, logits=None, name=None: TF_NN[
        "sparse_softmax_cross_entropy_with_logits"
    ](*_named("sparse_softmax", _sentinel, labels, logits)),
}
V1_RANDOM: Table = {
    **{name: call for name, call in TF_RANDOM.items() if name != "set_seed"},
    "set_random_seed": ops.set_seed,
}

give_names(
    {"tensorflow.compat.v1": V1, "tensorflow.compat.v1.math": V1_MATH, "tensorflow.compat.v1.nn": V1_NN}, __name__
)
