import numpy as np
import pytest

from helpers import agreed, assert_gradients
from kjax import backend as K
from kjax.ops import contracting

R = np.random.RandomState(0)
A, B, C = R.randn(2, 3, 4), R.randn(4, 3), R.randn(3)


@pytest.mark.parametrize(
    ("equation", "arrays"),
    [
        ("abc,cb->a", (A, B)),
        ("abc, cb", (A, B)),
        ("...c,cd->...d", (A, B)),
        ("a...->...", (A,)),
        ("bc,cb,c->", (B, B.T, C)),
        ("cb->bc", (B,)),
    ],
)
def test_equations(equation, arrays):
    (found,) = agreed(lambda *t: contracting.einsum([*t], equation), *arrays, rtol=1e-9)
    np.testing.assert_allclose(found, np.einsum(equation, *arrays))
    assert_gradients(lambda *t: contracting.einsum([*t], equation), *arrays)


def test_shapes_of_equations():
    x, y = K.placeholder((None, 3, 4)), K.placeholder((4, None))
    assert contracting.einsum([x, y], "...c,cd->d...").shape == (None, None, 3)
    assert contracting.einsum([x, x], "abc,adc->bd").shape == (3, 3)


def test_equations_that_do_not_fit():
    for equation, shapes in (
        ("ab,bc->ac", [(2, 1), (3, 4)]),
        ("ab,bc->ac", [(2, 3)]),
        ("ab->ac", [(2, 3)]),
        ("ab->aa", [(2, 3)]),
        ("abc->a", [(2, 3)]),
        ("a->a", [(2, 3)]),
        ("a1->a", [(2, 3)]),
    ):
        with pytest.raises(ValueError, match=r"einsum\(\)"):
            contracting.einsum([np.zeros(shape) for shape in shapes], equation)
    x, y = K.placeholder((None, None)), K.placeholder((None, None))
    product = K.function([x, y], [contracting.einsum([x, y], "ab,bc->ac")])
    with pytest.raises(ValueError, match="dims of b"):
        product([np.zeros((2, 1)), np.zeros((3, 4))])
    with pytest.raises(TypeError, match="must be a string"):
        contracting.einsum([x, y], 3)


@pytest.mark.parametrize("axes", [1, 0, [[2], [0]], [[1, 2], [1, 0]], [2, 0], [[-1], [-2]]])
def test_tensordot(axes):
    (found,) = agreed(lambda a, b: contracting.tensordot(a, b, axes), A, B, rtol=1e-9)
    np.testing.assert_allclose(found, np.tensordot(A, B, axes))
    assert_gradients(lambda a, b: contracting.tensordot(a, b, axes), A, B)


def test_axes_that_do_not_fit():
    for axes in (-1, 3, [[0], [0]], [[5], [0]], [[0, 1], [0]], [1, 2, 3]):
        with pytest.raises(ValueError, match=r"tensordot\(\)"):
            contracting.tensordot(A, B, axes)
    with pytest.raises(TypeError):
        contracting.tensordot(A, B, 1.5)
