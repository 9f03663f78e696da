"""Small programs about layers, as TensorFlow 2.2 and kjax run them: each sets `answer`.

    python tests/dialects/record_newer_layers.py tests/dialects/newer_layers.json

records what TensorFlow 2.2 answers. `test_newer_layers.py` has kjax run the same file, and compares.
"""

import json
import sys
import textwrap

CASES = {
    "layer normalisation": """
        layer = L.LayerNormalization(axis=[1, -1], epsilon=0.1)
        answer = [fixed(layer, x3)(x3), shown(layer)]
    """,
    "layer normalisation, trained": "answer = trained([L.LayerNormalization(), L.Flatten(), L.Dense(2)], x3)",
    "attention": """
        query, value, key = x3, x3[:, ::-1] * 0.5, x3 + 0.1
        layer = L.Attention(use_scale=True, causal=True)
        first = fixed(layer, [query, value, key])([query, value, key])
        masks = [np.array([[True, True, False]] * 2), np.array([[True, False, True]] * 2)]
        answer = [first, L.Attention()([query, value], mask=masks), shown(layer)]
    """,
    "additive attention": """
        layer = L.AdditiveAttention()
        masks = [np.array([[True, True, False]] * 2), np.array([[True, False, True]] * 2)]
        first = fixed(layer, [x3, x3])([x3, x3 + 0.5])
        answer = [first, layer([x3, x3 + 0.5], mask=masks), shown(layer)]
    """,
    "attention, trained": """
        inputs = tf.keras.Input((3, 4))
        answer = trained_model(tf.keras.Model(inputs, L.Flatten()(L.AdditiveAttention()([inputs, inputs]))), x3)
    """,
    "attention of masked words": """
        words = tf.keras.Input((3,))
        embedded = L.Embedding(5, 4, mask_zero=True)(words)
        model = tf.keras.Model(words, L.Attention()([embedded, embedded]))
        answer = fixed(model, None).predict(np.array([[1, 2, 0], [3, 0, 0]]))
    """,
    "batch normalisation of rows": "answer = trained([L.BatchNormalization(momentum=0.5), L.Dense(2)], x2)",
    "batch normalisation of sequences": (
        "answer = trained([L.BatchNormalization(axis=1, momentum=0.5), L.Flatten(), L.Dense(2)], x3)"
    ),
    "batch normalisation of images": (
        "answer = trained([L.BatchNormalization(momentum=0.5), L.Flatten(), L.Dense(2)], x4)"
    ),
    "batch normalisation, frozen": """
        layers = [L.Dense(3), L.BatchNormalization(momentum=0.5), L.Dense(2)]
        layers[1].trainable = False
        answer = trained(layers, x2)
    """,
    "batch normalisation, frozen and thawed": """
        layers = [L.Dense(3), L.BatchNormalization(momentum=0.5), L.Dense(2)]
        model = fixed(tf.keras.Sequential(layers), x2)
        found = []
        for trainable in (False, True, False):
            model.trainable = trainable
            model.layers[0].trainable = model.layers[2].trainable = True
            found.append(trained_model(model, x2, fix=False))
        answer = found
    """,
    "gated recurrent units": "answer = trained([L.GRU(3, return_sequences=True), L.GRU(2)], x3)",
    "gated recurrent units, configured": "answer = shown(L.GRU(2)), shown(L.GRUCell(2))",
    "steps first": """
        layer = L.GRU(2, time_major=True, return_sequences=True)
        other = L.LSTM(2, time_major=True)
        swapped = np.transpose(x3, (1, 0, 2))
        answer = [fixed(layer, swapped)(swapped), fixed(other, swapped)(swapped)]
    """,
    "long short-term memory": "answer = trained([L.LSTM(3, return_sequences=True), L.LSTM(2)], x3)",
    "cells": "answer = trained([L.RNN([L.GRUCell(3), L.LSTMCell(2)])], x3)",
    "a cell of one's own": """
        class Cell(L.AbstractRNNCell):
            state_size = output_size = property(lambda self: 2)
            def build(self, input_shape):
                self.kernel = self.add_weight("kernel", shape=(input_shape[-1], 2))
                self.recurrent = self.add_weight("recurrent", shape=(2, 2))
            def call(self, inputs, states):
                output = tf.tanh(tf.matmul(inputs, self.kernel) + tf.matmul(states[0], self.recurrent))
                return output, [output]
        answer = trained([L.RNN(Cell())], x3)
    """,
    "both directions": "answer = trained([L.Bidirectional(L.GRU(2)), L.Dense(1)], x3)",
    "both directions, two layers": """
        layer = L.Bidirectional(L.GRU(2), backward_layer=L.LSTM(2, go_backwards=True))
        answer = trained([layer, L.Dense(1)], x3)
    """,
    "states from elsewhere": """
        steps, start = tf.keras.Input((3, 4)), tf.keras.Input((4,))
        last = L.GRU(2)(steps, initial_state=tf.tanh(L.Dense(2)(start)) * 0.5)
        answer = trained_model(tf.keras.Model([steps, start], last), [x3, x2[:2]])
    """,
    "regularizers of outputs": """
        layer = L.Dense(2, activity_regularizer=tf.keras.regularizers.l2(0.3), kernel_regularizer="l1")
        answer = trained([layer], x2)
    """,
    "regularizers of outputs, twice": """
        inner = tf.keras.Sequential([L.Dense(2, activity_regularizer="l1", input_shape=(4,))])
        answer = trained([L.Dense(4), inner, L.ActivityRegularization(l2=0.1)], x2)
    """,
    "operations between layers": """
        inputs = tf.keras.Input((4,))
        hidden = tf.nn.relu(L.Dense(3)(inputs)) + 1.0
        both = tf.concat([hidden, 2.0 * L.Dense(2)(inputs)[:, ::-1]], axis=-1)
        outputs = tf.reduce_sum(L.Dense(2)(both) * tf.constant([1.0, 3.0]), axis=-1, keepdims=True)
        model = tf.keras.Model(inputs, [outputs, tf.square(hidden)])
        answer = [trained_model(model, x2), [list(shape) for shape in model.output_shape], len(model.weights)]
    """,
    "operations between layers, elsewhere": """
        inputs = tf.keras.Input((4,))
        inner = tf.keras.Model(inputs, tf.exp(L.Dense(2)(inputs)) / (1.0 + tf.abs(inputs[:, :2])))
        other = tf.keras.Input((4,))
        model = tf.keras.Model(other, inner(other * 0.5) - inner(other))
        again = tf.keras.Model.from_config(inner.get_config())
        again.set_weights(fixed(inner, None).get_weights())
        answer = [trained_model(model, x2), fixed(again, None).predict(x2)]
    """,
    "losses between layers": """
        inputs = tf.keras.Input((4,))
        mean = L.Dense(2)(inputs)
        outputs = L.Dense(4)(mean * 2.0)
        model = fixed(tf.keras.Model(inputs, outputs), None)
        model.add_loss(tf.reduce_mean(tf.square(outputs - inputs)) + 0.1 * tf.reduce_sum(tf.abs(mean)))
        model.compile(tf.keras.optimizers.SGD(0.1))
        answer = [model.train_on_batch(x2, None), model.get_weights()]
    """,
    "layers in lists": """
        class Net(tf.keras.Model):
            def __init__(self):
                super().__init__()
                self.blocks = []
                for units in (3, 2):
                    self.blocks.append(L.Dense(units, activation="tanh"))
                self.heads = {"a": L.Dense(2)}
                self.scale = tf.Variable(2.0)
            def call(self, x, training=None):
                for block in self.blocks:
                    x = block(x)
                return self.heads["a"](x) * self.scale
        net = Net()
        net.build((None, 4))
        counts = [len(net.trainable_variables), len(net.non_trainable_variables), len(net.layers)]
        net.blocks[0].trainable = False
        answer = [counts, len(net.trainable_weights), sorted(map(list, (w.shape for w in net.weights)))]
    """,
    "trainable, all the way down": """
        inner = tf.keras.Sequential([L.Dense(2, input_shape=(4,)), L.Dense(2)])
        model = tf.keras.Sequential([inner, L.Dense(1)])
        inner.trainable = False
        found = [len(model.trainable_weights), [layer.trainable for layer in inner.layers]]
        inner.layers[0].trainable = True
        answer = found + [len(model.trainable_weights)]
    """,
    "arguments besides inputs": """
        class Mixed(L.Layer):
            def build(self, input_shape):
                self.kernel = self.add_weight("kernel", input_shape.as_list()[1:] + [2], tf.float32)
            def call(self, x, context, scale=1.0):
                return tf.matmul(x, self.kernel) * scale + context
        layer = Mixed()
        first = layer(x2, np.ones((4, 2), "float32"))
        layer.set_weights([np.arange(8.0).reshape(4, 2)])
        answer = [layer(x2, x2[:, :2]), layer(tf.constant(x2), context=x2[:, :2], scale=2.0)]
    """,
    "masks of values": """
        embedded = fixed(L.Embedding(5, 4, mask_zero=True), np.array([[1]]))(np.array([[1, 2, 0], [3, 0, 0]]))
        layer = fixed(L.GRU(2), x3)
        answer = [layer(embedded), layer(embedded, mask=tf.ones((2, 3), tf.bool))]
    """,
    "initializers": """
        I = tf.keras.initializers
        made = [I.GlorotUniform(seed=1), I.get("glorot_normal"), I.VarianceScaling(2.0), I.he_normal()]
        answer = [I.serialize(one) for one in made] + [I.serialize(I.deserialize(I.serialize(made[0])))]
    """,
    "configurations": """
        made = [L.Dense(2), L.Conv2D(2, 3), L.Embedding(2, 3), L.BatchNormalization(), L.LayerNormalization()]
        answer = [shown(layer) for layer in made]
    """,
    "constraints": """
        kernel = np.arange(50.0, dtype="float32").reshape(5, 5, 2, 1)
        constraint = tf.keras.constraints.RadialConstraint()
        answer = [constraint(tf.constant(kernel[:n, :n])) for n in (3, 4, 5)]
    """,
    "swish": "answer = [tf.keras.activations.swish(tf.constant(x2)), trained([L.Dense(2, activation='swish')], x2)]",
    "registered names": """
        @tf.keras.utils.register_keras_serializable("mine")
        class Twice(L.Layer):
            def call(self, x):
                return x * 2.0
        name = tf.keras.utils.get_registered_name
        model = tf.keras.Sequential([Twice(input_shape=(4,)), L.Dense(2)])
        again = tf.keras.models.model_from_json(model.to_json())
        again.set_weights(fixed(model, None).get_weights())
        found = tf.keras.utils.get_registered_object("mine>Twice")
        answer = [again.predict(x2), name(Twice), name(dict), found is Twice]
    """,
    "numbers prepared": """
        P = L.experimental.preprocessing
        layer, other = P.Normalization(), P.Normalization(axis=(1,))
        layer.adapt(x2)
        other.adapt(x3)
        found = [layer.get_weights(), layer(x2), other.get_weights(), other(x3)]
        layer.adapt(x2[:1] + 1.0, reset_state=False)
        answer = found + [layer.get_weights(), P.Rescaling(0.5)(np.array([[3]], "uint8"))]
    """,
    "images prepared": """
        P = L.experimental.preprocessing
        crops = [P.RandomCrop(2, 2)(x4, training=False), P.RandomCrop(1, 1)(x4, training=False), P.CenterCrop(2, 1)(x4)]
        answer = crops + [P.Resizing(2, 5)(x4), P.RandomFlip()(x4, training=False), shown(P.RandomFlip("vertical"))]
    """,
    "images at random": """
        P = L.experimental.preprocessing
        image = np.ones((2, 10, 10, 1), "float32")
        higher, narrower = P.RandomHeight((0.2, 0.2)), P.RandomWidth((-0.2, -0.2))
        answer = [higher(image, training=True).shape[1], narrower(image, training=True).shape[2]]
    """,
    "rows": """
        flat = L.Flatten()
        found = [flat(x3), L.Flatten()(x2[0]), L.Flatten("channels_first")(x4), L.Flatten()(x2)]
        model = tf.keras.Sequential([tf.keras.Input((None, 4)), flat])
        answer = found + [list(model.output_shape), list(flat.compute_output_shape((None, 2, 3)))]
    """,
    "clones": """
        model = fixed(tf.keras.Sequential([L.Dense(3, input_shape=(4,)), L.Dense(2, activation="tanh")]), None)
        def double(layer):
            config = layer.get_config()
            config["units"] = config["units"] * 2
            return type(layer).from_config(config)
        inputs = tf.keras.Input((4,))
        outer = tf.keras.Model(inputs, L.Dense(1)(model(inputs)))
        clones = [tf.keras.models.clone_model(model, clone_function=double), tf.keras.models.clone_model(outer)]
        answer = [list(clone.output_shape) for clone in clones] + [fixed(clone, None).predict(x2) for clone in clones]
    """,
    "the phase of a call": """
        base = tf.keras.Sequential([L.Dense(3, input_shape=(4,)), L.BatchNormalization(momentum=0.5)])
        inputs = tf.keras.Input((4,))
        found = [trained_model(tf.keras.Model(inputs, L.Dense(1)(base(inputs, training=False))), x2)]
        inputs = tf.keras.Input((4,))
        found.append(trained_model(tf.keras.Model(inputs, L.Dense(1)(base(inputs))), x2))
        class Net(tf.keras.Model):
            def __init__(self):
                super().__init__()
                self.base, self.head = base, L.Dense(2)
            def call(self, x, training=None):
                return self.head(self.base(x, training=training))
        net = fixed(Net(), x2)
        answer = found + [trained_model(net, x2)]
    """,
    "floats of other dtypes": """
        wide = tf.keras.Input((4,), dtype="float64")
        model = tf.keras.Model(wide, L.Dense(2)(wide))
        found = fixed(model, None).predict(x2.astype("float64"))
        layer = fixed(L.Dense(2, dtype="float64"), x2)
        answer = [found, model.output.dtype.name, layer(x2).dtype.name, layer(x2), L.Dense(2)(x2 * 1.0).dtype.name]
    """,
    "inputs": """
        inputs = tf.keras.Input((4,), 2, dtype=tf.int32)
        layer = L.InputLayer((3, 1), 5, name="images")
        answer = [list(inputs.shape), inputs.dtype.name, layer.get_config()]
    """,
    "weights": """
        class Own(L.Layer):
            def __init__(self):
                super().__init__(True, "own", tf.float32)
                self.a = self.add_weight("a", [2], initializer="ones", trainable=None, use_resource=True)
                self.b = self.add_weight(shape=(), trainable=False, initializer=tf.keras.initializers.Constant(3.0))
                self.c = tf.Variable([1.0, 2.0, 3.0], trainable=False)
        own = Own()
        answer = [own.name, own.trainable, own.dynamic, len(own.variables)]
        answer += [[w.numpy() for w in own.trainable_variables], [w.numpy() for w in own.non_trainable_variables]]
    """,
}

