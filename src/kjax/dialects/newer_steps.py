"""Training, evaluation and prediction by a model's own steps: batches go through the function that it makes of them.

For models that define `train_step(data)` and so on, and for batches that can be iterated over again and again.
`newer_training` says when.
"""

from __future__ import annotations

import math
import sys
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from kjax import backend
from kjax.core.operands import as_tensor
from kjax.core.tensor import Tensor
from kjax.dialects.datasets import Dataset

K: Any = backend


def unpacked(data: Any) -> tuple[Any, Any, Any]:
    """The inputs, targets and weights of a batch; None for what it has not.

    >>> unpacked(("x", "y")), unpacked("x")
    (('x', 'y', None), ('x', None, None))
    """
    parts = [*data] if isinstance(data, (list, tuple)) else [data]
    x, y, sample_weight = [*parts, None, None][:3]
    return x, y, sample_weight


class Batches:
    """The batches of data: of arrays, of a `Sequence`, of an iterator or of what can be iterated over."""

    def __init__(
        self, x: Any, y: Any = None, sample_weight: Any = None, batch_size: Any = None, class_weight: Any = None
    ) -> None:
        self._data, self._class_weight = x, class_weight
        self._iterator: Any = None
        self.steps: int | None = None
        self._arrays: tuple[Any, ...] | None = None
        if _is_data(x):
            if class_weight is not None and y is not None:
                weigh = sys.modules["keras.engine.training_utils"].standardize_weights
                sample_weight = weigh(np.asarray(y), sample_weight, class_weight)
            parts = (x, y, sample_weight) if sample_weight is not None else (x, y) if y is not None else (x,)
            self._arrays = mapped(np.asarray, parts)
            self._count = len(leaves_of(self._arrays)[0])
            if any(len(array) != self._count for array in leaves_of(self._arrays)):
                counts = [len(array) for array in leaves_of(self._arrays)]
                raise ValueError(f"data must have the same number of samples everywhere; got {counts}")
            self._size = batch_size or 32
            self.steps = math.ceil(self._count / self._size)
        elif hasattr(x, "__len__"):
            self.steps = len(x)

    def once(self) -> list[Any]:
        """All of the arrays as one batch."""
        return [mapped(as_fed, self._arrays)]

    def epoch(self, shuffle: Any = False) -> Iterator[Any]:
        """The batches of one epoch; of an iterator, all that are to come."""
        if self._arrays is not None:
            order = np.random.permutation(self._count) if shuffle else np.arange(self._count)
            for start in range(0, self._count, self._size):
                rows = order[start : start + self._size]
                yield mapped(lambda array, rows=rows: as_fed(array[rows]), self._arrays)
        elif hasattr(self._data, "__getitem__") and hasattr(self._data, "__len__"):
            order = np.random.permutation(len(self._data)) if shuffle else np.arange(len(self._data))
            for place in order:
                yield mapped(as_fed, self._data[int(place)])
            if hasattr(self._data, "on_epoch_end"):
                self._data.on_epoch_end()
        else:
            for batch in self._data:
                yield mapped(as_fed, batch)


def is_dataset(x: Any) -> bool:
    """Whether these are batches that can be gone through again and again; `dataset_fit` takes those of `tf.data`."""
    if x is None or isinstance(x, (type, Dataset)) or _is_data(x):
        return False
    return hasattr(x, "__iter__") and not hasattr(x, "__next__") and not hasattr(x, "__getitem__")


def _is_data(x: Any) -> bool:
    """Whether these are arrays, or structures of them."""
    if isinstance(x, Mapping):
        return all(map(_is_data, x.values()))
    if isinstance(x, (list, tuple)):
        return all(_is_data(part) or isinstance(part, (int, float)) for part in x)
    return isinstance(x, (np.ndarray, Tensor))


def leaves_of(data: Any) -> list[Any]:
    """The parts of data that are no structures."""
    found: list[Any] = []
    mapped(found.append, data)
    return found


def mapped(function: Any, data: Any) -> Any:
    """Data of the same structure, of the results of a function; a list of numbers is an array."""
    if isinstance(data, Mapping):
        return {key: mapped(function, part) for key, part in data.items()}
    if isinstance(data, (list, tuple)) and not (data and isinstance(data[0], (int, float))):
        return tuple(mapped(function, part) for part in data)
    return None if data is None else function(data)


def as_fed(value: Any) -> Any:
    """Data of a batch as a tensor; floats are of the default type."""
    value = as_tensor(value)
    return K.cast(value, K.floatx()) if value.dtype.is_floating and value.dtype.name != K.floatx() else value


def arrays(data: Any) -> Any:
    """Each of several pieces of data, with arrays for tensors."""
    return [mapped(lambda tensor: tensor.numpy() if isinstance(tensor, Tensor) else tensor, part) for part in data]


def as_numbers(logs: Any) -> dict[str, Any]:
    """What a step returns, as numbers."""
    logs = {"loss": logs} if not isinstance(logs, Mapping) else logs
    values = {name: K.get_value(value) if isinstance(value, Tensor) else value for name, value in logs.items()}
    return {
        name: value.item() if np.size(value) == 1 and hasattr(value, "item") else value
        for name, value in values.items()
    }


