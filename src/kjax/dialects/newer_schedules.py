"""Learning rates that depend on the step: `tf.keras.optimizers.schedules`, which Keras 2.3.1 does not have.

A schedule is called with the number of the step, a value or a symbolic tensor, and gives a float32. An optimizer takes
one for its `learning_rate`; a program may derive its own from `LearningRateSchedule`.
"""

from __future__ import annotations

import inspect
import math
from typing import Any

from kjax import backend as K
from kjax.core.tensor import Tensor
from kjax.dialects.tensorflow_ops import floor, where


class LearningRateSchedule:
    """The base of schedules: subclasses define `__call__(self, step)`, and `get_config(self)` to be saved."""

    def __call__(self, step: Any) -> Any:
        """The learning rate at a step."""
        raise NotImplementedError(f"{type(self).__name__}: a schedule must define __call__(self, step)")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal schedule."""
        raise NotImplementedError(f"{type(self).__name__}: a schedule must define get_config(self) to be saved")

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LearningRateSchedule:
        """A schedule from what `get_config` gave."""
        return cls(**config)


class _Schedule(LearningRateSchedule):
    """A schedule whose configuration is the arguments of its constructor, kept under their names."""

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal schedule."""
        return {name: getattr(self, name) for name in [*inspect.signature(type(self)).parameters]}


def _number(value: Any) -> Tensor:
    """A number, variable or tensor as float32."""
    return K.cast(value, "float32") if isinstance(value, Tensor) else K.constant(value, "float32")


def _periods(step: Any, length: Any, staircase: bool = False) -> Any:
    passed = _number(step) / _number(length)
    return floor(passed) if staircase else passed


def _cosine(fraction: Any, turns: float = 1.0) -> Any:
    """From 1 to 0 along half a wave, `turns` times, while the fraction goes from 0 to 1."""
    return 0.5 * (1.0 + K.cos(math.pi * turns * fraction))


def _part(step: Any, decay_steps: Any) -> Any:
    """How much of the decay has passed at a step; 1 from its end on."""
    return K.minimum(_number(step), _number(decay_steps)) / _number(decay_steps)


class ExponentialDecay(_Schedule):
    """`initial_learning_rate * decay_rate ** (step / decay_steps)`; in whole powers where `staircase`."""

    def __init__(
        self,
        initial_learning_rate: Any,
        decay_steps: Any,
        decay_rate: Any,
        staircase: bool = False,
        name: str | None = None,
    ) -> None:
        self.initial_learning_rate, self.decay_steps, self.decay_rate = initial_learning_rate, decay_steps, decay_rate
        self.staircase, self.name = staircase, name

    def __call__(self, step: Any) -> Any:
        """The learning rate at a step."""
        passed = _periods(step, self.decay_steps, self.staircase)
        return _number(self.initial_learning_rate) * K.exp(K.log(_number(self.decay_rate)) * passed)


class InverseTimeDecay(_Schedule):
    """`initial_learning_rate / (1 + decay_rate * step / decay_steps)`; in whole periods where `staircase`."""

    def __init__(
        self,
        initial_learning_rate: Any,
        decay_steps: Any,
        decay_rate: Any,
        staircase: bool = False,
        name: str | None = None,
    ) -> None:
        self.initial_learning_rate, self.decay_steps, self.decay_rate = initial_learning_rate, decay_steps, decay_rate
        self.staircase, self.name = staircase, name

    def __call__(self, step: Any) -> Any:
        """The learning rate at a step."""
        passed = _periods(step, self.decay_steps, self.staircase)
        return _number(self.initial_learning_rate) / (1.0 + _number(self.decay_rate) * passed)


class PiecewiseConstantDecay(_Schedule):
    """`values[i]` up to step `boundaries[i]` inclusive, and the last value from then on.

    Raises:
        ValueError: there isn't one value more than there are boundaries.
    """

    def __init__(self, boundaries: Any, values: Any, name: str | None = None) -> None:
        if len(boundaries) != len(values) - 1:
            raise ValueError(
                f"PiecewiseConstantDecay(): one value more than boundaries is needed; got {len(boundaries)} boundaries "
                f"and {len(values)} values"
            )
        self.boundaries, self.values, self.name = boundaries, values, name

    def __call__(self, step: Any) -> Any:
        """The learning rate at a step."""
        step, rate = _number(step), _number(self.values[-1])
        for boundary, value in zip(reversed(self.boundaries), reversed(self.values[:-1]), strict=True):
            rate = where(K.less_equal(step, _number(boundary)), _number(value), rate)
        return rate


class PolynomialDecay(_Schedule):
    """From the initial to the end rate in `decay_steps`, along a power of what is left; anew at its end if `cycle`."""

    def __init__(
        self,
        initial_learning_rate: Any,
        decay_steps: Any,
        end_learning_rate: Any = 0.0001,
        power: Any = 1.0,
        cycle: bool = False,
        name: str | None = None,
    ) -> None:
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.end_learning_rate, self.power, self.cycle, self.name = end_learning_rate, power, cycle, name

    def __call__(self, step: Any) -> Any:
        """The learning rate at a step."""
        step, length = _number(step), _number(self.decay_steps)
        if self.cycle:  # over longer and longer spans, the first multiple of the length from the step on
            left = 1.0 - step / (length * K.maximum(1.0, -floor(-step / length)))
        else:
            left = 1.0 - _part(step, length)
        end = _number(self.end_learning_rate)
        return (_number(self.initial_learning_rate) - end) * _power(left, _number(self.power)) + end


def _power(base: Any, exponent: Any) -> Any:
    return where(K.equal(base, 0.0), where(K.equal(exponent, 0.0), 1.0, 0.0), K.exp(exponent * K.log(base)))


