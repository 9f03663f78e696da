"""Convolution in three roles: derivatives of any order, in both directions, beside those of XLA's own operation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kjax.kernels import bilinear, dense, products
from kjax.kernels.forms import Form

R = np.random.RandomState(3)
LAST, FIRST = "channels_last", "channels_first"
FORMS = [
    Form((2, 7, 6, 3), (3, 2, 3, 4), (2, 1), "same", LAST, (1, 1)),
    Form((2, 3, 7, 6), (3, 3, 3, 4), (2, 3), "valid", FIRST, (1, 1)),
    Form((2, 9, 3), (3, 3, 2), (2,), "same", LAST, (1,)),
    Form((2, 9, 3), (2, 3, 2), (1,), "causal", LAST, (3,)),
    Form((1, 4, 5, 4, 2), (2, 2, 2, 2, 3), (2, 2, 1), "same", LAST, (1, 1, 1)),
    Form((1, 2, 4, 5, 4), (2, 3, 2, 2, 3), (1, 2, 1), "valid", FIRST, (2, 1, 1)),
    Form((2, 8, 7, 2), (3, 3, 2, 3), (3, 2), "valid", LAST, (1, 1)),
    Form((2, 9, 9, 2), (2, 3, 2, 3), (2, 2), "valid", LAST, (2, 1)),
    Form((2, 5, 8, 2), (1, 1, 2, 3), (2, 3), "same", LAST, (1, 1)),
    Form((2, 3, 2, 2), (5, 5, 2, 3), (1, 2), "same", LAST, (1, 1)),
    Form((2, 7, 6, 3), (3, 3, 3, 1), (1, 1), "same", LAST, (1, 1), True),
    Form((2, 7, 6, 3), (3, 2, 3, 2), (2, 2), "valid", LAST, (1, 1), True),
    Form((2, 9, 8, 2), (3, 2, 2, 1), (2, 3), "same", LAST, (1, 1), True),
    Form((2, 9, 9, 2), (9, 7, 2, 3), (2, 2), "valid", LAST, (1, 1)),
    Form((2, 5, 5, 2), (2, 1, 2, 3), (3, 2), "same", LAST, (1, 1), True),
    Form((2, 3, 7, 6), (2, 3, 3, 2), (1, 1), "same", FIRST, (2, 1), True),
]
pytestmark = pytest.mark.parametrize("form", FORMS, ids=str)


@pytest.fixture(autouse=True)
def double():
    with jax.enable_x64(True):
        yield


def _operands(form):
    return jnp.asarray(R.randn(*form.images)), jnp.asarray(R.randn(*form.kernel))


def _curved(convolution, form):
    return lambda x, k: jnp.sum(jnp.sin(convolution(form, x, k)))


def test_derivatives_of_two_orders(form):
    x, k = _operands(form)
    for derivative in (jax.grad, jax.hessian):
        both = [derivative(_curved(f, form), (0, 1)) for f in (bilinear.forward, dense.by_xla)]
        found, expected = (jax.tree.leaves(jax.jit(f)(x, k)) for f in both)
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, 1e-9, 1e-9)


def test_each_role_is_the_derivative_of_the_others(form):
    x, k = _operands(form)
    y = bilinear.forward(form, x, k)
    slopes = jnp.asarray(R.randn(*y.shape))
    by_images, by_kernel = jax.vjp(lambda x, k: dense.by_xla(form, x, k), x, k)[1](slopes)
    np.testing.assert_allclose(bilinear.images(form, slopes, k), by_images, 1e-9, 1e-9)
    found = jax.vjp(lambda y, k: bilinear.images(form, y, k), slopes, k)[1](x)
    np.testing.assert_allclose(found[0], y, 1e-9, 1e-9)
    np.testing.assert_allclose(found[1], by_kernel, 1e-9, 1e-9)


def test_along_a_direction_and_over_a_further_axis(form):
    x, k = _operands(form)
    dx, dk = _operands(form)
    found = jax.jvp(lambda x, k: bilinear.forward(form, x, k), (x, k), (dx, dk))
    expected = jax.jvp(lambda x, k: dense.by_xla(form, x, k), (x, k), (dx, dk))
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, 1e-9, 1e-9)
    for axes in ((0, None), (None, 0), (0, 0)):
        a, b = (jnp.stack([v, 2 * v]) if axis == 0 else v for v, axis in zip((x, k), axes, strict=True))
        several = jax.vmap(lambda x, k: bilinear.forward(form, x, k), axes)(a, b)
        np.testing.assert_allclose(several[1], (4 if axes == (0, 0) else 2) * found[0], 1e-9, 1e-9)


def test_the_gradient_by_the_kernel_is_computed_by_itself(form):
    shapes = [jax.ShapeDtypeStruct(dims, "float32") for dims in (form.images, form.outputs)]
    made = jax.jit(lambda x, y: bilinear.bound(form, "kernel", x * 2, y + 1)).lower(*shapes)
    assert ("inlineable" in made.as_text()) is (form.depthwise or not products.is_one(form))
