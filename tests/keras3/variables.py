"""Variables of Keras 3 as operands of K."""

import jax
import keras
import numpy as np
import pytest

from kjax import backend as K


@pytest.fixture
def v():
    return keras.Variable(np.array([1.0, 2.0], "float32"), name="v")


def test_they_stand_for_their_values(v):
    result = K.square(v)
    assert isinstance(result, jax.Array) and result.tolist() == [1, 4]
    assert (K.constant([1.0, 1.0]) + v).numpy().tolist() == [2, 3]
    assert K.concatenate([v, v]).tolist() == [1, 2, 1, 2]


def test_static_information(v):
    assert K.int_shape(v) == (2,) and K.ndim(v) == 1 and K.dtype(v) == "float32" and K.count_params(v) == 2
    assert K.shape(v).tolist() == [2] and not K.is_keras_tensor(v)


def test_values_are_read_and_written(v):
    value = K.get_value(v)
    assert value.tolist() == [1, 2] and type(value) is np.ndarray
    value[:] = 0
    assert K.eval(v).tolist() == [1, 2]
    K.set_value(v, [3, 4])
    assert v.numpy().tolist() == [3, 4]
    K.set_value(v, v * 2)
    assert v.numpy().tolist() == [6, 8]
    scalar = keras.Variable(2.0)
    assert isinstance(K.get_value(scalar), np.float32)


def test_several_at_once(v):
    own, w = K.variable(0.0), keras.Variable(np.zeros(3, "int32"))
    assert [x.tolist() for x in K.batch_get_value([v, w, own])] == [[1, 2], [0, 0, 0], 0]
    K.batch_set_value([(v, [5.0, 6.0]), (w, [1, 2, 3]), (own, 7.0)])
    assert [x.tolist() for x in K.batch_get_value([v, w, own])] == [[5, 6], [1, 2, 3], 7]


def test_what_does_not_fit_changes_nothing(v):
    own = K.variable(0.0)
    with pytest.raises(ValueError, match=r"set_value\(\): a value of shape \(3,\) can't replace .* variable 'v'"):
        K.set_value(v, [1.0, 2.0, 3.0])
    for pairs in ([(own, 7.0), (v, [1.0])], [(v, [9.0, 9.0]), (own, [1.0])]):
        with pytest.raises(ValueError, match=r"batch_set_value\(\): a value of shape"):
            K.batch_set_value(pairs)
    with pytest.raises(TypeError, match="not made of numbers"):
        K.set_value(v, ["a", "b"])
    assert v.numpy().tolist() == [1, 2] and own.numpy() == 0


def test_updates_happen_at_once(v):
    assert K.update(v, [3.0, 3.0]) is v and v.numpy().tolist() == [3, 3]
    assert K.update_add(v, K.constant([1.0, 2.0])) is v and v.numpy().tolist() == [4, 5]
    assert K.update_sub(v, v) is v and v.numpy().tolist() == [0, 0]
    K.moving_average_update(v, np.ones(2, "float32"), 0.75)
    assert v.numpy().tolist() == [0.25, 0.25]
    own = K.variable([1.0, 1.0])
    assert K.update_add(own, v) is own and own.numpy().tolist() == [1.25, 1.25]


def test_updates_inside_of_a_stateless_scope(v):
    with keras.StatelessScope() as scope:
        K.update_add(v, [1.0, 1.0])
        assert K.square(v).tolist() == [4, 9]
    assert scope.get_current_value(v).tolist() == [2, 3] and v.numpy().tolist() == [1, 2]


def test_updates_of_a_function(v):
    x = K.placeholder((2,))
    add = K.function([x], [K.sum(x)], updates=[K.update_add(v, x)])
    assert add([[1.0, 1.0]]) == [2] and v.numpy().tolist() == [2, 3]
    v.assign([0.0, 0.0])
    add([[1.0, 2.0]])
    assert v.numpy().tolist() == [1, 2]
    twice = K.function([x], [x * v], updates=[(v, x * 2.0)])
    assert twice([[3.0, 4.0]])[0].tolist() == [3, 8] and v.numpy().tolist() == [6, 8]


