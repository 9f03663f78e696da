import jax
import jax.numpy as jnp
import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.exports.inlining import inlined


@jax.custom_vjp
def doubled(x):
    return 2 * x


doubled.defvjp(lambda x: (2 * x, None), lambda _, slope: (slope,))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: (jax.jit(jnp.sin)(x), jax.nn.relu(x) + doubled(x)),
        lambda x: jax.lax.optimization_barrier(jax.lax.stop_gradient(x)) * jax.checkpoint(jnp.exp)(x),
        lambda x: jax.lax.scan(lambda total, row: (total + row, total), jnp.zeros(3), x),
    ],
)
def test_only_plain_primitives_are_left(function):
    x = np.arange(6, dtype="float32").reshape(2, 3)
    program = jax.make_jaxpr(inlined(function))(x)
    found = {equation.primitive.name for equation in program.eqns}
    assert not found & {"jit", "pjit", "custom_jvp_call", "custom_vjp_call", "checkpoint", "optimization_barrier"}
    for ours, theirs in zip(inlined(function)(x), jax.tree.leaves(function(x)), strict=True):
        assert np.allclose(ours, theirs, rtol=1e-6)


def test_primitives_of_kjax_are_replaced():
    x, w = K.placeholder((1, 5, 5, 2)), K.variable(np.ones((3, 3, 2, 2)))
    pure = kjax.pure(K.function([x], [K.conv2d(x, w)]))
    state, image = pure.get_state(), np.ones((1, 5, 5, 2), "float32")

    def function(x):
        return pure(state, [x])[0]

    before, after = (
        {equation.primitive.name for equation in jax.make_jaxpr(f)(image).eqns} for f in (function, inlined(function))
    )
    assert "convolution" in before
    assert "conv_general_dilated" in after and "convolution" not in after
    assert np.allclose(inlined(function)(image)[0], function(image)[0], rtol=1e-6)


def test_what_no_result_depends_on_is_left_out():
    def function(x):
        jnp.exp(x)
        return jnp.sin(x)

    found = {equation.primitive.name for equation in jax.make_jaxpr(inlined(function))(1.0).eqns}
    assert found == {"sin"}


def test_rules():
    negative = inlined(jnp.sin, {"sin": lambda primitive, operands, parameters: [-operands[0]]})
    assert negative(jnp.ones(2))[0].tolist() == [-1.0, -1.0]
