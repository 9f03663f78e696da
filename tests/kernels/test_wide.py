"""Sums with wide results and of a few neighbours, and their gradients, beside JAX's own sums."""

import jax
import numpy as np
import pytest
from numpy.testing import assert_allclose

from kjax import backend as K
from kjax.kernels import exact, wide
from kjax.machine import config

F32 = np.dtype("float32")


def drawn(*dims):
    return np.random.RandomState(0).normal(size=dims).astype("float32")


# Dims, axes; the result is wide, or of few neighbours, or neither.
SUMS = [
    ((3, 20000), 0, True),
    ((3, 1, 50, 400), (0,), True),
    ((2, 3, 20000), (1,), True),
    ((2, 3, 20000), (1, 0), True),
    ((20000, 3), -1, True),
    ((150, 120, 2, 2), (-1, 2), True),
    ((600, 3, 40), 1, True),
    ((600, 5, 40), 1, False),
    ((300, 3, 40), 1, False),
    ((20000, 3, 1), (1, 2), True),
    ((2, 3, 20000), (0, 2), False),
    ((3, 16000), 0, False),
    ((20000, 5), 1, False),
    ((20000, 3), None, False),
    ((20000, 1), 1, False),
]


@pytest.mark.parametrize(("dims", "axes", "other"), SUMS)
def test_sums_are_those_of_jax_as_are_their_derivatives(dims, axes, other):
    x, keepdims = drawn(*dims), len(dims) == 3

    def ours(x):
        return wide.total(x, axes, keepdims, F32)

    def plain(x):
        return x.sum(axes, keepdims=keepdims)

    assert ("dot_general" in str(jax.make_jaxpr(ours)(x)) or " add" in str(jax.make_jaxpr(ours)(x))) is other
    slopes = drawn(*np.sum(x, axes, keepdims=keepdims).shape)
    for one, two in (
        (ours(jax.numpy.asarray(x)), plain(x)),
        (jax.vjp(ours, x)[1](slopes)[0], jax.vjp(plain, x)[1](slopes)[0]),
        (jax.jvp(ours, (x,), (x,))[1], plain(x)),
        (jax.vmap(ours)(np.stack([x, -x])), jax.vmap(plain)(np.stack([x, -x]))),
    ):
        assert_allclose(one, two, rtol=1e-5, atol=1e-5)


REPEATED = [((200, 90, 4), 2, 1), ((20000,), 3, 0), ((200, 100), 4, -1), ((3, 20000), 2, 0), ((30, 4), 2, 0)]


@pytest.mark.parametrize(("dims", "count", "axis"), REPEATED)
def test_elements_are_repeated_as_by_jax_as_are_the_derivatives(dims, count, axis):
    def ours(x):
        return wide.repeated(x, count, axis)

    def plain(x):
        return jax.numpy.repeat(x, count, axis)

    def second(f):
        return jax.grad(lambda x: (jax.grad(lambda x: (f(x) ** 3).sum())(x) ** 2).sum())

    x = jax.numpy.asarray(drawn(*dims))
    slopes = drawn(*plain(x).shape)
    assert ("custom_jvp" in str(jax.make_jaxpr(ours)(x))) is (x.size > 2**14 and dims[0] > 3)
    for one, two in (
        (ours(x), plain(x)),
        (jax.vjp(ours, x)[1](slopes)[0], jax.vjp(plain, x)[1](slopes)[0]),
        (jax.jvp(ours, (x,), (x,))[1], plain(x)),
        (jax.vmap(ours)(x[None]), plain(x)[None]),
        (second(ours)(x), second(plain)(x)),
    ):
        assert_allclose(one, two, rtol=1e-5, atol=1e-5)


def test_what_is_not_finite_stays_so():
    x = drawn(3, 20000)
    x[0, :3], x[1, 2] = (np.nan, np.inf, np.inf), -np.inf
    x = jax.numpy.asarray(x)
    found = wide.total(x, 0, False, F32)
    assert np.isnan(found[0]) and found[1] == np.inf and np.isnan(found[2])
    assert_allclose(found, x.sum(0), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("function", [exact.added, exact.subtracted, exact.multiplied, exact.quotient])
@pytest.mark.parametrize(
    ("dims", "others"),
    [((3, 20000), (20000,)), ((1, 200, 100), (4, 200, 1)), ((20000, 1), (20000, 3)), ((2, 1, 20000), (1, 3, 1))],
)
def test_operands_that_broadcast_have_the_gradients_that_they_have_plainly(function, dims, others):
    x, y = drawn(*dims), 1 + drawn(*others) ** 2

    def results():
        def squares(x, y):
            return (function(jax.numpy, x, y) ** 2).sum()

        slopes = jax.grad(squares, (0, 1))
        second = jax.grad(lambda x, y: (slopes(x, y)[1] ** 2).sum(), (0, 1))
        return *slopes(x, y), *second(x, y), jax.jvp(squares, (x, y), (x, y))[1]

    found = results()
    with config.plainly():
        expected = results()
    for one, two in zip(found, expected, strict=True):
        assert_allclose(one, two, rtol=2e-4, atol=2e-4 * abs(np.asarray(two)).max())


def test_only_operands_whose_gradient_is_a_slow_sum_are_broadcast():
    def pieces(*shapes):
        return str(jax.make_jaxpr(lambda x, y: exact.multiplied(jax.numpy, x, y))(*(drawn(*s) for s in shapes)))

    assert "custom_jvp" in pieces((3, 20000), (20000,))
    assert "custom_jvp" not in pieces((300, 200), (200,))
    assert "custom_jvp" not in pieces((3, 20000), (3, 20000))


def test_means_over_a_batch_in_a_function():
    x = K.placeholder((None, 150, 120))
    w = K.variable(drawn(150, 120))
    f = K.function([x], [K.mean(x * w, 0), *K.gradients(K.sum(K.square(x * w)), [w])])
    batch = drawn(5, 150, 120)
    mean, slope = f([batch])
    assert_allclose(mean, (batch * K.get_value(w)).mean(0), rtol=1e-4, atol=1e-6)
    assert_allclose(slope, 2 * (batch**2).sum(0) * K.get_value(w), rtol=1e-4, atol=1e-5)
