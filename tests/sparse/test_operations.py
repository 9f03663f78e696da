"""Operations on sparse tensors: eager, symbolic, in graph mode, with gradients."""

import numpy as np
import pytest
import scipy.sparse as sp

import kjax
from helpers import assert_gradients, numeric_gradient
from kjax import backend as K

DENSE = np.array([[0, 1.0, 0, -2.0], [3.0, 0, 0, 0], [0, 0, 0.5, 4.0]])
MATRIX = sp.coo_matrix(DENSE)
SHUFFLED = sp.coo_matrix((MATRIX.data[::-1], (MATRIX.row[::-1], MATRIX.col[::-1])), MATRIX.shape)
TWICE = sp.coo_matrix(([1.0, 2.0, 4.0], ([0, 0, 2], [1, 1, 3])), (3, 4))
EMPTY = sp.coo_matrix((3, 4))
MATRICES = {"sorted": MATRIX, "shuffled": SHUFFLED, "twice": TWICE, "empty": EMPTY}
RIGHT = np.array([[1.0, 2.0], [-3.0, 4.0], [0.5, 0.25], [2.0, -1.0]])


def everywhere(fn, *matrices, rtol=1e-12):
    """The dense result of `fn` of sparse tensors: on constants, placeholders of all kinds, and in graph mode."""

    def several(*sparse):
        out = fn(*sparse)
        return [K.to_dense(t) for t in (out if isinstance(out, (list, tuple)) else [out])]

    eager = [K.get_value(t) for t in several(*map(K.variable, matrices))]
    inputs, outputs, fed = [], [], []
    for shape in (lambda s: s, lambda s: (None,) * len(s), lambda s: None):
        symbols = [K.placeholder(shape(m.shape), dtype=m.dtype, sparse=True) for m in matrices]
        inputs += symbols
        outputs += several(*symbols)
        fed += matrices
    with kjax.graph_mode():
        outputs += several(*map(K.variable, matrices))
    for i, found in enumerate(K.function(inputs, outputs)(fed)):
        expected = eager[i % len(eager)]
        assert found.dtype == expected.dtype == outputs[i].dtype and outputs[i].shape.is_compatible_with(found.shape)
        assert i >= len(eager) or outputs[i].shape.is_fully_defined()
        np.testing.assert_allclose(found, expected, rtol, rtol, err_msg=str(i))
    return eager


# ------------------------------------------------------------------------------------------------------------ dense


@pytest.mark.parametrize("matrix", MATRICES.values(), ids=MATRICES)
def test_to_dense(matrix):
    (dense,) = everywhere(lambda x: x, matrix)
    assert np.array_equal(dense, matrix.toarray())


@pytest.mark.parametrize("dtype", ["float16", "int8", "uint16", "int64", "bool", "complex128"])
def test_to_dense_of_dtypes(dtype):
    matrix = MATRIX.astype("float32").astype(dtype) if dtype != "float16" else MATRIX
    x = K.variable(matrix) if dtype != "float16" else K.cast(K.variable(matrix), dtype)
    p = K.placeholder((None, 4), dtype=dtype, sparse=True)
    for found in (K.eval(x), K.function([p], [K.to_dense(p)])([x])[0]):
        assert found.dtype == dtype and np.array_equal(found, MATRIX.toarray().astype(dtype))


def test_to_dense_of_other_ranks():
    for indices, values, shape in (
        ([[1], [3]], [2, 3], (4,)),
        ([[0, 1, 0], [1, 0, 1]], [2, 3], (2, 2, 2)),
        ([[]], [5], ()),
    ):
        dense = np.zeros(shape, "float32")
        for place, value in zip(indices, values, strict=True):
            dense[tuple(place)] = value
        triple = (np.array(indices, "int64"), np.array(values, "float32"), np.array(shape, "int64"))
        p = K.placeholder(shape, sparse=True)
        assert np.array_equal(K.function([p], [K.to_dense(p)])([triple])[0], dense)
        assert np.array_equal(K.eval(kjax.SparseTensor(*triple)), dense)


