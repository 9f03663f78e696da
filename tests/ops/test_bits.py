import numpy as np
import pytest

from helpers import agreed
from kjax.ops import bits

WORDS = np.array([0, 1, 6, -8, 2**31 - 1, -(2**31)], "int32")


def test_words():
    x, y = WORDS[:, None], WORDS[None]
    found = agreed(lambda x, y: [bits.bitwise_and(x, y), bits.bitwise_or(x, y), bits.bitwise_xor(x, y)], x, y)
    for result, expected in zip(found, (x & y, x | y, x ^ y), strict=True):
        np.testing.assert_array_equal(result, expected)
    assert agreed(bits.invert, WORDS)[0].tolist() == (~WORDS).tolist()


def test_shifts():
    left, right = agreed(lambda x, y: [bits.left_shift(x, y), bits.right_shift(x, y)], WORDS, np.full(6, 3, "int32"))
    assert left.tolist() == [0, 8, 48, -64, -8, 0] and right.tolist() == [0, 0, 0, -1, 2**28 - 1, -(2**28)]
    far = agreed(bits.right_shift, np.array([200], "uint8"), np.array([99], "uint8"))[0]
    assert far.dtype == "uint8" and far.tolist() == [1]


def test_floats_have_no_bits():
    with pytest.raises(TypeError, match=r"bitwise_and\(\): x"):
        bits.bitwise_and([1.0], [2.0])
