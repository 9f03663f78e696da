"""`tf.losses` of TensorFlow 1: weighted losses, which go to a collection, from which the total loss is taken.

`V1_LOSSES` is the table of `tf.compat.v1.losses`. In a program for TensorFlow 1, `tf.losses` has these names, too.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from kjax import backend as K
from kjax.core.graph import MODE
from kjax.core.operands import as_tensor
from kjax.core.tensor import Tensor
from kjax.dialects import tensorflow_ops as ops
from kjax.dialects.tensorflow_calls import TF_NN, Table, give_names
from kjax.dialects.tensorflow_graphs import GraphKeys, get_default_graph
from kjax.dialects.tensorflow_math import TF as MATH

_LOSSES = GraphKeys.LOSSES
_BY_NONZERO = "weighted_sum_by_nonzero_weights"


class Reduction:
    """The ways in which a loss becomes one number."""

    NONE = "none"
    SUM = "weighted_sum"
    SUM_OVER_BATCH_SIZE = "weighted_sum_over_batch_size"
    MEAN = "weighted_mean"
    SUM_BY_NONZERO_WEIGHTS = _BY_NONZERO
    SUM_OVER_NONZERO_WEIGHTS = _BY_NONZERO

    @classmethod
    def all(cls) -> tuple[str, ...]:
        """Their names."""
        return cls.NONE, cls.SUM, cls.MEAN, cls.SUM_OVER_BATCH_SIZE, cls.SUM_OVER_NONZERO_WEIGHTS, _BY_NONZERO

    @classmethod
    def validate(cls, key: Any) -> None:
        """Raise ValueError unless it is one of them."""
        if key not in cls.all():
            raise ValueError(f"tf.losses: reduction must be one of {', '.join(cls.all())}; got {key!r}")


def add_loss(loss: Any, loss_collection: Any = _LOSSES) -> None:
    """Add a loss to the collection; nothing in eager mode."""
    if loss_collection and MODE.get().graph:
        get_default_graph().add_to_collection(loss_collection, loss)


def compute_weighted_loss(
    losses: Any,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: Any = _LOSSES,
    reduction: Any = _BY_NONZERO,
) -> Any:
    """The losses, weighted and reduced.

    Args:
        losses: a tensor `(batch, ...)`.
        weights: a number, or a tensor of the same rank each of whose dims is 1 or that of the losses.
        scope: ignored.
        loss_collection: the collection to which the result is added; None for none.
        reduction: one of the names in `tf.losses.Reduction`.

    Raises:
        ValueError: the weights don't go with the losses, or the reduction is not known.

    Source: `tf.compat.v1.losses.compute_weighted_loss`, TF 1.15.

    >>> compute_weighted_loss([2., 4., 6.], [1., 0., 2.]).numpy()
    np.float32(7.0)
    """
    Reduction.validate(reduction)
    given = as_tensor(losses)
    values, weights = K.cast(given, "float32"), K.cast(as_tensor(weights), "float32")
    check_weights(weights, values)
    weighted = values * weights
    everywhere = K.ones_like(values) * weights
    if reduction == Reduction.NONE:
        result = weighted
    else:
        result = K.sum(weighted)
        if reduction == Reduction.MEAN:
            result = ops.divide_no_nan(result, K.sum(everywhere))
        elif reduction == Reduction.SUM_OVER_BATCH_SIZE:
            result = ops.divide_no_nan(result, K.sum(K.ones_like(values)))
        elif reduction == _BY_NONZERO:
            result = ops.divide_no_nan(result, K.sum(K.cast(K.not_equal(everywhere, 0.0), "float32")))
    result = K.cast(result, given.dtype)
    add_loss(result, loss_collection)
    return result


def check_weights(weights: Tensor, values: Tensor) -> None:
    """Raise ValueError for weights that can't be spread over the values as TensorFlow does."""
    own, whole = weights.shape, values.shape
    if own.rank in (0, None) or whole.rank is None:
        return
    if own.rank != whole.rank or any(None not in (w, v) and w not in (1, v) for w, v in zip(own, whole, strict=True)):
        raise ValueError(f"tf.losses: weights of shape {own} can not be broadcast to values of shape {whole}")


