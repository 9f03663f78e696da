"""`tensorflow.keras.backend`, answered by kjax.

`kjax run program.py` and `kjax.install()` make these imports work on a machine without TensorFlow:

- `tensorflow.keras.backend` (also as `tf.keras.backend`): the 144 functions of TensorFlow 2.2, and `get_session` and
  `set_session`; `tensorflow.compat.v1.keras.backend` and `keras.backend` likewise
- `tensorflow`, `tensorflow.compat.v1`, `tensorflow.compat.v2`, each with `math`, `nn`, `linalg`, `image` and the other
  modules in `kjax.dialects.tensorflow_modules.TABLES`, with TensorFlow's argument names. `dir(tf)` lists the names.
- `tensorflow.python.*`: private modules from which programs import the same names (`tensorflow_python`)

With Keras 2.3.1 (`pip install "kjax[keras2]"`) also `tensorflow.keras.layers`, `.models`, `.optimizers` and its other
modules: `kjax.dialects.tensorflow_keras` says more. Everything else of TensorFlow is not here, such as
`tf.function`, `GradientTape`. Asking for it raises an `AttributeError` (in an `import` statement a
`ModuleNotFoundError`) that names it.

An installed TensorFlow or Keras is left alone unless `force` is given; but Keras 2.3.1, which can be given a backend,
runs on kjax (`kjax.dialects.keras2`).

`tf.__version__` is `'2.2.0+kjax'`: the version of the API, and its provider as a local version label in the sense of
PEP 440, as in vendors' builds of TensorFlow. So the usual tests of the version work:
`tf.__version__ >= '2'`, `int(tf.__version__.split('.')[0])`, `packaging.version.parse(tf.__version__)`.
"""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType

from kjax.dialects import (
    keras2_import,
    keras2_repairs,
    tensorflow_contrib,
    tensorflow_flags,
    tensorflow_keras,
    tensorflow_python,
)
from kjax.dialects.stand_ins import Face, Finder, Report, united
from kjax.dialects.tensorflow_modules import CONTENTS, ONLY_OLDER, VERSION, older, refusal
from kjax.machine import tracebacks
from kjax.machine.version import __version__


class Installation:
    """The result of `install`: calling it, or leaving its `with` block, undoes that `install`."""

    def __init__(self, undo: Callable[[], None] | None) -> None:
        self._undo = undo

    def __call__(self) -> None:
        """Undo the installation, once."""
        undo, self._undo = self._undo, None
        if undo is not None:
            undo()

    def __repr__(self) -> str:
        lines = [f"{name}: {what}" for name, what in answered().items()]
        return f"<kjax.install(): {'; '.join(lines) or 'undone'}>"

    def _repr_html_(self) -> str:
        from kjax.core import showing  # (only notebooks ask for it)

        return showing.table([*answered().items()], "kjax.install()" if answered() else repr(self))

    def __enter__(self) -> Installation:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self()


def answered() -> dict[str, str]:
    """For each package that kjax can answer for, whether it does; empty before `install`."""
    found: dict[str, str] = {}
    if _finder is None:
        return found
    for root in ("tensorflow", "keras"):
        if root == "keras" and keras2_repairs.is_installed():
            other = keras2_repairs.other_backend() if keras2_repairs.LOAD_BACKEND in sys.modules else None
            on = "kjax" if other is None else f"{other}, which was imported before: restart, and install kjax first"
            found[root] = f"Keras {keras2_repairs.VERSION}, on {on}"
            continue
        installed = None if _finder.force else _finder.installed(root)
        face = isinstance(sys.modules.get(root), Face)
        if installed is None or face:
            found[root] = f"answered by kjax (as {VERSION})" if root == "tensorflow" else "keras.backend is kjax's"
        else:
            found[root] = f"an installed one, left alone ({installed.origin}); kjax.install(force=True) replaces it"
    return found


