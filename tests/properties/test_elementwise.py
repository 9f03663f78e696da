"""Functions of single elements: mathematics, comparisons, activations, operators."""

import operator

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kjax import backend as K
from properties.laws import COMPLEX, FLOATS, INTS, REALS, arrays, examples, filled, lawful, pairs, wide

INEXACT = FLOATS + COMPLEX
SIGNED = FLOATS + INTS


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


# Each with the dtypes it takes, and a reference.
UNARY = {
    "abs": (SIGNED, np.abs),
    "cos": (INEXACT, np.cos),
    "exp": (INEXACT, np.exp),
    "hard_sigmoid": (FLOATS, lambda x: np.clip(0.2 * x + 0.5, 0, 1)),
    "round": (REALS, np.rint),
    "sigmoid": (INEXACT, sigmoid),
    "sign": (SIGNED, np.sign),
    "sin": (INEXACT, np.sin),
    "softplus": (FLOATS, lambda x: np.logaddexp(0, x)),
    "softsign": (FLOATS, lambda x: x / (1 + np.abs(x))),
    "sqrt": (FLOATS, lambda x: np.sqrt(np.maximum(x, 0))),
    "square": (SIGNED + COMPLEX, np.square),
    "tanh": (FLOATS, np.tanh),
    "relu": (FLOATS, lambda x: np.maximum(x, 0)),
    "elu": (FLOATS, lambda x: np.where(x > 0, x, np.expm1(x))),
}


@pytest.mark.parametrize("name", UNARY)
@given(data=st.data())
@examples(12)
def test_unary(name, data):
    dtypes, reference = UNARY[name]
    x = data.draw(arrays(dtypes))
    lawful(data, getattr(K, name), [x], reference(wide(x)), factor=4)


@given(data=st.data(), x=arrays(INEXACT, low=0.125, high=8))
@examples(12)
def test_log(data, x):
    lawful(data, K.log, [x], np.log(wide(x)), factor=4)


@given(data=st.data(), x=arrays(COMPLEX))
@examples(6)
def test_the_absolute_value_of_complex_numbers_is_real(data, x):
    lawful(data, K.abs, [x], np.abs(wide(x)), {"complex64": "float32", "complex128": "float64"}[x.dtype.name])


@given(data=st.data(), x=arrays(SIGNED), low=st.integers(-3, 3), high=st.integers(-3, 3))
@examples(25)
def test_clip(data, x, low, high):
    assume(low <= high)
    lawful(data, lambda t: K.clip(t, low, high), [x], np.clip(wide(x), low, high))


@given(
    data=st.data(),
    x=arrays(FLOATS),
    alpha=st.sampled_from([0.0, 0.25, 1.0]),
    max_value=st.sampled_from([None, 0.5, 3.0]),
    threshold=st.sampled_from([0.0, 0.375, 2.0]),
)
@examples(25)
def test_relu(data, x, alpha, max_value, threshold):
    wide_x = wide(x)
    above = wide_x > threshold
    expected = np.where(above, wide_x, alpha * (wide_x - threshold))
    if max_value is not None:
        expected = np.where(above, np.minimum(expected, max_value), expected)
    assume(max_value is None or threshold <= max_value)
    lawful(data, lambda t: K.relu(t, alpha, max_value, threshold), [x], expected)


@given(data=st.data(), x=arrays(FLOATS), alpha=st.sampled_from([0.5, 1.0, 2.0]))
@examples(12)
def test_elu(data, x, alpha):
    lawful(data, lambda t: K.elu(t, alpha), [x], np.where(wide(x) > 0, wide(x), alpha * np.expm1(wide(x))), factor=4)


@given(data=st.data(), x=arrays(FLOATS, min_rank=2, min_side=1))
@examples(25)
def test_softmax(data, x):
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    e = np.exp(wide(x))
    lawful(data, lambda t: K.softmax(t, axis), [x], e / e.sum(axis, keepdims=True), factor=4)


@given(data=st.data(), x=arrays(REALS + ("bool",), low=0, high=4), dtype=st.sampled_from(REALS))
@examples(25)
def test_cast(data, x, dtype):
    expected = np.trunc(wide(x)) if dtype not in FLOATS else wide(x)
    lawful(data, lambda t: K.cast(t, dtype), [x], expected, dtype)


BINARY = {
    "add": (operator.add, SIGNED + COMPLEX, np.add),
    "subtract": (operator.sub, SIGNED + COMPLEX, np.subtract),
    "multiply": (operator.mul, SIGNED + COMPLEX, np.multiply),
    "maximum": (K.maximum, SIGNED, np.maximum),
    "minimum": (K.minimum, SIGNED, np.minimum),
}
COMPARISONS = ("equal", "not_equal", "less", "less_equal", "greater", "greater_equal")


@pytest.mark.parametrize("name", BINARY)
@given(data=st.data())
@examples(15)
def test_binary(name, data):
    fn, dtypes, reference = BINARY[name]
    x, y = data.draw(pairs(dtypes))
    lawful(data, fn, [x, y], reference(wide(x), wide(y)), factor=4)


@pytest.mark.parametrize("name", ["truediv", "floordiv", "mod"])
@given(data=st.data())
@examples(15)
def test_division(name, data):
    # Divisors are powers of 2, so that quotients are exact, and which whole number is next is not a matter of rounding.
    x, y = data.draw(pairs(FLOATS if name == "truediv" else ("float32", "float64", "int32", "int64"), low=1, high=3))
    x, y = x - x.dtype.type(2), np.power(x.dtype.type(2), y)
    fn = getattr(operator, name)
    lawful(data, fn, [x, y], fn(wide(x), wide(y)))


@given(data=st.data(), x=arrays(FLOATS, low=0.125, high=3), a=st.sampled_from([-2, -0.5, 0, 0.5, 1, 2, 3]))
@examples(20)
def test_pow(data, x, a):
    lawful(data, lambda t: K.pow(t, a), [x], np.power(wide(x), a), factor=4)


@pytest.mark.parametrize("name", COMPARISONS)
@given(data=st.data())
@examples(12)
def test_comparison(name, data):
    x, y = data.draw(pairs(REALS, low=-1, high=1, step=0.5))
    lawful(data, getattr(K, name), [x, y], getattr(np, name)(x, y), "bool")


@given(data=st.data(), x=arrays(SIGNED), number=st.integers(-3, 3))
@examples(15)
def test_numbers_take_on_the_dtype_beside_them(data, x, number):
    expected = [wide(x) + number, number - wide(x), wide(x) * number, np.maximum(wide(x), number)]
    lawful(data, lambda t: [t + number, number - t, t * number, K.maximum(t, number)], [x], expected)


@given(data=st.data(), dtypes=st.lists(st.sampled_from(REALS), min_size=2, max_size=2, unique=True))
@examples(25)
def test_dtypes_never_mix(data, dtypes):
    x, y = (data.draw(filled((2,), dtype)) for dtype in dtypes)
    functions = [fn for fn, _, _ in BINARY.values()] + [getattr(K, name) for name in COMPARISONS]
    fn = data.draw(st.sampled_from(functions))
    for make in (K.constant, lambda a, dtype: K.placeholder(shape=None, dtype=dtype)):
        tensors = [make(a, dtype=a.dtype) for a in (x, y)]
        with pytest.raises(TypeError):
            fn(*tensors)
