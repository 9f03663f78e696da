"""What XLA computes is what NumPy computes, to the last bit, where TensorFlow does so, too."""

import numpy as np
import pytest

from kjax import backend as K
from kjax.core.placement import LARGE

R = np.random.RandomState(0)
V = (R.rand(5000) * 10).astype("float32")
ROWS = V.reshape(100, 50)


def compiled(expression, *values):
    """The result of a function's second call, which XLA computes."""
    inputs = [K.placeholder(np.shape(value), dtype=str(np.asarray(value).dtype)) for value in values]
    f = K.function(inputs, [expression(*inputs)])
    f(list(values))
    return f(list(values))[0]


F = np.float32
N = F(41)


@pytest.mark.parametrize(
    ("expression", "values", "expected"),
    [
        (lambda x, n: x / n, (V * N, N), (V * N) / N),
        (lambda x, n: x / n, (ROWS, ROWS[:, :1]), ROWS / ROWS[:, :1]),
        (lambda x, n: x / n, (ROWS, ROWS[0]), ROWS / ROWS[0]),
        (lambda x, n: x / n, (V, V[::-1]), V / V[::-1]),
        (lambda x, n: n / x, (V, N), N / V),
        (lambda x: x / 41.0, (V * N,), (V * N) / N),
        (lambda x: x / ROWS[0], (ROWS,), ROWS / ROWS[0]),
        (lambda x, n: x // n, (np.arange(1, 200, dtype="float32") * N, N), np.arange(1, 200, dtype="float32")),
        (lambda x: x // 41.0, (np.arange(1, 200, dtype="float32") * N,), np.arange(1, 200, dtype="float32")),
        (lambda x, n: K.cast(x / n, "int32"), (np.arange(1, 200) * 49, 49), np.arange(1, 200, dtype="int32")),
        (lambda x: K.mean(K.ones_like(x), 0), (np.ones((49, 5), "float32"),), np.ones(5, "float32")),
        (lambda x: K.mean(x, -1), (np.ones((5, 107), "float32") * F(3),), np.full(5, 3, "float32")),
        (lambda x: K.equal(K.mean(x), 1.0), (np.ones(49, "float32"),), True),
        (lambda x: x + 1e8 - 1e8, (V,), V + F(1e8) - F(1e8)),
        (lambda x: (x + 2.0**23) - 2.0**23, (V,), np.rint(V)),
        (lambda x: x * 3.3 * 0.7, (V,), V * F(3.3) * F(0.7)),
        (lambda x: 0.1 + x + 0.2, (V,), F(0.1) + V + F(0.2)),
        (lambda x: x * 1e30 * 1e30 * 1e-30 * 1e-30, (V,), np.full_like(V, np.inf)),
        (lambda x: K.sqrt(x), (V,), np.sqrt(V)),
        (lambda x: x**2, (V,), V**2),
        (lambda x: K.round(x * 10.0) / 10.0, (V,), np.rint(V * F(10)) / F(10)),
    ],
)
def test_compiled_arithmetic_is_numpys(expression, values, expected):
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(compiled(expression, *values), expected)


def test_two_divisions_in_a_row_may_be_rounded_once():
    """XLA divides by the product of both divisors: the result is within one unit in the last place."""
    np.testing.assert_array_max_ulp(compiled(lambda x: x / 3.0 / 7.0, V), V / F(3) / F(7), 1)


def test_large_values_at_once():
    large = np.full(LARGE + 1, 41, "float32")
    assert (K.constant(large) // K.constant(41.0)).numpy()[0] == (K.constant(large) / 41.0).numpy()[0] == 1


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_whole_quotients_are_whole(dtype):
    n = np.arange(1, 101, dtype=dtype)
    found = compiled(lambda x, y: x / y, np.outer(n[:20], n).astype(dtype), n)
    np.testing.assert_array_equal(found, np.repeat(n[:20, None], 100, 1))


def test_gradients_pass():
    x, n = K.placeholder((3,)), K.placeholder(())
    f = K.function([x, n], K.gradients(K.sum((x * 3.0 + 1.0) / n - 2.0), [x, n]))
    by_x, by_n = f([[1.0, 2.0, 3.0], 2.0])
    np.testing.assert_allclose(by_x, [1.5] * 3)
    np.testing.assert_allclose(by_n, -(4 + 7 + 10) / 4)
