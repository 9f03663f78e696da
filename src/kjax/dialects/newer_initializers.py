"""Initializers, activations, regularizers and constraints of `tf.keras` that Keras 2.3.1 does not have."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.operands import as_tensor
from kjax.dialects.newer_parts import On, Part, made, of_keras, shape_of
from kjax.ops import activation

# ------------------------------------------------------------------------------------------------------ initializers


class VarianceScaling(Part):
    """Random numbers whose variance depends on the size of the weight."""

    def __init__(
        self, scale: float = 1.0, mode: str = "fan_in", distribution: str = "truncated_normal", seed: Any = None
    ) -> None:
        known = ("truncated_normal", "untruncated_normal", "uniform", "normal")
        if str(distribution).lower() not in known:
            raise ValueError(f"VarianceScaling(): distribution must be one of {known}; got {distribution!r}")
        super().__init__(scale, mode, "uniform" if distribution == "uniform" else "normal", seed)
        self.drawn_from = "truncated_normal" if distribution == "normal" else distribution.lower()

    def __call__(self, shape: Any, dtype: Any = None) -> Any:
        """A tensor of that shape."""
        if self.drawn_from != "untruncated_normal":
            return super().__call__(shape, dtype=dtype)
        fan_in, fan_out = of_keras("initializers._compute_fans")(shape)
        fan = {"fan_in": fan_in, "fan_out": fan_out}.get(self.mode, (fan_in + fan_out) / 2.0)
        return K.random_normal(shape, 0.0, math.sqrt(self.scale / max(1.0, fan)), dtype, seed=self.seed)

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {"scale": self.scale, "mode": self.mode, "distribution": self.drawn_from, "seed": self.seed}


class _Scaled(Part):
    """One of the usual settings of `VarianceScaling`; its only argument is the seed."""

    setting: tuple[float, str, str]

    def __init__(self, seed: Any = None) -> None:
        super().__init__(*self.setting, seed=seed)

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {"seed": self.seed}


class GlorotNormal(_Scaled):
    """Normal numbers of variance 2 / (inputs + outputs)."""

    setting = (1.0, "fan_avg", "truncated_normal")


class GlorotUniform(_Scaled):
    """Uniform numbers of variance 2 / (inputs + outputs)."""

    setting = (1.0, "fan_avg", "uniform")


class HeNormal(_Scaled):
    """Normal numbers of variance 2 / inputs."""

    setting = (2.0, "fan_in", "truncated_normal")


class HeUniform(_Scaled):
    """Uniform numbers of variance 2 / inputs."""

    setting = (2.0, "fan_in", "uniform")


class LecunNormal(_Scaled):
    """Normal numbers of variance 1 / inputs."""

    setting = (1.0, "fan_in", "truncated_normal")


class LecunUniform(_Scaled):
    """Uniform numbers of variance 1 / inputs."""

    setting = (1.0, "fan_in", "uniform")


_SCALING = On("initializers.VarianceScaling", VarianceScaling, "initializers")


def _scaling(scale: float, distribution: str) -> Callable[..., Any]:
    """A function of a seed that makes a `VarianceScaling` by the number of inputs."""
    return lambda seed=None: made(_SCALING)(scale, "fan_in", distribution, seed)


_GLOROT_NORMAL, _GLOROT_UNIFORM = (On(_SCALING, part, "initializers") for part in (GlorotNormal, GlorotUniform))

INITIALIZERS: dict[str, Any] = {
    "GlorotNormal": _GLOROT_NORMAL,
    "GlorotUniform": _GLOROT_UNIFORM,
    "HeNormal": On(_SCALING, HeNormal, "initializers"),
    "HeUniform": On(_SCALING, HeUniform, "initializers"),
    "LecunNormal": On(_SCALING, LecunNormal, "initializers"),
    "LecunUniform": On(_SCALING, LecunUniform, "initializers"),
    "VarianceScaling": _SCALING,
    "glorot_normal": _GLOROT_NORMAL,
    "glorot_uniform": _GLOROT_UNIFORM,
    "he_normal": _scaling(2.0, "truncated_normal"),
    "he_uniform": _scaling(2.0, "uniform"),
    "lecun_normal": _scaling(1.0, "truncated_normal"),
    "lecun_uniform": _scaling(1.0, "uniform"),
}

# ------------------------------------------------------------------------------------------------------- activations


def swish(x: Any) -> Any:
    """Each element times its sigmoid.

    Args:
        x: a float tensor.

    Returns:
        A tensor of the same shape and dtype.

    Source: `tf.keras.activations.swish`, TF 2.2.

    >>> swish([0.0, 100.0]).numpy().tolist()
    [0.0, 100.0]
    """
    x = as_tensor(x, where="swish(): x")
    return x * K.sigmoid(x)


def gelu(x: Any, approximate: bool = False) -> Any:
    """Each element times the probability that a standard normal variable is less.

    Args:
        x: a float tensor.
        approximate: whether the probability is approximated by a hyperbolic tangent.

    Returns:
        A tensor of the same shape and dtype.

    Source: `tf.keras.activations.gelu`, TF 2.4.

    >>> gelu([0.0, 10.0]).numpy().tolist(), gelu([0.0, 10.0], approximate=True).numpy().tolist()
    ([0.0, 10.0], [0.0, 10.0])
    """
    x = as_tensor(x, where="gelu(): x")
    if approximate:
        return 0.5 * x * (1.0 + K.tanh(math.sqrt(2.0 / math.pi) * (x + 0.044715 * K.pow(x, 3))))
    return activation.gelu(x)


ACTIVATIONS: dict[str, Any] = {"gelu": gelu, "silu": swish, "swish": swish}

# ------------------------------------------------------------------------------------------ regularizers, constraints


class L1(Part):
    """The sum of absolute values, times a factor."""

    def __init__(self, l1: float = 0.01) -> None:
        super().__init__(l1=l1)

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {"l1": float(self.l1)}


class L2(Part):
    """The sum of squares, times a factor."""

    def __init__(self, l2: float = 0.01) -> None:
        super().__init__(l2=l2)

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        return {"l2": float(self.l2)}


REGULARIZERS: dict[str, Any] = {
    "L1": On("regularizers.L1L2", L1, "regularizers"),
    "L2": On("regularizers.L1L2", L2, "regularizers"),
}


class RadialConstraint(Part):
    """Makes square kernels `(size, size, inputs, outputs)` equal on the squares around their centre."""

    def __call__(self, w: Any) -> Any:
        """The constrained kernel: each square has the value on the diagonal."""
        shape = shape_of(w)
        if len(shape) != 4 or shape[0] != shape[1]:
            raise ValueError(f"RadialConstraint(): the kernel must be of shape (n, n, inputs, outputs); got {shape}")
        size = shape[0]
        from_centre = np.abs(np.arange(size) - (size - 1) / 2.0)
        ring = np.maximum(from_centre[:, None], from_centre[None, :])
        # The centre takes the value before the middle of the diagonal, and each square the next one.
        diagonal = size // 2 - 1 + np.ceil(ring).astype(int) if size % 2 else size // 2 + np.floor(ring).astype(int)
        diagonal = np.where(ring < 1, size // 2 - 1, diagonal) if size > 1 else np.zeros_like(diagonal)
        rows = K.gather(K.reshape(w, (size * size, *shape[2:])), (diagonal * (size + 1)).ravel())
        return K.reshape(rows, shape)


_RADIAL = On("constraints.Constraint", RadialConstraint, "constraints")
CONSTRAINTS: dict[str, Any] = {"RadialConstraint": _RADIAL, "radial_constraint": _RADIAL}
