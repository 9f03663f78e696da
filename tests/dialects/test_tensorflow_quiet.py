"""Calls of TensorFlow that are accepted and change nothing; recorded answers are in `recorded/quiet.json`."""

import logging

import pytest

from kjax import backend as K
from kjax.dialects import tensorflow_quiet as quiet


def test_devices(tf):
    with tf.device("/GPU:1"):
        assert tf.add(1, 2).numpy() == 3

    @tf.device("/cpu:0")
    def twice(x):
        return 2 * x

    assert twice(3) == 6
    for gpu in tf.config.experimental.list_physical_devices("GPU"):
        tf.config.experimental.set_memory_growth(gpu, True)
    with pytest.raises(ValueError, match="device_name must be a string"):
        tf.device(3.5)


def test_what_is_set_is_given_back(tf, monkeypatch):
    monkeypatch.setattr(quiet, "_settings", {})
    (cpu,) = tf.config.list_physical_devices("CPU")
    tf.config.experimental.set_memory_growth(cpu, True)
    tf.config.optimizer.set_experimental_options({"layout_optimizer": True})
    assert tf.config.experimental.get_memory_growth(cpu) is True
    assert tf.config.optimizer.get_experimental_options() == {"layout_optimizer": True}


def test_logging(tf, caplog):
    logger = logging.getLogger("tensorflow")
    before = logger.level
    try:
        tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.INFO)
        tf.compat.v1.logging.info("%d steps", 3)
        tf.compat.v1.logging.debug("not shown")
        assert tf.compat.v1.logging.get_verbosity() == logging.INFO and tf.get_logger() is logger
    finally:
        logger.setLevel(before)
    assert [record.getMessage() for record in caplog.records] == ["3 steps"]


def test_texts(tf):
    assert tf.compat.as_str_any(K.constant(2)) == str(K.constant(2)) and tf.compat.as_bytes(bytearray(b"a")) == b"a"
    with pytest.raises(TypeError, match=r"tf.compat.as_text\(\)"):
        tf.compat.as_text(3)
