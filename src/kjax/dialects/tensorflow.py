"""`tensorflow.keras.backend`, answered by kjax.

`kjax run program.py` and `kjax.install()` make these imports work on a machine without TensorFlow:

- `tensorflow.keras.backend` (also as `tf.keras.backend`): the 144 functions of TensorFlow 2.2
- `tensorflow.compat.v1.keras.backend`: the same, and `get_session` and `set_session`
- `keras.backend`: as in `tf.compat.v1`
- `tensorflow`, `tensorflow.compat.v1`, `tensorflow.compat.v2`, each with `dtypes`, `math`, `nn` and `random`: the short
  list of calls that code written for the Keras backend mixes in, such as `tf.cast`, `tf.shape` or `tf.reduce_sum`,
  with TensorFlow's argument names. `dir(tf)` lists them; `kjax.dialects.tensorflow_calls` is the table.

With Keras 2.3.1 (`pip install "kjax[keras2]"`) also `tensorflow.keras.layers`, `.models`, `.optimizers` and the rest
that it has: `kjax.dialects.tensorflow_keras` says more. Everything else of TensorFlow is not here, such as `tf.data`,
`tf.function`, `GradientTape`. Asking for it raises an `AttributeError` (in an `import` statement a
`ModuleNotFoundError`) that names it.

An installed TensorFlow or Keras is left alone unless `force` is given; but Keras 2.3.1, which can be given a backend,
runs on kjax (`kjax.dialects.keras2`).

`tf.__version__` is `'2.2.0+kjax'`: the version of the API that is spoken, and who speaks it. That is a local version
label in the sense of PEP 440, as vendors' builds of TensorFlow carry one too, so the usual tests of it work:
`tf.__version__ >= '2'`, `int(tf.__version__.split('.')[0])`, `packaging.version.parse(tf.__version__)`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from types import ModuleType, TracebackType
from typing import Any

from kjax.dialects import keras2_repairs, tensorflow_keras
from kjax.dialects.stand_ins import Contents, Finder, Report

VERSION = "2.2.0+kjax"
KERAS_VERSION = "2.3.0+kjax"

_SESSION_NAMES = {"get_session", "set_session"}


class Installation:
    """What `install` returns: calling it, or leaving its `with` block, undoes what that `install` did."""

    def __init__(self, undo: Callable[[], None] | None) -> None:
        self._undo = undo

    def __call__(self) -> None:
        """Undo it."""
        if self._undo is not None:
            self._undo()

    def __enter__(self) -> Installation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self()


def install(force: bool = False, report: Report | None = None) -> Installation:
    """Let `import tensorflow` and `import keras` be answered by kjax in this process.

    Calling it again changes nothing, except that `force=True` may be added later.

    Args:
        force: replace an installed TensorFlow and Keras, too. Objects that were imported from them stay theirs.
        report: is called with the name of each module that is asked for, and where an installed one is that is left
            alone (else None).

    Returns:
        An `Installation`, which may be used as a context manager.

    >>> from kjax.dialects.tensorflow import install
    >>> with install():
    ...     import tensorflow as tf
    ...     tf.keras.backend.eval(tf.reduce_sum(tf.constant([1.0, 2.0])))
    np.float32(3.0)
    """
    global _finder
    if _finder is not None:
        if force and not _finder.force:
            _finder.force = True
            _finder.enter()
        return Installation(None)
    contents = {**_CONTENTS, **tensorflow_keras.contents()}
    origin = f"kjax {import_module('kjax').__version__}"
    _finder = Finder(contents, tensorflow_keras.attributes(), _refusal, origin, force, report)
    _finder.enter()
    keras2_repairs.install(report)
    return Installation(uninstall)


def uninstall() -> None:
    """Undo `install`; what had been replaced comes back. Without an `install` it does nothing."""
    global _finder
    if _finder is not None:
        keras2_repairs.uninstall()
        _finder.leave()
        _finder = None


def _refusal(name: str) -> str:
    return tensorflow_keras.refusal(name) or (
        f"{name} is not answered by kjax. It covers tf.keras.backend (all of TensorFlow 2.2's) and the tf.* calls "
        f"that code written for it mixes in, as dir(tensorflow) lists them; everything else needs TensorFlow "
        f"itself. Read on in help('kjax.dialects.tensorflow')."
    )


def _backend(names_left_out: set[str] = frozenset()) -> Mapping[str, Any]:  # type: ignore[assignment]
    backend = import_module("kjax.backend")
    return {name: getattr(backend, name) for name in backend.__all__ if name not in names_left_out}


def _calls(table: str) -> Contents:
    return lambda: getattr(import_module("kjax.dialects.tensorflow_calls"), table)


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
        raise AttributeError(_refusal(f"{self.__name__}.{name}"), name=name, obj=self)


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


_CONTENTS: dict[str, Contents] = {
    **_one_version("tensorflow", "TF", session=False),
    "tensorflow.compat": _nothing_but(),
    **_one_version("tensorflow.compat.v1", "V1", session=True),
    **_one_version("tensorflow.compat.v2", "TF", session=False),
    "keras": _nothing_but(__version__=KERAS_VERSION),
    "keras.backend": _backend,
}

_finder: Finder | None = None
