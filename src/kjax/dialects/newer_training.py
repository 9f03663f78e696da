"""Training as `tf.keras` of TensorFlow 2.2 has it: arguments, callbacks, and models with steps of their own.

`adapt` changes Keras 2.3.1 for a program that asks for `tensorflow.keras`:

- `compile` may be called without arguments, and takes `steps_per_execution` and the like, which change nothing here;
- `fit` takes `validation_batch_size`, `evaluate`, `train_on_batch` and `test_on_batch` take `return_dict`;
- a subclass of `Model` may define `train_step(data)`, `test_step(data)`, `predict_step(data)`, `make_train_function()`
  and so on: `fit`, `evaluate` and `predict` then make a compiled function of them, which they call for each batch, and
  log what it returns; with `compile(run_eagerly=True)` the steps run operation by operation;
- `fit`, `evaluate` and `predict` take what gives batches each time that it is iterated over, as a `tf.data.Dataset`;
- `compiled_loss(y, y_pred)` and `compiled_metrics.update_state(y, y_pred)` do in a step what `compile` was given;
- callbacks are told the number of steps; files are HDF5, whatever `save_format` says.

Differs: of a loss with `Reduction.NONE` the mean over samples is told; and `train_step` of the base, called by a step
of the program, is the compiled one of Keras, so that such a step runs operation by operation.
"""

from __future__ import annotations

import functools
import inspect
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any

import numpy as np

from kjax import backend
from kjax.core import graph
from kjax.core.operands import as_tensor
from kjax.dialects.newer_losses import Reduction, alike
from kjax.dialects.newer_metrics import in_own_step
from kjax.dialects.newer_steps import (
    Batches,
    arrays,
    as_numbers,
    evaluate_by_steps,
    fit_by_steps,
    is_dataset,
    leaves_of,
    predict_by_steps,
    unpacked,
)
from kjax.dialects.repairs import wrap
from kjax.dialects.tensorflow_function import Function
from kjax.machine.scopes import scope

K: Any = backend


def adapt(keras: Any) -> None:
    """Make the training of models of Keras 2.3.1 that of TensorFlow 2.2."""
    model, network = keras.models.Model, keras.engine.network.Network
    for name, function in _METHODS.items():
        setattr(model, name, function)
    _signed(model, "compile", _compile)
    _signed(model, "fit", _fit)
    _signed(model, "evaluate", _evaluate)
    wrap(model, "predict", _predict)
    _signed(model, "train_on_batch", functools.partial(_on_batch, "train"))
    _signed(model, "test_on_batch", functools.partial(_on_batch, "test"))
    model.metrics = property(functools.partial(_metrics, model.metrics))
    wrap(model, "reset_metrics", _reset_metrics)
    wrap(network, "save", _save)
    wrap(network, "save_weights", _save)
    wrap(keras.models, "save_model", _save)
    wrap(keras.models, "load_model", _load_model)
    wrap(keras.engine.training_arrays, "test_loop", _test_loop)
    wrap(keras.engine.training_generator, "evaluate_generator", _evaluate_generator)
    wrap(model, "_set_metric_attributes", _weighted_by_batches)
    wrap(model, "_make_train_function", _summed_gradients)
    wrap(keras.callbacks.CallbackList, "set_params", _set_params)
    wrap(keras.callbacks.BaseLogger, "on_batch_end", _running_mean)
    wrap(keras.callbacks.ProgbarLogger, "__init__", _shown_as_it_is)
    wrap(keras.utils.generic_utils.Progbar, "__init__", _progbar)


@functools.cache
def CALLBACKS() -> dict[str, Any]:
    """What `tf.keras.callbacks` has beyond Keras 2.3.1."""
    base = sys.modules["keras.callbacks"].ModelCheckpoint
    about = {"__doc__": ModelCheckpoint.__doc__, "__module__": __name__}
    return {"ModelCheckpoint": type("ModelCheckpoint", (ModelCheckpoint, base), about)}


# The methods that were replaced.
_of_keras: dict[str, Any] = {}


def _signed(owner: Any, name: str, method: Callable[..., Any]) -> None:
    """Replace a method by a function of the original one and the arguments."""
    original = _of_keras[name] = getattr(owner, name)

    def replaced(*args: Any, **kwargs: Any) -> Any:
        return method(original, *args, **kwargs)

    replaced.__name__, replaced.__qualname__, replaced.__doc__ = name, f"Model.{name}", original.__doc__
    replaced.__signature__ = _united_signature(original, method)  # type: ignore[attr-defined]
    setattr(owner, name, replaced)


