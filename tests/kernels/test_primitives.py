"""Primitives whose derivatives are declared."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kjax.kernels.primitives import declared, linear

R = np.random.RandomState(6)


def _same(x, values, back, factor):
    return values.shape


@pytest.fixture(scope="module")
def chosen():
    """Where `x` is positive, the values times `factor`; back is the same."""
    return linear("chosen", lambda x, values, back, factor: jnp.where(x > 0, values, 0) * factor, _same)


def test_a_declared_one_is_computed_compiled_and_mapped():
    product = declared("product_for_test", lambda a, b, scale: a @ b * scale, lambda a, b, scale: (2, 2))
    a, b = R.randn(4, 2, 3), R.randn(3, 2)
    for run in (lambda f: f, jax.jit):
        np.testing.assert_allclose(run(lambda a, b: product.bind(a, b, scale=2.0))(a[0], b), a[0] @ b * 2, 1e-5)
        several = run(jax.vmap(lambda a: product.bind(a, b, scale=2.0)))(a)
        np.testing.assert_allclose(several, a @ b * 2, 1e-5)


def test_a_linear_one_has_derivatives_by_its_last_operand_alone(chosen):
    x, values = jnp.asarray([1.0, -1.0, 2.0]), jnp.asarray([3.0, 4.0, 5.0])

    def total(x, values):
        return jnp.sum(jnp.square(chosen.bind(x, values, back=False, factor=2.0)))

    by_x, by_values = jax.jit(jax.grad(total, (0, 1)))(x, values)
    assert by_x.tolist() == [0, 0, 0] and by_values.tolist() == [24, 0, 40]
    assert np.diag(jax.hessian(total, 1)(x, values)).tolist() == [8, 0, 8]
    change = jax.jvp(lambda v: chosen.bind(x, v, back=False, factor=2.0), (values,), (values,))[1]
    assert change.tolist() == [6, 0, 10]
    assert jax.grad(lambda x: chosen.bind(x, values, back=False, factor=2.0).sum())(x).tolist() == [0, 0, 0]
