"""The base of layers, `tf.keras.layers.Layer`, where Keras 2.3.1 has less.

- Layers and variables in lists, tuples and dicts that are attributes of a layer are its own, also if they come later.
- `trainable` of a layer or model is that of the layers in it, too.
- An `activity_regularizer` is divided by the size of the batch.
- The arguments of `Layer` and of `add_weight` are those of `tf.keras`; and a model of one's own has `build`.
"""

from __future__ import annotations

import functools
import inspect
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from contextvars import ContextVar
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core import graph, phase
from kjax.core.graph import leaves
from kjax.core.shape import Shape
from kjax.core.tensor import Placeholder, Tensor
from kjax.core.variable import Variable
from kjax.dialects.newer_layers import dtype_name
from kjax.dialects.newer_parts import BUILT, of_keras, shape_of
from kjax.dialects.repairs import wrap
from kjax.machine.scopes import scope


def adapt(keras: Any) -> None:
    """Give Keras's base of layers, and its models, what `tf.keras` has there."""
    layer, network, model = keras.layers.Layer, keras.engine.network.Network, keras.models.Model
    wrap(layer, "__init__", _begun)
    wrap(layer, "__setattr__", _set)
    wrap(network, "_base_init", _begun_again)
    wrap(layer, "__call__", _regularized)
    wrap(network, "run_internal_graph", _all_regularized)
    wrap(network, "call", _in_phase)
    wrap(keras.models.Sequential, "add", _added)
    network.weights = property(_weights)
    network.updates = _of_own_inputs(network.updates, "_updates")
    network.losses = _of_own_inputs(network.losses, "_losses")
    wrap(model, "build", _built)
    wrap(network, "load_weights", _loaded)
    if _load_late not in BUILT:
        BUILT.append(_load_late)
    wrap(model, "summary", _shown)
    for name, wrapper in (("__init__", _rnn), ("build", _rnn_built), ("call", _rnn_called)):
        wrap(keras.layers.RNN, name, wrapper)
    wrap(keras.layers.RNN, "compute_output_shape", _rnn_shape)
    wrap(keras.layers.RNN, "get_config", _rnn_config)
    layer._layers = property(_layers, _set_layers)
    layer.variables = property(lambda self: self.weights)
    layer.trainable_variables = property(lambda self: self.trainable_weights)
    layer.non_trainable_variables = property(lambda self: self.non_trainable_weights)
    layer.submodules = property(lambda self: tuple(below(self)))
    layer.dynamic = property(lambda self: False)
    layer.add_variable = lambda self, *args, **kwargs: self.add_weight(*args, **kwargs)


# ------------------------------------------------------------------------------------------------ weights from files

# Models that are not built yet, and what gives them their weights then.
_loading: list[tuple[Any, Callable[[], None]]] = []


def _loaded(original: Any, model: Any, filepath: Any, *args: Any, **kwargs: Any) -> Any:
    """Weights of a model; one that is not built gets them when it is, as in TensorFlow, unless the file is HDF5."""
    if model.built or not os.path.exists(filepath) or str(filepath).endswith((".h5", ".hdf5", ".keras")):
        return original(model, filepath, *args, **kwargs)
    _loading.append((model, functools.partial(original, model, filepath, *args, **kwargs)))
    return None


def _load_late() -> None:
    ready = [entry for entry in _loading if entry[0].built]
    _loading[:] = [entry for entry in _loading if not entry[0].built]
    for _, load in ready:
        load()


# -------------------------------------------------------------------------------------------------------- arguments


