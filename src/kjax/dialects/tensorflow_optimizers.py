"""The optimizers of TensorFlow 1: `tf.train.AdamOptimizer` and its like.

`minimize` gives an operation that a session runs. A step reads all values as they were before it. In eager mode the
loss is a function, which a tape records, and a step is a function that is compiled once for each list of variables.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core import graph
from kjax.core.graph import leaves
from kjax.core.operands import as_tensor
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable
from kjax.dialects import tensorflow_control
from kjax.dialects.tensorflow_calls import Table
from kjax.dialects.tensorflow_gradients import TF
from kjax.dialects.tensorflow_ops import convert_to_tensor, sqrt
from kjax.dialects.tensorflow_tape import GradientTape
from kjax.machine.errors import shown
from kjax.sparse.slices import ByRows, IndexedSlices, to_be_fed

_Update = tuple[Variable, Any]  # a variable and its new value
_KEPT = 16  # steps that an optimizer keeps


def made_in_graph(initial: Any, name: str, dtype: Any) -> Variable:
    """A variable that is not trained, of its own name."""
    variable: Variable = K.variable(initial, dtype, name)
    variable.trainable = False
    return variable


def _variables(given: Any, where: str) -> list[Variable]:
    variables = [*given] if isinstance(given, (list, tuple, set)) else [given]
    for variable in variables:
        if not isinstance(variable, Variable):
            raise TypeError(f"{where}: var_list must hold variables; got {shown(variable)}")
    if not variables:
        raise ValueError(f"{where}: there are no variables to optimize")
    return variables


class Optimizer:
    """`tf.train.Optimizer`: the base of the optimizers. A subclass says how one variable is updated: `_step`."""

    GATE_NONE, GATE_OP, GATE_GRAPH = 0, 1, 2
    _slots: tuple[tuple[str, float], ...] = ()  # name and first value of each slot
    _by_rows = True  # whether `IndexedSlices` change only the rows that they have

    def __init__(self, use_locking: bool, name: str) -> None:
        if not name:
            raise ValueError(f"tf.train.{type(self).__name__}(): a name must be given")
        self._name = name
        self._kept: dict[tuple[Variable, str], Variable] = {}
        self._functions: OrderedDict[Any, Any] = OrderedDict()  # steps, each of other variables
        self._fed: dict[Callable[[], Any], Tensor] | None = None  # what stands for numbers that are functions in a step

    def get_name(self) -> str:
        """The name."""
        return self._name

    # ------------------------------------------------------------------------------------- slots

    def _slot_of(self, variable: Variable, slot: str, initial: float) -> Variable:
        key = (variable, slot)
        if key not in self._kept:
            name = f"{variable.name.rpartition(':')[0]}/{self._name}"
            value = np.full(tuple(variable.shape), initial)
            self._kept[key] = made_in_graph(value, name, variable.dtype)
        return self._kept[key]

    def get_slot(self, var: Variable, name: str) -> Variable | None:
        """What the optimizer keeps for a variable under a name; None without it."""
        return self._kept.get((var, name))

    def get_slot_names(self) -> list[str]:
        """The names of what is kept for variables."""
        return sorted({slot for _, slot in self._kept})

    def variables(self) -> list[Variable]:
        """All variables that the optimizer keeps."""
        return [*self._kept.values(), *self._own()]

    def _own(self) -> list[Variable]:
        return []

    # ------------------------------------------------------------------------------------- what programs call

    def compute_gradients(
        self,
        loss: Any,
        var_list: Any = None,
        gate_gradients: int = 1,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        grad_loss: Any = None,
    ) -> list[tuple[Any, Variable]]:
        """Pairs of a gradient (None where the loss does not depend on a variable) and a variable.

        Args:
            loss: a symbolic tensor, or a function that returns one.
            var_list: the variables; by default the trainable ones on which the loss depends.
            grad_loss: a factor of the loss, of its shape.
            gate_gradients, aggregation_method, colocate_gradients_with_ops: without effect.
        """
        where = f"tf.train.{type(self).__name__}.compute_gradients()"
        if callable(loss) and not isinstance(loss, Tensor):
            if graph.executing_eagerly():
                return self._recorded(loss, var_list, grad_loss)
            loss = loss()
        if not isinstance(loss, Tensor) or (not loss.is_symbolic and not isinstance(loss, Variable)):
            raise TypeError(
                f"{where}: loss must be a symbolic tensor, in eager mode a function of no arguments; got {shown(loss)}"
            )
        if var_list is None:
            found = [leaf for leaf in leaves([loss]) if isinstance(leaf, Variable) and leaf.trainable]
            var_list = sorted(found, key=lambda variable: variable.name)
        variables = _variables(var_list, where)
        return [*zip(TF["gradients"](loss, variables, grad_loss), variables, strict=True)]

    def _recorded(self, loss: Callable[[], Any], var_list: Any, grad_loss: Any) -> list[tuple[Any, Variable]]:
        """The pairs for a loss that is computed at once."""
        with GradientTape() as tape:
            value = convert_to_tensor(loss())
        listed = tape.watched_variables() if var_list is None else var_list
        variables = _variables(listed, f"tf.train.{type(self).__name__}.compute_gradients()")
        return [*zip(tape.gradient(value, variables, grad_loss), variables, strict=True)]

    def apply_gradients(self, grads_and_vars: Any, global_step: Any = None, name: Any = None) -> Any:
        """An operation that updates the variables by their gradients, and adds one to `global_step`."""
        where = f"tf.train.{type(self).__name__}.apply_gradients()"
        pairs = [*grads_and_vars]
        for pair in pairs:
            if not (isinstance(pair, (tuple, list)) and len(pair) == 2 and isinstance(pair[1], Variable)):
                raise TypeError(f"{where}: grads_and_vars must hold pairs (gradient, variable); got {shown(pair)}")
        known = [
            (ByRows.of(gradient, variable) if isinstance(gradient, IndexedSlices) else as_tensor(gradient), variable)
            for gradient, variable in pairs
            if gradient is not None
        ]
        if not known:
            names = [variable.name for _, variable in pairs]
            raise ValueError(f"{where}: no gradient is given for any variable: {names}")
        if graph.executing_eagerly() and not any(t.is_symbolic for t in graph.tensors_in(known)):
            self._stepped(known, global_step)
            return None
        done = [K.update(kept, value) for kept, value in self._updates(known)]
        if global_step is not None:
            done.append(K.update_add(global_step, 1))
        return tensorflow_control.TF["group"](*done)

    def _stepped(self, known: list[Any], global_step: Variable | None) -> None:
        """Make a step, by a function that is compiled for these variables."""
        key = (global_step, *((variable, isinstance(gradient, ByRows)) for gradient, variable in known))
        if key not in self._functions:
            self._before()
            for _, variable in known:
                for slot in self._slots:
                    self._slot_of(variable, *slot)
            given = [to_be_fed(gradient, variable) for gradient, variable in known]
            self._fed = {}
            try:
                with graph.graph_mode():
                    pairs = [(gradient, variable) for gradient, (_, variable) in zip(given, known, strict=True)]
                    done = [K.update(kept, value) for kept, value in self._updates(pairs)]
                    if global_step is not None:
                        done.append(K.update_add(global_step, 1))
                function = K.function([*graph.tensors_in(given), *self._fed.values()], [], updates=done)
                self._functions[key] = function, [*self._fed]
            finally:
                self._fed = None
            if len(self._functions) > _KEPT:
                self._functions.popitem(last=False)
        function, numbers = self._functions[key]
        function([*graph.tensors_in([gradient for gradient, _ in known]), *(number() for number in numbers)])

    def _updates(self, known: list[Any]) -> list[_Update]:
        """The updates of a step along gradients of variables."""
        updates = self._before()
        for gradient, variable in known:
            slots = [self._slot_of(variable, *slot) for slot in self._slots]
            if not isinstance(gradient, ByRows):
                updates += self._step(variable, gradient, *slots)
                continue
            for kept, value in self._step(variable, gradient.whole, *slots):
                updates.append((kept, gradient.only_there(value, kept) if self._by_rows else value))
        return updates

    def minimize(
        self,
        loss: Any,
        global_step: Any = None,
        var_list: Any = None,
        gate_gradients: int = 1,
        aggregation_method: Any = None,
        colocate_gradients_with_ops: bool = False,
        name: Any = None,
        grad_loss: Any = None,
    ) -> Any:
        """An operation that makes a step: `compute_gradients` and `apply_gradients`."""
        pairs = self.compute_gradients(loss, var_list, grad_loss=grad_loss)
        if all(gradient is None for gradient, _ in pairs):
            names = [variable.name for _, variable in pairs]
            raise ValueError(f"minimize(): the loss depends on none of the variables {names}")
        if graph.executing_eagerly() and not (isinstance(loss, Tensor) and loss.is_symbolic):
            return self.apply_gradients(pairs, global_step)
        with graph.graph_mode():
            return self.apply_gradients(pairs, global_step)

    # ------------------------------------------------------------------------------------- what a subclass says

    def _before(self) -> list[_Update]:
        """Updates that are made once a step, for no variable in particular."""
        return []

    def _step(self, variable: Variable, gradient: Any, *slots: Variable) -> list[_Update]:
        """The updates of one variable and its slots."""
        raise NotImplementedError(f"tf.train.{type(self).__name__} does not say how it updates a variable")

    def _now(self, value: Any) -> Any:
        """A number or tensor of the optimizer; of a function of it the result, or what stands for it in a step."""
        if not callable(value) or isinstance(value, Tensor):
            return value
        if self._fed is None:
            return value()
        return self._fed.setdefault(value, K.placeholder((), dtype=convert_to_tensor(value()).dtype))

    def _as(self, value: Any, variable: Variable) -> Any:
        """A number, tensor or function of the optimizer, of a variable's dtype."""
        value = self._now(value)
        return K.cast(value, variable.dtype) if isinstance(value, Tensor) else as_tensor(value, variable.dtype)


