"""The operations that `tf.*` calls need beside those of K; TensorFlow's own answers are in `recorded`."""

import importlib
import math

import numpy as np
import pytest

import kjax
from helpers import agreed, assert_gradients, in_all_modes
from kjax import backend as K
from kjax.dialects import tensorflow_ops as ops

X = np.array([[-2.5, -0.0, 0.25], [0.5, 4.0, np.inf]])
POSITIVE = np.array([[0.3, 1.7, 4.0], [0.9, 2.2, 30.0]])


# -------------------------------------------------------------------------------------------------------- elementwise


def test_elementwise_in_all_modes():
    def calls(x):
        return [ops.sqrt(x), ops.log1p(x), ops.floor(x), ops.ceil(x), ops.is_nan(x), ops.is_inf(x), ops.is_finite(x)]

    x = np.concatenate([X.ravel(), [np.nan, -np.inf, -1.0, 1e300]])
    with np.errstate(all="ignore"):
        expected = [f(x) for f in (np.sqrt, np.log1p, np.floor, np.ceil, np.isnan, np.isinf, np.isfinite)]
    for result, wanted in zip(agreed(calls, x), expected, strict=True):
        np.testing.assert_allclose(result, wanted, 1e-12)
        assert result.dtype == wanted.dtype


def test_gradients_of_roots_and_logarithms():
    assert_gradients(lambda x: [ops.sqrt(x), ops.log1p(x), ops.l2_normalize(x, 1), ops.l2_normalize(x)], POSITIVE)
    x = K.placeholder((3,))
    assert [K.gradients(K.sum(step(x)), [x]) for step in (ops.floor, ops.ceil)] == [[None], [None]]


def test_square_roots_of_negatives_are_nan_as_in_tensorflow(tf):
    assert math.isnan(tf.sqrt(-1.0))
    assert tf.keras.backend.sqrt(tf.constant(-1.0)).numpy() == 0


def test_division_by_zero_gives_zero_and_a_finite_gradient():
    x, y = np.array([[1.0, -2.0, np.inf], [0.0, 3.0, 5.0]]), np.array([2.0, 0.0, 4.0])
    (quotient,) = agreed(ops.divide_no_nan, x, y)
    np.testing.assert_array_equal(quotient, [[0.5, 0, np.inf], [0, 0, 1.25]])
    assert_gradients(ops.divide_no_nan, POSITIVE, np.array([2.0, -1.5, 4.0]))
    a, b = K.placeholder((2,)), K.placeholder((2,))
    slopes = K.function([a, b], K.gradients(K.sum(ops.divide_no_nan(a, b)), [a, b]))([[1.0, 6.0], [0.0, 2.0]])
    assert [slope.tolist() for slope in slopes] == [[0, 0.5], [0, -1.5]]
    # A number beside a tensor takes on its dtype, on either side.
    for out in (ops.divide_no_nan(1, K.constant([0.0, 4.0])), ops.divide_no_nan(K.constant([0.0, 1.0]), 4)):
        assert out.dtype == "float32" and out.numpy().tolist() == [0, 0.25]


def test_choices_broadcast_in_all_modes():
    condition, y = np.array([[True], [False]]), np.array([10.0, 20.0, 30.0])
    (chosen,) = agreed(ops.where, condition, X, y)
    np.testing.assert_array_equal(chosen, np.where(condition, X, y))
    assert_gradients(lambda x, y: ops.where(K.constant(condition, "bool"), x, y), POSITIVE, y)
    for options in ({"x": [1.0]}, {"y": [1.0]}):
        with pytest.raises(ValueError, match=r"where.*both x and y"):
            ops.where([True], **options)


def test_coordinates_of_what_is_true():
    condition = np.array([[[True, False], [False, False]], [[False, True], [True, True]]])
    found = ops.where(condition)
    assert found.dtype == "int64"
    np.testing.assert_array_equal(found.numpy(), np.argwhere(condition))
    assert ops.where(np.zeros((2, 3), bool)).shape == (0, 2)


def test_coordinates_of_what_is_true_on_placeholders(tf):
    K = tf.keras.backend
    x = K.placeholder((None,))
    found = tf.where(x > 1.0)
    assert K.int_shape(found) == (None, 1)
    importlib.import_module("jax")  # before that, small functions are not compiled
    with pytest.warns(kjax.NotCompiledWarning):
        assert K.function([x], [found])([[0.0, 2.0, 3.0]])[0].tolist() == [[1], [2]]


