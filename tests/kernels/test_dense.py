"""The ways of dense convolutions, each beside XLA's own operation; derivatives are in test_bilinear.py."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kjax.kernels import dense
from kjax.kernels.forms import Form

R = np.random.RandomState(4)
LAST, FIRST = "channels_last", "channels_first"
VOLUMES = [
    Form((2, 5, 6, 4, 3), (3, 2, 3, 3, 4), (2, 1, 2), "same", LAST, (1, 1, 1)),
    Form((2, 3, 7, 5, 4), (2, 3, 2, 3, 2), (1, 1, 1), "valid", FIRST, (3, 2, 1)),
    Form((1, 4, 4, 4, 2), (1, 2, 2, 2, 1), (3, 1, 1), "valid", LAST, (1, 1, 1)),
]
STRIDED = [
    Form((2, 16, 12, 2), (8, 4, 2, 3), (4, 2), "same", LAST, (1, 1)),
    Form((2, 13, 9, 2), (7, 7, 2, 3), (2, 2), "valid", LAST, (1, 1)),
    Form((2, 2, 13, 10), (3, 3, 2, 3), (3, 3), "same", FIRST, (1, 1)),
    Form((2, 9, 8, 2), (1, 1, 2, 3), (2, 3), "valid", LAST, (1, 1)),
    Form((2, 9, 7, 2), (4, 3, 2, 3), (4, 1), "same", LAST, (1, 2)),
    Form((2, 30, 2), (9, 2, 3), (4,), "same", LAST, (1,)),
]


@pytest.fixture(autouse=True)
def double():
    with jax.enable_x64(True):
        yield


def _expected(form):
    """Random operands, and what XLA's operation and its derivatives make of them."""
    x, k = jnp.asarray(R.randn(*form.images)), jnp.asarray(R.randn(*form.kernel))
    out, back = jax.vjp(lambda x, k: dense.by_xla(form, x, k), x, k)
    y = jnp.asarray(R.randn(*out.shape))
    return (x, k, y), (out, *back(y))


@pytest.mark.parametrize("form", VOLUMES, ids=str)
def test_volumes_become_images(form):
    (x, k, y), expected = _expected(form)
    found = dense.forward(form, x, k), dense.images(form, y, k), dense.kernel(form, x, y)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, 1e-9, 1e-9)


def test_volumes_stay_volumes_on_accelerators(monkeypatch):
    form = VOLUMES[0]
    shapes = [jax.ShapeDtypeStruct(dims, "float32") for dims in (form.images, form.kernel)]
    kernel = "tensor<3x2x3x3x4xf32>"

    def lowered():
        return jax.jit(lambda x, k: dense.forward(form, x, k)).lower(*shapes).as_text()

    def operand():
        return next(line for line in lowered().splitlines() if "stablehlo.convolution" in line)

    assert kernel not in operand()
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert kernel in operand()


@pytest.mark.parametrize("form", STRIDED, ids=str)
def test_phases_of_strided_ones(form):
    (_, k, y), (_, by_images, _) = _expected(form)
    assert dense._phases_pay(form)
    np.testing.assert_allclose(dense.images(form, y, k), by_images, 1e-9, 1e-9)


def test_where_phases_don_t_pay():
    plain = Form((2, 9, 8, 2), (3, 3, 2, 3), (1, 1), "same", LAST, (1, 1))
    assert not dense._phases_pay(plain)
    assert not dense._phases_pay(plain._replace(strides=(2, 2)))
    assert not dense._phases_pay(plain._replace(strides=(3, 3), dilations=(2, 2)))


@pytest.mark.parametrize("stride", [1, 2])
def test_windows_larger_than_images(stride):
    form = Form((2, 3, 2, 2), (5, 4, 2, 3), (stride, stride), "same", LAST, (1, 1))
    (x, k, y), expected = _expected(form)
    found = dense.forward(form, x, k), dense.images(form, y, k), dense.kernel(form, x, y)
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one, other, 1e-9, 1e-9)
