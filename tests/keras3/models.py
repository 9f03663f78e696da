"""Old layers and all that goes with them in models of Keras 3: trained, saved, loaded, in each way to write a model."""

import importlib.util
import pathlib

import keras
import numpy as np
import pytest

from kjax import backend as K

_spec = importlib.util.spec_from_file_location("old_layers", pathlib.Path(__file__).with_name("old_layers.py"))
old_layers = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(old_layers)

VIDEOS = np.random.RandomState(0).rand(16, 3, 6, 6, 1).astype("float32")
CLASSES = np.eye(2, dtype="float32")[(VIDEOS.mean((1, 2, 3, 4)) > 0.5).astype(int)]


def test_six_old_layers_train_compiled_and_load_again(tmp_path):
    keras.utils.set_random_seed(2)
    model = old_layers.model_of(keras, K)
    model.compile(keras.optimizers.Adam(0.02), "categorical_crossentropy", jit_compile=True)
    losses = model.fit(VIDEOS, CLASSES, batch_size=8, epochs=10, verbose=0).history["loss"]
    assert np.mean(losses[-3:]) < np.mean(losses[:3])
    predictions, seen = model.predict(VIDEOS, verbose=0), old_layers.grad_cam(model, K, VIDEOS)
    assert seen.shape == (16, 6, 6) and seen.min() == 0
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", custom_objects=old_layers.layers_of(keras, K))
    np.testing.assert_array_equal(again.predict(VIDEOS, verbose=0), predictions)
    np.testing.assert_array_equal(old_layers.grad_cam(again, K, VIDEOS), seen)
    again.fit(VIDEOS, CLASSES, batch_size=8, verbose=0)


X = np.random.RandomState(1).rand(12, 4).astype("float32")
Y = X @ np.array([[1.0], [-2.0], [0.5], [3.0]], "float32")


class OldConstraint(keras.constraints.Constraint):
    def __call__(self, w):
        return w / K.maximum(K.sqrt(K.sum(K.square(w), axis=0, keepdims=True)) / 3.0, 1.0)


class OldRegularizer(keras.regularizers.Regularizer):
    def __call__(self, w):
        return 1e-4 * K.sum(K.abs(w))


@keras.saving.register_keras_serializable("tests")
class OldDense(keras.layers.Layer):
    """With what Keras 2 let one give to a weight, all of it written with K."""

    def __init__(self, units, **kwargs):
        super().__init__(**kwargs)
        self.units = units

    def build(self, input_shape):
        self.kernel = self.add_weight(
            name="kernel",
            shape=(int(input_shape[-1]), self.units),
            initializer=lambda shape, dtype=None: K.random_uniform(shape, -0.5, 0.5, dtype=dtype, seed=1),
            regularizer=OldRegularizer(),
            constraint=OldConstraint(),
        )
        super().build(input_shape)

    def call(self, x, training=None):
        return K.in_train_phase(lambda: K.dropout(K.dot(x, self.kernel), 0.1), lambda: K.dot(x, self.kernel), training)

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable("tests")
def old_loss(y_true, y_pred):
    return K.mean(K.switch(K.abs(y_true - y_pred) > 1.0, K.abs(y_true - y_pred), K.square(y_true - y_pred)), axis=-1)


@keras.saving.register_keras_serializable("tests")
def old_metric(y_true, y_pred):
    return K.mean(K.cast(K.less(K.abs(y_true - y_pred), 0.5), K.floatx()), axis=-1)


@keras.saving.register_keras_serializable("tests")
def old_activation(x):
    return x * K.sigmoid(x)


@keras.saving.register_keras_serializable("tests")
class Subclassed(keras.Model):
    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.first, self.second = OldDense(6), keras.layers.Dense(1)

    def call(self, x, training=None):
        return self.second(old_activation(self.first(x, training=training)))


def functional():
    x = keras.Input((4,))
    y = K.relu(old_activation(OldDense(6)(x)) + 0.1)
    return keras.Model(x, keras.layers.Dense(1)(K.concatenate([y, K.square(y)])))


def sequential():
    layers = [OldDense(6), keras.layers.Activation(old_activation), keras.layers.Lambda(K.square)]
    return keras.Sequential([keras.Input((4,)), *layers, keras.layers.Dense(1)])


@pytest.mark.parametrize(
    ("build", "jit_compile"), [(functional, True), (sequential, True), (Subclassed, True), (functional, False)]
)
def test_each_way_to_write_a_model(build, jit_compile, tmp_path):
    keras.utils.set_random_seed(3)
    model = build()
    model.compile(keras.optimizers.Adam(0.05), old_loss, metrics=[old_metric], jit_compile=jit_compile)
    history = model.fit(X, Y, batch_size=4, epochs=4, verbose=0, validation_data=(X, Y)).history
    assert history["loss"][-1] < history["loss"][0] and {"old_metric", "val_old_metric"} <= {*history}
    loss, metric = model.evaluate(X, Y, verbose=0)
    p = model.predict(X, verbose=0)
    difference = np.abs(p - Y)
    kernel = next(layer for layer in model._flatten_layers() if isinstance(layer, OldDense)).kernel.numpy()
    penalty = 1e-4 * np.abs(kernel).sum()
    assert (np.sqrt((kernel**2).sum(0)) <= 3.001).all()
    np.testing.assert_allclose(loss, np.where(difference > 1, difference, difference**2).mean() + penalty, rtol=1e-4)
    np.testing.assert_allclose(metric, (difference < 0.5).mean(), rtol=1e-5)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras", safe_mode=False)
    np.testing.assert_allclose(again.predict(X, verbose=0), p, rtol=1e-6)
    np.testing.assert_allclose(again.evaluate(X, Y, verbose=0), [loss, metric], rtol=1e-6)


def test_layers_that_give_more_than_one_tensor():
    class Split(keras.layers.Layer):
        def call(self, x):
            return [x[:, :2], K.stack([K.sum(x, axis=1), K.max(x, axis=1)], axis=1)], {"norm": K.l2_normalize(x)}

    x = keras.Input((4,))
    (left, both), more = Split()(x)
    model = keras.Model(x, [left, both, more["norm"]])
    assert [output.shape for output in model.outputs] == [(None, 2), (None, 2), (None, 4)]
    found = model.predict(X, verbose=0)
    np.testing.assert_allclose(found[1], np.stack([X.sum(1), X.max(1)], 1), rtol=1e-6)


def test_masks_reach_old_layers():
    class MaskedMean(keras.layers.Layer):
        def __init__(self, **kwargs):
            super().__init__(**kwargs)
            self.supports_masking = True

        def call(self, x, mask=None):
            mask = K.expand_dims(K.cast(mask, K.floatx()))
            return K.sum(x * mask, axis=1) / K.sum(mask, axis=1)

        def compute_mask(self, x, mask=None):
            return None

    x = keras.Input((3,), dtype="int32")
    embedded = keras.layers.Embedding(5, 2, mask_zero=True, name="embedded")(x)
    model = keras.Model(x, MaskedMean()(embedded))
    table = model.get_layer("embedded").get_weights()[0]
    found = model.predict(np.array([[1, 2, 0], [4, 0, 0]]), verbose=0)
    np.testing.assert_allclose(found, [(table[1] + table[2]) / 2, table[4]], rtol=1e-6)


def test_mixed_precision():
    layer = OldDense(3, dtype="mixed_float16")
    assert layer(X).dtype == "float16" and layer.kernel.dtype == "float32"
