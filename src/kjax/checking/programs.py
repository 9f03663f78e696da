"""The files of a program, and how they import one another."""

from __future__ import annotations

import os

from kjax.checking.answers import Answers
from kjax.checking.names import Walk
from kjax.checking.reading import Source, Unreadable, read
from kjax.checking.spaces import Space, Use


class Programs:
    """Files with all files that they import; each is followed once.

    Args:
        answers: what is answered.
    """

    def __init__(self, answers: Answers) -> None:
        self.answers = answers
        self.sources: list[Source] = []
        self.unread: list[str] = []  # why files could not be opened
        self._spaces: dict[str, Space] = {}  # by real paths; of files that can't be read, empty ones
        self._walks: list[Walk] = []
        self._roots: dict[str, str] = {}
        self._folders: dict[str, frozenset[str]] = {}
        self._modules: dict[tuple[str, bool], Space | None] = {}  # by paths, as far as they are known

    def add(self, path: str) -> None:
        """Follow a file, and those that it imports."""
        if os.path.realpath(path) in self._spaces:
            return
        try:
            self._follow(path)
        except Unreadable as error:
            self.unread.append(str(error))

    def uses(self) -> list[Use]:
        """All names that the files use, file by file."""
        done = 0
        while done < len(self._walks):  # (functions may import further files)
            for walk in self._walks[done:]:
                done += 1
                try:
                    walk.functions()
                except RecursionError:
                    self.unread.append(f"{walk.source.path!r} is nested too deeply to be followed")
        return [use for walk in self._walks for use in walk.uses]

    def methods(self) -> list[Use]:
        """The uses of methods and attributes that may be gone, of those that no file has itself."""
        own = set().union(*(walk.own for walk in self._walks))
        return [use for walk in self._walks for use in walk.methods if use.name not in own]

    def _follow(self, path: str) -> Space:
        source = read(path)
        self.sources.append(source)
        space = Space("module")
        if source.tree is not None:
            walk = Walk(source, self.answers, self)
            space = walk.space
        self._spaces[os.path.realpath(path)] = space
        if source.tree is not None:
            self._walks.append(walk)
            try:
                walk.module()
            except RecursionError:
                self.unread.append(f"{path!r} is nested too deeply to be followed")
        return space

    # --------------------------------------------------------------------------------------------- the import system

    def space(self, importer: Source, module: str, level: int) -> Space | None:
        """The names of a module that a file imports; None for one that is not the program's own."""
        if not level and self.answers.knows(module):
            return None
        folder = os.path.dirname(importer.path)
        parts = module.split(".") if module else []
        if level:
            for _ in range(level - 1):
                folder = os.path.join(folder, os.pardir)
            return self._below(folder, parts, named=True)
        for root in dict.fromkeys((folder, self._root(folder))):
            found = self._below(root, parts)
            if found is not None:
                return found
        return None

    def _entries(self, folder: str) -> frozenset[str]:
        """The names in a folder."""
        if folder not in self._folders:
            try:
                self._folders[folder] = frozenset(os.listdir(folder or os.curdir))
            except OSError:
                self._folders[folder] = frozenset()
        return self._folders[folder]

    def _root(self, folder: str) -> str:
        """The folder around the outermost package that a folder belongs to."""
        if folder not in self._roots:
            above = folder
            while os.path.exists(os.path.join(above, "__init__.py")):
                above = os.path.normpath(os.path.join(above, os.pardir)) if above else os.pardir
            self._roots[folder] = above
        return self._roots[folder]

    def _below(self, folder: str, parts: list[str], named: bool = False) -> Space | None:
        """A module by its path below a folder; each package on the way gets it as a name."""
        if not parts:
            return self._module(folder) if named else None
        parent = None
        for at, part in enumerate(parts):
            folder = os.path.join(folder, part)
            space = self._module(folder, last=at == len(parts) - 1)
            if space is None:
                return None
            if parent is not None:
                parent.names.setdefault(part, frozenset({space}))
            parent = space
        return parent

    def _module(self, path: str, last: bool = True) -> Space | None:
        """The module or package at a path without suffix."""
        if (path, last) not in self._modules:
            found = self._looked_up(path, last)
            self._modules[path, last] = found
        return self._modules[path, last]

    def _looked_up(self, path: str, last: bool) -> Space | None:
        folder, name = os.path.split(path)
        if name not in (there := self._entries(folder)) and f"{name}.py" not in there and name != os.pardir:
            return None
        for file in (os.path.join(path, "__init__.py"), f"{path}.py"):
            if os.path.isfile(file):
                real = os.path.realpath(file)
                if real in self._spaces:
                    return self._spaces[real]
                try:
                    return self._follow(os.path.normpath(file))
                except Unreadable as error:
                    self.unread.append(str(error))
                    return self._spaces.setdefault(real, Space("module"))
        if os.path.isdir(path) and (not last or any(name.endswith(".py") for name in os.listdir(path))):
            return self._spaces.setdefault(os.path.realpath(path), Space("module"))  # a package without a file
        return None
