"""`kjax.plot`: the course of a training as a picture, drawn by Matplotlib."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from kjax.machine.errors import public, shown

_COLUMNS = 3  # of axes, side by side

# Metrics have other names since Keras 2.3, which books don't know, and histories of before have the old ones.
_OTHER_NAMES = {"acc": "accuracy", "mean_absolute_error": "mae", "mean_squared_error": "mse"}
_OTHER_NAMES |= {new: old for old, new in _OTHER_NAMES.items()}


@public
def plot(history: Any, path: str | os.PathLike[str] | None = None, metrics: Sequence[str] | None = None) -> Any:
    """Draw how losses and metrics went from epoch to epoch: each with that of the validation data in axes of its own.

    Args:
        history: what `model.fit` gave (of Keras 2.3.1, of `tf.keras` and of Keras 3 alike), its dict `history`, or a
            dict of names of runs with several of them, to compare.
        path: a file to write the picture to, such as `training.png`. By default none.
        metrics: the names to draw, in their order, such as `['loss', 'acc']`. By default all.

    Returns:
        Matplotlib's figure, which a notebook shows.

    Raises:
        TypeError: `history` is something else.
        ValueError: it is empty, or lacks one of `metrics`.
        NotImplementedError: Matplotlib is not there: `pip install "kjax[plot]"`.

    >>> figure = plot({'loss': [2.0, 1.0, 0.5], 'val_loss': [2.1, 1.5, 1.4], 'acc': [0.1, 0.4, 0.6]})
    >>> [axes.get_title() for axes in figure.axes], len(figure.axes[0].lines)
    (['loss', 'acc'], 2)
    """
    runs = _runs(history)
    found = list(dict.fromkeys(name.removeprefix("val_") for run in runs.values() for name in run))
    if metrics is not None:
        metrics = [metrics] if isinstance(metrics, str) else list(metrics)
        missing = [name for name in metrics if not {name, _OTHER_NAMES.get(name)} & {*found}]
        if missing:
            raise ValueError(f"plot(): the history has no {missing[0]!r}; it has {', '.join(found)}")
        found = [name if name in found else _OTHER_NAMES[name] for name in metrics]
    if not found:
        raise ValueError("plot(): the history is empty: no epoch has ended")
    try:
        from matplotlib.figure import Figure
        from matplotlib.ticker import MaxNLocator
    except ImportError:
        raise NotImplementedError('plot() needs Matplotlib: pip install "kjax[plot]"') from None
    columns = min(_COLUMNS, len(found))
    rows = -(-len(found) // columns)
    figure = _figure(Figure, (4.5 * columns, 3.2 * rows))
    for i, name in enumerate(found):
        axes = figure.add_subplot(rows, columns, i + 1)
        axes.set_title(name)
        axes.set_xlabel("epoch")
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))
        for number, (run, values) in enumerate(runs.items()):
            for key, style, part in ((name, "-", "training"), (f"val_{name}", "--", "validation")):
                if key in values:
                    points = values[key]
                    label = f"{run}: {part}" if run else part
                    marker = "." if len(points) < 20 else ""
                    axes.plot(range(1, len(points) + 1), points, style, color=f"C{number}", label=label, marker=marker)
        axes.legend()
    if path is not None:
        figure.savefig(path)
    return figure


def _figure(figure: Any, size: tuple[float, float]) -> Any:
    """A figure that no list of open figures holds, so that it is drawn where it is shown, and once."""

    class Shown(figure):  # type: ignore[misc]
        def _repr_png_(self) -> bytes:
            import io

            file = io.BytesIO()
            self.savefig(file, format="png")
            return file.getvalue()

    return Shown(figsize=size, layout="constrained")


def _runs(history: Any) -> dict[str, dict[str, list[float]]]:
    """The names of runs, '' for the only one, with the numbers of each epoch by their names."""
    inner = getattr(history, "history", history)
    if isinstance(inner, Mapping):
        if any(_is_history(value) for value in inner.values()):
            return {str(name): _numbers(getattr(run, "history", run)) for name, run in inner.items()}
        return {"": _numbers(inner)}
    raise TypeError(f"plot(): history must be what model.fit gave, or a dict of lists of numbers; got {shown(history)}")


def _is_history(value: Any) -> bool:
    return isinstance(getattr(value, "history", value), Mapping)


def _numbers(history: Any) -> dict[str, list[float]]:
    found = {}
    for name, values in dict(history).items():
        try:
            array = np.asarray(values, np.float64)
        except (TypeError, ValueError):
            array = np.zeros((0, 0))
        if array.ndim != 1:
            raise TypeError(f"plot(): {name!r} must have a number for each epoch; got {shown(values)}")
        found[str(name)] = array.tolist()
    return found
