import copy
import itertools
import pickle

import numpy as np
import pytest

from kjax import backend as K
from kjax.core.shape import Shape, as_shape


def test_it_is_a_tuple_and_answers_like_a_tensor_shape():
    shape = Shape((None, 3, 4))
    assert shape == (None, 3, 4) and shape == [None, 3, 4] and shape != [3, 4]
    assert isinstance(shape, tuple) and shape.as_list() == [None, 3, 4] and shape.dims == [None, 3, 4]
    assert shape.ndims == shape.rank == len(shape) == 3
    assert shape[1] == 3 and shape[1:] == (3, 4) and isinstance(shape[1:], Shape)
    assert hash(shape) == hash((None, 3, 4)) and repr(shape) == "(None, 3, 4)"
    assert not shape.is_fully_defined() and shape[1:].is_fully_defined()
    assert shape.num_elements() is None and shape[1:].num_elements() == 12 and Shape().num_elements() == 1
    assert pickle.loads(pickle.dumps(shape)) == shape and copy.deepcopy(shape) == shape


def test_what_two_shapes_say_together():
    assert Shape((None, 3)).merge_with((2, None)) == (2, 3)
    assert Shape((None, 3)).merge_with(None) == (None, 3) and Shape.UNKNOWN.merge_with((1,)) == (1,)
    assert not Shape((2,)).is_compatible_with((3,)) and not Shape((2,)).is_compatible_with((2, 2))
    assert Shape((2,)).concatenate((None,)) == (2, None) and Shape((2,)).concatenate(None) is Shape.UNKNOWN
    with pytest.raises(ValueError, match="not compatible"):
        Shape((2,)).merge_with((3,))


def test_unknown_rank():
    unknown = Shape.UNKNOWN
    assert unknown.rank is None and unknown.ndims is None and unknown.dims is None and not unknown
    assert unknown.num_elements() is None and not unknown.is_fully_defined() and repr(unknown) == "<unknown>"
    assert unknown == unknown and unknown != Shape() and hash(unknown) == hash(as_shape(None))
    for ask in (len, list, lambda s: s[0], lambda s: s.as_list()):
        with pytest.raises(ValueError, match="rank of this tensor is unknown"):
            ask(unknown)


@pytest.mark.parametrize(
    ("value", "expected"),
    [(3, (3,)), ((), ()), ([2, None], (2, None)), (np.int64(3), (3,)), (np.array([2, 3]), (2, 3)), (range(2), (0, 1))],
)
def test_dims_as_people_write_them(value, expected):
    shape = as_shape(value)
    assert shape == expected and all(d is None or type(d) is int for d in shape)


@pytest.mark.parametrize(
    ("value", "error"),
    [("ab", TypeError), (3.5, TypeError), ((2.5, 3), TypeError), ((-1, 2), ValueError), (object(), TypeError)],
)
def test_bad_dims(value, error):
    with pytest.raises(error, match="f: shape"):
        as_shape(value, "f: shape")


def test_unknown_where_it_must_be_known():
    for bad in (None, (2, None)):
        with pytest.raises(ValueError, match="shape"):
            as_shape(bad, "f: shape", allow_none=False)


def test_a_shape_has_a_bounded_number_of_dims():
    assert len(as_shape([None] * 254)) == 254
    for dims in ([1] * 255, itertools.repeat(1), range(10**12)):
        with pytest.raises(ValueError, match="at most 254 dims"):
            as_shape(dims)
    for ndim in (255, 2**31, 2**62):
        with pytest.raises(ValueError, match="at most 254 dims"):
            K.placeholder(ndim=ndim)
    with pytest.raises(TypeError, match="ndim must be an integer"):
        K.placeholder(ndim=2.0)
