"""`tf.TensorSpec`: what is known of a tensor before it has a value; and `tf.string`."""

from __future__ import annotations

from typing import Any

from kjax.core import dtypes
from kjax.core.dtypes import DType
from kjax.core.shape import Shape, as_shape
from kjax.dialects.tensorflow_calls import Table
from kjax.dialects.tensorflow_texts import STRING, is_string
from kjax.sparse import SparseTensor


def as_type(value: Any, where: str) -> DType:
    """A dtype, or that of strings."""
    return STRING if is_string(value) else dtypes.as_dtype(value, where)


class _ShapeType(type):
    def __call__(cls, dims: Any) -> Shape:
        return as_shape(dims, "tf.TensorShape()")

    def __instancecheck__(cls, value: object) -> bool:
        return isinstance(value, Shape)


class TensorShape(Shape, metaclass=_ShapeType):
    """A static shape: of dims, each an int or None; of a shape; or of None, of which nothing is known.

    >>> TensorShape([2, None]).as_list(), TensorShape(None).rank, isinstance(TensorShape(3), TensorShape)
    ([2, None], None, True)
    """

    __slots__ = ()


class TensorSpec:
    """Shape and dtype of a tensor.

    >>> TensorSpec([None, 2], 'int32')
    TensorSpec(shape=(None, 2), dtype=tf.int32, name=None)
    """

    __slots__ = ("_dtype", "_name", "_shape")

    def __init__(self, shape: Any, dtype: Any = "float32", name: str | None = None) -> None:
        self._shape = as_shape(shape, "tf.TensorSpec: shape")
        self._dtype = as_type(dtype, "tf.TensorSpec: dtype")
        self._name = name

    @classmethod
    def from_spec(cls, spec: Any, name: str | None = None) -> TensorSpec:
        """A copy, under another name if one is given."""
        return cls(spec.shape, spec.dtype, name or spec.name)

    @classmethod
    def from_tensor(cls, tensor: Any, name: str | None = None) -> TensorSpec:
        """The spec of a tensor."""
        return cls(tensor.shape, tensor.dtype, name)

    @property
    def shape(self) -> Shape:
        """The static shape."""
        return self._shape

    @property
    def dtype(self) -> DType:
        """The dtype."""
        return self._dtype

    @property
    def name(self) -> str | None:
        """The name, or None."""
        return self._name

    def is_compatible_with(self, spec_or_tensor: Any) -> bool:
        """Whether a tensor of that spec may be given where this one is expected."""
        return bool(self.dtype == spec_or_tensor.dtype and self.shape.is_compatible_with(spec_or_tensor.shape))

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, TensorSpec):
            return NotImplemented
        mine, its = (repr(spec.shape) for spec in (self, other))
        return mine == its and self.dtype == other.dtype and self.name == other.name

    def __hash__(self) -> int:
        return hash((repr(self.shape), self.dtype))

    def __reduce__(self) -> Any:
        return TensorSpec, (self.shape, self.dtype, self.name)

    def __repr__(self) -> str:
        shape = "<unknown>" if self.shape.rank is None else tuple(self.shape)
        return f"TensorSpec(shape={shape}, dtype=tf.{self.dtype}, name={self.name!r})"


TF: Table = {"SparseTensor": SparseTensor, "TensorShape": TensorShape, "TensorSpec": TensorSpec, "string": STRING}
DTYPES: Table = {"string": STRING}
