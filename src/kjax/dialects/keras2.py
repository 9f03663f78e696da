"""The backend of multi-backend Keras 2.3.1, the last one that could be given a backend from outside.

Its name for Keras is `kjax.keras2`: `KERAS_BACKEND=kjax.keras2 python script.py`. `kjax run script.py` does without the
variable. It has the names of `kjax.backend`, and the further ones that Keras 2.3.1 asks of a backend.

Importing `kjax.keras2` calls `connect`. From then on
- the whole program is in graph mode, as it was with the backends that Keras had: variables are read when a function
  runs, and `fit` compiles one program for each function of a model;
- `floatx`, `epsilon` and `image_data_format` are one setting for both;
- Keras runs with the repairs that `kjax.dialects.keras2_repairs` lists (`kjax.dialects.keras2_import` makes them).
"""

# mypy: disable-error-code="assignment, no-redef"
# (These names take the place of those of `kjax.backend`.)

from __future__ import annotations

import importlib
import os
import sys
from typing import Any

from kjax import backend as _backend
from kjax.backend import *  # noqa: F403
from kjax.core import graph
from kjax.core.tensor import LENGTH
from kjax.dialects import (
    keras2_calls,
    keras2_choices,
    keras2_creation,
    keras2_functions,
    keras2_images,
    keras2_recurrence,
    keras2_repairs,
    keras2_sizes,
)
from kjax.dialects.keras2_calls import *  # noqa: F403
from kjax.dialects.keras2_choices import *  # noqa: F403
from kjax.dialects.keras2_creation import *  # noqa: F403
from kjax.dialects.keras2_functions import *  # noqa: F403
from kjax.dialects.keras2_images import *  # noqa: F403
from kjax.dialects.keras2_recurrence import *  # noqa: F403
from kjax.dialects.keras2_sizes import *  # noqa: F403
from kjax.dialects.settings import Setting
from kjax.machine import config

# The modules with what Keras 2.3.1 means by the names of its backend, where that is not what TensorFlow 2.2 means.
OWN = (
    keras2_calls,
    keras2_choices,
    keras2_creation,
    keras2_functions,
    keras2_images,
    keras2_recurrence,
    keras2_sizes,
)

__all__ = sorted({*_backend.__all__, *(name for module in OWN for name in module.__all__)})


# Programs call these, though Keras exports them only for its own backends.
_HANDED_ON = ("clear_session", "get_session", "set_session", "manual_variable_initialization", "learning_phase_scope")

_SETTINGS = ("floatx", "epsilon", "image_data_format")


def connect() -> None:
    """Connect Keras 2.3.1 to kjax, before, during or after the import of Keras.

    This switches the whole program to graph mode, and has Keras keep its settings in kjax. To undo an earlier
    `kjax.install` restores mode and settings; Keras itself stays on kjax.

    Raises:
        ValueError: Keras runs on another backend already.
    """
    if keras2_repairs.other_backend() is not None:
        raise ValueError(
            f"Keras runs on {keras2_repairs.other_backend()!r} already, and can't be given another backend: "
            "import kjax.keras2 before keras, or set KERAS_BACKEND=kjax.keras2"
        )
    if not keras2_repairs.keeps_mode.get():
        keras2_repairs.settings.change(Setting(lambda: graph._PROGRAM.graph, _set_graph_mode, True))
    keras2_repairs.settings.change(Setting(lambda: LENGTH.hidden, LENGTH.hide, True))
    common, package = sys.modules.get("keras.backend.common"), sys.modules.get("keras.backend")
    if common is None or package is None or common.floatx is config.floatx:
        return
    for name in _SETTINGS:
        wanted = getattr(common, name)()
        keras2_repairs.settings.change(Setting(getattr(config, name), getattr(config, f"set_{name}"), wanted))
    own = {name: getattr(config, name) for setting in _SETTINGS for name in (setting, f"set_{setting}")}
    own.update(
        cast_to_floatx=keras2_calls.cast_to_floatx,
        symbolic=keras2_repairs.symbolic,
        image_dim_ordering=_dim_ordering,
        set_image_dim_ordering=_set_dim_ordering,
    )
    # `load_backend` has taken its own from `common` by the time it imports a backend; `keras.backend` has not yet.
    for module in (common, sys.modules.get("keras.backend.load_backend")):
        vars(module).update(own)
    older = {name: own[name] for name in ("image_dim_ordering", "set_image_dim_ordering")}
    vars(package).update({name: globals()[name] for name in _HANDED_ON}, **older, __getattr__=_of_tensorflow)
    importlib.import_module("keras.backend.tensorflow_backend")  # programs ask for `K.tensorflow_backend`
    graph.count_as_library(os.path.dirname(os.path.dirname(str(common.__file__))) + os.sep)


def _set_graph_mode(graph_mode: bool) -> None:
    (graph.disable_eager_execution if graph_mode else graph.enable_eager_execution)()


def _of_tensorflow(name: str) -> Any:
    """`K.tf`, `K.control_flow_ops` and the like, which older versions of Keras imported from TensorFlow."""
    if name == "tf" or name.endswith("_ops"):
        return sys.modules["keras.backend.tensorflow_backend"].tf
    raise AttributeError(f"module 'keras.backend' has no attribute {name!r}")


def _dim_ordering() -> str:
    """The layout of images in the words of Keras 1: `'tf'` or `'th'`."""
    return "th" if config.image_data_format() == "channels_first" else "tf"


def _set_dim_ordering(dim_ordering: str) -> None:
    """Set the layout of images in the words of Keras 1."""
    if dim_ordering not in ("tf", "th"):
        raise ValueError(f"set_image_dim_ordering(): dim_ordering must be 'tf' or 'th'; got {dim_ordering!r}")
    config.set_image_data_format("channels_first" if dim_ordering == "th" else "channels_last")
