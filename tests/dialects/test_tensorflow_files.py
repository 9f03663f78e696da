"""Files and folders: modes of files, errors of their kinds; answers are in recorded/io.json."""

import pytest

from kjax.dialects import tensorflow_errors as errors
from kjax.dialects import tensorflow_files as files
from kjax.dialects.tensorflow_files import GFILE, GFile


def test_files_are_read_and_written(tmp_path):
    path = tmp_path / "a"
    with GFile(path, "w") as file:
        file.write("one\n")
        file.write(b"two")
        assert file.size() == 7 and file.tell() == 7
    with GFile(str(path), "ab") as file:
        file.write("!\n")
    with GFile(path, "rb") as file:
        assert (file.readline(), file.read(2), file.next(), [*file]) == (b"one\n", b"tw", b"o!\n", [])
        file.seek(4)
        assert file.read() == b"two!\n" and file.seekable() and file.name == path and file.mode == "rb"
    file = GFile(path, "w")
    file.write("x")
    file.close()
    assert path.read_text() == "x"


def test_files_that_are_used_wrongly(tmp_path):
    with pytest.raises(errors.NotFoundError):
        GFile(tmp_path / "none").read()
    with pytest.raises(errors.PermissionDeniedError, match="writing"):
        GFile(tmp_path / "none").write("")
    with GFile(tmp_path / "a", "w") as file, pytest.raises(errors.PermissionDeniedError, match="reading"):
        file.read()
    with pytest.raises(ValueError, match="mode"):
        GFile(tmp_path / "a", "x")
    with pytest.raises(NotImplementedError, match="this machine"):
        GFile("gs://bucket/a")
    with pytest.raises(TypeError, match="name"):
        GFILE["exists"](1)


def test_errors_of_folders(tmp_path):
    (tmp_path / "a").write_text("")
    for name in ("remove", "rmtree", "stat", "listdir"):
        with pytest.raises(errors.NotFoundError):
            GFILE[name](tmp_path / "none")
    with pytest.raises(errors.AlreadyExistsError):
        GFILE["mkdir"](tmp_path / "a")
    for name in ("copy", "rename"):
        with pytest.raises(errors.NotFoundError):
            GFILE[name](tmp_path / "none", tmp_path / "b")
        with pytest.raises(errors.AlreadyExistsError):
            GFILE[name](tmp_path / "a", tmp_path / "a")
    with pytest.raises(errors.OpError):
        GFILE["remove"](tmp_path)
    GFILE["copy"](tmp_path / "a", tmp_path / "b")
    GFILE["rename"](tmp_path / "a", tmp_path / "b", overwrite=True)
    assert GFILE["listdir"](str(tmp_path)) == ["b"]


def test_whole_files(tmp_path):
    path = tmp_path / "x" / "a"
    files.IO["write_file"](str(path), "text")
    assert files.IO["read_file"](str(path)).numpy().decode() == "text"
    with pytest.raises(errors.NotFoundError):
        files.IO["read_file"](str(tmp_path / "none"))
    with pytest.raises(TypeError, match="contents"):
        files.IO["write_file"](str(path), 1)
