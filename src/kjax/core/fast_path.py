"""The fast path: a public function that tries the kernel on NumPy arrays at once.

Most calls in eager mode are on concrete tensors of a dtype which the operation takes. For them the kernel is called
with the arguments as they came; whatever else turns up, or an error, is left to the general path (`Op.general`), which
converts, checks, dispatches and explains. So is a variable that is read while JAX traces, which is noted there. A
kernel must therefore raise, and never go wrong quietly, on arguments that are not in their normal form.

This is a matter of microseconds: the code below is flat on purpose, and compares sizes with the limit of
`kjax.core.placement` itself.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import numpy as np

from kjax.core import dtypes
from kjax.core.graph import MODE
from kjax.core.operands import Operand
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable
from kjax.machine import config
from kjax.machine.checks import is_tracing
from kjax.machine.quiet import QUIET

# Python's scalars which NumPy lets take on the dtype of the array beside them, by the kind of that dtype.
_SCALARS = {"f": (float, int), "i": (int,), "u": (int,), "c": (float, int, complex)}


def function_of(op: Any, general: Callable[..., Any]) -> Callable[..., Any]:
    """The public function of an operation, with its name, docstring and signature; `general` is the general path."""
    call = general if config.PLAIN else _fast_path(op, general)
    call.__name__ = call.__qualname__ = op.name
    call.__doc__, call.__module__ = op.kernel.__doc__, op.kernel.__module__
    call.__signature__ = op.declared.signature  # type: ignore[attr-defined]
    call.op = op  # type: ignore[attr-defined]
    return call


def _fast_path(op: Any, general: Callable[..., Any]) -> Callable[..., Any]:
    kinds: list[Operand] = [kind for _, kind in op.declared.operands]
    in_front = op.declared.places == list(range(len(kinds)))
    if op.numpy and not op.random and in_front:
        if [kind.many for kind in kinds] == [True]:
            return _many(op, general, kinds[0])
        if [kind.many for kind in kinds] == [False]:
            return _one(op, general, kinds[0])
        if [kind.many for kind in kinds] == [False, False]:
            apart = any(kind.own_dtype for kind in kinds)
            return _two_apart(op, general, *kinds) if apart else _two(op, general, kinds[0])
    return general


@functools.cache
def _accepted(kind: Operand) -> frozenset[Any]:
    """NumPy's dtypes for an operand; without bfloat16, whose package would have to be imported."""
    return frozenset(dtypes.to_numpy(dtype) for dtype in kind.accepts if dtype != "bfloat16")


def _wrapped(out: Any) -> Any:
    """A result other than one array, as tensors: a NumPy scalar, or several outputs."""
    return tuple(map(_wrapped, out)) if isinstance(out, tuple) else Tensor(np.asarray(out))


def _one(op: Any, general: Callable[..., Any], kind: Operand) -> Callable[..., Any]:
    """One operand."""
    kernel, quiet, mode = op.kernel, QUIET, MODE.get
    plain, variable, tracing = Tensor, Variable, is_tracing
    accepted, limit, nd, wrapped, xp = _accepted(kind), op.declared.runs.limit, np.ndarray, _wrapped, np
    at_large = op.at_large

    def call(*args: Any, **kwargs: Any) -> Any:
        if args and ((cls := type(args[0])) is plain or (cls is variable and not tracing())):
            x = args[0]._value
            if type(x) is nd and x.dtype in accepted and mode().direct:
                try:
                    if x.size > limit:
                        out = quiet.run(at_large, x, *args[1:], **kwargs)
                    elif kwargs or len(args) > 1:
                        out = quiet.run(kernel, xp, x, *args[1:], **kwargs)
                    else:
                        out = quiet.run(kernel, xp, x)
                except Exception:
                    return general(*args, **kwargs)
                return Tensor(out) if type(out) is nd else wrapped(out)
        return general(*args, **kwargs)

    return call


