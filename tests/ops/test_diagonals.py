import numpy as np
import pytest

from helpers import agreed, assert_gradients
from kjax import backend as K
from kjax.ops import diagonals

X = np.arange(24, dtype="float32").reshape(2, 3, 4)


@pytest.mark.parametrize("number", [-2, -1, 0, 1, 3])
def test_one_diagonal(number):
    (found,) = agreed(lambda x: diagonals.diag_part(x, number), X)
    np.testing.assert_array_equal(found, [x.diagonal(number) for x in X])
    (put,) = agreed(lambda x, d: diagonals.set_diag(x, d + 100, number), X, found)
    np.testing.assert_array_equal(put - X, 100 * np.eye(3, 4, number)[None].repeat(2, 0))
    (made,) = agreed(lambda d: diagonals.diag(d, number), found)
    np.testing.assert_array_equal(made, [np.diag(d, number) for d in found])


@pytest.mark.parametrize("align", ["LEFT_LEFT", "LEFT_RIGHT", "RIGHT_LEFT", "RIGHT_RIGHT"])
def test_there_and_back(align):
    for band in ((-1, 2), (0, 1), (-2, -1), (-2, 3)):
        found = diagonals.diag_part(X, band, 7, align).numpy()
        inside = np.tri(3, 4, band[1]) - np.tri(3, 4, band[0] - 1)
        made = diagonals.diag(found, band, 3, 4, 0, align).numpy()
        np.testing.assert_array_equal(made, X * inside)
        put = diagonals.set_diag(0 * X, found, band, align).numpy()
        np.testing.assert_array_equal(put, made)
    agreed(lambda x: diagonals.diag_part(x, (-1, 2), 7, align), X)
    agreed(lambda d: diagonals.diag(d, (-2, 3), 3, 4, 0, align), found)
    agreed(lambda x, d: diagonals.set_diag(x, d, (-2, 3), align), 0 * X, found)


def test_slopes():
    assert_gradients(lambda x: diagonals.diag_part(x, (-1, 1)), X[0])
    assert_gradients(lambda x, d: diagonals.set_diag(x, d, 1), X[0], X[0, 0, :3])
    assert_gradients(lambda d: [diagonals.diag(d, (-1, 0)), diagonals.tensor_diag(d)], X[0, :2, :3])
    assert_gradients(lambda x: diagonals.band_part(x, 1, 0), X[0])
    assert_gradients(diagonals.tensor_diag_part, X[0, :3, :3])


def test_bands():
    for lower, upper in ((0, 0), (1, 0), (-1, 1), (3, -1), (-1, -1)):
        (kept,) = agreed(lambda x, low=lower, up=upper: diagonals.band_part(x, low, up), X)
        expected = X if lower < 0 else np.triu(X, -lower)
        np.testing.assert_array_equal(kept, expected if upper < 0 else np.tril(expected, upper))
    x, width = K.placeholder((None, None)), K.placeholder((), dtype="int32")
    run = K.function([x, width], [diagonals.band_part(x, width, 0)])
    np.testing.assert_array_equal(run([X[0], 1])[0], np.tril(np.triu(X[0], -1)))


def test_tensors():
    (made,) = agreed(diagonals.tensor_diag, X[0])
    assert made.shape == (3, 4, 3, 4) and made.sum() == X[0].sum() and made[1, 2, 1, 2] == X[0, 1, 2]
    np.testing.assert_array_equal(agreed(diagonals.tensor_diag_part, made)[0], X[0])


def test_static_shapes():
    x = K.placeholder((None, None, 4))
    assert diagonals.diag_part(x).shape == (None, None) and diagonals.diag_part(x, (-1, 1)).shape == (None, 3, None)
    d = K.placeholder((2, None))
    assert diagonals.diag(d).shape == (2, None, None) and diagonals.diag(d, 0, 3).shape == (2, 3, None)
    assert diagonals.diag(K.placeholder((None, 3)), -1).shape == (None, 4, 4)
    assert diagonals.tensor_diag_part(K.placeholder((None, 3))).shape == (3,)


@pytest.mark.parametrize("symbolic", [False, True])
def test_errors(symbolic):
    def given(*shape):
        return K.placeholder(shape) if symbolic else K.ones(shape)

    for call, message in (
        (lambda: diagonals.diag_part(given(3)), "rank 2"),
        (lambda: diagonals.diag_part(given(2, 3), 3), "no diagonal 3"),
        (lambda: diagonals.diag_part(given(2, 3), (1, 0)), "must not exceed"),
        (lambda: diagonals.diag_part(given(2, 3), (1, 2, 3)), "one or two"),
        (lambda: diagonals.diag_part(given(2, 3), 0, 0, "MIDDLE"), "LEFT_LEFT"),
        (lambda: diagonals.set_diag(given(2, 3), given(3)), "diagonal must be of shape"),
        (lambda: diagonals.diag(given(2), 0, 4, 3), "don't fill"),
        (lambda: diagonals.diag(given(2, 3), (-1, 1)), "a row for each number"),
        (lambda: diagonals.band_part(given(3), 0, 0), "rank 2"),
        (lambda: diagonals.tensor_diag(given()), "rank 1"),
        (lambda: diagonals.tensor_diag_part(given(2, 3)), "same axes twice"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    with pytest.raises(TypeError, match="integers"):
        diagonals.diag_part(given(2, 3), 0.5)
