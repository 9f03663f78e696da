"""`tf.train.Checkpoint`, `CheckpointManager`, `Saver` and readers of checkpoints; `checkpoint_files` has the format."""

from __future__ import annotations

import itertools
import logging
import os
import time
from collections import deque
from collections.abc import Iterator, Mapping
from types import FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core import graph
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable, take_over, updating
from kjax.dialects import checkpoint_files as files
from kjax.dialects.newer_optimizer_base import Optimizer
from kjax.dialects.newer_parts import BUILT, built
from kjax.dialects.repairs import wrap
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.dialects.tensorflow_errors import InvalidArgumentError, NotFoundError
from kjax.dialects.tensorflow_texts import as_path
from kjax.machine.errors import shown

_LOG = logging.getLogger("tensorflow")


def _all_variables() -> list[Variable]:
    """The variables of the program, each name once: the newest one of that name."""
    return [*{variable.name: variable for variable in graph.MODE.get().names.living()}.values()]


def _plain_name(variable: Variable) -> str:
    return variable.name.rpartition(":")[0] or variable.name


def _assigned(targets: Mapping[str, Variable], arrays: Mapping[str, Any], where: str) -> None:
    """Give variables the arrays of their names: all of them, or none if one does not fit."""
    fresh = []
    for name, variable in targets.items():
        array = arrays[name]
        if array.shape != tuple(variable.shape) or array.dtype != np.asarray(variable).dtype:
            raise InvalidArgumentError(
                None,
                None,
                f"{where}: {name} is {array.dtype} of shape {array.shape} in the checkpoint, and variable "
                f"{shown(variable.name)} {variable.dtype} of shape {variable.shape}",
            )
        fresh.append(np.array(array))
    with updating:
        take_over([*targets.values()], fresh)


def _number(step: Any) -> int | None:
    """A step that is given as a number, a variable or a tensor."""
    return None if step is None else int(K.get_value(step) if isinstance(step, Tensor) else step)


# -------------------------------------------------------------------------------------------------- TensorFlow 1


