"""Layers of attention: dot products, sums, and several heads."""

from __future__ import annotations

import functools
import math
import operator
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.tensor import Tensor
from kjax.dialects import newer_calls
from kjax.dialects.newer_layers import plain, take, told
from kjax.dialects.newer_parts import On, Part, shape_of
from kjax.ops.comparison import logical_and
from kjax.ops.linear import matmul

# ------------------------------------------------------------------------------------------------- of one head


class _OfOneHead(Part):
    """What `Attention` and `AdditiveAttention` share: masks, weights and the weighted sum of values."""

    def __init__(self, causal: bool = False, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.causal, self.dropout = causal, dropout
        self.supports_masking = True

    def call(self, inputs: Any, mask: Any = None, training: Any = None) -> Any:
        """The sum of the values, weighted for each query.

        Args:
            inputs: a list `[query, value]` or `[query, value, key]` of tensors `(batch, steps, dims)`.
            mask: a list `[query mask, value mask]` of tensors `(batch, steps)` or None.
            training: whether weights are dropped.
        """
        self._check(inputs, mask)
        query, value = inputs[:2]
        scores = self._scores(query, inputs[2] if len(inputs) > 2 else value)
        of_queries, of_values = [*mask, None][:2] if mask else (None, None)
        allowed = None if of_values is None else K.expand_dims(K.cast(of_values, "bool"), 1)
        if self.causal:
            allowed = _causal(scores) if allowed is None else logical_and(allowed, _causal(scores))
        weights = _dropped(K.softmax(_masked(scores, allowed)), self.dropout, training)
        result = K.batch_dot(weights, value, [2, 1])
        return result if of_queries is None else result * K.expand_dims(K.cast(of_queries, result.dtype), -1)

    def _scores(self, query: Any, key: Any) -> Any:
        raise NotImplementedError

    def _check(self, inputs: Any, mask: Any) -> None:
        name = type(self).__name__
        if not isinstance(inputs, (list, tuple)) or len(inputs) not in (2, 3):
            raise ValueError(f"{name} must be called on a list of 2 or 3 tensors: query, value and, if need be, key")
        if mask is not None and (not isinstance(mask, (list, tuple)) or not 2 <= len(mask) <= len(inputs)):
            raise ValueError(f"{name}: mask must be a list of two masks, of query and value; got {mask!r}")

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the queries."""
        return None if not mask or mask[0] is None else K.cast(mask[0], "bool")

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shape of the query, with the last dim of the value."""
        return (*plain(input_shape[0])[:-1], plain(input_shape[1])[-1])

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        own = {"causal": self.causal, "dropout": self.dropout, "use_scale": self.use_scale}
        return {**super().get_config(), **own}


class Attention(_OfOneHead):
    """Attention by dot products of queries and keys."""

    def __init__(self, use_scale: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.use_scale = use_scale

    def build(self, input_shape: Any) -> None:
        """Make the scale."""
        self.scale = self.add_weight(name="scale", shape=(), initializer="ones") if self.use_scale else None
        self.built = True

    def _scores(self, query: Any, key: Any) -> Any:
        scores = K.batch_dot(query, key, [2, 2])
        return scores if self.scale is None else scores * self.scale


class AdditiveAttention(_OfOneHead):
    """Attention by the hyperbolic tangent of sums of queries and keys."""

    def __init__(self, use_scale: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.use_scale = use_scale

    def build(self, input_shape: Any) -> None:
        """Make the scale."""
        dims = plain(input_shape[1])[-1]
        self.scale = self.add_weight(name="scale", shape=(dims,)) if self.use_scale else None
        self.built = True

    def _scores(self, query: Any, key: Any) -> Any:
        sums = K.tanh(K.expand_dims(query, 2) + K.expand_dims(key, 1))
        return K.sum(sums if self.scale is None else sums * self.scale, -1)


def _causal(scores: Any) -> Any:
    """Which keys a query may see, `(1, queries, keys)`: those that are not later."""
    rows, columns = (K.cumsum(K.ones_like(scores[:1], "int32"), axis) for axis in (1, 2))
    return K.greater_equal(rows, columns)


def _dropped(weights: Any, rate: float, training: Any) -> Any:
    """Weights of which some are dropped while training."""
    if not rate or (training is not None and not isinstance(training, Tensor) and not training):
        return weights
    return K.in_train_phase(lambda: K.dropout(weights, rate), weights, training)


def _masked(scores: Any, allowed: Any) -> Any:
    """The scores, with those that are not allowed so low that their weights are 0."""
    if allowed is None:
        return scores
    low = 65504.0 if scores.dtype == "float16" else 1e9
    return scores - low * (1.0 - K.cast(allowed, scores.dtype))


# ---------------------------------------------------------------------------------------------- of several heads


class MultiHeadAttention(Part):
    """Attention of several heads ("Attention Is All You Need"), each on its own projections.

    `layer(query, value, key=None, attention_mask=None, return_attention_scores=False, training=None)`.
    """

    def __init__(
        self,
        num_heads: int,
        key_dim: int,
        value_dim: Any = None,
        dropout: float = 0.0,
        use_bias: bool = True,
        output_shape: Any = None,
        attention_axes: Any = None,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        kernel_regularizer: Any = None,
        bias_regularizer: Any = None,
        activity_regularizer: Any = None,
        kernel_constraint: Any = None,
        bias_constraint: Any = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(activity_regularizer=activity_regularizer, **kwargs)
        self.num_heads, self.key_dim, self.value_dim = num_heads, key_dim, value_dim or key_dim
        self.dropout, self.use_bias = dropout, use_bias
        self.sizes = (output_shape,) if isinstance(output_shape, int) else output_shape and tuple(output_shape)
        self.axes = (attention_axes,) if isinstance(attention_axes, int) else attention_axes and tuple(attention_axes)
        take(self, kernel_initializer=kernel_initializer, bias_initializer=bias_initializer)
        take(self, kernel_regularizer=kernel_regularizer, bias_regularizer=bias_regularizer)
        take(self, kernel_constraint=kernel_constraint, bias_constraint=bias_constraint)
        self.supports_masking = True

    def __call__(self, query: Any, value: Any = None, key: Any = None, *args: Any, **options: Any) -> Any:
        """Attention of queries to keys; see `call`."""
        more = options.get(newer_calls.MORE)
        if more is None and value is None:
            raise TypeError("MultiHeadAttention is called on a query and a value")
        given = {"value": value, "key": key} if more is None else newer_calls.unfolded(more, query)[1]
        if not vars(self).get("_built"):
            parts = [newer_calls.first(more, query), given["value"], given["value"]]
            if given.get("key") is not None:
                parts[2] = given["key"]
            with K.name_scope(self.name):
                self._make([np.shape(x) if isinstance(x, np.ndarray) else shape_of(x) for x in parts])
            self.built = True
        return super().__call__(query, *((value, key, *args) if more is None else ()), **options)

    def _make(self, shapes: Any) -> None:
        """Make the weights, by the shapes of query, value and key."""
        query, value, key = (plain(shape) for shape in shapes)
        rank = len(query)
        self.attended = [i + rank if i < 0 else i for i in self.axes or range(1, rank - 1)]
        out = self.sizes or (query[-1],)
        parts = (
            ("query", (query[-1], self.num_heads, self.key_dim), 1),
            ("key", (key[-1], self.num_heads, self.key_dim), 1),
            ("value", (value[-1], self.num_heads, self.value_dim), 1),
            ("attention_output", (self.num_heads, self.value_dim, *out), 2),
        )
        self.parts = {}
        for name, shape, contracted in parts:
            kernel = self.add_weight(name=f"{name}/kernel", shape=shape, **self._options("kernel"))
            bias = None
            if self.use_bias:
                bias = self.add_weight(name=f"{name}/bias", shape=shape[contracted:], **self._options("bias"))
            self.parts[name] = (kernel, bias)

    def _options(self, name: str) -> dict[str, Any]:
        return {option: getattr(self, f"{name}_{option}") for option in ("initializer", "regularizer", "constraint")}

    def call(
        self,
        query: Any,
        value: Any,
        key: Any = None,
        attention_mask: Any = None,
        return_attention_scores: bool = False,
        training: Any = None,
    ) -> Any:
        """The projection of each head's weighted sums of values.

        Args:
            query: a tensor `(batch, queries, dims)`.
            value: a tensor `(batch, keys, dims)`.
            key: a tensor `(batch, keys, dims)`; the value by default.
            attention_mask: 1 or True where a query may see a key, `(batch, queries, keys)`.
            return_attention_scores: whether the weights `(batch, heads, queries, keys)` are returned, too.
            training: whether weights are dropped.
        """
        key = value if key is None else key
        heads = (("query", query), ("key", key), ("value", value))
        query, key, value = (self._projected(name, x, 1) for name, x in heads)
        # (batch, other axes, heads, attended axes, dims): what is attended becomes one axis.
        rank, count = len(shape_of(query)), len(self.attended)
        others = [i for i in range(1, rank - 2) if i not in self.attended]
        order = [0, *others, rank - 2, *self.attended, rank - 1]
        query, key, value = (K.permute_dimensions(x, order) for x in (query, key, value))
        dims = _dims(query)
        front = len(dims) - count - 1
        query, key, value = (_joined(x, front, count) for x in (query, key, value))
        transposed = K.permute_dimensions(key, [*range(front), front + 1, front])
        scores = matmul(query * (1.0 / math.sqrt(self.key_dim)), transposed)
        if attention_mask is not None:
            scores = _masked(scores, _fitted(attention_mask, front))
        weights = K.softmax(scores)
        result = matmul(_dropped(weights, self.dropout, training), value)
        result = _reshaped(result, [*dims[:-1], self.value_dim])
        result = K.permute_dimensions(result, [order.index(axis) for axis in range(rank)])
        result = self._projected("attention_output", result, 2)
        return [result, weights] if return_attention_scores else result

    def _projected(self, name: str, x: Any, contracted: int) -> Any:
        """The product of the last `contracted` axes with the first ones of a kernel."""
        kernel, bias = self.parts[name]
        sizes = shape_of(kernel)
        dims = _dims(x)[:-contracted]
        flat = _reshaped(x, [*dims, math.prod(sizes[:contracted])])
        found = K.dot(flat, K.reshape(kernel, (math.prod(sizes[:contracted]), math.prod(sizes[contracted:]))))
        found = _reshaped(found, [*dims, *sizes[contracted:]])
        return found if bias is None else found + bias

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """The mask of the queries."""
        return mask[0] if isinstance(mask, (list, tuple)) else mask

    def get_config(self) -> dict[str, Any]:
        """The arguments it was made with."""
        own = {
            "num_heads": self.num_heads,
            "key_dim": self.key_dim,
            "value_dim": self.value_dim,
            "dropout": self.dropout,
            "use_bias": self.use_bias,
            "output_shape": self.sizes,
            "attention_axes": self.axes,
        }
        named = [
            f"{name}_{option}" for option in ("initializer", "regularizer", "constraint") for name in ("kernel", "bias")
        ]
        return {**super().get_config(), **own, **told(self, *named)}


def _dims(x: Any) -> list[Any]:
    """The dims of a tensor: ints, and scalars of those that are unknown."""
    return [K.shape(x)[i] if dim is None else dim for i, dim in enumerate(shape_of(x))]


def _reshaped(x: Any, dims: list[Any]) -> Any:
    unknown = sum(not isinstance(dim, int) for dim in dims)
    if unknown < 2:
        return K.reshape(x, [dim if isinstance(dim, int) else -1 for dim in dims])
    found = K.reshape(x, K.stack(dims))
    found.set_shape([dim if isinstance(dim, int) else None for dim in dims])
    return found


def _joined(x: Any, front: int, count: int) -> Any:
    """A tensor whose `count` axes behind the first `front` become one."""
    if count == 1:
        return x
    dims = _dims(x)
    return _reshaped(x, [*dims[:front], functools.reduce(operator.mul, dims[front:-1]), dims[-1]])


def _fitted(mask: Any, front: int) -> Any:
    """An attention mask `(batch, …, queries, keys)` with an axis for the heads."""
    mask = K.cast(mask, "bool")
    while len(shape_of(mask)) < front + 2:
        mask = K.expand_dims(mask, -3)
    return mask


LAYERS: dict[str, Any] = {
    "AdditiveAttention": On("layers.Layer", AdditiveAttention),
    "Attention": On("layers.Layer", Attention),
    "MultiHeadAttention": On("layers.Layer", MultiHeadAttention),
}