def _run(model: Any, mode: str, iterator: Iterator[Any], steps: int | None, callbacks: Any) -> dict[str, Any]:
    """Make steps until the data or the number of steps ends; the last logs."""
    logs: dict[str, Any] = {}
    function = getattr(model, f"make_{mode}_function")()
    done = 0
    while steps is None or done < steps:
        callbacks._call_batch_hook(mode, "begin", done, {"batch": done, "size": 1})
        try:
            found = function(iterator)
        except StopIteration:
            break
        logs = as_numbers(found)
        callbacks.params["metrics"] = [*logs]
        for bar in callbacks.callbacks:  # which shows what it is told
            if isinstance(bar, sys.modules["keras.callbacks"].ProgbarLogger):
                bar.progbar.stateful_metrics = {*logs}
        callbacks._call_batch_hook(mode, "end", done, {**logs, "batch": done, "size": 1})
        done += 1
        if mode == "train" and model.stop_training:
            break
    return logs


def fit_by_steps(
    model: Any,
    x: Any = None,
    y: Any = None,
    batch_size: Any = None,
    epochs: int = 1,
    verbose: Any = 1,
    callbacks: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: Any = True,
    class_weight: Any = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    steps_per_epoch: Any = None,
    validation_steps: Any = None,
    validation_batch_size: Any = None,
    validation_freq: Any = 1,
    **kwargs: Any,
) -> Any:
    """`fit` of a model with a step of its own."""
    keras = sys.modules["keras.callbacks"]
    if model.optimizer is None:
        raise RuntimeError("You must compile your model before training/testing. Use `model.compile(optimizer, loss)`.")
    if validation_split and validation_data is None:
        count = len(leaves_of((x,))[0])
        cut = int(count * (1.0 - validation_split))
        (x, y, sample_weight), validation_data = (
            tuple(mapped(lambda array, part=part: np.asarray(array)[part], data) for data in (x, y, sample_weight))
            for part in (slice(cut), slice(cut, None))
        )
    batches = Batches(x, y, sample_weight, batch_size, class_weight)
    steps = steps_per_epoch or batches.steps
    model.history = keras.History()
    bars = [keras.ProgbarLogger("steps", stateful_metrics=[])] if verbose and steps else []
    listed = keras.CallbackList([*bars, *(callbacks or []), model.history])
    listed.set_model(model._get_callback_model())
    listed.set_params(
        {
            "batch_size": batch_size,
            "epochs": epochs,
            "steps": steps,
            "samples": None,
            "verbose": verbose,
            "do_validation": validation_data is not None,
            "metrics": [],
        }
    )
    model.stop_training = False
    listed._call_begin_hook("train")
    endless = batches.epoch(shuffle) if steps_per_epoch and batches.steps is None else None
    should_validate = sys.modules["keras.engine.training_utils"].should_run_validation
    for epoch in range(initial_epoch, epochs):
        model.reset_metrics()
        listed.on_epoch_begin(epoch)
        logs = _run(model, "train", endless or batches.epoch(shuffle), steps_per_epoch, listed)
        if validation_data is not None and should_validate(validation_freq, epoch):
            found = model.evaluate(
                **_validation(validation_data),
                batch_size=validation_batch_size or batch_size,
                steps=validation_steps,
                verbose=0,
                return_dict=True,
            )
            logs = {**logs, **{f"val_{name}": value for name, value in found.items()}}
        listed.on_epoch_end(epoch, logs)
        if model.stop_training:
            break
    listed._call_end_hook("train")
    return model.history


def _validation(data: Any) -> dict[str, Any]:
    if not isinstance(data, (list, tuple)):
        return {"x": data}
    x, y, sample_weight = unpacked(data)
    return {"x": x, "y": y, "sample_weight": sample_weight}


def evaluate_by_steps(
    model: Any,
    x: Any = None,
    y: Any = None,
    batch_size: Any = None,
    verbose: Any = 1,
    sample_weight: Any = None,
    steps: Any = None,
    callbacks: Any = None,
    **kwargs: Any,
) -> dict[str, Any]:
    """`evaluate` of a model with a step of its own."""
    batches = Batches(x, y, sample_weight, batch_size)
    listed = _callbacks(model, callbacks, steps or batches.steps)
    model.reset_metrics()
    listed._call_begin_hook("test")
    logs = _run(model, "test", batches.epoch(), steps, listed)
    listed._call_end_hook("test")
    return logs


def predict_by_steps(
    model: Any,
    x: Any,
    batch_size: Any = None,
    verbose: Any = 0,
    steps: Any = None,
    callbacks: Any = None,
    **kwargs: Any,
) -> Any:
    """`predict` of a model with a step of its own."""
    batches = Batches(x, None, None, batch_size)
    listed = _callbacks(model, callbacks, steps or batches.steps)
    listed._call_begin_hook("predict")
    outputs: list[Any] = []
    iterator, function = batches.epoch(), model.make_predict_function()
    while steps is None or len(outputs) < steps:
        listed._call_batch_hook("predict", "begin", len(outputs))
        try:
            found = function(iterator)
        except StopIteration:
            break
        outputs.append(mapped(lambda value: K.get_value(as_tensor(value)), found))
        listed._call_batch_hook("predict", "end", len(outputs) - 1, {"outputs": found})
    listed._call_end_hook("predict")
    return _joined(outputs)


def _callbacks(model: Any, callbacks: Any, steps: Any) -> Any:
    listed = sys.modules["keras.callbacks"].CallbackList(callbacks)
    listed.set_model(model)
    listed.set_params({"steps": steps, "verbose": 0, "metrics": []})
    return listed


def _joined(outputs: list[Any]) -> Any:
    """The outputs of all batches, one after the other."""
    if isinstance(outputs[0], Mapping):
        return {key: _joined([output[key] for output in outputs]) for key in outputs[0]}
    if isinstance(outputs[0], tuple):
        return [_joined([*part]) for part in zip(*outputs, strict=True)]
    return np.concatenate(outputs)
