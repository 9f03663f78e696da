"""Updates: what is to happen to a variable, as a tensor whose value is the new one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kjax.checks import is_tracer
from kjax.graph import MODE, Node, Values, outputs_of
from kjax.operands import as_tensor
from kjax.tensor import Tensor
from kjax.variable import Variable


def _assign(old: Any, value: Any) -> Any:
    return value


def _add(old: Any, value: Any) -> Any:
    return old + value


def _subtract(old: Any, value: Any) -> Any:
    return old - value


class Update:
    """Operation: give `variable` a new value.

    All updates of a run read the values from before it. Two that add to one variable both count.
    """

    differentiable = False
    random = False
    numpy = False

    def __init__(self, variable: Variable, name: str, label: str, change: Callable[[Any, Any], Any]) -> None:
        self.variable = variable
        self.name = name
        self.label = label
        self.change = change

    def label_of(self, node: Node) -> str:
        """The name TensorFlow gives such a node."""
        return self.label

    def covers(self, node: Node) -> bool:
        """Running it gives no results of other nodes."""
        return False

    def execute(self, node: Node, values: Values) -> tuple[Any]:
        """The new value, which is noted in `values`."""
        old = values.updated[self.variable] if self.variable in values.updated else values(self.variable)
        new = self.change(old, values(node.args[0]))
        if new.shape != self.variable.shape:
            raise ValueError(
                f"{self.name}(): variable {self.variable.name!r} has shape {self.variable.shape}, "
                f"its new value {tuple(new.shape)}"
            )
        if not isinstance(new, np.ndarray) and not is_tracer(new):
            new = new.copy()  # no two variables hold one array: a function may take it away from one of them
        values.updated[self.variable] = new
        return (new,)


ASSIGN = ("update", "AssignVariableOp", _assign)
ADD = ("update_add", "AssignAddVariableOp", _add)
SUBTRACT = ("update_sub", "AssignSubVariableOp", _subtract)


def updated(variable: Any, value: Any, how: tuple[str, str, Callable[[Any, Any], Any]], where: str) -> Any:
    """Update a variable by a value: at once if the value is there in eager mode, else as a symbolic tensor.

    Returns:
        The variable itself, or the symbolic update.

    Raises:
        TypeError: `variable` is none, or the value has another dtype.
        ValueError: the value has another shape.
    """
    if not isinstance(variable, Variable):
        raise TypeError(f"{where}: a variable is needed; got {variable!r}")
    tensor = _matching(variable, value, where)
    if tensor._value is None or MODE.get().graph:
        return _pending(variable, tensor, how)
    with np.errstate(all="ignore"):
        variable.store(np.array(how[2](np.asarray(variable._value), np.asarray(tensor._value))))
    return variable


def _matching(variable: Variable, value: Any, where: str) -> Tensor:
    tensor = as_tensor(value, variable.dtype, where)
    if tensor.dtype != variable.dtype:
        raise TypeError(
            f"{where}: variable {variable.name!r} is {variable.dtype}, the value {tensor.dtype}; convert it with K.cast"
        )
    if not tensor.shape.is_compatible_with(variable.shape):
        raise ValueError(f"{where}: variable {variable.name!r} has shape {variable.shape}, the value {tensor.shape}")
    return tensor


def _pending(variable: Variable, tensor: Tensor, how: Any) -> Tensor:
    node = Node(Update(variable, *how), (tensor,), [tensor, variable])
    return outputs_of(node, [(variable.shape, variable.dtype)])[0]


def as_update(update: Any, index: int) -> Tensor:
    """One entry of a function's `updates` as a symbolic update."""
    if isinstance(update, (tuple, list)) and len(update) == 2:
        variable, value = update
        if not isinstance(variable, Variable):
            raise TypeError(f"function(): updates[{index}]: a pair is (variable, new value); got {update!r}")
        where = f"function(): updates[{index}]"
        if type(value) is Tensor and value._value is not None and not MODE.get().graph:
            raise ValueError(
                f"{where}: the new value of {variable.name!r} is no expression but a value, computed at once since "
                "eager mode is on. Build it inside `with kjax.graph_mode():`, or from what depends on a placeholder; "
                "for a constant give the number or array itself."
            )
        return _pending(variable, _matching(variable, value, where), ASSIGN)
    if isinstance(update, Tensor) and update._value is None:
        return update
    if isinstance(update, Variable):
        raise ValueError(
            f"function(): updates[{index}] is the variable {update.name!r}, not an update: K.update on values has "
            "already happened, at once, since eager mode is on. Build updates inside `with kjax.graph_mode():`, or "
            "from what depends on a placeholder."
        )
    raise TypeError(f"function(): updates[{index}] must be an update or a pair (variable, new value); got {update!r}")
