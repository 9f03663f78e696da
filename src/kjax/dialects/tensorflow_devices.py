"""`tf.config`'s devices and `tf.distribute`: a strategy is a layout of `kjax.sharded` over its devices.

A strategy here has one replica, which all its devices compute together: what `strategy.run` is given is the whole
batch, and a sum over it is the sum over all devices. So a program gives the results that it gives with one device of
TensorFlow, on however many: a loss that it divides by the batch size, or by `num_replicas_in_sync`, is right, and
`strategy.reduce` has nothing to add up. When a strategy's `scope()` is entered for the first time, the whole program
runs on its devices from then on (`kjax.shard`), unless a layout is on: in TensorFlow, too, what was made in the scope
stays on the devices behind it.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any, NamedTuple

from kjax.core.sharding import current_layout, shard
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.machine import meshes, scopes
from kjax.machine.device import has_accelerator
from kjax.machine.errors import shown

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
    """A part of a device's memory; of the CPU, one of the devices that it is to be."""

    memory_limit: Any = None


_visible: dict[str, list[PhysicalDevice]] = {}  # those that the program chose, by their type
_divided: dict[PhysicalDevice, list[Any]] = {}  # the parts that it divided devices into


def _accelerators() -> int:
    if not has_accelerator():
        return 0
    import jax

    return len(jax.local_devices())


def _of_type(devices: Sequence[Any], device_type: Any) -> list[Any]:
    return [device for device in devices if device_type in (None, device.device_type)]


def _physical(device_type: Any = None) -> list[PhysicalDevice]:
    gpus = [PhysicalDevice(f"/physical_device:GPU:{i}", "GPU") for i in range(_accelerators())]
    return _of_type([PhysicalDevice("/physical_device:CPU:0", "CPU"), *gpus], device_type)


def _get_visible(device_type: Any = None) -> list[PhysicalDevice]:
    found = [device for kind in ("CPU", "GPU") for device in _visible.get(kind, _physical(kind))]
    return _of_type(found, device_type)


def _set_visible(devices: Any, device_type: Any = None) -> None:
    chosen = [devices] if isinstance(devices, PhysicalDevice) else [*(devices or ())]
    for device in chosen:
        if device not in _physical(device_type):
            raise ValueError(f"set_visible_devices(): {shown(device)} is no device that list_physical_devices() lists")
    for kind in ("CPU", "GPU") if device_type is None else (device_type,):
        _visible[kind] = _of_type(chosen, kind)


def _logical(device_type: Any = None) -> list[LogicalDevice]:
    gpus = len(_get_visible("GPU"))
    cpus = len(_get_visible("CPU")) and (1 if has_accelerator() else meshes.devices_on_cpu())
    counts = {"CPU": cpus, "GPU": gpus}
    found = [LogicalDevice(f"/device:{kind}:{i}", kind) for kind, count in counts.items() for i in range(count)]
    return _of_type(found, device_type)


def _divide(device: Any, logical_devices: Any) -> None:
    """Divide a device: the CPU into several devices of JAX; of others it is only noted."""
    parts = [*(logical_devices or ())]
    if getattr(device, "device_type", None) == "CPU" and len(parts) > 1 and not has_accelerator():
        try:
            meshes.ask_for_devices(len(parts))
        except ValueError:
            raise RuntimeError("virtual devices cannot be changed once the program has computed something") from None
    _divided[device] = parts


# -------------------------------------------------------------------------------------------------------- distribution


class Strategy:
    """`tf.distribute.MirroredStrategy` and its like: one replica, which the devices compute together.

    Args:
        devices: names as `"/gpu:1"`, one or several; by default all devices that the program sees.
    """

    num_replicas_in_sync = 1

    def __init__(self, devices: Any = None, cross_device_ops: Any = None, **ignored: Any) -> None:
        self.extended = self
        self._devices = devices if devices is None else [devices] if isinstance(devices, str) else [*devices]

    def _layout_on(self) -> None:
        """Let the program run on the devices of the strategy, unless a layout is on."""
        chosen = _chosen(self._devices)
        if chosen is None or current_layout() is not None:
            return
        import jax

        kinds = (jax.sharding.AxisType.Auto,)
        shard(jax.make_mesh((len(chosen),), ("data",), axis_types=kinds, devices=chosen))

    @contextlib.contextmanager
    def scope(self) -> Iterator[Strategy]:
        """A `with` block in which this is the program's strategy; the program runs on its devices from then on."""
        self._layout_on()
        with scopes.scope(_current, self):
            yield self

    def run(self, fn: Callable[..., Any], args: Any = (), kwargs: Any = None, options: Any = None) -> Any:
        """The function's result, of the whole batch."""
        return fn(*args, **(kwargs or {}))

    experimental_run_v2 = run

    def reduce(self, reduce_op: Any, value: Any, axis: Any) -> Any:
        """The value, which is that of all devices; reduced along `axis` unless that is None."""
        from kjax import backend as K

        if axis is None:
            return value
        return (K.mean if "mean" in str(reduce_op).lower() else K.sum)(value, axis)

    def experimental_distribute_dataset(self, dataset: Any, options: Any = None) -> Any:
        """The data set: what is fed is split among the devices."""
        return dataset

    def experimental_distribute_datasets_from_function(
        self, dataset_fn: Callable[..., Any], options: Any = None
    ) -> Any:
        """The data set that a function of an `InputContext` makes."""
        return dataset_fn(InputContext())

    def experimental_local_results(self, value: Any) -> tuple[Any, ...]:
        """The value of the one replica."""
        return (value,)


