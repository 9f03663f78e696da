"""Data sets: orders that are drawn, what stays lazy, rows cut out at once. Answers are in recorded/data.json."""

import gc
import itertools
import threading

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.dialects import datasets
from kjax.dialects.datasets import INFINITE, UNKNOWN, Dataset, Options
from kjax.dialects.tensorflow_errors import InvalidArgumentError
from kjax.dialects.tensorflow_specs import TensorSpec
from kjax.machine import ahead

X = np.arange(40, dtype="float32").reshape(20, 2)


def numbers(dataset):
    return [int(n) for n in dataset.as_numpy_iterator()]


def both(n=20):
    """The same numbers as rows of an array and as single elements."""
    return Dataset.from_tensor_slices(np.arange(n)), Dataset.range(n)


@pytest.mark.parametrize("source", both())
@pytest.mark.parametrize("size", [4, 20, 99])
def test_shuffle(source, size):
    data = source.shuffle(size, seed=3)
    first, second = numbers(data), numbers(data)
    assert sorted(first) == sorted(second) == [*range(20)] and first != second != [*range(20)]
    again = source.shuffle(size, seed=3)
    assert [numbers(again), numbers(again)] == [first, second] and numbers(source.shuffle(size, seed=4)) != first
    fixed = source.shuffle(size, seed=3, reshuffle_each_iteration=False)
    assert numbers(fixed) == numbers(fixed) == first
    early = [n for i, n in enumerate(first) if n > i + size - 1]
    assert not early  # no element comes before it is in the buffer


def test_shuffle_follows_the_seed_of_the_program():
    orders = []
    for _ in range(2):
        np.random.seed(7)
        orders.append(numbers(Dataset.range(20).shuffle(20)))
    assert orders[0] == orders[1]


@pytest.mark.parametrize("source", both())
def test_repeated_shuffles_see_each_element_once_a_pass(source):
    found = numbers(source.shuffle(20).repeat(3))
    assert all(sorted(found[i : i + 20]) == [*range(20)] for i in (0, 20, 40)) and found[:20] != found[20:40]
    assert len(numbers(source.shuffle(5).repeat().take(50))) == 50


@pytest.mark.parametrize(
    "change",
    [
        lambda d: d.take(7),
        lambda d: d.take(-1),
        lambda d: d.skip(7),
        lambda d: d.skip(-1),
        lambda d: d.shard(3, 1),
        lambda d: d.repeat(2),
        lambda d: d.repeat(0),
        lambda d: d.repeat().skip(5).take(50),
        lambda d: d.cache().repeat(2),
        lambda d: d.take(5).concatenate(d.skip(8)),
        lambda d: d.batch(7).unbatch(),
        lambda d: d.window(3, 2).flat_map(lambda w: w),
    ],
)
def test_rows_and_elements_are_cut_alike(change):
    rows, single = map(change, both())
    assert numbers(rows) == numbers(single)
    assert [*map(len, rows.batch(4).as_numpy_iterator())] == [*map(len, single.batch(4).as_numpy_iterator())]
    assert [*map(len, rows.batch(4, True).as_numpy_iterator())] == [
        *map(len, single.batch(4, True).as_numpy_iterator())
    ]
    if rows.count >= 0:
        assert rows.count == len(numbers(rows))


def test_batches_of_rows_are_cut_out_at_once(monkeypatch):
    data = Dataset.from_tensor_slices((X, {"y": np.arange(20)}))
    monkeypatch.setattr(datasets._Rows, "__call__", None)  # what gives rows one by one
    for batch in data.batch(6).as_numpy_iterator():
        assert batch[0].base is not None and np.array_equal(batch[0][:, 0], batch[1]["y"] * 2)
    for batch in data.shuffle(20).repeat(2).shuffle(3).take(30).batch(6).as_numpy_iterator():
        assert np.array_equal(batch[0][:, 0], batch[1]["y"] * 2)


def test_later_changes_of_an_array_are_not_seen():
    x = X.copy()
    data = Dataset.from_tensor_slices(x)
    x[:] = 0
    assert np.array_equal([*data.as_numpy_iterator()], X)


def test_functions_run_on_values_even_in_graph_mode():
    with kjax.graph_mode():
        data = Dataset.range(3).map(lambda n: n.numpy() * 2).filter(lambda n: bool(n > 1))
        assert numbers(data) == [2, 4]


def test_nothing_happens_before_an_iterator_asks():
    seen = []
    data = Dataset.range(5).map(lambda n: seen.append(int(n)) or n)
    items = iter(data)
    assert not seen and int(next(items)) == 0 and seen == [0]


def test_errors_of_functions_come_as_themselves():
    class MineError(Exception):
        pass

    def fail(n):
        if n == 2:
            raise MineError
        return n

    for data in (Dataset.range(4).map(fail), Dataset.range(4).map(fail, 4), Dataset.range(4).map(fail).prefetch(2)):
        seen = []
        with pytest.raises(MineError):
            for n in data:
                seen.append(int(n))
        assert seen == [0, 1]


