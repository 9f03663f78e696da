"""What to do when another library is imported, by whomever: kjax itself imports none that a program does not need."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

_waiting: dict[str, list[Callable[[], None]]] = {}


class _Watch:
    """An entry of `sys.meta_path` that finds nothing itself."""

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """What the finders behind this one find; loading it then does what waits for it."""
        if name not in _waiting or self not in sys.meta_path:
            return None
        for finder in sys.meta_path[sys.meta_path.index(self) + 1 :]:
            find = getattr(finder, "find_spec", None)
            spec: ModuleSpec | None = None if find is None else find(name, path, target)
            if spec is not None:
                if spec.loader is not None:
                    _follow(spec.loader, name)
                return spec
        return None


_watch = _Watch()


def _follow(loader: Any, name: str) -> None:
    execute = loader.exec_module

    def exec_module(module: ModuleType) -> None:
        try:
            execute(module)
        except ModuleNotFoundError as error:
            if error.name == "tensorflow":
                error.add_note("kjax answers for TensorFlow after kjax.install(), and under `kjax run`")
            raise
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