def _begun(
    original: Any,
    layer: Any,
    trainable: bool = True,
    name: Any = None,
    dtype: Any = None,
    dynamic: bool = False,
    **kwargs: Any,
) -> None:
    """`Layer.__init__` by the arguments of `tf.keras`."""
    if dynamic:
        raise NotImplementedError(
            f"{type(layer).__name__}(): dynamic must be False: kjax builds a graph of every layer, and runs its Python "
            "code once"
        )
    if not kwargs.pop("autocast", True):
        vars(layer)["_autocast"] = False
    regularizer = kwargs.pop("activity_regularizer", None)
    if "input_dim" in kwargs:
        kwargs.setdefault("input_shape", (kwargs.pop("input_dim"),))
    if isinstance(kwargs.get("input_shape"), int):
        kwargs["input_shape"] = (kwargs["input_shape"],)
    original(layer, trainable=trainable, name=name, dtype=dtype_name(dtype), **kwargs)
    if regularizer is not None:
        layer.activity_regularizer = of_keras("regularizers.get")(regularizer)


def weight_arguments(given: dict[str, Any]) -> dict[str, Any]:
    """The arguments of `add_weight` in `tf.keras`, as Keras 2.3.1 takes them."""
    known = {name: value for name, value in given.items() if name not in _WITHOUT_EFFECT}
    if known.get("shape") is not None:
        shape = known["shape"]
        known["shape"] = (shape,) if isinstance(shape, int) else tuple(int(dim) for dim in shape)
    if "dtype" in known:
        known["dtype"] = dtype_name(known["dtype"])
    if known.get("trainable", True) is None:
        known["trainable"] = True
    return known


# Where and how a variable is kept is up to kjax.
_WITHOUT_EFFECT = (
    "aggregation",
    "caching_device",
    "collections",
    "experimental_autocast",
    "getter",
    "partitioner",
    "synchronization",
    "use_resource",
)

# --------------------------------------------------------------------------------------------------------- tracking

# Lists that Keras keeps in a layer or model, which are no attributes of a program.
_KERAS = (
    "_feed_inputs",
    "_inbound_nodes",
    "_input_coordinates",
    "_input_layers",
    "_layers",
    "_layers_by_depth",
    "_metrics",
    "_network_nodes",
    "_nodes_by_depth",
    "_outbound_nodes",
    "_output_coordinates",
    "_output_layers",
    "cells",
    "inputs",
    "layers",
    "outputs",
)


def _set(original: Any, layer: Any, name: str, value: Any) -> None:
    """`layer.name = value`."""
    if isinstance(value, Variable):
        _track(layer, value)
    elif isinstance(value, (list, tuple, dict)) and name not in _KERAS and not _is_of_keras(layer):
        vars(layer).setdefault("_containers", {})[name] = value
        for variable in (part for part in _leaves(value) if isinstance(part, Variable)):
            _track(layer, variable)
    original(layer, name, value)
    if name == "trainable" and not _beginning.get():
        for inner in vars(layer).get("_layers", ()):
            inner.trainable = value


def _is_of_keras(layer: Any) -> bool:
    return type(layer).__module__.startswith("keras.")


def _track(layer: Any, variable: Any) -> None:
    """Count a variable among the weights of a layer, unless it is another one's."""
    if getattr(variable, "_tracked", False):
        return
    variable._tracked = True
    kept = vars(layer).setdefault("_trainable_weights" if variable.trainable else "_non_trainable_weights", [])
    kept.append(variable)


def _leaves(value: Any) -> Iterator[Any]:
    """What lists, tuples and dicts within each other hold."""
    if isinstance(value, (list, tuple)):
        for part in value:
            yield from _leaves(part)
    elif isinstance(value, Mapping):
        for part in value.values():
            yield from _leaves(part)
    else:
        yield value


def _layers(layer: Any) -> Any:
    """The layers in a layer, with those that its containers hold by now."""
    known = vars(layer).get("_layers")
    for part in _leaves([*vars(layer).get("_containers", {}).values()]):
        if isinstance(part, Variable):
            _track(layer, part)
        elif hasattr(part, "_inbound_nodes") and part is not layer and not hasattr(part, "update_state"):
            # (A metric is a layer to Keras, but none of a model's.)
            known = [] if known is None else known
            if not any(part is other for other in known):
                known.append(part)
    if known is None:
        raise AttributeError(f"{type(layer).__name__!r} object has no attribute '_layers'")
    vars(layer)["_layers"] = known
    return known


def _set_layers(layer: Any, layers: Any) -> None:
    vars(layer)["_layers"] = layers


