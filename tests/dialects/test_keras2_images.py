"""Images resized by the corners of their elements, as TensorFlow 1 did it."""

import numpy as np
import pytest

from kjax import backend as K
from kjax.dialects.keras2_images import resize_images


def test_lines_begin_at_corners():
    x = np.array([0.0, 3.0, 6.0]).reshape(1, 1, 3, 1)
    drawn = K.eval(resize_images(x, 1, 3, "channels_last", "bilinear"))
    np.testing.assert_allclose(drawn.ravel(), [0, 1, 2, 3, 4, 5, 6, 6, 6], rtol=1e-6)
    upright = K.eval(resize_images(x.reshape(1, 1, 3, 1), 3, 1, "channels_first", "bilinear"))
    np.testing.assert_allclose(upright.ravel(), [0, 1, 2, 3, 4, 5, 6, 6, 6], rtol=1e-6)


def test_rows_and_columns_together():
    x = np.array([[0.0, 2.0], [4.0, 6.0]]).reshape(1, 2, 2, 1)
    expected = [[0, 1, 2, 2], [2, 3, 4, 4], [4, 5, 6, 6], [4, 5, 6, 6]]
    assert K.eval(resize_images(x, 2, 2, "channels_last", "bilinear"))[0, :, :, 0].tolist() == expected


def test_integers_become_floats_when_drawn_out_and_stay_when_repeated():
    x = K.constant([[[[1], [2]]]], "int32")
    assert K.dtype(resize_images(x, 1, 2, "channels_last", "bilinear")) == "float32"
    near = resize_images(x, 1.0, 2.0, "channels_last")
    assert K.dtype(near) == "int32" and K.eval(near).ravel().tolist() == [1, 1, 2, 2]


def test_shapes_and_gradients_of_placeholders():
    x = K.placeholder(shape=(None, 2, None, 1))
    drawn = resize_images(x, 2, 2, "channels_last", "bilinear")
    assert drawn.shape == (None, 4, None, 1)
    (gradient,) = K.gradients(drawn, [x])
    values, slopes = K.function([x], [drawn, gradient])([np.ones((1, 2, 2, 1))])
    assert values.shape == (1, 4, 4, 1) and (values == 1).all()
    np.testing.assert_allclose(slopes.sum(), 16)
    np.testing.assert_allclose(slopes[0, :, :, 0], [[2.25, 3.75], [3.75, 6.25]])


@pytest.mark.parametrize(
    ("factors", "layout", "error"),
    [((1.5, 1), "channels_last", TypeError), ((0, 1), "channels_last", ValueError), ((1, 1), "middle", ValueError)],
)
def test_what_is_refused(factors, layout, error):
    with pytest.raises(error, match="resize_images"):
        resize_images(np.ones((1, 2, 2, 1)), *factors, layout, "bilinear")
