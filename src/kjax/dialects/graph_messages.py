"""The message `GraphDef`, by which TensorBoard draws a graph: its operations, with kinds, inputs, dtypes and shapes."""

from __future__ import annotations

import gc
from collections.abc import Iterable, Sequence
from typing import Any

from kjax.core.graph import reachable
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable
from kjax.dialects import wire
from kjax.dialects.tensorflow_parsing import NUMBERS

# Of the language of graphs of TensorFlow 2.2.
_VERSION = 175


def graph_def(tensors: Iterable[Tensor]) -> bytes:
    """The message of what tensors are computed from.

    >>> from kjax import backend as K
    >>> x = K.placeholder((None, 2), name='x')
    >>> b'Placeholder' in graph_def([K.square(x)])
    True
    """
    tensors = list(tensors)
    ordered = reachable(tensors)
    names: dict[Any, str] = {}  # of nodes, and of tensors that are computed from nothing
    taken: set[str] = set()

    def name(owner: Any, wanted: str) -> str:
        """The name of an operation. Two programs in one process may have given it twice."""
        if owner not in names:
            free, count = wanted, 0
            while free in taken:
                count += 1
                free = f"{wanted}_{count}"
            names[owner] = free
            taken.add(free)
        return names[owner]

    def of(tensor: Tensor) -> str:
        base, _, index = tensor.name.rpartition(":")
        found = name(tensor if tensor._node is None else tensor._node, base)
        return found if index == "0" else f"{found}:{index}"

    made = []
    for tensor in dict.fromkeys([*(t for node in ordered for t in node.inputs), *tensors]):
        if tensor._node is None:
            made.append(_operation(of(tensor), _kind(tensor), [], [tensor]))
    outputs: dict[Any, dict[str, Tensor]] = {}
    for tensor in [*(t for node in ordered for t in node.inputs), *tensors]:
        if tensor._node is not None:
            outputs.setdefault(tensor._node, {})[tensor.name] = tensor
    for node in ordered:
        label, inputs = node.op.label_of(node), [of(tensor) for tensor in node.inputs]
        known = outputs.get(node, {})
        made.append(_operation(name(node, node.name), label, inputs, [known[key] for key in sorted(known)]))
    return b"".join(wire.block(1, operation) for operation in made) + wire.block(4, wire.integer(1, _VERSION))


def of_program(variables: Iterable[Any], others: Iterable[Any] = ()) -> bytes:
    """The message of all that the program has of a graph.

    Args:
        variables: those of the graph.
        others: those of other graphs; what is computed from them belongs there.
    """
    # Nothing is kept for the sake of this rare call: Python knows what lives.
    living = [tensor for tensor in gc.get_objects() if isinstance(tensor, Tensor) and tensor.is_symbolic]
    living.sort(key=lambda tensor: -1 if tensor._node is None else tensor._node.serial)
    elsewhere = {id(variable) for variable in others}
    depend: set[Any] = set()  # the nodes that are computed from what is elsewhere
    for node in reachable(living):
        if any(id(tensor) in elsewhere or tensor._node in depend for tensor in node.inputs):
            depend.add(node)
    foreign = {tensor for node in depend for tensor in node.inputs}
    foreign |= {tensor for node in reachable(foreign) for tensor in node.inputs}
    return graph_def([*variables, *(t for t in living if t not in foreign and t._node not in depend)])


def _kind(tensor: Tensor) -> str:
    """The kind of what is computed from nothing."""
    return "VariableV2" if isinstance(tensor, Variable) else "Placeholder" if tensor.is_symbolic else "Const"


def _operation(name: str, kind: str, inputs: Sequence[str], outputs: Sequence[Tensor]) -> bytes:
    shapes = b"".join(wire.block(7, _shape(tensor)) for tensor in outputs)
    attributes = {"_output_shapes": wire.block(1, shapes)}
    if outputs and str(outputs[0].dtype) in NUMBERS:
        attributes["T" if inputs else "dtype"] = wire.integer(6, NUMBERS[str(outputs[0].dtype)])
    if not inputs and outputs:
        attributes["shape"] = wire.block(7, _shape(outputs[0]))
    entries = (wire.block(5, wire.block(1, key) + wire.block(2, value)) for key, value in attributes.items())
    return b"".join([wire.block(1, name), wire.block(2, kind), *(wire.block(3, i) for i in inputs), *entries])


def _shape(tensor: Tensor) -> bytes:
    if tensor.shape.rank is None:
        return wire.integer(3, 1)
    return b"".join(wire.block(2, wire.integer(1, -1 if dim is None else dim)) for dim in tensor.shape)