# ---------------------------------------------------------------------------------------------------------- from values


def test_conversion_keeps_what_is_there():
    x, v = K.constant([1.0, 2.0]), K.variable([1.0, 2.0])
    assert ops.convert_to_tensor(x) is x and ops.convert_to_tensor(x, "float32") is x
    value = ops.convert_to_tensor(v)
    K.set_value(v, [5.0, 6.0])
    assert not isinstance(value, kjax.Variable) and value.numpy().tolist() == [1, 2]
    for tensor in (x, v, K.placeholder((2,))):
        with pytest.raises(ValueError, match=r"float32 .*int32.*tf\.cast"):
            ops.convert_to_tensor(tensor, "int32")
    with pytest.raises(TypeError, match=r"convert_to_tensor: dtype"):
        ops.convert_to_tensor([1.0], "number")


def test_constants_take_a_shape():
    assert ops.constant([1, 2, 3, 4, 5, 6], shape=(2, 3)).numpy().tolist() == [[1, 2, 3], [4, 5, 6]]
    full = ops.constant(2.5, "float64", shape=(2, 0, 3))
    assert full.dtype == "float64" and full.shape == (2, 0, 3)
    with pytest.raises(ValueError):
        ops.constant([1, 2, 3], shape=(2, 2))


def test_filling_a_shape_that_a_run_tells():
    x = K.placeholder((None, 3), dtype="int64")
    tensors = [ops.fill(K.shape(x), 2.5), ops.fill([K.shape(x)[0], 2], 7), ops.fill((2, 0), True)]
    assert [t.dtype.name for t in tensors] == ["float32", "int32", "bool"] and tensors[1].shape == (None, 2)
    whole, part = K.function([x], tensors[:2])([np.zeros((4, 3))])
    np.testing.assert_array_equal(whole, np.full((4, 3), 2.5))
    np.testing.assert_array_equal(part, np.full((4, 2), 7))
    fed = K.placeholder(())
    (slope,) = K.function([fed], K.gradients(K.sum(ops.fill((2, 3), fed)), [fed]))([1.0])
    assert slope == 6


@pytest.mark.parametrize(
    ("bounds", "dtype"),
    [
        ((4,), "int32"),
        ((1, 9, 3), "int32"),
        ((5, 1, -2), "int32"),
        ((3, 3), "int32"),
        ((0.0, 1.0, 0.25), "float32"),
        ((1, np.int64(4)), "int64"),
        ((1, np.float64(4)), "float64"),
    ],
    ids=str,
)
def test_ranges(bounds, dtype):
    found = ops.tensor_range(*bounds)
    assert found.dtype == dtype
    np.testing.assert_array_equal(found.numpy(), np.arange(*bounds, dtype=dtype))


@pytest.mark.parametrize("axis", [0, 1, 2, -1, -3])
@pytest.mark.parametrize("indices", [[2, 0], [[0, 1, 1], [1, 0, 2]], 1], ids=["list", "matrix", "number"])
def test_gathering_along_an_axis_in_all_modes(axis, indices):
    x = np.arange(27.0).reshape(3, 3, 3)
    for found in in_all_modes(lambda x: ops.gather(x, indices, axis), x).values():
        np.testing.assert_array_equal(found, np.take(x, indices, axis))


def test_static_shapes_of_gathering():
    x, some = K.placeholder((None, 3, 4)), K.placeholder((2, None), dtype="int32")
    assert [K.int_shape(ops.gather(x, some, axis)) for axis in (0, 1, -1)] == [
        (2, None, 3, 4),
        (None, 2, None, 4),
        (None, 3, 2, None),
    ]


def test_gradients_of_gathering():
    assert_gradients(lambda x: [ops.gather(x, [1, 0, 1], axis) for axis in (0, 1)], POSITIVE[:, :2])


def test_rows_divided_by_their_norm():
    (normal, whole) = agreed(lambda x: [ops.l2_normalize(x, -1), ops.l2_normalize(x)], POSITIVE)
    np.testing.assert_allclose(normal, POSITIVE / np.linalg.norm(POSITIVE, axis=-1, keepdims=True))
    np.testing.assert_allclose(whole, POSITIVE / np.linalg.norm(POSITIVE))
    assert ops.l2_normalize([[0.0, 0.0]], 1).numpy().tolist() == [[0, 0]]  # the norm is at least the root of epsilon
    np.testing.assert_allclose(ops.l2_normalize([[3.0, 4.0]], 1, epsilon=100.0).numpy(), [[0.3, 0.4]], 1e-6)