def below(layer: Any) -> Iterator[Any]:
    """The layers in a layer, in these, and so on."""
    for inner in getattr(layer, "_layers", ()):
        yield inner
        yield from below(inner)


def _weights(model: Any) -> list[Any]:
    """The weights of a model: layer by layer, and its own behind them."""
    found = [weight for layer in model._layers for weight in getattr(layer, "weights", ())]
    found += [*model._trainable_weights, *model._non_trainable_weights]
    return list({id(weight): weight for weight in found}.values())


# Whether a model is being made anew, as `Sequential.add` does: its layers stay trainable or not, as they are.
_beginning: ContextVar[bool] = ContextVar("_beginning", default=False)


def _begun_again(original: Any, network: Any, *args: Any, **kwargs: Any) -> None:
    with scope(_beginning, True):
        original(network, *args, **kwargs)


# ---------------------------------------------------------------------------------------------- activity regularizers


class _PerSample:
    """A regularizer of outputs, divided by the size of the batch."""

    def __init__(self, regularizer: Any) -> None:
        self.regularizer = regularizer

    def __call__(self, x: Any) -> Any:
        return self.regularizer(x) / K.cast(K.shape(x)[0], x.dtype)


@contextmanager
def _per_sample(layer: Any) -> Iterator[None]:
    """A `with` block in which Keras finds the regularizer of a layer's outputs divided by the size of the batch."""
    regularizer = vars(layer).get("activity_regularizer")
    if regularizer is None or isinstance(regularizer, _PerSample):
        yield
        return
    vars(layer)["activity_regularizer"] = _PerSample(regularizer)
    try:
        yield
    finally:
        vars(layer)["activity_regularizer"] = regularizer


def _regularized(original: Any, layer: Any, *args: Any, **kwargs: Any) -> Any:
    with _per_sample(layer):
        found = original(layer, *args, **kwargs)
    getattr(layer, "_layers", None)  # counts what was made in the call
    return found


def _all_regularized(original: Any, network: Any, *args: Any, **kwargs: Any) -> Any:
    with ExitStack() as scaled:
        for layer in network.layers:
            scaled.enter_context(_per_sample(layer))
        return original(network, *args, **kwargs)


# -------------------------------------------------------------------------------------------------- recurrent layers


def _rnn(original: Any, layer: Any, *args: Any, time_major: bool = False, **kwargs: Any) -> None:
    """A recurrent layer, which may take sequences `(steps, batch, dims)`."""
    vars(layer)["time_major"] = time_major
    original(layer, *args, **kwargs)


def _is_time_major(layer: Any) -> bool:
    return bool(vars(layer).get("time_major"))


def _swapped(shape: Any) -> Any:
    """A shape, or the first of several, with its first two dims swapped."""
    if isinstance(shape, list):
        return [_swapped(shape[0]), *shape[1:]]
    return (shape[1], shape[0], *shape[2:])


def _rnn_built(original: Any, layer: Any, input_shape: Any) -> None:
    original(layer, _swapped(input_shape) if _is_time_major(layer) else input_shape)


def _rnn_called(original: Any, layer: Any, inputs: Any, mask: Any = None, *args: Any, **kwargs: Any) -> Any:
    if not _is_time_major(layer):
        return original(layer, inputs, mask, *args, **kwargs)
    several = isinstance(inputs, list)
    first, *states = inputs if several else [inputs]
    swapped = _transposed(first)
    mask = [_transposed(mask[0]), *mask[1:]] if isinstance(mask, list) else _transposed(mask)
    found = original(layer, [swapped, *states] if several else swapped, mask, *args, **kwargs)
    if not layer.return_sequences:
        return found
    return [_transposed(found[0]), *found[1:]] if isinstance(found, list) else _transposed(found)


def _transposed(x: Any) -> Any:
    return None if x is None else K.permute_dimensions(x, (1, 0, *range(2, len(shape_of(x)))))


