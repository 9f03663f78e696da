"""Half-precision floats: sums in single precision, and constants that leave an array its dtype.

Sums in 16 bits lose their small terms (256 + 1 is 256 in bfloat16); XLA and TensorFlow's matrix kernels carry more
bits inside an operation too.
"""

from typing import Any

import numpy as np

# For kernels that add 0 or 1 to an array, or compare it with them. Beside Python's own, NumPy before 2.2 makes float32
# of bfloat16; beside the smallest type of integers every float keeps its dtype, in JAX too.
ZERO = np.zeros((), np.int8)
ONE = np.ones((), np.int8)


def widened(x: Any) -> Any:
    """float16 and bfloat16 as float32; everything else as it is."""
    return x.astype(np.float32) if x.dtype.itemsize == 2 and x.dtype.kind not in "iu" else x


def narrowed(x: Any, dtype: Any) -> Any:
    """`x` in the dtype it was widened from."""
    return x if x.dtype == dtype else x.astype(dtype)
