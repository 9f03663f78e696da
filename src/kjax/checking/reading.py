"""Files, folders and notebooks as syntax trees. Nothing of them is imported or run."""

from __future__ import annotations

import ast
import importlib.util
import json
import os
import re
import sys
import warnings
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

# A module that is larger holds data, not code.
_LARGEST = 8_000_000

_NO_CODE = ("__pycache__", "node_modules", "site-packages")


class Place(NamedTuple):
    """Where something stands, as people count: lines and columns from 1; `cell` is that of a notebook, or 0."""

    path: str
    cell: int
    line: int
    column: int


class Problem(NamedTuple):
    """Why a file can't be read; `python2` where it is a program for Python 2."""

    message: str
    line: int = 1
    column: int = 0
    python2: bool = False


class Unreadable(Exception):
    """There is no file of that name, or it can't be opened."""


class Source(NamedTuple):
    """A file that was read.

    Attributes:
        path: its path, as it was given.
        lines: its lines; of a notebook, those of all cells of code.
        tree: its syntax tree; None where there is a problem.
        problem: why there is no tree.
        cells: of a notebook, for each line the number of its cell and the line there.
    """

    path: str
    lines: Sequence[str]
    tree: ast.Module | None
    problem: Problem | None = None
    cells: Sequence[tuple[int, int]] = ()

    def place(self, line: int, column: int) -> Place:
        """Where a node of the tree stands, by its `lineno` and `col_offset`."""
        text = self.line(line)
        column = len(text.encode()[:column].decode(errors="ignore")) + 1
        cell, line = self.cells[line - 1] if 0 < line <= len(self.cells) else (0, line)
        return Place(self.path, cell, line, column)

    def line(self, number: int) -> str:
        """The text of a line."""
        return self.lines[number - 1] if 0 < number <= len(self.lines) else ""


def files(path: str) -> Iterator[str]:
    """The programs and notebooks in a folder, without those of environments; a file is itself.

    Raises:
        Unreadable: there is nothing of that name.
    """
    if not os.path.isdir(path):
        if path != "-" and not os.path.exists(path):
            raise Unreadable(f"there is no file {path!r}")
        yield path
        return
    for folder, below, names in os.walk(path):  # (which does not follow links to folders)
        below[:] = sorted(name for name in below if not _is_left_out(folder, name))
        yield from (os.path.join(folder, name) for name in sorted(names) if name.endswith((".py", ".pyw", ".ipynb")))


def _is_left_out(folder: str, name: str) -> bool:
    hidden = name.startswith(".") or name.endswith(".egg-info") or name in _NO_CODE
    return hidden or os.path.exists(os.path.join(folder, name, "pyvenv.cfg"))


def read(path: str) -> Source:
    """A file and its syntax tree; `-` is standard input.

    Raises:
        Unreadable: it can't be opened.
    """
    try:
        if path == "-":
            data = sys.stdin.buffer.read()
        elif os.path.getsize(path) > _LARGEST:
            return Source(path, (), None, Problem(f"larger than {_LARGEST // 1_000_000} MB, and not read"))
        else:
            with open(path, "rb") as file:
                data = file.read()
    except OSError as error:
        raise Unreadable(f"{path!r} can't be read: {error.strerror}") from None
    return parsed(path, data)


def parsed(path: str, data: bytes) -> Source:
    """The bytes of a file as a `Source`."""
    if path.endswith(".ipynb"):
        try:
            lines, cells = _notebook(json.loads(data.decode()))
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            return Source(path, (), None, Problem(f"no notebook: {error}"))
        return _with_tree(Source(path, lines, None, cells=cells), "\n".join(lines))
    try:
        text = importlib.util.decode_source(data)
    except (SyntaxError, UnicodeDecodeError) as error:
        return Source(path, (), None, Problem(f"its encoding can't be read: {error}"))
    # Split as Python counts lines: a form feed is none.
    return _with_tree(Source(path, text.split("\n"), None), text)


