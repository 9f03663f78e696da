"""`tf.io.gfile`, `tf.gfile`, `tf.io.read_file` and files of records. Files are those of the machine."""

from __future__ import annotations

import contextlib
import glob
import os
import shutil
from collections.abc import Iterator
from typing import Any, NamedTuple

from kjax.dialects import record_files
from kjax.dialects.example_messages import MESSAGES
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.dialects.tensorflow_errors import (
    AlreadyExistsError,
    FailedPreconditionError,
    NotFoundError,
    PermissionDeniedError,
)
from kjax.dialects.tensorflow_texts import Text, as_bytes, as_path, as_texts


@contextlib.contextmanager
def _translated(path: str) -> Iterator[None]:
    """A `with` block whose errors of the system become those of `tf.errors`."""
    try:
        yield
    except FileNotFoundError:
        raise NotFoundError(None, None, f"{path}; No such file or directory") from None
    except FileExistsError:
        raise AlreadyExistsError(None, None, f"{path}; File exists") from None
    except PermissionError as error:
        raise PermissionDeniedError(None, None, f"{path}; {error.strerror}") from None
    except (IsADirectoryError, NotADirectoryError, OSError) as error:
        if error.errno is None or isinstance(error, (NotFoundError, AlreadyExistsError)):
            raise
        raise FailedPreconditionError(None, None, f"{path}; {error.strerror}") from None


def _local(path: Any, where: str) -> str:
    name = as_path(path, where).removeprefix("file://")
    if "://" in name:
        raise NotImplementedError(f"{where}: kjax reads and writes files of this machine; got {name!r}")
    return name


class GFile:
    """`tf.io.gfile.GFile`: a file, which is opened when it is first read or written.

    >>> with GFile(os.devnull, 'w') as file:
    ...     file.write('text')
    """

    def __init__(self, name: Any, mode: str = "r") -> None:
        if mode.replace("b", "") not in ("r", "w", "a", "r+", "w+", "a+"):
            raise ValueError(f"tf.io.gfile.GFile(): mode must be r, w, a, r+, w+ or a+, maybe with b; got {mode!r}")
        self.name = name
        self.mode = mode
        self._path = _local(name, "tf.io.gfile.GFile()")
        self._opened: Any = None

    @property
    def _file(self) -> Any:
        if self._opened is None:
            with _translated(self._path):
                text = {} if "b" in self.mode else {"encoding": "utf-8", "newline": ""}
                self._opened = open(self._path, self.mode, **text)  # type: ignore  # noqa: SIM115
        return self._opened

    def _reading(self) -> Any:
        if "r" not in self.mode and "+" not in self.mode:
            raise PermissionDeniedError(None, None, "File isn't open for reading")
        return self._file

    def read(self, n: int = -1) -> Any:
        """The next `n` characters or bytes; -1 stands for all."""
        return self._reading().read(n)

    def readline(self) -> Any:
        """The next line, with its end."""
        return self._reading().readline()

    def readlines(self) -> list[Any]:
        """The lines, with their ends."""
        return [*self._reading()]

    def write(self, file_content: Any) -> None:
        """Write a text."""
        if self.mode.replace("b", "") == "r":
            raise PermissionDeniedError(None, None, "File isn't open for writing")
        binary = "b" in self.mode
        if binary and isinstance(file_content, str):
            file_content = file_content.encode()
        elif not binary and isinstance(file_content, bytes):
            file_content = file_content.decode()
        self._file.write(file_content)

    def seek(self, offset: Any = None, whence: int = 0, position: Any = None) -> None:
        """Go to a place in the file."""
        self._file.seek(position if offset is None else offset, whence)

    def tell(self) -> int:
        """The place in the file."""
        return int(self._file.tell())

    def seekable(self) -> bool:
        """True."""
        return True

    def size(self) -> int:
        """The number of bytes."""
        self.flush()
        with _translated(self._path):
            return os.path.getsize(self._path)

    def flush(self) -> None:
        """Write what is still in memory."""
        if self._opened is not None and not self._opened.closed:
            self._opened.flush()

    def close(self) -> None:
        """Close the file."""
        if self._opened is None and self.mode[0] == "w":
            _ = self._file  # (it is made though nothing was written)
        if self._opened is not None:
            self._opened.close()
            self._opened = None
            self.mode = self.mode.replace("w", "a")  # (it is not emptied when it is used again)

    def next(self) -> Any:
        """The next line."""
        return next(self)

    __next__ = lambda self: next(self._reading())  # noqa: E731

    def __iter__(self) -> GFile:
        return self

    def __enter__(self) -> GFile:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()

    def __del__(self) -> None:
        if getattr(self, "_opened", None) is not None:
            self._opened.close()


class FileStatistics(NamedTuple):
    """Size, time of the last change in nanoseconds, and whether it is a folder."""

    length: int
    mtime_nsec: int
    is_directory: bool


def _stat(path: Any) -> FileStatistics:
    path = _local(path, "tf.io.gfile.stat()")
    with _translated(path):
        found = os.stat(path)
    return FileStatistics(found.st_size, found.st_mtime_ns, os.path.isdir(path))


def _copy(src: Any, dst: Any, overwrite: bool = False) -> None:
    src, dst = (_local(path, "tf.io.gfile.copy()") for path in (src, dst))
    if not overwrite and os.path.exists(dst):
        raise AlreadyExistsError(None, None, f"{dst}; file already exists")
    with _translated(src):
        shutil.copyfile(src, dst)


