"""Random tensors, and dropout.

In eager mode a seed always gives the same numbers. In a function every run draws anew, and the same program draws the
same numbers again. A missing seed is drawn from NumPy's global generator, so that `np.random.seed` seeds everything;
`kjax.ops.seeds` tells what else a seed can be.
"""

import operator
from typing import Annotated, Any

import numpy as np

from kjax import shapes
from kjax.core import dtypes
from kjax.core.dtypes import DType, as_dtype
from kjax.core.foreign import public
from kjax.core.graph import eager_mode
from kjax.core.op import op
from kjax.core.operands import Array, Attribute, Dims, DTypeLike, Float, MaybeArray, Signed, as_tensor, described
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable
from kjax.kernels import draws
from kjax.kernels.halves import ONE
from kjax.machine import config, errors
from kjax.ops.comparison import less
from kjax.ops.creation import variable
from kjax.ops.elementwise import add, cast, identity, multiply, subtract
from kjax.ops.seeds import Seed, seed_of

_FLOATS = ("float16", "bfloat16", "float32", "float64")


def _drawn_shape(where: str, shape: Any, *rest: Any) -> Shape:
    dims = shapes.dims_given(where, shape)
    if dims.rank is not None and any(dim is not None and dim < 0 for dim in dims):
        raise ValueError(f"{where}: shape must have no negative dims; got {tuple(dims)}")
    return dims


def _drawn_dtype(shape: Any, dtype: DType, *rest: Any) -> DType:
    return as_dtype(dtype)


_drawing: dict[str, Any] = {"shape": _drawn_shape, "out": _drawn_dtype, "random": True, "differentiable": False}


def _float(dtype: Any, where: str) -> DType:
    wanted = as_dtype(config.floatx() if dtype is None else dtype, where)
    if not wanted.is_floating:
        raise TypeError(f"{where}: dtype must be one of {', '.join(_FLOATS)}; got {wanted}")
    return wanted


def _parameter(value: Any, dtype: DType, where: str) -> Tensor:
    tensor = as_tensor(value, dtype, where)
    if tensor.dtype != dtype:
        raise TypeError(f"{where} must be of the result's dtype, {dtype}; got {tensor.dtype}. K.cast converts.")
    return tensor


def _scaled(drawn: Tensor, factor: Any, offset: Any, where: str, names: tuple[str, str]) -> Tensor:
    """`drawn * factor + offset`, without a factor of 1 and an offset of 0."""
    if type(factor) not in (int, float) or factor != 1:
        drawn = multiply(drawn, _parameter(factor, drawn.dtype, f"{where}: {names[0]}"))
    if type(offset) not in (int, float) or offset != 0:
        drawn = add(drawn, _parameter(offset, drawn.dtype, f"{where}: {names[1]}"))
    return drawn


# ------------------------------------------------------------------------------------------------------- distributions


@op(name="random_normal", **_drawing)
def _normal(xp, shape: Dims, dtype: DTypeLike, seed: Seed):
    return draws.drawn(xp, draws.normal, seed, draws.dims_of(shape), dtypes.to_numpy(dtype))


@public
def random_normal(
    shape: Dims, mean: Array = 0.0, stddev: Array = 1.0, dtype: DTypeLike = None, seed: Seed = None
) -> Tensor:
    """Random numbers of a normal distribution.

    Args:
        shape: a tuple, list or tensor of ints.
        mean: a number, or a tensor of `dtype` which broadcasts.
        stddev: the standard deviation, likewise.
        dtype: a float dtype, `floatx()` by default.
        seed: an int, or a key of `jax.random`; by default drawn from NumPy's global generator.

    Returns:
        A tensor.

    Raises:
        TypeError: `dtype` is not of floats, `mean` or `stddev` of another one, or shape or seed not made of integers.
        ValueError: a dim is negative or None.

    Source: `tf.keras.backend.random_normal`, TF 2.2. Differs: a seed alone determines the numbers, in eager mode.

    >>> random_normal((2, 3), seed=1).shape
    (2, 3)
    """
    where = "random_normal()"
    drawn = _normal(shape, _float(dtype, where), seed_of(seed, f"{where}: seed"))
    return _scaled(drawn, stddev, mean, where, ("stddev", "mean"))


@op(name="truncated_normal", **_drawing)
def _truncated(xp, shape: Dims, dtype: DTypeLike, seed: Seed):
    return draws.drawn(xp, draws.truncated_normal, seed, draws.dims_of(shape), dtypes.to_numpy(dtype))


