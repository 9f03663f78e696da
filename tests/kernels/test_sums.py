"""Sums of large NumPy arrays: quick, and as exact as NumPy's."""

import numpy as np
import pytest

from kjax.kernels import sums

RANDOM = np.random.RandomState(0)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sums_are_as_exact_as_numpys(dtype):
    for shape in ((300_001,), (1000, 999), (3, 1 << 17), (1 << 17, 3), (20, 30, 500), (0, 20_000), (20_000, 1)):
        x = RANDOM.rand(*shape).astype(dtype)
        for axis in (None, *range(x.ndim)):
            out = sums.total(x, axis, x.dtype, False)
            exact = np.add.reduce(x.astype("longdouble"), axis)
            numpys = np.abs(np.add.reduce(x, axis) - exact)  # (a lot along the first axis, one after the other)
            assert (np.abs(out - exact) <= numpys + 16 * np.finfo(dtype).eps * exact).all()
            assert out.dtype == dtype
    x[5] = np.inf
    with np.errstate(invalid="ignore"):
        none = x - x
    assert sums.total(x, None, x.dtype, False) == np.inf and np.isnan(sums.total(none, 0, x.dtype, False)).all()
    with pytest.raises(ValueError, match="out of bounds"):
        sums.total(x, 2, x.dtype, False)


@pytest.mark.parametrize("keepdims", [False, True])
@pytest.mark.parametrize("axis", [None, 0, 2, -1, (1, 2), (-1, -2), (0, 1), (0, 2), (0, 1, 2), ()])
def test_axes(axis, keepdims):
    for dtype in ("float32", "float64"):
        x = RANDOM.randint(-9, 9, (20, 30, 50)).astype(dtype)  # sums of whole numbers are exact in any order
        found, expected = sums.total(x, axis, x.dtype, keepdims), np.add.reduce(x, axis, keepdims=keepdims)
        assert found.dtype == dtype and found.shape == expected.shape
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", ["float16", "int8", "int64", "uint8", "bool", "complex64"])
def test_other_dtypes_and_sums_in_another_dtype(dtype):
    x = RANDOM.randint(0, 2, (40, 1000)).astype(dtype)
    for wanted in (x.dtype, np.dtype("float64"), np.dtype("complex64"), np.dtype("int64")):
        if np.can_cast(x.dtype, wanted, "same_kind"):
            found = sums.total(x, 1, wanted, False)
            assert found.dtype == wanted
            np.testing.assert_array_equal(found, np.add.reduce(x, 1, wanted))


def test_arrays_in_another_order():
    x = RANDOM.randint(-9, 9, (300, 400)).astype("float32")
    for view in (x.T, x[::2], x[:, ::-1], np.asfortranarray(x), np.broadcast_to(x[:1], (300, 400))):
        for axis in (None, 0, 1):
            np.testing.assert_array_equal(sums.total(view, axis, x.dtype, False), np.add.reduce(view, axis))


@pytest.mark.parametrize("length", [1023, 1024, 1025, 1 << 14, (1 << 14) + 1, 3 * 1024 * 17 + 5])
def test_lengths_around_those_of_its_runs(length):
    x = RANDOM.randint(-9, 9, (17, length)).astype("float32")
    for array, axis in ((x, 1), (x, None), (x[0].copy(), None)):
        np.testing.assert_array_equal(sums.total(array, axis, x.dtype, False), np.add.reduce(array, axis))


def test_infinities_of_both_signs():
    x = np.zeros((200, 200), "float32")
    x[3, 5], x[3, 6], x[7, 1] = np.inf, -np.inf, -np.inf
    with np.errstate(invalid="ignore"):
        rows, whole = sums.total(x, 1, x.dtype, False), sums.total(x, None, x.dtype, False)
    assert np.isnan(rows[3]) and rows[7] == -np.inf and np.isnan(whole)


def test_equal_terms_add_up():
    # One after the other, they would be rounded the same way each time.
    for shape in ((2, 1 << 17), (1 << 18,)):
        x = np.full(shape, 0.1, "float32")
        for axis in (None, -1):
            exact = np.add.reduce(x.astype("longdouble"), axis)
            assert (np.abs(sums.total(x, axis, x.dtype, False) - exact) <= 8 * np.finfo("float32").eps * exact).all()