class GradientDescentOptimizer(Optimizer):
    """`tf.train.GradientDescentOptimizer`."""

    _by_rows = False

    def __init__(self, learning_rate: Any, use_locking: bool = False, name: str = "GradientDescent") -> None:
        super().__init__(use_locking, name)
        self._rate = learning_rate

    def _step(self, variable: Variable, gradient: Any, *slots: Variable) -> list[_Update]:
        return [(variable, variable - self._as(self._rate, variable) * gradient)]


class MomentumOptimizer(Optimizer):
    """`tf.train.MomentumOptimizer`."""

    _slots = (("momentum", 0.0),)

    def __init__(
        self,
        learning_rate: Any,
        momentum: Any,
        use_locking: bool = False,
        name: str = "Momentum",
        use_nesterov: bool = False,
    ) -> None:
        super().__init__(use_locking, name)
        self._rate, self._momentum, self._nesterov = learning_rate, momentum, use_nesterov

    def _step(self, variable: Variable, gradient: Any, *slots: Variable) -> list[_Update]:
        rate, momentum = self._as(self._rate, variable), self._as(self._momentum, variable)
        velocity = slots[0] * momentum + gradient
        move = gradient + momentum * velocity if self._nesterov else velocity
        return [(slots[0], velocity), (variable, variable - rate * move)]


