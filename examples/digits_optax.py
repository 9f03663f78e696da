"""Handwritten digits, learned by a network of the Keras backend with an optimizer of optax.

The network is the one of `digits.py`. `kjax.pure` makes of its loss a function of the weights, which JAX differentiates
and compiles together with the optimizer: AdamW with a learning rate that rises and falls, and gradients that are
clipped. Random numbers, for dropout, come from a key of JAX.

    python examples/digits_optax.py [--epochs 40] [--picture digits_optax.png]
"""

import argparse

import jax
import numpy as np
import optax
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

import kjax
from digits import Network, draw
from kjax import backend as K


def build(pixels, classes):
    """The network's weights, and the function of images and labels that gives loss, accuracy and answers."""
    x = K.placeholder(shape=(None, pixels), name="images")
    y = K.placeholder(shape=(None,), dtype="int32", name="labels")
    network = Network(pixels, 256, classes)
    answers = network(x)
    loss = K.mean(K.sparse_categorical_crossentropy(y, answers))
    accuracy = K.mean(K.cast(K.equal(K.argmax(answers), K.cast(y, "int64")), "float32"))
    return network.weights, K.function([x, y, K.learning_phase()], [loss, accuracy, answers])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=40, help="passes over the training images (default: 40)")
    parser.add_argument("--picture", default="digits_optax.png", help="where to draw the result")
    options = parser.parse_args()

    np.random.seed(0)
    digits = load_digits()
    x_train, x_test, y_train, y_test = train_test_split(
        (digits.data / 16).astype("float32"), digits.target, test_size=0.25, stratify=digits.target, random_state=0
    )
    weights, evaluate = build(x_train.shape[1], 10)
    network = kjax.pure(evaluate)
    batch = 64
    steps = options.epochs * (len(x_train) // batch)
    rate = optax.warmup_cosine_decay_schedule(0.0, 5e-3, steps // 10, steps)
    optimizer = optax.chain(optax.clip_by_global_norm(1.0), optax.adamw(rate, weight_decay=1e-3))

    @jax.jit
    def step(state, optimizer_state, x, y, key):
        def loss(state):
            (value, *_), _ = network(state, [x, y], learning_phase=1, key=key)
            return value

        value, slopes = jax.value_and_grad(loss)(state)
        changes, optimizer_state = optimizer.update(slopes, optimizer_state, state)
        return optax.apply_updates(state, changes), optimizer_state, value

    state = network.get_state(weights)
    optimizer_state = optimizer.init(state)
    keys = iter(jax.random.split(jax.random.key(0), steps))
    losses = []
    for epoch in range(options.epochs):
        order = np.random.permutation(len(x_train))[: len(x_train) // batch * batch].reshape(-1, batch)
        for picked in order:
            state, optimizer_state, value = step(state, optimizer_state, x_train[picked], y_train[picked], next(keys))
        losses.append(value)
        if epoch % 10 == 9 or epoch + 1 == options.epochs:
            print(f"epoch {epoch + 1}: training loss {value:.4f}")
    network.set_state(state)  # from here on K has the weights

    loss, accuracy, probabilities = evaluate([x_test, y_test])
    draw(losses, x_test, y_test, probabilities, accuracy, options.picture)
    print(f"test loss {loss:.4f}, test accuracy {accuracy:.4f} on {len(x_test)} images not seen in training")
    print(f"picture: {options.picture}")


if __name__ == "__main__":
    main()
