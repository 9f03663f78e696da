"""The import of Keras 2.3.1: its modules are repaired as they are loaded, and kjax is its backend.

`install` puts a finder first in `sys.meta_path`, which repairs the modules that `kjax.dialects.keras2_repairs` lists as
they are imported; modules that were imported before are repaired at once. `attach` is for a program that names the
backend itself, by `KERAS_BACKEND=kjax.keras2`.
"""

from __future__ import annotations

import importlib.abc
import sys
from collections.abc import Callable, Sequence
from importlib import import_module
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import ModuleType

from kjax.dialects import keras2_older, keras2_repairs
from kjax.dialects.repairs import Loader, Repair, repair_late, together

# Called for each requested module with its name, and the file of an installed module that is left alone, else None.
Report = Callable[[str, str | None], None]


def attach() -> None:
    """Make kjax the backend of Keras 2.3.1, before, during or after the import of Keras.

    This installs the repairs, and calls `kjax.dialects.keras2.connect`.
    """
    from kjax.dialects import keras2  # (loaded late: `install` does not need it, and it takes long)

    install()
    keras2.connect()


def _attached(load_backend: ModuleType) -> None:
    attach()  # a backend that was imported before Keras could not connect then


def _own_tensorboard(callbacks: ModuleType) -> None:
    vars(callbacks)["TensorBoard"] = import_module("kjax.dialects.tensorboard").of_keras2(callbacks)


_REPAIRS = together(
    *keras2_repairs.REPAIRS,
    Repair(
        "connection",
        "settings are one for Keras and kjax, and the program is in graph mode",
        (keras2_repairs.LOAD_BACKEND,),
        afterwards=_attached,
    ),
    Repair(
        "TensorBoard",
        "the callback writes its files with TensorFlow",
        ("keras.callbacks",),
        afterwards=_own_tensorboard,
    ),
    Repair(
        "older names",
        "names that Keras 2.0 to 2.2 had, such as keras.engine.topology.Container, are gone (Keras 2.3)",
        tuple(keras2_older.OLDER),
        afterwards=keras2_older.answer,
    ),
)


def _of(module: str) -> list[Repair]:
    """The repairs of a module: none of a Keras that runs on another backend."""
    if module.startswith("keras.") and keras2_repairs.other_backend() is not None:
        return []
    return [repair for repair in _REPAIRS if module in repair.modules]


_TENSORFLOW_BACKEND = "keras.backend.tensorflow_backend"


class _TensorFlowBackend(importlib.abc.Loader):
    """Loads kjax's backend as Keras's backend for TensorFlow, from which programs import `set_session` and others."""

    def exec_module(self, module: ModuleType) -> None:
        """Fill the module."""
        from kjax.dialects import keras2_private

        keras2_private.fill(module)


class Finder(importlib.abc.MetaPathFinder):
    """Finds the modules of Keras 2.3.1 that are repaired as they are loaded; an entry of `sys.meta_path`."""

    def __init__(self, report: Report | None = None) -> None:
        self.report = report or (lambda name, left_alone: None)
        self.repaired = {module for repair in _REPAIRS for module in repair.modules}

    def find_spec(
        self, name: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The spec of a module that is repaired; None for other modules."""
        if name.partition(".")[0] == "keras" and not keras2_repairs.is_installed():
            return None
        if name == "keras.backend":
            self.report(name, None)
        if name == _TENSORFLOW_BACKEND and keras2_repairs.other_backend() is None:
            return ModuleSpec(name, _TensorFlowBackend(), origin="kjax")
        spec = PathFinder.find_spec(name, path, target) if name in self.repaired else None
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = Loader(spec.loader.name, spec.loader.path, _of(name))
        return spec


_finder: Finder | None = None


def install(report: Report | None = None) -> bool:
    """Repair the modules of Keras 2.3.1: imported ones at once, others as they are imported.

    Returns:
        Whether it was not installed before.
    """
    global _finder
    new = _finder is None
    if _finder is None:
        _finder = Finder(report)
        sys.meta_path.insert(0, _finder)
        keras2_repairs.settings.change_again()  # for a Keras that was imported before
    for name in _finder.repaired & sys.modules.keys():
        module = sys.modules[name]
        if not _is_running(module):
            repair_late(module, _of(name))
    return new


def _is_running(module: ModuleType) -> bool:
    return bool(getattr(module.__spec__, "_initializing", False))


def uninstall() -> None:
    """Undo `install`, and restore the settings; modules that were repaired stay repaired."""
    global _finder
    if _finder is not None and _finder in sys.meta_path:
        sys.meta_path.remove(_finder)
    _finder = None
    keras2_repairs.settings.put_back()
