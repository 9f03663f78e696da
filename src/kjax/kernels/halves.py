"""Half-precision floats, computed with in single precision.

Sums in 16 bits lose their small terms (256 + 1 is 256 in bfloat16); XLA and TensorFlow's matrix kernels use more bits
inside an operation, too.
"""

from typing import Any

import numpy as np


def widened(x: Any) -> Any:
    """float16 and bfloat16 as float32; everything else as it is."""
    return x.astype(np.float32) if x.dtype.itemsize == 2 and x.dtype.kind not in "iu" else x


def narrowed(x: Any, dtype: Any) -> Any:
    """`x` in `dtype`, which it had before `widened`."""
    return x if x.dtype == dtype else x.astype(dtype)
