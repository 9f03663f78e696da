"""Weighted sums along an axis, against their matrices. (TensorFlow's weights: tests/dialects/recorded/image.json.)"""

import itertools

import jax
import numpy as np
import pytest

from kjax.kernels.resampling import METHODS, Grid, Line, resampled

GRIDS = [Grid(), Grid(align_corners=True), Grid(half_pixel_centers=True), Grid(False, True, True)]
LINES = [
    Line(method, grid, old, new)
    for (method, grid), (old, new) in itertools.product(
        itertools.product([m for m in METHODS if m != "nearest"], GRIDS), [(1, 4), (5, 9), (90, 4)]
    )
    if old > 1 or (method, grid) != ("area", Grid(align_corners=True))
]


def matrix(places, weights, old):
    out = np.zeros((len(places), old))
    np.add.at(out, (np.arange(len(places))[:, None], places), weights)
    return out


@pytest.mark.parametrize("line", LINES, ids=str)
def test_sums_are_products_with_a_matrix(line):
    whole = matrix(*line.terms(), line.old)
    np.testing.assert_allclose(matrix(*line.terms(back=True), line.new), whole.T, rtol=1e-6)
    np.testing.assert_allclose(whole.sum(1), 1, rtol=1e-3)
    x = np.random.RandomState(0).rand(2, line.old, 3).astype("float32")
    expected = np.einsum("ij,njc->nic", whole, x)
    how = (1, line.method, line.grid, line.new)
    np.testing.assert_allclose(resampled(np, x, *how), expected, rtol=1e-4, atol=1e-5)

    def computed(x):
        return resampled(jax.numpy, x, *how)

    out, transpose = jax.vjp(computed, x)
    np.testing.assert_allclose(out, expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(transpose(out)[0], np.einsum("ij,nic->njc", whole, out), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("line", LINES[::23], ids=str)
def test_transformations_of_jax(line):
    whole = matrix(*line.terms(), line.old)
    x = np.random.RandomState(0).rand(2, line.old, 3).astype("float32")

    def computed(x, axis=1):
        return resampled(jax.numpy, x, axis, line.method, line.grid, line.new)

    twice = jax.grad(lambda x: (jax.grad(lambda x: (computed(x) ** 2).sum())(x) ** 2).sum())(x)
    square = 2 * whole.T @ whole
    np.testing.assert_allclose(twice, np.einsum("ij,njc->nic", 2 * square @ square, x), rtol=1e-3, atol=1e-3)
    np.testing.assert_allclose(jax.vmap(lambda x: computed(x, 0))(x), computed(x), rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(jax.jvp(computed, (x,), (x,))[1], computed(x), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_nearest_repeats_elements_of_any_dtype(grid):
    x = np.arange(5, dtype="uint8")
    out = resampled(np, x, 0, "nearest", grid, 11)
    assert out.dtype == "uint8" and set(out.tolist()) == {0, 1, 2, 3, 4} and (np.diff(out.astype(int)) >= 0).all()
    assert resampled(jax.numpy, x, 0, "nearest", grid, 11).tolist() == out.tolist()
    assert resampled(np, x, 0, "nearest", grid, 5).tolist() == x.tolist()


def test_a_missing_number_stays_where_it_is():
    x = np.arange(9, dtype="float32")
    x[4] = np.nan
    for xp in (np, jax.numpy):
        out = resampled(xp, x, 0, "bicubic", GRIDS[2], 18)
        assert np.isnan(out[8]) and np.isfinite(out[:4]).all() and np.isfinite(out[14:]).all()


def test_corners():
    x = np.array([1, 5], "float32")
    assert resampled(np, x, 0, "bilinear", Grid(align_corners=True), 3).tolist() == [1, 3, 5]
    assert resampled(np, x, 0, "bilinear", Grid(), 4).tolist() == [1, 3, 5, 5]
    assert resampled(np, x, 0, "bilinear", Grid(half_pixel_centers=True), 4).tolist() == [1, 2, 4, 5]
    assert np.isnan(resampled(np, x[:1], 0, "area", Grid(align_corners=True), 3)).all()  # as TensorFlow
