"""`tf.data.experimental`, where random numbers or errors are in play; answers are in recorded/data.json."""

import numpy as np
import pytest

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
