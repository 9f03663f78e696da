"""`tf.test`; recorded answers are in `recorded/quiet.json`."""

import unittest

from kjax.dialects import tensorflow_test


def test_tests_of_programs(tf):
    assert issubclass(tf.test.TestCase, unittest.TestCase)


def test_accelerators_are_told(tf, monkeypatch):
    monkeypatch.setattr(tensorflow_test, "has_accelerator", lambda: True)
    assert tf.test.is_gpu_available() and tf.test.gpu_device_name() == "/device:GPU:0"
