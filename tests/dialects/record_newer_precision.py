"""Small programs about mixed precision, as TensorFlow 2.2 and kjax run them: each sets `answer`.

`python record_newer_precision.py ANSWERS [GROUP …]` runs them and writes their answers as JSON: under TensorFlow 2.2
those that the tests expect (`answers/newer_precision.json`), under `kjax run` those that they compare.
"""

import json
import sys

import record_newer_layers as programs

# Layers, and what they are called on.
LAYERS = {
    "dense": ("Dense(3, activation='relu')", "x2"),
    "convolution": ("Conv2D(2, 2)", "x4"),
    "separable convolution": ("SeparableConv2D(2, 2)", "x4"),
    "batch normalisation": ("BatchNormalization()", "x2, training=True"),
    "batch normalisation of images at rest": ("BatchNormalization()", "x4"),
    "layer normalisation": ("LayerNormalization()", "x3"),
    "noise": ("GaussianNoise(0.0)", "x2, training=True"),
    "attention": ("Attention(use_scale=True)", "[x3, x3]"),
    "embedding": ("Embedding(3, 2)", "np.array([[1, 2], [0, 1]])"),
    "recurrence": ("LSTM(2, return_sequences=True)", "x3"),
    "gated recurrence": ("GRU(2)", "x3"),
    "recurrence both ways": ("Bidirectional(L.SimpleRNN(2))", "x3"),
    "recurrence over images": ("ConvLSTM2D(1, 2)", "np.stack([x4, x4], 1)"),
    "rows of sequences": ("TimeDistributed(L.Dense(2))", "x3"),
    "softmax": ("Activation('softmax', dtype='float32')", "x2"),
    "pooling": ("AveragePooling2D((1, 2))", "x4"),
    "slope": ("PReLU()", "x2"),
    "sum": ("Add()", "[x2, x2]"),
}
POLICIES = ("mixed_float16", "mixed_bfloat16", "float16", "float64")
BEYOND = ("batch normalisation of images at rest, float64",)  # TensorFlow 2.2 has no kernel for it

CASES = {
    f"{name}, {policy}": f"""
        mp.set_policy({policy!r})
        layer = L.{layer}
        layer({inputs})
        found = fixed(layer, None)({inputs})
        weights = [weight.dtype.name for weight in layer.weights]
        answer = [found.dtype.name, tf.cast(found, "float64"), weights, layer.dtype, layer._compute_dtype]
    """
    for name, (layer, inputs) in LAYERS.items()
    for policy in POLICIES
    if f"{name}, {policy}" not in BEYOND
}

