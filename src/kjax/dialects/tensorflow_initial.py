"""Initializers at `tf` itself, such as `tf.random_normal_initializer`, and random numbers beside K's."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.dtypes import as_dtype
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.dialects.tensorflow_ops import constant, convert_to_tensor

# -------------------------------------------------------------------------------------------------------- initializers


class Initializer:
    """Makes the first value of a variable: `initializer(shape, dtype)` gives a tensor.

    The arguments it was made with are its configuration.
    """

    def __init__(self, **settings: Any) -> None:
        self._settings = settings
        self.dtype = settings.pop("dtype", None)
        vars(self).update(settings)

    def __call__(self, shape: Any, dtype: Any = None, partition_info: Any = None, **ignored: Any) -> Any:
        """A tensor of that shape and dtype (float32, unless the initializer says otherwise)."""
        return self._made([int(dim) for dim in shape], as_dtype(dtype or self.dtype or "float32"))

    def _made(self, dims: list[int], dtype: Any) -> Any:
        """The tensor."""
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return dict(self._settings)

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Any:
        """An initializer made with these arguments."""
        return cls(**config)


class constant_initializer(Initializer):
    """A number everywhere, or the elements of a list."""

    def __init__(self, value: Any = 0, dtype: Any = "float32", verify_shape: bool = False) -> None:
        super().__init__(value=value, dtype=dtype)

    def _made(self, dims: list[int], dtype: Any) -> Any:
        """The tensor."""
        return constant(np.asarray(self._settings["value"]), dtype, dims)


class zeros_initializer(Initializer):
    """Zeros."""

    def __init__(self, dtype: Any = None) -> None:
        super().__init__(dtype=dtype)

    def _made(self, dims: list[int], dtype: Any) -> Any:
        """The tensor."""
        return constant(0, dtype, dims)


class ones_initializer(Initializer):
    """Ones."""

    def __init__(self, dtype: Any = None) -> None:
        super().__init__(dtype=dtype)

    def _made(self, dims: list[int], dtype: Any) -> Any:
        """The tensor."""
        return constant(1, dtype, dims)


class _Normal(Initializer):
    draw = staticmethod(K.random_normal)

    def _made(self, dims: list[int], dtype: Any) -> Any:
        """The tensor."""
        own = self._settings
        return self.draw(dims, own["mean"], own["stddev"], dtype, own["seed"])


class random_normal_initializer(_Normal):
    """Numbers from a normal distribution."""

    def __init__(self, mean: Any = 0.0, stddev: Any = 0.05, seed: Any = None) -> None:
        super().__init__(mean=mean, stddev=stddev, seed=seed)


class _old_random_normal_initializer(_Normal):
    """Numbers from a normal distribution."""

    def __init__(self, mean: Any = 0.0, stddev: Any = 1.0, seed: Any = None, dtype: Any = "float32") -> None:
        super().__init__(mean=mean, stddev=stddev, seed=seed, dtype=dtype)


class truncated_normal_initializer(_Normal):
    """Numbers from a normal distribution, less than two standard deviations from the mean."""

    draw = staticmethod(K.truncated_normal)

    def __init__(self, mean: Any = 0.0, stddev: Any = 1.0, seed: Any = None, dtype: Any = "float32") -> None:
        super().__init__(mean=mean, stddev=stddev, seed=seed, dtype=dtype)


class random_uniform_initializer(Initializer):
    """Numbers from a uniform distribution."""

    def __init__(self, minval: Any = -0.05, maxval: Any = 0.05, seed: Any = None, dtype: Any = None) -> None:
        super().__init__(minval=minval, maxval=maxval, seed=seed, dtype=dtype)

    def _made(self, dims: list[int], dtype: Any) -> Any:
        """The tensor."""
        own = self._settings
        return K.random_uniform(dims, own["minval"], own["maxval"], dtype, own["seed"])


class _old_random_uniform_initializer(random_uniform_initializer):
    """Numbers from a uniform distribution."""

    def __init__(self, minval: Any = 0, maxval: Any = None, seed: Any = None, dtype: Any = "float32") -> None:
        super().__init__(minval, 1 if maxval is None else maxval, seed, dtype)


class variance_scaling_initializer(Initializer):
    """Numbers whose variance is a scale, divided by the number of inputs, of outputs, or their mean."""

    def __init__(
        self,
        scale: Any = 1.0,
        mode: str = "fan_in",
        distribution: str = "truncated_normal",
        seed: Any = None,
        dtype: Any = "float32",
    ) -> None:
        where = "tf.compat.v1.variance_scaling_initializer()"
        if mode not in _FANS:
            raise ValueError(f"{where}: mode must be one of {sorted(_FANS)}; got {mode!r}")
        if distribution not in ("normal", "uniform", "truncated_normal", "untruncated_normal"):
            raise ValueError(f"{where}: distribution is not known: {distribution!r}")
        super().__init__(scale=scale, mode=mode, distribution=distribution, seed=seed, dtype=dtype)

    def _made(self, dims: list[int], dtype: Any) -> Any:
        """The tensor."""
        own = self._settings
        window = math.prod(dims[:-2])
        fans = (dims[-2] * window, dims[-1] * window) if len(dims) > 1 else (dims[0] if dims else 1,) * 2
        variance = own["scale"] / max(1.0, _FANS[own["mode"]](*fans))
        if own["distribution"] == "uniform":
            limit = math.sqrt(3 * variance)
            return K.random_uniform(dims, -limit, limit, dtype, own["seed"])
        if own["distribution"] == "untruncated_normal":
            return K.random_normal(dims, 0.0, math.sqrt(variance), dtype, own["seed"])
        # The standard deviation of a normal distribution that is cut off at two of its own.
        return K.truncated_normal(dims, 0.0, math.sqrt(variance) / 0.87962566103423978, dtype, own["seed"])


_FANS: dict[str, Any] = {
    "fan_in": lambda inputs, outputs: inputs,
    "fan_out": lambda inputs, outputs: outputs,
    "fan_avg": lambda inputs, outputs: (inputs + outputs) / 2,
}


class glorot_uniform_initializer(variance_scaling_initializer):
    """Glorot and Bengio's uniform distribution."""

    def __init__(self, seed: Any = None, dtype: Any = "float32") -> None:
        super().__init__(1.0, "fan_avg", "uniform", seed, dtype)

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {"seed": self._settings["seed"]}


