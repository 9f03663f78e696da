"""Sparse placeholders, and how functions are fed them."""

import numpy as np
import pytest
import scipy.sparse as sp

import kjax
from kjax import backend as K
from kjax.sparse import operations as sparse
from kjax.sparse.feeding import SparseInput

ROWS, COLUMNS, VALUES = [0, 0, 1, 2], [1, 3, 0, 3], [1.0, -2.0, 3.0, 4.0]
MATRIX = sp.coo_matrix((np.array(VALUES, "float32"), (ROWS, COLUMNS)), shape=(3, 4))
INDICES = np.stack([ROWS, COLUMNS], 1)
TRIPLE = (INDICES, VALUES, (3, 4))
RIGHT = np.arange(8, dtype="float32").reshape(4, 2) - 3
FORMATS = ("coo", "csr", "csc", "lil", "dok", "bsr", "dia")


def batch(rows, columns=4, density=0.4, seed=0, dtype="float32"):
    return sp.random(rows, columns, density, "csr", dtype, np.random.default_rng(seed))


# ----------------------------------------------------------------------------------------------------- placeholders


def test_placeholders():
    p = K.placeholder((None, 4), sparse=True, name="words", dtype="float64")
    assert [part.name for part in p.parts[:2]] == ["words/indices:0", "words/values:0"] and p.name == "words/values:0"
    assert p.indices.shape == (None, 2) and p.values.shape == (None,) and p.dense_shape.shape == (2,)
    assert K.dtype(p) == "float64" and repr(p) == "<kjax.SparseTensor 'words/values:0' shape=(None, 4) dtype=float64>"
    assert K.placeholder(ndim=3, sparse=True).shape == (None, None, None)


def test_ragged_placeholders_say_what_to_do():
    with pytest.raises(NotImplementedError, match="padded with zeros, and a mask"):
        K.placeholder((2, None), ragged=True)
    with pytest.raises(ValueError, match="can't be both sparse and ragged"):
        K.placeholder((2, None), ragged=True, sparse=True)


# ---------------------------------------------------------------------------------------------------------- feeding


@pytest.mark.parametrize("graph", [False, True])
def test_whatever_stands_for_one_can_be_fed(graph):
    with kjax.graph_mode() if graph else kjax.eager_mode():
        p, y = K.placeholder((None, 4), sparse=True), K.placeholder((4, 2))
        f = K.function([p, y], [K.dot(p, y), K.to_dense(p), K.shape(p)])
        values = [MATRIX.asformat(form) for form in FORMATS]
        values += [MATRIX.astype("float64"), MATRIX.astype("int32"), TRIPLE, [INDICES.tolist(), VALUES, [3, 4]]]
        values += [K.variable(MATRIX), K.get_value(K.variable(MATRIX)), K.concatenate([K.variable(MATRIX)] * 2, 1)]
        for value in values[:-1]:
            product, dense, shape = f([value, RIGHT])
            assert product.dtype == dense.dtype == "float32" and shape.tolist() == [3, 4]
            assert np.array_equal(product, MATRIX @ RIGHT) and np.array_equal(dense, MATRIX.toarray())
        with pytest.raises(ValueError, match=r"takes shape \(None, 4\); got a sparse tensor of \(3, 8\)"):
            f([values[-1], RIGHT])


def test_structures_of_inputs():
    p, y = K.placeholder((3, 4), sparse=True), K.placeholder((4, 2))
    out = K.dot(p, y)
    expected = MATRIX @ RIGHT
    for value in (MATRIX, TRIPLE, kjax.SparseTensorValue(*TRIPLE)):
        assert np.array_equal(K.function([p, y], out)([value, RIGHT]), expected)
        assert np.array_equal(K.function([p, y], out)((value, RIGHT)), expected)
        assert np.array_equal(K.function([p, y], out)(value, RIGHT), expected)
        assert np.array_equal(K.function({"x": p, "y": y}, out)({"y": RIGHT, "x": value}), expected)
        assert np.array_equal(K.function([[p], y], out)([[value], RIGHT]), expected)
        for inputs in (p, [p]):
            assert np.array_equal(K.function(inputs, K.to_dense(p))(value), MATRIX.toarray())
            assert np.array_equal(K.function(inputs, K.to_dense(p))([value]), MATRIX.toarray())


