"""The Keras backend API: the functions that `tf.keras.backend` of TensorFlow 2.2 documents, and nothing else.

    from kjax import backend as K

Two of them, `get_session` and `set_session`, come from `tf.compat.v1.keras.backend`. Three more were in the backend of
Keras 3 only, on TensorFlow; other faces of kjax do not have them.
"""

import importlib as _importlib
import typing as _typing

from kjax.core.function import function
from kjax.core.gradients import gradients
from kjax.core.graph import name_scope
from kjax.core.phase import learning_phase, learning_phase_scope, set_learning_phase
from kjax.core.session import clear_session, get_session, manual_variable_initialization, set_session
from kjax.machine.config import (
    backend,
    epsilon,
    floatx,
    get_uid,
    image_data_format,
    reset_uids,
    set_epsilon,
    set_floatx,
    set_image_data_format,
)
from kjax.ops import methods as _methods  # noqa: F401  (gives tensors their operators)
from kjax.ops.activation import elu, hard_sigmoid, relu, sigmoid, softmax, softplus, softsign, tanh
from kjax.ops.comparison import equal, greater, greater_equal, less, less_equal, not_equal
from kjax.ops.control import in_test_phase, in_train_phase, stop_gradient, switch
from kjax.ops.creation import arange, constant, eye, ones, ones_like, placeholder, variable, zeros, zeros_like
from kjax.ops.elementwise import (
    abs,
    cast,
    cast_to_floatx,
    clip,
    cos,
    exp,
    log,
    maximum,
    minimum,
    pow,
    round,
    sign,
    sin,
    sqrt,
    square,
)
from kjax.ops.indexing import gather, one_hot
from kjax.ops.linear import batch_dot, dot, transpose
from kjax.ops.reduction import all, any, argmax, argmin, cumprod, cumsum, max, mean, min, prod, std, sum, var
from kjax.ops.shaping import (
    batch_flatten,
    concatenate,
    expand_dims,
    flatten,
    permute_dimensions,
    repeat,
    repeat_elements,
    reshape,
    reverse,
    squeeze,
    stack,
    tile,
)
from kjax.ops.state import (
    batch_get_value,
    batch_set_value,
    count_params,
    dtype,
    eval,
    get_value,
    int_shape,
    is_keras_tensor,
    moving_average_update,
    ndim,
    set_value,
    shape,
    update,
    update_add,
    update_sub,
)
from kjax.sparse.operations import is_sparse, to_dense

if _typing.TYPE_CHECKING:
    from kjax.ops.convolution import (
        bias_add,
        conv1d,
        conv2d,
        conv3d,
        depthwise_conv2d,
        local_conv1d,
        local_conv2d,
        separable_conv2d,
    )
    from kjax.ops.ctc import ctc_batch_cost, ctc_decode
    from kjax.ops.image import (
        resize_images,
        resize_volumes,
        spatial_2d_padding,
        spatial_3d_padding,
        temporal_padding,
    )
    from kjax.ops.loops import foldl, foldr, map_fn
    from kjax.ops.loss import (  # noqa: F401 (of `_KERAS3`)
        binary_crossentropy,
        binary_focal_crossentropy,
        categorical_crossentropy,
        categorical_focal_crossentropy,
        sparse_categorical_crossentropy,
    )
    from kjax.ops.normalisation import batch_normalization, l2_normalize, normalize_batch_in_training
    from kjax.ops.pooling import pool2d, pool3d
    from kjax.ops.printing import print_tensor
    from kjax.ops.random import (  # noqa: F401
        dropout,
        random_bernoulli,
        random_binomial,
        random_normal,
        random_normal_variable,
        random_uniform,
        random_uniform_variable,
        truncated_normal,
    )
    from kjax.ops.ranking import in_top_k
    from kjax.ops.recurrence import rnn
    from kjax.ops.transposed import conv2d_transpose
    from kjax.sparse.labels import ctc_label_dense_to_sparse

