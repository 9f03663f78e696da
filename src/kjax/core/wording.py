"""Errors of kernels, explained in the terms of the function that was called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NoReturn

from kjax.core.declaration import Declaration
from kjax.core.graph import Node
from kjax.core.tensor import Tensor
from kjax.machine.errors import explained, needs_values


class ByOperationError(Exception):
    """What a compiled function can't compute, but can operation by operation: from now on, or `once`."""

    def __init__(self, message: str, once: bool = False) -> None:
        super().__init__(message)
        self.once = once


class TracedError(Exception):
    """A function can't run by itself, since the program that calls it is being traced by JAX."""


def is_jax_signal(error: Exception) -> bool:
    """Whether JAX says that it needs the value of an array which it only traces, or we do."""
    return isinstance(error, ByOperationError) or needs_values(error)


def explain(declared: Declaration, error: Exception, bound: Sequence[Any]) -> NoReturn:
    """Raise an error of our kinds for one that a kernel raised on the arguments `bound`."""
    declared.shape(declared.where, *bound)  # the shape rule knows best what is wrong
    raise explained(error, declared.where) from None


def explain_at(node: Node, declared: Declaration, error: Exception, args: Sequence[Any]) -> NoReturn:
    """The same for the arrays `args` of a node, with the line of the program that built it.

    Such an error comes to light when a function is called, which may be far from the line that is wrong.
    """
    bound = [_as_tensors(arg) if i in declared.places else node.args[i] for i, arg in enumerate(args)]
    try:
        explain(declared, error, bound)
    except Exception as found:
        if node.place is not None:
            found.add_note('the operation was asked for in\n  File "{}", line {}'.format(*node.place))
        raise found from None


def _as_tensors(value: Any) -> Any:
    return [Tensor(v) for v in value] if isinstance(value, (list, tuple)) else Tensor(value)
