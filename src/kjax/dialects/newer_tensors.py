"""What a program computes from the outputs of layers outside of any layer: `x = tf.nn.relu(dense(x)) + 1.`

Keras 2.3.1 knows outputs of layers only: each has its history, the layer and the call that made it. When such a
computed tensor is given to a layer, or is the output of a model, the operations between it and the nearest outputs of
layers become one layer, a `TensorFlowOpLayer`, called on these outputs. The tensor itself is that layer's output.

Called on the tensors that it was made for, as a new model does, the layer returns the tensor. On other ones, the
operations are done again, as one node of the graph.
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.dtypes import DType, as_dtype
from kjax.core.graph import Node, Operation, Values, leaves, outputs_of, reachable, tensors_in
from kjax.core.op import Op
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable
from kjax.dialects.newer_parts import On, Part, made
from kjax.loops.subgraph import Subgraph


def connected(values: Any) -> None:
    """Give each tensor in lists, tuples and dicts a history, if it is computed from tensors that have one."""
    for tensor in tensors_in(values):
        if is_computed_outside(tensor):
            _recorded(tensor)


def is_computed_outside(x: Any) -> bool:
    """Whether a tensor is computed from outputs of layers, and is none itself."""
    if not isinstance(x, Tensor) or not x.is_symbolic or _has_history(x):
        return False
    return any(_has_history(part) for node in reachable([x], _is_known) for part in node.inputs)


def _has_history(x: Tensor) -> bool:
    return hasattr(x, "_keras_history")


def _is_known(x: Tensor) -> bool:
    return x._node is None or _has_history(x)


def _recorded(tensor: Tensor) -> None:
    """Make the layer whose output a tensor is."""
    sources = [part for part in leaves([tensor], _is_known) if _has_history(part)]
    name = tensor.name.partition(":")[0].rpartition("/")[2]
    layer = made(OP_LAYER)(name=f"tf_op_layer_{name}", graph=(sources, tensor))
    layer(sources if len(sources) > 1 else sources[0])


class TensorFlowOpLayer(Part):
    """The operations between some tensors and another one, as a layer.

    Its configuration has the operations by their names, and the values of constants; a variable that is read is saved
    as its value.
    """

    def __init__(self, graph: Any = None, operations: Any = None, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)
        self.sources: Any
        self.target: Any
        self.sources, self.target = _rebuilt(operations) if graph is None else graph

    def call(self, inputs: Any) -> Any:
        """The result for other tensors."""
        given = list(inputs) if isinstance(inputs, (list, tuple)) else [inputs]
        if all(one is other for one, other in zip(given, self.sources, strict=True)):
            return self.target
        again = _Again(self.sources, self.target)
        (output,) = outputs_of(Node(again, (), [*given, *again.captured]), [(self._shape(given), self.target.dtype)])
        return output

    def _shape(self, given: Sequence[Tensor]) -> Any:
        """The static shape of the result, as far as it is sure to be that of the first one."""
        if all(_agrees(one.shape, other.shape) for one, other in zip(given, self.sources, strict=True)):
            return self.target.shape
        return Shape.UNKNOWN if self.target.shape.rank is None else Shape([None] * self.target.shape.rank)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the result."""
        shapes = input_shape if isinstance(input_shape, list) else [input_shape]
        given = [K.placeholder(shape=shape, dtype=x.dtype) for shape, x in zip(shapes, self.sources, strict=True)]
        return tuple(self._shape(given))

    def get_config(self) -> dict[str, Any]:
        """The operations, so that the layer can be made anew.

        Raises:
            NotImplementedError: one of them can't be told from its arguments alone, as a loop can't.
        """
        return {**super().get_config(), "operations": _told(self.sources, self.target)}


def _agrees(shape: Shape, before: Shape) -> bool:
    """Whether all that is known of a shape holds of another one."""
    if before.rank is None or shape.rank != before.rank:
        return before.rank is None
    return all(old is None or new == old for new, old in zip(shape, before, strict=True))


class _Again(Operation):
    """Operations between some tensors and another one, done with other values of the former."""

    name = label = "TensorFlowOpLayer"

    def __init__(self, sources: Sequence[Tensor], target: Tensor) -> None:
        self.sources = sources
        self.part = Subgraph([target], 0, "a model called on other inputs: {} is updated outside of a layer", sources)
        self.captured = self.part.captured
        self.random = self.part.random

    def execute(self, node: Node, values: Values) -> tuple[Any, ...]:
        """The target."""
        given = dict(zip([*self.sources, *self.captured], map(values, node.inputs), strict=True))
        return tuple(self.part.compute(given, values.run_key, values.conditions))


