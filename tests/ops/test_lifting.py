import importlib

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core.tape import Tape
from kjax.dialects import tensorflow

X = np.arange(6, dtype="float32").reshape(2, 3)


@pytest.fixture
def x():
    return K.placeholder((None, 3))


# ------------------------------------------------------------------------------------------------------------ results


def test_at_once_on_values():
    out = kjax.lift(jnp.cumsum)(K.constant(X), axis=1)
    assert isinstance(out, kjax.Tensor) and out.numpy().tolist() == np.cumsum(X, 1).tolist()
    assert kjax.lift(jnp.sin)(np.zeros(2, "float32")).numpy().tolist() == [0.0, 0.0]


def test_arrays_of_jax_alone_give_what_the_function_gives():
    assert isinstance(kjax.lift(jnp.sin)(jnp.zeros(2)), jax.Array)
    assert jax.jit(kjax.lift(jnp.sin))(jnp.zeros(2)).tolist() == [0.0, 0.0]
    assert kjax.lift(lambda: 3)() == 3 or kjax.lift(lambda: 3)().numpy() == 3


def test_in_a_graph(x):
    out = kjax.lift(jax.nn.softmax)(x, axis=0)
    assert out.is_symbolic and out.op.type == "softmax"
    assert np.allclose(K.function([x], [out])([X])[0], np.exp(X) / np.exp(X).sum(0), rtol=1e-6)


def test_a_variable_is_read_when_the_function_runs():
    with kjax.graph_mode():
        v = K.variable([1.0, 2.0])
        double = K.function([], [kjax.lift(lambda v: 2 * v)(v)])
    K.set_value(v, [3.0, 4.0])
    assert double([])[0].tolist() == [6.0, 8.0]


def test_nested_arguments_and_results(x):
    @kjax.lift
    def several(parts, *, how):
        return {"twice": parts["a"] * 2, "rest": [parts["b"][0].sum(0), None, how(parts["a"])]}

    made = several({"a": x, "b": (x, "not an array")}, how=jnp.negative)
    assert made["rest"][1] is None and made["rest"][0].shape == (3,)
    twice, total, negative = K.function([x], [made["twice"], made["rest"][0], made["rest"][2]])([X])
    assert twice.tolist() == (2 * X).tolist() and total.tolist() == X.sum(0).tolist()
    assert negative.tolist() == (-X).tolist()
    at_once = several({"a": K.constant(X), "b": (K.constant(X), "not an array")}, how=jnp.negative)
    assert at_once["rest"][2].numpy().tolist() == (-X).tolist()


def test_a_function_that_looks_at_values_works_at_once():
    signed = kjax.lift(lambda x: x if x.sum() > 0 else -x)
    assert signed(K.constant([-1.0, -2.0])).numpy().tolist() == [1.0, 2.0]
    assert signed(K.constant([1.0, 2.0])).numpy().tolist() == [1.0, 2.0]


def test_types_of_64_bits_are_seen_where_an_operand_has_one():
    seen = kjax.lift(lambda x: x + jnp.ones(2))
    assert seen(K.constant([1.0, 2.0])).dtype == "float32"
    assert seen(K.constant([1.0, 2.0], "float64")).dtype == "float64"
    x = K.placeholder((2,))
    assert K.function([x], [seen(x)])([[1.0, 2.0]])[0].dtype == np.float32
    assert kjax.lift(jnp.add)(K.constant([2**40], "int64"), 1).numpy().tolist() == [2**40 + 1]


def test_inside_loops_and_branches(x):
    tanh = kjax.lift(jnp.tanh)
    rows = K.map_fn(tanh, x)
    chosen = K.switch(K.sum(x) > 0.0, lambda: tanh(x), lambda: x)
    for out in K.function([x], [rows, chosen])([X]):
        assert np.allclose(out, np.tanh(X), rtol=1e-5)


def test_keys_are_handed_on():
    noise = kjax.lift(lambda key, x: x + jax.random.normal(key, x.shape))
    made = noise(jax.random.key(1), K.zeros((3,)))
    assert made.numpy().tolist() == jax.random.normal(jax.random.key(1), (3,)).tolist()


# ------------------------------------------------------------------------------------------------------ static shapes


