"""`tensorflow.keras` beyond its backend: layers, models, optimizers and the rest, answered by Keras 2.3.1 on kjax.

Keras 2.3.1 and the `tf.keras` of TensorFlow 2.2 are two branches of one program; equal names mean the same, with few
exceptions. It comes with `pip install "kjax[keras2]"`; without it, every name raises an error that says so.

Losses, metrics, optimizers, schedules of learning rates and training are those of TensorFlow 2.2: the modules
`newer_losses`, `newer_metrics`, `newer_optimizers`, `newer_schedules` and `newer_training` beside this one say more.

The program stays in eager mode, as TensorFlow 2.2 is, while Keras builds its graphs in graph mode. So `K.square(x)`
of a value computes at once, and a layer's `call`, a loss or a regularizer reads variables when `fit` runs. Where
Keras 2.3.1 differs from `tf.keras`, `tensorflow_layers.adapt` and `newer_base.adapt` bring them together:

- a custom layer needs no `compute_output_shape`: its output shape is the shape that `call` returns;
- `training` in a `call` is True or False: `call` is traced for both, and a run takes one of the two;
- updates, losses and metrics of layers inside of a layer are taken over; and so are updates of variables in a `call` or
  in a metric's `update_state`, by `assign`, `K.update` and the like, each once;
- a layer or model may be called on values: `model(x)` returns a tensor with a value; and `fit` takes such tensors;
- a layer may be called on more than its inputs: `layer(x, context)`, `layer(query, value, mask=mask)`;
- what is computed from a layer's output outside of any layer becomes a layer, a `TensorFlowOpLayer`;
- layers and variables in lists and dicts are those of the layer that has them, and `trainable` goes all the way down;
- an `activity_regularizer` is divided by the size of the batch;
- a layer may be given a mask that it does not support, `add_weight` has the arguments of `tf.keras` and a default
  initializer, and `add_metric` takes `aggregation`.

What Keras 2.3.1 does not have, or means otherwise, is in the tables that `NEWER` names: `LayerNormalization`,
`MultiHeadAttention`, preprocessing layers; `GRU`, which resets after the product, and `BatchNormalization`, which keeps
the variance of the batch and rests while it is not trainable. A class of `NEWER` stands on the class of Keras of its
name, which a program that imports `keras` gets as before.

`tf.keras.mixed_precision` has the names of TensorFlow 2.2 and 2.4 (`newer_policies`, `newer_precision`,
`newer_loss_scale`). A layer whose dtype is not `K.floatx()` computes in that dtype, and one that is called on floats of
another dtype converts them in its `call`.

Remaining differences: `save` always writes HDF5; `fit` counts the batches of a data set that can't tell their
number (`dataset_fit`); a layer that is `dynamic` is refused. Other names that Keras 2.3.1 does not have, such as
`layers.DenseFeatures`, raise an error that says so.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from kjax.dialects import keras2_repairs, newer_parts, newer_registry
from kjax.dialects.stand_ins import Contents, united
from kjax.dialects.tensorflow_dimensions import dimensions_are_shown
from kjax.dialects.tensorflow_modules import TABLES, answers

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
    "utils.conv_utils",
    "wrappers",
    "wrappers.scikit_learn",
)

# For modules of `tensorflow.keras`, the tables in `kjax.dialects` of what Keras 2.3.1 does not have, or means
# otherwise: a dict, or a function that makes it once Keras is loaded.
NEWER: dict[str, tuple[str, ...]] = {
    "activations": ("newer_initializers.ACTIVATIONS",),
    "callbacks": ("newer_training.CALLBACKS",),
    "constraints": ("newer_initializers.CONSTRAINTS",),
    "experimental": ("newer_schedules.EXPERIMENTAL",),
    "initializers": ("newer_initializers.INITIALIZERS",),
    "layers": (
        "newer_layers.LAYERS",
        "newer_attention.LAYERS",
        "newer_tensors.LAYERS",
    ),
    "layers.experimental": ("newer_layers.EXPERIMENTAL",),
    "layers.experimental.preprocessing": ("newer_preprocessing.PREPROCESSING",),
    "losses": ("newer_losses.LOSSES",),
    "metrics": ("newer_metrics.METRICS",),
    "mixed_precision": ("newer_policies.MIXED_PRECISION", "newer_loss_scale.MIXED_PRECISION"),
    "mixed_precision.experimental": ("newer_policies.EXPERIMENTAL", "newer_loss_scale.EXPERIMENTAL"),
    "models": ("newer_registry.MODELS",),
    "optimizers": ("newer_optimizers.OPTIMIZERS",),
    "optimizers.schedules": ("newer_schedules.SCHEDULES",),
    "regularizers": ("newer_initializers.REGULARIZERS",),
    "saving": ("newer_registry.UTILS",),
    "utils": ("newer_registry.UTILS",),
}

# Modules that Keras 2.3.1 does not have.
BESIDE = tuple(sorted({*NEWER} - {*MODULES}))

# Modules in `kjax.dialects` that change Keras 2.3.1, once it is loaded for `tensorflow.keras`.
ADAPTING = (
    "tensorflow_layers",
    "newer_base",
    "newer_layer_losses",
    "newer_losses",
    "newer_metrics",
    "newer_optimizers",
    "newer_training",
    "newer_structures",
    "newer_precision",
    "newer_loss_scale",
)

# Names in `tensorflow.keras` itself that are no modules.
ROOT = ("Input", "Model", "Sequential")

# TensorFlow 2 has these modules without `keras` in their names, too.
SHORT = ("initializers", "losses", "metrics", "optimizers", "optimizers.schedules")

_VERSIONS = ("tensorflow", "tensorflow.compat.v1", "tensorflow.compat.v2")


# What TensorFlow 1 means as Keras 2.3.1 does.
_AS_BEFORE = {"layers": ("BatchNormalization", "GRU", "GRUCell")}

# Names that are elsewhere in Keras 2.3.1.
_ELSEWHERE = {
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

    def module(name: str, version: str) -> Contents:
        return functools.partial(public, name, version=1 if version.endswith("v1") else 2)

    return united(
        {f"{version}.keras.{name}": module(name, version) for version in _VERSIONS for name in (*MODULES, *BESIDE)},
        {f"{version}.{name}": functools.partial(_short, name) for version in _VERSIONS[::2] for name in SHORT},
    )


def _short(name: str) -> Mapping[str, Any]:
    """A module of `tf.keras` as one of `tf`: a program for TensorFlow 1 means TensorFlow 1's function by a name."""
    newer = public(name)
    older = answers(name, 1) if name in TABLES else {}
    return {key: _of_the_program(call, older[key]) if key in older else call for key, call in newer.items()}