def _with_tree(source: Source, text: str) -> Source:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of escapes in strings, and the like
            tree = compile(
                text, source.path, "exec", ast.PyCF_ONLY_AST | _AWAIT * bool(source.cells), dont_inherit=True
            )
    except SyntaxError as error:
        return source._replace(problem=_syntax(error, text))
    except ValueError as error:  # of null bytes
        return source._replace(problem=Problem(f"no Python program: {error}"))
    except (RecursionError, MemoryError):
        return source._replace(problem=Problem("nested too deeply to be read"))
    assert isinstance(tree, ast.Module)
    return source._replace(tree=tree)


_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT

# What Python 3 says of the syntax of Python 2; and lines that only Python 2 reads.
_SAID = re.compile(
    r"Missing parentheses in call|multiple exception types|leading zeros in decimal|inconsistent use of tabs"
)
_WRITTEN = re.compile(
    r"""^\s*print\s+(?![=\s(.,)\]]|(?:in|is|if|or|and|not|else)\b)"""  # print "x"
    r"""|^\s*print\s*>>"""  # print >> file
    r"""|^\s*except\s+[\w.]+\s*,\s*\w+\s*:"""  # except Error, e:
    r"""|^\s*raise\s+[\w.]+\s*,|^\s*exec\s+["']|\bur["']|<>|\b0[0-7]+\b(?!\.)|`\w+`|\b\d+L\b""",
    re.MULTILINE,
)


def _syntax(error: SyntaxError, text: str) -> Problem:
    line = error.lineno or 1
    lines = text.split("\n")
    at = lines[line - 1] if 0 < line <= len(lines) else ""
    python2 = bool(_SAID.search(str(error.msg)) or _WRITTEN.search(at))
    return Problem(str(error.msg), line, max((error.offset or 1) - 1, 0), python2)


# ----------------------------------------------------------------------------------------------------------- notebooks

# Cells of other languages; the code of other cell magics, such as %%time, is Python.
_FOREIGN = {"bash", "html", "javascript", "js", "latex", "markdown", "perl", "ruby", "script", "sh", "svg", "writefile",
            "file", "cmd", "R", "sql", "cython", "python2", "pypy", "shell", "system", "sx"}  # fmt: skip
_MAGIC = re.compile(r"^(\s*)([%!?].*|[\w.]+\?{1,2}\s*)$")
_ASSIGNED = re.compile(r"^(\s*[\w, ]+=\s*)[%!].*$")


def _notebook(notebook: Any) -> tuple[list[str], list[tuple[int, int]]]:
    """The lines of all cells of code, and where each stands."""
    cells = notebook["cells"] if "cells" in notebook else notebook["worksheets"][0]["cells"]
    lines: list[str] = []
    where: list[tuple[int, int]] = []
    for number, cell in enumerate(cells, start=1):
        if cell["cell_type"] != "code":
            continue
        text = cell["source"] if "source" in cell else cell["input"]
        text = text if isinstance(text, str) else "".join(text)
        for at, line in enumerate(_python(text.split("\n")), start=1):
            lines.append(line)
            where.append((number, at))
    return lines, where


def _python(lines: list[str]) -> list[str]:
    """The lines of a cell, those of IPython's own language as `pass`."""
    first = next((line for line in lines if line.strip()), "")
    if first.startswith("%%"):
        magic = re.match(r"%%(\w*)", first)
        if magic is None or magic[1] in _FOREIGN:
            return [""] * len(lines)
        lines = ["" if line is first else line for line in lines]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            compile("\n".join(lines), "", "exec", ast.PyCF_ONLY_AST | _AWAIT)
        return lines  # (a line that begins with % may well go on an expression)
    except (SyntaxError, ValueError):
        return [_ASSIGNED.sub(r"\1None", _MAGIC.sub(r"\1pass", line)) for line in lines]
