"""What another library knows of the place where a function is called: inside of a layer of Keras 3, say.

Whoever knows that library registers it here. Without an entry nothing of this costs anything.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
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
    return any(one.shaping() for one in ALL)


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


def inside() -> AbstractContextManager[Any]:
    """A `with` block inside of a function that gives arrays where they are wanted: there they are not."""
    return scope(_inside, True)
