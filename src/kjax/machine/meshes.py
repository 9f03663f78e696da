"""Meshes of devices, and arrays that are spread over several devices.

A mesh is a grid of devices whose axes have names, `data=4,model=2`. How results are spread is left to XLA: the axes of
meshes are of the kind `Auto` here. An array over a mesh of the kind `Explicit`, where each operation would have to say
how its result is spread, is taken over without a copy.

Functions and operations look for spread arrays only once there can be some (`engaged`): when a program has named a
mesh, or one of its arrays was seen to be spread.
"""

from __future__ import annotations

import contextlib
import functools
import math
import os
import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from kjax.machine import config
from kjax.machine.checks import is_tracer
from kjax.machine.errors import shown
from kjax.machine.forks import jax_to_compute, started
from kjax.machine.scopes import wide_types

# Whether there can be arrays that are spread.
engaged = False


def engage() -> None:
    """Look for spread arrays from now on."""
    global engaged
    engaged = True


# -------------------------------------------------------------------------------------------------------- devices


def ask_for_devices(count: int) -> None:
    """Let JAX have as many devices: on a CPU it makes them out of one, when it starts.

    Raises:
        ValueError: JAX has started already, with fewer.
    """
    import jax

    if "xla_force_host_platform_device_count" not in os.environ.get("XLA_FLAGS", ""):
        try:
            jax.config.update("jax_num_cpu_devices", count)  # type: ignore[no-untyped-call]
            return
        except RuntimeError:
            pass  # it has started
    if jax.default_backend() == "cpu":
        first_devices(count)


def devices_on_cpu() -> int:
    """How many devices JAX makes of a CPU, as far as was said; it is not started for that."""
    if not config.jax_loaded():
        return 1
    import jax

    if started():
        return len(jax.devices("cpu"))
    settings: Any = jax.config
    return max(1, int(settings.jax_num_cpu_devices))


def first_devices(count: int) -> list[Any]:
    """The first devices that JAX has.

    Raises:
        ValueError: there are fewer.
    """
    devices: list[Any] = jax_to_compute().devices()
    if not 0 < count <= len(devices):
        kind = devices[0].platform
        remedy = ". `kjax run --devices N`, or jax.config.update('jax_num_cpu_devices', N) at the start, makes more"
        raise ValueError(
            f"{count} devices were asked for; JAX has {len(devices)} ({kind}){remedy if kind == 'cpu' else ''}"
        )
    return devices[:count]


# --------------------------------------------------------------------------------------------------------- meshes


def axes_of(text: str) -> dict[str, int]:
    """The axes of a mesh that is written as `data=4,model=2`.

    Raises:
        ValueError: it is written in another way.

    >>> axes_of('data=4,model=2')
    {'data': 4, 'model': 2}
    """
    found = {name: int(size) for name, size in re.findall(r"(\w+)=(\d+)", text)}
    if ",".join(f"{name}={size}" for name, size in found.items()) != text.replace(" ", "") or not found:
        raise ValueError(f"a mesh is written as data=4,model=2: names of axes, and how many devices; got {shown(text)}")
    return found


def mesh_of(mesh: Any, axis: str = "data") -> Any:
    """A mesh of JAX, whose axes are of the kind `Auto`.

    Args:
        mesh: a mesh of JAX; the size of each axis by its name, as a dict or as text; how many devices to take; or None
            for the mesh of `jax.set_mesh`, if that was called, else all devices.
        axis: the name of the axis where none is given.

    Raises:
        TypeError: `mesh` is something else.
        ValueError: there are not as many devices, or an axis is of the kind `Manual`.
    """
    jax = jax_to_compute()
    if mesh is None:
        set_mesh = getattr(jax.sharding, "get_mesh", None)  # (older versions don't tell)
        mesh = None if set_mesh is None else set_mesh()
        mesh = len(jax.devices()) if mesh is None or mesh.empty else mesh
    if isinstance(mesh, str):
        mesh = axes_of(mesh)
    if isinstance(mesh, int) and not isinstance(mesh, bool):
        mesh = {axis: mesh}
    if isinstance(mesh, Mapping):
        sizes = tuple(mesh.values())
        if not mesh or not all(isinstance(size, int) and size > 0 for size in sizes):
            raise ValueError(f"the axes of a mesh have positive sizes; got {shown(mesh)}")
        devices, kinds = first_devices(math.prod(sizes)), (jax.sharding.AxisType.Auto,) * len(sizes)
        return jax.make_mesh(sizes, tuple(mesh), axis_types=kinds, devices=devices)
    if not isinstance(mesh, jax.sharding.Mesh):
        raise TypeError(
            f"a mesh is a jax.sharding.Mesh, sizes of axes as 'data=4,model=2', an int or None; got {shown(mesh)}"
        )
    return _with_auto_axes(mesh)


