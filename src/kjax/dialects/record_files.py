"""TFRecord files: records of bytes, each with its length and checksums.

A record is its length (8 bytes), the masked CRC-32C of these 8 bytes, the data, and the data's masked CRC-32C.
"""

from __future__ import annotations

import functools
import gzip
import struct
import zlib
from collections.abc import Iterator
from typing import IO, Any

import numpy as np

from kjax.dialects.tensorflow_errors import DataLossError, NotFoundError
from kjax.dialects.tensorflow_texts import as_path

_POLYNOMIAL = 0x82F63B78  # CRC-32C, its bits reversed
_LANE = 128  # bytes of a stretch; the stretches of a long record are summed side by side


def _step(registers: Any, byte: Any) -> Any:
    """Registers of the checksum after one more byte."""
    return _table()[(registers ^ byte) & 255] ^ (registers >> 8)


@functools.cache
def _table() -> Any:
    """The checksum's register after each byte."""
    registers: Any = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        registers = (registers >> 1) ^ (registers & 1) * np.uint32(_POLYNOMIAL)
    return registers


@functools.cache
def _bytewise() -> list[int]:
    return _table().tolist()  # type: ignore[no-any-return]


@functools.cache
def _moved() -> list[list[int]]:
    """What a stretch of zeros makes of a register, for each value of each of its bytes."""
    tables = []
    for shift in (0, 8, 16, 24):
        registers = np.arange(256, dtype=np.uint32) << np.uint32(shift)
        for _ in range(_LANE):
            registers = _step(registers, np.uint32(0))
        tables.append(registers.tolist())
    return tables


def crc32c(data: bytes) -> int:
    """The checksum CRC-32C of some bytes.

    >>> hex(crc32c(b'123456789'))
    '0xe3069283'
    """
    register, done = 0xFFFFFFFF, 0
    if len(data) > 16 * _LANE:
        stretches = np.frombuffer(data, np.uint8, len(data) // _LANE * _LANE).reshape(-1, _LANE)
        sums = np.zeros(len(stretches), np.uint32)
        for column in stretches.T:
            sums = _step(sums, column)
        a, b, c, d = _moved()
        for one in sums.tolist():
            register = a[register & 255] ^ b[register >> 8 & 255] ^ c[register >> 16 & 255] ^ d[register >> 24] ^ one
        done = stretches.size
    table = _bytewise()
    for byte in data[done:]:
        register = table[(register ^ byte) & 255] ^ (register >> 8)
    return register ^ 0xFFFFFFFF


def _masked(data: bytes) -> bytes:
    crc = crc32c(data)
    return struct.pack("<I", ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF)


def framed(data: bytes) -> bytes:
    """Some bytes as a record."""
    length = struct.pack("<Q", len(data))
    return b"".join((length, _masked(length), data, _masked(data)))


class _Inflating:
    """A file in the format of zlib, to be read."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._inflate = zlib.decompressobj()
        self._ready = b""

    def read(self, size: int = -1) -> bytes:
        """The next bytes."""
        while (size < 0 or len(self._ready) < size) and (packed := self._file.read(1 << 16)):
            self._ready += self._inflate.decompress(packed)
        size = len(self._ready) if size < 0 else size
        data, self._ready = self._ready[:size], self._ready[size:]
        return data

    def __enter__(self) -> _Inflating:
        return self

    def __exit__(self, *error: object) -> None:
        self._file.close()


def compression(kind: Any, where: str) -> str:
    """The name of a compression: '', 'GZIP' or 'ZLIB'."""
    name = getattr(kind, "compression_type", kind)
    name = {None: "", 0: "", 1: "ZLIB", 2: "GZIP"}.get(name, name)
    if name not in ("", "GZIP", "ZLIB"):
        raise ValueError(f"{where}: compression_type must be '', 'GZIP' or 'ZLIB'; got {kind!r}")
    return str(name)


def opened(path: str, kind: str) -> Any:
    """A file, maybe a compressed one, to be read.

    Raises:
        tf.errors.NotFoundError: there is none of that name.
    """
    try:  # (who reads the file closes it)
        return (
            gzip.open(path) if kind == "GZIP" else _Inflating(open(path, "rb")) if kind == "ZLIB" else open(path, "rb")
        )
    except FileNotFoundError:
        raise NotFoundError(None, None, f"{path}; No such file or directory") from None


def records(path: str, kind: str = "") -> Iterator[bytes]:
    """The records of a file.

    Raises:
        tf.errors.DataLossError: the file is cut off or damaged.
    """
    with opened(path, kind) as file:
        at = 0
        while head := file.read(12):
            if len(head) < 12 or _masked(head[:8]) != head[8:]:
                raise DataLossError(None, None, f"{path}: corrupted record at {at}")
            (length,) = struct.unpack("<Q", head[:8])
            data, end = file.read(length), file.read(4)
            if len(data) < length or _masked(data) != end:
                raise DataLossError(None, None, f"{path}: truncated or corrupted record at {at}")
            yield data
            at += length + 16


class TFRecordOptions:
    """`tf.io.TFRecordOptions`: how the records of a file are compressed."""

    __module__ = "tensorflow.io"

    def __init__(
        self,
        compression_type: Any = None,
        flush_mode: Any = None,
        input_buffer_size: Any = None,
        output_buffer_size: Any = None,
        window_bits: Any = None,
        compression_level: Any = None,
        compression_method: Any = None,
        mem_level: Any = None,
        compression_strategy: Any = None,
    ) -> None:
        self.compression_type = compression(compression_type, "tf.io.TFRecordOptions()")
        self.compression_level = compression_level


class TFRecordWriter:
    """`tf.io.TFRecordWriter`: writes records to a file."""

    __module__ = "tensorflow.io"

    def __init__(self, path: Any, options: Any = None) -> None:
        where = "tf.io.TFRecordWriter()"
        kind = compression(options, where)
        level = getattr(options, "compression_level", None)
        self._deflate = None
        try:
            self._file: Any = open(as_path(path, where), "wb")  # noqa: SIM115 (closed by `close`)
        except FileNotFoundError as error:
            raise NotFoundError(None, None, f"{where}: {error}") from None
        if kind == "GZIP":
            self._deflate = zlib.compressobj(-1 if level is None else level, wbits=31)
        elif kind == "ZLIB":
            self._deflate = zlib.compressobj(-1 if level is None else level)

    def write(self, record: Any) -> None:
        """Add a record."""
        if self._file.closed:
            raise ValueError("TFRecordWriter.write(): the file is closed")
        if not isinstance(record, bytes):
            raise TypeError(f"TFRecordWriter.write(): record must be bytes; got {type(record).__name__}")
        data = framed(record)
        self._file.write(data if self._deflate is None else self._deflate.compress(data))

    def flush(self) -> None:
        """Write what is still in memory."""
        if self._deflate is not None:
            self._file.write(self._deflate.flush(zlib.Z_SYNC_FLUSH))
        self._file.flush()

    def close(self) -> None:
        """Write what is still in memory, and close the file."""
        if not self._file.closed:
            with self._file:
                if self._deflate is not None:
                    self._file.write(self._deflate.flush())

    def __enter__(self) -> TFRecordWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()
