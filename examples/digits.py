"""Handwritten digits, learned with nothing but the Keras backend.

Reads the UCI digits that scikit-learn ships (1,797 images of 8x8 pixels), trains a network of two layers with Adam,
prints how many of the images it has not seen it gets right, and draws the loss and some of its answers.

    python examples/digits.py [--epochs 40] [--picture digits.png]
"""

import argparse

import matplotlib

matplotlib.use("Agg")  # a picture in a file; no window
import matplotlib.pyplot as plt
import numpy as np
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from tqdm import tqdm

from kjax import backend as K


class Network:
    """Two dense layers with dropout between them."""

    def __init__(self, inputs, hidden, classes):
        self.weights = [
            K.random_normal_variable((inputs, hidden), 0.0, np.sqrt(2 / inputs), name="hidden/kernel"),
            K.zeros((hidden,), name="hidden/bias"),
            K.random_normal_variable((hidden, classes), 0.0, np.sqrt(1 / hidden), name="classes/kernel"),
            K.zeros((classes,), name="classes/bias"),
        ]

    def __call__(self, x):
        """The probability of each class."""
        kernel_1, bias_1, kernel_2, bias_2 = self.weights
        hidden = K.relu(K.dot(x, kernel_1) + bias_1)
        hidden = K.in_train_phase(lambda: K.dropout(hidden, 0.5), hidden)
        return K.softmax(K.dot(hidden, kernel_2) + bias_2)


def adam(loss, weights, step, rate, beta_1=0.9, beta_2=0.999):
    """The updates of Adam (Kingma & Ba 2015, algorithm 1), for the learning rate of each step, counted from 1."""
    updates = []
    rate = rate * K.sqrt(1.0 - K.pow(beta_2, step)) / (1.0 - K.pow(beta_1, step))
    for weight, slope in zip(weights, K.gradients(loss, weights), strict=True):
        mean, square = K.zeros(K.int_shape(weight)), K.zeros(K.int_shape(weight))
        # (Beside a symbolic tensor a variable is read at each run; `beta_1 * mean` alone would be computed here, once.)
        new_mean = mean + (1.0 - beta_1) * (slope - mean)
        new_square = square + (1.0 - beta_2) * (K.square(slope) - square)
        updates += [
            K.update(mean, new_mean),
            K.update(square, new_square),
            K.update(weight, weight - rate * new_mean / (K.sqrt(new_square) + K.epsilon())),
        ]
    return updates


def build(pixels, classes):
    """The compiled functions `train`, `test` and `classify`."""
    x = K.placeholder(shape=(None, pixels), name="images")
    y = K.placeholder(shape=(None,), dtype="int64", name="labels")
    step, rate = K.placeholder(shape=(), name="step"), K.placeholder(shape=(), name="rate")
    network = Network(pixels, 256, classes)
    answers = network(x)
    loss = K.mean(K.sparse_categorical_crossentropy(y, answers))
    accuracy = K.mean(K.cast(K.equal(K.argmax(answers), y), "float32"))
    updates = adam(loss, network.weights, step, rate)
    train = K.function([x, y, step, rate, K.learning_phase()], [loss, accuracy], updates=updates)
    test = K.function([x, y], [loss, accuracy])
    classify = K.function([x], [answers])
    return train, test, classify


def fit(train, x, y, epochs, batch=64, rate=5e-3):
    """Train, with a progress bar and a learning rate that falls to 0; gives the mean loss of each epoch."""
    losses = []
    bar = tqdm(range(epochs), unit="epoch", desc="training")
    step, steps = 0, epochs * (len(x) // batch)
    for _ in bar:
        order = np.random.permutation(len(x))
        results = []
        for start in range(0, len(x) - batch + 1, batch):
            picked = order[start : start + batch]
            step += 1
            results.append(train([x[picked], y[picked], step, rate * np.cos(np.pi / 2 * step / steps), 1]))
        loss, accuracy = np.mean(results, axis=0)
        losses.append(loss)
        bar.set_postfix(loss=f"{loss:.4f}", accuracy=f"{accuracy:.3f}")
    return losses


def draw(losses, images, labels, probabilities, accuracy, path):
    """The loss of each epoch, and some digits with the network's answers."""
    guesses = probabilities.argmax(1)
    # The mistakes first, which are more instructive than the right answers.
    order = np.argsort(guesses == labels, kind="stable")[:24]
    figure = plt.figure(figsize=(11, 4.2), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.3))
    axes = left.subplots()
    axes.semilogy(range(1, len(losses) + 1), losses, color="#33658a")
    axes.set(xlabel="epoch", ylabel="training loss", title=f"test accuracy {accuracy:.1%}")
    axes.grid(alpha=0.3)
    for place, i in zip(right.subplots(4, 6).flat, order, strict=True):
        place.imshow(images[i].reshape(8, 8), cmap="gray_r")
        place.set_axis_off()
        right_answer = guesses[i] == labels[i]
        text = f"{guesses[i]}" if right_answer else f"{guesses[i]} (is {labels[i]})"
        place.set_title(text, fontsize=9, color="#2f7d32" if right_answer else "#c62828")
    figure.savefig(path, dpi=120)


def main():
    """The whole program."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=40, help="passes over the training images (default: 40)")
    parser.add_argument("--picture", default="digits.png", help="where to draw the result (default: digits.png)")
    options = parser.parse_args()

    np.random.seed(0)
    digits = load_digits()
    x_train, x_test, y_train, y_test = train_test_split(
        digits.data / 16, digits.target, test_size=0.25, stratify=digits.target, random_state=0
    )
    train, test, classify = build(x_train.shape[1], 10)
    losses = fit(train, x_train, y_train, options.epochs)
    loss, accuracy = test([x_test, y_test])
    (probabilities,) = classify([x_test])
    draw(losses, x_test, y_test, probabilities, accuracy, options.picture)
    print(f"test loss {loss:.4f}, test accuracy {accuracy:.4f} on {len(x_test)} images not seen in training")
    print(f"picture: {options.picture}")


if __name__ == "__main__":
    main()
