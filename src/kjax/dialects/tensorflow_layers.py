"""Adapts Keras 2.3.1 to the behaviour of `tf.keras` in TensorFlow 2.2.

`adapt` changes the loaded Keras 2.3.1 for a program that asks for `tensorflow.keras`; `kjax.dialects.tensorflow_keras`
lists the differences. A program that imports `keras` alone has Keras 2.3.1 unchanged.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from contextvars import ContextVar
from itertools import zip_longest
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, WeakSet

import numpy as np

from kjax.core import graph, phase
from kjax.core.function import function
from kjax.core.operands import as_tensor
from kjax.core.tape import called
from kjax.core.tensor import Tensor
from kjax.core.updates import noted
from kjax.dialects.repairs import wrap
from kjax.machine.scopes import scope
from kjax.ops.elementwise import cast


def adapt(keras: Any) -> None:
    """Make Keras 2.3.1, and classes of layers defined from now on, behave as `tf.keras` of TensorFlow 2.2."""

    def new_class(cls: Any, /, **kwargs: Any) -> None:
        if "call" in vars(cls):
            cls.call = _adapted_call(keras, vars(cls)["call"])
            if "compute_output_shape" not in vars(cls):
                cls.compute_output_shape = _seen_output_shape

    def new_metric(cls: Any, /, **kwargs: Any) -> None:
        if "update_state" in vars(cls):
            cls.update_state = _returning_updates(vars(cls)["update_state"])

    layer, model = keras.layers.Layer, keras.models.Model
    layer.__init_subclass__ = classmethod(new_class)
    keras.metrics.Metric.__init_subclass__ = classmethod(new_metric)
    wrap(layer, "compute_mask", _mask)
    wrap(layer, "__call__", functools.partial(_called, keras))
    wrap(layer, "add_weight", _add_weight)
    wrap(layer, "add_loss", _add_loss)
    wrap(layer, "add_update", _add_update)
    wrap(layer, "add_metric", _add_metric)
    for name in ("fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch"):
        wrap(model, name, _with_arrays)


def _with_arrays(original: Any, *args: Any, **kwargs: Any) -> Any:
    """A method of a model that takes data: concrete tensors become arrays, which Keras 2.3.1 expects as data."""
    args, kwargs = graph.replaced((args, kwargs), lambda x: x if x.is_symbolic else x.numpy())
    return original(*args, **kwargs)


def _mask(original: Any, layer: Any, inputs: Any, mask: Any = None) -> Any:
    return original(layer, inputs, mask) if layer.supports_masking else None


def _returning_updates(update_state: Any) -> Any:
    """A metric's `update_state` that returns its updates, as Keras 2.3.1 expects; TensorFlow 2.2 records them."""

    @functools.wraps(update_state)
    def returning(*args: Any, **kwargs: Any) -> Any:
        with noted() as made:
            updates = update_state(*args, **kwargs)
        return _left_over(made) if updates is None else updates

    return returning


# Updates that were added to a layer by `add_update`.
_added: WeakSet[Tensor] = WeakSet()


def _left_over(updates: list[Tensor]) -> list[Tensor]:
    """The updates that were not added to any layer."""
    return [update for update in updates if update not in _added]


def _add_weight(original: Any, layer: Any, *args: Any, initializer: Any = None, **kwargs: Any) -> Any:
    for ours in ("synchronization", "aggregation", "use_resource"):
        kwargs.pop(ours, None)
    given = inspect.signature(original).bind_partial(layer, *args).arguments
    if "initializer" not in given:
        dtype = str(given.get("dtype") or kwargs.get("dtype") or "float32")
        kwargs["initializer"] = initializer or ("glorot_uniform" if "float" in dtype else "zeros")
    with _recording(False):  # a regularizer of the weight
        return original(layer, *args, **kwargs)