class Saver:
    """`tf.train.Saver`: saves variables by their names, and restores them.

    Args:
        var_list: the variables, or a dict of them by the names in the file; by default all of the program.
        max_to_keep: the number of newest checkpoints that stay; None or 0 for all.
        keep_checkpoint_every_n_hours: older ones that stay, too.
        (the rest): accepted, without effect.
    """

    def __init__(
        self,
        var_list: Any = None,
        reshape: bool = False,
        sharded: bool = False,
        max_to_keep: int | None = 5,
        keep_checkpoint_every_n_hours: float = 10000.0,
        name: Any = None,
        restore_sequentially: bool = False,
        saver_def: Any = None,
        builder: Any = None,
        defer_build: bool = False,
        allow_empty: bool = False,
        write_version: int = 2,
        pad_step_number: bool = False,
        save_relative_paths: bool = False,
        filename: Any = None,
    ) -> None:
        self._given = var_list
        self._max = max_to_keep
        self._every = keep_checkpoint_every_n_hours * 3600
        self._next_kept = time.time() + self._every
        self._padded = pad_step_number
        self._last: list[tuple[str, float]] = []
        if not self._variables() and not (allow_empty or defer_build):
            raise ValueError("tf.train.Saver(): there are no variables to save")

    def _variables(self) -> dict[str, Variable]:
        given = _all_variables() if self._given is None else self._given
        named = dict(given) if isinstance(given, Mapping) else {}
        for variable in () if named or isinstance(given, Mapping) else given:
            if not isinstance(variable, Variable):
                raise TypeError(f"tf.train.Saver(): var_list must hold variables; got {shown(variable)}")
            if named.setdefault(_plain_name(variable), variable) is not variable:
                raise ValueError(f"tf.train.Saver(): two variables have the name {_plain_name(variable)!r}")
        return named

    @property
    def last_checkpoints(self) -> list[str]:
        """The checkpoints that were saved and not removed, the oldest first."""
        return [path for path, _ in self._last]

    def set_last_checkpoints(self, last_checkpoints: Any) -> None:
        """Take checkpoints for those saved so far."""
        self._last = [(as_path(path, "Saver.set_last_checkpoints()"), time.time()) for path in last_checkpoints]

    def recover_last_checkpoints(self, checkpoint_paths: Any) -> None:
        """Take checkpoints that are there for those saved so far."""
        self.set_last_checkpoints([path for path in checkpoint_paths if files.exists(path)])

    def save(
        self,
        sess: Any,
        save_path: Any,
        global_step: Any = None,
        latest_filename: Any = None,
        meta_graph_suffix: str = "meta",
        write_meta_graph: bool = True,
        write_state: bool = True,
        strip_default_attrs: bool = False,
        save_debug_info: bool = False,
    ) -> str:
        """Save the variables, and name the checkpoint in the folder's file `checkpoint`.

        Returns:
            The checkpoint: `save_path`, with `-5` behind it for a `global_step` of 5. It is the file
            `<checkpoint>.index`; there is no `.meta` file.
        """
        path, step = as_path(save_path, "Saver.save()"), _number(global_step)
        if step is not None:
            path = f"{path}-{step:08d}" if self._padded else f"{path}-{step}"
        with updating:
            arrays = {name: np.asarray(variable) for name, variable in self._variables().items()}
        files.write(path, arrays)
        self._last = [entry for entry in self._last if entry[0] != path] + [(path, time.time())]
        old = [self._last.pop(0) for _ in range(len(self._last) - self._max)] if self._max else []
        if write_state:
            files.write_state(os.path.dirname(path), path, self.last_checkpoints, latest_filename)
        for prefix, saved in old:
            if saved >= self._next_kept:
                self._next_kept += self._every
            else:
                files.remove(prefix)
        return path

    def restore(self, sess: Any, save_path: Any) -> None:
        """Give the variables the values of a checkpoint: all of them, or none if one is missing or does not fit."""
        where = "Saver.restore()"
        if save_path is None:
            raise ValueError(f"{where}: save_path is None: there is no checkpoint")
        if not files.exists(save_path):
            raise ValueError(f"{where}: {save_path} is not a valid checkpoint")
        arrays, variables = files.read(save_path, where), self._variables()
        missing = sorted(variables.keys() - arrays.keys())
        if missing:
            raise NotFoundError(None, None, f"{where}: key {missing[0]} not found in checkpoint {save_path}")
        _assigned(variables, arrays, where)

    def export_meta_graph(self, *args: Any, **kwargs: Any) -> Any:
        """Refused: graphs are not written to files."""
        raise NotImplementedError("Saver.export_meta_graph(): kjax writes no graphs; build the graph by the program")


# -------------------------------------------------------------------------------------------------- TensorFlow 2


def _parts(value: Any) -> Iterator[tuple[str, Any]]:
    """What a checkpoint saves of an object: its parts by their names."""
    if isinstance(value, Mapping):
        yield from ((str(key), part) for key, part in value.items())
    elif isinstance(value, (list, tuple)):
        yield from ((str(i), part) for i, part in enumerate(value))
    elif isinstance(value, Checkpoint):
        yield from value._objects()
    elif isinstance(getattr(value, "weights", None), (list, tuple)):  # layers, models and optimizers of Keras
        yield "weights", value.weights
        if hasattr(value, "_loss_scale"):  # an optimizer that scales losses
            yield "loss_scale", value._loss_scale
    elif hasattr(value, "__dict__") and not isinstance(value, (type, Tensor, FunctionType, MethodType, ModuleType)):
        yield from vars(value).items()


def _walked(root: Any, saved: Mapping[str, Any] = {}) -> dict[str, Variable]:
    """The variables below an object, by their paths; each once.

    The number of steps of an optimizer, which is made when it is asked for, is made if it was saved.
    """
    found: dict[str, Variable] = {}
    seen: set[int] = set()
    todo = [("", root)]
    while todo:
        path, value = todo.pop(0)
        if id(value) in seen:
            continue
        seen.add(id(value))
        if isinstance(value, Variable):
            found[f"{path}/.ATTRIBUTES/VARIABLE_VALUE"] = value
            continue
        if f"{path}/weights/0/.ATTRIBUTES/VARIABLE_VALUE" in saved:
            getattr(value, "iterations", None)
        todo += [(f"{path}/{name}" if path else name, part) for name, part in _parts(value)]
    return found


