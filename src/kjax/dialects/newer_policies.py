"""Policies of `tf.keras`: in what dtype a layer computes, and in which it keeps its weights.

Layers are made to follow them by `newer_precision`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kjax.core import dtypes
from kjax.core.dtypes import DType
from kjax.dialects import loss_scales
from kjax.dialects.newer_parts import of_keras
from kjax.machine import config
from kjax.machine.errors import shown

_MIXED = {"mixed_float16": "float16", "mixed_bfloat16": "bfloat16"}


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


def given(dtype: Any) -> Any:
    """The policy that an argument `dtype` of a layer asks for, by itself or because it is None; None for a dtype."""
    if dtype is None:
        return _global
    if isinstance(dtype, str):
        return Policy(dtype) if dtype in _MIXED else None
    if isinstance(dtype, Mapping):
        known = {"Policy": ScalingPolicy, "PolicyV1": ScalingPolicy}
        known |= of_keras("utils.get_custom_objects")()
        if dtype["class_name"] not in known:
            raise ValueError(f"Unknown dtype policy: {dtype['class_name']}")
        return known[dtype["class_name"]].from_config(dtype["config"])
    return dtype if isinstance(dtype, Policy) else None


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
