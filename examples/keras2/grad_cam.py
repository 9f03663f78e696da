"""Where a convolutional network looks: Grad-CAM and saliency by `K.gradients` and `K.function`, in Keras 2.3.1.

Puts handwritten digits (the UCI digits that scikit-learn ships) somewhere into larger images, among scraps of other
digits, and trains a network to name the whole one. It is never told where that is. Grad-CAM (Selvaraju et al. 2017)
weights the last convolution's features by the gradient of the answer, saliency (Simonyan et al. 2013) is its gradient
by the pixels: both show which pixels decide. Prints the accuracy, and how often a map's summit is on the digit.

    kjax run examples/keras2/grad_cam.py [--epochs 12] [--images 4000] [--picture grad_cam.png]
"""

import argparse

import matplotlib

matplotlib.use("Agg")  # a picture in a file; no window
import matplotlib.pyplot as plt
import numpy as np
from keras import backend as K
from keras.layers import Conv2D, Dense, GlobalAveragePooling2D, Input, MaxPooling2D
from keras.models import Model
from scipy.ndimage import zoom
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split

SIDE = 24  # of the larger images
DIGIT = 8


def scenes(digits, labels, count, random):
    """Larger images with a digit somewhere and scraps of four others, the digits' names, and where they are."""
    images = np.zeros((count, SIDE, SIDE, 1), "float32")
    chosen = random.randint(len(digits), size=count)
    corners = random.randint(SIDE - DIGIT + 1, size=(count, 2))
    for image, which, (top, left) in zip(images, chosen, corners, strict=True):
        for scrap in digits[random.randint(len(digits), size=4)]:
            row, column = random.randint(SIDE - 3, size=2)
            a, b = random.randint(DIGIT - 3, size=2)
            image[row : row + 3, column : column + 3, 0] = scrap[a : a + 3, b : b + 3]
        image[top : top + DIGIT, left : left + DIGIT, 0] = digits[which]
    images += random.uniform(0, 0.1, images.shape)
    return images, labels[chosen], corners


def network():
    image = Input((SIDE, SIDE, 1))
    x = Conv2D(32, 3, padding="same", activation="relu")(image)
    x = Conv2D(32, 3, padding="same", activation="relu")(x)
    x = MaxPooling2D()(x)
    x = Conv2D(64, 3, padding="same", activation="relu")(x)
    x = Conv2D(64, 3, padding="same", activation="relu", name="features")(x)
    answer = Dense(10, activation="softmax")(GlobalAveragePooling2D()(x))
    model = Model(image, answer)
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def explanations(model):
    """A function of images: the probabilities, the Grad-CAM of the answer, and its saliency."""
    features = model.get_layer("features").output
    # The network's own answer, whatever is right: the largest probability of each image.
    score = K.sum(K.log(K.max(model.output, axis=-1)))
    by_features, by_pixels = K.gradients(score, [features, model.input])
    weights = K.mean(by_features, axis=(1, 2), keepdims=True)
    cam = K.relu(K.sum(weights * features, axis=-1))
    return K.function([model.input], [model.output, cam, K.max(K.abs(by_pixels), axis=-1)])


def on_the_digit(maps, corners):
    """Which maps have their summit within the digit."""
    scale = SIDE / maps.shape[1]
    summits = np.array([np.unravel_index(one.argmax(), one.shape) for one in maps]) * scale + (scale - 1) / 2
    return ((summits >= corners - 0.5) & (summits <= corners + DIGIT - 0.5)).all(axis=1)


def draw(images, labels, answers, cams, saliencies, path, count=8):
    figure, rows = plt.subplots(3, count, figsize=(1.5 * count, 4.9), layout="constrained")
    for column in range(count):
        image = images[column, :, :, 0]
        cam = zoom(cams[column] / (cams[column].max() + 1e-9), SIDE / cams.shape[1], order=1)
        for row, heat in zip(rows[:, column], (None, cam, saliencies[column]), strict=True):
            row.imshow(image, cmap="gray_r")
            if heat is not None:
                row.imshow(heat, cmap="jet", alpha=0.5)
            row.set(xticks=[], yticks=[])
        right = answers[column] == labels[column]
        text = f"{answers[column]}" if right else f"{answers[column]} (is {labels[column]})"
        rows[0, column].set_title(text, color="#2f7d32" if right else "#c62828")
    for row, name in zip(rows[:, 0], ("image", "Grad-CAM", "saliency"), strict=True):
        row.set_ylabel(name)
    figure.savefig(path, dpi=120)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--epochs", type=int, default=12, help="passes over the training images (default: 12)")
    parser.add_argument("--images", type=int, default=4000, help="how many to train on (default: 4000)")
    parser.add_argument("--picture", default="grad_cam.png", help="where to draw the result")
    options = parser.parse_args()

    np.random.seed(0)
    random = np.random.RandomState(0)
    data = load_digits()
    train, test, train_labels, test_labels = train_test_split(
        data.images / 16, data.target, test_size=0.25, stratify=data.target, random_state=0
    )
    x, y, _ = scenes(train, train_labels, options.images, random)
    x_test, y_test, corners = scenes(test, test_labels, 500, random)
    model = network()
    model.summary()
    model.fit(x, y, batch_size=32, epochs=options.epochs, validation_data=(x_test, y_test))
    probabilities, cams, saliencies = explanations(model)([x_test])
    answers = probabilities.argmax(1)
    draw(x_test, y_test, answers, cams, saliencies, options.picture)
    share = (DIGIT / SIDE) ** 2
    print(f"test accuracy {np.mean(answers == y_test):.4f} on {len(x_test)} images of digits not seen in training")
    print(
        f"the summit lies on the digit in {np.mean(on_the_digit(cams, corners)):.4f} (Grad-CAM) and "
        f"{np.mean(on_the_digit(saliencies, corners)):.4f} (saliency) of them; by chance {share:.2f}"
    )
    print(f"picture: {options.picture}")


if __name__ == "__main__":
    main()
