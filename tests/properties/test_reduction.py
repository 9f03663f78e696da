"""Reductions, and running sums and products."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kjax import backend as K
from properties.laws import COMPLEX, DTYPES, FLOATS, INTS, REALS, arrays, examples, filled, lawful, wide


@st.composite
def axes(draw, rank):
    """None, an axis, or a list of several."""
    if not rank or draw(st.integers(0, 4)) == 0:
        return None
    some = draw(st.lists(st.integers(0, rank - 1), min_size=1, max_size=rank, unique=True))
    some = [axis - rank if draw(st.booleans()) else axis for axis in some]
    return some[0] if draw(st.booleans()) else some


def tupled(axis):
    return tuple(axis) if isinstance(axis, list) else axis


def count(x, axis):
    some = range(x.ndim) if axis is None else np.atleast_1d(axis)
    return np.prod([x.shape[a] for a in some], initial=1)


def mean(x, axis, keepdims=False):
    with np.errstate(all="ignore"):
        return x.sum(axis, keepdims=keepdims) / count(x, axis)


def var(x, axis, keepdims):
    with np.errstate(all="ignore"):
        return mean(np.square(np.abs(x - mean(x, axis, True))), axis, keepdims)


REFERENCES = {
    "sum": lambda x, axis, keepdims: x.sum(axis, keepdims=keepdims),
    "prod": lambda x, axis, keepdims: x.prod(axis, keepdims=keepdims),
    "mean": mean,
    "var": var,
    "std": lambda x, axis, keepdims: np.sqrt(var(x, axis, keepdims)),
}


@pytest.mark.parametrize("name", REFERENCES)
@given(data=st.data(), keepdims=st.booleans())
@examples(25)
def test_reduction(name, data, keepdims):
    exact = FLOATS + INTS + COMPLEX if name in ("sum", "prod") else FLOATS
    x = data.draw(arrays(exact, low=-1, high=1, step=0.5 if name != "prod" else 1))
    axis = data.draw(axes(x.ndim))
    fn = getattr(K, name)
    lawful(data, lambda t: fn(t, axis, keepdims), [x], REFERENCES[name](wide(x), tupled(axis), keepdims), factor=4)


@given(data=st.data(), x=arrays(INTS + ("bool",), min_side=1), keepdims=st.booleans())
@examples(20)
def test_mean_of_what_is_no_float(data, x, keepdims):
    axis = data.draw(axes(x.ndim))
    expected = mean(wide(x), tupled(axis), keepdims)
    if x.dtype == bool:
        lawful(data, lambda t: K.mean(t, axis, keepdims), [x], expected, "float32")
    else:
        lawful(data, lambda t: K.mean(t, axis, keepdims), [x], np.trunc(expected))


@pytest.mark.parametrize("name", ["max", "min"])
@given(data=st.data(), x=arrays(REALS), keepdims=st.booleans())
@examples(25)
def test_extremum(name, data, x, keepdims):
    axis = data.draw(axes(x.ndim))
    worst = np.inf if x.dtype.kind not in "iu" else np.iinfo(x.dtype).max if name == "min" else np.iinfo(x.dtype).min
    worst = -worst if name == "max" and worst == np.inf else worst
    reference = x if x.dtype.kind in "iu" else wide(x)
    expected = getattr(np, name)(reference, tupled(axis), keepdims=keepdims, initial=worst)
    lawful(data, lambda t: getattr(K, name)(t, axis, keepdims), [x], expected)


@pytest.mark.parametrize("name", ["any", "all"])
@given(data=st.data(), x=arrays(DTYPES, low=-1, high=1, step=1), keepdims=st.booleans())
@examples(25)
def test_logic(name, data, x, keepdims):
    axis = data.draw(axes(x.ndim))
    # (Of complex numbers, TensorFlow looks at the real part.)
    expected = getattr(np, name)(wide(x).real != 0, tupled(axis), keepdims=keepdims)
    lawful(data, lambda t: getattr(K, name)(t, axis, keepdims), [x], expected, "bool")


@pytest.mark.parametrize("name", ["argmax", "argmin"])
@given(data=st.data(), x=arrays(REALS, min_rank=1, min_side=1, low=-1, high=1, step=0.5))
@examples(25)
def test_places(name, data, x):
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    lawful(data, lambda t: getattr(K, name)(t, axis), [x], getattr(np, name)(wide(x), axis), "int64")


@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
@given(data=st.data(), x=arrays(FLOATS + INTS + COMPLEX, min_rank=1, low=-1, high=1, step=1))
@examples(25)
def test_running(name, data, x):
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    lawful(data, lambda t: getattr(K, name)(t, axis), [x], getattr(np, name)(wide(x), axis))


@given(data=st.data(), x=arrays(FLOATS))
@examples(20)
def test_laws_between_reductions(data, x):
    axis = data.draw(axes(x.ndim))
    y = data.draw(filled(x.shape, x.dtype.name))
    tensor, other = K.constant(x, x.dtype), K.constant(y, y.dtype)
    np.testing.assert_array_equal(K.max(tensor, axis), -K.min(-tensor, axis))
    if x.dtype.name == "float64":
        total = K.sum(tensor, axis) + K.sum(other, axis)
        np.testing.assert_array_equal(K.sum(tensor + other, axis), total)  # exact for such numbers