class AdamOptimizer(Optimizer):
    """`tf.train.AdamOptimizer`."""

    _by_rows = False
    _slots = (("m", 0.0), ("v", 0.0))

    def __init__(
        self,
        learning_rate: Any = 0.001,
        beta1: Any = 0.9,
        beta2: Any = 0.999,
        epsilon: Any = 1e-08,
        use_locking: bool = False,
        name: str = "Adam",
    ) -> None:
        super().__init__(use_locking, name)
        self._rate, self._beta1, self._beta2, self._epsilon = learning_rate, beta1, beta2, epsilon
        self._powers: list[Variable] = []

    def _own(self) -> list[Variable]:
        return self._powers

    def _betas(self) -> list[Any]:
        return [self._now(beta) for beta in (self._beta1, self._beta2)]

    def _before(self) -> list[_Update]:
        betas = self._betas()
        if not self._powers:
            values = [K.get_value(beta) if isinstance(beta, Tensor) else beta for beta in betas]
            names = ("beta1_power", "beta2_power")
            self._powers = [made_in_graph(beta, name, "float32") for beta, name in zip(values, names, strict=True)]
        return [(power, power * beta) for power, beta in zip(self._powers, betas, strict=True)]

    def _step(self, variable: Variable, gradient: Any, *slots: Variable) -> list[_Update]:
        beta1, beta2 = (self._as(beta, variable) for beta in self._betas())
        power1, power2 = (self._as(power, variable) for power in self._powers)
        rate = self._as(self._rate, variable) * sqrt(1 - power2) / (1 - power1)
        m = slots[0] + (gradient - slots[0]) * (1 - beta1)
        v = slots[1] + (gradient * gradient - slots[1]) * (1 - beta2)
        move = rate * m / (sqrt(v) + self._as(self._epsilon, variable))
        return [(slots[0], m), (slots[1], v), (variable, variable - move)]


class AdagradOptimizer(Optimizer):
    """`tf.train.AdagradOptimizer`."""

    _by_rows = False

    def __init__(
        self,
        learning_rate: Any,
        initial_accumulator_value: float = 0.1,
        use_locking: bool = False,
        name: str = "Adagrad",
    ) -> None:
        if initial_accumulator_value <= 0:
            raise ValueError(
                "tf.train.AdagradOptimizer(): initial_accumulator_value must be positive; got "
                f"{initial_accumulator_value}"
            )
        super().__init__(use_locking, name)
        self._rate = learning_rate
        self._slots = (("accumulator", initial_accumulator_value),)

    def _step(self, variable: Variable, gradient: Any, *slots: Variable) -> list[_Update]:
        total = slots[0] + gradient * gradient
        return [(slots[0], total), (variable, variable - self._as(self._rate, variable) * gradient / sqrt(total))]


