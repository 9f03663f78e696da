"""Calls of TensorFlow that mean nothing here: devices, threads, logging. They are accepted, and change nothing.

Where programs are placed is JAX's matter (`JAX_PLATFORMS`), how many threads compute XLA's. What such a call answers is
what TensorFlow answers on a machine with the devices that JAX has.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from typing import Any, NamedTuple

from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.dialects.tensorflow_modules import VERSION as VERSION_OF_TF
from kjax.machine.device import has_accelerator

# ------------------------------------------------------------------------------------------------------------- devices


class PhysicalDevice(NamedTuple):
    """A device, by the name that TensorFlow gives it."""

    name: str
    device_type: str


class LogicalDevice(NamedTuple):
    """A device, by the name that TensorFlow gives it where programs run."""

    name: str
    device_type: str


class LogicalDeviceConfiguration(NamedTuple):
    """A part of a device's memory; has no effect."""

    memory_limit: Any = None


def _listed(kind: Any, prefix: str) -> Callable[..., list[Any]]:
    def entry(device_type: Any = None) -> list[Any]:
        found = [kind(f"/{prefix}device:CPU:0", "CPU")]
        if has_accelerator():
            found.append(kind(f"/{prefix}device:GPU:0", "GPU"))
        return [device for device in found if device_type in (None, device.device_type)]

    return entry


_physical, _logical = _listed(PhysicalDevice, "physical_"), _listed(LogicalDevice, "")
_settings: dict[Any, Any] = {}  # what setters were given, for their getters


def _getter(name: str, otherwise: Any) -> Callable[..., Any]:
    return lambda: _settings.get(name, otherwise)


class device(contextlib.ContextDecorator):
    """`tf.device`: a `with` block or decorator that leaves everything where it is.

    >>> with device('/GPU:0'):
    ...     pass
    """

    def __init__(self, device_name: Any) -> None:
        if not (device_name is None or callable(device_name) or isinstance(device_name, str)):
            raise ValueError(f"tf.device(): device_name must be a string; got {device_name!r}")

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: Any) -> None:
        return None


# ------------------------------------------------------------------------------------------------ texts and dimensions


def _as_bytes(bytes_or_text: Any, encoding: Any = "utf-8") -> bytes:
    if isinstance(bytes_or_text, bytearray):
        return bytes(bytes_or_text)
    if isinstance(bytes_or_text, str):
        return bytes_or_text.encode(encoding)
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text
    raise TypeError(f"tf.compat.as_bytes(): bytes_or_text must be bytes or str; got {bytes_or_text!r}")


def _as_text(bytes_or_text: Any, encoding: Any = "utf-8") -> str:
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text.decode(encoding)
    raise TypeError(f"tf.compat.as_text(): bytes_or_text must be bytes or str; got {bytes_or_text!r}")


def _dimension_at(shape: Any, index: Any) -> Any:
    return None if shape.rank is None else shape[index]


# -------------------------------------------------------------------------------------------------------- distribution


class Strategy:
    """`tf.distribute.MirroredStrategy` and its like, of one device: everything runs as without it."""

    num_replicas_in_sync = 1

    def __init__(self, devices: Any = None, cross_device_ops: Any = None, **ignored: Any) -> None:
        self.extended = self

    def scope(self) -> Any:
        """A `with` block that changes nothing."""
        return contextlib.nullcontext()

    def run(self, fn: Callable[..., Any], args: Any = (), kwargs: Any = None, options: Any = None) -> Any:
        """The function's result."""
        return fn(*args, **(kwargs or {}))

    experimental_run_v2 = run

    def reduce(self, reduce_op: Any, value: Any, axis: Any) -> Any:
        """The value, reduced along `axis` unless that is None."""
        from kjax import backend as K

        if axis is None:
            return value
        return (K.mean if "mean" in str(reduce_op).lower() else K.sum)(value, axis)

    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """The data set."""
        return dataset

    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        """The value of the one device."""
        return (value,)


class CrossDeviceOps:
    """How devices add up; there is one."""

    def __init__(self, num_packs: int = 1, **ignored: Any) -> None:
        self.num_packs = num_packs


class ReplicaContext:
    """What a function that a strategy runs knows of the others; there are none."""

    num_replicas_in_sync = 1
    replica_id_in_sync_group = 0

    def all_reduce(self, reduce_op: Any, value: Any, options: Any = None) -> Any:
        """The value."""
        return value

    def merge_call(self, merge_fn: Callable[..., Any], args: Any = (), kwargs: Any = None) -> Any:
        """The result of a function of the strategy and the arguments."""
        return merge_fn(_strategy, *args, **(kwargs or {}))


class TPUClusterResolver:
    """`tf.distribute.cluster_resolver.TPUClusterResolver`: raises ValueError, as TensorFlow does where there is no TPU.

    Programs try it, and go on without.
    """

    def __init__(self, tpu: Any = None, *args: Any, **kwargs: Any) -> None:
        raise ValueError(
            "TPUClusterResolver(): there is no TPU of TensorFlow's here; what JAX runs on is chosen by JAX_PLATFORMS"
        )


class ReduceOp:
    """Names of reductions."""

    SUM, MEAN = "SUM", "MEAN"


_strategy, _replica = Strategy(), ReplicaContext()


# ---------------------------------------------------------------------------------------------------------- the tables

_LOG = logging.getLogger("tensorflow")
_LEVELS = {"debug": 10, "info": 20, "warn": 30, "warning": 30, "error": 40, "fatal": 50}


