"""Data sets of the contents of files."""

import gzip
import pathlib

import pytest

from kjax.dialects import dataset_files, record_files
from kjax.dialects.datasets import Dataset
from kjax.dialects.tensorflow_errors import InvalidArgumentError, NotFoundError


def texts(dataset):
    return [text.numpy() for text in dataset]


def test_lines(tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    one.write_bytes(b"a\r\n\nb")
    two.write_bytes(b"c\n" + b"d" * 70000 + b"\n")
    data = dataset_files.TextLineDataset([str(one), str(two)])
    assert texts(data) == [b"a", b"", b"b", b"c", b"d" * 70000]
    assert texts(dataset_files.TextLineDataset(one)) == [b"a", b"", b"b"]
    names = Dataset.from_tensor_slices([str(two), str(one)])
    assert texts(dataset_files.TextLineDataset(names))[0] == b"c"
    assert len(texts(names.interleave(dataset_files.TextLineDataset, 2))) == 5
    packed = tmp_path / "packed"
    packed.write_bytes(gzip.compress(b"x\ny"))
    assert texts(dataset_files.TextLineDataset(str(packed), "GZIP")) == [b"x", b"y"]


def test_records(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(record_files.framed(b"1") + record_files.framed(b"2"))
    assert texts(dataset_files.TFRecordDataset(str(path))) == [b"1", b"2"]
    assert texts(dataset_files.TFRecordDataset([pathlib.Path(path)] * 2).shuffle(1)) == [b"1", b"2", b"1", b"2"]
    with pytest.raises(NotFoundError, match="none"):
        texts(dataset_files.TFRecordDataset(str(tmp_path / "none")))


def test_blocks(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"HH112233F")
    assert texts(dataset_files.FixedLengthRecordDataset(str(path), 2, 2, 1)) == [b"11", b"22", b"33"]
    with pytest.raises(InvalidArgumentError, match="multiple"):
        texts(dataset_files.FixedLengthRecordDataset(str(path), 2))
    with pytest.raises(InvalidArgumentError, match="record_bytes"):
        dataset_files.FixedLengthRecordDataset(str(path), 0)
