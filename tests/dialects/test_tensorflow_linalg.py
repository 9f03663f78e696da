"""`tf.linalg` on symbolic tensors; recorded answers are in `recorded/linalg.json`."""

import numpy as np
import pytest

from kjax import backend as K

R = np.random.RandomState(0)


def test_unknown_batches(tf):
    x = K.placeholder((None, 3, 3), dtype="float64")
    value = R.randn(4, 3, 3)
    outputs = [
        tf.linalg.logdet(x @ tf.linalg.adjoint(x)),
        tf.linalg.matrix_rank(x),
        tf.linalg.pinv(x),
        tf.linalg.trace(x),
    ]
    outputs += [tf.linalg.lstsq(x, x), tf.linalg.norm(x, 2, axis=(1, 2)), *tf.linalg.normalize(x, axis=-1)]
    assert [tuple(t.shape) for t in outputs[:4]] == [(None,), (None,), (None, 3, 3), (None,)]
    logdet, rank, pinv, trace, one, size, unit, length = K.function([x], outputs)([value])
    np.testing.assert_allclose(logdet, np.linalg.slogdet(value)[1] * 2, 1e-9)
    assert rank.tolist() == [3] * 4
    np.testing.assert_allclose(pinv @ value, one, 1e-6, 1e-6)
    np.testing.assert_allclose(trace, np.trace(value, axis1=1, axis2=2))
    np.testing.assert_allclose(size, np.linalg.norm(value, 2, axis=(1, 2)))
    np.testing.assert_allclose(unit * length, value)


def test_sizes_that_must_be_known(tf):
    x = K.placeholder((None, None))
    for call in (tf.linalg.pinv, tf.linalg.matrix_rank, lambda x: tf.linalg.lstsq(x, x)):
        with pytest.raises(ValueError, match="must be known"):
            call(x)
    with pytest.raises(ValueError, match="must be known"):
        tf.linalg.lu_matrix_inverse(x, [0, 1])
    with pytest.raises(ValueError, match="known rank"):
        tf.linalg.norm(K.placeholder(ndim=None), 1, axis=(0, 1))


def test_conjugated_factors(tf):
    z = (R.randn(2, 3) + 1j * R.randn(2, 3)).astype("complex64")
    np.testing.assert_allclose(tf.matmul(z, z, adjoint_b=True).numpy(), z @ z.conj().T, 1e-5)
    np.testing.assert_allclose(tf.transpose(z, conjugate=True).numpy(), z.conj().T)
    with pytest.raises(ValueError, match="transpose_a and adjoint_a"):
        tf.matmul(z, z, transpose_a=True, adjoint_a=True)


def test_rows_of_three_diagonals(tf):
    diagonals = K.placeholder((3, None))
    product = tf.linalg.tridiagonal_matmul(diagonals, tf.ones((3, 1)))
    assert K.function([diagonals], [product])([[[1, 2, 9], [3, 4, 5], [9, 6, 7]]])[0].ravel().tolist() == [4, 12, 12]
    with pytest.raises(ValueError, match="of shape"):
        tf.linalg.tridiagonal_matmul(tf.ones((2, 3)), tf.ones((3, 1)))
