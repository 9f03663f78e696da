"""`K.function` and `K.gradients` on models of Keras 3."""

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest

import kjax
from kjax import backend as K


def network():
    keras.utils.set_random_seed(1)
    x = keras.Input((5,), name="x")
    hidden = keras.layers.Dense(4, activation="tanh", name="hidden")(x)
    dropped = keras.layers.Dropout(0.5, name="dropped")(hidden)
    return keras.Model(x, keras.layers.Dense(2, activation="softmax", name="out")(dropped))


X = np.random.RandomState(0).rand(3, 5).astype("float32")


@pytest.fixture
def model():
    return network()


def test_outputs_of_layers(model):
    hidden = K.function([model.input], [model.get_layer("hidden").output])
    weights, bias = model.get_layer("hidden").get_weights()
    np.testing.assert_allclose(hidden([X])[0], np.tanh(X @ weights + bias), rtol=1e-6)
    everything = K.function(model.inputs, [layer.output for layer in model.layers])(X)
    assert [value.shape for value in everything] == [(3, 5), (3, 4), (3, 4), (3, 2)]
    np.testing.assert_allclose(everything[-1], model.predict(X, verbose=0), rtol=1e-6)
    assert all(type(value) is np.ndarray for value in everything)


def test_new_weights_are_seen_at_each_call(model):
    function = K.function([model.input], [model.output])
    first = function([X])[0]
    model.compile("sgd", "mse")
    model.fit(X, np.ones((3, 2)), verbose=0)
    assert not np.array_equal(function([X])[0], first)
    np.testing.assert_allclose(function([X])[0], model.predict(X, verbose=0), rtol=1e-6)
    model.set_weights([0 * w for w in model.get_weights()])
    assert function([X])[0].tolist() == [[0.5, 0.5]] * 3


def test_from_one_layer_to_another(model):
    function = K.function([model.get_layer("dropped").output], [model.output])
    weights, _ = model.get_layer("out").get_weights()
    expected = np.exp(X[:, :4] @ weights)
    np.testing.assert_allclose(function([X[:, :4]])[0], expected / expected.sum(1, keepdims=True), rtol=1e-5)


def test_the_learning_phase_is_an_input(model):
    function = K.function([model.input, K.learning_phase()], [model.get_layer("dropped").output])
    testing, one, two = function([X, 0])[0], function([X, 1])[0], function([X, 1])[0]
    assert testing.all() and not one.all() and not np.array_equal(one, two)
    np.testing.assert_allclose(one[one != 0], 2 * testing[one != 0], rtol=1e-6)
    without = K.function([model.input], [model.get_layer("dropped").output])
    np.testing.assert_array_equal(without([X])[0], testing)
    with K.learning_phase_scope(1):
        assert not without([X])[0].all()


def test_gradients(model):
    loss = K.sum(model.output[:, 0] * 3.0)
    of_input, of_hidden, of_weights = K.gradients(
        loss, [model.input, model.get_layer("hidden").output, model.get_layer("hidden").kernel]
    )
    found = K.function([model.input], [of_input, of_hidden, of_weights, loss])([X])
    assert [value.shape for value in found] == [(3, 5), (3, 4), (5, 4), ()]
    hidden = K.function([model.input], [model.get_layer("hidden").output])([X])[0]
    out, _ = model.get_layer("out").get_weights()
    p = model.predict(X, verbose=0)
    by_logits = 3 * p[:, :1] * (np.array([[1.0, 0.0]]) - p)
    np.testing.assert_allclose(found[1], by_logits @ out.T, rtol=1e-4)
    weights, _ = model.get_layer("hidden").get_weights()
    np.testing.assert_allclose(found[0], (found[1] * (1 - hidden**2)) @ weights.T, rtol=1e-4)
    np.testing.assert_allclose(found[2], X.T @ (found[1] * (1 - hidden**2)), rtol=1e-4)


def test_gradients_by_all_weights(model):
    gradients = K.gradients(K.mean(model.output), model.trainable_weights)
    assert [K.int_shape(g) for g in gradients] == [w.shape for w in model.trainable_weights]
    assert K.gradients(K.mean(model.get_layer("hidden").output), model.get_layer("out").kernel) == [None]


def test_second_derivatives():
    x = keras.Input((1,))
    y = keras.layers.Lambda(lambda t: K.pow(t, 3.0))(x)
    first = K.gradients(y, x)[0]
    second = K.gradients(first, x)[0]
    found = K.function([x], [y, first, second])([[[2.0], [3.0]]])
    assert [value.ravel().tolist() for value in found] == [[8, 27], [12, 27], [12, 18]]


