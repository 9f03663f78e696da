"""Updates of variables: symbolic tensors whose value is the new value of a variable."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from contextvars import ContextVar
from typing import Any

import numpy as np

from kjax.core.graph import MODE, After, Node, Operation, Values, computing_after, outputs_of, reachable, tensors_in
from kjax.core.operands import as_tensor
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable, updating
from kjax.machine import meshes
from kjax.machine.checks import is_tracer
from kjax.machine.errors import shown
from kjax.machine.forks import jax_to_compute
from kjax.machine.quiet import quietly
from kjax.machine.scopes import scope, wide_types


def _assign(old: Any, value: Any) -> Any:
    return value


def _add(old: Any, value: Any) -> Any:
    return old + value


def _subtract(old: Any, value: Any) -> Any:
    return old - value


class Update(Operation):
    """Give `variable` a new value.

    All updates of a run read the values from before it. Two that add to one variable both count.
    """

    differentiable = False

    def __init__(self, variable: Variable, name: str, label: str, change: Callable[[Any, Any], Any]) -> None:
        # Where the node has a second argument, a condition: the old value stays where that is false.
        self.updates = self.variable = variable
        self.name = name
        self.label = label
        self.change = change

    def execute(self, node: Node, values: Values) -> tuple[Any]:
        """The new value, which is noted in `values`."""
        old = values.updated[self.variable] if self.variable in values.updated else values(self.variable)
        new = self.change(old, values(node.args[0]))
        if isinstance(new, np.generic):
            new = np.asarray(new)  # (what NumPy's operators give of two arrays without dims)
        if len(node.args) > 1:
            new = _chosen(values(node.args[1]), new, old)
        if new.shape != self.variable.shape:
            raise ValueError(
                f"{self.name}(): variable {shown(self.variable.name)} has shape {self.variable.shape}, "
                f"its new value {tuple(new.shape)}"
            )
        values.updated[self.variable] = new
        return (new,)


def _chosen(condition: Any, new: Any, old: Any) -> Any:
    if isinstance(condition, np.ndarray):
        return new if condition else old
    import jax

    return jax.numpy.where(condition, new, old)


ASSIGN = ("update", "AssignVariableOp", _assign)
ADD = ("update_add", "AssignAddVariableOp", _add)
SUBTRACT = ("update_sub", "AssignSubVariableOp", _subtract)


def updated(variable: Any, value: Any, how: tuple[str, str, Callable[[Any, Any], Any]], where: str) -> Any:
    """Update a variable by a value: at once if the value is there in eager mode, else as a symbolic tensor.

    What a variable was read as stands for it, if it has that variable as `read_from`.

    Returns:
        The variable itself, or the symbolic update.

    Raises:
        TypeError: `variable` is none, or the value has another dtype.
        ValueError: the value has another shape.
    """
    variable = variable if isinstance(variable, Variable) else getattr(variable, "read_from", variable)
    if not isinstance(variable, Variable):
        raise TypeError(f"{where}: a variable is needed; got {variable!r}")
    tensor = _matching(variable, value, where)
    if tensor._value is None or MODE.get().graph:
        update = _pending(variable, tensor, how)
        made = _noted.get()
        if made is not None:
            made.append(update)
        put_in_order(update)
        return update
    with updating:  # (from reading the old value on, so that no other update is lost)
        old, new = variable._value, tensor._value
        if meshes.engaged and (meshes.is_spread(old) or meshes.is_spread(new)):
            with wide_types(jax_to_compute()):
                changed = meshes.together(how[2], old, new, back=False)
        elif is_tracer(old) or is_tracer(new):
            changed = how[2](old, new)
        else:
            changed = np.asarray(quietly(how[2], np.asarray(old), np.asarray(new)))
        if type(changed) is not np.ndarray and not is_tracer(changed) and not meshes.is_spread(changed):
            changed = np.asarray(changed)
        variable.store(changed)
    return variable


def _matching(variable: Variable, value: Any, where: str) -> Tensor:
    tensor = as_tensor(value, variable.dtype, where)
    old, new = variable._value, tensor._value
    if type(old) is type(new) is np.ndarray and old.dtype == new.dtype and old.shape == new.shape:
        return tensor
    if tensor.dtype != variable.dtype:
        raise TypeError(
            f"{where}: variable {shown(variable.name)} is {variable.dtype}, the value {tensor.dtype}; "
            "convert it with K.cast"
        )
    if not tensor.shape.is_compatible_with(variable.shape):
        raise ValueError(
            f"{where}: variable {shown(variable.name)} has shape {variable.shape}, the value {tensor.shape}"
        )
    return tensor


def _pending(variable: Variable, tensor: Tensor, how: Any) -> Tensor:
    condition = _condition.get()
    args = (tensor,) if condition is None else (tensor, condition)
    node = Node(Update(variable, *how), args, [*args, variable])
    return outputs_of(node, [(variable.shape, variable.dtype)])[0]


# A symbolic bool on which the updates that are being made depend.
_condition: ContextVar[Tensor | None] = ContextVar("kjax_updates_condition", default=None)


def only_if(condition: Tensor) -> contextlib.AbstractContextManager[Any]:
    """A `with` block in graph mode whose updates give variables new values in those runs in which a condition is true.

    Args:
        condition: a symbolic bool without dims. In other runs, variables keep their values, and the symbolic updates
            have these.

    >>> import kjax
    >>> from kjax import backend as K
    >>> with kjax.graph_mode():
    ...     total, x = K.variable(1.), K.placeholder(())
    ...     with only_if(K.greater(x, 0.)):
    ...         update = K.update_add(total, x)
    ...     add = K.function([x], [update])
    >>> add([2.])[0].item(), add([-5.])[0].item(), K.get_value(total).item()
    (3.0, 3.0, 3.0)
    """
    return scope(_condition, condition)


# ------------------------------------------------------------------------------------------ what updates a block makes

_noted: ContextVar[list[Tensor] | None] = ContextVar("kjax_updates_noted", default=None)


@contextlib.contextmanager
def noted() -> Iterator[list[Tensor]]:
    """A `with` block that gives a list of the symbolic updates made in it, also of those that the program throws away.

    An update that is carried out at once is none, and neither is a pair (variable, value) that a function is given:
    that one belongs to the function. Blocks nest: when an inner one ends, the outer one takes over its updates, unless
    it ends with an exception. Other threads are not looked at.

    >>> from kjax import backend as K
    >>> total, x = K.variable(1.), K.placeholder(())
    >>> with noted() as made:
    ...     update = K.update_add(total, x)
    ...     eager = K.update_add(total, 2.)
    >>> made == [update]
    True
    """
    outer = _noted.get()
    made: list[Tensor] = []
    with scope(_noted, made):
        yield made
    if outer is not None:
        outer.extend(made)


def refuse_updates(made: list[Tensor], message: str) -> None:
    """Raise where updates were made that would be lost.

    Raises:
        NotImplementedError: with `message`, whose `{}` becomes the first variable.
    """
    if made:
        raise NotImplementedError(message.format(f"variable {made[0]._node.op.variable.name!r}"))  # type: ignore[union-attr]


# ------------------------------------------------------------------------------------------- computing after updates

# What else is to happen when what a block builds is run: printing, conditions.
_effects: ContextVar[list[Tensor] | None] = ContextVar("kjax_effects", default=None)


@contextlib.contextmanager
def in_order() -> Iterator[list[Tensor]]:
    """A `with` block in graph mode that builds what a program does step by step: what follows an update sees it.

    It gives a list of what is to happen whether or not it is asked for: updates, and what `effect` was told.

    >>> import kjax
    >>> from kjax import backend as K
    >>> with kjax.graph_mode():
    ...     total = K.variable(1.)
    ...     with in_order() as made:
    ...         update = K.update_add(total, 2.)
    ...         tenfold = total * 10.
    ...     K.function([], [tenfold], updates=made)([])
    [np.float32(30.0)]
    """
    with noted() as made, scope(_effects, made), computing_after(After((), {}, True)):
        yield made


def is_in_order() -> bool:
    """Whether this is in a block of `in_order`."""
    after = MODE.get().after
    return after is not None and after.in_order


def out_of_order() -> contextlib.AbstractContextManager[Any]:
    """A `with` block in which updates are not seen by what follows them, in one of `in_order`."""
    after = MODE.get().after
    return contextlib.nullcontext() if after is None else computing_after(after._replace(in_order=False))


def put_in_order(update: Tensor) -> None:
    """Let what follows see an update, in a block of `in_order`."""
    after = MODE.get().after
    if after is not None and after.in_order:
        after.instead[update._node.op.variable] = update  # type: ignore[union-attr]


def newest(tensor: Tensor) -> Tensor:
    """What stands for a variable now: itself, or its last update in a block of `in_order`."""
    after = MODE.get().after
    return tensor if after is None else after.instead.get(tensor, tensor)


def versions_of(tensor: Tensor) -> list[Tensor]:
    """A tensor; of a variable also its updates in a block of `in_order`, which stand for it one after the other."""
    found, last = [tensor], newest(tensor)
    while last is not tensor:
        found.append(last)
        before = [t for t in last._node.inputs if t._node is not None and t._node.op.updates is tensor]  # type: ignore[union-attr]
        last = before[0] if before else tensor
    return found


def effect(tensor: Tensor) -> Tensor:
    """Let a block of `in_order` know of what is to happen; it is not an update."""
    made = _effects.get()
    if made is not None and tensor._value is None:
        made.append(tensor)
    return tensor


@contextlib.contextmanager
def effects() -> Iterator[list[Tensor]]:
    """A `with` block that gives a list of what `effect` is told in it, which no outer block is told."""
    made: list[Tensor] = []
    with scope(_effects, made):
        yield made


def computed_after(tensors: Sequence[Tensor]) -> contextlib.AbstractContextManager[Any]:
    """A `with` block in which nodes are computed after `tensors`, beside what they are computed after anyway."""
    after = MODE.get().after or After((), {})
    return computing_after(after._replace(tensors=(*after.tensors, *tensors)))


def without_effects() -> contextlib.AbstractContextManager[Any]:
    """A `with` block that builds what only some runs compute."""
    return scope(_effects, None)


class ReadAfter(Operation):
    """The value of `variable` after updates, the other inputs of the node."""

    name = "read_value"
    label = "ReadVariableOp"
    differentiable = False

    def __init__(self, variable: Variable) -> None:
        self.variable = variable

    def execute(self, node: Node, values: Values) -> tuple[Any]:
        """The newest value in this run."""
        return (values.updated[self.variable] if self.variable in values.updated else values(self.variable),)


def control_dependencies(control_inputs: Any) -> contextlib.AbstractContextManager[Any]:
    """A `with` block: tensors built in it are computed after `control_inputs`, and read the variables these updated.

    Args:
        control_inputs: symbolic updates or other tensors, in any nesting of lists; None, and values that were
            computed eagerly, are left out.

    Returns:
        A context manager.

    Source: `keras.backend.control_dependencies`, Keras 2.3.1.

    >>> import kjax
    >>> from kjax import backend as K
    >>> with kjax.graph_mode():
    ...     total = K.variable(1.)
    ...     with control_dependencies(K.update_add(total, 2.)):
    ...         tenfold = total * 10.
    ...     K.function([], [tenfold])([])
    [np.float32(30.0)]
    """
    if is_in_order():
        return contextlib.nullcontext()
    first = tuple(t for t in tensors_in([control_inputs]) if t._value is None)
    outer = MODE.get().after
    instead = {} if outer is None else dict(outer.instead)
    for node in reachable(first):
        variable: Any = node.op.updates
        if variable is not None:
            read = Node(ReadAfter(variable), (), [variable, *first])
            instead[variable] = outputs_of(read, [(variable.shape, variable.dtype)])[0]
    return computing_after(After((*(() if outer is None else outer.tensors), *first), instead))


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
