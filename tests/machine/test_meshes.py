"""Meshes on one device; `sharded_process.py` has more of them."""

import jax
import numpy as np
import pytest

from kjax.machine import meshes


@pytest.mark.parametrize("text", ["", "data", "data=", "4", "data=4;model=2", "data=4,data=2", "data=-1"])
def test_texts_that_are_no_mesh(text):
    with pytest.raises(ValueError, match="data=4,model=2"):
        meshes.axes_of(text)


def test_meshes_are_taken_in_all_forms():
    wanted = jax.make_mesh((1, 1), ("data", "model"), axis_types=(jax.sharding.AxisType.Auto,) * 2)
    explicit = jax.make_mesh((1, 1), ("data", "model"), axis_types=(jax.sharding.AxisType.Explicit,) * 2)
    for mesh in ("data=1, model=1", {"data": 1, "model": 1}, wanted, explicit):
        assert meshes.mesh_of(mesh) == wanted
    assert meshes.mesh_of(1, "x").axis_names == ("x",)
    assert meshes.mesh_of(None).size == len(jax.devices())


def test_manual_axes_are_refused():
    manual = jax.make_mesh((1,), ("data",), axis_types=(jax.sharding.AxisType.Manual,))
    with pytest.raises(ValueError, match="Auto or Explicit"):
        meshes.mesh_of(manual)


def test_arrays_on_one_device_are_not_spread():
    whole = meshes.placed(np.ones(3), meshes.sharding(meshes.mesh_of(1)))
    for array in (np.ones(3), jax.numpy.ones(3), whole, 3.0, [1.0], None):
        assert not meshes.is_spread(array) and not meshes.in_shards(array)
    jax.jit(lambda x: [meshes.is_spread(x)] and x)(np.ones(3))
    assert meshes.like(np.zeros(3), whole) is not whole


def test_devices_are_fixed_once_jax_has_started():
    meshes.first_devices(1)
    meshes.ask_for_devices(1)
    if jax.default_backend() == "cpu":
        with pytest.raises(ValueError, match="--devices N"):
            meshes.ask_for_devices(10_000)
