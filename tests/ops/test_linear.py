import numpy as np
import pytest

import kjax
from helpers import agreed, assert_gradients
from kjax import backend as K
from kjax.core.dtypes import NAMES, to_numpy

FACTORS = ("float16", "bfloat16", "float32", "float64", "complex64", "complex128", "int32", "int64")
DOTS = [
    ((4, 3), (3, 2)),
    ((2, 3, 4), (4, 5)),
    ((2, 3, 4), (2, 4, 5)),
    ((2, 3), (4, 3, 2)),
    ((3,), (2, 3, 4)),
    ((2, 1, 2, 3), (2, 3, 2)),
    ((0, 3), (3, 2)),
    ((2, 0, 3), (3, 2)),
    ((2, 0), (0, 3)),
]
# Shapes, axes, and the sum they stand for, as einsum writes it.
BATCH_DOTS = [
    ((2, 3), (2, 3), None, "bi,bi->b"),
    ((2, 3), (2, 3), 1, "bi,bi->b"),
    ((2, 3), (2, 3), [1, -1], "bi,bi->b"),
    ((2, 3, 4), (2, 4, 5), None, "bij,bjk->bik"),
    ((2, 3, 4), (2, 5, 4), 2, "bij,bkj->bik"),
    ((2, 3, 4), (2, 3, 5), (1, 1), "bij,bik->bjk"),
    ((2, 3, 4), (2, 5, 3), (1, 2), "bij,bki->bjk"),
    ((2, 3, 4), (2, 4), None, "bij,bj->bi"),
    ((2, 3), (2, 3, 4), None, "bi,bij->bj"),
    ((2, 3), (2, 4, 3), (1, 2), "bi,bji->bj"),
    ((2, 2, 3, 4), (2, 5, 3, 4), 3, "bijk,blmk->bijlm"),
    ((2, 2, 3, 4), (2, 3), (2, 1), "bijk,bj->bik"),
    ((2, 3, 4), (2, 4, 3), (-1, -2), "bij,bjk->bik"),
    ((2, 2, 3, 4), (2, 2, 4, 3), None, "bijk,blkm->bijlm"),
    ((0, 3, 4), (0, 4, 2), None, "bij,bjk->bik"),
]


def random(*shapes, dtype="float32"):
    return [np.asarray(np.random.RandomState(i).randn(*shape), dtype) for i, shape in enumerate(shapes)]


def pairs(listed):
    """A function of all operands in a row, two by two."""
    return [(listed[i], listed[i + 1]) for i in range(0, len(listed), 2)]


def test_dot():
    arrays = random(*[shape for a, b in DOTS for shape in (a, b)])
    for result, (a, b) in zip(
        agreed(lambda *t: [K.dot(*p) for p in pairs(t)], *arrays, rtol=1e-5), pairs(arrays), strict=True
    ):
        assert result.dtype == "float32"
        np.testing.assert_allclose(result, np.dot(a, b), 1e-5, 1e-6)


def test_gradients_of_dot():
    arrays = random((2, 3), (3, 2), (2, 2, 3), (2, 3, 2), (3,), (2, 3, 2))
    assert_gradients(lambda *t: [K.dot(*p) for p in pairs(t)], *arrays)


def test_batch_dot():
    arrays = random(*[shape for a, b, *_ in BATCH_DOTS for shape in (a, b)])
    axes = [case[2] for case in BATCH_DOTS]
    out = agreed(lambda *t: [K.batch_dot(*p, axis) for p, axis in zip(pairs(t), axes, strict=True)], *arrays, rtol=1e-5)
    for result, (a, b), (*_, formula) in zip(out, pairs(arrays), BATCH_DOTS, strict=True):
        expected = np.einsum(formula, a, b)
        expected = expected[:, None] if formula.endswith(">b") else expected
        assert result.shape == expected.shape, formula
        np.testing.assert_allclose(result, expected, 1e-5, 1e-6)


def test_gradients_of_batch_dot():
    chosen = [1, 5, 6, 7, 8, 11]
    arrays = random(*[shape for i in chosen for shape in BATCH_DOTS[i][:2]])
    axes = [BATCH_DOTS[i][2] for i in chosen]
    assert_gradients(lambda *t: [K.batch_dot(*p, axis) for p, axis in zip(pairs(t), axes, strict=True)], *arrays)


def test_transpose():
    arrays = random((), (3,), (2, 3), (2, 3, 4), (0, 2), (2, 1, 3, 1, 2))
    for result, a in zip(agreed(lambda *t: list(map(K.transpose, t)), *arrays), arrays, strict=True):
        np.testing.assert_array_equal(result, a.T)
    assert_gradients(K.transpose, random((2, 3, 4))[0])
    assert K.eval(K.transpose([[1, 2], [3, 4]])).tolist() == [[1, 3], [2, 4]]
    assert K.int_shape(K.transpose(K.placeholder((None, 3, 4)))) == (4, 3, None)
    assert K.int_shape(K.transpose(K.placeholder())) is None


@pytest.mark.parametrize("name", ["dot", "batch_dot"])
@pytest.mark.parametrize("dtype", NAMES)
def test_dtypes(name, dtype):
    fn = getattr(K, name)
    numpy_dtype = to_numpy(kjax.as_dtype(dtype))
    x = K.constant(np.array([[[1, 2, 3]]]).astype(numpy_dtype), dtype)
    y = K.constant(np.array([[[4], [5], [6]]]).astype(numpy_dtype), dtype)
    if dtype not in FACTORS:
        with pytest.raises(TypeError, match=rf"^{name}\(\): x can't be of dtype {dtype}"):
            fn(x, y)
        return
    for a, b in ((x, y), (x[0], y[0])) if name == "dot" else ((x, y),):
        assert fn(a, b).dtype == dtype and K.eval(fn(a, b)).flat[0] == numpy_dtype.type(32)
    p = K.placeholder((1, 1, 3), dtype=dtype)
    out = fn(p, y)
    assert out.dtype == dtype and K.function([p], [out])([np.ones((1, 1, 3))])[0].flat[0] == numpy_dtype.type(15)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16"])
