"""Devices and strategies of TensorFlow; on several devices in `sharded_process.py`."""

import pytest

from kjax.core.sharding import current_layout
from kjax.dialects import tensorflow_devices as devices


@pytest.fixture(autouse=True)
def unchosen(monkeypatch):
    monkeypatch.setattr(devices, "_visible", {})
    monkeypatch.setattr(devices, "_divided", {})


def test_accelerators_are_listed(tf, monkeypatch):
    monkeypatch.setattr(devices, "has_accelerator", lambda: True)
    assert [device.name for device in tf.config.list_physical_devices("GPU")] == ["/physical_device:GPU:0"]
    assert len(tf.config.list_logical_devices()) == 2
    tf.config.set_visible_devices([], "GPU")
    assert [device.device_type for device in tf.config.list_logical_devices()] == ["CPU"]
    assert tf.config.get_visible_devices("GPU") == [] and len(tf.config.get_visible_devices()) == 1


def test_only_devices_that_are_there_can_be_visible(tf):
    with pytest.raises(ValueError, match=r"GPU:3.* is no device"):
        tf.config.set_visible_devices(tf.config.PhysicalDevice("/physical_device:GPU:3", "GPU"), "GPU")
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.set_visible_devices(cpu, "CPU")
    assert tf.config.get_visible_devices("CPU") == [cpu]


def test_a_cpu_is_divided_before_anything_is_computed(tf):
    (cpu,) = tf.config.list_physical_devices("CPU")
    part = tf.config.LogicalDeviceConfiguration()
    tf.config.set_logical_device_configuration(cpu, [part])
    assert tf.config.get_logical_device_configuration(cpu) == [part]
    import jax

    jax.devices()
    with pytest.raises(RuntimeError, match="cannot be changed"):
        tf.config.experimental.set_virtual_device_configuration(cpu, [part] * 5000)
    assert tf.config.experimental.get_virtual_device_configuration(cpu) == [part]


def test_a_strategy_of_one_device(tf):
    for strategy in (tf.distribute.MirroredStrategy(), tf.distribute.OneDeviceStrategy("/gpu:0")):
        assert not tf.distribute.has_strategy()
        with strategy.scope():
            assert tf.distribute.has_strategy() and tf.distribute.get_strategy() is strategy
            x = tf.constant([1.0, 3.0])
        assert current_layout() is None
        assert strategy.run(lambda a, b: a + b, (x,), {"b": 1.0}).numpy().tolist() == [2, 4]
        assert strategy.reduce(tf.distribute.ReduceOp.SUM, x, axis=None) is x
        assert strategy.reduce(tf.distribute.ReduceOp.MEAN, x, axis=0).numpy() == 2
        assert strategy.reduce("SUM", x, axis=0).numpy() == 4
        assert strategy.experimental_distribute_dataset([1]) == [1]
        assert strategy.experimental_local_results(x) == (x,)
        made = strategy.experimental_distribute_datasets_from_function(lambda c: c.get_per_replica_batch_size(64))
        assert made == 64


def test_devices_of_larger_machines_may_be_named(tf):
    strategy = tf.distribute.MirroredStrategy(["/gpu:0", "/gpu:1"])
    with strategy.scope():
        assert tf.add(1, 2).numpy() == 3
    with pytest.raises(ValueError, match="named as '/gpu:0'"):
        tf.distribute.MirroredStrategy("first").scope().__enter__()
