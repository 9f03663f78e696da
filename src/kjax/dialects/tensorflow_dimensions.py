"""Dims of static shapes as TensorFlow 1 has them: `x.shape[0].value`, an int or None."""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable, Iterator
from typing import Any

from kjax.core import graph
from kjax.core.shape import Shape


class Dimension(int):
    """A dim that is known: an int, which has itself as its `value`. `Dimension(None)` is one that is not known.

    Source: `tf.compat.v1.Dimension`.

    >>> Dimension(3).value, Dimension(3) * 2, Dimension(None).value is None
    (3, Dimension(6), True)
    """

    def __new__(cls, value: Any) -> Any:
        """A dim; None for one that is not known."""
        plain = getattr(value, "value", value)
        if plain is None:
            return UNKNOWN
        made = int.__new__(cls, operator.index(plain))
        if made < 0:
            raise ValueError(f"Dimension {plain} must be >= 0")
        return made

    @property
    def value(self) -> int:
        """The dim."""
        return int(self)

    def is_compatible_with(self, other: Any) -> bool:
        """Whether both may be equal."""
        other = Dimension(other)
        return other is UNKNOWN or int(self) == int(other)

    def merge_with(self, other: Any) -> Any:
        """What is known of both.

        Raises:
            ValueError: they differ.
        """
        if not self.is_compatible_with(other):
            raise ValueError(f"Dimensions {self!r} and {other!r} are not compatible")
        return self

    def __repr__(self) -> str:
        return f"Dimension({int(self)})"

    def __str__(self) -> str:
        return str(int(self))

    def __format__(self, spec: str) -> str:
        return format(int(self), spec)


class _UnknownDimension:
    """A dim that is not known."""

    value = None

    def is_compatible_with(self, other: Any) -> bool:
        """Whether both may be equal."""
        return True

    def merge_with(self, other: Any) -> Any:
        """What is known of both."""
        return Dimension(other)

    def __eq__(self, other: object) -> Any:
        return None  # as TensorFlow has it: nobody knows

    def __ne__(self, other: object) -> Any:
        return None

    __hash__ = object.__hash__

    def __int__(self) -> int:
        raise TypeError("a dim that is not known is no integer; tf.shape(x)[i] is, when a function runs")

    def __repr__(self) -> str:
        return "Dimension(None)"

    def __str__(self) -> str:
        return "?"


UNKNOWN = _UnknownDimension()


def _calculating(name: str) -> None:
    """Give dims an operator whose result is one."""
    calculate = getattr(int, name)

    def known(self: Dimension, other: Any) -> Any:
        if other is None or other is UNKNOWN:
            return UNKNOWN
        result = calculate(int(self), other)
        if result is NotImplemented or not isinstance(other, int):
            return result
        return Dimension(result) if result >= 0 else result

    setattr(Dimension, name, known)
    setattr(_UnknownDimension, name, lambda self, other: UNKNOWN)


for _name in ("add", "sub", "mul", "floordiv", "mod"):
    _calculating(f"__{_name}__")
    _calculating(f"__r{_name}__")


# ------------------------------------------------------------------------------------------------- what programs see


def _from_program() -> bool:
    """Whether the program itself, and no library, looks at a shape."""
    frame = sys._getframe(2)
    return not frame.f_code.co_filename.startswith(graph._libraries)


def _item(shape: Shape, index: Any, get: Callable[..., Any] = Shape.__getitem__) -> Any:
    found = get(shape, index)
    return Dimension(found) if not isinstance(index, slice) and _from_program() else found


def _iteration(shape: Shape) -> Iterator[Any]:
    if shape.rank is None:
        shape._no_dims()  # type: ignore[attr-defined]
    dims = tuple.__iter__(shape)
    return map(Dimension, dims) if _from_program() else dims


def _dims(shape: Shape) -> Any:
    if shape.rank is None:
        return None
    dims = [*tuple.__iter__(shape)]
    return list(map(Dimension, dims)) if _from_program() else dims


_NEWER = {"__getitem__": Shape.__getitem__, "dims": vars(Shape)["dims"]}
_OLDER = {"__getitem__": _item, "__iter__": _iteration, "dims": property(_dims)}


def show_dimensions(older: bool = True) -> None:
    """Let the program see dims as TensorFlow 1 has them, or as TensorFlow 2 does."""
    for name, method in (_OLDER if older else _NEWER).items():
        setattr(Shape, name, method)
    if not older and "__iter__" in vars(Shape):
        del Shape.__iter__


def dimensions_are_shown() -> bool:
    """Whether the program sees dims as TensorFlow 1 has them."""
    return "__iter__" in vars(Shape)


def _dimension_value(dimension: Any) -> Any:
    return dimension.value if isinstance(dimension, (Dimension, _UnknownDimension)) else dimension


V1: dict[str, Any] = {
    "Dimension": Dimension,
    "dimension_value": _dimension_value,
    "disable_v2_tensorshape": lambda: show_dimensions(),
    "enable_v2_tensorshape": lambda: show_dimensions(False),
}