OP_LAYER = On("layers.Layer", TensorFlowOpLayer)
LAYERS: dict[str, Any] = {"TensorFlowOpLayer": OP_LAYER}

# ---------------------------------------------------------------------------------------------------- configurations


def _told(sources: Sequence[Tensor], target: Tensor) -> dict[str, Any]:
    """The operations between tensors, in a form that JSON knows."""
    known: dict[Any, list[Any]] = {source: ["input", i] for i, source in enumerate(sources)}

    def told(tensor: Tensor) -> Any:
        if tensor in known:
            return known[tensor]
        if tensor._node is not None:
            return [*known[tensor._node], tensor._index]
        if tensor._value is None and not isinstance(tensor, Variable):
            raise NotImplementedError(f"get_config(): {tensor.name!r} has no value that could be saved")
        array = np.asarray(K.get_value(tensor))
        return ["constant", array.tolist(), array.dtype.name]

    nodes: list[Any] = []
    for node in reachable([target], lambda tensor: tensor in known or tensor._node is None):
        path = _path(node)
        known[node] = ["node", len(nodes)]
        nodes.append([path, [_plain(arg, told) for arg in node.args]])
    inputs = [[list(source.shape), source.dtype.name] for source in sources]
    return {"inputs": inputs, "nodes": nodes, "target": told(target)}


def _path(node: Node) -> str:
    """Where an operation is found again."""
    op = node.op
    if isinstance(op, Op):
        module, name = op.kernel.__module__, op.kernel.__name__
        if getattr(getattr(import_module(module), name, None), "op", None) is op:
            return f"{module}:{name}"
    raise NotImplementedError(
        f"get_config(): the operation {op.name or op.label!r} outside of a layer can't be saved; wrap it into a Lambda "
        "or a layer of its own"
    )


def _plain(value: Any, told: Any) -> Any:
    """An argument of an operation in a form that JSON knows; all but numbers, strings and None carry their kind."""
    if isinstance(value, DType):  # (which is a string, too)
        return {"dtype": value.name}
    if value is None or isinstance(value, (bool, int, float, str)):
        return value
    if isinstance(value, Tensor):
        return {"tensor": told(value)}
    if isinstance(value, Shape):
        return {"shape": None if value.rank is None else list(value)}
    if isinstance(value, slice):
        return {"slice": [_plain(part, told) for part in (value.start, value.stop, value.step)]}
    if value is Ellipsis:
        return {"ellipsis": None}
    if isinstance(value, (list, tuple)):
        return {type(value).__name__: [_plain(part, told) for part in value]}
    if isinstance(value, (np.ndarray, np.generic)):
        return {"array": [value.tolist(), value.dtype.name]}
    raise NotImplementedError(f"get_config(): {value!r}, an argument outside of a layer, can't be saved")


def _rebuilt(operations: Any) -> tuple[list[Tensor], Tensor]:
    """Placeholders, and the tensor that operations compute from them."""
    sources: list[Tensor] = [K.placeholder(shape=shape, dtype=dtype) for shape, dtype in operations["inputs"]]
    results: list[Sequence[Tensor]] = []

    def tensor(told: Any) -> Any:
        kind, *at = told
        if kind == "input":
            return sources[at[0]]
        if kind == "node":
            return results[at[0]][at[1]]
        return Tensor(np.asarray(at[0], at[1]))

    for path, args in operations["nodes"]:
        module, _, name = path.partition(":")
        if not module.startswith("kjax."):
            raise ValueError(f"TensorFlowOpLayer: {path!r} is no operation")
        found = getattr(import_module(module), name).op.node([_given(arg, tensor) for arg in args])
        results.append(found if isinstance(found, tuple) else (found,))
    return sources, tensor(operations["target"])


def _given(value: Any, tensor: Any) -> Any:
    """The argument that `_plain` told."""
    if not isinstance(value, dict):
        return value
    ((kind, told),) = value.items()
    if kind in ("list", "tuple"):
        parts = [_given(part, tensor) for part in told]
        return parts if kind == "list" else tuple(parts)
    read: dict[str, Any] = {
        "tensor": tensor,
        "shape": lambda dims: Shape.UNKNOWN if dims is None else Shape(dims),
        "dtype": as_dtype,
        "slice": lambda parts: slice(*[_given(part, tensor) for part in parts]),
        "ellipsis": lambda _: Ellipsis,
        "array": lambda parts: np.asarray(*parts),
    }
    return read[kind](told)
