"""Printing of tensors: at once if they have values, else each time that a function computes them."""

import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import Any

import numpy as np

from kjax.core.composite import Composite
from kjax.core.foreign import public
from kjax.core.graph import MODE, Node, Operation, Values, outputs_of
from kjax.core.operands import Array
from kjax.core.tensor import Tensor
from kjax.machine import meshes
from kjax.machine.callbacks import guarded
from kjax.machine.checks import is_tracer
from kjax.machine.scopes import wide_types

_EDGE = 3  # TensorFlow prints this many elements from each end of an axis, and leaves out the rest


def written(value: Any) -> str:
    """One element, as TensorFlow writes it."""
    if value.dtype.kind == "b":
        return str(int(value))
    if value.dtype.kind in "ciu":
        return str(value)
    few, many, kind = (15, 17, np.float64) if value.dtype.itemsize == 8 else (6, 9, np.float32)
    short = f"{float(value):.{few}g}"
    return short if kind(short) == value else f"{float(value):.{many}g}"


def summary(array: Any, edge: int | None = _EDGE, indent: int = 0) -> str:
    """The elements in brackets; of a long axis, only the first and the last ones, `edge` of each."""
    if not array.ndim:
        return written(array[()])
    if not array.size:
        return "[]"
    cut = edge is not None and len(array) > 2 * edge
    shown = [*range(edge), *range(-edge, 0)] if cut and edge is not None else range(len(array))
    if array.ndim == 1:
        parts = [written(array[i]) for i in shown]
    else:
        parts = [summary(array[i], edge, indent + 1) for i in shown]
    if cut and edge is not None:
        parts.insert(edge, "...")
    between = " " if array.ndim == 1 else "\n" * (array.ndim - 1) + " " * (indent + 1)
    return f"[{between.join(parts)}]"


def _show(message: str, array: Any) -> None:
    print(message, summary(np.asarray(array)), file=sys.stdout, flush=True)


class _Print(Operation):
    """Pass a tensor through, and write others each time that it is computed."""

    name = "print_tensor"
    label = "Identity"

    def __init__(self, write: Callable[..., None]) -> None:
        self._write = write

    def execute(self, node: Node, values: Values) -> tuple[Any]:
        result, shown = node.args
        # Through JAX's callback even for concrete values: written at each run, rather than once during compilation.
        if meshes.is_over_several():  # (JAX keeps the order of callbacks on one device only)
            return (self._before(values(result), [*map(values, shown)]),)
        _written_when_run(self._write, map(values, shown))
        return (values(result),)

    def _before(self, result: Any, arrays: list[Any]) -> Any:
        """`result`, which is not there before the arrays are written."""
        import jax

        def write(*arrays: Any) -> Any:
            guarded_write(*arrays)
            return np.int32(0)

        guarded_write = guarded(self._write)
        from jax.experimental import io_callback

        with wide_types(jax):
            done = io_callback(write, jax.ShapeDtypeStruct((), np.int32), *map(jax.lax.stop_gradient, arrays))
            return jax.numpy.where(done == 0, result, 0)  # (XLA does not know that it is 0)


def printed(result: Tensor, tensors: Sequence[Tensor], write: Callable[..., None]) -> Tensor:
    """A symbolic tensor equal to `result`; each time that it is computed, `write` is called on the arrays of others."""
    node = Node(_Print(write), (result, [*tensors]))
    return outputs_of(node, [(result.shape, result.dtype)])[0]


def _written_when_run(write: Callable[..., None], arrays: Iterable[Any]) -> None:
    import jax

    with wide_types(jax):
        jax.debug.callback(guarded(write), *arrays, ordered=True)


def write_values(write: Callable[..., None], tensors: Sequence[Tensor]) -> None:
    """Call `write` on the arrays of tensors that have values; of what JAX traces, whenever the program runs."""
    if any(is_tracer(t._value) for t in tensors):
        _written_when_run(write, [t._value for t in tensors])
    else:
        write(*(t.numpy() for t in tensors))


@public
def print_tensor(x: Array, message: object = "") -> Tensor:
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
        write_values(partial(_show, message), [x])
        return x
    return printed(x, [x], partial(_show, message))
