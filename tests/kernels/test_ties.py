"""Kernels with TensorFlow's gradient where arguments are equal or a function has a kink."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from helpers import assert_kernel
from kjax.kernels import ties

X = np.array([[-2.0, -0.5, 0.25], [0.5, 1.0, 3.0]])
Y = np.array([2.0, -0.75, 1.5])
NUMBERS = np.array([-np.inf, -1.5, -0.0, 0.0, 1.5, np.inf, np.nan], "float32")
PAIRS = tuple(a.ravel() for a in np.meshgrid(NUMBERS, NUMBERS))


def slopes(kernel, *arrays):
    """The gradients of the sum, by each array."""
    with jax.enable_x64(True):
        out, back = jax.vjp(kernel, *map(jnp.asarray, arrays))
        return [np.asarray(slope).tolist() for slope in back(jnp.ones_like(out))]


# ------------------------------------------------------------------------------------------------------------- extremes


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_extremes(name):
    kernel, plain = getattr(ties, name), getattr(np, name)
    assert_kernel(lambda x, y: kernel(jnp, x, y), plain, X, Y)
    x, y = PAIRS  # NaN wins on the left, and loses on the right
    np.testing.assert_array_equal(kernel(jnp, x, y), np.where(np.isnan(y), x, plain(x, y)))
    for dtype in ("int8", "uint8", "int32"):
        x, y = np.array([0, 3, 120], dtype), np.array([5, 3, 119], dtype)
        found = kernel(jnp, x, y)
        assert found.dtype == dtype and found.tolist() == plain(x, y).tolist()
    assert kernel(jnp, jnp.zeros((0, 3)), jnp.zeros(3)).shape == (0, 3)


@pytest.mark.parametrize("name", ["maximum", "minimum"])
def test_of_equal_arguments_the_first_has_the_gradient(name):
    kernel = getattr(ties, name)
    x, y = np.array([1.0, 0.0, -0.0, np.inf]), np.array([1.0, -0.0, 0.0, np.inf])
    assert slopes(lambda x, y: kernel(jnp, x, y), x, y) == [[1, 1, 1, 1], [0, 0, 0, 0]]
    assert jax.vjp(getattr(jnp, name), x, y)[1](jnp.ones(4))[0].tolist() == [0.5] * 4  # JAX's


# --------------------------------------------------------------------------------------------------------------- bounds


def test_within_bounds():
    low, high = np.array([-1.0, -2.0, 0.0]), np.array([0.75, 1.25, 0.5])
    assert_kernel(
        lambda x, low, high: ties.clipped(jnp, x, low, high), lambda x, low, high: np.clip(x, low, high), X, low, high
    )
    for xp in (np, jnp):
        assert ties.clipped(xp, xp.asarray([0.0, 5.0, 9.0]), 6.0, 2.0).tolist() == [6, 6, 6]  # the lower bound wins
        np.testing.assert_array_equal(ties.clipped(xp, xp.asarray(NUMBERS), -1.0, 1.0), np.clip(NUMBERS, -1, 1))
        assert ties.clipped(xp, xp.asarray([-5, 2, 7], "int32"), 0, 4).tolist() == [0, 2, 4]


def test_at_its_bounds_the_gradient_passes():
    x = np.array([-1.5, -1.0, 0.0, 1.0, 1.5, -np.inf, np.inf])
    assert slopes(lambda x: ties.clipped(jnp, x, -1.0, 1.0), x) == [[0, 1, 1, 1, 0, 0, 0]]
    by_low, by_high = slopes(lambda low, high: ties.clipped(jnp, x, low, high), np.array(-1.0), np.array(1.0))
    assert (by_low, by_high) == (2, 2)


def test_rectified():
    assert_kernel(lambda x: ties.rectified(jnp, x), lambda x: np.maximum(x, 0), X)
    for xp in (np, jnp):
        np.testing.assert_array_equal(ties.rectified(xp, xp.asarray(NUMBERS)), np.maximum(NUMBERS, 0))
        assert ties.rectified(xp, xp.asarray([-3, 0, 3], "int16")).tolist() == [0, 0, 3]
    assert slopes(lambda x: ties.rectified(jnp, x), np.array([-1.0, -0.0, 0.0, 1.0])) == [[0, 0, 0, 1]]


# --------------------------------------------------------------------------------------------------------------- kinks


def test_absolute():
    assert_kernel(lambda x: ties.absolute(jnp, x), np.abs, X)
    np.testing.assert_array_equal(ties.absolute(jnp, jnp.asarray(NUMBERS)), np.abs(NUMBERS))
    assert ties.absolute(jnp, jnp.asarray([-3, 0, 3], "int32")).tolist() == [3, 0, 3]
    assert ties.absolute(jnp, jnp.asarray([3 + 4j])).tolist() == [5]
    assert slopes(lambda x: ties.absolute(jnp, x), np.array([-2.0, 0.0, -0.0, 2.0])) == [[-1, 0, 0, 1]]


def test_powers():
    base = np.abs(X) + 0.1
    assert_kernel(lambda x, a: ties.power(jnp, x, a), np.power, base, Y)
    # Of negative numbers, with exponents that don't vary.
    for exponent in (2.0, 3.0, -1.0, 0.0):
        assert_kernel(lambda x, e=exponent: ties.power(jnp, x, e), lambda x, e=exponent: x**e, X)
    x, a = (np.ravel(m) for m in np.meshgrid(NUMBERS, np.array([0.0, 0.5, 1.0, 2.0, -1.0, np.nan], "float32")))
    with np.errstate(all="ignore"):
        # (The last bit of either depends on the processor.)
        np.testing.assert_allclose(ties.power(jnp, jnp.asarray(x), jnp.asarray(a)), np.power(x, a), 2e-7)
    assert ties.power(jnp, jnp.asarray([2, -3], "int32"), jnp.asarray([5, 3], "int32")).tolist() == [32, -27]


def test_slopes_of_powers_where_the_base_is_not_positive():
    x, a = np.array([-2.0, -2.0, 0.0, 0.0]), np.array([2.0, 3.0, 2.0, 1.0])
    assert slopes(lambda x, a: ties.power(jnp, x, a), x, a) == [[-4, 12, 0, 1], [0, 0, 0, 0]]
    by_base, by_exponent = slopes(lambda x, a: ties.power(jnp, x, a), np.zeros(1), np.zeros(1))
    assert np.isnan(by_base[0]) and by_exponent == [0]  # as in TensorFlow
    assert slopes(lambda x: ties.power(jnp, x, 0.5), np.array([0.0, 4.0])) == [[np.inf, 0.25]]


def test_slopes_of_powers_of_complex_numbers():
    with jax.enable_x64(True):
        x, a = jnp.asarray([1 + 2j, -1.5 + 0j, 0j]), jnp.asarray([2 + 0j, 1 - 1j, 2 + 0j])
        out, back = jax.vjp(lambda x, a: ties.power(jnp, x, a), x, a)
        by_base, by_exponent = back(jnp.ones_like(out))
        np.testing.assert_allclose(by_base[:2], (a * x ** (a - 1))[:2])
        np.testing.assert_allclose(by_exponent[:2], (out * jnp.log(x))[:2])
        assert by_base[2] == by_exponent[2] == 0


def test_gradients_of_gradients():
    def second(kernel, x):
        with jax.enable_x64(True):
            return float(jax.grad(jax.grad(kernel))(x))

    assert second(lambda x: ties.power(jnp, x, jnp.asarray(3.0)), 2.0) == 12
    np.testing.assert_allclose(second(lambda a: ties.power(jnp, jnp.asarray(2.0), a), 3.0), 8 * np.log(2) ** 2)
    assert second(lambda x: ties.maximum(jnp, x * x, x), 2.0) == 2 and second(lambda x: ties.absolute(jnp, x), 2.0) == 0