def test_to_dense_of_what_is_dense():
    for thing in (K.ones((2,)), np.ones(2), [1], None, MATRIX):
        assert K.to_dense(thing) is thing


def test_large_and_almost_empty():
    """The extent takes no memory, and the product needs none for the whole."""
    rows, columns = 3_000_000, 2_000_000
    p = K.placeholder((None, None), sparse=True)
    f = K.function([p], [K.shape(p), K.sum(K.dot(p, K.ones((columns, 1))))])
    shape, total = f([([[2_999_999, 1_999_999], [5, 0]], [2.0, 3.0], (rows, columns))])
    assert shape.tolist() == [rows, columns] and total == 5


# --------------------------------------------------------------------------------------------------------- products


@pytest.mark.parametrize("matrix", MATRICES.values(), ids=MATRICES)
def test_products(matrix):
    product, joined = everywhere(lambda x: [K.dot(x, K.constant(RIGHT, "float64")), K.dot(x, RIGHT[:, :0])], matrix)
    np.testing.assert_allclose(product, matrix @ RIGHT)
    assert joined.shape == (3, 0)


@pytest.mark.parametrize(("dtype", "rtol"), [("float16", 2e-3), ("float32", 1e-6), ("int32", 0), ("complex64", 1e-6)])
def test_products_of_dtypes(dtype, rtol):
    expected = (MATRIX @ RIGHT) if dtype != "int32" else DENSE.astype(int) @ RIGHT.astype(int)
    p = K.placeholder((None, 4), dtype=dtype, sparse=True)
    y = K.constant(RIGHT.astype(dtype), dtype)
    for found in (K.eval(K.dot(K.cast(K.variable(MATRIX), dtype), y)), K.function([p], [K.dot(p, y)])([MATRIX])[0]):
        assert found.dtype == dtype
        np.testing.assert_allclose(found, expected, rtol, rtol)


def test_many_terms_are_summed_in_single_precision():
    row = sp.coo_matrix(np.ones((1, 5000)))
    for sparse in (K.cast(K.variable(row), "float16"), K.placeholder((1, 5000), dtype="float16", sparse=True)):
        out = K.dot(sparse, K.cast(K.ones((5000, 1)), "float16"))
        found = K.eval(out) if not sparse.is_symbolic else K.function([sparse], [out])([row])[0]
        assert found.item() == 5000


def test_products_of_matrices_without_elements():
    for rows, inner, columns in ((0, 3, 2), (3, 0, 2), (0, 0, 0), (2, 3, 0)):
        matrix, right = sp.coo_matrix((rows, inner)), np.zeros((inner, columns))
        (found,) = everywhere(lambda x, right=right: K.dot(x, right), matrix)
        assert found.shape == (rows, columns) and not found.any()


def test_gradients_of_products():
    indices, shape = np.stack([MATRIX.row, MATRIX.col], 1), MATRIX.shape

    def loss(values, right):
        x = kjax.SparseTensor(indices, values, shape)
        return [K.dot(x, right), K.to_dense(x)]

    assert_gradients(loss, MATRIX.data, RIGHT)
    p, w = K.placeholder((None, 4), dtype="float64", sparse=True), K.variable(RIGHT, dtype="float64")
    total = K.sum(K.square(K.dot(p, w)))
    slopes = K.function([p], K.gradients(total, [w, p.values]))([SHUFFLED])
    np.testing.assert_allclose(slopes[0], numeric_gradient(lambda r: np.square(MATRIX @ r).sum(), RIGHT), 1e-5, 1e-5)
    by_entry = 2 * (MATRIX @ RIGHT) @ RIGHT.T
    np.testing.assert_allclose(slopes[1], by_entry[SHUFFLED.row, SHUFFLED.col])


def test_gradients_to_any_order():
    p, w = K.placeholder((None, 4), dtype="float64", sparse=True), K.variable(RIGHT, dtype="float64")
    (first,) = K.gradients(K.sum(K.dot(p, w) ** 3), [w])
    (second,) = K.gradients(K.sum(first), [w])
    found = K.function([p], [second])([MATRIX])[0]
    np.testing.assert_allclose(found, 6 * DENSE.T @ ((DENSE @ RIGHT) * (DENSE.sum(1, keepdims=True))), 1e-9)


