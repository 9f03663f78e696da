"""Freed memory is kept for the next arrays, rather than returned to the system.

XLA allocates its results and its working memory anew at each call. The C library maps large blocks from the system and
unmaps them when they are freed, so that each call begins with page faults: half the time of a convolutional network's
training step. A setting of the C library keeps such blocks. It changes the whole process, which is for the program to
decide: `kjax run` does it, an import does not.

The blocks of one thread are not used for another's, and those of a thread other than the first are kept up to 64 MB
only. XLA computes in threads of its own, and its working memory is one block, 80 MB for a small MobileNet. So all
threads share one heap.

Likewise it has NumPy ask for no huge pages. With them the first element that is written takes 2 megabytes, so that an
array which is zero almost everywhere (one-hot labels of many classes, say) takes all of its memory.
"""

from __future__ import annotations

import ctypes
import os
from typing import Any

# Parameters of `mallopt`, from glibc's malloc.h.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD, _HEAPS = -1, -2, -3, -8

_LARGEST = 2**31 - 1
_MAPPED = 1 << 30  # larger arrays are still mapped and unmapped one by one
_STEP = 1 << 28  # growth of the heap: only addresses; a page is allocated when it is first touched

SWITCH = "KJAX_KEEP_MEMORY"


def keep_memory() -> bool:
    """Keep the memory that this process frees for its next arrays.

    Functions that handle megabytes run faster, up to twice as fast; the process stays as large as it once was.

    Returns:
        True if it is switched on: that needs glibc as the C library (as on most Linux systems), and an environment
        variable `KJAX_KEEP_MEMORY` other than 0.

    >>> import kjax, platform
    >>> kjax.keep_memory() == (platform.libc_ver()[0] == "glibc")
    True
    """
    library = None if os.environ.get(SWITCH) == "0" else _glibc()
    if library is None:
        return False
    settings = ((_MMAP_THRESHOLD, _MAPPED), (_TRIM_THRESHOLD, _LARGEST), (_TOP_PAD, _STEP), (_HEAPS, 1))
    return all(library.mallopt(ctypes.c_int(name), ctypes.c_int(value)) == 1 for name, value in settings)


def give_back() -> None:
    """Return the pages that are free to the system, where glibc is the C library.

    XLA's compiler allocates in many sizes. What programs leave lies between blocks of programs that are kept, from
    where it does not return by itself: after hundreds of programs that is a hundred megabytes.
    """
    library = _glibc()
    if library is not None:
        library.malloc_trim(ctypes.c_size_t(0))


def _glibc() -> Any:
    """The C library, if it is glibc."""
    try:
        library = ctypes.CDLL(None)
        # (Other libraries have a mallopt of another meaning.)
        return library if library.gnu_get_libc_version and library.mallopt and library.malloc_trim else None
    except (AttributeError, OSError, TypeError):
        return None


def ask_for_small_pages() -> bool:
    """Have NumPy ask the system for no huge pages, unless `NUMPY_MADVISE_HUGEPAGE` says what it is to do.

    Returns:
        True if it asked for some until now.
    """
    import numpy as np

    change = getattr(getattr(np, "_core", None), "multiarray", None)
    change = getattr(change, "_set_madvise_hugepage", None)  # (a private name; without it, all stays as it is)
    if change is None or "NUMPY_MADVISE_HUGEPAGE" in os.environ:
        return False
    return bool(change(False))