def _adapted_call(keras: Any, call: Any) -> Any:
    """A `call` that gets `training`, takes over the additions of inner layers, and records output shapes."""
    signature = inspect.signature(call)

    @functools.wraps(call)
    def adapted(self: Any, *args: Any, **kwargs: Any) -> Any:
        bound = signature.bind(self, *args, **kwargs)
        inputs = [*bound.arguments.values()][1]

        def updating(*args: Any, **kwargs: Any) -> Any:
            with noted() as made, scope(_inside, True):
                outputs = call(*args, **kwargs)
            self.add_update(_left_over(made), inputs)
            return outputs

        with graph.graph_mode():
            if "training" in signature.parameters and bound.arguments.get("training") is None:
                bound.arguments.pop("training", None)
                outputs = _in_both_phases(keras, functools.partial(updating, *bound.args, **bound.kwargs))
            else:
                outputs = updating(self, *args, **kwargs)
            outputs = list(outputs) if isinstance(outputs, tuple) else outputs  # Keras knows lists only
            if not isinstance(self, keras.models.Model):
                _take_over(self, inputs)
            _seen.setdefault(self, {})[repr(_shapes(keras, inputs))] = _shapes(keras, outputs)
        return outputs

    return adapted


def _take_over(layer: Any, inputs: Any) -> None:
    """Move the metrics, updates and losses of inner layers to `layer`: Keras reads only those of outer layers."""
    for inner in _inner_layers(layer):
        for kind, add in (("updates", layer.add_update), ("losses", layer.add_loss)):
            kept = vars(inner).get(f"_per_input_{kind}", {})
            for key in [key for key in kept if key is not None]:
                add(kept.pop(key), inputs)
        layer._metrics += inner._metrics
        inner._metrics = []


def _inner_layers(layer: Any) -> list[Any]:
    """The layers that are attributes of a layer, of these layers, and so on."""
    inner_layers: list[Any] = []
    todo = [layer]
    for part in todo:
        new = [inner for inner in getattr(part, "_layers", ()) if not any(inner is other for other in inner_layers)]
        inner_layers += new
        todo += new
    return inner_layers


# For each layer: output shapes by input shapes.
_seen: WeakKeyDictionary[Any, dict[str, Any]] = WeakKeyDictionary()


def _shapes(keras: Any, tensors: Any) -> Any:
    if isinstance(tensors, (list, tuple)):
        shapes = [keras.backend.int_shape(tensor) for tensor in tensors]
        return shapes[0] if len(shapes) == 1 else shapes
    return keras.backend.int_shape(tensors)


def _seen_output_shape(layer: Any, input_shape: Any) -> Any:
    """The recorded output shape of `call` for inputs of shape `input_shape`."""
    shape = _seen.get(layer, {}).get(repr(input_shape))
    if shape is None:
        raise NotImplementedError(
            f"the output shape of layer {layer.name!r} for inputs of shape {input_shape} is unknown before it is "
            f"called on such inputs; {type(layer).__name__} may define compute_output_shape(self, input_shape)"
        )
    return shape


def _in_both_phases(keras: Any, call: Callable[..., Any]) -> Any:
    """The results of `call` for training and for testing, with the choice left to the run of a function."""
    K = keras.backend
    if not isinstance(K.learning_phase(), Tensor):  # the program has set it
        return call(training=bool(K.learning_phase()))
    with _recording() as while_training:
        trained = call(training=True)
    with _recording() as while_testing:
        tested = call(training=False)
    for add in (_add_loss, _add_metric):
        for one, other in zip_longest(_with(add, while_training), _with(add, while_testing)):
            if one is not None:  # an addition in the test phase alone is dropped
                otherwise = one.value if add is _add_metric else 0.0
                one.again(K.in_train_phase(one.value, otherwise if other is None else other.value))
    for one in _with(_add_update, while_training):
        one.again(one.value)
    if isinstance(trained, (list, tuple)):
        return [K.in_train_phase(x, alt) for x, alt in zip(trained, tested, strict=True)]
    return K.in_train_phase(trained, tested)


class _Addition(NamedTuple):
    """A loss, an update or a metric that a layer adds."""

    add: Callable[..., None]
    layer: Any
    value: Any
    about: dict[str, Any]  # the inputs that the value depends on, or the name of the metric

    def again(self, value: Any) -> None:
        """Add another value to the layer in the same way."""
        getattr(self.layer, self.add.__name__.removeprefix("_"))(value, **self.about)


_additions: ContextVar[list[_Addition] | None] = ContextVar("_additions", default=None)