def test_a_policy_gradient_with_placeholders_of_k(model):
    action, reward = K.placeholder((None, 2)), K.placeholder((None,))
    chosen = K.sum(action * model.output, axis=1)
    loss = -K.mean(K.log(chosen) * reward)
    weights = model.trainable_weights
    updates = [K.update_sub(w, 0.5 * g) for w, g in zip(weights, K.gradients(loss, weights), strict=True)]
    train = K.function([model.input, action, reward], [loss], updates=updates)
    feed = [X, np.eye(2)[[0, 0, 0]], np.ones(3)]
    losses = [train(feed)[0] for _ in range(5)]
    assert losses == sorted(losses, reverse=True) and model.predict(X, verbose=0)[:, 0].min() > 0.5
    other = keras.models.clone_model(model)
    other.set_weights(model.get_weights())
    np.testing.assert_array_equal(other.predict(X, verbose=0), model.predict(X, verbose=0))


def test_models_inside_of_models(model):
    x = keras.Input((5,))
    outer = keras.Model(x, keras.layers.Dense(1)(model(K.square(x))))
    function = K.function([x], [outer.output, K.gradients(outer.output, x)[0]])
    value, gradient = function([X])
    np.testing.assert_allclose(value, outer.predict(X, verbose=0), rtol=1e-6)
    step = np.zeros((3, 5), "float32")
    step[:, 2] = 1e-2
    higher, lower = (function([X + sign * step])[0] for sign in (1, -1))
    np.testing.assert_allclose((higher - lower)[:, 0] / 2e-2, gradient[:, 2], rtol=1e-2, atol=1e-4)


def test_a_deep_model_needs_no_recursion():
    x = keras.Input((2,))
    y = x
    for _ in range(1200):
        y = keras.layers.Identity()(y)
    assert K.function([x], [y])([[[1.0, 2.0]]])[0].tolist() == [[1, 2]]


def test_what_is_fed_must_fit(model):
    function = K.function([model.input], [model.output])
    with pytest.raises(ValueError, match="takes shape"):
        function([X[:, :3]])
    with pytest.raises(kjax.UnfedPlaceholderError, match="not fed"):
        K.function([model.get_layer("out").output], [model.get_layer("hidden").output])([X[:, :2]])


def test_a_layer_that_always_trains():
    x = keras.Input((100,))
    y = keras.layers.Dropout(0.5)(x, training=True)
    function = K.function([x], [y])
    one, two = (function([np.ones((1, 100))])[0] for _ in range(2))
    assert set(np.unique(one)) == {0, 2} and not np.array_equal(one, two)


def test_a_function_that_a_callback_calls_while_a_model_is_fitted(model):
    function, seen = K.function([model.input], [model.output]), []
    callback = keras.callbacks.LambdaCallback(on_train_batch_end=lambda batch, logs: seen.append(function([X])[0]))
    model.compile("sgd", "mse")
    model.fit(X, np.ones((3, 2)), batch_size=1, callbacks=[callback], verbose=0)
    assert len(seen) == 3 and not np.array_equal(seen[0], seen[1])
    np.testing.assert_allclose(seen[-1], model.predict(X, verbose=0), rtol=1e-6)


def test_layers_of_all_kinds():
    keras.utils.set_random_seed(2)
    words = keras.Input((6,), dtype="int32")
    x = keras.layers.Embedding(9, 4, mask_zero=True)(words)
    x = keras.layers.Bidirectional(keras.layers.LSTM(3, return_sequences=True, name="lstm"))(x)
    x = keras.layers.GRU(4)(x)
    x = keras.layers.BatchNormalization()(keras.layers.Reshape((2, 2, 1))(x))
    x = keras.layers.Conv2D(2, 2, activation="gelu")(x)
    x = keras.layers.MultiHeadAttention(1, 2)(keras.layers.Reshape((1, 2))(x), keras.layers.Reshape((2, 1))(x))
    model = keras.Model(words, keras.ops.softmax(keras.layers.Flatten()(x)))
    values = np.array([[1, 2, 3, 0, 0, 0], [4, 5, 6, 7, 8, 1]])
    function = K.function([model.input], [model.output, *K.gradients(model.output[:, 0], model.trainable_weights)])
    found = function([values])
    np.testing.assert_allclose(found[0], model.predict(values, verbose=0), rtol=1e-5)
    assert all(np.isfinite(gradient).all() for gradient in found) and {value.dtype.name for value in found} == {
        "float32"
    }
    assert sum(gradient.any() for gradient in found) > 10


