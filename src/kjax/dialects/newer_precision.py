"""Mixed precision of `tf.keras`: layers that compute in one dtype and keep their weights in another.

A layer with a policy converts inputs of floats to the dtype that it computes in, and its `call` reads weights in it;
outside of `call` they are the variables that they are. `BatchNormalization` and `LayerNormalization` compute in the
dtype of their weights, and convert what they return.

`adapt` changes Keras 2.3.1 for a program that asks for `tensorflow.keras`. A layer gets a `call` of its own when it is
made with a policy, or first called on other floats than its own; other layers are left as they are.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Any

from kjax import backend
from kjax.core import graph
from kjax.core.dtypes import DType
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable
from kjax.dialects import newer_base, newer_calls, tensorflow_layers
from kjax.dialects.newer_policies import Policy, ScalingPolicy, given, policy_of, serialize
from kjax.dialects.repairs import wrap
from kjax.machine import config
from kjax.machine.scopes import scope

K: Any = backend

_HALVES = ("float16", "bfloat16")


def adapt(keras: Any) -> None:
    """Give layers and models of Keras policies."""
    layer, network = keras.layers.Layer, keras.engine.network.Network
    wrap(layer, "__init__", functools.partial(_begun, (keras.engine.input_layer.InputLayer, keras.layers.Embedding)))
    wrap(keras.metrics.Metric, "__init__", _metric)
    wrap(network, "_base_init", _network)
    wrap(network, "_init_subclassed_network", functools.partial(_subclassed, keras.models.Sequential))
    wrap(network, "call", _conformed)
    wrap(layer, "add_weight", _weight)
    wrap(layer, "get_config", _config)
    recurrent = keras.layers.LSTM, keras.layers.GRU, keras.layers.SimpleRNN, keras.layers.ConvLSTM2D
    for kind in (keras.layers.RNN, keras.layers.convolutional_recurrent.ConvRNN2D):
        wrap(kind, "__init__", functools.partial(_with_cell, recurrent))
    for name, attribute in _ATTRIBUTES.items():
        setattr(layer, name, property(attribute))
    # This one computes in the dtype of its weights, and has them in float32 rather than float16.
    keras.layers.BatchNormalization._by_weights = keras.layers.BatchNormalization._keeps_float32 = True


_ATTRIBUTES: dict[str, Callable[[Any], Any]] = {
    "_dtype_policy": lambda layer: policy_of(layer) or ScalingPolicy(layer.dtype),
    "_compute_dtype": lambda layer: layer._dtype_policy.compute_dtype,
    "dtype_policy": lambda layer: layer._dtype_policy,
    "compute_dtype": lambda layer: layer._compute_dtype,
    "variable_dtype": lambda layer: layer.dtype,
}


def _begun(
    without: tuple[type, type],
    original: Any,
    layer: Any,
    trainable: bool = True,
    name: Any = None,
    dtype: Any = None,
    dynamic: bool = False,
    **kwargs: Any,
) -> None:
    """`Layer.__init__`."""
    policy = given(dtype)
    inputs, embedding = without
    if isinstance(layer, embedding):
        vars(layer)["_autocast"] = False  # (positions are converted to integers)
        if dtype is None and isinstance(policy, ScalingPolicy):
            policy = None
    if isinstance(layer, inputs):
        policy = None
    original(layer, trainable, name, dtype if policy is None else policy.variable_dtype, dynamic, **kwargs)
    if policy is not None or (layer.dtype != config.floatx() and not isinstance(layer, inputs)):
        _follow(layer, policy)


def _follow(layer: Any, policy: Policy | None) -> None:
    """Have a layer compute as a policy says, or without one, by its dtype."""
    for name in ("_policy", newer_calls.COMPUTES_IN, "call"):
        vars(layer).pop(name, None)
    if policy is not None:
        vars(layer)["_policy"] = policy
    dtype = layer.dtype if policy is None else policy.compute_dtype
    if dtype in newer_calls.FLOATS and {dtype} != {_dtype_of_weights(layer), config.floatx()}:
        vars(layer)[newer_calls.COMPUTES_IN] = dtype
        newer_calls.convert_in_call(layer, _converted_call)
        _follow_floats()


def _dtype_of_weights(layer: Any) -> str:
    """The dtype of weights that a layer makes without one."""
    dtype: str = layer.dtype
    return "float32" if dtype in _HALVES and getattr(layer, "_keeps_float32", False) else dtype


def _with_cell(own: Any, original: Any, layer: Any, *args: Any, **kwargs: Any) -> None:
    """A recurrent layer, whose own cells have its dtype or policy."""
    original(layer, *args, **kwargs)
    if isinstance(layer, own) and kwargs.get("dtype") is not None:
        layer.cell.dtype = layer.dtype
        _follow(layer.cell, policy_of(layer))


def _metric(original: Any, metric: Any, name: Any = None, dtype: Any = None, **kwargs: Any) -> None:
    policy = given(dtype)
    original(metric, name=name, dtype=dtype if policy is None else policy.variable_dtype, **kwargs)


def _network(original: Any, network: Any, name: Any = None, trainable: bool = True, dtype: Any = None) -> None:
    policy = policy_of(network) or given(dtype)
    if policy is not None:
        vars(network)["_policy"], dtype = policy, policy.variable_dtype
    original(network, name=name, trainable=trainable, dtype=dtype)


def _subclassed(sequential: type, original: Any, model: Any, *args: Any, **kwargs: Any) -> None:
    autocast = kwargs.pop("autocast", True)
    original(model, *args, **kwargs)
    policy = policy_of(model)
    if policy is not None and autocast and not isinstance(model, sequential):
        _follow(model, policy)


def _config(original: Any, layer: Any) -> Any:
    found, policy = original(layer), policy_of(layer)
    return found if policy is None else {**found, "dtype": serialize(policy)}


def _weight(original: Any, layer: Any, *args: Any, **kwargs: Any) -> Any:
    """`add_weight`, of whose variables those of floats are read in the dtype that the layer computes in."""
    automatic = kwargs.pop("experimental_autocast", True)
    if getattr(layer, "_keeps_float32", False) and len(args) < 3:
        kwargs.setdefault("dtype", _dtype_of_weights(layer))
    weight = original(layer, *args, **kwargs)
    is_mixed = vars(layer).get(newer_calls.COMPUTES_IN, layer.dtype) != layer.dtype
    if is_mixed and automatic and weight.dtype.is_floating and not hasattr(layer, "_by_weights"):
        weight.is_converted = True
    return weight


def _conformed(original: Any, network: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
    """A model of layers, called on tensors of other dtypes than its inputs have."""
    if network._is_graph_network:
        several = isinstance(inputs, (list, tuple))
        tensors = [*inputs] if several else [inputs]
        pairs = [*zip(tensors, network.inputs, strict=False)]
        if len(tensors) == len(network.inputs) and any(
            isinstance(x, Tensor) and x.dtype != own.dtype for x, own in pairs
        ):
            parts = [K.cast(x, own.dtype.name) if isinstance(x, Tensor) else x for x, own in pairs]
            inputs = parts if several else parts[0]
    return original(network, inputs, *args, **kwargs)


# ---------------------------------------------------------------------------------------------------------- in a `call`


class Reading(Tensor):
    """What a variable is read as in a `call`: its value in another dtype. Otherwise it does as the variable does."""

    read_from: Variable

    def __getattr__(self, name: str) -> Any:
        if name == "read_from" or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.read_from, name)

    @property
    def true_dtype(self) -> DType:
        """The dtype of the variable."""
        return self.read_from.dtype


def _read(tensor: Tensor, dtype: str) -> Tensor:
    with graph.graph_mode():
        found: Tensor = K.cast(tensor, dtype)
    if not isinstance(tensor, Variable):
        return found
    reading: Reading = Reading.promise(found._node, found._index, found.shape, found.dtype, tensor.name)
    reading.read_from = tensor
    return reading


def _is_converted(weight: Any) -> bool:
    """Whether this is a weight that is read in another dtype, or what a cell has cut out of one."""
    if isinstance(weight, Variable):
        return bool(vars(weight).get("is_converted", False))
    if not isinstance(weight, Tensor) or weight._node is None or isinstance(weight, Reading):
        return False
    ends = graph.leaves([weight])
    return bool(ends) and all(isinstance(end, Variable) and vars(end).get("is_converted", False) for end in ends)


class _Weights:
    """The attributes of layers that are read in another dtype while a `call` runs."""

    def __init__(self, dtype: str) -> None:
        self._dtype = dtype
        self._kept: list[tuple[Any, str, Any, Any]] = []

    def read_in(self, layer: Any) -> None:
        """Let weights of a layer, and of those in it, be read from now on."""
        for part in (layer, *newer_base.below(layer), *tensorflow_layers.cells(layer)):
            for name, value in [*vars(part).items()]:
                if name not in _LISTS and any(map(_is_converted, graph.tensors_in(value))):
                    read = graph.replaced(value, lambda x: _read(x, self._dtype) if _is_converted(x) else x)
                    self._kept.append((part, name, value, read))
                    vars(part)[name] = read

    def restore(self) -> None:
        """Let attributes be what they were, unless the `call` has set them."""
        for part, name, value, read in reversed(self._kept):
            if vars(part).get(name) is read:
                vars(part)[name] = value


# Those of the innermost `call` that runs.
_weights: ContextVar[_Weights | None] = ContextVar("_weights", default=None)


@contextmanager
def _weights_read(layer: Any, dtype: str) -> Iterator[None]:
    """A `with` block in which attributes of a layer, and of those in it, are weights in the dtype it computes in."""
    outer, weights = _weights.get(), _Weights(dtype)
    try:
        weights.read_in(layer)
        with scope(_weights, weights):
            yield
    finally:
        weights.restore()
    if outer is not None:  # which reads what this call has made, too
        outer.read_in(layer)


# Where a layer keeps what is no attribute of a program.
_LISTS = (
    "_containers",
    "_losses",
    "_non_trainable_weights",
    "_per_input_losses",
    "_per_input_updates",
    "_trainable_weights",
    "_updates",
)


def _converted_call(layer: Any, call: Callable[..., Any], inputs: Any, *args: Any, **kwargs: Any) -> Any:
    """A `call` in the dtype of a policy."""
    dtype = vars(layer)[newer_calls.COMPUTES_IN]
    if hasattr(layer, "_by_weights"):
        outputs = newer_calls.on_floats(layer, call, _dtype_of_weights(layer), inputs, *args, **kwargs)
        return newer_calls.with_floats(outputs, dtype)
    if getattr(layer, "_autocast", True):
        call = functools.partial(newer_calls.on_floats, layer, call, dtype)
    # (Keras's own layers make what they need in the usual dtype.)
    floatx = dtype if type(layer).__module__.startswith(("keras.", "tensorflow.keras.")) else None
    with scope(_floatx, floatx):
        if dtype == layer.dtype:
            return call(inputs, *args, **kwargs)
        with _weights_read(layer, dtype):
            return call(inputs, *args, **kwargs)


# The dtype of floats where none is asked for, in the `call` of a layer of Keras.
_floatx: ContextVar[str | None] = ContextVar("_floatx", default=None)


@functools.cache
def _follow_floats() -> None:
    """Have Keras's backend look at `_floatx`."""
    keras_backend: Any = import_module("keras.backend")
    wrap(keras_backend, "floatx", lambda original: _floatx.get() or original())
    for name in ("ones_like", "random_normal", "random_uniform", "zeros", "zeros_like"):
        at = [*inspect.signature(getattr(keras_backend, name)).parameters].index("dtype")
        wrap(keras_backend, name, functools.partial(_with_floatx, at))


def _with_floatx(at: int, original: Any, *args: Any, **kwargs: Any) -> Any:
    dtype = _floatx.get()
    if dtype is not None and len(args) <= at and kwargs.get("dtype") is None:
        kwargs["dtype"] = dtype
    return original(*args, **kwargs)
