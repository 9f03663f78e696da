"""Random numbers are a function of seed, run and index, in NumPy and in XLA; their distributions are right."""

import numpy as np
import pytest
from scipy import stats

from kjax.kernels import draws

N = 100_000  # more than one block
FLOATS = [np.dtype("float16"), np.dtype("float32"), np.dtype("float64")]


def splitmix64(state, count):
    """The generator by its definition, in Python's integers."""
    mask, found = (1 << 64) - 1, []
    for _ in range(count):
        state = (state + 0x9E3779B97F4A7C15) & mask
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & mask
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & mask
        found.append(z ^ (z >> 31))
    return found


def test_bits_are_those_of_splitmix64():
    key = np.uint64(1234567)
    assert draws.bits(np, key, None, 0, 50).tolist() == splitmix64(1234567, 50)
    assert draws.bits(np, key, None, 10, 40).tolist() == splitmix64(1234567, 50)[10:]


@pytest.mark.parametrize("dtype", FLOATS)
@pytest.mark.parametrize("distribution", [draws.uniform, draws.normal, draws.truncated_normal])
def test_numpy_and_xla_draw_the_same(distribution, dtype):
    import jax

    expected = draws.drawn(np, distribution, (7, 3), (5, 40), dtype)
    with jax.enable_x64(True):
        run = jax.jit(lambda number: draws.drawn(jax.numpy, distribution, (7, number), (5, 40), dtype))
        found = np.asarray(run(np.uint64(3)))
    assert found.dtype == expected.dtype == dtype and found.shape == (5, 40)
    np.testing.assert_allclose(found.astype(float), expected.astype(float), atol=1e-3 if dtype.itemsize == 2 else 1e-6)


def test_blocks_make_no_difference(monkeypatch):
    whole = draws.drawn(np, draws.uniform, (1, 0), (N,), FLOATS[1])
    monkeypatch.setattr(draws, "_BLOCK", 1000)
    np.testing.assert_array_equal(draws.drawn(np, draws.uniform, (1, 0), (N // 100, 100), FLOATS[1]).ravel(), whole)


def test_seeds_and_runs_differ():
    drawn = [draws.drawn(np, draws.bits, seed, (100,), None) for seed in ((0, 0), (1, 0), (0, 1), (1, 1), (2**62, 0))]
    assert len({number for array in drawn for number in array.tolist()}) == 500


@pytest.mark.parametrize("dtype", FLOATS[1:])
@pytest.mark.parametrize(
    ("distribution", "expected"),
    [
        (draws.uniform, stats.uniform()),
        (draws.normal, stats.norm()),
        (draws.truncated_normal, stats.truncnorm(-2, 2)),
    ],
)
def test_distributions(distribution, expected, dtype):
    found = draws.drawn(np, distribution, (5, 0), (N,), dtype).astype(float)
    assert stats.kstest(found, expected.cdf).pvalue > 1e-3
    assert abs(np.corrcoef(found[:-1], found[1:])[0, 1]) < 0.02


@pytest.mark.parametrize("dtype", FLOATS)
def test_bounds(dtype):
    uniform = draws.drawn(np, draws.uniform, (5, 0), (N,), dtype)
    assert uniform.min() >= 0 and uniform.max() < 1
    truncated = draws.drawn(np, draws.truncated_normal, (5, 0), (N,), dtype)
    assert abs(truncated).max() <= 2 and np.isfinite(draws.drawn(np, draws.normal, (5, 0), (N,), dtype)).all()


def test_the_quantile_is_scipys():
    p = np.linspace(0.0228, 0.9772, 10001)
    np.testing.assert_allclose(draws._quantile(np, p - 0.5), stats.norm.ppf(p), rtol=1e-12, atol=1e-14)
    single = (p - 0.5).astype("float32")
    np.testing.assert_allclose(draws._quantile(np, single), stats.norm.ppf(single.astype(float) + 0.5), atol=1e-5)


def test_shapes():
    assert draws.dims_of(np.array([2, 3])) == (2, 3) and draws.dims_of([]) == ()
    assert draws.drawn(np, draws.uniform, (1, 0), (), FLOATS[1]).shape == ()
    assert draws.drawn(np, draws.uniform, (1, 0), (0, 3), FLOATS[1]).shape == (0, 3)
    with pytest.raises(ValueError, match="negative"):
        draws.dims_of([2, -1])
