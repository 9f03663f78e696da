"""Loss scales: what losses are multiplied by, so that gradients of float16 are not too small for it.

`FixedLossScale` stays what it is. `DynamicLossScale` halves where a gradient is not finite, and doubles after so many
steps in which all of them were.
"""

from __future__ import annotations

import abc
from collections.abc import Mapping
from typing import Any

from kjax import backend
from kjax.core.graph import graph_mode, tensors_in
from kjax.core.operands import as_tensor
from kjax.core.variable import Variable
from kjax.dialects.tensorflow_ops import is_finite, where
from kjax.machine.errors import shown
from kjax.ops.elementwise import identity

K: Any = backend


class LossScale(abc.ABC):
    """The base of loss scales; one of a program's own has `__call__`, `update` and `get_config`.

    Source: `tf.mixed_precision.experimental.LossScale`, TF 2.2.
    """

    def __init__(self) -> None:
        self._weights: dict[str, Variable] = {}

    @abc.abstractmethod
    def __call__(self) -> Any:
        """The scale now: a float32 tensor without dims."""

    @abc.abstractmethod
    def update(self, grads: Any) -> tuple[Any, Any]:
        """Take notice of the gradients of a step, which are divided by the scale already.

        Args:
            grads: tensors in nested lists; None is passed over.

        Returns:
            The updates that a graph is to carry out, None if they are done; and whether the gradients are to be
            applied: a bool, or a tensor.
        """

    def _add_weight(self, name: str, initial_value: Any, dtype: Any = None) -> Variable:
        """A variable of the scale.

        Raises:
            RuntimeError: there is one of this name.
        """
        if name in self._weights:
            raise RuntimeError(f"Duplicate variables detected. {name!r}")
        variable: Variable = K.variable(initial_value, dtype=dtype, name=name)
        variable.trainable = False
        self._weights[name] = variable
        return variable

    @abc.abstractmethod
    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal scale."""

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> LossScale:
        """A scale from what `get_config` gave."""
        return cls(**config)


class FixedLossScale(LossScale):
    """A loss scale that is always the same.

    Args:
        loss_scale_value: the scale, a number of at least 1.

    Raises:
        ValueError: it is none.

    Source: `tf.mixed_precision.experimental.FixedLossScale`, TF 2.2.

    >>> FixedLossScale(8)().numpy().item()
    8.0
    """

    def __init__(self, loss_scale_value: float) -> None:
        super().__init__()
        if not isinstance(loss_scale_value, (int, float)):
            raise ValueError(
                f"FixedLossScale(): loss_scale_value must be a Python int or float; got {shown(loss_scale_value)}"
            )
        if loss_scale_value < 1:
            raise ValueError(f"FixedLossScale(): loss_scale_value must be at least 1; got {loss_scale_value}")
        self._loss_scale_value = float(loss_scale_value)

    def __call__(self) -> Any:
        """The scale."""
        return K.constant(self._loss_scale_value, "float32")

    def update(self, grads: Any) -> tuple[Any, Any]:
        """Nothing to do: gradients are applied in any case."""
        return None, True

    def __repr__(self) -> str:
        return f"FixedLossScale({self._loss_scale_value})"

    def get_config(self) -> dict[str, Any]:
        """The argument that makes an equal scale."""
        return {"loss_scale_value": self._loss_scale_value}


class DynamicLossScale(LossScale):
    """A loss scale as large as gradients allow.

    Args:
        initial_loss_scale: the scale at the start.
        increment_period: after so many steps with finite gradients, one after the other, it is multiplied.
        multiplier: by what; after a step with other gradients it is divided by it, down to 1.

    Source: `tf.mixed_precision.experimental.DynamicLossScale`, TF 2.2.

    >>> scale = DynamicLossScale(8.0, increment_period=1)
    >>> _ = scale.update([K.constant([1.0, float("inf")])])
    >>> halved = scale().numpy().item()
    >>> _ = scale.update([K.constant([1.0, 2.0])])
    >>> halved, scale().numpy().item()
    (4.0, 8.0)
    """

    def __init__(
        self, initial_loss_scale: float = 2**15, increment_period: int = 2000, multiplier: float = 2.0
    ) -> None:
        super().__init__()
        self._initial_loss_scale = float(initial_loss_scale)
        self._increment_period = int(increment_period)
        self._multiplier = float(multiplier)
        self._current_loss_scale = self._add_weight("current_loss_scale", self._initial_loss_scale, "float32")
        self._num_good_steps = self._add_weight("good_steps", 0, "int64")

    @property
    def initial_loss_scale(self) -> float:
        """The scale at the start."""
        return self._initial_loss_scale

    @property
    def increment_period(self) -> int:
        """The number of steps after which the scale is multiplied."""
        return self._increment_period

    @property
    def multiplier(self) -> float:
        """What the scale is multiplied by, and divided."""
        return self._multiplier

    def __call__(self) -> Any:
        """The scale now."""
        return identity(self._current_loss_scale)

    def update(self, grads: Any) -> tuple[Any, Any]:
        """Change the scale by the gradients of a step."""
        finite = all_finite(grads)
        if finite.is_symbolic:
            with graph_mode():
                return self._updates(finite), finite
        self._updates(finite)
        return None, finite

    def _updates(self, finite: Any) -> list[Any]:
        scale, steps = self._current_loss_scale, self._num_good_steps + 1
        larger = scale * self._multiplier
        due = K.greater_equal(steps, self._increment_period)
        after_good = where(K.cast(due, "bool") & is_finite(larger), larger, identity(scale))
        smaller = K.maximum(scale / self._multiplier, 1.0)
        counted = where(due, K.zeros_like(steps), steps)
        return [
            K.update(scale, where(finite, after_good, smaller)),
            K.update(self._num_good_steps, where(finite, counted, K.zeros_like(steps))),
        ]

    def __repr__(self) -> str:
        now = f"current_loss_scale={K.get_value(self._current_loss_scale)}"
        steps = f"num_good_steps={K.get_value(self._num_good_steps)}"
        numbers = ", ".join(f"{name}={value}" for name, value in self.get_config().items())
        return f"DynamicLossScale({now}, {steps}, {numbers})"

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal scale."""
        names = ("initial_loss_scale", "increment_period", "multiplier")
        return {name: getattr(self, name) for name in names}


