"""Models of Keras 2.3.1 that are fitted to, evaluated on, and predict from data sets.

A data set becomes a generator of batches, in the thread of the program. Keras 2.3.1 wants to know the number of batches
beforehand: where the data set can't tell (`from_generator`, `filter`, files), they are counted in a pass of their own,
unless `steps_per_epoch` says it.
"""

from __future__ import annotations

import inspect
import itertools
import logging
from collections.abc import Iterator
from typing import Any

import numpy as np

from kjax.dialects.dataset_elements import is_nested
from kjax.dialects.datasets import INFINITE, UNKNOWN, Dataset
from kjax.dialects.repairs import wrap

_LOG = logging.getLogger("tensorflow")


def fit_data_sets(keras: Any) -> None:
    """Let the methods of models take data sets."""
    model = keras.models.Model
    wrap(model, "fit", _fit)
    wrap(model, "evaluate", _evaluate)
    wrap(model, "predict", _predict)
    for name in ("fit", "evaluate", "predict"):
        wrap(model, f"{name}_generator", _of_generator)


def _of_generator(original: Any, model: Any, generator: Any, *args: Any, **kwargs: Any) -> Any:
    """`fit_generator` and its like, which are `fit` for a data set."""
    if isinstance(generator, Dataset):
        _, _, *given = inspect.signature(original).bind(model, generator, *args, **kwargs).arguments.items()
        return getattr(model, original.__name__.removesuffix("_generator"))(generator, **dict(given))
    if isinstance(generator, _Passes) and original.__name__ == "evaluate_generator":
        return _with_mean_loss(original, model, generator, *args, **kwargs)
    return original(model, generator, *args, **kwargs)


def _with_mean_loss(evaluate: Any, model: Any, *args: Any, **kwargs: Any) -> Any:
    """An evaluation whose loss is the mean of all batches, where Keras 2.3.1 gives that of the last one."""
    losses, sizes, test = [], [], model.test_on_batch

    def noted(x: Any, *args: Any, **kwargs: Any) -> Any:
        found = test(x, *args, **kwargs)
        losses.append(found[0] if isinstance(found, list) else found)
        sizes.append(len(_first(x)))
        return found

    vars(model)["test_on_batch"] = noted
    try:
        result = evaluate(model, *args, **kwargs)
    finally:
        del vars(model)["test_on_batch"]
    mean = float(np.average(losses, weights=sizes))
    return [mean, *result[1:]] if isinstance(result, list) else mean


def _first(x: Any) -> Any:
    """The first array of a model's inputs."""
    if isinstance(x, dict):
        x = [*x.values()]
    return _first(x[0]) if isinstance(x, list) else x


def _listed(part: Any) -> Any:
    """A part of a batch as Keras 2.3.1 takes it: several arrays in a list."""
    if isinstance(part, dict):
        return {key: _listed(value) for key, value in part.items()}
    return [_listed(value) for value in part] if is_nested(part) else part


def _as_batch(element: Any, where: str, predicts: bool = False) -> Any:
    if not isinstance(element, tuple):
        if predicts:
            return _listed(element)
        raise ValueError(f"{where}: elements of the data set must be (x, y) or (x, y, sample_weight); got {element!r}")
    if not (1 if predicts else 2) <= len(element) <= 3:
        raise ValueError(f"{where}: elements of the data set must be (x, y) or (x, y, sample_weight); got {element!r}")
    return _listed(element[0]) if predicts else tuple(map(_listed, element))


def _steps(dataset: Dataset, steps: Any, where: str, name: str) -> int:
    if steps is not None:
        return int(steps)
    if dataset.count == INFINITE:
        raise ValueError(f"{where}: {name} must be given for a data set without end")
    return sum(1 for _ in dataset.arrays()) if dataset.count == UNKNOWN else dataset.count


def _refuse(where: str, **given: Any) -> None:
    for name, value in given.items():
        if value is not None:
            raise ValueError(f"{where}: {name} can't be given beside a data set, whose elements have it")


class _Passes:
    """The batches of one pass over a data set after the other, `steps` of each."""

    def __init__(self, dataset: Dataset, steps: int, where: str) -> None:
        self._batches = self._made(dataset, steps, where)

    def __iter__(self) -> _Passes:
        return self

    def __next__(self) -> Any:
        return next(self._batches)

    @staticmethod
    def _made(dataset: Dataset, steps: int, where: str) -> Iterator[Any]:
        while True:
            count = 0
            for element in itertools.islice(dataset.arrays(), steps):
                count += 1
                yield _as_batch(element, where)
            if count < steps:
                raise ValueError(f"{where}: the data set has {count} batches where {steps} are expected")


