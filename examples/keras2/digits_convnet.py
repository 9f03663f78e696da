"""Handwritten digits, told apart by a small convolutional network in Keras 2.3.1.

Reads the UCI digits that scikit-learn ships (1,797 images of 8x8 pixels), trains on images that are shifted and turned
a little, prints how many of the images it has not seen it gets right, and draws the course of the training and the
images that are hardest for it.

    kjax run examples/keras2/digits_convnet.py [--epochs 25] [--picture digits_convnet.png]
"""

import argparse

import matplotlib

matplotlib.use("Agg")  # a picture in a file; no window
import matplotlib.pyplot as plt
import numpy as np
from keras.callbacks import ReduceLROnPlateau
from keras.layers import BatchNormalization, Conv2D, Dense, Dropout, Flatten, MaxPooling2D
from keras.models import Sequential
from keras.preprocessing.image import ImageDataGenerator
from keras.utils import to_categorical
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split


def network():
    model = Sequential(
        [
            Conv2D(32, 3, padding="same", activation="relu", input_shape=(8, 8, 1)),
            BatchNormalization(momentum=0.9),
            Conv2D(32, 3, padding="same", activation="relu"),
            BatchNormalization(momentum=0.9),
            MaxPooling2D(),
            Conv2D(64, 3, padding="same", activation="relu"),
            BatchNormalization(momentum=0.9),
            Flatten(),
            Dropout(0.4),
            Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="categorical_crossentropy", metrics=["accuracy"])
    return model


def draw(history, images, labels, probabilities, accuracy, path):
    """The loss by epochs; and the images that the network is wrong about or least sure of."""
    guesses = probabilities.argmax(1)
    hardest = np.argsort(probabilities[np.arange(len(labels)), labels])[:12]
    figure = plt.figure(figsize=(11, 4), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=(1, 1.2))
    axes = left.subplots()
    epochs = range(1, len(history["loss"]) + 1)
    axes.semilogy(epochs, history["loss"], color="#33658a", label="training")
    axes.semilogy(epochs, history["val_loss"], color="#f26419", label="test")
    axes.set(xlabel="epoch", ylabel="loss", title=f"test accuracy {accuracy:.1%}")
    axes.legend()
    right.suptitle("the hardest of the test images")
    for place, i in zip(right.subplots(2, 6).flat, hardest, strict=True):
        place.imshow(images[i, :, :, 0], cmap="gray_r")
        place.set_axis_off()
        text = f"{guesses[i]}" if guesses[i] == labels[i] else f"{guesses[i]} (is {labels[i]})"
        place.set_title(text, fontsize=9, color="#2f7d32" if guesses[i] == labels[i] else "#c62828")
    figure.savefig(path, dpi=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=25, help="passes over the training images (default: 25)")
    parser.add_argument("--picture", default="digits_convnet.png", help="where to draw the result")
    options = parser.parse_args()

    np.random.seed(0)
    digits = load_digits()
    x_train, x_test, y_train, y_test = train_test_split(
        digits.images[..., None] / 16, digits.target, test_size=0.25, stratify=digits.target, random_state=0
    )
    model = network()
    model.summary()
    moved = ImageDataGenerator(width_shift_range=1, height_shift_range=1, rotation_range=8)
    history = model.fit_generator(
        moved.flow(x_train, to_categorical(y_train, 10), batch_size=64),
        epochs=options.epochs,
        validation_data=(x_test, to_categorical(y_test, 10)),
        callbacks=[ReduceLROnPlateau("loss", factor=0.5, patience=2)],
    )
    loss, accuracy = model.evaluate(x_test, to_categorical(y_test, 10), verbose=0)
    draw(history.history, x_test, y_test, model.predict(x_test), accuracy, options.picture)
    print(f"test loss {loss:.4f}, test accuracy {accuracy:.4f} on {len(x_test)} images not seen in training")
    print(f"picture: {options.picture}")


if __name__ == "__main__":
    main()
