"""Convolutions with few channels on one side by taps, beside XLA's own operation."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kjax.kernels import bilinear, convolution, dense, thin
from kjax.kernels.forms import Form
from kjax.machine import compiler, config
from kjax.machine.scopes import scope

pytestmark = pytest.mark.skipif(config.PLAIN, reason="KJAX_PLAIN switches this shortcut off")

R = np.random.RandomState(4)
LAST, FIRST = "channels_last", "channels_first"
# Forms, and the ways of their roles forward, images, kernel.
THIN = [
    (Form((2, 6, 5, 32), (3, 3, 32, 1), (1, 1), "same", LAST, (1, 1)), "to_filters from_filters kernel"),
    (Form((2, 40, 7, 6), (2, 4, 40, 3), (1, 1), "valid", FIRST, (2, 1)), "to_filters from_filters kernel"),
    (Form((3, 9, 32), (3, 32, 4), (1,), "causal", LAST, (2,)), "to_filters from_filters kernel"),
    (Form((1, 2, 2, 32), (5, 4, 32, 2), (1, 1), "same", LAST, (1, 1)), "to_filters - kernel"),
    (Form((2, 9, 8, 16), (3, 3, 16, 1), (2, 1), "same", LAST, (1, 1)), "- from_filters -"),
    (Form((2, 9, 8, 1), (3, 3, 1, 4), (1, 1), "same", LAST, (1, 1)), "from_channels - -"),
    (Form((2, 9, 8, 1), (5, 5, 1, 8), (2, 3), "same", LAST, (1, 1)), "from_channels to_channels -"),
    (Form((2, 3, 9, 8), (3, 2, 3, 16), (2, 1), "valid", FIRST, (1, 3)), "from_channels to_channels -"),
    (Form((2, 9, 8, 4), (3, 3, 4, 16), (4, 4), "same", LAST, (1, 1)), "- to_channels -"),
    (Form((3, 20, 2), (7, 2, 8), (1,), "causal", LAST, (2,)), "from_channels to_channels -"),
    (Form((2, 5, 4, 6, 1), (3, 3, 2, 1, 8), (2, 1, 1), "same", LAST, (1, 1, 1)), "from_channels to_channels -"),
    (Form((2, 8, 5, 4, 6), (3, 2, 3, 8, 1), (1, 1, 1), "valid", FIRST, (1, 1, 1)), "to_filters from_filters -"),
]


@pytest.mark.parametrize(("form", "ways"), THIN, ids=str)
def test_roles_are_those_of_xlas_operation(form, ways):
    with jax.enable_x64(True):
        x, k = jnp.asarray(R.randn(*form.images)), jnp.asarray(R.randn(*form.kernel))
        found = [thin.way(form, role, x.dtype) for role in ("forward", "images", "kernel")]
        assert " ".join("-" if way is None else way.__name__ for way in found) == ways
        y = jnp.asarray(R.randn(*form.outputs))

        @jax.jit
        def both(x, k, y):
            out, back = jax.vjp(lambda x, k: dense.by_xla(form, x, k), x, k)
            return (dense.forward(form, x, k), dense.images(form, y, k), dense.kernel(form, x, y)), (out, *back(y))

        for one, other in zip(*both(x, k, y), strict=True):
            np.testing.assert_allclose(one, other, 1e-9, 1e-9)


@pytest.mark.parametrize(("form", "ways"), THIN, ids=str)
def test_of_no_images_there_is_nothing(form, ways):
    form = form._replace(images=(0, *form.images[1:]))
    x, k, y = (jnp.ones(shape) for shape in (form.images, form.kernel, form.outputs))
    assert dense.forward(form, x, k).shape == form.outputs and dense.images(form, y, k).shape == form.images
    np.testing.assert_array_equal(dense.kernel(form, x, y), np.zeros(form.kernel))


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
    single = np.dtype("float32")

    def ways(form, dtype=single):
        return [thin.way(form, role, dtype) for role in ("forward", "images", "kernel")]

    last, first = THIN[0][0], THIN[6][0]
    nowhere = [None, None, None]
    assert ways(last._replace(kernel=(3, 3, 32, 9))) == nowhere
    assert ways(last._replace(kernel=(6, 5, 32, 1))) == [thin.to_filters, None, None]
    assert ways(last._replace(kernel=(9, 10, 32, 1))) == nowhere
    assert ways(last._replace(kernel=(3, 3, 31, 4)))[2] is None
    assert ways(last._replace(strides=(1, 2)))[::2] == [None, None]
    assert ways(first._replace(kernel=(5, 5, 2, 7))) == nowhere
    assert ways(first._replace(strides=(4, 5)))[1] is None
    assert (
        ways(first._replace(kernel=(7, 7, 1, 12))) == nowhere
    )  # the product would be more than four times as large as the outputs
    for form in (last, first):
        assert ways(form)[0] is not None and ways(form, np.dtype("float16")) == nowhere
        with config.plainly():
            assert ways(form) == nowhere
    monkeypatch.setattr(jax, "default_backend", lambda: "gpu")
    assert ways(last) == ways(first) == nowhere


def test_programs_that_compile_quickly_have_xlas_operation():
    form = THIN[6][0]
    x, k = jnp.ones(form.images), jnp.ones(form.kernel)

    def operations(effort):
        def slopes(x, k):  # (anew, since JAX keeps what it has traced)
            return jax.grad(lambda x, k: jnp.sum(jnp.square(bilinear.forward(form, x, k))), (0, 1))(x, k)

        with scope(compiler.EFFORT, effort):
            return jax.jit(slopes).lower(x, k).as_text().count("stablehlo.convolution")

    assert operations("full") == 1  # the gradient by the kernel
    assert operations("least") == 3
