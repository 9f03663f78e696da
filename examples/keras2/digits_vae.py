"""A variational autoencoder that lays handwritten digits out on a map; in Keras 2.3.1.

Reads the UCI digits that scikit-learn ships (1,797 images of 8x8 pixels). The encoder gives each image a place on a
plane, the decoder draws an image for each place (Kingma & Welling 2013). Prints how much is lost of images that it has
not seen and how often their neighbours on the map are the same digit, and draws the map and the digits along it.

    kjax run examples/keras2/digits_vae.py [--epochs 80] [--picture digits_vae.png]
"""

import argparse

import matplotlib

matplotlib.use("Agg")  # a picture in a file; no window
import matplotlib.pyplot as plt
import numpy as np
from keras import backend as K
from keras.layers import Dense, Input, Lambda
from keras.losses import binary_crossentropy
from keras.models import Model, Sequential
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

PIXELS = 64
PLANE = 2


def sample(parameters):
    """A random point near the mean, so that the decoder learns to draw the points between, too."""
    mean, log_variance = parameters
    return mean + K.exp(log_variance / 2) * K.random_normal(K.shape(mean))


def lost(image, drawn):
    """The reconstruction error, summed over the pixels."""
    return PIXELS * binary_crossentropy(image, drawn)


def networks():
    """The encoder, the decoder, and both as one model, which is trained."""
    image = Input((PIXELS,))
    hidden = Dense(128, activation="relu")(Dense(256, activation="relu")(image))
    mean, log_variance = Dense(PLANE, name="mean")(hidden), Dense(PLANE, name="log_variance")(hidden)
    place = Lambda(sample, output_shape=(PLANE,))([mean, log_variance])
    decoder = Sequential(
        [
            Dense(128, activation="relu", input_shape=(PLANE,)),
            Dense(256, activation="relu"),
            Dense(PIXELS, activation="sigmoid"),
        ],
        name="decoder",
    )
    drawn = decoder(place)
    model = Model(image, drawn)
    # How far the places of one image are spread and from the middle, as a divergence from the normal distribution.
    model.add_loss(K.mean(-0.5 * K.sum(1 + log_variance - K.square(mean) - K.exp(log_variance), axis=-1)))
    model.compile(optimizer="adam", loss=lost)
    return Model(image, mean), decoder, model


def draw(history, places, labels, decoder, path):
    """The loss by epochs, the points of unseen images, and the decoder's drawings across the plane."""
    figure, (left, middle, right) = plt.subplots(1, 3, figsize=(14, 4.4), layout="constrained")
    epochs = range(1, len(history["loss"]) + 1)
    left.plot(epochs, history["loss"], color="#33658a", label="training")
    left.plot(epochs, history["val_loss"], color="#f26419", label="test")
    left.set(xlabel="epoch", ylabel="loss")
    left.legend()
    dots = middle.scatter(*places.T, c=labels, cmap="tab10", s=9)
    middle.legend(*dots.legend_elements(), fontsize=7)
    middle.set(title="where unseen digits are put")
    count = 12
    steps = np.linspace(-2.2, 2.2, count)
    plane = np.array([[x, y] for y in steps[::-1] for x in steps])
    images = np.pad(decoder.predict(plane).reshape(count, count, 8, 8), ((0, 0), (0, 0), (1, 1), (1, 1)))
    right.imshow(np.block([list(row) for row in images]), cmap="gray_r", extent=(-2.2, 2.2, -2.2, 2.2))
    right.set(title="what is drawn at each place")
    figure.savefig(path, dpi=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=80, help="passes over the training images (default: 80)")
    parser.add_argument("--picture", default="digits_vae.png", help="where to draw the result")
    options = parser.parse_args()

    np.random.seed(0)
    digits = load_digits()
    x_train, x_test, y_train, y_test = train_test_split(
        digits.data / 16, digits.target, test_size=0.25, stratify=digits.target, random_state=0
    )
    encoder, decoder, model = networks()
    model.summary()
    history = model.fit(x_train, x_train, batch_size=32, epochs=options.epochs, validation_data=(x_test, x_test))
    places = encoder.predict(x_test)
    draw(history.history, places, y_test, decoder, options.picture)
    neighbours = KNeighborsClassifier(5).fit(encoder.predict(x_train), y_train).score(places, y_test)
    loss = model.evaluate(x_test, x_test, verbose=0)
    print(f"test loss {loss:.3f}; {neighbours:.4f} of {len(x_test)} unseen digits lie among their like")
    print(f"picture: {options.picture}")


if __name__ == "__main__":
    main()
