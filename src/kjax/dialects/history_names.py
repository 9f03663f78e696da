"""Metrics by the names that they had before Keras 2.3, as books print them, and by those that `tf.keras` gives them.

Until then `metrics=['accuracy']` was called `acc` in histories and logs, and `metrics=['mae']` `mean_absolute_error`;
since then a metric is called what the program calls it. So `history['val_acc']`, `logs.get('acc')` and
`EarlyStopping(monitor='val_acc')` find a metric under any name that it is known by, where just one metric answers to
it. What there is to go through, to count, to write as JSON or to pickle has the one name that it had before.
"""

from __future__ import annotations

import functools
import re
import string
from types import ModuleType
from typing import Any

from kjax.dialects.repairs import wrap

# Names of one metric; the first one stands for all.
_NAMES = (
    ("accuracy", "acc"),
    ("mean_absolute_error", "mae", "MAE"),
    ("mean_squared_error", "mse", "MSE"),
    ("mean_absolute_percentage_error", "mape", "MAPE"),
    ("mean_squared_logarithmic_error", "msle", "MSLE"),
    ("kullback_leibler_divergence", "kld", "KLD"),
    ("cosine_proximity", "cosine_similarity", "cosine"),
    ("crossentropy", "ce"),
)
_FIRST = {name: names[0] for names in _NAMES for name in names}
# A name, behind `val_` and the name of an output, before the number that tells equal ones apart.
_NAME = re.compile(rf"^(.*_)??({'|'.join(sorted(_FIRST, key=len, reverse=True))})(_\d+)?$")
_WEIGHTED = re.compile(r"(^|_)weighted_")


@functools.lru_cache(1024)
def _standard(name: str) -> str:
    """A name with the first one of its metric in its place."""
    found = _NAME.match(name)
    return name if found is None else f"{found[1] or ''}{_FIRST[found[2]]}{found[3] or ''}"


class Named(dict[str, Any]):
    """A dict by names of metrics, which also finds them under the names that they have elsewhere.

    >>> logs = Named(loss=0.5, val_accuracy=0.9)
    >>> logs['val_acc'], logs.get('acc'), 'val_acc' in logs, list(logs)
    (0.9, None, True, ['loss', 'val_accuracy'])
    """

    def name_of(self, name: Any) -> str | None:
        """The name here of what has another name elsewhere; None if nothing here has, or several have."""
        if not isinstance(name, str):
            return None
        wanted = [_standard(name)]
        if _WEIGHTED.search(name):  # (since Keras 2.3 they have a number, if a metric without weights has the name)
            plain = _standard(_WEIGHTED.sub(r"\1", name))
            wanted += [f"{plain}_1", plain]
        for standard in wanted:
            known = [key for key in self if isinstance(key, str) and _standard(key) == standard]
            if known:
                return known[0] if len(known) == 1 else None
        return None

    def __missing__(self, name: Any) -> Any:
        known = self.name_of(name)
        if known is None:
            there = ", ".join(map(repr, self)) or "none"
            raise KeyError(f"{name!r}: there is no metric of this name, but {there}")
        return self[known]

    def __contains__(self, name: object) -> bool:
        return super().__contains__(name) or self.name_of(name) is not None

    def get(self, name: Any, default: Any = None) -> Any:
        """The value of a metric, or `default`."""
        try:
            return self[name]
        except KeyError:
            return default

    def __reduce__(self) -> Any:
        return dict, (dict(self),)

    def __copy__(self) -> Named:
        return Named(self)


def known_by_all_names(callbacks: ModuleType) -> None:
    """Let histories, and the logs that callbacks get, be of the class `Named`; for `keras.callbacks.callbacks`."""
    wrap(callbacks.History, "on_train_begin", _begin_history)
    wrap(callbacks.CallbackList, "on_epoch_end", _end_epoch)
    wrap(callbacks.CallbackList, "_call_batch_hook", _call_batch_hook)
    wrap(callbacks.ModelCheckpoint, "on_epoch_end", _save)


def _begin_history(original: Any, history: Any, logs: Any = None) -> None:
    original(history, logs)
    history.history = Named()


def _end_epoch(original: Any, listed: Any, epoch: Any, logs: Any = None) -> None:
    original(listed, epoch, _named(logs))


def _call_batch_hook(original: Any, listed: Any, mode: Any, hook: str, batch: Any, logs: Any = None) -> None:
    original(listed, mode, hook, batch, _named(logs) if hook == "end" else logs)


def _save(original: Any, checkpoint: Any, epoch: Any, logs: Any = None) -> None:
    if isinstance(checkpoint.filepath, str):
        checkpoint.filepath = _with_names_of(checkpoint.filepath, _named(logs))
    original(checkpoint, epoch, logs)


def _named(logs: Any) -> Any:
    return Named(logs) if type(logs) is dict else logs


def _with_names_of(path: str, logs: Any) -> str:
    """A path for `path.format(**logs)`, with the names there in place of others."""
    try:
        parts = [*string.Formatter().parse(path)]
    except ValueError:  # `format` will say what is wrong
        return path
    names = {field: logs.name_of(field) for _, field, _, _ in parts if field and field not in {*logs, "epoch"}}
    if not any(names.values()):
        return path
    made = []
    for text, field, spec, conversion in parts:
        made.append(text.replace("{", "{{").replace("}", "}}"))
        if field is not None:
            made.append(f"{{{names.get(field) or field}{f'!{conversion}' if conversion else ''}:{spec}}}")
    return "".join(made)
