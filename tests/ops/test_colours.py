import colorsys

import numpy as np
import pytest

from helpers import agreed, assert_gradients
from kjax import backend as K
from kjax.ops import colours

RGB = np.random.RandomState(0).rand(2, 3, 4, 3)
GREYS = np.array([[0, 0, 0], [0.5, 0.5, 0.5], [1, 1, 1], [1, 0, 0], [0, 1, 1]], float)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_hue_saturation_value(dtype):
    images = np.concatenate([RGB.reshape(-1, 3), GREYS]).astype(dtype)
    hsv, back = agreed(lambda x: [colours.rgb_to_hsv(x), colours.hsv_to_rgb(colours.rgb_to_hsv(x))], images)
    np.testing.assert_allclose(hsv, [colorsys.rgb_to_hsv(*pixel) for pixel in images], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(back, images, rtol=1e-5, atol=1e-6)
    assert_gradients(lambda x: [colours.rgb_to_hsv(x), colours.hsv_to_rgb(x)], RGB[0])


def test_other_hues():
    turned = colours.adjust_hue(RGB.reshape(-1, 3), 0.3).numpy()
    for pixel, result in zip(RGB.reshape(-1, 3), turned, strict=True):
        hue, saturation, value = colorsys.rgb_to_hsv(*pixel)
        np.testing.assert_allclose(result, colorsys.hsv_to_rgb((hue + 0.3) % 1, saturation, value), atol=1e-6)
    agreed(lambda x: colours.adjust_hue(x, -0.4), RGB)
    assert_gradients(lambda x: [colours.adjust_hue(x, 0.1)], RGB[0])


def test_three_channels():
    for function in (colours.rgb_to_hsv, colours.hsv_to_rgb, lambda x: colours.adjust_hue(x, 0.1)):
        for images in (np.ones((2, 2, 1)), K.placeholder((2, 2))):
            with pytest.raises(ValueError, match="3 channels"):
                function(images)
        x = K.placeholder((None, None))
        with pytest.raises(ValueError, match="3 channels"):
            K.function([x], [function(x)])([np.ones((2, 4))])


def test_colour_spaces_and_back():
    for there, back in ((colours.RGB_TO_YIQ, colours.YIQ_TO_RGB), (colours.RGB_TO_YUV, colours.YUV_TO_RGB)):
        np.testing.assert_allclose(colours.mixed(colours.mixed(RGB, there, "f"), back, "f").numpy(), RGB, atol=1e-4)
    with pytest.raises(TypeError, match="f must be of floats"):
        colours.mixed([[1, 2, 3]], colours.GREY, "f")


@pytest.mark.parametrize("dtype", ["uint8", "int16", "int32", "uint16"])
def test_formats_of_integers(dtype):
    ends = np.array([0, np.iinfo(dtype).max], dtype)
    for other in ("float32", "float64"):
        assert colours.convert_image_dtype(ends, other).numpy().tolist() == pytest.approx([0, 1], rel=1e-6)
    there = colours.convert_image_dtype([0.0, 1.0, 2.0, -1.0], dtype, saturate=True).numpy()
    assert dtype == "int32" or there[:2].tolist() == ends.tolist()  # (2**31, the nearest float32, overflows in TF, too)
    back = colours.convert_image_dtype(colours.convert_image_dtype(ends, "int8"), dtype).numpy()
    assert back[0] == 0 and back[1] / ends[1] == pytest.approx(1, rel=0.01)


def test_adjusted_images_keep_their_dtype():
    seen = []

    def adjust(x):
        seen.append(x.dtype)
        return x

    for dtype in ("uint8", "float16", "float32", "float64", "int32"):
        image = colours.convert_image_dtype(RGB.astype("float32"), dtype)
        result = colours.adjusted(image, adjust, "f")
        assert result.dtype == dtype and seen[-1] == ("float16" if dtype == "float16" else "float32")
        np.testing.assert_allclose(result.numpy(), image.numpy(), rtol=1e-5, atol=1)
    with pytest.raises(TypeError, match="dtype must be of floats or integers"):
        colours.convert_image_dtype(RGB, "bool")


def test_contrast():
    (result,) = agreed(lambda x: colours.adjust_contrast(x, 2.0), RGB)
    mean = RGB.mean((1, 2), keepdims=True)
    np.testing.assert_allclose(result, 2 * RGB - mean)
    assert_gradients(lambda x: [colours.adjust_contrast(x, 2.0)], RGB)
    with pytest.raises(ValueError, match="rank 3 at least"):
        colours.adjust_contrast([[1.0]], 2.0)
    with pytest.raises(ValueError, match="scalar"):
        colours.adjust_contrast(RGB, [2.0])
    with pytest.raises(ValueError, match="rank 3 at least"):
        colours.adjust_contrast(K.placeholder((2, 2)), 2.0)


def test_standardised():
    (result,) = agreed(colours.standardised, RGB)
    np.testing.assert_allclose([result.mean((1, 2, 3)), result.std((1, 2, 3))], [[0, 0], [1, 1]], atol=1e-6)
    assert_gradients(lambda x: [colours.standardised(x)], RGB)
    constant = np.full((2, 2, 1), 0.3)
    x = K.placeholder((2, 2, 1), dtype="float64")
    slopes = K.function([x], [*K.gradients(colours.standardised(x)[0, 0, 0], [x])])([constant])[0]
    assert np.isfinite(slopes).all() and not colours.standardised(constant).numpy().any()
