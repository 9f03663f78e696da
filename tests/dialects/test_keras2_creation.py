"""Functions that make tensors, as Keras 2.3.1 means them: floats as sizes, attributes, dtypes."""

import numpy as np
import pytest

from kjax import backend as K
from kjax.core.variable import Variable
from kjax.dialects import keras2_creation as keras2


def test_variables_have_the_attributes_that_keras_reads():
    made = [
        keras2.variable(np.ones((2, 3))),
        keras2.zeros((2, 3)),
        keras2.ones((2, 3)),
        keras2.random_uniform_variable((2, 3), 0.0, 1.0, seed=1),
        keras2.random_normal_variable((2, 3), 0.0, 1.0, seed=1),
        keras2.placeholder((2, 3)),
    ]
    assert all(x._keras_shape == (2, 3) and x._uses_learning_phase is False for x in made)
    assert [isinstance(x, Variable) for x in made] == [True] * 5 + [False]


def test_floats_of_numpy_become_the_integers_that_are_wanted():
    assert K.eval(keras2.variable(np.array([1.0, 2.7]), "int32")).tolist() == [1, 2]
    assert K.eval(keras2.constant(np.array([0.0, 2.7]), "bool")).tolist() == [False, True]
    assert K.dtype(keras2.variable(np.float64(3), "int64")) == "int64"
    assert K.eval(keras2.variable(np.array([1.5]), "float64")).tolist() == [1.5]
    with pytest.raises(TypeError):
        keras2.variable(1.5, "int32")


def test_sizes_may_be_floats():
    assert K.int_shape(keras2.zeros((4 / 2, 3))) == K.int_shape(keras2.ones((2.9, 3))) == (2, 3)
    assert K.int_shape(keras2.constant(1.0, shape=(2.0, 1))) == (2, 1)
    assert K.int_shape(keras2.placeholder((2.0, None))) == (2, None)
    with pytest.raises(TypeError):
        keras2.placeholder((2.5, None))


def test_no_variable_where_there_are_no_elements():
    for make in (keras2.zeros, keras2.ones):
        empty = make((0, 3))
        assert not isinstance(empty, Variable) and K.eval(empty).shape == (0, 3)


def test_a_dtype_that_is_not_given_is_floatx():
    integers = K.constant([1, 2], "int32")
    assert K.dtype(keras2.zeros_like(integers)) == K.dtype(keras2.ones_like(integers)) == "float32"
    assert K.dtype(keras2.ones_like(integers, "int64")) == "int64"
    assert K.eval(keras2.zeros_like(integers)).tolist() == [0, 0] and K.eval(keras2.ones_like(integers)).tolist() == [
        1,
        1,
    ]
    K.set_floatx("float64")
    try:
        assert K.dtype(keras2.zeros_like(integers)) == "float64"
    finally:
        K.set_floatx("float32")


def test_matrices_of_any_form():
    assert K.eval(keras2.eye(2)).tolist() == [[1, 0], [0, 1]]
    assert K.eval(keras2.eye((2, 3), "int32")).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert not isinstance(keras2.eye(2), Variable)
    with pytest.raises(ValueError, match=r"eye\(\): size must be a number, or a pair .* got \(1, 2, 3\)"):
        keras2.eye((1, 2, 3))


def test_steps_to_a_negative_end():
    assert K.eval(keras2.arange(-3)).size == K.eval(keras2.arange(K.constant(-3, "int32"))).size == 0
    assert K.eval(keras2.arange(2, -1, -1)).tolist() == [2, 1, 0]
    assert K.dtype(keras2.arange(2)) == "int32" and K.dtype(keras2.arange(2, dtype="float32")) == "float32"
