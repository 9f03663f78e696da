"""Detection of accelerators."""

from __future__ import annotations

import functools
import os

from kjax.machine import config

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
