import numpy as np
import pytest

from helpers import agreed, assert_gradients
from kjax import backend as K
from kjax.ops import scattering

R = np.random.RandomState(0)
X = R.randn(2, 3, 4).astype("float32")
PAIRS = np.array([[0, 2], [1, 0], [1, 0]])


def test_gather_nd():
    found = agreed(lambda x, i: [scattering.gather_nd(x, i), scattering.gather_nd(x, i[:, :1])], X, PAIRS)
    np.testing.assert_array_equal(found[0], X[PAIRS[:, 0], PAIRS[:, 1]])
    np.testing.assert_array_equal(found[1], X[PAIRS[:, 0]])
    rows = np.array([[[2, 3], [0, 0]], [[1, 1], [2, 2]]])
    (found,) = agreed(lambda x, i: scattering.gather_nd(x, i, 1), X, rows)
    np.testing.assert_array_equal(found, [[X[0, 2, 3], X[0, 0, 0]], [X[1, 1, 1], X[1, 2, 2]]])
    assert_gradients(lambda x: [scattering.gather_nd(x, PAIRS), scattering.gather_nd(x, rows, 1)], X)


@pytest.mark.parametrize(("axis", "batch"), [(1, 1), (2, 1), (2, 2), (-1, 0)])
def test_gather_in_batches(axis, batch):
    i = R.randint(0, 2, (*X.shape[:batch], 5))
    (found,) = agreed(lambda x, i: scattering.gather_in_batches(x, i, axis, batch), X, i)
    expected = np.empty(found.shape, "float32")
    for place in np.ndindex(*X.shape[:batch]):
        expected[place] = X[place].take(i[place], axis=axis % 3 - batch)
    np.testing.assert_array_equal(found, expected)
    assert_gradients(lambda x: scattering.gather_in_batches(x, i, axis, batch), X)


def test_scattering():
    updates = R.randn(3, 4).astype("float32")

    def everything(i, u, x):
        kinds = [scattering.scattered(x, i, u, how) for how in ("add", "multiply", "min", "max")]
        return [scattering.scatter_nd(i, u, (2, 3, 4)), *kinds, scattering.divided(x, i, u)]

    expected = [np.zeros_like(X), *[X.copy() for _ in range(5)]]
    for (a, b), update in zip(PAIRS, updates, strict=True):
        for out, ufunc in zip(expected, (np.add, np.add, np.multiply, np.minimum, np.maximum, np.divide), strict=True):
            out[a, b] = ufunc(out[a, b], update)
    for found, wanted in zip(agreed(everything, PAIRS, updates, X), expected, strict=True):
        np.testing.assert_allclose(found, wanted, 1e-5)
    (found,) = agreed(lambda i, u, x: scattering.scattered(x, i, u), PAIRS[:2], updates[:2], X)
    expected = X.copy()
    expected[[0, 1], [2, 0]] = updates[:2]
    np.testing.assert_array_equal(found, expected)


def test_gradients_of_scattering():
    assert_gradients(lambda u: scattering.scatter_nd(PAIRS, u, (2, 3, 4)), R.randn(3, 4))
    assert_gradients(lambda x, u: scattering.scattered(x, PAIRS[:2], u), X, R.randn(2, 4))
    assert_gradients(lambda x, u: scattering.scattered(x, PAIRS, u, "add"), X, R.randn(3, 4))


def test_bools_and_integers():
    found = scattering.scatter_nd([[1], [1]], [True, False], (3,))
    assert found.numpy().tolist() == [False, True, False]
    assert scattering.divided([-7, 7], [[0], [1]], [2, -2]).numpy().tolist() == [-3, -3]


def test_a_shape_that_is_known_at_run_time():
    x, i = K.placeholder((None,)), K.placeholder((None, 1), dtype="int32")
    spread = scattering.scatter_nd(i, x, K.shape(x) * 2)
    assert spread.shape == (None,)
    (found,) = K.function([x, i], [spread])([[1.0, 2.0], [[3], [0]]])
    assert found.tolist() == [2, 0, 0, 1]


def test_positions_out_of_range():
    x, i = K.placeholder((None, None)), K.placeholder((None, 2), dtype="int32")
    calls = [scattering.gather_nd(x, i), scattering.scatter_nd(i, x[:, 0], (2, 2)), scattering.scattered(x, i, x[:, 0])]
    for call in calls:
        function = K.function([x, i], [call])
        for wrong in (-1, 2):
            with pytest.raises(IndexError, match="must lie within"):
                function([np.ones((2, 2)), [[0, 1], [wrong, 0]]])
    with pytest.raises(IndexError, match="must lie within"):
        scattering.gather_in_batches(X, [[3], [0]], 1, 1)


def test_shapes_that_do_not_fit():
    for call in (
        lambda: scattering.gather_nd(X, 1),
        lambda: scattering.gather_nd(X, [[0, 0, 0, 0]]),
        lambda: scattering.gather_nd(X, [[0]], 1),
        lambda: scattering.gather_nd(X, PAIRS, 1),
        lambda: scattering.gather_in_batches(X, [[0]], 1, 1),
        lambda: scattering.gather_in_batches(X, [[0]], 0, 1),
        lambda: scattering.scatter_nd([[0]], [1.0, 2.0], (3,)),
        lambda: scattering.scatter_nd([[0, 0]], [1.0], (3,)),
        lambda: scattering.scatter_nd(0, 1.0, (3,)),
        lambda: scattering.scattered(X, PAIRS, X),
        lambda: scattering.scattered(X, np.zeros((2, 0), int), X),
    ):
        with pytest.raises(ValueError, match=r"(gather(_nd)?|scatter\w+)\(\)"):
            call()
    with pytest.raises(TypeError, match="indices"):
        scattering.gather_nd(X, [[0.5]])