def _united_signature(original: Callable[..., Any], method: Callable[..., Any]) -> inspect.Signature:
    """The arguments of the original method, and those that are new: `KerasClassifier` and others ask for them."""
    signature = inspect.signature(original)
    _, *own = inspect.signature(method).parameters.values()
    new = {one.name: one for one in own if one.kind is one.POSITIONAL_OR_KEYWORD or one.kind is one.KEYWORD_ONLY}
    old = {name: new.pop(name, one) for name, one in signature.parameters.items()}
    rest = [old.pop(name) for name in [*old] if old[name].kind is inspect.Parameter.VAR_KEYWORD]
    more = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in new.values() if one.name != "model"]
    return signature.replace(parameters=[*old.values(), *more, *rest])


# ------------------------------------------------------------------------------------------ losses and metrics of steps


class CompiledLoss:
    """The loss that `compile` was given, as a function of targets and predictions."""

    def __init__(self, losses: Any, weights: Any, names: Any = None) -> None:
        self._losses, self._weights, self._names = losses, weights, names
        mean = sys.modules["keras.metrics"].Mean
        self._mean = mean
        self._total = mean(name="loss")
        self._parts: list[Any] = []

    @property
    def metrics(self) -> list[Any]:
        """The means of the loss, and of those of several outputs."""
        return [self._total, *self._parts] if self._losses else []

    def reset_states(self) -> None:
        """Begin anew."""
        for metric in self.metrics:
            metric.reset_states()

    def __call__(self, y_true: Any, y_pred: Any, sample_weight: Any = None, regularization_losses: Any = None) -> Any:
        """The loss.

        Raises:
            ValueError: `compile` was given none.
        """
        names, targets, predictions = _outputs(y_true, y_pred, self._names)
        weights = [*map(_as_column, _spread(sample_weight, names), predictions)]
        losses, factors = _spread(self._losses, names), _spread(self._weights, names, 1.0)
        if all(loss is None for loss in losses):
            raise ValueError("compiled_loss(): no loss was given to `compile`, such as `model.compile(loss='mse')`")
        if len(names) > 1 and not self._parts:
            self._parts = [self._mean(name=f"{name}_loss") for name in names]
        values, count = [], K.cast(K.shape(predictions[0])[0], "float32")
        get = sys.modules["keras.engine.training_utils"].get_loss_function
        for i, loss in enumerate(losses):
            if loss is None:
                continue
            value = K.mean(get(loss)(targets[i], predictions[i], sample_weight=weights[i]))
            if self._parts:
                self._parts[i].update_state(value, sample_weight=count)
            values.append(factors[i] * value)
        total = sum(alike([*values, *(regularization_losses or ())]))
        self._total.update_state(total, sample_weight=count)
        return total


class CompiledMetrics:
    """The metrics that `compile` was given, updated by targets and predictions."""

    def __init__(self, metrics: Any, weighted: Any, losses: Any, names: Any = None) -> None:
        self._given, self._losses, self._names = (metrics, weighted), losses, names
        self._made: list[list[tuple[Any, bool]]] | None = None

    @property
    def metrics(self) -> list[Any]:
        """The metrics; none before the first update."""
        return [metric for made in self._made or () for metric, _ in made]

    def reset_states(self) -> None:
        """Begin anew."""
        for metric in self.metrics:
            metric.reset_states()

    def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
        """Count targets and predictions."""
        if not any(self._given):
            return
        names, targets, predictions = _outputs(y_true, y_pred, self._names)
        if self._made is None:
            self._made = self._metrics_of(names, predictions)
        weights = [*map(_as_column, _spread(sample_weight, names), predictions)]
        for metrics, target, prediction, weight in zip(self._made, targets, predictions, weights, strict=True):
            for metric, weighted in metrics:
                metric.update_state(target, prediction, sample_weight=weight if weighted else None)

    def _metrics_of(self, names: list[str], predictions: list[Any]) -> list[list[tuple[Any, bool]]]:
        utils, metrics = sys.modules["keras.engine.training_utils"], sys.modules["keras.metrics"]
        losses, made = _spread(self._losses, names), []
        for i, name in enumerate(names):
            of_output = []
            for given, weighted in zip(self._given, (False, True), strict=True):
                chosen = _spread(given, names, lists=True)[i]
                for one in chosen if isinstance(chosen, (list, tuple)) else [chosen] if chosen else []:
                    label = utils.get_metric_name(one, weighted)
                    loss = utils.get_loss_function(losses[i])
                    metric = utils.get_metric_function(one, K.int_shape(predictions[i]), loss)
                    label = f"{name}_{label}" if len(names) > 1 else label
                    if not isinstance(metric, metrics.Metric):
                        metric = metrics.MeanMetricWrapper(metric, name=label)
                    elif metric.name != label:
                        metric.name = label
                    of_output.append((metric, weighted))
            made.append(of_output)
        return made


