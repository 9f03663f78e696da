"""Custom gradients and Python functions beyond their recorded answers."""

import numpy as np
import pytest

from kjax import backend as K
from kjax.dialects.tensorflow_custom import TF, V1, custom_gradient, grad_pass_through


def test_keyword_arguments_and_nested_results():
    @custom_gradient
    def scaled(x, factor=1.0):
        return {"y": x * factor}, lambda slope: slope * 100.0

    x = K.placeholder((2,))
    y = scaled(x, factor=3.0)["y"]
    assert [a.tolist() for a in K.function([x], [y, *K.gradients(y, [x])])([[1.0, 2.0]])] == [
        [3.0, 6.0],
        [100.0, 100.0],
    ]


def test_a_gradient_function_that_asks_for_variables_gets_none():
    @custom_gradient
    def f(x):
        def gradient(slope, variables=None):
            return slope * 2.0, [None for _ in variables]

        return x, gradient

    x = K.placeholder((1,))
    assert K.function([x], K.gradients(f(x), [x]))([[1.0]])[0].tolist() == [2.0]


def test_rounding_that_gradients_pass_through():
    x = K.placeholder((2,))
    y = grad_pass_through(K.round)(x * 2.0)
    assert K.function([x], K.gradients(y, [x]))([[1.2, 2.7]])[0].tolist() == [2.0, 2.0]


def test_wrong_functions():
    with pytest.raises(TypeError, match="its result and a gradient function"):
        custom_gradient(lambda x: x)(K.constant([1.0]))
    with pytest.raises(ValueError, match="func must be callable"):
        TF["numpy_function"](3, [K.constant([1.0])], "float32")


def test_a_metric_of_numpy_in_a_graph():
    x = K.placeholder((None,))
    median = V1["py_func"](lambda a: np.float64(np.median(a)), [x], "float64")
    f = K.function([x], [median])
    assert [f([values])[0] for values in ([1.0, 2.0, 9.0], [4.0, 5.0, 6.0])] == [2.0, 5.0]
