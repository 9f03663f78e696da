"""Changes at run time to modules of other packages, which nobody else sees.

A `Repair` names the modules that need it. What they import is answered, for them alone, by a stand-in that has what
they miss; or something is done to them once they have run. A `Loader` loads a module with its repairs, `repair_late`
does what can still be done to one that is there already.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import sys
from collections.abc import Callable, Mapping, Sequence
from importlib.machinery import SourceFileLoader
from types import ModuleType
from typing import Any, NamedTuple


class Repair(NamedTuple):
    """A change at run time to some modules.

    Attributes:
        name: what it is called.
        what: what goes wrong without it.
        modules: those that need it, by their full names.
        imports: what `import` gives there: stand-ins by the names of modules.
        afterwards: what is done to such a module once it has run.
        builtins: what built-in functions are there.
    """

    name: str
    what: str
    modules: tuple[str, ...]
    imports: Mapping[str, ModuleType] = {}
    afterwards: Callable[[ModuleType], None] | None = None
    builtins: Mapping[str, Any] = {}


class StandIn(ModuleType):
    """A module with a few names of its own in front of those of another."""

    def __init__(self, module: str, **names: Any) -> None:
        super().__init__(module, f"{module}, as others know it.")
        self.__dict__["_module"] = module
        self.__dict__.update(names)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") and name.endswith("__") and name != "__version__":
            raise AttributeError(name)
        return getattr(importlib.import_module(self._module), name)


def wrap(owner: Any, name: str, wrapper: Callable[..., Any]) -> None:
    """Replace a function by `wrapper`, which is handed the original one and its arguments."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return wrapper(original, *args, **kwargs)

    setattr(owner, name, wrapped)


def _merged(repairs: Sequence[Repair]) -> dict[str, ModuleType]:
    return {name: stand_in for repair in repairs for name, stand_in in repair.imports.items()}


def _prepare(module: ModuleType, repairs: Sequence[Repair]) -> None:
    """Before a module runs: let its imports and built-in functions be what the repairs say."""
    instead = _merged(repairs)

    def import_(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        found = builtins.__import__(name, globals, locals, fromlist, level)
        return instead.get(name, found) if level == 0 else found

    own = {name: function for repair in repairs for name, function in repair.builtins.items()}
    vars(module)["__builtins__"] = {**vars(builtins), "__import__": import_, **own}


def _finish(module: ModuleType, repairs: Sequence[Repair]) -> None:
    """After a module has run."""
    for repair in repairs:
        if repair.afterwards is not None:
            repair.afterwards(module)
    vars(module)["__repaired__"] = True


def repair_late(module: ModuleType, repairs: Sequence[Repair]) -> None:
    """Repair a module that has run, unless that was done before."""
    if "__repaired__" in vars(module):
        return
    instead = {sys.modules.get(name): stand_in for name, stand_in in _merged(repairs).items()}
    for name, value in [*vars(module).items()]:
        if isinstance(value, ModuleType) and value in instead:
            vars(module)[name] = instead[value]
    _finish(module, repairs)


class Loader(SourceFileLoader):
    """Loads a module with its repairs."""

    def __init__(self, name: str, path: str, repairs: Sequence[Repair]) -> None:
        super().__init__(name, path)
        self._repairs = repairs

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code."""
        _prepare(module, self._repairs)
        super().exec_module(module)
        _finish(module, self._repairs)
