import numpy as np
import pytest

from helpers import agreed, assert_gradients
from kjax import backend as K

X = np.array([[3.0, 4.0, 0.0], [0.0, 0.0, 0.0], [1e-9, 0.0, 0.0]])


def test_values_in_all_modes():
    def norms(x):
        return [K.l2_normalize(x, 1), K.l2_normalize(x), K.l2_normalize(x, [0, 1]), K.l2_normalize(x, -2)]

    rows, whole, both, columns = agreed(norms, X)
    np.testing.assert_allclose(rows, [[0.6, 0.8, 0], [0, 0, 0], [1e-3, 0, 0]])
    np.testing.assert_allclose(whole, X / 5)
    np.testing.assert_array_equal(both, whole)
    np.testing.assert_allclose(columns[:, 1], [1, 0, 0])


def test_gradients():
    assert_gradients(lambda x: [K.l2_normalize(x, 1), K.l2_normalize(x)], np.array([[3.0, 4.0], [-1.0, 0.5]]))
    x = K.placeholder(shape=(1, 2))
    (slope,) = K.function([x], K.gradients(K.l2_normalize(x, 1)[0, 0], [x]))([[[0.0, 0.0]]])
    np.testing.assert_allclose(slope, [[1e6, 0]])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_dtypes(dtype):
    (result,) = agreed(lambda x: K.l2_normalize(x, 0), K.get_value(K.cast([1000.0, 0.0], dtype)))
    assert K.dtype(result) == dtype and result.astype("float32").tolist() == [1, 0]


def test_errors():
    for x in (K.ones((2, 2)), K.placeholder(shape=(2, None))):
        with pytest.raises(ValueError, match="l2_normalize"):
            K.l2_normalize(x, 2)
        with pytest.raises(TypeError, match="l2_normalize"):
            K.l2_normalize(x, "a")
    with pytest.raises(TypeError, match="l2_normalize"):
        K.l2_normalize(K.constant([1, 2], "int32"))
