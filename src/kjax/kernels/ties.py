"""Kernels whose gradient at a tie is TensorFlow's.

JAX splits the gradient of a maximum between equal arguments; TensorFlow gives all of it to the first. A selection by
comparison has that gradient by itself. NaN wins on either side, as in NumPy.
"""

from typing import Any


def maximum(jnp: Any, x: Any, y: Any) -> Any:
    """The greater of two; of equal ones the first."""
    return jnp.where((x >= y) | jnp.isnan(x), x, y)


def minimum(jnp: Any, x: Any, y: Any) -> Any:
    """The lesser of two; of equal ones the first."""
    return jnp.where((x <= y) | jnp.isnan(x), x, y)