def test_the_learning_phase_may_be_left_out():
    with kjax.graph_mode():
        p = K.placeholder((3, 4), sparse=True)
        out = K.to_dense(K.in_train_phase(p * 2.0, p))
        f = K.function([p, K.learning_phase()], [out])
        assert np.array_equal(f([MATRIX, 1])[0], 2 * MATRIX.toarray())
        assert np.array_equal(f([MATRIX, 0])[0], MATRIX.toarray())
        assert np.array_equal(f([MATRIX])[0], MATRIX.toarray())


def test_structures_of_outputs():
    p = K.placeholder((3, 4), sparse=True)
    value = K.function(p, p)(MATRIX)
    assert isinstance(value, kjax.SparseTensorValue) and all(type(part) is np.ndarray for part in value)
    assert value.indices.tolist() == INDICES.tolist() and value.values.dtype == "float32"
    assert value.dense_shape.tolist() == [3, 4] and value.dense_shape.dtype == "int64"
    listed, (first, second) = K.function([p], [{"a": p}, (K.shape(p), K.square(p))])([MATRIX])
    assert listed["a"].values.tolist() == VALUES and first.tolist() == [3, 4]
    assert second.values.tolist() == np.square(VALUES).tolist()
    constant, none = K.function([p], [K.variable(MATRIX), None])([MATRIX])
    assert constant.values.tolist() == VALUES and none is None


def test_sessions():
    p, y = K.placeholder((3, 4), sparse=True), K.placeholder((4, 2))
    out = K.dot(p, y)
    for value in (MATRIX, TRIPLE):
        found, product = K.get_session().run([p, out], {p: value, y: RIGHT})
        assert found.values.tolist() == VALUES and np.array_equal(product, MATRIX @ RIGHT)
    assert K.square(p).eval({p: MATRIX}).values.tolist() == np.square(VALUES).tolist()
    assert np.array_equal(out.eval({p: MATRIX, y: RIGHT}), MATRIX @ RIGHT)


@pytest.mark.parametrize(
    ("value", "error", "said"),
    [
        (MATRIX.toarray(), TypeError, "given as a SciPy matrix, or as"),
        (3.0, TypeError, "given as a SciPy matrix, or as"),
        (None, TypeError, "given as a SciPy matrix, or as"),
        (sp.eye(4), ValueError, r"input 'words' of the function takes shape \(3, 4\); got .* of \(4, 4\)"),
        (([[0, 7]], [1.0], (3, 4)), ValueError, r"input 'words' of the function: index \(0, 7\) is outside"),
        (([[0, 0]], [1.0, 2.0], (3, 4)), ValueError, "indices must be of shape"),
        (([[0.0, 0.0]], [1.0], (3, 4)), TypeError, "integers; got float64"),
        (MATRIX.astype("complex64"), TypeError, "complex values"),
    ],
)
def test_what_can_not_be_fed(value, error, said):
    p = K.placeholder((3, 4), sparse=True, name="words")
    with pytest.raises(error, match=said):
        K.function([p], [K.to_dense(p)])([value])


def test_other_errors_of_functions():
    p, y = K.placeholder((3, 4), sparse=True), K.placeholder((3, 4))
    with pytest.raises(ValueError, match="takes 2 values; got 1"):
        K.function([p, y], [y])([MATRIX])
    with pytest.raises(ValueError, match="takes 2 values; got 3"):
        K.function([p, y], [y])([MATRIX, MATRIX.toarray(), 1])
    with pytest.raises(TypeError, match=r"a sparse input must be made by K.placeholder\(sparse=True\)"):
        K.function([K.variable(MATRIX)], [y])
    with pytest.raises(TypeError, match=r"a dense tensor is needed; got a coo_matrix. x.toarray\(\) makes it dense"):
        K.function([y], [y])([MATRIX])
    with pytest.raises(ValueError, match="not fed"):
        K.function([y], [K.to_dense(p)])([MATRIX.toarray()])
    with pytest.raises(TypeError, match=r"gradients\(\): variables must be"):
        K.gradients(K.sum(K.to_dense(p)), [p])


