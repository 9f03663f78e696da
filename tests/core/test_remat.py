import contextlib

import jax
import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core.tape import Tape

X = np.random.RandomState(0).rand(512, 32).astype("float32")


def deep(h, w, layers=3):
    for _ in range(layers):
        h = K.tanh(K.dot(h, w))
    return h


def built(part, blocks=3, extra=lambda h: h):
    """A training step whose blocks are parts that `part` makes."""
    kjax.backend.clear_session()
    with kjax.graph_mode():
        x = K.placeholder((None, 32))
        w = K.variable(np.eye(32, dtype="float32") * 0.9, name="w")
        h, made = x, []
        for _ in range(blocks):
            with part():
                h = extra(deep(h, w))
            made.append(h)
        loss = K.mean(K.square(h))
        (slope,) = K.gradients(loss, [w])
        return K.function([x], [loss, slope, made[1]], [K.update_sub(w, 0.1 * slope)]), w


@pytest.fixture(scope="module")
def plain():
    return built(contextlib.nullcontext)


def test_less_memory_for_the_same_numbers(plain):
    anew, w = built(kjax.remat)
    before, after = plain[0].cost(X), anew.cost(X)
    assert after.peak_memory < 0.75 * before.peak_memory and after.flops > 1.2 * before.flops
    for _ in range(3):
        for a, b in zip(plain[0]([X]), anew([X]), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-7)
    np.testing.assert_allclose(K.get_value(w), K.get_value(plain[1]), rtol=1e-6)


def test_random_numbers_and_updates_in_a_part(plain):
    def step(part):
        counts = K.variable(np.zeros(32), name="counts")
        made = []

        def extra(h):
            if not made:
                made.append(K.update_add(counts, K.sum(K.relu(h), 0)))
            return K.dropout(h, 0.5, seed=3)

        f, w = built(part, 2, extra)
        with kjax.graph_mode():
            g = K.function(f.inputs, f.outputs, [*made, K.update_sub(w, f.outputs[1])])
        K.clear_session()
        return [g([X])[:2], g([X])[:2]], K.get_value(counts)

    (a, counted), (b, again) = step(contextlib.nullcontext), step(kjax.remat)
    np.testing.assert_allclose(counted, again, rtol=1e-5)
    for one, other in zip(a, b, strict=True):
        for x, y in zip(one, other, strict=True):
            np.testing.assert_allclose(x, y, rtol=1e-5, atol=1e-7)
    assert counted.any()


def test_parts_in_parts_conditions_and_shapes():
    x, w = K.placeholder((None, 32)), K.variable(np.eye(32))

    def outer(h):
        with kjax.remat():
            h = K.reshape(deep(h, w, 2), K.stack([K.shape(h)[0], 4, 8]))
        return K.reshape(K.exp(h), (-1, 32))

    def slopes(f):
        y = f(f(x))
        return [K.sum(y), *K.gradients(K.sum(K.square(K.gradients(K.sum(y), [x])[0][:9])), [w])]

    a, b = K.function([x], slopes(outer))([X[:40]]), K.function([x], slopes(kjax.remat(outer)))([X[:40]])
    for one, other in zip(a, b, strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-3)


def test_in_a_loop():
    x, w = K.placeholder((4, 5, 3)), K.variable(np.eye(3))
    step = kjax.remat(lambda h, states: (K.tanh(K.dot(h, w) + states[0]),) * 2)
    again = lambda h, states: (lambda y: (y, [y]))(step(h, states)[0])  # noqa: E731
    bare = lambda h, states: (lambda y: (y, [y]))(K.tanh(K.dot(h, w) + states[0]))  # noqa: E731

    def slope(f):
        with kjax.remat():  # (small loops are compiled in another way elsewhere)
            y = K.rnn(f, x, [K.zeros((4, 3))])[0]
        return K.gradients(K.sum(y), [w])[0]

    outs = [K.gradients(K.sum(K.rnn(bare, x, [K.zeros((4, 3))])[0]), [w])[0], slope(again)]
    a, b = K.function([x], outs)([X[:4, :15].reshape(4, 5, 3)])
    np.testing.assert_allclose(a, b, rtol=1e-5)


def test_under_a_tape():
    w = K.variable(np.eye(32) * 0.9)
    found = []
    for f in (deep, kjax.remat(deep)):
        tape = Tape()
        tape.start()
        loss = K.sum(f(K.constant(X), w))
        tape.stop()
        found.append(tape.gradient([loss], [w])[0].numpy())
    np.testing.assert_allclose(*found, rtol=1e-5)


def test_on_arrays_that_jax_traces():
    f = kjax.remat(lambda x: K.sum(K.tanh(K.tanh(x))))
    assert f.__name__ == "<lambda>" and "remat" in str(jax.make_jaxpr(f)(X))
    np.testing.assert_allclose(jax.grad(f)(X), jax.grad(lambda x: K.sum(K.tanh(K.tanh(x))))(X), rtol=1e-6)
    assert isinstance(f(K.constant(X)), kjax.Tensor)


def test_what_is_no_function():
    with pytest.raises(TypeError, match="remat\\(\\): a function of tensors is needed, or nothing; got 3"):
        kjax.remat(3)
