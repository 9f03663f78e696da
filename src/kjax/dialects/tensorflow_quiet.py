"""Calls of TensorFlow that mean nothing here: places of operations, threads, logging. They change nothing.

How many threads compute is XLA's matter. Which devices do is that of `kjax.dialects.tensorflow_devices`.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from typing import Any

from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.dialects.tensorflow_modules import VERSION as VERSION_OF_TF

# ------------------------------------------------------------------------------------------------------------- devices


_settings: dict[Any, Any] = {}  # what setters were given, for their getters


def _getter(name: str, otherwise: Any) -> Callable[..., Any]:
    return lambda: _settings.get(name, otherwise)


class device(contextlib.ContextDecorator):
    """`tf.device`: a `with` block or decorator that leaves everything where it is.

    >>> with device('/GPU:0'):
    ...     pass
    """

    def __init__(self, device_name: Any) -> None:
        if not (device_name is None or callable(device_name) or isinstance(device_name, str)):
            raise ValueError(f"tf.device(): device_name must be a string; got {device_name!r}")

    def __enter__(self) -> None:
        return None

    def __exit__(self, *error: Any) -> None:
        return None


# ------------------------------------------------------------------------------------------------ texts and dimensions


def _as_bytes(bytes_or_text: Any, encoding: Any = "utf-8") -> bytes:
    if isinstance(bytes_or_text, bytearray):
        return bytes(bytes_or_text)
    if isinstance(bytes_or_text, str):
        return bytes_or_text.encode(encoding)
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text
    raise TypeError(f"tf.compat.as_bytes(): bytes_or_text must be bytes or str; got {bytes_or_text!r}")


def _as_text(bytes_or_text: Any, encoding: Any = "utf-8") -> str:
    if isinstance(bytes_or_text, str):
        return bytes_or_text
    if isinstance(bytes_or_text, bytes):
        return bytes_or_text.decode(encoding)
    raise TypeError(f"tf.compat.as_text(): bytes_or_text must be bytes or str; got {bytes_or_text!r}")


def _dimension_at(shape: Any, index: Any) -> Any:
    return None if shape.rank is None else shape[index]


# ---------------------------------------------------------------------------------------------------------- the tables

_LOG = logging.getLogger("tensorflow")
_LEVELS = {"debug": 10, "info": 20, "warn": 30, "warning": 30, "error": 40, "fatal": 50}


def _logged(level: int) -> Callable[..., None]:
    return lambda msg, *args, **kwargs: _LOG.log(level, msg, *args, **kwargs)


TF: Table = {
    "device": device,
    "get_logger": lambda: _LOG,
}
CONFIG: Table = {
    "get_soft_device_placement": _getter("soft", True),
    "set_soft_device_placement": lambda enabled: _settings.__setitem__("soft", enabled),
}
CONFIG_EXPERIMENTAL: Table = {
    "get_device_policy": _getter("policy", "silent"),
    "get_memory_growth": lambda device: _settings.get(("growth", device)),
    "get_synchronous_execution": _getter("synchronous", True),
    "set_device_policy": lambda device_policy: _settings.__setitem__("policy", device_policy or "silent"),
    "set_memory_growth": lambda device, enable: _settings.__setitem__(("growth", device), enable),
    "set_synchronous_execution": lambda enable: _settings.__setitem__("synchronous", enable),
}
CONFIG_OPTIMIZER: Table = {
    "get_experimental_options": lambda: dict(_settings.get("options", {})),
    "get_jit": _getter("jit", False),
    "set_experimental_options": lambda options: _settings.__setitem__("options", dict(options)),
    "set_jit": lambda enabled: _settings.__setitem__("jit", enabled),
}
CONFIG_THREADING: Table = {
    "get_inter_op_parallelism_threads": _getter("inter", 0),
    "get_intra_op_parallelism_threads": _getter("intra", 0),
    "set_inter_op_parallelism_threads": lambda num_threads: _settings.__setitem__("inter", num_threads),
    "set_intra_op_parallelism_threads": lambda num_threads: _settings.__setitem__("intra", num_threads),
}
COMPAT: Table = {
    "as_bytes": _as_bytes,
    "as_str": _as_text,
    "as_str_any": lambda value: _as_text(value) if isinstance(value, bytes) else str(value),
    "as_text": _as_text,
    "dimension_at_index": _dimension_at,
    "dimension_value": lambda dimension: getattr(dimension, "value", dimension),
    "path_to_str": lambda path: str(path) if hasattr(path, "__fspath__") else path,
}
VERSION: Table = {
    "COMPILER_VERSION": "none",
    "GIT_VERSION": "unknown",
    "GRAPH_DEF_VERSION": 175,
    "GRAPH_DEF_VERSION_MIN_CONSUMER": 0,
    "GRAPH_DEF_VERSION_MIN_PRODUCER": 0,
    "VERSION": VERSION_OF_TF,
}
LOGGING: Table = {
    **{name.upper(): level for name, level in _LEVELS.items() if name != "warning"},
    **{name: _logged(level) for name, level in _LEVELS.items()},
    "flush": lambda: None,
    "get_verbosity": lambda: _LOG.getEffectiveLevel(),
    "log": lambda level, msg, *args, **kwargs: _LOG.log(level, msg, *args, **kwargs),
    "set_verbosity": lambda v: _LOG.setLevel(v),
    "vlog": lambda level, msg, *args, **kwargs: _LOG.log(level, msg, *args, **kwargs),
}

give_names(
    {
        "tensorflow": TF,
        "tensorflow.config": CONFIG,
        "tensorflow.config.experimental": CONFIG_EXPERIMENTAL,
        "tensorflow.config.optimizer": CONFIG_OPTIMIZER,
        "tensorflow.config.threading": CONFIG_THREADING,
        "tensorflow.compat": COMPAT,
        "tensorflow.compat.v1.logging": LOGGING,
    },
    __name__,
)
