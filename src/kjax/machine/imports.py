"""What to do when another library is imported, by whomever: kjax itself imports none that a program does not need."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_waiting: dict[str, list[Callable[[], None]]] = {}


class _Watch(threading.local):
    """An entry of `sys.meta_path` that finds nothing itself."""

    looking = False

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What the other finders find; loading it then does what waits for it."""
        if name not in _waiting or self.looking:  # (another finder may ask all others, as this one does)
            return None
        self.looking = True
        try:
            for finder in sys.meta_path:
                find = getattr(finder, "find_spec", None)
                spec: ModuleSpec | None = find(name, path, target) if finder is not self and find is not None else None
                if spec is not None:
                    if spec.loader is not None:
                        _follow(spec.loader, name)
                    return spec
            return None
        finally:
            self.looking = False


_watch = _Watch()


def _follow(loader: Any, name: str) -> None:
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        # (JAX draws a number when it is imported, at whatever point that happens: the program's numbers stay the same.)
        numpy: Any = sys.modules.get("numpy")
        drawn = None if numpy is None else numpy.random.get_state()
        try:
            execute(module)
        except ModuleNotFoundError as error:
            if error.name == "tensorflow":
                error.add_note("kjax answers for TensorFlow after kjax.install(), and under `kjax run`")
            raise
        if drawn is not None:
            numpy.random.set_state(drawn)
        for callback in _waiting.pop(name, []):
            callback()

    loader.exec_module = exec_module


def when_imported(name: str, callback: Callable[[], None]) -> None:
    """Call `callback` as soon as the package `name` has been imported: now, if it has been."""
    if name in sys.modules:
        callback()
        return
    _waiting.setdefault(name, []).append(callback)
    if _watch not in sys.meta_path:
        sys.meta_path.insert(0, _watch)


def as_pytree(cls: type, parts: Callable[[Any], tuple[tuple[Any, ...], Any]], made: Callable[[Any, Any], Any]) -> None:
    """Let JAX look into objects of a class, once it is imported.

    Args:
        cls: the class.
        parts: gives the values in an object, and what tells it from others.
        made: an object of both, the other way round.
    """

    def register() -> None:
        import jax

        jax.tree_util.register_pytree_node(cls, parts, lambda others, values: made(values, others))

    when_imported("jax", register)
