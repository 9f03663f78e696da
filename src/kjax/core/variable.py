"""`Variable`: a tensor whose value can be replaced, the only mutable object."""

from __future__ import annotations

import copy
import os
import sys
import threading
import weakref
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kjax.core import dtypes
from kjax.core.composite import kind_of
from kjax.core.dtypes import DType
from kjax.core.graph import count_as_library, line_of_program
from kjax.core.tensor import Tensor, _listing, is_array
from kjax.machine import meshes
from kjax.machine.checks import is_compiling, is_tracer
from kjax.machine.device import put
from kjax.machine.errors import shown
from kjax.machine.forks import jax_to_compute
from kjax.machine.threads import copied

if TYPE_CHECKING:
    from kjax.core.types import TensorLike

# Held while variables get new values, from reading the old ones on. Reading alone needs no lock: arrays never change.
updating = threading.RLock()


class Variable(Tensor):
    """A tensor whose value can be replaced: by `K.set_value`, `K.update*`, or the updates of a `K.function`.

    Made by `K.variable`, `K.zeros`, `K.ones` and their like. Shape and dtype stay what they are at the start. Reading
    a variable gives the array it holds at that moment, which never changes afterwards.

    >>> from kjax import backend as K
    >>> v = K.variable([1., 2.], name='weights')
    >>> K.set_value(v, [3., 4.])
    >>> v.name, v.numpy().tolist()
    ('weights:0', [3.0, 4.0])
    """

    __slots__ = ("_constraint", "_moved_from", "_start", "_trainable")
    _start: Any  # of one made in graph mode: the expression or array that it had first
    _stands_for: Any = None  # a variable of another library, which has the value
    _moved_from: weakref.ref[Any]  # the same value as an array of NumPy, if it has moved to the device

    def __init__(
        self,
        value: Any,
        name: str | None = None,
        constraint: Callable[[Any], Any] | None = None,
    ) -> None:
        self._value = value
        self._node = None
        self._name = "Variable:0" if name is None else name
        self._constraint = constraint
        self._trainable = True

    @property
    def constraint(self) -> Callable[[Any], Any] | None:
        """The function that an optimizer applies to the value after each of its updates."""
        return self._constraint

    @constraint.setter
    def constraint(self, constraint: Callable[[Any], Any] | None) -> None:
        self._constraint = constraint

    @property
    def trainable(self) -> bool:
        """Whether an optimizer should change it; only noted here."""
        return self._trainable

    @trainable.setter
    def trainable(self, trainable: bool) -> None:
        self._trainable = bool(trainable)

    def holds(self, array: Any) -> bool:
        """Whether its value is still this array, which it had before."""
        return self._value is array or (hasattr(self, "_moved_from") and self._moved_from() is array)

    def store(self, array: Any) -> None:
        """Replace the value by an array that nobody else writes to, of this variable's shape and dtype.

        Raises:
            ValueError: a function that JAX has compiled goes on with the old value.
            TypeError: JAX traces here, and not the old value.
        """
        if type(array) is np.ndarray and type(self._value) is np.ndarray and not _is_watched(self):
            with updating:
                self._value = array
        else:
            store_all([self], [array])

    def hand_over(self) -> None:
        """Give what it stands for the value that it took over."""
        raise NotImplementedError

    def checked(self, value: Any, where: str) -> Any:
        """`value` as an array of this variable's dtype, which nobody else holds.

        Raises:
            TypeError: it can't be converted.
            ValueError: its shape is not this variable's.
        """
        if type(value) is np.ndarray and value.dtype == self._value.dtype:
            array = copied(value)
        else:
            array = fresh_or_traced(value, self.dtype, where)
        if array.shape != self._value.shape:
            raise ValueError(
                f"{where}: a value of shape {tuple(array.shape)} can't replace the value of variable "
                f"{shown(self.name)}, whose shape is {tuple(self._value.shape)}"
            )
        return array

    def __jax_array__(self) -> Any:
        note_read(self)
        return super().__jax_array__()

    def __reduce__(self) -> Any:
        state = (np.asarray(self._value), self._name, self._constraint, self._trainable, dict(self.__dict__))
        return _restore, state

    def __copy__(self) -> Variable:
        return _restore(np.array(self._value), self._name, self._constraint, self._trainable, dict(self.__dict__))

    def __deepcopy__(self, memo: dict[int, Any]) -> Variable:
        twin = self.__copy__()
        memo[id(self)] = twin
        twin.__dict__.update(copy.deepcopy(self.__dict__, memo))
        return twin

    def __repr__(self) -> str:
        if not is_array(self._value):
            return f"<kjax.Variable of {self._value!r}>"
        return f"<kjax.Variable {self.name!r} shape={self.shape} dtype={self.dtype}, {_listing(self._value)}>"

    def __str__(self) -> str:
        return repr(self)

    if TYPE_CHECKING:
        # Provided by kjax.ops.methods; said here for type checkers and readers.
        def assign(
            self, value: TensorLike, use_locking: bool = False, name: str | None = None, read_value: bool = True
        ) -> Tensor:
            """`K.update(self, value)`."""

        def assign_add(
            self, delta: TensorLike, use_locking: bool = False, name: str | None = None, read_value: bool = True
        ) -> Tensor:
            """`K.update_add(self, delta)`."""

        def assign_sub(
            self, delta: TensorLike, use_locking: bool = False, name: str | None = None, read_value: bool = True
        ) -> Tensor:
            """`K.update_sub(self, delta)`."""

        def load(self, value: TensorLike, session: Any = None) -> None:
            """Give the variable a value at once."""

        def value(self) -> Tensor:
            """The value as a tensor: the current value, or in graph mode the value at each run."""

        def read_value(self) -> Tensor:
            """The same."""

        def initialized_value(self) -> Tensor:
            """The same."""

        def sparse_read(self, indices: TensorLike, name: str | None = None) -> Tensor:
            """The parts at given positions of the first axis."""

        def gather_nd(self, indices: TensorLike, name: str | None = None) -> Tensor:
            """The elements, or parts, that rows of positions point to."""

        def scatter_nd_update(self, indices: TensorLike, updates: TensorLike, name: str | None = None) -> Tensor:
            """The parts of the variable that rows of positions point to are set to updates."""

        def scatter_nd_add(self, indices: TensorLike, updates: TensorLike, name: str | None = None) -> Tensor:
            """Updates are added to the parts of the variable that rows of positions point to."""

        def scatter_nd_sub(self, indices: TensorLike, updates: TensorLike, name: str | None = None) -> Tensor:
            """Updates are subtracted from the parts of the variable that rows of positions point to."""


