"""The base of the optimizers of `tf.keras`: what applies gradients to variables.

`apply_gradients` changes variables by gradients. Of values it runs one compiled function, made once for each list of
variables; of symbolic gradients it makes updates, which belong to the function that is being built. `fit` asks for
these by `get_updates`.

A program may derive its own optimizer as there: `_create_slots(var_list)` makes what is kept for each variable,
`_resource_apply_dense(grad, var, apply_state)` changes the variable, in graph mode, and `_prepare_local` computes what
all variables of a dtype have in common.
"""

from __future__ import annotations

import functools
import logging
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from importlib import import_module
from typing import Any

import numpy as np

from kjax import backend
from kjax.core.graph import executing_eagerly, graph_mode, tensors_in
from kjax.core.operands import as_tensor
from kjax.core.tensor import Tensor
from kjax.core.updates import noted
from kjax.core.variable import Variable
from kjax.dialects import newer_schedules
from kjax.dialects.newer_schedules import LearningRateSchedule
from kjax.dialects.tensorflow_gradients import TF, limited_by_norm, limited_by_value
from kjax.sparse.slices import ByRows, IndexedSlices, to_be_fed

K: Any = backend

_log = logging.getLogger(__name__)

# How many compiled functions an optimizer keeps, each for another list of variables.
_KEPT = 16