def test_short_floats_add_up_in_longer_ones(dtype):
    x = K.constant(np.ones((1, 5000)), dtype)
    for out in (K.dot(x, K.transpose(x)), x @ K.transpose(x), K.batch_dot(x, x)):
        assert out.dtype == dtype and K.eval(out).item() == {"float16": 5000, "bfloat16": 4992}[dtype]


@pytest.mark.parametrize("symbolic", [False, True])
@pytest.mark.parametrize(
    ("a", "b"),
    [((4,), (4,)), ((2, 3), (3,)), ((), (3, 2)), ((2, 3), ()), ((4,), (4, 2)), ((2, 2, 3), (3,)), ((), (1, 2, 3))],
)
def test_ranks_too_low_for_dot(a, b, symbolic):
    x, y = map(K.placeholder, (a, b)) if symbolic else map(K.ones, (a, b))
    with pytest.raises(ValueError, match=r"^dot\(\): x and y must be of rank 2 at least"):
        K.dot(x, y)


@pytest.mark.parametrize("symbolic", [False, True])
@pytest.mark.parametrize(("a", "b"), [((2, 3), (2, 3)), ((2, 2, 3), (2, 2)), ((2, 3), (3, 4, 2))])
def test_dims_that_do_not_fit_dot(a, b, symbolic):
    x, y = map(K.placeholder, (a, b)) if symbolic else map(K.ones, (a, b))
    with pytest.raises(ValueError, match=r"^dot\(\): shapes .* can't be multiplied"):
        K.dot(x, y)


@pytest.mark.parametrize("symbolic", [False, True])
@pytest.mark.parametrize(
    ("a", "b", "axes", "error", "message"),
    [
        ((2,), (2,), None, ValueError, "rank 2 at least"),
        ((2, 3), (2,), None, ValueError, "rank 2 at least"),
        ((), (), None, ValueError, "rank 2 at least"),
        ((2, 3), (3, 3), 1, ValueError, "batch sizes differ"),
        ((2, 3, 4), (1, 4, 5), None, ValueError, "batch sizes differ"),
        ((2, 3), (2, 4), 1, ValueError, "dims to sum over differ"),
        ((2, 3), (2, 3), 0, ValueError, "axes must not be 0, the axis of the batch"),
        ((2, 3), (2, 3), (0, 1), ValueError, "axes must not be 0, the axis of the batch"),
        ((2, 3), (2, 3), -2, ValueError, "axes must not be 0, the axis of the batch"),
        ((2, 3), (2, 3), 2, ValueError, "out of range"),
        ((2, 3), (2, 3), -4, ValueError, "out of range"),
        ((2, 3), (2, 3), (1, 1, 1), ValueError, "an integer or two"),
        ((2, 3), (2, 3), (1,), ValueError, "an integer or two"),
        ((2, 3), (2, 3), (1, (1, 2)), ValueError, "only one axis of each"),
        ((2, 3), (2, 3), "a", TypeError, "must be an integer"),
        ((2, 3), (2, 3), 1.0, TypeError, "must be an integer"),
        ((2, 3), (2, 3), (1, None), TypeError, "must be an integer"),
    ],
)
def test_errors_of_batch_dot(a, b, axes, error, message, symbolic):
    x, y = map(K.placeholder, (a, b)) if symbolic else map(K.ones, (a, b))
    with pytest.raises(error, match=rf"^batch_dot\(\): .*{message}"):
        K.batch_dot(x, y, axes)


@pytest.mark.parametrize("fn", [K.dot, K.batch_dot])
def test_other_errors(fn):
    x = K.ones((2, 2))
    for y in (K.ones((2, 2), "float64"), K.ones((2, 2), "int32"), np.ones((2, 2), "complex64"), "a", None):
        with pytest.raises((TypeError, ValueError), match=rf"^{fn.__name__}\(\)"):
            fn(x, y)
    with pytest.raises(ValueError, match="rank 2 at least"):
        fn(x, 2.0)


def test_lists_and_arrays_take_on_the_dtype_beside_them():
    x = K.constant([[1.0, 2.0]])
    assert K.eval(K.dot(x, [[3], [4]])).tolist() == [[11.0]] and K.dot(x, np.ones((2, 3))).dtype == "float32"
    assert K.eval(K.batch_dot([[1, 2]], [[3, 4]])).tolist() == [[11]]


def test_static_shapes():
    p, u = K.placeholder, K.placeholder()
    found = [
        K.dot(p((None, 3)), p((3, 4))),
        K.dot(p((None, None)), p((2, None, 4))),
        K.dot(u, p((3, 4))),
        K.dot(p((2, 3)), u),
        K.batch_dot(p((None, 3)), p((2, 3)), 1),
        K.batch_dot(p((None, None, 3)), p((None, 3, 4))),
        K.batch_dot(p((None, 2, None)), p((None, None))),
        K.batch_dot(u, p((2, 3, 4))),
    ]
    expected = [(None, 4), (None, 2, 4), None, None, (2, 1), (None, None, 4), (None, 2), None]
    assert [K.int_shape(t) for t in found] == expected


def test_batches_that_differ_at_run_time():
    x, y = K.placeholder((None, 3)), K.placeholder((None, 3))
    with pytest.raises(ValueError):
        K.function([x, y], [K.batch_dot(x, y, 1)])([np.ones((1, 3)), np.ones((2, 3))])
