import numpy as np
import pytest

import kjax
from helpers import agreed, assert_gradients
from kjax import backend as K
from kjax.ops import counting


def test_sums_by_place():
    places = np.int32([[0, 3], [0, 9]])
    for values in (np.float32([[1, 2], [4, 8]]), np.int64([[1, 2], [4, 8]])):
        (sums,) = agreed(lambda v: counting.summed_by(v, places, 4), values)
        assert sums.tolist() == [5, 0, 0, 2]
    assert counting.summed_by(1, places, 4).numpy().tolist() == [2, 0, 0, 1]
    assert_gradients(lambda v: counting.summed_by(v, places, 4), [[1, 2], [4, 8]])


def test_places_known_later():
    places, count = K.placeholder((None,), dtype="int32"), K.placeholder((), dtype="int32")
    sums = counting.summed_by(K.constant(2.0), places, 3)
    assert sums.shape == (3,)
    assert K.function([places], [sums])([[2, 2, 7]])[0].tolist() == [0, 0, 4]
    with pytest.raises(ValueError, match="must not be negative"):
        K.function([places], [sums])([[2, -1]])
    of_some = counting.summed_by(K.constant(2.0), places, count)
    assert of_some.shape == (None,)
    run = K.function([places, count], [of_some])
    with pytest.warns(kjax.NotCompiledWarning, match="summed_by"):
        # (a first call may be computed in NumPy)
        assert [run([[1, 1], n])[0].tolist() for n in (2, 3)] == [[0, 4], [0, 4, 0]]


def test_errors():
    with pytest.raises(ValueError, match="must not be negative"):
        counting.summed_by(1.0, [-1], 3)
    with pytest.raises(ValueError, match=r"shape \(2,\) don't go with integers of shape \(3,\)"):
        counting.summed_by([1.0, 2.0], [0, 1, 2], 3)
    with pytest.raises(TypeError):
        counting.summed_by(1.0, [0.5], 3)
