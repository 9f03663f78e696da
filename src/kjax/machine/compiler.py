"""`jax.jit` with XLA options that suit CPUs, and the bound on what is compiled."""

from __future__ import annotations

import functools
import itertools
import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from contextvars import ContextVar
from typing import Any, Generic, Literal, TypeVar

from kjax.machine import cache
from kjax.machine.memory import give_back

T = TypeVar("T")

# By default XLA hands convolutions to a library of kernels (YNNPACK), where they use one core. XLA's own convolutions
# use all cores, and are twice as fast even on one; but not in float64, which takes eight times as long as with the
# library. Matrix products and reductions stay with it.
#
# LLVM's expensive passes are a tenth of the time of compiling a model, and make none of its steps faster.
_BY_LIBRARY = "LIBRARY_FUSION_TYPE_INDIVIDUAL_DOT,LIBRARY_FUSION_TYPE_REDUCE"
_FOR_CPU = {
    "xla_cpu_experimental_ynn_fusion_type": _BY_LIBRARY,
    "xla_backend_optimization_level": 2,
    "xla_llvm_disable_expensive_passes": True,
}

# Without this, XLA finds that results which are computed anew (`jax.checkpoint`) are there already, and keeps these.
# The second prevents small loops from being compiled in another way, which knows no barriers.
_ANEW = {"xla_disable_hlo_passes": "cse_barrier_expander,small-while-loop-hoisting"}

# With less effort a model's training step compiles in two thirds of the time, and runs about a tenth longer (some run
# sooner). With the least it compiles in a quarter of the time, and runs three times as long.
Effort = Literal["full", "less", "least"]
_LESS = {**_FOR_CPU, "xla_cpu_use_fusion_emitters": False}
# LLVM then gets few modules, which take less of processor time together than the 32 that XLA makes as a rule.
_MODULES = max(1, (os.cpu_count() or 1) // 2)
_LEAST = {**_LESS, "xla_backend_optimization_level": 0, "xla_cpu_parallel_codegen_split_count": _MODULES}
_EFFORTS = {"full": _FOR_CPU, "less": _LESS, "least": _LEAST}

# That of the program which is traced here.
EFFORT: ContextVar[Effort] = ContextVar("kjax_effort", default="full")


def is_quick() -> bool:
    """Whether what is traced here is compiled with the least effort, so that loops run many times as long.

    XLA's own operations for products and convolutions, which are compiled already, run as fast as ever.
    """
    return EFFORT.get() == "least"


SWITCH = "KJAX_XLA_OPTIONS"


@functools.cache
def options(effort: Effort = "full", doubles: bool = False, anew: bool = False) -> dict[str, Any] | None:
    """XLA's options for each function; None on accelerators, or if XLA does not know these options.

    The environment variable `KJAX_XLA_OPTIONS=0` switches them off.

    Args:
        effort: how much time the compiler takes for programs that run fast.
        doubles: whether the function's images are of float64.
        anew: whether it computes results anew that it has had already.
    """
    import jax

    cache.use_checked_files()
    if os.environ.get(SWITCH) == "0" or jax.default_backend() != "cpu":
        return None
    wanted = dict(_EFFORTS[effort])
    if doubles:
        wanted["xla_cpu_experimental_ynn_fusion_type"] = f"{_BY_LIBRARY},LIBRARY_FUSION_TYPE_INDIVIDUAL_CONVOLUTION"
    for known in ({**wanted, **_ANEW}, _ANEW, wanted) if anew else (wanted,):
        try:
            jax.jit(lambda: 0.0, compiler_options=known).lower().compile()
        except jax.errors.JaxRuntimeError:
            continue
        return known
    return None


def has_efforts() -> bool:
    """Whether a function can be compiled sooner, at the cost of its speed."""
    return options("least") is not None


# What is told of each program that is made, and gives the function to call instead; see `compiled`.
watch: Callable[[Callable[..., Any], Any, Effort], Callable[..., Any]] | None = None


_made = itertools.count(1)
_BATCH = 64  # programs, after which their memory is looked after; it takes milliseconds, as one of them does


def compiled(
    function: Callable[..., Any],
    effort: Effort = "full",
    doubles: bool = False,
    anew: bool = False,
    of: Any = None,
    **how: Any,
) -> Callable[..., Any]:
    """`function`, compiled by XLA when it is called with arrays of shapes not seen yet.

    Args:
        function: a function from JAX arrays to JAX arrays.
        effort: how much time the compiler takes for programs that run fast.
        doubles: whether the function's images are of float64.
        anew: whether it computes results anew that it has had already.
        of: what this is a program of, for whom it may concern: others of it were made for other shapes.
        **how: further arguments of `jax.jit`, for example `static_argnums`.
    """
    import jax

    if next(_made) % _BATCH == 0:
        give_back()
    program = jax.jit(function, compiler_options=options(effort, doubles, anew), **how)
    return program if watch is None else watch(program, function if of is None else of, effort)


class Programs(Generic[T]):
    """Compiled programs, each for arrays of other shapes: beyond `limit` of them, the one not used for longest goes.

    A program takes a megabyte and more, and batches that are padded to their longest sequence have many shapes.
    """

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._kept: OrderedDict[Hashable, T] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def find(self, key: Hashable) -> T | None:
        """The program for `key`; None if there is none."""
        found = self._kept.get(key)
        if found is not None and 2 * len(self._kept) > self._limit:  # with few of them their order does not matter
            with self._lock:
                if key in self._kept:
                    self._kept.move_to_end(key)
        return found

    def add(self, key: Hashable, program: T) -> T:
        """Keep a program; another thread may have been first, and then its program is returned."""
        with self._lock:
            kept = self._kept.setdefault(key, program)
            while len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        return kept

    def replace(self, key: Hashable, program: T) -> T:
        """Keep a program in place of another one."""
        with self._lock:
            self._kept[key] = program
        return program

    def clear(self) -> None:
        """Forget all programs."""
        with self._lock:
            self._kept.clear()
