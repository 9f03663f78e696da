"""The forms in which sparse values are given."""

import numpy as np
import pytest
import scipy.sparse as sp

import kjax
from kjax import backend as K
from kjax.sparse.values import value_of

ROWS, COLUMNS, VALUES = [0, 0, 1, 2], [1, 3, 0, 3], [1.0, -2.0, 3.0, 4.0]
MATRIX = sp.coo_matrix((np.array(VALUES, "float32"), (ROWS, COLUMNS)), shape=(3, 4))
INDICES = np.stack([ROWS, COLUMNS], 1)
TRIPLE = (INDICES, VALUES, (3, 4))
RIGHT = np.arange(8, dtype="float32").reshape(4, 2) - 3
FORMATS = ("coo", "csr", "csc", "lil", "dok", "bsr", "dia")


def batch(rows, columns=4, density=0.4, seed=0, dtype="float32"):
    return sp.random(rows, columns, density, "csr", dtype, np.random.default_rng(seed))


@pytest.mark.parametrize("form", FORMATS)
def test_any_format_of_scipy(form):
    matrix = MATRIX.asformat(form)
    x = K.variable(matrix)
    assert K.dtype(x) == "float32" and np.array_equal(K.eval(x), MATRIX.toarray())
    if form in ("coo", "csc"):  # entries stay in the order of the matrix
        assert x.values.numpy().tolist() == matrix.tocoo().data.tolist()


def test_sparse_arrays_of_any_rank():
    array = sp.coo_array(np.array([0.0, 2.0, 0.0, 3.0]))
    assert K.eval(K.variable(array)).tolist() == [0, 2, 0, 3]


def test_a_matrix_keeps_its_dtype_and_is_copied():
    for dtype in ("int8", "int64", "float64", "bool", "complex64"):
        assert K.dtype(K.variable(MATRIX.astype(dtype), dtype="float32", name="ignored")) == dtype
    matrix = MATRIX.copy()
    x = K.variable(matrix)
    matrix.data[:] = 7
    assert x.values.numpy().tolist() == VALUES
    assert K.dtype(K.variable(MATRIX.astype("longdouble"))) == "float64"


def test_value_of():
    with pytest.raises(kjax.SymbolicTensorError, match="here"):
        value_of(K.placeholder((2, 2), sparse=True), "here")
    assert value_of(([], [], (2, 3)), "here").indices.shape == (0, 2)
