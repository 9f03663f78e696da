"""The optimizers of `tf.keras` in TensorFlow 2.2, which Keras 2.3.1 has in an older form.

Of a gradient that is `tf.IndexedSlices`, some optimizers change only the rows that it has. A derived one is given the
dense gradient, whose other rows are zeros.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from kjax import backend
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable
from kjax.dialects.newer_optimizer_base import Optimizer, dtype_name
from kjax.dialects.newer_schedules import LearningRateSchedule
from kjax.dialects.repairs import wrap
from kjax.dialects.tensorflow_ops import where
from kjax.sparse.slices import ByRows

K: Any = backend

# Variables and their new values.
Changes = list[tuple[Variable, Any]]


class _Ours(Optimizer):
    """An optimizer whose numbers and options are the arguments of its constructor.

    `_SLOTS` names what is kept for each variable. `_change(grad, var, lr, slots, n)` gives the new values of the
    variable and of what is kept, as pairs; `n` gives the numbers of the optimizer, and what `_shared` adds to them, in
    the dtype of the variable.
    """

    _NUMBERS: tuple[str, ...] = ()
    _OPTIONS: tuple[str, ...] = ()
    _SLOTS: tuple[str, ...] = ()
    _FIRST: Any = "zeros"  # the first value of what is kept

    def __init__(self, name: str, learning_rate: Any, numbers: dict[str, Any], kwargs: dict[str, Any]) -> None:
        super().__init__(name, **kwargs)
        self._set_hyper("learning_rate", kwargs.get("lr", learning_rate))
        self._set_hyper("decay", self._initial_decay)
        for number, value in numbers.items():
            self._set_hyper(number, value)

    def _create_slots(self, var_list: list[Variable]) -> None:
        for slot in self._SLOTS:
            for var in var_list:
                self.add_slot(var, slot, self._FIRST)

    def _prepare_local(self, var_device: str, var_dtype: Any, apply_state: Any) -> None:
        super()._prepare_local(var_device, var_dtype, apply_state)
        state = apply_state[var_device, var_dtype]
        state.update({number: self._get_hyper(number, var_dtype) for number in self._NUMBERS})
        state["step"] = K.cast(self.iterations + K.constant(1, "int64"), dtype_name(var_dtype))
        state.update(self._shared(state))

    def _shared(self, n: dict[str, Any]) -> dict[str, Any]:
        return {}

    def _resource_apply_dense(self, grad: Any, var: Variable, apply_state: Any = None) -> Any:
        return [K.update(kept, value) for kept, value in self._changes(grad, var, apply_state)]

    def _apply_rows(self, grad: ByRows, var: Variable, apply_state: Any) -> Any:
        if type(self)._resource_apply_dense is not _Ours._resource_apply_dense:  # a derived optimizer
            return super()._apply_rows(grad, var, apply_state)
        return [
            K.update(kept, grad.only_there(value, kept) if self._by_rows(kept is var) else value)
            for kept, value in self._changes(grad.whole, var, apply_state)
        ]

    def _by_rows(self, of_variable: bool) -> bool:
        """Whether of the variable, or of what is kept for it, only rows change that have a gradient."""
        return True

    def _changes(self, grad: Any, var: Variable, apply_state: Any) -> Changes:
        key = var.device, var.dtype.base_dtype
        numbers = (apply_state or {}).get(key) or self._fallback_apply_state(*key)
        slots = [self.get_slot(var, slot) for slot in self._SLOTS]
        return self._change(grad, var, numbers["lr_t"], slots, numbers)

    def _change(self, grad: Any, var: Variable, lr: Any, slots: list[Variable], n: dict[str, Any]) -> Changes:
        raise NotImplementedError

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer."""
        numbers = ("learning_rate", "decay", *self._NUMBERS)
        return {
            **super().get_config(),
            **{name: self._serialize_hyperparameter(name) for name in numbers},
            **{name: getattr(self, name) for name in self._OPTIONS},
        }


