"""`tensorflow.keras` beyond its backend: layers, models, optimizers and the rest, answered by Keras 2.3.1 on kjax.

Keras 2.3.1 and the `tf.keras` of TensorFlow 2.2 are two branches of one program; equal names mean the same, with few
exceptions. It comes with `pip install "kjax[keras2]"`; without it, every name raises an error that says so.

Losses, metrics, optimizers, schedules of learning rates and training are those of TensorFlow 2.2: the modules
`newer_losses`, `newer_metrics`, `newer_optimizers`, `newer_schedules` and `newer_training` beside this one say more.

The program stays in eager mode, as TensorFlow 2.2 is, while Keras builds its graphs in graph mode. So `K.square(x)`
of a value computes at once, and a layer's `call`, a loss or a regularizer reads variables when `fit` runs. Where
Keras 2.3.1 differs from `tf.keras`, `tensorflow_layers.adapt` brings them together:

- a custom layer needs no `compute_output_shape`: its output shape is the shape that `call` returns;
- `training` in a `call` is True or False: `call` is traced for both, and a run takes one of the two;
- updates, losses and metrics of layers inside of a layer are taken over; and so are updates of variables in a `call` or
  in a metric's `update_state`, by `assign`, `K.update` and the like, each once;
- a layer or model may be called on values: `model(x)` returns a tensor with a value; and `fit` takes such tensors;
- a layer may be given a mask that it does not support, `add_weight` has a default initializer, and `add_metric` takes
  `aggregation`.

Remaining differences: a tensor computed from a layer's output outside of any layer can't be given to a layer or be the
output of a model (wrap the computation into a `Lambda`); `BatchNormalization` keeps the unbiased variance, and an
`activity_regularizer` is not divided by the size of the batch; and `save` always writes HDF5. Names that are not
answered, such as `layers.LayerNormalization`, raise an error that says so.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from kjax.dialects import keras2_repairs, tensorflow_layers
from kjax.dialects.stand_ins import Contents, united

MODULES = (
    "activations",
    "applications",
    "applications.densenet",
    "applications.imagenet_utils",
    "applications.inception_resnet_v2",
    "applications.inception_v3",
    "applications.mobilenet",
    "applications.mobilenet_v2",
    "applications.nasnet",
    "applications.resnet",
    "applications.resnet50",
    "applications.resnet_v2",
    "applications.vgg16",
    "applications.vgg19",
    "applications.xception",
    "callbacks",
    "constraints",
    "datasets",
    "datasets.boston_housing",
    "datasets.cifar10",
    "datasets.cifar100",
    "datasets.fashion_mnist",
    "datasets.imdb",
    "datasets.mnist",
    "datasets.reuters",
    "initializers",
    "layers",
    "losses",
    "metrics",
    "models",
    "optimizers",
    "preprocessing",
    "preprocessing.image",
    "preprocessing.sequence",
    "preprocessing.text",
    "regularizers",
    "utils",
    "wrappers",
    "wrappers.scikit_learn",
)

# For each module, the tables in `kjax.dialects` of what TensorFlow 2.2 has there and Keras 2.3.1 lacks or means
# differently: a dict, or a function that makes it once Keras is loaded.
NEWER: dict[str, tuple[str, ...]] = {
    "callbacks": ("newer_training.CALLBACKS",),
    "experimental": ("newer_schedules.EXPERIMENTAL",),
    "losses": ("newer_losses.LOSSES",),
    "metrics": ("newer_metrics.METRICS",),
    "optimizers": ("newer_optimizers.OPTIMIZERS",),
    "optimizers.schedules": ("newer_schedules.SCHEDULES",),
}

# Modules in `kjax.dialects` that change Keras 2.3.1, once it is loaded for `tensorflow.keras`.
ADAPTING = ("newer_losses", "newer_metrics", "newer_optimizers", "newer_training")

# Names in `tensorflow.keras` itself that are no modules.
ROOT = ("Input", "Model", "Sequential")

# TensorFlow 2 has these modules without `keras` in their names, too.
SHORT = ("initializers", "losses", "metrics", "optimizers", "optimizers.schedules")

_VERSIONS = ("tensorflow", "tensorflow.compat.v1", "tensorflow.compat.v2")

# Names that are elsewhere in Keras 2.3.1.
_ELSEWHERE = {
    "initializers.GlorotNormal": "initializers.glorot_normal",
    "initializers.GlorotUniform": "initializers.glorot_uniform",
    "layers.Convolution2DTranspose": "layers.Conv2DTranspose",
    "layers.Convolution3DTranspose": "layers.Conv3DTranspose",
    "layers.SeparableConvolution1D": "layers.SeparableConv1D",
    "layers.SeparableConvolution2D": "layers.SeparableConv2D",
    "layers.Wrapper": "layers.wrappers.Wrapper",
    "metrics.KLD": "losses.kullback_leibler_divergence",
    "metrics.kld": "losses.kullback_leibler_divergence",
    "utils.SequenceEnqueuer": "utils.data_utils.SequenceEnqueuer",
}


def contents() -> dict[str, Contents]:
    """The modules of `tensorflow.keras` but its backend; none without Keras 2.3.1."""
    if not keras2_repairs.is_installed():
        return {}
    modules = {name: functools.partial(public, name) for name in (*MODULES, *NEWER)}
    return united(
        {f"{version}.keras.{name}": make for version in _VERSIONS for name, make in modules.items()},
        {f"{version}.{name}": modules[name] for version in _VERSIONS if "v1" not in version for name in SHORT},
    )


def attributes() -> dict[str, Callable[[], Any]]:
    """Functions that make the attributes of `tensorflow.keras` that are no modules; none without Keras 2.3.1."""
    if not keras2_repairs.is_installed():
        return {}
    return {f"{version}.keras.{name}": functools.partial(_get, name) for version in _VERSIONS for name in ROOT}


def refusal(name: str) -> str | None:
    """The error message for a name below `tensorflow.keras` that is not answered; None for other names."""
    parts = name.split(".")
    if "keras" not in parts[:4] and parts[-1] not in SHORT:
        return None
    below = ".".join(parts[parts.index("keras") + 1 :]) if "keras" in parts else parts[-1]
    if below.partition(".")[0] == "backend":
        return None
    if keras2_repairs.is_installed():
        return (
            f"{name} is not answered by kjax: of tensorflow.keras it has tf.keras.backend and the names of "
            f"Keras 2.3.1, of which this is none. Other differences: help('kjax.dialects.tensorflow_keras')"
        )
    if below in ROOT or below.partition(".")[0] in MODULES:
        return (
            f"{name} is not answered by kjax alone (tf.keras.backend is), but by Keras 2.3.1 on kjax, which is not "
            f'installed. It comes with: pip install "kjax[keras2]"'
        )
    return None


def public(name: str) -> Mapping[str, Any]:
    """The public names of a module of Keras, as TensorFlow has them."""
    keras = _keras("" if name in NEWER and name not in MODULES else name)
    module = {} if keras.__name__ == "keras" else vars(keras)
    public = {key: value for key, value in module.items() if not key.startswith("_") and key != "K"}
    public = {key: value for key, value in public.items() if not isinstance(value, ModuleType)}
    prefix = f"{name}."
    elsewhere = {key.removeprefix(prefix): _get(at) for key, at in _ELSEWHERE.items() if key.startswith(prefix)}
    return {**united(public, elsewhere), **_newer(name)}


def _newer(name: str) -> dict[str, Any]:
    """What TensorFlow 2.2 has in a module beyond Keras 2.3.1."""
    found = []
    for path in NEWER.get(name, ()):
        module, _, variable = path.partition(".")
        table = getattr(import_module(f"kjax.dialects.{module}"), variable)
        found.append(table() if callable(table) else table)
    return united(*found)


def _get(path: str) -> Any:
    """The attribute of Keras at `module.name`."""
    module, _, name = path.rpartition(".")
    return getattr(_keras(module), name)


def _keras(name: str) -> ModuleType:
    """Import a module of Keras, adapted, without a change of the program's mode."""
    with keras2_repairs.mode_kept():
        keras = import_module("keras")
    if "_kjax_adapted" not in vars(keras):
        tensorflow_layers.adapt(keras)
        for module in ADAPTING:
            import_module(f"kjax.dialects.{module}").adapt(keras)
        vars(keras)["_kjax_adapted"] = True
    return import_module(f"keras.{name}") if name else keras
