"""The metrics of `tf.keras` in TensorFlow 2.2 where Keras 2.3.1 has none, or means something else.

`adapt` changes Keras 2.3.1, which the models use, for a program that asks for `tensorflow.keras`:

- on values, `update_state` counts at once, and `metric(…)` and `result()` are values;
- what was not updated yet is 0 rather than NaN; the first `AUC` is called "auc", the next "auc_1";
- `"accuracy"` looks at the targets, whether they are classes or vectors; `metrics=["AUC"]` makes the metric;
- `binary_accuracy` compares with the threshold, functions take lists and arrays.
"""

from __future__ import annotations

import functools
import re
import sys
from collections import Counter
from contextvars import ContextVar
from types import SimpleNamespace
from typing import Any

import numpy as np

from kjax import backend
from kjax.core import graph
from kjax.core.operands import as_tensor
from kjax.dialects.newer_losses import cast_first, replace
from kjax.dialects.repairs import StandIn, wrap
from kjax.dialects.tensorflow_ops import divide_no_nan, where
from kjax.ops.elementwise import identity

K: Any = backend

# Functions of targets and predictions in `keras.metrics`.
_FUNCTIONS = ("accuracy", "binary_accuracy", "categorical_accuracy", "cosine_proximity", "top_k_categorical_accuracy")

# Counters of the names of metrics.
_named: Counter[str] = Counter()


# ------------------------------------------------------------------------ classes, to which `adapt` adds those of Keras


class MeanTensor:
    """The mean of each element of a tensor over all updates."""

    def __init__(self, name: str = "mean_tensor", dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)  # type: ignore[call-arg]
        self._total: Any = None
        self._count: Any = None

    @property
    def total(self) -> Any:
        """The sum of the values; None before the first update."""
        return self._total

    @property
    def count(self) -> Any:
        """The sum of the weights; None before the first update."""
        return self._count

    def update_state(self, values: Any, sample_weight: Any = None) -> Any:
        """Count a tensor."""
        values = _cast(values, self.dtype)  # type: ignore[attr-defined]
        shape = K.int_shape(values)
        if self._total is None:
            add: Any = self.add_weight  # type: ignore[attr-defined]
            self._total = add(name="total", shape=shape, initializer="zeros")
            self._count = add(name="count", shape=shape, initializer="zeros")
        elif shape != K.int_shape(self._total):
            raise ValueError(
                "MeanTensor input values must always have the same shape. Expected shape (set during the first call): "
                f"{K.int_shape(self._total)}. Got: {shape}"
            )
        weight = K.ones_like(values)
        if sample_weight is not None:
            utils = sys.modules["keras.utils.losses_utils"]
            given = _cast(sample_weight, self.dtype)  # type: ignore[attr-defined]
            values, _, given = utils.squeeze_or_expand_dimensions(values, sample_weight=given)
            weight = weight * utils.broadcast_weights(values, given)
        return [K.update_add(self._total, values * weight), K.update_add(self._count, weight)]

    def result(self) -> Any:
        """The mean."""
        if self._total is None:
            raise ValueError(
                "MeanTensor does not have any result yet. Please call the MeanTensor instance or use "
                "`.update_state(value)` before retrieving the result."
            )
        return divide_no_nan(self._total, self._count)

    def reset_states(self) -> None:
        """Begin anew."""
        _zero(self)