class CosineDecay(_Schedule):
    """From the initial rate to `alpha` times as much, along half a wave of `decay_steps`."""

    def __init__(self, initial_learning_rate: Any, decay_steps: Any, alpha: Any = 0.0, name: str | None = None) -> None:
        self.initial_learning_rate, self.decay_steps = initial_learning_rate, decay_steps
        self.alpha, self.name = alpha, name

    def __call__(self, step: Any) -> Any:
        """The learning rate at a step."""
        wave = _cosine(_part(step, self.decay_steps))
        return _number(self.initial_learning_rate) * ((1.0 - self.alpha) * wave + self.alpha)


class CosineDecayRestarts(_Schedule):
    """`CosineDecay` again and again, each time `t_mul` times as long and from `m_mul` times the rate."""

    def __init__(
        self,
        initial_learning_rate: Any,
        first_decay_steps: Any,
        t_mul: Any = 2.0,
        m_mul: Any = 1.0,
        alpha: Any = 0.0,
        name: str | None = None,
    ) -> None:
        self.initial_learning_rate, self.first_decay_steps = initial_learning_rate, first_decay_steps
        self.t_mul, self.m_mul, self.alpha, self.name = t_mul, m_mul, alpha, name

    def __call__(self, step: Any) -> Any:
        """The learning rate at a step."""
        passed = _periods(step, self.first_decay_steps)
        if self.t_mul == 1.0:
            restarts = floor(passed)
            fraction = passed - restarts
        else:  # restart i begins at (1 - t ** i) / (1 - t)
            ratio = float(self.t_mul)
            restarts = floor(K.log(1.0 - passed * (1.0 - ratio)) / math.log(ratio))
            grown = K.exp(restarts * math.log(ratio))
            fraction = (passed - (1.0 - grown) / (1.0 - ratio)) / grown
        height = K.pow(_number(self.m_mul) + K.zeros_like(restarts), restarts)
        shape = (1.0 - self.alpha) * height * _cosine(fraction) + self.alpha
        return _number(self.initial_learning_rate) * shape


class LinearCosineDecay(_Schedule):
    """`initial_learning_rate * ((alpha + left) * wave + beta)`: a line times a wave of `num_periods`."""

    def __init__(
        self,
        initial_learning_rate: Any,
        decay_steps: Any,
        num_periods: Any = 0.5,
        alpha: Any = 0.0,
        beta: Any = 0.001,
        name: str | None = None,
    ) -> None:
        self.initial_learning_rate, self.decay_steps, self.num_periods = initial_learning_rate, decay_steps, num_periods
        self.alpha, self.beta, self.name = alpha, beta, name

    def _noise(self, step: Any) -> Any:
        return 0.0

    def __call__(self, step: Any) -> Any:
        """The learning rate at a step."""
        fraction = _part(step, self.decay_steps)
        wave = _cosine(fraction, 2.0 * self.num_periods)
        line = self.alpha + 1.0 - fraction + self._noise(step)
        return _number(self.initial_learning_rate) * (line * wave + self.beta)


class NoisyLinearCosineDecay(LinearCosineDecay):
    """`LinearCosineDecay` with noise of variance `initial_variance / (1 + step) ** variance_decay` on the line."""

    def __init__(
        self,
        initial_learning_rate: Any,
        decay_steps: Any,
        initial_variance: Any = 1.0,
        variance_decay: Any = 0.55,
        num_periods: Any = 0.5,
        alpha: Any = 0.0,
        beta: Any = 0.001,
        name: str | None = None,
    ) -> None:
        super().__init__(initial_learning_rate, decay_steps, num_periods, alpha, beta, name)
        self.initial_variance, self.variance_decay = initial_variance, variance_decay

    def _noise(self, step: Any) -> Any:
        step = K.minimum(_number(step), _number(self.decay_steps))
        variance = self.initial_variance / K.pow(1.0 + step, float(self.variance_decay))
        return K.sqrt(variance) * K.random_normal(())


def serialize(learning_rate_schedule: LearningRateSchedule) -> dict[str, Any]:
    """A schedule as its class and configuration.

    >>> serialize(InverseTimeDecay(0.1, 10, 0.5))["class_name"]
    'InverseTimeDecay'
    """
    return {"class_name": type(learning_rate_schedule).__name__, "config": learning_rate_schedule.get_config()}


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> LearningRateSchedule:
    """A schedule from what `serialize` gave.

    Raises:
        ValueError: its class is none of these, and not among `custom_objects`.

    >>> deserialize(serialize(InverseTimeDecay(0.1, 10, 0.5))).decay_steps
    10
    """
    name = config["class_name"]
    cls = {**SCHEDULES, **EXPERIMENTAL, **(custom_objects or {})}.get(name)
    if cls is None:
        raise ValueError(f"deserialize(): no learning rate schedule is called {name!r}; got {config!r}")
    made: LearningRateSchedule = cls.from_config(config["config"])
    return made


SCHEDULES: dict[str, Any] = {
    "ExponentialDecay": ExponentialDecay,
    "InverseTimeDecay": InverseTimeDecay,
    "LearningRateSchedule": LearningRateSchedule,
    "PiecewiseConstantDecay": PiecewiseConstantDecay,
    "PolynomialDecay": PolynomialDecay,
    "deserialize": deserialize,
    "serialize": serialize,
}

EXPERIMENTAL: dict[str, Any] = {
    "CosineDecay": CosineDecay,
    "CosineDecayRestarts": CosineDecayRestarts,
    "LinearCosineDecay": LinearCosineDecay,
    "NoisyLinearCosineDecay": NoisyLinearCosineDecay,
}
