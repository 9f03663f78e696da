import jax
import jax.numpy as jnp
import numpy as np
import pytest

import kjax
from kjax import backend as K

DRAWS = {
    "random_normal": lambda seed: K.random_normal((5,), 2.0, 3.0, seed=seed),
    "random_uniform": lambda seed: K.random_uniform((5,), seed=seed),
    "integers": lambda seed: K.random_uniform((5,), 0, 1000, dtype="int32", seed=seed),
    "truncated_normal": lambda seed: K.truncated_normal((5,), seed=seed),
    "random_binomial": lambda seed: K.random_binomial((5,), p=0.5, seed=seed),
    "dropout": lambda seed: K.dropout(np.ones(5, "float32"), 0.5, seed=seed),
}


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
@pytest.mark.parametrize("make", [jax.random.key, jax.random.PRNGKey])
def test_keys_are_seeds_compiled_or_not(draw, make):
    once, compiled = draw(make(1)), jax.jit(draw)(make(1))
    assert isinstance(once, jax.Array) and np.allclose(once, compiled)
    assert np.allclose(once, draw(jax.random.key(1))) and not np.allclose(draw(make(2)), draw(make(3)))


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_numbers_of_a_seed_are_the_same_with_32_bits(draw):
    np.testing.assert_allclose(jax.jit(lambda: jnp.asarray(draw(3)))(), np.asarray(draw(3)), rtol=1e-5)


def test_dropout_within_jit_keeps_a_half():
    kept = jax.jit(lambda x: K.dropout(x, 0.5, seed=3))(jnp.ones(1000))
    assert sorted(set(kept.tolist())) == [0, 2] and 400 < np.count_nonzero(kept) < 600


def test_examples_have_keys_of_their_own():
    drawn = jax.vmap(lambda key: K.random_normal((4,), seed=key))(jax.random.split(jax.random.key(0), 3))
    assert len({tuple(row) for row in drawn.tolist()}) == 3


@pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)
def test_a_compiled_function_needs_a_key(draw):
    with pytest.raises(ValueError, match=r"^\w+\(\): seed: without one, a function that JAX compiles .*random_key"):
        jax.jit(lambda: jnp.asarray(draw(None)))()
    jax.grad(lambda x: x * jnp.sum(draw(None).__jax_array__()))(1.0)  # (draws anew each time)


def test_a_block_gives_each_function_another_seed():
    @jax.jit
    def drawn(key):
        with kjax.random_key(key):
            return [K.random_normal((4,)).__jax_array__() for _ in range(2)]

    (a, b), (c, d), (e, _) = drawn(jax.random.key(0)), drawn(jax.random.key(0)), drawn(jax.random.key(1))
    assert np.array_equal(a, c) and np.array_equal(b, d) and not np.allclose(a, b) and not np.allclose(a, e)
    with kjax.random_key(jax.random.key(0)):
        np.testing.assert_allclose(K.random_normal((4,)).numpy(), a, rtol=1e-5)
    with kjax.random_key(7):
        first = K.random_normal((4,)).numpy()
    with kjax.random_key(7):
        assert np.array_equal(K.random_normal((4,)).numpy(), first)


def test_steps_of_a_loop_draw_anew():
    def step(x, states):
        noise = K.dropout(x, 0.5)
        return noise, states

    @jax.jit
    def noisy(x, key):
        with kjax.random_key(key):
            return K.rnn(step, x, [x[:, 0]])[1]

    masks = noisy(jnp.ones((1, 3, 32)), jax.random.key(0))[0]
    assert len({tuple(row) for row in masks.tolist()}) == 3
    slopes = jax.grad(lambda x: K.sum(K.rnn(step, x, [x[:, 0]])[1]))(jnp.ones((1, 3, 32)))[0]
    assert len({tuple(row) for row in slopes.tolist()}) == 3


@pytest.mark.parametrize("seed, error", [("a", TypeError), (1.5, TypeError), ([1, 2], TypeError)])
def test_what_is_no_seed(seed, error):
    with pytest.raises(error, match=r"^dropout\(\): seed must be an integer or a key"):
        K.dropout(np.ones(3, "float32"), 0.5, seed=seed)


def test_one_key_not_several():
    with pytest.raises(ValueError, match="one key"):
        K.random_normal((2,), seed=jax.random.split(jax.random.key(0)))
    with pytest.raises(TypeError, match=r"random_key\(\): key"):
        kjax.random_key("a")


def test_variables_are_variables():
    v = K.random_normal_variable((3,), 0.0, 1.0, seed=jax.random.key(0))
    assert isinstance(v, kjax.Variable) and K.get_value(v).any()
