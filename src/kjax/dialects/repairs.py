"""Run-time changes to some modules of another package, which no other module sees.

A `Repair` names the modules that need it. Their imports get stand-ins, which have the missing names, and a module may
be changed once it has run. A `Loader` loads a module with its repairs; `repair_late` repairs a module that has run
already, as far as possible.

The repairs of one module compose: its imports have the names of all their stand-ins. Two repairs that set one name to
different things are refused, since the later one would undo the earlier.
"""

from __future__ import annotations

import builtins
import functools
import importlib
import importlib.util
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib.machinery import SourceFileLoader
from types import ModuleType
from typing import Any, NamedTuple, final


@final
class StandIn(ModuleType):
    """A module with a few names of its own; all others come from the module that it stands in for.

    Args:
        module: the full name of that module.
        computed: own names whose value a function computes at each access.
        names: own names with a fixed value.
    """

    def __init__(self, module: str, computed: Mapping[str, Callable[[], Any]] = {}, /, **names: Any) -> None:
        super().__init__(module, f"{module}, as others know it.")
        vars(self).update(names, _module=module, _names=names, _computed=computed)

    def __getattr__(self, name: str) -> Any:
        if name in self._computed:
            return self._computed[name]()
        real = sys.modules.get(self._module)
        if name == "__all__" and real is not None and not hasattr(real, name):
            # (`import *` else gives own names alone.)
            return [name for name in {**vars(real), **self._names, **self._computed} if not name.startswith("_")]
        if name.startswith("__") and name != "__version__" and not hasattr(real, name):
            raise AttributeError(name)
        return getattr(real or importlib.import_module(self._module), name)

    def with_names_of(self, other: StandIn) -> StandIn:
        """A stand-in with the own names of both."""
        return StandIn(self._module, {**self._computed, **other._computed}, **{**self._names, **other._names})


class Repair(NamedTuple):
    """A change at run time to some modules.

    Attributes:
        name: the name of the repair.
        what: the fault that it repairs.
        modules: full names of the modules that need it.
        imports: stand-ins that `import` gives them, by the full names of the imported modules.
        builtins: replacements of built-in functions.
        names: new values of names in such a module, set once it has run; `Class.method` is a name in a class.
        afterwards: a function that is called with such a module then, to wrap functions (`wrap`), as several repairs
            may.
        gone: those of `imports` that no longer exist.
    """

    name: str
    what: str
    modules: tuple[str, ...]
    imports: Mapping[str, StandIn] = {}
    builtins: Mapping[str, Any] = {}
    names: Mapping[str, Any] = {}
    afterwards: Callable[[ModuleType], None] | None = None
    gone: tuple[str, ...] = ()

    def sets(self) -> Iterator[tuple[str, Any]]:
        """The names that the repair sets, with their values."""
        yield from self.names.items()
        for name, function in self.builtins.items():
            yield f"builtins.{name}", function
        for module, stand_in in self.imports.items():
            yield module, stand_in._module
            for name, value in {**stand_in._names, **stand_in._computed}.items():
                yield f"{module}.{name}", value


