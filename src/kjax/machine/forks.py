"""JAX in processes that were made by `fork`.

A forked process has none of the threads of its parent, and a program of XLA that needs one waits for ever. So where JAX
has computed before the fork, the child does not let it: what NumPy computes works, everything else is an error.
"""

from __future__ import annotations

import os
import sys
from typing import Any

from kjax.machine import config

# Whether JAX can't compute here.
forked = False


class ForkedProcessError(NotImplementedError):
    """JAX was asked to compute in a process that was forked after JAX had computed in its parent."""

    __module__ = "kjax"


def started() -> bool:
    """Whether JAX has computed in this process; True where it can't be found out."""
    bridge = sys.modules.get("jax._src.xla_bridge")
    started = getattr(bridge, "backends_are_initialized", None)
    return config.jax_loaded() and (started is None or bool(started()))


def _in_child() -> None:
    global forked
    forked = forked or started()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_in_child)


def jax_to_compute() -> Any:
    """The module `jax`, for who computes with it.

    Raises:
        ForkedProcessError: JAX can't compute in this process.
    """
    if forked:
        raise ForkedProcessError(
            "JAX can't compute in a process that was forked after it had computed in the parent: XLA's threads are "
            "missing here. Start such processes anew, by multiprocessing.get_context('spawn'), or fork them before the "
            "first computation that needs JAX"
        )
    import jax

    return jax
