"""Dims of TensorFlow 1: what a program sees, and what kjax itself goes on with."""

import numpy as np
import pytest

from kjax import backend as K
from kjax.dialects.tensorflow_dimensions import Dimension, dimensions_are_shown, show_dimensions


@pytest.fixture
def older():
    show_dimensions()
    yield
    show_dimensions(False)


def test_a_program_looks_at_dims(older):
    shape = K.placeholder((None, 3, 4)).get_shape()
    assert (shape[0].value, shape[1].value, shape[-1].value) == (None, 3, 4)
    assert [dim.value for dim in shape] == [dim.value for dim in shape.dims] == [None, 3, 4]
    assert shape.as_list() == [None, 3, 4] and shape == [None, 3, 4] and shape[1:] == (3, 4)
    assert int(np.prod(shape[1:])) == 12 and (shape[1] * shape[2]).value == 12


def test_dims_may_be_given_back(older):
    x = K.placeholder((None, 3, 4))
    shape = x.get_shape()
    assert K.reshape(x, (-1, shape[1] * shape[2])).shape == (None, 12)
    assert K.placeholder((shape[0], shape[1])).shape == (None, 3)
    with pytest.raises(TypeError, match="integer"):
        K.reshape(x, (shape[0], 12))


def test_kjax_itself_sees_plain_dims(older):
    x = K.placeholder((None, 3))
    assert [type(dim) for dim in K.int_shape(x)] == [type(None), int]
    f = K.function([x], [K.sum(K.dot(x, K.ones((3, 2))), axis=0)])
    assert f([[[1.0, 2.0, 3.0], [1.0, 1.0, 1.0]]])[0].tolist() == [9.0, 9.0]


def test_numbers():
    seven, unknown = Dimension(7), Dimension(None)
    assert [seven + 1, 1 + seven, seven - 1, seven // 2, seven % 4] == [8, 8, 6, 3, 3]
    assert repr(seven * None) == repr(unknown) == repr(unknown + 1) == "Dimension(None)"
    assert f"{seven} {seven:3d} {unknown}" == "7   7 ?"
    with pytest.raises(ValueError, match="not compatible"):
        Dimension(3).merge_with(4)
    with pytest.raises(TypeError, match="not known"):
        int(unknown)


def test_programs_for_tensorflow_2_see_ints():
    assert not dimensions_are_shown()
    assert type(K.placeholder((2,)).shape[0]) is int
