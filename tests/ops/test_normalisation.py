import numpy as np
import pytest

from helpers import agreed, assert_gradients
from kjax import backend as K

X = np.array([[3.0, 4.0, 0.0], [0.0, 0.0, 0.0], [1e-9, 0.0, 0.0]])


def test_values_in_all_modes():
    def norms(x):
        return [K.l2_normalize(x, 1), K.l2_normalize(x), K.l2_normalize(x, [0, 1]), K.l2_normalize(x, -2)]

    rows, whole, both, columns = agreed(norms, X)
    np.testing.assert_allclose(rows, [[0.6, 0.8, 0], [0, 0, 0], [1e-3, 0, 0]])
    np.testing.assert_allclose(whole, X / 5)
    np.testing.assert_array_equal(both, whole)
    np.testing.assert_allclose(columns[:, 1], [1, 0, 0])


def test_gradients():
    assert_gradients(lambda x: [K.l2_normalize(x, 1), K.l2_normalize(x)], np.array([[3.0, 4.0], [-1.0, 0.5]]))
    x = K.placeholder(shape=(1, 2))
    (slope,) = K.function([x], K.gradients(K.l2_normalize(x, 1)[0, 0], [x]))([[[0.0, 0.0]]])
    np.testing.assert_allclose(slope, [[1e6, 0]])


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_dtypes(dtype):
    (result,) = agreed(lambda x: K.l2_normalize(x, 0), K.get_value(K.cast([1000.0, 0.0], dtype)))
    assert K.dtype(result) == dtype and result.astype("float32").tolist() == [1, 0]


def test_errors():
    for x in (K.ones((2, 2)), K.placeholder(shape=(2, None))):
        with pytest.raises(ValueError, match="l2_normalize"):
            K.l2_normalize(x, 2)
        with pytest.raises(TypeError, match="l2_normalize"):
            K.l2_normalize(x, "a")
    with pytest.raises(TypeError, match="l2_normalize"):
        K.l2_normalize(K.constant([1, 2], "int32"))


# ------------------------------------------------------------------------------------------------- batch normalisation

MEAN, VAR = np.array([0.5, -1.0, 2.0]), np.array([1.0, 0.25, 4.0])
BETA, GAMMA = np.array([1.0, 0.0, -1.0]), np.array([2.0, -1.0, 0.5])


def images(*shape):
    return np.sin(np.arange(np.prod(shape)) * 1.7).reshape(shape)


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 2, 3), (2, 2, 1, 3), (1, 2, 2, 1, 3)])
def test_batch_normalization(shape):
    def several(x, mean, var, beta, gamma):
        spread = [K.reshape(t, (1,) * (len(shape) - 1) + (3,)) for t in (mean, var, beta, gamma)]
        return [
            K.batch_normalization(x, mean, var, beta, gamma),
            K.batch_normalization(x, mean, var, None, None, epsilon=0.1),
            K.batch_normalization(x, mean, var, beta, None, axis=len(shape) - 1),
            K.batch_normalization(x, *spread[:3], gamma=spread[3]),
        ]

    x = images(*shape)
    whole, plain, shifted, spread = agreed(several, x, MEAN, VAR, BETA, GAMMA)
    np.testing.assert_allclose(whole, (x - MEAN) / np.sqrt(VAR + 1e-3) * GAMMA + BETA)
    np.testing.assert_allclose(plain, (x - MEAN) / np.sqrt(VAR + 0.1))
    np.testing.assert_allclose(shifted, (x - MEAN) / np.sqrt(VAR + 1e-3) + BETA)
    np.testing.assert_allclose(spread, whole)
    assert_gradients(lambda *args: several(*args)[:1], x, MEAN, VAR, BETA, GAMMA)


@pytest.mark.parametrize("axis", [0, 1, 2, -3, -2])
def test_channels_of_images(axis):
    x = images(3, 3, 3, 3)
    fitted = [a.reshape((3,) + (1,) * (3 - axis % 4)) for a in (MEAN, VAR)]
    (out,) = agreed(lambda x, m, v: [K.batch_normalization(x, m, v, None, None, axis=axis)], x, MEAN, VAR)
    np.testing.assert_allclose(out, (x - fitted[0]) / np.sqrt(fitted[1] + 1e-3))


def test_least_epsilon_of_images():
    for rank, least in ((4, 1.001e-5), (3, 0.0)):
        x = K.ones((1,) * rank, "float64")
        out = K.batch_normalization(
            x, K.constant([0.0], "float64"), K.constant([1e-4], "float64"), None, None, epsilon=0
        )
        np.testing.assert_allclose(out.numpy().ravel(), 1 / np.sqrt(1e-4 + least))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
def test_statistics_of_another_dtype(dtype):
    x = K.cast([[1.0, 2.0]], dtype)
    for stats in ("float32", "float64", dtype):
        m, v = K.cast([1.0, 1.0], stats), K.cast([1.0, 4.0], stats)
        out = K.batch_normalization(x, m, v, None, None, epsilon=0.0)
        assert out.dtype == dtype and K.get_value(out).astype("float32").tolist() == [[0, 0.5]]
        normed, mean, var = K.normalize_batch_in_training(x, m, v, [0])
        assert (normed.dtype, mean.dtype, var.dtype) == (dtype, stats, stats)