@pytest.mark.parametrize(
    ("other", "error", "said"),
    [
        (np.ones((3, 2)), ValueError, r"\(3, 4\) and \(3, 2\) can't be multiplied"),
        (np.ones(4), ValueError, "must be matrices"),
        (np.ones((2, 4, 2)), ValueError, "must be matrices"),
        (2.0, ValueError, "must be matrices"),
        (K.ones((4, 2), "float32"), TypeError, "different dtypes, float64 and float32"),
        (sp.coo_matrix(RIGHT), TypeError, r"dot\(\): y: a dense tensor is needed"),
    ],
)
def test_what_can_not_be_multiplied(other, error, said):
    for x in (K.variable(MATRIX), K.placeholder((3, 4), dtype="float64", sparse=True)):
        with pytest.raises(error, match=said):
            K.dot(x, other)


def test_which_factors_may_be_sparse():
    x = K.variable(MATRIX)
    with pytest.raises(TypeError, match=r"dot\(\): only the first tensor may be sparse"):
        K.dot(K.ones((2, 3), "float64"), x)
    with pytest.raises(TypeError, match=r"dot\(\): y: a dense tensor is needed"):
        K.dot(x, x)
    for wrong in (lambda: x @ RIGHT, lambda: K.batch_dot(x, RIGHT)):
        with pytest.raises(TypeError):
            wrong()


def test_inner_dims_that_only_a_run_can_tell():
    p, y = K.placeholder(sparse=True), K.placeholder()
    f = K.function([p, y], [K.dot(p, y)])
    assert np.array_equal(f([MATRIX, RIGHT])[0], MATRIX @ RIGHT)
    for wrong in (RIGHT[:3], RIGHT[0], RIGHT[None]):
        with pytest.raises(ValueError, match=r"dot\(\)"):
            f([MATRIX, wrong])


# ---------------------------------------------------------------------------------------------------------- joining


@pytest.mark.parametrize("axis", [0, 1, -1, -2])
def test_joining(axis):
    matrices = [MATRIX, SHUFFLED, EMPTY, TWICE]
    (found,) = everywhere(lambda *x: K.concatenate(list(x), axis), *matrices)
    assert np.array_equal(found, np.concatenate([m.toarray() for m in matrices], axis))


@pytest.mark.parametrize("axis", [0, 1])
def test_joined_entries_are_in_order(axis):
    x, y = K.placeholder((3, 4), sparse=True), K.placeholder((3, 4), sparse=True)
    compiled = K.function([x, y], [K.concatenate([x, y], axis)])([SHUFFLED, MATRIX])[0]
    at_once = K.get_value(K.concatenate([K.variable(SHUFFLED), K.variable(MATRIX)], axis))
    for found in (compiled, at_once):
        assert found.indices.tolist() == sorted(found.indices.tolist()) and len(found.values) == 2 * MATRIX.nnz


def test_joining_sparse_and_dense():
    (found,) = everywhere(lambda x: K.concatenate([K.constant(RIGHT[:3], "float64"), x, DENSE]), MATRIX)
    assert np.array_equal(found, np.concatenate([RIGHT[:3], DENSE, DENSE], -1))


def test_gradients_through_joined_tensors():
    p = K.placeholder((3, 4), dtype="float64", sparse=True)
    loss = K.sum(K.square(K.to_dense(K.concatenate([p, p * 2.0]))))
    slope = K.function([p], K.gradients(loss, [p.values]))([SHUFFLED])[0]
    np.testing.assert_allclose(slope, 10 * SHUFFLED.data)


def test_what_can_not_be_joined():
    x, narrow = K.variable(MATRIX), K.variable(sp.coo_matrix((2, 4)))
    for tensors, axis, error in (
        ([x, narrow], 1, ValueError),
        ([x, x], 2, ValueError),
        ([x, x], -3, ValueError),
        ([x, x], None, TypeError),
        ([x, K.cast(x, "float32")], 0, TypeError),
        ([x, K.ones((3, 1), "float32")], 1, TypeError),
        (x, 0, TypeError),
    ):
        with pytest.raises(error, match=r"concatenate\(\)"):
            K.concatenate(tensors, axis)
    p, q = (K.placeholder((None, None), sparse=True) for _ in range(2))
    f = K.function([p, q], [K.concatenate([p, q], 1)])
    with pytest.raises(ValueError, match="dims apart from the axis must be equal"):
        f([MATRIX, sp.coo_matrix((2, 4))])


