"""The `tf.*` calls on symbolic tensors of Keras 3: a part of those in `tests/conformance/test_calls_on_arrays.py`."""

import importlib

import keras
import numpy as np
import pytest

import kjax
from conformance.test_calls_on_arrays import CHOSEN, X, numbers
from kjax import backend as K
from kjax.dialects import keras3_tensors, tensorflow, tensorflow_modules

REFUSED = {
    **dict.fromkeys(
        ("py_func(", "py_function(", "numpy_function("), "the rank of a result"
    ),  # which Python does not tell
    "dynamic_stitch": "Unsupported key type",  # Keras's own: x[:1]
}
NO_MODEL = ("assert", "executing_eagerly", "TensorSpec", "print")  # what gives nothing, or plain values


@pytest.fixture(scope="module")
def tf():
    with tensorflow.install():
        yield importlib.import_module("tensorflow")


@pytest.mark.parametrize("expression", CHOSEN[::3])
def test_call(tf, expression):
    def computed(x):
        return eval(expression, {"tf": tf, "np": np, "x": x})

    refused = next((message for name, message in REFUSED.items() if name in expression), None)
    x = keras.Input(batch_shape=X.shape)
    if refused:
        with pytest.raises(ValueError, match=refused):
            computed(x)
        return
    found = keras.tree.flatten(computed(x))
    assert not [leaf for leaf in found if isinstance(leaf, kjax.Tensor)]
    outputs = [leaf for leaf in found if isinstance(leaf, keras.KerasTensor)]
    expected = numbers(computed(tf.constant(X)))
    if not outputs or any(name in expression for name in NO_MODEL):
        return
    for results in (keras.tree.flatten(keras.Function([x], outputs)([X])), K.function([x], outputs)([X])):
        for ours, theirs in zip(results, expected, strict=True):
            np.testing.assert_allclose(np.asarray(ours), np.asarray(theirs), rtol=1e-4, atol=1e-5)


def test_models_with_them_are_saved(tf, tmp_path):
    x = keras.Input((4, 4, 3))
    rows = tf.reshape(tf.image.rgb_to_grayscale(x), (-1, 16))
    outputs = tf.compat.v1.reduce_sum(tf.nn.l2_normalize(rows, axis=1), reduction_indices=[1])
    model = keras.Model(x, [outputs, tf.split(tf.linalg.matmul(rows, rows * 2, transpose_a=True), 2, axis=1)[1]])
    model.save(tmp_path / "a.keras")
    images = np.random.rand(2, 4, 4, 3).astype("float32")
    for ours, theirs in zip(
        keras.models.load_model(tmp_path / "a.keras").predict(images), model.predict(images), strict=True
    ):
        np.testing.assert_allclose(ours, theirs, rtol=1e-6)


@pytest.mark.parametrize(
    "name", ["tensorflow:write_file", "tensorflow.io:write_file", "os:system", "tensorflow:py_function"]
)
def test_a_file_names_nothing_else(name):
    with pytest.raises(ValueError, match="that computes is needed"):
        keras3_tensors._restored(name, [[], {}])


def test_names_lead_back(tf):
    for version, prefix in ((2, "tensorflow"), (1, "tensorflow.compat.v1")):
        for module in ("", "math", "nn", "linalg", "image"):
            where = f"{prefix}.{module}".rstrip(".")
            for name, entry in tensorflow_modules.answers(module, version).items():
                found = tensorflow_modules.computing(where, name)
                assert found is None or found is entry


def test_callbacks_that_call_operations_of_keras(tf):
    x = keras.Input((2,))
    chosen = tf.cond(x[0, 0] > 5.0, lambda: x + 1, lambda: keras.ops.sin(x) - 1)
    nested = K.switch(x[0, 0] > 5.0, lambda: x + 1, lambda: K.switch(x[0, 0] > 2.0, lambda: x * 3, lambda: x * 4))
    model = keras.Model(x, [chosen, nested])
    for first in (1.0, 3.0, 6.0):
        row = np.array([[first, 2.0]], "float32")
        expected = [row + 1 if first > 5 else np.sin(row) - 1, row + 1 if first > 5 else row * (3 if first > 2 else 4)]
        for found in (model(row), model.predict(row, verbose=0), K.function([x], [chosen, nested])([row])):
            for ours, theirs in zip(found, expected, strict=True):
                np.testing.assert_allclose(np.asarray(ours), theirs, rtol=1e-6)
