"""Data types: their names, and the rules by which values take them on.

A `DType` is its own name: a `str` that also compares equal to the NumPy type, so that code written for
TensorFlow's dtype objects (`x.dtype.name`, `x.dtype.base_dtype`), for Keras's strings (`K.dtype(x) == 'float32'`)
and for NumPy (`np.zeros(3, x.dtype)`) all get what they expect.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_FLOATING = ("float16", "bfloat16", "float32", "float64")
_SIGNED = ("int8", "int16", "int32", "int64")
_UNSIGNED = ("uint8", "uint16", "uint32", "uint64")
_COMPLEX = ("complex64", "complex128")
NAMES = (*_FLOATING, *_SIGNED, *_UNSIGNED, "bool", *_COMPLEX)


class DType(str):
    """The type of a tensor's elements, for example `float32`.

    >>> import kjax, numpy as np
    >>> dtype = kjax.as_dtype('float32')
    >>> dtype == 'float32', dtype == np.float32, dtype.name, dtype.is_floating
    (True, True, 'float32', True)
    """

    is_floating: bool
    is_integer: bool
    is_unsigned: bool
    is_bool: bool
    is_complex: bool

    def __new__(cls, name: str) -> DType:
        """The one object of that name (so that copies and pickles give it back)."""
        return _KNOWN[str(name)]

    def __reduce__(self) -> tuple[Any, ...]:
        return DType, (str(self),)

    @property
    def name(self) -> str:
        """The name as a plain string."""
        return str(self)

    @property
    def base_dtype(self) -> DType:
        """The dtype itself: there are no reference types here."""
        return self

    @property
    def as_numpy_dtype(self) -> Any:
        """The NumPy scalar type, for example `numpy.float32`."""
        return to_numpy(self).type

    @property
    def real_dtype(self) -> DType:
        """The dtype of the real part: of a complex dtype its float dtype, otherwise itself."""
        return {"complex64": _KNOWN["float32"], "complex128": _KNOWN["float64"]}.get(self, self)

    @property
    def size(self) -> int:
        """Bytes an element takes."""
        return to_numpy(self).itemsize

    @property
    def min(self) -> Any:
        """The smallest finite value."""
        return _limits(self).min

    @property
    def max(self) -> Any:
        """The largest finite value."""
        return _limits(self).max

    def is_compatible_with(self, other: Any) -> bool:
        """Whether `other` names the same dtype."""
        return self == as_dtype(other)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, str):
            return str.__eq__(self, other)
        try:
            return _BY_VALUE.get(other) is self
        except TypeError:  # unhashable, so no dtype
            return False

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = str.__hash__

    def __repr__(self) -> str:
        return f"kjax.{self}"


def _make(name: str) -> DType:
    dtype = str.__new__(DType, name)
    dtype.is_floating = name in _FLOATING
    dtype.is_integer = name in _SIGNED or name in _UNSIGNED
    dtype.is_unsigned = name in _UNSIGNED
    dtype.is_bool = name == "bool"
    dtype.is_complex = name in _COMPLEX
    return dtype


_KNOWN: dict[str, DType] = {name: _make(name) for name in NAMES}

# Everything that may stand for a dtype and can be hashed -> the DType.
_BY_VALUE: dict[Any, DType] = dict(_KNOWN)


# NumPy dtype -> DType; the hot path asks this one.
class _OfArray(dict[np.dtype[Any], DType]):
    def __missing__(self, dtype: Any) -> DType:
        if getattr(dtype, "name", "") == "bfloat16":
            to_numpy(_KNOWN["bfloat16"])
            return self[dtype]
        raise TypeError(f"a tensor can't hold elements of type {dtype}; known are {', '.join(NAMES)}")


OF_ARRAY = _OfArray()
_NUMPY: dict[str, np.dtype[Any]] = {}


def _register(dtype: DType, numpy_dtype: np.dtype[Any]) -> None:
    _NUMPY[dtype] = numpy_dtype
    OF_ARRAY[numpy_dtype] = dtype
    _BY_VALUE[numpy_dtype] = _BY_VALUE[numpy_dtype.type] = dtype


for _name in NAMES:
    if _name != "bfloat16":
        _register(_KNOWN[_name], np.dtype(_name))
_BY_VALUE.update({float: _KNOWN["float32"], bool: _KNOWN["bool"], complex: _KNOWN["complex128"], int: _KNOWN["int64"]})
_BY_VALUE.update({"half": _KNOWN["float16"], "float": _KNOWN["float32"], "double": _KNOWN["float64"]})


def to_numpy(dtype: DType) -> np.dtype[Any]:
    """The NumPy dtype of `dtype` (bfloat16's package is imported when it is first asked for)."""
    try:
        return _NUMPY[dtype]
    except KeyError:
        import ml_dtypes

        _register(_KNOWN["bfloat16"], np.dtype(ml_dtypes.bfloat16))
        return _NUMPY[dtype]


def as_dtype(value: Any, where: str = "as_dtype()") -> DType:
    """The `DType` that `value` names.

    Args:
        value: a name, a `DType`, a NumPy dtype or scalar type, or the Python types `float` (float32, as in
            TensorFlow), `int` (int64), `bool`, `complex`.
        where: the call to name in the error.

    Raises:
        TypeError: `value` names no dtype of kjax.

    >>> as_dtype('int8')
    kjax.int8
    """
    try:
        return _BY_VALUE[value]
    except (KeyError, TypeError):
        pass
    try:
        numpy_dtype = np.dtype(getattr(value, "dtype", value)) if value is not None else None
    except TypeError:
        numpy_dtype = None
    if numpy_dtype is not None and numpy_dtype.name in _KNOWN:
        dtype = _KNOWN[numpy_dtype.name]
        if to_numpy(dtype) == numpy_dtype:
            return dtype
    raise TypeError(f"{where}: unknown dtype {value!r}; known are {', '.join(NAMES)}")


def of_array(array: Any, where: str) -> DType:
    """The `DType` of a NumPy or JAX array.

    Raises:
        TypeError: the array holds objects, strings or dates.
    """
    found = OF_ARRAY.get(array.dtype)
    if found is not None:
        return found
    try:
        return as_dtype(array.dtype)
    except TypeError:
        raise TypeError(f"{where}: a tensor can't hold elements of type {array.dtype}") from None


def adapts(value: DType, target: DType) -> bool:
    """Whether a value that is no tensor may take on the dtype of the tensor beside it.

    Within integers, from integers to floats, within floats, and from either to complex; a bool only to bool.
    """
    if target.is_floating:
        return value.is_floating or value.is_integer
    if target.is_complex:
        return not value.is_bool
    if target.is_integer:
        return value.is_integer
    return value == target


def _limits(dtype: DType) -> Any:
    if dtype.is_bool:
        raise TypeError("bool has no smallest or largest value")
    if dtype.is_integer:
        return np.iinfo(to_numpy(dtype))
    if dtype == "bfloat16":
        import ml_dtypes

        return ml_dtypes.finfo(to_numpy(dtype))  # type: ignore[no-untyped-call]
    return np.finfo(to_numpy(dtype.real_dtype))
