"""What installed packages have, by their files alone: the names of modules, and the arguments of functions.

    import sklearn.preprocessing; sklearn.preprocessing.Imputer     is no name in that package's files

Nothing is imported: that would take seconds, and may do anything. What a module makes as it runs, by `__getattr__` or
in a compiled file, can't be seen; such a module has all names.
"""

from __future__ import annotations

import ast
import functools
import importlib.metadata
import inspect
import os
import sys
from collections.abc import Iterator
from importlib.machinery import PathFinder
from typing import NamedTuple

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


class Outline(NamedTuple):
    """What is known of a module.

    Attributes:
        path: its file; empty for a folder without one.
        folder: the folder of its submodules, if it is a package.
        names: its names, each with its definition, the full name that it was imported from, or None.
        stars: the modules whose names it has, too.
        whole: whether it has no other names.
    """

    path: str
    folder: str
    names: dict[str, Definition | str | None]
    stars: list[str]
    whole: bool


def module(name: str) -> Outline | None:
    """The outline of an installed module; None where there is no such file."""
    parent, _, last = name.rpartition(".")
    if not parent:
        spec = PathFinder.find_spec(name)
        if spec is None:
            return None
        folder = next(iter(spec.submodule_search_locations or ()), "")
        return _read(name, spec.origin or "", folder)
    above = module(parent)
    if above is None or not above.folder:
        return None
    folder = os.path.join(above.folder, last)
    if os.path.isdir(folder):
        return _read(name, os.path.join(folder, "__init__.py"), folder)
    if os.path.isfile(f"{folder}.py"):
        return _read(name, f"{folder}.py", "")
    compiled = any(entry.split(".")[0] == last and entry.endswith((".so", ".pyd")) for entry in _entries(above.folder))
    return Outline("", "", {}, [], False) if compiled else None


def has(name: str) -> bool:
    """Whether a package has a name, as far as that can be seen.

    >>> has('json.dumps'), has('json.dumb'), has('json.decoder.JSONDecoder.decode')
    (True, False, True)
    """
    return _resolved(name) is not None


def sees(name: str) -> bool:
    """Whether a name stands in the files of a package, and does not only may be there."""
    return _resolved(name) not in (None, _UNSEEN)


def signature(name: str) -> inspect.Signature | None:
    """The parameters of a function or class, where its file shows all of them."""
    found = _resolved(name)
    if isinstance(found, ast.ClassDef):
        if found.decorator_list or any(keyword.arg == "metaclass" for keyword in found.keywords):
            return None
        made = [
            node for node in found.body if isinstance(node, ast.FunctionDef) and node.name in ("__init__", "__new__")
        ]
        return _parameters(made[0], bound=True) if len(made) == 1 else None
    return _parameters(found) if isinstance(found, ast.FunctionDef) else None


def version(package: str) -> str:
    """The version of an installed package, such as `"scikit-learn 1.5"`; else an empty string."""
    for distribution in _distributions().get(package, ()):
        return f"{distribution} {importlib.metadata.version(distribution)}"
    return ""


@functools.cache
def _distributions() -> dict[str, list[str]]:
    return dict(importlib.metadata.packages_distributions())


@functools.cache
def _entries(folder: str) -> tuple[str, ...]:
    return tuple(os.listdir(folder)) if os.path.isdir(folder) else ()


_read_before: dict[str, Outline] = {}


def _read(name: str, path: str, folder: str) -> Outline:
    if name not in _read_before:
        _read_before[name] = Outline(path, folder, {}, [], False)  # (what imports itself in a circle sees this)
        _read_before[name] = _outlined(name, path, folder)
    return _read_before[name]


def _outlined(name: str, path: str, folder: str) -> Outline:
    if folder and not os.path.isfile(path):
        return Outline("", folder, {}, [], True)
    if not path.endswith(".py"):
        return Outline(path, folder, {}, [], False)
    text = _text(path)
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return Outline(path, folder, {}, [], False)
    names: dict[str, Definition | str | None] = {}
    package = name if folder else name.rpartition(".")[0]
    stars: list[str] = []
    for node in _run(tree):
        _add(node, package, names, stars)
    whole = not any(f"{name}(" in text for name in _SETTERS) or not any(_sets(node) for node in tree.body)
    asked = names.get("__getattr__")
    if "__getattr__" in names:
        whole = whole and isinstance(asked, ast.FunctionDef) and "raise AttributeError" in ast.unparse(asked)
        texts = {
            part.value for part in ast.walk(tree) if isinstance(part, ast.Constant) and isinstance(part.value, str)
        }
        texts -= {name for node in ast.walk(tree) if isinstance(node, ast.If) for name in _refused(node)}
        names = {**dict.fromkeys(texts), **names}  # it may answer any of them
    return Outline(path, folder, names, stars, whole)