class MeanIoU:
    """The mean over classes of intersection over union, of classes as targets and predictions."""

    def __init__(self, num_classes: int, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)  # type: ignore[call-arg]
        self.num_classes = num_classes
        add: Any = self.add_weight  # type: ignore[attr-defined]
        self.total_cm = add("total_confusion_matrix", (num_classes, num_classes), initializer="zeros", dtype="float64")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Count targets and predictions."""
        rows, columns = (K.reshape(_cast(y, "int64"), (-1,)) for y in (y_true, y_pred))
        for what, y in (("y_true", rows), ("y_pred", columns)):
            if not y.is_symbolic and y.numpy().size and not 0 <= y.numpy().min() <= y.numpy().max() < self.num_classes:
                raise ValueError(f"MeanIoU(): {what} must be classes from 0 to {self.num_classes - 1}; got {y.numpy()}")
        found = K.cast(K.one_hot(rows, self.num_classes), "float64")
        if sample_weight is not None:
            found = found * K.reshape(_cast(sample_weight, "float64"), (-1, 1))
        predicted = K.cast(K.one_hot(columns, self.num_classes), "float64")
        return [K.update_add(self.total_cm, K.dot(K.transpose(found), predicted))]

    def result(self) -> Any:
        """The mean over the classes that were seen."""
        matrix = K.cast(self.total_cm, self.dtype)  # type: ignore[attr-defined]
        both = K.sum(matrix * K.eye(self.num_classes, dtype=matrix.dtype.name), axis=0)
        either = K.sum(matrix, axis=0) + K.sum(matrix, axis=1) - both
        seen = K.sum(K.cast(K.not_equal(either, 0.0), matrix.dtype.name))
        return divide_no_nan(K.sum(divide_no_nan(both, either)), seen)

    def reset_states(self) -> None:
        """Begin anew."""
        _zero(self)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {**super().get_config(), "num_classes": self.num_classes}  # type: ignore[misc]


class MeanRelativeError:
    """The mean of `|y_true - y_pred| / normalizer`."""

    def __init__(self, normalizer: Any, name: str | None = None, dtype: Any = None) -> None:
        super().__init__(name=name, dtype=dtype)  # type: ignore[call-arg]
        self.normalizer = _cast(normalizer, self.dtype)  # type: ignore[attr-defined]

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Count targets and predictions."""
        utils = sys.modules["keras.utils.losses_utils"]
        y_true, y_pred = (_cast(y, self.dtype) for y in (y_true, y_pred))  # type: ignore[attr-defined]
        y_pred, y_true = utils.squeeze_or_expand_dimensions(y_pred, y_true)
        errors = divide_no_nan(K.abs(y_true - y_pred), self.normalizer)
        return super().update_state(errors, sample_weight=sample_weight)  # type: ignore[misc]

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        return {**super().get_config(), "normalizer": K.get_value(self.normalizer)}  # type: ignore[misc]


class PrecisionAtRecall:
    """The precision at the threshold whose recall is nearest to the given one."""

    def __init__(self, recall: float, num_thresholds: int = 200, name: str | None = None, dtype: Any = None) -> None:
        if not 0 <= recall <= 1:
            raise ValueError(f"`recall` must be in the range [0, 1]; got {recall}")
        self.recall, self.num_thresholds = recall, num_thresholds
        super().__init__(value=recall, num_thresholds=num_thresholds, name=name, dtype=dtype)  # type: ignore[call-arg]

    def result(self) -> Any:
        """The precision."""
        _, recalls, precisions = _rates(self)
        nearest = K.argmin(K.abs(recalls - self.recall), axis=0)
        return K.gather(precisions, nearest)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        own = {"num_thresholds": self.num_thresholds, "recall": self.recall}
        return {**super().get_config(), **own}  # type: ignore[misc]


class RecallAtPrecision:
    """The greatest recall of a threshold whose precision is the given one or more; 0 if there is none."""

    def __init__(self, precision: float, num_thresholds: int = 200, name: str | None = None, dtype: Any = None) -> None:
        if not 0 <= precision <= 1:
            raise ValueError(f"`precision` must be in the range [0, 1]; got {precision}")
        self.precision, self.num_thresholds = precision, num_thresholds
        super().__init__(value=precision, num_thresholds=num_thresholds, name=name, dtype=dtype)  # type: ignore[call-arg]

    def result(self) -> Any:
        """The recall."""
        _, recalls, precisions = _rates(self)
        return K.max(where(K.greater_equal(precisions, self.precision), recalls, K.zeros_like(recalls)))

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        own = {"num_thresholds": self.num_thresholds, "precision": self.precision}
        return {**super().get_config(), **own}  # type: ignore[misc]


