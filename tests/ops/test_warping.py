"""Images whose points come from other places, beside a computation point by point."""

import math

import numpy as np
import pytest

from kjax import backend as K
from kjax.ops.warping import FILLS, WAYS, warped


def expected(image, transform, fill, way):
    rows, columns = image.shape
    a, b, c, d, e, f = transform

    def inside(place, size):
        if fill == "wrap":
            return place % size
        if fill == "reflect":
            place %= 2 * size
            return min(max(2 * size - 1 - place if place >= size else place, 0), size - 1)
        return place

    def at(y, x):
        if 0 <= y < rows and 0 <= x < columns:
            return image[y, x]
        return 0.0 if fill == "constant" else image[min(max(y, 0), rows - 1), min(max(x, 0), columns - 1)]

    result = np.zeros_like(image)
    for row in range(rows):
        for column in range(columns):
            x, y = inside(a * column + b * row + c, columns), inside(d * column + e * row + f, rows)
            if way == "nearest":
                result[row, column] = at(round(y), round(x))
                continue
            top, left = math.floor(y), math.floor(x)
            for i, j in ((0, 0), (0, 1), (1, 0), (1, 1)):
                share = (1 - abs(y - top - i)) * (1 - abs(x - left - j))
                result[row, column] += share * at(top + i, left + j)
    return result


@pytest.mark.parametrize("fill", FILLS)
@pytest.mark.parametrize("way", WAYS)
def test_values(fill, way):
    rng = np.random.RandomState(0)
    images = rng.rand(2, 5, 4, 1).astype("float32")
    transforms = np.array([[1.1, 0.3, -0.7, -0.2, 0.9, 1.2], [0.7, -0.6, 2.1, 0.6, 0.8, -3.3]], "float32")
    found = warped(images, transforms, fill, way).numpy()
    if fill == "constant" or way == "nearest":
        for image, transform, one in zip(images, transforms, found, strict=True):
            if way == "bilinear":
                np.testing.assert_allclose(one[..., 0], expected(image[..., 0], transform, fill, way), atol=1e-5)
            elif fill == "constant":
                np.testing.assert_array_equal(one[..., 0], expected(image[..., 0], transform, fill, way))
    assert (found.max() <= images.max() + 1e-6) and found.shape == images.shape
    x, t = K.placeholder((None, None, 4, 1)), K.placeholder((None, 6))
    result = warped(x, t, fill, way)
    assert result.shape.as_list() == [None, None, 4, 1]
    np.testing.assert_allclose(K.function([x, t], [result])([images, transforms])[0], found, atol=1e-5)


def test_filled_edges():
    image = np.arange(1.0, 4.0, dtype="float32").reshape(1, 1, 3, 1)
    shift = np.array([[1.0, 0.0, -2.0, 0.0, 1.0, 0.0]], "float32")
    filled = {fill: warped(image, shift, fill, "nearest").numpy().ravel().tolist() for fill in FILLS}
    assert filled == {"constant": [0, 0, 1], "wrap": [2, 3, 1], "reflect": [2, 1, 1]}


def test_what_is_refused():
    for images, fill, way in ((np.ones((2, 2)), "wrap", "nearest"), (np.ones((1, 2, 2, 1)), "odd", "nearest")):
        with pytest.raises(ValueError, match=r"images must be of rank 4|fill must be one of"):
            warped(images.astype("float32"), np.zeros((1, 6), "float32"), fill, way)