def _outputs(y_true: Any, y_pred: Any, names: Any) -> tuple[list[str], list[Any], list[Any]]:
    """The names of outputs, their targets and predictions; targets without a last axis of their own get one."""
    if isinstance(y_pred, Mapping):
        found, predictions = list(y_pred), [*y_pred.values()]
    else:
        predictions = [*y_pred] if isinstance(y_pred, (list, tuple)) else [y_pred]
        count = len(predictions)
        found = list(names) if names and len(names) == count else [f"output_{i + 1}" for i in range(count)]
    targets = [_as_column(target, y) for target, y in zip(_spread(y_true, found), predictions, strict=True)]
    return found, targets, predictions


def _as_column(given: Any, prediction: Any) -> Any:
    """A vector of a number for each sample as a matrix of one column, where predictions are a matrix."""
    if given is None:
        return None
    given = as_tensor(given)
    return K.expand_dims(given, -1) if K.ndim(given) == 1 and K.ndim(prediction) == 2 else given


def _spread(given: Any, names: list[str], otherwise: Any = None, lists: bool = False) -> list[Any]:
    """What is given for each output: by name, in a list, or the same for all."""
    if isinstance(given, Mapping):
        return [given.get(name, otherwise) for name in names]
    several = isinstance(given, (list, tuple)) and (
        not lists or (len(names) > 1 and any(isinstance(part, (list, tuple)) for part in given))
    )
    if several:
        return [*given]
    return [otherwise if given is None else given] * len(names)


# ------------------------------------------------------------------------------------------------------------ compiling


def _compile(
    original: Any,
    model: Any,
    optimizer: Any = "rmsprop",
    loss: Any = None,
    metrics: Any = None,
    loss_weights: Any = None,
    sample_weight_mode: Any = None,
    weighted_metrics: Any = None,
    target_tensors: Any = None,
    **kwargs: Any,
) -> None:
    vars(model).pop("_own_steps", None)
    vars(model)["_run_eagerly"] = kwargs.get("run_eagerly")
    for ours in _WITHOUT_EFFECT:
        kwargs.pop(ours, None)
    names = getattr(model, "output_names", None)
    model.compiled_loss = CompiledLoss(loss, loss_weights, names)
    model.compiled_metrics = CompiledMetrics(metrics, weighted_metrics, loss, names)
    metrics = [*metrics] if isinstance(metrics, tuple) else metrics
    optimizer = sys.modules["keras.optimizers"].get(optimizer)
    if loss is not None or (model.built and model.losses):
        told = loss, metrics, loss_weights, sample_weight_mode, weighted_metrics, target_tensors
        with scope(_in_keras, True):
            original(model, optimizer, *told, **kwargs)
    else:
        model.optimizer = optimizer
        model.loss, model.loss_weights, model.sample_weight_mode = {}, loss_weights, sample_weight_mode
        model._compile_metrics, model._compile_weighted_metrics = metrics or [], weighted_metrics


_WITHOUT_EFFECT = (
    "cloning",
    "distribute",
    "experimental_run_tf_function",
    "experimental_steps_per_execution",
    "jit_compile",
    "run_eagerly",
    "steps_per_execution",
)


def _metrics(original: Any, model: Any) -> list[Any]:
    """A model's `metrics`; those of its own steps are those of `compile`, and those that it has as attributes."""
    if _in_keras.get() or not _has_own_steps(model) or "compiled_loss" not in vars(model):
        found: list[Any] = original.fget(model)
        return found
    layers = sys.modules["keras.engine.training"]._get_metrics_from_layers(model._layers)
    return [*model.compiled_loss.metrics, *model.compiled_metrics.metrics, *model._metrics, *layers]


