"""What comes in decides what comes out: calls of public functions with operands of other libraries.

A function that gets a `jax.Array` (a tracer is one, too) and no tensor of kjax gives plain `jax.Array`s. So `jax.jit`,
`jax.grad`, `jax.vmap` and their like take functions of K as they are. With a tensor among the operands it gives
tensors, and what NumPy, lists and numbers stand for are tensors, as well.

The type of an operand decides. Each other library is a `Kind`, which says what a call does that has one of its objects
among the operands; this module knows those of JAX, and `register` adds others.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Mapping
from types import FunctionType, MethodType
from typing import Any, ParamSpec, TypeVar

import numpy as np

from kjax.core import pytrees  # noqa: F401  (JAX looks into tensors from here on)
from kjax.core.composite import Composite
from kjax.core.operands import described
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable
from kjax.machine import config, errors, meshes, surroundings
from kjax.machine.checks import is_tracer, is_tracing

P = ParamSpec("P")
R = TypeVar("R")


class Call:
    """A public function, and what it does with tensors.

    Attributes:
        function: the public function: what a program calls.
        inside: the same without looking for operands of other libraries.
        calls_back: whether callables among its arguments are functions of tensors, which it calls.
        chooses: whether its result is what one of them gives, where all other arguments are numbers.
        operands: of an operation, the places and names of its operands; None where all arguments may be some.
    """

    __slots__ = ("calls_back", "chooses", "function", "inside", "operands")

    def __init__(
        self,
        function: Callable[..., Any],
        inside: Callable[..., Any],
        calls_back: bool = False,
        operands: Mapping[int, str] | None = None,
        chooses: bool = False,
    ) -> None:
        self.function = function
        self.inside = inside
        self.calls_back = calls_back
        self.chooses = chooses
        self.operands = operands

    def takes_tensor(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> bool:
        """Whether a tensor is among the operands. One that says how to compute, such as a shape, is none."""
        if self.operands is None:
            return holds_tensor((args, kwargs))
        given = [args[i] for i in self.operands if i < len(args)]
        return holds_tensor([*given, *(kwargs.get(name) for name in self.operands.values())])


class Kind:
    """The operands of another library."""

    def recognises(self, cls: type) -> bool:
        """Whether objects of this class are of the kind."""
        raise NotImplementedError

    def call(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The result of a call with at least one operand of the kind."""
        raise NotImplementedError


# Kinds in their order: where operands are of several, the first one decides.
_KINDS: list[Kind] = []
# The kind of each class that was ever seen among operands; None is no kind, containers are looked into.
_of_class: dict[type, Kind | None] = {}
_CONTAINERS = frozenset([list, tuple, dict])
_of_none: set[type] = set()  # of these classes, those that are neither of a kind nor containers: the most frequent ones
_TENSORS = frozenset([Tensor, Variable])
_FUNCTIONS_AND_NUMBERS = frozenset([FunctionType, MethodType, functools.partial, bool, int, float, type(None)])


def register(kind: Kind, last: bool = False) -> None:
    """Know a kind from now on. It goes before those that are known already, or behind them."""
    _KINDS.insert(len(_KINDS) if last else 0, kind)
    _of_class.clear()
    _of_none.clear()


def first_kind(values: Collection[Any]) -> Kind | None:
    """The kind that decides about a call with these operands, which may be nested; None where there is none."""
    found: Kind | None = None
    nested = False
    for cls in set(map(type, values)):  # (a list may be long)
        try:
            kind = _of_class[cls]
        except KeyError:
            kind = _of_class[cls] = next((kind for kind in _KINDS if kind.recognises(cls)), None)
            if kind is None and cls not in _CONTAINERS:
                _of_none.add(cls)
        nested = nested or cls in _CONTAINERS
        if kind is not None:
            found = _before(found, kind)
    if nested:
        for value in values:
            if type(value) in _CONTAINERS:
                found = _before(found, first_kind(value.values() if type(value) is dict else value))
    return found


def _before(a: Kind | None, b: Kind | None) -> Kind | None:
    return b if a is None else a if b is None else min(a, b, key=_KINDS.index)


