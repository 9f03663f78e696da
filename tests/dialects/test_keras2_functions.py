"""How functions are fed in Keras 2.3.1: values beside inputs, one by one."""

import numpy as np
import pytest

from kjax import backend as K
from kjax.dialects import keras2_calls, keras2_functions
from kjax.dialects.keras2_functions import function


def test_surplus_values_are_not_looked_at():
    x = K.placeholder(shape=(2,))
    double = function([x], [x * 2])
    value = np.array([1.0, 2.0])
    assert [double(values)[0].tolist() for values in ([value], [value, 0], (value, None, "x"))] == [[2, 4]] * 3


def test_missing_values_are_left_to_the_graph():
    x, y = K.placeholder(shape=(2,)), K.placeholder(shape=(2,))
    first = function([x, y], [x * 2])
    assert first([np.ones(2)])[0].tolist() == first([np.ones(2), None])[0].tolist() == [2, 2]
    both = function([x, y], [x + y])
    with pytest.raises(ValueError, match="which is not fed"):
        both([np.ones(2)])
    assert both([np.ones(2), np.ones(2)])[0].tolist() == [2, 2]


def test_an_input_in_the_middle_is_missing():
    x, y, z = (K.placeholder(shape=(2,)) for _ in range(3))
    outer = function([x, y, z], [x - z])
    assert outer([np.full(2, 3.0), None, np.ones(2)])[0].tolist() == [2, 2]


def test_a_phase_that_is_not_given_is_that_of_testing():
    x = K.placeholder(shape=(2,))
    phase = keras2_calls.learning_phase()
    run = function([x, phase], [K.in_train_phase(x * 10, x)])
    ones = np.ones(2)
    assert run([ones])[0].tolist() == run([ones, 0])[0].tolist() == [1, 1]
    assert run([ones, 1])[0].tolist() == [10, 10]


def test_what_is_computed_from_others_may_be_fed():
    x = K.placeholder(shape=(2,))
    y = x * 2
    run = function([x, y], [y + 1])
    assert run([np.ones(2)])[0].tolist() == [3, 3]
    assert run([np.ones(2), np.full(2, 7.0)])[0].tolist() == [8, 8]


def test_values_in_lists_of_lists():
    x, y = K.placeholder(shape=(2,)), K.placeholder(shape=(2,))
    run = function([x, y], [x - y])
    one, two = np.ones(2), np.full(2, 2.0)
    assert run([[two, one]])[0].tolist() == run([[two], [one]])[0].tolist() == [1, 1]
    assert run([[2.0, 2.0], [1.0, 1.0]])[0].tolist() == [1, 1]


def test_updates_happen_whatever_is_fed():
    x, y, total = K.placeholder(shape=()), K.placeholder(shape=()), K.variable(0.0)
    run = function([x, y], [x], updates=[(total, total + x)])
    run([1.0, 0.0])
    run([2.0, 0.0, 7.0])
    run([4.0])
    assert K.get_value(total) == 7


def test_attributes_are_those_of_the_compiled_function():
    x = K.placeholder(shape=(2,))
    run = function([x], [x * 2])
    assert [*run.inputs] == [x] and isinstance(run, keras2_functions.Function) and repr(run) == repr(run._whole)
    assert not hasattr(run, "_nothing_of_the_kind")


def test_unknown_keywords():
    x = K.placeholder(shape=(2,))
    with pytest.raises(ValueError, match=r"function\(\) got unexpected keywords colour"):
        function([x], [x], colour=1)
