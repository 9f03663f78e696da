"""Modules that answer under another package's name.

A `Face` is a module whose contents come from a function of ours. A `Finder` stands first in `sys.meta_path` and
hands faces to the `import` statement: it knows the full dotted names it answers, leaves an installed package alone
(unless forced), and says clearly what it does not cover.
"""

from __future__ import annotations

import importlib
import importlib.abc
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, TypeVar

# What a module holds, made when it is first imported.
Contents = Callable[[], Mapping[str, Any]]

# Is told of each module that was asked for: its name, and where an installed one is that is left alone, else None.
Report = Callable[[str, str | None], None]

_Entry = TypeVar("_Entry")


def united(*tables: Mapping[str, _Entry]) -> dict[str, _Entry]:
    """Tables of full names in one.

    Raises:
        ValueError: a name stands in two of them, with different things.
    """
    whole: dict[str, _Entry] = {}
    for table in tables:
        for name, entry in table.items():
            if whole.setdefault(name, entry) is not entry:
                raise ValueError(f"two things are to answer for {name}: {whole[name]!r} and {entry!r}")
    return whole


class Face(ModuleType):
    """A module that stands in for one of another package."""

    __spec__: ModuleSpec

    def __getattr__(self, name: str) -> Any:
        """A submodule at first use (`tf.keras` after `import tensorflow as tf`), or a clear refusal."""
        if name.startswith("__"):  # probing by inspect, copy, pickle, doctest ...
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name, obj=self)
        full_name = f"{self.__name__}.{name}"
        finder = self.__spec__.loader
        assert isinstance(finder, Finder)
        if full_name in finder.contents:
            return importlib.import_module(full_name)
        if full_name in finder.attributes:
            value = vars(self)[name] = finder.attributes[full_name]()
            return value
        raise AttributeError(finder.refusal(full_name), name=name, obj=self)

    def __dir__(self) -> list[str]:
        finder = self.__spec__.loader
        assert isinstance(finder, Finder)
        prefix = f"{self.__name__}."
        known = (*finder.contents, *finder.attributes)
        children = [name.removeprefix(prefix) for name in known if name.startswith(prefix)]
        return sorted({*vars(self), *(name for name in children if "." not in name)})

    def __reduce__(self) -> tuple[Any, ...]:
        # By name, as pickling libraries do with modules.
        return importlib.import_module, (self.__name__,)


class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Finds and loads the faces; an entry of `sys.meta_path`.

    Args:
        contents: for each full module name the function that makes what it holds.
        attributes: full names of what is no module and made only when it is asked for, each with what makes it.
        refusal: what to say of a name that is not covered.
        origin: what the `repr` of a face says.
        force: whether packages that are installed under these names are replaced, even imported ones.
        report: is told what was answered and what was left alone.

    Raises:
        ValueError: a name stands in both `contents` and `attributes`.
    """

    def __init__(
        self,
        contents: Mapping[str, Contents],
        attributes: Mapping[str, Callable[[], Any]],
        refusal: Callable[[str], str],
        origin: str,
        force: bool = False,
        report: Report | None = None,
    ) -> None:
        united(contents, attributes)
        self.contents = contents
        self.attributes = attributes
        self.refusal = refusal
        self.origin = origin
        self.force = force
        self.report = report or (lambda name, left_alone: None)
        self.roots = {name.partition(".")[0] for name in contents}
        self._replaced: dict[str, ModuleType] = {}

    # What the import statement calls.

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a face; `None` for what others should look for."""
        root = name.partition(".")[0]
        if root not in self.roots or not self._answers(root, asked=name):
            return None
        if name not in self.contents:
            # What is missing is the real package, hence `name=root`: with the full name as `name`,
            # `from tensorflow.keras import layers` would swallow this error and its explanation.
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
        """The spec of a real package of that name, found the way `import` would without us."""
        for finder in sys.meta_path:
            spec = None if finder is self else finder.find_spec(root, None)
            if spec is not None and spec.origin is not None:  # without origin: any folder of that name
                return spec
        return None

    # What a dialect calls.

    def enter(self) -> None:
        """Stand first in `sys.meta_path`.

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
        """Take everything back: the faces, the place in `sys.meta_path`, what was replaced."""
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        self._take_out(self.roots)
        self._bring_back()

    def replace_installed(self) -> None:
        """Answer also for packages that are installed."""
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
        """Let the faces of these packages be imported no longer."""
        for name, module in [*sys.modules.items()]:
            if isinstance(module, Face) and module.__spec__.loader is self and name.partition(".")[0] in roots:
                del sys.modules[name]

    def _bring_back(self) -> None:
        sys.modules.update(self._replaced)
        self._replaced = {}
