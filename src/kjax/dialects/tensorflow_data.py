"""`tf.data`: data sets, their iterators, and what is experimental."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kjax.core import graph
from kjax.dialects import dataset_files
from kjax.dialects.dataset_elements import as_element, given, spec_of
from kjax.dialects.dataset_iterators import DatasetIterator
from kjax.dialects.datasets import AUTOTUNE, INFINITE, UNKNOWN, Dataset, DatasetSpec, Options
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.dialects.tensorflow_errors import InvalidArgumentError
from kjax.dialects.tensorflow_ops import constant

_Transformation = Callable[[Dataset], Dataset]


def _ignore_errors() -> _Transformation:
    """The elements for which the function of a `map` right before does not fail. Other errors pass."""
    return lambda dataset: Dataset(dataset.without_failures, lambda: dataset.element_spec, UNKNOWN)


def _map_and_batch(
    map_func: Any,
    batch_size: Any,
    num_parallel_batches: Any = None,
    drop_remainder: bool = False,
    num_parallel_calls: Any = None,
) -> _Transformation:
    return lambda dataset: dataset.map(map_func, num_parallel_calls or num_parallel_batches).batch(
        batch_size, drop_remainder
    )


def _parallel_interleave(
    map_func: Any,
    cycle_length: Any,
    block_length: int = 1,
    sloppy: bool = False,
    buffer_output_elements: Any = None,
    prefetch_input_elements: Any = None,
) -> _Transformation:
    return lambda dataset: dataset.interleave(map_func, cycle_length, block_length)


def _assert_cardinality(expected_cardinality: Any) -> _Transformation:
    def checked(dataset: Dataset) -> Dataset:
        def make() -> Iterator[Any]:
            count = 0
            for element in dataset.arrays():
                count += 1
                yield element
            if count != expected_cardinality:
                message = f"tf.data: {expected_cardinality} elements were expected; the data set has {count}"
                raise InvalidArgumentError(None, None, message)

        return Dataset(make, lambda: dataset.element_spec, int(expected_cardinality))

    return checked


def _take_while(predicate: Any) -> _Transformation:
    def taken(dataset: Dataset) -> Dataset:
        def make() -> Iterator[Any]:
            for element in dataset.arrays():
                with graph.eager_mode():
                    arguments = given(element)
                    goes_on = predicate(*arguments) if isinstance(element, tuple) else predicate(arguments)
                if not goes_on:
                    return
                yield element

        return Dataset(make, lambda: dataset.element_spec, UNKNOWN)

    return taken


def _scan(initial_state: Any, scan_func: Any) -> _Transformation:
    def scanned(dataset: Dataset) -> Dataset:
        def make() -> Iterator[Any]:
            state = as_element(initial_state, "tf.data.experimental.scan()")
            for element in dataset.arrays():
                with graph.eager_mode():
                    found = scan_func(given(state), given(element))
                    state, output = (as_element(part, "tf.data.experimental.scan()") for part in found)
                yield output

        return Dataset(make, lambda: spec_of(next(make())), dataset.count)

    return scanned


def _unique() -> _Transformation:
    def distinct(dataset: Dataset) -> Dataset:
        def make() -> Iterator[Any]:
            seen = set()
            for element in dataset.arrays():
                key = element.item() if element.dtype == np.object_ else (element.shape, element.tobytes())
                if key not in seen:
                    seen.add(key)
                    yield element

        return Dataset(make, lambda: dataset.element_spec, UNKNOWN)

    return distinct


def _counter(start: Any = 0, step: Any = 1, dtype: Any = "int64") -> Dataset:
    kind = np.dtype(str(dtype))
    spec = spec_of(np.zeros((), kind))
    return Dataset(lambda: (np.array(i, kind) for i in itertools.count(start, step)), lambda: spec, INFINITE)


def _single_element(dataset: Dataset) -> Any:
    found = [*itertools.islice(dataset.arrays(), 2)]
    if len(found) != 1:
        much = "more than one element" if found else "no element"
        message = f"tf.data.experimental.get_single_element(): the data set has {much}"
        raise InvalidArgumentError(None, None, message)
    return given(found[0])


def _sample_from_datasets(datasets: Any, weights: Any = None, seed: Any = None) -> Dataset:
    """Elements of several data sets, each of one that is drawn at random, until all have ended."""
    shares = np.full(len(datasets), 1 / len(datasets)) if weights is None else np.asarray(weights, float)
    base = np.random.randint(2**31 - 1) if seed is None else int(seed)

    def make() -> Iterator[Any]:
        drawn = np.random.default_rng(abs(base))
        open_ = [dataset.arrays() for dataset in datasets]
        left = shares.copy()
        while left.sum() > 0:
            i = int(drawn.choice(len(open_), p=left / left.sum()))
            for element in open_[i]:
                yield element
                break
            else:
                left[i] = 0

    return Dataset(make, lambda: datasets[0].element_spec, UNKNOWN)


def _choose_from_datasets(datasets: Any, choice_dataset: Dataset) -> Dataset:
    def make() -> Iterator[Any]:
        open_ = [dataset.arrays() for dataset in datasets]
        for choice in choice_dataset.arrays():
            yield from itertools.islice(open_[int(choice)], 1)

    return Dataset(make, lambda: datasets[0].element_spec, UNKNOWN)


EXPERIMENTAL: Table = {
    "AUTOTUNE": AUTOTUNE,
    "INFINITE_CARDINALITY": INFINITE,
    "UNKNOWN_CARDINALITY": UNKNOWN,
    "Counter": _counter,
    "assert_cardinality": _assert_cardinality,
    "cardinality": lambda dataset: constant(dataset.count, "int64"),
    "choose_from_datasets": _choose_from_datasets,
    "copy_to_device": lambda target_device, source_device="/cpu:0": lambda dataset: dataset,
    "enumerate_dataset": lambda start=0: lambda dataset: dataset.enumerate(start),
    "get_single_element": _single_element,
    "get_structure": lambda dataset_or_iterator: dataset_or_iterator.element_spec,
    "ignore_errors": _ignore_errors,
    "map_and_batch": _map_and_batch,
    "parallel_interleave": _parallel_interleave,
    "prefetch_to_device": lambda device, buffer_size=None: lambda dataset: dataset.prefetch(buffer_size or 1),
    "sample_from_datasets": _sample_from_datasets,
    "scan": _scan,
    "shuffle_and_repeat": lambda buffer_size, count=None, seed=None: (
        lambda dataset: dataset.shuffle(buffer_size, seed).repeat(count)
    ),
    "take_while": _take_while,
    "unbatch": lambda: lambda dataset: dataset.unbatch(),
    "unique": _unique,
}
DATA: Table = {
    "Dataset": Dataset,
    "DatasetSpec": DatasetSpec,
    "FixedLengthRecordDataset": dataset_files.FixedLengthRecordDataset,
    "Options": Options,
    "TFRecordDataset": dataset_files.TFRecordDataset,
    "TextLineDataset": dataset_files.TextLineDataset,
}
V1_DATA: Table = {
    **DATA,
    "Iterator": DatasetIterator,
    "get_output_classes": lambda dataset_or_iterator: dataset_or_iterator.output_classes,
    "get_output_shapes": lambda dataset_or_iterator: dataset_or_iterator.output_shapes,
    "get_output_types": lambda dataset_or_iterator: dataset_or_iterator.output_types,
    "make_initializable_iterator": lambda dataset, shared_name=None: dataset.make_initializable_iterator(),
    "make_one_shot_iterator": lambda dataset: dataset.make_one_shot_iterator(),
}

give_names({"tensorflow.data.experimental": EXPERIMENTAL, "tensorflow.compat.v1.data": V1_DATA}, __name__)
