"""Operations whose kernel is their shape rule."""

import numpy as np
import pytest

from kjax import backend as K
from kjax.core.operands import Number
from kjax.ops.probed import probed


@probed()
def turned(xp, x: Number, times=1):
    return xp.rot90(x, times)


def test_the_kernel_tells_the_shape():
    assert turned(K.placeholder((2, None))).shape == (None, 2)
    assert turned(K.placeholder((2, 3)), 2).shape == (2, 3)
    assert turned(K.placeholder()).shape.rank is None


def test_all_ways_of_running():
    x = np.arange(6.0).reshape(2, 3)
    fed = K.placeholder((None, 3))
    (symbolic,) = K.function([fed], [turned(fed)])([x])
    assert turned(x).numpy().tolist() == symbolic.tolist() == np.rot90(x).tolist()


def test_what_the_kernel_refuses():
    with pytest.raises(ValueError, match="turned"):
        turned(K.placeholder((3,)))
