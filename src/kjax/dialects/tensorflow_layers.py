"""Adapts Keras 2.3.1 to the behaviour of `tf.keras` in TensorFlow 2.2.

`adapt` changes the loaded Keras 2.3.1 for a program that asks for `tensorflow.keras`; `kjax.dialects.tensorflow_keras`
lists the differences. A program that imports `keras` alone has Keras 2.3.1 unchanged.
"""

from __future__ import annotations

import functools
import inspect
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import zip_longest
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, WeakSet

import numpy as np

from kjax.core import graph, phase
from kjax.core.function import Function
from kjax.core.operands import as_tensor
from kjax.core.structures import flatten, packed
from kjax.core.tape import called, kept
from kjax.core.tensor import Tensor
from kjax.core.updates import is_in_order, noted, out_of_order, put_in_order
from kjax.core.variable import Variable
from kjax.dialects import newer_base, newer_calls, newer_layer_losses, newer_tensors
from kjax.dialects.newer_parts import built
from kjax.dialects.repairs import wrap
from kjax.machine.scopes import scope
from kjax.ops.elementwise import cast


def adapt(keras: Any) -> None:
    """Make Keras 2.3.1, and classes of layers defined from now on, behave as `tf.keras` of TensorFlow 2.2."""

    def new_class(cls: Any, /, **kwargs: Any) -> None:
        if "call" in vars(cls):
            cls.call = _adapted_call(keras, vars(cls)["call"])
        for name, change, back in _ABOUT_INPUTS:
            if name in vars(cls):
                setattr(cls, name, newer_calls.about_inputs(vars(cls)[name], change, back))
        if "call" in vars(cls) and "compute_output_shape" not in vars(cls):
            cls.compute_output_shape = _seen_output_shape

    def new_metric(cls: Any, /, **kwargs: Any) -> None:
        if "update_state" in vars(cls):
            cls.update_state = _returning_updates(vars(cls)["update_state"])

    layer, model = keras.layers.Layer, keras.models.Model
    layer.__init_subclass__ = classmethod(new_class)
    keras.metrics.Metric.__init_subclass__ = classmethod(new_metric)
    wrap(layer, "compute_mask", _mask)
    wrap(layer, "assert_input_compatibility", _checked)
    wrap(layer, "__call__", functools.partial(_called, keras))
    wrap(layer, "add_weight", _add_weight)
    wrap(layer, "add_loss", _add_loss)
    wrap(layer, "add_update", _add_update)
    wrap(layer, "add_metric", _add_metric)
    wrap(keras.engine.network.Network, "_init_graph_network", _with_outputs)
    wrap(model, "_set_inputs", _not_recorded)
    for recurrent in (keras.layers.RNN, keras.layers.Bidirectional, keras.layers.convolutional_recurrent.ConvRNN2D):
        wrap(recurrent, "__call__", _with_states)
    for name in ("fit", "evaluate", "predict", "train_on_batch", "test_on_batch", "predict_on_batch"):
        wrap(model, name, _with_arrays)


def _with_arrays(original: Any, *args: Any, **kwargs: Any) -> Any:
    """A method of a model that takes data: concrete tensors become arrays, which Keras 2.3.1 expects as data."""
    args, kwargs = graph.replaced((args, kwargs), lambda x: x if x.is_symbolic else x.numpy())
    return original(*args, **kwargs)


def _with_outputs(original: Any, network: Any, inputs: Any, outputs: Any, *args: Any, **kwargs: Any) -> None:
    """A model made of its inputs and outputs, which may be computed outside of layers."""
    newer_tensors.connected(outputs)
    original(network, inputs, outputs, *args, **kwargs)


def _with_states(original: Any, layer: Any, *args: Any, **kwargs: Any) -> Any:
    """A recurrent layer called on inputs and states, which may be computed outside of layers."""
    if not _inside.get():
        newer_tensors.connected([args, kwargs])
    return original(layer, *args, **kwargs)


def _mask(original: Any, layer: Any, inputs: Any, mask: Any = None) -> Any:
    return original(layer, inputs, newer_calls.of_inputs(layer, mask)) if layer.supports_masking else None


def _checked(original: Any, layer: Any, inputs: Any) -> None:
    original(layer, newer_calls.of_inputs(layer, inputs))


def _same(value: Any) -> Any:
    return value


