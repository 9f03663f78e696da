"""Several processes that compute together, on one machine or several, by `jax.distributed`.

`join` makes this process one of them, as the environment says: `JAX_COORDINATOR_ADDRESS`, `JAX_NUM_PROCESSES` and
`JAX_PROCESS_ID` (`kjax run --processes` sets them), or what SLURM and Open MPI set. From then on JAX has the devices of
all processes. All of them run the same program: the same functions, in the same order. So that this holds for programs
that draw random numbers, too, they start with the same state of NumPy's and Python's generators.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import re
import sys
from typing import Any

from kjax.machine import config

ADDRESS, COUNT, RANK = "JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID"

# Seconds after which a process that does not answer counts as dead. (One that ends is noticed at once by those that
# wait for its data.)
_SILENCE = 20
# Milliseconds to wait at a barrier: others may be computing for long. A process that dies ends the wait.
_LONG = 24 * 3600 * 1000

_joined = _lost = False


class LostProcessError(RuntimeError):
    """One of the processes that compute together has ended, so that this one can't go on."""

    __module__ = "kjax"


def are_several() -> bool:
    """Whether this process is one of several, by `join` or by a call of `jax.distributed.initialize`."""
    if not config.jax_loaded():
        return False
    import jax

    return bool(jax.distributed.is_initialized() and jax.process_count() > 1)


def rank() -> int:
    """The number of this process: the first one is 0."""
    import jax

    return int(jax.process_index()) if are_several() else 0


def count() -> int:
    """The number of processes."""
    import jax

    return int(jax.process_count()) if are_several() else 1


def is_named() -> bool:
    """Whether the environment says that this process is one of several."""
    return all(name in os.environ for name in (ADDRESS, COUNT, RANK)) or any(
        int(os.environ.get(name, 1)) > 1 for name in ("SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE") if _is_step(name)
    )


def expected() -> int:
    """How many processes the environment speaks of."""
    if not is_named():
        return 1
    told = next(os.environ[name] for name in (COUNT, "SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE") if name in os.environ)
    return int(told) if told.isdigit() else 1


def _is_step(name: str) -> bool:
    # (A batch script of SLURM has the number of tasks, too, without being one of them.)
    return name != "SLURM_NTASKS" or "SLURM_STEP_NODELIST" in os.environ


def join() -> None:
    """Become one of several processes, as the environment says, and wait for the others.

    Raises:
        ValueError: the environment has no numbers.
        RuntimeError: JAX has computed already, or the others don't come.
    """
    global _joined
    import jax

    if _joined:
        return
    told: dict[str, Any] = {}
    if COUNT in os.environ:
        try:
            told = {"num_processes": int(os.environ[COUNT]), "process_id": int(os.environ[RANK])}
        except (KeyError, ValueError):
            raise ValueError(f"{COUNT} and {RANK} must be numbers: how many processes, and which one this is") from None
    settings: Any = jax.config
    # On CPUs programs run one after the other, as on accelerators: else two that exchange data could do so in another
    # order in each process.
    settings.update("jax_cpu_enable_async_dispatch", False)
    with contextlib.suppress(AttributeError):  # (older versions don't know it)
        settings.update("jax_enable_preemption_service", False)  # which catches SIGTERM, and does no more with it
    jax.distributed.initialize(heartbeat_timeout_seconds=_SILENCE, **told)
    _joined = True
    atexit.register(_end_at_once)
    _start_alike()


def _start_alike() -> None:
    """Let the generators of all processes begin with the same numbers."""
    import random
    import secrets

    import numpy as np

    client = _client()
    if rank() == 0:
        client.key_value_set("kjax/seed", str(secrets.randbits(32)))
    seed = int(client.blocking_key_value_get("kjax/seed", 60_000))
    np.random.seed(seed)
    random.seed(seed)


def _end_at_once() -> None:
    """Don't wait for a process that is gone, as JAX would at the end of this one."""
    if _lost:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(1)


def wait(name: str) -> None:
    """Wait until all processes are here.

    Raises:
        LostProcessError: one has ended.
    """
    if not are_several():
        return
    global _waits
    _waits += 1
    try:
        _client().wait_at_barrier(f"kjax/{name}/{_waits}", _LONG)
    except Exception as error:
        raise lost(error) from None


_waits = 0


def lost(error: Exception) -> LostProcessError:
    """The error for a step that failed since another process is gone."""
    global _lost
    _lost = True
    return LostProcessError(
        f"another of the {count()} processes has ended or can't be reached, and process {rank()} can't go on without "
        f"it; look for its error above, and start all of them again from the last checkpoint ({_first_line(error)})"
    )


def is_loss(error: Exception) -> bool:
    """Whether an error of XLA says that another process is gone."""
    return are_several() and _LOSS.search(str(error)) is not None


_LOSS = re.compile(
    r"Gloo|Connection (?:reset|closed|refused)|heartbeat|coordination|NCCL|UNAVAILABLE|remote task|Barrier failed", re.I
)


def _first_line(error: Exception) -> str:
    line = (str(error).splitlines() or [""])[0]
    return line if len(line) < 200 else f"{line[:200]} …"


def _client() -> Any:
    from jax._src import distributed  # (JAX gives it nowhere else)

    return distributed.global_state.client
