"""Six models of the classic era, with data to learn, for timings and checks of clients of kjax.

Written in the API that Keras 2.3.1, tf-keras and tf.keras share; the `keras` module to build with is an argument.
Weights and data are the same everywhere, so that two engines can be compared: everything is drawn by NumPy's
`RandomState`, whose numbers are frozen, and by its uniform and integer draws, which need no mathematical library.
Runs on Python 3.7 (TensorFlow 1.15) as well as on current ones.

    model = models.build("mlp", keras)
    x, y = models.data("mlp", batches=4)
    model.fit(x, y, batch_size=models.TASKS["mlp"].batch, shuffle=False)
"""

from collections import namedtuple

import numpy as np

# `build(keras, dropout)` gives a compiled model, `data(random, samples)` its x and y; an epoch is `batches` of `batch`.
Task = namedtuple("Task", "build data batch batches")


def build(name, keras, dropout=0.0):
    """The compiled model of that name, with its weights set; `dropout` is the rate of its dropout, if it has any."""
    model = TASKS[name].build(keras, dropout)
    model.set_weights(weights(model))
    return model


def data(name, batches=None):
    """Inputs and targets for so many batches; for one epoch where no number is given."""
    task = TASKS[name]
    return task.data(np.random.RandomState(7), (batches or task.batches) * task.batch)


def fit(model, name, epochs=10):
    """The loss of each epoch of a fit."""
    x, y = data(name)
    return model.fit(x, y, TASKS[name].batch, epochs, verbose=0, shuffle=False).history["loss"]


def weights(model):
    """New weights for a model: those with two dims or more are drawn by Glorot's rule, the others stay as they are."""
    random = np.random.RandomState(13)
    return [_glorot(random, value.shape) if value.ndim > 1 else value for value in model.get_weights()]


def _glorot(random, shape):
    field = int(np.prod(shape[:-2]))
    limit = np.sqrt(6.0 / (field * (shape[-2] + shape[-1])))
    return random.uniform(-limit, limit, shape).astype("float32")


# ----------------------------------------------------------------------------------------------------------- the models


def tiny_mlp(keras, dropout):
    layers = keras.layers
    model = keras.models.Sequential(
        [
            layers.Dense(64, activation="relu", input_shape=(20,)),
            layers.Dense(64, activation="relu"),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=0.001))
    return model


def mlp(keras, dropout):
    layers = keras.layers
    model = keras.models.Sequential(
        [
            layers.Dense(512, activation="relu", input_shape=(784,)),
            layers.Dropout(dropout),
            layers.Dense(512, activation="relu"),
            layers.Dropout(dropout),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=0.0002))
    return model


def convnet(keras, dropout):
    """The network that most people met first."""
    layers = keras.layers
    model = keras.models.Sequential(
        [
            layers.Conv2D(32, (3, 3), activation="relu", input_shape=(28, 28, 1)),
            layers.Conv2D(64, (3, 3), activation="relu"),
            layers.MaxPooling2D((2, 2)),
            layers.Dropout(dropout),
            layers.Flatten(),
            layers.Dense(128, activation="relu"),
            layers.Dropout(dropout),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.Adadelta(learning_rate=0.3))
    return model


def lstm(keras, dropout):
    layers = keras.layers
    model = keras.models.Sequential(
        [
            layers.Embedding(20000, 128, input_length=80),
            layers.LSTM(128, recurrent_activation="sigmoid", dropout=dropout, recurrent_dropout=dropout),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=0.0005))
    return model


def resnet(keras, dropout):
    layers = keras.layers

    def convolution(x):
        return layers.BatchNormalization()(layers.Conv2D(16, (3, 3), padding="same", use_bias=False)(x))

    image = layers.Input((32, 32, 3))
    x = layers.Activation("relu")(convolution(image))
    for _ in range(3):
        change = convolution(layers.Activation("relu")(convolution(x)))
        x = layers.Activation("relu")(layers.add([x, change]))
    answer = layers.Dense(10, activation="softmax")(layers.GlobalAveragePooling2D()(x))
    model = keras.models.Model(image, answer)
    model.compile(loss="categorical_crossentropy", optimizer=keras.optimizers.SGD(learning_rate=0.02, momentum=0.9))
    return model


def text_convnet(keras, dropout):
    layers = keras.layers
    model = keras.models.Sequential(
        [
            layers.Embedding(5000, 50, input_length=400),
            layers.Dropout(dropout),
            layers.Conv1D(250, 3, activation="relu"),
            layers.GlobalMaxPooling1D(),
            layers.Dense(250, activation="relu"),
            layers.Dropout(dropout),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile(loss="binary_crossentropy", optimizer=keras.optimizers.Adam(learning_rate=0.001))
    return model


# ------------------------------------------------------------------------------------------------------------- the data


def _labels(random, samples, classes):
    """True labels, and noisy ones with an error in one of ten, so that no network reaches a loss of 0."""
    true = random.randint(classes, size=samples)
    said = np.where(random.uniform(size=samples) < 0.1, random.randint(classes, size=samples), true)
    return true, said


def _vectors(size):
    """Noisy copies of ten vectors."""

    def make(random, samples):
        true, said = _labels(random, samples, 10)
        x = random.uniform(-1, 1, size=(10, size))[true] + random.uniform(-1, 1, size=(samples, size))
        return x.astype("float32"), np.eye(10, dtype="float32")[said]

    return make


def _images(side, channels, tile):
    """Noise over ten patterns, each a small tile repeated."""

    def make(random, samples):
        true, said = _labels(random, samples, 10)
        patterns = random.uniform(-1, 1, size=(10, tile, tile, channels))
        repeated = np.tile(patterns, (1, side // tile, side // tile, 1))
        x = repeated[true] + random.uniform(-1, 1, size=(samples, side, side, channels))
        return x.astype("float32"), np.eye(10, dtype="float32")[said]

    return make


def _sentences(length, words):
    """Sequences of word numbers, in which one word of five is from the hundred words of the class."""

    def make(random, samples):
        true, said = _labels(random, samples, 2)
        other = random.randint(200, words, size=(samples, length))
        telling = 100 * true[:, None] + random.randint(100, size=(samples, length))
        return np.where(random.uniform(size=other.shape) < 0.2, telling, other), said.astype("float32")[:, None]

    return make


TASKS = {
    "tiny_mlp": Task(tiny_mlp, _vectors(20), 32, 40),
    "mlp": Task(mlp, _vectors(784), 128, 8),
    "convnet": Task(convnet, _images(28, 1, 28), 64, 4),
    "lstm": Task(lstm, _sentences(80, 600), 32, 4),
    "resnet": Task(resnet, _images(32, 3, 4), 32, 4),
    "text_convnet": Task(text_convnet, _sentences(400, 1000), 32, 4),
}
