"""`@probed`: an operation whose static shape is found by its kernel, evaluated without values."""

from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec

from kjax.core.op import op
from kjax.shapes import probe

P = ParamSpec("P")


def probed(**declared: Any) -> Callable[[Callable[Concatenate[Any, P], Any]], Callable[P, Any]]:
    """`@op` for a kernel that fits no family of shape rules. The arguments are those of `op` but `shape`.

    >>> import numpy as np
    >>> from kjax import backend as K
    >>> from kjax.core.operands import Number
    >>> @probed()
    ... def rotated(xp, x: Number):
    ...     return xp.rot90(x)
    >>> rotated(K.placeholder((2, None))).shape
    (None, 2)
    """

    def declare(kernel: Callable[Concatenate[Any, P], Any]) -> Callable[P, Any]:
        return op(shape=probe(declared.get("jax_kernel", kernel)), **declared)(kernel)

    return declare
