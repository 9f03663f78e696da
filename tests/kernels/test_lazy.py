"""Zeros whose memory comes when it is touched."""

import mmap

import numpy as np
import pytest

from kjax.kernels import lazy

there = pytest.mark.skipif(not hasattr(mmap, "MAP_ANONYMOUS"), reason="the system has no such memory")


@there
@pytest.mark.parametrize("dtype", ["float32", "int64", "bool", "complex128"])
def test_they_are_zeros_that_can_be_written_to(dtype):
    array = lazy.zeros((30, 70), np.dtype(dtype))
    assert array.shape == (30, 70) and array.dtype == dtype and not array.any()
    array[3:5] = 1
    assert array.sum() == 140


@there
def test_more_than_the_machine_has():
    try:
        array = lazy.zeros((2 * lazy.memory(),), np.dtype("uint8"))
    except MemoryError:
        pytest.skip("this system gives no process more memory than it has")
    assert array.size == 2 * lazy.memory() and array[0] == array[-1] == array[array.size // 2] == 0


def test_what_is_beyond_all_measure_is_refused():
    with pytest.raises(MemoryError):
        lazy.zeros((1 << 62,), np.dtype("uint8"))
