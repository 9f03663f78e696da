"""Keras 2.3.1 as `tf.keras` of TensorFlow 2.2: what the two do differently, brought together.

`adapt` changes the loaded Keras 2.3.1 for a program that asks for `tensorflow.keras`; `kjax.dialects.tensorflow_keras` says
what it comes to. A program that imports `keras` alone has Keras 2.3.1 as it is.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from kjax import graph, phase
from kjax.dialects.repairs import wrap
from kjax.tensor import Tensor


def adapt(keras: Any) -> None:
    """Let Keras 2.3.1 do as `tf.keras` of TensorFlow 2.2 does, and classes of layers that are made from now on."""

    def new_class(cls: Any, /, **kwargs: Any) -> None:
        if "call" in vars(cls):
            cls.call = _adapted_call(keras, vars(cls)["call"])
            if "compute_output_shape" not in vars(cls):
                cls.compute_output_shape = _seen_output_shape

    layer, model = keras.layers.Layer, keras.models.Model
    layer.__init_subclass__ = classmethod(new_class)
    wrap(layer, "__call__", functools.partial(_called, keras))
    wrap(layer, "add_weight", _add_weight)
    wrap(layer, "add_metric", _add_metric)
    wrap(keras.backend, "learning_phase", _in_graph_mode)  # Keras asks whether functions are to be fed it
    for name in ("_set_inputs", "_make_train_function", "_make_test_function", "_make_predict_function"):
        wrap(model, name, _in_graph_mode)


def _in_graph_mode(original: Any, *args: Any, **kwargs: Any) -> Any:
    with graph.graph_mode():
        return original(*args, **kwargs)


def _add_weight(original: Any, layer: Any, *args: Any, initializer: Any = None, **kwargs: Any) -> Any:
    for ours in ("synchronization", "aggregation", "use_resource"):
        kwargs.pop(ours, None)
    given = inspect.signature(original).bind_partial(layer, *args).arguments
    if "initializer" not in given:
        dtype = str(np.dtype(given.get("dtype") or kwargs.get("dtype") or "float32"))
        kwargs["initializer"] = initializer or ("glorot_uniform" if "float" in dtype else "zeros")
    with graph.graph_mode():  # a regularizer of the weight
        return original(layer, *args, **kwargs)


def _add_metric(original: Any, layer: Any, value: Any, aggregation: Any = None, name: Any = None) -> None:
    if not (aggregation is None or aggregation == "mean"):
        raise NotImplementedError(f"add_metric(): aggregation must be 'mean' with Keras 2.3.1; got {aggregation!r}")
    original(layer, value, name)


def _adapted_call(keras: Any, call: Any) -> Any:
    """A `call` that is told whether it is training, takes over what inner layers add, and keeps shapes."""
    signature = inspect.signature(call)

    @functools.wraps(call)
    def adapted(self: Any, *args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(self, *args, **kwargs)
        with graph.graph_mode():
            if "training" in signature.parameters and bound.arguments.get("training") is None:
                bound.arguments.pop("training", None)
                outputs = _in_both_phases(keras, self, functools.partial(call, *bound.args, **bound.kwargs))
            else:
                outputs = call(self, *args, **kwargs)
            inputs = [*bound.arguments.values()][1]
            if not isinstance(self, keras.models.Model):
                _take_over(self, inputs)
            _seen.setdefault(self, {})[repr(_shapes(keras, inputs))] = _shapes(keras, outputs)
        return outputs

    return adapted


def _take_over(layer: Any, inputs: Any) -> None:
    """Make updates and losses that depend on inputs of inner layers depend on those of the layer, where Keras looks."""
    for inner in _inner_layers(layer):
        for kind, add in (("updates", layer.add_update), ("losses", layer.add_loss)):
            kept = vars(inner).get(f"_per_input_{kind}", {})
            for key in [key for key in kept if key is not None]:
                add(kept.pop(key), inputs)


def _inner_layers(layer: Any) -> list[Any]:
    """The layers that are attributes of a layer, or of those."""
    found: list[Any] = []
    todo = [layer]
    for part in todo:
        new = [inner for inner in getattr(part, "_layers", ()) if not any(inner is other for other in found)]
        found += new
        todo += new
    return found


# The shapes of outputs by those of inputs, for each layer.
_seen: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()


def _shapes(keras: Any, tensors: Any) -> Any:
    if isinstance(tensors, (list, tuple)):
        shapes = [keras.backend.int_shape(tensor) for tensor in tensors]
        return shapes[0] if len(shapes) == 1 else shapes
    return keras.backend.int_shape(tensors)


def _seen_output_shape(layer: Any, input_shape: Any) -> Any:
    """The shape of the output that `call` gave for inputs of that shape."""
    shape = _seen.get(layer, {}).get(repr(input_shape))
    if shape is None:
        raise NotImplementedError(
            f"the shape of what layer {layer.name!r} gives for inputs of shape {input_shape} is not known before it is "
            f"called on such; {type(layer).__name__} may define compute_output_shape(self, input_shape)"
        )
    return shape


def _in_both_phases(keras: Any, layer: Any, call: Callable[..., Any]) -> Any:
    """What `call` gives when training and when not, to be chosen from when a function runs."""
    K = keras.backend
    if not isinstance(K.learning_phase(), Tensor):  # the program has set it
        return call(training=bool(K.learning_phase()))
    trained = call(training=True)
    with _nothing_added(layer):
        tested = call(training=False)
    if isinstance(trained, (list, tuple)):
        return [K.in_train_phase(x, alt) for x, alt in zip(trained, tested, strict=True)]
    return K.in_train_phase(trained, tested)


@contextmanager
def _nothing_added(layer: Any) -> Iterator[Callable[[], list[Any]]]:
    """A `with` block whose losses, updates and metrics, added to a layer or those in it, are forgotten.

    Gives what tells, inside the block, the updates that were added.
    """
    before: list[tuple[dict[str, Any], str, Any]] = []
    for part in (layer, *_inner_layers(layer)):
        for name in ("_losses", "_updates", "_metrics"):
            before.append((vars(part), name, [*vars(part).get(name, ())]))
        for name in ("_per_input_losses", "_per_input_updates"):
            before.append((vars(part), name, {key: [*value] for key, value in vars(part).get(name, {}).items()}))

    def updates() -> list[Any]:
        new = [vars[name][len(kept) :] for vars, name, kept in before if name == "_updates" and name in vars]
        return list({id(update): update for updates in new for update in updates}.values())

    yield updates
    for attributes, name, value in before:
        if name in attributes:
            attributes[name] = value


def _called(keras: Any, original: Any, layer: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
    """A layer's `__call__`: on values at once."""
    parts = [*inputs] if isinstance(inputs, (list, tuple)) else [inputs]
    on_values = parts and all(isinstance(x, np.ndarray) or (isinstance(x, Tensor) and not x.is_symbolic) for x in parts)
    if not on_values or not graph.executing_eagerly() or args or {*kwargs} - {"training"}:
        return original(layer, inputs, *args, **kwargs)
    arrays = [np.asarray(part) for part in parts]
    arrays = [a.astype(keras.backend.floatx()) if a.dtype.kind == "f" else a for a in arrays]
    training = bool(phase.learning_phase() if kwargs.get("training") is None else kwargs["training"])
    key = (training, *((a.shape[1:], a.dtype.name) for a in arrays))
    functions = _functions.setdefault(layer, {})
    if key not in functions:
        with graph.graph_mode():
            functions[key] = _function_of(keras, layer, arrays, training)
    with phase.learning_phase_scope(training):
        outputs = [Tensor(np.asarray(output)) for output in functions[key](arrays)]
    return outputs[0] if len(outputs) == 1 else outputs


# What computes a layer on values, by whether it is training, and their shapes and dtypes.
_functions: WeakKeyDictionary[Any, dict[Any, Any]] = WeakKeyDictionary()


def _function_of(keras: Any, layer: Any, arrays: list[Any], training: bool) -> Any:
    K = keras.backend
    feeds: Any = [K.placeholder(shape=(None, *array.shape[1:]), dtype=array.dtype.name) for array in arrays]
    shapes = [K.int_shape(feed) for feed in feeds]
    if not layer.built and isinstance(layer, keras.models.Model):
        layer._set_inputs(arrays if len(arrays) > 1 else arrays[0])
    elif not layer.built:
        with K.name_scope(layer.name):
            layer.build(shapes[0] if len(shapes) == 1 else shapes)
        layer.built = True
    with _nothing_added(layer) as added:
        outputs = layer.call(feeds[0] if len(feeds) == 1 else feeds)
        updates = added() if training else []
    return K.function(feeds, [*outputs] if isinstance(outputs, (list, tuple)) else [outputs], updates)