def _rename(src: Any, dst: Any, overwrite: bool = False) -> None:
    src, dst = (_local(path, "tf.io.gfile.rename()") for path in (src, dst))
    if not overwrite and os.path.exists(dst):
        raise AlreadyExistsError(None, None, f"{dst}; file already exists")
    with _translated(src):
        os.replace(src, dst)


def _removed(path: Any) -> None:
    path = _local(path, "tf.io.gfile.remove()")
    with _translated(path):
        os.remove(path)


def _removed_tree(path: Any) -> None:
    path = _local(path, "tf.io.gfile.rmtree()")
    with _translated(path):
        shutil.rmtree(path)


def _made(path: Any) -> None:
    path = _local(path, "tf.io.gfile.mkdir()")
    with _translated(path):
        os.mkdir(path)


def _listed(path: Any) -> list[str]:
    path = _local(path, "tf.io.gfile.listdir()")
    if not os.path.isdir(path):
        raise NotFoundError(None, None, f"{path}; Could not find directory")
    return os.listdir(path)


def _globbed(pattern: Any) -> list[str]:
    patterns = pattern if isinstance(pattern, (list, tuple)) else [pattern]
    return [name for one in patterns for name in sorted(glob.glob(_local(one, "tf.io.gfile.glob()")))]


def _walked(top: Any, topdown: bool = True, onerror: Any = None) -> Any:
    return os.walk(_local(top, "tf.io.gfile.walk()"), topdown, onerror)


def _exists(path: Any) -> bool:
    return os.path.exists(_local(path, "tf.io.gfile.exists()"))


def _is_folder(path: Any) -> bool:
    return os.path.isdir(_local(path, "tf.io.gfile.isdir()"))


def _read_file(filename: Any, name: Any = None) -> Text:
    """The contents of a file, as one text."""
    path = _local(filename, "tf.io.read_file()")
    with _translated(path), open(path, "rb") as file:
        return Text(file.read())


def _write_file(filename: Any, contents: Any, name: Any = None) -> None:
    """Write a file; its folder is made if need be."""
    path = _local(filename, "tf.io.write_file()")
    data = as_bytes(contents, "tf.io.write_file(): contents")
    with _translated(path):
        os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
        with open(path, "wb") as file:
            file.write(data)


def _matching_files(pattern: Any, name: Any = None) -> Any:
    return as_texts(_globbed(as_path(pattern, "tf.io.matching_files()")))


def _record_iterator(path: Any, options: Any = None) -> Iterator[bytes]:
    """The records of a TFRecord file."""
    where = "tf.io.tf_record_iterator()"
    return record_files.records(_local(path, where), record_files.compression(options, where))


GFILE: Table = {
    "GFile": GFile,
    "copy": _copy,
    "exists": _exists,
    "glob": _globbed,
    "isdir": _is_folder,
    "listdir": _listed,
    "makedirs": lambda path: os.makedirs(_local(path, "tf.io.gfile.makedirs()"), exist_ok=True),
    "mkdir": _made,
    "remove": _removed,
    "rename": _rename,
    "rmtree": _removed_tree,
    "stat": _stat,
    "walk": _walked,
}
V1_GFILE: Table = {
    "Copy": lambda oldpath, newpath, overwrite=False: _copy(oldpath, newpath, overwrite),
    "DeleteRecursively": lambda dirname: _removed_tree(dirname),
    "Exists": lambda filename: _exists(filename),
    "FastGFile": GFile,
    "GFile": GFile,
    "Glob": lambda filename: _globbed(filename),
    "IsDirectory": lambda dirname: _is_folder(dirname),
    "ListDirectory": lambda dirname: _listed(dirname),
    "MakeDirs": lambda dirname: GFILE["makedirs"](dirname),
    "MkDir": lambda dirname: _made(dirname),
    "Open": GFile,
    "Remove": lambda filename: _removed(filename),
    "Rename": lambda oldname, newname, overwrite=False: _rename(oldname, newname, overwrite),
    "Stat": lambda filename: _stat(filename),
    "Walk": lambda top, in_order=True: _walked(top, in_order),
}


class TFRecordCompressionType:
    """Names of compressions, in TensorFlow 1."""

    NONE, ZLIB, GZIP = 0, 1, 2


IO: Table = {
    "TFRecordOptions": record_files.TFRecordOptions,
    "TFRecordWriter": record_files.TFRecordWriter,
    "matching_files": _matching_files,
    "read_file": _read_file,
    "write_file": _write_file,
}
PYTHON_IO: Table = {
    "TFRecordCompressionType": TFRecordCompressionType,
    "TFRecordOptions": record_files.TFRecordOptions,
    "TFRecordWriter": record_files.TFRecordWriter,
    "tf_record_iterator": _record_iterator,
}
V1_IO: Table = {**IO, **PYTHON_IO}
V1: Table = {name: IO[name] for name in ("matching_files", "read_file", "write_file")}
TRAIN: Table = MESSAGES

give_names(
    {
        "tensorflow.io": IO,
        "tensorflow.io.gfile": GFILE,
        "tensorflow.compat.v1.io": V1_IO,
        "tensorflow.compat.v1.gfile": V1_GFILE,
    },
    __name__,
)
