"""`Shape`: a tuple of dims that also answers TensorFlow's questions about it."""

from __future__ import annotations

import itertools
import operator
from collections.abc import Iterable, Iterator
from typing import Any, NoReturn, SupportsIndex, overload

import numpy as np

from kjax.machine import config
from kjax.machine.errors import TooLargeError


def check_size(dims: Iterable[int | None], itemsize: int = 1, where: str = "") -> None:
    """Raise for a shape that no array can have; XLA would end the process. Unknown dims, and symbols, may be 1.

    Raises:
        TooLargeError: the array would take more bytes than can be numbered; or it is empty, and XLA, which visits all
            places before the axis without elements, would not end.
    """
    total, before = itemsize, 1
    for dim in dims:
        if type(dim) is int or (dim is not None and not is_open_dim(dim)):
            total *= dim
            before = total or before
    if total >= _BYTES or (not total and before >= _EMPTY):
        prefix = f"{where}: " if where else ""
        raise TooLargeError(f"{prefix}the result would have shape {tuple(dims)}, larger than any array can be")


_BYTES = 1 << 63
_EMPTY = 1 << 28
MAX_RANK = 254  # as in TensorFlow


def is_open_dim(dim: Any) -> bool:
    """Whether a dim is an expression of JAX for one that is known only when an exported program runs."""
    return type(dim) is not int and hasattr(dim, "_evaluate") and config.jax_loaded()


def any_open(dims: Iterable[Any]) -> bool:
    """Whether one of the dims is such an expression."""
    for dim in dims:  # noqa: SIM110 (half the time of `any`, and operations ask)
        if type(dim) is not int and is_open_dim(dim):
            return True
    return False


def as_int(value: Any) -> int:
    """The integer that a value stands for: an int, or one number in NumPy, which may be a float.

    A dim that JAX leaves open stays what it is.

    Raises:
        TypeError: it stands for none.

    >>> as_int(np.float32(2.0)), as_int(np.array([1]))
    (2, 1)
    """
    try:
        return operator.index(value)
    except TypeError:
        if is_open_dim(value):
            return value  # type: ignore[no-any-return]
        if not isinstance(value, (np.ndarray, np.generic)) or value.size != 1 or value.dtype.kind not in "fiu":
            raise
    number = value.item()
    if number != number // 1:
        raise TypeError(f"{value!r} is no integer")
    return int(number)


class Shape(tuple[int | Any, ...]):
    """The static shape of a tensor: a tuple of ints, with `None` for a dim that is known only at run time.

    `Shape.UNKNOWN` stands for a tensor whose very rank is unknown; asking it for dims raises a ValueError.

    >>> shape = Shape((None, 3))
    >>> shape.as_list(), shape.rank, shape == [None, 3], shape.is_fully_defined()
    ([None, 3], 2, True, False)
    """

    __slots__ = ()
    UNKNOWN: Shape

    @property
    def rank(self) -> int | None:
        """Number of dims, `None` if unknown."""
        return len(self)

    @property
    def ndims(self) -> int | None:
        """Number of dims, `None` if unknown."""
        return self.rank

    @property
    def dims(self) -> list[int | None] | None:
        """The dims as a list, `None` if their number is unknown."""
        return list(self)

    def as_list(self) -> list[int | None]:
        """The dims as a list."""
        return list(self)

    def is_fully_defined(self) -> bool:
        """Whether every dim is known."""
        return None not in tuple(self)

    def num_elements(self) -> int | None:
        """Product of the dims, `None` if it is not known."""
        total = 1
        for dim in self:
            if dim is None:
                return None
            total *= dim
        return total

    def is_compatible_with(self, other: Any) -> bool:
        """Whether a tensor could have both shapes: equal rank, and each pair of dims equal or unknown.

        >>> Shape((None, 3)).is_compatible_with((2, 3))
        True
        """
        other = as_shape(other)
        if self.rank is None or other.rank is None:
            return True
        return len(self) == len(other) and all(
            a is None or b is None or a == b for a, b in zip(self, other, strict=True)
        )

    def merge_with(self, other: Any) -> Shape:
        """The dims that are known from either shape.

        Raises:
            ValueError: the shapes contradict each other.

        >>> Shape((None, 3)).merge_with((2, None))
        (2, 3)
        """
        more = as_shape(other)
        if not self.is_compatible_with(more):
            raise ValueError(f"shapes {self} and {more} are not compatible")
        if self.rank is None:
            return more
        if more.rank is None:
            return self
        return Shape(b if a is None else a for a, b in zip(self, more, strict=True))

    def concatenate(self, other: Any) -> Shape:
        """The dims of both, one after the other."""
        other = as_shape(other)
        if self.rank is None or other.rank is None:
            return Shape.UNKNOWN
        return Shape((*self, *other))

    @overload
    def __getitem__(self, index: SupportsIndex) -> int | Any: ...
    @overload
    def __getitem__(self, index: slice) -> Shape: ...
    def __getitem__(self, index: Any) -> Any:
        found = tuple.__getitem__(self, index)
        return Shape(found) if isinstance(index, slice) else found

    def __eq__(self, other: object) -> bool:
        if isinstance(other, list):
            other = tuple(other)
        return tuple.__eq__(self, other)

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = tuple.__hash__

    def __repr__(self) -> str:
        return tuple.__repr__(self)


