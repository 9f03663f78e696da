"""Devices: whether there is an accelerator, and arrays that move to the device."""

from __future__ import annotations

import functools
import os
from typing import Any

from kjax.machine import config
from kjax.machine.forks import jax_to_compute
from kjax.machine.scopes import wide_types

# JAX finds accelerators through these packages, and through entry points of others.
_PACKAGES = ("jax_plugins", "libtpu")


@functools.cache
def has_accelerator() -> bool:
    """Whether JAX computes on an accelerator by default; JAX is imported only if it could."""
    if os.environ.get("JAX_PLATFORMS") == "cpu":
        return False
    if not config.jax_loaded():
        import importlib.metadata
        import importlib.util

        plugins = any(map(importlib.util.find_spec, _PACKAGES)) or importlib.metadata.entry_points(group="jax_plugins")
        if not plugins:
            return False
    import jax

    return bool(jax.default_backend() != "cpu")


def put(array: Any) -> Any:
    """A NumPy array as one of JAX, on the device: a value also where a program is being traced."""
    jax = jax_to_compute()
    with wide_types(jax), jax.ensure_compile_time_eval():
        return jax.device_put(array)
