"""`jax.jit` with XLA options that suit CPUs."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

# By default XLA hands convolutions to a library of kernels (YNNPACK), where they use one core. XLA's own convolutions
# use all cores, and are twice as fast even on one. Matrix products and reductions stay with the library.
#
# LLVM's expensive passes are a tenth of the time of compiling a model, and make none of its steps faster.
_FOR_CPU = {
    "xla_cpu_experimental_ynn_fusion_type": "LIBRARY_FUSION_TYPE_DOT,LIBRARY_FUSION_TYPE_REDUCE",
    "xla_backend_optimization_level": 2,
    "xla_llvm_disable_expensive_passes": True,
}

SWITCH = "KJAX_XLA_OPTIONS"


@functools.cache
def options() -> dict[str, Any] | None:
    """XLA's options for each function; None on accelerators, or if XLA does not know these options.

    The environment variable `KJAX_XLA_OPTIONS=0` switches them off.
    """
    import jax

    if os.environ.get(SWITCH) == "0" or jax.default_backend() != "cpu":
        return None
    try:
        jax.jit(lambda: 0.0, compiler_options=_FOR_CPU).lower().compile()
    except jax.errors.JaxRuntimeError:
        return None
    return dict(_FOR_CPU)


def compiled(function: Callable[..., Any], **how: Any) -> Callable[..., Any]:
    """`function`, compiled by XLA when it is called with arrays of shapes not seen yet.

    Args:
        function: a function from JAX arrays to JAX arrays.
        **how: further arguments of `jax.jit`, for example `static_argnums`.
    """
    import jax

    return jax.jit(function, compiler_options=options(), **how)
