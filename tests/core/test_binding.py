"""Arguments in the order of the parameters, converted and checked."""

from typing import Any

import numpy as np
import pytest

from kjax import backend as K
from kjax import shapes
from kjax.core.binding import bind, prepared
from kjax.core.declaration import Declaration
from kjax.core.operands import Arrays, Axis, Index, Number


def kernel(xp, x: Number, index: Index, others: Arrays, axis: Axis = -1, plain: Any = "as it is"):
    """Nothing."""


DECLARED = Declaration(kernel, shape=shapes.same)


def test_order_and_defaults():
    assert bind(DECLARED, (1, 2), {"others": 3}) == [1, 2, 3, -1, "as it is"]
    assert bind(DECLARED, (), {"plain": 0, "axis": 5, "others": 3, "index": 2, "x": 1}) == [1, 2, 3, 5, 0]


@pytest.mark.parametrize(
    ("args", "kwargs", "why"),
    [
        ((1, 2), {}, "missing a required argument: 'others'"),
        ((1, 2, 3, 4, 5, 6), {}, "too many positional arguments"),
        ((1, 2, 3), {"x": 1}, "multiple values for argument 'x'"),
        ((1, 2, 3), {"nothing": 1}, "unexpected keyword argument 'nothing'"),
    ],
)
def test_wrong_arguments_name_the_function(args, kwargs, why):
    with pytest.raises(TypeError) as caught:
        bind(DECLARED, args, kwargs)
    assert str(caught.value).startswith("kernel()") and why in str(caught.value)


def test_operands_become_tensors_of_one_dtype():
    x, index, others, axis, plain = prepared(DECLARED, [K.ones((2,), "float16"), 3, [1, 2.5], np.int64(0), None])
    assert x.dtype == others[0].dtype == others[1].dtype == "float16" and index.dtype == "int32"
    assert type(axis) is int and plain is None


def test_a_tensor_in_a_list_decides_about_the_operands_before_it():
    x, _, others, *_ = prepared(DECLARED, [1, 0, [2, K.ones((2,), "float64")], 0, None])
    assert x.dtype == others[0].dtype == "float64"


@pytest.mark.parametrize(
    ("changed", "why"),
    [
        ({0: True}, r"kernel\(\): x can't be of dtype bool; accepted are .*float32.* K.cast converts"),
        ({1: 1.5}, r"kernel\(\): index can't be of dtype float32"),
        ({2: 7}, r"kernel\(\): others must be a list of tensors; got 7"),
        ({2: [K.ones((2,), "float64")]}, r"kernel\(\): tensors of different dtypes, float32 and float64"),
        ({3: 1.5}, r"kernel\(\): axis must be an integer; got 1.5"),
    ],
)
def test_errors_name_the_argument(changed, why):
    bound = [K.ones((2,)), 0, [1.0], 0, None]
    for i, value in changed.items():
        bound[i] = value
    with pytest.raises(TypeError, match=why):
        prepared(DECLARED, bound)
