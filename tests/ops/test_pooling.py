import itertools

import numpy as np
import pytest

from helpers import agreed, assert_gradients
from kjax import backend as K
from kjax.shapes import windows

R = np.random.RandomState(0)
LAST, FIRST = "channels_last", "channels_first"


def drawn(*shape):
    return R.randn(*shape).astype("float32")


def moved(x, data_format):
    return np.moveaxis(x, -1, 1) if data_format == FIRST else x


def looped(x, sizes, strides, padding, mode):
    """Pooling with channels last, by its definition."""
    axes = range(x.ndim - 2)
    counts = [windows.count(x.shape[i + 1], sizes[i], strides[i], padding) for i in axes]
    before = [windows.margins(x.shape[i + 1], sizes[i], strides[i], padding)[0] for i in axes]
    out = np.zeros((len(x), *counts, x.shape[-1]), x.dtype)
    for place in itertools.product(*map(range, counts)):
        starts = [p * strides[i] - before[i] for i, p in enumerate(place)]
        cut = tuple(slice(max(start, 0), start + sizes[i]) for i, start in enumerate(starts))
        window = x[(slice(None), *cut)]
        reduce = np.max if mode == "max" else np.mean
        out[(slice(None), *place)] = reduce(window, axis=tuple(range(1, x.ndim - 1)))
    return out


FORMS = {
    2: [
        ((2, 3), (1, 1), "valid"),
        ((2, 3), (1, 1), "same"),
        ((3, 2), (2, 1), "same"),
        ((2, 2), (2, 2), "valid"),
        ((2, 3), (2, 3), "same"),
        ((1, 2), (2, 3), "same"),
        ((7, 6), (1, 1), "valid"),
        ((9, 8), (1, 2), "same"),
    ],
    3: [
        ((2, 1, 2), (1, 1, 1), "valid"),
        ((2, 3, 2), (1, 2, 1), "same"),
        ((2, 2, 2), (2, 2, 2), "valid"),
        ((2, 2, 3), (2, 2, 3), "same"),
    ],
}
SHAPES = {2: (2, 7, 6, 2), 3: (1, 5, 4, 3, 2)}


@pytest.mark.parametrize("data_format", [LAST, FIRST])
@pytest.mark.parametrize("axes", [2, 3])
@pytest.mark.parametrize("mode", ["max", "avg"])
def test_in_all_modes(mode, axes, data_format):
    fn, x = getattr(K, f"pool{axes}d"), drawn(*SHAPES[axes])

    def calls(t):
        return [fn(t, size, strides, padding, data_format, mode) for size, strides, padding in FORMS[axes]]

    for result, form in zip(agreed(calls, moved(x, data_format), rtol=1e-5), FORMS[axes], strict=True):
        np.testing.assert_allclose(result, moved(looped(x, *form, mode), data_format), 1e-5, 1e-6)


@pytest.mark.parametrize("axes", [2, 3])
@pytest.mark.parametrize("mode", ["max", "avg"])
def test_gradients(mode, axes):
    fn = getattr(K, f"pool{axes}d")
    x = R.randn(*SHAPES[axes])[..., :1]
    assert_gradients(lambda t: [fn(t, *form, LAST, mode) for form in FORMS[axes]], x)


def slopes_of(fn, x):
    """The gradient of a sum with weights 1, 2, 3 …"""
    t = K.placeholder(x.shape)
    out = fn(t)
    weights = np.arange(1.0, np.prod(K.int_shape(out)) + 1).reshape(K.int_shape(out))
    return K.function([t], K.gradients(K.sum(out * weights), t))([x])[0]


def test_of_elements_that_tie_the_first_has_the_gradient():
    x = np.zeros((1, 3, 3, 1))
    for strides, padding, expected in [
        ((1, 1), "valid", [[1, 2, 0], [3, 4, 0], [0, 0, 0]]),
        ((2, 2), "valid", [[1, 0, 0], [0, 0, 0], [0, 0, 0]]),
        ((1, 1), "same", [[1, 2, 3], [4, 5, 6], [7, 8, 9]]),
        ((2, 2), "same", [[1, 0, 2], [0, 0, 0], [3, 0, 4]]),
    ]:
        found = slopes_of(lambda t, s=strides, p=padding: K.pool2d(t, (2, 2), s, p), x)
        assert found[0, ..., 0].tolist() == expected


