import numpy as np
import pytest

from helpers import agreed
from kjax import backend as K
from kjax.kernels.resampling import METHODS, Grid
from kjax.ops.resizing import crop_and_resize, keeps_size, resize

IMAGES = np.random.RandomState(0).rand(2, 5, 7, 3).astype("float32")


@pytest.mark.parametrize("method", METHODS)
def test_resize(method):
    sizes = (3, 9), (5, 7), (10, 1)
    results = agreed(lambda x: [resize(x, size, method) for size in sizes], IMAGES, rtol=1e-5)
    assert [r.shape for r in results] == [(2, *size, 3) for size in sizes]
    for result in results:
        each = np.stack([resize(image, result.shape[1:3], method).numpy() for image in IMAGES])
        np.testing.assert_allclose(result, each, rtol=1e-5)
    even = resize(np.full((4, 6, 1), 7, "int32"), (9, 3), method)
    np.testing.assert_allclose(even.numpy(), 7, rtol=1e-6)
    assert even.dtype == ("int32" if method == "nearest" else "float32")


def test_fits():
    images = IMAGES[:, :4, :2]
    whole, shape, padded = (resize(images, (8, 8), "nearest", fit=fit).numpy() for fit in ("whole", "shape", "padded"))
    assert whole.shape == padded.shape == (2, 8, 8, 3) and shape.shape == (2, 8, 4, 3)
    assert (padded[:, :, 2:6] == shape).all() and not padded[:, :, [0, 1, 6, 7]].any()
    symbol = K.placeholder((None, None, 2, 3))
    assert resize(symbol, (8, 8), fit="shape").shape == (None, None, None, 3)
    assert resize(symbol, (8, 8), fit="padded").shape == (None, 8, 8, 3)
    assert keeps_size(K.constant(images), (4, 2), "whole") and keeps_size(K.constant(images), (9, 2), "shape")
    assert not keeps_size(symbol, (4, 2), "whole") and not keeps_size(K.constant(images), (4, 3), "whole")


def test_sizes_known_at_run_time():
    x, y = K.placeholder((None, None, 3)), K.placeholder((None, None))
    resized = resize(x, K.shape(y))
    assert resized.shape == (None, None, 3)
    result = K.function([x, y], [resized])([IMAGES[0], np.zeros((4, 6))])[0]
    np.testing.assert_allclose(result, resize(IMAGES[0], (4, 6)).numpy(), rtol=1e-5)


@pytest.mark.parametrize(
    ("images", "size", "method"),
    [
        (IMAGES, (0, 3), "bilinear"),
        (IMAGES, (3,), "bilinear"),
        (IMAGES, (3, 3), "linear"),
        (IMAGES[0, 0], (3, 3), "bilinear"),
        (IMAGES[:, :0], (3, 3), "bilinear"),
    ],
)
def test_what_can_not_be_resized(images, size, method):
    with pytest.raises(ValueError, match=r"resize\(\)"):
        resize(images, size, method)
    with pytest.raises(ValueError, match=r"resize\(\)"):
        resize(K.placeholder(images.shape), size, method)


def test_what_would_have_no_rows():
    with pytest.raises(ValueError, match="no rows or columns"):
        resize(IMAGES[:, :1], (9, 1), fit="padded")


@pytest.mark.parametrize("grid", [Grid(), Grid(True), Grid(False, True)], ids=str)
def test_gradients_by_both_paths(grid):
    x = K.placeholder((None, 5, 7, 3))
    slopes = K.function([x], K.gradients(K.sum(resize(x, (3, 15), "bicubic", grid) ** 2), [x]))([IMAGES])[0]
    bumped = IMAGES.copy()
    bumped[0, 1, 2, 1] += 1
    change = resize(bumped, (3, 15), "bicubic", grid).numpy() - resize(IMAGES, (3, 15), "bicubic", grid).numpy()
    expected = 2 * (resize(IMAGES, (3, 15), "bicubic", grid).numpy() * change).sum()
    assert slopes[0, 1, 2, 1] == pytest.approx(expected, rel=1e-3, abs=1e-4)


BOXES = np.array([[0, 0, 1, 1], [0.2, 0.9, 0.7, 0.1], [-0.5, 0.2, 0.8, 1.5]], "float32")


@pytest.mark.parametrize("method", ["bilinear", "nearest"])
def test_crop_and_resize(method):
    def crops(images, boxes, which):
        return [crop_and_resize(images, boxes, which, size, method, 5.0) for size in ((3, 4), (1, 2), (5, 7))]

    results = agreed(crops, IMAGES, BOXES, np.array([1, 0, 1], "int32"), rtol=1e-5)
    np.testing.assert_allclose(results[2][0], IMAGES[1], rtol=1e-5)
    assert (results[0][2, 0] == 5).all() and (results[0][2, :, -1] == 5).all() and results[0][2, 2, 0, 0] != 5
    assert results[1].shape == (3, 1, 2, 3)


def test_boxes_must_fit():
    for boxes, which, size, error in (
        (BOXES, [0, 1, 2], (2, 2), IndexError),
        (BOXES, [0, 1, -1], (2, 2), IndexError),
        (BOXES, [0, 1], (2, 2), ValueError),
        (BOXES[:, :3], [0, 1, 1], (2, 2), ValueError),
        (BOXES, [0, 1, 1], (2, 0), ValueError),
    ):
        with pytest.raises(error, match=r"crop_and_resize\(\)"):
            crop_and_resize(IMAGES, boxes, which, size)
    x, which = K.placeholder(IMAGES.shape), K.placeholder((3,), dtype="int32")
    f = K.function([x, which], [crop_and_resize(x, BOXES, which, (2, 2))])
    with pytest.raises(IndexError, match="box_indices"):
        f([IMAGES, [0, 1, 2]])


def test_gradients_of_crops():
    which = np.zeros(3, "int32")
    x, boxes = K.placeholder(IMAGES.shape), K.placeholder((3, 4))
    crops = K.sum(crop_and_resize(x, boxes, which, (3, 2)))
    by_images, by_boxes = K.function([x, boxes], K.gradients(crops, [x, boxes]))([IMAGES, BOXES])
    assert not by_images[1].any() and by_images[0].any() and by_boxes.any()
    step = BOXES.copy()
    step[1, 0] += 1e-2
    moved = [crop_and_resize(IMAGES, b, which, (3, 2)).numpy().sum() for b in (BOXES, step)]
    assert by_boxes[1, 0] == pytest.approx((moved[1] - moved[0]) / 1e-2, rel=0.05)