def _compared(labels: Any, predictions: Any, where: str) -> tuple[Any, Any]:
    """The two as floats, of shapes that go together."""
    if labels is None or predictions is None:
        raise ValueError(f"tf.losses.{where}(): neither of the two tensors may be None")
    predictions = as_tensor(predictions)
    predictions = predictions if predictions.dtype.is_floating else K.cast(predictions, "float32")
    labels = K.cast(as_tensor(labels), predictions.dtype)
    if not labels.shape.is_compatible_with(predictions.shape):
        raise ValueError(f"tf.losses.{where}(): shapes {predictions.shape} and {labels.shape} are incompatible")
    return labels, predictions


def _elementwise(function: Callable[[Any, Any], Any], name: str) -> Callable[..., Any]:
    """A loss computed from labels and predictions, element by element."""

    def call(
        labels: Any,
        predictions: Any,
        weights: Any = 1.0,
        scope: Any = None,
        loss_collection: Any = _LOSSES,
        reduction: Any = _BY_NONZERO,
    ) -> Any:
        values = function(*_compared(labels, predictions, name))
        return compute_weighted_loss(values, weights, scope, loss_collection, reduction)

    return call


def _hinge_loss(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: Any = _LOSSES,
    reduction: Any = _BY_NONZERO,
) -> Any:
    labels, logits = _compared(labels, logits, "hinge_loss")
    values = K.relu(1 - (2 * labels - 1) * logits)
    return compute_weighted_loss(values, weights, scope, loss_collection, reduction)


def _huber_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    delta: Any = 1.0,
    scope: Any = None,
    loss_collection: Any = _LOSSES,
    reduction: Any = _BY_NONZERO,
) -> Any:
    labels, predictions = _compared(labels, predictions, "huber_loss")
    error = K.abs(predictions - labels)
    near = K.minimum(error, K.ones_like(error) * delta)
    values = 0.5 * near * near + delta * (error - near)
    return compute_weighted_loss(values, weights, scope, loss_collection, reduction)


def _log_loss(
    labels: Any,
    predictions: Any,
    weights: Any = 1.0,
    epsilon: Any = 1e-7,
    scope: Any = None,
    loss_collection: Any = _LOSSES,
    reduction: Any = _BY_NONZERO,
) -> Any:
    labels, predictions = _compared(labels, predictions, "log_loss")
    values = -labels * K.log(predictions + epsilon) - (1 - labels) * K.log(1 - predictions + epsilon)
    return compute_weighted_loss(values, weights, scope, loss_collection, reduction)


def _cosine_distance(
    labels: Any,
    predictions: Any,
    axis: Any = None,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: Any = _LOSSES,
    reduction: Any = _BY_NONZERO,
    dim: Any = None,
) -> Any:
    axis = dim if axis is None else axis
    if axis is None:
        raise ValueError("tf.losses.cosine_distance(): give axis")
    labels, predictions = _compared(labels, predictions, "cosine_distance")
    values = 1 - K.sum(predictions * labels, axis, True)
    return compute_weighted_loss(values, weights, scope, loss_collection, reduction)


def _mean_pairwise_squared_error(
    labels: Any, predictions: Any, weights: Any = 1.0, scope: Any = None, loss_collection: Any = _LOSSES
) -> Any:
    labels, predictions = _compared(labels, predictions, "mean_pairwise_squared_error")
    weights = K.cast(as_tensor(weights), "float32")
    difference = K.cast(predictions - labels, "float32")
    if difference.shape.rank is None or difference.shape.rank < 2:
        raise ValueError(f"tf.losses.mean_pairwise_squared_error(): a batch is needed; got shape {difference.shape}")
    check_weights(weights, difference)
    axes = [*range(1, difference.shape.rank)]
    present = K.cast(K.not_equal(K.ones_like(difference) * weights, 0.0), "float32")
    count = K.sum(present, axes, True)
    # The mean of (d_i - d_j) ** 2 over all pairs of a sample is 2 n / (n - 1) times (mean of d ** 2 - mean ** 2).
    squares = 2 * ops.divide_no_nan(K.sum(K.square(difference), axes, True), count - 1)
    product = 2 * ops.divide_no_nan(K.square(K.sum(difference, axes, True)), count * (count - 1))
    loss = K.sum((squares - product) * weights)
    loss = ops.where(K.greater(K.sum(count), 0.0), loss, K.zeros_like(loss))
    loss = K.cast(loss, predictions.dtype)
    add_loss(loss, loss_collection)
    return loss