def test_of_elements_that_tie_in_volumes_each_has_the_gradient():
    x = np.zeros((1, 3, 3, 1, 1))
    for strides, padding, expected in [
        ((1, 1, 1), "valid", [[1, 3, 2], [4, 10, 6], [3, 7, 4]]),
        ((1, 1, 1), "same", [[1, 3, 5], [5, 12, 16], [11, 24, 28]]),
        ((2, 2, 1), "valid", [[1, 1, 0], [1, 1, 0], [0, 0, 0]]),
        ((2, 2, 1), "same", [[1, 1, 2], [1, 1, 2], [3, 3, 4]]),
    ]:
        found = slopes_of(lambda t, s=strides, p=padding: K.pool3d(t, (2, 2, 1), s, p), x)
        assert found[0, ..., 0, 0].tolist() == expected


def test_large_windows_of_volumes():
    x = R.randint(0, 2, (1, 5, 5, 5, 1)) * 1.0
    for size, strides in [((4, 4, 4), (1, 1, 1)), ((5, 5, 5), (1, 1, 1)), ((4, 3, 3), (4, 3, 3))]:
        slope = slopes_of(lambda t, size=size, s=strides: K.pool3d(t, size, s, "same"), x)
        expected = np.zeros_like(x)
        out = looped(x, size, strides, "same", "max")
        before = [windows.margins(5, size[i], strides[i], "same")[0] for i in range(3)]
        for weight, place in enumerate(np.ndindex(out.shape[1:4]), 1):
            starts = [p * strides[i] - before[i] for i, p in enumerate(place)]
            cut = (0, *(slice(max(s, 0), s + size[i]) for i, s in enumerate(starts)), 0)
            expected[cut] += weight * (x[cut] == out[(0, *place, 0)])
        np.testing.assert_allclose(slope, expected, 1e-5)


def test_second_derivatives():
    x = K.placeholder((1, 4, 4, 1))
    for pooled in (K.pool2d(x, (2, 2), (2, 2)), K.pool2d(x, (2, 2), (2, 2), pool_mode="avg")):
        (slope,) = K.gradients(K.sum(K.square(pooled)), x)
        (curvature,) = K.gradients(K.sum(K.square(slope)), x)
        found = K.function([x], [curvature])([R.randn(1, 4, 4, 1)])[0]
        assert np.isfinite(found).all() and found.any()


def test_static_shapes():
    x = K.placeholder((None, None, 7, 3))
    assert K.int_shape(K.pool2d(x, (2, 2))) == (None, None, 6, 3)
    assert K.int_shape(K.pool2d(x, (2, 3), (2, 2), "same")) == (None, None, 4, 3)
    assert K.int_shape(K.pool2d(x, (2, 2), data_format=FIRST)) == (None, None, 6, 2)
    assert K.int_shape(K.pool2d(K.placeholder(), (2, 2))) == (None,) * 4
    assert K.int_shape(K.pool3d(K.placeholder((2, None, 4, 5, 1)), (2, 2, 2), (2, 2, 2))) == (2, None, 2, 2, 1)


def test_dtypes():
    x = np.array([200, 100, 3, 4]).reshape(1, 2, 2, 1)
    for dtype in ("uint8", "int32", "int64", "float16", "bfloat16", "float64"):
        out = K.pool2d(K.constant(x, dtype), (2, 2))
        assert out.dtype == dtype and K.eval(K.cast(out, "float64")) == 200
    many = K.constant(np.ones((1, 100, 100, 1)), "float16")
    assert K.eval(K.pool2d(many, (100, 100), pool_mode="avg")) == 1  # 10000 ones are more than float16 can count
    assert K.eval(K.pool2d(many, (99, 99), pool_mode="avg")).tolist() == [[[[1], [1]], [[1], [1]]]]
    for t in (K.constant(x, "int32"), K.placeholder((1, 2, 2, 1), dtype="int32")):
        with pytest.raises(TypeError, match=r"^pool2d\(\): x can't be of dtype int32 for an average"):
            K.pool2d(t, (2, 2), pool_mode="avg")


