"""`tensorflow.python.*`: private modules of TensorFlow that programs import from, by the public names behind them.

`tensorflow.python.keras.x` is `tensorflow.keras.x`. A module of operations, such as `tensorflow.python.ops.math_ops`,
has all that `tf` and `tf.compat.v1` answer: in TensorFlow, too, these modules have the names of both versions.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

from kjax.core.graph import eager_mode, graph_mode, recording
from kjax.dialects.stand_ins import Contents
from kjax.dialects.tensorflow_modules import answers

# Modules of operations: what `tf` answers, and of these modules of `tf`.
_OPERATIONS = {
    "data.ops.dataset_ops": ("data",),
    "data.ops.iterator_ops": ("data",),
    "eager.backprop": (),
    "eager.def_function": (),
    "eager.function": (),
    "framework.composite_tensor": (),
    "framework.config": ("config",),
    "framework.constant_op": (),
    "framework.dtypes": ("dtypes",),
    "framework.errors": ("errors",),
    "framework.errors_impl": ("errors",),
    "framework.function": (),
    "framework.graph_util": (),
    "framework.importer": (),
    "framework.random_seed": ("random",),
    "framework.sparse_tensor": (),
    "framework.tensor_shape": ("compat",),
    "framework.tensor_spec": (),
    "framework.tensor_util": (),
    "framework.test_util": ("test",),
    "framework.type_spec": (),
    "framework.versions": ("version",),
    "layers.base": ("layers",),
    "layers.convolutional": ("layers",),
    "layers.core": ("layers",),
    "layers.layers": ("layers",),
    "layers.normalization": ("layers",),
    "layers.pooling": ("layers",),
    "lib.io.file_io": ("io.gfile",),
    "lib.io.tf_record": ("python_io",),
    "module.module": (),
    "ops.array_ops": (),
    "ops.bitwise_ops": ("bitwise",),
    "ops.candidate_sampling_ops": ("nn",),
    "ops.check_ops": ("debugging",),
    "ops.clip_ops": (),
    "ops.cond_v2": (),
    "ops.confusion_matrix": ("math",),
    "ops.control_flow_ops": ("debugging",),
    "ops.control_flow_util": (),
    "ops.ctc_ops": ("nn",),
    "ops.custom_gradient": (),
    "ops.data_flow_ops": (),
    "ops.embedding_ops": ("nn",),
    "ops.functional_ops": (),
    "ops.gen_array_ops": (),
    "ops.gen_control_flow_ops": (),
    "ops.gen_image_ops": ("image",),
    "ops.gen_linalg_ops": ("linalg",),
    "ops.gen_math_ops": ("math",),
    "ops.gen_nn_ops": ("nn",),
    "ops.gen_random_ops": ("random",),
    "ops.gen_sparse_ops": ("sparse",),
    "ops.gen_state_ops": (),
    "ops.gradients": (),
    "ops.gradients_impl": (),
    "ops.histogram_ops": (),
    "ops.image_ops": ("image",),
    "ops.image_ops_impl": ("image",),
    "ops.init_ops": (),
    "ops.init_ops_v2": (),
    "ops.io_ops": ("io",),
    "ops.linalg.linalg": ("linalg",),
    "ops.linalg.linalg_impl": ("linalg",),
    "ops.linalg_ops": (),
    "ops.logging_ops": (),
    "ops.losses.losses": ("losses",),
    "ops.losses.losses_impl": ("losses",),
    "ops.losses.util": ("losses",),
    "ops.manip_ops": ("manip",),
    "ops.map_fn": (),
    "ops.math_ops": ("math",),
    "ops.metrics": ("metrics",),
    "ops.metrics_impl": ("metrics",),
    "ops.nn": ("nn",),
    "ops.nn_grad": ("nn",),
    "ops.nn_impl": ("nn",),
    "ops.nn_ops": ("nn",),
    "ops.numerics": ("debugging",),
    "ops.parsing_ops": ("io",),
    "ops.random_ops": ("random",),
    "ops.resource_variable_ops": (),
    "ops.script_ops": (),
    "ops.signal.signal": ("signal",),
    "ops.sort_ops": (),
    "ops.sparse_ops": ("sparse",),
    "ops.special_math_ops": ("math",),
    "ops.spectral_ops": ("spectral",),
    "ops.standard_ops": (),
    "ops.state_ops": (),
    "ops.stateless_random_ops": ("random",),
    "ops.summary_ops_v2": ("summary",),
    "ops.template": (),
    "ops.tensor_array_ops": (),
    "ops.unconnected_gradients": (),
    "ops.variable_scope": (),
    "ops.variables": (),
    "ops.weights_broadcast_ops": (),
    "ops.while_v2": (),
    "platform.app": (),
    "platform.gfile": ("gfile",),
    "platform.test": ("test",),
    "platform.tf_logging": ("logging",),
    "summary.summary": ("summary",),
    "training.adadelta": ("train",),
    "training.adagrad": ("train",),
    "training.adam": ("train",),
    "training.checkpoint_management": ("train",),
    "training.checkpoint_utils": ("train",),
    "training.ftrl": ("train",),
    "training.gradient_descent": ("train",),
    "training.learning_rate_decay": ("train",),
    "training.momentum": ("train",),
    "training.moving_averages": ("train",),
    "training.optimizer": ("train",),
    "training.rmsprop": ("train",),
    "training.saver": ("train",),
    "training.saving.saveable_object_util": ("train",),
    "training.tracking.base": (),
    "training.tracking.util": ("train",),
    "training.training": ("train",),
    "training.training_util": ("train",),
    "util.compat": ("compat",),
    "util.nest": ("nest",),
}


def contents() -> dict[str, Contents]:
    """The private modules."""
    private: dict[str, Contents] = {name: partial(_operations, below) for name, below in _OPERATIONS.items()}
    own: dict[str, Contents] = {
        "client.device_lib": lambda: {"list_local_devices": lambda session_config=None: _devices()},
        "eager.context": lambda: {
            "eager_mode": eager_mode,
            "executing_eagerly": answers("", 2)["executing_eagerly"],
            "graph_mode": graph_mode,
            "num_gpus": lambda: len(answers("config", 2)["list_physical_devices"]("GPU")),
        },
        "eager.tape": lambda: {"stop_recording": lambda: recording(())},
        "framework.ops": lambda: {**_operations(()), "_gradient_registry": _registry()},
        "framework.smart_cond": lambda: {"smart_cond": _smart_cond, "smart_constant_value": _constant_value},
        "util.tf_inspect": lambda: {name: getattr(inspect, name) for name in _INSPECT},
        "util.deprecation": lambda: dict.fromkeys(_DEPRECATIONS, _exported),
        "util.tf_decorator": lambda: {"make_decorator": lambda target, decorator_func, **about: decorator_func},
        "util.tf_export": lambda: {"keras_export": _exported, "tf_export": _exported},
    }
    packages = {name.rpartition(".")[0] for name in (*private, *own)} - {*private, *own, ""}
    packages |= {name.rpartition(".")[0] for name in packages} - {*private, *own, ""}
    return {
        "tensorflow.python": dict,
        **{f"tensorflow.python.{name}": dict for name in packages},
        **{f"tensorflow.python.{name}": make for name, make in {**private, **own}.items()},
    }


_INSPECT = ("currentframe", "getargvalues", "getcallargs", "getdoc", "getfile", "getfullargspec", "getmembers",
            "getmodule", "getmro", "getsource", "isbuiltin", "isclass", "isfunction", "isframe", "isgenerator",
            "ismethod", "ismodule", "isroutine", "stack")  # fmt: skip


# Decorators that warn of what will go.
_DEPRECATIONS = ("deprecated", "deprecated_alias", "deprecated_arg_values", "deprecated_args", "deprecated_endpoints")


# Names of operations that `tf` itself had before TensorFlow 1.0.
_SHORT = {"mul": "multiply", "neg": "negative", "pack": "stack", "sub": "subtract", "unpack": "unstack"}


def _operations(below: tuple[str, ...]) -> dict[str, Any]:
    """What is answered in `tf` and some of its modules, of both versions."""
    found: dict[str, Any] = {}
    for version in (1, 2):
        for module in ("", *below):
            found.update(answers(module, version))
    return {**{short: found[name] for short, name in _SHORT.items()}, **found}


def _registry() -> Any:
    return import_module("kjax.dialects.tensorflow_overrides").REGISTRY


def _devices() -> list[Any]:
    return list(answers("config", 2)["list_logical_devices"]())


def _constant_value(pred: Any) -> bool | None:
    """The truth of a condition that has a value; None for a symbolic one."""
    if isinstance(pred, (bool, int)):
        return bool(pred)
    return None if getattr(pred, "is_symbolic", False) else bool(pred)


def _smart_cond(pred: Any, true_fn: Any = None, false_fn: Any = None, name: Any = None) -> Any:
    """The result of one of two functions, of which only that one is called where the condition has a value."""
    known = _constant_value(pred)
    if known is not None:
        return true_fn() if known else false_fn()
    return answers("", 2)["cond"](pred, true_fn, false_fn)


def _exported(*names: str, **options: Any) -> Any:
    """A decorator that leaves a function as it is."""
    return lambda function: function


# Modules of Keras 2.3.1 that programs know below `tensorflow.python.keras`, besides those of `tensorflow.keras`.
KERAS = (
    "engine.base_layer",
    "engine.input_layer",
    "engine.network",
    "engine.saving",
    "engine.sequential",
    "engine.topology",
    "engine.training",
    "engine.training_utils",
    "layers.advanced_activations",
    "layers.convolutional",
    "layers.convolutional_recurrent",
    "layers.core",
    "layers.embeddings",
    "layers.local",
    "layers.merge",
    "layers.noise",
    "layers.normalization",
    "layers.pooling",
    "layers.recurrent",
    "layers.wrappers",
    "utils.conv_utils",
    "utils.data_utils",
    "utils.generic_utils",
    "utils.io_utils",
    "utils.layer_utils",
    "utils.np_utils",
    "utils.vis_utils",
)


def keras_contents(known: Iterable[str], public: Callable[[str], Mapping[str, Any]]) -> dict[str, Contents]:
    """`tensorflow.python.keras.*`: the `known` modules of `tensorflow.keras`, and further ones of Keras by `public`."""
    modules = keras_at("tensorflow.python", known)
    if len(modules) > 2:  # not `keras` and its backend alone
        for name in KERAS:
            package = name.partition(".")[0]
            modules.setdefault(f"tensorflow.python.keras.{package}", dict)
            modules.setdefault(f"tensorflow.python.keras.{name}", partial(public, name))
        for name, found in _KERAS_ELSEWHERE.items():
            modules.setdefault(f"tensorflow.python.keras.{name.rpartition('.')[0] or name}", dict)
            modules[f"tensorflow.python.keras.{name}"] = partial(_elsewhere, found)
        modules["tensorflow.python.keras.utils.tf_utils"] = lambda: {
            "constant_value": _constant_value,
            "shape_type_conversion": lambda fn: fn,
            "smart_cond": _smart_cond,
        }
    return modules


# Private modules of `tf.keras` with names that are public elsewhere: by its name, the module below `tf.keras` and the
# name there.
_SETTINGS = ("epsilon", "floatx", "image_data_format", "set_epsilon", "set_floatx", "set_image_data_format")
_OPTIMIZERS = {
    "adadelta": "Adadelta",
    "adagrad": "Adagrad",
    "adam": "Adam",
    "adamax": "Adamax",
    "gradient_descent": "SGD",
    "nadam": "Nadam",
    "rmsprop": "RMSprop",
}
_KERAS_ELSEWHERE: dict[str, dict[str, tuple[str, str]]] = {
    "backend_config": {name: ("backend", name) for name in _SETTINGS},
    "engine.input_spec": {"InputSpec": ("layers", "InputSpec")},
    "optimizer_v2.learning_rate_schedule": {
        name: ("optimizers.schedules", name)
        for name in ("ExponentialDecay", "LearningRateSchedule", "PiecewiseConstantDecay", "PolynomialDecay")
    },
    "optimizer_v2.optimizer_v2": {"OptimizerV2": ("optimizers", "Optimizer")},
    **{f"optimizer_v2.{module}": {name: ("optimizers", name)} for module, name in _OPTIMIZERS.items()},
    "utils.losses_utils": {"ReductionV2": ("losses", "Reduction")},
    "utils.multi_gpu_utils": {"multi_gpu_model": ("utils", "multi_gpu_model")},
}


def _elsewhere(found: Mapping[str, tuple[str, str]]) -> dict[str, Any]:
    return {name: getattr(import_module(f"tensorflow.keras.{at}"), key) for name, (at, key) in found.items()}


def keras_at(package: str, known: Iterable[str]) -> dict[str, Contents]:
    """The `known` modules of `tensorflow.keras` as those of `keras` in another package."""
    prefix = "tensorflow.keras."
    below = {f"{package}.keras.{name.removeprefix(prefix)}": name for name in known if name.startswith(prefix)}
    # (`keras` itself has modules, and attributes which are made when they are asked for.)
    return {f"{package}.keras": dict, **{name: partial(names_of, module) for name, module in below.items()}}


def names_of(module: str) -> dict[str, Any]:
    """What a module that is answered has, apart from other modules."""
    face = import_module(module)
    named = {name: getattr(face, name) for name in dir(face) if not name.startswith("_")}
    return {name: value for name, value in named.items() if not isinstance(value, ModuleType)}
