"""`Composite`: several tensors that stand for one thing, such as a sparse tensor. The core knows only the parts.

A kind of composite is a subclass that registers itself under its name: `class SparseTensor(Composite, kind="sparse")`.
Operations know nothing of it. What they do with one is said beside the kind, by `implements`, and looked up when a
composite is among the arguments of a call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, ClassVar, TypeVar

import numpy as np

from kjax.core.dtypes import DType
from kjax.core.graph import Node
from kjax.core.shape import Shape
from kjax.core.tensor import OperationView, Tensor

F = TypeVar("F", bound=Callable[..., Any])

# All kinds, by the name under which `K.placeholder` asks for one.
KINDS: dict[str, type[Composite]] = {}


class Composite:
    """Several tensors that stand for one thing."""

    __slots__ = ()
    # What operations and other functions of K do with this kind, by the function.
    ways: ClassVar[dict[Callable[..., Any], Callable[..., Any]]]
    title: ClassVar[str]  # its name in errors

    def __init_subclass__(cls, kind: str | None = None) -> None:
        if kind is not None:
            KINDS[kind] = cls
            cls.ways, cls.title = {}, cls.__name__

    @property
    def parts(self) -> tuple[Any, ...]:
        """The tensors it consists of; None for one that is not known."""
        raise NotImplementedError

    @classmethod
    def made(cls, *parts: Any) -> Any:
        """A composite of these parts, which are known to go together."""
        raise NotImplementedError

    @property
    def shape(self) -> Shape:
        """The static shape of the whole."""
        raise NotImplementedError

    @property
    def values(self) -> Tensor:
        """The tensor of elements."""
        raise NotImplementedError

    @property
    def dtype(self) -> DType:
        """The type of the elements."""
        return self.values.dtype

    @property
    def name(self) -> str:
        """The name of the tensor of elements."""
        return self.values.name

    @property
    def op(self) -> OperationView:
        """The operation that computes the elements."""
        return self.values.op

    @property
    def is_symbolic(self) -> bool:
        """Whether a part is the promise of a value rather than a value."""
        return any(part is not None and part.is_symbolic for part in self.parts)

    def as_input(self) -> CompositeInput:
        """What stands for it among the inputs of a function."""
        raise NotImplementedError

    def mapped(self, function: Callable[[Tensor], Tensor]) -> Any:
        """The same with `function` applied to the tensor of elements."""
        raise NotImplementedError

    @classmethod
    def recognises(cls, value: Any) -> bool:
        """Whether `value` is another library's object of this kind, which `K.variable` takes."""
        raise NotImplementedError

    @classmethod
    def dense_by(cls, value: Any) -> str:
        """The expression that makes `value`, one of this kind or recognised, an ordinary tensor or array."""
        raise NotImplementedError

    def dense(self) -> Tensor | None:
        """The tensor that takes its place wherever one is needed; None for a kind that is not converted by itself."""
        return None

    @classmethod
    def way(cls, function: Callable[..., Any]) -> Callable[..., Any] | None:
        """What `function` does with this kind; None if it does nothing with it."""
        return cls.ways.get(function)

    @classmethod
    def implements(cls, *functions: Callable[..., Any]) -> Callable[[F], F]:
        """Decorate what `functions` do where one of this kind is among their arguments."""

        def declare(way: F) -> F:
            cls.ways.update(dict.fromkeys(functions, way))
            return way

        return declare


class CompositeInput(tuple[Tensor, ...]):
    """The placeholders of a composite input of a function, and how they are fed."""

    __slots__ = ()

    def arrays(self, value: Any) -> Sequence[Any]:
        """The arrays to feed to the placeholders for a value of the composite."""
        raise NotImplementedError

    def prepare(self, targets: Iterable[Tensor], nodes: Iterable[Node]) -> None:
        """Look at what the function computes, before it is first called."""


def kind_of(value: Any) -> type[Composite] | None:
    """The kind of composite that `value` is, or that another library's object can become; None for anything else."""
    if isinstance(value, (Composite, np.ndarray, int, float, list, tuple)):
        return type(value) if isinstance(value, Composite) else None
    return next((kind for kind in KINDS.values() if kind.recognises(value)), None)


def first_among(args: Iterable[Any]) -> tuple[int, type[Composite]] | None:
    """Position and kind of the first composite among arguments, or in a list among them; None if there is none."""
    for i, arg in enumerate(args):
        if isinstance(arg, Composite):
            return i, type(arg)
        if type(arg) is list or type(arg) is tuple:
            for part in arg:
                if isinstance(part, Composite):
                    return i, type(part)
    return None


def implementation(kind: type[Composite], function: Callable[..., Any], where: str) -> Callable[..., Any]:
    """What `function` does with that kind; `where` is the call and argument, to name in an error.

    Raises:
        TypeError: it does nothing with it.
    """
    way = kind.way(function)
    if way is None:
        remedy = kind.dense_by(None)
        raise TypeError(f"{where}: a dense tensor is needed; got a {kind.title}. {remedy} makes it dense")
    return way
