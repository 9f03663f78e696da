"""The parameters of an operation: operands, which are tensors, and attributes, which are not.

And the conversion of arguments to tensors: Python's numbers, lists, arrays of any library.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable
from typing import Annotated, Any, TypeVar

import numpy as np

from kjax.core import dtypes
from kjax.core.composite import Composite
from kjax.core.dtypes import DType, as_dtype
from kjax.core.graph import MODE, tensors_in
from kjax.core.shape import as_int
from kjax.core.tensor import Tensor
from kjax.core.variable import fresh_array
from kjax.machine import config
from kjax.machine.checks import is_tracer

F = TypeVar("F", bound=Callable[..., Any])

# ------------------------------------------------------------------------------------- what parameters are declared as

_of = frozenset(map(as_dtype, dtypes.NAMES))
ALL = _of
FLOATS = frozenset(d for d in _of if d.is_floating)
INTEGERS = frozenset(d for d in _of if d.is_integer)
BOOLS = frozenset(d for d in _of if d.is_bool)
REALS = FLOATS | INTEGERS
INEXACT = frozenset(d for d in _of if d.is_floating or d.is_complex)
NUMBERS = frozenset(d for d in _of if not d.is_bool)
SIGNED = frozenset(d for d in NUMBERS if not d.is_unsigned)


class Operand:
    """A parameter that takes a tensor, or what converts to one.

    Args:
        accepts: the dtypes it may have.
        own_dtype: whether its dtype may differ from the dtype of the operands beside it.
        many: whether it is a list of tensors.
    """

    def __init__(self, accepts: frozenset[DType], own_dtype: bool = False, many: bool = False) -> None:
        self.accepts = accepts
        self.own_dtype = own_dtype
        self.many = many


class Attribute:
    """A parameter that is no tensor, and the function `(value, where) -> value` that checks and normalises it."""

    def __init__(self, normal: Callable[[Any, str], Any]) -> None:
        self.normal = normal


# A string beside them is what a type checker is told about the parameter (`kjax.core.types` has the names), in the stub
# of `kjax.backend`. Parameters of functions that are no operations have the same annotations, for its sake alone.

# Groups of dtypes as TF 2.2's operations have them, without its gaps for single integer types.
Array = Annotated[Any, Operand(ALL)]
Number = Annotated[Any, Operand(NUMBERS)]
Real = Annotated[Any, Operand(REALS)]
Signed = Annotated[Any, Operand(SIGNED)]
SignedReal = Annotated[Any, Operand(SIGNED & REALS)]
Float = Annotated[Any, Operand(FLOATS)]
Inexact = Annotated[Any, Operand(INEXACT)]
Truth = Annotated[Any, Operand(BOOLS)]
Condition = Annotated[Any, Operand(BOOLS, own_dtype=True)]
Index = Annotated[Any, Operand(INTEGERS, own_dtype=True)]
Other = Annotated[Any, Operand(ALL, own_dtype=True)]
Arrays = Annotated[Any, Operand(ALL, many=True)]
MaybeArray = Annotated[Any, "TensorLike | None"]
Scalar = Annotated[Any, "SupportsFloat"]
MaybeArrays = Annotated[Any, "Sequence[TensorLike] | None"]


def _as_axis(value: Any, where: str) -> int:
    try:
        return as_int(value)
    except TypeError:
        raise TypeError(f"{where} must be an integer; got {value!r}") from None


def _as_axes(value: Any, where: str) -> tuple[int, ...] | int | None:
    if value is None:
        return None
    if isinstance(value, Tensor) and value.is_symbolic:
        raise TypeError(f"{where} must be known when the graph is built; got {value!r}")
    if getattr(value, "ndim", None) != 0 and isinstance(value, Iterable) and not isinstance(value, str):
        return tuple(_as_axis(part, where) for part in value)
    return _as_axis(value, where)


def _as_dims(value: Any, where: str) -> Any:
    """Dims as a tuple of ints (-1 and lower are left to the operation), or as a symbolic integer tensor."""
    if isinstance(value, Tensor):
        if value.is_symbolic:
            return value if value.shape.rank != 0 else Tensor._packed([value])
        value = value.numpy()
    if isinstance(value, (str, bytes)) or value is None:
        raise (ValueError if value is None else TypeError)(f"{where} must be a tuple of integers; got {value!r}")
    parts = tuple(value) if isinstance(value, Iterable) and getattr(value, "ndim", None) != 0 else (value,)
    if any(isinstance(part, Tensor) and part.is_symbolic for part in parts):
        return Tensor._packed([as_tensor(part, as_dtype("int32"), where) for part in parts])
    if any(part is None for part in parts):
        raise ValueError(f"{where} must be fully known; got {parts}")
    return tuple(_as_axis(part, where) for part in parts)


# An axis; None, an axis or several; dims; a dtype; a dtype, where None is the default float type.
Axis = Annotated[Any, Attribute(_as_axis), "SupportsIndex"]
Axes = Annotated[Any, Attribute(_as_axes), "AxisLike"]
Dims = Annotated[Any, Attribute(_as_dims), "ShapeLike"]
MaybeDims = Annotated[Any, "SupportsIndex | Sequence[SupportsIndex | None] | Shaped | None"]
DTypeGiven = Annotated[Any, Attribute(as_dtype), "DTypeLike"]
DTypeLike = Annotated[
    Any, Attribute(lambda value, where: as_dtype(config.floatx() if value is None else value, where)), "DTypeLike"
]

# ----------------------------------------------------------------------------------------------- values into tensors


def as_tensor(value: Any, like: DType | None = None, where: str = "as_tensor()") -> Tensor:
    """`value` as a tensor, a new one unless it is one.

    Args:
        value: a tensor, an array of NumPy, JAX or another library, a (nested) list, a number.
        like: the dtype of the tensor beside it, which other values take on. Without one, arrays keep
            their dtype, Python floats become `floatx()`, ints int32.
        where: the call, to name in an error.

    Raises:
        TypeError: `value` is not made of numbers, or can't take on `like`.
        ValueError: a ragged list, None, or an integer that does not fit `like`.
    """
    if isinstance(value, Tensor):
        return value
    if isinstance(value, (list, tuple)):
        if any(map(_is_packed, tensors_in(value))):
            return Tensor._packed(value)
    elif not isinstance(value, (int, float, np.ndarray)):
        if isinstance(value, Composite) and (dense := value.dense()) is not None:
            return dense
        if config.jax_loaded():
            import jax

            if isinstance(value, jax.Array):
                dtypes.of_array(value, where)
                return Tensor(value)
            if hasattr(type(value), "__jax_array__") and isinstance(array := _as_jax(value), jax.Array):
                return as_tensor(array, like, where)
        if value is None:
            raise ValueError(f"{where}: a tensor is needed; got None")
    array = exact = fresh_array(value, None, where)
    if not isinstance(value, (np.ndarray, np.generic)) and not hasattr(value, "dtype"):
        array = _python_default(value, array)
    if like is None:
        return Tensor(array)
    found = dtypes.of_array(array, where)
    if found == like:
        return Tensor(array)
    # (Arrays are converted to any dtype that keeps them real, Python's numbers only to one that keeps their value.)
    converts = isinstance(value, (np.ndarray, np.generic)) and not found.is_complex
    if not converts and not dtypes.adapts(found, like) and not isinstance(value, bool):
        raise TypeError(
            f"{where}: a value of type {found} can't take on {like}, the dtype of the tensor beside it; "
            "convert one of them with K.cast"
        )
    return Tensor(fresh_array(value if isinstance(value, int) else exact, like, where))


def _as_jax(value: Any) -> Any:
    """What an object of another library is for JAX: a variable its value. One that is nothing may raise anything."""
    try:
        return value.__jax_array__()
    except Exception:
        return None


def _is_packed(tensor: Tensor) -> bool:
    """Whether a list with this tensor becomes one by an operation, and not by its values."""
    return tensor._value is None or bool(MODE.get().tapes) or is_tracer(tensor._value)


def _python_default(value: Any, array: Any) -> Any:
    """Python's numbers in the dtype they have where no tensor is beside them."""
    first = value
    while isinstance(first, (list, tuple)) and first:
        first = first[0]
    if isinstance(first, (Tensor, np.ndarray, np.generic)):
        return array  # the elements of the list have a dtype
    kind = array.dtype.kind
    if kind == "f":
        return array.astype(dtypes.to_numpy(as_dtype(config.floatx())))
    if kind == "i" and array.size and array.min() >= -(2**31) and array.max() < 2**31:
        return array.astype(np.int32)
    return array


def kind_of(annotation: Any) -> Operand | Attribute | None:
    """The operand or attribute that an annotation declares; None for an attribute that is passed on unchanged."""
    for kind in getattr(annotation, "__metadata__", ()):
        if isinstance(kind, (Operand, Attribute)):
            return kind
    return None


# ---------------------------------------------------------------------------------------------------- what readers see


class Told:
    """An annotation as `help` and `inspect.signature` are to show it."""

    def __init__(self, text: str) -> None:
        self.text = text

    def __repr__(self) -> str:
        return self.text


_TENSOR, _TENSORS = Told("TensorLike"), Told("Sequence[TensorLike]")


@functools.cache
def _told(*metadata: Any) -> Told | None:
    for part in metadata:
        if isinstance(part, str):
            return Told(part)
        if isinstance(part, Operand):
            return _TENSORS if part.many else _TENSOR
    return None


def told(annotation: Any) -> Any:
    """What a type checker is told about a parameter, in place of an annotation with metadata."""
    return _told(*getattr(annotation, "__metadata__", ())) or annotation


def described(function: F) -> F:
    """A public function, whose annotations are what a type checker is told."""
    function.__annotations__ = {name: told(kind) for name, kind in function.__annotations__.items()}
    return function
