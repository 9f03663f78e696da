"""`tf.metrics` of TensorFlow 1: for each metric its value, and an operation that takes account of a batch.

The numbers between batches are in local variables, which `tf.local_variables_initializer()` sets back to zero. Metrics
are for graphs; in eager mode `tf.keras.metrics` has classes.

`V1_METRICS` is the table of `tf.compat.v1.metrics`. In a program for TensorFlow 1, `tf.metrics` has these names, too.
Left out: averages of precision at k, and specificity at a sensitivity and the reverse.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core.graph import MODE
from kjax.core.operands import as_tensor
from kjax.dialects import tensorflow_ops as ops
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.dialects.tensorflow_graphs import GraphKeys, get_default_graph, local_variable, variable_scope
from kjax.dialects.tensorflow_losses import check_weights
from kjax.dialects.tensorflow_math import MATH
from kjax.ops import diagonals

Pair = tuple[Any, Any]


def _measured(name: str, given: Any, compute: Callable[[], Pair], metrics: Any, updates: Any) -> Pair:
    """A metric's value and its update, in the collections that they are to be in."""
    if not MODE.get().graph:
        raise RuntimeError(f"tf.metrics.{name}() is not supported in eager mode: tf.keras.metrics has classes for it")
    with variable_scope(given, name):
        value, update = compute()
    for keys, tensor in ((metrics, value), (updates, update)):
        get_default_graph().add_to_collections(keys or [], tensor)
    return value, update


def _sum_of(name: str, shape: Any = (), dtype: str = "float32") -> Any:
    """A local variable of zeros."""
    return local_variable(np.zeros(shape, dtype), name, GraphKeys.METRIC_VARIABLES)


def _weighted(values: Any, weights: Any) -> Pair:
    """The values as floats, weighted; and the weight of each."""
    values = K.cast(as_tensor(values), "float32")
    if weights is None:
        return values, K.ones_like(values)
    weights = K.cast(as_tensor(weights), "float32")
    if weights.shape.rank is not None and values.shape.rank == weights.shape.rank - 1:
        weights = K.squeeze(weights, -1)
    elif weights.shape.rank and values.shape.rank == weights.shape.rank + 1:
        weights = K.expand_dims(weights, -1)
    check_weights(weights, values)
    weights = K.ones_like(values) * weights
    return values * weights, weights


def _running_mean(values: Any, weights: Any, elementwise: bool = False) -> Pair:
    """The mean of all values so far, before and after this batch."""
    values, weights = _weighted(values, weights)
    if elementwise and not values.shape.is_fully_defined():
        raise ValueError(f"tf.metrics.mean_tensor(): the shape of values must be known; got {values.shape}")
    shape = tuple(values.shape) if elementwise else ()
    total, count = _sum_of("total_tensor" if elementwise else "total", shape), _sum_of("count", shape)
    if not elementwise:
        values, weights = K.sum(values), K.sum(weights)
    after = ops.divide_no_nan(K.update_add(total, values), K.update_add(count, weights))
    return ops.divide_no_nan(total, count), after


def _of_pairs(values: Callable[[Any, Any], Any], name: str) -> Callable[..., Pair]:
    """The mean of what is computed from labels and predictions."""

    def call(
        labels: Any,
        predictions: Any,
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: Any = None,
    ) -> Pair:
        def compute() -> Pair:
            return _running_mean(values(*_together(labels, predictions, metric)), weights)

        return _measured(metric, name, compute, metrics_collections, updates_collections)

    metric = name
    return call


def _together(labels: Any, predictions: Any, where: str, dtype: Any = None) -> Pair:
    """Labels and predictions of one dtype, and of shapes that go together; a last dim of 1 may be missing in one."""
    predictions, labels = as_tensor(predictions), as_tensor(labels)
    if dtype is not None:
        predictions, labels = K.cast(predictions, dtype), K.cast(labels, dtype)
    elif predictions.dtype != labels.dtype:
        predictions = K.cast(predictions, labels.dtype)
    ranks = labels.shape.rank, predictions.shape.rank
    if ranks[0] is not None and ranks[1] is not None:
        if ranks[0] == ranks[1] + 1 and labels.shape[-1] in (1, None):
            labels = K.squeeze(labels, -1)
        elif ranks[1] == ranks[0] + 1 and predictions.shape[-1] in (1, None):
            predictions = K.squeeze(predictions, -1)
    if not labels.shape.is_compatible_with(predictions.shape):
        raise ValueError(f"tf.metrics.{where}(): shapes {predictions.shape} and {labels.shape} are incompatible")
    return labels, predictions


