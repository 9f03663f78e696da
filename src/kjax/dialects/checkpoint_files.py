"""Files of checkpoints: arrays by name in a `.index` file, and the text file `checkpoint` that names the newest ones.

A checkpoint `model-5` is the file `model-5.index`: a ZIP archive of NumPy's arrays, as `numpy.load` reads it, without
pickles. It is written aside and renamed, so that a program that ends in between, or a full disk, leaves what was there.
TensorFlow's own checkpoints have another format.
"""

from __future__ import annotations

import contextlib
import os
import re
import zipfile
from collections.abc import Mapping
from typing import Any

import numpy as np

from kjax.core import dtypes
from kjax.dialects.tensorflow_errors import DataLossError, NotFoundError
from kjax.dialects.tensorflow_texts import as_path
from kjax.machine.files import written_aside

_MARK = "kjax checkpoint 1"  # the comment of the archive
_WIDE = ".bfloat16"  # the end of a name whose array is kept as uint16


def index_file(prefix: str) -> str:
    """The file of a checkpoint."""
    return f"{prefix}.index"


def write(prefix: str, arrays: Mapping[str, Any]) -> None:
    """Write a checkpoint."""
    with written_aside(index_file(prefix)) as file, zipfile.ZipFile(file, "w") as archive:
        archive.comment = _MARK.encode()
        for name, array in arrays.items():
            array = np.asarray(array)
            if dtypes.of_array(array, "checkpoint") == "bfloat16":
                name, array = name + _WIDE, array.view(np.uint16)
            with archive.open(f"{name}.npy", "w", force_zip64=True) as entry:
                np.lib.format.write_array(entry, array, allow_pickle=False)


def read(prefix: Any, where: str) -> dict[str, Any]:
    """The arrays of a checkpoint, by name.

    Raises:
        tf.errors.NotFoundError: there is none of that name.
        tf.errors.DataLossError: the file is damaged, or none of kjax.
    """
    path = index_file(as_path(prefix, where))
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.comment.decode("latin-1") != _MARK:
                raise zipfile.BadZipFile
            found = {}
            for entry in archive.namelist():
                with archive.open(entry) as file:
                    array = np.lib.format.read_array(file, allow_pickle=False)
                name = entry.removesuffix(".npy")
                if name.endswith(_WIDE):
                    array = array.view(dtypes.to_numpy(dtypes.as_dtype("bfloat16")))
                found[name.removesuffix(_WIDE)] = array
            return found
    except FileNotFoundError:
        message = f"{where}: Unsuccessful restore: Failed to find any matching files for {prefix}"
        raise NotFoundError(None, None, message) from None
    except (zipfile.BadZipFile, ValueError, EOFError):
        message = f"{where}: {path} is no checkpoint of kjax (TensorFlow's own have another format), or is damaged"
        raise DataLossError(None, None, message) from None


def exists(prefix: Any) -> bool:
    """Whether there is a checkpoint of that name."""
    return os.path.exists(index_file(as_path(prefix, "checkpoint_exists()")))


def remove(prefix: Any) -> None:
    """Remove a checkpoint, if it is there."""
    with contextlib.suppress(FileNotFoundError):
        os.remove(index_file(as_path(prefix, "remove_checkpoint()")))


# ------------------------------------------------------------------------------------------ which ones are in a folder


class CheckpointState:
    """What the file `checkpoint` in a folder says."""

    def __init__(self, model_checkpoint_path: str = "", all_model_checkpoint_paths: Any = ()) -> None:
        self.model_checkpoint_path = model_checkpoint_path
        self.all_model_checkpoint_paths = [*all_model_checkpoint_paths]

    def __repr__(self) -> str:
        lines = [("model_checkpoint_path", self.model_checkpoint_path)]
        lines += [("all_model_checkpoint_paths", path) for path in self.all_model_checkpoint_paths]
        return "".join(f'{key}: "{_escaped(path)}"\n' for key, path in lines)


def _escaped(path: str) -> str:
    return path.replace("\\", "\\\\").replace('"', '\\"')


def write_state(folder: Any, newest: Any, all_paths: Any = None, latest_filename: Any = None) -> None:
    """Write the file `checkpoint` of a folder. Checkpoints in the folder are named relative to it."""
    folder = as_path(folder, "update_checkpoint_state()")

    def relative(path: Any) -> str:
        path = as_path(path, "update_checkpoint_state()")
        return str(os.path.relpath(path, folder)) if os.path.dirname(path) == folder.rstrip(os.sep) else path

    paths = [relative(path) for path in all_paths or [newest]]
    newest = relative(newest)
    if newest not in paths:
        paths.append(newest)
    with written_aside(os.path.join(folder, latest_filename or "checkpoint")) as file:
        file.write(repr(CheckpointState(newest, paths)).encode())


def state(checkpoint_dir: Any, latest_filename: Any = None) -> CheckpointState | None:
    """What the file `checkpoint` in a folder says; None where there is none."""
    folder = as_path(checkpoint_dir, "get_checkpoint_state()")
    try:
        with open(os.path.join(folder, latest_filename or "checkpoint"), encoding="utf-8") as file:
            text = file.read()
    except (FileNotFoundError, NotADirectoryError):
        return None
    found: dict[str, list[str]] = {"model_checkpoint_path": [], "all_model_checkpoint_paths": []}
    for key, path in re.findall(r'^(\w+): "((?:[^"\\]|\\.)*)"', text, re.MULTILINE):
        found.setdefault(key, []).append(os.path.join(folder, re.sub(r"\\(.)", r"\1", path)))
    if not found["model_checkpoint_path"]:
        return None
    return CheckpointState(found["model_checkpoint_path"][-1], found["all_model_checkpoint_paths"])


def latest(checkpoint_dir: Any, latest_filename: Any = None) -> str | None:
    """The newest checkpoint in a folder; None where there is none."""
    known = state(checkpoint_dir, latest_filename)
    return known.model_checkpoint_path if known and exists(known.model_checkpoint_path) else None


def path_of(ckpt_dir_or_file: Any, where: str) -> str:
    """A checkpoint by its name, or the newest one in a folder."""
    path = as_path(ckpt_dir_or_file, where)
    found = latest(path) if os.path.isdir(path) else path
    if found is None:
        raise ValueError(f"{where}: couldn't find a checkpoint in the folder {path}")
    return found
