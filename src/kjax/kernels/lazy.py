"""Zeros beyond the memory there is: pages that the system provides when they are first written to."""

import math
import mmap
import os
from typing import Any

import numpy as np

# More than this many times the memory of the machine is taken for a mistake.
_TIMES = 16
_NORESERVE = getattr(mmap, "MAP_NORESERVE", 0x4000)  # Linux's number, for Pythons that don't name it


def zeros(dims: tuple[int, ...], dtype: Any) -> Any:
    """An array of zeros for which no memory is set aside, where NumPy's allocator refuses.

    Raises:
        MemoryError: the system can't do it, or the array is beyond all measure.
    """
    size = math.prod(dims) * dtype.itemsize
    if not hasattr(os, "sysconf") or not hasattr(mmap, "MAP_ANONYMOUS") or size > _TIMES * memory():
        raise MemoryError
    try:
        pages = mmap.mmap(-1, size, flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NORESERVE)
    except (OSError, ValueError, OverflowError):
        raise MemoryError from None
    return np.frombuffer(pages, dtype).reshape(dims)  # which holds `pages`, and lets go of them at its end


def memory() -> int:
    """How many bytes of memory the machine has."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
