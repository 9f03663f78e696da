"""Data sets of the lines, records and blocks of files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kjax.dialects.dataset_elements import as_part
from kjax.dialects.datasets import Dataset
from kjax.dialects.record_files import compression, opened, records
from kjax.dialects.tensorflow_errors import InvalidArgumentError
from kjax.dialects.tensorflow_specs import TensorSpec
from kjax.dialects.tensorflow_texts import STRING, as_path


def _as_element(text: bytes) -> Any:
    element = np.empty((), object)
    element[()] = text
    return element


class _OfFiles(Dataset):
    """The texts that `read(path)` gives of each file."""

    def __init__(self, filenames: Any, read: Callable[[str], Iterator[bytes]]) -> None:
        where = f"tf.data.{type(self).__name__}()"
        paths = [filenames] if hasattr(filenames, "__fspath__") else filenames
        if not isinstance(filenames, Dataset):
            paths = [as_path(name, where) for name in as_part([*map(_plain, _listed(paths))], where).reshape(-1)]

        def make() -> Iterator[Any]:
            names = (as_path(part, where) for part in filenames.arrays()) if isinstance(filenames, Dataset) else paths
            for name in names:
                for text in read(name):
                    yield _as_element(text)

        super().__init__(make, lambda: TensorSpec((), STRING))


def _listed(value: Any) -> Any:
    return (
        value.reshape(-1) if isinstance(value, np.ndarray) else value if isinstance(value, (list, tuple)) else [value]
    )


def _plain(path: Any) -> Any:
    return path.__fspath__() if hasattr(path, "__fspath__") else path


class TextLineDataset(_OfFiles):
    """`tf.data.TextLineDataset`: the lines of files, without their ends."""

    __module__ = "tensorflow.data"

    def __init__(
        self, filenames: Any, compression_type: Any = None, buffer_size: Any = None, num_parallel_reads: Any = None
    ) -> None:
        kind = compression(compression_type, "tf.data.TextLineDataset()")

        def lines(path: str) -> Iterator[bytes]:
            rest = b""
            with opened(path, kind) as file:
                while block := file.read(1 << 16):
                    *whole, rest = (rest + block).split(b"\n")
                    for line in whole:
                        yield line.removesuffix(b"\r")
            if rest:
                yield rest.removesuffix(b"\r")

        super().__init__(filenames, lines)


class TFRecordDataset(_OfFiles):
    """`tf.data.TFRecordDataset`: the records of TFRecord files."""

    __module__ = "tensorflow.data"

    def __init__(
        self, filenames: Any, compression_type: Any = None, buffer_size: Any = None, num_parallel_reads: Any = None
    ) -> None:
        kind = compression(compression_type, "tf.data.TFRecordDataset()")
        super().__init__(filenames, lambda path: records(path, kind))


class FixedLengthRecordDataset(_OfFiles):
    """`tf.data.FixedLengthRecordDataset`: blocks of equal length, between a header and a footer."""

    __module__ = "tensorflow.data"

    def __init__(
        self,
        filenames: Any,
        record_bytes: Any,
        header_bytes: Any = None,
        footer_bytes: Any = None,
        buffer_size: Any = None,
        compression_type: Any = None,
        num_parallel_reads: Any = None,
    ) -> None:
        where = "tf.data.FixedLengthRecordDataset()"
        kind = compression(compression_type, where)
        size, head, foot = int(record_bytes), int(header_bytes or 0), int(footer_bytes or 0)
        if size < 1:
            raise InvalidArgumentError(None, None, f"{where}: record_bytes must be greater than zero; got {size}")

        def blocks(path: str) -> Iterator[bytes]:
            with opened(path, kind) as file:
                data = file.read()
            body = len(data) - head - foot
            if body < 0 or body % size:
                raise InvalidArgumentError(
                    None,
                    None,
                    f"{where}: {path} has {len(data)} bytes; without header and footer ({head} and {foot}) this is no "
                    f"multiple of record_bytes, {size}",
                )
            for at in range(head, head + body, size):
                yield data[at : at + size]

        super().__init__(filenames, blocks)
