import numpy as np
import pytest

import kjax
from helpers import agreed, assert_gradients, placeholders
from kjax import backend as K
from kjax.core.dtypes import NAMES, to_numpy
from kjax.ops.reduction import logsumexp

X = np.random.RandomState(0).randn(2, 3, 4).astype("float32")
AXES = [None, 0, 1, -1, (0, 2), [1], (), range(2), np.int64(-2), np.array([0, 1])]
NUMPY = {
    "sum": np.sum,
    "prod": np.prod,
    "max": np.max,
    "min": np.min,
    "mean": np.mean,
    "var": np.var,
    "std": np.std,
    "any": np.any,
    "all": np.all,
}
REDUCTIONS = sorted(NUMPY)
LOGIC = ("any", "all")
INTS = tuple(n for n in NAMES if "int" in n)
COMPLEX = ("complex64", "complex128")
REFUSED = {
    "sum": ("bool",),
    "prod": ("bool",),
    "max": ("bool", *COMPLEX),
    "min": ("bool", *COMPLEX),
    "mean": (),
    "var": tuple(set(INTS) - {"int32", "int64"}),
    "std": INTS,
    "any": (),
    "all": (),
    "argmax": ("bool", *COMPLEX),
    "argmin": ("bool", *COMPLEX),
    "cumsum": ("bool",),
    "cumprod": ("bool",),
}


def plain(axis):
    """As NumPy takes it."""
    return tuple(axis) if isinstance(axis, (list, range)) or getattr(axis, "ndim", 0) else axis


@pytest.mark.parametrize("name", REDUCTIONS)
def test_in_all_modes(name):
    x = X.round() if name in LOGIC else X
    forms = [(axis, keepdims) for axis in AXES for keepdims in (False, True)]
    out = agreed(lambda t: [getattr(K, name)(t, axis, keepdims) for axis, keepdims in forms], x)
    for (axis, keepdims), result in zip(forms, out, strict=True):
        expected = NUMPY[name](x, axis=plain(axis), keepdims=keepdims)
        np.testing.assert_allclose(result, expected, 1e-5, 1e-5)
        assert result.dtype == ("bool" if name in LOGIC else "float32")


@pytest.mark.parametrize("name", [n for n in REDUCTIONS if n not in LOGIC])
def test_gradients(name):
    fn = getattr(K, name)
    forms = [(None, False), (0, False), ((0, 2), True), (-1, True)]
    assert_gradients(lambda t: [fn(t, axis, keepdims) for axis, keepdims in forms], X)


@pytest.mark.parametrize("name", REDUCTIONS)
def test_static_shapes(name):
    fn = getattr(K, name)
    x, u = K.placeholder((None, 3, 4)), K.placeholder()
    found = [fn(x), fn(x, 0), fn(x, (1, 2)), fn(x, -1, True), fn(x, keepdims=True), fn(u), fn(u, 0), fn(u, None, True)]
    expected = [(), (3, 4), (None,), (None, 3, 1), (1, 1, 1), (), None, None]
    assert [K.int_shape(t) for t in found] == expected


@pytest.mark.parametrize("name", REDUCTIONS)
@pytest.mark.parametrize("symbolic", [False, True])
def test_errors(name, symbolic):
    fn = getattr(K, name)
    x, scalar = (K.placeholder((2, 3)), K.placeholder(())) if symbolic else (K.ones((2, 3)), K.constant(1.0))
    for axis in (2, -3, (0, 5)):
        with pytest.raises(ValueError, match=rf"^{name}\(\): .*axis.* out of range for a tensor of rank 2"):
            fn(x, axis)
    with pytest.raises(ValueError, match=rf"^{name}\(\): axis 0 is out of range for a tensor of rank 0"):
        fn(scalar, axis=0)
    for axis in ("a", 0.5, (0.5,)):
        with pytest.raises(TypeError, match=rf"^{name}\(\): axis must be an integer; got"):
            fn(x, axis)
    with pytest.raises(TypeError, match="known when the graph is built"):
        fn(x, K.placeholder((), dtype="int32"))
    for bad in (None, "text", [[1], [1, 2]]):
        with pytest.raises((TypeError, ValueError), match=rf"^{name}\(\): x"):
            fn(bad)


