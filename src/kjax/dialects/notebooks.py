"""kjax in IPython and Jupyter: the extension `%load_ext kjax`, which is for cells what `kjax run` is for a file.

kjax answers for TensorFlow, names that NumPy and Python have dropped are answered in cells and in modules of the
program, tracebacks show lines of the cells, and Colab's `%tensorflow_version` is known: `1.x` switches to graph mode.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from kjax.core.graph import disable_eager_execution, enable_eager_execution
from kjax.dialects import program_repairs, tensorflow
from kjax.machine import tracebacks

_loaded: dict[int, Callable[[], None]] = {}  # what undoes it, by the shell


def load(shell: Any, repaired: bool = True) -> None:
    """Do what `%load_ext kjax` does.

    Args:
        shell: IPython's shell.
        repaired: answer names that NumPy, Python and others have dropped, too.
    """
    if id(shell) in _loaded:
        return
    with ExitStack() as undo:
        undo.callback(tensorflow.install())
        undo.callback(tracebacks.shorten_in(shell))  # (which `install` does only if it is the first one)
        # `!command` forks, and runs nothing of JAX there.
        warnings.filterwarnings("ignore", r"os\.fork\(\) was called", RuntimeWarning, "pty")
        if repaired:
            names = vars(shell.user_module)
            undo.callback(names.__setitem__, "__builtins__", names.get("__builtins__"))
            program_repairs.repair(shell.user_module)
            program_repairs.install()
        shell.register_magic_function(_tensorflow_version, "line", "tensorflow_version")
        undo.callback(shell.magics_manager.magics["line"].pop, "tensorflow_version", None)
        _loaded[id(shell)] = undo.pop_all().close


def unload(shell: Any) -> None:
    """Do what `%unload_ext kjax` does: later imports are TensorFlow's again, and tracebacks whole."""
    undo = _loaded.pop(id(shell), None)
    if undo is not None:
        undo()


def _tensorflow_version(line: str) -> None:
    """Colab's choice of a version: with `1.x` operations are symbolic, as in TensorFlow 1."""
    if line.strip().startswith("1"):
        disable_eager_execution()
    else:
        enable_eager_execution()
