"""Arguments in forms that Keras 2.3.1 took: floats as sizes, layouts in capitals."""

import numpy as np
import pytest

from kjax import backend as K
from kjax.dialects import keras2_sizes as keras2


def test_floats_as_ints():
    assert keras2.whole([2.9, (3.0, None), np.float32(4.5), np.array(5.5)]) == [2, (3, None), 4, 5]
    assert keras2.exactly([2.0, 2.5, np.float64(3)]) == [2, 2.5, 3]
    assert keras2.whole(float("inf")) == float("inf") and keras2.whole("same") == "same"
    assert isinstance(keras2.whole(2.0), int) and isinstance(keras2.exactly(2.0), int)
    tensor = K.constant(2.0)
    assert keras2.exactly(tensor) is tensor


def test_words_without_capitals():
    assert [keras2.lowered(value) for value in ("Channels_LAST", None, 3)] == ["channels_last", None, 3]


def test_arguments_are_adapted_by_place_and_by_name():
    def given(x, size, layout=None):
        return x, size, layout

    call = keras2.adapted(given, size=keras2.whole, layout=keras2.lowered)
    assert call(1.0, 2.0, "A") == call(1.0, size=2.0, layout="A") == (1.0, 2, "a")
    assert call(1.0, 2) == (1.0, 2, None) and call.__name__ == "given"


def test_convolutions_and_pooling():
    x, kernel = np.ones((1, 4, 4, 1)), np.ones((2, 2, 1, 1))
    assert K.eval(keras2.conv2d(x, kernel, (2.0, 2.0), data_format="Channels_Last")).shape == (1, 2, 2, 1)
    assert K.eval(keras2.pool2d(x, (2.0, 2.0), strides=(2.0, 2.0))).shape == (1, 2, 2, 1)
    assert K.eval(keras2.spatial_2d_padding(x, data_format="CHANNELS_FIRST")).shape == (1, 4, 6, 3)


def test_axes_and_counts():
    x = np.zeros((1, 2))
    assert K.eval(keras2.softmax(x, -1.0)).tolist() == [[0.5, 0.5]]
    assert K.eval(keras2.squeeze(x, 0.0)).shape == (2,) and K.eval(keras2.stack([x, x], axis=1.0)).shape == (1, 2, 2)
    assert K.eval(keras2.one_hot([1], np.float32(2))).tolist() == [[0, 1]]
    with pytest.raises(TypeError, match="one_hot"):
        keras2.one_hot([1], 2.0)
