"""Where an operation runs: in NumPy, in NumPy on several threads, or compiled by XLA.

An operation says by one argument where it can run (`@op(runs=...)`), `place` decides where it does. The fast path, the
general path and `K.function` all go by the same numbers:

- `XLA`: in NumPy while the operands are small, where a compiler costs more than it gains; beyond that compiled.
- `NUMPY`: in NumPy at any size. XLA gains nothing, or would compile for each new shape.
- `threads(...)`: in NumPy at any size on a CPU, large operands on all cores; large ones on an accelerator go to XLA.
- `JAX_ONLY`: the kernel is written for JAX and never runs in NumPy.

In all cases an operand that JAX traces, or that lives on an accelerator, takes the operation to JAX.
"""

from __future__ import annotations

import enum
import functools
import math
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from kjax.core.graph import Node
from kjax.machine import config, meshes
from kjax.machine import threads as machine_threads
from kjax.machine.device import has_accelerator

# More elements than this, in all operands together, are worth compiling for.
LARGE = 1 << 18

# Makes of a kernel a function that computes large NumPy arrays.
AtLarge = Callable[[Callable[..., Any]], Callable[..., Any]]


class Runs:
    """Where an operation can run.

    Attributes:
        numpy: whether its kernel runs in NumPy at all.
        limit: how many elements, in all operands together, NumPy computes as they are.
        at_large: what makes of the kernel a function for NumPy arrays beyond the limit; None if XLA takes those.
    """

    __slots__ = ("at_large", "limit", "numpy")

    def __init__(self, numpy: bool = True, limit: float = LARGE, at_large: AtLarge | None = None) -> None:
        self.numpy = numpy
        self.limit = limit
        self.at_large = None if config.PLAIN else at_large


XLA = Runs()
NUMPY = Runs(limit=math.inf)
JAX_ONLY = Runs(numpy=False, limit=-1)


def threads(function: np.ufunc | Callable[..., Any] | None = None, costly: bool = False) -> Runs:
    """Runs in NumPy at any size on a CPU, in several threads where that pays.

    Args:
        function: the kernel as one function of NumPy, `function(*operands, out=array)`. Without one, the kernel itself
            is called on large operands, and sees to threads where they help.
        costly: whether an element takes longer to compute than to read and write.
    """
    if function is None:
        return large_by(lambda kernel: functools.partial(kernel, np))
    return large_by(machine_threads.ufunc(function, costly))


def large_by(at_large: AtLarge) -> Runs:
    """Runs in NumPy at any size on a CPU, large operands by what `at_large` makes of the kernel."""
    return Runs(at_large=at_large)


class Place(enum.Enum):
    """Where one call of an operation runs."""

    NUMPY = "the kernel in NumPy"
    NUMPY_AT_LARGE = "the function for large arrays in NumPy"
    COMPILED = "the kernel in JAX"


def place(runs: Runs, size: int) -> Place:
    """Where an operation runs on operands that have `size` elements in all."""
    if size <= runs.limit:
        return Place.NUMPY
    if runs.at_large is not None and not has_accelerator():
        return Place.NUMPY_AT_LARGE
    return Place.COMPILED


def at_large(runs: Runs, kernel: Callable[..., Any]) -> Callable[..., Any]:
    """What computes large operands in NumPy; it raises where these are not for NumPy."""
    function = None if runs.at_large is None else runs.at_large(kernel)

    def compute(*args: Any) -> Any:
        if function is None or has_accelerator():
            raise NotImplementedError
        return function(*args)

    return compute


def first_call_in_numpy(nodes: Iterable[Node], feeds: Sequence[Any]) -> bool:
    """Whether a function computes its first call node by node in NumPy, sooner than JAX is loaded."""
    if config.PLAIN or config.jax_loaded():
        return False
    return all(node.op.numpy and not node.op.random for node in nodes) and sum([x.size for x in feeds]) <= LARGE


# ------------------------------------------------------------------------------------------------------------- arrays


def on_cpu(array: Any) -> bool:
    """Whether a JAX array lives in ordinary memory as a whole: on no accelerator, and not in shards."""
    return not meshes.in_shards(array) and all(device.platform == "cpu" for device in array.devices())


def boxed(value: Any) -> Any:
    """NumPy's scalars as 0-d arrays; everything else as it is."""
    return np.asarray(value) if isinstance(value, np.generic) else value


def boxed_all(out: Any) -> Any:
    """The outputs of a kernel, one or several, as arrays."""
    return tuple(map(boxed, out)) if isinstance(out, (tuple, list)) else boxed(out)


def flattened(values: Iterable[Any]) -> list[Any]:
    """The arrays in `values`, some of which may be lists of arrays."""
    flat: list[Any] = []
    for part in values:
        if isinstance(part, (list, tuple)):
            flat += flattened(part)
        else:
            flat.append(part)
    return flat
