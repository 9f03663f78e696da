"""`tensorflow.keras` answered by Keras 2.3.1 on kjax; each program in a process of its own."""

import importlib
import pathlib
import subprocess
import sys
import textwrap

import pytest

from kjax.dialects import keras2_repairs, tensorflow, tensorflow_keras

LEGACY = pathlib.Path(__file__).parent / "legacy"


def run(*arguments):
    """What a program prints under `kjax run`."""
    finished = subprocess.run([sys.executable, "-m", "kjax", "run", *arguments], capture_output=True, text=True)
    assert (finished.stderr, finished.returncode) == ("Using kjax.keras2 backend.\n", 0)
    return finished.stdout


def check(program):
    """Run a program whose assertions are the test."""
    assert (
        run("-c", f"import numpy as np\nimport tensorflow as tf\n{textwrap.dedent(program)}\nprint('done')") == "done\n"
    )


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
    assert run(str(LEGACY / "keras_layers.py")) == LAYERS


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
        assert (Input, Model, Sequential) == (keras.layers.Input, keras.models.Model, keras.models.Sequential)
        assert tf.optimizers.Adam is tf.compat.v2.keras.optimizers.Adam is keras.optimizers.Adam
        assert tf.keras.initializers.GlorotUniform(seed=1).seed == 1
        assert {"Dense", "LSTM"} <= set(dir(layers)) and {"Model", "layers", "backend"} <= set(dir(tf.keras))
        assert "optimizers" not in dir(tf.compat.v1)
        """
    )


def test_what_keras_2_3_1_does_not_have():
    check(
        r"""
        import re
        missing = ["layers.LayerNormalization", "mixed_precision", "optimizers.schedules", "layers.Nope"]
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
def test_without_keras_2_3_1_names_say_how_to_get_it(name, monkeypatch):
    monkeypatch.setattr(keras2_repairs, "is_installed", lambda: False)
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
        np.testing.assert_allclose(saliency, ((1 - hidden**2) * last[:, 0]) @ kernel.T, rtol=1e-5)
        dropped = K.function([model.input, K.learning_phase()], [model.layers[1].output])
        assert (dropped([np.ones((8, 3)), 1])[0] == 0).any() and (dropped([np.ones((8, 3)), 0])[0] != 0).all()
        """
    )


def test_training_reaches_a_call():
    check(
        """
        class Noisy(tf.keras.layers.Layer):
            def call(self, inputs, training=None):
                assert isinstance(training, bool)
                return inputs + 1.0 if training else inputs

        class Two(tf.keras.layers.Layer):
            def call(self, inputs, training=False):
                return [inputs * 2.0, inputs] if training else [inputs, inputs * 3.0]

        class Net(tf.keras.Model):
            def __init__(self):
                super().__init__()
                self.noisy = Noisy()
            def call(self, inputs, training=None):
                return self.noisy(inputs, training=training) * 2.0

        x = np.ones((2, 1), "float32")
        inputs = tf.keras.Input((1,))
        model = tf.keras.Model(inputs, Noisy()(inputs))
        net = Net()
        for made, train, test in ((model, 2, 1), (net, 4, 2)):
            made.compile("sgd", "mae")
            assert made.train_on_batch(x, np.zeros((2, 1))) == train
            assert made.evaluate(x, np.zeros((2, 1)), verbose=0) == made.test_on_batch(x, np.zeros((2, 1))) == test
            assert made.predict(x).tolist() == made(x).numpy().tolist() == [[test]] * 2
            assert made(x, training=True).numpy().tolist() == [[train]] * 2
        always = tf.keras.Model(inputs, Noisy()(inputs, training=True))
        assert always.predict(x).tolist() == [[2], [2]]
        both = tf.keras.Model(inputs, Two()(inputs))
        assert [part.tolist() for part in both.predict(x)] == [[[1], [1]], [[3], [3]]]
        assert [part.numpy().tolist() for part in both(x, training=True)] == [[[2], [2]], [[1], [1]]]
        tf.keras.backend.set_learning_phase(1)
        assert tf.keras.Model(inputs, Noisy()(inputs)).predict(x).tolist() == [[2], [2]]
        """
    )


def test_what_inner_layers_add_counts():
    check(
        """
        from tensorflow.keras import backend as K, layers, regularizers

        class Inner(layers.Layer):
            def __init__(self):
                super().__init__()
                l1, l2 = regularizers.l1(0.1), regularizers.l2(0.5)
                self.dense = layers.Dense(2, kernel_regularizer=l2, activity_regularizer=l1)
                self.norm = layers.BatchNormalization(momentum=0.0)
            def call(self, x, training=None):
                x = self.norm(self.dense(x), training=training)
                self.add_loss(tf.reduce_sum(x) * 0.0 + (7.0 if training else 3.0))
                self.add_metric(tf.reduce_mean(x), name="mean", aggregation="mean")
                return x

        class Outer(layers.Layer):
            def __init__(self):
                super().__init__()
                self.inner = Inner()
            def call(self, x):
                return self.inner(x)

        inputs = tf.keras.Input((3,))
        model = tf.keras.Model(inputs, Outer()(inputs))
        assert model.output_shape == (None, 2)
        assert (len(model.losses), len(model.updates), len(model.weights)) == (3, 2, 6)
        model.layers[1].inner.dense.set_weights([np.full((3, 2), 0.5), np.zeros(2)])
        model.compile("sgd", lambda t, p: 0.0 * p)
        x = np.arange(6.0).reshape(2, 3)
        steady = 0.5 * 6 * 0.25 + 0.1 * np.abs(x @ np.full((3, 2), 0.5)).sum()
        K.set_value(model.optimizer.lr, 0.0)
        assert np.isclose(model.test_on_batch(x, np.zeros((2, 2)))[0], steady + 3)
        assert np.isclose(model.train_on_batch(x, np.zeros((2, 2)))[0], steady + 7)
        assert model.metrics_names == ["loss", "mean"]
        mean = model.layers[1].inner.norm.moving_mean
        assert np.allclose(K.get_value(mean), (x @ np.full((3, 2), 0.5)).mean(0))
        model(np.zeros((2, 3)), training=True)
        assert np.allclose(K.get_value(mean), 0)
        model(x)
        assert np.allclose(K.get_value(mean), 0) and len(model.losses) == 3
        """
    )


def test_layers_and_models_on_values():
    check(
        """
        from tensorflow.keras import layers, regularizers
        dense = layers.Dense(2, kernel_initializer="ones", kernel_regularizer=regularizers.l2(1.0))
        made = dense(tf.constant([[1.0, 2.0]]))
        assert made.numpy().tolist() == [[3, 3]] and dense(np.ones((3, 2))).shape == (3, 2) and len(dense.losses) == 1
        embedded = layers.Embedding(5, 3)(np.array([[1, 2]]))
        assert embedded.shape == (1, 2, 3)
        assert layers.Concatenate()([tf.ones((1, 2)), tf.zeros((1, 3))]).numpy().tolist() == [[1, 1, 0, 0, 0]]
        assert layers.LSTM(4)(tf.ones((2, 3, 5))).shape == layers.Bidirectional(layers.GRU(2))(np.ones((2, 3, 5))).shape
        unbuilt = tf.keras.Sequential([layers.Dense(3), layers.Dense(1)])
        assert unbuilt(np.ones((2, 4))).shape == (2, 1) and len(unbuilt.weights) == 4
        inputs = tf.keras.Input((2,))
        model = tf.keras.Model(inputs, dense(inputs))
        assert model(tf.Variable([[1.0, 1.0]])).numpy().tolist() == [[2, 2]]
        assert model.output is model.layers[-1].output and dense(tf.keras.backend.placeholder((None, 2))).is_symbolic
        """
    )


def test_assignments_in_a_call_and_in_a_metric():
    check(
        """
        class Count(tf.keras.layers.Layer):
            def build(self, input_shape):
                self.calls = self.add_weight("calls", shape=(), initializer="zeros", trainable=False)
            def call(self, x, training=None):
                if training:
                    self.calls.assign_add(1.0)
                return x

        class Large(tf.keras.metrics.Metric):
            def __init__(self):
                super().__init__(name="large")
                self.total = self.add_weight("total", initializer="zeros")
            def update_state(self, y_true, y_pred, sample_weight=None):
                self.total.assign_add(tf.reduce_sum(tf.cast(y_true > 1.0, tf.float32)))
            def result(self):
                return self.total

        class Absolute(tf.keras.losses.Loss):
            def call(self, y_true, y_pred):
                return tf.reduce_mean(tf.abs(y_true - y_pred), axis=-1)

        model = tf.keras.Sequential([tf.keras.layers.Dense(1, input_shape=(2,)), Count()])
        model.compile("sgd", Absolute(), metrics=[Large()])
        x, y = np.ones((8, 2)), np.arange(8.0).reshape(8, 1)
        assert model.fit(x, y, batch_size=4, epochs=3, verbose=0).history["large"] == [6, 6, 6]
        model.evaluate(x, y, verbose=0), model.predict(x)
        assert tf.keras.backend.get_value(model.layers[1].calls) == 6
        mean = tf.keras.metrics.Mean()
        mean.update_state([1.0, 2.0])
        mean.update_state([6.0])
        assert mean.result().numpy() == 3
        """
    )


def test_updates_in_a_call_count_once_whoever_makes_them():
    # The numbers are what TensorFlow 2.2.0 gives.
    check(
        """
        K, layers = tf.keras.backend, tf.keras.layers

        class Count(layers.Layer):
            def build(self, input_shape):
                self.calls = self.add_weight("calls", shape=(), initializer="zeros", trainable=False)
                self.mean = self.add_weight("mean", shape=(), initializer="zeros", trainable=False)
            def call(self, x, training=None):
                if training:
                    K.update_add(self.calls, 1.0)
                    K.moving_average_update(self.mean, K.mean(x), 0.0)
                return x

        class Given(Count):
            def call(self, x, training=None):
                self.add_update(K.update_add(self.calls, 1.0), inputs=x)
                return x

        class Norm(layers.BatchNormalization):
            def call(self, x, training=None):
                return super().call(x, training)

        class Outer(layers.Layer):
            def __init__(self):
                super().__init__()
                self.count, self.given = Count(), Given()
                self.norm, self.plain = Norm(momentum=0.0), layers.BatchNormalization(momentum=0.0)
            def call(self, x, training=None):
                for layer in (self.count, self.given, self.norm, self.plain):
                    x = layer(x, training=training)
                return x

        class Mean(tf.keras.metrics.Mean):
            def update_state(self, y_true, y_pred, sample_weight=None):
                super().update_state(y_true)

        inputs, outer = tf.keras.Input((3,)), Outer()
        model = tf.keras.Model(inputs, outer(inputs))
        assert len(model.updates) == 2 + 1 + 2 + 2
        model.compile("sgd", "mse", metrics=[Mean(name="mean_of_y")])
        x, y = np.arange(24.0).reshape(8, 3), np.full((8, 3), 2.0)
        history = model.fit(x, y, batch_size=4, epochs=3, verbose=0, shuffle=False).history
        assert history["mean_of_y"] == [2, 2, 2]
        assert K.get_value(outer.count.calls) == K.get_value(outer.given.calls) == 6
        assert K.get_value(outer.count.mean) == 17.5
        assert K.get_value(outer.norm.moving_mean).tolist() == [16.5, 17.5, 18.5]
        """
    )


def test_masks_go_no_further_than_a_layer_that_takes_them():
    check(
        """
        class Total(tf.keras.layers.Layer):
            def call(self, x, mask=None):
                return tf.reduce_sum(x * tf.cast(mask, tf.float32)[:, :, None], axis=1)

        words = tf.keras.Input((3,))
        ones = tf.keras.layers.Embedding(5, 2, mask_zero=True, embeddings_initializer="ones")(words)
        model = tf.keras.Model(words, tf.keras.layers.Dense(1, kernel_initializer="ones")(Total()(ones)))
        assert model.predict(np.array([[1, 2, 0], [0, 0, 0]])).tolist() == [[4], [0]]
        """
    )


def test_computing_between_layers_is_refused():
    check(
        """
        inputs = tf.keras.Input((3,))
        between = tf.keras.layers.Dense(2)(inputs) * 2.0
        try:
            tf.keras.layers.Dense(1, name="last")(between)
        except ValueError as error:
            assert str(error).startswith("layer 'last' is called on") and str(error).endswith("wrap it into a Lambda")
        else:
            raise AssertionError
        through = tf.keras.layers.Lambda(lambda x: x * 2.0)(tf.keras.layers.Dense(2)(inputs))
        assert tf.keras.layers.Dense(1)(through).shape.as_list() == [None, 1]
        """
    )


def test_tensors_with_values_are_data():
    check(
        """
        model = tf.keras.Sequential([tf.keras.layers.Dense(2, input_shape=(2,))])
        model.compile("sgd", "mse")
        x, y = tf.ones((4, 2)), tf.one_hot([0, 1, 0, 1], 2)
        assert len(model.fit(x, y, epochs=2, verbose=0, validation_data=(x, y)).history["val_loss"]) == 2
        arrays = np.asarray(x), np.asarray(y)
        assert model.evaluate(x, y, verbose=0) == model.test_on_batch([x], [y]) == model.evaluate(*arrays, verbose=0)
        assert model.predict(x).tolist() == model.predict_on_batch(arrays[0]).tolist()
        assert model.train_on_batch(x=x, y=y) > model.train_on_batch(x, y)
        """
    )


def test_shapes_of_layers_without_a_rule():
    check(
        """
        from tensorflow.keras import layers

        class Split(layers.Layer):
            def call(self, x):
                return x[:, :2], tf.reduce_sum(x, axis=1)

        inputs = tf.keras.Input((5,))
        left, total = Split()(inputs)
        inner = tf.keras.Model(inputs, layers.Dense(7)(left))
        outer = tf.keras.Sequential([layers.Dense(5, input_shape=(3,)), inner, layers.Dense(1)])
        assert outer.output_shape == (None, 1) and outer.layers[-1].kernel.shape == (7, 1)
        assert total.shape.as_list() == [None]
        try:
            Split().compute_output_shape((None, 9))
        except NotImplementedError as error:
            assert "(None, 9)" in str(error) and "Split may define compute_output_shape" in str(error)
        """
    )


def test_weights_without_an_initializer():
    check(
        """
        class Scale(tf.keras.layers.Layer):
            def build(self, input_shape):
                self.scale = self.add_weight("scale", shape=(4, 4), regularizer=tf.keras.regularizers.l2(1.0))
                self.count = self.add_weight("count", shape=(), dtype=tf.int32, trainable=False)
            def call(self, x):
                return tf.matmul(x, self.scale)
        layer = Scale()
        assert layer(tf.ones((1, 4))).shape == (1, 4)
        assert 0 < np.abs(layer.get_weights()[0]).max() < 1 and layer.get_weights()[1] == 0
        K = tf.keras.backend
        before = K.get_value(layer.losses[0])
        layer.set_weights([np.ones((4, 4)), np.zeros(())])
        assert K.get_value(layer.losses[0]) == 16 != before  # read anew
        """
    )