def test_what_is_joined_can_be_multiplied():
    (found,) = everywhere(lambda x, y: K.dot(K.concatenate([x, y]), np.concatenate([RIGHT, RIGHT])), MATRIX, SHUFFLED)
    np.testing.assert_allclose(found, 2 * DENSE @ RIGHT)


# ---------------------------------------------------------------------------------------------------- entry by entry


def test_entry_by_entry():
    functions = (K.abs, K.sign, K.square, K.tanh, lambda x: K.cast(x, "int32"), K.cast_to_floatx)
    found = everywhere(lambda x: [f(x) for f in functions], SHUFFLED)
    expected = [np.abs(DENSE), np.sign(DENSE), DENSE**2, np.tanh(DENSE), DENSE.astype("int32"), DENSE.astype("float32")]
    for ours, wanted in zip(found, expected, strict=True):
        assert ours.dtype == wanted.dtype
        np.testing.assert_allclose(ours, wanted)
    assert K.is_sparse(K.square(x=K.variable(MATRIX)))


@pytest.mark.parametrize("shape", [(), (1,), (4,), (3, 1), (1, 4), (3, 4), (1, 1)])
def test_scaling(shape):
    factor = np.arange(np.prod(shape, dtype=int)).reshape(shape) + 2.0

    def scaled(x):
        y = K.constant(factor, "float64")
        return [x * y, y * x, x * factor, x / y, x * 3, x / 2]

    found = everywhere(scaled, SHUFFLED)
    expected = [DENSE * factor] * 3 + [DENSE / factor, DENSE * 3, DENSE / 2]
    for ours, wanted in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, wanted)


def test_gradients_of_scaling():
    indices = np.stack([SHUFFLED.row, SHUFFLED.col], 1)
    for shape in ((), (4,), (3, 1), (3, 4)):
        factor = np.arange(np.prod(shape, dtype=int)).reshape(shape) + 2.0
        assert_gradients(lambda v, y: K.to_dense(kjax.SparseTensor(indices, v, (3, 4)) * y), SHUFFLED.data, factor)


def test_what_can_not_scale():
    x = K.variable(MATRIX)
    for other in (np.ones((2, 4)), np.ones(3), np.ones((1, 3, 4))):
        for name, wrong in (("multiply", lambda y: x * y), ("divide", lambda y: x / y)):
            with pytest.raises(ValueError, match=rf"{name}\(\): .* does not broadcast to a sparse one of \(3, 4\)"):
                wrong(other)
        p, y = K.placeholder(dtype="float64", sparse=True), K.placeholder(dtype="float64")
        with pytest.raises(ValueError, match=r"does not broadcast to a sparse one of \(3, 4\)"):
            K.function([p, y], [p * y])([MATRIX, other])
    for wrong in (lambda: x * x, lambda: K.ones((3, 4), "float64") / x, lambda: x * K.ones((3, 4)), lambda: x + 1.0):
        with pytest.raises(TypeError):
            wrong()


# ----------------------------------------------------------------------------------------------------- everything else


@pytest.mark.parametrize(
    ("name", "rest"),
    [("exp", ()), ("sum", ()), ("reshape", ((4, 3),)), ("softmax", ()), ("maximum", (0.0,)), ("gather", ([0],))],
)
def test_everything_else_asks_for_a_dense_tensor(name, rest):
    for x in (K.variable(MATRIX), K.placeholder((3, 4), dtype="float64", sparse=True)):
        with pytest.raises(TypeError, match=rf"{name}\(\).* got a SparseTensor. K.to_dense\(x\) makes it dense"):
            getattr(K, name)(x, *rest)
        with pytest.raises(TypeError, match=rf"{name}\(\).* got a coo_matrix. x.toarray\(\) makes it dense"):
            getattr(K, name)(MATRIX, *rest)


