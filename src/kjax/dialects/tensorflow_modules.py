"""The modules of TensorFlow that kjax answers, and their contents."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from importlib import import_module
from types import ModuleType
from typing import Any

from kjax.dialects.stand_ins import Contents, united

VERSION = "2.2.0+kjax"
KERAS_VERSION = "2.3.0+kjax"

_SESSION_NAMES = {"get_session", "set_session"}


def refusal(name: str) -> str:
    """The text of the error for a name that is not answered."""
    return (
        f"{name} is not answered by kjax. It covers tf.keras.backend (all of TensorFlow 2.2's) and the tf.* calls "
        f"that code written for it mixes in, as dir(tensorflow) lists them; everything else needs TensorFlow "
        f"itself. Read on in help('kjax.dialects.tensorflow')"
    )


def _backend(names_left_out: set[str] = frozenset()) -> Mapping[str, Any]:  # type: ignore[assignment]
    backend = import_module("kjax.backend")
    return {name: getattr(backend, name) for name in backend.__all__ if name not in names_left_out}


# For each module below `tf`, the tables that answer it together: of TensorFlow 2, and of TensorFlow 1.
TABLES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "": (("calls.TF",), ("v1.V1",)),
    "dtypes": (("calls.DTYPES",), ("calls.DTYPES",)),
    "math": (("calls.TF_MATH",), ("v1.V1_MATH",)),
    "nn": (("calls.TF_NN",), ("v1.V1_NN",)),
    "random": (("calls.TF_RANDOM",), ("v1.V1_RANDOM",)),
}


def table(name: str) -> dict[str, Any]:
    """A table by its name: `"calls.TF"` is `TF` in `kjax.dialects.tensorflow_calls`."""
    module, _, variable = name.partition(".")
    found: dict[str, Any] = getattr(import_module(f"kjax.dialects.tensorflow_{module}"), variable)
    return found


def answers(module: str, version: int) -> dict[str, Any]:
    """All that kjax answers in a module below `tf`, as TensorFlow 2 or 1 has it."""
    return united(*map(table, TABLES[module][version == 1]))


def _nothing_but(**names: Any) -> Contents:
    return lambda: names


def _one_version(prefix: str, version: int) -> dict[str, Contents]:
    """The modules of `tf`, `tf.compat.v1` or `tf.compat.v2`."""
    left_out = set() if version == 1 else _SESSION_NAMES
    modules = {f"{prefix}.{module}": partial(answers, module, version) for module in TABLES if module}
    return {
        prefix: lambda: {"__version__": VERSION, **answers("", version)},
        **modules,
        f"{prefix}.keras": _nothing_but(__version__=KERAS_VERSION),
        f"{prefix}.keras.backend": lambda: _backend(left_out),
    }


class _Version1(ModuleType):
    """`tensorflow`, or a module of it, as code for TensorFlow 1 knows it, which no import gives."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}", name=name, obj=self)
        raise AttributeError(refusal(f"{self.__name__}.{name}"), name=name, obj=self)


def as_version_1() -> ModuleType:
    """`tensorflow` with the calls of `tensorflow.compat.v1`, whether or not it is installed: what Keras 2.3.1 imports.

    >>> tf = as_version_1()
    >>> tf.__name__, tf.Session is tf.compat.v1.Session
    ('tensorflow', True)
    """
    modules: dict[str, ModuleType] = {}
    for name, contents in _one_version("tensorflow", version=1).items():
        modules[name] = _Version1(name)
        vars(modules[name]).update(contents())
        parent, _, last = name.rpartition(".")
        if parent:
            setattr(modules[parent], last, modules[name])
    tf: Any = modules["tensorflow"]
    tf.__version__ = "1.15.0+kjax"
    tf.compat = _Version1("tensorflow.compat")
    tf.compat.v1 = tf
    return modules["tensorflow"]


CONTENTS: dict[str, Contents] = {
    **_one_version("tensorflow", version=2),
    "tensorflow.compat": _nothing_but(),
    **_one_version("tensorflow.compat.v1", version=1),
    **_one_version("tensorflow.compat.v2", version=2),
    "keras": _nothing_but(__version__=KERAS_VERSION),
    "keras.backend": _backend,
}
