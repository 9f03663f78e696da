"""The modules of TensorFlow that kjax answers, and their contents."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from types import ModuleType
from typing import Any

from kjax.dialects.stand_ins import Contents

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


def _calls(table: str) -> Contents:
    module = "tensorflow_v1" if table.startswith("V1") else "tensorflow_calls"
    return lambda: getattr(import_module(f"kjax.dialects.{module}"), table)


def _nothing_but(**names: Any) -> Contents:
    return lambda: names


def _one_version(prefix: str, tables: str, session: bool) -> dict[str, Contents]:
    """The modules of `tf`, `tf.compat.v1` or `tf.compat.v2`."""
    left_out = set() if session else _SESSION_NAMES
    return {
        prefix: lambda: {"__version__": VERSION, **_calls(tables)()},
        f"{prefix}.dtypes": _calls("DTYPES"),
        f"{prefix}.math": _calls(f"{tables}_MATH"),
        f"{prefix}.nn": _calls(f"{tables}_NN"),
        f"{prefix}.random": _calls(f"{tables}_RANDOM"),
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
    for name, contents in _one_version("tensorflow", "V1", session=True).items():
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
    **_one_version("tensorflow", "TF", session=False),
    "tensorflow.compat": _nothing_but(),
    **_one_version("tensorflow.compat.v1", "V1", session=True),
    **_one_version("tensorflow.compat.v2", "TF", session=False),
    "keras": _nothing_but(__version__=KERAS_VERSION),
    "keras.backend": _backend,
}
