"""Conditions that can be told without running the program: tests of versions, above all.

    if tf.__version__ >= "2": ...
    if LooseVersion(keras.__version__) < "2.3": ...
    if sys.version_info[0] == 2: ...

Only values that are plain constants are computed, and only by the few operations below.
"""

from __future__ import annotations

import ast
import operator
import re
from collections.abc import Callable, Sequence
from typing import Any


class Unknown(Exception):
    """The value can't be told."""


class Version(tuple[int, ...]):
    """The numbers of a version, which compare as such; with the text of one, too."""

    __slots__ = ()


# Functions that make versions, by full names.
VERSIONS = (
    "distutils.version.LooseVersion",
    "distutils.version.StrictVersion",
    "packaging.version.LegacyVersion",
    "packaging.version.Version",
    "packaging.version.parse",
    "pkg_resources.parse_version",
)

_COMPARISONS: dict[type[ast.cmpop], Callable[[Any, Any], Any]] = {
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Is: operator.is_,
    ast.IsNot: operator.is_not,
    ast.In: lambda a, b: a in b,
    ast.NotIn: lambda a, b: a not in b,
}

_METHODS = ("startswith", "endswith", "split", "lower", "upper", "strip", "rpartition", "partition", "replace")

_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "int": int,
    "float": float,
    "str": str,
    "len": len,
    "tuple": tuple,
    "bool": bool,
    "all": all,
    "any": any,
}

_PLAIN = (str, int, float, tuple, type(None))


def is_plain(value: Any) -> bool:
    """Whether a value is a constant that may be computed with."""
    return type(value) in (*_PLAIN, bool, Version)


def version(text: Any) -> Version:
    """The numbers of a version, without what stands behind a plus."""
    return Version(int(number) for number in re.findall(r"\d+", str(text).partition("+")[0])[:4])


def compared(op: ast.cmpop, left: Any, right: Any) -> Any:
    """The result of one comparison.

    Raises:
        Unknown: it has none.
    """
    if isinstance(left, Version) or isinstance(right, Version):
        left, right = (value if isinstance(value, Version) else version(value) for value in (left, right))
        size = max(len(left), len(right))
        left, right = ((*value, *[0] * (size - len(value))) for value in (left, right))
    return _tried(_COMPARISONS[type(op)], left, right)


def item(value: Any, index: Any) -> Any:
    """An element or a slice of a constant.

    Raises:
        Unknown: it has none.
    """
    return _tried(operator.getitem, value, index)


def part(value: Any, name: str) -> Any:
    """An attribute of a version.

    Raises:
        Unknown: it is not one of those that are computed.
    """
    if name == "release":
        return value
    if name not in _PARTS:
        raise Unknown
    return item(value, _PARTS.index(name))


_PARTS = ("major", "minor", "micro")


def method(value: Any, name: str, arguments: Sequence[Any]) -> Any:
    """The result of a method of a string.

    Raises:
        Unknown: it is not one of those that are computed.
    """
    if not isinstance(value, str) or name not in _METHODS:
        raise Unknown
    found = _tried(getattr(value, name), *arguments)
    return tuple(found) if isinstance(found, list) else found


def call(name: str, arguments: Sequence[Any]) -> Any:
    """The result of a built-in function, or of one that makes versions.

    Raises:
        Unknown: it is not one of those that are computed.
    """
    if name in VERSIONS and len(arguments) == 1:
        return version(arguments[0])
    if name not in _FUNCTIONS:
        raise Unknown
    return _tried(_FUNCTIONS[name], *arguments)


def _tried(function: Callable[..., Any], *arguments: Any) -> Any:
    if any(len(value) > 1000 for value in arguments if isinstance(value, (str, tuple))):
        raise Unknown
    try:
        return function(*arguments)
    except Exception:
        raise Unknown from None
