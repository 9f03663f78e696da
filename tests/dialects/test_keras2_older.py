"""Names that earlier versions of Keras 2 had."""

import importlib

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.dialects import keras2_import, keras2_older


@pytest.fixture(autouse=True, scope="module")
def keras():
    keras2_import.attach()
    kjax.enable_eager_execution()
    yield
    keras2_import.uninstall()


@pytest.mark.parametrize("module", keras2_older.OLDER)
def test_all_are_found(module):
    found = importlib.import_module(module)
    for name in keras2_older.OLDER[module]:
        assert getattr(found, name) is getattr(found, name)
    with pytest.raises(AttributeError, match=f"module '{module}' has no attribute 'no_such'"):
        found.no_such  # noqa: B018


def test_what_keras_itself_has_is_left_alone():
    training = importlib.import_module("keras.engine.training")
    utils = importlib.import_module("keras.engine.training_utils")
    assert training._make_batches is utils.make_batches and training._make_batches(5, 2) == [(0, 2), (2, 4), (4, 5)]


def test_steps_of_a_sequence():
    with kjax.graph_mode():
        x, w, b = (
            K.placeholder((None, 3, 2)),
            K.variable([[1.0, 0.0, 2.0], [0.0, 1.0, 1.0]]),
            K.variable([1.0, 2.0, 3.0]),
        )
        y = keras2_older._time_distributed_dense(x, w, b)
        dropped = keras2_older._time_distributed_dense(x, w, dropout=0.5, training=1)
        assert K.int_shape(y) == (None, 3, 3)
        value = np.arange(6.0).reshape(1, 3, 2)
        assert K.function([x], [y])([value])[0].tolist() == [[[1, 3, 4], [3, 5, 10], [5, 7, 16]]]
        masked = K.function([x], [dropped])([np.ones((1, 3, 2))])[0]
        assert (masked == masked[:, :1]).all() and set(np.unique(masked[..., :2])) <= {0, 2}


def test_an_image_is_moved():
    image = importlib.import_module("keras.preprocessing.image")
    shift = np.array([[1.0, 0, 1], [0, 1, 0], [0, 0, 1]])
    x = np.arange(4.0).reshape(2, 2, 1)
    moved = image.apply_transform(x, image.transform_matrix_offset_center(shift, 2, 2), 2, "constant", cval=-1.0)
    assert moved[..., 0].tolist() == [[2, 3], [-1, -1]] and image.flip_axis(x, 0)[..., 0].tolist() == [[2, 3], [0, 1]]


def test_activations():
    assert keras2_older.relu6([-1.0, 7.0]).numpy().tolist() == [0, 6] and keras2_older.keras_test(max) is max
