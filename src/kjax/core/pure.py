"""A function without its state: what `K.function` computes, for `jax.jit`, `jax.grad`, `jax.vmap`, `jax.lax.scan`.

A function that reads variables and updates them becomes one that is given their values, and that gives the new ones.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from kjax.core.graph import Values, naming_nodes
from kjax.core.placement import boxed
from kjax.core.plan import Plan
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable, note_read, take_over, updating
from kjax.core.wording import ByOperationError, is_jax_signal
from kjax.machine import meshes
from kjax.machine.checks import is_tracer
from kjax.machine.errors import cut, public, shown
from kjax.machine.forks import jax_to_compute
from kjax.machine.scopes import wide_types

if TYPE_CHECKING:
    from kjax.core.function import Function

State = dict[str, Any]

# The entry of a state that counts the runs, from which random numbers derive. (Names of variables have a colon.)
RUNS = "runs"


@public
def pure(*functions: Any) -> Any:
    """The pure function `(state, inputs) -> (outputs, new state)` of a `K.function`, for transformations of JAX.

    A call reads no variable and changes none: their values are in the state, a dict of arrays by the names of the
    variables. So it can be compiled, differentiated and mapped by JAX, in a loop or on several devices.

    Args:
        *functions: what `K.function` gave: one or several, which then share a state, as those for training and testing
            do.

    Returns:
        A `kjax.PureFunction`, or a tuple of them. Its method `get_state()` gives the values that the variables have
        now, `set_state(state)` gives them new ones.

    Raises:
        TypeError: one is something else.

    >>> import jax, kjax
    >>> from kjax import backend as K
    >>> x, w = K.placeholder((None,)), K.variable(2., name='w')
    >>> error = kjax.pure(K.function([x], [K.mean(K.square(w * x - 6.))]))
    >>> state = error.get_state()
    >>> jax.grad(lambda state: error(state, [jax.numpy.ones(3)])[0][0])(state)
    {'w:0': Array(-8., dtype=float32)}
    """
    for function in functions or (None,):
        if not callable(getattr(function, "pure", None)):
            raise TypeError(f"pure(): a function made by K.function is needed; got {shown(function)}")
    if len(functions) == 1:
        return functions[0].pure()
    alone = [function.pure() for function in functions]
    variables = named(v for each in alone for v in each.variables.values())
    random = any(each.random for each in alone)
    return tuple(PureFunction(each.function, variables, random) for each in alone)


def named(variables: Iterable[Variable]) -> dict[str, Variable]:
    """Variables by their names, each once; the second and further ones of a name have a number."""
    found: dict[str, Variable] = {}
    for variable in dict.fromkeys(variables):
        base, colon, output = variable.name.partition(":")
        name, i = variable.name, 0
        while name in found:
            i += 1
            name = f"{base}_{i}{colon}{output}"
        found[name] = variable
    return found


class PureFunction:
    """A pure function `(state, inputs) -> (outputs, new state)`, made by `kjax.pure`.

    Attributes:
        variables: those in the state, by their names there: the names that they have, with a number if several have
            the same.
        function: the function that it was made of.
        random: whether the state counts runs, from which random numbers derive.
    """

    def __init__(
        self, function: Function, variables: Mapping[str, Variable] | None = None, random: bool = False
    ) -> None:
        plan = self.plan = function.plan
        self.function = function
        self.variables = named([*plan.updated, *plan.read_only]) if variables is None else dict(variables)
        self.random = random or plan.random
        self.__name__ = plan.name

    def __call__(
        self, state: Mapping[str, Any], inputs: Any = (), *, learning_phase: Any = None, key: Any = None
    ) -> tuple[Any, State]:
        """Outputs and new state.

        Args:
            state: an array for each of `variables`, by its name. If the function draws random numbers, the entry `runs`
                counts how often it ran: each run draws other numbers.
            inputs: values in the form of the function's inputs: arrays, or what JAX traces.
            learning_phase: 0 or 1, in place of a value among `inputs`. Both are numbers, which JAX does not trace
                (`static_argnames`): only the branch that is taken is compiled.
            key: a key of JAX, from which random numbers derive in place of the count in the state.

        Returns:
            The outputs as arrays of JAX, in the form of the function's outputs, and the state with new values.

        Raises:
            TypeError: the learning phase is traced, or shapes depend on values that JAX only traces.
            ValueError: the state lacks a variable, has an array of another shape for it, or has other entries; values
                don't fit the inputs.
        """
        phase, feeds = self.function.fed((inputs,), {}, traced=True)
        if learning_phase is not None:
            phase = self.phase_of(learning_phase)
        return self.run(phase, state, feeds, key)

    # -------------------------------------------------------------------------------------------------- the state

    def get_state(self, variables: Iterable[Variable] | None = None) -> State:
        """The values that the variables have now, as arrays of JAX of their own: a snapshot.

        Args:
            variables: those to give, as for weights to differentiate by; by default all, and the count of the runs.

        Raises:
            ValueError: the function has no such variable.

        >>> import kjax
        >>> from kjax import backend as K
        >>> x, w, b = K.placeholder(()), K.variable(2., name='weight'), K.variable(1., name='bias')
        >>> line = kjax.pure(K.function([x], [w * x + b]))
        >>> sorted(line.get_state()), line.get_state([b])
        (['bias:0', 'weight:0'], {'bias:0': Array(1., dtype=float32)})
        """
        jax = jax_to_compute()
        wanted = None if variables is None else set(variables)
        state = {name: v for name, v in self.variables.items() if wanted is None or v in wanted}
        if wanted is not None and len(state) < len(wanted):
            missing = next(v for v in wanted if v not in set(state.values()))
            raise ValueError(f"get_state(): the function does not use {shown(missing)}")
        with wide_types(jax):
            # (Copies: a program that takes over the memory of its arguments must not take that of a variable.)
            arrays = {name: jax.numpy.array(v._value, copy=True) for name, v in state.items()}
            if self.random and wanted is None:
                arrays[RUNS] = jax.numpy.zeros((), np.uint32)
        return arrays

    def set_state(self, state: Mapping[str, Any]) -> None:
        """Give variables the values in a state, which may be a part of one: all of them, or none if one does not fit.

        Args:
            state: arrays by the names of variables. Other entries are not looked at.

        Raises:
            TypeError: JAX only traces a value, or it has another dtype.
            ValueError: a value has another shape.

        >>> import kjax
        >>> from kjax import backend as K
        >>> x, w = K.placeholder(()), K.variable(2., name='w')
        >>> double = kjax.pure(K.function([x], [w * x]))
        >>> double.set_state({'w:0': 5.}); K.get_value(w)
        np.float32(5.0)
        """
        found = {name: (v, state[name]) for name, v in self.variables.items() if name in state}
        for name, (_, value) in found.items():
            if is_tracer(value):
                raise TypeError(
                    f"set_state(): {name} is only traced here; variables get values outside of jit, grad, vmap and scan"
                )
        with updating:
            arrays = [_taken(v, value, f"set_state(): {name}") for name, (v, value) in found.items()]
            take_over([v for v, _ in found.values()], arrays)

    # ------------------------------------------------------------------------------------------------- computing

    def phase_of(self, learning_phase: Any) -> tuple[bool, ...]:
        """The values of the static placeholders for a learning phase.

        Raises:
            TypeError: JAX only traces it.
            ValueError: it is neither 0 nor 1.
        """
        if is_tracer(learning_phase):
            raise TypeError(
                f"{self._where}: the learning phase is traced, but only the branch taken is compiled: give it as a "
                "number, `learning_phase=1`, or name it in jit's static_argnames"
            )
        if learning_phase not in (0, 1):
            raise ValueError(f"{self._where}: learning_phase must be 0 or 1; got {shown(learning_phase)}")
        return (bool(learning_phase),) * len(self.plan.static)

    def run(
        self, phase: Sequence[Any] | None, state: Mapping[str, Any], feeds: Sequence[Any], key: Any = None
    ) -> tuple[Any, State]:
        """Outputs and new state, for values of the static placeholders and arrays for the others."""
        plan = self.plan
        if not isinstance(state, Mapping):
            raise TypeError(f"{self._where}: the state must be a dict, as get_state() gives it; got {shown(state)}")
        surplus = [name for name in state if name not in self.variables and name != RUNS]
        if surplus:
            raise ValueError(
                f"{self._where} has no variable {shown(surplus[0])}; functions that share a state are made pure "
                "together: kjax.pure(one, other)"
            )
        given: dict[Tensor, Any] = {variable: self._entry(state, name) for name, variable in self.variables.items()}
        new: State = {}
        number = None
        if plan.random:
            if key is not None:
                number = _number_of(key)
            elif RUNS in state:
                number, new[RUNS] = state[RUNS], state[RUNS] + np.uint32(1)
            else:
                raise ValueError(f"{self._where} draws random numbers: the state needs its entry {RUNS!r}, or give key")
        outputs, values = evaluated(plan, phase, feeds, given, number, self._where)
        jax = jax_to_compute()
        with wide_types(jax):
            for name, variable in self.variables.items():
                if variable in values.updated:
                    new[name] = jax.numpy.asarray(values.updated[variable], given[variable].dtype)
        return self.function.outputs_of(outputs), {**state, **new}

    def _entry(self, state: Mapping[str, Any], name: str) -> Any:
        variable = self.variables[name]
        if name not in state:
            raise ValueError(f"{self._where}: the state lacks the variable {name!r}; it has {cut(', '.join(state))}")
        value = state[name]
        if not hasattr(value, "shape") or tuple(value.shape) != tuple(variable.shape):
            raise ValueError(
                f"{self._where}: the state's {name!r} must be an array of shape {variable.shape}; got {shown(value)}"
            )
        return boxed(value)

    @property
    def _where(self) -> str:
        return f"pure function {shown(self.function.name)}" if self.function.name else "the pure function"

    def __repr__(self) -> str:
        return f"<pure form of {self.function!r}>"


def _taken(variable: Variable, value: Any, where: str) -> Any:
    """A copy of a value for a variable, on the device where it is."""
    jax = jax_to_compute()
    if not isinstance(value, jax.Array) or value.dtype != variable.dtype or value.shape != variable.shape:
        return variable.checked(value, where)
    if meshes.is_spread(value):
        return meshes.copied(value, None)
    with wide_types(jax):
        return jax.numpy.array(value, copy=True)


def _number_of(key: Any) -> Any:
    """The number of a run that a key of JAX stands for."""
    jax = jax_to_compute()
    with wide_types(jax):
        high, low = jax.random.bits(key, (2,), np.uint32).astype(np.uint64)
        return (high << np.uint64(32)) | low


def evaluated(
    plan: Plan,
    phase: Sequence[Any] | None,
    feeds: Sequence[Any],
    given: Mapping[Tensor, Any],
    number: Any,
    where: str,
) -> tuple[list[Any], Values]:
    """The outputs as arrays of JAX, and all values; a variable that is not `given` has its value of now.

    Raises:
        TypeError: JAX only traces values that shapes depend on.
    """
    jax = jax_to_compute()
    for variable in plan.read_only:
        if variable not in given:
            note_read(variable)
    values = Values({**plan.given(phase), **dict(zip(plan.fed, feeds, strict=True)), **given}, number)
    with wide_types(jax), naming_nodes(jax.named_scope):
        try:
            plan.compute(values)
        except Exception as error:
            if isinstance(error, ByOperationError):
                raise TypeError(f"{where}: {error}, and a function that JAX traces can't run by operation") from None
            node = getattr(error, "kjax_node", None)
            if node is None or not is_jax_signal(error):
                raise
            raise TypeError(
                f"{where}: {node.op.name}() needs the values of an array of which JAX knows only the shape here: "
                "a shape, a size or an axis that depends on data"
            ) from None
        return [None if t is None else jax.numpy.asarray(values(t)) for t in plan.outputs], values
