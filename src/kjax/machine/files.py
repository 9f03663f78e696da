"""Files that are written aside and renamed: a program that ends in between, or a full disk, leaves what was there."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import Iterator
from typing import IO, Any

from kjax.machine import processes


@contextlib.contextmanager
def aside(path: str) -> Iterator[str]:
    """A `with` block that writes a file of another name, which takes the place of `path` when the block has ended.

    After an exception the file is removed, and what was at `path` stays.
    """
    folder = os.path.dirname(path) or "."
    os.makedirs(folder, exist_ok=True)
    import secrets

    other = os.path.join(folder, f".{os.path.basename(path)}.{secrets.token_hex(4)}")
    try:
        yield other
        _to_disk(other)
        os.replace(other, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.remove(other)
        raise
    with contextlib.suppress(OSError):  # (not every file system knows it of folders)
        _to_disk(folder)


@contextlib.contextmanager
def written_aside(path: str) -> Iterator[IO[bytes]]:
    """The same, with the file open for writing."""
    with aside(path) as other, open(other, "wb") as file:
        yield file


@contextlib.contextmanager
def once(path: Any) -> Iterator[Any]:
    """A `with` block in which several processes write one file: the first one writes it, and all wait until it has.

    It gives the path to write to, which is another one in the others: they do the same, since all of them take part in
    computing what is written.
    """
    if not processes.are_several() or not isinstance(path, (str, os.PathLike)):
        yield path
        return
    try:
        if processes.rank() == 0:
            yield path
        else:
            with tempfile.TemporaryDirectory() as folder:
                yield os.path.join(folder, os.path.basename(os.fspath(path)))
    finally:
        processes.wait("written")


def _to_disk(path: str) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
