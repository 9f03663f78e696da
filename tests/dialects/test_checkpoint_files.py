"""Files of checkpoints: whole or not there, without pickles, and the file that names the newest."""

import os

import numpy as np
import pytest

from kjax.core import dtypes
from kjax.dialects import checkpoint_files as files
from kjax.dialects.tensorflow_errors import DataLossError, NotFoundError
from programs import python

ARRAYS = {
    "w": np.ones((2, 3), "float32"),
    "file": np.array(3),
    "a/b:0": np.zeros((0, 2), bool),
    "half": np.arange(3).astype(dtypes.to_numpy(dtypes.as_dtype("bfloat16"))),
}


def test_arrays_come_back(tmp_path):
    prefix = str(tmp_path / "new" / "model-5")
    files.write(prefix, ARRAYS)
    again = files.read(prefix, "f()")
    assert again.keys() == ARRAYS.keys() and os.listdir(tmp_path / "new") == ["model-5.index"]
    for name, array in ARRAYS.items():
        assert again[name].dtype == array.dtype and np.array_equal(again[name], array)
    with np.load(f"{prefix}.index") as plain:
        assert np.array_equal(plain["w"], ARRAYS["w"])
    assert files.exists(prefix)
    files.remove(prefix)
    files.remove(prefix)
    assert not files.exists(prefix)


def test_a_file_that_can_not_be_written_leaves_the_old_one(tmp_path):
    prefix = str(tmp_path / "m")
    files.write(prefix, ARRAYS)
    with pytest.raises(ValueError, match="Object"):
        files.write(prefix, {"w": np.zeros(3), "bad": _Failing()})
    assert os.listdir(tmp_path) == ["m.index"] and files.read(prefix, "f()").keys() == ARRAYS.keys()


class _Failing:
    def __array__(self, dtype=None, copy=None):
        raise ValueError("Object is in the way")


def test_a_process_that_is_killed_while_it_writes_leaves_the_old_one(tmp_path):
    prefix = str(tmp_path / "m")
    files.write(prefix, ARRAYS)
    finished = python(
        "-c",
        f"""
import os, numpy as np
from kjax.dialects import checkpoint_files as files
class Killing:
    def __array__(self, dtype=None, copy=None):
        os._exit(9)
files.write({prefix!r}, {{"w": np.zeros(100000), "last": Killing()}})
""",
    )
    assert finished.returncode == 9 and len(os.listdir(tmp_path)) == 2  # what was written aside is left over
    assert files.read(prefix, "f()").keys() == ARRAYS.keys()


@pytest.mark.parametrize("contents", [b"", b"PK", b"junk" * 100])
def test_other_files_are_refused(tmp_path, contents):
    (tmp_path / "m.index").write_bytes(contents)
    with pytest.raises(DataLossError, match="no checkpoint of kjax"):
        files.read(str(tmp_path / "m"), "f()")


def test_archives_of_others_and_damaged_ones_are_refused(tmp_path):
    np.savez(tmp_path / "m", w=np.ones(2))
    os.rename(tmp_path / "m.npz", tmp_path / "m.index")
    with pytest.raises(DataLossError):
        files.read(str(tmp_path / "m"), "f()")
    files.write(str(tmp_path / "m"), ARRAYS)
    data = (tmp_path / "m.index").read_bytes()
    (tmp_path / "m.index").write_bytes(data[: len(data) // 2])
    with pytest.raises(DataLossError):
        files.read(str(tmp_path / "m"), "f()")
    with pytest.raises(NotFoundError):
        files.read(str(tmp_path / "n"), "f()")


def test_the_file_that_names_them(tmp_path):
    folder = str(tmp_path)
    assert files.state(folder) is None and files.latest(folder) is None
    paths = [str(tmp_path / name) for name in ("a", 'b"q"')]
    files.write_state(folder, paths[1], paths)
    assert (tmp_path / "checkpoint").read_text() == (
        'model_checkpoint_path: "b\\"q\\""\nall_model_checkpoint_paths: "a"\nall_model_checkpoint_paths: "b\\"q\\""\n'
    )
    known = files.state(folder)
    assert known.model_checkpoint_path == paths[1] and known.all_model_checkpoint_paths == paths
    assert files.latest(folder) is None  # it is not there
    files.write(paths[1], {})
    assert files.latest(folder) == files.path_of(folder, "f()") == paths[1]
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match="find a checkpoint"):
        files.path_of(str(tmp_path / "empty"), "f()")


def test_relative_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    files.write("m-1", ARRAYS)
    files.write_state("", "m-1")
    assert files.latest(".") == os.path.join(".", "m-1") and files.latest("") == "m-1"
