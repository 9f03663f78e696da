"""Layers that Keras 2.3.1 does not have, or has otherwise, beside what TensorFlow 2.2 answered."""

import json
import math
import pathlib

import pytest

from kjax.dialects import newer_layers
from kjax.dialects.newer_parts import On
from programs import check_on_keras as check
from programs import run

HERE = pathlib.Path(__file__).parent
RECORDED = json.loads((HERE / "newer_layers.json").read_text())


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    file = tmp_path_factory.mktemp("layers") / "answers.json"
    finished = run(str(HERE / "record_newer_layers.py"), str(file))
    assert finished.returncode == 0, finished.stderr
    return json.loads(file.read_text())


def unlike(expected, found, at=""):
    """The places where two answers differ by more than rounding."""
    if isinstance(expected, dict) and isinstance(found, dict) and expected.keys() == found.keys():
        return [place for key in expected for place in unlike(expected[key], found[key], f"{at}.{key}")]
    if isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        return [
            place for i, pair in enumerate(zip(expected, found, strict=True)) for place in unlike(*pair, f"{at}[{i}]")
        ]
    if isinstance(expected, float) and isinstance(found, (int, float)):
        near = math.isclose(expected, found, rel_tol=1e-5, abs_tol=1e-5) or (expected != expected and found != found)
        return [] if near else [f"{at}: {expected} {found}"]
    return [] if expected == found else [f"{at}: {expected!r} {found!r}"]


def test_differences_are_seen():
    assert unlike({"a": [1.0, 2.0]}, {"a": [1.0, 2.0001]}) == [".a[1]: 2.0 2.0001"]
    assert unlike([1.0], [1.0, 2.0]) and unlike("a", "b") and not unlike([1.0, None], [1.000001, None])
    assert not [name for name, answer in RECORDED.items() if isinstance(answer, str)]  # no error was recorded


@pytest.mark.parametrize("name", RECORDED)
def test_as_tensorflow_answers(answers, name):
    assert not unlike(RECORDED[name], answers[name]), name


def test_what_is_refused_is_named():
    check(
        """
        import re
        L = tf.keras.layers
        refused = {
            "renorm is not answered": lambda: L.BatchNormalization(renorm=True),
            "virtual_batch_size is not answered": lambda: L.BatchNormalization(virtual_batch_size=2),
            "dynamic must be False": lambda: L.Dense(2, dynamic=True),
            "ragged inputs": lambda: tf.keras.Input((2,), ragged=True),
            "either shape or batch_shape": lambda: tf.keras.Input((2,), batch_shape=(None, 2)),
            "needs a shape": lambda: tf.keras.Input(),
            "names an axis twice": lambda: L.LayerNormalization(axis=[1, -1])(np.ones((2, 3))),
            "not an axis of inputs": lambda: L.LayerNormalization(axis=3)(np.ones((2, 3))),
            "different directions": lambda: L.Bidirectional(L.GRU(2), backward_layer=L.GRU(2)),
            "less than strides": lambda: L.Conv1DTranspose(1, 2, strides=2, output_padding=2),
            "must be 'valid' or 'same'": lambda: L.Conv1DTranspose(1, 2, padding="causal"),
        }
        for message, call in refused.items():
            try:
                call()
            except (ValueError, NotImplementedError, TypeError) as error:
                assert message in str(error), error
            else:
                raise AssertionError(message)
        """
    )


def test_what_keras_means_stays():
    check(
        """
        import keras
        L = tf.keras.layers
        assert L.GRU(2).get_config()["reset_after"] and not keras.layers.GRU(2).get_config()["reset_after"]
        assert isinstance(L.GRU(2), keras.layers.GRU) and L.Dense is keras.layers.Dense
        assert tf.compat.v1.keras.layers.GRU is keras.layers.GRU is not L.GRU
        assert keras.layers.Input(batch_shape=(2, 3)).shape == (2, 3)
        x = np.arange(12.0).reshape(4, 3)
        found = []
        for layers in (L, keras.layers):
            model = keras.models.Sequential([layers.BatchNormalization(momentum=0.0, input_shape=(3,))])
            model.compile("sgd", "mse")
            model.train_on_batch(x, x)
            found.append(model.get_weights()[3])
        np.testing.assert_allclose(found[0], x.var(0), rtol=1e-5)
        np.testing.assert_allclose(found[1], x.var(0) * 4 / 3, rtol=1e-2)
        import pickle
        assert pickle.loads(pickle.dumps(L.LayerNormalization)) is L.LayerNormalization
        """
    )


def test_transposed_convolution_of_sequences():
    check(
        """
        L = tf.keras.layers
        x = np.random.RandomState(0).rand(2, 5, 3).astype("float32")
        ways = [dict(strides=2), dict(strides=2, padding="same"), dict(strides=3, output_padding=1), dict(strides=1),
                dict(dilation_rate=2), dict(strides=2, padding="same", output_padding=0)]
        for way in ways:
            layer = L.Conv1DTranspose(4, 3, activation="tanh", **way)
            found = layer(x).numpy()
            beside = {"strides": 1, "output_padding": 0, "dilation_rate": 2}  # for rows, of which there is one
            options = {name: (beside[name], size) if name in beside else size for name, size in way.items()}
            images = L.Conv2DTranspose(4, (1, 3), activation="tanh", **options)
            images(x[:, None])
            images.set_weights([layer.get_weights()[0][None], layer.get_weights()[1]])
            np.testing.assert_allclose(found, images(x[:, None]).numpy()[:, 0], rtol=1e-4, atol=1e-5)
            assert layer.compute_output_shape((None, 5, 3)) == (None, *found.shape[1:])
            first = L.Conv1DTranspose(4, 3, activation="tanh", data_format="channels_first", **way)
            first(x.transpose(0, 2, 1))
            first.set_weights(layer.get_weights())
            np.testing.assert_allclose(first(x.transpose(0, 2, 1)).numpy().transpose(0, 2, 1), found, atol=1e-5)
        inputs = tf.keras.Input((None, 3))
        model = tf.keras.Model(inputs, L.Conv1DTranspose(4, 3, strides=2)(inputs))
        assert model.output_shape == (None, None, 4) and model.predict(x).shape == (2, 11, 4)
        """
    )


def test_entries_have_their_parameters():
    for entry in newer_layers.LAYERS.values():
        assert callable(entry) or isinstance(entry, On)
    assert newer_layers.plain([None, 3]) == (None, 3)
    assert newer_layers.dtype_name("float16") == "float16" and newer_layers.dtype_name(None) is None