def _sigmoid_cross_entropy(
    multi_class_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: Any = 0,
    scope: Any = None,
    loss_collection: Any = _LOSSES,
    reduction: Any = _BY_NONZERO,
) -> Any:
    labels, logits = _compared(multi_class_labels, logits, "sigmoid_cross_entropy")
    if label_smoothing > 0:
        labels = labels * (1 - label_smoothing) + 0.5 * label_smoothing
    values = TF_NN["sigmoid_cross_entropy_with_logits"](labels, logits)
    return compute_weighted_loss(values, weights, scope, loss_collection, reduction)


def _softmax_cross_entropy(
    onehot_labels: Any,
    logits: Any,
    weights: Any = 1.0,
    label_smoothing: Any = 0,
    scope: Any = None,
    loss_collection: Any = _LOSSES,
    reduction: Any = _BY_NONZERO,
) -> Any:
    labels, logits = _compared(onehot_labels, logits, "softmax_cross_entropy")
    if label_smoothing > 0:
        classes = K.cast(K.shape(labels)[1], logits.dtype)
        labels = labels * (1 - label_smoothing) + label_smoothing / classes
    values = TF_NN["softmax_cross_entropy_with_logits"](K.stop_gradient(labels), logits)
    return compute_weighted_loss(values, weights, scope, loss_collection, reduction)


def _sparse_softmax_cross_entropy(
    labels: Any,
    logits: Any,
    weights: Any = 1.0,
    scope: Any = None,
    loss_collection: Any = _LOSSES,
    reduction: Any = _BY_NONZERO,
) -> Any:
    if labels is None or logits is None:
        raise ValueError("tf.losses.sparse_softmax_cross_entropy(): neither of the two tensors may be None")
    labels, logits, weights = as_tensor(labels), as_tensor(logits), as_tensor(weights)
    ranks = labels.shape.rank, logits.shape.rank
    if None not in ranks and labels.shape.rank == logits.shape.rank and labels.shape[-1] in (1, None):
        labels = K.squeeze(labels, -1)
    values = TF_NN["sparse_softmax_cross_entropy_with_logits"](labels, logits)
    if weights.shape.rank and values.shape.rank is not None and weights.shape.rank == values.shape.rank + 1:
        weights = K.squeeze(weights, -1)
    return compute_weighted_loss(values, weights, scope, loss_collection, reduction)


# --------------------------------------------------------------------------------------------------------- collections


def get_losses(scope: Any = None, loss_collection: Any = _LOSSES) -> list[Any]:
    """The losses of the collection."""
    return get_default_graph().get_collection(loss_collection, scope)


def get_regularization_losses(scope: Any = None) -> list[Any]:
    """The losses that regularizers have added."""
    return get_default_graph().get_collection(GraphKeys.REGULARIZATION_LOSSES, scope)


def get_regularization_loss(scope: Any = None, name: Any = "total_regularization_loss") -> Any:
    """The sum of the losses that regularizers have added, 0 without any."""
    losses = get_regularization_losses(scope)
    return MATH["add_n"](losses) if losses else ops.constant(0.0)


def get_total_loss(add_regularization_losses: bool = True, name: Any = "total_loss", scope: Any = None) -> Any:
    """The sum of all losses of the collection.

    Raises:
        ValueError: there are none.
    """
    losses = get_losses(scope)
    if add_regularization_losses:
        losses += get_regularization_losses(scope)
    if not losses:
        raise ValueError("tf.losses.get_total_loss(): there are no losses in the collection")
    return MATH["add_n"](losses)


V1_LOSSES: Table = {
    "Reduction": Reduction,
    "absolute_difference": _elementwise(lambda labels, x: K.abs(x - labels), "absolute_difference"),
    "add_loss": add_loss,
    "compute_weighted_loss": compute_weighted_loss,
    "cosine_distance": _cosine_distance,
    "get_losses": get_losses,
    "get_regularization_loss": get_regularization_loss,
    "get_regularization_losses": get_regularization_losses,
    "get_total_loss": get_total_loss,
    "hinge_loss": _hinge_loss,
    "huber_loss": _huber_loss,
    "log_loss": _log_loss,
    "mean_pairwise_squared_error": _mean_pairwise_squared_error,
    "mean_squared_error": _elementwise(lambda labels, x: K.square(x - labels), "mean_squared_error"),
    "sigmoid_cross_entropy": _sigmoid_cross_entropy,
    "softmax_cross_entropy": _softmax_cross_entropy,
    "sparse_softmax_cross_entropy": _sparse_softmax_cross_entropy,
}

give_names({"tensorflow.compat.v1.losses": V1_LOSSES}, __name__)
