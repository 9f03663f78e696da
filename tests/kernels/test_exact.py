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


# Functions whose compositions XLA likes to simplify, and the numbers where that shows: no subnormal ones come up, which
# XLA takes for 0.
FUNCTIONS = {
    "exp": K.exp,
    "log": K.log,
    "sqrt": K.sqrt,
    "square": K.square,
    "abs": K.abs,
    "negative": lambda x: -x,
    "to the power of 1/2": lambda x: K.pow(x, 0.5),
    "to the power of -1/2": lambda x: K.pow(x, -0.5),
    "to the power of 3/2": lambda x: K.pow(x, 1.5),
    "to the power of 3": lambda x: K.pow(x, 3.0),
    "to the power of -1": lambda x: K.pow(x, -1.0),
    "reciprocal": lambda x: 1.0 / x,
    "a third": lambda x: x / 3.0,
    "times 1e20": lambda x: x * 1e20,
    "nothing": lambda x: x - x,
    "one": lambda x: x / x,
    "whole": lambda x: K.cast(K.cast(x, "int32"), "float32"),
}
EXTREMES = np.array(
    [-np.inf, -1e30, -1e10, -3, -1, -0.5, 0, 0.5, 1, 1.5, 3, 20, 1e10, 1e20, 1e30, np.inf, np.nan], "float32"
)
COMPOSED = {
    "g(f(x))": lambda x, f, g: g(f(x)),
    "f(x) / g(x)": lambda x, f, g: f(x) / g(x),
    "f(x) * g(x)": lambda x, f, g: f(x) * g(x),
    "x / (f(x) / g(x))": lambda x, f, g: x / (f(x) / g(x)),
    "(x / f(x)) / g(x)": lambda x, f, g: x / f(x) / g(x),
}


@pytest.mark.parametrize("form", COMPOSED)
def test_compositions(form):
    x = K.placeholder(EXTREMES.shape)
    pairs = [(f, g) for f in FUNCTIONS for g in FUNCTIONS]

    def results(x):
        return [COMPOSED[form](x, FUNCTIONS[f], FUNCTIONS[g]) for f, g in pairs]

    f = K.function([x], results(x))
    f([EXTREMES])
    for pair, found, tensor in zip(pairs, f([EXTREMES]), results(K.constant(EXTREMES)), strict=True):
        expected = tensor.numpy()
        small = np.abs(expected) < np.finfo("float32").tiny
        np.testing.assert_allclose(np.where(small, 0, found), np.where(small, 0, expected), 2e-5, err_msg=str(pair))


@pytest.mark.parametrize("target", ["int8", "uint8", "int16", "uint16", "int32", "int64"])
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_floats_beyond_integers(dtype, target):
    """The recorded answers of TensorFlow 2.2 on x86, which are those of NumPy there."""
    values = np.array([1e10, -1e10, 3e9, -3e9, 300, -300, -1, 70000, np.inf, -np.inf, np.nan, 2.7, -2.7, 2**31])
    with np.errstate(all="ignore"):
        found = compiled(lambda x: K.cast(x, target), values.astype(dtype))
        assert found.tolist() == K.cast(K.constant(values.astype(dtype), dtype=dtype), target).numpy().tolist()


def test_two_divisions_in_a_row():
    np.testing.assert_array_equal(compiled(lambda x: x / 3.0 / 7.0, V), V / F(3) / F(7))


@pytest.mark.parametrize(("a", "expected"), [(0.5, [np.inf, 0, 0, 2]), (-0.5, [0, np.inf, np.inf, 0.5])])
@pytest.mark.parametrize("large", [False, True])
def test_roots_are_powers(a, expected, large):
    values = np.array([-np.inf, -0.0, 0, 4] * (LARGE if large else 1), "float32")
    for found in (K.pow(K.constant(values), a).numpy(), compiled(lambda x: K.pow(x, a), values)):
        assert found[:4].tolist() == expected and not np.signbit(found).any()
    x = K.placeholder((2,))
    (slope,) = K.function([x], K.gradients(K.sum(K.pow(x, a)), [x]))([[4.0, 0.0]])
    np.testing.assert_allclose(slope, [a * 4 ** (a - 1), a * np.inf])


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