@pytest.mark.parametrize("mode", ["CONSTANT", "reflect", "Symmetric"])
def test_padding_in_all_modes(mode):
    pairs = [[0, 1], [2, 1]]
    (found,) = agreed(lambda x: ops.pad(x, pairs, mode), POSITIVE)
    np.testing.assert_array_equal(found, np.pad(POSITIVE, pairs, mode.lower()))
    assert_gradients(lambda x: ops.pad(x, pairs, mode), POSITIVE)


def test_padding_of_other_dtypes_and_values():
    assert ops.pad(K.constant([True], "bool"), [[1, 0]]).numpy().tolist() == [False, True]
    assert ops.pad(K.constant([1, 2], "int64"), [[0, 1]], constant_values=7).numpy().tolist() == [1, 2, 7]
    assert ops.pad(K.placeholder(), [[1, 2], [0, 0]]).shape == (None, None)


def test_paddings_that_are_known_when_the_graph_runs():
    x, pairs = K.placeholder((None, 3)), K.placeholder((2, 2), dtype="int32")
    filled = ops.pad(x, [[0, 4 - K.shape(x)[0]], [1, 0]], constant_values=-1)
    whole = ops.pad(x, pairs)
    assert filled.shape == (None, 4) and whole.shape == (None, None)
    with pytest.warns(kjax.NotCompiledWarning, match="pad"):  # the shape is among the data
        values = K.function([x, pairs], [filled, whole])([np.ones((1, 3)), [[1, 0], [0, 2]]])
    assert values[0].tolist() == [[-1, 1, 1, 1]] + [[-1] * 4] * 3
    assert values[1].tolist() == [[0] * 5, [1, 1, 1, 0, 0]]
    assert ops.pad(x, K.placeholder((None, 2), dtype="int32")).shape == (None, None)
    with pytest.raises(ValueError, match="negative"):
        K.function([x], [filled])([np.ones((5, 3))])
    with pytest.raises(ValueError, match="pair"):
        ops.pad(x, K.placeholder((2,), dtype="int32"))
    with pytest.raises(ValueError, match="2 pairs"):
        ops.pad(x, [[0, K.shape(x)[0]]])


@pytest.mark.parametrize(
    "pairs", [[[1, 1]], [[1, 1]] * 3, [1, 1], [[1, -1], [0, 0]], [[1.0, 2.0], [0.0, 0.0]]], ids=str
)
def test_paddings_that_do_not_fit(pairs):
    for x in (K.zeros((2, 3)), K.placeholder((2, 3))):
        with pytest.raises(ValueError, match="pad"):
            ops.pad(x, pairs)
    with pytest.raises(ValueError, match="CONSTANT, REFLECT or SYMMETRIC"):
        ops.pad(K.zeros((2, 3)), [[0, 0], [0, 0]], "wrap")


def test_seeds_of_any_size_start_random_numbers_again():
    def draws(seed):
        ops.set_seed(seed)
        return K.random_normal((4,)).numpy().tolist(), K.random_normal((4,)).numpy().tolist()

    assert draws(3) == draws(3) == draws(3 + 2**32) != draws(4)
    assert draws(-1)[0] != draws(-1)[1]


# ----------------------------------------------------------------------------------------------------------- variables


def test_variables_are_kjaxs():
    v = ops.Variable(1, name="steps", trainable=False)
    assert type(v) is kjax.Variable and isinstance(v, ops.Variable) and issubclass(kjax.Variable, ops.Variable)
    assert (v.dtype, v.name, v.trainable) == ("int32", "steps:0", False) and ops.Variable(1.0).trainable is True
    assert not isinstance(K.constant(1.0), ops.Variable) and not issubclass(kjax.Tensor, ops.Variable)
    called = ops.Variable(lambda: np.ones(2), dtype="float16", constraint=K.abs)
    assert called.dtype == "float16" and called.numpy().tolist() == [1, 1] and called.constraint is K.abs
    assert ops.Variable(np.ones(2)).dtype == "float64"
    with pytest.raises(ValueError, match=r"tf\.Variable: initial_value"):
        ops.Variable()


def test_placeholders_come_with_the_dtype_first():
    x = ops.placeholder("int64", [None, 2], name="x")
    assert (x.dtype, x.name, x.shape.as_list()) == ("int64", "x:0", [None, 2])
    assert K.function([x], [x * 2])([[[1, 2]]])[0].tolist() == [[2, 4]]
    assert ops.placeholder("float32").shape.rank is None
