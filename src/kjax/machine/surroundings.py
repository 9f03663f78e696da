"""What another library knows of the place where a function is called: inside of a layer of Keras 3, say.

Whoever knows that library registers it here. Without an entry nothing of this costs anything.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from contextvars import ContextVar
from typing import Any

from kjax.machine.scopes import scope


class Surroundings:
    """What a library knows at this moment; each method's default is that it knows nothing."""

    def phase(self) -> bool | None:
        """Whether the program is training; None where the library does not say."""
        return None

    def shaping(self) -> bool:
        """Whether a program only finds out about shapes, so that both branches of a choice may be evaluated."""
        return False

    def seed(self) -> Any:
        """An unsigned integer of 64 bits, as an array: another one at each call; None where the library has none."""
        return None

    def wants_arrays(self) -> bool:
        """Whether results are to be arrays of JAX, also of numbers alone and of tensors."""
        return False

    def apart(self, pairs: Sequence[tuple[Any, Any]]) -> AbstractContextManager[Callable[[], list[tuple[Any, Any]]]]:
        """A `with` block in which the library's variables have these values, and keep those they had after it.

        Args:
            pairs: variables with their values.

        Returns:
            The block gives a function: the variables that were assigned in it, with their values there.
        """
        return nullcontext(list)

    def values(self, variables: Sequence[Any]) -> list[Any]:
        """The values of variables that `apart` told of."""
        raise NotImplementedError


ALL: list[Surroundings] = []  # those that are known
_inside: ContextVar[bool] = ContextVar("kjax_inside", default=False)


def register(surroundings: Surroundings) -> None:
    """Know a library from now on."""
    ALL.append(surroundings)


def phase() -> bool | None:
    """Whether the program is training, as far as the surroundings say."""
    for one in ALL:
        found = one.phase()
        if found is not None:
            return found
    return None


def shaping() -> bool:
    """Whether a program only finds out about shapes."""
    return bool(ALL) and any(one.shaping() for one in ALL)


def seed() -> Any:
    """The next seed that the surroundings have; None without one."""
    for one in ALL:
        found = one.seed()
        if found is not None:
            return found
    return None


def wants_arrays() -> bool:
    """Whether arrays of JAX are wanted, whatever came in."""
    return bool(ALL) and not _inside.get() and any(one.wants_arrays() for one in ALL)


def apart(pairs: Sequence[tuple[Any, Any]] = ()) -> AbstractContextManager[Callable[[], list[tuple[Any, Any]]]]:
    """A `with` block in which variables of a library have values of their own: see `Surroundings.apart`."""
    return ALL[0].apart(pairs) if ALL else nullcontext(list)


def values(variables: Sequence[Any]) -> list[Any]:
    """The values that variables of a library have now."""
    return ALL[0].values(variables) if variables else []


def inside() -> AbstractContextManager[Any]:
    """A `with` block inside of a function that gives arrays where they are wanted: there they are not."""
    return scope(_inside, True)