class _Status:
    """What became of a restoration."""

    def __init__(self, missing: list[str], unused: list[str], prefix: str) -> None:
        self._missing = missing
        self._unused = unused
        self._prefix = prefix

    def assert_consumed(self) -> _Status:
        """Raise unless all variables were restored, and all values used."""
        if self._missing or self._unused:
            raise AssertionError(
                f"checkpoint {self._prefix}: variables that are not in it: {self._missing}; values without a "
                f"variable: {self._unused}"
            )
        return self

    def assert_existing_objects_matched(self) -> _Status:
        """Raise unless all variables were restored."""
        if self._missing:
            raise AssertionError(f"checkpoint {self._prefix}: variables that are not in it: {self._missing}")
        return self

    def assert_nontrivial_match(self) -> _Status:
        """Itself."""
        return self

    def expect_partial(self) -> _Status:
        """Itself: that something was not restored is as it should be."""
        return self

    def initialize_or_restore(self, session: Any = None) -> None:
        """Nothing is left to do."""

    run_restore_ops = initialize_or_restore


class Checkpoint:
    """`tf.train.Checkpoint`: saves the variables of objects, by the names under which they are given.

    Objects are variables, lists and dicts, layers, models and optimizers of Keras, other checkpoints, and any object
    with such attributes. What has no variables yet when a checkpoint is restored, such as a model that is not built, or
    an optimizer before its first step, gets its values when a layer or model of `tf.keras` is first called, trained
    or the like, or the optimizer makes its first step; a log entry says so.
    """

    def __init__(self, **kwargs: Any) -> None:
        self._save_counter: Variable | None = None
        self._pending: dict[str, Any] = {}  # values whose variables are not there yet
        for name, value in kwargs.items():
            setattr(self, name, value)

    def _objects(self) -> list[tuple[str, Any]]:
        given = [(name, value) for name, value in vars(self).items() if not name.startswith("_")]
        return given if self._save_counter is None else [*given, ("save_counter", self._save_counter)]

    @property
    def save_counter(self) -> Variable:
        """How often `save` was called, a variable."""
        if self._save_counter is None:
            with graph.eager_mode():
                self._save_counter = K.variable(0, "int64", "save_counter")
                self._save_counter.trainable = False
        return self._save_counter

    def write(self, file_prefix: Any, *options: Any) -> str:
        """Write a checkpoint of this name."""
        path = as_path(file_prefix, "Checkpoint.write()")
        with updating:
            arrays = {name: np.asarray(variable) for name, variable in _walked(self).items()}
        files.write(path, arrays)
        return path

    def save(self, file_prefix: Any, *options: Any) -> str:
        """Write a checkpoint with a number behind its name, and name it in the folder's file `checkpoint`."""
        prefix = as_path(file_prefix, "Checkpoint.save()")
        number = int(K.get_value(self.save_counter)) + 1
        return self._numbered(f"{prefix}-{number}", number)

    def _numbered(self, path: str, number: int) -> str:
        before = K.get_value(self.save_counter)
        K.set_value(self.save_counter, number)
        try:
            self.write(path)
        except BaseException:
            K.set_value(self.save_counter, before)
            raise
        files.write_state(os.path.dirname(path), path)
        return path

    def read(self, save_path: Any, *options: Any) -> _Status:
        """Give the variables the values of a checkpoint: all that are in it, or none if one does not fit."""
        where = "Checkpoint.restore()"
        if save_path is None:
            return _Status([], [], "None")
        arrays = files.read(save_path, where)
        if "save_counter/.ATTRIBUTES/VARIABLE_VALUE" in arrays:
            _ = self.save_counter
        variables = _walked(self, arrays)
        both = {name: variable for name, variable in variables.items() if name in arrays}
        _assigned(both, arrays, where)
        missing, unused = sorted(variables.keys() - arrays.keys()), sorted(arrays.keys() - variables.keys())
        self._pending = {name: arrays[name] for name in unused}
        if unused:
            _waiting.append(self)
            _LOG.warning("%s: values whose variables are not there yet wait for them: %s", where, ", ".join(unused))
        return _Status(missing, unused, str(save_path))

    def _catch_up(self) -> None:
        """Restore what has got its variables since."""
        found = {name: variable for name, variable in _walked(self).items() if name in self._pending}
        _assigned(found, self._pending, "Checkpoint.restore()")
        for name in found:
            del self._pending[name]

    restore = read