def test_a_sequential_model():
    model = keras.Sequential([keras.Input((5,)), keras.layers.Dense(3), keras.layers.Dense(2)])
    function = K.function([model.inputs[0]], [model.layers[0].output, model.outputs[0]])
    np.testing.assert_allclose(function([X])[1], model.predict(X, verbose=0), rtol=1e-6)
    function = K.function([model.layers[0].input], [model.layers[1].output])
    np.testing.assert_allclose(function([X])[0], model.predict(X, verbose=0), rtol=1e-6)


# ---------------------------------------------------------------------------- gradients and JAX's functions in models


def test_gradients_are_outputs_of_a_model():
    x = keras.Input((3,))
    hidden = keras.layers.Dense(4, activation="tanh")(x)
    y = keras.layers.Dense(1)(keras.layers.Dropout(0.5)(hidden))
    slopes = K.gradients(K.sum(y), [x, hidden])
    saliency = keras.layers.Lambda(K.abs)(slopes[0])
    model = keras.Model(x, [y, slopes[0], saliency, K.sum(slopes[1], axis=1)])
    rows = np.random.rand(5, 3).astype("float32")
    found = [np.asarray(out) for out in model.predict(rows, verbose=0)]
    expected = jax.grad(lambda rows: keras.Model(x, y)(rows).sum())(rows)
    np.testing.assert_allclose(found[1], expected, rtol=1e-5)
    np.testing.assert_allclose(found[2], np.abs(expected), rtol=1e-5)
    assert found[3].shape == (5,)
    np.testing.assert_allclose(K.function([x], [slopes[0]])([rows])[0], expected, rtol=1e-5)


def test_a_gradient_penalty_is_trained():
    x = keras.Input((3,))
    y = keras.layers.Dense(1)(keras.layers.Dense(8, activation="tanh")(x))
    norm = K.sqrt(K.sum(K.square(K.gradients(y, x)[0]), axis=1))
    model = keras.Model(x, [y, norm])
    model.compile(keras.optimizers.Adam(0.05), ["mse", "mse"])
    rows = np.random.rand(32, 3).astype("float32")
    losses = model.fit(rows, [rows.sum(1), np.ones(32)], epochs=30, verbose=0).history["loss"]
    assert len(model.trainable_weights) == 4 and losses[-1] < losses[0] / 2


def test_a_gradient_by_weights_and_what_has_none():
    x, other = keras.Input((3,)), keras.Input((2,))
    dense = keras.layers.Dense(4, use_bias=False)
    kernel, none = K.gradients(K.sum(dense(x)), [dense.kernel, other])
    rows = np.random.rand(5, 3).astype("float32")
    found = np.asarray(keras.Model(x, kernel)(rows))
    np.testing.assert_allclose(found, np.repeat(rows.sum(0)[:, None], 4, 1), rtol=1e-5)
    assert none is None


def test_a_model_with_gradients_says_that_it_is_not_saved(tmp_path):
    x = keras.Input((3,))
    model = keras.Model(x, K.gradients(K.sum(K.square(x)), x)[0])
    with pytest.raises(NotImplementedError, match="save the weights"):
        model.save(tmp_path / "a.keras")


def test_functions_of_jax_in_a_model(tmp_path):
    x = keras.Input((3,))
    ranked = kjax.lift(lambda x, axis: {"sorted": jnp.sort(x, axis=axis), "mean": x.mean(axis)})(x, axis=-1)
    assert ranked["sorted"].shape == (None, 3) and ranked["mean"].shape == (None,)
    kernel = keras.Variable(np.eye(3, dtype="float32") * 2)
    doubled = kjax.lift(jnp.matmul)(x, kernel)
    model = keras.Model(x, [ranked["sorted"], ranked["mean"], doubled])
    rows = np.array([[3.0, 1.0, 2.0]], "float32")
    for found in (model.predict(rows, verbose=0), K.function([x], model.outputs)([rows])):
        assert [np.asarray(out).tolist() for out in found] == [[[1, 2, 3]], [2], [[6, 2, 4]]]
    with pytest.raises(NotImplementedError, match="in a layer of your own"):
        model.save(tmp_path / "a.keras")