# Whether this is within a method of Keras, which knows nothing of a model's own steps.
_in_keras: ContextVar[bool] = ContextVar("kjax_in_keras", default=False)


def _reset_metrics(original: Any, model: Any) -> None:
    vars(model).pop("_mean_loss", None)
    with scope(_in_keras, True):
        original(model)
    for metric in model.metrics if _has_own_steps(model) else ():
        metric.reset_states()


# ------------------------------------------------------------------------------------------- methods that Keras has not


def _train_step(model: Any, data: Any) -> dict[str, Any]:
    """One step of training on a batch, as `compile` says."""
    return _compiled_step(model, "train", data)


def _test_step(model: Any, data: Any) -> dict[str, Any]:
    """The loss and metrics of a batch."""
    if model.loss:
        return _compiled_step(model, "test", data)
    x, y, sample_weight = unpacked(data)
    y_pred = model(x, training=False)
    if any(model.compiled_metrics._given):
        model.compiled_metrics.update_state(y, y_pred, sample_weight)
    return {metric.name: metric.result() for metric in model.metrics}


def _predict_step(model: Any, data: Any) -> Any:
    """The predictions for a batch."""
    return model(unpacked(data)[0], training=False)


def _compiled_step(model: Any, mode: str, data: Any) -> dict[str, Any]:
    if any(tensor.is_symbolic for tensor in graph.tensors_in([data])):
        # A step that asks for this one runs operation by operation; this one itself is a compiled function.
        raise NotImplementedError(f"Model.{mode}_step(): data must be values; got {data!r}")
    x, y, sample_weight = arrays(unpacked(data))
    on_batch = _of_keras[f"{mode}_on_batch"]
    with scope(_in_keras, True):
        values = on_batch(model, x, y, sample_weight=sample_weight, reset_metrics=False)
        return _named(model, _with_mean_loss(model, values, _rows(x, y)))


def _make_function(mode: str, model: Any) -> Any:
    """The function of an iterator that takes one batch from it and makes a step."""
    steps = vars(model).setdefault("_own_steps", {})
    if mode not in steps:
        step = getattr(model, f"{mode}_step")
        at_once = vars(model).get("_run_eagerly") or not _is_own(model, f"{mode}_step")
        steps[mode] = step if at_once else _Step(step)
    step = steps[mode]

    def function(iterator: Iterator[Any]) -> Any:
        batch = next(iterator)
        with scope(in_own_step, True):
            return step(batch)

    return function


class _Step:
    """A step as one compiled function; one that can't be traced runs operation by operation."""

    def __init__(self, step: Any) -> None:
        self._step, self._compiled = step, Function(step, relax=True)
        self._is_traced: bool | None = None

    def __call__(self, batch: Any) -> Any:
        if self._is_traced is not False:
            try:
                found = self._compiled(batch)
                self._is_traced = True
                return found
            except Exception:  # if the step is wrong, it raises again below
                if self._is_traced:
                    raise
                self._is_traced = False
        return self._step(batch)


def _method(mode: str) -> Any:
    def make(self: Any) -> Any:
        return _make_function(mode, self)

    make.__name__ = f"make_{mode}_function"
    make.__doc__ = "The function of an iterator over batches that makes one step."
    return make


_METHODS: dict[str, Any] = {
    "train_step": _train_step,
    "test_step": _test_step,
    "predict_step": _predict_step,
    "make_train_function": _method("train"),
    "make_test_function": _method("test"),
    "make_predict_function": _method("predict"),
}


def _is_own(model: Any, *names: str) -> bool:
    return any(getattr(type(model), name) is not _METHODS[name] for name in names)


def _has_own_steps(model: Any, mode: str | None = None) -> bool:
    """Whether a class defines steps of its own, for training and testing or for one of them."""
    modes = ("train", "test") if mode is None else (mode,)
    return _is_own(model, *(f"{mode}_step" for mode in modes), *(f"make_{mode}_function" for mode in modes))


# ------------------------------------------------------------------------------------------------------------- training


def _fit(
    original: Any,
    model: Any,
    x: Any = None,
    y: Any = None,
    *args: Any,
    validation_batch_size: Any = None,
    **kwargs: Any,
) -> Any:
    if _has_own_steps(model, "train") or is_dataset(x):
        return fit_by_steps(model, x, y, *args, **{**kwargs, "validation_batch_size": validation_batch_size})
    with scope(_in_keras, True), scope(_validation_batch_size, validation_batch_size):
        return original(model, x, y, *args, **kwargs)


