"""Crossentropy of logits, and TensorFlow's gradient of it."""

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest
import scipy.special

from helpers import assert_kernel
from kjax.kernels import crossentropy

R = np.random.RandomState(1)
LOGITS = R.randn(3, 4)
TARGET = scipy.special.softmax(R.randn(3, 4), -1)  # its rows sum to 1


def categorical(target, logits, axis=-1):
    return -(target * scipy.special.log_softmax(logits, axis)).sum(axis)


def binary(target, logits):
    return -target * scipy.special.log_expit(logits) - (1 - target) * scipy.special.log_expit(-logits)


# ---------------------------------------------------------------------------------------------------------- categorical


@pytest.mark.parametrize("axis", [-1, 0, 1])
def test_categorical(axis):
    target = TARGET / TARGET.sum(axis, keepdims=True)
    assert_kernel(
        lambda z: crossentropy.categorical(jnp, jnp.asarray(target), z, axis),
        lambda z: categorical(target, z, axis),
        LOGITS,
    )
    assert_kernel(
        lambda t: crossentropy.categorical(jnp, t, jnp.asarray(LOGITS), axis),
        lambda t: categorical(t, LOGITS, axis),
        target,
    )


def test_the_gradient_takes_it_for_granted_that_a_target_sums_to_1():
    target = np.array([[0.0, 0.0, 0.0], [1.0, 1.0, 0.0], [0.0, 1.0, 0.0]])
    logits = R.randn(3, 3)
    with jax.enable_x64(True):
        found, back = jax.vjp(lambda z: crossentropy.categorical(jnp, jnp.asarray(target), z, -1), jnp.asarray(logits))
        (slope,) = back(jnp.asarray([1.0, 2.0, 3.0]))
    np.testing.assert_allclose(found, categorical(target, logits))
    np.testing.assert_allclose(slope, (scipy.special.softmax(logits, -1) - target) * [[1], [2], [3]])


def test_categorical_of_huge_logits():
    target = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5]], "float32")
    logits = np.array([[-1e4, 1e4], [-1e4, 1e4], [1e30, 1e30]], "float32")
    found, back = jax.vjp(lambda z: crossentropy.categorical(jnp, jnp.asarray(target), z, -1), jnp.asarray(logits))
    np.testing.assert_allclose(found, [2e4, 0, np.log(2)], 1e-6)
    np.testing.assert_allclose(back(jnp.ones(3))[0], [[-1, 1], [0, 0], [0, 0]], atol=1e-6)


def test_curvature():
    with jax.enable_x64(True):
        found = jax.hessian(lambda z: crossentropy.categorical(jnp, jnp.asarray(TARGET[0]), z, 0))(
            jnp.asarray(LOGITS[0])
        )
    p = scipy.special.softmax(LOGITS[0])
    np.testing.assert_allclose(found, np.diag(p) - np.outer(p, p), 1e-9, 1e-12)


# --------------------------------------------------------------------------------------------------------------- binary


def test_binary():
    assert_kernel(lambda t, z: crossentropy.binary(jnp, t, z), binary, TARGET, 3 * LOGITS)


def test_binary_at_nought_and_far_out():
    target = np.array([0.0, 0.25, 1.0, 1.0, 0.0, 1.0, 0.0], "float32")
    logits = np.array([0.0, -0.0, 0.0, -1e4, 1e4, 1e4, -1e4], "float32")
    found, back = jax.vjp(lambda z: crossentropy.binary(jnp, target, z), logits)
    np.testing.assert_allclose(found, [np.log(2)] * 3 + [1e4, 1e4, 0, 0], 1e-6)
    np.testing.assert_allclose(back(jnp.ones(7))[0], [0.5, 0.25, -0.5, -1, 1, 0, 0])
    assert np.isnan(crossentropy.binary(jnp, target[:1], np.array([np.nan], "float32"))).all()


# ----------------------------------------------------------------------------------------------------------------- both

BOTH = [lambda t, z: crossentropy.categorical(jnp, t, z, -1), lambda t, z: crossentropy.binary(jnp, t, z)]


@pytest.mark.parametrize("kernel", BOTH)
def test_shapes_must_be_the_same(kernel):
    for target, logits in (((2, 3), (2, 2)), ((3,), (2, 3)), ((1, 3), (2, 3))):
        with pytest.raises(ValueError, match="one shape"):
            kernel(jnp.ones(target), jnp.ones(logits))


@pytest.mark.parametrize("kernel", BOTH)
@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16, np.float32])
def test_dtypes(kernel, dtype):
    few = kernel(jnp.asarray(TARGET, dtype), jnp.asarray(LOGITS, dtype))
    exact = kernel(jnp.asarray(TARGET, "float32"), jnp.asarray(LOGITS, "float32"))
    assert few.dtype == dtype
    np.testing.assert_allclose(few.astype("float32"), exact, 0.02)


def test_many_small_terms_of_halves():
    for dtype in (np.float16, ml_dtypes.bfloat16):
        found = crossentropy.categorical(jnp, jnp.full((1, 4096), 1 / 4096, dtype), jnp.zeros((1, 4096), dtype), -1)
        np.testing.assert_allclose(found.astype("float32"), [np.log(4096)], 5e-3)


@pytest.mark.parametrize("kernel", BOTH)
def test_of_nothing(kernel):
    assert kernel(jnp.ones((0, 3)), jnp.ones((0, 3))).shape[0] == 0
