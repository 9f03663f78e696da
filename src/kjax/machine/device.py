"""Devices: whether there is an accelerator, and arrays that move to the device."""

from __future__ import annotations

import functools
import os
from typing import Any

from kjax.machine import config
from kjax.machine.forks import jax_to_compute
from kjax.machine.imports import when_imported
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


SWITCH = "KJAX_CALLING_THREAD"


def compute_in_calling_thread() -> None:
    """Have JAX run programs for CPUs in the thread that calls them, unless `KJAX_CALLING_THREAD` is 0.

    As a rule it hands them to another thread and comes back. A program that looks at each result then waits for that
    thread: 60 microseconds, more than a small network computes in a step. It works as long as JAX has not computed yet.
    """
    if os.environ.get(SWITCH) != "0":
        when_imported("jax", _compute_in_calling_thread)


def _compute_in_calling_thread() -> None:
    import jax

    jax.config.update("jax_cpu_enable_async_dispatch", False)  # type: ignore[no-untyped-call]


def put(array: Any) -> Any:
    """A NumPy array as one of JAX, on the device: a value also where a program is being traced."""
    jax = jax_to_compute()
    with wide_types(jax), jax.ensure_compile_time_eval():
        return jax.device_put(array)