# ---------------------------------------------------------------------------------------------------------- padding


def padded(outputs, p, updates=None):
    function = K.function([p], outputs, updates=updates)
    (found,) = (part for part in function._inputs if isinstance(part, SparseInput))
    return found.padded


def test_entries_are_padded_only_where_nobody_can_tell():
    p, w = K.placeholder((None, 4), sparse=True), K.variable(RIGHT)
    product, dense = K.dot(p, w), K.to_dense(p)
    (by_weight,) = K.gradients(K.sum(K.square(product)), [w])
    (by_entries,) = K.gradients(K.sum(product), [p.values])
    (second,) = K.gradients(K.sum(by_weight * w), [w])
    total = K.variable(0.0)
    assert padded([product, dense, K.shape(p)], p) and padded([by_weight, product], p) and padded([second], p)
    assert padded([], p, [K.update(w, w - by_weight)])
    for seen in (p, p.values, p.indices, K.square(p), K.concatenate([p, p]), K.shape(p.values), by_entries):
        assert not padded([product, seen], p)
    assert not padded([product], p, [K.update_add(total, K.sum(p.values))])
    assert not padded([K.switch(K.sum(product) > 0, lambda: K.sum(p.values), lambda: K.sum(product))], p)
    assert not padded([K.gradients(K.sum(K.dot(K.square(p), w)), [w])[0]], p)
    scalar = K.placeholder((), sparse=True)
    assert not padded([K.to_dense(scalar)], scalar)


def test_one_program_for_several_numbers_of_entries(monkeypatch):
    operation, traced = sparse._product.op, []
    kernel = operation.declared.jax_kernel
    monkeypatch.setattr(operation.declared, "jax_kernel", lambda *args: traced.append(args[1].shape) or kernel(*args))
    p = K.placeholder((None, 4), sparse=True)
    f = K.function([p], [K.dot(p, K.variable(RIGHT))])
    for count in (1, 0, 2, 16, 17, 20, 32, 30, 1):
        f([(np.stack([np.arange(count) % 6, np.arange(count) % 4], 1), np.ones(count), (6, 4))])
    assert traced == [(16, 2), (32, 2)]  # powers of two


def test_padding_is_not_seen():
    p, w = K.placeholder((None, 4), sparse=True), K.variable(RIGHT)
    loss = K.sum(K.square(K.dot(p, w)))
    f = K.function([p], [K.dot(p, w), K.to_dense(p), *K.gradients(loss, [w])])
    for rows in (1, 3, 8):
        for density in (0, 0.1, 0.5, 1):
            matrix = batch(rows, density=density, seed=rows)
            product, dense, slope = f([matrix])
            np.testing.assert_allclose(product, matrix @ RIGHT, 1e-5, 1e-6)
            assert np.array_equal(dense, matrix.toarray())
            np.testing.assert_allclose(slope, 2 * matrix.T @ (matrix @ RIGHT), 1e-5, 1e-5)


def test_padding_does_not_spread_what_is_no_number():
    p, y = K.placeholder((None, 4), sparse=True), K.placeholder((4, 2))
    out = K.dot(p, y)
    f = K.function([p, y], [out, *K.gradients(K.sum(out), [y])])
    only = sp.coo_matrix(([2.0], ([1], [3])), (3, 4))
    product, slope = f([only, [[np.nan, np.inf]] * 3 + [[1.0, 2.0]]])
    assert product.tolist() == [[0, 0], [2, 4], [0, 0]] and slope.tolist() == [[0, 0]] * 3 + [[2, 2]]