@public
def truncated_normal(
    shape: Dims, mean: Array = 0.0, stddev: Array = 1.0, dtype: DTypeLike = None, seed: Seed = None
) -> Tensor:
    """Random numbers of a normal distribution, none of them further than two standard deviations from the mean.

    Args:
        shape: a tuple, list or tensor of ints.
        mean: a number, or a tensor of `dtype` which broadcasts.
        stddev: the standard deviation before truncation, likewise.
        dtype: a float dtype, `floatx()` by default.
        seed: an int, or a key of `jax.random`; by default drawn from NumPy's global generator.

    Returns:
        A tensor.

    Raises:
        TypeError: `dtype` is not of floats, `mean` or `stddev` of another one, or shape or seed not made of integers.
        ValueError: a dim is negative or None.

    Source: `tf.keras.backend.truncated_normal`, TF 2.2. Differs: a seed alone determines the numbers, in eager mode.

    >>> bool(abs(truncated_normal((1000,), seed=1).numpy()).max() <= 2)
    True
    """
    where = "truncated_normal()"
    drawn = _truncated(shape, _float(dtype, where), seed_of(seed, f"{where}: seed"))
    return _scaled(drawn, stddev, mean, where, ("stddev", "mean"))


@op(name="random_uniform", **_drawing)
def _uniform(xp, shape: Dims, dtype: DTypeLike, seed: Seed):
    return draws.drawn(xp, draws.uniform, seed, draws.dims_of(shape), dtypes.to_numpy(dtype))


def _integers_shape(where: str, minval: Tensor, maxval: Tensor, shape: Any, *rest: Any) -> Shape:
    return shapes.broadcast(where, _drawn_shape(where, shape), minval.shape, maxval.shape)


@op(name="random_uniform", shape=_integers_shape, random=True, differentiable=False)
def _integers(xp, minval: Signed, maxval: Signed, shape: Dims, seed: Seed):
    if xp is np and not np.all(minval < maxval):
        raise ValueError(f"minval must be less than maxval; got {minval} and {maxval}")
    random = draws.drawn(xp, draws.bits, seed, draws.dims_of(shape), np.dtype(np.uint64))
    # As 64-bit numbers that wrap around, the width of any range is right.
    low, high = minval.astype(np.int64).astype(np.uint64), maxval.astype(np.int64).astype(np.uint64)
    return (random % (high - low) + low).astype(np.int64).astype(minval.dtype)


@public
def random_uniform(
    shape: Dims, minval: Array = 0.0, maxval: MaybeArray = 1.0, dtype: DTypeLike = None, seed: Seed = None
) -> Tensor:
    """Random numbers of a uniform distribution, from `minval` to below `maxval`.

    Args:
        shape: a tuple, list or tensor of ints.
        minval: the lower bound, included: a number, or a tensor of `dtype` which broadcasts.
        maxval: the upper bound, excluded, likewise; None is 1 for floats.
        dtype: a float dtype, `floatx()` by default; or int32 or int64, with integer bounds.
        seed: an int, or a key of `jax.random`; by default drawn from NumPy's global generator.

    Returns:
        A tensor.

    Raises:
        TypeError: another dtype, bounds that don't go with it, or shape or seed not made of integers.
        ValueError: a dim is negative or None, no `maxval` for integers, or it is not above `minval`.

    Source: `tf.keras.backend.random_uniform`, TF 2.2. Differs: a seed alone determines the numbers, in eager mode.

    >>> values = random_uniform((1000,), 0, 6, dtype='int32', seed=1).numpy()
    >>> sorted(set(values.tolist()))
    [0, 1, 2, 3, 4, 5]
    """
    where = "random_uniform()"
    seed = seed_of(seed, f"{where}: seed")
    wanted = as_dtype(config.floatx() if dtype is None else dtype, where)
    if wanted in ("int32", "int64"):
        if maxval is None:
            raise ValueError(f"{where}: maxval must be given for dtype {wanted}")
        low = _parameter(minval, wanted, f"{where}: minval")
        return _integers(low, _parameter(maxval, wanted, f"{where}: maxval"), shape, seed)
    if not wanted.is_floating:
        raise TypeError(f"{where}: dtype must be one of {', '.join(_FLOATS)}, int32, int64; got {wanted}")
    drawn = _uniform(shape, wanted, seed)
    maxval = 1.0 if maxval is None else maxval
    plain = all(type(bound) in (int, float) for bound in (minval, maxval))
    width = maxval - minval if plain else subtract(
        _parameter(maxval, wanted, f"{where}: maxval"), _parameter(minval, wanted, f"{where}: minval")
    )  # fmt: skip
    return _scaled(drawn, width, minval, where, ("maxval", "minval"))


