"""`tf.test`: the test case, and what programs ask about devices."""

from __future__ import annotations

import unittest

from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.machine.device import has_accelerator


def _gpu_name() -> str:
    return "/device:GPU:0" if has_accelerator() else ""


TEST: Table = {
    "TestCase": unittest.TestCase,
    "gpu_device_name": _gpu_name,
    "is_built_with_cuda": has_accelerator,
    "is_built_with_gpu_support": has_accelerator,
    "is_built_with_rocm": lambda: False,
    "is_built_with_xla": lambda: True,
    "is_gpu_available": lambda cuda_only=False, min_cuda_compute_capability=None: has_accelerator(),
    "main": lambda argv=None: unittest.main(argv=argv),
}

give_names({"tensorflow.test": TEST}, __name__)