def _sets(node: ast.stmt) -> bool:
    """Whether a statement may set names that it does not show."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        return False
    return any(isinstance(part, ast.Name) and part.id in _SETTERS for part in ast.walk(node))


_SETTERS = ("exec", "globals", "locals", "setattr", "vars")


def _refused(node: ast.If) -> list[str]:
    """`if name == "load_boston": raise ...`: a name that is gone, and has a message."""
    test = node.test
    if not (isinstance(node.body[-1], ast.Raise) and isinstance(test, ast.Compare)):
        return []
    return [str(part.value) for part in test.comparators if isinstance(part, ast.Constant)]


def _run(tree: ast.AST) -> Iterator[ast.stmt]:
    """The statements that run with a module."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.stmt):
            yield node
        if isinstance(node, (ast.If, ast.Try, ast.With, ast.For, ast.While, ast.ExceptHandler)):
            yield from _run(node)


def _add(node: ast.stmt, package: str, names: dict[str, Definition | str | None], stars: list[str]) -> None:
    """Add the names that a statement sets."""
    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
        names[node.name] = None if node.name in names else node
    elif isinstance(node, ast.Import):
        for alias in node.names:
            names.setdefault(alias.asname or alias.name.partition(".")[0], alias.name if alias.asname else None)
    elif isinstance(node, ast.ImportFrom):
        source = _source(node, package)
        for alias in node.names:
            if alias.name == "*":
                stars.append(source)
            else:
                names.setdefault(alias.asname or alias.name, f"{source}.{alias.name}")
    elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.AugAssign, ast.For, ast.With)):
        for part in ast.walk(node):
            if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store):
                names[part.id] = None


def _source(node: ast.ImportFrom, package: str) -> str:
    base = package.rsplit(".", node.level - 1)[0] if node.level else ""
    return ".".join(filter(None, [base, node.module]))


_UNSEEN = "unseen"  # there, as far as can be told
_SEEN = "seen"


@functools.cache
def _resolved(name: str, depth: int = 0) -> Definition | str | None:
    """What stands under a name: a definition, `_UNSEEN`, or None where nothing does."""
    if module(name) is not None:
        return _SEEN
    parent, _, last = name.rpartition(".")
    if not parent or depth > 20:
        return _UNSEEN if parent or name in sys.builtin_module_names else None
    above = module(parent)
    if above is None:  # an attribute of what is no module
        return None if _resolved(parent, depth + 1) is None else _UNSEEN
    if last.startswith("__"):
        return _UNSEEN
    if last not in above.names:
        return _in_stars(above, last, depth) or (None if above.whole else _UNSEEN)
    to = above.names[last]
    if not isinstance(to, str):
        return _SEEN if to is None else to
    beyond = _resolved(to, depth + 1)
    return _SEEN if beyond in (None, _UNSEEN) else beyond


def _in_stars(outline: Outline, name: str, depth: int) -> Definition | str | None:
    """What came by `import *` under a name. Files are read as text first: some are long, and it is in few of them."""
    for star in outline.stars:
        path = _path(star)
        if not path.endswith(".py") or name in _text(path) or _computes(path):
            found = _resolved(f"{star}.{name}", depth + 1)
            if found is not None:
                return found
    return None


@functools.cache
def _computes(path: str) -> bool:
    """Whether a module may have names that its text does not show."""
    text = _text(path)
    return "import *" in text or "__getattr__" in text or any(f"{name}(" in text for name in _SETTERS)


def _path(name: str) -> str:
    """The file of a module, which is not read."""
    parent, _, last = name.rpartition(".")
    above = module(parent) if parent else None
    if above is None or not above.folder:
        return ""
    file = os.path.join(above.folder, last, "__init__.py")
    return file if os.path.isfile(file) else os.path.join(above.folder, f"{last}.py")


@functools.cache
def _text(path: str) -> str:
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


# Decorators that take the arguments of what they decorate.
_PLAIN = ("_copy_docstring_and_deprecators", "_dispatchable", "cache", "deprecate_nonkeyword_arguments", "doc",
          "docstring", "lru_cache", "set_module", "validate_params", "Appender", "Substitution", "wraps")  # fmt: skip


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef, bound: bool = False) -> inspect.Signature | None:
    for decorator in node.decorator_list:
        if ast.unparse(decorator).partition("(")[0].rpartition(".")[2] not in _PLAIN:
            return None
    given, kinds = node.args, inspect.Parameter
    first = [*given.posonlyargs, *given.args]
    optional = len(first) - len(given.defaults)
    made = [
        kinds(
            argument.arg,
            kinds.POSITIONAL_ONLY if at < len(given.posonlyargs) else kinds.POSITIONAL_OR_KEYWORD,
            default=kinds.empty if at < optional else None,
        )
        for at, argument in enumerate(first)
    ]
    made += [kinds(given.vararg.arg, kinds.VAR_POSITIONAL)] if given.vararg else []
    made += [
        kinds(argument.arg, kinds.KEYWORD_ONLY, default=kinds.empty if default is None else None)
        for argument, default in zip(given.kwonlyargs, given.kw_defaults, strict=True)
    ]
    made += [kinds(given.kwarg.arg, kinds.VAR_KEYWORD)] if given.kwarg else []
    return inspect.Signature(made[1:] if bound else made)
