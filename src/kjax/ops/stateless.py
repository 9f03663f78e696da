"""Random numbers that depend on a seed alone, the same as TensorFlow's; and draws that K does not have."""

from typing import Annotated, Any

import numpy as np

from kjax import shapes
from kjax.core import dtypes
from kjax.core.dtypes import as_dtype
from kjax.core.op import op
from kjax.core.operands import Dims, DTypeGiven, Float, Index, Operand
from kjax.core.placement import JAX_ONLY, NUMPY
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.kernels import draws, philox
from kjax.machine.scopes import one_program
from kjax.ops.random import _drawn_shape
from kjax.ops.seeds import Seed
from kjax.ops.shaping import Size, integers

_Whole = Annotated[Any, Operand(frozenset(map(as_dtype, ("int32", "int64"))))]

# ------------------------------------------------------------------------------------------------- by a seed of its own


def _seeded(where: str, seed: Tensor, shape: Any, *rest: Any) -> Shape:
    if not seed.shape.is_compatible_with((2,)):
        raise ValueError(f"{where}: seed must be two integers; got shape {seed.shape}")
    return _drawn_shape(where, shape)


def _in_words(xp: Any, seed: Any, shape: Any, results: int) -> tuple[Any, tuple[int, ...], int]:
    """Random words for as many results as a shape holds, of which four words give so many."""
    if seed.shape != (2,):
        raise ValueError(f"seed must be two integers; got shape {tuple(seed.shape)}")
    dims = draws.dims_of(integers(shape))
    count = int(np.prod(dims))
    return philox.words(xp, seed, np.arange(-(-count // results))), dims, count


_stateless: dict[str, Any] = {
    "shape": _seeded,
    "out": lambda seed, shape, dtype: dtype,
    "differentiable": False,
    "runs": NUMPY,
}


@op(label="StatelessRandomUniform", **_stateless)
def stateless_uniform(xp, seed: Index, shape: Dims, dtype: DTypeGiven):
    """Random floats from 0 to below 1: those that TensorFlow has for a seed of two integers.

    >>> stateless_uniform([1, 2], (2,), "float32").numpy().round(4).tolist()
    [0.8440999984741211, 0.19200000166893005]
    """
    kind = dtypes.to_numpy(dtype)
    random, dims, count = _in_words(xp, seed, shape, 2 if kind.itemsize == 8 else 4)
    return philox.uniform(xp, random, kind).reshape(-1)[:count].reshape(dims)


@op(label="StatelessRandomNormal", **_stateless)
def stateless_normal(xp, seed: Index, shape: Dims, dtype: DTypeGiven):
    """Random floats of a standard normal distribution: those that TensorFlow has for a seed of two integers.

    >>> stateless_normal([1, 2], (2,), "float32").numpy().round(2).tolist()
    [0.5400000214576721, 0.20999999344348907]
    """
    kind = dtypes.to_numpy(dtype)
    random, dims, count = _in_words(xp, seed, shape, 2 if kind.itemsize == 8 else 4)
    return philox.normal(xp, random, kind).reshape(-1)[:count].reshape(dims)


@op(label="StatelessTruncatedNormal", **_stateless)
def stateless_truncated_normal(xp, seed: Index, shape: Dims, dtype: DTypeGiven):
    """Such floats within two standard deviations from the mean.

    >>> stateless_truncated_normal([1, 2], (2,), "float32").numpy().round(2).tolist()
    [0.5400000214576721, 0.20999999344348907]
    """
    dims = draws.dims_of(integers(shape))
    return philox.truncated_normal(xp, seed, int(np.prod(dims)), dtypes.to_numpy(dtype)).reshape(dims)


@op(label="StatelessRandomUniformFullInt", **_stateless)
def stateless_bits(xp, seed: Index, shape: Dims, dtype: DTypeGiven):
    """Random integers of all bits of a dtype: those that TensorFlow has for a seed of two integers.

    >>> stateless_bits([1, 2], (1,), "int32").numpy().tolist()
    [1105988140]
    """
    kind = dtypes.to_numpy(dtype)
    random, dims, count = _in_words(xp, seed, shape, 16 // kind.itemsize)
    whole = philox.integers(xp, random, kind.itemsize * 8).reshape(-1)[:count].reshape(dims)
    return whole.astype(np.int64).astype(kind)


def _between(where: str, seed: Tensor, minval: Tensor, maxval: Tensor, shape: Any) -> Shape:
    for tensor, name in ((minval, "minval"), (maxval, "maxval")):
        if tensor.shape.rank not in (0, None):
            raise ValueError(f"{where}: {name} must be a scalar; got shape {tensor.shape}")
    return _seeded(where, seed, shape)


@op(
    shape=_between,
    out=lambda seed, minval, maxval, shape: minval.dtype,
    differentiable=False,
    label="StatelessRandomUniformInt",
    runs=NUMPY,
)
def stateless_integers(xp, seed: Index, minval: _Whole, maxval: _Whole, shape: Dims):
    """Random integers from `minval` to below `maxval`: those that TensorFlow has for a seed of two integers.

    >>> stateless_integers([1, 2], 0, 10, (3,)).numpy().tolist()
    [0, 9, 4]
    """
    if xp is np and not np.all(minval < maxval):
        raise ValueError(f"minval must be less than maxval; got {minval} and {maxval}")
    random, dims, count = _in_words(xp, seed, shape, 16 // minval.dtype.itemsize)
    whole = philox.integers(xp, random, minval.dtype.itemsize * 8).reshape(-1)[:count].reshape(dims)
    low, high = (bound.astype(np.int64).astype(np.uint64) for bound in (minval, maxval))
    return (whole % (high - low) + low).astype(np.int64).astype(minval.dtype)


# ---------------------------------------------------------------------------------------------------------- other draws


@op(
    shape=lambda where, size, seed: Shape((shapes.known_int(size),)),
    out="int32",
    random=True,
    differentiable=False,
    label="RandomShuffle",
)
def permutation(xp, size: Size, seed: Seed):
    """The integers from 0 up to `size` in random order.

    >>> sorted(permutation(4, 1).numpy().tolist())
    [0, 1, 2, 3]
    """
    count, *_ = integers(size)
    random = draws.drawn(xp, draws.bits, seed, (count,), np.dtype(np.uint64))
    return random.argsort().astype(np.int32)


def _many(where: str, parameter: Tensor, shape: Any, *rest: Any) -> Shape:
    return _drawn_shape(where, shape).concatenate(parameter.shape)


def _by_jax(xp: Any, draw: Any, seed: Any, dims: tuple[int, ...], dtype: Any) -> Any:
    """What a function of one of JAX's keys draws."""
    import jax

    def distribution(xp: Any, key: Any, dtype: Any, first: int, count: int) -> Any:
        halves = [xp.asarray(part).astype(np.uint32) for part in (key >> np.uint64(32), key & np.uint64(0xFFFFFFFF))]
        with one_program(jax, False):
            return draw(jax.random.wrap_key_data(xp.stack(halves), impl="threefry2x32")).astype(dtype).reshape(-1)

    return draws.drawn(xp, distribution, seed, dims, dtype)


@op(name="random_gamma", shape=_many, random=True, runs=JAX_ONLY)
def gamma(xp, alpha: Float, shape: Dims, seed: Seed):
    """Random numbers of the gamma distributions of all `alpha`, `shape` of each; differentiable by `alpha`.

    >>> gamma([1., 2.], (3,), 1).shape
    (3, 2)
    """
    import jax

    dims = (*draws.dims_of(integers(shape)), *alpha.shape)
    wide = alpha.astype(np.float32) if alpha.dtype.itemsize == 2 else alpha
    return _by_jax(xp, lambda key: jax.random.gamma(key, wide, dims, wide.dtype), seed, dims, alpha.dtype)


@op(
    name="random_poisson",
    shape=_many,
    out=lambda lam, shape, dtype, seed: dtype,
    random=True,
    differentiable=False,
    runs=JAX_ONLY,
)
def poisson(xp, lam: Float, shape: Dims, dtype: DTypeGiven, seed: Seed):
    """Random numbers of the Poisson distributions of all means `lam`, `shape` of each.

    >>> poisson([1., 2.], (3,), "int32", 1).shape
    (3, 2)
    """
    import jax

    dims = (*draws.dims_of(integers(shape)), *lam.shape)
    return _by_jax(xp, lambda key: jax.random.poisson(key, lam, dims), seed, dims, dtypes.to_numpy(dtype))
