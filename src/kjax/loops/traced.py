"""Loops over values that JAX traces for the program: one `lax.scan`, whose steps compute on tensors with values."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.loops.loop import grown
from kjax.machine import surroundings
from kjax.machine.checks import is_compiling, is_tracer
from kjax.machine.scopes import scope, wide_types
from kjax.machine.streams import STREAM, Stream, key_of_step

_ATTEMPTS = 4  # to find out what shape a state broadcasts to

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

    jnp = jax.numpy
    tried = _outer_stream()
    stream: Stream | None = tried

    def body(states: list[Any], now: Any) -> tuple[list[Any], list[Any]]:
        time, slices = now
        with scope(STREAM, stream and _at(jax, stream, time)):
            results, new = step([*map(Tensor, slices)], [*map(Tensor, states)])
        return [t.__jax_array__() for t in new], [t.__jax_array__() for t in results]

    xs = [jnp.moveaxis(t.__jax_array__(), axis, 0) for t in sequences]
    xs = [jnp.flip(x, 0) for x in xs] if backwards else xs
    each = (jnp.arange(xs[0].shape[0], dtype=np.uint32), xs)
    states = [t.__jax_array__() for t in initial]
    one = jax.eval_shape(lambda: jax.tree.map(lambda x: x[0], each))
    for _ in range(_ATTEMPTS):
        new, _ = jax.eval_shape(body, states, one)
        if all(a.shape == b.shape for a, b in zip(states, new, strict=True)):
            break
        for a, b in zip(states, new, strict=True):
            grown(where, Shape(a.shape), Shape(b.shape))
        states = [jnp.broadcast_to(a, b.shape) for a, b in zip(states, new, strict=True)]
    else:
        raise ValueError(f"{where}: a state grows with each step; states must keep their shape")
    stream = _needed(tried)
    final, results = jax.lax.scan(body, states, each)
    return [Tensor(jnp.moveaxis(r, 0, axis)) for r in results], [*map(Tensor, final)]


def chosen(
    where: str, condition: Tensor, then: Callable[[], list[Tensor]], otherwise: Callable[[], list[Tensor]]
) -> list[Tensor]:
    """The results of one of two functions, by a condition that JAX traces.

    Raises:
        TypeError: the results are not equally many, or of different shapes or dtypes.
    """
    import jax

    def arrays(branch: Callable[[], list[Tensor]], stream: Stream | None) -> Callable[[], list[Any]]:
        def run() -> list[Any]:
            with scope(STREAM, stream):
                return [tensor.__jax_array__() for tensor in branch()]

        return run

    def choice(stream: Stream | None) -> list[Any]:
        found: list[Any] = jax.lax.cond(condition._value.reshape(()), arrays(then, stream), arrays(otherwise, stream))
        return found

    first = _outer_stream()
    try:
        results = choice(first)
    except TypeError as error:
        raise TypeError(f"{where}: both expressions must give the same shapes and dtypes: {error}") from None
    if isinstance(first, _Trial) and first.used:
        results = choice(_needed(first))
    return [*map(Tensor, results)]


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