def _two(op: Any, general: Callable[..., Any], kind: Operand) -> Callable[..., Any]:
    """Two operands of one dtype, or one and a Python scalar."""
    kernel, quiet, mode, scalars = op.kernel, QUIET, MODE.get, _SCALARS
    plain, variable, tracing = Tensor, Variable, is_tracing
    accepted, limit, nd, wrapped, xp = _accepted(kind), op.declared.runs.limit, np.ndarray, _wrapped, np
    at_large = op.at_large

    def call(*args: Any, **kwargs: Any) -> Any:
        if len(args) >= 2 and mode().direct:
            x, y = args[0], args[1]
            if (cls := type(x)) is plain or (cls is variable and not tracing()):
                x = array = x._value
                if (cls := type(y)) is plain or (cls is variable and not tracing()):
                    y = y._value
                    if type(x) is not nd or type(y) is not nd or x.dtype != y.dtype:
                        return general(*args, **kwargs)
                    size = x.size + y.size
                elif type(x) is not nd or type(y) not in scalars.get(x.dtype.kind, ()):
                    return general(*args, **kwargs)
                else:
                    size = x.size + 1
            elif (cls := type(y)) is plain or (cls is variable and not tracing()):
                y = array = y._value
                if type(y) is not nd or type(x) not in scalars.get(y.dtype.kind, ()):
                    return general(*args, **kwargs)
                size = y.size + 1
            else:
                return general(*args, **kwargs)
            if array.dtype in accepted:
                try:
                    if size > limit:
                        out = quiet.run(at_large, x, y, *args[2:], **kwargs)
                    elif kwargs or len(args) > 2:
                        out = quiet.run(kernel, xp, x, y, *args[2:], **kwargs)
                    else:
                        out = quiet.run(kernel, xp, x, y)
                except Exception:
                    return general(*args, **kwargs)
                return Tensor(out) if type(out) is nd else wrapped(out)
        return general(*args, **kwargs)

    return call


def _two_apart(op: Any, general: Callable[..., Any], kind: Operand, other: Operand) -> Callable[..., Any]:
    """Two operands whose dtypes have nothing to do with each other."""
    kernel, quiet, mode = op.kernel, QUIET, MODE.get
    plain, variable, tracing = Tensor, Variable, is_tracing
    first, second = _accepted(kind), _accepted(other)
    limit, nd, wrapped, xp = op.declared.runs.limit, np.ndarray, _wrapped, np

    def call(*args: Any, **kwargs: Any) -> Any:
        if (
            len(args) >= 2
            and ((cls := type(args[0])) is plain or (cls is variable and not tracing()))
            and ((cls := type(args[1])) is plain or (cls is variable and not tracing()))
            and mode().direct
        ):
            x, y = args[0]._value, args[1]._value
            if type(x) is nd and type(y) is nd and x.dtype in first and y.dtype in second and x.size + y.size <= limit:
                try:
                    out = quiet.run(kernel, xp, x, y, *args[2:], **kwargs)
                except Exception:
                    return general(*args, **kwargs)
                return Tensor(out) if type(out) is nd else wrapped(out)
        return general(*args, **kwargs)

    return call


def _many(op: Any, general: Callable[..., Any], kind: Operand) -> Callable[..., Any]:
    """A list of operands of one dtype."""
    kernel, quiet, mode = op.kernel, QUIET, MODE.get
    plain, variable, tracing = Tensor, Variable, is_tracing
    accepted, limit, nd, wrapped, xp = _accepted(kind), op.declared.runs.limit, np.ndarray, _wrapped, np

    def call(*args: Any, **kwargs: Any) -> Any:
        if args and type(args[0]) in (list, tuple) and args[0] and mode().direct:
            arrays: list[Any] = []
            size = 0
            for tensor in args[0]:
                if (cls := type(tensor)) is not plain and (cls is not variable or tracing()):
                    return general(*args, **kwargs)
                array = tensor._value
                if type(array) is not nd or (arrays and array.dtype != arrays[0].dtype):
                    return general(*args, **kwargs)
                arrays.append(array)
                size += array.size
            if arrays[0].dtype in accepted and size <= limit:
                try:
                    out = quiet.run(kernel, xp, arrays, *args[1:], **kwargs)
                except Exception:
                    return general(*args, **kwargs)
                return Tensor(out) if type(out) is nd else wrapped(out)
        return general(*args, **kwargs)

    return call
