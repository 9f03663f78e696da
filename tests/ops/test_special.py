import math

import numpy as np
import pytest

import kjax
from helpers import agreed, assert_gradients
from kjax import backend as K
from kjax.ops import special

INSIDE = np.array([[0.3, -0.7, 0.01], [0.9, -0.2, 0.5]])
MANY = {
    **dict.fromkeys(("acos", "asin", "asinh", "atan", "atanh", "cosh", "sinh", "tan", "expm1"), INSIDE),
    **dict.fromkeys(("bessel_i0", "bessel_i0e", "bessel_i1", "bessel_i1e", "erf", "erfc", "erfinv"), INSIDE),
    **dict.fromkeys(("acosh", "digamma", "lgamma"), INSIDE + 2),
    "ndtri": np.abs(INSIDE),
}
PAIRS = {
    **dict.fromkeys(("atan2", "squared_difference", "multiply_no_nan", "truncatemod"), (INSIDE, INSIDE + 3.1)),
    **dict.fromkeys(("xlogy", "xlog1py", "xdivy"), (INSIDE + 1.5, INSIDE + 2)),
}


@pytest.mark.parametrize("name", MANY)
def test_of_one(name):
    function = getattr(special, name)
    agreed(function, MANY[name].astype("float32"), rtol=3e-6)
    assert_gradients(function, MANY[name])


@pytest.mark.parametrize("name", PAIRS)
def test_of_two(name):
    function = getattr(special, name)
    agreed(function, *(x.astype("float32") for x in PAIRS[name]), rtol=3e-6)
    assert_gradients(function, *PAIRS[name], rtol=1e-4)


def test_python_knows_some_of_them():
    for name in ("acos", "asin", "asinh", "atan", "atanh", "cosh", "sinh", "tan", "expm1", "erf", "erfc"):
        expected = [getattr(math, name)(v) for v in INSIDE.ravel()]
        np.testing.assert_allclose(getattr(special, name)(INSIDE).numpy().ravel(), expected, 1e-12)
    np.testing.assert_allclose(special.lgamma(INSIDE).numpy().ravel(), [math.lgamma(v) for v in INSIDE.ravel()], 1e-12)


def test_orders():
    for function in (special.polygamma, special.zeta):
        (values,) = agreed(lambda x, f=function: f(np.float32(2), x), np.float32([0.5, 2, 3]), rtol=1e-5)
        slope = K.function([x := K.placeholder((3,))], K.gradients(function(2.0, x), [x]))([[0.5, 2, 3]])[0]
        further = special.polygamma(3.0, [0.5, 2.0, 3.0]) if function is special.polygamma else None
        expected = -2 * special.zeta(3.0, [0.5, 2.0, 3.0]).numpy() if further is None else further.numpy()
        np.testing.assert_allclose(slope, expected, 1e-4)
        assert values.shape == (3,)


def test_beta():
    x = np.array([0.2, 0.5])
    (values,) = agreed(lambda x: special.betainc(np.float64(2), np.float64(1), x), x)
    np.testing.assert_allclose(values, x**2, 1e-9)
    for shapes in (((2,), (3,), ()), ((2,), (1,), ())):
        with pytest.raises(ValueError, match=r"betainc\(\).*different shapes"):
            special.betainc(*(K.ones(shape) for shape in shapes))
    a, b = K.placeholder((None,)), K.placeholder((None,))
    with pytest.raises(ValueError, match="different shapes"):
        K.function([a, b], [special.betainc(a, b, 0.5)])([np.ones(2), np.ones(3)])


def test_incomplete_gammas():
    a, x = np.float64([0.5, 2]), K.placeholder((2,), dtype="float64")
    parts = [special.igamma(a, x), special.igammac(a, x)]
    lower, upper = K.function([x], parts)([[1.0, 3.0]])
    np.testing.assert_allclose(lower, [math.erf(1), 1 - 4 * math.exp(-3)], 1e-12)
    np.testing.assert_allclose(lower + upper, 1, 1e-12)


def test_zero_wins():
    nothing, unsound = np.float32([0, 0, 1]), np.float32([np.nan, np.inf, 2])
    assert agreed(special.multiply_no_nan, unsound, nothing)[0].tolist() == [0, 0, 2]
    for function in (special.xlogy, special.xlog1py, special.xdivy):
        assert agreed(function, nothing, unsound)[0].tolist()[:2] == [0, 0]
        with kjax.graph_mode():
            x, y = K.variable(nothing), K.variable([0.0, -1.0, 2.0])
            slopes = K.function([], K.gradients(function(x, y), [x, y]))([])
        assert np.isfinite(slopes[1]).all()


def test_integers():
    x, y = np.int32([7, -7, 7, -7, 6]), np.int32([2, 2, -2, -2, 3])
    assert agreed(special.truncatediv, x, y)[0].tolist() == [3, -3, -3, 3, 2]
    assert agreed(special.truncatemod, x, y)[0].tolist() == [1, -1, 1, -1, 0]
    assert agreed(special.squared_difference, x, y)[0].tolist() == [25, 81, 81, 25, 9]
    for function in (special.truncatediv, special.truncatemod):
        with pytest.raises(ValueError, match="division by zero"):
            function(x, 0)
    with pytest.raises(TypeError, match=r"truncatediv\(\)"):
        special.truncatediv([1.0], [2.0])


def test_neighbours():
    x, y = np.float32([1, -1, 0]), np.float32([2, 2, 0])
    np.testing.assert_array_equal(agreed(special.nextafter, x, y)[0], np.nextafter(x, y))
    with kjax.graph_mode():
        a, b = K.variable(x), K.variable(y)
        slopes = K.function([], K.gradients(special.nextafter(a, b), [a, b]))([])
    assert [slope.tolist() for slope in slopes] == [[1, 1, 1], [0, 0, 0]]
    assert agreed(special.rint, np.float32([0.5, 1.5, -2.6]))[0].tolist() == [0, 2, -3]


@pytest.mark.parametrize("name", ["tan", "sinh", "atan", "expm1"])
def test_complex_numbers(name):
    z = np.complex64([0.3 + 0.2j, -1 + 2j])
    agreed(getattr(special, name), z, rtol=1e-5)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_small_floats(dtype):
    for name in ("lgamma", "erf", "acos", "sinh", "rint"):
        result = getattr(special, name)(K.constant([0.5], dtype))
        assert result.dtype == dtype
        wide = getattr(special, name)(K.constant([0.5], "float32")).numpy()
        np.testing.assert_allclose(result.numpy().astype("float32"), wide, 1e-2)


def test_only_floats():
    for function in (special.erf, special.acos, special.lgamma):
        with pytest.raises(TypeError):
            function([1, 2])
