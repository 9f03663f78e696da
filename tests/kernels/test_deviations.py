"""Variances and standardised batches, beside the same written plainly and differentiated by JAX."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kjax.kernels import deviations

R = np.random.RandomState(8)


@pytest.fixture(autouse=True)
def double():
    with jax.enable_x64(True):
        yield


def _plain(x, scale, axes, epsilon):
    mean = x.mean(axes, keepdims=True)
    var = ((x - mean) ** 2).mean(axes, keepdims=True)
    return (x - mean) / jnp.sqrt(var + epsilon) * (1 if scale is None else scale), mean, var


def _curved(function, scaled):
    """A number that depends on all three results, not linearly."""

    def of(x, scale):
        out, mean, var = function(x, scale if scaled else None)
        return jnp.sum(jnp.sin(out)) + jnp.sum(jnp.cos(mean) * var**2)

    return of


@pytest.mark.parametrize("scaled", [True, False])
@pytest.mark.parametrize("axes", [(0, 1), (0,), (1, 2)])
def test_standardised(axes, scaled):
    x = jnp.asarray(R.randn(3, 4, 2))
    scale = jnp.asarray(R.randn(*(1 if i in axes else n for i, n in enumerate(x.shape))))
    ours = _curved(lambda x, s: deviations.standardised(jnp, x, s, axes, 0.1), scaled)
    plain = _curved(lambda x, s: _plain(x, s, axes, 0.1), scaled)
    for derivative in (lambda f: f, lambda f: jax.grad(f, (0, 1)), lambda f: jax.jacfwd(f, (0, 1)), jax.hessian):
        found, expected = (jax.tree.leaves(jax.jit(derivative(f))(x, scale)) for f in (ours, plain))
        for one, other in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, other, 1e-9, 1e-9)


def test_standardised_at_once():
    x, scale = R.randn(5, 3), R.randn(1, 3)
    found = deviations.standardised(np, x, scale, (0,), 0.1)
    for one, other in zip(found, deviations.standardised(jnp, jnp.asarray(x), scale, (0,), 0.1), strict=True):
        assert isinstance(one, np.ndarray)
        np.testing.assert_allclose(one, other, 1e-12)


@pytest.mark.parametrize("keepdims", [True, False])
def test_variance(keepdims):
    x = jnp.asarray(R.randn(3, 4))

    def ours(x):
        return jnp.sum(deviations.variance(lambda a, kept: a.mean(1, keepdims=kept), x, keepdims) ** 2)

    assert deviations.variance(lambda a, kept: a.mean(1, keepdims=kept), x, keepdims).ndim == 1 + keepdims
    for derivative in (lambda f: f, jax.grad, jax.jacfwd, jax.hessian):
        expected = derivative(lambda x: jnp.sum(x.var(1) ** 2))(x)
        np.testing.assert_allclose(derivative(ours)(x), expected, 1e-9, 1e-12)


def _distinct_sums(function, *operands):
    """How many different sums over arrays of the first operand's shape a program has: equal ones are computed once."""
    jaxpr = jax.make_jaxpr(function)(*operands).jaxpr
    same, seen, count = {}, {}, 0
    for equation in jaxpr.eqns:
        inputs = tuple(str(v) if hasattr(v, "val") else same.get(v, v) for v in equation.invars)
        key = (equation.primitive, str(equation.params), inputs)
        if key in seen:
            same.update(zip(equation.outvars, seen[key], strict=True))
            continue
        seen[key] = equation.outvars
        count += equation.primitive.name == "reduce_sum" and equation.invars[0].aval.shape == operands[0].shape
    return count


def test_a_gradient_takes_two_sums_more():
    """Besides those of mean and variance: of the slopes, and of their products with the deviations."""
    x, y, row = jnp.ones((16, 8)), jnp.ones((16, 8)), jnp.ones((1, 8))

    def results(x, scale, shift):
        return deviations.standardised(jnp, x, scale, (0,), 1e-3)[0] + shift

    assert _distinct_sums(lambda x, scale, shift, y: jax.vjp(results, x, scale, shift)[1](y), x, row, row, y) == 4
