"""Half precision, computed with in single precision."""

import jax
import ml_dtypes
import numpy as np
import pytest

from kjax.kernels.halves import narrowed, widened


@pytest.mark.parametrize("half", [np.float16, ml_dtypes.bfloat16])
@pytest.mark.parametrize("make", [np.asarray, jax.numpy.asarray])
def test_there_and_back_loses_nothing(half, make):
    every = np.arange(1 << 16, dtype=np.uint16).view(half)  # all there are: subnormals, infinities, NaN
    with np.errstate(invalid="ignore"):  # some of the NaN are signals
        wide = widened(make(every))
        assert wide.dtype == np.float32
        np.testing.assert_array_equal(np.asarray(wide, "float64"), every.astype("float64"))
        back = narrowed(wide, np.dtype(half))
        assert back.dtype == half
        np.testing.assert_array_equal(np.asarray(back).astype("float64"), every.astype("float64"))


@pytest.mark.parametrize("dtype", ["float32", "float64", "int16", "uint16", "int8", "int64", "bool", "complex64"])
def test_everything_else_stays_the_same_array(dtype):
    for x in (np.ones(3, dtype), jax.numpy.ones(3, np.dtype(dtype) if dtype in ("float32", "int16") else "int8")):
        assert widened(x) is x and narrowed(x, x.dtype) is x


def test_sums_keep_small_terms():
    ones = np.ones(4096, np.float16)
    assert narrowed(widened(ones).sum(), ones.dtype) == 4096
    assert np.add.accumulate(ones)[-1] == 2048  # without it, the sum stops growing