@pytest.mark.parametrize("name", sorted(REFUSED))
@pytest.mark.parametrize("dtype", NAMES)
def test_dtypes(name, dtype):
    fn = getattr(K, name)
    x = np.array([[2, 1, 0], [1, 1, 1]]).astype(to_numpy(kjax.as_dtype(dtype)))
    if dtype in REFUSED[name]:
        for t in (K.constant(x, dtype), K.placeholder((2, 3), dtype=dtype)):
            with pytest.raises(TypeError, match=rf"^{name}\(\): x can't be of dtype {dtype}"):
                fn(t)
        return
    out = fn(K.constant(x, dtype))
    expected = "bool" if name in LOGIC else "int64" if "arg" in name else dtype
    if dtype == "bool" and name in ("mean", "var", "std"):
        expected = "float32"
    assert out.dtype == expected == fn(K.placeholder((2, 3), dtype=dtype)).dtype


def test_the_same_dtypes_when_compiled():
    symbols, outputs = [], []
    for dtype in ("bfloat16", "int8", "uint32", "bool", "complex64"):
        x = K.placeholder((2, 3), dtype=dtype)
        symbols.append(x)
        outputs += [getattr(K, name)(x, 1) for name in REFUSED if dtype not in REFUSED[name]]
    results = K.function(symbols, outputs)([np.ones((2, 3))] * len(symbols))
    assert [r.dtype for r in results] == [t.dtype for t in outputs]


def test_integers_and_bools():
    i = np.array([[7, 8, 8], [-7, -8, -8]])
    b = np.array([[True, False, True], [False, False, True]])
    bytes_ = np.array([[200, 100, 90], [1, 2, 4]], "uint8")

    def calls(i, b, u):
        return [K.mean(i, 1), K.var(i, 1), K.mean(b, 1), K.std(b), K.mean(u, 1), K.sum(u, 1), K.prod(u, 1), K.mean(i)]

    out = agreed(calls, i, b, bytes_)
    assert out[0].tolist() == [7, -7] and out[1].tolist() == [0, 0] and out[7] == 0
    np.testing.assert_allclose(out[2], [2 / 3, 1 / 3], 1e-6)
    np.testing.assert_allclose(out[3], 0.5, 1e-6)
    assert out[4].tolist() == [130, 2] and out[5].tolist() == [134, 7] and out[6].tolist() == [64, 8]
    K.set_floatx("float64")
    assert K.mean(K.constant(b, "bool")).dtype == "float64"