def _of_the_program(new: Any, old: Any) -> Any:
    if not inspect.isfunction(new):
        return new

    @functools.wraps(new)
    def call(*args: Any, **kwargs: Any) -> Any:
        return (old if dimensions_are_shown() else new)(*args, **kwargs)

    return call


def attributes() -> dict[str, Callable[[], Any]]:
    """Functions that make the attributes of `tensorflow.keras` that are no modules; none without Keras 2.3.1."""
    if not keras2_repairs.is_installed():
        return {}
    versions = (*_VERSIONS, "tensorflow.contrib", "tensorflow.python")
    return {f"{version}.keras.{name}": functools.partial(_get, name) for version in versions for name in ROOT}


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
            f"{name} is not answered by kjax: of tensorflow.keras it has tf.keras.backend, the names of Keras 2.3.1 "
            f"and some newer ones, of which this is none. Other differences: help('kjax.dialects.tensorflow_keras')"
        )
    if below in ROOT or below.partition(".")[0] in MODULES:
        return (
            f"{name} is not answered by kjax alone (tf.keras.backend is), but by Keras 2.3.1 on kjax, which is not "
            f'installed. It comes with: pip install "kjax[keras2]"'
        )
    return None


def public(name: str, version: int = 2) -> Mapping[str, Any]:
    """The public names of a module of Keras, as TensorFlow 2 or 1 has it."""
    found: dict[str, Any] = {}
    if name not in BESIDE:
        module = _keras(name)
        found = {key: value for key, value in vars(module).items() if not key.startswith("_") and key != "K"}
        found = {key: value for key, value in found.items() if not isinstance(value, ModuleType)}
    prefix = f"{name}."
    elsewhere = {key.removeprefix(prefix): _get(at) for key, at in _ELSEWHERE.items() if key.startswith(prefix)}
    kept = _AS_BEFORE.get(name, ()) if version == 1 else ()
    newer = {key: value for key, value in _newer(name).items() if key not in kept}
    if name not in MODULES and name not in BESIDE:  # a private one, as `layers.normalization`
        newer = {key: value for key, value in _newer("layers").items() if key in found}
    return {**united(found, elsewhere), **newer}


@functools.cache
def _newer(name: str) -> dict[str, Any]:
    """What the tables of a module have."""
    _keras("")
    return united(dict(newer_parts.entries(NEWER.get(name, ()))))


def _get(path: str) -> Any:
    """The attribute of Keras at `module.name`."""
    module, _, name = path.rpartition(".")
    newer = _newer(module or "layers")
    return newer[name] if name in newer else getattr(_keras(module), name)


def _keras(name: str) -> ModuleType:
    """Import a module of Keras, adapted, without a change of the program's mode."""
    with keras2_repairs.mode_kept():
        keras = import_module("keras")
    if "_kjax_adapted" not in vars(keras):
        import_module("kjax.dialects.dataset_fit").fit_data_sets(keras)  # (few programs need these before)
        for module in ADAPTING:
            import_module(f"kjax.dialects.{module}").adapt(keras)
        newer_registry.adapt(keras, _newer)
        import_module("kjax.dialects.tensorflow_checkpoints").restore_late(keras)
        keras.callbacks.TensorBoard = import_module("kjax.dialects.tensorboard").of_tf_keras(keras)
        vars(keras)["_kjax_adapted"] = True
    return import_module(f"keras.{name}") if name else keras
