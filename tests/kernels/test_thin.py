"""Convolutions of few filters by taps, beside XLA's own operation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kjax.kernels import convolution, dense, thin
from kjax.kernels.forms import Form
from kjax.machine import config

pytestmark = pytest.mark.skipif(config.PLAIN, reason="KJAX_PLAIN switches this shortcut off")

R = np.random.RandomState(4)
LAST, FIRST = "channels_last", "channels_first"
THIN = [
    Form((2, 6, 5, 32), (3, 3, 32, 1), (1, 1), "same", LAST, (1, 1)),
    Form((2, 40, 7, 6), (2, 4, 40, 3), (1, 1), "valid", FIRST, (2, 1)),
    Form((3, 9, 32), (3, 32, 4), (1,), "causal", LAST, (2,)),
    Form((1, 2, 2, 32), (5, 4, 32, 2), (1, 1), "same", LAST, (1, 1)),
]


@pytest.mark.parametrize("form", THIN, ids=str)
def test_roles_are_those_of_xlas_operation(form):
    with jax.enable_x64(True):
        x, k = jnp.asarray(R.randn(*form.images)), jnp.asarray(R.randn(*form.kernel))
        assert thin.is_one(form, x.dtype)
        y = jnp.asarray(R.randn(*form.outputs))

        @jax.jit
        def both(x, k, y):
            out, back = jax.vjp(lambda x, k: dense.by_xla(form, x, k), x, k)
            return (dense.forward(form, x, k), dense.images(form, y, k), dense.kernel(form, x, y)), (out, *back(y))

        for one, other in zip(*both(x, k, y), strict=True):
            np.testing.assert_allclose(one, other, 1e-9, 1e-9)


def test_volumes_and_derivatives_of_derivatives():
    how = (1, 1, 1), "same", LAST, (1, 1, 1)
    x, k = jnp.asarray(R.randn(1, 2, 3, 4, 16), "float32"), jnp.asarray(R.randn(2, 3, 2, 16, 1) / 9, "float32")

    def slopes(x, k):
        inner = jax.grad(lambda x, k: jnp.sum(jnp.tanh(convolution.convolved(x, k, *how))), (0, 1))(x, k)
        return sum(jnp.sum(jnp.square(part)) for part in inner)

    found = jax.jit(jax.grad(slopes, (0, 1)))(x, k)
    with config.plainly():
        plain = jax.jit(jax.grad(lambda x, k: slopes(x, k), (0, 1)))(x, k)
    for one, other in zip(found, plain, strict=True):
        np.testing.assert_allclose(one, other, 1e-3, 1e-3)


def test_where_it_does_not_pay(monkeypatch):
    form, single = THIN[0], np.dtype("float32")
    others = [
        form._replace(kernel=(3, 3, 32, 5)),
        form._replace(kernel=(3, 3, 31, 1)),
        form._replace(kernel=(6, 5, 32, 1)),
        form._replace(strides=(1, 2)),
    ]
    assert thin.is_one(form, single) and not any(thin.is_one(other, single) for other in others)
    assert not thin.is_one(form, np.dtype("float16"))
    with config.plainly():
        assert not thin.is_one(form, single)
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert not thin.is_one(form, single)
