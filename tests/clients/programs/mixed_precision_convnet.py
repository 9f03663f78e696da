"""A convnet in mixed precision, by `fit` with the policy 'mixed_float16', and by a loop that scales losses itself.

What float32 decides is printed as it is: dtypes, scales, counts of steps, losses of the second part, which computes in
float32 but for one layer. Sums of products in float16 are rounded in an order that is each machine's own, to three
decimals, and training carries that on: what comes of it is printed divided by 100, for a bound that is 100 times wider.
"""

import json

import numpy as np
import tensorflow as tf
from tensorflow.keras import layers
from tensorflow.keras.mixed_precision import experimental as mixed_precision

NUM_CLASSES = 4

rng = np.random.RandomState(0)


def make_images(n):
    labels = rng.randint(0, NUM_CLASSES, size=n)
    images = 0.1 * rng.randn(n, 8, 8, 1)
    for i, label in enumerate(labels):
        row, column = divmod(label, 2)
        images[i, 4 * row : 4 * row + 4, 4 * column : 4 * column + 4] += 1.0
    return images.astype("float32"), labels


x_train, y_train = make_images(96)
x_test, y_test = make_images(32)


def build_model():
    inputs = tf.keras.Input(shape=(8, 8, 1), name="images")
    x = layers.Conv2D(8, 3, padding="same", use_bias=False, name="conv")(inputs)
    x = layers.BatchNormalization(momentum=0.9, name="norm")(x)
    x = layers.Activation("relu")(x)
    x = layers.MaxPooling2D()(x)
    x = layers.Conv2D(8, 3, activation="relu", name="conv2")(x)
    x = layers.Flatten()(x)
    x = layers.Dropout(0.0)(x)
    x = layers.Dense(NUM_CLASSES, name="logits")(x)
    # Softmax is done in float32, for the sake of numeric stability.
    outputs = layers.Activation("softmax", dtype="float32", name="predictions")(x)
    model = tf.keras.Model(inputs, outputs)
    weights = np.random.RandomState(1)
    for v in model.trainable_variables:
        if "kernel" in v.name:
            v.assign((0.2 * weights.randn(*v.shape.as_list())).astype("float32"))
    return model


def hundredths(values):
    return [float(value) / 100 for value in values]


# ------------------------------------------------------------------------------------------------------- with fit

policy = mixed_precision.Policy("mixed_float16")
mixed_precision.set_policy(policy)
print("Compute dtype: %s" % policy.compute_dtype)
print("Variable dtype: %s" % policy.variable_dtype)

model = build_model()
model.compile(
    loss="sparse_categorical_crossentropy",
    optimizer=tf.keras.optimizers.RMSprop(learning_rate=0.003),
    metrics=["accuracy"],
)
before = model.evaluate(x_test, y_test, verbose=0)
history = model.fit(
    x_train, y_train, batch_size=16, epochs=2, shuffle=False, verbose=0, validation_data=(x_test, y_test)
)
answers = {
    "layers": [layer.name for layer in model.layers if layer.name in ("conv", "norm", "logits", "predictions")],
    "dtypes": [[layer.dtype, layer._compute_dtype] for layer in model.layers[1:]],
    "outputs": [layer.output.dtype.name for layer in model.layers],
    "weights": sorted({w.dtype.name for w in model.weights} | {w.dtype.name for w in model.get_weights()}),
    "policies": [layer.get_config()["dtype"] for layer in model.layers],
    "before": before[0],
    "losses": hundredths(history.history["loss"] + history.history["val_loss"]),
    "accuracy": history.history["val_accuracy"][-1],
    "scale": float(model.optimizer.loss_scale()),
    "iterations": int(model.optimizer.iterations),
    "learning_rate": float(model.optimizer.learning_rate),
    "optimizer": model.optimizer.get_config()["loss_scale"],
    "predictions": [str(model.predict(x_test).dtype), hundredths(model.predict(x_test).max(axis=-1)[:4])],
}
model.reset_metrics()
answers["on_batch"] = hundredths(model.train_on_batch(x_test, y_test))
loaded = tf.keras.models.model_from_json(model.to_json())
loaded.set_weights(model.get_weights())
answers["loaded"] = float(np.abs(loaded.predict(x_test) - model.predict(x_test)).max())

# ------------------------------------------------------------------------------------------- with a loop of its own

mixed_precision.set_policy("float32")


class Scored(tf.keras.Model):
    """In float32, but for a layer in the middle whose numbers are exact in float16."""

    def __init__(self):
        super(Scored, self).__init__()
        self.flatten = layers.Flatten()
        self.hidden = layers.Dense(16, activation="tanh")
        self.half = Half(dtype=mixed_precision.Policy("mixed_float16"))
        self.logits = layers.Dense(NUM_CLASSES)

    def call(self, x):
        return self.logits(self.half(self.hidden(self.flatten(x))))


class Half(layers.Layer):
    """Times weights that are powers of 2."""

    def build(self, input_shape):
        self.scale = self.add_weight("scale", input_shape[-1:], initializer="ones")
        self.seen = self.add_weight("seen", (), trainable=False, initializer="zeros", experimental_autocast=False)

    def call(self, x):
        self.seen.assign_add(1.0)
        self.read = [x.dtype.name, self.scale.dtype.name, self.seen.dtype.name]
        return x * self.scale


net = Scored()
net(x_train[:1])
weights = np.random.RandomState(2)
for v in net.trainable_variables:
    if "kernel" in v.name:
        v.assign((0.3 * weights.randn(*v.shape.as_list())).astype("float32"))

optimizer = tf.keras.optimizers.SGD(learning_rate=0.1, momentum=0.9)
optimizer = mixed_precision.LossScaleOptimizer(
    optimizer, tf.mixed_precision.experimental.DynamicLossScale(initial_loss_scale=1024.0, increment_period=4)
)
loss_object = tf.keras.losses.SparseCategoricalCrossentropy(from_logits=True)
train_dataset = tf.data.Dataset.from_tensor_slices((x_train, y_train)).batch(16)


@tf.function
def train_step(x, y, spoil):
    with tf.GradientTape() as tape:
        predictions = net(x)
        loss = loss_object(y, predictions) * spoil
        scaled_loss = optimizer.get_scaled_loss(loss)
    scaled_gradients = tape.gradient(scaled_loss, net.trainable_variables)
    gradients = optimizer.get_unscaled_gradients(scaled_gradients)
    optimizer.apply_gradients(zip(gradients, net.trainable_variables))
    return loss


steps = []
for _ in range(2):
    for i, (x, y) in enumerate(train_dataset):
        loss = train_step(x, y, tf.constant(np.inf if i == 2 else 1.0, tf.float32))
        steps.append(
            [
                -1.0 if i == 2 else float(loss),
                float(optimizer.loss_scale()),
                int(optimizer.iterations),
            ]
        )
answers["steps"] = steps
answers["kernel"] = float(tf.reduce_sum(tf.abs(net.logits.kernel)))
answers["read"] = net.half.read
answers["scale_weight"] = [net.half.scale.dtype.name, str(net.half.scale.numpy().dtype)]
answers["total"] = float(tf.reduce_sum(net.half.scale))
print(json.dumps(answers))
