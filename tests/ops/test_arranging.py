import numpy as np
import pytest

from helpers import agreed, assert_gradients
from kjax import backend as K
from kjax.ops import arranging

R = np.random.RandomState(0)
X = R.randn(2, 3, 4).astype("float32")


def test_broadcasting():
    x = X[:, :1]
    (found,) = agreed(lambda x: arranging.broadcast_to(x, (5, 2, 3, 4)), x)
    np.testing.assert_array_equal(found, np.broadcast_to(x, (5, 2, 3, 4)))
    assert_gradients(lambda x: arranging.broadcast_to(x, (5, 2, 3, 4)), x)
    assert arranging.broadcast_to(K.placeholder((None, 1)), (2, 7)).shape == (2, 7)
    for wrong in ((2, 2, 4), (3, 4)):
        with pytest.raises(ValueError, match=r"broadcast_to\(\)"):
            arranging.broadcast_to(X, wrong)


def test_shapes_that_are_broadcast():
    a, b = np.array([2, 1, 4], "int32"), np.array([3, 1], "int32")
    assert agreed(arranging.broadcast_dynamic_shape, a, b)[0].tolist() == [2, 3, 4]
    x, y = K.placeholder((1, 4)), K.placeholder((7, 1))
    assert K.reshape(K.ones((28,)), arranging.broadcast_dynamic_shape(K.shape(x), K.shape(y))).shape == (7, 4)
    for wrong in (([2], [3]), ([[2]], [2])):
        with pytest.raises(ValueError, match=r"broadcast_dynamic_shape\(\)"):
            arranging.broadcast_dynamic_shape(*wrong)


@pytest.mark.parametrize("indexing", ["xy", "ij"])
def test_grids(indexing):
    parts = [R.randn(n).astype("float32") for n in (2, 3, 4)]
    found = agreed(lambda *t: arranging.meshgrid([*t], indexing), *parts)
    for result, expected in zip(found, np.meshgrid(*parts, indexing=indexing), strict=True):
        np.testing.assert_array_equal(result, expected)
    assert_gradients(lambda *t: arranging.meshgrid([*t], indexing), *parts)
    with pytest.raises(ValueError, match=r"meshgrid\(\)"):
        arranging.meshgrid([K.placeholder((2, 2)), K.placeholder((2,))], indexing)


def test_a_shape_that_is_ensured():
    x = K.placeholder((None, None, 4))
    sure = arranging.ensure_shape(x, (2, None, 4))
    assert sure.shape == (2, None, 4)
    function = K.function([x], [sure])
    np.testing.assert_array_equal(function([X])[0], X)
    with pytest.raises(ValueError, match="must have shape"):
        function([X[:1]])
    with pytest.raises(ValueError, match="must have shape"):
        arranging.ensure_shape(x, (2, None, 5))


@pytest.mark.parametrize(("shift", "axis"), [(1, 0), (-5, 2), ([1, -1], (0, 2)), ([1, 1], (1, 1))])
def test_rolling(shift, axis):
    (found,) = agreed(lambda x, s: arranging.roll(x, s, axis), X, np.asarray(shift))
    np.testing.assert_array_equal(found, np.roll(X, shift, axis))
    assert_gradients(lambda x: arranging.roll(x, shift, axis), X)


def test_rolls_that_do_not_fit():
    for wrong in ((1, 3), ([1, 2], 0), (1, (0, 1))):
        with pytest.raises(ValueError, match=r"roll\(\)"):
            arranging.roll(X, *wrong)


def test_reversed_sequences():
    lengths = np.array([2, 0, 3])
    (found,) = agreed(lambda x, n: arranging.reverse_sequence(x, n, -1, 1), X, lengths)
    expected = X.copy()
    for i, n in enumerate(lengths):
        expected[:, i, :n] = X[:, i, :n][:, ::-1]
    np.testing.assert_array_equal(found, expected)
    assert_gradients(lambda x: arranging.reverse_sequence(x, lengths, 2, 1), X)
    for wrong in (([5, 0, 0], 2, 1), ([-1, 0, 0], 2, 1), ([1, 1], 2, 1), ([1, 1], 0, 0), ([1, 1], 3, 0)):
        with pytest.raises(ValueError, match=r"reverse_sequence\(\)"):
            arranging.reverse_sequence(X, *wrong)


@pytest.mark.parametrize(("repeats", "axis"), [((2,), 0), ((1, 0, 3), 1), ((0,), -1), ((1, 1, -1, 2), 2)])
def test_repeating(repeats, axis):
    (found,) = agreed(lambda x: arranging.repeated(x, repeats, axis), X)
    np.testing.assert_array_equal(found, np.repeat(X, np.maximum(repeats, 0), axis))
    assert_gradients(lambda x: arranging.repeated(x, repeats, axis), X)


def test_repeats_that_do_not_fit():
    for wrong in (((1, 2), 1), ((1,), 3)):
        with pytest.raises(ValueError, match=r"repeat\(\)"):
            arranging.repeated(X, *wrong)


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
def test_space_and_depth(layout):
    images = R.randn(2, 4, 6, 8).astype("float32")
    turn = (lambda x: np.moveaxis(x, -1, 1)) if layout == "NCHW" else np.asarray
    (deep,) = agreed(lambda x: arranging.space_to_depth(x, 2, layout), turn(images))
    blocks = [images[:, i::2, j::2] for i in (0, 1) for j in (0, 1)]
    np.testing.assert_array_equal(deep, turn(np.concatenate(blocks, -1)))
    (back,) = agreed(lambda x: arranging.depth_to_space(x, 2, layout), deep)
    np.testing.assert_array_equal(back, turn(images))
    assert_gradients(lambda x: arranging.depth_to_space(x, 2, layout), np.ones((1, 4, 4, 4)))