def all_finite(grads: Any) -> Any:
    """Whether no element of tensors in nested lists is infinite or no number: a bool without dims.

    >>> all_finite([K.constant([1.0]), None, K.constant([2.0, float("nan")])]).numpy().item()
    False
    """
    found = [K.all(is_finite(grad)) for grad in tensors_in(grads)]
    return K.all(K.stack(found)) if found else as_tensor(True)


def times(x: Any, factor: Any) -> Any:
    """A tensor times a scale, or one divided by it, in the dtype of the tensor.

    >>> times(K.constant([1.0, 2.0]), FixedLossScale(8)()).numpy().tolist()
    [8.0, 16.0]
    """
    return x * K.cast(factor, x.dtype.name)


def get(identifier: Any) -> Any:
    """A loss scale: itself, by its number, its configuration or the word `"dynamic"`; None for None.

    Raises:
        ValueError: it is none of these.

    >>> get(4), get(None)
    (FixedLossScale(4.0), None)
    """
    if isinstance(identifier, Mapping):
        return deserialize(identifier)
    if isinstance(identifier, (int, float)):
        return FixedLossScale(identifier)
    if isinstance(identifier, str) and identifier == "dynamic":
        return DynamicLossScale()
    if identifier is None or isinstance(identifier, LossScale):
        return identifier
    raise ValueError(f"Could not interpret loss scale identifier: {shown(identifier)}")


def serialize(loss_scale: LossScale | None) -> dict[str, Any] | None:
    """A loss scale as its class and configuration.

    >>> serialize(FixedLossScale(2))
    {'class_name': 'FixedLossScale', 'config': {'loss_scale_value': 2.0}}
    """
    if loss_scale is None:
        return None
    return {"class_name": type(loss_scale).__name__, "config": loss_scale.get_config()}


def deserialize(config: Any, custom_objects: Mapping[str, Any] | None = None) -> Any:
    """A loss scale from what `serialize` gave.

    Raises:
        ValueError: its class is none of these, and not among `custom_objects`.

    >>> deserialize({"class_name": "FixedLossScale", "config": {"loss_scale_value": 2.0}})
    FixedLossScale(2.0)
    """
    if config is None:
        return None
    known: dict[str, Any] = {**LOSS_SCALES, **(custom_objects or {})}
    if config["class_name"] not in known:
        raise ValueError(f"Unknown loss scale: {config['class_name']}")
    return known[config["class_name"]].from_config(config["config"])


LOSS_SCALES: dict[str, Any] = {
    "DynamicLossScale": DynamicLossScale,
    "FixedLossScale": FixedLossScale,
    "LossScale": LossScale,
}
