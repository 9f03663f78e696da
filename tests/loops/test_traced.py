import jax
import jax.numpy as jnp
import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.loops.traced import while_traced

X = jnp.arange(24.0).reshape(2, 4, 3) / 24
MASK = jnp.array([[1, 1, 0, 1], [0, 1, 1, 0]])
WEIGHT = jnp.full((3, 3), 0.1)
WAYS = {
    "plain": {},
    "masked": {"mask": MASK},
    "zeroed": {"mask": MASK, "zero_output_for_mask": True},
    "backwards": {"go_backwards": True},
    "masked backwards": {"go_backwards": True, "mask": MASK},
    "unrolled": {"unroll": True},
    "by length": {"input_length": jnp.array([2, 3])},
    "by length, backwards": {"input_length": jnp.array([2, 3]), "go_backwards": True},
}


def step(x, states):
    out = K.tanh(K.dot(x, WEIGHT) + states[0])
    return out, [out + 1]


@pytest.mark.parametrize("how", WAYS.values(), ids=WAYS)
def test_rnn_gives_what_it_gives_step_by_step(how):
    def run(x, state):
        return K.rnn(step, x, [state], **how)

    expected = jax.tree.leaves(run(X, jnp.zeros((2, 3))))
    for state in (jnp.zeros((2, 3)), jnp.zeros((1, 1))):  # the second one broadcasts
        found = jax.tree.leaves(jax.jit(run)(X, state))
        for ours, theirs in zip(found, expected, strict=True):
            np.testing.assert_allclose(ours, theirs, rtol=1e-5)


def test_rnn_is_one_scan():
    text = str(jax.make_jaxpr(lambda x: K.rnn(step, x, [jnp.zeros((2, 3))])[0])(X))
    assert text.count("scan[") == 1 and text.count("tanh") == 1


def test_structures_go_through():
    def both(x, states):
        return {"sum": x["a"] + states[0], "a": x["a"]}, [states[0] + x["b"]]

    def run(x):
        return K.rnn(both, {"a": x, "b": 2 * x}, [jnp.zeros((2, 3))])

    last, outputs, states = jax.jit(run)(X)
    assert (
        outputs["sum"].shape == (2, 4, 3) and np.allclose(states[0], 2 * X.sum(1)) and np.allclose(last["a"], X[:, -1])
    )


def test_mapping_and_folding():
    assert np.allclose(jax.jit(lambda x: K.map_fn(jnp.sin, x))(X), np.sin(X))
    pairs = jax.jit(
        lambda x: K.map_fn(lambda p: (p[0] + p[1], K.cast(p[0], "int32")), (x, x), dtype=("float32", "int32"))
    )
    assert np.allclose(pairs(X)[0], 2 * X) and pairs(X)[1].dtype == "int32"
    for fold in (K.foldl, K.foldr):
        expected = fold(lambda a, b: a * 2 - b, X[0])
        assert np.allclose(jax.jit(lambda x, fold=fold: fold(lambda a, b: a * 2 - b, x))(X[0]), expected)


def test_states_keep_their_shape():
    def growing(x, states):
        return x, [K.concatenate([states[0], x], axis=1)]

    with pytest.raises(ValueError, match="states must keep their shape"):
        jax.jit(lambda x: K.rnn(growing, x, [x[:, 0]])[0])(X)


def test_a_branch_by_a_traced_condition():
    calls = []

    def choose(x):
        return K.switch(K.sum(x) > 0, lambda: calls.append(1) or {"y": jnp.sqrt(x)}, lambda: {"y": -x})["y"]

    compiled = jax.jit(choose)
    assert np.allclose(compiled(jnp.ones(2)), 1) and np.allclose(compiled(-jnp.ones(2)), 1) and len(calls) == 1
    assert np.allclose(jax.vmap(lambda x: K.switch(x > 0, x, 0.0))(jnp.array([1.0, -1.0])), [1, 0])
    with pytest.raises(TypeError, match=r"^switch\(\): both expressions"):
        jax.jit(lambda x: K.switch(x[0] > 0, x, x[0]))(jnp.ones(2))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: K.rnn(lambda now, states: (K.tanh(now + states[0]), [now]), x[None], [x[:1]])[0],
        lambda x: K.switch(K.sum(x) > 0, lambda: {"a": x}, lambda: {"a": -x})["a"],
        lambda x: K.map_fn(K.sum, x),
        lambda x: K.foldl(lambda total, row: total + row, x),
    ],
)
def test_nothing_that_is_traced_outlives_its_loop(function):
    with jax.checking_leaks():
        jax.jit(function)(jnp.ones((4, 3)))


def test_a_state_that_differs_between_devices():
    mesh = jax.sharding.Mesh(np.array(jax.devices()[:1]), ("d",))
    parts = jax.sharding.PartitionSpec("d")

    def summed(x):
        return K.rnn(
            lambda now, states: (now + states[0], [now + states[0]]), x[:, None], [np.zeros((1, 3), "float32")]
        )[0]

    rows = jnp.ones((1, 3))
    assert jax.jit(jax.shard_map(summed, mesh=mesh, in_specs=parts, out_specs=parts))(rows).tolist() == [[1, 1, 1]]


def test_a_loop_whose_condition_is_traced():
    def doubled(x, most=None):
        states = while_traced(
            lambda states: K.sum(states[0]) < 100.0, lambda states: [states[0] * 2], [kjax.as_tensor(x)], most
        )
        return states[0].__jax_array__()

    ones = jnp.ones(3)
    assert jax.jit(doubled)(ones).tolist() == [64, 64, 64] and doubled(ones, 3).tolist() == [8, 8, 8]
    assert jax.grad(lambda x: doubled(x, 10).sum())(ones).tolist() == [64, 64, 64]