def wrap(owner: Any, name: str, wrapper: Callable[..., Any]) -> None:
    """Replace a function by `wrapper`, which is called with the original function and its arguments."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return wrapper(original, *args, **kwargs)

    setattr(owner, name, wrapped)


# ----------------------------------------------------------------------------------------------------------- composing


def together(*repairs: Repair) -> tuple[Repair, ...]:
    """A table of repairs, checked: none undoes another.

    Raises:
        ValueError: two of them set one name in one module to different things.
    """
    for module in {module for repair in repairs for module in repair.modules}:
        _check(module, [repair for repair in repairs if module in repair.modules])
    return repairs


def _check(module: str, repairs: Iterable[Repair]) -> None:
    """Raise if two repairs of a module set one name to different things."""
    known: dict[str, tuple[str, Any]] = {}
    for repair in repairs:
        for name, value in repair.sets():
            other, first = known.setdefault(name, (repair.name, value))
            if value is not first and not (isinstance(value, str) and value == first):
                raise ValueError(
                    f"the repairs {other!r} and {repair.name!r} of {module} both set {name}: to {first!r}, to {value!r}"
                )


def stand_ins(repairs: Sequence[Repair]) -> dict[str, StandIn]:
    """The modules that `import` gives, by full names: the stand-ins, and packages with them as submodules."""
    modules: dict[str, StandIn] = {}

    def add(module: str, stand_in: StandIn) -> None:
        modules[module] = modules[module].with_names_of(stand_in) if module in modules else stand_in

    for repair in repairs:
        for module, stand_in in repair.imports.items():
            add(module, stand_in)
    for module in sorted(modules, key=lambda name: name.count("."), reverse=True):
        while "." in module:
            module, _, child = module.rpartition(".")
            add(module, StandIn(module, **{child: modules[f"{module}.{child}"]}))
    return modules


# --------------------------------------------------------------------------------------------------------- application


def _is_there(package: str) -> bool:
    return not package or importlib.util.find_spec(package) is not None


def prepare(module: ModuleType, repairs: Sequence[Repair]) -> None:
    """Before a module runs: install the imports and built-in functions of its repairs."""
    instead = stand_ins(repairs)
    gone = {name for repair in repairs for name in repair.gone}
    # (What stands in for another module than its own does not need that one.)
    elsewhere = {name: stand_in for name, stand_in in instead.items() if stand_in._module != name}

    def import_(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        if not level and fromlist and name in elsewhere:
            return elsewhere[name]
        try:
            original = builtins.__import__(name, globals, locals, fromlist, level)
        except ModuleNotFoundError:
            if level or name not in gone or not _is_there(name.rpartition(".")[0]):
                raise
            original = None
        if level:
            name = importlib.util.resolve_name("." * level + name, vars(module)["__package__"])
        # `import a.b`, without names to import, gives the outermost package.
        return instead.get(name if fromlist else name.partition(".")[0], original)

    own = {name: function for repair in repairs for name, function in repair.builtins.items()}
    vars(module)["__builtins__"] = {**vars(builtins), "__import__": import_, **own}


def _finish(module: ModuleType, repairs: Sequence[Repair], before: Sequence[Repair] = ()) -> None:
    """After a module has run: set its names, and call the functions of its repairs."""
    for repair in repairs:
        for path, value in repair.names.items():
            *owners, name = path.split(".")
            owner = functools.reduce(getattr, owners, module)
            if isinstance(getattr(owner, name, None), StandIn):
                raise ValueError(
                    f"the repair {repair.name!r} of {module.__name__} sets {path}, which is {getattr(owner, name)!r} "
                    f"of another repair; set it by `imports`"
                )
            setattr(owner, name, value)
    for repair in repairs:
        if repair.afterwards is not None:
            repair.afterwards(module)
    vars(module)["__repaired__"] = (*before, *repairs)


def repair_late(module: ModuleType, repairs: Sequence[Repair]) -> None:
    """Repair a module that has run, without the repairs that were made before.

    Raises:
        ValueError: two of its repairs set one name to different things.
    """
    before = vars(module).get("__repaired__", ())
    new = [repair for repair in repairs if repair not in before]
    if not new:
        return
    _check(module.__name__, [*before, *new])
    instead = stand_ins([*before, *new])
    real = {sys.modules.get(name): stand_in for name, stand_in in instead.items()}
    for name, value in [*vars(module).items()]:
        if isinstance(value, StandIn):
            vars(module)[name] = instead.get(value.__name__, value)
        elif isinstance(value, ModuleType) and value in real:
            vars(module)[name] = real[value]
    for repair in new:
        for name, function in repair.builtins.items():
            vars(module).setdefault(name, function)
    _finish(module, new, before)


class Loader(SourceFileLoader):
    """Loads a module with its repairs.

    Raises:
        ValueError: two of the repairs set one name to different things.
    """

    def __init__(self, name: str, path: str, repairs: Sequence[Repair]) -> None:
        super().__init__(name, path)
        _check(name, repairs)
        self._repairs = repairs

    def exec_module(self, module: ModuleType) -> None:
        """Run the module's code."""
        prepare(module, self._repairs)
        super().exec_module(module)
        _finish(module, self._repairs)
