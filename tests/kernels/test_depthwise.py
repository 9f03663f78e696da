"""Convolutions of each channel by itself, beside XLA's operation; derivatives are in test_bilinear.py."""

import jax
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
]


@pytest.mark.parametrize("form", FORMS, ids=str)
def test_each_role(form):
    with jax.enable_x64(True):
        x, k = jnp.asarray(R.randn(*form.images)), jnp.asarray(R.randn(*form.kernel))
        out, back = jax.vjp(lambda x, k: dense.by_xla(form, x, k), x, k)
        y = jnp.asarray(R.randn(*out.shape))
        found = depthwise.forward(form, x, k), depthwise.images(form, y, k), depthwise.kernel(form, x, y)
        for one, other in zip(found, (out, *back(y)), strict=True):
            np.testing.assert_allclose(one, other, 1e-9, 1e-9)