@contextmanager
def _recording(record: bool = True) -> Iterator[list[_Addition]]:
    """A `with` block in which additions of layers go to a list, rather than to the layers."""
    additions: list[_Addition] = []
    with scope(_additions, additions if record else None):
        yield additions


def _with(add: Callable[..., None], additions: list[_Addition]) -> list[_Addition]:
    return [addition for addition in additions if addition.add is add]


def _add(add: Callable[..., None], original: Any, layer: Any, values: Any, **about: Any) -> None:
    additions = _additions.get()
    if additions is None:
        original(layer, values, **about)
        return
    for value in values if isinstance(values, (list, tuple)) else [] if values is None else [values]:
        additions.append(_Addition(add, layer, value, about))


def _add_loss(original: Any, layer: Any, losses: Any, inputs: Any = None) -> None:
    _add(_add_loss, original, layer, losses, inputs=inputs)


def _add_update(original: Any, layer: Any, updates: Any, inputs: Any = None) -> None:
    _added.update(graph.tensors_in([updates]))
    _add(_add_update, original, layer, updates, inputs=inputs)


def _add_metric(original: Any, layer: Any, value: Any, aggregation: Any = None, name: Any = None) -> None:
    if aggregation not in (None, "mean"):
        raise NotImplementedError(f"add_metric(): aggregation must be 'mean' with Keras 2.3.1; got {aggregation!r}")
    _add(_add_metric, original, layer, value, name=name)


def _called(keras: Any, original: Any, layer: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
    """A layer's `__call__`, which computes at once on values."""
    parts = [*inputs] if isinstance(inputs, (list, tuple)) else [inputs]
    on_values = parts and all(isinstance(x, np.ndarray) or (isinstance(x, Tensor) and not x.is_symbolic) for x in parts)
    if not on_values or not graph.executing_eagerly() or args or {*kwargs} - {"training"}:
        if not _inside.get() and any(map(_is_computed_outside, parts)):
            raise ValueError(
                f"layer {layer.name!r} is called on a tensor that was computed from a layer's output outside of any "
                "layer. TensorFlow 2.2 makes a layer of such a computation, Keras 2.3.1 does not: wrap it into a Lambda"
            )
        given = kwargs.get("training")
        if isinstance(layer, keras.models.Model) and "training" in kwargs and not layer._expects_training_arg:
            kwargs = {name: value for name, value in kwargs.items() if name != "training"}
            with phase.learning_phase_scope(bool(given)) if given is not None else nullcontext(), scope(_inside, True):
                return original(layer, inputs, *args, **kwargs)
        with scope(_inside, True):
            return original(layer, inputs, *args, **kwargs)
    tensors = [as_tensor(part) for part in parts]
    floatx = keras.backend.floatx()
    tensors = [cast(x, floatx) if x.dtype.is_floating and x.dtype.name != floatx else x for x in tensors]
    arrays = [np.asarray(x) for x in tensors]
    training = bool(phase.learning_phase() if kwargs.get("training") is None else kwargs["training"])
    key = (training, *((a.shape[1:], a.dtype.name) for a in arrays))
    functions = _functions.setdefault(layer, {})
    if key not in functions:
        with graph.graph_mode():
            functions[key] = _function_of(keras, layer, arrays, training)
    with phase.learning_phase_scope(training):
        outputs = called(functions[key], tensors, arrays)
    return outputs[0] if len(outputs) == 1 else outputs


# Whether this is within a layer's `call`, where layers may be called on any tensor.
_inside: ContextVar[bool] = ContextVar("_inside", default=False)


def _is_computed_outside(x: Any) -> bool:
    if not isinstance(x, Tensor) or not x.is_symbolic or hasattr(x, "_keras_history"):
        return False
    return any(hasattr(part, "_keras_history") for node in graph.reachable([x]) for part in node.inputs)


# For each layer: functions that compute it on values, by phase, shapes and dtypes.
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
    with _recording() as additions:
        outputs = layer.call(feeds[0] if len(feeds) == 1 else feeds)
    updates = [update.value for update in _with(_add_update, additions)] if training else []
    return function(feeds, [*outputs] if isinstance(outputs, (list, tuple)) else [outputs], updates)
