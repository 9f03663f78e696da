"""Printing of tensors: at once if they have values, else each time that a function computes them."""

import sys
from functools import partial
from typing import Any

import numpy as np

from kjax.core.composite import Composite
from kjax.core.foreign import public
from kjax.core.graph import MODE, Node, Operation, Values, outputs_of
from kjax.core.tensor import Tensor
from kjax.machine.callbacks import guarded
from kjax.machine.checks import is_tracer
from kjax.machine.scopes import wide_types

_EDGE = 3  # TensorFlow prints this many elements from each end of an axis, and leaves out the rest


def _written(value: Any) -> str:
    """One element, as TensorFlow writes it."""
    if value.dtype.kind == "b":
        return str(int(value))
    if value.dtype.kind in "ciu":
        return str(value)
    few, many, kind = (15, 17, np.float64) if value.dtype.itemsize == 8 else (6, 9, np.float32)
    short = f"{float(value):.{few}g}"
    return short if kind(short) == value else f"{float(value):.{many}g}"


def summary(array: Any, indent: int = 0) -> str:
    """The elements in brackets; of a long axis, only the first and the last ones."""
    if not array.ndim:
        return _written(array[()])
    if not array.size:
        return "[]"
    parts: list[str] = [summary(array[i], indent + 1) for i in _shown(len(array))]
    if len(array) > 2 * _EDGE:
        parts.insert(_EDGE, "...")
    between = " " if array.ndim == 1 else "\n" * (array.ndim - 1) + " " * (indent + 1)
    return f"[{between.join(parts)}]"


def _shown(count: int) -> list[int]:
    return [*range(count)] if count <= 2 * _EDGE else [*range(_EDGE), *range(-_EDGE, 0)]


def _show(message: str, array: Any) -> None:
    print(message, summary(np.asarray(array)), file=sys.stdout, flush=True)


class _Print(Operation):
    """Pass a tensor through, and print it each time that it is computed."""

    name = "print_tensor"
    label = "Identity"

    def __init__(self, message: str) -> None:
        self.message = message

    def execute(self, node: Node, values: Values) -> tuple[Any]:
        import jax

        value = values(node.args[0])
        # Through JAX's callback even for concrete values: printed at each run, rather than once during compilation.
        with wide_types(jax):
            jax.debug.callback(guarded(partial(_show, self.message)), value, ordered=True)
        return (value,)


def _show_traced(message: str, array: Any) -> None:
    """Print a value whenever what JAX compiles computes it."""
    import jax

    jax.debug.callback(partial(_show, message), array)


@public
def print_tensor(x: Any, message: Any = "") -> Any:
    """Print the value of a tensor, now or whenever a function computes it.

    Args:
        x: a tensor (of a sparse one, the entries are printed); or any other value, which is printed as Python does.
        message: what to print before it.

    Returns:
        `x`, if it has a value, which is printed at once. Otherwise a symbolic tensor equal to `x`, which is printed
        each time that a function computes it: nothing is printed unless the result is used. Gradients pass through it.

    Source: `tf.keras.backend.print_tensor`, TF 2.2. It prints to `sys.stdout` in the same form: long axes cut short.

    >>> from kjax import backend as K
    >>> x = K.placeholder(shape=(3,))
    >>> f = K.function([x], [K.sum(print_tensor(x * 2, 'doubled:'))])
    >>> f([[1., 2., 3.5]])
    doubled: [2 4 7]
    [np.float32(13.0)]
    """
    message = str(message)
    if isinstance(x, Composite):
        return x.mapped(lambda elements: print_tensor(elements, message))
    if not isinstance(x, Tensor):
        print(message, repr(x), file=sys.stdout, flush=True)
        return x
    if x._value is not None and not MODE.get().graph:
        (_show_traced if is_tracer(x._value) else _show)(message, x._value)
        return x
    node = Node(_Print(message), (x,))
    return outputs_of(node, [(x.shape, x.dtype)])[0]
