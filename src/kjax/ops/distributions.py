"""Random numbers of further distributions, and those that a seed alone determines, whatever the run."""

from typing import Any

import numpy as np

from kjax import shapes
from kjax.core import dtypes
from kjax.core.dtypes import as_dtype
from kjax.core.op import op
from kjax.core.operands import Dims, DTypeGiven, Float, Index
from kjax.core.placement import JAX_ONLY
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.kernels import draws
from kjax.machine.scopes import wide_types
from kjax.ops.random import _drawn_shape, _Seed


def _for_each(where: str, parameter: Tensor, shape: Any, *rest: Any) -> Shape:
    """`shape` for each element of a parameter."""
    front = _drawn_shape(where, shape)
    return shapes.UNKNOWN if None in (front.rank, parameter.shape.rank) else Shape((*front, *parameter.shape))


def _key(seed: tuple[Any, Any]) -> Any:
    """JAX's key of a seed and the number of a run."""
    import jax

    number, run = seed
    return jax.random.fold_in(jax.random.key(number), run)


@op(shape=_for_each, random=True, runs=JAX_ONLY, label="RandomGamma")
def random_gamma(xp, alpha: Float, shape: Dims, seed: _Seed):
    """Random numbers of gamma distributions of scale 1, with a gradient by the shape parameter.

    Args:
        alpha: the shape parameters.
        shape: the dims in front of those of `alpha`.
        seed: an int.
    """
    import jax

    dims = (*draws.dims_of(shape), *alpha.shape)
    return jax.random.gamma(_key(seed), alpha, dims, alpha.dtype)


@op(shape=_for_each, random=True, runs=JAX_ONLY, differentiable=False, label="RandomPoissonV2")
def random_poisson(xp, lam: Float, shape: Dims, seed: _Seed):
    """Random numbers of Poisson distributions.

    Args:
        lam: the means.
        shape: the dims in front of those of `lam`.
        seed: an int.
    """
    import jax

    dims = (*draws.dims_of(shape), *lam.shape)
    return jax.random.poisson(_key(seed), lam.astype(np.float32), dims, np.int32).astype(lam.dtype)


_DISTRIBUTIONS = {"normal": draws.normal, "truncated_normal": draws.truncated_normal, "uniform": draws.uniform}


def _from_seed(where: str, seed: Tensor, shape: Any, *rest: Any) -> Shape:
    if not seed.shape.is_compatible_with((2,)):
        raise ValueError(f"{where}: seed must be of shape (2,); got {seed.shape}")
    return _drawn_shape(where, shape)


def _number(seed: Any) -> Any:
    """One number of 64 bits for the two of a seed."""
    if seed.shape != (2,):
        raise ValueError(f"seed must be of shape (2,); got {seed.shape}")
    first, second = seed.astype(np.int64).astype(np.uint64)
    return (first * np.uint64(0xD1342543DE82EF95) + second) >> np.uint64(1)


def _stateless_in_jax(jnp: Any, seed: Any, shape: Any, distribution: str, dtype: Any) -> Any:
    import jax

    with wide_types(jax):
        drawn = draws.drawn(
            jnp, _DISTRIBUTIONS[distribution], (_number(seed), 0), draws.dims_of(shape), dtypes.to_numpy(dtype)
        )
        return jnp.asarray(drawn)


@op(
    shape=_from_seed,
    out=lambda seed, shape, distribution, dtype: dtype,
    differentiable=False,
    jax_kernel=_stateless_in_jax,
    label="StatelessRandom",
)
def stateless(xp, seed: Index, shape: Dims, distribution, dtype: DTypeGiven):
    """Random numbers that are the same in each run.

    Args:
        seed: two integers.
        shape: the dims.
        distribution: `'normal'`, `'truncated_normal'` or `'uniform'` (from 0 to below 1).
        dtype: a float dtype.

    >>> first, second = (stateless([1, 2], (3,), 'normal', 'float32').numpy() for _ in range(2))
    >>> bool((first == second).all())
    True
    """
    number, kind = _number(seed), dtypes.to_numpy(as_dtype(dtype))
    return draws.drawn(xp, _DISTRIBUTIONS[distribution], (number, 0), draws.dims_of(shape), kind)
