import numpy as np
import pytest

from helpers import agreed, assert_gradients
from kjax import backend as K
from kjax.ops.transposed import conv3d_transpose

R = np.random.RandomState(0)
LAST, FIRST = "channels_last", "channels_first"


def drawn(*shape):
    return R.randn(*shape).astype("float32")


def moved(x, data_format):
    """Images with channels last in another format."""
    return np.moveaxis(x, -1, 1) if data_format == FIRST else x


TRANSPOSED = [
    ("valid", 1, 1, (7, 5)),
    ("same", 1, 1, (5, 4)),
    ("valid", 2, 1, (11, 8)),
    ("valid", 2, 1, (12, 9)),
    ("same", 2, 1, (10, 7)),
    ("same", 2, 1, (9, 8)),
    ("valid", 3, 1, (15, 11)),
    ("valid", 1, 2, (9, 6)),
    ("same", 1, 2, (5, 4)),
]


@pytest.mark.parametrize("data_format", [LAST, FIRST])
def test_transposed(data_format):
    x, kernel = drawn(2, 5, 4, 2), drawn(3, 2, 3, 2)

    def output(rows, columns):
        return (None, 3, rows, columns) if data_format == FIRST else (None, rows, columns, 3)

    def calls(x, k):
        return [K.conv2d_transpose(x, k, output(*dims), (s, s), p, data_format, (d, d)) for p, s, d, dims in TRANSPOSED]

    out = agreed(calls, moved(x, data_format), kernel, rtol=1e-4)
    # By definition: the gradient of a convolution with respect to its images.
    images = [K.placeholder((2, *dims, 3)) for *_, dims in TRANSPOSED]
    weight, change = K.placeholder(kernel.shape), K.placeholder(x.shape)
    losses = [
        K.sum(change * K.conv2d(image, weight, (s, s), p, LAST, (d, d)))
        for image, (p, s, d, _) in zip(images, TRANSPOSED, strict=True)
    ]
    slopes = [K.gradients(loss, image)[0] for loss, image in zip(losses, images, strict=True)]
    expected = K.function([*images, weight, change], slopes)([*[np.zeros(i.shape) for i in images], kernel, x])
    for result, right in zip(out, expected, strict=True):
        np.testing.assert_allclose(result, moved(right, data_format), 1e-4, 1e-4)


def test_gradients_of_transposed():
    assert_gradients(
        lambda x, k: [
            K.conv2d_transpose(x, k, (1, *dims, 1), (s, s), p, LAST, (d, d)) for p, s, d, dims in TRANSPOSED[1::3]
        ],
        R.randn(1, 5, 4, 1),
        R.randn(3, 2, 1, 1),
    )


def test_output_shapes_of_transposed():
    x, kernel = K.placeholder((None, 4, None, 3)), K.placeholder((2, 2, 5, 3))
    size = K.shape(x)
    wanted = [
        (None, 8, 8, 5),
        [None, 8, 8, 5],
        (7, 8, 8, 5),
        (size[0], size[1] * 2, size[2] * 2, 5),
        K.stack([size[0], size[1] * 2, size[2] * 2, 5]),
        K.constant([7, 8, 8, 5], "int32"),
        np.array([7, 8, 8, 5]),
    ]
    found = [K.conv2d_transpose(x, kernel, shape, (2, 2)) for shape in wanted]
    unknown, known = (None, 8, 8, 5), (7, 8, 8, 5)
    half = (None, 8, None, 5)
    assert [K.int_shape(t) for t in found] == [unknown, unknown, known, half, half, known, known]
    out = K.function([x, kernel], found)([np.ones((7, 4, 4, 3)), np.ones((2, 2, 5, 3))])
    assert all(o.shape == known for o in out)
    assert K.int_shape(K.conv2d_transpose(K.placeholder(), kernel, (None, 8, 8, 5), (2, 2))) == unknown
    given = K.placeholder((4,), dtype="int32")
    free = K.conv2d_transpose(x, kernel, given, (2, 2))
    assert K.int_shape(free) == (None, None, None, 5)
    assert K.int_shape(K.conv2d_transpose(np.ones((2, 4, 4, 3), "float32"), kernel, unknown, (2, 2))) == (2, 8, 8, 5)