class _UnknownRank(Shape):
    """The one shape of which nothing is known."""

    __slots__ = ()

    @property
    def rank(self) -> None:
        return None

    @property
    def dims(self) -> None:
        return None

    def as_list(self) -> list[int | None]:
        self._no_dims()

    def is_fully_defined(self) -> bool:
        return False

    def num_elements(self) -> None:
        return None

    def _no_dims(self) -> NoReturn:
        raise ValueError("the rank of this tensor is unknown, so its static shape has no dims to look at")

    def __len__(self) -> int:
        self._no_dims()

    def __iter__(self) -> Iterator[Any]:
        self._no_dims()

    def __getitem__(self, index: Any) -> Any:
        self._no_dims()

    def __bool__(self) -> bool:
        return False

    def __eq__(self, other: object) -> bool:
        return other is self

    def __hash__(self) -> int:
        return hash(_UnknownRank)

    def __reduce__(self) -> str:
        return "Shape.UNKNOWN"

    def __repr__(self) -> str:
        return "<unknown>"


Shape.UNKNOWN = tuple.__new__(_UnknownRank)


def as_shape(value: Any, where: str = "shape", allow_none: bool = True) -> Shape:
    """A `Shape` from dims as people write them.

    Args:
        value: an int (rank 1), an iterable of ints (NumPy's too), or `None` (unknown rank).
        where: the call and argument to name in an error.
        allow_none: whether dims, and the whole shape, may be unknown.

    Raises:
        TypeError: a dim is no integer.
        ValueError: a dim is negative, or unknown where it must be known.

    >>> as_shape([2, None]), as_shape(3)
    ((2, None), (3,))
    """
    if isinstance(value, Shape) and allow_none:
        return value
    if value is None:
        if allow_none:
            return Shape.UNKNOWN
        raise ValueError(f"{where} must be given; got None")
    if isinstance(value, (str, bytes)):
        raise TypeError(f"{where} must be a tuple of integers; got the string {value!r}")
    dims: tuple[Any, ...]
    if getattr(value, "ndim", 0) == 0 and (hasattr(value, "__index__") or isinstance(value, np.floating)):
        dims = (value,)
    else:
        try:
            dims = tuple(itertools.islice(value, MAX_RANK + 1))  # (it may be endless)
        except TypeError:
            raise TypeError(f"{where} must be a tuple of integers; got {value!r}") from None
    if len(dims) > MAX_RANK:
        raise ValueError(f"{where}: a tensor has at most {MAX_RANK} dims; got more")
    out: list[int | None] = []
    for dim in dims:
        if dim is None or getattr(dim, "value", dim) is None:
            if not allow_none:
                raise ValueError(f"{where} must be fully known; got {tuple(dims)}")
            out.append(None)
            continue
        try:
            size = as_int(dim)
        except TypeError:
            raise TypeError(f"{where} must be a tuple of integers; got {value!r}") from None
        if size < 0:
            raise ValueError(f"{where} must have no negative dims; got {tuple(dims)}")
        out.append(size)
    return Shape(out)
