"""Absurd sizes: a clear error, or the same result as a large but sane one; never a crash or a hang."""

import numpy as np
import pytest

import kjax
from kjax import backend as K

X, I = (None, 5), (2, 4, 4, 3)  # noqa: E741

TOO_LARGE = {
    "tile": (X, lambda x: K.tile(x, (2**33, 2**33))),
    "repeat": (X, lambda x: K.repeat(x, 2**62)),
    "repeat_elements": (X, lambda x: K.repeat_elements(x, 2**62, 1)),
    "resize_images": (I, lambda x: K.resize_images(x, 2**31, 2**31, "channels_last")),
    "resize_images bilinear": (I, lambda x: K.resize_images(x, 2**31, 2**31, "channels_last", "bilinear")),
    "resize_volumes": ((1, 2, 2, 2, 1), lambda x: K.resize_volumes(x, 2**21, 2**21, 2**21, "channels_last")),
    "temporal_padding": ((1, 2, 3), lambda x: K.temporal_padding(x, (2**62, 1))),
    "spatial_2d_padding": (I, lambda x: K.spatial_2d_padding(x, ((2**40,) * 2,) * 2)),
    "spatial_3d_padding": ((1, 2, 2, 2, 1), lambda x: K.spatial_3d_padding(x, ((2**40,) * 2,) * 3)),
    "one_hot": ((None, 3), lambda x: K.one_hot(K.cast(x, "int32"), 2**60)),
    "arange": ((), lambda x: K.cast(K.arange(2**61), "float32") + x),
    "ones": ((), lambda x: K.ones((2**40, 2**40)) + x),
    "random_normal": ((), lambda x: K.random_normal((2**40, 2**40)) + x),
    "reshape": (X, lambda x: K.reshape(x, (2**40, 2**40))),
}


@pytest.mark.parametrize("name", TOO_LARGE)
@pytest.mark.parametrize("eager", [True, False])
def test_too_large(name, eager):
    shape, build = TOO_LARGE[name]
    value = np.ones([3 if dim is None else dim for dim in shape], "float32")
    with pytest.raises((ValueError, MemoryError), match=rf"{name.split()[0]}\(\)|feeding|Unable to allocate"):
        if eager:
            build(K.constant(value))
        else:
            x = K.placeholder(shape)
            K.function([x], [build(x)])([value])


# Empty arrays with more places before the axis without elements than can be visited: (2, 0) and (2, 4, 4, 0).
EMPTY = {
    "repeat": lambda x, i: K.repeat(x, 2**40),
    "repeat_elements": lambda x, i: K.repeat_elements(x, 2**40, 0),
    "tile": lambda x, i: K.exp(K.tile(x, (2**40, 1))),
    "resize_images": lambda x, i: K.resize_images(i, 2**28, 4, "channels_last"),
    "resize_images bilinear": lambda x, i: K.resize_images(i, 2**28, 4, "channels_last", "bilinear"),
    "spatial_2d_padding": lambda x, i: K.spatial_2d_padding(i, ((2**30, 2), (2, 2))),
    "pool2d": lambda x, i: K.pool2d(K.spatial_2d_padding(i, ((2**30, 2), (2, 2))), (3, 3)),
    "reshape": lambda x, i: K.sum(K.reshape(x, (2**40, 0)), 1),
    "cumsum": lambda x, i: K.cumsum(K.tile(x, (2**40, 1)), 0),
    "dropout": lambda x, i: K.dropout(K.tile(x, (2**40, 1)), 0.5),
    "zeros": lambda x, i: K.softmax(K.zeros((2**40, 0)) + K.sum(x)),
}


@pytest.mark.parametrize("name", EMPTY)
@pytest.mark.parametrize("eager", [True, False])
def test_empty_but_huge(name, eager):
    """An answer without elements or an error, at once."""
    values = [np.ones((2, 0), "float32"), np.ones((2, 4, 4, 0), "float32")]
    try:
        if eager:
            result = EMPTY[name](*map(K.constant, values)).numpy()
        else:
            inputs = [K.placeholder((2, None)), K.placeholder((2, 4, 4, None))]
            (result,) = K.function(inputs, [EMPTY[name](*inputs)])(values)
    except (ValueError, MemoryError) as error:
        assert "larger than any" in str(error) or "Unable to allocate" in str(error)
    else:
        assert 0 in result.shape


def test_empty_repeats():
    x = np.ones((2, 0), "float32")
    assert K.repeat(x, 3).shape == (2, 3, 0)
    assert K.repeat_elements(x, 3, 0).shape == (6, 0)
    assert K.repeat_elements(x, 3, 1).shape == (2, 0)
    assert K.resize_images(np.ones((1, 2, 2, 0)), 2, 3, "channels_last").shape == (1, 4, 6, 0)


# A call with huge numbers, and one with numbers that are large enough.
SAME = {
    "strides of pooling": [
        lambda x, n=n, p=p, m=m: K.pool2d(x, (2, 2), (n, n), p, pool_mode=m)
        for p in ("same", "valid")
        for m in ("avg", "max")
        for n in (2**62, 50)
    ],
    "windows of pooling": [
        lambda x, n=n, m=m: K.pool2d(x, (n, n), (1, 1), "same", pool_mode=m)
        for m in ("avg", "max")
        for n in (2**40, 51)
        for m in ("avg", "max")
        for n in (2**40, 51)
    ],
    "even windows of pooling": [
        lambda x, n=n, s=s: K.pool2d(x, (n, 2), (s, 1), "same", pool_mode="avg") for s in (1, 2, 3) for n in (2**31, 52)
    ],
    "strides": [
        lambda x, n=n, p=p: K.conv2d(x, K.ones((2, 3, 3, 2)), (n, n), p) for p in ("same", "valid") for n in (2**62, 50)
    ],
    "dilation": [
        lambda x, n=n, k=k: K.conv2d(x, K.ones((k, k, 3, 2)), padding="same", dilation_rate=n)
        for k in (1, 2, 3, 4)
        for n in (2**40, 50)
    ],
    "odd dilation": [
        lambda x, n=n, p=p: K.conv1d(x[:, 0], K.ones((2, 3, 2)), padding=p, dilation_rate=n)
        for p in ("same", "causal")
        for n in (2**40 + 1, 51)
    ],
    "depthwise": [lambda x, n=n: K.depthwise_conv2d(x, K.ones((2, 2, 3, 2)), (n, n), "same") for n in (2**62, 50)],
    "transposed": [
        lambda x, n=n: K.conv2d_transpose(x[:, :1, :1], K.ones((3, 3, 2, 3)), (2, 4, 4, 2), (n, n), "same")
        for n in (2**62, 50)
    ],
}


@pytest.mark.parametrize("name", SAME)
def test_as_with_large_numbers(name):
    x = K.placeholder(I)
    value = np.random.RandomState(0).randn(*I).astype("float32")
    huge, large = (K.function([x], [call(x) for call in SAME[name][i::2]])([value]) for i in range(2))
    for a, b in zip(huge, large, strict=True):
        np.testing.assert_array_equal(a, b)
        assert np.isfinite(a).all()


def test_static_shapes_of_huge_windows():
    with kjax.graph_mode():
        x = K.placeholder(I)
        assert K.pool2d(x, (2, 2), (2**62, 2**62), "same").shape == (2, 1, 1, 3)
        with pytest.raises(ValueError, match="does not fit"):
            K.pool2d(x, (2**40, 2), (1, 1), "valid")
