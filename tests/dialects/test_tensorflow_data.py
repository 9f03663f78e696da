"""`tf.data.experimental`, where random numbers or errors are in play; answers are in recorded/data.json."""

import numpy as np
import pytest

from kjax.dialects.dataset_files import TFRecordDataset
from kjax.dialects.datasets import Dataset
from kjax.dialects.tensorflow_data import EXPERIMENTAL as X
from kjax.dialects.tensorflow_errors import InvalidArgumentError


def numbers(dataset):
    return [int(n) for n in dataset.as_numpy_iterator()]


@pytest.mark.parametrize("calls", [None, 2])
def test_errors_are_left_out_where_a_map_made_them(calls):
    data = Dataset.range(20).map(lambda n: 1 // int(n % 3), calls).apply(X["ignore_errors"]())
    assert len(numbers(data)) == 13

    def broken():
        yield 1
        raise ValueError("broken")

    with pytest.raises(ValueError, match="broken"):
        numbers(Dataset.from_generator(broken, "int32").apply(X["ignore_errors"]()))


def test_sampling():
    parts = [Dataset.range(0, 300), Dataset.range(1000, 1300)]
    found = numbers(X["sample_from_datasets"](parts, [0.9, 0.1], seed=1))
    assert sorted(found) == [*range(300), *range(1000, 1300)]
    assert sum(n < 1000 for n in found[:200]) > 140
    assert [n for n in found if n < 1000] == [*range(300)]
    assert found == numbers(X["sample_from_datasets"](parts, [0.9, 0.1], seed=1))
    assert found != numbers(X["sample_from_datasets"](parts, [0.9, 0.1], seed=2))


def test_unique_elements_may_be_texts():
    assert [*Dataset.from_tensor_slices(["a", "b", "a"]).apply(X["unique"]())] == [b"a", b"b"]


def test_the_number_that_was_promised():
    data = Dataset.range(3).filter(lambda n: True).apply(X["assert_cardinality"](3))
    assert data.count == 3 and numbers(data) == [0, 1, 2]
    with pytest.raises(InvalidArgumentError, match="4"):
        numbers(Dataset.range(3).apply(X["assert_cardinality"](4)))


def test_specs():
    scanned = Dataset.range(3).apply(X["scan"](np.float32(1), lambda s, n: (s * 2, s)))
    assert scanned.element_spec.dtype == "float32" and X["Counter"](1, 2, "int32").element_spec.dtype == "int32"


def test_groups_are_made_as_they_fill_up():
    seen = []
    data = Dataset.range(100).apply(X["group_by_window"](lambda n: n % 2, lambda k, w: w.batch(3), 3))
    for batch in data.take(2):
        seen.append(batch.numpy().tolist())
    assert seen == [[0, 2, 4], [1, 3, 5]] and data.element_spec.dtype == "int64"
    with pytest.raises(TypeError, match="reduce_func"):
        numbers(Dataset.range(3).apply(X["group_by_window"](lambda n: n, lambda k, w: k, 1)))


def test_buckets_that_are_not_padded_or_too_short():
    rows = Dataset.range(1, 7).map(lambda n: np.ones(int(n) // 2 + 1))
    unpadded = X["bucket_by_sequence_length"](lambda row: len(row), [2, 3], [2, 2, 2], no_padding=True)
    sizes = [batch.shape for batch in rows.apply(unpadded).take(2).as_numpy_iterator()]
    assert sizes == [(2, 2), (2, 3)]
    with pytest.raises(ValueError, match="last boundary"):
        change = X["bucket_by_sequence_length"](lambda row: len(row), [2], [1, 1], pad_to_bucket_boundary=True)
        list(rows.apply(change).as_numpy_iterator())


def test_lines_of_fields(tmp_path):
    for name in "ab":
        (tmp_path / name).write_text(f'id,text\n1,"{name};, x"\n')
    data = X["CsvDataset"]([str(tmp_path / name) for name in "ab"], ["int32", [""]], header=True)
    assert [(int(n), t.numpy()) for n, t in data] == [(1, b"a;, x"), (1, b"b;, x")]
    (tmp_path / "a").write_text("1\n")
    with pytest.raises(InvalidArgumentError, match="1 fields where 2"):
        list(X["CsvDataset"](str(tmp_path / "a"), ["int32", "string"]))


def test_strings_are_written_as_records(tmp_path):
    X["TFRecordWriter"](str(tmp_path / "a"), "GZIP").write(Dataset.from_tensor_slices(["x", "y"]))
    assert [*TFRecordDataset(str(tmp_path / "a"), "GZIP")] == [b"x", b"y"]
    with pytest.raises(TypeError, match="string"):
        X["TFRecordWriter"](str(tmp_path / "a")).write(Dataset.range(2))
