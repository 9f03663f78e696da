import numpy as np
import pytest

from helpers import agreed
from kjax import backend as K
from kjax.ops import stateless

SEED = np.array([3, -4])


def test_every_mode_has_the_same_numbers():
    def everything(seed):
        return [
            stateless.stateless_uniform(seed, (3, 5), "float64"),
            stateless.stateless_normal(seed, (3, 5), "float32"),
            stateless.stateless_truncated_normal(seed, (3, 5), "float64"),
            stateless.stateless_bits(seed, (3, 5), "int64"),
            stateless.stateless_integers(seed, -3, 1000, (7,)),
        ]

    found = agreed(everything, SEED, rtol=1e-4)
    assert len({part.tobytes() for part in found}) == len(found)


def test_integers():
    drawn = stateless.stateless_integers(SEED, -3, 3, (6000,)).numpy()
    assert np.bincount(drawn + 3).min() > 900
    with pytest.raises(ValueError, match="less than maxval"):
        stateless.stateless_integers(SEED, 3, 3, (2,))
    with pytest.raises(ValueError, match="seed must be two integers"):
        stateless.stateless_bits([1], (2,), "int32")
    with pytest.raises(ValueError, match="maxval must be a scalar"):
        stateless.stateless_integers(K.placeholder((2,), dtype="int32"), 1, [3], (2,))


def test_permutations():
    found = stateless.permutation(500, 1).numpy()
    assert sorted(found) == list(range(500)) and found.tolist() != list(range(500))
    x = K.placeholder((None,))
    draw = K.function([x], [stateless.permutation(K.shape(x)[0], 1)])
    first, second = (draw([np.zeros(99)])[0] for _ in range(2))
    assert sorted(first) == sorted(second) == list(range(99)) and first.tolist() != second.tolist()


def test_gamma():
    # (Of a distribution of mean and variance alpha, the slope of the mean is 1.)
    alpha = K.placeholder(())
    drawn = stateless.gamma(alpha, (3000,), 1)
    mean = K.mean(drawn)
    found = K.function([alpha], [mean, K.var(drawn), *K.gradients(mean, [alpha])])([3.0])
    assert drawn.shape == (3000,) and found == pytest.approx([3, 3, 1], rel=0.1)
