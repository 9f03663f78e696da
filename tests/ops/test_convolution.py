import itertools

import numpy as np
import pytest

import kjax
from helpers import agreed, assert_gradients
from kjax import backend as K
from kjax.ops.convolution import separable_conv1d
from kjax.shapes import windows

R = np.random.RandomState(0)
LAST, FIRST = "channels_last", "channels_first"


def drawn(*shape):
    return R.randn(*shape).astype("float32")


def moved(x, data_format):
    """Images with channels last in another format."""
    return np.moveaxis(x, -1, 1) if data_format == FIRST else x


def looped(x, kernel, strides, padding, dilations):
    """A convolution with channels last, by its definition."""
    axes = range(x.ndim - 2)
    pairs = [windows.margins(x.shape[i + 1], kernel.shape[i], strides[i], padding, dilations[i]) for i in axes]
    x = np.pad(x, [(0, 0), *pairs, (0, 0)])
    spans = [windows.reach(kernel.shape[i], dilations[i]) for i in axes]
    counts = [(x.shape[i + 1] - spans[i]) // strides[i] + 1 for i in axes]
    out = np.zeros((len(x), *counts, kernel.shape[-1]), x.dtype)
    for place in itertools.product(*map(range, counts)):
        cut = tuple(slice(p * strides[i], p * strides[i] + spans[i], dilations[i]) for i, p in enumerate(place))
        out[(slice(None), *place)] = np.tensordot(x[(slice(None), *cut)], kernel, kernel.ndim - 1)
    return out


FORMS = [
    ("valid", 1, 1),
    ("same", 1, 1),
    ("valid", 2, 1),
    ("same", 2, 1),
    ("same", 3, 1),
    ("valid", 1, 2),
    ("same", 1, 2),
]
SIZES = {1: ((2, 6, 2), (3, 2, 3)), 2: ((2, 6, 5, 2), (3, 2, 2, 3)), 3: ((1, 6, 5, 4, 2), (3, 2, 2, 2, 1))}


@pytest.mark.parametrize("data_format", [LAST, FIRST])
@pytest.mark.parametrize("axes", [1, 2, 3])
def test_in_all_modes(axes, data_format):
    fn = getattr(K, f"conv{axes}d")
    x, kernel = (drawn(*shape) for shape in SIZES[axes])
    forms = FORMS + ([("causal", 1, 1), ("causal", 2, 1), ("causal", 1, 2)] if axes == 1 else [])
    out = agreed(
        lambda x, k: [fn(x, k, s, padding, data_format, d) for padding, s, d in forms],
        moved(x, data_format),
        kernel,
        rtol=1e-4,
    )
    for (padding, s, d), result in zip(forms, out, strict=True):
        expected = looped(x, kernel, (s,) * axes, padding, (d,) * axes)
        np.testing.assert_allclose(result, moved(expected, data_format), 1e-4, 1e-4)


@pytest.mark.parametrize("axes", [1, 2, 3])
def test_gradients(axes):
    fn = getattr(K, f"conv{axes}d")
    x, kernel = (R.randn(*shape) for shape in {1: ((1, 4, 2), (2, 2, 1)), 2: ((1, 4, 3, 1), (2, 2, 1, 2))}.get(
        axes, ((1, 3, 2, 2, 1), (2, 2, 1, 1, 1))
    ))  # fmt: skip
    assert_gradients(lambda x, k: [fn(x, k, s, p, LAST, d) for p, s, d in FORMS[:4] + FORMS[6:]], x, kernel)


def test_static_shapes():
    x, kernel = K.placeholder((None, None, 8, 3)), K.placeholder((3, 3, 3, 5))
    assert K.int_shape(K.conv2d(x, kernel)) == (None, None, 6, 5)
    assert K.int_shape(K.conv2d(x, kernel, padding="same", strides=(2, 2))) == (None, None, 4, 5)
    assert K.int_shape(K.conv2d(x, K.placeholder((None, None, None, 5)))) == (None, None, None, 5)
    assert K.int_shape(K.conv2d(x, K.placeholder())) == (None,) * 4
    assert K.int_shape(K.conv2d(K.placeholder(), kernel)) == (None, None, None, 5)
    assert K.int_shape(K.conv2d(K.placeholder(), kernel, data_format=FIRST)) == (None, 5, None, None)
    assert K.int_shape(K.conv1d(K.placeholder((2, 7, 3)), K.placeholder((3, 3, 4)), 2, "causal")) == (2, 4, 4)
    assert K.int_shape(K.depthwise_conv2d(x, K.placeholder((3, 3, 3, 2)))) == (None, None, 6, 6)
    assert K.int_shape(K.depthwise_conv2d(x, K.placeholder((3, 3, None, 2)))) == (None, None, 6, 6)
    assert K.int_shape(K.depthwise_conv2d(x, K.placeholder((3, 3, 3, None)))) == (None, None, 6, None)
    pointwise = K.placeholder((1, 1, 6, 7))
    assert K.int_shape(K.separable_conv2d(x, K.placeholder((3, 3, 3, 2)), pointwise)) == (None, None, 6, 7)


def test_the_data_format_is_that_of_the_call():
    x, kernel = K.placeholder((2, 3, 8, 8)), K.placeholder((3, 3, 3, 5))
    K.set_image_data_format(FIRST)
    out = K.conv2d(x, kernel)
    K.set_image_data_format(LAST)
    assert K.int_shape(out) == (2, 5, 6, 6)
    assert K.function([x, kernel], [out])([np.ones((2, 3, 8, 8)), np.ones((3, 3, 3, 5))])[0].shape == (2, 5, 6, 6)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float64", "int32"])
def test_dtypes(dtype):
    x, kernel = np.full((1, 1, 4000, 1), 2), np.ones((1, 4000, 1, 1), int)
    out = K.conv2d(K.constant(x, dtype), K.constant(kernel, dtype))
    assert out.dtype == dtype and K.eval(K.cast(out, "float64")) == 8000  # a sum that 16 bits would not reach
    if dtype == "int32":
        with pytest.raises(TypeError, match=r"^conv3d\(\): x can't be of dtype int32"):
            K.conv3d(K.constant([[[[[1]]]]], dtype), K.constant([[[[[1]]]]], dtype))


@pytest.mark.parametrize("symbolic", [False, True])
def test_errors(symbolic):
    def tensor(*shape, dtype="float32"):
        return K.placeholder(shape, dtype=dtype) if symbolic else K.ones(shape, dtype=dtype)

    x, kernel = tensor(1, 5, 5, 2), tensor(3, 3, 2, 4)
    for options, message in [
        ({"padding": "full"}, "padding must be 'same' or 'valid'; got 'full'"),
        ({"data_format": "NHWC"}, "data_format must be 'channels_last' or 'channels_first'; got 'NHWC'"),
        ({"strides": (1, 0)}, "strides must be at least 1; got 0"),
        ({"strides": (1, 2, 3)}, "strides must be a tuple of 2 integers"),
        ({"dilation_rate": -1}, "dilation_rate must be at least 1"),
        ({"strides": 2, "dilation_rate": 2}, "strides greater than 1 don't go with a dilation_rate"),
        ({"dilation_rate": 4}, "a window that spans 9 does not fit into 5 elements"),
        ({"data_format": FIRST}, "x has 5 channels, but kernel is for 2"),
    ]:
        with pytest.raises(ValueError, match=rf"^conv2d\(\): {message}"):
            K.conv2d(x, kernel, **options)
    for strides in ("a", 1.5, (1, None), {}):
        with pytest.raises((TypeError, ValueError), match=r"^conv2d\(\): strides"):
            K.conv2d(x, kernel, strides)
    with pytest.raises(TypeError, match=r"^conv2d\(\): tensors of different dtypes, float32 and float64"):
        K.conv2d(x, tensor(3, 3, 2, 4, dtype="float64"))
    with pytest.raises(ValueError, match=r"^conv2d\(\): x must have rank 4; got shape \(5, 5, 2\)"):
        K.conv2d(tensor(5, 5, 2), kernel)
    with pytest.raises(ValueError, match=r"^conv1d\(\): kernel must have rank 3"):
        K.conv1d(tensor(1, 5, 2), tensor(3, 2))
    with pytest.raises(ValueError, match=r"^conv2d\(\): a window must not be empty"):
        K.conv2d(x, tensor(0, 3, 2, 4))
    with pytest.raises(ValueError, match=r"^depthwise_conv2d\(\): x has 2 channels, but depthwise_kernel is for 3"):
        K.depthwise_conv2d(x, tensor(2, 2, 3, 1))
    with pytest.raises(TypeError, match=r"^depthwise_conv2d\(\): strides must be a tuple of 2 integers; got 2"):
        K.depthwise_conv2d(x, tensor(2, 2, 2, 1), 2)
    with pytest.raises(ValueError, match=r"^separable_conv2d\(\): pointwise_kernel is for 3 channels, but depth"):
        K.separable_conv2d(x, tensor(2, 2, 2, 2), tensor(1, 1, 3, 1))
    with pytest.raises(ValueError, match=r"^separable_conv2d\(\): pointwise_kernel must have a window of 1 by 1"):
        K.separable_conv2d(x, tensor(2, 2, 2, 2), tensor(2, 1, 4, 1))
    with pytest.raises(ValueError, match=r"^conv2d\(\): x: a tensor is needed"):
        K.conv2d(None, kernel)


def test_errors_that_show_only_at_run_time():
    x, kernel = K.placeholder((None,) * 4), K.placeholder((3, 3, 2, 4))
    run = K.function([x, kernel], [K.conv2d(x, kernel)])
    with pytest.raises(ValueError, match=r"conv2d\(\): x has 3 channels, but kernel is for 2"):
        run([np.ones((1, 5, 5, 3)), np.ones((3, 3, 2, 4))])
    with pytest.raises(ValueError, match=r"conv2d\(\): a window that spans 3 does not fit into 1 element"):
        run([np.ones((1, 1, 5, 2)), np.ones((3, 3, 2, 4))])


def test_of_nothing():
    x, kernel = np.ones((0, 5, 5, 2), "float32"), drawn(3, 3, 2, 4)
    out = agreed(
        lambda x, k, y, z: [K.conv2d(x, k), K.conv2d(y, k), K.conv2d(y, z), K.depthwise_conv2d(x, k)],
        x,
        kernel,
        np.ones((1, 2, 5, 2), "float32"),
        np.ones((3, 3, 2, 0), "float32"),
    )
    assert [o.shape for o in out] == [(0, 3, 3, 4), (1, 0, 3, 4), (1, 0, 3, 0), (0, 3, 3, 8)]
    symbol = K.placeholder((0, 5, 5, 2))
    weight = K.placeholder((3, 3, 2, 4))
    slopes = K.function([symbol, weight], K.gradients(K.sum(K.conv2d(symbol, weight)), [symbol, weight]))([x, kernel])
    assert slopes[0].shape == x.shape and not slopes[1].any()


# ------------------------------------------------------------------------------------------------------------ depthwise


@pytest.mark.parametrize("data_format", [LAST, FIRST])
def test_depthwise_and_separable(data_format):
    x, kernel, pointwise = drawn(2, 6, 5, 2), drawn(3, 2, 2, 3), drawn(1, 1, 6, 4)
    forms = [("valid", (1, 1), 1), ("same", (2, 2), 1), ("valid", (2, 1), 1), ("same", (1, 1), 2)]

    def calls(x, k, p):
        how = [(strides, padding, data_format, (d, d)) for padding, strides, d in forms]
        return [K.depthwise_conv2d(x, k, *h) for h in how] + [K.separable_conv2d(x, k, p, *h) for h in how]

    out = agreed(calls, moved(x, data_format), kernel, pointwise, rtol=1e-4)
    for i, (padding, strides, d) in enumerate(forms):
        channels = [looped(x[..., c : c + 1], kernel[:, :, c : c + 1], strides, padding, (d, d)) for c in range(2)]
        expected = np.concatenate(channels, -1)
        np.testing.assert_allclose(out[i], moved(expected, data_format), 1e-4, 1e-4)
        mixed = np.tensordot(expected, pointwise[0, 0], 1)
        np.testing.assert_allclose(out[i + 4], moved(mixed, data_format), 1e-4, 1e-4)


def test_gradients_of_separable():
    assert_gradients(
        lambda x, k, p: [K.separable_conv2d(x, k, p), K.separable_conv2d(x, k, p, (2, 2), "same")],
        R.randn(1, 3, 3, 2),
        R.randn(2, 2, 2, 1),
        R.randn(1, 1, 2, 2),
    )


@pytest.mark.parametrize("data_format", [LAST, FIRST])
def test_separable_of_sequences(data_format):
    x, kernel, pointwise = drawn(2, 6, 2), drawn(3, 2, 3), drawn(1, 6, 4)
    forms = [(1, "valid", 1), (2, "same", 1), (1, "same", 2)]

    def calls(x, k, p):
        return [separable_conv1d(x, k, p, strides, padding, data_format, d) for strides, padding, d in forms]

    out = agreed(calls, moved(x, data_format), kernel, pointwise, rtol=1e-4)
    for result, (strides, padding, d) in zip(out, forms, strict=True):
        channels = [looped(x[..., c : c + 1], kernel[:, c : c + 1], (strides,), padding, (d,)) for c in range(2)]
        expected = np.tensordot(np.concatenate(channels, -1), pointwise[0], 1)
        np.testing.assert_allclose(result, moved(expected, data_format), 1e-4, 1e-4)
    with pytest.raises(ValueError, match=r"^separable_conv1d\(\): pointwise_kernel is for 5 channels"):
        separable_conv1d(x, kernel, drawn(1, 5, 4))


# ---------------------------------------------------------------------------------------------------------------- local


@pytest.mark.parametrize("data_format", [LAST, FIRST])
def test_local(data_format):
    x, kernel = drawn(2, 5, 6, 2), drawn(6, 12, 3)
    # With channels first the elements of a window lie in another order, and so do the rows of the kernel.
    rows = kernel.reshape(6, 2, 3, 2, 3)
    given = rows.transpose(0, 3, 1, 2, 4).reshape(6, 12, 3) if data_format == FIRST else kernel
    out = agreed(
        lambda x, k: [K.local_conv2d(x, k, (2, 3), (3, 1), (2, 3), data_format)],
        moved(x, data_format),
        given,
        rtol=1e-5,
    )
    expected = np.zeros((2, 2, 3, 3), "float32")
    for i, j in np.ndindex(2, 3):
        expected[:, i, j] = x[:, 3 * i : 3 * i + 2, j : j + 3].reshape(2, 12) @ kernel[3 * i + j]
    np.testing.assert_allclose(out[0], moved(expected, data_format), 1e-5, 1e-5)


def test_local_in_one_direction():
    x, kernel = drawn(2, 7, 2), drawn(3, 6, 4)
    out = agreed(lambda x, k: [K.local_conv1d(x, k, (3,), (2,))], x, kernel, rtol=1e-5)
    expected = np.stack([x[:, 2 * i : 2 * i + 3].reshape(2, 6) @ kernel[i] for i in range(3)], 1)
    np.testing.assert_allclose(out[0], expected, 1e-5, 1e-5)
    assert_gradients(lambda x, k: K.local_conv1d(x, k, (3,), (2,)), x, kernel)


def test_shapes_and_errors_of_local():
    x, kernel = K.placeholder((None, None, None, 2)), K.placeholder((6, 12, 4))
    assert K.int_shape(K.local_conv2d(x, kernel, (2, 3), (1, 1), (2, 3))) == (None, 2, 3, 4)
    assert K.int_shape(K.local_conv2d(K.placeholder(), kernel, (2, 3), (1, 1), (2, 3), FIRST)) == (None, 4, 2, 3)
    assert K.int_shape(K.local_conv1d(K.placeholder((3, None, 4)), kernel, (3,), (1,))) == (3, 6, 4)
    x, kernel = K.ones((1, 5, 5, 2)), K.ones((6, 12, 4))
    for (size, strides, output), message in [
        (((2, 3), (1, 1), (2, 2)), r"kernel is for 6 windows, but output_shape \(2, 2\) has 4"),
        (((2, 2), (1, 1), (2, 3)), "kernel is for windows of 12 elements, but those in inputs have 8"),
        (((2, 3), (1, 2), (2, 3)), "3 windows of 3 elements, with strides 2, don't fit into 5"),
        (((2, 3), (1, 1), (6,)), "output_shape must have 2 dims"),
        (((2, 3), (1, 1), (-2, -3)), "output_shape must have no negative dims"),
        (((2, 3, 4), (1, 1), (2, 3)), "kernel_size must be a tuple of 2 integers"),
    ]:
        with pytest.raises(ValueError, match=rf"^local_conv2d\(\): {message}"):
            K.local_conv2d(x, kernel, size, strides, output)
    with pytest.raises(TypeError, match="output_shape must be known when the graph is built"):
        K.local_conv2d(x, kernel, (2, 3), (1, 1), K.placeholder((2,), dtype="int32"))
    with pytest.raises(TypeError, match=r"^local_conv1d\(\): kernel_size must be a tuple of 1 integer; got 3"):
        K.local_conv1d(K.ones((1, 5, 2)), K.ones((3, 6, 4)), 3, (1,))


# ----------------------------------------------------------------------------------------------------------------- bias


def test_bias():
    x, b3, b4, b34, b43 = (drawn(*shape) for shape in [(2, 3, 4), (3,), (4,), (3, 4), (4, 3)])
    out = agreed(
        lambda x, b3, b4, b34, b43: [
            K.bias_add(x, b4),
            K.bias_add(x, b3, FIRST),
            K.bias_add(x, b34, LAST),
            K.bias_add(x, b43, FIRST),
            K.bias_add(K.reshape(x, (6, 4)), b4),
        ],
        *(x, b3, b4, b34, b43),
    )
    expected = [x + b4, x + b3[:, None], x + b34, x + b43.reshape(3, 4), x.reshape(6, 4) + b4]
    for result, right in zip(out, expected, strict=True):
        np.testing.assert_allclose(result, right, 1e-6)
    assert_gradients(lambda x, b: [K.bias_add(x, b), K.bias_add(K.reshape(x, (2, 4, 3)), b, FIRST)], x, b4)


def test_shapes_and_errors_of_bias():
    b = K.placeholder((4,))
    assert K.int_shape(K.bias_add(K.placeholder((None, None)), b)) == (None, 4)
    assert K.int_shape(K.bias_add(K.placeholder((None, None, 7)), b, FIRST)) == (None, 4, 7)
    assert K.int_shape(K.bias_add(K.placeholder(), b)) is None
    assert K.int_shape(K.bias_add(K.placeholder((2, 4)), K.placeholder())) == (None, None)
    assert K.int_shape(K.bias_add(K.placeholder((None, 3, 4)), K.placeholder((3, None)))) == (None, 3, 4)
    for x, bias, data_format in [((2, 3), (2,), LAST), ((2, 3), (3,), FIRST), ((2,), (2,), LAST), ((2, 3), (), LAST)]:
        for make in (K.ones, K.placeholder):
            with pytest.raises(ValueError, match=r"^bias_add\(\): .*bias"):
                K.bias_add(make(x), make(bias), data_format)
    with pytest.raises(ValueError, match=r"^bias_add\(\): data_format must be"):
        K.bias_add(K.ones((2, 3)), K.ones((3,)), "NHWC")
    with pytest.raises(TypeError, match=r"^bias_add\(\): tensors of different dtypes"):
        K.bias_add(K.ones((2, 3)), K.ones((3,), "float64"))
    assert K.bias_add(K.ones((2, 3)), np.ones(3)).dtype == "float32"


def test_in_graph_mode_on_variables():
    with kjax.graph_mode():
        kernel, bias = K.variable(np.ones((2, 2, 1, 1))), K.variable([1.0])
        x = K.placeholder((None, 3, 3, 1))
        out = K.bias_add(K.conv2d(x, kernel), bias)
        run = K.function([x], [out, *K.gradients(K.sum(out), [kernel, bias])])
    K.set_value(bias, [2.0])
    value, slope, step = run([np.ones((1, 3, 3, 1))])
    assert (value == 6).all() and (slope == 4).all() and step == [4]