class Optimizer:
    """The base of optimizers.

    Args:
        name: its name.
        **kwargs: `clipnorm` and `clipvalue`, by which `minimize` and `fit` limit gradients; `decay`, by which the
            learning rate shrinks to `lr / (1 + decay * step)`; and `lr`, the older name of `learning_rate`.

    Raises:
        TypeError: an unknown keyword.
        ValueError: a keyword is negative.
    """

    _HAS_AGGREGATE_GRAD = True
    _use_locking = True

    def __init__(self, name: str, **kwargs: Any) -> None:
        self._hyper: dict[str, Any] = {}
        for key, value in kwargs.items():
            if key not in ("clipnorm", "clipvalue", "lr", "decay"):
                raise TypeError(f"Unexpected keyword argument passed to optimizer: {key}")
            if isinstance(value, (int, float)) and value < 0:
                raise ValueError(f"Expected {key} >= 0, received: {value}")
        self._name = name
        self._given: dict[str, Any] = {}
        self._slots: dict[int, dict[str, Variable]] = {}
        self._slot_names: list[str] = []
        self._weights: list[Variable] = []
        self._iterations: Variable | None = None
        self._functions: OrderedDict[Any, Any] = OrderedDict()
        self._initial_decay = kwargs.get("decay", 0.0)
        for key in ("clipnorm", "clipvalue"):
            if kwargs.get(key) is not None:
                setattr(self, key, kwargs[key])

    # -------------------------------------------------------------------------------------------- numbers that it has

    def _set_hyper(self, name: str, value: Any) -> None:
        """Give a number of the optimizer: a number, variable or tensor, a schedule or a function of nothing."""
        old = self._hyper.get(name)
        if callable(value) or isinstance(value, Tensor):
            self._hyper[name] = value
        elif isinstance(old, Variable):
            K.set_value(old, value)
        else:
            self._hyper[name] = K.variable(value, dtype="float32", name=f"{self._name}/{name}")
        if old is not None and self._hyper[name] is not old:
            self._functions.clear()
        self._given[name] = value

    def _get_hyper(self, name: str, dtype: Any = None) -> Any:
        """A number of the optimizer, by `_set_hyper`; a schedule itself."""
        value = self._hyper[name]
        if isinstance(value, LearningRateSchedule):
            return value
        value = value() if callable(value) else value
        return K.cast(as_tensor(value), dtype_name(dtype)) if dtype else value

    def _serialize_hyperparameter(self, name: str) -> Any:
        """A number of the optimizer for its configuration."""
        value = self._hyper[name]
        if isinstance(value, LearningRateSchedule):
            return newer_schedules.serialize(value)
        now = K.get_value(value() if callable(value) else value)
        given = self._given[name]
        return given if isinstance(given, (int, float)) and np.float32(given) == now else float(now)

    def __getattr__(self, name: str) -> Any:
        name = "learning_rate" if name == "lr" else name
        if name in vars(self).get("_hyper", ()):
            return self._get_hyper(name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        name = "learning_rate" if name == "lr" else name
        if name in vars(self).get("_hyper", ()):
            self._set_hyper(name, value)
        else:
            super().__setattr__(name, value)

    def _decayed_lr(self, var_dtype: Any) -> Any:
        """The learning rate of the current step."""
        rate = self._get_hyper("learning_rate")
        if isinstance(rate, LearningRateSchedule):
            rate = rate(K.cast(self.iterations, dtype_name(var_dtype)))
        rate = K.cast(as_tensor(rate), dtype_name(var_dtype))
        if self._initial_decay > 0.0:
            rate = rate / (1.0 + self._get_hyper("decay", var_dtype) * K.cast(self.iterations, dtype_name(var_dtype)))
        return rate

    # ------------------------------------------------------------------------------------------------- what it keeps

    @property
    def iterations(self) -> Variable:
        """How many steps were made: a variable of int64."""
        if self._iterations is None:
            self.iterations = K.variable(0, dtype="int64", name=f"{self._name}/iter")
        assert self._iterations is not None
        return self._iterations

    @iterations.setter
    def iterations(self, variable: Variable) -> None:
        if self._iterations is not None:
            raise RuntimeError(
                "Cannot set `iterations` to a new Variable after the Optimizer weights have been created"
            )
        self._iterations = variable
        self._weights.insert(0, variable)

    def add_weight(
        self, name: str, shape: Sequence[int] = (), dtype: Any = None, initializer: Any = "zeros", **kwargs: Any
    ) -> Variable:
        """A new variable of the optimizer, which its `weights` don't list; further keywords are not looked at."""
        value = _initial(initializer, tuple(shape), dtype_name(dtype or "float32"))
        variable: Variable = K.variable(value, dtype=dtype_name(dtype or "float32"), name=name)
        return variable

    def add_slot(self, var: Variable, slot_name: str, initializer: Any = "zeros") -> Variable:
        """The variable that is kept for `var` under a name, of its shape and dtype; made if it isn't there."""
        slots = self._slots.setdefault(id(var), {})
        if slot_name not in slots:
            if slot_name not in self._slot_names:
                self._slot_names.append(slot_name)
            value = _initial(initializer, tuple(K.int_shape(var)), var.dtype.name)
            name = f"{self._name}/{var.name.partition(':')[0]}/{slot_name}"
            slots[slot_name] = K.variable(value, dtype=var.dtype.name, name=name)
            self._weights.append(slots[slot_name])
            self._held[id(var)] = var
        return slots[slot_name]

    @functools.cached_property
    def _held(self) -> dict[int, Variable]:
        """The variables that have slots, held so that their `id` stays theirs."""
        return {}

    def get_slot(self, var: Variable, slot_name: str) -> Variable:
        """The variable that is kept for `var` under a name.

        Raises:
            KeyError: there is none.
        """
        return self._slots[id(var)][slot_name]

    def get_slot_names(self) -> list[str]:
        """The names of what is kept for variables."""
        return self._slot_names

    @property
    def weights(self) -> list[Variable]:
        """The variables of the optimizer: the number of steps, and what is kept for variables."""
        return self._weights

    def variables(self) -> list[Variable]:
        """The same as `weights`."""
        return self._weights

    def get_weights(self) -> list[Any]:
        """The values of `weights`, as arrays."""
        return [K.get_value(weight) for weight in self._weights]

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Give new values to `weights`.

        Raises:
            ValueError: their number or shapes are not those of `weights`.
        """
        if len(weights) != len(self._weights):
            raise ValueError(
                f"You called `set_weights(weights)` on optimizer {self._name} with a weight list of length "
                f"{len(weights)}, but the optimizer was expecting {len(self._weights)} weights"
            )
        for weight, value in zip(self._weights, weights, strict=True):
            if K.int_shape(weight) != np.shape(value):
                raise ValueError(
                    f"Optimizer weight shape {K.int_shape(weight)} not compatible with provided weight shape "
                    f"{np.shape(value)}"
                )
        K.batch_set_value([*zip(self._weights, weights, strict=True)])

    # ----------------------------------------------------------------------------------------------------- what it does

    def _clip_gradients(self, grads: Sequence[Any]) -> list[Any]:
        clipnorm, clipvalue = getattr(self, "clipnorm", None), getattr(self, "clipvalue", None)

        def clipped(grad: Any) -> Any:
            if grad is not None and clipnorm is not None:
                grad = limited_by_norm(grad, float(clipnorm))
            if grad is not None and clipvalue is not None:
                grad = limited_by_value(grad, -float(clipvalue), float(clipvalue))
            return grad

        return [clipped(grad) for grad in grads]

    def get_gradients(self, loss: Any, params: Sequence[Variable]) -> list[Any]:
        """The gradients of a symbolic loss, limited by `clipnorm` and `clipvalue`.

        Raises:
            ValueError: the loss doesn't depend on a variable.
        """
        with graph_mode():
            grads = TF["gradients"](loss, list(params))
            if any(grad is None for grad in grads):
                names = [param.name for param, grad in zip(params, grads, strict=True) if grad is None]
                raise ValueError(
                    f"get_gradients(): variables {names} have `None` for gradient: the loss doesn't depend on them, or "
                    "only through operations without a gradient, such as K.argmax and K.round"
                )
            return self._clip_gradients(grads)

    def get_updates(self, loss: Any, params: Sequence[Variable]) -> list[Tensor]:
        """The updates of one step that makes a symbolic loss smaller."""
        with graph_mode():
            grads = [_whole(grad, param) for grad, param in zip(self.get_gradients(loss, params), params, strict=True)]
        return self._updates(grads, list(params))

    def _compute_gradients(self, loss: Any, var_list: Any, grad_loss: Any = None) -> list[tuple[Any, Variable]]:
        grads, var_list = self._slopes(loss, var_list, grad_loss)
        return [*zip(self._clip_gradients(grads), var_list, strict=True)]

    def _slopes(self, loss: Any, var_list: Any, grad_loss: Any) -> tuple[list[Any], list[Variable]]:
        """Gradients, not limited, and their variables."""
        if not callable(loss):
            var_list = var_list() if callable(var_list) else list(var_list)
            with graph_mode():
                grads = TF["gradients"](loss, var_list, grad_loss)
        elif executing_eagerly():
            with import_module("tensorflow").GradientTape() as tape:
                value = loss()
            var_list = var_list() if callable(var_list) else list(var_list)
            grads = tape.gradient(value, var_list, output_gradients=grad_loss)
        else:
            value = loss()
            return self._slopes(value, var_list, grad_loss)
        return grads, var_list

    def minimize(self, loss: Any, var_list: Any, grad_loss: Any = None, name: str | None = None) -> Any:
        """One step that makes a loss smaller.

        Args:
            loss: a function of nothing that gives it; in graph mode also a symbolic tensor.
            var_list: the variables to change, or a function that gives them.
            grad_loss: the gradient of what comes after the loss; ones if None.
            name: is not looked at.

        Returns:
            As `apply_gradients`.
        """
        return self.apply_gradients(self._compute_gradients(loss, var_list, grad_loss), name)

    def apply_gradients(
        self,
        grads_and_vars: Iterable[tuple[Any, Variable]],
        name: str | None = None,
        experimental_aggregate_gradients: bool = True,
    ) -> Any:
        """One step along gradients.

        Args:
            grads_and_vars: pairs of a gradient and its variable; a pair whose gradient is None is passed over.
            name: is not looked at.
            experimental_aggregate_gradients: is not looked at.

        Returns:
            The variable `iterations`; of symbolic gradients a list of updates, which the function that is being
            built takes over.

        Raises:
            ValueError: no variable has a gradient.

        >>> from kjax.dialects.newer_optimizers import SGD
        >>> v = K.variable([1.0, 2.0])
        >>> _ = SGD(0.5).apply_gradients([(K.constant([1.0, 2.0]), v)])
        >>> K.get_value(v).tolist()
        [0.5, 1.0]
        """
        pairs = list(grads_and_vars)
        with_grads = [(grad, var) for grad, var in pairs if grad is not None]
        if not with_grads:
            raise ValueError(f"No gradients provided for any variable: {[var.name for _, var in pairs]}.")
        if len(with_grads) < len(pairs):
            missing = [var.name for grad, var in pairs if grad is None]
            _log.warning("Gradients do not exist for variables %s when minimizing the loss.", missing)
        grads = [_whole(grad, var) for grad, var in with_grads]
        variables = [var for _, var in with_grads]
        if not executing_eagerly() or any(tensor.is_symbolic for tensor in tensors_in(grads)):
            return self._updates(grads, variables)
        self._function_of(variables, grads)([*tensors_in(grads)])
        return self.iterations

    def _function_of(self, variables: list[Variable], like: Sequence[Any]) -> Any:
        """The compiled function of such gradients that changes these variables."""
        key = tuple(map(id, variables)), *(isinstance(grad, ByRows) for grad in like)
        if key in self._functions:
            self._functions.move_to_end(key)
            return self._functions[key][0]
        grads = [to_be_fed(grad, var) for grad, var in zip(like, variables, strict=True)]
        function = K.function([*tensors_in(grads)], [], updates=self._updates(grads, variables))
        self._functions[key] = function, variables  # held so that their `id` stays theirs
        if len(self._functions) > _KEPT:
            self._functions.popitem(last=False)
        return function

    def _updates(self, grads: Sequence[Any], variables: list[Variable]) -> list[Tensor]:
        """The updates of a step."""
        with graph_mode(), noted() as made:
            step = self.iterations
            self._create_slots(variables)
            state = self._prepare(variables)
            for grad, var in zip(grads, variables, strict=True):
                if isinstance(grad, ByRows):
                    self._apply_rows(grad, var, state)
                else:
                    self._resource_apply_dense(grad, var, state)
                if var.constraint is not None:
                    changes = [update for update in made if _changed(update) is var]
                    K.update(var, var.constraint(changes[-1]))
            K.update_add(step, K.constant(1, "int64"))
        return made

    def _create_slots(self, var_list: list[Variable]) -> None:
        """Make what is kept for variables; by `add_slot`."""

    def _prepare(self, var_list: list[Variable]) -> dict[tuple[str, Any], dict[str, Any]]:
        state: dict[tuple[str, Any], dict[str, Any]] = {}
        for key in {(var.device, var.dtype.base_dtype): None for var in var_list}:
            state[key] = {}
            self._prepare_local(*key, state)
        return state

    def _prepare_local(self, var_device: str, var_dtype: Any, apply_state: Any) -> None:
        """Put what all variables of a dtype have in common into `apply_state[var_device, var_dtype]`."""
        if "learning_rate" in self._hyper:
            rate = self._decayed_lr(var_dtype)
            apply_state[var_device, var_dtype].update(lr=rate, lr_t=rate, neg_lr_t=-rate)

    def _fallback_apply_state(self, var_device: str, var_dtype: Any) -> dict[str, Any]:
        state: dict[tuple[str, Any], dict[str, Any]] = {(var_device, var_dtype): {}}
        self._prepare_local(var_device, var_dtype, state)
        return state[var_device, var_dtype]

    def _resource_apply_dense(self, grad: Any, var: Variable, apply_state: Any = None) -> Any:
        """Change a variable by its gradient."""
        raise NotImplementedError(
            f"{type(self).__name__} does not define _resource_apply_dense(grad, var, apply_state)"
        )

    def _apply_rows(self, grad: ByRows, var: Variable, apply_state: Any) -> Any:
        """Change a variable by a gradient of some rows."""
        return self._resource_apply_dense(grad.whole, var, apply_state)

    # --------------------------------------------------------------------------------------------------- configuration

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal optimizer."""
        clips = {name: getattr(self, name) for name in ("clipnorm", "clipvalue") if name in vars(self)}
        config: dict[str, Any] = {"name": self._name}
        return config | clips

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: dict[str, Any] | None = None) -> Optimizer:
        """An optimizer from what `get_config` gave."""
        config = dict(config)
        if "lr" in config:
            config["learning_rate"] = config.pop("lr")
        if isinstance(config.get("learning_rate"), dict):
            config["learning_rate"] = newer_schedules.deserialize(config["learning_rate"], custom_objects)
        return cls(**config)


def dtype_name(dtype: Any) -> str:
    """The name of a dtype, which may be NumPy's."""
    return str(getattr(dtype, "name", dtype))


def _initial(initializer: Any, shape: tuple[int, ...], dtype: str) -> Any:
    """The first value of a variable."""
    if isinstance(initializer, (int, float)):
        return np.full(shape, initializer, dtype)
    if isinstance(initializer, (Tensor, np.ndarray)):
        return K.get_value(initializer)
    if initializer in ("zeros", "ones"):
        return np.full(shape, float(initializer == "ones"), dtype)
    if isinstance(initializer, str):
        initializer = import_module("keras.initializers").get(initializer)
    initializer = initializer() if isinstance(initializer, type) else initializer
    return K.get_value(initializer(shape, dtype=dtype))


def _whole(grad: Any, var: Variable) -> Tensor | ByRows:
    """A gradient by a variable, as it is applied."""
    return ByRows.of(grad, var) if isinstance(grad, IndexedSlices) else as_tensor(grad, var.dtype)


def _changed(update: Tensor) -> Any:
    """The variable that an update changes."""
    return getattr(update._node.op, "variable", None) if update._node is not None else None
