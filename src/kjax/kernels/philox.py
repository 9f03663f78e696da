"""Philox: the generator of random words that TensorFlow has, and its numbers of distributions.

A word is a hash of a key and of a counter (J. Salmon and others: Parallel Random Numbers: As Easy as 1, 2, 3, SC11;
Philox4x32 of 10 rounds). Words of 32 bits are held in uint64.
"""

import math
from typing import Any

import numpy as np

from kjax.machine.scopes import as_loop

_u = np.uint64
_32, _MASK = _u(32), _u(0xFFFFFFFF)
_FACTORS = _u(0xD2511F53), _u(0xCD9E8D57)
_STEPS = _u(0x9E3779B9), _u(0xBB67AE85)
_SCRAMBLE = _u(0x3EC8F720), _u(0x02461E29)  # TensorFlow's key for making keys out of seeds
_ROUNDS = 10

Words = tuple[Any, Any, Any, Any]


def _hashed(xp: Any, counter: Words, key: tuple[Any, Any]) -> Words:
    """Four words for each counter of four words."""

    def mixed(_: Any, state: tuple[Words, tuple[Any, Any]]) -> tuple[Words, tuple[Any, Any]]:
        counter, key = state
        a, b = counter[0] * _FACTORS[0], counter[2] * _FACTORS[1]
        counter = (b >> _32) ^ counter[1] ^ key[0], b & _MASK, (a >> _32) ^ counter[3] ^ key[1], a & _MASK
        return counter, ((key[0] + _STEPS[0]) & _MASK, (key[1] + _STEPS[1]) & _MASK)

    state = counter, key
    if xp is not np:
        import jax

        return as_loop(jax, lambda mixed: jax.lax.fori_loop(0, _ROUNDS, mixed, state), mixed)[0]
    for i in range(_ROUNDS):
        state = mixed(i, state)
    return state[0]


def words(xp: Any, seed: Any, places: Any) -> Any:
    """For each place in the stream of a seed, which are two integers, four words along a new last axis."""
    halves = seed.astype(np.int64).astype(_u).reshape((2, 1))
    counter = halves[0] & _MASK, halves[0] >> _32, halves[1] & _MASK, halves[1] >> _32
    mixed = _hashed(xp, counter, _SCRAMBLE)
    places = xp.asarray(places, _u)
    found = _hashed(
        xp, (places & _MASK, places >> _32, mixed[2] + _u(0) * places, mixed[3] + _u(0) * places), mixed[:2]
    )
    return xp.stack(found, -1)


def _pairs(xp: Any, random: Any) -> Any:
    """Two words of 32 bits as one of 64, the second one above."""
    return random[..., ::2] | random[..., 1::2] << _32


def integers(xp: Any, random: Any, bits: int) -> Any:
    """Unsigned numbers of 32 or 64 bits, in uint64."""
    return random if bits == 32 else _pairs(xp, random)


def uniform(xp: Any, random: Any, dtype: Any) -> Any:
    """Floats from 0 to below 1, with as many bits as the dtype has behind the point."""
    digits = {2: 10 if dtype == np.float16 else 7, 4: 23, 8: 52}[dtype.itemsize]
    if digits == 52:
        random = random[..., ::2] << _32 | random[..., 1::2]
    wide = np.float64 if digits == 52 else np.float32
    low = (random & _u((1 << digits) - 1)).astype(np.int64)
    return (low.astype(wide) * wide(2.0**-digits)).astype(dtype)


def normal(xp: Any, random: Any, dtype: Any) -> Any:
    """Floats of a standard normal distribution, by the method of Box and Muller."""
    wide: Any = np.dtype(np.float64 if dtype.itemsize == 8 else np.float32)
    u = uniform(xp, random, wide)
    length = xp.sqrt(-2 * xp.log(xp.maximum(u[..., ::2], wide.type(1e-7))))
    angle = u[..., 1::2] * wide.type(2 * math.pi)
    both = xp.stack([xp.sin(angle) * length, xp.cos(angle) * length], -1)
    return both.reshape((*both.shape[:-2], -1)).astype(dtype)


_TRIES = 8  # counters for each group of results: enough for 32 numbers, of which 19 in 20 are taken
_RESERVED = 256  # words of the stream for each result


def truncated_normal(xp: Any, seed: Any, count: int, dtype: Any) -> Any:
    """The first `count` numbers of a standard normal distribution that lie within -2 and 2, of each group of them."""
    size = 2 if dtype.itemsize == 8 else 4
    groups = -(-count // size)
    starts = np.arange(groups, dtype=np.uint64)[:, None] * _u(size * _RESERVED // 4)
    places = starts + np.arange(_TRIES * 4 // size, dtype=np.uint64)
    numbers = normal(xp, words(xp, seed, places.reshape(-1)), dtype).reshape((groups, -1))
    taken = xp.argsort(abs(numbers) >= 2, axis=-1, stable=True)[:, :size]
    return xp.take_along_axis(numbers, taken, axis=-1).reshape(-1)[:count]