# Checkpoints with values that wait for variables; a program need not hold them itself.
_waiting: deque[Checkpoint] = deque(maxlen=32)


def restore_late(keras: Any) -> None:
    """Let models and optimizers of a loaded Keras 2.3.1 get restored values when they get their variables."""

    def made(original: Any, *args: Any) -> Any:
        found = original(*args)
        built()
        return found

    wrap(Optimizer, "_updates", made)
    for name in ("train", "test", "predict"):
        wrap(keras.models.Model, f"_make_{name}_function", made)
    if _catch_up not in BUILT:
        BUILT.append(_catch_up)


def _catch_up() -> None:
    for checkpoint in [*_waiting]:
        checkpoint._catch_up()
        if not checkpoint._pending and checkpoint in _waiting:
            _waiting.remove(checkpoint)


class CheckpointManager:
    """`tf.train.CheckpointManager`: keeps the newest checkpoints of a folder."""

    def __init__(
        self,
        checkpoint: Checkpoint,
        directory: Any,
        max_to_keep: int | None,
        keep_checkpoint_every_n_hours: float | None = None,
        checkpoint_name: str = "ckpt",
        step_counter: Any = None,
        checkpoint_interval: int | None = None,
        init_fn: Any = None,
    ) -> None:
        if max_to_keep is not None and max_to_keep <= 0:
            raise ValueError(f"tf.train.CheckpointManager(): max_to_keep must be positive or None; got {max_to_keep}")
        if checkpoint_interval is not None and step_counter is None:
            raise ValueError("tf.train.CheckpointManager(): checkpoint_interval needs step_counter")
        self.checkpoint = checkpoint
        self.directory = as_path(directory, "tf.train.CheckpointManager()")
        self.checkpoint_interval = checkpoint_interval
        self._max = max_to_keep
        self._every = None if keep_checkpoint_every_n_hours is None else keep_checkpoint_every_n_hours * 3600
        self._prefix = os.path.join(self.directory, checkpoint_name)
        self._counter = step_counter
        self._init = init_fn
        self._saved_at: int | None = None
        known = files.state(self.directory)
        paths = [path for path in (known.all_model_checkpoint_paths if known else []) if files.exists(path)]
        self._kept = {path: os.path.getmtime(files.index_file(path)) for path in paths}
        self._last_kept = time.time()

    @property
    def latest_checkpoint(self) -> str | None:
        """The newest checkpoint; None without one."""
        return next(reversed(self._kept), None)

    @property
    def checkpoints(self) -> list[str]:
        """The checkpoints that are kept, the oldest first."""
        return [*self._kept]

    def save(self, checkpoint_number: Any = None, check_interval: bool = True) -> str | None:
        """Save a checkpoint, and remove those that are too many; None within the interval since the last one."""
        if self.checkpoint_interval is not None and check_interval:
            now = _number(self._counter) or 0
            if self._saved_at is not None and now - self._saved_at < self.checkpoint_interval:
                return None
            self._saved_at = now
        count = int(K.get_value(self.checkpoint.save_counter)) + 1
        number = _number(checkpoint_number)
        path = f"{self._prefix}-{count if number is None else number}"
        self.checkpoint._numbered(path, count)
        self._kept.pop(path, None)
        self._kept[path] = time.time()
        for old in [*self._kept][: -self._max] if self._max else ():
            saved = self._kept.pop(old)
            if self._every is not None and saved - self._last_kept >= self._every:
                self._last_kept = saved
            else:
                files.remove(old)
        files.write_state(self.directory, path, self.checkpoints)
        return path

    def restore_or_initialize(self) -> str | None:
        """Restore the newest checkpoint; without one, call `init_fn`."""
        path = self.latest_checkpoint
        if path is not None:
            self.checkpoint.restore(path)
        elif self._init is not None:
            self._init()
        return path