def unmanned(mesh: Any, axis: str = "data") -> Any:
    """A mesh of devices that only programs can be compiled for: as many as are asked for, whatever JAX has.

    Args:
        mesh: the size of each axis by its name, how many devices, or a mesh of JAX, which may be an abstract one.
        axis: the name of the axis where none is given.

    Raises:
        TypeError: `mesh` is something else.
        ValueError: a size is not positive.
    """
    jax = jax_to_compute()
    if isinstance(mesh, (jax.sharding.Mesh, jax.sharding.AbstractMesh)):
        mesh = dict(mesh.shape)
    sizes = {axis: mesh} if isinstance(mesh, int) and not isinstance(mesh, bool) else mesh
    if not isinstance(sizes, Mapping):
        raise TypeError(f"a mesh is a mesh of JAX, a dict as {{'data': 4}}, or an int; got {shown(mesh)}")
    if not sizes or not all(isinstance(size, int) and size > 0 for size in sizes.values()):
        raise ValueError(f"the axes of a mesh have positive sizes; got {shown(mesh)}")
    devices = np.array(_client_of(math.prod(sizes.values())).devices()).reshape(*sizes.values())
    return jax.sharding.Mesh(devices, tuple(sizes), axis_types=(jax.sharding.AxisType.Auto,) * len(sizes))


@functools.lru_cache(maxsize=8)
def _client_of(count: int) -> Any:
    """XLA for so many devices that it makes out of the CPU, beside that of the program."""
    from jaxlib import xla_client  # (JAX makes one for itself alone)

    return xla_client.make_cpu_client(asynchronous=True, num_devices=count)


@functools.lru_cache(maxsize=64)
def _with_auto_axes(mesh: Any) -> Any:
    import jax

    types = jax.sharding.AxisType
    if any(kind == types.Manual for kind in mesh.axis_types):
        raise ValueError(f"the axes of a mesh must be Auto or Explicit; got {mesh}")
    return jax.sharding.Mesh(mesh.devices, mesh.axis_names, axis_types=(types.Auto,) * len(mesh.axis_names))


def under(mesh: Any) -> contextlib.AbstractContextManager[Any]:
    """A `with` block for programs over a mesh, where that of `jax.set_mesh` may be of another kind."""
    import jax

    around = jax.sharding.get_abstract_mesh()
    if around.empty or around.size == mesh.size:
        return jax.sharding.use_abstract_mesh(mesh.abstract_mesh)
    return jax.set_mesh(mesh)  # (which JAX takes outside of traces only)


def is_over_several() -> bool:
    """Whether what is traced here is a program for several devices."""
    import jax

    mesh = jax.sharding.get_abstract_mesh()
    return not mesh.empty and mesh.size > 1


# --------------------------------------------------------------------------------------------------------- arrays


def is_spread(array: Any) -> bool:
    """Whether an array is one of JAX on several devices."""
    sharding = getattr(array, "sharding", None)
    return sharding is not None and not is_tracer(array) and bool(sharding.num_devices > 1)


def in_shards(array: Any) -> bool:
    """Whether no device has the whole of an array."""
    return not getattr(array, "is_fully_replicated", True)


def note(array: Any) -> None:
    """Look for spread arrays from now on, if this is one."""
    if not engaged and is_spread(array):
        engage()


def mesh_under(array: Any) -> Any:
    """The mesh that a spread array lies on; all its devices along one axis, where it lies on no mesh."""
    import jax

    if _is_named(array):
        return _with_auto_axes(array.sharding.mesh)
    devices = sorted(array.sharding.device_set, key=lambda device: device.id)
    return jax.sharding.Mesh(devices, ("data",), axis_types=(jax.sharding.AxisType.Auto,))