OTHERS = {
    "policies": """
        names = "mixed_float16", "mixed_bfloat16", "float16", "float64", "infer", "int32"
        named = [mp.Policy(name) for name in names]
        named += [mp.Policy("mixed_float16", loss_scale=scale) for scale in (8, None, "dynamic")]
        attributes = [[p.name, p.compute_dtype, p.variable_dtype, p.should_cast_variables, repr(p)] for p in named]
        again = [mp.Policy.from_config(p.get_config()).get_config() == p.get_config() for p in named]
        answer = [attributes, again, [p.get_config() for p in named]]
    """,
    "no policies": """
        answer = [
            refused(lambda wrong=wrong: mp.Policy(wrong))
            for wrong in ("half", 3, tf.float32, None, "float16_with_float32_vars")
        ]
        answer += [refused(lambda: mp.set_policy("half")), refused(lambda: mp.get_layer_policy(3))]
    """,
    "the policy of all layers": """
        answer = [mp.global_policy().name]
        for policy in ("mixed_bfloat16", mp.Policy("float64"), None):
            mp.set_policy(policy)
            layer = L.Dense(2)
            answer.append([mp.global_policy().name, mp.get_layer_policy(layer).name, layer.dtype])
    """,
    "the policy of a layer": """
        policies = ["float64", mp.Policy("mixed_float16"), mp.Policy("float16", loss_scale=8), tf.float64]
        made = [L.Dense(2, dtype=policy) for policy in policies]
        again = [L.Dense.from_config(layer.get_config()) for layer in made]
        answer = [[layer.get_config()["dtype"], layer.dtype, layer._compute_dtype] for layer in made + again]
        mp.set_policy("mixed_float16")
        inputs = tf.keras.Input((2,))
        answer += [inputs.dtype.name, tf.keras.Input((2,), dtype="float64").dtype.name, L.Dense(2)(inputs).dtype.name]
        answer += [tf.keras.metrics.Mean().dtype, L.Embedding(2, 2)._compute_dtype]
        answer += [type(L.LSTM(2).get_config()["dtype"]).__name__, L.LSTM(2, dtype="float64").cell.dtype]
    """,
    "a layer of a program": """
        class Own(L.Layer):
            def build(self, input_shape):
                self.kernel = self.add_weight("kernel", (4, 2), initializer="ones")
                self.exact = self.add_weight("exact", (), initializer="ones", experimental_autocast=False)
                self.count = self.add_weight("count", (), dtype="int32", initializer="zeros", trainable=False)
                self.total = self.add_weight("total", (), initializer="zeros", trainable=False)
                self.parts = {"a": [self.add_weight("part", (2,), initializer="ones")]}
                self.variable = tf.Variable(1.0)
            def call(self, inputs, other=None):
                first, second = inputs
                self.seen = [first.dtype.name, second.dtype.name, other.dtype.name, self.kernel.dtype.name]
                self.seen += [self.exact.dtype.name, self.count.dtype.name, self.parts["a"][0].dtype.name]
                self.seen += [self.variable.dtype.name, tf.keras.backend.floatx()]
                self.seen += [(first + self.kernel[0, 0]).dtype.name]
                self.total.assign_add(tf.cast(tf.reduce_sum(first), "float32"))
                return tf.matmul(first, self.kernel) * self.parts["a"][0]

        answer = []
        for policy in ("mixed_float16", "mixed_bfloat16", "float32"):
            layer = Own(dtype=mp.Policy(policy))
            found = [layer([x2, tf.constant([1, 2])], other=tf.constant(1.0)) for _ in range(2)][1]
            answer.append([found.dtype.name, layer.seen, [w.dtype.name for w in layer.weights]])
            answer.append([layer.kernel.dtype.name, str(layer.kernel.numpy().dtype), len(layer.trainable_weights)])
        layer = Own(dtype=mp.Policy("mixed_float16"))
        layer([tf.ones((1, 4)), tf.constant([1, 2])], other=tf.constant(1.0))
        answer.append(float(layer.total.numpy()))
    """,
    "a model of a program": """
        class Net(tf.keras.Model):
            def __init__(self):
                super().__init__()
                self.hidden, self.out = L.Dense(3), L.Dense(2, dtype="float32")
                self.factor = self.add_weight("factor", (), initializer="ones")
            def call(self, x):
                self.seen = [x.dtype.name, self.factor.dtype.name]
                hidden = self.hidden(x) * self.factor
                self.seen += [hidden.dtype.name]
                return self.out(hidden)

        mp.set_policy("mixed_float16")
        net = Net()
        answer = [net(x2).dtype.name, net.seen, net.dtype, net._compute_dtype, net.factor.dtype.name, net(x2).shape[1]]
        answer += [net.predict(x2).dtype, sorted({w.dtype.name for w in net.weights})]
        answer[6] = str(answer[6])
    """,
    "inputs of other dtypes": """
        narrow = tf.keras.Input((4,), dtype="float16")
        wide = tf.keras.Input((4,), dtype="float64")
        model = tf.keras.Model([narrow, wide], L.Add()([narrow, L.Dense(4)(wide)]))
        answer = [[layer.dtype for layer in model.layers], model([x2, x2]).dtype.name]
        answer += [str(model.predict([x2, x2]).dtype), [type(layer).__name__ for layer in model.layers]]
    """,
}