class AUC:
    """The area under a curve; with `multi_label` the mean of those of all labels, weighted by `label_weights`."""

    def __init__(
        self,
        num_thresholds: int = 200,
        curve: str = "ROC",
        summation_method: str = "interpolation",
        name: str | None = None,
        dtype: Any = None,
        thresholds: Any = None,
        multi_label: bool = False,
        label_weights: Any = None,
    ) -> None:
        super().__init__(num_thresholds, curve, summation_method, name, dtype, thresholds)  # type: ignore[call-arg]
        self.multi_label, self.label_weights = multi_label, label_weights
        self._by_label: list[Any] = []

    _COUNTS = ("true_positives", "true_negatives", "false_positives", "false_negatives")

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
        """Count targets and predictions."""
        if not self.multi_label:
            if self.label_weights is not None:
                weights = _cast(self.label_weights, "float32")
                sample_weight = weights if sample_weight is None else weights * _column(sample_weight)
                sample_weight = sample_weight + K.zeros_like(_cast(y_pred, "float32"))
            return super().update_state(y_true, y_pred, sample_weight)  # type: ignore[misc]
        y_true, y_pred = _cast(y_true, "bool"), _cast(y_pred, "float32")
        if not self._by_label:
            shape = len(self.thresholds), K.int_shape(y_pred)[1]  # type: ignore[attr-defined]
            add: Any = self.add_weight  # type: ignore[attr-defined]
            self._by_label = [add(name=name, shape=shape, initializer="zeros") for name in self._COUNTS]
        bounds = K.constant(np.reshape(self.thresholds, (-1, 1, 1)), "float32")  # type: ignore[attr-defined]
        positive, true = K.greater(y_pred, bounds), K.cast(y_true, "float32")
        said = K.cast(positive, "float32")
        weight = 1.0 if sample_weight is None else _column(sample_weight)
        counts = true * said, (1.0 - true) * (1.0 - said), (1.0 - true) * said, true * (1.0 - said)
        return [K.update_add(v, K.sum(c * weight, axis=1)) for v, c in zip(self._by_label, counts, strict=True)]

    def result(self) -> Any:
        """The area, or the mean of areas."""
        if not self._by_label:
            return super().result()  # type: ignore[misc]
        base, areas = sys.modules["keras.metrics"].AUC, []
        for label in range(K.int_shape(self._by_label[0])[1]):
            one = SimpleNamespace(
                **{name: getattr(self, name) for name in ("num_thresholds", "curve", "summation_method")}
            )
            for name, counts in zip(self._COUNTS, self._by_label, strict=True):
                setattr(one, name, counts[:, label])
            one.interpolate_pr_auc = functools.partial(base.interpolate_pr_auc, one)
            areas.append(base.result(one))
        areas = K.stack(areas)
        if self.label_weights is None:
            return K.mean(areas)
        weights = _cast(self.label_weights, "float32")
        return divide_no_nan(K.sum(areas * weights), K.sum(weights))

    def reset_states(self) -> None:
        """Begin anew."""
        _zero(self)

    def get_config(self) -> dict[str, Any]:
        """The arguments that make an equal metric."""
        own = {"multi_label": self.multi_label, "label_weights": self.label_weights}
        return {**super().get_config(), **own}  # type: ignore[misc]


# For each class, the class of Keras that it derives from.
_BASES = {
    AUC: "AUC",
    MeanIoU: "Metric",
    MeanRelativeError: "Mean",
    MeanTensor: "Metric",
    PrecisionAtRecall: "SensitivitySpecificityBase",
    RecallAtPrecision: "SensitivitySpecificityBase",
}


def _rates(metric: Any) -> tuple[Any, Any, Any]:
    """The true positives, recalls and precisions of all thresholds."""
    hits = metric.true_positives
    recalls = divide_no_nan(hits, hits + metric.false_negatives)
    return hits, recalls, divide_no_nan(hits, hits + metric.false_positives)


def _cast(value: Any, dtype: Any) -> Any:
    return K.cast(as_tensor(value), str(dtype))


def _column(weights: Any) -> Any:
    weights = _cast(weights, "float32")
    return K.expand_dims(weights, -1) if K.ndim(weights) == 1 else weights


def _zero(metric: Any) -> None:
    K.batch_set_value([(weight, np.zeros(K.int_shape(weight))) for weight in metric.weights])


# ------------------------------------------------------------------------------------------------------------ functions


def _binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    said = K.cast(K.greater(y_pred, threshold), y_pred.dtype.name)
    return K.mean(K.cast(K.equal(y_true, said), K.floatx()), axis=-1)


