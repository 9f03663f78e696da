"""Convolutions of each channel by itself, beside XLA's operation; derivatives are in test_bilinear.py."""

import jax
import jax.export
import jax.numpy as jnp
import numpy as np
import pytest

from kjax.kernels import dense, depthwise
from kjax.kernels.forms import Form

R = np.random.RandomState(5)
LAST, FIRST = "channels_last", "channels_first"
FORMS = [
    Form((2, 6, 5, 3), (3, 3, 3, 1), (1, 1), "same", LAST, (1, 1), True),
    Form((2, 9, 8, 2), (3, 2, 2, 3), (2, 3), "same", LAST, (1, 1), True),
    Form((2, 2, 9, 8), (3, 2, 2, 2), (2, 2), "valid", FIRST, (1, 1), True),
    Form((2, 9, 8, 2), (3, 2, 2, 1), (1, 1), "valid", LAST, (2, 3), True),
    Form((2, 5, 5, 2), (2, 1, 2, 3), (3, 2), "same", LAST, (1, 1), True),
    Form((2, 9, 8, 12), (3, 2, 12, 2), (2, 1), "same", LAST, (1, 1), True),  # too many channels for a dense kernel
    Form((2, 9, 8, 12), (2, 2, 12, 1), (1, 1), "same", LAST, (2, 2), True),
    Form((1, 11, 13, 3), (5, 5, 3, 1), (1, 1), "same", LAST, (1, 1), True),  # sides that no number divides
    Form((1, 9, 1, 1), (2, 1, 9, 2), (1, 1), "valid", FIRST, (1, 1), True),  # one place
    Form((1, 8, 9, 9), (7, 6, 9, 2), (2, 2), "same", LAST, (1, 1), True),  # many taps
    Form((3, 12, 9), (11, 9, 1), (1,), "same", LAST, (1,), True),
]


def _roles(form, x, k, y):
    return depthwise.forward(form, x, k), depthwise.images(form, y, k), depthwise.kernel(form, x, y)


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_each_role(form):
    with jax.enable_x64(True):
        x, k = jnp.asarray(R.randn(*form.images)), jnp.asarray(R.randn(*form.kernel))
        out, back = jax.vjp(lambda x, k: dense.by_xla(form, x, k), x, k)
        y = jnp.asarray(R.randn(*out.shape))
        found = jax.jit(_roles, static_argnums=0)(form, x, k, y)
        for one, other in zip(found, (out, *back(y)), strict=True):
            np.testing.assert_allclose(one, other, 1e-9, 1e-9)


def test_kernel_of_a_batch_whose_size_is_open():
    def kernel(x, y):
        return depthwise.kernel(form._replace(images=x.shape), x, y)

    form = Form((4, 5, 7, 2), (3, 3, 2, 1), (1, 1), "same", LAST, (1, 1), True)
    x, y = (jnp.asarray(R.randn(*form.images), np.float32) for _ in range(2))
    open_dims = jax.ShapeDtypeStruct((*jax.export.symbolic_shape("b"), *x.shape[1:]), x.dtype)
    exported = jax.export.export(jax.jit(kernel))(open_dims, open_dims)
    np.testing.assert_allclose(exported.call(x, y), jax.jit(kernel)(x, y), 1e-5, 1e-5)
    assert not jax.jit(kernel)(x[:0], y[:0]).any()
