"""Gradients that a program registers under a name, and gives to the operations of a type: `tf.RegisterGradient`.

Guided back-propagation does so with `Relu`, the reversal of gradients with `Identity`, quantisation with `Round` and
`Sign`. What such an operation computes stays as it is; its result gets another derivative, as by `tf.custom_gradient`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from kjax.core.graph import Node, instead_of_results
from kjax.core.tensor import OperationView, Tensor
from kjax.loops.derivative import with_derivative


class Registry:
    """The registered gradient functions by their names, as `tensorflow.python.framework.ops` keeps them."""

    def __init__(self) -> None:
        self._registry: dict[str, Callable[..., Any]] = {}

    def register(self, candidate: Callable[..., Any], name: str | None = None) -> None:
        """Know a function under a name, which must be new.

        Raises:
            KeyError: there is one of that name.
        """
        name = name or candidate.__name__
        if name in self._registry:
            raise KeyError(f"tf.RegisterGradient: there is a gradient of the name {name!r} already")
        self._registry[name] = candidate

    def list(self) -> list[str]:
        """The names."""
        return [*self._registry]

    def lookup(self, name: str) -> Callable[..., Any]:
        """The function of a name.

        Raises:
            LookupError: there is none.
        """
        if name not in self._registry:
            raise LookupError(f"gradient_override_map: no gradient is registered under the name {name!r}")
        return self._registry[name]


REGISTRY = Registry()
REGISTRY.register(lambda op, grad: grad, "Identity")


class RegisterGradient:
    """`tf.RegisterGradient`: a decorator for a function of an operation and the slope by its result.

    It returns the slope by each of the operation's inputs, `op.inputs`; None for one without.

    >>> @RegisterGradient('Doubled')
    ... def doubled(op, grad):
    ...     return 2 * grad
    >>> 'Doubled' in REGISTRY.list()
    True
    """

    def __init__(self, op_type: str) -> None:
        if not isinstance(op_type, str):
            raise TypeError(f"tf.RegisterGradient(): op_type must be a string; got {op_type!r}")
        self._op_type = op_type

    def __call__(self, f: Callable[..., Any]) -> Callable[..., Any]:
        """Register a function, and return it."""
        REGISTRY.register(f, self._op_type)
        return f


@contextmanager
def overriding(op_type_map: Mapping[str, str]) -> Iterator[None]:
    """A `with` block in which operations of these types, as they are added to a graph, get other gradients.

    Args:
        op_type_map: the names of registered gradients, by the types of operations.

    Raises:
        TypeError: it is no dict of strings.
        ValueError: an operation is added for whose type the dict names a gradient that is not registered.
    """
    if not isinstance(op_type_map, Mapping) or not all(
        isinstance(part, str) for pair in op_type_map.items() for part in pair
    ):
        raise TypeError(f"gradient_override_map(): a dict of strings is needed; got {op_type_map!r}")
    names = dict(op_type_map)

    def instead(node: Node, made: list[Tensor]) -> list[Tensor]:
        name = names.get(node.op.label_of(node))
        if name is None:
            return made
        gradient, inputs, view = REGISTRY.lookup(name), [*node.inputs], OperationView(made[0])

        def derivative(slopes: list[Tensor]) -> Sequence[Tensor | None]:
            found = gradient(view, *slopes)
            listed = [*found] if isinstance(found, (list, tuple)) else [found]
            # (Attributes, such as a slope, are constants among the inputs here.)
            return [*listed, *[None] * (len(inputs) - len(listed))]

        with instead_of_results(None):
            derived = with_derivative(f"the gradient {name!r}", inputs, made, derivative)
        for tensor, original in zip(derived, made, strict=True):
            tensor._name = original.name
        return derived

    with instead_of_results(instead):
        yield


TF: dict[str, Any] = {"RegisterGradient": RegisterGradient}
