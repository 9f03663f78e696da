"""Modules that answer under another package's name.

A `Face` is a module whose contents come from a function of ours. A `Finder`, first in `sys.meta_path`, hands faces to
the `import` statement: it knows the full dotted names it answers, leaves an installed package alone (unless forced),
and raises an error that names any other part of the package.
"""

from __future__ import annotations

import importlib
import importlib.abc
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, TypeVar

# Makes the contents of a module, when it is first imported.
Contents = Callable[[], Mapping[str, Any]]

# Called for each requested module with its name, and the file of an installed module that is left alone, else None.
Report = Callable[[str, str | None], None]

_Entry = TypeVar("_Entry")


def united(*tables: Mapping[str, _Entry]) -> dict[str, _Entry]:
    """Several tables as one.

    Raises:
        ValueError: two tables have different entries for one name.
    """
    whole: dict[str, _Entry] = {}
    for table in tables:
        for name, entry in table.items():
            if whole.setdefault(name, entry) is not entry:
                raise ValueError(f"two things are to answer for {name}: {whole[name]!r} and {entry!r}")
    return whole


class Face(ModuleType):
    """A module that stands in for a module of another package."""

    __spec__: ModuleSpec

    def __getattr__(self, name: str) -> Any:
        """A submodule at first use (`tf.keras` after `import tensorflow as tf`), or an error for a name not covered."""
        if name.startswith("__"):  # probing by inspect, copy, pickle, doctest ...
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name, obj=self)
        full_name = f"{self.__name__}.{name}"
        finder = self.__spec__.loader
        assert isinstance(finder, Finder)
        if full_name in finder.contents and not finder.hidden(full_name):
            return importlib.import_module(full_name)
        if full_name in finder.attributes:
            value = vars(self)[name] = finder.attributes[full_name]()
            return value
        value = finder.older(full_name)
        if value is not None:
            return value
        raise AttributeError(finder.refusal(full_name), name=name, obj=self)

    def __dir__(self) -> list[str]:
        finder = self.__spec__.loader
        assert isinstance(finder, Finder)
        prefix = f"{self.__name__}."
        known = (*finder.contents, *finder.attributes)
        children = [name.removeprefix(prefix) for name in known if name.startswith(prefix) and not finder.hidden(name)]
        return sorted({*vars(self), *(name for name in children if "." not in name)})

    def __reduce__(self) -> tuple[Any, ...]:
        # Pickled by name, as modules are.
        return importlib.import_module, (self.__name__,)


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds and loads the faces; an entry of `sys.meta_path`.

    Args:
        contents: for each full module name, the function that makes its contents.
        attributes: for full names of attributes that are no modules, the function that makes the value at first use.
        refusal: a function from a name that is not covered to the message of the error.
        older: a function that gives what an older version of the package had under a full name, else None.
        hidden: a function that tells whether a module is there for `import` alone: programs ask with `hasattr` whether
            there is one, to learn which version of the package it is.
        origin: the origin shown in the `repr` of a face.
        force: whether installed packages of these names are replaced, even imported ones.
        report: is called for modules that were answered or left alone.

    Raises:
        ValueError: a name is both in `contents` and in `attributes`.
    """

    def __init__(
        self,
        contents: Mapping[str, Contents],
        attributes: Mapping[str, Callable[[], Any]],
        refusal: Callable[[str], str],
        origin: str,
        older: Callable[[str], Any] = lambda name: None,
        force: bool = False,
        report: Report | None = None,
        hidden: Callable[[str], bool] = lambda name: False,
    ) -> None:
        united(contents, attributes)
        self.contents = contents
        self.attributes = attributes
        self.refusal = refusal
        self.older = older
        self.hidden = hidden
        self.origin = origin
        self.force = force
        self.report = report or (lambda name, left_alone: None)
        self.roots = {name.partition(".")[0] for name in contents}
        self._replaced: dict[str, ModuleType] = {}

    # Called by the import statement.

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a face; `None` for modules of other packages."""
        root = name.partition(".")[0]
        if root not in self.roots or not self._answers(root, asked=name):
            return None
        if name not in self.contents:
            # `name=root`, since the real package is missing: with the full name, `from tensorflow.keras import layers`
            # would replace this error and its explanation by one of its own.
            raise ModuleNotFoundError(self.refusal(name), name=root)
        return ModuleSpec(name, self, origin=self.origin, is_package=True)

    def create_module(self, spec: ModuleSpec) -> Face:
        """An empty face."""
        return Face(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        """Fill the face."""
        name, contents = module.__name__, self.contents[module.__name__]()
        for below in (self.contents, self.attributes):
            united({f"{name}.{key}": value for key, value in contents.items()}, below)
        module.__doc__ = f"Answered by kjax ({self.origin}): {len(contents)} names."
        vars(module).update(contents, __all__=[name for name in contents if not name.startswith("_")])
        self.report(module.__name__, None)

    def _answers(self, root: str, asked: str) -> bool:
        if self.force or isinstance(sys.modules.get(root), Face):
            return True
        if asked != root:  # below a package that is not ours
            return False
        installed = self.installed(root)
        if installed is not None:
            self.report(root, installed.origin)
        return installed is None

    def installed(self, root: str) -> ModuleSpec | None:
        """The spec of an installed package of that name, as `import` would find it without this finder."""
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(root, None)
            if spec is not None and spec.origin is not None:  # without origin, it is just a folder of that name
                return spec
        return None

    # Called by a dialect.

    def enter(self) -> None:
        """Take the first place in `sys.meta_path`.

        Raises:
            ValueError: another finder of this kind answers for one of the packages.
        """
        for other in sys.meta_path:
            if isinstance(other, Finder) and other is not self and not self.roots.isdisjoint(other.roots):
                both = ", ".join(sorted(self.roots & other.roots))
                raise ValueError(f"{both} can't be answered by {self.origin}: {other.origin} answers for it already")
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)
        if self.force:
            self.replace_installed()

    def leave(self) -> None:
        """Remove the faces and the place in `sys.meta_path`, and restore the replaced modules."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        self._take_out(self.roots)
        self._bring_back()

    def replace_installed(self) -> None:
        """Answer for installed packages, too."""
        self.force = True
        self._replaced = {
            name: module
            for name, module in sys.modules.items()
            if name.partition(".")[0] in self.roots and not isinstance(module, Face)
        }
        for name in self._replaced:
            del sys.modules[name]

    def leave_installed_alone(self) -> None:
        """Undo `replace_installed`."""
        self.force = False
        self._take_out({root for root in self.roots if self.installed(root) is not None})
        self._bring_back()

    def _take_out(self, roots: set[str]) -> None:
        """Remove the faces of these packages from the imported modules."""
        for name, module in [*sys.modules.items()]:
            if isinstance(module, Face) and module.__spec__.loader is self and name.partition(".")[0] in roots:
                del sys.modules[name]

    def _bring_back(self) -> None:
        sys.modules.update(self._replaced)
        self._replaced = {}