class SGD(_Ours):
    """Gradient descent, with momentum if asked for."""

    _NUMBERS, _OPTIONS = ("momentum",), ("nesterov",)

    def __init__(
        self,
        learning_rate: Any = 0.01,
        momentum: Any = 0.0,
        nesterov: bool = False,
        name: str = "SGD",
        **kwargs: Any,
    ) -> None:
        if isinstance(momentum, (int, float)) and not 0 <= momentum <= 1:
            raise ValueError(f"SGD(): `momentum` must be between [0, 1]; got {momentum!r}")
        self._SLOTS = ("momentum",) if callable(momentum) or isinstance(momentum, Tensor) or momentum > 0 else ()
        super().__init__(name, learning_rate, {"momentum": momentum}, kwargs)
        self.nesterov = nesterov

    def _change(self, grad: Any, var: Variable, lr: Any, slots: list[Variable], n: dict[str, Any]) -> Changes:
        if not slots:
            return [(var, var - lr * grad)]
        speed = n["momentum"] * slots[0] - lr * grad
        return [(slots[0], speed), (var, var + (n["momentum"] * speed - lr * grad if self.nesterov else speed))]

    def _by_rows(self, of_variable: bool) -> bool:
        return bool(self._SLOTS)


class RMSprop(_Ours):
    """Gradients divided by the root of the mean of their squares."""

    _NUMBERS, _OPTIONS = ("rho", "momentum"), ("epsilon", "centered")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Any = 0.9,
        momentum: Any = 0.0,
        epsilon: float = 1e-07,
        centered: bool = False,
        name: str = "RMSprop",
        **kwargs: Any,
    ) -> None:
        if isinstance(momentum, (int, float)) and not 0 <= momentum <= 1:
            raise ValueError(f"RMSprop(): `momentum` must be between [0, 1]; got {momentum!r}")
        self._moving = callable(momentum) or isinstance(momentum, Tensor) or momentum > 0
        self._SLOTS = ("rms", *(("momentum",) if self._moving else ()), *(("mg",) if centered else ()))
        super().__init__(name, learning_rate, {"rho": rho, "momentum": momentum}, kwargs)
        self.epsilon, self.centered = _epsilon(epsilon), centered

    def _change(self, grad: Any, var: Variable, lr: Any, slots: list[Variable], n: dict[str, Any]) -> Changes:
        square = n["rho"] * slots[0] + (1.0 - n["rho"]) * K.square(grad)
        changes = [(slots[0], square)]
        if self.centered:
            mean = n["rho"] * slots[-1] + (1.0 - n["rho"]) * grad
            changes.append((slots[-1], mean))
            square = square - K.square(mean)
        if not self._moving:
            return [*changes, (var, var - lr * grad / (K.sqrt(square) + self.epsilon))]
        speed = n["momentum"] * slots[1] + lr * grad / K.sqrt(square + self.epsilon)
        return [*changes, (slots[1], speed), (var, var - speed)]

    def _by_rows(self, of_variable: bool) -> bool:
        return bool(self._moving)


class Adagrad(_Ours):
    """Gradients divided by the root of the sum of their squares."""

    _OPTIONS, _SLOTS = ("initial_accumulator_value", "epsilon"), ("accumulator",)

    def __init__(
        self,
        learning_rate: Any = 0.001,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-07,
        name: str = "Adagrad",
        **kwargs: Any,
    ) -> None:
        if initial_accumulator_value < 0.0:
            raise ValueError(f"initial_accumulator_value must be non-negative: {initial_accumulator_value}")
        super().__init__(name, learning_rate, {}, kwargs)
        self.initial_accumulator_value = self._FIRST = initial_accumulator_value
        self.epsilon = _epsilon(epsilon)

    def _change(self, grad: Any, var: Variable, lr: Any, slots: list[Variable], n: dict[str, Any]) -> Changes:
        total = slots[0] + K.square(grad)
        return [(slots[0], total), (var, var - lr * grad / (K.sqrt(total) + self.epsilon))]