# --------------------------------------------------------------------------------------------------------------- means


def _mean(
    values: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Pair:
    return _measured("mean", name, lambda: _running_mean(values, weights), metrics_collections, updates_collections)


def _mean_tensor(
    values: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Pair:
    def compute() -> Pair:
        return _running_mean(values, weights, elementwise=True)

    return _measured("mean_tensor", name, compute, metrics_collections, updates_collections)


def _percentage_below(
    values: Any,
    threshold: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Pair:
    def compute() -> Pair:
        return _running_mean(K.cast(K.less(as_tensor(values), threshold), "float32"), weights)

    return _measured("percentage_below_threshold", name, compute, metrics_collections, updates_collections)


def _root_mean_squared_error(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Pair:
    def compute() -> Pair:
        labels_, predictions_ = _together(labels, predictions, "root_mean_squared_error", "float32")
        before, after = _running_mean(K.square(labels_ - predictions_), weights)
        return K.sqrt(before), K.sqrt(after)

    return _measured("root_mean_squared_error", name, compute, metrics_collections, updates_collections)


def _mean_relative_error(
    labels: Any,
    predictions: Any,
    normalizer: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Pair:
    def compute() -> Pair:
        labels_, predictions_ = _together(labels, predictions, "mean_relative_error", "float32")
        scale = K.cast(as_tensor(normalizer), "float32")
        errors = K.abs(labels_ - predictions_)
        return _running_mean(ops.where(K.equal(scale, 0.0), K.zeros_like(errors), errors / scale), weights)

    return _measured("mean_relative_error", name, compute, metrics_collections, updates_collections)


def _mean_cosine_distance(
    labels: Any,
    predictions: Any,
    dim: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Pair:
    def compute() -> Pair:
        labels_, predictions_ = _together(labels, predictions, "mean_cosine_distance", "float32")
        before, after = _running_mean(K.sum(labels_ * predictions_, dim, True), weights)
        return 1 - before, 1 - after

    return _measured("mean_cosine_distance", name, compute, metrics_collections, updates_collections)


# -------------------------------------------------------------------------------------------------------------- counts


def _counted(condition: Any, weights: Any, name: str) -> Pair:
    """How often a condition held so far: before and after this batch."""
    values, _ = _weighted(condition, weights)
    total = _sum_of(name)
    return _current(total), K.update_add(total, K.sum(values))


def _current(variable: Any) -> Any:
    """The value of a variable, as a tensor."""
    return ops.convert_to_tensor(variable)


# The four outcomes, as conditions on labels and predictions that are bools.
_OUTCOMES: dict[str, Callable[[Any, Any], Any]] = {
    "true_positives": lambda label, guess: label & guess,
    "false_positives": lambda label, guess: ~label & guess,
    "true_negatives": lambda label, guess: ~label & ~guess,
    "false_negatives": lambda label, guess: label & ~guess,
}


def _outcome(name: str) -> Callable[..., Pair]:
    def call(
        labels: Any,
        predictions: Any,
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: Any = None,
    ) -> Pair:
        def compute() -> Pair:
            return _counted(_OUTCOMES[metric](*_together(labels, predictions, metric, "bool")), weights, "count")

        return _measured(metric, name, compute, metrics_collections, updates_collections)

    metric = name
    return call


def _share(hits: str, misses: str, name: str) -> Callable[..., Pair]:
    """The share of hits: precision and recall."""

    def call(
        labels: Any,
        predictions: Any,
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: Any = None,
    ) -> Pair:
        def compute() -> Pair:
            both = _together(labels, predictions, metric, "bool")
            (hit, hit_after), (miss, miss_after) = (
                _counted(_OUTCOMES[outcome](*both), weights, outcome) for outcome in (hits, misses)
            )
            return ops.divide_no_nan(hit, hit + miss), ops.divide_no_nan(hit_after, hit_after + miss_after)

        return _measured(metric, name, compute, metrics_collections, updates_collections)

    metric = name
    return call


def _at_thresholds(labels: Any, predictions: Any, thresholds: Any, weights: Any, where: str) -> dict[str, Pair]:
    """Each outcome at each threshold, before and after this batch."""
    labels, predictions = _together(K.cast(as_tensor(labels), "float32"), predictions, where)
    cuts = np.asarray(thresholds, np.float32)[:, None]
    truth = K.cast(K.reshape(labels, (1, -1)), "bool")
    guess = K.greater(K.reshape(predictions, (1, -1)), cuts)
    weight = None
    if weights is not None:
        _, weight = _weighted(predictions, weights)
        weight = K.reshape(weight, (1, -1))
    found = {}
    for name, condition in _OUTCOMES.items():
        values = K.cast(condition(truth, guess), "float32")
        total = _sum_of(name, len(cuts))
        found[name] = (_current(total), K.update_add(total, K.sum(values if weight is None else values * weight, 1)))
    return found


def _outcome_at_thresholds(outcome: str) -> Callable[..., Pair]:
    def call(
        labels: Any,
        predictions: Any,
        thresholds: Any,
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: Any = None,
    ) -> Pair:
        def compute() -> Pair:
            return _at_thresholds(labels, predictions, thresholds, weights, outcome)[outcome]

        return _measured(outcome, name, compute, metrics_collections, updates_collections)

    return call


def _share_at_thresholds(hits: str, misses: str, metric: str) -> Callable[..., Pair]:
    def call(
        labels: Any,
        predictions: Any,
        thresholds: Any,
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: Any = None,
    ) -> Pair:
        def compute() -> Pair:
            found = _at_thresholds(labels, predictions, thresholds, weights, metric)
            before, after = (found[hits][i] / (1e-7 + found[hits][i] + found[misses][i]) for i in (0, 1))
            return before, after

        return _measured(metric, name, compute, metrics_collections, updates_collections)

    return call


def _auc(
    labels: Any,
    predictions: Any,
    weights: Any = None,
    num_thresholds: Any = 200,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    curve: Any = "ROC",
    name: Any = None,
    summation_method: Any = "trapezoidal",
    thresholds: Any = None,
) -> Pair:
    if curve not in ("ROC", "PR"):
        raise ValueError(f"tf.metrics.auc(): curve must be 'ROC' or 'PR'; got {curve!r}")
    heights = {"trapezoidal": lambda a, b: (a + b) / 2, "minoring": K.minimum, "majoring": K.maximum}
    if summation_method not in heights:
        raise NotImplementedError(f"tf.metrics.auc(): kjax knows the methods {[*heights]}; got {summation_method!r}")
    steps = num_thresholds - 1
    inner = [(i + 1) / steps for i in range(steps - 1)] if thresholds is None else sorted(thresholds)
    cuts = [-1e-7, *inner, 1 + 1e-7]

    def area(found: dict[str, Pair], when: int) -> Any:
        hit, wrong, right, missed = (found[outcome][when] for outcome in _OUTCOMES)
        recall = (hit + 1e-6) / (hit + missed + 1e-6)
        if curve == "ROC":
            x, y = wrong / (wrong + right + 1e-6), recall
        else:
            x, y = recall, (hit + 1e-6) / (hit + wrong + 1e-6)
        return K.sum((x[:-1] - x[1:]) * heights[summation_method](y[:-1], y[1:]))

    def compute() -> Pair:
        found = _at_thresholds(labels, predictions, cuts, weights, "auc")
        return area(found, 0), area(found, 1)

    return _measured("auc", name, compute, metrics_collections, updates_collections)


# ------------------------------------------------------------------------------------------------------------- classes


def _confusion(labels: Any, predictions: Any, num_classes: int, weights: Any) -> Pair:
    """The confusion matrix so far, before and after this batch."""
    total = _sum_of("total_confusion_matrix", (num_classes, num_classes), "float64")
    flat = [K.reshape(K.cast(as_tensor(part), "int64"), (-1,)) for part in (labels, predictions)]
    if weights is not None:
        weights = K.reshape(K.ones_like(K.cast(as_tensor(labels), "float64")) * K.cast(weights, "float64"), (-1,))
    batch = MATH["confusion_matrix"](*flat, num_classes, weights, "float64")
    return _current(total), K.update_add(total, batch)


def _mean_iou(
    labels: Any,
    predictions: Any,
    num_classes: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Pair:
    def score(matrix: Any) -> Any:
        rows, columns = (K.cast(K.sum(matrix, axis), "float32") for axis in (0, 1))
        both = K.cast(diagonals.diag_part(matrix), "float32")
        union = rows + columns - both
        there = K.sum(K.cast(K.not_equal(union, 0.0), "float32"))
        return ops.divide_no_nan(K.sum(ops.divide_no_nan(both, union)), there)

    def compute() -> Pair:
        before, after = _confusion(labels, predictions, num_classes, weights)
        return score(before), after

    return _measured("mean_iou", name, compute, metrics_collections, updates_collections)


def _mean_per_class_accuracy(
    labels: Any,
    predictions: Any,
    num_classes: Any,
    weights: Any = None,
    metrics_collections: Any = None,
    updates_collections: Any = None,
    name: Any = None,
) -> Pair:
    def compute() -> Pair:
        labels_, predictions_ = (K.reshape(K.cast(as_tensor(x), "int64"), (-1,)) for x in (labels, predictions))
        total, hits = _sum_of("total", num_classes), _sum_of("count", num_classes)
        classes, weighted = K.one_hot(K.cast(labels_, "int32"), num_classes), K.ones_like(labels_, "float32")
        if weights is not None:
            weighted = weighted * K.reshape(K.cast(as_tensor(weights), "float32"), (-1,))
        right = K.cast(K.equal(labels_, predictions_), "float32") * weighted
        of_batch = K.sum(classes * K.expand_dims(weighted, 1), 0)
        after = ops.divide_no_nan(
            K.update_add(hits, K.sum(classes * K.expand_dims(right, 1), 0)), K.update_add(total, of_batch)
        )
        return K.mean(ops.divide_no_nan(hits, total)), after

    return _measured("mean_accuracy", name, compute, metrics_collections, updates_collections)


def _top_k(hits: str) -> Callable[..., Pair]:
    """Precision or recall of the k classes with the highest scores."""

    def call(
        labels: Any,
        predictions: Any,
        k: Any,
        class_id: Any = None,
        weights: Any = None,
        metrics_collections: Any = None,
        updates_collections: Any = None,
        name: Any = None,
    ) -> Pair:
        if class_id is not None:
            raise NotImplementedError(f"tf.metrics.{hits}_at_k(): kjax looks at all classes; got class_id={class_id!r}")

        def compute() -> Pair:
            truth, scores = as_tensor(labels), as_tensor(predictions)
            if truth.shape.rank is not None and truth.shape.rank == (scores.shape.rank or 0) - 1:
                truth = K.expand_dims(truth, -1)
            best = MATH["top_k"](scores, k)[1]
            same = K.equal(K.expand_dims(K.cast(truth, "int64"), -1), K.expand_dims(K.cast(best, "int64"), -2))
            found = K.sum(K.cast(same, "float64"), (-2, -1))
            of = K.cast(K.shape(truth)[-1] if hits == "recall" else k, "float64")
            weight = K.ones_like(found)
            if weights is not None:
                weight = weight * K.cast(as_tensor(weights), "float64")
            total, count = (_sum_of(name, dtype="float64") for name in ("total", "count"))
            after = K.update_add(total, K.sum(found * weight)), K.update_add(count, K.sum(weight) * of)
            return ops.divide_no_nan(total, count), ops.divide_no_nan(*after)

        return _measured(f"{hits}_at_{k}", name, compute, metrics_collections, updates_collections)

    return call


_ACCURACY = _of_pairs(lambda labels, predictions: K.cast(K.equal(predictions, labels), "float32"), "accuracy")

V1_METRICS: Table = {
    **{name: _outcome(name) for name in _OUTCOMES},
    **{f"{name}_at_thresholds": _outcome_at_thresholds(name) for name in _OUTCOMES},
    "accuracy": _ACCURACY,
    "auc": _auc,
    "mean": _mean,
    "mean_absolute_error": _of_pairs(lambda labels, predictions: K.abs(predictions - labels), "mean_absolute_error"),
    "mean_cosine_distance": _mean_cosine_distance,
    "mean_iou": _mean_iou,
    "mean_per_class_accuracy": _mean_per_class_accuracy,
    "mean_relative_error": _mean_relative_error,
    "mean_squared_error": _of_pairs(lambda labels, predictions: K.square(predictions - labels), "mean_squared_error"),
    "mean_tensor": _mean_tensor,
    "percentage_below": _percentage_below,
    "precision": _share("true_positives", "false_positives", "precision"),
    "precision_at_k": _top_k("precision"),
    "precision_at_thresholds": _share_at_thresholds("true_positives", "false_positives", "precision_at_thresholds"),
    "recall": _share("true_positives", "false_negatives", "recall"),
    "recall_at_k": _top_k("recall"),
    "recall_at_thresholds": _share_at_thresholds("true_positives", "false_negatives", "recall_at_thresholds"),
    "root_mean_squared_error": _root_mean_squared_error,
}

give_names({"tensorflow.compat.v1.metrics": V1_METRICS}, __name__)
