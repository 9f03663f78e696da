"""The patterns of `kjax.checking.ports`, filled with the arguments of a call."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Mapping
from typing import NamedTuple

from kjax.checking.ports import Pattern

_WHEN = re.compile(r"^(\w+)=(.+?) => ")
_PART = re.compile(r"\[(, [^\[\]{]*\{(\w+)[^}]*\}[^\[\]]*)\]|\{(\w+)(?:=((?:[^{}!])+))?(?:!(\w))?\}")
_SIMPLE = re.compile(r"^([A-Za-z_][\w.]*)\((.*)\)$")
_ARGUMENT = re.compile(r"^(?:(\w+)=)?\{(\w+)\}$")


class Alternative(NamedTuple):
    """One alternative of a pattern: it holds where `argument` is `value`; `text` is what it becomes."""

    text: str
    argument: str = ""
    value: str = ""

    def mentions(self) -> frozenset[str]:
        """The arguments that it has a place for."""
        found = {name for part in _PART.finditer(self.text) for name in (part[2], part[3]) if name}
        return frozenset(found | ({self.argument} if self.argument else set()))

    def holds(self, given: Mapping[str, str]) -> bool:
        """Whether it takes all of some arguments, and needs no others."""
        if not self.mentions().issuperset(given):
            return False
        if self.argument and not _is(given.get(self.argument, ""), self.value):
            return False
        for part in _PART.finditer(self.text):
            name = part[3]
            if name and part[4] is None and name not in given:
                return False
            if name and part[5] == "p" and given.get(name) == "None":
                return False
        return True

    def filled(self, given: Mapping[str, str]) -> str:
        """The text with the arguments in place."""

        def put(part: re.Match[str]) -> str:
            if part[1] is not None:
                return _PART.sub(put, part[1]) if part[2] in given else ""
            text = given.get(part[3], part[4] or "")
            if part[5] == "u":
                return repr(ast.literal_eval(text).upper()) if text[:1] in "'\"" else f"{_enclosed(text)}.upper()"
            return _enclosed(text) if part[5] == "p" else text

        return _PART.sub(put, self.text)

    def repeats(self) -> set[str]:
        """The arguments that it has several places for."""
        names = [part[3] for part in _PART.finditer(self.text) if part[3]]
        return {name for name in names if names.count(name) > 1}

    def call(self) -> tuple[str, dict[str, str | None]] | None:
        """For a call whose arguments are those of K: the function, and by each argument its keyword there.

        >>> alternatives("jnp.sum({x}[, axis={axis}])")[0].call()
        ('jnp.sum', {'x': None, 'axis': 'axis'})
        """
        found = _SIMPLE.match(self.text)
        if found is None or self.argument:
            return None
        parts = [part.strip(" ,[]") for part in re.split(r"\[|\]|(?<=\}), ", found[2])]
        arguments: dict[str, str | None] = {}
        for part in filter(None, parts):
            matched = _ARGUMENT.match(part)
            if matched is None:
                return None
            arguments[matched[2]] = matched[1]
        return found[1], arguments


@functools.cache
def alternatives(pattern: Pattern) -> tuple[Alternative, ...]:
    """The alternatives of a pattern."""
    if pattern is None:
        return ()
    found = []
    for text in (pattern,) if isinstance(pattern, str) else pattern:
        when = _WHEN.match(text)
        found.append(Alternative(text[when.end() :], when[1], when[2]) if when else Alternative(text))
    return tuple(found)


def _is(given: str, value: str) -> bool:
    """Whether the text of an argument is a value, or a lambda."""
    if value == "lambda":
        return given.startswith("lambda")
    try:
        return bool(ast.literal_eval(given) == ast.literal_eval(value))
    except (ValueError, SyntaxError):
        return False


def _enclosed(text: str) -> str:
    """The text of an expression, within parentheses where it needs them."""
    try:
        node = ast.parse(text.strip(), mode="eval").body
    except SyntaxError:
        return f"({text})"
    plain = isinstance(node, (ast.Name, ast.Attribute, ast.Call, ast.Subscript, ast.Tuple, ast.List))
    return text if plain or (isinstance(node, ast.Constant) and not isinstance(node.value, complex)) else f"({text})"
