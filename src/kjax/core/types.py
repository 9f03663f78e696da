"""What arguments may be, for type checkers: `TensorLike`, `ArrayLike`, `ShapeLike`, `AxisLike`, `DTypeLike`.

They say what is accepted in the words of Python's types, which can't tell a ragged list from a whole one, or dtypes
apart: functions check that when they are called. `kjax.typing` is their public name.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, SupportsIndex, TypeAlias, TypeVar

import numpy as np

if TYPE_CHECKING:
    import jax

    from kjax.core.dtypes import DType

Part = TypeVar("Part", covariant=True)
Result = TypeVar("Result")  # of a function that is an argument


class Nested(Protocol[Part]):
    """A list or tuple of parts. A string is none: it contains nothing but strings."""

    def __contains__(self, part: object, /) -> bool: ...
    def __getitem__(self, index: int, /) -> Part: ...
    def __iter__(self) -> Iterator[Part]: ...
    def __len__(self) -> int: ...
    def __reversed__(self) -> Iterator[Part]: ...


class Shaped(Protocol):
    """A tensor, or an array of any library."""

    @property
    def shape(self) -> Any:
        """Its dims."""

    @property
    def dtype(self) -> Any:
        """The type of its elements."""


class Convertible(Protocol):
    """What NumPy can make an array of, such as a table of pandas."""

    def __array__(self) -> np.ndarray[Any, Any]: ...


class SparseMatrix(Protocol):
    """A matrix of SciPy."""

    def tocoo(self) -> Any:
        """It by the coordinates of its entries."""


if TYPE_CHECKING:
    # What an operation takes: a tensor, and what is made into one.
    TensorLike: TypeAlias = "Shaped | Convertible | complex | Nested[TensorLike]"

    # The same without tensors, beside a `jax.Array`.
    ArrayLike: TypeAlias = "np.ndarray[Any, Any] | np.generic | jax.Array | complex | Nested[ArrayLike]"

    # Dims; a function that needs a number for each axis takes the same.
    ShapeLike: TypeAlias = SupportsIndex | Sequence[SupportsIndex] | Shaped

    # Dims that are known, each of them.
    KnownShape: TypeAlias = int | np.integer[Any] | Sequence[int | np.integer[Any]]

    # An axis, several, or None for all.
    AxisLike: TypeAlias = SupportsIndex | Sequence[SupportsIndex] | None

    DTypeLike: TypeAlias = str | DType | np.dtype[Any] | type[Any] | None

else:
    # (Those that contain themselves can't be evaluated, by `typing.get_type_hints` and what checks at run time.)
    TensorLike = ArrayLike = ShapeLike = KnownShape = AxisLike = DTypeLike = Any
