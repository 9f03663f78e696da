import numpy as np
import pytest

from helpers import agreed
from kjax import backend as K
from kjax.ops import framing

IMAGES = np.arange(2 * 4 * 5 * 3, dtype="float32").reshape(2, 4, 5, 3)


def test_turning():
    for turns in range(-1, 5):
        assert (framing.rotated(IMAGES, turns, "f").numpy() == np.rot90(IMAGES, turns, (1, 2))).all()
        assert (framing.rotated(IMAGES[0], turns, "f").numpy() == np.rot90(IMAGES[0], turns)).all()
    assert (framing.flipped(IMAGES, -3, "f").numpy() == IMAGES[:, ::-1]).all()
    assert (framing.flipped(IMAGES, -2, "f").numpy() == IMAGES[:, :, ::-1]).all()
    assert (framing.transposed(IMAGES, "f").numpy() == IMAGES.transpose(0, 2, 1, 3)).all()
    for image in (IMAGES[0, 0], np.zeros((0, 2, 1)), K.placeholder(ndim=2)):
        with pytest.raises(ValueError, match="f must have r"):
            framing.flipped(image, -2, "f")


def test_cropping():
    assert (framing.cropped("f", IMAGES, 1, 2, 3, 2).numpy() == IMAGES[:, 1:4, 2:4]).all()
    for part in ((1, 0, 4, 1), (0, 1, 1, 5), (-1, 0, 1, 1), (0, 0, 0, 1)):
        with pytest.raises(ValueError, match="f: the part must lie within"):
            framing.cropped("f", IMAGES, *part)
    for fraction, rows, columns in ((1.0, 4, 5), (0.6, 4, 3), (0.5, 2, 3), (0.1, 2, 1)):
        assert framing.centre(IMAGES, fraction, "f").shape == (2, rows, columns, 3)
    assert (framing.centre(IMAGES, 0.5, "f").numpy() == IMAGES[:, 1:3, 1:4]).all()
    with pytest.raises(ValueError, match="f: central_fraction"):
        framing.centre(IMAGES, 1.1, "f")


def test_padding():
    whole = framing.padded("f", IMAGES, 1, 2, 6, 9).numpy()
    assert whole.shape == (2, 6, 9, 3) and (whole[:, 1:5, 2:7] == IMAGES).all() and whole.sum() == IMAGES.sum()
    for place in ((3, 0, 6, 9), (-1, 0, 6, 9), (0, 0, 3, 9)):
        with pytest.raises(ValueError, match="do not fit into"):
            framing.padded("f", IMAGES, *place)
        with pytest.raises(ValueError, match="do not fit into"):
            framing.padded("f", K.placeholder(IMAGES.shape), *place)
    x = K.placeholder((None, None, 3))
    with pytest.raises(ValueError, match="do not fit into"):
        K.function([x], [framing.padded("f", x, 3, 0, 6, 9)])([IMAGES[0]])


def test_fitting():
    around = framing.fitted(IMAGES, (2, 8)).numpy()
    assert around.shape == (2, 2, 8, 3) and (around[:, :, 1:6] == IMAGES[:, 1:3]).all()
    assert not around[:, :, [0, 6, 7]].any()
    assert (framing.fitted(IMAGES, (3, 4)).numpy() == IMAGES[:, :3, :4]).all()
    x = K.placeholder((None, None, 3))
    for size in ((0, 3), (3, -1)):
        with pytest.raises(ValueError, match="must be positive"):
            framing.fitted(x, size)


@pytest.mark.parametrize("padding", ["same", "valid"])
@pytest.mark.parametrize(("sizes", "strides", "rates"), [((2, 3), (1, 2), (1, 1)), ((3, 1), (5, 1), (1, 2))])
def test_patches(padding, sizes, strides, rates):
    how = [[1, *pair, 1] for pair in (sizes, strides, rates)]
    (patches,) = agreed(lambda x: framing.extract_patches(x, *how, padding), IMAGES)
    kernel = np.eye(sizes[0] * sizes[1] * 3, dtype="float32").reshape(*sizes, 3, -1)
    expected = K.conv2d(IMAGES, kernel, strides, padding, "channels_last") if rates == (1, 1) else None
    if expected is not None:
        assert (patches == expected.numpy()).all()
    assert patches.shape[-1] == sizes[0] * sizes[1] * 3


def test_patches_of_another_form():
    for sizes, images in (([3, 3], IMAGES), ([2, 3, 3, 1], IMAGES), ([1, 0, 3, 1], IMAGES), ([1, 2, 2, 1], IMAGES[0])):
        with pytest.raises(ValueError, match=r"extract_patches\(\)"):
            framing.extract_patches(images, sizes, [1, 1, 1, 1], [1, 1, 1, 1], "same")


def test_glimpses():
    points = np.array([[0.0, 0.0], [0.5, -1.0]], "float32")
    found, inside = agreed(lambda x, at: framing.glimpses(x, at, (2, 2), True, True), IMAGES, points)
    assert inside[..., 0].tolist() == [[[True, True]] * 2, [[False, True]] * 2]
    assert (found[0] == IMAGES[0, 1:3, 1:3]).all() and (found[1, :, 1] == IMAGES[1, 2:4, 0]).all()
    with pytest.raises(ValueError, match="input and offsets"):
        framing.glimpses(IMAGES, points[:1], (2, 2), True, True)
