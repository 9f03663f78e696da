"""Changes at run time to modules of other packages, which nobody else sees.

A `Repair` names the modules that need it. What they import is answered, for them alone, by a stand-in that has what
they miss; or something is done to them once they have run. A `Loader` loads a module with its repairs, `repair_late`
does what can still be done to one that is there already.

The repairs of one module compose: what it imports has the names of all of their stand-ins. Two repairs that set one
name to different things are refused, since the later would undo the earlier.
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
    """A module with a few names of its own in front of those of another.

    Args:
        module: the full name of the other.
        computed: names of its own that a function gives, each time they are asked for.
        names: the other names of its own.
    """

    def __init__(self, module: str, computed: Mapping[str, Callable[[], Any]] = {}, /, **names: Any) -> None:
        super().__init__(module, f"{module}, as others know it.")
        vars(self).update(names, _module=module, _names=names, _computed=computed)

    def __getattr__(self, name: str) -> Any:
        if name in self._computed:
            return self._computed[name]()
        if name.startswith("__") and name.endswith("__") and name != "__version__":
            raise AttributeError(name)
        return getattr(importlib.import_module(self._module), name)

    def with_names_of(self, other: StandIn) -> StandIn:
        """Both in one."""
        return StandIn(self._module, {**self._computed, **other._computed}, **{**self._names, **other._names})


class Repair(NamedTuple):
    """A change at run time to some modules.

    Attributes:
        name: what it is called.
        what: what goes wrong without it.
        modules: those that need it, by their full names.
        imports: what `import` gives there: stand-ins by the full names of modules.
        builtins: what built-in functions are there.
        names: what names of such a module are once it has run; `Class.method` is one of a class.
        afterwards: what is done to such a module then: it wraps functions (`wrap`), as several repairs may.
    """

    name: str
    what: str
    modules: tuple[str, ...]
    imports: Mapping[str, StandIn] = {}
    builtins: Mapping[str, Any] = {}
    names: Mapping[str, Any] = {}
    afterwards: Callable[[ModuleType], None] | None = None

    def sets(self) -> Iterator[tuple[str, Any]]:
        """What it sets, and to what."""
        yield from self.names.items()
        for name, function in self.builtins.items():
            yield f"builtins.{name}", function
        for module, stand_in in self.imports.items():
            yield module, stand_in._module
            for name, value in {**stand_in._names, **stand_in._computed}.items():
                yield f"{module}.{name}", value


def wrap(owner: Any, name: str, wrapper: Callable[..., Any]) -> None:
    """Replace a function by `wrapper`, which is handed the original one and its arguments."""
    original = getattr(owner, name)

    @functools.wraps(original)
    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return wrapper(original, *args, **kwargs)

    setattr(owner, name, wrapped)


# ----------------------------------------------------------------------------------------------------------- composing


def together(*repairs: Repair) -> tuple[Repair, ...]:
    """A table of repairs, of which none undoes another.

    Raises:
        ValueError: two of them set one name in one module to different things.
    """
    for module in {module for repair in repairs for module in repair.modules}:
        _check(module, [repair for repair in repairs if module in repair.modules])
    return repairs


def _check(module: str, repairs: Iterable[Repair]) -> None:
    """Raise where two repairs of a module set one name to different things."""
    known: dict[str, tuple[str, Any]] = {}
    for repair in repairs:
        for name, value in repair.sets():
            other, first = known.setdefault(name, (repair.name, value))
            if value is not first and not (isinstance(value, str) and value == first):
                raise ValueError(
                    f"the repairs {other!r} and {repair.name!r} of {module} both set {name}: to {first!r}, to {value!r}"
                )


def _stand_ins(repairs: Sequence[Repair]) -> dict[str, StandIn]:
    """What `import` gives, by the full names of modules: the stand-ins, and packages that have them as submodules."""
    found: dict[str, StandIn] = {}

    def add(module: str, stand_in: StandIn) -> None:
        found[module] = found[module].with_names_of(stand_in) if module in found else stand_in

    for repair in repairs:
        for module, stand_in in repair.imports.items():
            add(module, stand_in)
    for module in sorted(found, key=lambda name: name.count("."), reverse=True):
        while "." in module:
            module, _, child = module.rpartition(".")
            add(module, StandIn(module, **{child: found[f"{module}.{child}"]}))
    return found


# --------------------------------------------------------------------------------------------------------- carrying out


def _prepare(module: ModuleType, repairs: Sequence[Repair]) -> None:
    """Before a module runs: let its imports and built-in functions be what the repairs say."""
    instead = _stand_ins(repairs)

    def import_(name: str, globals: Any = None, locals: Any = None, fromlist: Any = (), level: int = 0) -> Any:
        found = builtins.__import__(name, globals, locals, fromlist, level)
        if level:
            name = importlib.util.resolve_name("." * level + name, vars(module)["__package__"])
        # Without names to import from it, a statement gets the outermost package.
        return instead.get(name if fromlist else name.partition(".")[0], found)

    own = {name: function for repair in repairs for name, function in repair.builtins.items()}
    vars(module)["__builtins__"] = {**vars(builtins), "__import__": import_, **own}


def _finish(module: ModuleType, repairs: Sequence[Repair], before: Sequence[Repair] = ()) -> None:
    """After a module has run."""
    for repair in repairs:
        for path, value in repair.names.items():
            *owners, name = path.split(".")
            owner = functools.reduce(getattr, owners, module)
            if isinstance(getattr(owner, name, None), StandIn):
                raise ValueError(
                    f"the repair {repair.name!r} of {module.__name__} sets {path}, in which another repair has put "
                    f"{getattr(owner, name)!r}; let `imports` say what it is"
                )
            setattr(owner, name, value)
    for repair in repairs:
        if repair.afterwards is not None:
            repair.afterwards(module)
    vars(module)["__repaired__"] = (*before, *repairs)


def repair_late(module: ModuleType, repairs: Sequence[Repair]) -> None:
    """Repair a module that has run, as far as that was not done before.

    Raises:
        ValueError: two of its repairs set one name to different things.
    """
    before = vars(module).get("__repaired__", ())
    new = [repair for repair in repairs if repair not in before]
    if not new:
        return
    _check(module.__name__, [*before, *new])
    instead = _stand_ins([*before, *new])
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
        _prepare(module, self._repairs)
        super().exec_module(module)
        _finish(module, self._repairs)
