import numpy as np
import pytest

from helpers import agreed
from kjax import backend as K
from kjax.ops import quantising

X = np.random.RandomState(0).randn(5, 3).astype("float32") * 4


@pytest.mark.parametrize("ends", [(-2.0, 3.0), ([-2.0, -1.0, -4.0], [3.0, 1.0, 0.5])])
def test_steps(ends):
    low, high = (np.asarray(end, "float32") for end in ends)
    (found,) = agreed(lambda x, low, high: quantising.fake_quant(x, low, high, 4), X, low, high, rtol=1e-5)
    step = (high - low) / 15
    np.testing.assert_allclose(found / step, np.round(found / step), atol=1e-4)
    assert (abs(found - np.clip(X, low, high)) <= step * 1.01).all()


def test_gradients():
    low, high = K.placeholder((3,)), K.placeholder((3,))
    x = K.placeholder((5, 3))
    weights = np.arange(15, dtype="float32").reshape(5, 3)
    loss = K.sum(quantising.fake_quant(x, low, high, 4) * weights)
    values = [X, np.float32([-2, -1, -4]), np.float32([3, 1, 0.5])]
    found = K.function([x, low, high], K.gradients(loss, [x, low, high]))(values)
    expected = quantising.fake_quant_gradient(weights, *values, 4)
    for slope, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(slope, wanted.numpy())
    assert found[0].any() and all(slope.any() for slope in found[1:])


def test_arguments():
    for wrong in ((X, 0.0, 1.0, 1), (X, 0.0, 1.0, 17), (X, [0.0], [1.0]), (X, X, X), (X, 0.0, [1.0, 1.0, 1.0])):
        with pytest.raises(ValueError, match=r"fake_quant\(\)"):
            quantising.fake_quant(*wrong)
    with pytest.raises(ValueError, match="gradients must have shape"):
        quantising.fake_quant_gradient(X[:1], X, 0.0, 1.0)
