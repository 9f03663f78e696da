"""Mixed precision of `tf.keras`: policies, which say in what dtype a layer computes and in which it keeps its weights.

A layer with a policy converts inputs of floats to the dtype that it computes in, and its `call` reads weights in it;
outside of `call` they are the variables that they are. `BatchNormalization` and `LayerNormalization` compute in the
dtype of their weights, and convert what they return.

`adapt` changes Keras 2.3.1 for a program that asks for `tensorflow.keras`. A layer gets a `call` of its own when it is
made with a policy, or first called on other floats than its own; other layers are left as they are.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from importlib import import_module
from typing import Any

from kjax import backend
from kjax.core import dtypes, graph
from kjax.core.dtypes import DType
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable
from kjax.dialects import loss_scales, newer_base, newer_calls, tensorflow_layers
from kjax.dialects.repairs import wrap
from kjax.machine import config
from kjax.machine.errors import shown
from kjax.machine.scopes import scope

K: Any = backend

# ------------------------------------------------------------------------------------------------------------- policies

_MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}
_HALVES = ("float16", "bfloat16")


class Policy:
    """The dtypes of a layer: the one that it computes in, and that of its weights.

    Args:
        name: a dtype for both, or `'mixed_float16'` or `'mixed_bfloat16'`: weights of float32, and computation in the
            dtype that is named.

    Raises:
        TypeError: `name` is no string.
        ValueError: it names no policy.

    Source: `tf.keras.mixed_precision.Policy`, TF 2.4.

    >>> policy = Policy("mixed_float16")
    >>> policy.compute_dtype, policy.variable_dtype
    ('float16', 'float32')
    """

    loss_scale: Any = None

    def __init__(self, name: str) -> None:
        if isinstance(name, DType):
            raise TypeError(f"'name' must be a string, not a DType. Instead, pass DType.name. Got: {name.name}")
        if not isinstance(name, str):
            raise TypeError(f"'name' must be a string, but got: {shown(name)}")
        if name.endswith("_float32_vars"):
            instead = f"mixed_{name.partition('_')[0]}" if "float16" in name else "mixed_float16' or 'mixed_bfloat16"
            raise ValueError(
                "Policies ending in '_float32_vars' have been removed from TensorFlow. Please use the "
                f"'{instead}' policy instead. Got policy name: '{name}'"
            )
        self._name = name
        self._compute_dtype: str | None = _MIXED.get(name)
        self._variable_dtype: str | None = "float32" if name in _MIXED else None
        if name not in (*_MIXED, "infer"):
            try:
                self._compute_dtype = self._variable_dtype = dtypes.as_dtype(name).name
            except (TypeError, ValueError):
                raise ValueError(
                    f"Cannot convert value {name} to a mixed precision Policy. Valid policies include "
                    "'mixed_float16', 'mixed_bfloat16', and the name of any dtype such as 'float32'."
                ) from None

    @property
    def name(self) -> str:
        """The name that it was made by."""
        return self._name

    @property
    def compute_dtype(self) -> str | None:
        """The dtype that layers compute in."""
        return self._compute_dtype

    @property
    def variable_dtype(self) -> str | None:
        """The dtype of weights."""
        return self._variable_dtype

    @property
    def scales(self) -> bool:
        """Whether `compile` wraps an optimizer, so that it scales losses."""
        return self._name == "mixed_float16"

    def __repr__(self) -> str:
        return f'<Policy "{self._name}">'

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal policy."""
        return {"name": self._name}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Policy:
        """A policy from what `get_config` gave."""
        return cls(**config)


