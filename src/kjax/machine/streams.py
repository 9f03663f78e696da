"""Streams of seeds: what random functions without a seed draw from, within a block that gives one number."""

from __future__ import annotations

import itertools
from contextvars import ContextVar
from typing import Any


class Stream:
    """Seeds derived from one number, which JAX may trace; each another one."""

    def __init__(self, number: Any) -> None:
        self.number = number
        self._counts = itertools.count(1)

    def next(self) -> tuple[Any, int]:
        """The two numbers that the next seed is made of."""
        return self.number, next(self._counts)


STREAM: ContextVar[Stream | None] = ContextVar("kjax_random_key", default=None)