def _logged(level: int) -> Callable[..., None]:
    return lambda msg, *args, **kwargs: _LOG.log(level, msg, *args, **kwargs)


TF: Table = {
    "device": device,
    "get_logger": lambda: _LOG,
}
CONFIG: Table = {
    "LogicalDevice": LogicalDevice,
    "LogicalDeviceConfiguration": LogicalDeviceConfiguration,
    "PhysicalDevice": PhysicalDevice,
    "get_logical_device_configuration": lambda device: None,
    "get_soft_device_placement": _getter("soft", True),
    "get_visible_devices": _physical,
    "list_logical_devices": _logical,
    "list_physical_devices": _physical,
    "set_logical_device_configuration": lambda device, logical_devices: None,
    "set_soft_device_placement": lambda enabled: _settings.__setitem__("soft", enabled),
    "set_visible_devices": lambda devices, device_type=None: None,
}
CONFIG_EXPERIMENTAL: Table = {
    "VirtualDeviceConfiguration": LogicalDeviceConfiguration,
    "get_device_policy": _getter("policy", "silent"),
    "get_memory_growth": lambda device: _settings.get(("growth", device)),
    "get_synchronous_execution": _getter("synchronous", True),
    "get_virtual_device_configuration": lambda device: None,
    "get_visible_devices": CONFIG["get_visible_devices"],
    "list_logical_devices": CONFIG["list_logical_devices"],
    "list_physical_devices": CONFIG["list_physical_devices"],
    "set_device_policy": lambda device_policy: _settings.__setitem__("policy", device_policy or "silent"),
    "set_memory_growth": lambda device, enable: _settings.__setitem__(("growth", device), enable),
    "set_synchronous_execution": lambda enable: _settings.__setitem__("synchronous", enable),
    "set_virtual_device_configuration": lambda device, logical_devices: None,
    "set_visible_devices": CONFIG["set_visible_devices"],
}
CONFIG_OPTIMIZER: Table = {
    "get_experimental_options": lambda: dict(_settings.get("options", {})),
    "get_jit": _getter("jit", False),
    "set_experimental_options": lambda options: _settings.__setitem__("options", dict(options)),
    "set_jit": lambda enabled: _settings.__setitem__("jit", enabled),
}
CONFIG_THREADING: Table = {
    "get_inter_op_parallelism_threads": _getter("inter", 0),
    "get_intra_op_parallelism_threads": _getter("intra", 0),
    "set_inter_op_parallelism_threads": lambda num_threads: _settings.__setitem__("inter", num_threads),
    "set_intra_op_parallelism_threads": lambda num_threads: _settings.__setitem__("intra", num_threads),
}
DISTRIBUTE: Table = {
    "HierarchicalCopyAllReduce": CrossDeviceOps,
    "MirroredStrategy": Strategy,
    "NcclAllReduce": CrossDeviceOps,
    "OneDeviceStrategy": Strategy,
    "ReduceOp": ReduceOp,
    "Strategy": Strategy,
    "get_replica_context": lambda: _replica,
    "get_strategy": lambda: _strategy,
    "has_strategy": lambda: False,
    "in_cross_replica_context": lambda: False,
}
CLUSTER_RESOLVER: Table = {"TPUClusterResolver": TPUClusterResolver}
DISTRIBUTE_EXPERIMENTAL: Table = {
    "CentralStorageStrategy": Strategy,
    "MultiWorkerMirroredStrategy": Strategy,
}
COMPAT: Table = {
    "as_bytes": _as_bytes,
    "as_str": _as_text,
    "as_str_any": lambda value: _as_text(value) if isinstance(value, bytes) else str(value),
    "as_text": _as_text,
    "dimension_at_index": _dimension_at,
    "dimension_value": lambda dimension: getattr(dimension, "value", dimension),
    "path_to_str": lambda path: str(path) if hasattr(path, "__fspath__") else path,
}
VERSION: Table = {
    "COMPILER_VERSION": "none",
    "GIT_VERSION": "unknown",
    "GRAPH_DEF_VERSION": 175,
    "GRAPH_DEF_VERSION_MIN_CONSUMER": 0,
    "GRAPH_DEF_VERSION_MIN_PRODUCER": 0,
    "VERSION": VERSION_OF_TF,
}
LOGGING: Table = {
    **{name.upper(): level for name, level in _LEVELS.items() if name != "warning"},
    **{name: _logged(level) for name, level in _LEVELS.items()},
    "flush": lambda: None,
    "get_verbosity": lambda: _LOG.getEffectiveLevel(),
    "log": lambda level, msg, *args, **kwargs: _LOG.log(level, msg, *args, **kwargs),
    "set_verbosity": lambda v: _LOG.setLevel(v),
    "vlog": lambda level, msg, *args, **kwargs: _LOG.log(level, msg, *args, **kwargs),
}

give_names(
    {
        "tensorflow": TF,
        "tensorflow.config": CONFIG,
        "tensorflow.config.experimental": CONFIG_EXPERIMENTAL,
        "tensorflow.config.optimizer": CONFIG_OPTIMIZER,
        "tensorflow.config.threading": CONFIG_THREADING,
        "tensorflow.distribute": DISTRIBUTE,
        "tensorflow.compat": COMPAT,
        "tensorflow.compat.v1.logging": LOGGING,
    },
    __name__,
)
