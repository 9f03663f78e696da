"""Registered gradients; recorded answers are in `recorded/overrides.json`."""

import numpy as np
import pytest

from kjax import backend as K
from kjax.dialects import tensorflow_overrides as overrides
from kjax.dialects.tensorflow_graphs import Graph


@pytest.fixture(autouse=True)
def registry(monkeypatch):
    monkeypatch.setattr(overrides.REGISTRY, "_registry", {"Identity": overrides.REGISTRY.lookup("Identity")})


def slope(function, types, value):
    with Graph().as_default() as graph:
        x = K.placeholder(np.shape(value))
        with graph.gradient_override_map(types):
            y = function(x)
        (found,) = K.gradients(y, [x])
        return [part.tolist() for part in K.function([x], [y, found])([value])]


def test_guided_back_propagation():
    @overrides.RegisterGradient("Guided")
    def guided(op, grad):
        return grad * K.cast(grad > 0.0, "float32") * K.cast(op.inputs[0] > 0.0, "float32")

    def layers(x):
        return K.relu(x) * [-1.0, 2.0, 3.0] + K.relu(x)

    value = [1.0, -1.0, 1.0]
    assert slope(layers, {}, value) == [[0, 0, 4], [0, 0, 4]]
    assert slope(layers, {"Relu": "Guided"}, value) == [[0, 0, 4], [1, 0, 4]]


def test_steps_with_the_gradient_of_the_identity():
    types = {"Round": "Identity", "Sign": "Identity"}
    assert slope(K.round, types, [0.6, 1.2]) == [[1, 1], [1, 1]]
    assert slope(K.sign, types, [0.6, -2.0]) == [[1, -1], [1, 1]]


def test_a_gradient_for_each_input():
    overrides.RegisterGradient("Swapped")(lambda op, grad: [grad * op.inputs[0], None])
    assert slope(lambda x: x * 3.0, {"Mul": "Swapped"}, [2.0]) == [[6], [2]]


def test_names_and_types_stay():
    with Graph().as_default() as graph:
        x = K.placeholder((2,))
        with graph.gradient_override_map({"Relu": "Identity"}):
            assert K.relu(x).name == "Relu:0"
        assert K.relu(x).op.type == "Relu"


def test_a_derivative_is_not_overridden_itself():
    overrides.RegisterGradient("Twice")(lambda op, grad: K.relu(grad) * 2.0)
    assert slope(K.relu, {"Relu": "Twice"}, [-1.0]) == [[0], [2]]


def test_values_are_not_touched():
    with Graph().gradient_override_map({"Relu": "no such"}):
        assert K.relu(K.constant([-1.0])).numpy().tolist() == [0]


def test_errors():
    with pytest.raises(TypeError, match="a dict of strings is needed"):
        slope(K.relu, {"Relu": 3}, [1.0])
    with pytest.raises(ValueError, match="no gradient is registered under the name 'no such'"):
        slope(K.relu, {"Relu": "no such"}, [1.0])
    with pytest.raises(TypeError, match="op_type must be a string"):
        overrides.RegisterGradient(3)
    overrides.RegisterGradient("Mine")(max)
    with pytest.raises(KeyError, match="'Mine' already"):
        overrides.RegisterGradient("Mine")(max)
