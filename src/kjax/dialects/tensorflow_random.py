"""`tf.random`: numbers that a seed alone decides, the same as TensorFlow's; shuffling; gamma and Poisson distributions.

`RANDOM` is the table of `tf.random`, `V1_RANDOM` that of `tf.compat.v1.random`, `V1` has the names at `tf.compat.v1`.
Left out: `Generator` and what belongs to it, sampling of candidates, and stateless draws of other distributions.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.dtypes import as_dtype
from kjax.core.operands import as_tensor
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.dialects.tensorflow_ops import convert_to_tensor
from kjax.ops import elementwise, stateless


def _floats(dtype: Any, name: str) -> Any:
    wanted = as_dtype(dtype, f"tf.random.{name}: dtype")
    if not wanted.is_floating:
        raise TypeError(f"tf.random.{name}: dtype must be of floats; got {wanted}")
    return wanted


def _stateless_uniform(
    shape: Any, seed: Any, minval: Any = 0, maxval: Any = None, dtype: Any = "float32", name: Any = None
) -> Any:
    wanted = as_dtype(dtype, "tf.random.stateless_uniform: dtype")
    if wanted.is_floating:
        low, high = (as_tensor(bound, wanted) for bound in (minval, 1 if maxval is None else maxval))
        return elementwise.add(
            elementwise.multiply(stateless.stateless_uniform(seed, shape, wanted), elementwise.subtract(high, low)),
            low,
        )
    if wanted not in ("int32", "int64", "uint32", "uint64"):
        raise TypeError(f"tf.random.stateless_uniform: dtype must be of floats or of 32 or 64 bits; got {wanted}")
    if (minval is None) != (maxval is None):
        raise ValueError("tf.random.stateless_uniform: give both minval and maxval for integers, or None for both")
    if minval is None:
        return stateless.stateless_bits(seed, shape, wanted)
    if wanted not in ("int32", "int64"):
        raise ValueError(f"tf.random.stateless_uniform: minval and maxval must be None for {wanted}")
    return stateless.stateless_integers(seed, as_tensor(minval, wanted), as_tensor(maxval, wanted), shape)


def _normal(draw: Callable[..., Any], name: str) -> Callable[..., Any]:
    def call(
        shape: Any, seed: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32", name: Any = None
    ) -> Any:
        wanted = _floats(dtype, where)
        drawn = draw(seed, shape, wanted)
        return elementwise.add(elementwise.multiply(drawn, as_tensor(stddev, wanted)), as_tensor(mean, wanted))

    where = name
    return call


def _shuffle(value: Any, seed: Any = None, name: Any = None) -> Any:
    value = convert_to_tensor(value)
    return K.gather(value, stateless.permutation(K.shape(value)[0], seed)) if value.shape.rank != 0 else value


def _gamma(shape: Any, alpha: Any, beta: Any = None, dtype: Any = "float32", seed: Any = None, name: Any = None) -> Any:
    wanted = _floats(dtype, "gamma")
    alpha, beta = as_tensor(alpha, wanted), as_tensor(1 if beta is None else beta, wanted)
    drawn = stateless.gamma(elementwise.add(alpha, K.zeros_like(beta)), shape, seed)
    return K.maximum(elementwise.divide(drawn, beta), float(np.finfo(wanted.as_numpy_dtype).tiny))


def _poisson(shape: Any, lam: Any, dtype: Any = "float32", seed: Any = None, name: Any = None) -> Any:
    lam = convert_to_tensor(lam)
    wide = lam if lam.dtype == "float64" else K.cast(lam, "float32")
    return stateless.poisson(wide, shape, as_dtype(dtype, "tf.random.poisson: dtype"), seed)


def _random_crop(value: Any, size: Any, seed: Any = None, name: Any = None) -> Any:
    from kjax.dialects.tensorflow_image import IMAGE  # (loaded late: few programs look at images)

    return IMAGE["random_crop"](value, size, seed)


_BOTH: Table = {
    "gamma": _gamma,
    "shuffle": _shuffle,
    "stateless_normal": _normal(stateless.stateless_normal, "stateless_normal"),
    "stateless_truncated_normal": _normal(stateless.stateless_truncated_normal, "stateless_truncated_normal"),
    "stateless_uniform": _stateless_uniform,
}
RANDOM: Table = {**_BOTH, "poisson": _poisson}
V1_RANDOM: Table = {
    **_BOTH,
    "poisson": lambda lam, shape, dtype="float32", seed=None, name=None: _poisson(shape, lam, dtype, seed),
}
V1: Table = {
    "random_crop": _random_crop,
    "random_gamma": _gamma,
    "random_poisson": V1_RANDOM["poisson"],
    "random_shuffle": _shuffle,
}

give_names(
    {"tensorflow.random": RANDOM, "tensorflow.compat.v1.random": V1_RANDOM, "tensorflow.compat.v1": V1}, __name__
)
