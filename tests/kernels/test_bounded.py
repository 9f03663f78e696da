"""Bounds on NumPy arrays: `np.clip` where it is quicker, with what `np.maximum` and `np.minimum` give."""

import ml_dtypes
import numpy as np
import pytest

from kjax.kernels import bounded

DTYPES = ["float16", "float32", "float64", "int8", "uint8", "int32", "int64", ml_dtypes.bfloat16]
BOUNDS = [0, 1, 3.5, np.float32(2.5), np.array(2), None]
SIZES = [0, 7, 10_000]  # also more than those to which `np.clip` is worth a call


def numbers(dtype, size):
    x = (np.arange(size) % 9).astype(dtype)
    if x.dtype.kind == "f" and size:
        x[:4] = np.nan, np.inf, -np.inf, -0.5
    return x


def fitting(x, bound):
    """A bound that NumPy lets go with the dtype of `x`; None stands for an array."""
    if bound is None:
        return x[::-1].copy()
    if isinstance(bound, (np.generic, np.ndarray)) or x.dtype.kind == "V":
        return np.asarray(bound).astype(x.dtype)
    return int(bound) if x.dtype.kind in "iu" else bound


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("bound", BOUNDS, ids=repr)
@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_extremes(dtype, bound, size):
    x = numbers(dtype, size)
    y = fitting(x, bound)
    for name in ("maximum", "minimum"):
        expected = np.where(np.isnan(y), x, getattr(np, name)(x, y)).astype(dtype)
        found = getattr(bounded, name)(x, y)
        assert found.dtype == expected.dtype == dtype
        np.testing.assert_array_equal(found, expected)
        out = np.empty_like(x)
        assert getattr(bounded, name)(x, y, out=out) is out
        np.testing.assert_array_equal(out, expected)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
def test_within_two_numbers(dtype):
    for size in SIZES:
        x = numbers(dtype, size)
        expected, out = np.maximum(np.minimum(x, 5), 2), np.empty_like(x)
        for found in (bounded.within(x, 2, 5), bounded.within(x, 2, 5, out=out), out, bounded.clipped(x, 2, 5)):
            assert found.dtype == dtype
            np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("dtype", DTYPES, ids=str)
@pytest.mark.parametrize(("low", "high"), [(2, 5), (5, 2), (3, 3), (-np.inf, np.inf), (np.nan, 3), (2, np.nan)])
def test_clipped(dtype, low, high):
    if np.dtype(dtype).kind in "iu":
        low, high = (int(b) if np.isfinite(b) else 4 for b in (low, high))
    for size in SIZES:
        x = numbers(dtype, size)
        low, high = (np.asarray(b, dtype) if x.dtype.kind == "V" else b for b in (low, high))
        with np.errstate(invalid="ignore"):  # as where operations call it
            found, expected = bounded.clipped(x, low, high), np.maximum(np.minimum(x, high), low)
        assert found.dtype == dtype
        np.testing.assert_array_equal(found.astype("float64"), expected.astype("float64"))  # the lower bound wins


def test_bounds_that_are_arrays():
    x = numbers("float32", 10_000).reshape(100, 100)
    row, column = np.linspace(0, 9, 100, dtype="float32"), np.linspace(9, 0, 100, dtype="float32")[:, None]
    for low, high in ((row, column), (row, 5.0), (2.0, column), (np.float32(2), np.float32(5))):
        np.testing.assert_array_equal(bounded.clipped(x, low, high), np.maximum(np.minimum(x, high), low))


def test_what_is_given_stays_as_it_was():
    x = numbers("float32", 10_000)
    before = x.copy()
    bounded.clipped(x, 2.0, 5.0), bounded.maximum(x, 2.0), bounded.minimum(x, 2), bounded.within(x, 2, 5)
    np.testing.assert_array_equal(x, before)


@pytest.mark.parametrize("dtype", ["float32", "float64"])  # (of equal elements of float16 NumPy gives the first)
def test_of_zeros_the_first_is_given(dtype):
    for size in (1, 7, 100, 10_000):
        x = np.where(np.arange(size) % 2, 0.0, -0.0).astype(dtype)
        for found in (
            *(getattr(bounded, name)(x, y) for name in ("maximum", "minimum") for y in (-x, 0.0)),
            *(f(x, low, high) for f in (bounded.clipped, bounded.within) for low, high in ((0.0, 1.0), (-1.0, 0.0))),
        ):
            np.testing.assert_array_equal(np.signbit(found), np.signbit(x))