_set_value = vars(Tensor)["_value"].__set__


# The variables that a function which JAX compiled has read, and the line that read them: it keeps their value.
_read_by_compiled: dict[int, tuple[weakref.ref[Variable], str]] = {}


def note_read(tensor: Tensor) -> None:
    """Know that the value of a variable is read, which becomes a constant of what JAX compiles here, if it does."""
    if isinstance(tensor, Variable) and is_compiling() and not is_tracer(tensor._value):
        count_as_library(os.path.dirname(sys.modules["jax"].__file__ or "") + os.sep)
        key, line = id(tensor), line_of_program()
        known = weakref.ref(tensor, lambda _: _read_by_compiled.pop(key, None))
        _read_by_compiled.setdefault(key, (known, "" if line is None else ", in {}, line {},".format(*line)))


def _is_watched(variable: Variable) -> bool:
    """Whether there is more to a new value than to hold it."""
    return bool(_read_by_compiled) or meshes.engaged or variable._stands_for is not None or is_compiling()


def _refuse_stale(variables: Sequence[Variable]) -> None:
    for variable in variables:
        if id(variable) in _read_by_compiled:
            raise ValueError(
                f"variable {shown(variable.name)} was read{_read_by_compiled[id(variable)][1]} by a function that JAX "
                "compiled, which would go on with the old value. Make it an argument of that function; in a model of "
                "Keras 3 let the model keep a keras.Variable in its place; or, where the function is not called any "
                "more, make a new variable"
            )


def take_over(variables: Sequence[Variable], arrays: Sequence[Any]) -> None:
    """Give variables new arrays: all of them, or none if an exception comes before.

    It is one step of the interpreter, in which no signal handler runs. A value that is spread over several devices is
    followed by one that is spread in the same way.

    Raises:
        ValueError: a program that JAX has compiled goes on with the old value of one.
    """
    if _read_by_compiled:
        _refuse_stale(variables)
    if meshes.engaged:
        arrays = [meshes.like(array, variable._value) for variable, array in zip(variables, arrays, strict=True)]
    deque(map(_set_value, variables, arrays), 0)
    for variable in variables:
        if variable._stands_for is not None:
            variable.hand_over()


def store_all(variables: Sequence[Variable], arrays: Sequence[Any]) -> None:
    """The same for what a program does at once, rather than by the updates of a function.

    Raises:
        ValueError: a function that JAX has compiled goes on with the old value of one.
        TypeError: JAX traces here, and not the old value of one.
    """
    compiling = is_compiling()
    for variable, array in zip(variables, arrays, strict=True):
        if (compiling or is_tracer(array)) and not is_tracer(variable._value):
            raise TypeError(
                f"variable {shown(variable.name)} can't get a value while JAX traces a function, which happens once, "
                "and not at each of its calls. Make the variable an argument of the function, and give it back"
            )
    with updating:
        take_over(variables, arrays)