def _evaluate(
    original: Any, model: Any, x: Any = None, y: Any = None, *args: Any, return_dict: bool = False, **kwargs: Any
) -> Any:
    if _has_own_steps(model, "test") or is_dataset(x) or (_has_own_steps(model, "train") and not model.loss):
        logs = evaluate_by_steps(model, x, y, *args, **kwargs)
        return logs if return_dict else _unnamed(model, logs)
    with scope(_in_keras, True):
        values = original(model, x, y, *args, **kwargs)
        return _named(model, values) if return_dict else values


def _predict(original: Any, model: Any, x: Any, *args: Any, **kwargs: Any) -> Any:
    if not _has_own_steps(model, "predict") and not is_dataset(x):
        return original(model, x, *args, **kwargs)
    return predict_by_steps(model, x, *args, **kwargs)


def _on_batch(
    mode: str,
    original: Any,
    model: Any,
    x: Any,
    y: Any = None,
    sample_weight: Any = None,
    class_weight: Any = None,
    reset_metrics: bool = True,
    return_dict: bool = False,
) -> Any:
    if mode == "test" and isinstance(class_weight, bool):  # `test_on_batch` has no class weights
        class_weight, reset_metrics, return_dict = None, class_weight, reset_metrics
    if _has_own_steps(model, mode):
        [batch] = Batches(x, y, sample_weight, None, class_weight).once()
        logs = as_numbers(getattr(model, f"make_{mode}_function")()(iter([batch])))
        if reset_metrics:
            model.reset_metrics()
        return logs if return_dict else _unnamed(model, logs)
    weights = {"class_weight": class_weight} if mode == "train" else {}
    within = _in_keras.get()
    with scope(_in_keras, True):
        values = original(model, x, y, sample_weight=sample_weight, reset_metrics=False, **weights)
        if not within:
            values = _with_mean_loss(model, values, _rows(x, y))
        if reset_metrics:
            model.reset_metrics()
        counted = _losses.get()
        if counted is not None:
            counted.append((values[0] if isinstance(values, list) else values, _rows(x, y)))
        return _named(model, values) if return_dict else values


def _named(model: Any, values: Any) -> dict[str, Any]:
    listed = values if isinstance(values, list) else [values]
    return dict(zip(model.metrics_names, listed, strict=True))


def _unnamed(model: Any, logs: dict[str, Any]) -> Any:
    """What a step returns of the model's metrics."""
    names = [metric.name for metric in model.metrics] if _has_own_steps(model) else [*logs]
    values = [logs[name] for name in names if name in logs]
    return values[0] if len(values) == 1 else values


_validation_batch_size: ContextVar[int | None] = ContextVar("kjax_validation_batch_size", default=None)


def _test_loop(original: Any, model: Any, f: Any, ins: Any, batch_size: Any = None, **kwargs: Any) -> Any:
    return original(model, f, ins, batch_size=_validation_batch_size.get() or batch_size, **kwargs)


def _rows(*data: Any) -> int:
    """The size of a batch; 1 where nothing is fed, as for models of tensors with values."""
    leaves = leaves_of(data)
    return len(leaves[0]) if leaves else 1


def _with_mean_loss(model: Any, values: Any, size: int) -> Any:
    """What a batch gives, with the mean loss of all batches since metrics were reset: metrics count these, too."""
    loss = values[0] if isinstance(values, list) else values
    total, count = vars(model).get("_mean_loss", (0.0, 0))
    total, count = vars(model)["_mean_loss"] = total + float(loss) * size, count + size
    return [total / count, *values[1:]] if isinstance(values, list) else total / count


def _evaluate_generator(original: Any, model: Any, *args: Any, **kwargs: Any) -> Any:
    """`evaluate` on a generator: the mean of the losses of all batches, of which Keras 2.3.1 gives the last one."""
    with scope(_losses, []):
        values = original(model, *args, **kwargs)
        counted = _losses.get()
    if not counted:
        return values
    losses, sizes = zip(*counted, strict=True)
    mean = float(np.average(losses, weights=sizes))
    return [mean, *values[1:]] if isinstance(values, list) else mean


# The losses of batches and their sizes, where they are counted.
_losses: ContextVar[list[tuple[float, int]] | None] = ContextVar("kjax_losses", default=None)


