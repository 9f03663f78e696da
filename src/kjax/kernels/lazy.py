"""Arrays of zeros larger than memory, whose pages the system allocates when they are first written to."""

import math
import mmap
import os
from typing import Any

import numpy as np

# An array of more than this many times the machine's memory counts as a mistake.
_TIMES = 16
_NORESERVE = getattr(mmap, "MAP_NORESERVE", 0x4000)  # Linux's number, for Pythons that don't name it


def zeros(dims: tuple[int, ...], dtype: Any) -> Any:
    """An array of zeros without reserved memory, for sizes that NumPy's allocator refuses.

    Raises:
        MemoryError: the system can't map it, or the array is larger than `_TIMES` the memory.
    """
    size = math.prod(dims) * dtype.itemsize
    if not hasattr(os, "sysconf") or not hasattr(mmap, "MAP_ANONYMOUS") or size > _TIMES * memory():
        raise MemoryError
    try:
        pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NORESERVE)
    except (OSError, ValueError, OverflowError):
        raise MemoryError from None
    return np.frombuffer(pages, dtype).reshape(dims)  # it owns `pages`, which are unmapped with it


def memory() -> int:
    """The memory of the machine in bytes."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
