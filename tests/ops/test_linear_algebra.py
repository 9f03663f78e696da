import numpy as np
import pytest

import kjax
from helpers import agreed, assert_gradients
from kjax import backend as K
from kjax.ops import linear_algebra as la

R = np.random.RandomState(0)
A = R.randn(2, 3, 3)
POSITIVE = A @ A.swapaxes(-1, -2) + np.eye(3)
TALL = R.randn(2, 4, 3)
RHS = R.randn(2, 3, 2)
Z = (R.randn(2, 3, 3) + 1j * R.randn(2, 3, 3)).astype("complex64")
SMALL = "float32"


@pytest.mark.parametrize("name", ["cholesky", "inv", "det", "slogdet", "eigvalsh", "singular_values"])
def test_of_one_matrix(name):
    function = getattr(la, name)
    (first, *_) = agreed(function, POSITIVE.astype(SMALL), rtol=2e-5)
    expected = {"singular_values": lambda x: np.linalg.svd(x)[1]}.get(name, getattr(np.linalg, name, None))(POSITIVE)
    np.testing.assert_allclose(first, expected[0] if name == "slogdet" else expected, 1e-4, 1e-5)


@pytest.mark.parametrize("name", ["inv", "det", "singular_values"])
def test_slopes(name):
    assert_gradients(getattr(la, name), A[0])


def test_slopes_of_decompositions():
    def even(x):
        return x + la.matrix_transpose(x)

    assert_gradients(lambda x: [la.cholesky(even(x)), la.eigvalsh(even(x))], POSITIVE[0])
    assert_gradients(lambda x: [K.square(la.eigh(even(x))[1])], POSITIVE[0])
    assert_gradients(lambda x: [la.svd(x)[0], K.square(la.svd(x)[2])], TALL[0], rtol=1e-4)
    assert_gradients(lambda x: [*la.qr(x)], TALL[0])
    assert_gradients(lambda x: la.pinv(x, np.float64(1e-9)), TALL[0])


def test_only_lower_triangles_are_read():
    marred = POSITIVE[0] + np.triu(np.full((3, 3), 9.0), 1)
    for function in (la.cholesky, la.eigvalsh):
        (found,) = agreed(function, marred, rtol=1e-9)
        np.testing.assert_allclose(found, function(POSITIVE[0]).numpy(), 1e-9)


@pytest.mark.parametrize("x", [TALL, TALL.swapaxes(-1, -2), Z], ids=["tall", "wide", "complex"])
def test_factors_make_the_matrix(x):
    for full in (False, True):
        s, u, v = (t.numpy() for t in la.svd(x, full))
        k = s.shape[-1]
        made = (u[..., :k] * s[..., None, :]) @ v[..., :k].swapaxes(-1, -2).conj()
        np.testing.assert_allclose(made, x, 1e-4, 1e-5)
        q, r = (t.numpy() for t in la.qr(x, full))
        np.testing.assert_allclose(q @ r, x, 1e-4, 1e-5)
        symbol = K.placeholder((None, *x.shape[1:]), dtype=x.dtype)
        for parts, found in ((la.svd(symbol, full), (s, u, v)), (la.qr(symbol, full), (q, r))):
            assert [tuple(part.shape)[1:] for part in parts] == [part.shape[1:] for part in found]


def test_eigenvectors():
    (values, vectors) = (t.numpy() for t in la.eig(A))
    np.testing.assert_allclose(A @ vectors, vectors * values[..., None, :], 1e-9, 1e-9)
    np.testing.assert_allclose(np.sort(la.eigvals(A).numpy()), np.sort(values))
    assert la.eig(A.astype(SMALL))[0].dtype == "complex64"
    x = K.placeholder((None, 3, 3))
    values, vectors = K.function([x], [*la.eig(x)])([A])
    np.testing.assert_allclose(A @ vectors, vectors * values[..., None, :], 1e-4, 1e-4)


def test_rows_exchanged():
    x = K.placeholder((None, 3, 3), dtype="float64")
    factors, order = la.lu(x, "int64")
    outputs = [factors, order, la.lu_reconstruct(factors, order), la.lu_solve(factors, order, RHS)]
    _, order, again, solved = K.function([x], outputs)([A])
    np.testing.assert_allclose(again, A, 1e-9)
    np.testing.assert_allclose(A @ solved, RHS, 1e-9, 1e-9)
    assert order.dtype == "int64"
    factors, order = la.lu(A, "int32")
    np.testing.assert_allclose(la.lu_solve(factors, order, RHS).numpy(), solved, 1e-9)
    np.testing.assert_allclose(la.lu_reconstruct(factors, order).numpy(), A, 1e-9)