class glorot_normal_initializer(glorot_uniform_initializer):
    """Glorot and Bengio's normal distribution."""

    def __init__(self, seed: Any = None, dtype: Any = "float32") -> None:
        variance_scaling_initializer.__init__(self, 1.0, "fan_avg", "truncated_normal", seed, dtype)


class orthogonal_initializer(Initializer):
    """An orthogonal matrix, times a gain; for more axes, all but the last are rows."""

    def __init__(self, gain: Any = 1.0, seed: Any = None, dtype: Any = "float32") -> None:
        super().__init__(gain=gain, seed=seed, dtype=dtype)

    def _made(self, dims: list[int], dtype: Any) -> Any:
        """The tensor."""
        if len(dims) < 2:
            raise ValueError(f"tf.compat.v1.orthogonal_initializer(): a shape of rank 2 or more is needed; got {dims}")
        rows, columns = math.prod(dims[:-1]), dims[-1]
        drawn = K.random_normal((max(rows, columns), min(rows, columns)), 0.0, 1.0, "float32", self._settings["seed"])
        q, r = np.linalg.qr(K.eval(drawn))
        q = q * np.sign(np.diag(r))
        q = (q if rows >= columns else q.T) * self._settings["gain"]
        return constant(q.reshape(dims), dtype)


