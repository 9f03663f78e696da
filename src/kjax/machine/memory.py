"""What becomes of freed memory: kept for the next arrays, rather than given back to the system.

XLA allocates its results and its working memory anew at each call. The C library fetches large blocks from the system
and gives them back when they are freed, so that each call begins with page faults: half the time of a convolutional
network's training step. It can be told to keep them. That changes the whole process, which is for the program to
decide: `kjax run` does it, an import does not.
"""

from __future__ import annotations

import ctypes
import os

# Parameters of `mallopt`, from glibc's malloc.h.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_THRESHOLD = -1, -2, -3

_LARGEST = 2**31 - 1
_MAPPED = 1 << 30  # arrays from here on are still fetched and given back one by one
_STEP = 1 << 28  # by how much the heap grows: addresses only, pages come when they are touched

SWITCH = "KJAX_KEEP_MEMORY"


def keep_memory() -> bool:
    """Let this process keep the memory that it frees, for the arrays to come.

    Functions that handle megabytes run faster, up to twice as fast; the process stays as large as it once was.

    Returns:
        Whether that could be done: the C library must be glibc (which Linux has, as a rule), and the environment
        variable `KJAX_KEEP_MEMORY` must not be 0.

    >>> import kjax, platform
    >>> kjax.keep_memory() == (platform.libc_ver()[0] == "glibc")
    True
    """
    if os.environ.get(SWITCH) == "0":
        return False
    try:
        library = ctypes.CDLL(None)
        library.gnu_get_libc_version  # noqa: B018 (others have a mallopt, too, of other meaning)
        mallopt = library.mallopt
    except (AttributeError, OSError, TypeError):
        return False
    settings = ((_MMAP_THRESHOLD, _MAPPED), (_TRIM_THRESHOLD, _LARGEST), (_TOP_PAD, _STEP))
    return all(mallopt(ctypes.c_int(name), ctypes.c_int(value)) == 1 for name, value in settings)