__all__ = [
    "abs",
    "all",
    "any",
    "arange",
    "argmax",
    "argmin",
    "backend",
    "batch_dot",
    "batch_flatten",
    "batch_get_value",
    "batch_normalization",
    "batch_set_value",
    "bias_add",
    "binary_crossentropy",
    "cast",
    "cast_to_floatx",
    "categorical_crossentropy",
    "clear_session",
    "clip",
    "concatenate",
    "constant",
    "conv1d",
    "conv2d",
    "conv2d_transpose",
    "conv3d",
    "cos",
    "count_params",
    "ctc_batch_cost",
    "ctc_decode",
    "ctc_label_dense_to_sparse",
    "cumprod",
    "cumsum",
    "depthwise_conv2d",
    "dot",
    "dropout",
    "dtype",
    "elu",
    "epsilon",
    "equal",
    "eval",
    "exp",
    "expand_dims",
    "eye",
    "flatten",
    "floatx",
    "foldl",
    "foldr",
    "function",
    "gather",
    "get_session",
    "get_uid",
    "get_value",
    "gradients",
    "greater",
    "greater_equal",
    "hard_sigmoid",
    "image_data_format",
    "in_test_phase",
    "in_top_k",
    "in_train_phase",
    "int_shape",
    "is_keras_tensor",
    "is_sparse",
    "l2_normalize",
    "learning_phase",
    "learning_phase_scope",
    "less",
    "less_equal",
    "local_conv1d",
    "local_conv2d",
    "log",
    "manual_variable_initialization",
    "map_fn",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "moving_average_update",
    "name_scope",
    "ndim",
    "normalize_batch_in_training",
    "not_equal",
    "one_hot",
    "ones",
    "ones_like",
    "permute_dimensions",
    "placeholder",
    "pool2d",
    "pool3d",
    "pow",
    "print_tensor",
    "prod",
    "random_binomial",
    "random_normal",
    "random_normal_variable",
    "random_uniform",
    "random_uniform_variable",
    "relu",
    "repeat",
    "repeat_elements",
    "reset_uids",
    "reshape",
    "resize_images",
    "resize_volumes",
    "reverse",
    "rnn",
    "round",
    "separable_conv2d",
    "set_epsilon",
    "set_floatx",
    "set_image_data_format",
    "set_learning_phase",
    "set_session",
    "set_value",
    "shape",
    "sigmoid",
    "sign",
    "sin",
    "softmax",
    "softplus",
    "softsign",
    "sparse_categorical_crossentropy",
    "spatial_2d_padding",
    "spatial_3d_padding",
    "sqrt",
    "square",
    "squeeze",
    "stack",
    "std",
    "stop_gradient",
    "sum",
    "switch",
    "tanh",
    "temporal_padding",
    "tile",
    "to_dense",
    "transpose",
    "truncated_normal",
    "update",
    "update_add",
    "update_sub",
    "var",
    "variable",
    "zeros",
    "zeros_like",
]

# What the backend of Keras 3 has beyond them. (Other faces of kjax have the names of `__all__` only.)
_KERAS3 = ("binary_focal_crossentropy", "categorical_focal_crossentropy", "random_bernoulli")

# Modules that many programs never need; each is loaded when a name of it is asked for, which makes a start sooner.
_LATER = {
    "ops.convolution": (
        "bias_add",
        "conv1d",
        "conv2d",
        "conv3d",
        "depthwise_conv2d",
        "local_conv1d",
        "local_conv2d",
        "separable_conv2d",
    ),
    "ops.ctc": (
        "ctc_batch_cost",
        "ctc_decode",
    ),
    "ops.image": (
        "resize_images",
        "resize_volumes",
        "spatial_2d_padding",
        "spatial_3d_padding",
        "temporal_padding",
    ),
    "ops.loops": (
        "foldl",
        "foldr",
        "map_fn",
    ),
    "ops.loss": (
        "binary_crossentropy",
        "binary_focal_crossentropy",
        "categorical_crossentropy",
        "categorical_focal_crossentropy",
        "sparse_categorical_crossentropy",
    ),
    "ops.normalisation": (
        "batch_normalization",
        "l2_normalize",
        "normalize_batch_in_training",
    ),
    "ops.pooling": (
        "pool2d",
        "pool3d",
    ),
    "ops.printing": ("print_tensor",),
    "ops.random": (
        "dropout",
        "random_bernoulli",
        "random_binomial",
        "random_normal",
        "random_normal_variable",
        "random_uniform",
        "random_uniform_variable",
        "truncated_normal",
    ),
    "ops.ranking": ("in_top_k",),
    "ops.recurrence": ("rnn",),
    "ops.transposed": ("conv2d_transpose",),
    "sparse.labels": ("ctc_label_dense_to_sparse",),
}


def __getattr__(name: str) -> _typing.Any:
    for module_name, names in _LATER.items():
        if name in names:
            module = _importlib.import_module(f"kjax.{module_name}")
            globals().update({n: getattr(module, n) for n in names})
            return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_KERAS3})