def test_nan_and_infinity():
    x = np.array([1, np.nan, 3, -np.inf, -np.inf, np.nan], "float32").reshape(1, 6, 1, 1)
    out = agreed(lambda t: [K.pool2d(t, (2, 1)), K.pool2d(t, (2, 1), (2, 1)), K.pool2d(t, (2, 1), pool_mode="avg")], x)
    assert out[0].ravel().tolist() == [1, 3, 3, -np.inf, -np.inf]
    assert out[1].ravel().tolist() == [1, 3, -np.inf]
    np.testing.assert_array_equal(out[2].ravel(), [np.nan, np.nan, -np.inf, -np.inf, np.nan])


def test_large_windows_of_integers_and_nan():
    x = np.arange(36).reshape(1, 6, 6, 1)
    y = np.where(x % 7 == 0, np.nan, x).astype("float32")
    out = agreed(lambda i, f: [K.pool2d(i, (6, 5)), K.pool2d(f, (6, 5)), K.pool2d(f, (6, 6))], x, y)
    assert out[0].ravel().tolist() == [34, 35] and out[1].ravel().tolist() == [34, 34] and out[2].ravel() == [34]


def test_of_nothing():
    out = agreed(
        lambda a, b, c: [K.pool2d(t, (2, 2), pool_mode=mode) for t in (a, b, c) for mode in ("max", "avg")],
        np.zeros((0, 4, 4, 1), "float32"),
        np.zeros((1, 1, 4, 1), "float32"),
        np.zeros((1, 4, 4, 0), "float32"),
    )
    assert [o.shape for o in out[::2]] == [(0, 3, 3, 1), (1, 0, 3, 1), (1, 3, 3, 0)]


@pytest.mark.parametrize("make", [K.ones, K.placeholder])
def test_errors(make):
    x = make((1, 4, 4, 1))
    for args, options, message in [
        (((2,),), {}, "pool_size must be a tuple of 2 integers"),
        (((0, 2),), {}, "pool_size must be at least 1; got 0"),
        (((2, 2), (1, 2, 1)), {}, "strides must be a tuple of 2 integers"),
        (((2, 2),), {"padding": "causal"}, "padding must be 'same' or 'valid'; got 'causal'"),
        (((2, 2),), {"data_format": "NHWC"}, "data_format must be"),
        (((2, 2),), {"pool_mode": "min"}, "pool_mode must be 'max' or 'avg'; got 'min'"),
        (((6, 2),), {}, "a window that spans 6 does not fit into 4 elements"),
    ]:
        with pytest.raises(ValueError, match=rf"^pool2d\(\): {message}"):
            K.pool2d(x, *args, **options)
    for size in (2, "ab", None, (1.5, 2)):
        with pytest.raises(TypeError, match=r"^pool2d\(\): pool_size"):
            K.pool2d(x, size)
    with pytest.raises(ValueError, match=r"^pool3d\(\): x must have rank 5; got shape \(1, 4, 4, 1\)"):
        K.pool3d(x, (2, 2, 2))
    with pytest.raises(TypeError, match=r"^pool2d\(\): x can't be of dtype bool"):
        K.pool2d(K.ones((1, 4, 4, 1), dtype="bool"), (2, 2))


def test_an_error_that_shows_only_at_run_time():
    x = K.placeholder((None,) * 4)
    with pytest.raises(ValueError, match=r"pool2d\(\): a window that spans 3 does not fit into 1 element\b"):
        K.function([x], [K.pool2d(x, (3, 1))])([np.ones((1, 1, 4, 1))])
