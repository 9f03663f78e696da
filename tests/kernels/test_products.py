"""Convolutions that are products of matrices, beside XLA's own operation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kjax.kernels import dense, products
from kjax.kernels.forms import Form

R = np.random.RandomState(6)
LAST, FIRST = "channels_last", "channels_first"
PRODUCTS = [
    Form((2, 5, 4, 3), (1, 1, 3, 4), (1, 1), "valid", LAST, (1, 1)),
    Form((2, 3, 5, 8), (1, 1, 3, 4), (2, 3), "same", FIRST, (1, 1)),
    Form((2, 4, 5, 3), (4, 5, 3, 2), (1, 1), "valid", LAST, (1, 1)),
    Form((2, 6, 5, 3), (4, 5, 3, 2), (3, 1), "valid", LAST, (1, 1)),
    Form((2, 5, 9, 3), (2, 3, 3, 2), (1, 1), "valid", LAST, (4, 4)),
    Form((2, 1, 2, 3), (3, 4, 3, 2), (1, 2), "same", LAST, (1, 1)),
    Form((2, 3, 7, 4), (1, 4, 3, 2), (2, 1), "valid", FIRST, (1, 1)),
    Form((2, 3, 7, 4), (3, 1, 4, 2), (1, 2), "valid", LAST, (1, 1)),
    Form((2, 8, 3), (1, 3, 2), (3,), "causal", LAST, (1,)),
    Form((2, 3, 4, 5, 2), (3, 1, 5, 2, 3), (1, 2, 1), "valid", LAST, (1, 1, 1)),
    Form((0, 4, 4, 2), (1, 1, 2, 3), (1, 1), "valid", LAST, (1, 1)),
]
OTHERS = [
    Form((2, 5, 4, 3), (2, 1, 3, 4), (1, 1), "same", LAST, (1, 1)),
    Form((2, 4, 5, 3), (3, 5, 3, 2), (1, 1), "valid", LAST, (1, 1)),
    Form((2, 5, 4, 3), (1, 1, 3, 2), (1, 1), "valid", LAST, (1, 1), True),
]


@pytest.mark.parametrize("form", PRODUCTS, ids=str)
def test_three_roles(form):
    with jax.enable_x64(True):
        x, k = jnp.asarray(R.randn(*form.images)), jnp.asarray(R.randn(*form.kernel))
        out, back = jax.vjp(lambda x, k: dense.by_xla(form, x, k), x, k)
        y = jnp.asarray(R.randn(*out.shape))
        expected = (out, *back(y))
        found = products.forward(form, x, k), products.images(form, y, k), products.kernel(form, x, y)
        for one, other in zip(found, expected, strict=True):
            assert one.shape == other.shape
            np.testing.assert_allclose(one, other, 1e-10, 1e-10)


@pytest.mark.parametrize("form", PRODUCTS, ids=str)
def test_dense_convolutions_are_computed_so(form):
    """In each role the program has a product and no convolution."""
    x, k, y = (jax.ShapeDtypeStruct(dims, "float32") for dims in (form.images, form.kernel, form.outputs))
    for role, *operands in ((dense.forward, x, k), (dense.images, y, k), (dense.kernel, x, y)):
        text = jax.jit(lambda a, b, role=role: role(form, a, b)).lower(*operands).as_text()
        assert "dot_general" in text and "convolution" not in text


@pytest.mark.parametrize("form", OTHERS, ids=str)
def test_others_are_not(form):
    assert not products.is_one(form)
