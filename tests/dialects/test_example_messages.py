"""`tf.train.Example`: built, changed, serialized, parsed. Answers of TensorFlow are in recorded/io.json."""

import copy
import pickle

import numpy as np
import pytest

from kjax.dialects.example_messages import (
    BytesList,
    Example,
    Feature,
    FeatureList,
    Features,
    FloatList,
    Int64List,
    SequenceExample,
)


def test_a_message_that_is_filled_step_by_step():
    example = Example()
    example.features.feature["n"].int64_list.value.append(-3)
    example.features.feature["f"].float_list.value.extend([0.5, 2])
    example.features.feature["b"].bytes_list.value[:] = [b"", b"x"]
    again = Example.FromString(example.SerializeToString())
    assert again == example and again.features.feature["f"].float_list.value == [0.5, 2.0]
    assert again.features.feature["b"].WhichOneof("kind") == "bytes_list" and "z" not in again.features.feature
    assert pickle.loads(pickle.dumps(example)) == copy.deepcopy(example) == example
    assert (
        example != Example()
        and "int64_list" in repr(example)
        and example.ByteSize() == len(example.SerializeToString())
    )
    other = Example()
    other.CopyFrom(example)
    assert other == example
    other.Clear()
    assert other == Example()


def test_lists_take_arrays():
    assert Int64List(value=np.arange(3)).value == [0, 1, 2] and FloatList(value=np.ones((2, 1))).value == [1.0, 1.0]
    assert FloatList(value=[0.1]).value == [float(np.float32(0.1))]


def test_a_list_that_is_there_without_values():
    feature = Feature.FromString(Feature(int64_list=Int64List()).SerializeToString())
    assert feature.WhichOneof("kind") == "int64_list" and Feature().WhichOneof("kind") is None


def test_sequences():
    words = FeatureList(feature=[Feature(bytes_list=BytesList(value=[word])) for word in (b"a", b"b")])
    message = SequenceExample()
    message.feature_lists.feature_list["words"] = words
    again = SequenceExample.FromString(message.SerializeToString())
    assert [part.bytes_list.value[0] for part in again.feature_lists.feature_list["words"].feature] == [b"a", b"b"]


@pytest.mark.parametrize(
    "call",
    [
        lambda: Feature(int64_list=[1]),
        lambda: Features(feature={"a": 1}),
        lambda: FloatList(value=["a"]),
        lambda: BytesList(value=["a"]),
        lambda: Example.FromString(1),
    ],
)
def test_wrong_types(call):
    with pytest.raises(TypeError, match=r"must be|needed"):
        call()
    with pytest.raises(ValueError, match="no field"):
        Example(feature=1)
