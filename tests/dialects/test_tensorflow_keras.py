"""`tensorflow.keras` answered by Keras 2.3.1 on kjax; each program in a process of its own."""

import importlib
import pathlib

import pytest

from kjax.dialects import tensorflow, tensorflow_keras
from programs import check_on_keras as check
from programs import printed_on_keras

LEGACY = pathlib.Path(__file__).parent / "legacy"


# TensorFlow 2.2.0 prints the same.
LAYERS = """\
True [2.0, 2.0]
(None, 1) 67 6 3
loss [2.776, 2.695, 2.654, 2.626]
within [0.062, 0.062, 0.062, 0.062]
rates [0.05, 0.025, 0.017, 0.013]
evaluated [2.603, 0.047]
moving mean [0.032, -0.009, 0.028, -0.015, -0.013, 0.007]
called [[-0.018], [-0.02]]
training [[-0.146], [-0.025]]
features [[0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]
loaded [[-0.018], [-0.02]]
before [[-0.041], [0.053]]
subclassed [12.746, 12.461, 12.189]
after [[-0.038], [0.315]]
words [1.063, 1.061, 1.058]
restored [[0.362, 0.323, 0.315], [0.321, 0.344, 0.336], [0.313, 0.349, 0.337]]
logits 0.551
at once [[3.0, 3.0]]
True True False
"""


def test_a_project_on_layers_and_models():
    assert printed_on_keras(str(LEGACY / "keras_layers.py")) == LAYERS


def test_every_module_and_name():
    check(
        """
        import importlib, sys
        from kjax.dialects import tensorflow_keras
        for name in tensorflow_keras.MODULES:
            module = importlib.import_module(f"tensorflow.keras.{name}")
            assert module.__all__, name
            assert not [name for name, value in vars(module).items() if isinstance(value, type(sys)) and name != "K"]
            for public in module.__all__:
                assert getattr(module, public) is not None, (name, public)
        from tensorflow.keras import Input, Model, Sequential, layers, losses
        from tensorflow.keras.layers import Convolution2DTranspose, Dense, Wrapper
        from tensorflow.compat.v1.keras.layers import Dense as OldDense
        import keras
        assert Dense is OldDense is layers.Dense is keras.layers.Dense
        assert Input is layers.Input and (Model, Sequential) == (keras.models.Model, keras.models.Sequential)
        assert tf.optimizers.Adam is tf.compat.v2.keras.optimizers.Adam
        assert tf.keras.initializers.GlorotUniform(seed=1).seed == 1
        assert {"Dense", "LSTM"} <= set(dir(layers)) and {"Model", "layers", "backend"} <= set(dir(tf.keras))
        assert "optimizers" not in dir(tf.compat.v1)
        from tensorflow.python.keras.layers.normalization import BatchNormalization
        from tensorflow.python.keras.layers.recurrent import GRU
        assert (BatchNormalization, GRU) == (layers.BatchNormalization, layers.GRU) and GRU is not keras.layers.GRU
        assert tf.keras.layers.LayerNormalization is tf.compat.v1.keras.layers.LayerNormalization
        assert "Normalization" in dir(layers.experimental.preprocessing)
        """
    )


def test_what_keras_2_3_1_does_not_have():
    check(
        r"""
        import re
        missing = ["layers.DenseFeatures", "premade", "optimizers.Nope", "layers.Nope"]
        for path in missing:
            *parents, name = f"keras.{path}".split(".")
            module = tf
            for parent in parents:
                module = getattr(module, parent)
            assert not hasattr(module, name)
            message = rf"tensorflow\.keras\.{path} is not answered by kjax: .* of which this is none"
            try:
                getattr(module, name)
            except AttributeError as error:
                assert re.match(message, str(error)) and not str(error).endswith('.'), error
            try:
                exec(f"from {module.__name__} import {name}")
            except ImportError as error:
                assert re.match(message, str(error)) and not str(error).endswith('.'), error
            else:
                raise AssertionError
        """
    )


@pytest.mark.parametrize("name", ["tensorflow.keras.layers", "tensorflow.keras.Sequential", "tensorflow.optimizers"])
def test_without_keras_2_3_1_names_say_how_to_get_it(name, without_keras):
    parent, _, last = name.rpartition(".")
    told = rf'^{name} is not answered .* by Keras 2\.3\.1 .*not installed.* pip install "kjax\[keras2\]"$'
    with tensorflow.install(force=True):
        with pytest.raises(ImportError, match=told):
            importlib.import_module(name)
        with pytest.raises(AttributeError, match=told):
            getattr(importlib.import_module(parent), last)
        assert tensorflow_keras.contents() == tensorflow_keras.attributes() == {}


def test_the_program_stays_in_the_mode_it_is_in():
    check(
        """
        K = tf.keras.backend
        model = tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=(3,))])
        model.compile("sgd", "mse")
        model.fit(np.ones((4, 3)), np.ones((4, 2)), verbose=0)
        assert tf.executing_eagerly() and (K.ones((2,)) + 1).numpy().tolist() == [2, 2]
        assert K.learning_phase() == 0 and not K.square(model.layers[0].kernel).is_symbolic
        import keras
        assert tf.executing_eagerly()
        """
    )
    check(
        """
        import keras  # as the whole program was, before tf.keras is asked for
        tf.keras.layers
        assert not tf.executing_eagerly()
        """
    )
    check(
        """
        tf.compat.v1.disable_eager_execution()
        tf.keras.layers
        assert not tf.executing_eagerly()
        """
    )


def test_gradients_and_functions_of_models():
    check(
        """
        from tensorflow.keras import backend as K, layers
        first = layers.Dense(4, activation="tanh", input_shape=(3,))
        model = tf.keras.Sequential([first, layers.Dropout(0.5), layers.Dense(1)])
        x = np.random.RandomState(0).rand(2, 3).astype("float32")
        (slope,) = K.gradients(model.output, model.input)
        saliency, features = K.function([model.input], [slope, model.layers[0].output])([x])
        kernel, bias, last, _ = model.get_weights()
        hidden = np.tanh(x @ kernel + bias)
        np.testing.assert_allclose(features, hidden, rtol=1e-5)
        np.testing.assert_allclose(saliency, ((1 - hidden**2) * last[:, 0]) @ kernel.T, rtol=1e-5, atol=1e-6)
        dropped = K.function([model.input, K.learning_phase()], [model.layers[1].output])
        assert (dropped([np.ones((8, 3)), 1])[0] == 0).any() and (dropped([np.ones((8, 3)), 0])[0] != 0).all()
        """
    )
