"""How optimizers of `tf.keras` apply gradients; their steps are tested beside TensorFlow in `test_newer_optimizers`."""

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.dialects.newer_optimizer_base import _KEPT, Optimizer
from kjax.dialects.newer_optimizers import SGD, Adam


def test_steps_on_values_share_one_function():
    optimizer, v = Adam(0.1), K.variable([1.0, 2.0])
    optimizer.apply_gradients([(K.constant([1.0, 1.0]), v)])
    (kept,) = optimizer._functions.values()
    for _ in range(3):
        optimizer.apply_gradients([(np.array([1.0, 1.0]), v)])
    assert [*optimizer._functions.values()] == [kept] and K.get_value(optimizer.iterations) == 4


def test_functions_of_many_lists_of_variables_are_given_up_again():
    optimizer = SGD(1.0)
    variables = [K.variable(0.0) for _ in range(_KEPT + 3)]
    for v in variables:
        optimizer.apply_gradients([(K.constant(1.0), v)])
    assert len(optimizer._functions) == _KEPT
    assert [float(K.get_value(v)) for v in variables] == [-1.0] * len(variables)


def test_symbolic_gradients_make_updates():
    v, x = K.variable([1.0, 2.0]), K.placeholder((2,))
    optimizer = SGD(0.5)
    with kjax.graph_mode():
        loss = K.sum(K.square(v) * x)
        updates = optimizer.minimize(loss, [v])
    K.function([x], [], updates)([np.array([1.0, 0.0])])
    assert K.get_value(v).tolist() == [0.0, 2.0] and K.get_value(optimizer.iterations) == 1


def test_a_loss_that_does_not_depend_on_a_variable():
    with pytest.raises(ValueError, match=r"get_gradients\(\): variables \['lonely:0'\] have `None` for gradient"):
        SGD().get_updates(K.placeholder(()), [K.variable(1.0, name="lonely")])


def test_an_optimizer_without_a_rule():
    with pytest.raises(NotImplementedError, match="Optimizer does not define _resource_apply_dense"):
        Optimizer("mine").apply_gradients([(K.constant(1.0), K.variable(1.0))])


def test_the_number_of_steps_may_be_a_variable_of_the_program():
    optimizer, steps = SGD(), K.variable(7, "int64")
    optimizer.iterations = steps
    optimizer.apply_gradients([(K.constant(1.0), K.variable(1.0))])
    assert K.get_value(steps) == 8
    with pytest.raises(RuntimeError, match="iterations"):
        optimizer.iterations = steps