class AdadeltaOptimizer(Optimizer):
    """`tf.train.AdadeltaOptimizer`."""

    _slots = (("accum", 0.0), ("accum_update", 0.0))

    def __init__(
        self,
        learning_rate: Any = 0.001,
        rho: Any = 0.95,
        epsilon: Any = 1e-08,
        use_locking: bool = False,
        name: str = "Adadelta",
    ) -> None:
        super().__init__(use_locking, name)
        self._rate, self._rho, self._epsilon = learning_rate, rho, epsilon

    def _step(self, variable: Variable, gradient: Any, *slots: Variable) -> list[_Update]:
        rho, epsilon = self._as(self._rho, variable), self._as(self._epsilon, variable)
        total = rho * slots[0] + (1 - rho) * gradient * gradient
        move = sqrt(slots[1] + epsilon) / sqrt(total + epsilon) * gradient
        moves = rho * slots[1] + (1 - rho) * move * move
        return [(slots[0], total), (slots[1], moves), (variable, variable - self._as(self._rate, variable) * move)]


class RMSPropOptimizer(Optimizer):
    """`tf.train.RMSPropOptimizer`."""

    def __init__(
        self,
        learning_rate: Any,
        decay: Any = 0.9,
        momentum: Any = 0.0,
        epsilon: Any = 1e-10,
        use_locking: bool = False,
        centered: bool = False,
        name: str = "RMSProp",
    ) -> None:
        super().__init__(use_locking, name)
        self._rate, self._decay, self._momentum, self._epsilon = learning_rate, decay, momentum, epsilon
        self._slots = (("rms", 1.0), ("momentum", 0.0), *((("mg", 0.0),) if centered else ()))

    def _step(self, variable: Variable, gradient: Any, *slots: Variable) -> list[_Update]:
        keep, epsilon = self._as(self._decay, variable), self._as(self._epsilon, variable)
        squares = slots[0] + (gradient * gradient - slots[0]) * (1 - keep)
        updates, spread = [(slots[0], squares)], squares + epsilon
        if len(slots) > 2:
            mean = slots[2] + (gradient - slots[2]) * (1 - keep)
            updates.append((slots[2], mean))
            spread = spread - mean * mean
        rate, momentum = self._as(self._rate, variable), self._as(self._momentum, variable)
        velocity = slots[1] * momentum + rate * gradient / sqrt(spread)
        return [*updates, (slots[1], velocity), (variable, variable - velocity)]


class FtrlOptimizer(Optimizer):
    """`tf.train.FtrlOptimizer`."""

    def __init__(
        self,
        learning_rate: Any,
        learning_rate_power: float = -0.5,
        initial_accumulator_value: float = 0.1,
        l1_regularization_strength: float = 0.0,
        l2_regularization_strength: float = 0.0,
        use_locking: bool = False,
        name: str = "Ftrl",
        accum_name: Any = None,
        linear_name: Any = None,
        l2_shrinkage_regularization_strength: float = 0.0,
    ) -> None:
        given = {
            "initial_accumulator_value": initial_accumulator_value,
            "l1_regularization_strength": l1_regularization_strength,
            "l2_regularization_strength": l2_regularization_strength,
            "l2_shrinkage_regularization_strength": l2_shrinkage_regularization_strength,
            "-learning_rate_power": -learning_rate_power,
        }
        for name_, value in given.items():
            if value < 0:
                raise ValueError(f"tf.train.FtrlOptimizer(): {name_} must not be negative; got {value}")
        super().__init__(use_locking, name)
        self._rate, self._power = learning_rate, learning_rate_power
        self._l1, self._l2, self._shrinkage = (
            l1_regularization_strength,
            l2_regularization_strength,
            l2_shrinkage_regularization_strength,
        )
        self._slots = (("accum", initial_accumulator_value), ("linear", 0.0))

    def _step(self, variable: Variable, gradient: Any, *slots: Variable) -> list[_Update]:
        rate = self._as(self._rate, variable)
        shrunk = gradient + 2 * self._shrinkage * variable
        total = slots[0] + gradient * gradient
        sigma = (K.pow(total, -self._power) - K.pow(slots[0], -self._power)) / rate
        linear = slots[1] + shrunk - sigma * variable
        curvature = K.pow(total, -self._power) / rate + 2 * self._l2
        bounded = K.clip(linear, -self._l1, self._l1) if self._l1 else K.zeros_like(linear) * linear
        return [(slots[0], total), (slots[1], linear), (variable, (bounded - linear) / curvature)]


V1_TRAIN: Table = {
    "AdadeltaOptimizer": AdadeltaOptimizer,
    "AdagradOptimizer": AdagradOptimizer,
    "AdamOptimizer": AdamOptimizer,
    "FtrlOptimizer": FtrlOptimizer,
    "GradientDescentOptimizer": GradientDescentOptimizer,
    "MomentumOptimizer": MomentumOptimizer,
    "Optimizer": Optimizer,
    "RMSPropOptimizer": RMSPropOptimizer,
}