def _training(model: Any, dataset: Dataset, planned: int, where: str) -> Iterator[Any]:
    """The batches of one iterator for all epochs; when it ends early, so does the training."""
    elements = dataset.arrays()
    following = next(elements, None)
    for count in itertools.count(1):
        if following is None:
            raise ValueError(f"{where}: the data set is empty")
        element, following = following, next(elements, None) if count < planned else following
        if following is None:
            _LOG.warning(
                "%s: the data set ended after %d batches of %d, and training with it; dataset.repeat() has no end",
                where,
                count,
                planned,
            )
            model.stop_training = True
        yield _as_batch(element, where)


def _whole(dataset: Dataset, steps: int, where: str) -> Any:
    """All batches as one."""
    batches = [_as_batch(element, where) for element in itertools.islice(dataset.arrays(), steps)]

    def joined(*parts: Any) -> Any:
        if isinstance(parts[0], dict):
            return {key: joined(*(part[key] for part in parts)) for key in parts[0]}
        if isinstance(parts[0], list):
            return [joined(*column) for column in zip(*parts, strict=True)]
        return np.concatenate(parts)

    return tuple(joined(*column) for column in zip(*batches, strict=True))


def _fit(
    original: Any,
    model: Any,
    x: Any = None,
    y: Any = None,
    batch_size: Any = None,
    epochs: int = 1,
    verbose: int = 1,
    callbacks: Any = None,
    validation_split: float = 0.0,
    validation_data: Any = None,
    shuffle: Any = True,
    class_weight: Any = None,
    sample_weight: Any = None,
    initial_epoch: int = 0,
    steps_per_epoch: Any = None,
    validation_steps: Any = None,
    validation_freq: Any = 1,
    max_queue_size: int = 10,
    workers: int = 1,
    use_multiprocessing: bool = False,
    **kwargs: Any,
) -> Any:
    where = "Model.fit()"
    options = {
        "epochs": epochs,
        "verbose": verbose,
        "callbacks": callbacks,
        "class_weight": class_weight,
        "initial_epoch": initial_epoch,
        "validation_freq": validation_freq,
        **kwargs,
    }
    is_batches = isinstance(x, Dataset) or hasattr(x, "__next__")
    if isinstance(validation_data, Dataset):
        validation_steps = _steps(validation_data, validation_steps, where, "validation_steps")
        if is_batches:
            validation_data = _Passes(validation_data, validation_steps, where)
        else:
            validation_data, validation_steps = _whole(validation_data, validation_steps, where), None
    options.update(validation_data=validation_data, validation_steps=validation_steps)
    if not isinstance(x, Dataset):
        options.update(y=y, batch_size=batch_size, validation_split=validation_split, shuffle=shuffle)
        options.update(sample_weight=sample_weight, steps_per_epoch=steps_per_epoch, max_queue_size=max_queue_size)
        workers = 0 if hasattr(validation_data, "__next__") else workers
        return original(model, x, workers=workers, use_multiprocessing=use_multiprocessing, **options)
    _refuse(where, y=y, sample_weight=sample_weight, batch_size=batch_size, validation_split=validation_split or None)
    steps = _steps(x, steps_per_epoch, where, "steps_per_epoch")
    if steps_per_epoch is None:
        batches: Iterator[Any] = _Passes(x, steps, where)
    else:
        batches = _training(model, x, steps * (epochs - initial_epoch), where)
    return model.fit_generator(batches, steps, workers=0, **options)


def _evaluate(
    original: Any,
    model: Any,
    x: Any = None,
    y: Any = None,
    batch_size: Any = None,
    verbose: int = 1,
    sample_weight: Any = None,
    steps: Any = None,
    callbacks: Any = None,
    max_queue_size: int = 10,
    workers: int = 1,
    use_multiprocessing: bool = False,
) -> Any:
    where = "Model.evaluate()"
    if not isinstance(x, Dataset):
        return original(
            model,
            x,
            y,
            batch_size,
            verbose,
            sample_weight,
            steps,
            callbacks,
            max_queue_size=max_queue_size,
            workers=workers,
            use_multiprocessing=use_multiprocessing,
        )
    _refuse(where, y=y, sample_weight=sample_weight, batch_size=batch_size)
    steps = _steps(x, steps, where, "steps")
    return model.evaluate_generator(_Passes(x, steps, where), steps, callbacks, verbose=verbose, workers=0)


def _predict(
    original: Any,
    model: Any,
    x: Any,
    batch_size: Any = None,
    verbose: int = 0,
    steps: Any = None,
    callbacks: Any = None,
    max_queue_size: int = 10,
    workers: int = 1,
    use_multiprocessing: bool = False,
) -> Any:
    where = "Model.predict()"
    if not isinstance(x, Dataset):
        return original(
            model,
            x,
            batch_size,
            verbose,
            steps,
            callbacks,
            max_queue_size=max_queue_size,
            workers=workers,
            use_multiprocessing=use_multiprocessing,
        )
    _refuse(where, batch_size=batch_size)
    steps = _steps(x, steps, where, "steps")
    batches = (_as_batch(element, where, predicts=True) for element in itertools.islice(x.arrays(), steps))
    return model.predict_generator(batches, steps, callbacks, verbose=verbose, workers=0)
