"""`tf.data`: data sets, their iterators, and what is experimental."""

from __future__ import annotations

import bisect
import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from kjax.core import graph
from kjax.dialects import dataset_files, record_files
from kjax.dialects.dataset_elements import as_element, as_part, given, parts_of, rebuilt, spec_of
from kjax.dialects.dataset_iterators import DatasetIterator
from kjax.dialects.datasets import AUTOTUNE, INFINITE, UNKNOWN, Dataset, DatasetSpec, Options
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.dialects.tensorflow_errors import InvalidArgumentError
from kjax.dialects.tensorflow_ops import constant
from kjax.dialects.tensorflow_parsing import IO, as_empty
from kjax.dialects.tensorflow_specs import TensorSpec, as_type
from kjax.dialects.tensorflow_texts import STRING, as_bytes
from kjax.machine.errors import shown

_Transformation = Callable[[Dataset], Dataset]
decode_csv = IO["decode_csv"]


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


# ------------------------------------------------------------------------------------------------------------ in groups


def _group_by_window(
    key_func: Any, reduce_func: Any, window_size: Any = None, window_size_func: Any = None
) -> _Transformation:
    """Elements of one key go into windows; `reduce_func(key, window)` makes a data set of each that is full."""
    where = "tf.data.experimental.group_by_window()"
    if (window_size is None) == (window_size_func is None):
        raise ValueError(f"{where}: give one of window_size and window_size_func")

    def size_of(key: Any) -> int:
        return int(window_size if window_size_func is None else window_size_func(given(key)))

    def grouped(dataset: Dataset) -> Dataset:
        def reduced(key: int, window: list[Any]) -> Iterator[Any]:
            with graph.eager_mode():
                found = reduce_func(given(np.array(key)), Dataset(lambda: iter(window), spec, len(window)))
            if not isinstance(found, Dataset):
                raise TypeError(f"{where}: reduce_func must return a data set; got {shown(found)}")
            return found.arrays()

        def spec() -> Any:
            return dataset.element_spec

        def make() -> Iterator[Any]:
            windows: dict[int, list[Any]] = {}
            for element in dataset.arrays():
                with graph.eager_mode():
                    arguments = given(element)
                    key = int(key_func(*arguments) if isinstance(element, tuple) else key_func(arguments))
                    size = size_of(np.array(key))
                windows.setdefault(key, []).append(element)
                if len(windows[key]) >= size:
                    yield from reduced(key, windows.pop(key))
            for key in sorted(windows):
                yield from reduced(key, windows[key])

        return Dataset(make, lambda: spec_of(next(make())), UNKNOWN)

    return grouped


def _bucket_by_sequence_length(
    element_length_func: Any,
    bucket_boundaries: Any,
    bucket_batch_sizes: Any,
    padded_shapes: Any = None,
    padding_values: Any = None,
    pad_to_bucket_boundary: bool = False,
    no_padding: bool = False,
    drop_remainder: bool = False,
) -> _Transformation:
    """Batches of elements of like lengths: below the first boundary, between the first and the second, and so on."""
    where = "tf.data.experimental.bucket_by_sequence_length()"
    limits, sizes = [int(limit) for limit in bucket_boundaries], [int(size) for size in bucket_batch_sizes]
    if len(sizes) != len(limits) + 1:
        raise ValueError(f"{where}: there must be one batch size more than boundaries; got {sizes} and {limits}")

    def bucket(*element: Any) -> int:
        return bisect.bisect_right(limits, int(element_length_func(*element)))

    def batch(key: Any, window: Dataset) -> Dataset:
        number = int(key)
        if no_padding:
            return window.batch(sizes[number], drop_remainder)
        shapes = padded_shapes
        if pad_to_bucket_boundary:
            if number == len(limits):
                raise ValueError(f"{where}: an element is longer than the last boundary, {limits[-1]}")
            form = window.element_spec if shapes is None else None
            known = [part.shape for part in parts_of(form)] if shapes is None else parts_of(shapes)
            filled = [tuple(limits[number] - 1 if dim in (None, -1) else dim for dim in shape) for shape in known]
            shapes = rebuilt(window.element_spec, filled)
        return window.padded_batch(sizes[number], shapes, padding_values, drop_remainder)

    return _group_by_window(bucket, batch, window_size_func=lambda key: sizes[int(key)])


class CsvDataset(Dataset):
    """`tf.data.experimental.CsvDataset`: the lines of files, as tuples of their fields. A field has no line ends."""

    def __init__(
        self,
        filenames: Any,
        record_defaults: Any,
        compression_type: Any = None,
        buffer_size: Any = None,
        header: bool = False,
        field_delim: Any = ",",
        use_quote_delim: bool = True,
        na_value: Any = "",
        select_cols: Any = None,
    ) -> None:
        where = "tf.data.experimental.CsvDataset()"
        defaults = [
            as_empty(as_type(part, where)) if isinstance(part, str) else as_part(part, where)
            for part in record_defaults
        ]
        names = filenames if isinstance(filenames, Dataset) else Dataset.from_tensor_slices(np.ravel(filenames))

        def make() -> Iterator[Any]:
            for name in names.arrays():
                lines = dataset_files.TextLineDataset(name, compression_type).arrays()
                for line in itertools.islice(lines, int(header), None):
                    fields = decode_csv(line, defaults, field_delim, use_quote_delim, na_value, select_cols)
                    yield tuple(as_part(field, where) for field in fields)

        specs = tuple(TensorSpec((), STRING if part.dtype == np.object_ else part.dtype) for part in defaults)
        super().__init__(make, lambda: specs)


class TFRecordWriter:
    """`tf.data.experimental.TFRecordWriter`: writes the strings of a data set to a file."""

    def __init__(self, filename: Any, compression_type: Any = None) -> None:
        self._given = (filename, compression_type)

    def write(self, dataset: Dataset) -> None:
        """Write all elements."""
        with record_files.TFRecordWriter(*self._given) as file:
            for element in dataset.arrays():
                file.write(as_bytes(element, "TFRecordWriter.write()"))


EXPERIMENTAL: Table = {
    "AUTOTUNE": AUTOTUNE,
    "INFINITE_CARDINALITY": INFINITE,
    "UNKNOWN_CARDINALITY": UNKNOWN,
    "Counter": _counter,
    "CsvDataset": CsvDataset,
    "TFRecordWriter": TFRecordWriter,
    "assert_cardinality": _assert_cardinality,
    "bucket_by_sequence_length": _bucket_by_sequence_length,
    "cardinality": lambda dataset: constant(dataset.count, "int64"),
    "choose_from_datasets": _choose_from_datasets,
    "copy_to_device": lambda target_device, source_device="/cpu:0": lambda dataset: dataset,
    "enumerate_dataset": lambda start=0: lambda dataset: dataset.enumerate(start),
    "get_single_element": _single_element,
    "get_structure": lambda dataset_or_iterator: dataset_or_iterator.element_spec,
    "group_by_window": _group_by_window,
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