def warn_of_imported() -> None:
    """Warn of a TensorFlow or Keras that the program had imported before it called the caller of this function."""
    for root in () if _finder is None or _finder.force else sorted(_finder.roots):
        if root in sys.modules and not isinstance(sys.modules[root], Face):
            warnings.warn(
                f"{root} was imported before kjax.install(), and stays: restart, and call it first, or use "
                "kjax.install(force=True)",
                stacklevel=3,
            )


def install(force: bool = False, report: Report | None = None) -> Installation:
    """Let `import tensorflow` and `import keras` be answered by kjax in this process.

    Calling it again changes nothing, except that `force=True` may be added later.

    Args:
        force: replace an installed TensorFlow and Keras, too. Objects that were imported from them stay theirs.
        report: is called for each requested module with its name, and the file of an installed module that is left
            alone (else None).

    Returns:
        An `Installation`, which may be used as a context manager. To undo it restores the entries of TensorFlow and
        Keras in `sys.meta_path` and `sys.modules`; and if an import of Keras has switched the program to graph mode, or
        changed `floatx` and other settings, these are restored, too. One thing can't be undone: imported modules of
        Keras 2.3.1 keep kjax as their backend, their repairs, and the changes by `tensorflow_keras`, since existing
        models need them. Modules that are imported later are not repaired.

    >>> from kjax.dialects.tensorflow import install
    >>> with install():
    ...     import tensorflow as tf
    ...     tf.keras.backend.eval(tf.reduce_sum(tf.constant([1.0, 2.0])))
    np.float32(3.0)
    """
    global _finder
    if _finder is not None:
        if not force or _finder.force:
            return Installation(None)
        _finder.replace_installed()
        return Installation(_finder.leave_installed_alone)
    with ExitStack() as undo:
        _finder = _new_finder(force, report)
        undo.callback(_forget)
        undo.callback(_newer_dimensions)
        _finder.enter()
        undo.callback(_finder.leave)
        if keras2_import.install(report):
            undo.callback(keras2_import.uninstall)
        shell = tracebacks.ipython_shell()
        if shell is not None:
            undo.callback(tracebacks.shorten_in(shell))
        _undo.push(undo.pop_all())
    return Installation(functools.partial(_uninstall, _finder))


def _new_finder(force: bool, report: Report | None) -> Finder:
    of_keras = tensorflow_keras.contents()
    # (What Keras is asked for, TensorFlow 1's modules of the same names are asked for later.)
    older_alone = {f"{version}.{name}" for version in ("tensorflow", "tensorflow.compat.v2") for name in ONLY_OLDER}
    own = {name: make for name, make in CONTENTS.items() if name not in older_alone & of_keras.keys()}
    contents = united(own, of_keras, tensorflow_flags.contents())
    private = tensorflow_python.keras_contents(contents, tensorflow_keras.public)
    contents = united(contents, tensorflow_python.contents(), private, tensorflow_contrib.contents(contents))
    if keras2_repairs.is_installed():  # it answers for itself
        contents = {name: make for name, make in contents.items() if name.partition(".")[0] != "keras"}
    origin = f"kjax {__version__}"
    hidden = tensorflow_contrib.hidden
    return Finder(contents, tensorflow_keras.attributes(), _refusal, origin, older, force, report, hidden)


def _newer_dimensions() -> None:
    module = sys.modules.get("kjax.dialects.tensorflow_dimensions")
    if module is not None:
        module.show_dimensions(False)


def _forget() -> None:
    global _finder
    _finder = None


def uninstall() -> None:
    """Undo `install`, and restore the replaced modules. Without an `install` it does nothing."""
    _undo.close()


def _uninstall(finder: Finder) -> None:
    if finder is _finder:
        uninstall()


def _refusal(name: str) -> str:
    return tensorflow_keras.refusal(name) or refusal(name)


_finder: Finder | None = None
_undo = ExitStack()  # called by `uninstall`
