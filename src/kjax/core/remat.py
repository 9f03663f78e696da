"""`kjax.remat`: intermediate results that gradients compute anew instead of keeping them."""

from __future__ import annotations

import contextlib
import functools
from collections.abc import Callable, Iterator
from typing import Any

from kjax.core.foreign import holds_tensor, holds_tracer
from kjax.core.graph import MODE, Node, Values, running_by
from kjax.core.stretches import HandedOn, Stretch
from kjax.machine.checks import is_tracer
from kjax.machine.errors import public, shown
from kjax.machine.forks import jax_to_compute
from kjax.machine.scopes import wide_types


class Rematerialised:
    """Nodes whose results, but for those that others use, are computed anew by a gradient through them."""

    def __init__(self) -> None:
        self.outer = MODE.get().block

    def run(self, nodes: list[Node], values: Values) -> None:
        """Run nodes of the block; where JAX traces, their results are not kept for a gradient."""
        jax = jax_to_compute()
        stretch = Stretch(nodes, self)
        # What JAX traces among what they need is handed in: it is kept, and the rest comes of it again.
        members = set(nodes)
        outside = dict.fromkeys(t for node in nodes for t in node.inputs if t._node not in members)
        traced = {t: value for t in outside if is_tracer(value := values(t))}

        def compute(arrays: list[Any]) -> HandedOn:
            return stretch.run(values, dict(zip(traced, arrays, strict=True)))[1]

        with wide_types(jax):
            anew = jax.checkpoint(compute) if traced else compute
            handed_on = anew(list(traced.values()))
        stretch.take_over(values, handed_on)


@public
def remat(function: Callable[..., Any] | None = None) -> Any:
    """Let gradients compute intermediate results anew instead of keeping them: less memory, for more time.

    Values and gradients stay the same, random numbers and updates of variables included.

    Args:
        function: a function of tensors, or a layer; each of its calls is a part of the graph whose intermediate
            results are not kept from the forward pass to the backward pass. What goes into the part is kept. Without
            a function, the part is what is built in a `with` block.

    Returns:
        A function with the same arguments; without `function` a context manager, which can be entered several times,
        for another part each time. Parts may lie in each other. On arrays that JAX traces, the function does what
        `jax.checkpoint` does. What is computed at once under a `tf.GradientTape` has been kept by the tape already,
        but its gradients are computed from a graph, whose parts these are, too.
        What a part prints is printed again when it is computed anew.

    Raises:
        TypeError: `function` is not callable.

    >>> import kjax
    >>> from kjax import backend as K
    >>> x, w = K.placeholder((4,)), K.variable(0.5)
    >>> def deep(h):
    ...     for _ in range(3):
    ...         h = K.tanh(w * h)
    ...     return h
    >>> (slope,) = K.gradients(K.sum(kjax.remat(deep)(x)), [w])
    >>> (plain,) = K.gradients(K.sum(deep(x)), [w])
    >>> a, b = K.function([x], [slope, plain])([[1., 2., 3., 4.]])
    >>> bool(abs(a - b) < 1e-6)
    True
    """
    if function is None:
        return _Parts()
    if not callable(function):
        raise TypeError(f"remat(): a function of tensors is needed, or nothing; got {shown(function)}")
    whole = function  # (for the checker of types)

    def call(*args: Any, **kwargs: Any) -> Any:
        if holds_tracer((args, kwargs)) and not holds_tensor((args, kwargs)):
            return jax_to_compute().checkpoint(whole)(*args, **kwargs)
        with _part():
            return whole(*args, **kwargs)

    named = hasattr(function, "__name__")  # (a layer has none)
    return functools.wraps(function)(call) if named else call


@contextlib.contextmanager
def _part() -> Iterator[None]:
    with running_by(Rematerialised()):
        yield


class _Parts:
    """A context manager, whose blocks may lie in each other."""

    def __init__(self) -> None:
        self._entered: list[contextlib.AbstractContextManager[None]] = []

    def __enter__(self) -> None:
        part = _part()
        part.__enter__()
        self._entered.append(part)

    def __exit__(self, *error: Any) -> None:
        self._entered.pop().__exit__(*error)