def test_static_shape_of_batch_normalization():
    stats = K.ones((3,)), K.ones((3,))
    for shape, expected in [((None, None), (None, 3)), ((2, None, None, None), (2, None, None, 3)), (None, None)]:
        assert K.int_shape(K.batch_normalization(K.placeholder(shape=shape), *stats, beta=None, gamma=None)) == expected
    x = K.placeholder(shape=(None,) * 4)
    assert K.int_shape(K.batch_normalization(x, *stats, None, None, axis=1)) == (None, 3, None, None)


def test_errors_of_batch_normalization():
    one, two = K.ones((3,)), K.ones((2,))
    for x in (K.ones((2, 3)), K.placeholder(shape=(2, 3))):
        wrong = {
            "mean": (two, two, None, None),
            "var": (one, two, None, None),
            "beta": (one, one, two, None),
            "gamma": (one, one, None, two),
        }
        for name, args in wrong.items():
            with pytest.raises(
                ValueError, match=rf"^batch_normalization\(\): {name} must .* \(3,\); got shape \(2,\)$"
            ):
                K.batch_normalization(x, *args)
        with pytest.raises(ValueError, match="mean must be a tensor"):
            K.batch_normalization(x, None, one, None, None)
        with pytest.raises(ValueError, match="var must be a tensor"):
            K.batch_normalization(x, one, None, None, None)
        with pytest.raises(TypeError, match="batch_normalization"):
            K.batch_normalization(x, one, K.cast(one, "float64"), None, None)
        with pytest.raises(TypeError, match="axis"):
            K.batch_normalization(x, one, one, None, None, axis="last")
        with pytest.raises(TypeError, match="epsilon"):
            K.batch_normalization(x, one, one, None, None, epsilon="small")
        with pytest.raises(TypeError, match="batch_normalization"):
            K.batch_normalization(K.cast(x, "int32"), one, one, None, None)
    images = K.ones((1, 2, 4, 3))
    with pytest.raises(ValueError, match="axis"):
        K.batch_normalization(images, one, one, None, None, axis=4)
    with pytest.raises(
        ValueError, match=r"beta must broadcast .* each of its channels, shape \(2,\); got shape \(3,\)"
    ):
        K.batch_normalization(images, two, two, one, None, axis=1)


@pytest.mark.parametrize(
    "shape, axes",
    [((4, 3), [0]), ((4, 3), [1]), ((2, 2, 3), (0, 1)), ((2, 2, 3), [1]), ((2, 2, 2, 3), [0, 2, 3]), ((2, 3), [0, 1])],
)
def test_normalize_batch_in_training(shape, axes):
    x = images(*shape)
    left = tuple(dim for i, dim in enumerate(shape) if i not in axes)
    beta, gamma = images(*left) + 1, images(*left) + 2

    def several(x, beta, gamma):
        plain = K.normalize_batch_in_training(x, None, None, axes)
        assert isinstance(plain, tuple)
        return [*plain, *K.normalize_batch_in_training(x, gamma, beta, axes, epsilon=0.1)]

    normed, mean, var, scaled, _, _ = agreed(several, x, beta, gamma)
    kept = {"axis": tuple(axes), "keepdims": True}
    np.testing.assert_allclose(mean, x.mean(tuple(axes)))
    np.testing.assert_allclose(var, x.var(tuple(axes)))
    np.testing.assert_allclose(normed, (x - x.mean(**kept)) / np.sqrt(x.var(**kept) + 1e-3))
    spread = mean.reshape(np.mean(x, **kept).shape).shape
    expected = (x - x.mean(**kept)) / np.sqrt(x.var(**kept) + 0.1) * gamma.reshape(spread) + beta.reshape(spread)
    np.testing.assert_allclose(scaled, expected)
    assert_gradients(several, x, beta, gamma)


def test_variance_of_images():
    x = images(2, 2, 2, 3)
    for axes, factor in (([0, 1, 2], 8 / 7), ([2, 1, 0], 1)):
        results = agreed(lambda x, axes=axes: [*K.normalize_batch_in_training(x, None, None, axes)], x)
        np.testing.assert_allclose(results[2], x.var((0, 1, 2)) * factor)
    assert_gradients(lambda x: list(K.normalize_batch_in_training(x, None, None, [0, 1, 2])), x)
    one = K.normalize_batch_in_training(K.ones((1, 1, 1, 2)), None, None, [0, 1, 2])[2]
    assert one.numpy().tolist() == [0, 0]


def test_errors_of_normalize_batch_in_training():
    for x in (K.ones((4, 3)), K.placeholder(shape=(4, 3))):
        for axes in (0, None, "a"):
            with pytest.raises(TypeError, match="reduction_axes"):
                K.normalize_batch_in_training(x, None, None, axes)
        with pytest.raises(TypeError, match="normalize_batch"):
            K.normalize_batch_in_training(x, None, None, ["a"])
        with pytest.raises(ValueError, match="axis 2"):
            K.normalize_batch_in_training(x, None, None, [2])
        with pytest.raises(
            ValueError, match=r"gamma must have the shape of x without reduction_axes, \(3,\); got shape \(4,\)"
        ):
            K.normalize_batch_in_training(x, K.ones((4,)), None, [0])
        with pytest.raises(
            ValueError, match=r"beta must have the shape of x without reduction_axes, \(4,\); got shape \(3,\)"
        ):
            K.normalize_batch_in_training(x, None, K.ones((3,)), [1])
        with pytest.raises(TypeError, match="normalize_batch"):
            K.normalize_batch_in_training(K.cast(x, "int32"), None, None, [0])
