"""Functions of K on symbolic tensors of Keras 3."""

import keras
import numpy as np
import pytest

from kjax import backend as K


def computed(inputs, outputs, *values):
    """What a model of these tensors gives, saved and loaded."""
    model = keras.Model(inputs, outputs)
    found = model.predict([*values] if isinstance(inputs, list) else values[0], verbose=0)
    again = keras.Model.from_config(model.get_config())
    np.testing.assert_array_equal(
        keras.tree.flatten(again.predict([*values] if isinstance(inputs, list) else values[0], verbose=0))[0],
        keras.tree.flatten(found)[0],
    )
    return found


@pytest.fixture
def x():
    return keras.Input((3, 4), name="x")


values = np.arange(24, dtype="float32").reshape(2, 3, 4)


def test_the_result_is_one_and_computes_in_a_model(x):
    result = K.square(x)
    assert isinstance(result, keras.KerasTensor) and result.shape == (None, 3, 4) and result.dtype == "float32"
    np.testing.assert_array_equal(computed(x, result, values), values**2)


def test_static_information(x):
    assert K.int_shape(x) == (None, 3, 4) and K.ndim(x) == 3 and K.dtype(x) == "float32" and K.is_keras_tensor(x)
    assert K.shape(x).shape == (3,) and K.shape(x).dtype == "int32"
    assert K.int_shape(K.sum(x, axis=1)) == (None, 4) and K.int_shape(K.argmax(x)) == (None, 3)
    with pytest.raises(ValueError, match="not fully known"):
        K.count_params(x)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: K.reshape(x, (-1, 12)),
        lambda x: K.reshape(x, K.stack([K.shape(x)[0], 2, 6])),
        lambda x: K.reshape(x, (K.shape(x)[0], K.shape(x)[1] * 4)),
        lambda x: K.permute_dimensions(x, (0, 2, 1))[:, ::2, 1:],
        lambda x: K.concatenate([x, K.square(x), x], axis=1),
        lambda x: K.stack([x, 2.0 * x, 1.0 - x / 4.0, x**2 - x], axis=1),
        lambda x: K.batch_dot(x, x, axes=(2, 2)),
        lambda x: K.softmax(K.dot(x, K.constant(np.eye(4)))) + K.epsilon(),
        lambda x: K.cast(K.greater(x, 3.0), "float32") * K.cast(x > 5.0, "float32"),
        lambda x: K.tile(K.expand_dims(K.mean(x, axis=-1)), [1, 1, K.shape(x)[-1]]),
        lambda x: K.gather(x, [1, 0]),
        lambda x: K.one_hot(K.argmax(x), 4),
        lambda x: K.switch(x > 3.0, x, K.zeros_like(x)),
    ],
)
def test_models_give_what_the_function_gives(function, x):
    result = function(x)
    found = computed(x, result, values)
    np.testing.assert_allclose(found, function(K.constant(values)).numpy(), rtol=1e-6)
    assert all(dim in (None, size) for dim, size in zip(result.shape[1:], found.shape[1:], strict=True))


def test_several_inputs_and_outputs(x):
    y = keras.Input((3, 4))
    inside = K.minimum(x, y), K.maximum(x, y)
    low, high = keras.Model([x, y], inside).predict([values, values[::-1]], verbose=0)
    np.testing.assert_array_equal(low, np.minimum(values, values[::-1]))
    np.testing.assert_array_equal(high, np.maximum(values, values[::-1]))


def test_callbacks_use_tensors_from_outside(x):
    y = K.sum(x, axis=1)

    def step(now, states):
        return now + y + states[0], [now + states[0]]

    last, _, states = K.rnn(step, x, [K.zeros_like(y)])
    assert isinstance(last, keras.KerasTensor) and K.int_shape(states[0]) == (None, 4)
    found = keras.Model(x, [last, states[0]]).predict(values, verbose=0)
    total = values.sum(1)
    np.testing.assert_array_equal(found[0], 2 * total)
    np.testing.assert_array_equal(found[1], total)
    chosen = K.switch(K.sum(x) > 0, lambda: y, lambda: -y)
    model = keras.Model(x, chosen)
    np.testing.assert_array_equal(model.predict(values, verbose=0), total)
    np.testing.assert_array_equal(model.predict(-values, verbose=0), total)
    other = keras.Input((3, 4))
    np.testing.assert_array_equal(keras.Model(other, model(other)).predict(values, verbose=0), total)


def test_a_model_with_callbacks_says_that_it_cannot_be_saved(x, tmp_path):
    model = keras.Model(x, K.map_fn(lambda row: row * 2.0, x))
    with pytest.raises(NotImplementedError, match=r"map_fn\(\): a model can't be saved with a function"):
        model.save(tmp_path / "model.keras")


def test_operators_of_both_kinds_mix(x):
    dense = keras.layers.Dense(4, kernel_initializer="ones")
    result = K.constant([1.0, 2.0, 3.0, 4.0]) * dense(K.square(x)) + x
    result = keras.layers.Activation("relu")(result - K.max(result))
    found = computed(x, result, values)
    assert found.shape == values.shape and not found.any()


def test_masked_and_mixed_models_train(x, tmp_path):
    y = K.batch_flatten(K.dropout(keras.layers.Dense(2)(K.l2_normalize(x, axis=-1)), 0.5))
    model = keras.Model(x, keras.layers.Dense(1)(y))
    model.compile("sgd", "mse")
    first = model.fit(values, values[:, :1, 0], verbose=0, epochs=3).history["loss"]
    assert len(set(first)) == 3
    assert not np.array_equal(model.predict(values, verbose=0), model.predict(values, verbose=0))  # K.dropout, always
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.get_weights()[0], model.get_weights()[0])


def test_errors_name_the_function(x):
    with pytest.raises(ValueError, match=r"reshape\(\)"):
        K.reshape(x, (-1, 5, 7, 11, -1))
    with pytest.raises(TypeError, match=r"add|multiply|concatenate"):
        K.concatenate([x, K.cast(x, "int32")])
    with pytest.raises(ValueError, match="not fed"):
        K.eval(x)


@pytest.mark.parametrize("function", ["os:system", "kjax.command.runner:run", "kjax.ops.elementwise:_floats", "square"])
def test_files_name_functions_that_compute_only(function, x):
    config = keras.Model(x, K.square(x)).get_config()
    layer = config["layers"][1]
    assert layer["config"]["function"] == "kjax.ops.elementwise:square"
    layer["config"]["function"] = function
    with pytest.raises(Exception, match="a function of kjax that computes is needed"):
        keras.Model.from_config(config)
