import numpy as np
import pytest

import kjax
from helpers import agreed
from kjax import backend as K
from kjax.ops import complexes

Z = np.complex64([[1 + 2j, -1 - 1j], [0.5j, 3]])


@pytest.mark.parametrize("name", ["real", "imag", "conj", "angle"])
def test_parts(name):
    for z in (Z, Z.astype("complex128")):
        (part,) = agreed(getattr(complexes, name), z)
        np.testing.assert_allclose(part, getattr(np, name)(z), 1e-6)
    for x in (np.float32([1, -2]), np.int32([1, -2])):
        (part,) = agreed(getattr(complexes, name), x)
        assert part.dtype == x.dtype and part.tolist() == (x if name in ("real", "conj") else 0 * x).tolist()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_whole(dtype):
    (z,) = agreed(complexes.complex_of, np.array([1, np.inf], dtype), np.array(3, dtype))
    assert z.tolist() == [1 + 3j, complex(np.inf, 3)]
    assert z.dtype == ("complex64" if dtype == "float32" else "complex128")
    for parts in (([1], [2]), (K.constant([1.0], "float32"), K.constant([1.0], "float64"))):
        with pytest.raises(TypeError, match=r"complex\(\)"):
            complexes.complex_of(*parts)


def test_slopes_are_tensorflows():
    """The gradient of a real loss by x + iy is its slope by x plus i times that by y."""
    with kjax.graph_mode():
        x, y = K.variable([1.0, -2.0]), K.variable([0.5, 3.0])
        z = complexes.complex_of(x, y)
        for loss in (complexes.real(z * z), complexes.angle(z), K.abs(z), complexes.imag(complexes.conj(z) * z * 1j)):
            by_parts = K.function([], K.gradients(loss, [x, y]))([])
            by_whole = K.function([], K.gradients(loss, [z]))([])[0]
            np.testing.assert_allclose(by_whole, by_parts[0] + 1j * by_parts[1], 1e-5, 1e-6)


def test_no_conjugate_of_bools():
    with pytest.raises(TypeError, match=r"conj\(\)"):
        complexes.conj([True])