@public
def random_binomial(shape: Dims, p: Array = 0.0, dtype: DTypeLike = None, seed: Seed = None) -> Tensor:
    """Ones with a given probability, else zeros.

    Args:
        shape: a tuple, list or tensor of ints.
        p: the probability of a one: a number, or a tensor of `dtype` which broadcasts.
        dtype: a float dtype, `floatx()` by default.
        seed: an int, or a key of `jax.random`; by default drawn from NumPy's global generator.

    Returns:
        A tensor.

    Raises:
        TypeError: `dtype` is not of floats, `p` of another one, or shape or seed not made of integers.
        ValueError: a dim is negative or None.

    Source: `tf.keras.backend.random_binomial`, TF 2.2. Differs: a seed alone determines the numbers, in eager mode.

    >>> random_binomial((3,), p=1.).numpy().tolist()
    [1.0, 1.0, 1.0]
    """
    where = "random_binomial()"
    wanted = _float(dtype, where)
    p = _parameter(p, wanted, f"{where}: p")
    # Drawn in float32: a half-precision number has too few random bits.
    single = wanted.size < 4
    drawn = _uniform(shape, as_dtype("float32") if single else wanted, seed_of(seed, f"{where}: seed"))
    return cast(less(drawn, cast(p, "float32") if single else p), wanted)


@public
def random_bernoulli(shape: Dims, p: Array = 0.0, dtype: DTypeLike = None, seed: Seed = None) -> Tensor:
    """Ones with a given probability, else zeros: `random_binomial` under the name that Keras 3 has for it.

    Args:
        shape: a tuple, list or tensor of ints.
        p: the probability of a one: a number, or a tensor of `dtype` which broadcasts.
        dtype: a float dtype, `floatx()` by default.
        seed: an int, or a key of `jax.random`; by default drawn from NumPy's global generator.

    Returns:
        A tensor.

    Raises:
        TypeError: `dtype` is not of floats, `p` of another one, or shape or seed not made of integers.
        ValueError: a dim is negative or None.

    Source: `keras._legacy.backend.random_bernoulli`, Keras 3. Differs: where `p` is 0 there is never a one.

    >>> random_bernoulli((3,), p=1.).numpy().tolist()
    [1.0, 1.0, 1.0]
    """
    wanted = _float(dtype, "random_bernoulli()")
    return random_binomial(shape, p, wanted, seed)


# ----------------------------------------------------------------------------------------------------------- variables


@errors.public  # (a variable, whatever comes in)
@described
def random_normal_variable(
    shape: Dims, mean: Array, scale: Array, dtype: DTypeLike = None, name: str | None = None, seed: Seed = None
) -> Variable:
    """A variable whose start value is drawn from a normal distribution.

    Args:
        shape: a tuple of ints.
        mean: a number, or a tensor of `dtype` which broadcasts.
        scale: the standard deviation, likewise.
        dtype: a float dtype, `floatx()` by default.
        name: the variable's name.
        seed: an int, or a key of `jax.random`; by default drawn from NumPy's global generator.

    Returns:
        A variable.

    Raises:
        TypeError: `dtype` is not of floats, or shape or seed not made of integers.
        ValueError: a dim is negative or None.

    Source: `tf.keras.backend.random_normal_variable`, TF 2.2.

    >>> random_normal_variable((2, 3), 0., 1., name='weights').name
    'weights:0'
    """
    with eager_mode():
        value = random_normal(shape, mean, scale, dtype, seed)
    return variable(value, value.dtype, name)


@errors.public  # (a variable, whatever comes in)
@described
def random_uniform_variable(
    shape: Dims, low: Array, high: Array, dtype: DTypeLike = None, name: str | None = None, seed: Seed = None
) -> Variable:
    """A variable whose start value is drawn from a uniform distribution.

    Args:
        shape: a tuple of ints.
        low: the lower bound, included: a number, or a tensor of `dtype` which broadcasts.
        high: the upper bound, excluded, likewise.
        dtype: a float dtype, `floatx()` by default; or int32 or int64, with integer bounds.
        name: the variable's name.
        seed: an int, or a key of `jax.random`; by default drawn from NumPy's global generator.

    Returns:
        A variable.

    Raises:
        TypeError: another dtype, bounds that don't go with it, or shape or seed not made of integers.
        ValueError: a dim is negative or None, or `high` is not above `low`, for integers.

    Source: `tf.keras.backend.random_uniform_variable`, TF 2.2.

    >>> random_uniform_variable((2, 3), 0., 1., name='weights').name
    'weights:0'
    """
    with eager_mode():
        value = random_uniform(shape, low, high, dtype, seed)
    return variable(value, value.dtype, name)


# ------------------------------------------------------------------------------------------------------------- dropout


def _as_noise(value: Any, where: str) -> Any:
    """Dims of the mask: a tuple of ints, None (the dim of `x`) and symbolic scalars; or a symbolic tensor of dims."""
    if value is None or (isinstance(value, Tensor) and value.is_symbolic):
        return value
    if isinstance(value, Tensor):
        value = value.numpy()
    if isinstance(value, str) or not hasattr(value, "__iter__"):
        raise TypeError(f"{where} must be a tuple of integers and None, or a tensor of integers; got {value!r}")
    return tuple(
        dim if dim is None or (isinstance(dim, Tensor) and dim.is_symbolic) else _as_dim(dim, where) for dim in value
    )