def _deciding(call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Kind | None:
    try:
        kind = first_kind(args)
        if kwargs:
            kind = _before(kind, first_kind(kwargs.values()))
        if kind is not None or not call.calls_back or call.takes_tensor(args, kwargs):
            return kind
        passes = call.chooses and _FUNCTIONS_AND_NUMBERS.issuperset(map(type, (*args, *kwargs.values())))
        return None if passes else ARRAYS  # if what the callbacks return is
    except RecursionError:  # a list that contains itself: the function says what is wrong
        return None


def dispatched(call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """The result of a call, by the kind of operands that decides about it."""
    kind = _deciding(call, args, kwargs)
    if surroundings.wants_arrays():
        with surroundings.inside():  # (functions that this one calls give each other tensors)
            result = call.inside(*args, **kwargs) if kind is None else kind.call(call, args, kwargs)
        return mapped(result, lambda value: plain_or_known(value) if type(value) is Tensor else value)
    return call.inside(*args, **kwargs) if kind is None else kind.call(call, args, kwargs)


def _is_list_of_known(value: Any) -> bool:
    """Whether this is a list of values that are known to be of no kind, as shapes are."""
    return type(value) in (tuple, list) and _of_none.issuperset(map(type, value))


def dispatching(call: Call, told: Callable[[Exception], Exception] | None = None) -> Callable[..., Any]:
    """A function that does a call by the kind of operands that decides about it.

    Args:
        call: the call.
        told: what to raise in place of an error, where `call.inside` does that as well, around what it calls.
    """
    inside, calls_back, known, around, tensors = call.inside, call.calls_back, _of_none, surroundings.ALL, _TENSORS
    passing: frozenset[type] = _FUNCTIONS_AND_NUMBERS if call.chooses else frozenset()
    direct = inside if told is None else inside.__wrapped__  # type: ignore[attr-defined]

    # Flat on purpose, as the fast path is: most calls are of operands that are known to be of no kind.
    def outside(*args: Any, **kwargs: Any) -> Any:
        for value in args:
            if type(value) not in known:
                if type(value) is tuple or type(value) is list:
                    for part in value:
                        if type(part) not in known and not _is_list_of_known(part):
                            return dispatched(call, args, kwargs)
                else:
                    return dispatched(call, args, kwargs)
        if around:
            return dispatched(call, args, kwargs)
        if calls_back:
            for value in args:
                if type(value) in tensors:
                    break
            else:
                if kwargs or not passing.issuperset(map(type, args)):
                    return dispatched(call, args, kwargs)
        try:
            if not kwargs:
                return direct(*args)
            for value in kwargs.values():
                if type(value) not in known and not _is_list_of_known(value):
                    break
            else:
                return direct(*args, **kwargs)
        except Exception as error:
            found = error if told is None else told(error)
            if found is error:
                raise
        else:
            return dispatched(call, args, kwargs)
        raise found from None

    return outside


def public(function: Callable[P, R], calls_back: bool = False, chooses: bool = False) -> Callable[P, R]:
    """A public function that is composed of others: its operands may be of another library, its errors name it."""
    call = Call(described(function), errors.public(function), calls_back, chooses=chooses)
    call.function = outside = functools.wraps(function)(dispatching(call, errors.told_by(function)))
    return outside


def public_with_callbacks(function: Callable[P, R]) -> Callable[P, R]:
    """The same for a function that calls functions of tensors which it gets."""
    return public(function, calls_back=True)


def public_with_branches(function: Callable[P, R]) -> Callable[P, R]:
    """The same for one whose result is what one of these functions gives, as it is, or a choice among elements."""
    return public(function, calls_back=True, chooses=True)


def answering(function: Callable[P, R], calls_back: bool = False) -> Callable[P, R]:
    """`function`, whose operands may be of another library."""
    call = Call(function, function, calls_back)
    call.function = outside = functools.wraps(function)(dispatching(call))
    return outside


# ----------------------------------------------------------------------------------------------------- arrays of JAX


class _Arrays(Kind):
    """`jax.Array`s, traced or not: tensors inside of the call, and arrays again behind it.

    So are the objects around an array that other libraries have, such as Flax's parameters.
    """

    def __init__(self) -> None:
        self.around: set[type] = set()  # the classes of such objects

    def recognises(self, cls: type) -> bool:
        """Whether objects of this class are arrays of JAX, or stand for one."""
        if not config.jax_loaded():
            return False
        if cls.__module__.partition(".")[0] in ("jax", "jaxlib"):
            import jax

            return issubclass(cls, (jax.Array, jax.core.Tracer))
        if not hasattr(cls, "__jax_array__") or issubclass(cls, Tensor):
            return False
        self.around.add(cls)
        return True

    def inner(self, value: Any) -> Any:
        """The array that an object stands for; anything else as it is."""
        return value.__jax_array__() if type(value) in self.around else value

    def call(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Tensors if a tensor is among the operands, else arrays of JAX."""
        try:
            return self._called(call, args, kwargs)
        except Exception as error:
            if not errors.needs_values(error) or errors.is_foreign(error.__traceback__):
                raise
            found = errors.explained(error, f"{call.function.__name__}()")
        raise found from None

    def _called(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        if self.around:
            args, kwargs = mapped(args, self.inner), mapped(kwargs, self.inner)
        if call.takes_tensor(args, kwargs):
            return call.inside(*mapped(args, _tensor_of), **mapped(kwargs, _tensor_of))
        # (Where JAX traces, what a function of the program's is called with meets arrays there.)
        seen = _Seen(is_tracing() or first_kind(args) is self or first_kind(kwargs.values()) is self)
        inward = seen.callbacks_around if call.calls_back else _tensor_of
        result = call.inside(*mapped(args, inward), **mapped(kwargs, inward))
        if not seen.arrays or seen.tensors:
            return result
        return mapped(result, plain_or_known if holds_tracer((args, kwargs)) else plain)


ARRAYS = _Arrays()
register(ARRAYS)


class _Seen:
    """What came into a call: arrays of JAX, tensors of the program's."""

    def __init__(self, arrays: bool) -> None:
        self.arrays, self.tensors = arrays, False

    def callbacks_around(self, value: Any) -> Any:
        """Arrays as tensors; around functions, the same the other way round."""
        if not callable(value):
            return _tensor_of(value)

        @functools.wraps(value, updated=())
        def called(*args: Any, **kwargs: Any) -> Any:
            if self.arrays:
                args, kwargs = mapped(args, plain), mapped(kwargs, plain)
            result = value(*args, **kwargs)
            self.arrays = self.arrays or first_kind([result]) is ARRAYS
            self.tensors = self.tensors or (not holds_tensor((args, kwargs)) and holds_tensor(result))
            return mapped(result, _tensor_of)

        return called


def holds_tensor(value: Any) -> bool:
    """Whether a tensor of kjax, or a composite of them, is in nested lists, tuples and dicts."""
    if isinstance(value, (Tensor, Composite)):
        return True
    if type(value) in _CONTAINERS:
        return any(map(holds_tensor, value.values() if type(value) is dict else value))
    return False


def mapped(value: Any, new: Callable[[Any], Any]) -> Any:
    """`value` with `new(leaf)` for each leaf of nested lists, tuples and dicts; itself where none changes."""
    if isinstance(value, Mapping):
        parts: list[Any] = [mapped(part, new) for part in value.values()]
        if all(map(_same, parts, value.values())):
            return value
        return dict(zip(value, parts, strict=True))
    if isinstance(value, (list, tuple)):
        parts = [mapped(part, new) for part in value]
        if all(map(_same, parts, value)):
            return value
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return new(value)


def _same(a: Any, b: Any) -> bool:
    return a is b


def _tensor_of(value: Any) -> Any:
    """An array of JAX as a tensor; anything else, and what is no array of numbers (a random key), as it is."""
    if first_kind([value]) is not ARRAYS or type(value) in _CONTAINERS or not isinstance(value.dtype, np.dtype):
        return value
    meshes.note(value)
    return Tensor(value)


def holds_tracer(value: Any) -> bool:
    """Whether a tracer is in nested lists, tuples and dicts."""
    if type(value) in _CONTAINERS:
        return any(map(holds_tracer, value.values() if type(value) is dict else value))
    return is_tracer(value)


def plain(value: Any) -> Any:
    """A tensor with a value as an array of JAX, in a dtype that JAX has here; anything else as it is."""
    return value.__jax_array__() if isinstance(value, Tensor) and value._value is not None else value


def plain_or_known(value: Any) -> Any:
    """The same, but what an operation knows of traced arrays, such as their shape, as an array of NumPy.

    It then stays known in whatever is computed from it, while JAX would go on to trace that.
    """
    return value._value if isinstance(value, Tensor) and type(value._value) is np.ndarray else plain(value)