@pytest.mark.parametrize(
    ("function", "shape"),
    [
        (lambda x: x @ jnp.ones((3, 5)), (None, 5)),
        (lambda x: x.max(0), (3,)),
        (lambda x: x[:1], (None, 3)),  # there may be no rows
        (lambda x: x[:10], (None, 3)),
        (lambda x: x.reshape(-1), (None,)),
        (lambda x: x.reshape(3, -1), (3, None)),
        (lambda x: x if x.shape[0] > 3 else x[:, :2], (None, None)),
        (lambda x: x if x.shape[0] > 3 else x[0], None),
        (lambda x: x + jnp.ones((5, 3)), (None, None)),  # there are one or five rows
        (lambda x: jnp.zeros((4,)), (4,)),
    ],
)
def test_a_dim_that_is_not_certain_is_unknown(x, function, shape):
    found = kjax.lift(function)(x).shape
    assert (found.rank is None) if shape is None else (found == shape)


def test_two_unknown_dims(x):
    other = K.placeholder((None, 3))
    assert kjax.lift(jnp.add)(x, other).shape == (None, 3)
    assert kjax.lift(lambda a, b: jnp.concatenate([a, b]))(x, other).shape == (None, 3)


# ---------------------------------------------------------------------------------------------------------- gradients


@jax.custom_vjp
def backward_rule(x):
    return x * jnp.ones(3)


backward_rule.defvjp(lambda x: (backward_rule(x), x), lambda x, slope: (7 * slope * jnp.ones(3),))


@jax.custom_jvp
def forward_rule(x):
    return x * jnp.ones(3)


forward_rule.defjvp(lambda primals, tangents: (forward_rule(*primals), 5 * tangents[0] * jnp.ones(3)))


@pytest.mark.parametrize(("function", "factor"), [(backward_rule, 7), (forward_rule, 5), (lambda x: 3 * x, 3)])
def test_gradients(x, function, factor):
    lifted = kjax.lift(function)
    (slope,) = K.gradients(K.sum(lifted(x) * x), [x])
    expected = function(X) + X * factor
    assert np.allclose(K.function([x], [slope])([X])[0], expected)
    value, tape = K.constant(X), Tape()
    for _ in range(2):  # the second time, the gradient's program is known
        tape.forget()
        tape.watch(value)
        tape.start()
        loss = K.sum(lifted(value) * value)
        tape.stop()
        assert np.allclose(tape.gradient([loss], [value])[0].numpy(), expected)


def test_gradients_of_gradients(x):
    cubes = kjax.lift(lambda x: x**3)(x)
    (slope,) = K.gradients(K.sum(cubes), [x])
    (second,) = K.gradients(K.sum(slope), [x])
    assert np.allclose(K.function([x], [second])([X])[0], 6 * X)
    pure = kjax.pure(K.function([x], [K.sum(cubes)]))
    assert np.allclose(jax.hessian(lambda row: pure({}, [row[None]])[0][0])(jnp.asarray(X[0])), np.diag(6 * X[0]))


def test_integers_among_the_operands(x):
    labels = K.placeholder((None,), dtype="int32")
    picked = kjax.lift(lambda x, labels: x * jax.nn.one_hot(labels, 3))(x, labels)
    out, slope = K.function([x, labels], [picked, K.gradients(picked, [x])[0]])([X, [0, 2]])
    assert slope.tolist() == [[1, 0, 0], [0, 0, 1]] and out.tolist() == (X * slope).tolist()


# --------------------------------------------------------------------------------------------------------- in tf's name


@pytest.fixture
def tf():
    with tensorflow.install(force=True):
        yield importlib.import_module("tensorflow")


def test_in_a_tf_function_and_on_a_tape(tf):
    total = kjax.lift(lambda x: jnp.cumsum(backward_rule(x)))
    assert tf.function(lambda x: total(x) * 2.0)(tf.constant([1.0, 2.0, 3.0])).numpy().tolist() == [2.0, 6.0, 12.0]
    v = tf.Variable([1.0, 2.0, 3.0])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(total(v))
    assert tape.gradient(loss, v).numpy().tolist() == [21.0, 14.0, 7.0]


# ------------------------------------------------------------------------------------------------------------- errors


def test_errors(x):
    with pytest.raises(TypeError, match="a function is needed; got 3"):
        kjax.lift(3)
    with pytest.raises(TypeError, match=r"sin\(\): a dense tensor is needed"):
        kjax.lift(jnp.sin)(K.placeholder((2, 3), sparse=True))
    with pytest.raises(ValueError, match=r"sin\(\): the rank of .* is unknown"):
        kjax.lift(jnp.sin)(K.placeholder())
    for given in (x, K.constant(X)):
        with pytest.raises(TypeError, match="a result: a tensor can't hold elements of type float8"):
            kjax.lift(lambda x: x.astype(jnp.float8_e4m3fn))(given)
    with pytest.raises(ValueError, match="the structure of the results depends on a dim"):
        kjax.lift(lambda x: [x] * x.shape[0])(x)
    with pytest.raises(ZeroDivisionError):
        kjax.lift(lambda x: x / (1 // 0))(x)