class Adadelta(_Ours):
    """Gradients times the ratio of the means of squares of changes and of gradients."""

    _NUMBERS, _OPTIONS, _SLOTS = ("rho",), ("epsilon",), ("accum_grad", "accum_var")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Any = 0.95,
        epsilon: float = 1e-07,
        name: str = "Adadelta",
        **kwargs: Any,
    ) -> None:
        super().__init__(name, learning_rate, {"rho": rho}, kwargs)
        self.epsilon = _epsilon(epsilon)

    def _change(self, grad: Any, var: Variable, lr: Any, slots: list[Variable], n: dict[str, Any]) -> Changes:
        square = n["rho"] * slots[0] + (1.0 - n["rho"]) * K.square(grad)
        change = K.sqrt(slots[1] + self.epsilon) / K.sqrt(square + self.epsilon) * grad
        changes = n["rho"] * slots[1] + (1.0 - n["rho"]) * K.square(change)
        return [(slots[0], square), (slots[1], changes), (var, var - lr * change)]


class Adam(_Ours):
    """The mean of gradients divided by the root of the mean of their squares."""

    _NUMBERS, _OPTIONS = ("beta_1", "beta_2"), ("epsilon", "amsgrad")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: Any = 0.9,
        beta_2: Any = 0.999,
        epsilon: float = 1e-07,
        amsgrad: bool = False,
        name: str = "Adam",
        **kwargs: Any,
    ) -> None:
        self._SLOTS = ("m", "v", "vhat") if amsgrad else ("m", "v")
        super().__init__(name, learning_rate, {"beta_1": beta_1, "beta_2": beta_2}, kwargs)
        self.epsilon, self.amsgrad = _epsilon(epsilon), amsgrad

    def _shared(self, n: dict[str, Any]) -> dict[str, Any]:
        correction = K.sqrt(1.0 - K.pow(n["beta_2"], n["step"])) / (1.0 - K.pow(n["beta_1"], n["step"]))
        return {"lr": n["lr_t"] * correction}

    def _change(self, grad: Any, var: Variable, lr: Any, slots: list[Variable], n: dict[str, Any]) -> Changes:
        mean, square = _moments(grad, slots, n)
        changes = [(slots[0], mean), (slots[1], square)]
        if self.amsgrad:
            square = K.maximum(slots[2], square)
            changes.append((slots[2], square))
        return [*changes, (var, var - n["lr"] * mean / (K.sqrt(square) + self.epsilon))]

    def _by_rows(self, of_variable: bool) -> bool:
        return False

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Give new values to `weights`; those of Keras 2.3.1, with numbers that are not needed, are taken, too."""
        count = max(0, (len(self.weights) - 1) // 2)
        super().set_weights(weights[: len(self.weights)] if len(weights) == 3 * count + 1 else weights)


class Adamax(_Ours):
    """The mean of gradients divided by a shrinking maximum of their size."""

    _NUMBERS, _OPTIONS, _SLOTS = ("beta_1", "beta_2"), ("epsilon",), ("m", "v")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: Any = 0.9,
        beta_2: Any = 0.999,
        epsilon: float = 1e-07,
        name: str = "Adamax",
        **kwargs: Any,
    ) -> None:
        super().__init__(name, learning_rate, {"beta_1": beta_1, "beta_2": beta_2}, kwargs)
        self.epsilon = _epsilon(epsilon)

    def _shared(self, n: dict[str, Any]) -> dict[str, Any]:
        return {"lr": n["lr_t"] / (1.0 - K.pow(n["beta_1"], n["step"]))}

    def _change(self, grad: Any, var: Variable, lr: Any, slots: list[Variable], n: dict[str, Any]) -> Changes:
        mean = n["beta_1"] * slots[0] + (1.0 - n["beta_1"]) * grad
        most = K.maximum(n["beta_2"] * slots[1], K.abs(grad))
        return [(slots[0], mean), (slots[1], most), (var, var - n["lr"] * mean / (most + self.epsilon))]


class Nadam(_Ours):
    """Adam with Nesterov's momentum.

    Raises:
        ValueError: `learning_rate` is a schedule.
    """

    _NUMBERS, _OPTIONS, _SLOTS = ("beta_1", "beta_2"), ("epsilon",), ("m", "v")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta_1: Any = 0.9,
        beta_2: Any = 0.999,
        epsilon: float = 1e-07,
        name: str = "Nadam",
        **kwargs: Any,
    ) -> None:
        if isinstance(kwargs.get("lr", learning_rate), LearningRateSchedule):
            raise ValueError("Nadam(): a LearningRateSchedule is not supported for the learning_rate")
        momentum_decay = kwargs.pop("schedule_decay", 0.004)
        super().__init__(name, learning_rate, {"beta_1": beta_1, "beta_2": beta_2}, kwargs)
        self._set_hyper("decay", momentum_decay)
        self.epsilon = _epsilon(epsilon)
        self._cache: Variable | None = None

    def _create_slots(self, var_list: list[Variable]) -> None:
        if self._cache is None:
            self._cache = self.add_weight(f"{self._name}/momentum_cache", (), "float32", "ones")
            self._weights.append(self._cache)
        super()._create_slots(var_list)

    def _prepare(self, var_list: list[Variable]) -> Any:
        state = super()._prepare(var_list)
        K.update(self._cache, K.cast(next(iter(state.values()))["cache"], "float32"))
        return state

    def _shared(self, n: dict[str, Any]) -> dict[str, Any]:
        dtype = n["step"].dtype
        decay, base = self._get_hyper("decay", dtype), K.constant(0.96, n["step"].dtype.name)
        now, later = (n["beta_1"] * (1.0 - 0.5 * K.pow(base, decay * step)) for step in (n["step"], n["step"] + 1.0))
        assert self._cache is not None
        return {"now": now, "later": later, "cache": K.cast(self._cache, dtype.name) * now}

    def _change(self, grad: Any, var: Variable, lr: Any, slots: list[Variable], n: dict[str, Any]) -> Changes:
        mean, square = _moments(grad, slots, n)
        ahead = (1.0 - n["now"]) * grad / (1.0 - n["cache"])
        ahead = ahead + n["later"] * mean / (1.0 - n["cache"] * n["later"])
        root = K.sqrt(square / (1.0 - K.pow(n["beta_2"], n["step"])))
        return [(slots[0], mean), (slots[1], square), (var, var - lr * ahead / (root + self.epsilon))]

    def _by_rows(self, of_variable: bool) -> bool:
        return of_variable


class Ftrl(_Ours):
    """Follow the regularized leader: for many sparse inputs."""

    _NUMBERS = ("learning_rate_power", "l1_regularization_strength", "l2_regularization_strength")
    _OPTIONS = ("initial_accumulator_value", "l2_shrinkage_regularization_strength")

    def __init__(
        self,
        learning_rate: Any = 0.001,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        name: str = "Ftrl",
        l2_shrinkage_regularization_strength: float = 0.0,
        **kwargs: Any,
    ) -> None:
        for what, value in (
            ("initial_accumulator_value", initial_accumulator_value),
            ("l1_regularization_strength", l1_regularization_strength),
            ("l2_regularization_strength", l2_regularization_strength),
            ("l2_shrinkage_regularization_strength", l2_shrinkage_regularization_strength),
        ):
            if value < 0.0:
                raise ValueError(f"Ftrl(): {what} must not be negative; got {value}")
        if learning_rate_power > 0.0:
            raise ValueError(f"Ftrl(): learning_rate_power must not be positive; got {learning_rate_power}")
        numbers = {
            "learning_rate_power": learning_rate_power,
            "l1_regularization_strength": l1_regularization_strength,
            "l2_regularization_strength": l2_regularization_strength,
        }
        super().__init__(name, learning_rate, numbers, kwargs)
        self.initial_accumulator_value = initial_accumulator_value
        self.l2_shrinkage_regularization_strength = l2_shrinkage_regularization_strength

    def _create_slots(self, var_list: list[Variable]) -> None:
        for var in var_list:
            self.add_slot(var, "accumulator", self.initial_accumulator_value)
            self.add_slot(var, "linear")

    def _change(self, grad: Any, var: Variable, lr: Any, slots: list[Variable], n: dict[str, Any]) -> Changes:
        squares, linear = self.get_slot(var, "accumulator"), self.get_slot(var, "linear")
        power, l1 = -n["learning_rate_power"], n["l1_regularization_strength"]
        l2 = n["l2_regularization_strength"]
        slope = grad + 2.0 * self.l2_shrinkage_regularization_strength * var
        total = squares + K.square(grad)
        size, before = K.pow(total, power), K.pow(squares, power)
        pull = linear + slope - (size - before) / lr * var
        bent = K.clip(pull, -l1, l1) - pull
        value = where(K.greater(K.abs(pull), l1), bent / (size / lr + 2.0 * l2), K.zeros_like(pull))
        return [(squares, total), (linear, pull), (var, value)]


def _moments(grad: Any, slots: list[Variable], n: dict[str, Any]) -> tuple[Any, Any]:
    """The means of gradients and of their squares."""
    mean = n["beta_1"] * slots[0] + (1.0 - n["beta_1"]) * grad
    return mean, n["beta_2"] * slots[1] + (1.0 - n["beta_2"]) * K.square(grad)


def _epsilon(epsilon: Any) -> float:
    return float(K.epsilon() if epsilon is None else epsilon)


def serialize(optimizer: Optimizer) -> dict[str, Any]:
    """An optimizer as its class and configuration.

    >>> serialize(SGD(0.5))["class_name"]
    'SGD'
    """
    return {"class_name": type(optimizer).__name__, "config": optimizer.get_config()}


def deserialize(config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Any:
    """An optimizer from what `serialize` gave.

    Raises:
        ValueError: its class is none of these, and not among `custom_objects` or Keras's own.

    >>> deserialize({"class_name": "SGD", "config": {"lr": 0.5}}).get_config()["learning_rate"]
    0.5
    """
    name = config["class_name"]
    cls = (custom_objects or {}).get(name) or _of_keras("utils.generic_utils", "_GLOBAL_CUSTOM_OBJECTS", {}).get(name)
    cls = cls or _CLASSES.get(name.lower())
    if cls is None:
        raise ValueError(f"Unknown optimizer: {name}")
    return cls.from_config(config["config"])


def get(identifier: Any) -> Any:
    """An optimizer by its name, its configuration or itself.

    Raises:
        ValueError: it is none of these.

    >>> get("adam").get_config()["beta_1"]
    0.9
    """
    if isinstance(identifier, (Optimizer, _of_keras("optimizers", "Optimizer", Optimizer))):
        return identifier
    if isinstance(identifier, dict):
        return deserialize(identifier)
    if isinstance(identifier, str):
        return deserialize({"class_name": identifier, "config": {}})
    raise ValueError(f"Could not interpret optimizer identifier: {identifier!r}")


def _of_keras(module: str, name: str, otherwise: Any) -> Any:
    """What Keras has in a module under a name, if Keras is loaded."""
    return getattr(sys.modules.get(f"keras.{module}"), name, otherwise)


_CLASSES: dict[str, Any] = {
    cls.__name__.lower(): cls for cls in (Adadelta, Adagrad, Adam, Adamax, Ftrl, Nadam, RMSprop, SGD)
}


def make_known(cls: type[Optimizer]) -> None:
    """Let `deserialize` find a class by its name."""
    _CLASSES[cls.__name__.lower()] = cls


OPTIMIZERS: dict[str, Any] = {
    "Adadelta": Adadelta,
    "Adagrad": Adagrad,
    "Adam": Adam,
    "Adamax": Adamax,
    "Ftrl": Ftrl,
    "Nadam": Nadam,
    "Optimizer": Optimizer,
    "RMSprop": RMSprop,
    "SGD": SGD,
    "deserialize": deserialize,
    "get": get,
    "serialize": serialize,
}


def adapt(keras: Any) -> None:
    """Have the models of Keras 2.3.1 take these optimizers, also by their names."""
    keras.optimizers.deserialize = deserialize
    wrap(keras.optimizers, "get", _or_of_keras)


def _or_of_keras(original: Any, identifier: Any) -> Any:
    """An optimizer as `get` gives it, or one that only Keras knows what to do with, as those of TensorFlow 1."""
    return get(identifier) if isinstance(identifier, (str, dict, Optimizer)) else original(identifier)