def _summed_gradients(original: Any, model: Any) -> None:
    """Gradients of losses that are not reduced are those of their sum, where Keras takes the mean."""
    losses = zip(getattr(model, "loss_functions", ()), model.outputs or (), strict=False)
    outputs = [output for loss, output in losses if getattr(loss, "reduction", None) == Reduction.NONE]
    optimizer = model.optimizer
    if not outputs or optimizer is None:
        original(model)
        return
    with graph.graph_mode():
        count = K.cast(K.prod(K.shape(outputs[0])[:-1]), K.floatx())
    get_updates = optimizer.get_updates
    optimizer.get_updates = lambda loss, params: get_updates(loss=loss * count, params=params)
    try:
        original(model)
    finally:
        del optimizer.get_updates


def _weighted_by_batches(original: Any, model: Any) -> None:
    """The losses of several outputs are means over samples, rather than over batches."""
    original(model)
    for metric, output in zip(model._output_loss_metrics or (), model.outputs, strict=False):
        metric.update_state = functools.partial(metric.update_state, sample_weight=K.shape(output)[0])


def _running_mean(original: Any, logger: Any, batch: int, logs: Any = None) -> None:
    """What callbacks are told of the loss after each batch is its mean over the epoch so far."""
    original(logger, batch, logs)
    for name in logs or ():
        if name in logger.totals and name not in logger.stateful_metrics:
            logs[name] = logger.totals[name] / logger.seen


def _shown_as_it_is(original: Any, bar: Any, count_mode: str = "samples", stateful_metrics: Any = None) -> None:
    original(bar, count_mode, [*(stateful_metrics or ()), "loss"])


def _set_params(original: Any, callbacks: Any, params: Any) -> None:
    if params.get("steps") is None and params.get("samples") and params.get("batch_size"):
        params = {**params, "steps": math.ceil(params["samples"] / params["batch_size"])}
    original(callbacks, params)


# -------------------------------------------------------------------------------------------------- callbacks and files


class ModelCheckpoint:
    """Saves the model at the end of each epoch, or with a number for `save_freq`, after that many batches."""

    def __init__(
        self,
        filepath: Any,
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: Any = "epoch",
        **kwargs: Any,
    ) -> None:
        if save_freq != "epoch" and not isinstance(save_freq, int):
            raise ValueError(f"ModelCheckpoint(): save_freq must be 'epoch' or a number of batches; got {save_freq!r}")
        unknown = {*kwargs} - {"load_weights_on_restart", "period", "options"}
        if unknown:
            raise TypeError(f"ModelCheckpoint() got unexpected keywords {', '.join(sorted(unknown))}")
        period, filepath = kwargs.get("period", 1), os.fspath(filepath)
        super().__init__(filepath, monitor, verbose, save_best_only, save_weights_only, mode, period)  # type: ignore[call-arg]
        self.save_freq, self._epoch, self._batches = save_freq, 0, 0

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Note the epoch."""
        self._epoch = epoch

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        """Save after so many batches."""
        self._batches += 1
        if self.save_freq != "epoch" and self._batches >= self.save_freq:
            self._batches = 0
            super().on_epoch_end(self._epoch, logs)  # type: ignore[misc]

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Save after the epoch."""
        if self.save_freq == "epoch":
            super().on_epoch_end(epoch, logs)  # type: ignore[misc]


def _progbar(
    original: Any,
    bar: Any,
    target: Any,
    width: int = 30,
    verbose: int = 1,
    interval: float = 0.05,
    stateful_metrics: Any = None,
    unit_name: str = "step",
) -> None:
    original(bar, target, width, verbose, interval, stateful_metrics)
    bar.unit_name = unit_name


def _save(original: Any, model: Any, filepath: Any, *args: Any, **kwargs: Any) -> Any:
    """A function that saves a model or its weights: without the arguments that say how TensorFlow would."""
    for ours in ("save_format", "signatures", "options"):
        kwargs.pop(ours, None)
    if isinstance(filepath, (str, os.PathLike)):
        filepath = os.fspath(filepath)
        os.makedirs(os.path.dirname(os.path.abspath(filepath)), exist_ok=True)
    return original(model, filepath, *args, **kwargs)


def _load_model(original: Any, filepath: Any, *args: Any, **kwargs: Any) -> Any:
    kwargs.pop("options", None)
    return original(os.fspath(filepath) if isinstance(filepath, os.PathLike) else filepath, *args, **kwargs)