def _filter_top_k(x: Any, k: int) -> Any:
    """The greatest `k` values along the last axis, the first of equal ones; a very small one in the place of others."""
    one, other = K.expand_dims(x, -1), K.expand_dims(x, -2)
    place = np.arange(K.int_shape(x)[-1])
    before = K.cast(K.constant(place[None, :] < place[:, None], "bool"), K.floatx())
    ahead = K.cast(K.greater(other, one), K.floatx()) + K.cast(K.equal(other, one), K.floatx()) * before
    return where(K.less(K.sum(ahead, axis=-1), float(k)), x, K.zeros_like(x) - 1e10)


def _accuracy(y_true: Any, y_pred: Any) -> Any:
    """Whether the likeliest class is the target: a class where the last dim is 1, else a vector with a number for each.

    The dim is looked at when it is known, which for a target of `fit` is at its first batch.
    """
    said = K.argmax(y_pred, axis=-1)
    if K.ndim(y_true) < K.ndim(y_pred):
        return K.cast(K.equal(K.cast(y_true, "int64"), said), K.floatx())
    is_class = K.equal(K.shape(y_true)[-1], 1)
    target = where(is_class, K.cast(y_true[..., 0], "int64"), K.argmax(y_true, axis=-1))
    return K.cast(K.equal(target, said), K.floatx())


def _crossentropy(y_true: Any, y_pred: Any) -> Any:
    """The cross entropy of targets as `_accuracy` takes them."""
    classes = K.int_shape(y_pred)[-1]
    if K.ndim(y_true) == K.ndim(y_pred):
        is_class = K.equal(K.shape(y_true)[-1], 1)
        from_class = K.one_hot(K.cast(y_true[..., 0], "int32"), classes)
        y_true = where(is_class, from_class, y_true + K.zeros_like(y_pred))
    else:
        y_true = K.one_hot(K.cast(y_true, "int32"), classes)
    return K.categorical_crossentropy(y_true, y_pred)


# ------------------------------------------------------------------------------------------------------------- adapting


def adapt(keras: Any) -> None:
    """Make the metrics of Keras 2.3.1 those of TensorFlow 2.2."""
    metrics = keras.metrics
    own = {"binary_accuracy": _binary_accuracy}
    replace([metrics], {name: cast_first(getattr(metrics, name), own.get(name)) for name in _FUNCTIONS})
    for name in ("sparse_categorical_accuracy", "sparse_top_k_categorical_accuracy"):
        replace([metrics], {name: _floats_first(getattr(metrics, name))})
    wrap(metrics.Metric, "__init__", _named_from_zero)
    wrap(metrics.Metric, "__call__", _called)
    keras.utils.metrics_utils.filter_top_k = _filter_top_k
    wrap(keras.utils.metrics_utils, "update_state_wrapper", _at_once)
    wrap(keras.utils.metrics_utils, "result_wrapper", _noted_elsewhere)
    wrap(metrics.Reduce, "result", _without_nan)
    wrap(metrics.RootMeanSquaredError, "result", _root_without_nan)
    wrap(metrics.RootMeanSquaredError, "update_state", _cast_state)
    metrics.K = StandIn("keras.backend", backend=lambda: "tensorflow")  # which `Precision(top_k=…)` asks for
    wrap(metrics, "get", _got)
    wrap(keras.engine.training_utils, "get_metric_function", _metric_function)
    wrap(keras.engine.training_utils, "get_metric_name", _metric_name)
    wrap(metrics, "deserialize", _deserialized)


@functools.cache
def METRICS() -> dict[str, Any]:
    """What `tf.keras.metrics` has beyond Keras 2.3.1."""
    metrics = sys.modules["keras.metrics"]
    return {
        cls.__name__: type(
            cls.__name__, (cls, getattr(metrics, base)), {"__doc__": cls.__doc__, "__module__": __name__}
        )
        for cls, base in _BASES.items()
    }


def _deserialized(original: Any, config: Any, custom_objects: Any = None) -> Any:
    return original(config, {**METRICS(), **(custom_objects or {})})


