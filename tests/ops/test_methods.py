import operator

import numpy as np
import pytest

import kjax
from kjax import backend as K

BINARY = {
    operator.add: np.add,
    operator.sub: np.subtract,
    operator.mul: np.multiply,
    operator.truediv: np.true_divide,
    operator.floordiv: np.floor_divide,
    operator.mod: np.mod,
    operator.pow: np.power,
    operator.lt: np.less,
    operator.le: np.less_equal,
    operator.gt: np.greater,
    operator.ge: np.greater_equal,
    operator.eq: np.equal,
    operator.ne: np.not_equal,
}
A, B = np.array([[1.0, 2.0], [3.0, 4.5]], "float32"), np.array([2.0, 4.5], "float32")


@pytest.mark.parametrize("fn", BINARY, ids=lambda f: f.__name__)
def test_binary_operators(fn):
    expected, swapped, scalar = BINARY[fn](A, B), BINARY[fn](B, A), BINARY[fn](A, np.float32(2))
    x, p = K.constant(A), K.placeholder((None, 2))
    for left, right, result in ((x, K.constant(B), expected), (x, B, expected), (B, x, swapped), (x, 2.0, scalar)):
        out = fn(left, right)
        assert isinstance(out, kjax.Tensor) and out.dtype == result.dtype and np.allclose(out.numpy(), result)
    outs = K.function([p], [fn(p, B), fn(K.variable(B), p), fn(p, 2)])([A])
    for out, result in zip(outs, (expected, swapped, scalar), strict=True):
        assert out.dtype == result.dtype and np.allclose(out, result)


def test_unary_operators():
    x = K.constant([-1.0, 2.0])
    assert (-x).numpy().tolist() == [1, -2] and abs(x).numpy().tolist() == [1, 2] and (+x).numpy().tolist() == [-1, 2]
    assert (~K.constant([True], "bool")).numpy().tolist() == [False]


def test_matrix_product():
    x, y = K.constant(A), K.constant([[1.0], [2.0]])
    assert np.allclose((x @ y).numpy(), A @ [[1], [2]]) and np.allclose((A @ y).numpy(), A @ [[1], [2]])
    batch = K.placeholder((None, 3, 4))
    assert (batch @ K.ones((4, 5))).shape == (None, 3, 5)
    for bad in (K.ones((3, 1)), K.ones((2,))):
        with pytest.raises(ValueError, match=r"matmul\(\)"):
            x @ bad
        with pytest.raises(ValueError, match=r"matmul\(\)"):
            K.placeholder((None, 2)) @ bad


def test_equality():
    x, p = K.constant([1.0, 2.0]), K.placeholder((2,))
    assert (x == None) is False and (x != None) is True and (p == None) is False  # noqa: E711
    assert (x == [1.0, 3.0]).numpy().tolist() == [True, False] and (p == p).dtype == "bool"
    assert (x == K.ones((3,))).numpy() == np.False_ and (x != K.ones((3,))).numpy() == np.True_
    with pytest.raises(TypeError):
        _ = x == "a"


def test_equality_is_identity_in_graph_mode():
    v, w = K.ones((2,)), K.ones((2,))
    with kjax.graph_mode():
        p = K.placeholder((2,))
        assert v == v and v != w and p == p and w in [v, w] and p not in [v, w] and (v == w) is False
        assert [v, w].index(w) == 1


def test_in_place_operators_make_new_tensors():
    x = y = K.constant([1.0])
    x += 1.0
    assert x.numpy()[0] == 2 and y.numpy()[0] == 1


X = np.arange(24.0, dtype="float32").reshape(2, 3, 4)
INDICES = [
    np.s_[0],
    np.s_[-1],
    np.s_[1:],
    np.s_[:, 1],
    np.s_[..., 0],
    np.s_[0, ..., 1:3],
    np.s_[None],
    np.s_[:, None, ..., None],
    np.s_[::-1],
    np.s_[:, ::2, 3:0:-2],
    np.s_[5:9],
    np.s_[1, 2, 3],
    np.s_[...],
    np.s_[0:0],
    np.s_[np.int64(1), np.int32(0) : 2],
    np.s_[:, -2:],
]


@pytest.mark.parametrize("shape", [(2, 3, 4), (None, 3, None), None], ids=str)
def test_indexing(shape):
    p = K.placeholder(shape)
    outs = [p[index] for index in INDICES]
    for index, out, result in zip(INDICES, outs, K.function([p], outs)([X]), strict=True):
        assert np.array_equal(result, X[index]), index
        assert out.shape.is_compatible_with(X[index].shape), index
        if shape == (2, 3, 4):
            assert out.shape == X[index].shape
        eager = K.constant(X)[index]
        assert eager.shape == X[index].shape and np.array_equal(eager.numpy(), X[index])


def test_indexing_by_tensors():
    i, x, p = K.constant(1, "int32"), K.constant(X), K.placeholder((None, 3, 4))
    assert np.array_equal(x[i].numpy(), X[1]) and np.array_equal(x[:, i:].numpy(), X[:, 1:])
    assert np.array_equal(x[K.constant([True, False], "bool")].numpy(), X[:1])
    n = K.placeholder((), dtype="int32")
    outs = [p[n], p[: K.shape(p)[0] - 1], p[0, n]]
    assert [o.shape for o in outs] == [(3, 4), (None, 3, 4), (4,)]
    a, b, c = K.function([p, n], outs)([X, 1])
    assert np.array_equal(a, X[1]) and np.array_equal(b, X[:1]) and np.array_equal(c, X[0, 1])
    (slope,) = K.function([p], K.gradients(K.sum(p[:, 0] * 2.0), [p]))([X])
    assert slope[:, 0].min() == 2 and slope[:, 1:].max() == 0


@pytest.mark.parametrize(
    ("index", "error"),
    [
        (5, IndexError),
        ((0, 0, 0, 0), IndexError),
        (1.5, TypeError),
        ("a", TypeError),
        (True, TypeError),
        (np.s_[..., ...], ValueError),
        (np.s_[::0], ValueError),
        (K.constant([0, 1], "int32"), TypeError),
        (np.s_[:, 7], IndexError),
    ],
)
def test_bad_indices(index, error):
    for x in (K.constant(X), K.placeholder((2, 3, 4))):
        with pytest.raises(error, match=r"getitem\(\)"):
            x[index]


def test_an_index_out_of_a_dim_that_was_unknown():
    p = K.placeholder((None, 3))
    with pytest.raises(IndexError, match=r"getitem\(\): index 5 is out of range"):
        K.function([p], [p[5]])([np.zeros((2, 3))])


def test_parts_of_variables():
    v = K.variable([[1.0, 2.0], [3.0, 4.0]])
    assert v.gather_nd([[1, 0]]).numpy().tolist() == [3] and v.sparse_read([1]).numpy().tolist() == [[3, 4]]
    for method, expected in (
        (v.scatter_nd_update, [[1, 5], [3, 4]]),
        (v.scatter_nd_add, [[1, 10], [3, 4]]),
        (v.scatter_nd_sub, [[1, 5], [3, 4]]),
    ):
        assert method([[0, 1]], [5]) is v and K.get_value(v).tolist() == expected
    x = K.placeholder((None, 2))
    K.function([x], [], [v.scatter_nd_add([[1]], x), v.scatter_nd_add([[1]], x)])([[[1.0, 2.0]]])
    assert K.get_value(v).tolist() == [[1, 5], [5, 8]]
    with pytest.raises(ValueError, match="updates"):
        v.scatter_nd_update([[1]], [5.0])