def test_choices():
    condition, p = K.placeholder((), dtype="bool"), K.placeholder((3, 4), dtype="float64", sparse=True)
    f = K.function([condition, p], [K.switch(condition, lambda: p * 2.0, p)])
    assert f([True, MATRIX])[0].values.tolist() == (2 * MATRIX.data).tolist()
    assert f([False, MATRIX])[0].values.tolist() == MATRIX.data.tolist()
    dense = K.to_dense(K.switch(condition, p * 2.0, p))
    assert dense.shape == (3, 4) and np.array_equal(K.function([condition, p], [dense])([True, MATRIX])[0], 2 * DENSE)
    x, y = K.variable(MATRIX), K.variable(SHUFFLED)
    assert K.switch(K.constant(True, "bool"), x, y) is x and K.in_test_phase(x, y) is x
    with pytest.raises(ValueError, match="must have the same structure; got 3 tensors and 1 tensor"):
        K.switch(condition, p, K.to_dense(p))


def test_inside_of_loops_and_branches():
    square = sp.coo_matrix(DENSE[:, :3])
    for sparse, fed in ((K.variable(square), []), (K.placeholder((3, 3), dtype="float64", sparse=True), [square])):
        x, condition = K.placeholder((2, 4, 3), dtype="float64"), K.placeholder((), dtype="bool")

        def step(inputs, states, sparse=sparse):
            state = K.transpose(K.dot(sparse, K.transpose(inputs + states[0])))
            return state, [state]

        last, _, _ = K.rnn(step, x, [K.zeros_like(x[:, 0])])
        mapped = K.map_fn(lambda part, sparse=sparse: K.dot(sparse, K.transpose(part)), x)
        chosen = K.switch(condition, lambda s=sparse: K.to_dense(s), lambda s=sparse: K.to_dense(s * 2.0))
        f = K.function([condition, x, *([sparse] if fed else [])], [last, mapped, chosen])
        values = np.arange(24.0).reshape(2, 4, 3)
        found = f([False, values, *fed])
        state = np.zeros((2, 3))
        for t in range(4):
            state = (values[:, t] + state) @ square.toarray().T
        np.testing.assert_allclose(found[0], state)
        np.testing.assert_allclose(found[1], square.toarray() @ values.transpose(0, 2, 1))
        np.testing.assert_allclose(found[2], 2 * square.toarray())


def test_printing(capsys):
    x, p = K.variable(MATRIX), K.placeholder((3, 4), sparse=True)
    assert np.array_equal(K.eval(K.print_tensor(x, "now:")), DENSE)
    assert capsys.readouterr().out == "now: [1 -2 3 0.5 4]\n"
    K.function([p], [K.to_dense(K.print_tensor(p, "then:"))])([MATRIX])
    assert capsys.readouterr().out == "then: [1 -2 3 0.5 4]\n"


def test_a_layer_is_trained():
    """Logistic regression on bags of words, in batches of different sizes."""
    noise = np.random.default_rng(0)
    truth = noise.normal(size=30)
    words = sp.random(240, 30, 0.2, "csr", "float32", noise)
    labels = (words @ truth > 0).astype("float32")[:, None]
    x, t = K.placeholder((None, 30), sparse=True), K.placeholder((None, 1))
    w, b = K.zeros((30, 1)), K.zeros((1,))
    out = K.sigmoid(K.bias_add(K.dot(x, w), b))
    loss = K.mean(K.binary_crossentropy(t, out))
    updates = [K.update_sub(v, 2.0 * slope) for v, slope in zip([w, b], K.gradients(loss, [w, b]), strict=True)]
    step = K.function([x, t], [loss], updates=updates)
    losses = []
    for _ in range(30):
        for start, stop in ((0, 60), (60, 160), (160, 240)):
            losses.append(step([words[start:stop], labels[start:stop]])[0])
    assert losses[-1] < 0.5 * losses[0]
    accuracy = (K.function([x], [out])([words])[0] > 0.5) == labels
    assert accuracy.mean() > 0.9