# (Numbers of float16 that are too large in TensorFlow's batch normalisation are not so in kjax's.)
TRAINED = {
    "half": ("[L.Dense(3, activation='tanh', input_shape=(4,)), L.Dense(2)]", "mixed_float16", ""),
    "half with penalties": (
        "[L.Dense(3, input_shape=(4,), kernel_regularizer='l2', activity_regularizer='l2'), L.BatchNormalization(),"
        "L.Dense(2)]",
        "mixed_float16",
        ", loss_scale=8",
    ),
    "full at the end": (
        "[L.Dense(3, activation='tanh', input_shape=(4,)), L.Dropout(0.0), L.Dense(2, dtype='float32')]",
        "mixed_float16",
        "",
    ),
    "full at the end after bfloat16": (
        "[L.Dense(3, activation='tanh', input_shape=(4,)), L.Dropout(0.0), L.Dense(2, dtype='float32')]",
        "mixed_bfloat16",
        "",
    ),
    "recurrent": ("[L.Reshape((2, 2), input_shape=(4,)), L.LSTM(3), L.Dense(2)]", "mixed_float16", ""),
}
TRAINING = {
    name: f"""
        mp.set_policy(mp.Policy({policy!r}{scale}))
        model = fixed(tf.keras.Sequential({layers}), None)
        model.compile(tf.keras.optimizers.SGD(0.1, momentum=0.5), "mse", metrics=["mae"])
        y = np.ones((4, 2), "float32")
        answer = [model.output.dtype.name, str(model.predict(x2).dtype), type(model.optimizer).__name__]
        answer += [model.fit(x2, y, batch_size=2, epochs=2, shuffle=False, verbose=0).history["loss"]]
        answer += [model.evaluate(x2, y, verbose=0), [layer.output.dtype.name for layer in model.layers]]
        weights = model.get_weights()
        answer += [[str(w.dtype) for w in weights], weights, int(model.optimizer.iterations)]
        path = tempfile.mkdtemp() + "/model.h5"
        model.save(path)
        loaded = tf.keras.models.load_model(path)
        answer += [[layer.get_config()["dtype"] for layer in loaded.layers], type(loaded.optimizer).__name__]
        answer += [float(np.abs(loaded.predict(x2) - model.predict(x2)).max())]
    """
    for name, (layers, policy, scale) in TRAINED.items()
}


def steps_of(apply):
    """A program that applies gradients, some of which are not finite."""
    return f"""
        answer = []
        for inner in (tf.keras.optimizers.SGD(0.5, momentum=0.5), tf.keras.optimizers.Adam(0.1)):
            u, v = tf.Variable([1.0, 2.0]), tf.Variable(3.0)
            scale = tf.mixed_precision.experimental.DynamicLossScale(8.0, increment_period=2)
            optimizer = mp.LossScaleOptimizer(inner, scale)
            def apply(a, b):
                optimizer.apply_gradients([(a, u), (b, v)])
                return u + v
            step = {apply}
            for a, b in ((1, 1), (2, np.inf), (np.nan, 1), (1, 1), (2, 2), (1, 3)):
                step(tf.constant([1.0, a]), tf.constant(float(b)))
                answer.append([u.numpy(), v.numpy(), float(optimizer.loss_scale()), int(optimizer.iterations)])
            answer.append([optimizer.get_weights(), len(optimizer.variables()), optimizer.get_slot_names()])
    """


