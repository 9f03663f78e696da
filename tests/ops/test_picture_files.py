import io

import numpy as np
import pytest
from PIL import Image

from kjax.ops import picture_files

PIXELS = (np.arange(4 * 5 * 3) * 37 % 256).reshape(4, 5, 3).astype("uint8")


def written(picture, kind, **options):
    file = io.BytesIO()
    picture.save(file, kind, **options)
    return file.getvalue()


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_png_and_back(channels):
    pixels = np.concatenate([PIXELS, PIXELS], -1)[..., :channels]
    contents = picture_files.encoded(pixels, "PNG", "f")
    assert picture_files.kind_of(contents, "f") == "PNG"
    assert (picture_files.decoded(contents, 0, "f").numpy() == pixels).all()
    wide = picture_files.decoded(contents, 0, "f", "uint16").numpy()
    assert wide.dtype == "uint16" and (wide == pixels.astype("uint16") * 257).all()
    for wanted in (1, 3, 4):
        assert picture_files.decoded(contents, wanted, "f").shape == (4, 5, wanted)


def test_sixteen_bits():
    pixels = (np.arange(20) * 3001).reshape(4, 5, 1).astype("uint16")
    contents = picture_files.encoded(pixels, "PNG", "f")
    assert (picture_files.decoded(contents, 0, "f", "uint16").numpy() == pixels).all()
    assert (picture_files.decoded(contents, 3, "f").numpy() == pixels >> 8).all()
    with pytest.raises(NotImplementedError, match="one channel only"):
        picture_files.encoded(np.repeat(pixels, 3, -1), "PNG", "f")
    colour = bytearray(picture_files.encoded(PIXELS, "PNG", "f"))
    assert colour[24] == 8
    colour[24] = 16
    with pytest.raises((NotImplementedError, ValueError)):
        picture_files.decoded(bytes(colour), 0, "f", "uint16")


def test_palettes_and_other_modes():
    colours = Image.fromarray(PIXELS).quantize(4)
    assert picture_files.decoded(written(colours, "PNG"), 0, "f").shape == (4, 5, 3)
    assert picture_files.decoded(written(colours, "PNG", transparency=0), 0, "f").shape == (4, 5, 4)
    assert set(picture_files.decoded(written(Image.new("1", (3, 2), 1), "PNG"), 0, "f").numpy().flat) == {255}
    cmyk = picture_files.decoded(written(Image.new("CMYK", (3, 2)), "JPEG"), 0, "f")
    assert cmyk.shape == (2, 3, 3) and cmyk.numpy().min() > 250
    bmp = written(Image.fromarray(PIXELS), "BMP")
    assert (picture_files.any_decoded(bmp, None, "uint8", True, "f").numpy() == PIXELS).all()


def test_jpeg():
    contents = picture_files.encoded(PIXELS, "JPEG", "f", quality=95)
    assert picture_files.kind_of(contents, "f") == "JPEG"
    grey = np.asarray(Image.open(io.BytesIO(contents)).convert("YCbCr"))[..., :1]
    assert abs(picture_files.decoded(contents, 1, "f").numpy().astype(int) - grey).max() <= 2
    floats = picture_files.any_decoded(contents, None, "float32", True, "f").numpy()
    np.testing.assert_allclose(floats * 255, picture_files.decoded(contents, 0, "f").numpy(), atol=1e-3)
    losses = [abs(picture_files.with_jpeg_quality(PIXELS, q, "f").numpy().astype(int) - PIXELS).sum() for q in (5, 99)]
    assert losses[0] > losses[1]


def test_errors():
    gif = written(Image.new("P", (3, 2)), "GIF")
    png = picture_files.encoded(PIXELS, "PNG", "f")
    for call, error, words in (
        (lambda: picture_files.kind_of("text", "f"), TypeError, "f: contents must be bytes"),
        (lambda: picture_files.decoded(b"nothing", 0, "f"), ValueError, "f: contents are no picture"),
        (lambda: picture_files.decoded(png[:40], 0, "f"), ValueError, "f: contents are no picture"),
        (lambda: picture_files.decoded(png, 2, "f"), ValueError, "f: channels"),
        (lambda: picture_files.any_decoded(b"nothing", 0, "uint8", True, "f"), ValueError, "f: contents"),
        (lambda: picture_files.any_decoded(gif, 1, "uint8", True, "f"), ValueError, "a GIF file"),
        (lambda: picture_files.any_decoded(png, 2, "uint8", True, "f"), ValueError, "f: channels"),
        (lambda: picture_files.encoded(PIXELS[0], "PNG", "f"), ValueError, "f: image must be of shape"),
        (lambda: picture_files.encoded(PIXELS[..., :2], "JPEG", "f"), ValueError, "f: image must be of shape"),
        (lambda: picture_files.encoded(PIXELS / 255, "PNG", "f"), TypeError, "f: image can't be of dtype"),
    ):
        with pytest.raises(error, match=words):
            call()
    assert picture_files.kind_of(np.array(gif), "f") == "GIF" and picture_files.frames(gif, "f").shape == (1, 2, 3, 3)