@pytest.mark.parametrize("lower", [False, True])
def test_triangles(lower):
    for adjoint in (False, True):
        (found,) = agreed(
            lambda a, b, adjoint=adjoint: la.triangular_solve(a, b, lower, adjoint), POSITIVE, RHS, rtol=1e-9
        )
        triangle = np.tril(POSITIVE) if lower else np.triu(POSITIVE)
        triangle = triangle.swapaxes(-1, -2) if adjoint else triangle
        np.testing.assert_allclose(triangle @ found, RHS, 1e-9, 1e-9)
    (of_both,) = agreed(lambda a, b: la.triangular_solve(a, b, lower), POSITIVE, RHS[0], rtol=1e-9)
    assert of_both.shape == (2, 3, 2)


def test_solutions():
    (found,) = agreed(la.solve, A, RHS, rtol=1e-9)
    np.testing.assert_allclose(A @ found, RHS, 1e-9, 1e-9)
    assert_gradients(la.solve, A[0], RHS[0])
    assert_gradients(la.triangular_solve, POSITIVE[0], RHS[0])


def test_functions_of_matrices():
    turn = np.array([[0, -0.3], [0.3, 0]])
    (turned,) = agreed(la.expm, turn)
    np.testing.assert_allclose(turned, [[np.cos(0.3), -np.sin(0.3)], [np.sin(0.3), np.cos(0.3)]], 1e-9)
    pairs = np.stack([POSITIVE[0, :2, :2], [[1, 2], [3, -4]]])
    root = la.sqrtm(pairs).numpy()
    np.testing.assert_allclose(root[0] @ root[0], pairs[0], 1e-9)
    assert np.isnan(root[1]).all()
    assert_gradients(la.sqrtm, pairs[0])
    assert la.expm(np.ones((0, 2, 2), SMALL)).shape == (0, 2, 2)


def test_what_has_no_inverse():
    singular = np.float32([[1, 2], [2, 4]])
    x = K.placeholder((2, 2))
    for function in (la.inv, lambda x: la.solve(x, x), lambda x: la.lu(x, "int32")[0]):
        with pytest.raises(ValueError, match=r"not invertible|[Ss]ingular"):
            function(singular)
        with pytest.raises(ValueError, match="not invertible"):
            K.function([x], [function(x)])([singular])
    with pytest.raises(ValueError, match="not positive definite"):
        K.function([x], [la.cholesky(x)])([-singular])
    with pytest.raises(ValueError, match=r"cholesky\(\)"):
        la.cholesky(-singular)
    assert np.isnan(K.function([x], [la.inv(x)])([[[np.nan, 1], [1, 1]]])[0]).any()


def test_wrong_shapes():
    for function in (la.inv, la.cholesky, la.expm, la.sqrtm, la.slogdet, lambda x: la.lu(x, "int32")):
        for x in (K.ones((2, 3)), K.ones((3,)), K.placeholder((None, 2, 3))):
            with pytest.raises(ValueError, match=r"square|rank 2"):
                function(x)
        unknown = K.placeholder(ndim=None)
        assert not isinstance(function(unknown), kjax.Tensor) or function(unknown).shape.rank is None
        with pytest.raises(ValueError):
            K.function([unknown], [K.sum(t) for t in _listed(function(unknown))])([np.ones((2, 3))])
    for function in (la.svd, la.qr, la.matrix_transpose, lambda x: la.triangular_solve(x, x)):
        with pytest.raises(ValueError, match="rank 2"):
            function(K.ones((3,)))
    with pytest.raises(ValueError, match="rows"):
        la.solve(K.ones((2, 2)), K.ones((3, 1)))
    with pytest.raises(ValueError, match="before the last axes"):
        la.solve(K.ones((2, 2, 2)), K.ones((3, 2, 1)))


def _listed(result):
    return result if isinstance(result, tuple) else (result,)


def test_products_in_space():
    a, b = R.randn(2, 3), R.randn(2, 3)
    np.testing.assert_allclose(agreed(la.cross, a, b)[0], np.cross(a, b))
    assert_gradients(la.cross, a, b)
    for wrong in ((a[:, :2], b[:, :2]), (a, b[:1]), (1.0, 1.0)):
        with pytest.raises(ValueError, match=r"cross\(\)"):
            la.cross(*map(K.constant, wrong))


def test_turned():
    np.testing.assert_array_equal(agreed(la.matrix_transpose, TALL)[0], TALL.swapaxes(-1, -2))
    (turned,) = agreed(lambda z: la.matrix_transpose(z, True), Z)
    np.testing.assert_array_equal(turned, Z.swapaxes(-1, -2).conj())


def test_no_half_precision():
    for function in (la.inv, la.cholesky, la.svd, la.qr, la.expm):
        with pytest.raises(TypeError):
            function(K.constant(np.eye(2), "float16"))
