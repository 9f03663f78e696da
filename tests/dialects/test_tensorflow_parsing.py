"""Parsing in a pipeline; answers are in recorded/io.json."""

import numpy as np
import pytest

from kjax.dialects import tensorflow_parsing as parsing
from kjax.dialects.dataset_files import TFRecordDataset
from kjax.dialects.example_messages import BytesList, Example, Feature, Features, FloatList, Int64List
from kjax.dialects.record_files import TFRecordWriter
from kjax.dialects.tensorflow_errors import InvalidArgumentError
from kjax.dialects.tensorflow_specs import STRING


def example(n):
    features = {
        "n": Feature(int64_list=Int64List(value=[n])),
        "x": Feature(float_list=FloatList(value=[n / 2] * 3)),
        "raw": Feature(bytes_list=BytesList(value=[np.full(2, n, "int16").tobytes()])),
        "words": Feature(bytes_list=BytesList(value=[b"w"] * n)),
    }
    return Example(features=Features(feature=features)).SerializeToString()


FEATURES = {
    "n": parsing.FixedLenFeature([], "int64"),
    "x": parsing.FixedLenFeature([3], "float32"),
    "raw": parsing.FixedLenFeature([], STRING),
    "words": parsing.FixedLenSequenceFeature([], STRING, True),
}


def test_records_become_batches(tmp_path):
    with TFRecordWriter(str(tmp_path / "a")) as writer:
        for n in range(5):
            writer.write(example(n))
    records = TFRecordDataset(str(tmp_path / "a"))

    def parse(text):
        found = parsing.IO["parse_single_example"](text, FEATURES)
        return found["x"], parsing.IO["decode_raw"](found["raw"], "int16"), found["n"]

    (batch,) = records.map(parse, num_parallel_calls=2).batch(5)
    assert batch[0].numpy()[:, 0].tolist() == [0, 0.5, 1, 1.5, 2] and batch[2].numpy().tolist() == [*range(5)]
    assert batch[1].numpy().tolist() == [[n, n] for n in range(5)] and batch[1].dtype == "int16"
    (whole,) = records.batch(5).map(lambda texts: parsing.IO["parse_example"](texts, FEATURES))
    assert whole["words"].shape == (5, 4) and whole["words"].numpy()[1].tolist() == [b"w", b"", b"", b""]
    raw = parsing.IO["decode_raw"](whole["raw"], "int16")
    assert np.array_equal(raw, batch[1])


def test_what_is_refused():
    single = parsing.IO["parse_single_example"]
    with pytest.raises(NotImplementedError, match="FixedLenSequenceFeature"):
        single(example(1), {"n": parsing.VarLenFeature("int64")})
    with pytest.raises(ValueError, match="int64, float32 or string"):
        single(example(1), {"n": parsing.FixedLenFeature([], "int32")})
    with pytest.raises(ValueError, match="features"):
        single(example(1), {})
    with pytest.raises(InvalidArgumentError, match="fixed_length"):
        parsing.IO["decode_raw"]([b"ab", b"a"], "uint8")
    with pytest.raises(InvalidArgumentError, match="no multiple"):
        single(example(1), {"x": parsing.FixedLenSequenceFeature([2], "float32", True)})
    with pytest.raises(InvalidArgumentError, match="is missing"):
        single(example(1), {"z": parsing.FixedLenSequenceFeature([2], "float32")})
    with pytest.raises(TypeError, match="record_defaults"):
        parsing.IO["decode_csv"]("1", ["int32"])
    with pytest.raises(InvalidArgumentError, match="no tensor"):
        parsing.IO["parse_tensor"](b"junk", "int32")


def test_fixed_length_fills_and_cuts():
    found = parsing.IO["decode_raw"]([b"abc", b"a"], "uint8", fixed_length=2)
    assert found.numpy().tolist() == [[97, 98], [97, 0]]


@pytest.mark.parametrize("value", [np.zeros((2, 0, 3)), np.arange(6, dtype="uint16").reshape(2, 3), np.array(True)])
def test_tensors_as_texts(value):
    text = parsing.IO["serialize_tensor"](value)
    again = parsing.IO["parse_tensor"](text, value.dtype)
    assert again.dtype == value.dtype and np.array_equal(again, value)


def test_texts_as_texts():
    text = parsing.IO["serialize_tensor"]([["a", "b"]])
    assert parsing.IO["parse_tensor"](text, STRING).numpy().tolist() == [[b"a", b"b"]]
