"""NumPy on large arrays, in as many threads as there are cores.

An operation that reads and writes each element once is bound by memory: a compiler saves nothing there, and would have
to compile for every new shape. NumPy releases the interpreter's lock while it computes, so threads on all cores help.
`KJAX_THREADS=1` switches the threads off.
"""

import functools
import os
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from concurrent.futures import Future, ThreadPoolExecutor

# With fewer elements NumPy is done before a thread wakes up: for costly functions such as exp; for functions that only
# move elements, or combine them by one instruction; for concatenation.
WORTHWHILE = 1 << 18
WORTHWHILE_TO_MOVE = 1 << 22
WORTHWHILE_TO_JOIN = 1 << 20  # to alternate between arrays row by row is slower than to copy one after the other


@functools.cache
def threads() -> int:
    """The number of threads that compute: one for each core, unless `KJAX_THREADS` says otherwise."""
    wanted = os.environ.get("KJAX_THREADS", "")
    if wanted.isdigit() and int(wanted):
        return int(wanted)
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@functools.cache
def _pool() -> "ThreadPoolExecutor":
    """The pool of all threads but the calling one."""
    from concurrent.futures import ThreadPoolExecutor

    return ThreadPoolExecutor(threads() - 1, "kjax", initializer=functools.partial(np.seterr, all="ignore"))


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_pool.cache_clear)  # threads do not survive a fork


def for_each(parts: Sequence[Any], do: Callable[[Any], Any]) -> None:
    """Call `do(part)` for all parts, distributed over the threads."""
    rest: Iterator[Any] = iter(parts)  # a thread that is free takes the next one

    def work() -> None:
        for part in rest:
            do(part)

    helpers = _begun(work, min(threads(), len(parts)) - 1)
    try:
        work()
    finally:
        for helper in helpers:
            if not helper.cancel():  # it is running
                helper.result()


def _begun(work: Callable[[], None], times: int) -> "list[Future[None]]":
    try:
        return [_pool().submit(work) for _ in range(times)]
    except RuntimeError:  # the interpreter is about to end
        return []


def _share(length: int) -> int:
    """The length of a part: two parts for each thread; with one thread, everything."""
    return -(-length // (2 * threads())) if threads() > 1 else length


def _slices(length: int, step: int) -> list[slice]:
    return [slice(start, start + step) for start in range(0, length, step)]


# ------------------------------------------------------------------------------ how operations run on large arrays

# Each makes of a kernel over a namespace a function on large arrays of NumPy: what `@op(wide=...)` takes.
Wide = Callable[[Callable[..., Any]], Callable[..., Any]]


def itself(kernel: Callable[..., Any]) -> Callable[..., Any]:
    """The kernel as it is."""
    return functools.partial(kernel, np)


def ufunc(function: Any, costly: bool = False) -> Wide:
    """An elementwise kernel that is one function of NumPy, which writes where it is told to.

    Args:
        function: `function(*operands, out=array)`.
        costly: whether an element takes longer to compute than to read and write.
    """

    def wide(*args: Any) -> Any:
        return _elementwise(function, WORTHWHILE if costly else WORTHWHILE_TO_MOVE, args)

    return lambda kernel: wide


def _elementwise(function: Any, worthwhile: int, args: Sequence[Any]) -> Any:
    """`function` of arrays and numbers that broadcast against each other, computed in parts by the threads."""
    arrays = [x for x in args if type(x) is np.ndarray]
    shape = np.broadcast_shapes(*[x.shape for x in arrays])
    out = np.empty(shape, _first(function, args).dtype)
    if out.size < worthwhile or threads() == 1:
        function(*args, out=out)
        return out
    full = [type(x) is np.ndarray and x.shape == shape for x in args]
    if all(x.flags.c_contiguous if f else not np.ndim(x) for f, x in zip(full, args, strict=True)):
        args, target = [x.reshape(-1) if f else x for f, x in zip(full, args, strict=True)], out.reshape(-1)
    elif all(f or np.ndim(x) < out.ndim or len(x) == 1 for f, x in zip(full, args, strict=True)):
        target = out
    else:
        function(*args, out=out)
        return out

    def compute(part: slice) -> None:
        function(*[x[part] if f else x for f, x in zip(full, args, strict=True)], out=target[part])

    for_each(_slices(len(target), _share(len(target))), compute)
    return out


def _first(function: Any, args: Sequence[Any]) -> Any:
    """The result for the first elements only, which tells the dtype."""
    return function(*[x[(slice(1),) * x.ndim] if type(x) is np.ndarray else x for x in args], out=None)


# ---------------------------------------------------------------------------------------------------- parts of kernels


def fill(array: Any, value: Any) -> None:
    """Fill a new, C-contiguous array."""
    if array.size < WORTHWHILE_TO_MOVE:
        array.fill(value)
        return
    flat = array.reshape(-1)
    for_each(_slices(flat.size, _share(flat.size)), lambda part: flat[part].fill(value))


def copied(array: Any) -> Any:
    """A copy of an array."""
    if array.size < WORTHWHILE_TO_MOVE or not array.flags.c_contiguous:
        return np.array(array)
    out = np.empty(array.shape, array.dtype)
    source, target = array.reshape(-1), out.reshape(-1)
    step = _share(array.size)
    for_each(_slices(array.size, step), lambda part: np.copyto(target[part], source[part]))
    return out


def joined(arrays: Sequence[Any], axis: int) -> Any:
    """`np.concatenate`, in threads for large arrays."""
    size = sum([x.size for x in arrays])
    length = arrays[0].shape[0] if arrays[0].ndim else 0
    if size < WORTHWHILE_TO_JOIN or axis in (0, -arrays[0].ndim) or length < threads() or threads() == 1:
        return np.concatenate(arrays, axis)
    first = np.concatenate([x[:1] for x in arrays], axis)
    if any(len(x) != length for x in arrays):
        return np.concatenate(arrays, axis)  # raises NumPy's error
    out = np.empty((length, *first.shape[1:]), first.dtype)
    for_each(_slices(length, _share(length)), lambda part: np.concatenate([x[part] for x in arrays], axis, out[part]))
    return out


def reduced(ufunc: Any, x: Any, axis: Any, keepdims: bool) -> Any:
    """`ufunc.reduce`, in threads for large arrays; only for functions whose order does not matter, such as maxima."""
    if x.size < WORTHWHILE_TO_MOVE or threads() == 1 or len(x) < threads():
        return ufunc.reduce(x, axis, None, None, keepdims)
    axes = tuple(range(x.ndim)) if axis is None else axis
    parts = _slices(len(x), -(-len(x) // threads()))
    ends: list[Any] = [None] * len(parts)
    for_each(range(len(parts)), lambda i: ends.__setitem__(i, ufunc.reduce(x[parts[i]], axes, None, None, True)))
    # Combine the partial results of the threads along these axes.
    return ufunc.reduce(np.concatenate(ends), axes, None, None, keepdims)