def on_device(variable: Variable) -> Any:
    """The JAX array of a variable. It moves to the device when it is first needed there, not anew each time."""
    value = variable._value
    return moved(variable, put) if type(value) is np.ndarray else value


def moved(variable: Variable, put: Callable[[Any], Any]) -> Any:
    """The array of a variable, in the place where `put` puts it; it stays the same value."""
    with updating:
        before = variable._value
        value = variable._value = put(before)
        if value is not before:
            variable._moved_from = weakref.ref(before)
    return value


def _restore(
    value: Any, name: str, constraint: Callable[[Any], Any] | None, trainable: bool, attributes: dict[str, Any]
) -> Variable:
    variable = Variable(value, name, constraint)
    variable._trainable = trainable
    variable.__dict__.update(attributes)
    return variable


def fresh_or_traced(value: Any, dtype: DType, where: str) -> Any:
    """`fresh_array`; what JAX traces is converted to `dtype`, as a tracer."""
    traced = value._value if isinstance(value, Tensor) else value
    if type(traced) is np.ndarray or not is_tracer(traced):
        return fresh_array(value, dtype, where)
    if dtypes.of_array(traced, where).is_complex and not dtype.is_complex:
        raise TypeError(f"{where}: complex values can't become {dtype}; take K.abs or the real part first")
    jax = jax_to_compute()
    return jax.lax.convert_element_type(traced, jax.dtypes.canonicalize_dtype(dtypes.to_numpy(dtype)))


def fresh_array(value: Any, dtype: DType | None, where: str) -> Any:
    """A new NumPy array of `value`, converted to `dtype` where one is given; what is spread over devices stays so.

    Args:
        value: a concrete tensor, an array of any library that NumPy understands, a (nested) list, a number.
        dtype: the dtype to convert to, or None for the value's own.
        where: the call, to name in an error.

    Raises:
        TypeError: `value` is symbolic, or holds elements that a tensor can't hold (strings, objects).
        ValueError: a ragged list, None, or an integer too large for the dtype.
    """
    if isinstance(value, Tensor):
        value = value._concrete(where)
    target = None if dtype is None else dtypes.to_numpy(dtype)
    if type(value) is np.ndarray and value.dtype == target:
        return copied(value)
    spread = type(value) not in _OF_PYTHON and meshes.is_spread(value)
    if spread and (value.dtype.kind != "c" or target is None or target.kind == "c"):
        return meshes.copied(value, target)
    try:
        # Not np.array(value, target) for all: that would parse strings into numbers.
        array = usual(np.array(value))
        if array.dtype.kind in "OUSMm":
            raise _conversion_error(value, None, where)
        dtypes.of_array(array, where)
        if target is None or array.dtype == target:
            return array
        if isinstance(value, (int, list, tuple)) and target.kind in "iu" and array.dtype.kind in "iu":
            return np.array(value, target)  # NumPy refuses integers that do not fit
        if array.dtype.kind == "c" and target.kind != "c":
            raise TypeError(f"{where}: complex values can't become {dtype}; take K.abs or the real part first")
        return array.astype(target)
    except OverflowError:
        raise ValueError(f"{where}: {shown(value)} does not fit {dtype}") from None
    except ValueError as error:
        raise _conversion_error(value, error, where) from None


_OF_PYTHON = frozenset([int, float, bool, list, tuple])


def usual(array: Any) -> Any:
    """An array in a dtype that tensors have: of numbers held as objects, of another byte order, of long doubles."""
    if array.dtype.kind == "O" and array.size and all(isinstance(part, _NUMBERS) for part in array.flat):
        array = np.array(array.tolist())
    if array.dtype.kind in "fc" and array.dtype.itemsize > (8 if array.dtype.kind == "f" else 16):
        return array.astype(np.float64 if array.dtype.kind == "f" else np.complex128)
    return array if array.dtype.isnative else array.astype(array.dtype.newbyteorder("="))


_NUMBERS = (bool, int, float, complex, np.number, np.bool_)


def _conversion_error(value: Any, error: Exception | None, where: str) -> Exception:
    if value is None:
        return ValueError(f"{where}: a value is needed; got None")
    kind = kind_of(value)
    if kind is not None:
        return TypeError(
            f"{where}: a dense tensor is needed; got a {type(value).__name__}. {kind.dense_by(value)} makes it dense"
        )
    if error is not None and "inhomogeneous" in str(error):
        return ValueError(f"{where}: the lists are ragged: all parts of one level must have the same shape")
    return TypeError(f"{where}: {shown(value)} is not made of numbers")
