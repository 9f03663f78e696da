"""Optimizers of TensorFlow 1, besides what recorded/train.json compares: slots, feeds, eager steps, wrong calls."""

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core.session import Session
from kjax.dialects import tensorflow_optimizers as optimizers


def test_a_program_that_feeds_batches_and_the_rate():
    rng = np.random.default_rng(0)
    inputs = rng.normal(size=(32, 3)).astype("float32")
    targets = inputs @ np.array([[1.0], [-2.0], [0.5]], "float32")
    with kjax.graph_mode():
        x, y, rate = K.placeholder((None, 3)), K.placeholder((None, 1)), K.placeholder(())
        w = K.variable(np.zeros((3, 1)), name="w")
        loss = K.mean(K.square(K.dot(x, w) - y))
        optimizer = optimizers.AdamOptimizer(rate)
        step, session = optimizer.minimize(loss), Session()
        losses = [session.run([step, loss], {x: inputs, y: targets, rate: 0.1})[1] for _ in range(60)]
    assert losses[0] > 3 and losses[-1] < 0.05
    assert optimizer.get_slot_names() == ["m", "v"] and optimizer.get_slot(w, "m").shape == (3, 1)
    assert [v.name for v in optimizer.variables()] == ["w/Adam:0", "w/Adam_1:0", "beta1_power:0", "beta2_power:0"]
    assert not any(v.trainable for v in optimizer.variables()) and optimizer.get_slot(w, "x") is None


def test_a_step_reads_values_from_before_it():
    with kjax.graph_mode():
        a, b = K.variable(1.0, name="a"), K.variable(2.0, name="b")
        Session().run(optimizers.GradientDescentOptimizer(1.0).minimize(a * b))
    assert (K.get_value(a), K.get_value(b)) == (-1, 1)


def test_only_the_variables_that_are_asked_for():
    with kjax.graph_mode():
        a, b, c = (K.variable(1.0, name=name) for name in "abc")
        b.trainable = False
        optimizer = optimizers.GradientDescentOptimizer(0.5)
        assert [v for _, v in optimizer.compute_gradients(a * b * c)] == [a, c]
        assert [v for _, v in optimizer.compute_gradients(a * b, [b, c])] == [b, c]
        pairs = optimizer.compute_gradients(a * b, [b, c], grad_loss=K.constant(3.0))
        Session().run(optimizer.apply_gradients(pairs))
    assert pairs[1][0] is None and [K.get_value(v) for v in (a, b, c)] == [1, -0.5, 1]


def test_eager_steps():
    v, count = K.variable([2.0]), K.variable(0, "int64")
    optimizer = optimizers.MomentumOptimizer(0.1, 0.5)
    for _ in range(2):
        assert optimizer.minimize(lambda: K.sum(v * v), count) is None
    assert np.allclose(K.get_value(v), 2 - 0.4 - (0.2 + 0.32)) and K.get_value(count) == 2
    optimizer.apply_gradients([(K.constant([1.0]), v)])
    assert np.allclose(K.get_value(v), 1.08 - 0.1 * (0.5 * 5.2 + 1))
    assert len(optimizer._functions) == 2  # with and without a count


def test_eager_steps_are_compiled_once():
    """TensorFlow 2.2 comes to these numbers, too."""
    v, count, rates = K.variable([1.0, 2.0]), K.variable(0, "int64"), [0.1, 0.2, 0.3, 0.4]
    optimizer = optimizers.AdamOptimizer(lambda: rates[int(K.get_value(count)) % 4])  # asked at each step
    for _ in range(4):
        optimizer.minimize(lambda: K.sum(v**2), count)
    assert np.allclose(K.get_value(v), [0.03765437, 1.0119655]) and len(optimizer._functions) == 1
    others = [K.variable([1.0]) for _ in range(optimizers._KEPT + 2)]
    for other in others:
        optimizer.apply_gradients([(K.constant([1.0]), other)])
    assert len(optimizer._functions) == optimizers._KEPT

    def fails():
        raise ValueError("no rate today")

    failing = optimizers.GradientDescentOptimizer(fails)
    with pytest.raises(ValueError, match="no rate today"):
        failing.apply_gradients([(K.constant([1.0, 1.0]), v)])
    assert failing._fed is None and np.allclose(K.get_value(v), [0.03765437, 1.0119655])


@pytest.mark.parametrize(
    ("call", "kind", "message"),
    [
        (lambda o, v: o.minimize(1.0), TypeError, "loss"),
        (lambda o, v: o.compute_gradients(v * v, [1]), TypeError, "var_list"),
        (lambda o, v: o.compute_gradients(K.placeholder(())), ValueError, "no variables"),
        (lambda o, v: o.minimize(K.placeholder(()), var_list=[v]), ValueError, "depends on none"),
        (lambda o, v: o.apply_gradients([(None, v)]), ValueError, "no gradient"),
        (lambda o, v: o.apply_gradients([v]), TypeError, "pairs"),
        (lambda o, v: optimizers.Optimizer(False, "").get_name(), ValueError, "name"),
        (lambda o, v: optimizers.Optimizer(False, "a").minimize(v * v), NotImplementedError, "updates"),
        (lambda o, v: optimizers.AdagradOptimizer(0.1, 0.0), ValueError, "positive"),
        (lambda o, v: optimizers.FtrlOptimizer(0.1, 0.5), ValueError, "negative"),
    ],
)
def test_wrong_calls(call, kind, message):
    with kjax.graph_mode(), pytest.raises(kind, match=message):
        call(optimizers.GradientDescentOptimizer(0.1), K.variable(1.0))
