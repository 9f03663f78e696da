"""Operations on the bits of integers."""

from typing import Annotated, Any

from kjax import shapes
from kjax.core.op import op
from kjax.core.operands import INTEGERS, Operand

_Bits = Annotated[Any, Operand(INTEGERS)]


@op(shape=shapes.elementwise)
def bitwise_and(xp, x: _Bits, y: _Bits):
    """The bits that are set in both.

    >>> bitwise_and([6], [3]).numpy().tolist()
    [2]
    """
    return x & y


@op(shape=shapes.elementwise)
def bitwise_or(xp, x: _Bits, y: _Bits):
    """The bits that are set in one of two.

    >>> bitwise_or([6], [3]).numpy().tolist()
    [7]
    """
    return x | y


@op(shape=shapes.elementwise)
def bitwise_xor(xp, x: _Bits, y: _Bits):
    """The bits that are set in exactly one of two.

    >>> bitwise_xor([6], [3]).numpy().tolist()
    [5]
    """
    return x ^ y


@op(shape=shapes.elementwise)
def invert(xp, x: _Bits):
    """The bits that are not set.

    >>> invert([6]).numpy().tolist()
    [-7]
    """
    return ~x


def _all_but_one(x: Any) -> int:
    return int(x.dtype.itemsize) * 8 - 1


@op(shape=shapes.elementwise)
def left_shift(xp, x: _Bits, y: _Bits):
    """Bits moved up by `y` places, by all but one of them at most.

    >>> left_shift([3], [2]).numpy().tolist()
    [12]
    """
    return xp.left_shift(x, xp.clip(y, 0, _all_but_one(x)).astype(x.dtype))


@op(shape=shapes.elementwise)
def right_shift(xp, x: _Bits, y: _Bits):
    """Bits moved down by `y` places, by all but one of them at most; the sign stays.

    >>> right_shift([-8], [1]).numpy().tolist()
    [-4]
    """
    return xp.right_shift(x, xp.clip(y, 0, _all_but_one(x)).astype(x.dtype))
