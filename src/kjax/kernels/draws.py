"""Random numbers as a function of the seed, the number of the run and their index.

It is a counter-based generator: element i of a draw is a hash of `key + (i + 1) * golden`. So any element can be
computed by itself, in NumPy as well as in a loop that XLA fuses. The hash is the finaliser of SplitMix64
(G. L. Steele, D. Lea, C. H. Flood: Fast Splittable Pseudorandom Number Generators, OOPSLA 2014), its constants are
from D. Stafford's Mix 13.
"""

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from kjax.core.shape import any_open, as_int
from kjax.kernels.apart import apart
from kjax.kernels.halves import narrowed
from kjax.machine import config, meshes
from kjax.machine.checks import is_tracer
from kjax.machine.scopes import wide_types
from kjax.machine.threads import for_each

_GOLDEN = 0x9E3779B97F4A7C15  # 2**64 divided by the golden ratio, made odd
_FIRST, _SECOND = 0xBF58476D1CE4E5B9, 0x94D049BB133111EB
_MASK = (1 << 64) - 1
_BLOCK = 1 << 14  # numbers at a time: as many as the cache holds

_u = np.uint64
_GOLDEN_U, _FIRST_U, _SECOND_U, _HALF_U = _u(_GOLDEN), _u(_FIRST), _u(_SECOND), _u(1 << 63)
_30, _27, _31 = _u(30), _u(27), _u(31)

# (namespace, key, dtype, index of the first number, count) -> flat array of random numbers.
Distribution = Callable[[Any, Any, Any, int, int], Any]


def _hashed(z: Any) -> Any:
    """The hash of an array of uint64 (which it may overwrite), modulo 2**64."""
    z ^= z >> _30
    z *= _FIRST_U
    z ^= z >> _27
    z *= _SECOND_U
    z ^= z >> _31
    return z


def _hashed_int(z: int) -> int:
    """The hash of a Python integer."""
    z &= _MASK
    z = (z ^ z >> 30) * _FIRST & _MASK
    z = (z ^ z >> 27) * _SECOND & _MASK
    return z ^ z >> 31


def _started(xp: Any, seed: tuple[Any, Any]) -> tuple[Any, Any]:
    """The namespace to draw in, and the key made from seed and number of the run."""
    number, run = seed
    if not is_tracer(run) and not is_tracer(number):
        return xp, _u(_hashed_int(_hashed_int(int(number) + _GOLDEN) + int(run) * _GOLDEN))
    import jax.numpy as jnp

    of_seed = _hashed(jnp.asarray(number).astype(_u) + _GOLDEN_U)
    return jnp, _hashed(of_seed + jnp.asarray(run).astype(_u) * _GOLDEN_U)


def of_words(words: list[Any]) -> Any:
    """The number that stands for a key of 32-bit words."""
    number: Any = 0
    for word in words:
        number = derived(number, word)
    return number


def derived(number: Any, other: Any) -> Any:
    """A number made of two others: below 2**63, as a seed is."""
    if not is_tracer(number) and not is_tracer(other):
        return _hashed_int(_hashed_int(int(number) + _GOLDEN) + int(other) * _GOLDEN) >> 1
    import jax

    with wide_types(jax):
        jnp = jax.numpy
        of_number = _hashed(jnp.asarray(number).astype(_u) + _GOLDEN_U)
        return _hashed(of_number + jnp.asarray(other).astype(_u) * _GOLDEN_U) >> _u(1)


def dims_of(shape: Any) -> tuple[int, ...]:
    """The dims in `shape`, which may be an array."""
    dims = tuple(map(as_int, shape))
    if any(dim < 0 for dim in dims):
        raise ValueError(f"dims must not be negative; got {dims}")
    return dims


def drawn(xp: Any, distribution: Distribution, seed: tuple[Any, Any], dims: tuple[int, ...], dtype: Any) -> Any:
    """An array of random numbers."""
    if xp is np and any_open(dims):
        import jax

        with wide_types(jax):
            return drawn(jax.numpy, distribution, seed, dims, dtype)
    xp, key = _started(xp, seed)
    count = math.prod(dims)
    if xp is not np and not config.is_plain() and not meshes.is_over_several():
        # (Fused, they would be drawn anew in the loop back, and for each element that they broadcast to.)
        return apart(lambda key: distribution(xp, key, dtype, 0, count).reshape(dims), key)
    if xp is not np or count <= _BLOCK:
        return distribution(xp, key, dtype, 0, count).reshape(dims)
    flat = np.empty(count, dtype)

    def draw(first: int) -> None:
        flat[first : first + _BLOCK] = distribution(np, key, dtype, first, min(_BLOCK, count - first))

    for_each(range(0, count, _BLOCK), draw)
    return flat.reshape(dims)


def bits(xp: Any, key: Any, dtype: Any, first: int, count: int) -> Any:
    """Numbers of 64 random bits."""
    return _hashed(xp.arange(first + 1, first + count + 1, dtype=_u) * _GOLDEN_U + key)


