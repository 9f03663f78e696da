"""Optimizers that scale losses: `LossScaleOptimizer`, as TensorFlow 2.2 and 2.4 have it.

One wraps another optimizer. A loss is multiplied by its scale and the gradients are divided by it; of a step in which a
gradient is not finite nothing is applied, neither to variables nor to what the wrapped optimizer keeps, and the scale
shrinks. `fit` does so by itself, once `compile` has wrapped the optimizer of a model whose policy is `mixed_float16`.
"""

from __future__ import annotations

import contextlib
from collections import OrderedDict
from collections.abc import Sequence
from typing import Any, NoReturn

from kjax import backend
from kjax.core.graph import graph_mode
from kjax.core.tensor import Tensor
from kjax.core.updates import noted, only_if
from kjax.core.variable import Variable
from kjax.dialects import loss_scales, newer_optimizers, newer_policies
from kjax.dialects.loss_scales import DynamicLossScale, FixedLossScale, times
from kjax.dialects.newer_optimizer_base import Optimizer
from kjax.dialects.repairs import wrap
from kjax.machine.errors import shown

K: Any = backend


class _Scaled(Optimizer):
    """An optimizer around another one, `_optimizer`, with a loss scale, `_loss_scale`."""

    def __init__(self, optimizer: Optimizer, loss_scale: Any) -> None:
        self._hyper, self._functions = {}, OrderedDict()
        self._optimizer, self._loss_scale = optimizer, loss_scale

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    # ------------------------------------------------------------------------------------------------------- scaling

    def get_scaled_loss(self, loss: Any) -> Any:
        """A loss times the scale.

        Args:
            loss: a tensor, or a function of nothing that gives one.

        Returns:
            A tensor; of a function a function.
        """
        scale = self._loss_scale()
        if callable(loss):
            return lambda: times(loss(), scale)
        return times(loss, scale)

    def get_unscaled_gradients(self, grads: Sequence[Any]) -> list[Any]:
        """Gradients divided by the scale; None stays None."""
        factor = 1.0 / self._loss_scale()
        return [None if grad is None else times(grad, factor) for grad in grads]

    def get_gradients(self, loss: Any, params: Sequence[Variable]) -> list[Any]:
        """The gradients of a symbolic loss, by way of the scaled one."""
        with graph_mode():
            grads = K.gradients(self.get_scaled_loss(loss), list(params))
            grads = self.get_unscaled_gradients(grads)
            if any(grad is None for grad in grads):
                return self._optimizer.get_gradients(loss, params)  # raises
            return self._clip_gradients(grads)

    def _compute_gradients(self, loss: Any, var_list: Any, grad_loss: Any = None) -> list[tuple[Any, Variable]]:
        grads, var_list = self._slopes(self.get_scaled_loss(loss), var_list, grad_loss)
        return [*zip(self._clip_gradients(self.get_unscaled_gradients(grads)), var_list, strict=True)]

    def _clip_gradients(self, grads: Sequence[Any]) -> list[Any]:
        return self._optimizer._clip_gradients(grads)

    def _updates(self, grads: Sequence[Any], variables: list[Variable]) -> list[Tensor]:
        """The updates of a step, of the scale among them."""
        with graph_mode(), noted() as made:
            _, applies = self._loss_scale.update(list(grads))
            # (Asked for before the first step, so that it is made whether or not the step is.)
            self._optimizer.iterations  # noqa: B018
            with only_if(applies) if isinstance(applies, Tensor) else contextlib.nullcontext():
                if isinstance(applies, Tensor) or applies:
                    self._optimizer.apply_gradients(zip(grads, variables, strict=True))
        return made

    # ---------------------------------------------------------------------------------------- of the wrapped optimizer

    iterations = property(
        lambda self: self._optimizer.iterations,
        lambda self, variable: setattr(self._optimizer, "iterations", variable),
        doc="How many steps were made: a variable of int64.",
    )
    learning_rate = property(
        lambda self: self._optimizer.learning_rate,
        lambda self, value: setattr(self._optimizer, "learning_rate", value),
        doc="The learning rate of the wrapped optimizer.",
    )
    lr = learning_rate

    def __setattr__(self, name: str, value: Any) -> None:
        object.__setattr__(self, name, value)

    @property
    def weights(self) -> list[Variable]:
        """The variables of the wrapped optimizer."""
        return self._optimizer.weights

    def variables(self) -> list[Variable]:
        """The same as `weights`."""
        return self._optimizer.variables()

    def get_weights(self) -> list[Any]:
        """The values of `weights`, as arrays."""
        return self._optimizer.get_weights()

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Give new values to `weights`."""
        self._optimizer.set_weights(weights)

    def get_slot_names(self) -> list[str]:
        """The names of what is kept for variables."""
        return self._optimizer.get_slot_names()

    def _create_slots(self, var_list: list[Variable]) -> None:
        self._optimizer._create_slots(var_list)


class LossScaleOptimizer(_Scaled):
    """An optimizer that scales losses, around another one.

    Args:
        optimizer: the optimizer that makes the steps.
        loss_scale: a loss scale, the number of a fixed one, or `"dynamic"`.

    Raises:
        ValueError: `optimizer` is none, or limits gradients; `loss_scale` is none.

    Source: `tf.keras.mixed_precision.experimental.LossScaleOptimizer`, TF 2.2.

    >>> v = K.variable([1.0, 2.0])
    >>> optimizer = LossScaleOptimizer(newer_optimizers.SGD(0.5), "dynamic")
    >>> for grad in ([1.0, float("inf")], [1.0, 2.0]):
    ...     _ = optimizer.apply_gradients([(K.constant(grad), v)])
    >>> K.get_value(v).tolist(), optimizer.loss_scale().numpy().item(), K.get_value(optimizer.iterations).item()
    ([0.5, 1.0], 16384.0, 1)
    """

    def __init__(self, optimizer: Any, loss_scale: Any) -> None:
        if not isinstance(optimizer, Optimizer):
            raise ValueError(f'"optimizer" must be an instance of OptimizerV2, but got: {shown(optimizer)}')
        for name in ("clipnorm", "clipvalue"):
            if getattr(optimizer, name, None) is not None:
                raise ValueError(
                    f"LossScaleOptimizer does not support wrapping optimizers with a {name}. Optimizer {optimizer} has "
                    f"{name} {getattr(optimizer, name)}"
                )
        loss_scale = loss_scales.get(loss_scale)
        if loss_scale is None:
            raise ValueError("loss_scale cannot be None.")
        super().__init__(optimizer, loss_scale)

    @property
    def loss_scale(self) -> Any:
        """The loss scale, an object that gives it when called."""
        return self._loss_scale

    def get_slot(self, var: Variable, slot_name: str) -> NoReturn:
        """Refused, as in TensorFlow 2.2."""
        raise AttributeError("You cannot call get_slot on a LossScaleOptimizer.")

    def add_slot(self, var: Variable, slot_name: str, initializer: Any = "zeros") -> NoReturn:
        """Refused, as in TensorFlow 2.2."""
        raise AttributeError("You cannot call add_slot on a LossScaleOptimizer.")

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer."""
        return {
            "optimizer": newer_optimizers.serialize(self._optimizer),
            "loss_scale": loss_scales.serialize(self._loss_scale),
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """An optimizer from what `get_config` gave; of the newer kind where it is one's configuration."""
        if "loss_scale" not in config:
            return NewerLossScaleOptimizer.from_config(config, custom_objects)
        inner = newer_optimizers.deserialize(config["optimizer"], custom_objects)
        return cls(inner, loss_scales.deserialize(config["loss_scale"], custom_objects))


class NewerLossScaleOptimizer(_Scaled):
    """An optimizer that scales losses, around another one.

    Args:
        inner_optimizer: the optimizer that makes the steps.
        dynamic: whether the scale changes.
        initial_scale: the scale at the start; 2 ** 15 by default where it changes.
        dynamic_growth_steps: after so many steps with finite gradients the scale is doubled; 2000 by default.

    Raises:
        TypeError: `inner_optimizer` is no optimizer, or one that scales already; `dynamic` is no bool.
        ValueError: the scale does not change, and `initial_scale` is missing or `dynamic_growth_steps` is given.

    Source: `tf.keras.mixed_precision.LossScaleOptimizer`, TF 2.4.

    >>> optimizer = NewerLossScaleOptimizer(newer_optimizers.SGD(0.5), initial_scale=8)
    >>> optimizer.loss_scale.numpy().item(), optimizer.dynamic_growth_steps
    (8.0, 2000)
    """

    def __init__(
        self, inner_optimizer: Any, dynamic: bool = True, initial_scale: Any = None, dynamic_growth_steps: Any = None
    ) -> None:
        if not isinstance(inner_optimizer, Optimizer) or isinstance(inner_optimizer, _Scaled):
            wanted = "a LossScaleOptimizer" if isinstance(inner_optimizer, _Scaled) else shown(inner_optimizer)
            raise TypeError(f'LossScaleOptimizer(): "inner_optimizer" must be an optimizer to wrap; got {wanted}')
        if not isinstance(dynamic, bool):
            raise TypeError(f'LossScaleOptimizer(): "dynamic" must be a bool; got {shown(dynamic)}')
        scale: Any
        if dynamic:
            scale = DynamicLossScale(
                2**15 if initial_scale is None else initial_scale,
                2000 if dynamic_growth_steps is None else dynamic_growth_steps,
            )
        else:
            if initial_scale is None:
                raise ValueError('LossScaleOptimizer(): "initial_scale" must be given where "dynamic" is False')
            if dynamic_growth_steps is not None:
                raise ValueError(
                    'LossScaleOptimizer(): "dynamic_growth_steps" must be None where "dynamic" is False; got '
                    f"{shown(dynamic_growth_steps)}"
                )
            scale = FixedLossScale(initial_scale)
        super().__init__(inner_optimizer, scale)

    @property
    def inner_optimizer(self) -> Optimizer:
        """The optimizer that makes the steps."""
        return self._optimizer

    @property
    def dynamic(self) -> bool:
        """Whether the scale changes."""
        return isinstance(self._loss_scale, DynamicLossScale)

    @property
    def loss_scale(self) -> Any:
        """The scale now: a float32 tensor without dims."""
        return self._loss_scale()

    @property
    def dynamic_counter(self) -> Any:
        """How many steps had finite gradients since the scale changed; None of a fixed scale."""
        return self._loss_scale._num_good_steps if self.dynamic else None

    @property
    def initial_scale(self) -> Any:
        """The scale at the start."""
        return self._loss_scale.initial_loss_scale if self.dynamic else self._loss_scale._loss_scale_value

    @property
    def dynamic_growth_steps(self) -> Any:
        """After how many steps with finite gradients the scale is doubled; None of a fixed scale."""
        return self._loss_scale.increment_period if self.dynamic else None

    def get_slot(self, var: Variable, slot_name: str) -> Variable:
        """The variable that the wrapped optimizer keeps for `var` under a name."""
        return self._optimizer.get_slot(var, slot_name)

    def add_slot(self, var: Variable, slot_name: str, initializer: Any = "zeros") -> Variable:
        """Have the wrapped optimizer keep a variable for `var` under a name."""
        return self._optimizer.add_slot(var, slot_name, initializer)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer."""
        return {
            "inner_optimizer": newer_optimizers.serialize(self._optimizer),
            "dynamic": self.dynamic,
            "initial_scale": self.initial_scale,
            "dynamic_growth_steps": self.dynamic_growth_steps,
        }

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
        """An optimizer from what `get_config` gave; of the older kind where it is one's configuration."""
        if "loss_scale" in config:
            return LossScaleOptimizer.from_config(config, custom_objects)
        inner = newer_optimizers.deserialize(config["inner_optimizer"], custom_objects)
        return cls(**{**config, "inner_optimizer": inner})


NewerLossScaleOptimizer.__name__ = NewerLossScaleOptimizer.__qualname__ = "LossScaleOptimizer"

newer_optimizers.make_known(LossScaleOptimizer)


def adapt(keras: Any) -> None:
    """Have `compile` wrap the optimizer of a model whose policy scales losses."""
    wrap(keras.models.Model, "compile", _compiled)


def _compiled(original: Any, model: Any, optimizer: Any = "rmsprop", *args: Any, **kwargs: Any) -> None:
    policy = newer_policies.policy_of(model)
    if policy is not None and policy.scales:
        optimizer = newer_optimizers.get(optimizer)
        if not isinstance(optimizer, _Scaled):
            scale = policy.loss_scale
            optimizer = NewerLossScaleOptimizer(optimizer) if scale is None else LossScaleOptimizer(optimizer, scale)
    original(model, optimizer, *args, **kwargs)


EXPERIMENTAL: dict[str, Any] = {"LossScaleOptimizer": LossScaleOptimizer}

MIXED_PRECISION: dict[str, Any] = {"LossScaleOptimizer": NewerLossScaleOptimizer}
