"""`kjax check --fix`: a program that uses K alone imports it from kjax, and needs neither TensorFlow nor `kjax run`.

Only the lines of imports are changed. A program that uses other names of `tf` or `keras` is left as it is, since these
are there under `kjax run` (or after `kjax.install()`) alone.
"""

from __future__ import annotations

import ast
import difflib
import tokenize
from collections.abc import Sequence
from typing import Any, NamedTuple

from kjax import backend
from kjax.checking.answers import OURS, Answers
from kjax.checking.reading import Source
from kjax.checking.spaces import Use

# Modules that are the backend, and packages from which it is imported by name.
BACKENDS = tuple(
    f"{package}.backend"
    for package in ("keras", "tensorflow.keras", "tensorflow.compat.v1.keras", "tensorflow.python.keras")
)
PACKAGES = tuple(module.rpartition(".")[0] for module in BACKENDS)


class Fixed(NamedTuple):
    """A file with changed lines.

    Attributes:
        path: the file.
        before: its text.
        after: its text with changes; the same where there are none.
        why_not: why nothing is changed, though the file imports K.
    """

    path: str
    before: str
    after: str
    why_not: str = ""

    def diff(self) -> str:
        """The changes, as a unified diff."""
        return diff(self.path, self.before, self.after)


def diff(path: str, before: str, after: str) -> str:
    """The changes in a file, as a unified diff."""
    lines = [text.splitlines(keepends=True) for text in (before, after)]
    path = path.lstrip("/")
    return "".join(difflib.unified_diff(lines[0], lines[1], f"a/{path}", f"b/{path}"))


def write(text: str, path: str, like: str) -> None:
    """Write a file, in the encoding and with the ends of lines of another."""
    with open(like, "rb") as file:
        encoding, _ = tokenize.detect_encoding(file.readline)
    with open(like, encoding=encoding, newline="") as old:
        ends = "\r\n" if "\r\n" in old.read() else "\n"
    with open(path, "w", encoding=encoding, newline="") as new:
        new.write(text.replace("\r\n", "\n").replace("\n", ends))


def fixed(source: Source, uses: Sequence[Use], answers: Answers) -> Fixed | None:
    """A file whose imports of K are of kjax; None for a file that does not import K."""
    if source.tree is None:
        return None
    imports: list[Any] = [node for node in ast.walk(source.tree) if _is_of_backend(node)]
    if not imports:
        return None
    if source.path.endswith(".ipynb") or source.path == "-":
        return Fixed(source.path, "", "", "the file is not a module")
    text = "\n".join(source.lines)
    whole = Fixed(source.path, text, text)
    for use in uses:
        module, _, name = use.name.rpartition(".")
        if use.name.partition(".")[0] not in OURS or use.name in BACKENDS:
            continue
        if module not in BACKENDS:
            return whole._replace(why_not=f"it uses {use.name}, which is there under `kjax run` alone")
        if name not in backend.__all__ or not answers.find(use.name).there:
            return whole._replace(why_not=f"it uses {use.name}, which kjax.backend does not have")
    lines = text.splitlines(keepends=True)
    for node in sorted(imports, key=lambda node: (node.lineno, node.col_offset), reverse=True):
        row = node.lineno - 1
        changed = _changed(node, lines[row])
        if changed is None:
            return whole._replace(why_not=f"line {node.lineno} imports K in a way that is not changed")
        lines[row] = changed
    return whole._replace(after="".join(lines))


def _is_of_backend(node: ast.AST) -> bool:
    if isinstance(node, ast.Import):
        return any(alias.name in BACKENDS for alias in node.names)
    if isinstance(node, ast.ImportFrom) and not node.level:
        in_package = node.module in PACKAGES and any(alias.name == "backend" for alias in node.names)
        return in_package or node.module in BACKENDS
    return False


def _changed(node: ast.AST, line: str) -> str | None:
    """The line of an import, of kjax; None where it is written in an unusual way."""
    if isinstance(node, ast.Import):
        (alias, *others) = node.names
        before = f"import {alias.name} as {alias.asname}"
        return (
            line.replace(before, f"from kjax import backend as {alias.asname}", 1)
            if _is_in(before, line, others)
            else None
        )
    assert isinstance(node, ast.ImportFrom)
    before = f"from {node.module} import"
    after = "from kjax import" if node.module in PACKAGES else "from kjax.backend import"
    return line.replace(before, after, 1) if _is_in(before, line) else None


def _is_in(before: str, line: str, others: Sequence[ast.alias] = ()) -> bool:
    return not others and line.count(before) == 1