def test_complex_numbers():
    z = np.array([1 + 2j, 2 - 1j, 1j], "complex64")
    out = agreed(lambda z: [K.sum(z), K.prod(z), K.mean(z), K.var(z), K.any(z), K.all(z), K.cumsum(z)], z)
    assert out[0] == 3 + 2j and out[1] == z.prod() and out[4] and not out[5]  # only the real part of 1j counts
    np.testing.assert_allclose(out[3], np.mean((z - z.mean()) ** 2), 1e-6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_short_floats_add_up_in_longer_ones(dtype):
    x = K.constant(np.full((2, 5000), 1.5), dtype)
    assert K.eval(K.sum(x[0])) == to_numpy(kjax.as_dtype(dtype)).type(7500) and K.eval(K.mean(x)) == 1.5
    assert K.eval(K.var(x)) == 0


def test_nan_is_passed_over_by_extrema_and_kept_by_sums():
    x = np.array([[1, np.nan, 3], [np.nan, -np.inf, 2], [np.nan] * 3], "float32")
    out = agreed(
        lambda t: [K.max(t, 1), K.min(t, 1), K.argmax(t), K.argmin(t), K.sum(t, 1), K.any(t, 1), K.max(t, (0, 1))], x
    )
    np.testing.assert_array_equal(out[0], [3, 2, -np.inf])
    np.testing.assert_array_equal(out[1], [1, -np.inf, np.inf])
    assert out[2].tolist() == [2, 2, 0] and out[3].tolist() == [0, 1, 0]
    assert np.isnan(out[4]).all() and out[5].all() and out[6] == 3


def test_of_nothing():
    x = np.zeros((0, 3), "float32")

    def calls(t, i):
        names = ("sum", "prod", "max", "min", "any", "all", "mean")
        return [getattr(K, n)(t, 0) for n in names] + [K.max(i, 0), K.min(i), K.mean(i, 0), K.sum(t, 1), K.max(t, 1)]

    out = agreed(calls, x, x.astype("int8"))
    firsts = [o.flat[0] for o in out[:10]]
    np.testing.assert_array_equal(firsts, [0, 1, -np.inf, np.inf, False, True, np.nan, -128, 127, 0])
    assert out[10].shape == (0,) == out[11].shape
    assert all(o.shape == (3,) for o in out[:8])


def test_an_axis_named_twice_counts_once():
    out = agreed(lambda t: [K.sum(t, (0, 0)), K.sum(t, (0, -3)), K.max(t, [1, 1], True)], X)
    np.testing.assert_allclose(out[0], X.sum(0), 1e-6)
    np.testing.assert_allclose(out[1], X.sum(0), 1e-6)
    np.testing.assert_allclose(out[2], X.max(1, keepdims=True))


def test_arrays_lists_and_tensors_as_arguments():
    assert K.eval(K.sum([[1, 2], [3, 4]], axis=1)).tolist() == [3, 7] and K.sum(X.astype("float64")).dtype == "float64"
    assert K.eval(K.mean([1.0, 2.0])) == 1.5 and K.eval(K.std(np.array([1.0, 3.0]))) == 1
    x = K.constant(X)
    assert K.sum(x, K.constant(1, "int32")).shape == (2, 4) and K.sum(x, K.constant([0, 1], "int32")).shape == (4,)
    assert K.sum(x, 1, None).shape == (2, 4) and K.sum(x, axis=1, keepdims=1).shape == (2, 1, 4)
    assert K.eval(K.cumsum([1, 2, 3])).tolist() == [1, 3, 6] and K.eval(K.argmax([1, 5, 2])) == 1


def test_ties_share_the_gradient():
    x = placeholders([np.zeros((2, 3))])[0]
    for name, at in (("max", 3.0), ("min", -3.0)):
        slope = K.function([x], K.gradients(getattr(K, name)(x, axis=1), [x]))
        assert slope([[[at, 0, at], [at, at, at]]])[0].tolist() == [[0.5, 0, 0.5], [1 / 3, 1 / 3, 1 / 3]]


def test_gradients_at_special_points():
    x = K.placeholder((2, 2), dtype="float64")
    std, prod, cumprod = K.gradients(K.std(x, 1), x) + K.gradients(K.prod(x, 1), x) + K.gradients(K.cumprod(x, 1), x)
    a, b, c = K.function([x], [std, prod, cumprod])([[[1, 1], [0, 3]]])
    assert np.isnan(a[0]).all() and np.isfinite(a[1]).all()
    assert b.tolist() == [[1, 1], [3, 0]] and c.tolist() == [[2, 1], [4, 0]]


@pytest.mark.parametrize("name", ["argmax", "argmin", "any", "all"])
def test_no_gradient(name):
    x = K.placeholder((2, 3))
    assert K.gradients(K.cast(getattr(K, name)(x, 0), "float32"), x) == [None]


@pytest.mark.parametrize("name", ["argmax", "argmin"])
def test_positions(name):
    ties = np.random.RandomState(1).randint(0, 3, (3, 8)).astype("int32")
    fn, reference = getattr(K, name), getattr(np, name)

    def calls(x, ties):
        return [fn(x), fn(x, 0), fn(x, axis=-2), fn(ties), fn(ties, np.int64(0)), fn(ties, None)]

    out = agreed(calls, X, ties)
    expected = [reference(X, -1), reference(X, 0), reference(X, 1), *(reference(ties, a) for a in (-1, 0, 0))]
    for result, right in zip(out, expected, strict=True):
        assert result.dtype == "int64"
        np.testing.assert_array_equal(result, right)
    assert K.int_shape(fn(K.placeholder((None, 3)))) == (None,) and K.int_shape(fn(K.placeholder())) is None


@pytest.mark.parametrize("name", ["cumsum", "cumprod"])
def test_running(name):
    fn, reference = getattr(K, name), getattr(np, name)
    for result, axis in zip(agreed(lambda x: [fn(x), fn(x, 1), fn(x, axis=-1)], X), (0, 1, 2), strict=True):
        np.testing.assert_allclose(result, reference(X, axis), 1e-5)
    assert_gradients(lambda x: [fn(x), fn(x, -1)], X)
    assert fn(K.constant([100, 100], "int8")).dtype == "int8" and fn(K.zeros((0, 3))).shape == (0, 3)
    assert K.int_shape(fn(K.placeholder((None, 3)), 1)) == (None, 3) and K.int_shape(fn(K.placeholder())) is None


@pytest.mark.parametrize("name", ["argmax", "argmin", "cumsum", "cumprod"])
@pytest.mark.parametrize("symbolic", [False, True])
def test_errors_of_one_axis(name, symbolic):
    fn = getattr(K, name)
    x, scalar = (K.placeholder((2, 3)), K.placeholder(())) if symbolic else (K.ones((2, 3)), K.constant(1.0))
    for axis in (2, -3):
        with pytest.raises(ValueError, match=rf"^{name}\(\): axis {axis} is out of range for a tensor of rank 2"):
            fn(x, axis)
    with pytest.raises(ValueError, match=rf"^{name}\(\): axis"):
        fn(scalar)
    for axis in ("a", 0.5, (0,), [1]):
        with pytest.raises(TypeError, match=rf"^{name}\(\): axis must be an integer; got"):
            fn(x, axis)
    if name.startswith("cum"):
        with pytest.raises(TypeError, match=rf"^{name}\(\): axis"):
            fn(x, None)


def test_no_position_in_nothing():
    with pytest.raises(ValueError, match=r"^argmax\(\): "):
        K.argmax(K.zeros((0, 3)), 0)
    assert K.argmax(K.zeros((0, 3)), 1).shape == (0,)


def test_large_tensors_which_xla_takes_care_of():
    x = np.random.RandomState(0).randn(600, 512).astype("float32")
    x[3, 5] = np.nan
    t = K.constant(x)
    row = K.constant(x[:1])
    assert x.size > kjax.core.op.LARGE
    np.testing.assert_allclose(K.eval(K.max(t, 1)), np.fmax.reduce(x, 1))
    np.testing.assert_array_equal(K.eval(K.argmin(t)), np.nanargmin(x, 1))
    for name in ("sum", "mean", "std", "cumsum"):
        fn = getattr(K, name)
        np.testing.assert_allclose(K.eval(fn(t, -1))[0], K.eval(fn(row, -1))[0], 1e-4, 1e-4)
    assert K.eval(K.any(t, keepdims=True)).shape == (1, 1) and K.sum(t, (0, 1)).shape == ()
    with pytest.raises(ValueError, match="out of range"):
        K.sum(t, 2)


# ------------------------------------------------------------------------------------------------------------ logsumexp


def test_logsumexp():
    x = np.concatenate([X, X * 1000])
    forms = [(axis, keepdims) for axis in AXES for keepdims in (False, True)]
    out = agreed(lambda t: [logsumexp(t, axis, keepdims) for axis, keepdims in forms], x, rtol=1e-5)
    wide = x.astype("longdouble")
    for (axis, keepdims), result in zip(forms, out, strict=True):
        expected = np.log(np.sum(np.exp(wide), axis=plain(axis), keepdims=keepdims))
        np.testing.assert_allclose(result, expected.astype("float64"), 1e-5, 1e-5)
    assert_gradients(lambda t: [logsumexp(t), logsumexp(t, 1, True)], X)


def test_logsumexp_of_infinities_and_nothing():
    for values, expected in [([-np.inf, -np.inf], -np.inf), ([np.inf, 0.0], np.inf), ([np.nan, 0.0], np.nan)]:
        (out,) = agreed(logsumexp, np.array(values, "float32"))
        np.testing.assert_equal(out, np.float32(expected))
    assert K.eval(logsumexp(K.zeros((0, 2)), 0)).tolist() == [-np.inf, -np.inf]
    with pytest.raises(TypeError, match=r"^logsumexp\(\): x can't be of dtype int32"):
        logsumexp(K.constant([1], "int32"))