def test_batches_and_space():
    x = R.randn(2, 5, 4, 3).astype("float32")
    (spread,) = agreed(lambda x: arranging.space_to_batch_nd(x, (3, 2), (0, 1, 1, 1)), x)
    padded = np.pad(x, [(0, 0), (0, 1), (1, 1), (0, 0)])
    np.testing.assert_array_equal(spread, np.concatenate([padded[:, i::3, j::2] for i in range(3) for j in range(2)]))
    (back,) = agreed(lambda x: arranging.batch_to_space_nd(x, (3, 2), (0, 1, 1, 1)), spread)
    np.testing.assert_array_equal(back, x)
    assert_gradients(lambda x: arranging.space_to_batch_nd(x, (3, 2), (0, 1, 1, 1)), x)
    some = K.placeholder((2, None, 4))
    paddings = K.stack([0, -K.shape(some)[1] % 2])
    assert arranging.space_to_batch_nd(some, (2,), paddings).shape == (4, None, 4)


@pytest.mark.parametrize("padding", ["same", "valid"])
def test_patches_of_volumes(padding):
    x = R.randn(2, 4, 3, 5, 2).astype("float32")
    sizes, strides = (2, 3, 2), (2, 1, 3)
    (found,) = agreed(lambda x: arranging.extract_volume_patches(x, [1, *sizes, 1], [1, *strides, 1], padding), x)
    margins = [(0, 0), (0, 0), (1, 1), (0, 0), (0, 0)] if padding == "same" else 0
    wide = np.pad(x, margins)
    for i, j, k in np.ndindex(found.shape[1:4]):
        part = wide[:, i * 2 : i * 2 + 2, j : j + 3, k * 3 : k * 3 + 2]
        np.testing.assert_array_equal(found[:, i, j, k], part.reshape(2, -1))


def test_blocks_that_do_not_fit():
    x = np.zeros((2, 4, 6, 3))
    for call in (
        lambda: arranging.space_to_depth(x, 3),
        lambda: arranging.space_to_depth(x, 1),
        lambda: arranging.space_to_depth(x[0], 2),
        lambda: arranging.space_to_depth(x, 2, "NCHW_VECT_C"),
        lambda: arranging.depth_to_space(x, 2),
        lambda: arranging.space_to_batch_nd(x, (3,), (0, 0)),
        lambda: arranging.space_to_batch_nd(x, (2,), (0, 0, 0, 0)),
        lambda: arranging.space_to_batch_nd(x, (2,), (-1, 1)),
        lambda: arranging.space_to_batch_nd(x[:, 0, 0, 0], (2,), (0, 0)),
        lambda: arranging.batch_to_space_nd(x, (3,), (0, 0)),
        lambda: arranging.batch_to_space_nd(x, (2,), (5, 5)),
        lambda: arranging.extract_volume_patches(x, [1] * 5, [1] * 5, "valid"),
        lambda: arranging.extract_volume_patches(x[None], [1] * 4, [1] * 5, "valid"),
        lambda: arranging.extract_volume_patches(x[None], [1] * 5, [2] * 5, "valid"),
    ):
        with pytest.raises(ValueError, match=r"(space_to_\w+|\w+_to_space\w*|extract_volume_patches)\(\)"):
            call()


@pytest.mark.parametrize("kind", ["int32", "uint8", "float16", "float64"])
def test_bits(kind):
    x = R.randn(3, 2).astype("float32")
    (found,) = agreed(lambda x: arranging.bitcast(x, kind), x)
    assert found.tobytes() == x.tobytes() and found.dtype == kind
    np.testing.assert_array_equal(arranging.bitcast(found, "float32").numpy(), x)


def test_bits_that_do_not_fit():
    for wrong in (1.0, [1.0, 2.0, 3.0]):
        with pytest.raises(ValueError, match=r"bitcast\(\)"):
            arranging.bitcast(wrong, "float64")


def test_positions_of_elements():
    places = np.array([0, 5, 23, 13])
    (found,) = agreed(lambda i: arranging.unravel_index(i, (2, 3, 4)), places)
    np.testing.assert_array_equal(found, np.unravel_index(places, (2, 3, 4)))
    with pytest.raises(ValueError, match=r"unravel_index\(\)"):
        arranging.unravel_index(K.placeholder((2, 2), dtype="int32"), (2,))


def test_spaced_numbers():
    a, b = np.float32(-1), np.float32(2)
    (found,) = agreed(lambda a, b: arranging.linspace(a, b, 7), a, b)
    np.testing.assert_allclose(found, np.linspace(-1, 2, 7), 1e-6)
    assert_gradients(lambda a, b: arranging.linspace(a, b, 7), a, b)
    assert arranging.linspace(1.0, 9.0, 1).numpy().tolist() == [1]
    for wrong in ((1.0, [2.0], 3), (1.0, 2.0, 0)):
        with pytest.raises(ValueError, match=r"linspace\(\)"):
            arranging.linspace(*wrong)