def _fraction(random: Any, digits: int, dtype: Any) -> Any:
    """The top `digits` bits as a number from 0 to below 1, exactly."""
    # Through signed integers of the size of the float, whose conversion is fast.
    integer = np.int64 if digits > 31 else np.int32
    return (random >> _u(64 - digits)).astype(integer).astype(dtype) * 2.0**-digits


def uniform(xp: Any, key: Any, dtype: Any, first: int, count: int) -> Any:
    """Floats from 0 to below 1, with as many random bits as fit into the dtype."""
    digits = {2: 11 if dtype == np.float16 else 8, 4: 24, 8: 53}[dtype.itemsize]
    wide = np.float64 if digits == 53 else np.float32
    return narrowed(_fraction(bits(xp, key, dtype, first, count), digits, wide), dtype)


def normal(xp: Any, key: Any, dtype: Any, first: int, count: int) -> Any:
    """Floats of a standard normal distribution, by the method of Box and Muller (1958)."""
    random = bits(xp, key, dtype, first, count)
    wide: Any = np.float64 if dtype.itemsize == 8 else np.float32
    if wide is np.float64:
        digits = 53
        turn = bits(xp, key ^ _HALF_U, dtype, first, count)  # from half a period away
    else:
        digits = 31
        turn = random << _31  # the other bits of the same numbers
    # Half a step above 0, so that the logarithm is finite.
    u = _fraction(random, digits, wide) + 2.0 ** -(digits + 1)
    return narrowed(xp.sqrt(-2 * xp.log(u)) * xp.cos(_fraction(turn, digits, wide) * (2 * math.pi)), dtype)


def truncated_normal(xp: Any, key: Any, dtype: Any, first: int, count: int) -> Any:
    """Floats of a standard normal distribution truncated to -2 … 2, by the inverse of its distribution function."""
    wide, digits = (np.float64, 53) if dtype.itemsize == 8 else (np.float32, 24)
    q = _fraction(bits(xp, key, dtype, first, count), digits, wide) + (2.0 ** -(digits + 1) - 0.5)
    z = _quantile(xp, q * math.erf(math.sqrt(2)))
    return narrowed(xp.minimum(xp.maximum(z, -2), 2), dtype)


# M. J. Wichura, Algorithm AS 241: The Percentage Points of the Normal Distribution, Applied Statistics 37 (1988),
# routines PPND7 and PPND16: their two rational functions, for the centre and for all but the outermost tails.
_COEFFICIENTS = {
    np.float32: (
        ((5.9109374720e1, 1.5929113202e2, 5.0434271938e1, 3.3871327179),
         (6.7187563600e1, 7.8757757664e1, 1.7895169469e1, 1.0)),
        ((1.7023821103e-1, 1.3067284816, 2.7568153900, 1.4234372777), (0.0, 1.2021132975e-1, 7.3700164250e-1, 1.0)),
    ),
    np.float64: (
        (
            (2.5090809287301226727e3, 3.3430575583588128105e4, 6.7265770927008700853e4, 4.5921953931549871457e4,
             1.3731693765509461125e4, 1.9715909503065514427e3, 1.3314166789178437745e2, 3.3871328727963666080e0),
            (5.2264952788528545610e3, 2.8729085735721942674e4, 3.9307895800092710610e4, 2.1213794301586595867e4,
             5.3941960214247511077e3, 6.8718700749205790830e2, 4.2313330701600911252e1, 1.0),
        ),
        (
            (7.74545014278341407640e-4, 2.27238449892691845833e-2, 2.41780725177450611770e-1, 1.27045825245236838258e0,
             3.64784832476320460504e0, 5.76949722146069140550e0, 4.63033784615654529590e0, 1.42343711074968357734e0),
            (1.05075007164441684324e-9, 5.47593808499534494600e-4, 1.51986665636164571966e-2, 1.48103976427480074590e-1,
             6.89767334985100004550e-1, 1.67638483018380384940e0, 2.05319162663775882187e0, 1.0),
        ),
    ),
}  # fmt: skip


def _ratio(x: Any, coefficients: tuple[tuple[float, ...], tuple[float, ...]]) -> Any:
    above, below = (coefficients[i][0] for i in (0, 1))
    for a, b in zip(*(c[1:] for c in coefficients), strict=True):
        above, below = above * x + a, below * x + b
    return above / below


def _quantile(xp: Any, q: Any) -> Any:
    """The quantile of the standard normal distribution for probability `q + 1/2`, from 1e-11 on."""
    centre, side = _COEFFICIENTS[q.dtype.type]
    tail = _ratio(xp.sqrt(-xp.log(0.5 - xp.abs(q))) - 1.6, side)
    return xp.where(xp.abs(q) <= 0.425, q * _ratio(0.180625 - q * q, centre), xp.copysign(tail, q))