def test_threads_end(monkeypatch):
    monkeypatch.setattr(ahead, "WORTHWHILE", 0)
    data = Dataset.range(100).map(lambda n: n + 1, num_parallel_calls=2).batch(2).prefetch(2)
    for batch in data:
        assert batch.numpy().tolist() == [1, 2]
        break
    assert len(numbers(data.unbatch())) == 100
    gc.collect()
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("kjax-")]


def test_cache_keeps_whole_passes_only():
    calls = itertools.count()
    data = Dataset.range(4).map(lambda n: next(calls)).cache()
    assert numbers(data.take(2)) == [0, 1] and numbers(data) == [2, 3, 4, 5] and numbers(data) == [2, 3, 4, 5]
    with pytest.raises(NotImplementedError, match="filename"):
        data.cache("file")


def test_list_files(tmp_path):
    for name in "ba":
        (tmp_path / f"{name}.txt").write_text("")
    data = Dataset.list_files(str(tmp_path / "*.txt"), shuffle=False)
    assert [name.numpy().decode()[-5:] for name in data] == ["a.txt", "b.txt"]
    assert {*Dataset.list_files([str(tmp_path / "a*"), str(tmp_path / "b*")])} == {*data}
    with pytest.raises(InvalidArgumentError, match="no files"):
        Dataset.list_files(str(tmp_path / "c*"))


def test_strings_go_through():
    data = Dataset.from_tensor_slices((["a", "bc"], [1, 2])).map(lambda t, n: (t.numpy().decode() + "!", n))
    assert [t.numpy() for t, _ in data] == [b"a!", b"bc!"]
    (texts,) = data.map(lambda t, n: t).batch(2)
    assert texts.numpy().tolist() == [b"a!", b"bc!"] and str(data.element_spec[0].dtype) == "string"


def test_specs_of_functions_that_need_values_are_those_of_the_first_result():
    data = Dataset.range(3).map(lambda n: np.ones((int(n.numpy()) + 1, 2), "float32"))
    assert data.element_spec == TensorSpec([None, None], "float32")
    assert "shapes" in repr(data) and data.output_types == "float32"
    w = K.variable(2.0)
    assert Dataset.range(3).map(lambda n: K.cast(n, "float32") * w).element_spec == TensorSpec([])


def test_generators():
    data = Dataset.from_generator(lambda: iter([{"a": [1, 2], "b": "x"}]), {"a": "int32", "b": "string"})
    (element,) = data
    assert element["a"].numpy().tolist() == [1, 2] and element["b"].numpy() == b"x" and data.count == UNKNOWN
    with pytest.raises(InvalidArgumentError, match="shape"):
        next(iter(Dataset.from_generator(lambda: iter([[1]]), "int32", [2])))
    for value in (1, (1, 2, 3), "text", (1, [[1], [1, 2]])):
        with pytest.raises(TypeError, match="yielded"):
            next(iter(Dataset.from_generator(lambda value=value: iter([value]), ("int32", "int32"))))
    with pytest.raises(TypeError, match="callable"):
        Dataset.from_generator([1], "int32")


def test_options_have_no_effect():
    options = Options()
    options.experimental_deterministic = False
    options.experimental_optimization.map_fusion = True
    data = Dataset.range(2).with_options(options)
    assert numbers(data) == [0, 1] and data.options().experimental_deterministic is False
    with pytest.raises(TypeError, match="options"):
        data.with_options(1)


@pytest.mark.parametrize(
    ("call", "kind"),
    [
        (lambda d: d.batch(0), InvalidArgumentError),
        (lambda d: d.batch("a"), TypeError),
        (lambda d: d.shuffle(0), InvalidArgumentError),
        (lambda d: d.concatenate(1), TypeError),
        (lambda d: d.apply(lambda d: 1), TypeError),
        (lambda d: Dataset.zip([d, d]), TypeError),
        (lambda d: Dataset.zip((d, 1)), TypeError),
        (lambda d: next(iter(d.flat_map(lambda n: n))), TypeError),
        (lambda d: next(iter(d.filter(lambda n: n))), ValueError),
        (lambda d: d.reduce(0.0, lambda s, n: n), TypeError),
        (lambda d: Dataset.range(), ValueError),
        (lambda d: Dataset.from_tensor_slices({}), ValueError),
        (lambda d: Dataset.from_tensor_slices((X, X[1:])), ValueError),
    ],
)
def test_wrong_calls(call, kind):
    with pytest.raises(kind):
        call(Dataset.range(3))


def test_endless_data_sets_know_it():
    assert Dataset.range(2).repeat().batch(3).count == INFINITE and Dataset.range(0).repeat().count == 0
    assert numbers(Dataset.range(0).repeat()) == []