def test_errors_of_transposed():
    x, kernel = K.ones((1, 4, 4, 3)), K.ones((2, 2, 5, 3))
    for shape, message in [
        ((2, 5, 5, 5), "output_shape has a batch of 2, but x has one of 1"),
        ((1, 5, 5, 4), "output_shape has 4 channels, but kernel is for 5"),
        ((1, 6, 5, 5), r"output_shape \(1, 6, 5, 5\) needs x of spatial dims \(5, 4\); got \(4, 4\)"),
        ((-1, 5, 5, 5), "output_shape must have no negative dims"),
        ((1, 5, 5), "output_shape must have (rank 4|4 dims)"),
        ((1, None, 5, 5), "output_shape must be fully known"),
    ]:
        with pytest.raises(ValueError, match=rf"^conv2d_transpose\(\): {message}"):
            K.conv2d_transpose(x, kernel, shape)
    with pytest.raises(TypeError, match=r"^conv2d_transpose\(\): output_shape must be an integer; got 5.5"):
        K.conv2d_transpose(x, kernel, (1, 5.5, 5, 5))
    with pytest.raises(ValueError, match=r"^conv2d_transpose\(\): dilation_rate must be the same for both axes"):
        K.conv2d_transpose(x, kernel, (1, 5, 5, 5), dilation_rate=(1, 2))
    with pytest.raises(ValueError, match=r"^conv2d_transpose\(\): x has 3 channels, but kernel is for 5"):
        K.conv2d_transpose(x, K.ones((2, 2, 3, 5)), (1, 5, 5, 3))
    for bad in (1.0, None):
        with pytest.raises(ValueError, match=r"^conv2d_transpose\(\): x"):
            K.conv2d_transpose(bad, kernel, (None, 5, 5, 5))
    with pytest.raises(ValueError, match=r"^conv2d_transpose\(\): .*rank"):
        K.conv2d_transpose(x, kernel, K.constant([5, 5], "int32"))


# -------------------------------------------------------------------------------------------------------------- volumes

VOLUMES = [("valid", (1, 1, 1), (5, 3, 4)), ("same", (2, 2, 2), (6, 3, 6)), ("valid", (2, 1, 3), (7, 3, 8))]


@pytest.mark.parametrize("data_format", [LAST, FIRST])
def test_volumes(data_format):
    x, kernel = drawn(1, 3, 2, 3, 2), drawn(3, 2, 2, 3, 2)

    def output(dims):
        return (None, 3, *dims) if data_format == FIRST else (None, *dims, 3)

    def calls(x, k):
        return [conv3d_transpose(x, k, output(dims), strides, p, data_format) for p, strides, dims in VOLUMES]

    out = agreed(calls, moved(x, data_format), kernel, rtol=1e-4)
    for result, (padding, strides, dims) in zip(out, VOLUMES, strict=True):
        volume, weight, change = K.placeholder((1, *dims, 3)), K.placeholder(kernel.shape), K.placeholder(x.shape)
        slope = K.gradients(K.sum(change * K.conv3d(volume, weight, strides, padding, LAST)), volume)
        (expected,) = K.function([volume, weight, change], slope)([np.zeros((1, *dims, 3)), kernel, x])
        np.testing.assert_allclose(result, moved(expected, data_format), 1e-4, 1e-4)


def test_gradients_and_errors_of_volumes():
    assert_gradients(
        lambda x, k: conv3d_transpose(x, k, (1, 3, 3, 3, 1)), R.randn(1, 2, 2, 2, 1), R.randn(2, 2, 2, 1, 1)
    )
    x, kernel = K.ones((1, 2, 2, 2, 3)), K.ones((2, 2, 2, 5, 3))
    with pytest.raises(ValueError, match=r"^conv3d_transpose\(\): output_shape must have 5 dims; got \(1, 2\)"):
        conv3d_transpose(x, kernel, (1, 2))
    with pytest.raises(ValueError, match=r"^conv3d_transpose\(\): output_shape has 4 channels, but kernel is for 5"):
        conv3d_transpose(x, kernel, (1, 3, 3, 3, 4))
    with pytest.raises(TypeError, match=r"^conv3d_transpose\(\): x can't be of dtype int32"):
        conv3d_transpose(K.ones((1, 2, 2, 2, 3), "int32"), K.ones((2, 2, 2, 5, 3), "int32"), (1, 3, 3, 3, 5))
