import numpy as np
import pytest

import kjax
from helpers import agreed, assert_gradients
from kjax import backend as K
from kjax.core.dtypes import NAMES
from kjax.ops.indexing import slice as part

X = np.random.RandomState(0).randn(4, 2, 3).astype("float32")


@pytest.mark.parametrize("dtype", ["int32", "int64"])
def test_gather(dtype):
    positions = [np.array(i, dtype) for i in (2, [0, 0, 3], [[0, 1], [2, 2]], np.zeros((0,)))]
    out = agreed(lambda x, *listed: [K.gather(x, at) for at in listed], X, *positions)
    for result, i in zip(out, positions, strict=True):
        np.testing.assert_array_equal(result, X[i])


@pytest.mark.parametrize("dtype", NAMES)
def test_gather_of_any_dtype(dtype):
    x = K.cast([[0, 1], [1, 0]], dtype)
    assert K.gather(x, [1]).dtype == dtype and K.eval(K.cast(K.gather(x, [1, 1]), "int32")).tolist() == [[1, 0]] * 2


def test_gather_takes_lists_numbers_and_variables():
    assert K.eval(K.gather([10, 20, 30], [2, 0])).tolist() == [30, 10] and K.eval(K.gather([10, 20], 1)) == 20
    assert K.gather(K.variable(X), np.array([1, 2])).shape == (2, 2, 3)
    assert K.gather(K.zeros((4, 0)), [1, 2]).shape == (2, 0)
    assert K.gather(K.zeros((0, 2)), K.zeros((0,), "int32")).shape == (0, 2)


def test_gradient_of_gather_is_dense_and_adds_up():
    indices = K.constant([0, 2, 0], "int32")
    assert_gradients(lambda x: K.gather(x, indices), X[:, 0])
    x = K.placeholder((4,))
    assert K.function([x], K.gradients(K.gather(x, indices), x))([np.zeros(4)])[0].tolist() == [2, 0, 1, 0]


@pytest.mark.parametrize("indices", [[4], [-1], [0, 7], [[0], [-5]], 4])
def test_gather_out_of_range(indices):
    wrong = r"^gather\(\): indices must be at least 0 and less than 4; got"
    for x in (K.variable(X), K.placeholder((4, 2))):
        with pytest.raises(IndexError, match=wrong):
            K.gather(x, K.constant(indices, "int32"))
    # Positions that are fed are looked at when a function runs.
    i, v, n = K.placeholder(np.shape(indices), dtype="int32"), K.variable(X), K.variable(0.0)
    picked = K.gather(v, i)
    f = K.function([i], [picked, *K.gradients(K.sum(picked), [v])], updates=[K.update_add(n, K.sum(picked))])
    with pytest.raises(IndexError, match="indices must be at least 0 and less than 4"):
        f([indices])
    assert K.get_value(n) == 0
    f([np.zeros(np.shape(indices))])
    assert K.get_value(n) > 0 and np.array_equal(K.get_value(v), X)
    # Where the shape becomes known at run time only, and the indices are known, it can.
    x = K.placeholder((None, 2, 3))
    with pytest.raises(IndexError, match="indices must be at least 0"):
        K.function([x], [K.gather(x, K.constant(indices, "int32"))])([X])


@pytest.mark.parametrize("dtype", [n for n in NAMES if n not in ("int32", "int64")])
def test_positions_are_int32_or_int64(dtype):
    with pytest.raises(TypeError, match=rf"^gather\(\): indices can't be of dtype {dtype}"):
        K.gather(X, K.zeros((2,), dtype))


def test_other_errors_of_gather():
    for bad in ([0.5], None, "a"):
        with pytest.raises((TypeError, ValueError), match=r"^gather\(\): indices"):
            K.gather(X, bad)
    for scalar in (K.constant(1.0), K.placeholder(())):
        with pytest.raises(ValueError, match=r"^gather\(\): reference must have rank 1"):
            K.gather(scalar, [0])


def test_static_shapes_of_gather():
    p, i = K.placeholder((None, 3)), lambda shape: K.placeholder(shape, dtype="int32")
    found = [K.gather(p, i((None, 2))), K.gather(p, i(())), K.gather(p, i(None)), K.gather(K.placeholder(), i((2,)))]
    assert [K.int_shape(t) for t in found] == [(None, 2, 3), (3,), None, None]


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
def test_one_hot(dtype):
    indices = [np.array(i).astype(dtype) for i in (1, [0, 2, 9], [[[0, 1]]], np.zeros((0,)))]
    for result, i in zip(agreed(lambda *t: [K.one_hot(x, 3) for x in t], *indices), indices, strict=True):
        assert result.dtype == "float32"
        np.testing.assert_array_equal(result, i[..., None] == np.arange(3))


def test_one_hot_out_of_range_is_zeros():
    assert K.eval(K.one_hot([-1, 3, 7], 3)).tolist() == [[0.0] * 3] * 3
    assert K.one_hot([0, 1], 0).shape == (2, 0)
    assert K.eval(K.one_hot(np.array([255], "uint8"), 300))[0, 255] == 1


def test_one_hot_is_float32_whatever_floatx():
    K.set_floatx("float64")
    assert K.one_hot([0], 2).dtype == "float32"


