"""Loops over values that JAX traces for the program: one `lax.scan`, whose steps compute on tensors with values."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.machine import surroundings
from kjax.machine.checks import is_compiling, is_tracer
from kjax.machine.scopes import scope, wide_types
from kjax.machine.streams import STREAM, Stream, key_of_step

_ATTEMPTS = 4  # to find out what shape a state broadcasts to

# States or results, and values of variables.
_Carried = tuple[list[Any], list[Any]]

# One step: from the slices and the states to results and new states.
Step = Callable[[list[Tensor], list[Tensor]], tuple[list[Tensor], list[Tensor]]]


def is_traced(tensors: Iterable[Tensor]) -> bool:
    """Whether JAX traces one of these."""
    return any(is_tracer(t._value) for t in tensors)


def scanned(
    where: str, step: Step, sequences: list[Tensor], initial: list[Tensor], axis: int = 0, backwards: bool = False
) -> tuple[list[Tensor], list[Tensor]]:
    """A loop over sequences.

    Args:
        where: the call, to name in errors.
        step: one step; it is called twice or more often to find out what it computes.
        sequences: what to loop over.
        initial: the states at first. A step may broadcast one.
        axis: the axis of time, in the sequences and in the results.
        backwards: whether to begin at the end.

    Returns:
        The results of all steps along `axis`, in the order in which they were computed, and the states in the end.

    Raises:
        ValueError: a state changes its shape, other than by broadcasting it.
    """
    import jax

    from kjax.loops.loop import grown  # (needed where JAX traces only)

    jnp = jax.numpy
    tried = _outer_stream()
    stream: Stream | None = tried
    variables = _Variables()

    def body(carried: _Carried, now: Any) -> tuple[_Carried, list[Any]]:
        time, slices = now
        states, values = carried
        with scope(STREAM, stream and _at(jax, stream, time)), variables.having(values) as assigned:
            results, new = step([*map(Tensor, slices)], [*map(Tensor, states)])
        return ([t.__jax_array__() for t in new], assigned()), [t.__jax_array__() for t in results]

    xs = [jnp.moveaxis(t.__jax_array__(), axis, 0) for t in sequences]
    xs = [jnp.flip(x, 0) for x in xs] if backwards else xs
    each = (jnp.arange(xs[0].shape[0], dtype=np.uint32), xs)
    states = [t.__jax_array__() for t in initial]
    one = jax.eval_shape(lambda: jax.tree.map(lambda x: x[0], each))
    for _ in range(_ATTEMPTS):
        (new, _), _ = jax.eval_shape(body, (states, variables.values()), one)
        states = [_varying(jax, a, b) for a, b in zip(states, new, strict=True)]
        if all(a.shape == b.shape for a, b in zip(states, new, strict=True)):
            break
        for a, b in zip(states, new, strict=True):
            grown(where, Shape(a.shape), Shape(b.shape))
        states = [jnp.broadcast_to(a, b.shape) for a, b in zip(states, new, strict=True)]
    else:
        raise ValueError(f"{where}: a state grows with each step; states must keep their shape")
    stream = _needed(tried)
    (final, values), results = jax.lax.scan(body, (states, variables.values()), each)
    variables.assign(values)
    return [Tensor(jnp.moveaxis(r, 0, axis)) for r in results], [*map(Tensor, final)]


def _axes_of(kind: Any) -> frozenset[str]:
    """The axes of a mesh along which an array is another one on each device."""
    manual = getattr(kind, "manual_axis_type", None)
    found: frozenset[str] | None = getattr(kind, "vma", None) if manual is None else manual.varying
    return found or frozenset()  # (None in JAX 0.8)


def _varying(jax: Any, state: Any, new: Any) -> Any:
    """A state that is another one on each device, inside of `jax.shard_map`, where the next one is so."""
    axes = _axes_of(new) - _axes_of(jax.typeof(state))
    if not axes:
        return state
    if hasattr(jax.lax, "pcast"):
        return jax.lax.pcast(state, tuple(axes), to="varying")
    return jax.lax.pvary(state, tuple(axes))  # (before JAX 0.9)


def while_traced(
    holds: Callable[[list[Tensor]], Tensor],
    step: Callable[[list[Tensor]], list[Tensor]],
    initial: list[Tensor],
    most: int | None = None,
) -> list[Tensor]:
    """The states in the end of a loop whose condition JAX traces.

    Args:
        holds: from the states to a scalar bool tensor: whether there is a further step.
        step: from the states to the next ones, of the same shapes.
        initial: the states at first.
        most: a bound on the number of steps. Without one, JAX does not differentiate the loop backwards.
    """
    import jax

    variables = _Variables()

    def goes_on(carried: _Carried) -> Any:
        with variables.having(carried[1]):
            return holds([*map(Tensor, carried[0])]).__jax_array__().reshape(())

    def body(carried: _Carried) -> _Carried:
        with variables.having(carried[1]) as assigned:
            new = step([*map(Tensor, carried[0])])
        return [t.__jax_array__() for t in new], assigned()

    arrays = [t.__jax_array__() for t in initial]
    jax.eval_shape(body, (arrays, []))
    first = (arrays, variables.values())
    if most is None:
        found, values = jax.lax.while_loop(goes_on, body, first)
    else:
        unchanged: Callable[[_Carried], _Carried] = lambda carried: carried  # noqa: E731
        step_or_not = lambda carried, _: (jax.lax.cond(goes_on(carried), body, unchanged, carried), None)  # noqa: E731
        (found, values), _ = jax.lax.scan(step_or_not, first, None, length=most)
    variables.assign(values)
    return [*map(Tensor, found)]


def chosen(
    where: str, condition: Tensor, then: Callable[[], list[Tensor]], otherwise: Callable[[], list[Tensor]]
) -> list[Tensor]:
    """The results of one of two functions, by a condition that JAX traces.

    Raises:
        TypeError: the results are not equally many, or of different shapes or dtypes.
    """
    import jax

    variables = _Variables()

    def arrays(branch: Callable[[], list[Tensor]], stream: Stream | None) -> Callable[[list[Any]], _Carried]:
        def run(values: list[Any]) -> _Carried:
            with scope(STREAM, stream), variables.having(values) as assigned:
                results = [tensor.__jax_array__() for tensor in branch()]
            return results, assigned()

        return run

    def choice(stream: Stream | None) -> _Carried:
        branches = arrays(then, stream), arrays(otherwise, stream)
        found: _Carried = jax.lax.cond(condition._value.reshape(()), *branches, variables.values())
        return found

    first = _outer_stream()
    if surroundings.ALL:
        for branch in (then, otherwise):
            jax.eval_shape(arrays(branch, first), [])
    try:
        results, values = choice(first)
    except TypeError as error:
        raise TypeError(f"{where}: both expressions must give the same shapes and dtypes: {error}") from None
    if isinstance(first, _Trial) and first.used:
        results, values = choice(_needed(first))
    variables.assign(values)
    return [*map(Tensor, results)]


class _Variables:
    """Variables of a library around that a step or branch assigns: they are found by trying, and then carried along.

    What JAX traces in a step must not get into a variable, from where others would read it.
    """

    def __init__(self) -> None:
        self._known: list[Any] = []

    def values(self) -> list[Any]:
        """The values that they have now."""
        return surroundings.values(self._known)

    @contextlib.contextmanager
    def having(self, values: Sequence[Any]) -> Iterator[Callable[[], list[Any]]]:
        """A `with` block in which they have values; it gives a function that gives the new ones, after the block."""
        new: list[Any] = []
        with surroundings.apart([*zip(self._known, values, strict=False)]) as assigned:
            yield lambda: new
            found = {id(variable): (variable, value) for variable, value in assigned()}
        new += [found[id(v)][1] if id(v) in found else value for v, value in zip(self._known, values, strict=False)]
        known = {id(variable) for variable in self._known}
        self._known += [variable for key, (variable, _) in found.items() if key not in known]

    def assign(self, values: Sequence[Any]) -> None:
        """Give them their values after the loop or choice."""
        for variable, value in zip(self._known, values, strict=True):
            variable.assign(value)


class _Trial(Stream):
    """What a step or branch draws from while only its shapes are found out; it notes whether it does."""

    used = False

    def next(self) -> tuple[Any, int]:
        """Numbers that nobody will see."""
        self.used = True
        return super().next()


def _outer_stream() -> Stream:
    """The stream around a loop or branch; at first one for trial."""
    return STREAM.get() or _Trial(0)


def _needed(stream: Stream) -> Stream | None:
    """The stream for a loop or branch that has been tried: a new one only if it draws."""
    if not isinstance(stream, _Trial):
        return stream
    around = surroundings.seed() if stream.used else None
    if around is not None:
        return Stream(around)
    # (Without a key, what is compiled would draw the same numbers at each call.)
    return None if is_compiling() or not stream.used else Stream(int(np.random.randint(2**31)))


def _at(jax: Any, stream: Stream, time: Any) -> Stream:
    if isinstance(stream, _Trial):
        return stream
    with wide_types(jax):
        return Stream(key_of_step(stream.number, time))
