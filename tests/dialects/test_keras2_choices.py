"""Choices by rows, by the learning phase and at thresholds, as Keras 2.3.1 on TensorFlow 1.15 makes them."""

import numpy as np
import pytest

from kjax import backend as K
from kjax.dialects import keras2_choices as keras2


def test_a_condition_of_one_dim_chooses_rows():
    ones, zeros = K.ones((2, 2)), K.zeros((2, 2))
    assert K.eval(keras2.switch(K.constant([True, False]), ones, zeros)).tolist() == [[1, 1], [0, 0]]
    assert K.eval(keras2.switch(K.constant([0.0, 2.0]), lambda: ones, lambda: zeros)).tolist() == [[0, 0], [1, 1]]
    assert K.eval(keras2.switch(np.array([True, False]), ones, zeros)).tolist() == [[1, 1], [0, 0]]


def test_other_conditions_choose_the_whole_or_elements():
    ones, zeros = K.ones((2, 2)), K.zeros((2, 2))
    assert K.eval(keras2.switch(K.constant(True), lambda: ones, lambda: zeros)).tolist() == [[1, 1], [1, 1]]
    chosen = keras2.switch(K.constant([[True, False], [False, True]]), ones, zeros)
    assert K.eval(chosen).tolist() == [[1, 0], [0, 1]]


def test_rows_that_only_a_run_tells():
    condition, x = K.placeholder(shape=(None,), dtype="bool"), K.placeholder(shape=(None, 2))
    chosen = keras2.switch(condition, x, -x)
    assert chosen.shape == (None, 2)
    run = K.function([condition, x], [chosen, *K.gradients(chosen, [x])])
    values, gradient = run([np.array([True, False]), np.ones((2, 2))])
    assert values.tolist() == gradient.tolist() == [[1, 1], [-1, -1]]
    with pytest.raises(ValueError, match="3"):
        run([np.array([True, False, True]), np.ones((2, 2))])


def test_rows_and_conditions_that_dont_go_together():
    condition = K.constant([True, False, True])
    with pytest.raises(ValueError, match=r"switch\(\): a condition of 3 elements can't choose among 2 rows"):
        keras2.switch(condition, K.ones((2, 2)), K.zeros((2, 2)))
    with pytest.raises(ValueError, match=r"switch\(\): condition has one dim, and the branches have none"):
        keras2.switch(condition, K.constant(1.0), K.constant(0.0))
    with pytest.raises(TypeError, match="switch"):
        keras2.switch(condition, K.ones((3,)), K.ones((3,), "int32"))


def test_phases_that_differ_from_row_to_row():
    training = K.constant([True, False])
    ones, zeros = K.ones((2, 2)), K.zeros((2, 2))
    assert K.eval(keras2.in_train_phase(ones, zeros, training)).tolist() == [[1, 1], [0, 0]]
    assert K.eval(keras2.in_test_phase(ones, zeros, training)).tolist() == [[0, 0], [1, 1]]
    assert keras2.in_train_phase("x", lambda: "alt", training=0) == "alt"
    assert keras2.in_test_phase("x", lambda: "alt", training=0) == "x"


@pytest.mark.parametrize("bound", [None, 3.0])
@pytest.mark.parametrize("threshold", [0.0, 1.5])
def test_the_same_rectifier_whether_numbers_are_tensors(bound, threshold):
    x = K.constant([-2.0, -0.5, 0.5, 2.0, 9.0])
    plain = K.eval(keras2.relu(x, 0.25, bound, threshold))
    np.testing.assert_allclose(plain, K.eval(K.relu(x, 0.25, bound, threshold)))
    tensors = [None if part is None else K.constant(part) for part in (bound, threshold)]
    np.testing.assert_allclose(K.eval(keras2.relu(x, K.constant(0.25), bound, threshold)), plain)
    np.testing.assert_allclose(K.eval(keras2.relu(x, 0.25, *tensors)), plain)


def test_a_slope_for_each_channel():
    slopes = K.placeholder(shape=(2,))
    result = keras2.relu(K.constant([[-1.0, -1.0], [4.0, 5.0]]), slopes)
    values, gradient = K.function([slopes], [result, *K.gradients(result, [slopes])])([np.array([0.5, 2.0])])
    assert values.tolist() == [[-0.5, -2.0], [4.0, 5.0]] and gradient.tolist() == [-1.0, -1.0]
