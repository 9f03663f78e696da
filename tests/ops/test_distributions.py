import numpy as np
import pytest

from kjax import backend as K
from kjax.ops import distributions


def test_gamma():
    alpha = np.float64([0.3, 1.0, 7.0])
    drawn = distributions.random_gamma(alpha, (20000,), seed=1)
    assert drawn.shape == (20000, 3) and drawn.dtype == "float64"
    np.testing.assert_allclose(drawn.numpy().mean(0), alpha, rtol=0.05)
    np.testing.assert_allclose(drawn.numpy().var(0), alpha, rtol=0.1)
    np.testing.assert_array_equal(drawn.numpy(), distributions.random_gamma(alpha, (20000,), seed=1).numpy())
    x = K.placeholder((3,))
    drawn = distributions.random_gamma(x, (20000,), seed=1)
    (slope,) = K.function([x], K.gradients(K.mean(drawn, 0), [x]))([alpha])
    np.testing.assert_allclose(slope, 1, atol=0.05)  # that of the mean


def test_poisson():
    lam = np.float32([0.0, 0.5, 4.0, 40.0])
    drawn = distributions.random_poisson(lam, (20000,), seed=1).numpy()
    np.testing.assert_array_equal(drawn, np.floor(drawn))
    np.testing.assert_allclose(drawn.mean(0), lam, rtol=0.05)
    np.testing.assert_allclose(drawn.var(0), lam, rtol=0.1)
    x = K.placeholder((4,))
    run = K.function([x], [distributions.random_poisson(x, (5,), seed=1)])
    first, second = run([lam])[0], run([lam])[0]
    assert first.shape == (5, 4) and (first != second).any()  # (each run draws anew)


def test_from_a_seed_alone():
    seed = K.placeholder((2,), dtype="int32")
    kinds = ("normal", "truncated_normal", "uniform")
    run = K.function([seed], [distributions.stateless(seed, (3000,), kind, "float32") for kind in kinds])
    for kind, fed, again in zip(kinds, run([[1, 2]]), run([[1, 2]]), strict=True):
        found = distributions.stateless([1, 2], (3000,), kind, "float32").numpy()
        np.testing.assert_allclose(fed, found, 1e-5, 1e-6)
        np.testing.assert_array_equal(fed, again)
        for other in ([1, 3], [2, 2], [2, 1]):
            assert abs(np.corrcoef(found, distributions.stateless(other, (3000,), kind, "float32").numpy())[0, 1]) < 0.1
        assert abs(found.mean() - (0.5 if kind == "uniform" else 0)) < 0.06
    for wrong in ([1], [[1, 2]]):
        with pytest.raises(ValueError, match="seed must be of shape"):
            distributions.stateless(wrong, (3,), "normal", "float32")