def _chosen(names: Iterable[Any] | None) -> list[Any] | None:
    """The devices with these names, without names all that the program sees; None for the one that is the default."""
    if names is None and not meshes.devices_on_cpu() > 1 and _accelerators() < 2:
        return None
    import jax

    devices = jax.devices()
    if names is None:
        seen = _visible.get("GPU") if has_accelerator() else None
        names = range(len(devices)) if seen is None else [device.name for device in seen]
    indices = [_index(name) for name in names]
    # (A program may name devices of a larger machine: it runs on those that there are.)
    chosen = [devices[i] for i in dict.fromkeys(indices) if i < len(devices)] or devices[:1]
    return None if chosen == devices[:1] else chosen


def _index(name: Any) -> int:
    """The number in a device's name."""
    if isinstance(name, int):
        return name
    found = re.search(r"(?:[CGT]PU):(\d+)\s*$", str(getattr(name, "name", name)).upper())
    if found is None:
        raise ValueError(f"tf.distribute: a device is named as '/gpu:0'; got {shown(name)}")
    return int(found[1])


class InputContext:
    """What a function that makes a data set knows of the others; there are none."""

    num_input_pipelines = num_replicas_in_sync = 1
    input_pipeline_id = 0

    def get_per_replica_batch_size(self, global_batch_size: int) -> int:
        """The whole batch."""
        return global_batch_size


class CrossDeviceOps:
    """How devices add up, which XLA chooses."""

    def __init__(self, num_packs: int = 1, **ignored: Any) -> None:
        self.num_packs = num_packs


class ReplicaContext:
    """What a function that a strategy runs knows of the other replicas; there are none."""

    num_replicas_in_sync = 1
    replica_id_in_sync_group = 0

    def all_reduce(self, reduce_op: Any, value: Any, options: Any = None) -> Any:
        """The value."""
        return value

    def merge_call(self, merge_fn: Callable[..., Any], args: Any = (), kwargs: Any = None) -> Any:
        """The result of a function of the strategy and the arguments."""
        return merge_fn(_current.get(), *args, **(kwargs or {}))


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


_default, _replica = Strategy(), ReplicaContext()
_current: ContextVar[Strategy] = ContextVar("kjax_strategy", default=_default)


class OneDeviceStrategy(Strategy):
    """`tf.distribute.OneDeviceStrategy`: everything on one device."""

    def __init__(self, device: Any, **ignored: Any) -> None:
        super().__init__([device])


# ---------------------------------------------------------------------------------------------------------- the tables

CONFIG: Table = {
    "LogicalDevice": LogicalDevice,
    "LogicalDeviceConfiguration": LogicalDeviceConfiguration,
    "PhysicalDevice": PhysicalDevice,
    "get_logical_device_configuration": lambda device: _divided.get(device),
    "get_visible_devices": _get_visible,
    "list_logical_devices": _logical,
    "list_physical_devices": _physical,
    "set_logical_device_configuration": _divide,
    "set_visible_devices": _set_visible,
}
CONFIG_EXPERIMENTAL: Table = {
    "VirtualDeviceConfiguration": LogicalDeviceConfiguration,
    "get_virtual_device_configuration": CONFIG["get_logical_device_configuration"],
    "get_visible_devices": _get_visible,
    "list_logical_devices": _logical,
    "list_physical_devices": _physical,
    "set_virtual_device_configuration": lambda device, logical_devices: _divide(device, logical_devices),
    "set_visible_devices": _set_visible,
}
DISTRIBUTE: Table = {
    "HierarchicalCopyAllReduce": CrossDeviceOps,
    "MirroredStrategy": Strategy,
    "NcclAllReduce": CrossDeviceOps,
    "OneDeviceStrategy": OneDeviceStrategy,
    "ReduceOp": ReduceOp,
    "Strategy": Strategy,
    "get_replica_context": lambda: _replica,
    "get_strategy": lambda: _current.get(),
    "has_strategy": lambda: _current.get() is not _default,
    "in_cross_replica_context": lambda: _current.get() is not _default,
}
CLUSTER_RESOLVER: Table = {"TPUClusterResolver": TPUClusterResolver}
DISTRIBUTE_EXPERIMENTAL: Table = {
    "CentralStorageStrategy": Strategy,
    "MultiWorkerMirroredStrategy": Strategy,
}

give_names(
    {
        "tensorflow.config": CONFIG,
        "tensorflow.config.experimental": CONFIG_EXPERIMENTAL,
        "tensorflow.distribute": DISTRIBUTE,
    },
    __name__,
)