# Methods that get masks or shapes, and what is done to the first argument, and to the result.
_ABOUT_INPUTS: tuple[tuple[str, Callable[[Any], Any], Callable[[Any], Any]], ...] = (
    ("build", newer_calls.as_shapes, _same),
    ("compute_mask", _same, _same),
    ("compute_output_shape", newer_calls.as_shapes, newer_calls.plain_shape),
)


def _returning_updates(update_state: Any) -> Any:
    """A metric's `update_state` that returns its updates, as Keras 2.3.1 expects; TensorFlow 2.2 records them."""

    @functools.wraps(update_state)
    def returning(*args: Any, **kwargs: Any) -> Any:
        with noted() as made:
            updates = update_state(*args, **kwargs)
        return _left_over(made) if updates is None else updates

    return returning


# Updates that were added to a layer by `add_update`; and those that a `call` makes itself, whatever the phase.
_added: WeakSet[Tensor] = WeakSet()
_at_each_call: WeakSet[Tensor] = WeakSet()


def _left_over(updates: list[Tensor]) -> list[Tensor]:
    """The updates that were not added to any layer."""
    return [update for update in updates if update not in _added]


def _add_weight(original: Any, layer: Any, *args: Any, initializer: Any = None, **kwargs: Any) -> Any:
    positional = dict(zip(_OF_WEIGHTS, args, strict=False))
    kwargs = newer_base.weight_arguments({"initializer": initializer, **positional, **kwargs})
    if kwargs["initializer"] is None:
        kwargs["initializer"] = "glorot_uniform" if "float" in (kwargs.get("dtype") or "float32") else "zeros"
    before = len(layer._losses)
    with _recording(False), graph.graph_mode():  # a regularizer of the weight, read whenever it is asked for
        weight = original(layer, **kwargs)
    newer_layer_losses.standing(layer).extend(layer._losses[before:])
    return weight


# The parameters of `add_weight`, in their order.
_OF_WEIGHTS = ("name", "shape", "dtype", "initializer", "regularizer", "trainable", "constraint")


def _adapted_call(keras: Any, call: Any) -> Any:
    """A `call` that gets `training`, takes over the additions of inner layers, and records output shapes."""
    signature = inspect.signature(call)

    @functools.wraps(call)
    def adapted(self: Any, *args: Any, _more: Any = None, **kwargs: Any) -> Any:
        whole = args[0] if args else None
        vars(self)[newer_calls.MORE] = _more
        if _more is not None:
            first, named = newer_calls.unfolded(_more, args[0])
            args, kwargs = (first, *args[1:]), {**kwargs, **named}
            if "mask" in kwargs and "mask" not in named:
                kwargs["mask"] = newer_calls.first(_more, kwargs["mask"])
        is_of_its_own = _calling.get() is self  # as by `super().call(inputs)`
        bound = signature.bind_partial(self, *args, **kwargs)  # `training` may come from the phase
        inputs = [*bound.arguments.values()][1] if _more is None else whole

        def updating(*args: Any, **kwargs: Any) -> Any:
            with noted() as made, scope(_inside, True), scope(_calling, self):
                outputs = call(*args, **kwargs)
            if not is_of_its_own:
                outputs = _flat(self, outputs)
            left = _left_over(made)
            _at_each_call.update(left)
            self.add_update(left, inputs)
            return outputs

        before = {id(one) for kept in _kept_by_inner_layers(self) for ones in kept.values() for one in ones}
        with graph.graph_mode():
            if "training" in signature.parameters and bound.arguments.get("training") is None:
                bound.arguments.pop("training", None)
                outputs = _in_both_phases(keras, functools.partial(updating, *bound.args, **bound.kwargs))
            else:
                outputs = updating(self, *args, **kwargs)
            outputs = list(outputs) if isinstance(outputs, tuple) else outputs  # Keras knows lists only
            if not isinstance(self, keras.models.Model) or not _is_of_its_inputs(self, inputs):
                _take_over(self, inputs, before)
            _seen.setdefault(self, {})[repr(_shapes(keras, inputs))] = _shapes(keras, outputs)
        return outputs

    setattr(adapted, newer_calls.MORE, True)  # it takes that keyword
    return adapted


# The layer whose `call` is running; and the attribute with the structure of what it returned.
_calling: ContextVar[Any] = ContextVar("_calling", default=None)
_FORM = "_form_of_outputs"