def test_a_function_reads_them_at_each_call(v):
    x = K.placeholder((2,))
    times = K.function([x], [x * v])
    assert times([[1.0, 1.0]])[0].tolist() == [1, 2]
    v.assign([5.0, 6.0])
    assert times([[1.0, 1.0]])[0].tolist() == [5, 6]


# ------------------------------------------------------------------------- updates in steps, branches and phases


def by_step(v, x):
    def step(now, states):
        K.update_add(v, 1.0)
        return now + states[0], [now + states[0]]

    return K.sum(K.rnn(step, x, [K.zeros_like(x[:, 0])])[0], axis=1)


def average_by_step(v, x):
    def step(now, states):
        K.moving_average_update(v, K.mean(now), 0.5)
        return now, [now]

    return K.sum(K.rnn(step, x, [K.zeros_like(x[:, 0])])[0], axis=1)


def by_branch(v, x):
    counted = K.switch(K.mean(x) > 0.0, lambda: K.update_add(v, 1.0), lambda: v)
    return K.sum(x, axis=(1, 2)) + 0 * counted


def by_one_of_both(v, x):
    K.switch(K.mean(x) > 0.0, lambda: K.update_add(v, 2.0), lambda: K.update(v, 9.0))
    return K.sum(x, axis=(1, 2))


def while_training(v, x):
    def trained():
        K.update_add(v, 1.0)
        return x

    return K.sum(K.in_train_phase(trained, x), axis=(1, 2))


def by_row(v, x):
    return K.sum(K.map_fn(lambda row: row + 0 * K.update_add(v, 1.0), x), axis=(1, 2))


def by_fold(v, x):
    return K.sum(x, axis=(1, 2)) + 0 * K.sum(K.foldl(lambda total, row: total + row + K.update_add(v, 1.0), x))


# For each, the value after two batches of 3 in training, and after 6 samples in testing.
COUNTS = {by_step: (8, 12), by_branch: (2, 3), by_one_of_both: (4, 6), while_training: (2, 2), by_row: (6, 12)}
COUNTS |= {by_fold: (4, 9), average_by_step: (1 - 0.5**8, 1 - 0.5**12)}


@pytest.mark.parametrize(("body", "eagerly"), [*((body, False) for body in COUNTS), (by_branch, True)])
def test_updates_inside_of_callbacks(body, eagerly):
    class Counting(keras.layers.Layer):
        def build(self, shape):
            self.v = self.add_weight(shape=(), initializer="zeros", trainable=False, name="v")

        def call(self, x):
            return body(self.v, x)

    layer = Counting()
    inputs = keras.Input((4, 3))
    model = keras.Model(inputs, layer(inputs))
    model.compile("sgd", "mse", run_eagerly=eagerly)
    ones = np.ones((6, 4, 3), "float32")
    trained, tested = COUNTS[body]
    model.fit(ones, np.zeros(6), batch_size=3, verbose=0)
    assert K.get_value(layer.v) == pytest.approx(trained)
    model.predict(ones, verbose=0)
    assert K.get_value(layer.v) == pytest.approx(tested)


def test_operators_before_symbolic_tensors(v):
    p, x = K.placeholder((2,)), keras.Input((2,))
    found = K.function([p], [v - p, v * p, v**p, v < p, v / p])([[2.0, 2.0]])
    assert [value.tolist() for value in found] == [[-1, 0], [2, 4], [1, 4], [True, False], [0.5, 1]]
    model = keras.Model(x, v / x)
    assert isinstance(v + K.constant([1.0, 1.0]), jax.Array) and isinstance(v - v, jax.Array)
    assert model.predict(np.array([[2.0, 4.0]]), verbose=0).tolist() == [[0.5, 0.5]]


def test_what_the_trainer_has_can_not_be_read():
    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=[lambda y, p: K.mean(model.optimizer.learning_rate)])
    with pytest.raises(ValueError, match=r"learning_rate' is with the trainer .* a callback can read it"):
        model.fit(np.ones((2, 1)), np.ones((2, 1)), verbose=0)
