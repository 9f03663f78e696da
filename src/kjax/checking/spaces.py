"""What stands for values while a program is followed: names, constants, and the names in a module or class."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import Any, NamedTuple, Protocol

from kjax.checking import conditions
from kjax.checking.reading import Source


class Named(NamedTuple):
    """A thing with a full name, of a package that is told of."""

    name: str


class Constant(NamedTuple):
    """A constant: a version, a string, the result of a comparison."""

    value: Any


class Space:
    """The names of a module, a class or a function."""

    def __init__(self, kind: str, above: Space | None = None) -> None:
        self.kind, self.above = kind, above
        self.names: dict[str, Values] = {}
        self.stars: list[Any] = []  # full names and spaces of modules, all names of which were imported
        self.elsewhere: dict[str, Space] = {}  # what `global` and `nonlocal` say
        self.methods_of: Space | None = None

    def home(self) -> Space:
        """The module."""
        space = self
        while space.above is not None:
            space = space.above
        return space


class _Unknown:
    """A value of which nothing is known."""


UNKNOWN = _Unknown()
FOREIGN = _Unknown()  # a module that is not told of, and what is in it
Values = frozenset[Any]  # alternatives, each a Named, a Constant, a Space, UNKNOWN or FOREIGN
NOTHING: Values = frozenset({UNKNOWN})


class Use(NamedTuple):
    """A use of a name.

    Attributes:
        source: the file.
        name: the full name.
        node: where it stands.
        written: the name as it is written there.
        how: `"import"`, `"attribute"`, `"star"` (a name that came by `import *`), `"call"` (of an
            imported name), or `"builtin"` (a built-in name of Python 2).
        call: the call that it is the function of, if it is.
        guarded: whether the program catches the error that a missing name raises.
    """

    source: Source
    name: str
    node: ast.AST
    written: str
    how: str
    call: ast.Call | None = None
    guarded: bool = False


class Modules(Protocol):
    """The program's own modules."""

    def space(self, importer: Source, module: str, level: int) -> Space | None:
        """The names of a module that a file imports; None for one that is not the program's own."""


def computed(function: Any, *arguments: Any) -> Values:
    """The result of a function of constants, where it has one."""
    try:
        value = function(*arguments)
    except conditions.Unknown:
        return NOTHING
    return frozenset({Constant(value)}) if conditions.is_plain(value) else NOTHING


def constant_of(values: Values) -> Constant | None:
    """The one constant that something is."""
    if len(values) == 1:
        (value,) = values
        return value if isinstance(value, Constant) else None
    return None


def merged(ends: Sequence[dict[str, Values]]) -> dict[str, Values]:
    """The names behind several branches."""
    found = dict(ends[0])
    for end in ends[1:]:
        for name, values in end.items():
            had = found.get(name, NOTHING)
            if values is not had:  # (most names are set in none of the branches)
                found[name] = had | values
    return found
