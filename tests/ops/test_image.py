import numpy as np
import pytest

from helpers import agreed, assert_gradients
from kjax import backend as K

R = np.random.RandomState(0)
LAST, FIRST = "channels_last", "channels_first"


def drawn(*shape):
    return R.randn(*shape).astype("float32")


# ------------------------------------------------------------------------------------------------------------- paddings


def test_paddings():
    a, b, c = drawn(2, 3, 4), drawn(2, 3, 4, 2), drawn(1, 2, 3, 2, 2)
    out = agreed(
        lambda a, b, c: [
            K.temporal_padding(a),
            K.temporal_padding(a, (0, 3)),
            K.spatial_2d_padding(b),
            K.spatial_2d_padding(b, ((1, 0), (0, 2))),
            K.spatial_2d_padding(b, [[1, 0], [2, 3]], FIRST),
            K.spatial_3d_padding(c),
            K.spatial_3d_padding(c, ((1, 0), (0, 2), (0, 0)), LAST),
            K.spatial_3d_padding(c, ((1, 0), (0, 2), (3, 0)), FIRST),
        ],
        *(a, b, c),
    )
    none, one = (0, 0), (1, 1)
    expected = [
        np.pad(a, (none, one, none)),
        np.pad(a, (none, (0, 3), none)),
        np.pad(b, (none, one, one, none)),
        np.pad(b, (none, (1, 0), (0, 2), none)),
        np.pad(b, (none, none, (1, 0), (2, 3))),
        np.pad(c, (none, one, one, one, none)),
        np.pad(c, (none, (1, 0), (0, 2), none, none)),
        np.pad(c, (none, none, (1, 0), (0, 2), (3, 0))),
    ]
    for result, right in zip(out, expected, strict=True):
        np.testing.assert_array_equal(result, right)


def test_gradients_of_paddings():
    assert_gradients(
        lambda a, b: [
            K.temporal_padding(a, (1, 2)),
            K.spatial_2d_padding(b),
            K.spatial_2d_padding(b, data_format=FIRST),
        ],
        R.randn(2, 2, 2),
        R.randn(1, 2, 2, 1),
    )


def test_shapes_of_paddings():
    assert K.int_shape(K.temporal_padding(K.placeholder((None, 3, None)))) == (None, 5, None)
    assert K.int_shape(K.temporal_padding(K.placeholder((2, None, 4)))) == (2, None, 4)
    assert K.int_shape(K.temporal_padding(K.placeholder())) == (None, None, None)
    assert K.int_shape(K.spatial_2d_padding(K.placeholder((None, 3, None, 2)))) == (None, 5, None, 2)
    assert K.int_shape(K.spatial_3d_padding(K.placeholder((None, 3, 2, 1, 2)), data_format=FIRST)) == (None, 3, 4, 3, 4)
    K.set_image_data_format(FIRST)
    assert K.int_shape(K.spatial_2d_padding(K.ones((1, 3, 2, 2)))) == (1, 3, 4, 4)
    assert K.int_shape(K.spatial_2d_padding(K.placeholder((1, 3, 2, 2)))) == (1, 3, 4, 4)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "bfloat16", "complex128"])
def test_dtypes_of_paddings(dtype):
    x = K.ones((1, 1, 1), dtype=dtype)
    out = K.temporal_padding(x, (1, 0))
    assert out.dtype == dtype and K.eval(K.cast(out, "float32")).ravel().tolist() == [0, 1]


@pytest.mark.parametrize("make", [K.ones, K.placeholder])
def test_errors_of_paddings(make):
    x = make((1, 2, 2))
    for padding, kind in [
        (1, TypeError),
        ("ab", TypeError),
        ((1.5, 1), TypeError),
        ((None, 1), TypeError),
        ((1,), ValueError),
        ((1, 2, 3), ValueError),
        ((-1, 1), ValueError),
    ]:
        with pytest.raises(kind, match=r"^temporal_padding\(\): padding must be"):
            K.temporal_padding(x, padding)
    with pytest.raises(ValueError, match=r"^temporal_padding\(\): x must have rank 3; got shape \(2, 2\)"):
        K.temporal_padding(make((2, 2)))
    x = make((1, 2, 2, 1))
    for padding in ((1, 1), 1):
        with pytest.raises(
            TypeError, match=r"^spatial_2d_padding\(\): padding must be a tuple of 2 (pairs|integers); got"
        ):
            K.spatial_2d_padding(x, padding)
    for padding in (((1, 1),), ((1, 1), (1,)), ((1, 1), (-1, 0))):
        with pytest.raises(ValueError, match=r"^spatial_2d_padding\(\): padding must be"):
            K.spatial_2d_padding(x, padding)
    with pytest.raises(ValueError, match=r"^spatial_2d_padding\(\): data_format must be"):
        K.spatial_2d_padding(x, data_format="NHWC")
    with pytest.raises(ValueError, match=r"^spatial_3d_padding\(\): x must have rank 5"):
        K.spatial_3d_padding(x)


# ------------------------------------------------------------------------------------------------------------- resizing


def bilinear(x, factor, axis):
    """By definition: on straight lines between the middles of elements, at the edges level."""
    n = x.shape[axis]
    places = (np.arange(n * factor) + 0.5) / factor - 0.5
    return np.apply_along_axis(lambda row: np.interp(places, np.arange(n), row), axis, x)