def test_one_hot_with_a_tensor_of_classes():
    assert K.one_hot([0, 1], K.constant(3, "int32")).shape == (2, 3) and K.one_hot([0], np.int64(2)).shape == (1, 2)
    x, i = K.placeholder((None, 3)), K.placeholder((None,), dtype="int32")
    by_batch, by_dim = K.one_hot(i, K.shape(x)[0]), K.one_hot(i, K.shape(x)[1])
    assert K.int_shape(by_batch) == (None, None) and K.int_shape(by_dim) == (None, 3)
    a, b = K.function([x, i], [by_batch, by_dim])([np.ones((2, 3)), [0, 1, 2]])
    assert a.tolist() == [[1, 0], [0, 1], [0, 0]] and b.tolist() == np.eye(3).tolist()


def test_one_hot_with_classes_that_depend_on_data_runs_uncompiled():
    n = K.placeholder((), dtype="int32")
    f = K.function([n], [K.one_hot([0, 1], n)])
    with pytest.warns(kjax.NotCompiledWarning):
        assert f([2])[0].tolist() == [[1, 0], [0, 1]]


@pytest.mark.parametrize(
    ("classes", "error"), [(-1, ValueError), (2.5, TypeError), ("a", TypeError), (None, TypeError), ((2, 3), TypeError)]
)
def test_bad_numbers_of_classes(classes, error):
    for i in (K.constant([0, 1], "int32"), K.placeholder((2,), dtype="int32")):
        with pytest.raises(error, match=r"^one_hot\(\): num_classes must"):
            K.one_hot(i, classes)
    with pytest.raises(TypeError, match="num_classes must be an integer"):
        K.one_hot([0], K.placeholder(()))


@pytest.mark.parametrize("dtype", [n for n in NAMES if n not in ("int32", "int64", "uint8")])
def test_one_hot_refuses_other_dtypes(dtype):
    with pytest.raises(TypeError, match=rf"^one_hot\(\): indices can't be of dtype {dtype}"):
        K.one_hot(K.zeros((2,), dtype), 3)


def test_static_shapes_of_one_hot():
    i = lambda shape: K.placeholder(shape, dtype="int32")  # noqa: E731
    assert K.int_shape(K.one_hot(i((None, 2)), 5)) == (None, 2, 5) and K.int_shape(K.one_hot(i(None), 5)) is None


KEYS = [0, -1, slice(1, None), slice(None, None, -2), (0, 1), (..., 0), (None, ..., None), (slice(None), -1), (0, None)]


def test_getitem():
    out = agreed(lambda x: [x[k] for k in KEYS], X)
    for result, key in zip(out, KEYS, strict=True):
        np.testing.assert_array_equal(result, X[key])
    assert_gradients(lambda x: [x[key] for key in KEYS], X)


def test_slices_that_depend_on_data_run_uncompiled():
    x, n = K.placeholder((None,)), K.placeholder((), dtype="int32")
    f = K.function([x, n], [x[n:], x[: n + 1]])
    with pytest.warns(kjax.NotCompiledWarning):
        assert [r.tolist() for r in f([[1, 2, 3], 1])] == [[2, 3], [1, 2]]
    assert [r.tolist() for r in f([[1, 2, 3], 0])] == [[1, 2, 3], [1]]


def test_slices_by_dims_are_compiled():
    x = K.placeholder((None, 2))
    assert K.function([x], [x[K.shape(x)[0] - 1 :]])([[[1, 2], [3, 4]]])[0].tolist() == [[3, 4]]


# ---------------------------------------------------------------------------------------------------------------- slice


def test_slice():
    forms = [([0, 0, 0], [4, 2, 3]), ([1, 0, 2], [2, -1, 1]), ([3, 1, 0], [0, 1, -1]), (np.array([1, 1, 1]), (1, 1, 1))]
    out = agreed(lambda x: [part(x, start, size) for start, size in forms], X)
    np.testing.assert_array_equal(out[1], X[1:3, :, 2:])
    assert [o.shape for o in out] == [(4, 2, 3), (2, 2, 1), (0, 1, 3), (1, 1, 1)]
    assert_gradients(lambda x: part(x, [1, 0, 1], [2, 2, -1]), X)


def test_slice_by_what_only_a_run_knows():
    x, start = K.placeholder((None, 3)), K.placeholder((2,), dtype="int32")
    rows = K.shape(x)[0]
    cut = part(x, start, [2, 1])
    last = part(x, K.stack([rows - 1, 0]), K.stack([1, -1]))
    assert K.int_shape(cut) == (2, 1) and K.int_shape(last) == (1, 3)
    function = K.function([x, start], [cut, last])
    value = np.arange(12.0).reshape(4, 3)
    first, second = function([value, [1, 2]])
    assert first.tolist() == [[5], [8]] and second.tolist() == [[9, 10, 11]]
    with pytest.raises(ValueError, match=r"^slice\(\): a part of shape \(2, 1\) does not lie within \(4, 3\)"):
        function([value, [3, 0]])


def test_errors_of_slice():
    for start, size, message in [
        ([0], [1], "x of rank 3 needs one number for each axis in start and in size"),
        ([0, 0, 0], [1, 1], "x of rank 3 needs"),
        ([0, 0, 2], [1, 1, 2], "a part of shape"),
        ([0, 0, -1], [1, 1, 1], "a part of shape"),
    ]:
        with pytest.raises(ValueError, match=rf"^slice\(\): {message}"):
            part(X, start, size)
    with pytest.raises(TypeError, match=r"^slice\(\): start"):
        part(X, [0.5, 0, 0], [1, 1, 1])
