"""PNG files without a library."""

import io

import numpy as np
import pytest

from kjax.machine.png import png


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_pictures_come_back(channels):
    image = pytest.importorskip("PIL.Image")
    pixels = np.random.default_rng(0).integers(0, 256, (5, 3, channels), np.uint8)
    read = np.asarray(image.open(io.BytesIO(png(pixels))))
    assert np.array_equal(read.reshape(pixels.shape), pixels)
