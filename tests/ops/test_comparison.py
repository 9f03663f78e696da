"""Comparisons, and logical operations on their results."""

import numpy as np
import pytest

from helpers import agreed
from kjax import backend as K
from kjax.core import dtypes
from kjax.ops import comparison as C

ALL = {K.equal: np.equal, K.not_equal: np.not_equal}
ORDER = {K.greater: np.greater, K.greater_equal: np.greater_equal, K.less: np.less, K.less_equal: np.less_equal}
LOGIC = {C.logical_and: np.logical_and, C.logical_or: np.logical_or, C.logical_xor: np.logical_xor}
A = np.array([[-2.0, -0.5, 0.0, np.nan, np.inf, -np.inf], [0.5, 1.0, 3.0, 7.0, np.inf, np.nan]])
B = np.array([2.0, -0.5, -0.0, np.nan, np.inf, np.inf])
TRUTHS = np.array([[True, False], [False, True]]), np.array([True, False])


def test_numbers_in_all_modes():
    functions = {**ALL, **ORDER}
    for result, plain in zip(agreed(lambda x, y: [f(x, y) for f in functions], A, B), functions.values(), strict=True):
        np.testing.assert_array_equal(result, plain(A, B))


def test_truths_in_all_modes():
    functions = {**LOGIC, **ALL}
    found = agreed(lambda x, y: [*(f(x, y) for f in functions), C.logical_not(x)], *TRUTHS)
    for result, plain in zip(found, functions.values(), strict=False):
        np.testing.assert_array_equal(result, plain(*TRUTHS))
    np.testing.assert_array_equal(found[-1], ~TRUTHS[0])


@pytest.mark.parametrize("dtype", dtypes.NAMES)
def test_every_dtype(dtype):
    x, y = K.cast([0, 1, 1, 3], dtype), K.cast([0, 0, 1, 2], dtype)
    plain = [K.get_value(t) for t in (x, y)]
    for fn, expected in {**ALL, **ORDER}.items():
        if fn in ORDER and (dtype == "bool" or dtype.startswith("complex")):
            with pytest.raises(TypeError, match=rf"^{fn.__name__}\(\): x can't be of dtype {dtype}"):
                fn(x, y)
            continue
        out = fn(x, y)
        assert out.dtype == "bool" and out.shape == (4,)
        np.testing.assert_array_equal(out.numpy(), expected(*plain))


def test_the_largest_integers_are_not_taken_for_floats():
    for dtype in ("int64", "uint64"):
        most = np.iinfo(dtype).max
        x = K.constant(np.array([most, most - 1], dtype), dtype)
        assert K.equal(x, int(most)).numpy().tolist() == [True, False]
        assert K.less(x, int(most)).numpy().tolist() == [False, True]
        symbol = K.placeholder((2,), dtype=dtype)
        assert K.function([symbol], [K.greater_equal(symbol, x)])([[most - 1, most]])[0].tolist() == [False, True]


def test_what_is_no_tensor_takes_on_the_dtype_of_the_other():
    x = K.constant([1.0, 2.5], "float16")
    for other in (2.5, [0.0, 2.5], np.float64(2.5), K.constant(2.5, "float16")):
        assert K.equal(x, other).numpy().tolist() == K.equal(other, x).numpy().tolist() == [False, True]
    assert K.greater([1, 2, 3], 2).numpy().tolist() == [False, False, True]
    assert K.less(1.0, 2.0).numpy() == np.True_ and K.equal(True, [True, False]).numpy().tolist() == [True, False]


def test_operands_that_do_not_go_together():
    for make in (K.ones, K.placeholder):
        for fn in {**ALL, **ORDER}:
            with pytest.raises(ValueError, match=rf"^{fn.__name__}\(\): shapes \(2,\) and \(3,\)"):
                fn(make((2,)), make((3,)))
            with pytest.raises(TypeError, match=rf"^{fn.__name__}\(\): .*float32.*int32"):
                fn(make((2,)), make((2,), dtype="int32"))


def test_nothing_flows_back():
    x = K.placeholder((2,))
    for compare in {**ALL, **ORDER}:
        assert K.gradients(K.sum(K.cast(compare(x, 1.0), "float32")), [x]) == [None]


def test_of_nothing():
    assert K.equal(K.zeros((0, 3)), K.zeros((3,))).shape == (0, 3)
    assert C.logical_not(K.zeros((2, 0), dtype="bool")).numpy().shape == (2, 0)


def test_logic_takes_only_truths():
    t, f = K.constant([True, False], "bool"), K.constant([False, False], "bool")
    assert (t & f).numpy().tolist() == [False, False] and (t | f).numpy().tolist() == [True, False]
    assert (t ^ True).numpy().tolist() == [False, True] and (~t).numpy().tolist() == [False, True]
    assert (True | f).numpy().tolist() == [True, True]
    with pytest.raises(TypeError):
        _ = K.constant([1], "int32") & K.constant([1], "int32")
    for fn in LOGIC:
        with pytest.raises(TypeError, match=rf"^{fn.__name__}\(\): "):
            fn(K.placeholder((2,)), True)
