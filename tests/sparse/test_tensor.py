"""Sparse tensors by themselves."""

import copy
import pickle

import numpy as np
import pytest
import scipy.sparse as sp

import kjax
from kjax import backend as K

ROWS, COLUMNS, VALUES = [0, 0, 1, 2], [1, 3, 0, 3], [1.0, -2.0, 3.0, 4.0]
MATRIX = sp.coo_matrix((np.array(VALUES, "float32"), (ROWS, COLUMNS)), shape=(3, 4))
INDICES = np.stack([ROWS, COLUMNS], 1)
TRIPLE = (INDICES, VALUES, (3, 4))
RIGHT = np.arange(8, dtype="float32").reshape(4, 2) - 3
FORMATS = ("coo", "csr", "csc", "lil", "dok", "bsr", "dia")


def batch(rows, columns=4, density=0.4, seed=0, dtype="float32"):
    return sp.random(rows, columns, density, "csr", dtype, np.random.default_rng(seed))


# ----------------------------------------------------------------------------------------------------- the tensor


def test_parts():
    x = kjax.SparseTensor(INDICES, VALUES, (3, 4))
    assert x.indices.dtype == x.dense_shape.dtype == "int64" and x.values.dtype == "float32" == x.dtype
    assert x.shape == x.get_shape() == (3, 4) and x.ndim == 2 and not x.is_symbolic and x.op.name == "Const"
    assert x.indices.numpy().tolist() == INDICES.tolist() and x.values.numpy().tolist() == VALUES
    assert repr(x) == "<kjax.SparseTensor: shape=(3, 4), dtype=float32, entries=4>"
    assert isinstance(x.eval(), kjax.SparseTensorValue) and x.eval().dense_shape.tolist() == [3, 4]
    x.note = "any attribute may be set"


def test_copies_and_pickles():
    x = K.variable(MATRIX)
    for twin in (copy.copy(x), copy.deepcopy(x), pickle.loads(pickle.dumps(x))):
        assert twin is not x and twin.shape == x.shape and np.array_equal(K.eval(twin), MATRIX.toarray())


def test_identity():
    x, y = K.variable(MATRIX), K.variable(MATRIX)
    assert x == x and x != y and x in {x: 1}


def test_it_is_no_array():
    x = K.variable(MATRIX)
    for wrong in (len, list, float, lambda x: x[0], lambda x: x + x, lambda x: np.ones((3, 4)) * x, lambda x: 2.0 * x):
        with pytest.raises(TypeError):
            wrong(x)
    for wrong in (lambda x: x + 1, lambda x: 1 - x, lambda x: x > 0, lambda x: -x, lambda x: x[0], lambda x: 2 / x):
        with pytest.raises(TypeError, match=r"\w+\(\): .*dense.*K\.to_dense"):
            wrong(x)


def test_of_symbolic_parts():
    """Values from a network, at known places."""
    v = K.placeholder((4,))
    x = kjax.SparseTensor(INDICES, v, (3, 4))
    assert x.is_symbolic and x.shape == (3, 4) and "Placeholder" in repr(x)
    f = K.function([v], [K.to_dense(x), K.dot(x, RIGHT), *K.gradients(K.sum(K.dot(x, RIGHT)), [v])])
    dense, product, slope = f([VALUES])
    assert np.array_equal(dense, MATRIX.toarray()) and np.array_equal(product, MATRIX @ RIGHT)
    assert slope.tolist() == RIGHT.sum(1)[COLUMNS].tolist()


@pytest.mark.parametrize(
    ("parts", "error", "said"),
    [
        (([[0, 1]], [1.0, 2.0], (2, 2)), ValueError, "indices must be of shape"),
        (([[0, 1, 0]], [1.0], (2, 2)), ValueError, "indices must be of shape"),
        (([0, 1], [1.0, 2.0], (2, 2)), ValueError, "indices must be of rank 2"),
        (([[0, 1]], [[1.0]], (2, 2)), ValueError, "values must be of rank 1"),
        (([[0, 1]], [1.0], 2), ValueError, "dense_shape must be of rank 1"),
        (([[0, 2]], [1.0], (2, 2)), ValueError, r"index \(0, 2\) is outside"),
        (([[-1, 0]], [1.0], (2, 2)), ValueError, r"index \(-1, 0\) is outside"),
        (([[0, 0]], [1.0], (2, -2)), ValueError, "dims must not be negative"),
        (([[0.0, 0.0]], [1.0], (2, 2)), TypeError, "integers; got float64"),
        (([[0, 0]], ["a"], (2, 2)), TypeError, "not made of numbers"),
    ],
)
def test_parts_that_do_not_go_together(parts, error, said):
    with pytest.raises(error, match=said):
        kjax.SparseTensor(*parts)
    with pytest.raises(TypeError, match="must be of int64; got int32"):
        kjax.SparseTensor(K.constant([[0, 0]], "int32"), [1.0], (2, 2))


def test_what_is_known_of_one():
    x, p = K.variable(MATRIX), K.placeholder((None, 4), sparse=True)
    assert K.is_sparse(x) and K.is_sparse(p) and not K.is_sparse(MATRIX) and not K.is_sparse(K.to_dense(x))
    assert (K.int_shape(x), K.ndim(x), K.dtype(x), K.count_params(x)) == ((3, 4), 2, "float32", 12)
    assert (K.int_shape(p), K.ndim(p), K.dtype(p)) == ((None, 4), 2, "float32")
    assert not K.is_keras_tensor(p)
    p._keras_history = ()
    assert K.is_keras_tensor(p)
    with pytest.raises(ValueError, match=r"count_params\(\)"):
        K.count_params(p)
    unknown = K.placeholder(sparse=True)
    assert K.int_shape(unknown) is None and K.ndim(unknown) is None and unknown.indices.shape == (None, None)


def test_values_of_one():
    x = K.variable(MATRIX)
    for value in (K.get_value(x), K.batch_get_value([x])[0], K.get_session().run(x)):
        assert isinstance(value, kjax.SparseTensorValue) and value.indices.tolist() == INDICES.tolist()
    assert K.eval(MATRIX) is MATRIX and K.get_value(MATRIX) is MATRIX
    with kjax.graph_mode():
        assert np.array_equal(K.eval(K.square(x)), MATRIX.toarray() ** 2)
    with pytest.raises(ValueError, match="not fed"):
        K.eval(K.placeholder((2, 2), sparse=True))
