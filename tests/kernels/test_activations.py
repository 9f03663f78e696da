"""Activations for JAX, against plain formulas in NumPy."""

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
import scipy.special

from helpers import assert_kernel
from kjax.kernels import activations

X = np.array([[-3.0, -0.4, 0.3], [1.2, 2.2, 7.5]])


@pytest.mark.parametrize("axis", [-1, 0, 1, (0, 1)])
def test_softmax(axis):
    assert_kernel(lambda x: activations.softmax(jnp, x, axis), lambda x: scipy.special.softmax(x, axis), X)


def test_softmax_of_huge_values_and_of_what_is_no_number():
    x = np.array(
        [[1e4, 1e4 - 1, -np.inf], [-1e30, 1e30, 0.0], [np.nan, 0, 0], [-np.inf] * 3, [np.inf, 0, 0]], "float32"
    )
    found = np.asarray(activations.softmax(jnp, x))
    np.testing.assert_allclose(found[0], [1 / (1 + np.exp(-1)), 1 / (1 + np.e), 0], 1e-6)
    assert found[1].tolist() == [0, 1, 0] and np.isnan(found[2:]).any(1).all()
    (slope,) = jax.vjp(lambda x: activations.softmax(jnp, x), x[:2])[1](jnp.ones((2, 3)))
    np.testing.assert_allclose(slope, np.zeros((2, 3)), atol=1e-6)  # whatever happens, the sum is 1
    assert activations.softmax(jnp, jnp.zeros((2, 0))).shape == (2, 0)
    assert activations.softmax(jnp, jnp.zeros((0, 2))).shape == (0, 2)


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_softmax_of_many_halves(dtype):
    found = activations.softmax(jnp, jnp.zeros(4096, dtype))
    assert found.dtype == dtype and (np.asarray(found).astype(float) == 1 / 4096).all()  # a sum 16 bits can't hold


def test_hard_sigmoid():
    assert_kernel(lambda x: activations.hard_sigmoid(jnp, x), lambda x: np.clip(0.2 * x + 0.5, 0, 1), X)
    edges = np.array([-np.inf, -2.5, 2.5, np.inf, np.nan], "float32")
    found, back = jax.vjp(lambda x: activations.hard_sigmoid(jnp, x), edges)
    assert found[:4].tolist() == [0, 0, 1, 1] and np.isnan(found[4])
    np.testing.assert_allclose(back(jnp.ones(5))[0][:4], [0, 0.2, 0.2, 0])  # at the bounds it is the slope between


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float32])
def test_hard_sigmoid_stays_within_its_bounds(dtype):
    x = np.concatenate([np.linspace(-2.6, -2.4, 2001), np.linspace(2.4, 2.6, 2001)]).astype(dtype)
    for run in (activations.hard_sigmoid, jax.jit(activations.hard_sigmoid, static_argnums=0)):
        found = run(jnp, x)
        assert found.dtype == dtype and found.min() == 0 and found.max() == 1


def test_softsign():
    assert_kernel(lambda x: activations.softsign(jnp, x), lambda x: x / (1 + np.abs(x)), X)
    found, back = jax.vjp(lambda x: activations.softsign(jnp, x), np.array([np.nan, 0.0, -0.0]))
    assert np.isnan(found[0]) and found[1:].tolist() == [0, 0] and back(jnp.ones(3))[0][1:].tolist() == [1, 1]


def test_the_slope_of_softsign_is_exact_far_out():
    x = np.array([-3e6, -1e4, 1e4, 3e6], "float32")
    exact = 1 / np.square(1 + np.abs(x.astype("float64")))

    def slope(function):
        return np.asarray(jax.vmap(jax.grad(function))(x))

    np.testing.assert_allclose(slope(lambda x: activations.softsign(jnp, x)), exact, 1e-6)
    plain = slope(lambda x: x / (1 + jnp.abs(x)))
    assert (np.abs(plain - exact) > 1e-4 * exact).any()  # which is what there is a kernel for
    with jax.enable_x64(True):
        second = jax.grad(jax.grad(lambda x: activations.softsign(jnp, x)))
        np.testing.assert_allclose([second(2.0), second(-2.0)], [-2 / 27, 2 / 27])
