"""Gradients of gradients are None where the slope does not depend, as TensorFlow 2.2 answers in graph mode."""

import numpy as np
import pytest

import kjax
from kjax import backend as K

# A loss of x (of shape (3,)) and the scalars b and c, and whether TensorFlow's second gradients by x, b and c exist,
# of the sum of the first one by x.
RECORDED = {
    "x ** 2 + b": (lambda x, b, c: K.sum(x**2 + b), (1, 0, 0)),
    "x * b": (lambda x, b, c: K.sum(x * b), (0, 1, 0)),
    "3 * x + c": (lambda x, b, c: K.sum(3 * x + c), (0, 0, 0)),
    "relu(x)": (lambda x, b, c: K.sum(K.relu(x)), (1, 0, 0)),
    "exp(x) + b * c": (lambda x, b, c: K.sum(K.exp(x) + b * c), (1, 0, 0)),
    "x * x * b + c * b": (lambda x, b, c: K.sum(x * x * b) + c * b, (1, 1, 0)),
    "mean(x) * b": (lambda x, b, c: K.mean(x) * b, (0, 1, 0)),
    "tanh(x) + b * b": (lambda x, b, c: K.sum(K.tanh(x)) + b * b, (1, 0, 0)),
    "maximum(sum(x), b)": (lambda x, b, c: K.maximum(K.sum(x), b), (0, 0, 0)),
    "concatenate": (lambda x, b, c: K.sum(K.concatenate([x, x * b])), (0, 1, 0)),
    "reshape(x) * c": (lambda x, b, c: K.sum(K.reshape(x, (3, 1)) * c), (0, 0, 1)),
    "square(x - b)": (lambda x, b, c: K.sum(K.square(x - b)), (1, 1, 0)),
    "abs(x - b)": (lambda x, b, c: K.sum(K.abs(x - b)), (1, 1, 0)),
    "x / b": (lambda x, b, c: K.sum(x / b), (0, 1, 0)),
    "softmax(x)": (lambda x, b, c: K.sum(K.softmax(K.reshape(x, (1, 3)))), (1, 0, 0)),
    "switch": (lambda x, b, c: K.sum(K.switch(x > 0, x, b * x)), (0, 1, 0)),
    "x * stop_gradient(b)": (lambda x, b, c: K.sum(x * K.stop_gradient(b)), (0, 0, 0)),
    "clip(x) * b": (lambda x, b, c: K.sum(K.clip(x, 0.0, 1.0) * b), (0, 1, 0)),
}


@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize("dim", [3, None])
def test_second_gradients(name, dim):
    loss, exist = RECORDED[name]
    with kjax.graph_mode():
        x, b, c = K.placeholder((dim,)), K.variable(0.5), K.variable(2.0)
        (slope,) = K.gradients(loss(x, b, c), [x])
        second = K.gradients(K.sum(slope), [x, b, c])
        assert [s is not None for s in second] == [bool(e) for e in exist]
        values = K.function([x], [s for s in second if s is not None])([[0.25, -0.5, 2.0]])
    assert all(np.isfinite(value).all() for value in values)


def test_products_of_matrices():
    x, w = K.placeholder((None, 3)), K.variable(np.ones((3, 2)))
    (slope,) = K.gradients(K.sum(K.dot(x, w)), [x])
    by_x, by_w = K.gradients(K.sum(slope), [x, w])
    assert by_x is None
    np.testing.assert_array_equal(K.function([x], [by_w])([np.ones((4, 3))])[0], np.full((3, 2), 4))


def test_what_the_learning_phase_decides():
    with kjax.graph_mode():
        x, b = K.placeholder((3,)), K.variable(2.0)
        (slope,) = K.gradients(K.sum(K.in_train_phase(x * b, x)), [x])
        (second,) = K.gradients(K.sum(slope), [b])
    f = K.function([x, K.learning_phase()], [second])
    assert f([np.ones(3), 1])[0] == 3 and f([np.ones(3), 0])[0] == 0


def test_in_doubt_it_depends():
    """The shape of a tensor without static shape can't be made up."""
    x, b = K.placeholder(None), K.variable(2.0)
    (slope,) = K.gradients(K.sum(x + b), [x])
    assert K.gradients(K.sum(slope), [b]) != [None]


def test_through_loops():
    x, b = K.placeholder((2, 4, 3)), K.variable(2.0)
    last = K.rnn(lambda t, s: (s[0] * b + t, [s[0] * b + t]), x, [K.zeros((2, 3))])[0]
    (slope,) = K.gradients(K.sum(last), [x])
    assert K.gradients(K.sum(slope), [b])[0] is not None


def test_a_penalty_of_the_gradient():
    """The slope's norm in a loss, as in Wasserstein networks, is differentiated by the weights."""
    with kjax.graph_mode():
        x, w, bias = K.placeholder((None, 3)), K.variable(np.eye(3)), K.variable(np.zeros(3))
        y = K.sum(K.square(K.dot(x, w)) + bias, -1)
        (slope,) = K.gradients(y, [x])
        penalty = K.mean(K.square(K.sqrt(K.sum(K.square(slope), -1)) - 1.0))
        by_w, by_bias = K.gradients(penalty, [w, bias])
    assert by_bias is None and np.abs(K.function([x], [by_w])([np.ones((2, 3))])[0]).max() > 1
