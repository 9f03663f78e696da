"""The Keras backend API: the functions that `tf.keras.backend` of TensorFlow 2.2 documents, and nothing else.

    from kjax import backend as K

Two of them, `get_session` and `set_session`, are those of `tf.compat.v1.keras.backend`.
"""

from kjax.autodiff import gradients
from kjax.config import (
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
from kjax.function import function
from kjax.graph import name_scope
from kjax.ops import operators as _operators  # gives tensors their operators
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
from kjax.ops.loss import binary_crossentropy, categorical_crossentropy, sparse_categorical_crossentropy
from kjax.ops.normalisation import l2_normalize
from kjax.ops.random import (
    dropout,
    random_binomial,
    random_normal,
    random_normal_variable,
    random_uniform,
    random_uniform_variable,
    truncated_normal,
)
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
    clear_session,
    count_params,
    dtype,
    eval,
    get_session,
    get_value,
    int_shape,
    is_keras_tensor,
    is_sparse,
    manual_variable_initialization,
    moving_average_update,
    ndim,
    set_session,
    set_value,
    shape,
    update,
    update_add,
    update_sub,
)
from kjax.phase import learning_phase, learning_phase_scope, set_learning_phase

__all__ = [name for name in dir() if not name.startswith("_")]