BEGINNING = """
import numpy as np
import tensorflow as tf
L = tf.keras.layers
rng = np.random.RandomState(1)
x2, x3, x4 = (rng.randn(*shape).astype("float32") for shape in ((4, 4), (2, 3, 4), (2, 3, 4, 3)))

def fixed(layer, example):
    if example is not None:
        layer(example)
    old = layer.get_weights()
    layer.set_weights([np.sin(np.arange(w.size) + i).reshape(w.shape) * 0.5 + 0.6 for i, w in enumerate(old)])
    return layer

def trained(layers, x):
    return trained_model(fixed(tf.keras.Sequential(layers), x), x)

def trained_model(model, x, fix=True):
    if fix:
        fixed(model, None)
    before = model.predict(x)
    y = [np.ones_like(part) for part in before] if isinstance(before, list) else np.ones_like(before)
    model.compile(tf.keras.optimizers.SGD(0.1), "mse")
    loss = model.train_on_batch(x, y)
    return [before, loss, model.get_weights(), model.predict(x), model.evaluate(x, y, verbose=0)]

def shown(layer):
    config = layer.get_config()
    config.pop("name")
    return config

def plain(value):
    if isinstance(value, dict):
        return {str(key): plain(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(part) for part in value]
    if hasattr(value, "numpy"):
        value = value.numpy()
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value
"""


def answer(program):
    """What a program answers; an error as a string."""
    space = {"__name__": "case"}
    exec(BEGINNING, space)
    try:
        exec(textwrap.dedent(program).strip(), space)
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return space["plain"](space["answer"])


def rounded(value):
    """Numbers to eight digits."""
    if isinstance(value, dict):
        return {key: rounded(part) for key, part in value.items()}
    if isinstance(value, list):
        return [rounded(part) for part in value]
    return float(f"{value:.8g}") if isinstance(value, float) else value


if __name__ == "__main__":
    with open(sys.argv[1], "w") as file:
        json.dump({name: rounded(answer(program)) for name, program in CASES.items()}, file)
        file.write("\n")
