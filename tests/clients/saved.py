"""Models of which files are kept in recorded/, written by Keras 2.3.1 on TensorFlow 1.15.

Runs on Python 3.7 as well as on current ones. `MODELS` has for each model a function that builds it with a
`keras` module; `inputs` returns its inputs.
"""

import os

import numpy as np


def convolutional(keras):
    """Convolution and batch normalisation; saved compiled, after some training, with the state of its optimizer."""
    layers = keras.layers
    model = keras.models.Sequential(
        [
            layers.Conv2D(4, 3, strides=2, activation="relu", input_shape=(9, 9, 2)),
            layers.BatchNormalization(),
            layers.SeparableConv2D(5, 2, padding="same"),
            layers.Flatten(),
            layers.Dense(3, activation="softmax", kernel_regularizer=keras.regularizers.l2(1e-3)),
        ]
    )
    model.compile(keras.optimizers.Adam(learning_rate=0.01), "categorical_crossentropy", metrics=["accuracy"])
    return model


def recurrent(keras):
    """Two inputs, two outputs, masks and recurrent layers of each kind; saved without having been compiled."""
    layers = keras.layers
    words, context = layers.Input((6,), dtype="int32", name="words"), layers.Input((4,), name="context")
    x = layers.Embedding(11, 5, mask_zero=True)(words)
    x = layers.Bidirectional(layers.LSTM(3, return_sequences=True))(x)
    tags = layers.TimeDistributed(layers.Dense(2, activation="softmax"), name="tags")(x)
    x = layers.GRU(4, reset_after=True)(x)
    x = layers.concatenate([x, layers.Dense(4, activation="tanh")(context)])
    return keras.models.Model([words, context], [layers.Dense(1, name="score")(x), tags])


def custom(keras):
    """A layer and an activation of the program's own, and a model inside the model."""
    inner = keras.models.Sequential([keras.layers.Dense(4, input_shape=(3,), activation=custom_objects(keras)["bent"])])
    x = keras.layers.Input((5, 3))
    y = keras.layers.TimeDistributed(inner)(x)
    return keras.models.Model(x, custom_objects(keras)["Attention"](6)(y))


def lambdas(keras):
    """A layer made of a lambda, whose bytecode no other Python reads: its weights can be loaded, the model can't."""
    return keras.models.Sequential(
        [keras.layers.Dense(4, input_shape=(3,)), keras.layers.Lambda(lambda x: x * 2.0), keras.layers.Dense(2)]
    )


MODELS = {"convolutional": convolutional, "recurrent": recurrent, "custom": custom, "lambdas": lambdas}


def custom_objects(keras):
    """The `custom_objects` that `load_model` needs for `custom`."""
    K = keras.backend

    class Attention(keras.layers.Layer):
        def __init__(self, units, **kwargs):
            super().__init__(**kwargs)
            self.units = units

        def build(self, input_shape):
            self.kernel = self.add_weight(shape=(input_shape[-1], self.units), initializer="uniform", name="kernel")
            self.score = self.add_weight(shape=(self.units, 1), initializer="uniform", name="score")
            super().build(input_shape)

        def call(self, x):
            values = K.tanh(K.dot(x, self.kernel))
            weights = K.softmax(K.squeeze(K.dot(values, self.score), -1))
            return K.sum(values * K.expand_dims(weights), axis=1)

        def compute_output_shape(self, input_shape):
            return input_shape[0], self.units

        def get_config(self):
            return dict(super().get_config(), units=self.units)

    def bent(x):
        return K.softplus(x) - K.exp(-K.square(x))

    return {"Attention": Attention, "bent": bent}


def inputs(name, samples=5):
    """The inputs of a model: an array, or a list of arrays."""
    random = np.random.RandomState(3)
    if name == "recurrent":
        words = random.randint(1, 11, size=(samples, 6)) * (np.arange(6) < random.randint(2, 7, size=(samples, 1)))
        return [words.astype("int32"), random.uniform(-1, 1, size=(samples, 4)).astype("float32")]
    shape = {"convolutional": (9, 9, 2), "custom": (5, 3), "lambdas": (3,)}[name]
    return random.uniform(-1, 1, size=(samples,) + shape).astype("float32")


def targets(samples=5):
    """The targets for `convolutional`."""
    return np.eye(3, dtype="float32")[np.arange(samples) % 3]


def answers(name, model):
    """The outputs of a model, and its losses in further training, which depend on the optimizer's state."""
    x = inputs(name)
    outputs = model.predict(x)
    found = {f"{name}-{i}": y for i, y in enumerate(outputs if isinstance(outputs, list) else [outputs])}
    if model.optimizer:
        found[name + "-losses"] = np.array([model.train_on_batch(x, targets())[0] for _ in range(3)])
    return found


def written(folder, keras, weights, prepare=lambda model: None):
    """Write all models to a folder, with their outputs.

    `weights` returns the initial weights of a model; `prepare` is called with each model that is trained before.
    """
    found = {}
    for name in MODELS:
        keras.backend.clear_session()
        model = MODELS[name](keras)
        model.set_weights(weights(model))
        if model.optimizer:
            prepare(model)
            for _ in range(3):
                model.train_on_batch(inputs(name), targets())
        model.save(os.path.join(folder, name + ".h5"))
        found.update(answers(name, model))
    np.savez_compressed(os.path.join(folder, "answers.npz"), **found)
