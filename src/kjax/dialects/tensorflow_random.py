"""`tf.random` beyond the distributions of K: gamma, Poisson, shuffling, and numbers that a seed alone determines.

`RANDOM` is the table of `tf.random`; `V1_RANDOM` and `V1` are those of TensorFlow 1. Numbers differ from TensorFlow's,
their distributions don't. Left out: generators with a state, `stateless_binomial`, `stateless_gamma`,
`stateless_poisson`, and samplers of candidates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kjax import backend as K
from kjax.core.dtypes import as_dtype
from kjax.core.operands import as_tensor
from kjax.core.tensor import Tensor
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.ops import distributions, elementwise, ranking


def _parameter(where: str, value: Any, dtype: Any) -> Tensor:
    wanted = as_dtype(dtype)
    tensor = as_tensor(value, wanted, where)
    if tensor.dtype != wanted:
        raise TypeError(f"{where} must be of the result's dtype, {wanted}; got {tensor.dtype}")
    return tensor


def _gamma(shape: Any, alpha: Any, beta: Any = None, dtype: Any = "float32", seed: Any = None, name: Any = None) -> Any:
    alpha = _parameter("tf.random.gamma: alpha", alpha, dtype)
    if beta is None:
        return distributions.random_gamma(alpha, shape, seed)
    beta = _parameter("tf.random.gamma: beta", beta, dtype)
    # (each pair of parameters has numbers of its own)
    return distributions.random_gamma(alpha + elementwise.multiply(beta, 0), shape, seed) / beta


def _poisson(shape: Any, lam: Any, dtype: Any = "float32", seed: Any = None, name: Any = None) -> Any:
    lam = as_tensor(lam, where="tf.random.poisson: lam")
    if lam.dtype.is_integer:
        lam = K.cast(lam, "float32")
    return K.cast(distributions.random_poisson(lam, shape, seed), dtype)


def _shuffle(value: Any, seed: Any = None, name: Any = None) -> Any:
    value = as_tensor(value, where="tf.random.shuffle: value")
    if value.shape.rank == 0:
        return elementwise.identity(value)
    count = K.shape(value)[:1] if value.shape.rank is None or value.shape[0] is None else value.shape[:1]
    # The order of random numbers is a random order. (In 64 bits, no two are the same.)
    order = ranking.top_k(K.random_uniform(count, dtype="float64", seed=seed), count[0])[1]
    return K.gather(value, order)


def _stateless_normal(distribution: str) -> Callable[..., Any]:
    def call(
        shape: Any, seed: Any, mean: Any = 0.0, stddev: Any = 1.0, dtype: Any = "float32", name: Any = None
    ) -> Any:
        return distributions.stateless(seed, shape, distribution, dtype) * stddev + mean

    return call


def _stateless_uniform(
    shape: Any, seed: Any, minval: Any = 0, maxval: Any = None, dtype: Any = "float32", name: Any = None
) -> Any:
    wanted = as_dtype(dtype)
    if wanted.is_floating:
        low, high = (
            _parameter("tf.random.stateless_uniform", v, wanted) for v in (minval, 1 if maxval is None else maxval)
        )
        return distributions.stateless(seed, shape, "uniform", wanted) * (high - low) + low
    if wanted not in ("int32", "int64"):
        raise TypeError(f"tf.random.stateless_uniform: dtype must be one of floats, int32 or int64; got {wanted}")
    if maxval is None:
        raise ValueError(f"tf.random.stateless_uniform: maxval must be given for dtype {wanted}")
    low, high = (_parameter("tf.random.stateless_uniform", v, wanted) for v in (minval, maxval))
    part = distributions.stateless(seed, shape, "uniform", "float64")
    return K.cast(part * K.cast(high - low, "float64"), wanted) + low


def _stateless_categorical(logits: Any, num_samples: Any, seed: Any, dtype: Any = "int64", name: Any = None) -> Any:
    x = as_tensor(logits, where="tf.random.stateless_categorical: logits")
    if x.shape.rank not in (2, None):
        raise ValueError(f"tf.random.stateless_categorical: logits must be of rank 2; got shape {x.shape}")
    # The greatest of logits plus Gumbel noise is distributed as their softmax says.
    shape = K.stack([K.shape(x)[0], num_samples, K.shape(x)[1]])
    drawn = _stateless_uniform(shape, seed, 1e-20, 1.0, x.dtype)
    return K.cast(K.argmax(K.expand_dims(x, 1) - K.log(-K.log(drawn)), -1), dtype)


_BOTH: Table = {
    "gamma": _gamma,
    "shuffle": _shuffle,
    "stateless_categorical": _stateless_categorical,
    "stateless_normal": _stateless_normal("normal"),
    "stateless_truncated_normal": _stateless_normal("truncated_normal"),
    "stateless_uniform": _stateless_uniform,
}
RANDOM: Table = {**_BOTH, "poisson": _poisson}
V1: Table = {
    "random_gamma": _gamma,
    "random_poisson": lambda lam, shape, dtype="float32", seed=None, name=None: _poisson(shape, lam, dtype, seed),
    "random_shuffle": _shuffle,
}
V1_RANDOM: Table = {
    **_BOTH,
    "poisson": V1["random_poisson"],
    "stateless_multinomial": lambda logits, num_samples, seed, output_dtype="int64", name=None: _stateless_categorical(
        logits, num_samples, seed, output_dtype
    ),
}

give_names(
    {"tensorflow.random": RANDOM, "tensorflow.compat.v1": V1, "tensorflow.compat.v1.random": V1_RANDOM}, __name__
)