def _flat(layer: Any, outputs: Any) -> Any:
    """What a `call` returned, as Keras knows it: a tensor or a list. `_in_form` undoes it."""
    is_flat = not isinstance(outputs, (list, tuple)) or not any(isinstance(x, (list, tuple, dict)) for x in outputs)
    if hasattr(layer, "state_size") or (is_flat and not isinstance(outputs, dict)):  # (a cell has its states in a list)
        vars(layer)[_FORM] = None
        return outputs
    found = flatten(outputs)
    vars(layer)[_FORM] = packed(outputs, [None] * len(found))
    return found


def _in_form(layer: Any, outputs: Any) -> Any:
    """The outputs of a layer as its `call` returned them."""
    form = vars(layer).get(_FORM)
    return outputs if form is None else packed(form, outputs if isinstance(outputs, list) else [outputs])


def _is_of_its_inputs(model: Any, inputs: Any) -> bool:
    """Whether a model's `call` runs for the model itself, rather than for a layer or model around it."""
    parts = inputs if isinstance(inputs, (list, tuple)) else [inputs]
    return any(part is own for part in parts for own in model.inputs or ())


def _kept_by_inner_layers(layer: Any) -> Iterator[dict[Any, list[Any]]]:
    """What inner layers have added for inputs: updates and losses, by the inputs."""
    for inner in _inner_layers(layer):
        for kind in _KINDS:
            yield vars(inner).get(f"_per_input_{kind}", {})


_KINDS = ("updates", "losses")


def _take_over(layer: Any, inputs: Any, before: set[int]) -> None:
    """Move what inner layers have added in a call to `layer`: Keras reads only the additions of outer layers."""
    for inner in _inner_layers(layer):
        for kind, add in zip(_KINDS, (layer.add_update, layer.add_loss), strict=True):
            kept = vars(inner).get(f"_per_input_{kind}", {})
            for key in [key for key in kept if key is not None]:
                new = [one for one in kept[key] if id(one) not in before]
                kept[key] = [one for one in kept[key] if id(one) in before]
                add(new, inputs)
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
    if isinstance(tensors, dict):
        return {name: _shapes(keras, part) for name, part in tensors.items()}
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


def _not_recorded(original: Any, *args: Any, **kwargs: Any) -> Any:
    """A method whose additions go to the layers, within a call that records those of its own."""
    with _recording(False):
        return original(*args, **kwargs)


def _with(add: Callable[..., None], additions: list[_Addition]) -> list[_Addition]:
    return [addition for addition in additions if addition.add is add]


def _losses(layer: Any, additions: list[_Addition]) -> list[_Addition]:
    """The losses that a call of a layer has added, without those that were there before."""
    return [one for one in _with(_add_loss, additions) if not newer_layer_losses.is_known(layer, one.value)]


def _add(add: Callable[..., None], original: Any, layer: Any, values: Any, **about: Any) -> None:
    additions = _additions.get()
    if additions is None:
        original(layer, values, **about)
        return
    for value in values if isinstance(values, (list, tuple)) else [] if values is None else [values]:
        additions.append(_Addition(add, layer, value, about))


def _add_loss(original: Any, layer: Any, losses: Any, inputs: Any = None) -> None:
    listed = [*losses] if isinstance(losses, (list, tuple)) else [losses]
    if any(map(callable, listed)):
        with graph.graph_mode():
            losses = [loss() if callable(loss) else loss for loss in listed]
        if _additions.get() is None:
            newer_layer_losses.standing(layer).extend(losses)
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
    return _in_form(layer, _called_flat(keras, original, layer, inputs, *args, **kwargs))