def _as_dim(value: Any, where: str) -> int:
    try:
        dim = operator.index(value)
    except TypeError:
        raise TypeError(f"{where} must be made of integers; got {value!r}") from None
    if dim < 0:
        raise ValueError(f"{where} must have no negative dims; got {dim}")
    return dim


_SINGLE = np.dtype(np.float32)
_Noise = Annotated[Any, Attribute(_as_noise), "Sequence[SupportsIndex | None] | Shaped | None"]


def _dropout_shape(where: str, x: Tensor, level: Tensor, noise_shape: Any, seed: Any) -> Shape:
    if level.shape.rank:
        raise ValueError(f"{where}: level must be a number or a scalar tensor; got shape {level.shape}")
    if noise_shape is None or x.shape.rank is None:
        return x.shape
    if isinstance(noise_shape, Tensor):
        noise = shapes.dims_given(where, noise_shape)
    else:
        noise = Shape(shapes.known_int(dim) for dim in noise_shape)
    if noise.rank is None:
        return x.shape
    if isinstance(noise_shape, tuple) and None in noise_shape and len(noise) != len(x.shape):
        raise ValueError(f"{where}: noise_shape {noise_shape} with None in it must have as many dims as x, {x.shape}")
    fits = len(noise) <= len(x.shape)
    tail = x.shape[len(x.shape) - len(noise) :] if fits else Shape()
    if not fits or any(n not in (None, 1) and d not in (None, n) for n, d in zip(noise, tail, strict=True)):
        raise ValueError(f"{where}: noise_shape {noise} does not broadcast to x of shape {x.shape}")
    # A dim of the mask other than 1 is a dim of `x`, too.
    wanted = (
        *x.shape[: len(x.shape) - len(noise)],
        *(d if n in (None, 1) else n for n, d in zip(noise, tail, strict=True)),
    )
    return Shape(wanted)


@op(name="dropout", shape=_dropout_shape, random=True)
def _dropout(xp, x: Float, level: Float, noise_shape: _Noise, seed: Seed):
    if noise_shape is None:
        dims = x.shape
    elif isinstance(noise_shape, tuple) and None in noise_shape and len(noise_shape) != x.ndim:
        raise ValueError("noise_shape with None in it must have as many dims as x")
    else:
        dims = draws.dims_of(x.shape[i] if dim is None else dim for i, dim in enumerate(noise_shape))
        if xp.broadcast_shapes(dims, x.shape) != x.shape:
            raise ValueError(f"noise_shape {dims} does not broadcast to x of shape {x.shape}")
    kept = draws.drawn(xp, draws.uniform, seed, dims, _SINGLE) >= level.astype(_SINGLE)
    return x * (kept.astype(x.dtype) * (ONE / (ONE - level)))


@public
def dropout(x: Array, level: Array, noise_shape: _Noise = None, seed: Seed = None) -> Tensor:
    """Set random elements to 0, and scale up the others so that the expected sum stays the same.

    Args:
        x: a tensor of floats.
        level: the fraction that is set to 0, from 0 to below 1: a number, or a scalar tensor of the dtype of `x`.
        noise_shape: the shape of the mask, which broadcasts against `x`: a tuple of ints, in which None stands for the
            dim of `x`, or an integer tensor. By default the shape of `x`.
        seed: an int, or a key of `jax.random`; by default drawn from NumPy's global generator.

    Returns:
        A tensor of the shape and dtype of `x`. In a function every run draws another mask.

    Raises:
        TypeError: `x` is not of floats, or something not a number.
        ValueError: `level` is out of range, or the mask does not broadcast to `x`.

    Source: `tf.keras.backend.dropout`, TF 2.2.

    >>> from kjax import backend as K
    >>> sorted(set(dropout(K.ones((100,)), 0.5).numpy().tolist()))
    [0.0, 2.0]
    """
    if not isinstance(level, Tensor):
        if isinstance(level, (str, bytes)) or level is None or not 0 <= level < 1:
            raise ValueError(f"dropout(): level must be from 0 to below 1; got {level!r}")
        if level == 0:
            return identity(_floats(x))
    return _dropout(x, level, noise_shape, seed_of(seed, "dropout(): seed"))


def _floats(x: Any) -> Tensor:
    tensor = as_tensor(x, where="dropout(): x")
    if not tensor.dtype.is_floating:
        raise TypeError(f"dropout(): x must be of floats; got {tensor.dtype}")
    return tensor