class ScalingPolicy(Policy):
    """A policy with a loss scale, which `compile` gives to the optimizer.

    Args:
        name: as in `Policy`.
        loss_scale: a loss scale, its number, `"dynamic"` or None; `"dynamic"` for `'mixed_float16'` by default, else
            None.

    Source: `tf.keras.mixed_precision.experimental.Policy`, TF 2.2.

    >>> ScalingPolicy("mixed_float16", loss_scale=8)
    <Policy "mixed_float16", loss_scale=FixedLossScale(8.0)>
    """

    def __init__(self, name: str, loss_scale: Any = "USE_DEFAULT") -> None:
        super().__init__(name)
        self._by_default = isinstance(loss_scale, str) and loss_scale == "USE_DEFAULT"
        if self._by_default:
            loss_scale = "dynamic" if name == "mixed_float16" else None
        self.loss_scale = loss_scales.get(loss_scale)

    @property
    def should_cast_variables(self) -> bool:
        """Whether weights are read in another dtype than their own."""
        return self.variable_dtype != self.compute_dtype

    @property
    def scales(self) -> bool:
        """Whether there is a loss scale."""
        return self.loss_scale is not None

    def __repr__(self) -> str:
        return f'<Policy "{self._name}", loss_scale={self.loss_scale}>'

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal policy."""
        scale = {} if self._by_default else {"loss_scale": loss_scales.serialize(self.loss_scale)}
        return {"name": self._name, **scale}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Policy:
        """A policy from what `get_config` gave."""
        if isinstance(config.get("loss_scale"), dict):
            config = {**config, "loss_scale": loss_scales.deserialize(config["loss_scale"], custom_objects)}
        return cls(**config)


ScalingPolicy.__name__ = ScalingPolicy.__qualname__ = "Policy"

# The policy of layers that are not given one; and whether `enable_mixed_precision_graph_rewrite` was called.
_global: Policy | None = None
rewrites = False


def global_policy() -> Policy:
    """The policy of layers that are made without one; that of `K.floatx()` if none is set.

    Source: `tf.keras.mixed_precision.experimental.global_policy`, TF 2.2.

    >>> global_policy().name
    'float32'
    """
    return ScalingPolicy(config.floatx()) if _global is None else _global


def set_policy(policy: Any) -> None:
    """Set the policy of layers that are made without one.

    Args:
        policy: a policy or its name; None for that of `K.floatx()`.

    Raises:
        ValueError: `policy` names none, or `enable_mixed_precision_graph_rewrite` was called before.

    Source: `tf.keras.mixed_precision.experimental.set_policy`, TF 2.2.

    >>> set_policy("mixed_bfloat16"); global_policy().compute_dtype
    'bfloat16'
    >>> set_policy(None)
    """
    _set(policy, ScalingPolicy)


def set_global_policy(policy: Any) -> None:
    """Set the policy of layers that are made without one.

    Args:
        policy: a policy or its name; None for that of `K.floatx()`.

    Raises:
        ValueError: `policy` names none, or `enable_mixed_precision_graph_rewrite` was called before.

    Source: `tf.keras.mixed_precision.set_global_policy`, TF 2.4.

    >>> set_global_policy("mixed_float16"); global_policy()
    <Policy "mixed_float16">
    >>> set_global_policy(None)
    """
    _set(policy, Policy)


def _set(policy: Any, kind: type[Policy]) -> None:
    global _global
    if rewrites:
        raise ValueError(
            "The mixed precision policy cannot be set, because the mixed precision graph rewrite has already been "
            "enabled, by tf.train.experimental.enable_mixed_precision_graph_rewrite(); only one of the two can be used"
        )
    _global = policy if policy is None or isinstance(policy, Policy) else kind(policy)


def is_set() -> bool:
    """Whether a program has set a policy."""
    return _global is not None


def policy_of(layer: Any) -> Any:
    """The policy of a layer; None if it was given none, and none was set."""
    return vars(layer).get("_policy")


def get_layer_policy(layer: Any) -> Policy:
    """The policy of a layer.

    Raises:
        ValueError: it is no layer.

    Source: `tf.keras.mixed_precision.experimental.get_layer_policy`, TF 2.2.
    """
    if not hasattr(layer, "_inbound_nodes"):
        raise ValueError(f"get_policy can only be called on a layer, but got: {shown(layer)}")
    found: Policy = layer._dtype_policy
    return found


def serialize(policy: Policy) -> Any:
    """A policy as the configuration of a layer has it: the name of a dtype, or class and configuration.

    >>> serialize(Policy("float16")), serialize(Policy("mixed_float16"))
    ('float16', {'class_name': 'Policy', 'config': {'name': 'mixed_float16'}})
    """
    configuration = policy.get_config()
    if type(policy) in (Policy, ScalingPolicy) and [*configuration] == ["name"] and policy.name not in _MIXED:
        return None if policy.name == "infer" else policy.name
    return {"class_name": type(policy).__name__, "config": configuration}


def _given(dtype: Any) -> Any:
    """The policy that an argument `dtype` of a layer asks for, by itself or because it is None; None for a dtype."""
    if dtype is None:
        return _global
    if isinstance(dtype, str):
        return Policy(dtype) if dtype in _MIXED else None
    if isinstance(dtype, Mapping):
        known = {"Policy": ScalingPolicy, "PolicyV1": ScalingPolicy}
        known |= newer_base.of_keras("utils.get_custom_objects")()
        if dtype["class_name"] not in known:
            raise ValueError(f"Unknown dtype policy: {dtype['class_name']}")
        return known[dtype["class_name"]].from_config(dtype["config"])
    return dtype if isinstance(dtype, Policy) else None


# --------------------------------------------------------------------------------------------------------------- layers


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
    policy = _given(dtype)
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


def _with_cell(own: tuple[type, ...], original: Any, layer: Any, *args: Any, **kwargs: Any) -> None:
    """A recurrent layer, whose own cells have its dtype or policy."""
    original(layer, *args, **kwargs)
    if isinstance(layer, own) and kwargs.get("dtype") is not None:
        layer.cell.dtype = layer.dtype
        _follow(layer.cell, policy_of(layer))


def _metric(original: Any, metric: Any, name: Any = None, dtype: Any = None, **kwargs: Any) -> None:
    policy = _given(dtype)
    original(metric, name=name, dtype=dtype if policy is None else policy.variable_dtype, **kwargs)


def _network(original: Any, network: Any, name: Any = None, trainable: bool = True, dtype: Any = None) -> None:
    policy = policy_of(network) or _given(dtype)
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
    dtype = vars(layer).get(newer_calls.COMPUTES_IN, weight.dtype.name)
    if automatic and weight.dtype.is_floating and dtype != weight.dtype.name and not hasattr(layer, "_by_weights"):
        weight.is_converted = True
    return weight


def _conformed(original: Any, network: Any, inputs: Any, *args: Any, **kwargs: Any) -> Any:
    """A model of layers, called on tensors of other dtypes than its inputs have."""
    if network._is_graph_network:
        several = isinstance(inputs, (list, tuple))
        given = [*inputs] if several else [inputs]
        if len(given) == len(network.inputs) and any(
            isinstance(x, Tensor) and x.dtype != own.dtype for x, own in zip(given, network.inputs, strict=True)
        ):
            pairs = zip(given, network.inputs, strict=True)
            given = [K.cast(x, own.dtype.name) if isinstance(x, Tensor) else x for x, own in pairs]
            inputs = given if several else given[0]
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
        return vars(weight).get("is_converted", False)
    if not isinstance(weight, Tensor) or weight._node is None or isinstance(weight, Reading):
        return False
    ends = graph.leaves([weight])
    return bool(ends) and all(isinstance(end, Variable) and vars(end).get("is_converted", False) for end in ends)


@contextmanager
def _weights_read(layer: Any, dtype: str) -> Iterator[None]:
    """A `with` block in which attributes of a layer, and of those in it, are weights in the dtype it computes in."""
    kept = []
    for part in (layer, *newer_base.below(layer), *tensorflow_layers.cells(layer)):
        for name, value in [*vars(part).items()]:
            if name in _LISTS or not any(map(_is_converted, graph.tensors_in(value))):
                continue
            read = graph.replaced(value, lambda x: _read(x, dtype) if _is_converted(x) else x)
            kept.append((part, name, value, read))
            vars(part)[name] = read
    try:
        yield
    finally:
        for part, name, value, read in reversed(kept):
            if vars(part).get(name) is read:  # else the `call` has set it
                vars(part)[name] = value


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


EXPERIMENTAL: dict[str, Any] = {
    "Policy": ScalingPolicy,
    "get_layer_policy": get_layer_policy,
    "global_policy": global_policy,
    "set_policy": set_policy,
}

MIXED_PRECISION: dict[str, Any] = {
    "Policy": Policy,
    "global_policy": global_policy,
    "set_global_policy": set_global_policy,
}