def automatic(array: Any) -> Any:
    """A spread array over a mesh whose axes are of the kind `Auto`: the same memory."""
    if not _is_named(array) or array.sharding.mesh is (mesh := mesh_under(array)):
        return array
    return _over(array, mesh)


def _over(array: Any, mesh: Any) -> Any:
    """An array over a mesh of the same devices and names as its own: the same memory."""
    import jax

    sharding = jax.sharding.NamedSharding(mesh, array.sharding.spec)
    parts = [shard.data for shard in array.addressable_shards]
    with wide_types(jax):
        return jax.make_array_from_single_device_arrays(array.shape, sharding, parts)


def placed(array: Any, sharding: Any) -> Any:
    """An array where `sharding` says, in a copy unless it is there already."""
    jax = jax_to_compute()
    with wide_types(jax), jax.ensure_compile_time_eval():
        if not sharding.is_fully_addressable:
            return _placed_with_others(jax, array, sharding)
        return jax.device_put(array, sharding)


def _placed_with_others(jax: Any, array: Any, sharding: Any) -> Any:
    """The same over devices of several processes, all of which have the same array."""
    if isinstance(array, jax.Array) and not array.is_fully_addressable:
        return array if is_at(array, sharding) else jax.jit(_same, out_shardings=sharding)(array)
    host = np.asarray(array)
    return jax.make_array_from_callback(host.shape, sharding, lambda part: host[part])


def of_parts(array: Any, sharding: Any) -> Any:
    """The array of which each process has some rows: those of the first process come first."""
    jax = jax_to_compute()
    with wide_types(jax):
        return jax.make_array_from_process_local_data(sharding, np.asarray(array))


def whole(array: Any) -> Any:
    """An array of which this process has the whole: all processes ask for it."""
    if not is_spread(array) or array.is_fully_addressable or array.is_fully_replicated:
        return array
    return placed(array, sharding(mesh_under(array)))


def _same(array: Any) -> Any:
    return array


def sharding(mesh: Any, *parts: Any) -> Any:
    """How an array is spread over a mesh: for each dim, by the names of the axes that split it; the rest is whole."""
    import jax

    spec: Any = jax.sharding.PartitionSpec
    return jax.sharding.NamedSharding(mesh, spec(*parts))


def is_at(array: Any, sharding: Any) -> bool:
    """Whether an array of JAX is spread as `sharding` says."""
    found = array.sharding
    return found is sharding or found == sharding or bool(found.is_equivalent_to(sharding, array.ndim))


def like(array: Any, other: Any) -> Any:
    """An array that takes the place of another one: where that is spread, in the same way."""
    if not is_spread(other) or is_tracer(array):
        return array
    if is_spread(array):
        array = automatic(array)
        if is_at(array, other.sharding):
            return array
    return placed(array, other.sharding)


def copied(array: Any, dtype: Any) -> Any:
    """A copy of a spread array in a dtype (None for its own), spread in the same way."""
    jax = jax_to_compute()
    note(array)
    array = automatic(array)
    with wide_types(jax), under(mesh_under(array)):
        return jax.numpy.array(array, dtype, copy=True, device=array.sharding)


def together(function: Callable[..., Any], *operands: Any, back: bool = True) -> Any:
    """The result of a function of nested arrays, some of which may be spread.

    Those that lie on other devices than the first spread one are copied to its devices first.

    Args:
        function: what computes nested arrays.
        *operands: its arguments.
        back: whether results are over a mesh of the kind `Explicit`, where an operand was.
    """
    import jax

    arrays, structure = jax.tree.flatten(operands)
    first = next((array for array in arrays if is_spread(array)), None)
    if first is None:
        return function(*operands)
    mesh, explicit = mesh_under(first), None
    devices, moved = set(mesh.devices.flat), []
    for array in arrays:
        if is_spread(array):
            auto = automatic(array)
            explicit = array.sharding.mesh if auto is not array and explicit is None else explicit
            array = auto
        if isinstance(array, jax.Array) and array.committed and array.devices() != devices:
            array = placed(array, sharding(mesh))
        moved.append(array)
    with under(mesh):
        out = function(*jax.tree.unflatten(structure, moved))
    if explicit is None or not back:
        return out
    return jax.tree.map(lambda array: _over(array, explicit) if _is_named(array) else array, out)


def _is_named(array: Any) -> bool:
    import jax

    return is_spread(array) and isinstance(array.sharding, jax.sharding.NamedSharding)