@pytest.mark.parametrize("height", [1, 2, 3])
@pytest.mark.parametrize("width", [1, 4])
def test_images(height, width):
    x = drawn(2, 3, 4, 2)
    out = agreed(
        lambda x: [
            K.resize_images(x, height, width, layout, method)
            for layout in (LAST, FIRST)
            for method in ("nearest", "bilinear")
        ],
        x,
        rtol=1e-5,
    )
    for i, axis in enumerate((1, 2)):
        np.testing.assert_array_equal(out[2 * i], x.repeat(height, axis).repeat(width, axis + 1))
        expected = bilinear(bilinear(x, height, axis), width, axis + 1)
        np.testing.assert_allclose(out[2 * i + 1], expected, 1e-5, 1e-5)


def test_volumes():
    x = drawn(1, 2, 3, 2, 2)
    out = agreed(lambda x: [K.resize_volumes(x, 2, 1, 3, LAST), K.resize_volumes(x, 1, 2, 2, FIRST)], x)
    np.testing.assert_array_equal(out[0], x.repeat(2, 1).repeat(3, 3))
    np.testing.assert_array_equal(out[1], x.repeat(2, 3).repeat(2, 4))
    assert_gradients(lambda x: K.resize_volumes(x, 2, 1, 3, LAST), x)


def test_gradients_of_images():
    assert_gradients(lambda x: K.resize_images(x, 2, 3, LAST), R.randn(1, 2, 2, 2))
    # Bilinear results are float32, too coarse for finite differences; but the function is linear.
    x = K.placeholder((1, 3, 2, 1), dtype="float64")
    out = K.resize_images(x, 3, 2, LAST, "bilinear")
    (slope,) = K.gradients(K.sum(out * out), x)
    value = R.randn(1, 3, 2, 1)
    y, found = K.function([x], [out, slope])([value])
    assert out.dtype == "float32" and slope.dtype == "float64"
    np.testing.assert_allclose((found * value).sum(), 2 * (y * y).sum(), 1e-5)


def test_shapes_of_resizing():
    x = K.placeholder((None, None, 4, 3))
    assert K.int_shape(K.resize_images(x, 2, 3, LAST)) == (None, None, 12, 3)
    assert K.int_shape(K.resize_images(x, 2, 3, FIRST, "bilinear")) == (None, None, 8, 9)
    assert K.int_shape(K.resize_images(K.placeholder(), 2, 3, LAST)) == (None,) * 4
    assert K.int_shape(K.resize_volumes(K.placeholder((2, 1, None, 2, 3)), 2, 3, 4, LAST)) == (2, 2, None, 8, 3)


def test_dtypes_of_resizing():
    for dtype in ("uint8", "int64", "float16", "bfloat16", "float64"):
        x = K.ones((1, 2, 2, 1), dtype=dtype)
        assert K.resize_images(x, 2, 2, LAST).dtype == dtype
        assert K.resize_images(x, 2, 2, LAST, "bilinear").dtype == "float32"
        assert K.resize_images(x, 1, 1, LAST, "bilinear").dtype == "float32"
    assert K.resize_volumes(K.ones((1, 1, 1, 1, 1), dtype="bool"), 2, 1, 1, LAST).dtype == "bool"
    with pytest.raises(TypeError, match=r"^resize_images\(\): x can't be of dtype bool"):
        K.resize_images(K.ones((1, 1, 1, 1), dtype="bool"), 2, 1, LAST)


def test_resizing_of_nothing():
    x = np.zeros((0, 2, 2, 1), "float32")
    out = agreed(
        lambda x, y: [K.resize_images(t, 2, 2, LAST, m) for t in (x, y) for m in ("nearest", "bilinear")],
        x,
        np.zeros((1, 0, 2, 1), "float32"),
    )
    assert [o.shape for o in out] == [(0, 4, 4, 1)] * 2 + [(1, 0, 4, 1)] * 2


@pytest.mark.parametrize("make", [K.ones, K.placeholder])
def test_errors_of_resizing(make):
    x = make((1, 2, 2, 1))
    for factor, kind in [(0, ValueError), (-1, ValueError), (2.0, TypeError), ("a", TypeError), (None, TypeError)]:
        for method in ("nearest", "bilinear"):
            with pytest.raises(kind, match=r"^resize_images\(\): height_factor must be"):
                K.resize_images(x, factor, 1, LAST, method)
            with pytest.raises(kind, match=r"^resize_images\(\): width_factor must be"):
                K.resize_images(x, 1, factor, LAST, method)
    for layout in (None, "NHWC"):
        with pytest.raises(ValueError, match=r"^resize_images\(\): data_format must be"):
            K.resize_images(x, 2, 2, layout)
    with pytest.raises(ValueError, match=r"^resize_images\(\): interpolation must be 'nearest' or 'bilinear'"):
        K.resize_images(x, 2, 2, LAST, "cubic")
    with pytest.raises(ValueError, match=r"^resize_images\(\): x must have rank 4; got shape \(2, 2, 1\)"):
        K.resize_images(make((2, 2, 1)), 2, 2, LAST)
    with pytest.raises(ValueError, match=r"^resize_volumes\(\): depth_factor must be at least 1; got 0"):
        K.resize_volumes(make((1, 1, 1, 1, 1)), 0, 1, 1, LAST)
    with pytest.raises(ValueError, match=r"^resize_volumes\(\): x must have rank 5"):
        K.resize_volumes(x, 1, 1, 1, LAST)
    with pytest.raises(TypeError, match=r"^resize_images\(\): height_factor must be known when the graph is built"):
        K.resize_images(x, K.placeholder((), dtype="int32"), 1, LAST)
