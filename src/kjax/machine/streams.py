"""Streams of seeds: what random functions without a seed draw from, within a block that gives one number."""

from __future__ import annotations

import itertools
from contextvars import ContextVar
from typing import Any

import numpy as np

from kjax.machine.checks import is_tracer


class Stream:
    """Seeds derived from one number, which JAX may trace; each another one."""

    def __init__(self, number: Any) -> None:
        self.number = number
        self._counts = itertools.count(1)

    def next(self) -> tuple[Any, int]:
        """The two numbers that the next seed is made of."""
        return self.number, next(self._counts)


STREAM: ContextVar[Stream | None] = ContextVar("kjax_random_key", default=None)


def key_of_step(key: Any, t: Any) -> Any:
    """What stands for the number of the run at step `t`: another one at each step of each run."""
    a, b = 0x9FB21C651E98DF25, 0xD6E8FEB86659FD93
    if not is_tracer(key) and not is_tracer(t):
        return np.uint64((int(key) * a + (int(t) + 1) * b) % 2**64)
    import jax.numpy as jnp

    uint = np.uint64
    return jnp.asarray(key, uint) * uint(a) + (jnp.asarray(t, uint) + uint(1)) * uint(b)
