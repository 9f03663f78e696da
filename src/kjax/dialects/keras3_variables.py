"""Variables of Keras 3 as operands: they stand for their values. Functions that read and write variables do so."""

from __future__ import annotations

import sys
from collections.abc import Callable
from types import FrameType, FunctionType
from typing import Any

import numpy as np

from kjax.core.dtypes import as_dtype
from kjax.core.foreign import Call, Kind, mapped
from kjax.core.function import function
from kjax.core.gradients import gradients
from kjax.core.graph import holds_symbolic
from kjax.core.operands import as_tensor
from kjax.core.tensor import Tensor
from kjax.core.updates import ADD, ASSIGN, SUBTRACT, updated
from kjax.core.variable import Variable, fresh_array
from kjax.ops import state


class Variables(Kind):
    """Variables of Keras 3."""

    def recognises(self, cls: type) -> bool:
        """Whether objects of this class are variables of Keras 3."""
        import keras

        return issubclass(cls, keras.Variable)

    def call(self, call: Call, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """What the function does with variables, or else its result for their values."""
        own = OWN.get(call.function)
        if own is not None:
            return own(*args, **kwargs)
        if call.function in OF_GRAPHS or holds_symbolic((args, kwargs)):
            return call.function(*mapped(args, _mirrored), **mapped(kwargs, _mirrored))
        return call.function(*mapped(args, value_of), **mapped(kwargs, value_of))


OF_GRAPHS = (function, gradients)  # what takes symbolic tensors of kjax, and variables, as they are


def is_variable(value: Any) -> bool:
    """Whether this is a variable of Keras 3."""
    import keras

    return isinstance(value, keras.Variable)


def value_of(value: Any) -> Any:
    """The current value of a variable of Keras 3; anything else as it is."""
    return _current(value) if is_variable(value) else value


def _current(variable: Any) -> Any:
    """The current value of a variable.

    While a model is fitted, its trainer has the values. A callback gets them by its attribute `model`; one that has
    the model from elsewhere gets them here.
    """
    if variable._value is None and _callback_runs():
        frame: FrameType | None = sys._getframe(1)
        while frame is not None and variable._value is None:
            trainer: Any = frame.f_locals.get("self")
            if isinstance(getattr(type(trainer), "jax_state_sync", None), FunctionType):
                trainer.jax_state_sync()
            frame = frame.f_back
    if variable._value is None and variable._initializer is None and not _is_held(variable):
        raise ValueError(
            f"the value of variable {variable.path!r} is with the trainer while a model is fitted, and not known here; "
            "a callback can read it"
        )
    return variable.value


def _is_held(variable: Any) -> bool:
    """Whether a trainer has put a value of the variable into the scope around this call."""
    from keras.src.backend.common import global_state

    scope = global_state.get_global_attribute("stateless_scope")
    return scope is not None and scope.get_current_value(variable) is not None


def _callback_runs() -> bool:
    from keras.src.backend.common import global_state

    return global_state.get_global_attribute("stateless_scope") is None


# ------------------------------------------------------------------------------------------------------ in graphs


class Mirror(Variable):
    """A variable of Keras 3 in a graph of kjax, where it is read and written at each run."""

    __slots__ = ("_stands_for",)

    def __init__(self, variable: Any) -> None:
        self._stands_for = variable
        self._node = None
        self._name = variable.path
        self._constraint = variable.constraint
        self._trainable = variable.trainable

    @property
    def _value(self) -> Any:
        return _current(self._stands_for)

    @_value.setter
    def _value(self, array: Any) -> None:
        self._stands_for.assign(array)

    def hand_over(self) -> None:
        """Give the variable of Keras the array that a run left here."""
        self._stands_for.assign(_slot.__get__(self))
        _slot.__set__(self, None)


_slot: Any = vars(Tensor)["_value"]


def _mirrored(value: Any) -> Any:
    return mirror(value) if is_variable(value) else value


def mirror(variable: Any) -> Mirror:
    """The variable of kjax that stands for one of Keras 3: always the same one."""
    found = variable.__dict__.get("_kjax_mirror")
    if not isinstance(found, Mirror) or found._stands_for is not variable:  # (a copy of a variable has a copy of it)
        found = variable._kjax_mirror = Mirror(variable)
    return found


# ----------------------------------------------------------------------------------------- functions of variables


def _get_value(x: Any) -> Any:
    array = np.array(_current(x))
    return array if array.ndim else array[()]


def _batch_get_value(tensors: Any) -> list[Any]:
    return [state.get_value(tensor) for tensor in tensors]


def _checked(x: Any, value: Any, where: str) -> Any:
    """A value as an array of the dtype of a variable.

    Raises:
        ValueError: its shape is not the variable's.
    """
    array = fresh_array(value_of(value), as_dtype(x.dtype), where)
    if array.shape != tuple(x.shape):
        raise ValueError(
            f"{where}: a value of shape {array.shape} can't replace the value of variable {x.path!r}, "
            f"whose shape is {tuple(x.shape)}"
        )
    return array


def _set_value(x: Any, value: Any) -> None:
    if not is_variable(x):  # (a variable of kjax, set to the value of one of Keras)
        return state.set_value(x, value_of(value))
    array = _checked(x, value, "set_value()")
    _current(x)  # (where a trainer has the values, it takes them back)
    x.assign(array)
    return None


def _batch_set_value(tuples: Any) -> None:
    where = "batch_set_value()"
    pairs = [(x, _checked(x, value, where) if is_variable(x) else value_of(value)) for x, value in tuples]
    state.batch_set_value([pair for pair in pairs if not is_variable(pair[0])])  # (which may fail)
    for x, array in pairs:
        if is_variable(x):
            x.assign(array)


def _updating(name: str, how: Any, combined: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def update(x: Any, value: Any) -> Any:
        value = value_of(value)
        if not is_variable(x):
            return getattr(state, name)(x, value)
        if isinstance(value, Tensor) and value._value is None:
            return updated(mirror(x), value, how, f"{name}()")
        x.assign(combined(x.value, _array(value, x, f"{name}()")))
        return x

    return update


def _moving_average_update(x: Any, value: Any, momentum: Any) -> Any:
    value = value_of(value)
    if not is_variable(x):
        return state.moving_average_update(x, value, momentum)
    if isinstance(value, Tensor) and value._value is None:
        return state.moving_average_update(mirror(x), value, momentum)
    x.assign(x.value * momentum + _array(value, x, "moving_average_update()") * (1.0 - momentum))
    return x


def _array(value: Any, x: Any, where: str) -> Any:
    """A value as an array, numbers and lists in the dtype of a variable."""
    return as_tensor(value, as_dtype(x.dtype), where).__jax_array__()


OWN: dict[Any, Callable[..., Any]] = {
    state.get_value: _get_value,
    state.batch_get_value: _batch_get_value,
    state.set_value: _set_value,
    state.batch_set_value: _batch_set_value,
    state.update: _updating("update", ASSIGN, lambda old, value: value),
    state.update_add: _updating("update_add", ADD, lambda old, value: old + value),
    state.update_sub: _updating("update_sub", SUBTRACT, lambda old, value: old - value),
    state.moving_average_update: _moving_average_update,
}
