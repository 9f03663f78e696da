"""Symbolic tensors of Keras 3 as tensors of kjax: a model's graph as one of ours, for `K.function` and `K.gradients`.

A tensor that a function of K made has its tensor of kjax from the start (`keras3_tensors`). What a layer or an
operation of Keras made becomes a node that calls it; its variables are read at each run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kjax.core.dtypes import as_dtype
from kjax.core.foreign import mapped
from kjax.core.graph import Node, Operation, Values, outputs_of, replaced, tensors_in
from kjax.core.phase import symbolic_phase
from kjax.core.shape import Shape
from kjax.core.tensor import Placeholder, Tensor
from kjax.dialects.keras3_variables import is_variable, mirror
from kjax.machine.scopes import wide_types
from kjax.ops.indexing import getitem

_KEPT = "_kjax_tensor"  # the attribute in which a symbolic tensor of Keras has its tensor of kjax


def is_symbolic(value: Any) -> bool:
    """Whether this is a symbolic tensor of Keras 3."""
    import keras

    return isinstance(value, keras.KerasTensor)


def in_graph(value: Any) -> Any:
    """`value` with tensors of kjax for the symbolic tensors and variables of Keras in it."""
    return mapped(value, lambda leaf: mirror(leaf) if is_variable(leaf) else tensor_of(leaf))


def keep(symbol: Any, tensor: Tensor) -> Any:
    """Let a symbolic tensor of Keras stand for one of kjax."""
    setattr(symbol, _KEPT, tensor)
    return symbol


def tensor_of(value: Any) -> Any:
    """The tensor of kjax for a symbolic tensor of Keras, always the same one; anything else as it is."""
    if not is_symbolic(value):
        return value
    pending = [value]  # a stack instead of recursion, since models are deep
    while pending:
        symbol = pending[-1]
        needed = [] if _KEPT in vars(symbol) else [t for t in _inputs(symbol) if _KEPT not in vars(t)]
        if needed:
            pending += needed
        else:
            pending.pop()
            if _KEPT not in vars(symbol):
                _convert(symbol)
    return getattr(value, _KEPT)


def inputs_of(symbols: Sequence[Any]) -> list[Any]:
    """The inputs of models from which symbolic tensors of Keras are computed."""
    found: dict[int, Any] = {}
    pending, seen = [*symbols], set()
    while pending:
        symbol = pending.pop()
        if id(symbol) in seen:
            continue
        seen.add(id(symbol))
        if _node_of(symbol) is None:
            found[id(symbol)] = symbol
        pending += reversed(_inputs(symbol))
    return list(found.values())


def _inputs(symbol: Any) -> Sequence[Any]:
    node = _node_of(symbol)
    return () if node is None else node.input_tensors


def _node_of(symbol: Any) -> Any:
    """The node of Keras that made a tensor; None for an input of a model."""
    history = getattr(symbol, "_keras_history", None)
    if history is None or history.operation is None:
        return None
    node = history.operation._inbound_nodes[history.node_index]
    return None if node.is_input else node


def _convert(symbol: Any) -> None:
    """Make the tensors of kjax for a symbolic tensor, and for those that the same call made."""
    node = _node_of(symbol)
    if node is None:
        keep(symbol, Placeholder.promise(None, 0, Shape(symbol.shape), as_dtype(symbol.dtype), f"{symbol.name}:0"))
    elif type(node.operation).__name__ == "GetItem" and len(node.arguments.args) == 2:
        x, key = node.arguments.args
        keep(symbol, getitem(getattr(x, _KEPT), tensor_of(key)))  # (what is known of a shape stays known)
    else:
        called = LayerCall(node)
        specs = [(Shape(output.shape), as_dtype(output.dtype)) for output in node.outputs]
        tensors = outputs_of(Node(called, (), called.inputs), specs, node.operation.name)
        for output, tensor in zip(node.outputs, tensors, strict=True):
            keep(output, tensor)


class LayerCall(Operation):
    """The call of a layer, or of another operation of Keras."""

    label = "KerasLayer"

    def __init__(self, node: Any) -> None:
        import keras

        self.node = node
        self.name = node.operation.name
        self.layer = isinstance(node.operation, keras.layers.Layer)
        self.variables = list(node.operation.variables) if self.layer else []
        self.random = any(map(_is_seed, self.variables))
        tensors = [getattr(symbol, _KEPT) for symbol in node.input_tensors]
        # An operation of Keras may have tensors of kjax among its arguments, too.
        self.others = [*dict.fromkeys(tensors_in((node.arguments.args, node.arguments.kwargs)))]
        phase = [symbolic_phase()] if self.layer else []
        self.inputs = [*tensors, *self.others, *map(mirror, self.variables), *phase]

    def execute(self, node: Node, values: Values) -> tuple[Any, ...]:
        """The outputs of the layer, with the values that its variables have in this run."""
        import jax
        import keras

        arrays = [values(tensor) for tensor in node.inputs]
        count = len(self.node.input_tensors)
        given, state = map(jax.numpy.asarray, arrays[:count]), arrays[count + len(self.others) :]
        args, kwargs = self.node.arguments.fill_in(dict(zip(map(id, self.node.input_tensors), given, strict=True)))
        if self.others:
            args, kwargs = replaced((args, kwargs), lambda tensor: jax.numpy.asarray(values(tensor)))
        if self.layer:
            # (Keras also notes a False here that the program has not given.)
            phase = bool(state.pop())
            kwargs["training"] = phase or bool(kwargs.get("training"))
        state = [_seeded(v, x, values.run_key) for v, x in zip(self.variables, state, strict=True)]
        # (Layers of Keras count on 32-bit types, where the program has not asked for others.)
        with (
            wide_types(jax, keras.config.floatx() == "float64"),
            keras.StatelessScope(zip(self.variables, state, strict=True)),
        ):
            return tuple(keras.tree.flatten(self.node.operation(*args, **kwargs)))


def _is_seed(variable: Any) -> bool:
    return "seed_generator" in variable.path and tuple(variable.shape) == (2,)


def _seeded(variable: Any, value: Any, run: Any) -> Any:
    """The value of a variable in a run: the state of random numbers is another one in each."""
    if run is None or not _is_seed(variable):
        return value
    import jax

    low = jax.numpy.asarray(run).astype(np.uint32)
    return value + low * np.asarray([0x9E3779B9, 0x85EBCA6B], np.uint32)
