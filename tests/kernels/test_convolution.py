"""Convolutions by XLA's operation and by taps, against convolutions by their definition."""

import math

import jax
import jax.numpy as jnp
import ml_dtypes
import numpy as np
import pytest

from kjax.kernels import convolution
from kjax.kernels.taps import MANY
from sliding import moved, windowed

R = np.random.RandomState(0)
LAST, FIRST = "channels_last", "channels_first"
# shape of images, window, strides, padding, dilations
FORMS = [
    ((2, 7, 2), (3,), (2,), "valid", (1,)),
    ((2, 7, 2), (3,), (1,), "causal", (2,)),
    ((2, 6, 5, 2), (3, 2), (1, 1), "same", (1, 1)),
    ((2, 6, 5, 2), (3, 2), (2, 3), "same", (1, 1)),
    ((2, 7, 6, 2), (2, 3), (1, 1), "valid", (3, 2)),
    ((1, 4, 5, 3, 2), (2, 3, 1), (2, 1, 1), "valid", (1, 1, 1)),
]
DEPTHWISE = [*FORMS[2:5], ((1, 11, 8, 2), (10, 9), (1, 2), "same", (1, 1))]  # the last one has many taps


def convolved(x, kernel, strides, padding, dilations):
    axes = len(strides)
    return np.tensordot(windowed(x, kernel.shape[:axes], strides, padding, dilations), kernel, axes + 1)


def by_groups(x, kernel, groups, *how):
    """Channels in groups, each with filters of its own."""
    parts = zip(np.split(x, groups, -1), np.split(kernel, groups, -1), strict=True)
    return np.concatenate([convolved(part, filters, *how) for part, filters in parts], -1)


def depthwise(x, kernel, *how):
    """Each channel by itself."""
    return by_groups(x, kernel.reshape(*kernel.shape[:-2], 1, -1), x.shape[-1], *how)


def assert_bilinear(kernel, plain, cases, data_format):
    """Compare what a kernel gives for all cases, and its gradients along random directions, in one program.

    Args:
        kernel: `kernel(x, weights, *how)` on JAX's arrays.
        plain: the same on NumPy's, with channels last.
        cases: `(x, weights, how)` each, with channels last.
        data_format: where the kernel wants the channels.
    """

    def run(operands, changes):
        pairs = [
            jax.vjp(lambda x, w, how=how: kernel(x, w, *how), *pair)
            for pair, (*_, how) in zip(operands, cases, strict=True)
        ]
        return [out for out, _ in pairs], [back(c) for (_, back), c in zip(pairs, changes, strict=True)]

    expected = [plain(x, w, *how) for x, w, how in cases]
    changes = [R.randn(*out.shape) for out in expected]
    with jax.enable_x64(True):
        operands = [(moved(x, data_format), w) for x, w, _ in cases]
        found, slopes = jax.tree.map(
            np.asarray, jax.jit(run)(operands, [moved(change, data_format) for change in changes])
        )
    for (x, w, how), out, wanted, change, (by_x, by_w) in zip(cases, found, expected, changes, slopes, strict=True):
        np.testing.assert_allclose(out, moved(wanted, data_format), 1e-9, 1e-9, err_msg=str(how))
        # It is linear in both: the gradient by one along a direction is the result for the direction in its place.
        dx, dw = R.randn(*x.shape), R.randn(*w.shape)
        along = (by_x * moved(dx, data_format)).sum(), (by_w * dw).sum()
        directly = (change * plain(dx, w, *how)).sum(), (change * plain(x, dw, *how)).sum()
        np.testing.assert_allclose(along, directly, 1e-9, err_msg=str(how))


@pytest.mark.parametrize("data_format", [LAST, FIRST])
def test_convolutions(data_format):
    def kernel(x, w, strides, padding, dilations):
        return convolution.convolved(x, w, strides, padding, data_format, dilations)

    cases = [(R.randn(*shape), R.randn(*window, 2, 3), how) for shape, window, *how in FORMS]
    assert_bilinear(kernel, convolved, cases, data_format)


@pytest.mark.parametrize("data_format", [LAST, FIRST])
@pytest.mark.parametrize("plain", [False, True])
def test_depthwise(plain, data_format):
    def kernel(x, w, strides, padding, dilations):
        return convolution.depthwise(x, w, strides, padding, data_format, dilations, plain=plain)

    cases = [(R.randn(*shape), R.randn(*window, 2, 3), how) for shape, window, *how in DEPTHWISE]
    assert [math.prod(window) > MANY for _, window, *_ in DEPTHWISE] == [False, False, False, True]
    assert_bilinear(kernel, depthwise, cases, data_format)


@pytest.mark.parametrize("data_format", [LAST, FIRST])
def test_transposed_is_the_derivative_by_the_images(data_format):
    """A convolution's inner product with `x` is the images' inner product with what it gives of `x`."""
    forms = [form for form in FORMS if form[3] != "causal"]
    cases = []
    for shape, window, *how in forms:
        kernel, wanted = R.randn(*window, 2, 3), R.randn(*shape)
        cases.append((R.randn(*convolved(wanted, kernel, *how).shape), kernel, wanted, how))

    def run(xs, kernels):
        return [
            convolution.transposed(x, w, moved(wanted, data_format).shape, *how[:2], data_format, how[2])
            for x, w, (*_, wanted, how) in zip(xs, kernels, cases, strict=True)
        ]

    with jax.enable_x64(True):
        found = map(np.asarray, jax.jit(run)([moved(x, data_format) for x, *_ in cases], [w for _, w, *_ in cases]))
    for out, (x, kernel, wanted, how) in zip(found, cases, strict=True):
        assert out.shape == moved(wanted, data_format).shape
        forwards = (convolved(wanted, kernel, *how) * x).sum()
        np.testing.assert_allclose((out * moved(wanted, data_format)).sum(), forwards, 1e-9)


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_sums_of_halves_hold_more_than_16_bits(dtype):
    x, window = jnp.ones((1, 3, 9, 4), dtype), jnp.ones((3, 9, 4, 2), dtype)
    found = convolution.depthwise(x * 16, window * 16, (1, 1), "valid", LAST, (1, 1))
    assert found.dtype == dtype and (found == dtype(27 * 256)).all()
    many = convolution.convolved(jnp.ones((1, 1, 4000, 1), dtype), jnp.ones((1, 4000, 1, 1), dtype),
                                 (1, 1), "valid", LAST, (1, 1))  # fmt: skip
    assert many.dtype == dtype and many.item() == dtype(4000)


def test_what_is_no_number_stays_in_its_windows():
    x = np.zeros((1, 5, 5, 1), "float32")
    x[0, 1, 1] = np.nan
    x[0, 4, 4] = np.inf
    kernel = np.ones((2, 2, 1, 1), "float32")
    for function in (convolution.convolved, convolution.depthwise):
        found = np.asarray(function(x, kernel, (1, 1), "valid", LAST, (1, 1)))
        np.testing.assert_array_equal(found, convolved(x, kernel, (1, 1), "valid", None))


def test_of_nothing():
    for data_format in (LAST, FIRST):
        x, kernel = moved(jnp.zeros((0, 5, 5, 2)), data_format), jnp.ones((2, 2, 2, 3))
        for function, filters in ((convolution.depthwise, 6), (convolution.convolved, 3)):
            found = function(x, kernel, (1, 1), "same", data_format, (1, 1))
            assert found.shape == moved(np.zeros((0, 5, 5, filters)), data_format).shape
