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

from kjax.dialects.stand_ins import Contents
from kjax.dialects.tensorflow_modules import answers
from kjax.dialects.tensorflow_overrides import REGISTRY

# Modules of operations: what `tf` answers, and of these modules of `tf`.
_OPERATIONS = {
    "framework.constant_op": (),
    "framework.dtypes": ("dtypes",),
    "framework.errors": ("errors",),
    "framework.errors_impl": ("errors",),
    "framework.random_seed": ("random",),
    "framework.sparse_tensor": (),
    "framework.tensor_shape": ("compat",),
    "framework.tensor_util": (),
    "ops.array_ops": (),
    "ops.check_ops": ("debugging",),
    "ops.clip_ops": (),
    "ops.control_flow_ops": ("debugging",),
    "ops.ctc_ops": ("nn",),
    "ops.custom_gradient": (),
    "ops.functional_ops": (),
    "ops.gradients": (),
    "ops.gradients_impl": (),
    "ops.image_ops": ("image",),
    "ops.init_ops": (),
    "ops.init_ops_v2": (),
    "ops.linalg_ops": (),
    "ops.logging_ops": (),
    "ops.map_fn": (),
    "ops.math_ops": ("math",),
    "ops.nn": ("nn",),
    "ops.nn_impl": ("nn",),
    "ops.nn_ops": ("nn",),
    "ops.random_ops": ("random",),
    "ops.resource_variable_ops": (),
    "ops.script_ops": (),
    "ops.state_ops": (),
    "ops.tensor_array_ops": (),
    "ops.variable_scope": (),
    "ops.variables": (),
    "ops.while_v2": (),
    "lib.io.tf_record": ("python_io",),
    "platform.gfile": ("gfile",),
    "platform.test": ("test",),
    "platform.tf_logging": ("logging",),
    "training.adam": ("train",),
    "training.checkpoint_management": ("train",),
    "training.gradient_descent": ("train",),
    "training.learning_rate_decay": ("train",),
    "training.momentum": ("train",),
    "training.moving_averages": ("train",),
    "training.optimizer": ("train",),
    "training.saver": ("train",),
    "training.training_util": ("train",),
    "training.tracking.base": (),
    "util.compat": ("compat",),
    "util.nest": ("nest",),
}


def contents() -> dict[str, Contents]:
    """The private modules."""
    private: dict[str, Contents] = {name: partial(_operations, below) for name, below in _OPERATIONS.items()}
    own: dict[str, Contents] = {
        "client.device_lib": lambda: {"list_local_devices": lambda session_config=None: _devices()},
        "eager.context": lambda: {"executing_eagerly": answers("", 2)["executing_eagerly"]},
        "framework.ops": lambda: {**_operations(()), "_gradient_registry": REGISTRY},
        "framework.smart_cond": lambda: {"smart_cond": _smart_cond, "smart_constant_value": _constant_value},
        "util.tf_inspect": lambda: {name: getattr(inspect, name) for name in _INSPECT},
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


def _operations(below: tuple[str, ...]) -> dict[str, Any]:
    """What is answered in `tf` and some of its modules, of both versions."""
    found: dict[str, Any] = {}
    for version in (1, 2):
        for module in ("", *below):
            found.update(answers(module, version))
    return found


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
    prefix = "tensorflow.keras"
    modules: dict[str, Contents] = {
        f"tensorflow.python.keras{name.removeprefix(prefix)}": partial(_names_of, name)
        for name in known
        if name == prefix or name.startswith(f"{prefix}.")
    }
    if len(modules) > 2:  # not `keras` and its backend alone
        for name in KERAS:
            package = name.partition(".")[0]
            modules.setdefault(f"tensorflow.python.keras.{package}", dict)
            modules.setdefault(f"tensorflow.python.keras.{name}", partial(public, name))
    return modules


def _names_of(module: str) -> dict[str, Any]:
    face = import_module(module)
    named = {name: getattr(face, name) for name in dir(face) if not name.startswith("_")}
    return {name: value for name, value in named.items() if not isinstance(value, ModuleType)}