def _floats_first(original: Any) -> Any:
    @functools.wraps(original)
    def cast(y_true: Any, y_pred: Any, *args: Any, **kwargs: Any) -> Any:
        return original(_cast(y_true, K.floatx()), as_tensor(y_pred), *args, **kwargs)

    return cast


def _named_from_zero(original: Any, metric: Any, name: str | None = None, dtype: Any = None, **kwargs: Any) -> None:
    if name is None:
        name = _snake(type(metric).__name__)
        _named[name] += 1
        name = name if _named[name] == 1 else f"{name}_{_named[name] - 1}"
    original(metric, name=name, dtype=dtype, **kwargs)


def _snake(name: str) -> str:
    """A name of a class in small letters: `TruePositives` is "true_positives", `MeanIoU` "mean_io_u".

    >>> _snake("MeanIoU"), _snake("AUC")
    ('mean_io_u', 'auc')
    """
    return re.sub("([a-z])([A-Z])", r"\1_\2", re.sub("(.)([A-Z][a-z0-9]+)", r"\1_\2", name)).lower()


def _on_values(*values: Any) -> bool:
    return graph.executing_eagerly() and not any(tensor.is_symbolic for tensor in graph.tensors_in([*values]))


def _called(original: Any, metric: Any, *args: Any, **kwargs: Any) -> Any:
    """A metric's `__call__`: the result after the update, on values at once."""
    if not _on_values(args, kwargs):
        return original(metric, *args, **kwargs)
    metric.update_state(*args, **kwargs)
    return metric.result()


def _at_once(original: Any, update_state: Any) -> Any:
    """A metric's `update_state`: on values nothing is left to be added to the layer."""
    kept = original(update_state)

    def updating(metric: Any, *args: Any, **kwargs: Any) -> Any:
        if in_own_step.get():
            return update_state(*args, **kwargs)
        if not _on_values(args, kwargs):
            return kept(metric, *args, **kwargs)
        update_state(*args, **kwargs)
        return None

    return updating


# Whether this is within a step that a model defines: what a metric makes there, the functions of Keras must not see.
in_own_step: ContextVar[bool] = ContextVar("kjax_in_own_step", default=False)


def _noted_elsewhere(original: Any, result: Any) -> Any:
    """A metric's `result`, which Keras notes at the metric for its functions."""
    kept = original(result)

    def found(metric: Any, *args: Any, **kwargs: Any) -> Any:
        return identity(result(*args, **kwargs)) if in_own_step.get() else kept(metric, *args, **kwargs)

    return found


def _without_nan(original: Any, metric: Any) -> Any:
    return divide_no_nan(metric.total, metric.count) if hasattr(metric, "count") else original(metric)


def _root_without_nan(original: Any, metric: Any) -> Any:
    return K.sqrt(divide_no_nan(metric.total, metric.count))


def _cast_state(original: Any, metric: Any, y_true: Any, y_pred: Any, sample_weight: Any = None) -> Any:
    return original(metric, _cast(y_true, metric.dtype), _cast(y_pred, metric.dtype), sample_weight)


def _got(original: Any, identifier: Any) -> Any:
    """A metric by its name, its configuration or itself; by the name of a class a new one."""
    if isinstance(identifier, dict):
        return sys.modules["keras.metrics"].deserialize(identifier)
    found = original(identifier)
    return found(name=_snake(found.__name__)) if isinstance(identifier, str) and isinstance(found, type) else found


def _metric_name(original: Any, metric: Any, weighted: bool = False) -> Any:
    if isinstance(metric, str) and isinstance(_known(metric), type):
        return _snake(metric)
    return original(metric, weighted)


def _known(name: str) -> Any:
    return METRICS().get(name) or getattr(sys.modules["keras.metrics"], name, None)


def _metric_function(original: Any, metric: Any, output_shape: Any = None, loss_fn: Any = None) -> Any:
    if not isinstance(metric, str) or metric not in ("accuracy", "acc", "crossentropy", "ce"):
        return original(metric, output_shape, loss_fn)
    metrics, binary = sys.modules["keras.metrics"], output_shape[-1] == 1
    if metric in ("accuracy", "acc"):
        return metrics.binary_accuracy if binary else _accuracy
    return metrics.binary_crossentropy if binary else _crossentropy