# -------------------------------------------------------------------------------------------------- looking into them


class CheckpointReader:
    """The arrays of a checkpoint."""

    def __init__(self, filepattern: Any) -> None:
        self._arrays = files.read(filepattern, "tf.train.load_checkpoint()")

    def has_tensor(self, tensor_str: str) -> bool:
        """Whether there is an array of that name."""
        return tensor_str in self._arrays

    def get_tensor(self, tensor_str: str) -> Any:
        """The array of a name."""
        if tensor_str not in self._arrays:
            raise NotFoundError(None, None, f"Key {tensor_str} not found in checkpoint")
        return self._arrays[tensor_str]

    def get_variable_to_shape_map(self) -> dict[str, list[int]]:
        """The shapes by name."""
        return {name: [*array.shape] for name, array in self._arrays.items()}

    def get_variable_to_dtype_map(self) -> dict[str, Any]:
        """The dtypes by name."""
        return {name: K.constant(array, array.dtype).dtype for name, array in self._arrays.items()}


def _load(ckpt_dir_or_file: Any) -> CheckpointReader:
    return CheckpointReader(files.path_of(ckpt_dir_or_file, "tf.train.load_checkpoint()"))


def _load_variable(ckpt_dir_or_file: Any, name: Any) -> Any:
    """The array of a name, with or without `:0`."""
    return _load(ckpt_dir_or_file).get_tensor(name.removesuffix(":0"))


def _list_variables(ckpt_dir_or_file: Any) -> list[tuple[str, list[int]]]:
    """Pairs of name and shape."""
    return sorted(_load(ckpt_dir_or_file).get_variable_to_shape_map().items())


def _checkpoints(
    checkpoint_dir: Any, min_interval_secs: float = 0, timeout: float | None = None, timeout_fn: Any = None
) -> Iterator[str]:
    """Each checkpoint of a folder as it comes; ends after `timeout` seconds without one."""
    seen, last = None, time.time()
    for _ in itertools.count():
        path = files.latest(checkpoint_dir)
        if path is not None and path != seen:
            seen, last = path, time.time()
            yield path
            time.sleep(max(0.0, min_interval_secs - (time.time() - last)))
        elif timeout is not None and time.time() - last >= timeout:
            if timeout_fn is None or timeout_fn():
                return
            last = time.time()
        else:
            time.sleep(min(1.0, timeout or 1.0))


def _update_state(
    save_dir: Any,
    model_checkpoint_path: Any,
    all_model_checkpoint_paths: Any = None,
    latest_filename: Any = None,
    all_model_checkpoint_timestamps: Any = None,
    last_preserved_timestamp: Any = None,
) -> None:
    """Write the file `checkpoint` of a folder."""
    files.write_state(save_dir, model_checkpoint_path, all_model_checkpoint_paths, latest_filename)


TRAIN: Table = {
    "Checkpoint": Checkpoint,
    "CheckpointManager": CheckpointManager,
    "checkpoints_iterator": _checkpoints,
    "get_checkpoint_state": lambda checkpoint_dir, latest_filename=None: files.state(checkpoint_dir, latest_filename),
    "latest_checkpoint": lambda checkpoint_dir, latest_filename=None: files.latest(checkpoint_dir, latest_filename),
    "list_variables": _list_variables,
    "load_checkpoint": _load,
    "load_variable": _load_variable,
}
V1_TRAIN: Table = {
    **TRAIN,
    "NewCheckpointReader": lambda filepattern: CheckpointReader(filepattern),
    "Saver": Saver,
    "checkpoint_exists": lambda checkpoint_prefix: files.exists(checkpoint_prefix),
    "remove_checkpoint": lambda checkpoint_prefix, checkpoint_format_version=2, meta_graph_suffix="meta": files.remove(
        checkpoint_prefix
    ),
    "update_checkpoint_state": _update_state,
}

give_names({"tensorflow.train": TRAIN, "tensorflow.compat.v1.train": V1_TRAIN}, __name__)
