"""Names of `keras.backend.tensorflow_backend` of Keras 2.3.1 that are not public, but used by programs.

`names` gives all names of the module. TensorFlow's own modules, under the names by which Keras imports them (`tf_ops`,
`ctc`, `functional_ops` …), and its graphs and devices (`get_graph`, `_TfDeviceCaptureOp`) are not among them.
"""

from __future__ import annotations

import builtins
from types import ModuleType, SimpleNamespace
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.operands import as_tensor
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable
from kjax.dialects import keras2_calls
from kjax.dialects.tensorflow_modules import as_version_1
from kjax.dialects.tensorflow_ops import convert_to_tensor

Layout = tuple[Any, str]


def _to_tensor(x: Any, dtype: Any) -> Tensor:
    """`x` as a tensor of a dtype: `_to_tensor(1., x.dtype.base_dtype)`."""
    return convert_to_tensor(x, dtype=dtype)


def get_variable_shape(x: Any) -> Any:
    """The older name of `int_shape`."""
    return keras2_calls.int_shape(x)


def is_symbolic(x: Any) -> bool:
    """Whether `x` is a tensor, and no variable."""
    return isinstance(x, Tensor) and not isinstance(x, Variable)


def _as_it_is(func: Any) -> Any:
    """`symbolic` and `eager`, which mean something on TensorFlow 2 only."""
    return func


# ------------------------------------------------------------------------------------------------------ where it runs


def _is_tf_1() -> bool:
    return True


def _has_compat_v1() -> bool:
    return True


def _get_available_gpus() -> list[str]:
    """None, under the names TensorFlow gives them: what asks for them goes on to use what only TensorFlow has."""
    return []


def _has_nchw_support() -> bool:
    return False


def _get_current_tf_device() -> None:
    return None


def _is_current_explicit_device(device_type: str) -> bool:
    if str(device_type).lower() not in ("cpu", "gpu"):
        raise ValueError(f"_is_current_explicit_device(): device_type must be 'cpu' or 'gpu'; got {device_type!r}")
    return False


def v1_variable_initialization() -> None:
    """Nothing: variables have their values from the start."""


def _initialize_variables(session: Any) -> None:
    """Nothing: variables have their values from the start."""


# ----------------------------------------------------------------------------------------------------- convolutions


def _last(x: Any, data_format: Any, rank: int) -> Any:
    x = as_tensor(x)
    return K.permute_dimensions(x, (0, *range(2, rank), 1)) if data_format == "channels_first" else x


def _preprocess_conv1d_input(x: Any, data_format: Any) -> Layout:
    """Sequences, channels last, and TensorFlow's name of the layout."""
    return _last(x, data_format, 3), "NWC"


def _preprocess_conv2d_input(x: Any, data_format: Any, force_transpose: bool = False) -> Layout:
    """Images, channels last, and TensorFlow's name of the layout."""
    return _last(x, data_format, 4), "NHWC"


def _preprocess_conv3d_input(x: Any, data_format: Any) -> Layout:
    """Volumes, channels last, and TensorFlow's name of the layout."""
    return _last(x, data_format, 5), "NDHWC"


def _preprocess_padding(padding: str) -> str:
    """The padding as TensorFlow calls it."""
    if padding not in ("same", "valid"):
        raise ValueError(f"_preprocess_padding(): padding must be 'same' or 'valid'; got {padding!r}")
    return padding.upper()


# -------------------------------------------------------------------------------------------- batch normalisation


def _broadcast_normalize_batch_in_training(
    x: Any, gamma: Any, beta: Any, reduction_axes: Any, epsilon: float = 1e-3
) -> tuple[Any, Any, Any]:
    """The normalised tensor, the mean and the variance of what is normalised."""
    x, axes = as_tensor(x), [*reduction_axes]
    mean, variance = K.mean(x, axes, keepdims=True), K.var(x, axes, keepdims=True)
    dims = K.shape(mean)
    gamma, beta = (None if part is None else K.reshape(part, dims) for part in (gamma, beta))
    scale = 1.0 / K.pow(variance + epsilon, 0.5)
    scale = scale if gamma is None else scale * gamma
    shift = -mean * scale if beta is None else beta - mean * scale
    return x * scale + shift, K.mean(x, axes), K.var(x, axes)


def _fused_normalize_batch_in_training(
    x: Any, gamma: Any, beta: Any, reduction_axes: Any, epsilon: float = 1e-3
) -> tuple[Any, Any, Any]:
    """The same as TensorFlow's kernel for images computes it: the variance is that of a sample."""
    return K.normalize_batch_in_training(x, gamma, beta, [*reduction_axes], epsilon)


def names() -> dict[str, Any]:
    """All that `keras.backend.tensorflow_backend` holds here."""
    from kjax.dialects import keras2

    public = {name: getattr(keras2, name) for name in keras2.__all__}
    own = {name: value for name, value in globals().items() if getattr(value, "__module__", None) == __name__}
    del own["names"], own["_last"], own["_as_it_is"]
    return {
        **public,
        **own,
        "_regular_normalize_batch_in_training": _broadcast_normalize_batch_in_training,
        "eager": _as_it_is,
        "symbolic": _as_it_is,
        "_SYMBOLIC_SCOPE": SimpleNamespace(value=True),  # (programs set it, for threads that use a model)
        "np": np,
        **{f"py_{name}": getattr(builtins, name) for name in ("all", "any", "slice", "sum")},
    }


def lazily(name: str) -> Any:
    """What the module gives by another name: `tf`, made when it is first asked for."""
    if name == "tf":
        return as_version_1()
    raise AttributeError(
        f"keras.backend.tensorflow_backend.{name} is not answered by kjax: it has the functions of Keras 2.3.1's "
        "backend and the calls of tf that go with them, not TensorFlow itself",
        name=name,
    )


def fill(module: ModuleType) -> None:
    """Let a module be `keras.backend.tensorflow_backend`."""

    def __getattr__(name: str) -> Any:
        value = vars(module)[name] = lazily(name)
        return value

    vars(module).update(names(), __getattr__=__getattr__)
