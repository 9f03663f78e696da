"""The backend of multi-backend Keras 2.3.1, the last one that could be given a backend from outside.

`kjax.keras2` is the name to give: `KERAS_BACKEND=kjax.keras2 python script.py`. Under `kjax run script.py` nothing has
to be given. The names are those of `kjax.backend`, and what Keras 2.3.1 asks of a backend beyond them.

`attach` makes Keras and kjax one program: it is what importing `kjax.keras2` does. From then on
- the whole program is in graph mode, as it was with the backends that Keras had: variables are read when a function
  runs, and `fit` compiles one program for each function of a model;
- `floatx`, `epsilon` and `image_data_format` are one setting for both;
- Keras runs with the repairs that `kjax.dialects.keras2_repairs` lists.
"""

from __future__ import annotations

import importlib
import os
import sys

from kjax import backend as _backend
from kjax.backend import *  # noqa: F403
from kjax.core import graph
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
from kjax.dialects.keras2_calls import *  # type: ignore[assignment]  # noqa: F403
from kjax.dialects.keras2_choices import *  # type: ignore[assignment]  # noqa: F403
from kjax.dialects.keras2_creation import *  # type: ignore[assignment]  # noqa: F403
from kjax.dialects.keras2_functions import *  # type: ignore[assignment]  # noqa: F403
from kjax.dialects.keras2_images import *  # type: ignore[assignment]  # noqa: F403
from kjax.dialects.keras2_recurrence import *  # type: ignore[assignment]  # noqa: F403
from kjax.dialects.keras2_sizes import *  # type: ignore[assignment]  # noqa: F403
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


# What programs call, though Keras hands it on for its own backends only.
_HANDED_ON = ("clear_session", "get_session", "set_session", "manual_variable_initialization", "learning_phase_scope")

_SETTINGS = ("floatx", "epsilon", "image_data_format")


def attach() -> None:
    """Make kjax the backend of Keras 2.3.1, which may be imported already, or later, or be just asking for its backend.

    This switches the whole program to graph mode, has Keras keep its settings in kjax, and installs the repairs.
    """
    graph.disable_eager_execution()
    keras2_repairs.install()
    common, package = sys.modules.get("keras.backend.common"), sys.modules.get("keras.backend")
    if common is None or package is None or common.floatx is config.floatx:
        return
    for name in _SETTINGS:
        getattr(config, f"set_{name}")(getattr(common, name)())
    own = {name: getattr(config, name) for setting in _SETTINGS for name in (setting, f"set_{setting}")}
    own.update(
        cast_to_floatx=keras2_calls.cast_to_floatx,
        image_dim_ordering=_dim_ordering,
        set_image_dim_ordering=_set_dim_ordering,
    )
    # `load_backend` has taken its own from `common` by the time it imports a backend; `keras.backend` has not yet.
    for module in (common, sys.modules.get("keras.backend.load_backend")):
        vars(module).update(own)
    vars(package).update({name: getattr(_backend, name) for name in _HANDED_ON})
    importlib.import_module("keras.backend.tensorflow_backend")  # programs ask for `K.tensorflow_backend`
    graph.count_as_library(os.path.dirname(os.path.dirname(str(common.__file__))) + os.sep)


def _dim_ordering() -> str:
    """The layout of images in the words of Keras 1: `'tf'` or `'th'`."""
    return "th" if config.image_data_format() == "channels_first" else "tf"


def _set_dim_ordering(dim_ordering: str) -> None:
    """Set the layout of images in the words of Keras 1."""
    if dim_ordering not in ("tf", "th"):
        raise ValueError(f"set_image_dim_ordering(): dim_ordering must be 'tf' or 'th'; got {dim_ordering!r}")
    config.set_image_data_format("channels_first" if dim_ordering == "th" else "channels_last")
