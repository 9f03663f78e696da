"""Complex numbers and their parts."""

from typing import Annotated, Any

import numpy as np

from kjax import shapes
from kjax.core.dtypes import as_dtype
from kjax.core.op import op
from kjax.core.operands import NUMBERS, Array, Operand
from kjax.core.tensor import Tensor

_WHOLE = {"float32": as_dtype("complex64"), "float64": as_dtype("complex128")}
_Part = Annotated[Any, Operand(frozenset(map(as_dtype, _WHOLE)))]
_Conjugated = Annotated[Any, Operand(NUMBERS)]


def _real(x: Tensor) -> Any:
    return x.dtype.real_dtype


@op(name="complex", shape=shapes.elementwise, out=lambda real, imag: _WHOLE[real.dtype], label="Complex")
def complex_of(xp, real: _Part, imag: _Part):
    """Complex numbers of real and imaginary parts.

    >>> complex_of([1., 2.], 3.).numpy().tolist()
    [(1+3j), (2+3j)]
    """
    if xp is not np:
        import jax

        return jax.lax.complex(*xp.broadcast_arrays(real, imag))
    whole = xp.empty(xp.broadcast_shapes(real.shape, imag.shape), xp.result_type(real.dtype, xp.complex64))
    whole.real, whole.imag = real, imag  # (the sum of both would be NaN beside an infinity)
    return whole


@op(shape=shapes.elementwise, out=_real)
def real(xp, x: Array):
    """The real parts of complex numbers; other elements as they are."""
    return x.real if x.dtype.kind == "c" else xp.asarray(x)


@op(shape=shapes.elementwise, out=_real)
def imag(xp, x: Array):
    """The imaginary parts of complex numbers; of other elements zeros."""
    return x.imag if x.dtype.kind == "c" else xp.zeros_like(x)


@op(shape=shapes.elementwise)
def conj(xp, x: _Conjugated):
    """The conjugates of complex numbers; real ones as they are."""
    return x.conj() if x.dtype.kind == "c" else xp.asarray(x)


@op(shape=shapes.elementwise, out=_real)
def angle(xp, x: Array):
    """The angles of complex numbers in the plane; of other elements zeros, as in TensorFlow 2.2."""
    return xp.arctan2(x.imag, x.real) if x.dtype.kind == "c" else xp.zeros_like(x)
