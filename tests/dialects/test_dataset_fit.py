"""`fit`, `evaluate` and `predict` of `tf.keras` on data sets; each program in a process of its own."""

from programs import check_on_keras as check

START = """
import threading
import numpy as np
X = np.arange(60, dtype="float32").reshape(20, 3) / 60
Y = (X.sum(1, keepdims=True) > 0.7).astype("float32")
START = [np.ones((3, 1)), np.zeros(1)]
model = tf.keras.Sequential([tf.keras.layers.Dense(1, activation="sigmoid", input_shape=(3,))])
model.compile("sgd", "binary_crossentropy", metrics=["accuracy"])
model.set_weights(START)
data = tf.data.Dataset.from_tensor_slices((X, Y))
inputs = tf.data.Dataset.from_tensor_slices(X).batch(7)
"""


def test_training_evaluation_and_prediction():
    check(
        START
        + """
model.fit(X, Y, batch_size=6, shuffle=False, epochs=2, verbose=0)
wanted = model.get_weights()
for batches in (data.batch(6), data.batch(6).prefetch(1), data.filter(lambda x, y: True).batch(6)):
    model.set_weights(START)
    history = model.fit(batches, epochs=2, verbose=0).history
    assert np.allclose(model.get_weights()[0], wanted[0], atol=1e-6) and len(history["loss"]) == 2
assert not [thread for thread in threading.enumerate() if thread.name.startswith("kjax-")]

expected = model.evaluate(X, Y, verbose=0)
assert np.allclose(model.evaluate(data.batch(5), verbose=0), expected, atol=1e-6)
assert np.allclose(model.evaluate(data.repeat().batch(5), steps=4, verbose=0), expected, atol=1e-6)
for batches in (inputs, data.batch(7), inputs.map(lambda x: (x,))):
    assert np.allclose(model.predict(batches), model.predict(X), atol=1e-6)
assert model.predict(inputs.repeat(), steps=1).shape == model.predict_generator(inputs, steps=1).shape == (7, 1)

model.set_weights(START)
wanted = model.fit(X, Y, batch_size=20, validation_data=(X, Y), verbose=0).history
model.set_weights(START)
history = model.fit(data.batch(20), validation_data=data.batch(5), verbose=0, epochs=2).history
assert np.isclose(history["val_loss"][0], wanted["val_loss"][0]) and len(history["val_loss"]) == 2
for train in ({"x": data.batch(20)}, {"x": X, "y": Y}):
    history = model.fit(**train, validation_data=data.repeat().batch(5), validation_steps=4, verbose=0).history
    assert len(history["val_loss"]) == 1
assert "val_loss" in model.fit(data.batch(20), validation_data=(X, Y), verbose=0).history
"""
    )


def test_steps_nested_inputs_and_wrong_calls():
    check(
        START
        + """
assert len(model.fit(data.repeat().batch(4), steps_per_epoch=2, epochs=3, verbose=0).history["loss"]) == 3
import io, logging
log = io.StringIO()
tf.get_logger().addHandler(logging.StreamHandler(log))
assert len(model.fit(data.batch(4), steps_per_epoch=2, epochs=9, verbose=0).history["loss"]) == 3
assert "ended after 5 batches of 18" in log.getvalue()
assert len(model.fit_generator(data.batch(4), epochs=2, verbose=0).history["loss"]) == 2

first, second = (tf.keras.Input((3,), name=name) for name in "ab")
sums = tf.keras.layers.Add()([tf.keras.layers.Dense(2)(first), tf.keras.layers.Dense(2)(second)])
two = tf.keras.Model([first, second], sums)
two.compile("sgd", "mse")
for both in ((X, X), {"a": X, "b": X}):
    batches = tf.data.Dataset.from_tensor_slices((both, np.zeros((20, 2), "float32"), np.ones(20, "float32"))).batch(10)
    assert two.fit(batches, verbose=0).history["loss"][0] >= 0 and two.predict(batches).shape == (20, 2)
    assert two.fit([X, X], np.zeros((20, 2)), validation_data=batches, verbose=0).history["val_loss"][0] >= 0

for call, message in (
    (lambda: model.fit(data.batch(5), Y), "y can't be given"),
    (lambda: model.fit(data.batch(5), batch_size=5), "batch_size"),
    (lambda: model.fit(data.batch(5).repeat()), "steps_per_epoch must be given"),
    (lambda: model.fit(inputs, verbose=0), "(x, y)"),
    (lambda: model.evaluate(data.batch(5).repeat()), "steps must be given"),
    (lambda: model.evaluate(data.batch(5), steps=9, verbose=0), "4 batches where 9"),
):
    try:
        call()
    except ValueError as error:
        assert message in str(error), error
    else:
        raise AssertionError(message)
"""
    )