SCALES = {
    "optimizers that scale": """
        fixed_one = mp.LossScaleOptimizer(tf.keras.optimizers.SGD(0.5), 8)
        scale = tf.mixed_precision.experimental.DynamicLossScale(4, 3)
        changing = mp.LossScaleOptimizer(tf.keras.optimizers.Adam(0.25), scale)
        answer = [changing.loss_scale is scale]
        for optimizer in (fixed_one, changing):
            config = tf.keras.optimizers.serialize(optimizer)
            config["config"]["optimizer"]["config"].pop("learning_rate")
            again = tf.keras.optimizers.get(tf.keras.optimizers.serialize(optimizer))
            answer += [config, type(again).__name__, repr(again.loss_scale)]
            loss, grads = optimizer.get_scaled_loss(tf.constant([1.0, 2.0])), [tf.constant(8.0, "float16"), None]
            answer += [loss, optimizer.get_scaled_loss(lambda: tf.constant(1.0, "float16"))()]
            answer += [optimizer.get_unscaled_gradients(grads), float(optimizer.learning_rate), float(optimizer.lr)]
            optimizer.learning_rate = 0.125
            answer += [float(optimizer._optimizer.learning_rate), int(optimizer.iterations)]
    """,
    "what can't be wrapped": """
        SGD, LossScaleOptimizer = tf.keras.optimizers.SGD, mp.LossScaleOptimizer
        attempts = [lambda: LossScaleOptimizer(3, 8), lambda: LossScaleOptimizer(SGD(), None)]
        attempts += [lambda: LossScaleOptimizer(SGD(), "half"), lambda: LossScaleOptimizer(SGD(), 0.5)]
        attempts += [lambda: LossScaleOptimizer(SGD(clipnorm=1.0), 8)]
        attempts += [lambda: LossScaleOptimizer(SGD(clipvalue=1.0), 8)]
        optimizer = LossScaleOptimizer(SGD(), 8)
        attempts += [lambda: optimizer.get_slot(None, "m"), lambda: optimizer.add_slot(None, "m")]
        attempts += [lambda: optimizer.beta]
        attempts += [lambda: optimizer.apply_gradients([(None, tf.Variable(1.0))])]
        answer = [refused(attempt) for attempt in attempts]
    """,
    "steps": steps_of("apply"),
    "steps in a function": steps_of("tf.function(apply)"),
    "steps of minimize": """
        v = tf.Variable([1.0, 2.0])
        optimizer = mp.LossScaleOptimizer(tf.keras.optimizers.Adam(0.1), "dynamic")
        answer = []
        for factor in (1.0, np.inf, 2.0):
            optimizer.minimize(lambda: tf.reduce_sum(v ** 2) * factor, [v])
            answer.append([v.numpy(), int(optimizer.iterations), float(optimizer.loss_scale())])
            answer.append(optimizer.get_weights())
    """,
    "a loss too large for float16": """
        mp.set_policy("mixed_float16")
        model = fixed(tf.keras.Sequential([L.Dense(2, input_shape=(4,))]), None)
        model.compile(tf.keras.optimizers.SGD(0.125), "mse")
        answer = [model.train_on_batch(x2, 16 * np.ones((4, 2)))]
        answer += [float(model.optimizer.loss_scale()), int(model.optimizer.iterations), model.get_weights()[1]]
        model.reset_metrics()
        for _ in range(12):
            model.train_on_batch(x2, 16 * np.ones((4, 2)))
        answer += [float(model.optimizer.loss_scale()), int(model.optimizer.iterations)]
    """,
    "a step of a program": """
        class Net(tf.keras.Sequential):
            def train_step(self, data):
                x, y = data
                with tf.GradientTape() as tape:
                    loss = self.compiled_loss(y, self(x, training=True), regularization_losses=self.losses)
                    scaled = self.optimizer.get_scaled_loss(loss)
                grads = tape.gradient(scaled, self.trainable_variables)
                grads = self.optimizer.get_unscaled_gradients(grads)
                self.optimizer.apply_gradients(zip(grads, self.trainable_variables))
                return {metric.name: metric.result() for metric in self.metrics}

        mp.set_policy("mixed_float16")
        net = Net([L.Dense(3, kernel_regularizer="l2", input_shape=(4,)), L.Dense(2, dtype="float32")])
        fixed(net, None)
        net.compile(tf.keras.optimizers.SGD(0.1), "mse")
        losses = net.fit(x2, np.ones((4, 2)), batch_size=2, epochs=2, shuffle=False, verbose=0).history["loss"]
        answer = [losses, net.get_weights(), int(net.optimizer.iterations)]
    """,
    "graphs that are rewritten": """
        e = tf.train.experimental
        optimizer = e.enable_mixed_precision_graph_rewrite(tf.keras.optimizers.SGD(0.1), loss_scale=8)
        answer = [type(optimizer).__name__, repr(optimizer.loss_scale), refused(lambda: mp.set_policy("mixed_float16"))]
        e.disable_mixed_precision_graph_rewrite()
        mp.set_policy("mixed_float16")
        answer += [refused(lambda: e.enable_mixed_precision_graph_rewrite(tf.keras.optimizers.SGD(0.1)))]
        mp.set_policy(None)
        answer += [type(e.enable_mixed_precision_graph_rewrite(tf.keras.optimizers.SGD(0.1))).__name__]
        v = tf.keras.Sequential([L.Dense(1, input_shape=(2,))])
        answer += [v(x2[:, :2]).dtype.name]
        e.disable_mixed_precision_graph_rewrite()
    """,
}

BEGINNING = """
import tempfile
mp = tf.keras.mixed_precision.experimental
mp.set_policy(None)

def refused(call):
    try:
        call()
    except (TypeError, ValueError, AttributeError) as error:
        return type(error).__name__
    return "done"
"""

programs.BEGINNING += BEGINNING

GROUPS = {"layers": CASES, "policies": OTHERS, "training": TRAINING, "scales": SCALES}


def main(path, *groups):
    answers = {
        f"{group}: {name}": programs.rounded(programs.answer(program))
        for group in groups or GROUPS
        for name, program in GROUPS[group].items()
    }
    with open(path, "w") as file:
        json.dump(answers, file)
        file.write("\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
