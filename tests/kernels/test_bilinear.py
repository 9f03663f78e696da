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
    """The gradient, and how it changes in two directions."""
    at = _operands(form)
    directions = tuple(jnp.stack(pair) for pair in zip(_operands(form), _operands(form), strict=True))

    def derivatives(convolution):
        changed = jax.vmap(lambda *d: jax.jvp(jax.grad(_curved(convolution, form), (0, 1)), at, d), out_axes=(None, 0))
        return jax.tree.leaves(jax.jit(changed)(*directions))

    for one, other in zip(derivatives(bilinear.forward), derivatives(dense.by_xla), strict=True):
        np.testing.assert_allclose(one, other, 1e-9, 1e-9)


def test_each_role_is_the_derivative_of_the_others(form):
    x, k = _operands(form)
    slopes = jnp.asarray(R.randn(*jax.eval_shape(lambda: bilinear.forward(form, x, k)).shape))

    @jax.jit
    def roles(x, k, slopes):
        by_images, back = jax.vjp(lambda y, k: bilinear.images(form, y, k), slopes, k)
        return by_images, *back(x)

    @jax.jit
    def by_xla(x, k, slopes):
        y, back = jax.vjp(lambda x, k: dense.by_xla(form, x, k), x, k)
        by_images, by_kernel = back(slopes)
        return by_images, y, by_kernel

    for one, other in zip(roles(x, k, slopes), by_xla(x, k, slopes), strict=True):
        np.testing.assert_allclose(one, other, 1e-9, 1e-9)


def test_along_a_direction_and_over_a_further_axis(form):
    at, direction = _operands(form), _operands(form)

    @jax.jit
    def along(at, direction):
        convolutions = [lambda x, k, f=f: f(form, x, k) for f in (bilinear.forward, dense.by_xla)]
        return [jax.jvp(convolution, at, direction) for convolution in convolutions]

    found, expected = along(at, direction)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, 1e-9, 1e-9)
    ways = ((0, None), (None, 0), (0, 0))

    @jax.jit
    def several(x, k):
        given = [(x, k[0]), (x[0], k), (x, k)]
        return [
            jax.vmap(lambda x, k: bilinear.forward(form, x, k), way)(*g) for way, g in zip(ways, given, strict=True)
        ]

    for way, each in zip(ways, several(*(jnp.stack([v, 2 * v]) for v in at)), strict=True):
        np.testing.assert_allclose(each[1], (4 if way == (0, 0) else 2) * found[0], 1e-9, 1e-9)


def test_the_gradient_by_the_kernel_is_computed_by_itself(form):
    shapes = [jax.ShapeDtypeStruct(dims, "float32") for dims in (form.images, form.outputs)]
    made = jax.jit(lambda x, y: bilinear.bound(form, "kernel", x * 2, y + 1)).lower(*shapes)
    assert ("inlineable" in made.as_text()) is (form.depthwise or not products.is_one(form))
