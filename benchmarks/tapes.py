"""A training step in three ways: `train_on_batch`, a tape in a `tf.function`, and a tape at once.

    python benchmarks/tapes.py            # under TensorFlow
    kjax run benchmarks/tapes.py          # under kjax

Prints microseconds a step, the least of several rounds, for an MLP and a convolutional network.
"""

import json
import os
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np
import tensorflow as tf

ROUNDS, STEPS = 7, 20
layers = tf.keras.layers


def mlp():
    """An MLP, and a batch for it."""
    model = tf.keras.Sequential(
        [
            layers.Dense(256, activation="relu", input_shape=(64,)),
            layers.Dense(256, activation="relu"),
            layers.Dense(10),
        ]
    )
    return model, np.random.rand(64, 64).astype("float32"), np.random.rand(64, 10).astype("float32")


def convnet():
    """A small convolutional network, and a batch for it."""
    model = tf.keras.Sequential(
        [
            layers.Conv2D(16, 3, activation="relu", input_shape=(28, 28, 1)),
            layers.MaxPooling2D(),
            layers.Conv2D(32, 3, activation="relu"),
            layers.MaxPooling2D(),
            layers.Flatten(),
            layers.Dense(10),
        ]
    )
    return model, np.random.rand(32, 28, 28, 1).astype("float32"), np.random.rand(32, 10).astype("float32")


def least(step):
    """The least mean time of a round, in microseconds."""
    for _ in range(5):
        step()
    times = []
    for _ in range(ROUNDS):
        began = time.perf_counter()
        for _ in range(STEPS):
            step()
        times.append((time.perf_counter() - began) / STEPS * 1e6)
    return round(min(times))


def measured(make):
    """The three times."""
    model, x, y = make()
    model.compile(tf.keras.optimizers.Adam(), "mse")
    loss, optimizer = tf.keras.losses.MeanSquaredError(), tf.keras.optimizers.Adam()
    inputs, targets = tf.constant(x), tf.constant(y)

    def step():
        with tf.GradientTape() as tape:
            value = loss(targets, model(inputs, training=True))
        slopes = tape.gradient(value, model.trainable_variables)
        optimizer.apply_gradients(zip(slopes, model.trainable_variables))  # noqa: B905
        return value

    return {
        "train_on_batch": least(lambda: model.train_on_batch(x, y)),
        "function": least(tf.function(step)),
        "at once": least(step),
    }


if __name__ == "__main__":
    print(json.dumps({make.__name__: measured(make) for make in (mlp, convnet)}))
