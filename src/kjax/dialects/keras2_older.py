"""Names that earlier versions of Keras 2 had, and 2.3.1 has under other names or not at all.

Code written for Keras 2.0 to 2.2 imports them, often from modules that were never public. Each is what 2.3.1 has for
it; Keras's own modules stay as they are, and look here for what they do not have.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from types import ModuleType
from typing import Any

from kjax import backend as K


def _at(module: str, name: str) -> Callable[[], Any]:
    return lambda: getattr(import_module(module), name)


def relu6(x: Any) -> Any:
    """The activation of MobileNets: at least 0, at most 6."""
    return K.relu(x, max_value=6)


def _time_distributed_dense(
    x: Any,
    w: Any,
    b: Any = None,
    dropout: Any = None,
    input_dim: Any = None,
    output_dim: Any = None,
    timesteps: Any = None,
    training: Any = None,
) -> Any:
    """`x * w + b` at each step of a sequence, as recurrent layers of Keras 2.0 and attention built on them compute it.

    Args:
        x: a tensor `(batch, time, features)`.
        w: a matrix `(features, units)`.
        b: the bias, `(units,)`, or None.
        dropout: the rate of features that are left out while training, the same at each step.
        input_dim, output_dim, timesteps: sizes, where the tensors do not know them.
        training: as for `K.in_train_phase`.
    """
    input_dim, timesteps = input_dim or x.shape[2], timesteps or x.shape[1]
    output_dim = output_dim or w.shape[1]
    if dropout is not None and 0.0 < dropout < 1.0:
        ones = K.ones_like(K.reshape(x[:, 0, :], (-1, input_dim)))
        mask = K.in_train_phase(K.repeat(K.dropout(ones, dropout), timesteps), 1.0, training=training)
        x = x * mask
    product = K.dot(K.reshape(x, (-1, input_dim)), w)
    product = product if b is None else K.bias_add(product, b)
    steps = K.reshape(product, K.stack([-1, K.shape(x)[1] if timesteps is None else timesteps, output_dim]))
    steps.set_shape((None, timesteps, output_dim))
    return steps


def keras_test(function: Callable[..., Any]) -> Callable[..., Any]:
    """The decorator of Keras's own tests, which leaves a function as it is."""
    return function


def _affine(name: str) -> Callable[[], Any]:
    return _at("keras_preprocessing.image.affine_transformations", name)


def _apply_transform() -> Any:
    warp = _affine("apply_affine_transform")()
    ndimage: Any = import_module("scipy.ndimage")
    import numpy as np

    def apply_transform(
        x: Any, transform_matrix: Any, channel_axis: int = 0, fill_mode: str = "nearest", cval: float = 0.0
    ) -> Any:
        """An image moved by a matrix of three rows, channel by channel."""
        channels = np.rollaxis(x, channel_axis, 0)
        matrix, offset = transform_matrix[:2, :2], transform_matrix[:2, 2]
        moved = [
            ndimage.affine_transform(channel, matrix, offset, order=1, mode=fill_mode, cval=cval)
            for channel in channels
        ]
        return np.rollaxis(np.stack(moved), 0, channel_axis + 1)

    apply_transform.__module__ = warp.__module__
    return apply_transform


def _model(name: str) -> Callable[[], Any]:
    """A function of `keras_applications` that makes models, with Keras's own modules for it."""

    def made() -> Any:
        inject = import_module("keras.applications").keras_modules_injection
        return inject(_at(f"keras_applications.{name.lower()}", name)())

    return made


def _weights(module: str, *names: str) -> dict[str, Callable[[], Any]]:
    """Where the weights of a model are, and the function that gets them."""
    found = {name: _at(f"keras_applications.{module}", name) for name in names}
    return {"get_file": _at("keras.utils.data_utils", "get_file"), **found}


_UTILS = "keras.engine.training_utils"
_PATHS = ("WEIGHTS_PATH", "WEIGHTS_PATH_NO_TOP")

# For modules of Keras 2.3.1, the functions that give what earlier versions had there.
OLDER: dict[str, dict[str, Callable[[], Any]]] = {
    "keras.applications.densenet": {"DenseNet": _model("DenseNet"), **_weights("densenet")},
    "keras.applications.imagenet_utils": {
        "get_file": _at("keras.utils.data_utils", "get_file"),
        "_obtain_input_shape": _at("keras_applications.imagenet_utils", "_obtain_input_shape"),
    },
    "keras.applications.mobilenet": {
        **_weights("mobilenet", "BASE_WEIGHT_PATH"),
        "DepthwiseConv2D": _at("keras.layers", "DepthwiseConv2D"),
        "relu6": lambda: relu6,
    },
    "keras.applications.vgg16": _weights("vgg16", *_PATHS),
    "keras.applications.vgg19": _weights("vgg19", *_PATHS),
    "keras.engine": {
        "Container": _at("keras.engine.network", "Network"),
    },
    "keras.engine.topology": {
        "Container": _at("keras.engine.network", "Network"),
    },
    "keras.engine.training": {
        "_batch_shuffle": _at(_UTILS, "batch_shuffle"),
        "_check_array_lengths": _at(_UTILS, "check_array_length_consistency"),
        "_check_loss_and_target_compatibility": _at(_UTILS, "check_loss_and_target_compatibility"),
        "_make_batches": _at(_UTILS, "make_batches"),
        "_slice_arrays": _at("keras.utils.generic_utils", "slice_arrays"),
        "_standardize_class_weights": _at(_UTILS, "standardize_class_weights"),
        "_standardize_input_data": _at(_UTILS, "standardize_input_data"),
        "_standardize_sample_weights": _at(_UTILS, "standardize_sample_weights"),
        "_standardize_weights": _at(_UTILS, "standardize_weights"),
        "_weighted_masked_objective": _at(_UTILS, "weighted_masked_objective"),
    },
    "keras.layers.recurrent": {
        "_time_distributed_dense": lambda: _time_distributed_dense,
    },
    "keras.preprocessing.image": {
        "apply_transform": _apply_transform,
        "flip_axis": _affine("flip_axis"),
        "transform_matrix_offset_center": _affine("transform_matrix_offset_center"),
    },
    "keras.utils.conv_utils": {
        "normalize_data_format": _at("keras.backend", "normalize_data_format"),
    },
    "keras.utils.test_utils": {
        "keras_test": lambda: keras_test,
    },
}


def answer(module: ModuleType) -> None:
    """Let a module of Keras 2.3.1 answer for the names that it had earlier."""
    older = {name: make for name, make in OLDER[module.__name__].items() if name not in vars(module)}

    def __getattr__(name: str) -> Any:
        if name not in older:
            raise AttributeError(f"module {module.__name__!r} has no attribute {name!r}", name=name, obj=module)
        value = vars(module)[name] = older[name]()
        return value

    vars(module).setdefault("__getattr__", __getattr__)
