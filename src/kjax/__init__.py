"""kjax: the Keras backend API on NumPy and JAX, without TensorFlow.

from kjax import backend as K

Names are loaded when they are first asked for, so that `import kjax` by itself takes no time.
"""

import importlib as _importlib
import typing as _typing

from kjax.machine.imports import when_imported as _when_imported
from kjax.machine.version import __version__ as __version__

if _typing.TYPE_CHECKING:
    from typing import Any

    from kjax import backend as backend
    from kjax import cache as cache
    from kjax.core.accumulation import accumulate
    from kjax.core.dtypes import DType, as_dtype
    from kjax.core.feeding import ahead
    from kjax.core.function import Function
    from kjax.core.graph import (
        UnfedPlaceholderError,
        disable_eager_execution,
        eager_mode,
        enable_eager_execution,
        executing_eagerly,
        graph_mode,
    )
    from kjax.core.operands import as_tensor
    from kjax.core.pure import PureFunction, pure
    from kjax.core.remat import remat
    from kjax.core.running import NotCompiledWarning
    from kjax.core.session import Session
    from kjax.core.shape import Shape
    from kjax.core.sharding import shard, sharded
    from kjax.core.tensor import Placeholder, SymbolicTensorError, Tensor, from_dlpack
    from kjax.core.variable import Variable
    from kjax.dialects.saved_states import load_state, save_state
    from kjax.exports.drawing import draw
    from kjax.exports.plotting import plot
    from kjax.exports.programs import export
    from kjax.machine.device_kinds import DeviceKind
    from kjax.machine.errors import TooLargeError
    from kjax.machine.forks import ForkedProcessError
    from kjax.machine.memory import keep_memory
    from kjax.machine.processes import LostProcessError
    from kjax.ops.lifting import lift
    from kjax.ops.seeds import random_key
    from kjax.sparse import SparseTensor, SparseTensorValue


def install(force: bool = False) -> "Any":
    """Answer `import tensorflow`'s Keras backend (and `keras.backend`, where no Keras is installed) with kjax.

    This changes later imports in this process.

    Args:
        force: answer also where TensorFlow or Keras is installed.

    Returns:
        An object that undoes it, when it is called or used as a context manager. Only modules of Keras 2.3.1 that were
        imported stay as they are, on kjax.
    """
    from kjax.dialects import tensorflow

    installed = tensorflow.install(force=force)
    tensorflow.warn_of_imported()
    return installed


# What other programs ask the package for: `%load_ext kjax` in IPython and Jupyter, and `pytest -p kjax`.


def load_ipython_extension(shell: "Any") -> None:
    """Let kjax answer for TensorFlow in the cells that follow, as `kjax run` does in a program: `%load_ext kjax`.

    Args:
        shell: IPython's shell.
    """
    from kjax.dialects import notebooks

    notebooks.load(shell)


def unload_ipython_extension(shell: "Any") -> None:
    """Undo `load_ipython_extension`: `%unload_ext kjax`.

    Args:
        shell: IPython's shell.
    """
    from kjax.dialects import notebooks

    notebooks.unload(shell)


pytest_plugins = ("kjax.dialects.testing",)


__all__ = [
    "DType",
    "DeviceKind",
    "ForkedProcessError",
    "Function",
    "LostProcessError",
    "NotCompiledWarning",
    "Placeholder",
    "PureFunction",
    "Session",
    "Shape",
    "SparseTensor",
    "SparseTensorValue",
    "SymbolicTensorError",
    "Tensor",
    "TooLargeError",
    "UnfedPlaceholderError",
    "Variable",
    "accumulate",
    "ahead",
    "as_dtype",
    "as_tensor",
    "disable_eager_execution",
    "draw",
    "eager_mode",
    "enable_eager_execution",
    "executing_eagerly",
    "export",
    "from_dlpack",
    "graph_mode",
    "install",
    "keep_memory",
    "lift",
    "load_state",
    "plot",
    "pure",
    "random_key",
    "remat",
    "save_state",
    "shard",
    "sharded",
]

# The module of each name. The modules `backend` and `cache` are loaded as attributes, too.
_PLACES = {
    "core.accumulation": ("accumulate",),
    "core.dtypes": ("DType", "as_dtype"),
    "core.feeding": ("ahead",),
    "core.function": ("Function",),
    "core.graph": (
        "UnfedPlaceholderError",
        "disable_eager_execution",
        "eager_mode",
        "enable_eager_execution",
        "executing_eagerly",
        "graph_mode",
    ),
    "core.operands": ("as_tensor",),
    "core.pure": ("PureFunction", "pure"),
    "core.remat": ("remat",),
    "core.running": ("NotCompiledWarning",),
    "core.session": ("Session",),
    "core.sharding": ("shard", "sharded"),
    "core.shape": ("Shape",),
    "core.tensor": ("Placeholder", "SymbolicTensorError", "Tensor", "from_dlpack"),
    "core.variable": ("Variable",),
    "dialects.saved_states": ("load_state", "save_state"),
    "exports.drawing": ("draw",),
    "exports.plotting": ("plot",),
    "exports.programs": ("export",),
    "machine.device_kinds": ("DeviceKind",),
    "machine.errors": ("TooLargeError",),
    "machine.forks": ("ForkedProcessError",),
    "machine.memory": ("keep_memory",),
    "machine.processes": ("LostProcessError",),
    "ops.lifting": ("lift",),
    "ops.seeds": ("random_key",),
    "sparse": ("SparseTensor", "SparseTensorValue"),
}
_MODULES = ("backend", "cache")


if not _typing.TYPE_CHECKING:  # (a checker would take any name for one of the module's)

    def __getattr__(name: str) -> "Any":
        if name in _MODULES:
            return _importlib.import_module(f"kjax.{name}")
        for place, names in _PLACES.items():
            if name in names:
                _importlib.import_module("kjax.sparse")  # with it come all operators of tensors
                globals().update({n: getattr(_importlib.import_module(f"kjax.{place}"), n) for n in names})
                return globals()[name]
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__, *_MODULES})


def _known_to_keras() -> None:
    """Let objects of Keras 3 be operands, once a program has imported it."""
    from kjax.dialects import keras3

    keras3.attach()


_when_imported("keras", _known_to_keras)
