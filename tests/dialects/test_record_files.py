"""TFRecord files: checksums, compression, damage."""

import gzip
import zlib

import numpy as np
import pytest

from kjax.dialects import record_files
from kjax.dialects.record_files import TFRecordOptions, TFRecordWriter, records
from kjax.dialects.tensorflow_errors import DataLossError, NotFoundError

DATA = [b"", b"one", bytes(range(256)) * 40]


def bitwise(data):
    register = 0xFFFFFFFF
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = register >> 1 ^ (register & 1) * 0x82F63B78
    return register ^ 0xFFFFFFFF


@pytest.mark.parametrize("size", [0, 1, 127, 2048, 2049, 2200, 5000])
def test_the_checksum(size):
    data = np.random.default_rng(size).bytes(size)
    assert record_files.crc32c(data) == bitwise(data)


def test_a_file_that_tensorflow_wrote(tmp_path):
    # tf.io.TFRecordWriter of TF 2.2 on the record b"one"
    written = bytes.fromhex("0300000000000000b099490e6f6e6501405508")
    path = tmp_path / "a"
    with TFRecordWriter(str(path)) as writer:
        writer.write(b"one")
    assert path.read_bytes() == written and [*records(str(path))] == [b"one"]


@pytest.mark.parametrize(("kind", "unpacked"), [("GZIP", gzip.decompress), ("ZLIB", zlib.decompress), ("", bytes)])
def test_compression(tmp_path, kind, unpacked):
    path = tmp_path / "a"
    writer = TFRecordWriter(path, TFRecordOptions(kind, compression_level=1))
    for data in DATA:
        writer.write(data)
        writer.flush()
    writer.close()
    assert [*records(str(path), kind)] == DATA
    assert unpacked(path.read_bytes()) == b"".join(map(record_files.framed, DATA))
    with pytest.raises(ValueError, match="closed"):
        writer.write(b"")


def test_damage_is_found(tmp_path):
    path = tmp_path / "a"
    whole = record_files.framed(b"first") + record_files.framed(b"second")
    for damaged in (whole[:-1], whole[:25], whole[:30], whole[:-8] + b"!" + whole[-7:], whole[:22] + b"!" + whole[23:]):
        path.write_bytes(damaged)
        found = records(str(path))
        assert next(found) == b"first"
        with pytest.raises(DataLossError, match="21"):
            next(found)


def test_wrong_calls(tmp_path):
    with pytest.raises(NotFoundError):
        next(records(str(tmp_path / "none")))
    with pytest.raises(NotFoundError):
        TFRecordWriter(str(tmp_path / "none" / "a"))
    with pytest.raises(ValueError, match="compression_type"):
        TFRecordWriter(str(tmp_path / "a"), "RAR")
    with TFRecordWriter(str(tmp_path / "a"), "GZIP") as writer, pytest.raises(TypeError, match="bytes"):
        writer.write("text")