def _called_flat(keras: Any, original: Any, layer: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
    kwargs = newer_calls.by_names(layer, args, kwargs)
    inputs = [*inputs] if type(inputs) is tuple else inputs  # Keras knows lists only
    is_model = isinstance(layer, keras.models.Model)
    own_build = is_model and type(layer).build is keras.models.Model.build
    if own_build and not layer.built and (isinstance(inputs, dict) or newer_calls.needs_more(layer)):
        layer.built = True  # its layers are built when its call calls them, which no shape of the inputs would do
    floatx = keras.backend.floatx()
    if graph.executing_eagerly():
        dtype = newer_calls.float_of(layer, floatx)
        others = floatx if newer_calls.COMPUTES_IN in vars(layer) else dtype
        call = _with_tensors(_as_array(inputs), dtype), _with_tensors(kwargs, others)
        tensors = [*graph.tensors_in(call)]
        if tensors and not any(tensor.is_symbolic for tensor in tensors):
            return _computed(keras, layer, *call)
    if not is_model and getattr(layer, "_autocast", True):
        newer_calls.convert_if_needed(layer, inputs, floatx)
    if is_in_order() and isinstance(inputs, dict) and is_model and not layer._is_graph_network:
        with scope(_inside, True):  # (Keras's call takes lists)
            return layer.call(inputs, **kwargs)
    if _inside.get():
        return original(layer, inputs, **kwargs)
    newer_tensors.connected([inputs, kwargs])
    if newer_calls.MORE not in kwargs and hasattr(layer.call, newer_calls.MORE):
        inputs, kwargs = newer_calls.folded(inputs, kwargs)
    more = vars(layer)[newer_calls.MORE] = kwargs.get(newer_calls.MORE)
    if more is not None and not layer.built:
        shapes = _shapes(keras, newer_calls.unfolded(more, inputs)[0])
        with keras.backend.name_scope(layer.name), graph.graph_mode():
            layer.build(shapes)
        layer.built = True
    if is_in_order():
        return _called_in_order(original, layer, inputs, **kwargs)
    with scope(_inside, True):
        return original(layer, inputs, **kwargs)


def _called_in_order(original: Any, layer: Any, inputs: Any, **kwargs: Any) -> Any:
    """A layer's `__call__` in a `tf.function`: in one phase, and with the updates that happen in it."""
    now: Any = phase.learning_phase()
    given = kwargs.get("training")
    training = bool(given if isinstance(given, (bool, int, np.bool_)) else 0 if isinstance(now, Tensor) else now)
    in_phase = phase.learning_phase_scope(training)
    with in_phase, out_of_order(), noted() as made, scope(_inside, True), _recording() as additions, _cut_anew(layer):
        outputs = original(layer, inputs, **kwargs)
        made[:] = [update for update in made if training or update in _at_each_call or update not in _added]
    for update in made:
        put_in_order(update)
    for metric in _with(_add_metric, additions):
        metric.again(metric.value)
    newer_layer_losses.of_call(layer, [(loss.layer, loss.value) for loss in _losses(layer, additions)])
    return outputs


@contextmanager
def _cut_anew(layer: Any) -> Iterator[None]:
    """A `with` block in which cells have parts of their weights anew, so that tapes see how they depend on them."""
    kept = [(cell, name, part) for cell in cells(layer) for name, part in vars(cell).items() if _is_cut(part)]
    try:
        for cell, name, part in kept:
            object.__setattr__(cell, name, _again(part))
        yield
    finally:
        for cell, name, part in kept:
            object.__setattr__(cell, name, part)


def cells(layer: Any) -> list[Any]:
    """The cells of recurrent layers at or below a layer, which Keras does not count among its layers."""
    found, todo = [], [layer, *_inner_layers(layer)]
    for part in todo:
        inner = [getattr(part, name, None) for name in ("forward_layer", "backward_layer", "cell")]
        todo += [one for one in (*inner, *getattr(part, "cells", ())) if one is not None]
        if not hasattr(part, "cell") and hasattr(part, "state_size"):
            found.append(part)
    return found


def _is_cut(part: Any) -> bool:
    ends = graph.leaves([part]) if isinstance(part, Tensor) and part._node is not None else []
    return bool(ends) and all(isinstance(end, Variable) for end in ends)


def _again(part: Any) -> Any:
    """A tensor computed anew from the variables it depends on."""
    if part._node is None:
        return part
    results = part._node.op(*graph.replaced(part._node.args, _again))
    return results[part._index] if isinstance(results, tuple) else results


def _as_array(inputs: Any) -> Any:
    """Numbers in nested lists as an array; other inputs as they are."""
    flat = [inputs]
    while flat and isinstance(flat[0], (list, tuple)):
        flat = [*flat[0]]
    return np.asarray(inputs) if flat and isinstance(flat[0], (int, float, np.generic)) else inputs


def _with_tensors(call: Any, floatx: str) -> Any:
    """Arguments with tensors for arrays, those of floats in the usual dtype."""
    if isinstance(call, dict):
        return {name: _with_tensors(part, floatx) for name, part in call.items()}
    if isinstance(call, (list, tuple)) and not hasattr(call, "_fields"):
        return type(call)([_with_tensors(part, floatx) for part in call])
    if not isinstance(call, (np.ndarray, Tensor)):
        return call
    tensor = as_tensor(call)
    return cast(tensor, floatx) if tensor.dtype.is_floating and tensor.dtype != floatx else tensor


def _computed(keras: Any, layer: Any, inputs: Any, kwargs: dict[str, Any]) -> Any:
    """The outputs of a layer for values."""
    given = kwargs.get("training")
    training = bool(phase.learning_phase() if given is None else given)
    masks = [getattr(x, "_keras_mask", None) for x in (inputs if isinstance(inputs, (list, tuple)) else [inputs])]
    if any(mask is not None for mask in masks) and "mask" in inspect.signature(layer.call).parameters:
        kwargs = {"mask": masks if isinstance(inputs, (list, tuple)) else masks[0], **kwargs}
    call = (inputs, {name: value for name, value in kwargs.items() if name != "training" or isinstance(value, Tensor)})
    tensors = [*graph.tensors_in(call)]
    form = repr(graph.replaced(call, lambda tensor: (len(tensor.shape), tensor.shape[1:], tensor.dtype.name)))
    functions = _functions.setdefault(layer, {})
    if (training, form) not in functions:
        with graph.graph_mode():
            functions[training, form] = _function_of(keras, layer, call, training)
        built()
    function, count, has_mask, owners, vars(layer)[_FORM] = functions[training, form]
    with phase.learning_phase_scope(training):
        outputs = called(function, tensors)
    at = len(outputs) - len(owners)
    newer_layer_losses.of_call(layer, zip((owner() for owner in owners), outputs[at:], strict=True))
    outputs, masked = outputs[:count], outputs[count:at]
    for output, mask in zip(outputs, _spread(masked, has_mask), strict=False):
        if mask is not None:
            output._keras_mask = mask  # type: ignore[attr-defined]
    return outputs[0] if count == 1 else outputs


def _spread(masks: list[Any], has_mask: list[bool]) -> Iterator[Any]:
    """The masks of all outputs, given those of some."""
    rest = iter(masks)
    return (next(rest) if there else None for there in has_mask)


# Whether this is within a layer's `call`, where layers may be called on any tensor.
_inside: ContextVar[bool] = ContextVar("_inside", default=False)


# For each layer: functions that compute it on values, by phase, shapes and dtypes.
_functions: WeakKeyDictionary[Any, dict[Any, Any]] = WeakKeyDictionary()


def _function_of(keras: Any, layer: Any, call: Any, training: bool) -> tuple[Any, int, list[bool], list[Any], Any]:
    """The function that computes a layer, its masks and losses.

    Also the number of outputs, which of them have a mask, references to the layers whose the losses are, and the
    structure of the outputs.
    """
    K = keras.backend
    feeds: list[Any] = []

    def feed(tensor: Any) -> Any:
        shape = (None, *tensor.shape[1:]) if tensor.shape else ()
        feeds.append(K.placeholder(shape=shape, dtype=tensor.dtype.name))
        return feeds[-1]

    inputs, kwargs = graph.replaced(call, feed)
    inputs = list(inputs) if isinstance(inputs, tuple) else inputs
    vars(layer)[newer_calls.MORE] = None
    if not layer.built and isinstance(layer, keras.models.Model) and not kwargs:
        values = [np.asarray(tensor) for tensor in graph.tensors_in(call)]
        layer._set_inputs(values if isinstance(inputs, list) else values[0])
    elif not layer.built:
        with K.name_scope(layer.name):
            layer.build(_shapes(keras, inputs))
        layer.built = True
    if layer._initial_weights is not None:
        layer.set_weights(layer._initial_weights)
        layer._initial_weights = None
    with _recording() as additions, scope(_inside, True), phase.learning_phase_scope(training):
        outputs = layer.call(inputs, **kwargs)
        masks = layer.compute_mask(inputs, kwargs.get("mask"))
        listed = [*outputs] if isinstance(outputs, (list, tuple)) else [outputs]
        if getattr(layer, "activity_regularizer", None) is not None:
            layer.add_loss([layer.activity_regularizer(output) for output in listed], inputs=inputs)
    made = [update.value for update in _with(_add_update, additions)]
    updates = [update for update in made if training or update in _at_each_call]
    masks = masks if isinstance(masks, (list, tuple)) else [masks]
    masks = masks if len(masks) == len(listed) else [masks[0]] * len(listed)
    found = [mask for mask in masks if mask is not None]
    losses = _losses(layer, additions)
    function = Function(feeds, [*listed, *found, *(as_tensor(loss.value) for loss in losses)], updates, fetch=kept)
    has_mask = [mask is not None for mask in masks]
    return function, len(listed), has_mask, [weakref.ref(loss.layer) for loss in losses], vars(layer).get(_FORM)
