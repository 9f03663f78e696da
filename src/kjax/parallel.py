"""NumPy on large arrays, in as many threads as there are cores.

What reads and writes each element once is bound by memory: a compiler saves nothing there, and would have to compile
for every new shape. NumPy lets go of the interpreter while it computes, so that a thread for each core does it.
`KJAX_THREADS=1` switches the threads off.
"""

import functools
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

# Arrays of fewer elements are computed sooner than a thread wakes up.
WORTHWHILE = 1 << 18
# As many elements as stay in a core's cache with what is computed from them.
_BLOCK = 1 << 16


@functools.cache
def threads() -> int:
    """How many threads compute: one for each core, unless `KJAX_THREADS` says otherwise."""
    wanted = os.environ.get("KJAX_THREADS", "")
    if wanted.isdigit() and int(wanted):
        return int(wanted)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@functools.cache
def _pool() -> "ThreadPoolExecutor":
    """The threads beside the one that calls."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(threads() - 1, "kjax", initializer=functools.partial(np.seterr, all="ignore"))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # threads do not survive a fork


def for_each(parts: Sequence[Any], do: Callable[[Any], Any]) -> None:
    """`do(part)` for all parts, shared out among the threads."""
    rest: Iterator[Any] = iter(parts)  # whoever is free takes the next one

    def work() -> None:
        for part in rest:
            do(part)

    helpers = [_pool().submit(work) for _ in range(min(threads(), len(parts)) - 1)]
    try:
        work()
    finally:
        for helper in helpers:
            if not helper.cancel():  # it has begun
                helper.result()


def _share(length: int) -> int:
    """The length of a part: two of them for each thread, if there are several."""
    return -(-length // (2 * threads())) if threads() > 1 else length


def _slices(length: int, step: int) -> list[slice]:
    return [slice(start, start + step) for start in range(0, length, step)]


# ------------------------------------------------------------------------------ how operations run on large arrays

# Each makes of a kernel over a namespace a function on large arrays of NumPy: what `@op(wide=...)` takes.
Wide = Callable[[Callable[..., Any]], Callable[..., Any]]


def itself(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """The kernel as it is."""
    return functools.partial(kernel, np)


def blocks(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """An elementwise kernel in blocks, so that what lies between its steps stays in the cache."""

    def fill(target: Any, operands: Sequence[Any]) -> None:
        target[...] = kernel(np, *operands)

    return functools.partial(_elementwise, kernel, fill, _BLOCK)


def ufunc(function: Any, steps: bool = False) -> Wide:
    """An elementwise kernel that is one function of NumPy, or `steps` of them, which write where they are told to."""

    def fill(target: Any, operands: Sequence[Any]) -> None:
        function(*operands, out=target)

    return lambda kernel: functools.partial(_elementwise, kernel, fill, _BLOCK if steps else None)


def rows(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """A kernel that does the same with each row, in blocks of rows. Behind its arrays comes the axis; -1 is that of rows."""

    def wide(*args: Any) -> Any:
        arrays = [x for x in args if type(x) is np.ndarray]
        axis = args[len(arrays)] if len(args) > len(arrays) else -1
        length = len(arrays[0])
        if axis != -1 or arrays[0].ndim < 2 or any(len(x) != length for x in arrays) or length < 2 * threads():
            return kernel(np, *args)

        def at(part: slice) -> list[Any]:
            return [x[part] if type(x) is np.ndarray else x for x in args]

        first = kernel(np, *at(slice(1)))
        out = np.empty((length, *first.shape[1:]), first.dtype)
        step = max(1, _BLOCK * length // arrays[0].size)
        for_each(_slices(length, step), lambda part: out.__setitem__(part, kernel(np, *at(part))))
        return out

    return wide


def _elementwise(kernel: Callable[..., Any], fill: Callable[..., None], block: int | None, *args: Any) -> Any:
    """`kernel` on arrays that broadcast against each other, and on attributes behind them, part by part."""
    shapes = [x.shape for x in args if type(x) is np.ndarray]
    shape = np.broadcast_shapes(*shapes)
    full = [type(x) is np.ndarray and x.shape == shape for x in args]
    if all(x.flags.c_contiguous if f else not np.ndim(x) for f, x in zip(full, args, strict=True)):
        args = tuple([x.reshape(-1) if f else x for f, x in zip(full, args, strict=True)])
    elif not all(s == shape or len(s) < len(shape) or s[0] == 1 for s in shapes):
        return kernel(np, *args)
    length = max([len(x) for f, x in zip(full, args, strict=True) if f], default=0)
    if length < 2 * threads():
        return kernel(np, *args).reshape(shape)

    def at(part: slice) -> list[Any]:
        return [x[part] if f else x for f, x in zip(full, args, strict=True)]

    out = np.empty(shape, kernel(np, *at(slice(1))).dtype)
    target = out.reshape(-1) if length == out.size else out
    step = _share(length) if block is None else max(1, block * length // out.size)
    for_each(_slices(length, step), lambda part: fill(target[part], at(part)))
    return out


# ---------------------------------------------------------------------------------------------------- parts of kernels


def fill(array: Any, value: Any) -> None:
    """Fill a new array, which is C-contiguous."""
    if array.size < WORTHWHILE:
        array.fill(value)
        return
    flat = array.reshape(-1)
    for_each(_slices(flat.size, _share(flat.size)), lambda part: flat[part].fill(value))


def copied(array: Any) -> Any:
    """A new array with the values of another, in memory of its own."""
    if array.size < WORTHWHILE or not array.flags.c_contiguous:
        return np.array(array)
    out = np.empty(array.shape, array.dtype)
    source, target = array.reshape(-1), out.reshape(-1)
    step = _share(array.size)
    for_each(_slices(array.size, step), lambda part: np.copyto(target[part], source[part]))
    return out


def joined(arrays: Sequence[Any], axis: int) -> Any:
    """`np.concatenate` of arrays that are fit for it."""
    size = sum([x.size for x in arrays])
    length = arrays[0].shape[0] if arrays[0].ndim else 0
    if size < WORTHWHILE or axis in (0, -arrays[0].ndim) or length < threads() or threads() == 1:
        return np.concatenate(arrays, axis)
    first = np.concatenate([x[:1] for x in arrays], axis)
    if any(len(x) != length for x in arrays):
        return np.concatenate(arrays, axis)  # which says what is wrong
    out = np.empty((length, *first.shape[1:]), first.dtype)
    for_each(_slices(length, _share(length)), lambda part: np.concatenate([x[part] for x in arrays], axis, out[part]))
    return out


def reduced(ufunc: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    """`ufunc.reduce` of an array, for functions where the order does not matter, such as maxima."""
    if x.size < WORTHWHILE or threads() == 1 or len(x) < threads():
        return ufunc.reduce(x, axis, None, None, keepdims)
    axes = tuple(range(x.ndim)) if axis is None else axis
    parts = _slices(len(x), -(-len(x) // threads()))
    ends: list[Any] = [None] * len(parts)
    for_each(range(len(parts)), lambda i: ends.__setitem__(i, ufunc.reduce(x[parts[i]], axes, None, None, True)))
    joined = np.concatenate(ends)
    return ufunc.reduce(joined, axes, None, None, keepdims)  # what is left along these axes: a few elements, or one
