"""Static values of small integer tensors: shapes, and results computed from them, known before anything runs."""

from __future__ import annotations

from typing import Any

import numpy as np

from kjax.core.graph import replaced
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor


class _Unknown:
    """An integer that is known only at run time, as an element of a partly known array.

    Arithmetic with it returns it again, so that kernels can run on object arrays that contain it.
    """

    def _absorb(self, *others: Any) -> _Unknown:
        return self

    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __floordiv__ = __rfloordiv__ = _absorb
    __truediv__ = __rtruediv__ = __mod__ = __rmod__ = __neg__ = __pow__ = __rpow__ = _absorb

    def _undecided(self, *others: Any) -> Any:
        raise TypeError("an unknown dim has no truth value and no order")

    __bool__ = __eq__ = __ne__ = __lt__ = __le__ = __gt__ = __ge__ = _undecided
    __hash__ = object.__hash__

    def __repr__(self) -> str:
        return "?"


UNKNOWN_DIM = _Unknown()
_SMALL = 64  # more numbers than any shape has


def static_value(tensor: Tensor) -> np.ndarray[Any, Any] | None:
    """The static value of a small integer tensor, computed from static shapes by the kernels themselves, in NumPy.

    Returns:
        An integer array; or an array of objects, with `UNKNOWN_DIM` for unknown elements; or None, if not even the
        number of elements is known.
    """
    if not tensor.dtype.is_integer:
        return None
    known: np.ndarray[Any, Any] | None = _known(tensor, {})
    return known


def _known(tensor: Tensor, memo: dict[Tensor, Any]) -> Any:
    if tensor in memo:
        return memo[tensor]
    value = _work_out(tensor, memo)
    count = tensor.shape.num_elements()
    if value is None and count is not None and count <= _SMALL:
        value = np.full(tuple(tensor.shape), UNKNOWN_DIM, dtype=object)  # at least their number is known
    memo[tensor] = value
    return value


def _work_out(tensor: Tensor, memo: dict[Tensor, Any]) -> Any:
    node = tensor._node
    if node is None:
        # A variable's value may change before a function runs.
        small = tensor._value is not None and type(tensor) is Tensor and tensor._value.size <= _SMALL
        return np.asarray(tensor._value) if small else None
    if node.op.name == "shape":
        return _dims(node.args[0].shape)
    count = tensor.shape.num_elements()
    if count is None or count > _SMALL or not node.op.numpy or node.op.random:
        return None
    inputs = {t: _known(t, memo) for t in node.inputs}
    if any(value is None for value in inputs.values()):
        return None
    partial = any(value.dtype == object for value in inputs.values())
    if partial and node.op.name == "cast":
        return inputs[node.inputs[0]]
    try:
        out = node.op.kernel(np, *(replaced(arg, inputs.__getitem__) for arg in node.args))
        out = out[tensor._index] if isinstance(out, tuple) else out
        return tightened(np.asarray(out))
    except Exception:  # a kernel may raise anything for UNKNOWN_DIM: then the value is unknown
        return None


def _dims(shape: Shape) -> Any:
    if shape.rank is None:
        return None
    return tightened(np.array([UNKNOWN_DIM if dim is None else dim for dim in shape], dtype=object))


def tightened(array: Any) -> Any:
    """An array of objects as an integer array, if no element is unknown."""
    if array.dtype == object and not any(value is UNKNOWN_DIM for value in array.flat):
        return array.astype(np.int64)
    return array


def known_int(value: Any) -> int | None:
    """`value`, an int or a scalar tensor, as an int if it is known."""
    if not isinstance(value, Tensor):
        return None if value is None else int(value)
    known: Any = static_value(value)
    if known is None or known.ndim or known[()] is UNKNOWN_DIM:
        return None
    return int(known)