def _rnn_shape(original: Any, layer: Any, input_shape: Any) -> Any:
    if not _is_time_major(layer):
        return original(layer, input_shape)
    found = original(layer, _swapped(input_shape))
    return _swapped(found) if layer.return_sequences else found


def _rnn_config(original: Any, layer: Any) -> Any:
    return {**original(layer), "time_major": _is_time_major(layer)}


# ------------------------------------------------------------------------------------------------ models as layers


def _added(original: Any, model: Any, layer: Any) -> None:
    """`model.add(layer)`, where the first layer may be what `Input` gives."""
    history = getattr(layer, "_keras_history", None) if isinstance(layer, Tensor) else None
    original(model, layer if history is None else history[0])


def _in_phase(original: Any, network: Any, inputs: Any, mask: Any = None, training: Any = None) -> Any:
    """The outputs of a model for inputs; all of it trains, or not, where `training` says so."""
    if training is None:
        return original(network, inputs, mask)
    if isinstance(training, Tensor):
        raise NotImplementedError(
            f"model {network.name!r} is called with a tensor as training; it must be True or False"
        )
    usual = network._output_tensor_cache
    caches = vars(network).setdefault("_caches", {})
    vars(network)["_output_tensor_cache"] = caches.setdefault(bool(training), {})
    try:
        with phase.learning_phase_scope(bool(training)):
            return original(network, inputs, mask)
    finally:
        vars(network)["_output_tensor_cache"] = usual


# ----------------------------------------------------------------------------------------------- models of one's own


def _of_own_inputs(original: Any, kind: str) -> Any:
    """The property `updates` or `losses` of models: of one's own, those that its call on its inputs has added.

    A model in it, which was made before, has others besides, for the inputs that it was made with.
    """

    def found(model: Any) -> Any:
        if model._is_graph_network or not model.inputs:
            return original.fget(model)
        if kind == "_updates" and not model.trainable and not model.stateful:
            return []
        layers = [layer for layer in (*below(model), model) if kind == "_losses" or layer.trainable or layer.stateful]
        added = [one for layer in layers for one in vars(layer).get(kind, ())]
        return list({id(one): one for one in added if not isinstance(one, Tensor) or _is_fed(one, model)}.values())

    return property(found)


def _is_fed(tensor: Tensor, model: Any) -> bool:
    """Whether a tensor needs no other input than those of a model."""
    needed = [x for x in leaves([tensor]) if isinstance(x, Placeholder) and x._default is None]
    return all(any(x is own for own in model.inputs) for x in needed)


def _built(original: Any, model: Any, input_shape: Any = None) -> None:
    """`model.build(input_shape)`: of a model with a `call` of its own, which is called on inputs of that shape."""
    if input_shape is None or model._is_graph_network or model.built or hasattr(model, "_build_input_shape"):
        original(model, input_shape)
        return
    further = _further(model.call)
    if further and not graph.executing_eagerly():  # the call that is under way has them
        model.built = True
        return
    if further:
        raise ValueError(
            f"build(): model {model.name!r} takes {', '.join(further)} besides its inputs; call it on some data instead"
        )
    several = isinstance(input_shape, list) and any(isinstance(shape, (list, tuple)) for shape in input_shape)
    shapes = input_shape if several else [input_shape]
    examples = [
        np.zeros([1 if dim is None else int(dim) for dim in Shape(tuple(shape))], K.floatx()) for shape in shapes
    ]
    model._set_inputs(examples if several else examples[0])
    model.built = True


def _further(call: Any) -> list[str]:
    """The arguments behind the inputs that a `call` can't do without."""
    usual = inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY
    _, *others = inspect.signature(call).parameters.values()
    found = [one.name for one in others if one.kind in usual and one.default is inspect.Parameter.empty]
    return [name for name in found if name not in ("training", "mask")]


def _shown(original: Any, model: Any, *args: Any, **kwargs: Any) -> None:
    """`model.summary()`, which shows a model that knows its inputs."""
    if not model.built:
        raise ValueError(
            "summary(): the model has no weights yet: call it on some data, or call build(input_shape) before"
        )
    original(model, *args, **kwargs)