class identity_initializer(Initializer):
    """A matrix of ones along the diagonal, times a gain."""

    def __init__(self, gain: Any = 1.0, dtype: Any = "float32") -> None:
        super().__init__(gain=gain, dtype=dtype)

    def _made(self, dims: list[int], dtype: Any) -> Any:
        """The tensor."""
        if len(dims) != 2:
            raise ValueError(f"tf.compat.v1.initializers.identity(): a shape of rank 2 is needed; got {dims}")
        return constant(np.eye(dims[0], dims[1]) * self._settings["gain"], dtype)


class uniform_unit_scaling_initializer(Initializer):
    """Numbers from a uniform distribution that keeps the scale of inputs."""

    def __init__(self, factor: Any = 1.0, seed: Any = None, dtype: Any = "float32") -> None:
        super().__init__(factor=factor, seed=seed, dtype=dtype)

    def _made(self, dims: list[int], dtype: Any) -> Any:
        """The tensor."""
        limit = math.sqrt(3 / max(1.0, math.prod(dims[:-1]))) * self._settings["factor"]
        return K.random_uniform(dims, -limit, limit, dtype, self._settings["seed"])


def _scaling(scale: float, mode: str, distribution: str) -> Any:
    return lambda seed=None: variance_scaling_initializer(scale, mode, distribution, seed)


# -------------------------------------------------------------------------------------------------------------- random


def _categorical(logits: Any, num_samples: Any, dtype: Any = None, seed: Any = None, name: Any = None) -> Any:
    x = convert_to_tensor(logits)
    if x.shape.rank not in (2, None):
        raise ValueError(f"tf.random.categorical(): logits must be of rank 2; got shape {x.shape}")
    # The greatest of logits plus Gumbel noise is distributed as their softmax says.
    shape = K.stack([K.shape(x)[0], num_samples, K.shape(x)[1]])
    noise = -K.log(-K.log(K.random_uniform(shape, 1e-20, 1.0, x.dtype, seed)))
    return K.cast(K.argmax(K.expand_dims(x, 1) + noise, -1), dtype or "int64")


TF: Table = {
    "constant_initializer": constant_initializer,
    "ones_initializer": ones_initializer,
    "random_normal_initializer": random_normal_initializer,
    "random_uniform_initializer": random_uniform_initializer,
    "zeros_initializer": zeros_initializer,
}
RANDOM: Table = {"categorical": _categorical}
V1: Table = {
    **TF,
    "glorot_normal_initializer": glorot_normal_initializer,
    "glorot_uniform_initializer": glorot_uniform_initializer,
    "multinomial": lambda logits, num_samples, seed=None, name=None, output_dtype=None: _categorical(
        logits, num_samples, output_dtype, seed
    ),
    "orthogonal_initializer": orthogonal_initializer,
    "random_normal_initializer": _old_random_normal_initializer,
    "random_uniform_initializer": _old_random_uniform_initializer,
    "uniform_unit_scaling_initializer": uniform_unit_scaling_initializer,
    "truncated_normal_initializer": truncated_normal_initializer,
    "variance_scaling_initializer": variance_scaling_initializer,
}
V1_INITIALIZERS: Table = {
    **{name.removesuffix("_initializer"): made for name, made in V1.items() if name.endswith("_initializer")},
    "he_normal": _scaling(2.0, "fan_in", "truncated_normal"),
    "he_uniform": _scaling(2.0, "fan_in", "uniform"),
    "identity": identity_initializer,
    "lecun_normal": _scaling(1.0, "fan_in", "truncated_normal"),
    "lecun_uniform": _scaling(1.0, "fan_in", "uniform"),
}
V1_RANDOM: Table = {**RANDOM, "multinomial": V1["multinomial"]}

give_names(
    {
        "tensorflow": TF,
        "tensorflow.random": RANDOM,
        "tensorflow.compat.v1": V1,
        "tensorflow.compat.v1.initializers": V1_INITIALIZERS,
        "tensorflow.compat.v1.random": V1_RANDOM,
    },
    __name__,
)
