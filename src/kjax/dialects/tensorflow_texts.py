"""Texts where TensorFlow has string tensors: bytes, and arrays of bytes, that know `numpy()`, `shape` and `dtype`.

They come out of data sets, of files and of parsed examples, and go into functions that take bytes. There is no
arithmetic of strings: in a tensor's place they are refused.

>>> Text(b'one').numpy().decode(), Text(b'one') == b'one', as_texts(['a', 'b']).numpy().tolist()
('one', True, [b'a', b'b'])
"""

from __future__ import annotations

from typing import Any

import numpy as np

from kjax.core.dtypes import DType
from kjax.core.shape import Shape


class _StringType(DType):
    """`tf.string`."""

    is_floating = is_integer = is_unsigned = is_bool = is_complex = False

    def __new__(cls) -> _StringType:
        return str.__new__(cls, "string")

    def __reduce__(self) -> Any:
        return "STRING"

    def is_compatible_with(self, other: Any) -> bool:
        """Whether `other` names strings."""
        return is_string(other)

    @property
    def as_numpy_dtype(self) -> Any:
        """NumPy's type of an array of bytes."""
        return np.object_


STRING = _StringType()


def is_string(dtype: Any) -> bool:
    """Whether a dtype, as programs give it, is that of strings."""
    return dtype is STRING or dtype in (str, bytes) or (isinstance(dtype, str) and str(dtype) == "string")


class Text(bytes):
    """One string, as TensorFlow has it: bytes."""

    dtype = STRING
    shape = Shape(())

    def numpy(self) -> bytes:
        """The bytes."""
        return bytes(self)

    def get_shape(self) -> Shape:
        """The shape, which has no dims."""
        return self.shape


class Texts(np.ndarray[Any, Any]):
    """An array of strings; NumPy's array of objects, which are bytes."""

    def numpy(self) -> np.ndarray[Any, Any]:
        """A plain array of bytes."""
        return np.array(self, object)

    def __getitem__(self, index: Any) -> Any:
        part = super().__getitem__(index)
        return Text(part) if isinstance(part, bytes) else part


def holds_texts(value: Any) -> bool:
    """Whether a value is a text, or an array or (nested) list of texts."""
    if isinstance(value, (str, bytes)):
        return True
    if isinstance(value, (np.ndarray, np.generic)):
        return value.dtype.kind in "US" or (value.dtype.kind == "O" and (not value.size or holds_texts(value.flat[0])))
    return isinstance(value, (list, tuple)) and len(value) > 0 and holds_texts(value[0])


def as_texts(value: Any) -> Texts:
    """A text, an array or a list of texts as an array of bytes.

    Raises:
        TypeError: it holds something else.
    """
    if isinstance(value, (str, bytes)):
        array = np.empty((), object)
        array[()] = value
    else:
        array = np.array(value, object)
    encoded = np.empty(array.shape, object)
    for i, part in enumerate(array.flat):
        if not isinstance(part, (str, bytes)):
            raise TypeError(f"strings must be str or bytes; got {part!r}")
        encoded.flat[i] = part.encode() if isinstance(part, str) else bytes(part)
    return encoded.view(Texts)


def as_path(value: Any, where: str) -> str:
    """A file's name: of a text, a path, or a tensor-like with one."""
    if hasattr(value, "__fspath__"):
        value = value.__fspath__()
    if isinstance(value, (np.ndarray, np.generic)) and value.size == 1:
        value = value.item()
    if isinstance(value, bytes):
        return value.decode()
    if not isinstance(value, str):
        raise TypeError(f"{where}: the name of a file must be a string; got {value!r}")
    return value


def as_bytes(value: Any, where: str) -> bytes:
    """The bytes of one text."""
    if isinstance(value, (np.ndarray, np.generic)) and value.size == 1:
        value = value.item()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return bytes(value)
    if isinstance(value, str):
        return value.encode()
    raise TypeError(f"{where}: a string is needed; got {value!r}")
