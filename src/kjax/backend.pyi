"""The Keras backend API, for type checkers: written by `tests/backend_stub.py`. The module says more."""

# mypy: disable-error-code="overload-overlap"

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, SupportsFloat, SupportsIndex, overload

import jax
import numpy as np

from kjax.core.function import Function
from kjax.core.session import Session
from kjax.core.tensor import Placeholder, Tensor
from kjax.core.types import (
    ArrayLike,
    AxisLike,
    DTypeLike,
    KnownShape,
    Result,
    Shaped,
    ShapeLike,
    SparseMatrix,
    TensorLike,
)
from kjax.core.variable import Variable
from kjax.sparse import SparseTensor, SparseTensorValue

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

@overload
def abs(x: SparseTensor) -> SparseTensor: ...
@overload
def abs(x: jax.Array) -> jax.Array: ...
@overload
def abs(x: TensorLike) -> Tensor: ...
@overload
def all(x: jax.Array, axis: AxisLike = None, keepdims: bool = False) -> jax.Array: ...
@overload
def all(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor: ...
@overload
def any(x: jax.Array, axis: AxisLike = None, keepdims: bool = False) -> jax.Array: ...
@overload
def any(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor: ...
@overload
def arange(
    start: jax.Array, stop: ArrayLike | None = None, step: ArrayLike = 1, dtype: DTypeLike = "int32"
) -> jax.Array: ...
@overload
def arange(start: ArrayLike, stop: jax.Array, step: ArrayLike = 1, dtype: DTypeLike = "int32") -> jax.Array: ...
@overload
def arange(
    start: ArrayLike, stop: ArrayLike | None = None, *, step: jax.Array, dtype: DTypeLike = "int32"
) -> jax.Array: ...
@overload
def arange(
    start: TensorLike, stop: TensorLike | None = None, step: TensorLike = 1, dtype: DTypeLike = "int32"
) -> Tensor: ...
@overload
def argmax(x: jax.Array, axis: SupportsIndex | None = -1) -> jax.Array: ...
@overload
def argmax(x: TensorLike, axis: SupportsIndex | None = -1) -> Tensor: ...
@overload
def argmin(x: jax.Array, axis: SupportsIndex | None = -1) -> jax.Array: ...
@overload
def argmin(x: TensorLike, axis: SupportsIndex | None = -1) -> Tensor: ...
def backend() -> str: ...
@overload
def batch_dot(x: jax.Array, y: ArrayLike, axes: AxisLike = None) -> jax.Array: ...
@overload
def batch_dot(x: ArrayLike, y: jax.Array, axes: AxisLike = None) -> jax.Array: ...
@overload
def batch_dot(x: TensorLike, y: TensorLike, axes: AxisLike = None) -> Tensor: ...
@overload
def batch_flatten(x: jax.Array) -> jax.Array: ...
@overload
def batch_flatten(x: TensorLike) -> Tensor: ...
def batch_get_value(tensors: Iterable[TensorLike]) -> list[np.ndarray[Any, Any]]: ...
@overload
def batch_normalization(
    x: jax.Array,
    mean: ArrayLike,
    var: ArrayLike,
    beta: ArrayLike | None,
    gamma: ArrayLike | None,
    axis: SupportsIndex = -1,
    epsilon: SupportsFloat = 0.001,
) -> jax.Array: ...
@overload
def batch_normalization(
    x: ArrayLike,
    mean: jax.Array,
    var: ArrayLike,
    beta: ArrayLike | None,
    gamma: ArrayLike | None,
    axis: SupportsIndex = -1,
    epsilon: SupportsFloat = 0.001,
) -> jax.Array: ...
@overload
def batch_normalization(
    x: ArrayLike,
    mean: ArrayLike,
    var: jax.Array,
    beta: ArrayLike | None,
    gamma: ArrayLike | None,
    axis: SupportsIndex = -1,
    epsilon: SupportsFloat = 0.001,
) -> jax.Array: ...
@overload
def batch_normalization(
    x: ArrayLike,
    mean: ArrayLike,
    var: ArrayLike,
    beta: jax.Array,
    gamma: ArrayLike | None,
    axis: SupportsIndex = -1,
    epsilon: SupportsFloat = 0.001,
) -> jax.Array: ...
@overload
def batch_normalization(
    x: ArrayLike,
    mean: ArrayLike,
    var: ArrayLike,
    beta: ArrayLike | None,
    gamma: jax.Array,
    axis: SupportsIndex = -1,
    epsilon: SupportsFloat = 0.001,
) -> jax.Array: ...
@overload
def batch_normalization(
    x: TensorLike,
    mean: TensorLike,
    var: TensorLike,
    beta: TensorLike | None,
    gamma: TensorLike | None,
    axis: SupportsIndex = -1,
    epsilon: SupportsFloat = 0.001,
) -> Tensor: ...
def batch_set_value(tuples: Iterable[tuple[Variable, TensorLike]]) -> None: ...
@overload
def bias_add(x: jax.Array, bias: ArrayLike, data_format: str | None = None) -> jax.Array: ...
@overload
def bias_add(x: ArrayLike, bias: jax.Array, data_format: str | None = None) -> jax.Array: ...
@overload
def bias_add(x: TensorLike, bias: TensorLike, data_format: str | None = None) -> Tensor: ...
@overload
def binary_crossentropy(target: jax.Array, output: ArrayLike, from_logits: bool = False) -> jax.Array: ...
@overload
def binary_crossentropy(target: ArrayLike, output: jax.Array, from_logits: bool = False) -> jax.Array: ...
@overload
def binary_crossentropy(target: TensorLike, output: TensorLike, from_logits: bool = False) -> Tensor: ...
@overload
def binary_focal_crossentropy(
    target: jax.Array,
    output: ArrayLike,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
) -> jax.Array: ...
@overload
def binary_focal_crossentropy(
    target: ArrayLike,
    output: jax.Array,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
) -> jax.Array: ...
@overload
def binary_focal_crossentropy(
    target: TensorLike,
    output: TensorLike,
    apply_class_balancing: bool = False,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
) -> Tensor: ...
@overload
def cast(x: SparseTensor, dtype: DTypeLike) -> SparseTensor: ...
@overload
def cast(x: jax.Array, dtype: DTypeLike) -> jax.Array: ...
@overload
def cast(x: TensorLike, dtype: DTypeLike) -> Tensor: ...
@overload
def cast_to_floatx(x: Tensor) -> Tensor: ...
@overload
def cast_to_floatx(x: jax.Array) -> jax.Array: ...
@overload
def cast_to_floatx(x: SparseTensor) -> SparseTensor: ...
@overload
def cast_to_floatx(x: ArrayLike) -> np.ndarray[Any, Any]: ...
@overload
def categorical_crossentropy(
    target: jax.Array, output: ArrayLike, from_logits: bool = False, axis: int = -1
) -> jax.Array: ...
@overload
def categorical_crossentropy(
    target: ArrayLike, output: jax.Array, from_logits: bool = False, axis: int = -1
) -> jax.Array: ...
@overload
def categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> Tensor: ...
@overload
def categorical_focal_crossentropy(
    target: jax.Array,
    output: ArrayLike,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    axis: int = -1,
) -> jax.Array: ...
@overload
def categorical_focal_crossentropy(
    target: ArrayLike,
    output: jax.Array,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    axis: int = -1,
) -> jax.Array: ...
@overload
def categorical_focal_crossentropy(
    target: TensorLike,
    output: TensorLike,
    alpha: float = 0.25,
    gamma: float = 2.0,
    from_logits: bool = False,
    axis: int = -1,
) -> Tensor: ...
def clear_session() -> None: ...
@overload
def clip(x: jax.Array, min_value: ArrayLike | None, max_value: ArrayLike | None) -> jax.Array: ...
@overload
def clip(x: ArrayLike, min_value: jax.Array, max_value: ArrayLike | None) -> jax.Array: ...
@overload
def clip(x: ArrayLike, min_value: ArrayLike | None, max_value: jax.Array) -> jax.Array: ...
@overload
def clip(x: TensorLike, min_value: TensorLike | None, max_value: TensorLike | None) -> Tensor: ...
@overload
def concatenate(tensors: Sequence[SparseTensor], axis: SupportsIndex = -1) -> SparseTensor: ...
@overload
def concatenate(tensors: Sequence[jax.Array], axis: SupportsIndex = -1) -> jax.Array: ...
@overload
def concatenate(tensors: Sequence[TensorLike], axis: SupportsIndex = -1) -> Tensor: ...
@overload
def constant(
    value: jax.Array,
    dtype: DTypeLike = None,
    shape: SupportsIndex | Sequence[SupportsIndex | None] | Shaped | None = None,
    name: str | None = None,
) -> jax.Array: ...
@overload
def constant(
    value: TensorLike,
    dtype: DTypeLike = None,
    shape: SupportsIndex | Sequence[SupportsIndex | None] | Shaped | None = None,
    name: str | None = None,
) -> Tensor: ...
@overload
def conv1d(
    x: jax.Array,
    kernel: ArrayLike,
    strides: ShapeLike = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: ShapeLike = 1,
) -> jax.Array: ...
@overload
def conv1d(
    x: ArrayLike,
    kernel: jax.Array,
    strides: ShapeLike = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: ShapeLike = 1,
) -> jax.Array: ...
@overload
def conv1d(
    x: TensorLike,
    kernel: TensorLike,
    strides: ShapeLike = 1,
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: ShapeLike = 1,
) -> Tensor: ...
@overload
def conv2d(
    x: jax.Array,
    kernel: ArrayLike,
    strides: ShapeLike = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: ShapeLike = (1, 1),
) -> jax.Array: ...
@overload
def conv2d(
    x: ArrayLike,
    kernel: jax.Array,
    strides: ShapeLike = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: ShapeLike = (1, 1),
) -> jax.Array: ...
@overload
def conv2d(
    x: TensorLike,
    kernel: TensorLike,
    strides: ShapeLike = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: ShapeLike = (1, 1),
) -> Tensor: ...
@overload
def conv2d_transpose(
    x: jax.Array,
    kernel: ArrayLike,
    output_shape: ShapeLike,
    strides: ShapeLike = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: ShapeLike = (1, 1),
) -> jax.Array: ...
@overload
def conv2d_transpose(
    x: ArrayLike,
    kernel: jax.Array,
    output_shape: ShapeLike,
    strides: ShapeLike = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: ShapeLike = (1, 1),
) -> jax.Array: ...
@overload
def conv2d_transpose(
    x: TensorLike,
    kernel: TensorLike,
    output_shape: ShapeLike,
    strides: ShapeLike = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: ShapeLike = (1, 1),
) -> Tensor: ...
@overload
def conv3d(
    x: jax.Array,
    kernel: ArrayLike,
    strides: ShapeLike = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: ShapeLike = (1, 1, 1),
) -> jax.Array: ...
@overload
def conv3d(
    x: ArrayLike,
    kernel: jax.Array,
    strides: ShapeLike = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: ShapeLike = (1, 1, 1),
) -> jax.Array: ...
@overload
def conv3d(
    x: TensorLike,
    kernel: TensorLike,
    strides: ShapeLike = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: ShapeLike = (1, 1, 1),
) -> Tensor: ...
@overload
def cos(x: jax.Array) -> jax.Array: ...
@overload
def cos(x: TensorLike) -> Tensor: ...
def count_params(x: TensorLike) -> int: ...
@overload
def ctc_batch_cost(
    y_true: jax.Array, y_pred: ArrayLike, input_length: ArrayLike, label_length: ArrayLike
) -> jax.Array: ...
@overload
def ctc_batch_cost(
    y_true: ArrayLike, y_pred: jax.Array, input_length: ArrayLike, label_length: ArrayLike
) -> jax.Array: ...
@overload
def ctc_batch_cost(
    y_true: ArrayLike, y_pred: ArrayLike, input_length: jax.Array, label_length: ArrayLike
) -> jax.Array: ...
@overload
def ctc_batch_cost(
    y_true: ArrayLike, y_pred: ArrayLike, input_length: ArrayLike, label_length: jax.Array
) -> jax.Array: ...
@overload
def ctc_batch_cost(
    y_true: TensorLike, y_pred: TensorLike, input_length: TensorLike, label_length: TensorLike
) -> Tensor: ...
@overload
def ctc_decode(
    y_pred: jax.Array, input_length: ArrayLike, greedy: bool = True, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[jax.Array], jax.Array]: ...
@overload
def ctc_decode(
    y_pred: ArrayLike, input_length: jax.Array, greedy: bool = True, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[jax.Array], jax.Array]: ...
@overload
def ctc_decode(
    y_pred: TensorLike, input_length: TensorLike, greedy: bool = True, beam_width: int = 100, top_paths: int = 1
) -> tuple[list[Tensor], Tensor]: ...
def ctc_label_dense_to_sparse(labels: TensorLike, label_lengths: TensorLike) -> SparseTensor: ...
@overload
def cumprod(x: jax.Array, axis: SupportsIndex = 0) -> jax.Array: ...
@overload
def cumprod(x: TensorLike, axis: SupportsIndex = 0) -> Tensor: ...
@overload
def cumsum(x: jax.Array, axis: SupportsIndex = 0) -> jax.Array: ...
@overload
def cumsum(x: TensorLike, axis: SupportsIndex = 0) -> Tensor: ...
@overload
def depthwise_conv2d(
    x: jax.Array,
    depthwise_kernel: ArrayLike,
    strides: ShapeLike = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: ShapeLike = (1, 1),
) -> jax.Array: ...
@overload
def depthwise_conv2d(
    x: ArrayLike,
    depthwise_kernel: jax.Array,
    strides: ShapeLike = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: ShapeLike = (1, 1),
) -> jax.Array: ...
@overload
def depthwise_conv2d(
    x: TensorLike,
    depthwise_kernel: TensorLike,
    strides: ShapeLike = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: ShapeLike = (1, 1),
) -> Tensor: ...
@overload
def dot(x: jax.Array, y: ArrayLike) -> jax.Array: ...
@overload
def dot(x: ArrayLike, y: jax.Array) -> jax.Array: ...
@overload
def dot(x: TensorLike, y: TensorLike) -> Tensor: ...
@overload
def dropout(
    x: jax.Array,
    level: ArrayLike,
    noise_shape: Sequence[SupportsIndex | None] | Shaped | None = None,
    seed: ArrayLike | None = None,
) -> jax.Array: ...
@overload
def dropout(
    x: ArrayLike,
    level: jax.Array,
    noise_shape: Sequence[SupportsIndex | None] | Shaped | None = None,
    seed: ArrayLike | None = None,
) -> jax.Array: ...
@overload
def dropout(
    x: ArrayLike,
    level: ArrayLike,
    noise_shape: Sequence[SupportsIndex | None] | Shaped | None = None,
    *,
    seed: jax.Array,
) -> jax.Array: ...
@overload
def dropout(
    x: TensorLike,
    level: TensorLike,
    noise_shape: Sequence[SupportsIndex | None] | Shaped | None = None,
    seed: TensorLike | None = None,
) -> Tensor: ...
def dtype(x: TensorLike) -> str: ...
@overload
def elu(x: jax.Array, alpha: ArrayLike = 1.0) -> jax.Array: ...
@overload
def elu(x: ArrayLike, alpha: jax.Array) -> jax.Array: ...
@overload
def elu(x: TensorLike, alpha: TensorLike = 1.0) -> Tensor: ...
def epsilon() -> float: ...
@overload
def equal(x: jax.Array, y: ArrayLike) -> jax.Array: ...
@overload
def equal(x: ArrayLike, y: jax.Array) -> jax.Array: ...
@overload
def equal(x: TensorLike, y: TensorLike) -> Tensor: ...
def eval(x: TensorLike) -> np.ndarray[Any, Any]: ...
@overload
def exp(x: jax.Array) -> jax.Array: ...
@overload
def exp(x: TensorLike) -> Tensor: ...
@overload
def expand_dims(x: jax.Array, axis: SupportsIndex = -1) -> jax.Array: ...
@overload
def expand_dims(x: TensorLike, axis: SupportsIndex = -1) -> Tensor: ...
@overload
def eye(size: int | np.integer[Any], dtype: DTypeLike = None, name: str | None = None) -> Variable: ...
@overload
def eye(size: ShapeLike, dtype: DTypeLike = None, name: str | None = None) -> Tensor: ...
@overload
def flatten(x: jax.Array) -> jax.Array: ...
@overload
def flatten(x: TensorLike) -> Tensor: ...
def floatx() -> str: ...
@overload
def foldl(
    fn: Callable[[Tensor, Tensor], Tensor],
    elems: Shaped,
    initializer: Shaped | complex | None = None,
    name: str | None = None,
) -> Tensor: ...
@overload
def foldl(
    fn: Callable[..., Any], elems: Shaped, initializer: Sequence[Any] | Mapping[Any, Any], name: str | None = None
) -> Any: ...
@overload
def foldl(
    fn: Callable[..., Any], elems: Sequence[Any] | Mapping[Any, Any], initializer: Any = None, name: str | None = None
) -> Any: ...
@overload
def foldr(
    fn: Callable[[Tensor, Tensor], Tensor],
    elems: Shaped,
    initializer: Shaped | complex | None = None,
    name: str | None = None,
) -> Tensor: ...
@overload
def foldr(
    fn: Callable[..., Any], elems: Shaped, initializer: Sequence[Any] | Mapping[Any, Any], name: str | None = None
) -> Any: ...
@overload
def foldr(
    fn: Callable[..., Any], elems: Sequence[Any] | Mapping[Any, Any], initializer: Any = None, name: str | None = None
) -> Any: ...
@overload
def function(
    inputs: Any,
    outputs: list[Tensor] | list[Variable] | list[Placeholder],
    updates: Any = None,
    name: str | None = None,
    **kwargs: Any,
) -> Function[list[np.ndarray[Any, Any]]]: ...
@overload
def function(
    inputs: Any, outputs: tuple[Tensor, ...], updates: Any = None, name: str | None = None, **kwargs: Any
) -> Function[tuple[np.ndarray[Any, Any], ...]]: ...
@overload
def function(
    inputs: Any, outputs: Mapping[str, Tensor], updates: Any = None, name: str | None = None, **kwargs: Any
) -> Function[dict[str, np.ndarray[Any, Any]]]: ...
@overload
def function(
    inputs: Any, outputs: Tensor, updates: Any = None, name: str | None = None, **kwargs: Any
) -> Function[np.ndarray[Any, Any]]: ...
@overload
def function(
    inputs: Any, outputs: Any, updates: Any = None, name: str | None = None, **kwargs: Any
) -> Function[Any]: ...
@overload
def gather(reference: jax.Array, indices: ArrayLike) -> jax.Array: ...
@overload
def gather(reference: ArrayLike, indices: jax.Array) -> jax.Array: ...
@overload
def gather(reference: TensorLike, indices: TensorLike) -> Tensor: ...
def get_session(op_input_list: Sequence[Any] = ()) -> Session: ...
def get_uid(prefix: str = "") -> int: ...
@overload
def get_value(x: SparseTensor) -> SparseTensorValue: ...
@overload
def get_value(x: TensorLike) -> np.ndarray[Any, Any]: ...
def gradients(loss: Tensor | Sequence[Tensor], variables: Tensor | Sequence[Tensor]) -> list[Tensor | Any]: ...
@overload
def greater(x: jax.Array, y: ArrayLike) -> jax.Array: ...
@overload
def greater(x: ArrayLike, y: jax.Array) -> jax.Array: ...
@overload
def greater(x: TensorLike, y: TensorLike) -> Tensor: ...
@overload
def greater_equal(x: jax.Array, y: ArrayLike) -> jax.Array: ...
@overload
def greater_equal(x: ArrayLike, y: jax.Array) -> jax.Array: ...
@overload
def greater_equal(x: TensorLike, y: TensorLike) -> Tensor: ...
@overload
def hard_sigmoid(x: jax.Array) -> jax.Array: ...
@overload
def hard_sigmoid(x: TensorLike) -> Tensor: ...
def image_data_format() -> str: ...
@overload
def in_test_phase(
    x: Tensor | Callable[[], Tensor], alt: Tensor | Callable[[], Tensor], training: TensorLike | None = None
) -> Tensor: ...
@overload
def in_test_phase(x: Any, alt: Any, training: TensorLike | None = None) -> Any: ...
@overload
def in_top_k(predictions: jax.Array, targets: ArrayLike, k: ArrayLike) -> jax.Array: ...
@overload
def in_top_k(predictions: ArrayLike, targets: jax.Array, k: ArrayLike) -> jax.Array: ...
@overload
def in_top_k(predictions: ArrayLike, targets: ArrayLike, k: jax.Array) -> jax.Array: ...
@overload
def in_top_k(predictions: TensorLike, targets: TensorLike, k: TensorLike) -> Tensor: ...
@overload
def in_train_phase(
    x: Tensor | Callable[[], Tensor], alt: Tensor | Callable[[], Tensor], training: TensorLike | None = None
) -> Tensor: ...
@overload
def in_train_phase(x: Any, alt: Any, training: TensorLike | None = None) -> Any: ...
def int_shape(x: TensorLike) -> tuple[int | None, ...] | None: ...
def is_keras_tensor(x: object) -> bool: ...
def is_sparse(tensor: Any) -> bool: ...
@overload
def l2_normalize(x: jax.Array, axis: AxisLike = None) -> jax.Array: ...
@overload
def l2_normalize(x: TensorLike, axis: AxisLike = None) -> Tensor: ...
def learning_phase() -> Tensor | int: ...
def learning_phase_scope(value: int) -> AbstractContextManager[Any]: ...
@overload
def less(x: jax.Array, y: ArrayLike) -> jax.Array: ...
@overload
def less(x: ArrayLike, y: jax.Array) -> jax.Array: ...
@overload
def less(x: TensorLike, y: TensorLike) -> Tensor: ...
@overload
def less_equal(x: jax.Array, y: ArrayLike) -> jax.Array: ...
@overload
def less_equal(x: ArrayLike, y: jax.Array) -> jax.Array: ...
@overload
def less_equal(x: TensorLike, y: TensorLike) -> Tensor: ...
@overload
def local_conv1d(
    inputs: jax.Array, kernel: ArrayLike, kernel_size: ShapeLike, strides: ShapeLike, data_format: str | None = None
) -> jax.Array: ...
@overload
def local_conv1d(
    inputs: ArrayLike, kernel: jax.Array, kernel_size: ShapeLike, strides: ShapeLike, data_format: str | None = None
) -> jax.Array: ...
@overload
def local_conv1d(
    inputs: TensorLike, kernel: TensorLike, kernel_size: ShapeLike, strides: ShapeLike, data_format: str | None = None
) -> Tensor: ...
@overload
def local_conv2d(
    inputs: jax.Array,
    kernel: ArrayLike,
    kernel_size: ShapeLike,
    strides: ShapeLike,
    output_shape: ShapeLike,
    data_format: str | None = None,
) -> jax.Array: ...
@overload
def local_conv2d(
    inputs: ArrayLike,
    kernel: jax.Array,
    kernel_size: ShapeLike,
    strides: ShapeLike,
    output_shape: ShapeLike,
    data_format: str | None = None,
) -> jax.Array: ...
@overload
def local_conv2d(
    inputs: TensorLike,
    kernel: TensorLike,
    kernel_size: ShapeLike,
    strides: ShapeLike,
    output_shape: ShapeLike,
    data_format: str | None = None,
) -> Tensor: ...
@overload
def log(x: jax.Array) -> jax.Array: ...
@overload
def log(x: TensorLike) -> Tensor: ...
def manual_variable_initialization(value: bool) -> None: ...
@overload
def map_fn(fn: Callable[[Tensor], Result], elems: Shaped, name: str | None = None, dtype: Any = None) -> Result: ...
@overload
def map_fn(
    fn: Callable[..., Result], elems: Sequence[Any] | Mapping[Any, Any], name: str | None = None, dtype: Any = None
) -> Result: ...
@overload
def max(x: jax.Array, axis: AxisLike = None, keepdims: bool = False) -> jax.Array: ...
@overload
def max(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor: ...
@overload
def maximum(x: jax.Array, y: ArrayLike) -> jax.Array: ...
@overload
def maximum(x: ArrayLike, y: jax.Array) -> jax.Array: ...
@overload
def maximum(x: TensorLike, y: TensorLike) -> Tensor: ...
@overload
def mean(x: jax.Array, axis: AxisLike = None, keepdims: bool = False) -> jax.Array: ...
@overload
def mean(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor: ...
@overload
def min(x: jax.Array, axis: AxisLike = None, keepdims: bool = False) -> jax.Array: ...
@overload
def min(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor: ...
@overload
def minimum(x: jax.Array, y: ArrayLike) -> jax.Array: ...
@overload
def minimum(x: ArrayLike, y: jax.Array) -> jax.Array: ...
@overload
def minimum(x: TensorLike, y: TensorLike) -> Tensor: ...
def moving_average_update(x: Variable, value: TensorLike, momentum: TensorLike) -> Tensor: ...
def name_scope(name: str) -> AbstractContextManager[str]: ...
def ndim(x: TensorLike) -> int | None: ...
@overload
def normalize_batch_in_training(
    x: jax.Array,
    gamma: ArrayLike | None,
    beta: ArrayLike | None,
    reduction_axes: AxisLike,
    epsilon: SupportsFloat = 0.001,
) -> tuple[jax.Array, jax.Array, jax.Array]: ...
@overload
def normalize_batch_in_training(
    x: ArrayLike, gamma: jax.Array, beta: ArrayLike | None, reduction_axes: AxisLike, epsilon: SupportsFloat = 0.001
) -> tuple[jax.Array, jax.Array, jax.Array]: ...
@overload
def normalize_batch_in_training(
    x: ArrayLike, gamma: ArrayLike | None, beta: jax.Array, reduction_axes: AxisLike, epsilon: SupportsFloat = 0.001
) -> tuple[jax.Array, jax.Array, jax.Array]: ...
@overload
def normalize_batch_in_training(
    x: TensorLike,
    gamma: TensorLike | None,
    beta: TensorLike | None,
    reduction_axes: AxisLike,
    epsilon: SupportsFloat = 0.001,
) -> tuple[Tensor, Tensor, Tensor]: ...
@overload
def not_equal(x: jax.Array, y: ArrayLike) -> jax.Array: ...
@overload
def not_equal(x: ArrayLike, y: jax.Array) -> jax.Array: ...
@overload
def not_equal(x: TensorLike, y: TensorLike) -> Tensor: ...
@overload
def one_hot(indices: jax.Array, num_classes: SupportsIndex) -> jax.Array: ...
@overload
def one_hot(indices: TensorLike, num_classes: SupportsIndex) -> Tensor: ...
@overload
def ones(shape: KnownShape, dtype: DTypeLike = None, name: str | None = None) -> Variable: ...
@overload
def ones(shape: ShapeLike, dtype: DTypeLike = None, name: str | None = None) -> Tensor: ...
@overload
def ones_like(x: jax.Array, dtype: DTypeLike = None, name: str | None = None) -> jax.Array: ...
@overload
def ones_like(x: TensorLike, dtype: DTypeLike = None, name: str | None = None) -> Tensor: ...
@overload
def permute_dimensions(x: jax.Array, pattern: Sequence[SupportsIndex]) -> jax.Array: ...
@overload
def permute_dimensions(x: TensorLike, pattern: Sequence[SupportsIndex]) -> Tensor: ...
@overload
def placeholder(
    shape: SupportsIndex | Sequence[SupportsIndex | None] | Shaped | None = None,
    ndim: int | None = None,
    dtype: DTypeLike = None,
    sparse: Literal[False] = False,
    name: str | None = None,
    ragged: bool = False,
) -> Placeholder: ...
@overload
def placeholder(
    shape: SupportsIndex | Sequence[SupportsIndex | None] | Shaped | None = None,
    ndim: int | None = None,
    dtype: DTypeLike = None,
    *,
    sparse: Literal[True],
    name: str | None = None,
    ragged: bool = False,
) -> SparseTensor: ...
@overload
def placeholder(
    shape: SupportsIndex | Sequence[SupportsIndex | None] | Shaped | None = None,
    ndim: int | None = None,
    dtype: DTypeLike = None,
    sparse: bool = False,
    name: str | None = None,
    ragged: bool = False,
) -> Placeholder | SparseTensor: ...
@overload
def pool2d(
    x: jax.Array,
    pool_size: ShapeLike,
    strides: ShapeLike = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> jax.Array: ...
@overload
def pool2d(
    x: TensorLike,
    pool_size: ShapeLike,
    strides: ShapeLike = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Tensor: ...
@overload
def pool3d(
    x: jax.Array,
    pool_size: ShapeLike,
    strides: ShapeLike = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> jax.Array: ...
@overload
def pool3d(
    x: TensorLike,
    pool_size: ShapeLike,
    strides: ShapeLike = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    pool_mode: str = "max",
) -> Tensor: ...
@overload
def pow(x: jax.Array, a: ArrayLike) -> jax.Array: ...
@overload
def pow(x: ArrayLike, a: jax.Array) -> jax.Array: ...
@overload
def pow(x: TensorLike, a: TensorLike) -> Tensor: ...
@overload
def print_tensor(x: jax.Array, message: object = "") -> jax.Array: ...
@overload
def print_tensor(x: TensorLike, message: object = "") -> Tensor: ...
@overload
def prod(x: jax.Array, axis: AxisLike = None, keepdims: bool = False) -> jax.Array: ...
@overload
def prod(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor: ...
@overload
def random_bernoulli(
    shape: ShapeLike, p: jax.Array, dtype: DTypeLike = None, seed: ArrayLike | None = None
) -> jax.Array: ...
@overload
def random_bernoulli(
    shape: ShapeLike, p: ArrayLike = 0.0, dtype: DTypeLike = None, *, seed: jax.Array
) -> jax.Array: ...
@overload
def random_bernoulli(
    shape: ShapeLike, p: TensorLike = 0.0, dtype: DTypeLike = None, seed: TensorLike | None = None
) -> Tensor: ...
@overload
def random_binomial(
    shape: ShapeLike, p: jax.Array, dtype: DTypeLike = None, seed: ArrayLike | None = None
) -> jax.Array: ...
@overload
def random_binomial(shape: ShapeLike, p: ArrayLike = 0.0, dtype: DTypeLike = None, *, seed: jax.Array) -> jax.Array: ...
@overload
def random_binomial(
    shape: ShapeLike, p: TensorLike = 0.0, dtype: DTypeLike = None, seed: TensorLike | None = None
) -> Tensor: ...
@overload
def random_normal(
    shape: ShapeLike, mean: jax.Array, stddev: ArrayLike = 1.0, dtype: DTypeLike = None, seed: ArrayLike | None = None
) -> jax.Array: ...
@overload
def random_normal(
    shape: ShapeLike,
    mean: ArrayLike = 0.0,
    *,
    stddev: jax.Array,
    dtype: DTypeLike = None,
    seed: ArrayLike | None = None,
) -> jax.Array: ...
@overload
def random_normal(
    shape: ShapeLike, mean: ArrayLike = 0.0, stddev: ArrayLike = 1.0, dtype: DTypeLike = None, *, seed: jax.Array
) -> jax.Array: ...
@overload
def random_normal(
    shape: ShapeLike,
    mean: TensorLike = 0.0,
    stddev: TensorLike = 1.0,
    dtype: DTypeLike = None,
    seed: TensorLike | None = None,
) -> Tensor: ...
def random_normal_variable(
    shape: ShapeLike,
    mean: TensorLike,
    scale: TensorLike,
    dtype: DTypeLike = None,
    name: str | None = None,
    seed: TensorLike | None = None,
) -> Variable: ...
@overload
def random_uniform(
    shape: ShapeLike,
    minval: jax.Array,
    maxval: ArrayLike | None = 1.0,
    dtype: DTypeLike = None,
    seed: ArrayLike | None = None,
) -> jax.Array: ...
@overload
def random_uniform(
    shape: ShapeLike,
    minval: ArrayLike = 0.0,
    *,
    maxval: jax.Array,
    dtype: DTypeLike = None,
    seed: ArrayLike | None = None,
) -> jax.Array: ...
@overload
def random_uniform(
    shape: ShapeLike,
    minval: ArrayLike = 0.0,
    maxval: ArrayLike | None = 1.0,
    dtype: DTypeLike = None,
    *,
    seed: jax.Array,
) -> jax.Array: ...
@overload
def random_uniform(
    shape: ShapeLike,
    minval: TensorLike = 0.0,
    maxval: TensorLike | None = 1.0,
    dtype: DTypeLike = None,
    seed: TensorLike | None = None,
) -> Tensor: ...
def random_uniform_variable(
    shape: ShapeLike,
    low: TensorLike,
    high: TensorLike,
    dtype: DTypeLike = None,
    name: str | None = None,
    seed: TensorLike | None = None,
) -> Variable: ...
@overload
def relu(
    x: jax.Array, alpha: SupportsFloat = 0.0, max_value: SupportsFloat | None = None, threshold: SupportsFloat = 0
) -> jax.Array: ...
@overload
def relu(
    x: TensorLike, alpha: SupportsFloat = 0.0, max_value: SupportsFloat | None = None, threshold: SupportsFloat = 0
) -> Tensor: ...
@overload
def repeat(x: jax.Array, n: SupportsIndex) -> jax.Array: ...
@overload
def repeat(x: TensorLike, n: SupportsIndex) -> Tensor: ...
@overload
def repeat_elements(x: jax.Array, rep: SupportsIndex, axis: SupportsIndex) -> jax.Array: ...
@overload
def repeat_elements(x: TensorLike, rep: SupportsIndex, axis: SupportsIndex) -> Tensor: ...
def reset_uids() -> None: ...
@overload
def reshape(x: jax.Array, shape: ShapeLike) -> jax.Array: ...
@overload
def reshape(x: TensorLike, shape: ShapeLike) -> Tensor: ...
@overload
def resize_images(
    x: jax.Array,
    height_factor: SupportsIndex,
    width_factor: SupportsIndex,
    data_format: str,
    interpolation: str = "nearest",
) -> jax.Array: ...
@overload
def resize_images(
    x: TensorLike,
    height_factor: SupportsIndex,
    width_factor: SupportsIndex,
    data_format: str,
    interpolation: str = "nearest",
) -> Tensor: ...
@overload
def resize_volumes(
    x: jax.Array,
    depth_factor: SupportsIndex,
    height_factor: SupportsIndex,
    width_factor: SupportsIndex,
    data_format: str,
) -> jax.Array: ...
@overload
def resize_volumes(
    x: TensorLike,
    depth_factor: SupportsIndex,
    height_factor: SupportsIndex,
    width_factor: SupportsIndex,
    data_format: str,
) -> Tensor: ...
@overload
def reverse(x: jax.Array, axes: SupportsIndex | Sequence[SupportsIndex]) -> jax.Array: ...
@overload
def reverse(x: TensorLike, axes: SupportsIndex | Sequence[SupportsIndex]) -> Tensor: ...
@overload
def rnn(
    step_function: Callable[[Tensor, Any], tuple[Result, Sequence[Any]]],
    inputs: Shaped,
    initial_states: Sequence[Any],
    go_backwards: bool = False,
    mask: TensorLike | None = None,
    constants: Sequence[TensorLike] | None = None,
    unroll: bool = False,
    input_length: TensorLike | None = None,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
) -> tuple[Result, Result, Sequence[Tensor]]: ...
@overload
def rnn(
    step_function: Callable[..., Any],
    inputs: Sequence[Any] | Mapping[Any, Any],
    initial_states: Sequence[Any],
    go_backwards: bool = False,
    mask: TensorLike | None = None,
    constants: Sequence[TensorLike] | None = None,
    unroll: bool = False,
    input_length: TensorLike | None = None,
    time_major: bool = False,
    zero_output_for_mask: bool = False,
) -> tuple[Any, Any, Sequence[Any]]: ...
@overload
def round(x: jax.Array) -> jax.Array: ...
@overload
def round(x: TensorLike) -> Tensor: ...
@overload
def separable_conv2d(
    x: jax.Array,
    depthwise_kernel: ArrayLike,
    pointwise_kernel: ArrayLike,
    strides: ShapeLike = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: ShapeLike = (1, 1),
) -> jax.Array: ...
@overload
def separable_conv2d(
    x: ArrayLike,
    depthwise_kernel: jax.Array,
    pointwise_kernel: ArrayLike,
    strides: ShapeLike = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: ShapeLike = (1, 1),
) -> jax.Array: ...
@overload
def separable_conv2d(
    x: ArrayLike,
    depthwise_kernel: ArrayLike,
    pointwise_kernel: jax.Array,
    strides: ShapeLike = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: ShapeLike = (1, 1),
) -> jax.Array: ...
@overload
def separable_conv2d(
    x: TensorLike,
    depthwise_kernel: TensorLike,
    pointwise_kernel: TensorLike,
    strides: ShapeLike = (1, 1),
    padding: str = "valid",
    data_format: str | None = None,
    dilation_rate: ShapeLike = (1, 1),
) -> Tensor: ...
def set_epsilon(value: float) -> None: ...
def set_floatx(value: str) -> None: ...
def set_image_data_format(data_format: str) -> None: ...
def set_learning_phase(value: int) -> None: ...
def set_session(session: Any) -> None: ...
def set_value(x: Variable, value: TensorLike) -> None: ...
@overload
def shape(x: jax.Array) -> jax.Array: ...
@overload
def shape(x: TensorLike) -> Tensor: ...
@overload
def sigmoid(x: jax.Array) -> jax.Array: ...
@overload
def sigmoid(x: TensorLike) -> Tensor: ...
@overload
def sign(x: SparseTensor) -> SparseTensor: ...
@overload
def sign(x: jax.Array) -> jax.Array: ...
@overload
def sign(x: TensorLike) -> Tensor: ...
@overload
def sin(x: jax.Array) -> jax.Array: ...
@overload
def sin(x: TensorLike) -> Tensor: ...
@overload
def softmax(x: jax.Array, axis: SupportsIndex | None = -1) -> jax.Array: ...
@overload
def softmax(x: TensorLike, axis: SupportsIndex | None = -1) -> Tensor: ...
@overload
def softplus(x: jax.Array) -> jax.Array: ...
@overload
def softplus(x: TensorLike) -> Tensor: ...
@overload
def softsign(x: jax.Array) -> jax.Array: ...
@overload
def softsign(x: TensorLike) -> Tensor: ...
@overload
def sparse_categorical_crossentropy(
    target: jax.Array, output: ArrayLike, from_logits: bool = False, axis: int = -1
) -> jax.Array: ...
@overload
def sparse_categorical_crossentropy(
    target: ArrayLike, output: jax.Array, from_logits: bool = False, axis: int = -1
) -> jax.Array: ...
@overload
def sparse_categorical_crossentropy(
    target: TensorLike, output: TensorLike, from_logits: bool = False, axis: int = -1
) -> Tensor: ...
@overload
def spatial_2d_padding(
    x: jax.Array, padding: Sequence[Sequence[SupportsIndex]] = ((1, 1), (1, 1)), data_format: str | None = None
) -> jax.Array: ...
@overload
def spatial_2d_padding(
    x: TensorLike, padding: Sequence[Sequence[SupportsIndex]] = ((1, 1), (1, 1)), data_format: str | None = None
) -> Tensor: ...
@overload
def spatial_3d_padding(
    x: jax.Array, padding: Sequence[Sequence[SupportsIndex]] = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None
) -> jax.Array: ...
@overload
def spatial_3d_padding(
    x: TensorLike, padding: Sequence[Sequence[SupportsIndex]] = ((1, 1), (1, 1), (1, 1)), data_format: str | None = None
) -> Tensor: ...
@overload
def sqrt(x: jax.Array) -> jax.Array: ...
@overload
def sqrt(x: TensorLike) -> Tensor: ...
@overload
def square(x: SparseTensor) -> SparseTensor: ...
@overload
def square(x: jax.Array) -> jax.Array: ...
@overload
def square(x: TensorLike) -> Tensor: ...
@overload
def squeeze(x: jax.Array, axis: SupportsIndex) -> jax.Array: ...
@overload
def squeeze(x: TensorLike, axis: SupportsIndex) -> Tensor: ...
@overload
def stack(x: Sequence[jax.Array], axis: int = 0) -> jax.Array: ...
@overload
def stack(x: Sequence[TensorLike], axis: int = 0) -> Tensor: ...
@overload
def std(x: jax.Array, axis: AxisLike = None, keepdims: bool = False) -> jax.Array: ...
@overload
def std(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor: ...
@overload
def stop_gradient(variables: list[Tensor] | tuple[Tensor, ...]) -> list[Tensor]: ...
@overload
def stop_gradient(variables: jax.Array) -> jax.Array: ...
@overload
def stop_gradient(variables: TensorLike) -> Tensor: ...
@overload
def sum(x: jax.Array, axis: AxisLike = None, keepdims: bool = False) -> jax.Array: ...
@overload
def sum(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor: ...
@overload
def switch(
    condition: TensorLike,
    then_expression: Tensor | Callable[[], Tensor],
    else_expression: Tensor | Callable[[], Tensor],
) -> Tensor: ...
@overload
def switch(condition: TensorLike, then_expression: Any, else_expression: Any) -> Any: ...
@overload
def tanh(x: SparseTensor) -> SparseTensor: ...
@overload
def tanh(x: jax.Array) -> jax.Array: ...
@overload
def tanh(x: TensorLike) -> Tensor: ...
@overload
def temporal_padding(x: jax.Array, padding: Sequence[SupportsIndex] = (1, 1)) -> jax.Array: ...
@overload
def temporal_padding(x: TensorLike, padding: Sequence[SupportsIndex] = (1, 1)) -> Tensor: ...
@overload
def tile(x: jax.Array, n: ShapeLike) -> jax.Array: ...
@overload
def tile(x: TensorLike, n: ShapeLike) -> Tensor: ...
@overload
def to_dense(tensor: jax.Array) -> jax.Array: ...
@overload
def to_dense(tensor: TensorLike) -> Tensor: ...
@overload
def transpose(x: jax.Array) -> jax.Array: ...
@overload
def transpose(x: TensorLike) -> Tensor: ...
@overload
def truncated_normal(
    shape: ShapeLike, mean: jax.Array, stddev: ArrayLike = 1.0, dtype: DTypeLike = None, seed: ArrayLike | None = None
) -> jax.Array: ...
@overload
def truncated_normal(
    shape: ShapeLike,
    mean: ArrayLike = 0.0,
    *,
    stddev: jax.Array,
    dtype: DTypeLike = None,
    seed: ArrayLike | None = None,
) -> jax.Array: ...
@overload
def truncated_normal(
    shape: ShapeLike, mean: ArrayLike = 0.0, stddev: ArrayLike = 1.0, dtype: DTypeLike = None, *, seed: jax.Array
) -> jax.Array: ...
@overload
def truncated_normal(
    shape: ShapeLike,
    mean: TensorLike = 0.0,
    stddev: TensorLike = 1.0,
    dtype: DTypeLike = None,
    seed: TensorLike | None = None,
) -> Tensor: ...
def update(x: Variable, new_x: TensorLike) -> Tensor: ...
def update_add(x: Variable, increment: TensorLike) -> Tensor: ...
def update_sub(x: Variable, decrement: TensorLike) -> Tensor: ...
@overload
def var(x: jax.Array, axis: AxisLike = None, keepdims: bool = False) -> jax.Array: ...
@overload
def var(x: TensorLike, axis: AxisLike = None, keepdims: bool = False) -> Tensor: ...
@overload
def variable(
    value: SparseMatrix,
    dtype: DTypeLike = None,
    name: str | None = None,
    constraint: Callable[[Any], Any] | None = None,
) -> SparseTensor: ...
@overload
def variable(
    value: TensorLike, dtype: DTypeLike = None, name: str | None = None, constraint: Callable[[Any], Any] | None = None
) -> Variable: ...
@overload
def zeros(shape: KnownShape, dtype: DTypeLike = None, name: str | None = None) -> Variable: ...
@overload
def zeros(shape: ShapeLike, dtype: DTypeLike = None, name: str | None = None) -> Tensor: ...
@overload
def zeros_like(x: jax.Array, dtype: DTypeLike = None, name: str | None = None) -> jax.Array: ...
@overload
def zeros_like(x: TensorLike, dtype: DTypeLike = None, name: str | None = None) -> Tensor: ...
