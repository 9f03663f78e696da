"""Models of Keras 2.3.1 on one device and on eight: `kjax run --devices 8 keras2_on_devices.py`.

Prints for each the largest difference, as a share, and at last whether Keras is still as it was.
"""

import keras
import numpy as np
from keras import backend as K
from keras import layers as L
from keras.models import Model, Sequential
from keras.preprocessing.image import ImageDataGenerator

import kjax
from kjax.core.running import restart_runs

K.set_floatx("float64")  # (what is left of a difference is no rounding)


def drawn(*shape, seed=0):
    return np.random.RandomState(seed).rand(*shape)


def history(told):
    return [value for name in sorted(told.history) for value in told.history[name]]


def sequences():
    """Masks, dropout between steps, weights of classes, and a last batch of two."""
    words, classes = L.Input((7,)), np.random.RandomState(0).randint(0, 3, (34, 1))
    h = L.GRU(5, recurrent_dropout=0.2)(L.Embedding(20, 6, mask_zero=True)(words))
    model = Model(words, L.Dense(3, activation="softmax")(h))
    model.compile("adam", "sparse_categorical_crossentropy")
    x = np.random.RandomState(1).randint(0, 20, (34, 7))
    told = model.fit(x, classes, batch_size=16, epochs=2, verbose=0, class_weight={0: 1.0, 1: 2.0, 2: 0.5})
    return [*history(told), model.predict(x[:13])]


def states():
    """States that last from batch to batch."""
    model = Sequential([L.LSTM(4, stateful=True, batch_input_shape=(8, 5, 3)), L.Dense(1)])
    model.compile("rmsprop", "mse")
    told = model.fit(drawn(24, 5, 3), drawn(24, 1), batch_size=8, shuffle=False, verbose=0)
    return [*history(told), *K.batch_get_value(model.layers[0].states)]


def generators():
    """Statistics of batches of several sizes, and a callback with a function of its own."""
    model = Sequential([L.Dense(6, activation="tanh", input_dim=4), L.BatchNormalization(), L.Dropout(0.2), L.Dense(2)])
    model.compile("sgd", "mse", ["mae"])
    probe, seen = K.function([model.input, K.learning_phase()], [model.layers[1].output]), []

    class Look(keras.callbacks.Callback):
        def on_batch_end(self, batch, logs=None):
            seen.append(probe([drawn(batch + 7, 4), 1])[0])

    batches = ((drawn(n, 4), drawn(n, 2)) for n in (16, 8, 5, 3))
    told = model.fit_generator(batches, 4, 1, verbose=0, callbacks=[Look()])
    return [*history(told), *seen, *model.get_weights()]


def pictures():
    """Keras's generator of pictures, which asks for `tensorflow.keras`."""
    model = Sequential([L.Flatten(input_shape=(4, 4, 1)), L.Dense(2)])
    model.compile("sgd", "mse")
    batches = ImageDataGenerator().flow(drawn(12, 4, 4, 1), drawn(12, 2), batch_size=8, shuffle=False)
    return history(model.fit_generator(batches, 2, 1, verbose=0, shuffle=False))


def numbers(program, devices):
    np.random.seed(1)
    K.clear_session()
    restart_runs()
    with kjax.sharded(devices):
        return np.concatenate([np.ravel(part) for part in program()])


for program in (sequences, states, generators, pictures):
    one, eight = numbers(program, 1), numbers(program, 8)
    assert one.shape == eight.shape
    print(program.__name__, np.max(np.abs(one - eight) / np.maximum(np.abs(one), 0.1)))
print("name" not in keras.optimizers.SGD().get_config())
