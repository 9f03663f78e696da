"""The base of `tf.layers`."""

import pytest

from kjax import backend as K
from kjax.dialects.tensorflow_graphs import Graph, GraphKeys, get_default_graph
from kjax.dialects.tensorflow_v1_layer import Layer, initializer_of


class Scaled(Layer):
    def build(self, input_shape):
        self.scale = self.add_variable("scale", (input_shape[-1],), initializer="ones", regularizer=K.sum)

    def call(self, inputs, by=1.0):
        self.add_loss(K.sum(inputs))
        return inputs * self.scale * by


def test_a_layer_of_the_programs_own():
    with Graph().as_default():
        layer = Scaled()
        x = K.placeholder((None, 2))
        y = layer(layer.apply(x, by=3.0))
        assert K.function([x], [y])([[[1.0, 2.0]]])[0].tolist() == [[3, 6]]
        assert [v.name for v in layer.variables] == ["scaled/scale:0"] and layer.scope_name == layer.name == "scaled"
        assert len(layer.losses) == 3 == len(get_default_graph().get_collection(GraphKeys.REGULARIZATION_LOSSES))
        assert layer.trainable_weights == layer.weights and layer.non_trainable_variables == []


def test_initializers_by_name():
    assert initializer_of("glorot_uniform").get_config() == {"seed": None}
    assert initializer_of("RandomNormal")((2, 2)).shape == (2, 2) and initializer_of(None) is None


def test_errors():
    with pytest.raises(ValueError, match="no initializer of the name 'no_such'"):
        initializer_of("no_such")
    with pytest.raises(ValueError, match="has a scope when it was called"):
        _ = Layer().scope_name
    with pytest.raises(TypeError, match=r"tf.layers.Layer\(\): got an unexpected argument 'units'"):
        Layer(units=3)
