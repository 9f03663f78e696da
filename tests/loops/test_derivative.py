import numpy as np
import pytest

from kjax import backend as K
from kjax.core.tensor import Tensor
from kjax.loops.derivative import with_derivative


def tripled(x, factor=7.0):
    (y,) = with_derivative("tripled()", [x], [x * 3.0], lambda slopes: [slopes[0] * factor])
    return y


def test_in_a_graph():
    x = K.placeholder((2,))
    y = tripled(x)
    value, slope = K.function([x], [y, *K.gradients(K.sum(y * 2.0), [x])])([[1.0, 2.0]])
    assert value.tolist() == [3.0, 6.0] and slope.tolist() == [14.0, 14.0]


def test_on_values():
    y = tripled(K.constant([1.0, 2.0]))
    assert isinstance(y, Tensor) and y.numpy().tolist() == [3.0, 6.0]


def test_the_derivative_may_use_what_was_computed_and_has_one_itself():
    x = K.placeholder((2,))
    e = K.exp(x)
    (y,) = with_derivative("f()", [x], [e], lambda slopes: [slopes[0] * 2.0 * e])
    (first,) = K.gradients(y, [x])
    (second,) = K.gradients(first, [x])
    given = np.array([0.5, 1.0], "float32")
    for found in K.function([x], [first, second])([given]):
        assert np.allclose(found, 2 * np.exp(given))


def test_arguments_without_a_derivative():
    x, i = K.placeholder((2,)), K.placeholder((2,), dtype="int32")
    (y,) = with_derivative("f()", [x, i], [x * K.cast(i, "float32")], lambda slopes: [slopes[0], None])
    assert K.function([x, i], K.gradients(y, [x]))([[1.0, 2.0], [3, 4]])[0].tolist() == [1.0, 1.0]


def test_wrong_derivatives():
    x, v = K.placeholder((2,)), K.variable([1.0, 2.0])
    with pytest.raises(ValueError, match="must give 1 gradients; got 2"):
        with_derivative("f()", [x], [x * 3.0], lambda slopes: [slopes[0], slopes[0]])
    with pytest.raises(NotImplementedError, match="updated while a gradient"):
        with_derivative("f()", [x], [x * 3.0], lambda slopes: [K.update(v, slopes[0])])
