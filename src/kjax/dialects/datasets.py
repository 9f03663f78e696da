"""`Dataset`: what `tf.data` makes batches of, a recipe for iterators over nested arrays.

A data set does nothing until it is iterated over; each iterator starts from the beginning. Functions that a program
gives to it run on eager tensors. Rows of arrays go through `shuffle`, `repeat`, `take`, `skip`, `shard` and `batch` as
numbers of rows, so that a batch is cut out of the arrays at once.
"""

from __future__ import annotations

import contextlib
import glob
import itertools
import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from kjax.core import dtypes, graph
from kjax.core.shape import as_shape
from kjax.core.tensor import Tensor
from kjax.dialects import dataset_elements as elements
from kjax.dialects.dataset_elements import as_element, as_part, each, given, is_nested, parts_of, spec_of, with_dims
from kjax.dialects.dataset_iterators import DatasetIterator, computed, placeholder
from kjax.dialects.tensorflow_errors import InvalidArgumentError
from kjax.dialects.tensorflow_specs import TensorSpec, as_type
from kjax.dialects.tensorflow_texts import as_path
from kjax.machine.ahead import map_ahead, run_ahead
from kjax.machine.errors import shown

AUTOTUNE = -1
INFINITE, UNKNOWN = -1, -2  # what stands for a number of elements

_FAILED = object()
_CHUNK = 1024  # numbers of rows that are made at a time


class Options:
    """`tf.data.Options`: any may be set, and none has an effect."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        found = Options()
        setattr(self, name, found)
        return found

    def merge(self, options: Any) -> Options:
        """Options with those of both."""
        merged = Options()
        vars(merged).update({**vars(self), **vars(options)})
        return merged


class _Rows:
    """Rows of a structure of arrays, in an order that is drawn for each iterator: numbers of rows, in chunks."""

    def __init__(self, columns: Any, order: Callable[[], Iterator[np.ndarray[Any, Any]]]) -> None:
        self.columns = columns
        self.order = order

    def __call__(self) -> Iterator[Any]:
        """The rows, one by one."""
        for chunk in self.order():
            for i in chunk.tolist():
                yield each(lambda column, i=i: column[i, ...], self.columns)

    def at(self, numbers: np.ndarray[Any, Any]) -> Any:
        """The rows of these numbers, as one element."""
        first = int(numbers[0])
        if (np.diff(numbers) == 1).all():
            return each(lambda column: column[first : first + len(numbers)], self.columns)
        return each(lambda column: column.take(numbers, 0), self.columns)


def _call(function: Callable[..., Any], element: Any, where: str) -> Any:
    """A program's function of an element; a tuple becomes several arguments."""
    mode = graph.MODE.get()
    with graph.eager_mode() if mode.graph or mode.inside else _EAGER:
        arguments = given(element)
        result = function(*arguments) if isinstance(element, tuple) else function(arguments)
        return as_element(result, where)


_EAGER = contextlib.nullcontext()


def _int(value: Any, where: str) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise TypeError(f"{where} must be an integer; got {shown(value)}") from None


def _positive(value: Any, where: str) -> int:
    number = _int(value, where)
    if number < 1:
        raise InvalidArgumentError(None, None, f"{where} must be greater than zero; got {value!r}")
    return number


class Dataset(elements.Nested):
    """`tf.data.Dataset`: elements that are nested tuples and dicts of tensors.

    >>> squares = Dataset.range(5).map(lambda x: x * x).batch(2)
    >>> [batch.numpy().tolist() for batch in squares]
    [[0, 1], [4, 9], [16]]
    """

    __module__ = "tensorflow.data"

    def __init__(
        self,
        make: Callable[[], Iterator[Any]],
        spec: Callable[[], Any],
        count: int = UNKNOWN,
        options: Options | None = None,
    ) -> None:
        self._make = make
        self._find_spec = spec
        self._spec: Any = None
        self._count = count
        self._options = options or Options()

    def _like(self, make: Callable[[], Iterator[Any]], count: int = UNKNOWN, spec: Any = None) -> Dataset:
        return Dataset(make, spec or (lambda: self.element_spec), count, self._options)

    # -------------------------------------------------------------------------------------------- sources

    @staticmethod
    def from_tensors(tensors: Any) -> Dataset:
        """One element."""
        if _is_symbolic(tensors):
            return _later(Dataset.from_tensors, tensors, lambda shape: shape)
        element = as_element(tensors, "Dataset.from_tensors()")
        return Dataset(lambda: iter([element]), lambda: spec_of(element), 1)

    @staticmethod
    def from_tensor_slices(tensors: Any) -> Dataset:
        """The rows of arrays, which must have equally many."""
        if _is_symbolic(tensors):
            return _later(Dataset.from_tensor_slices, tensors, lambda shape: shape[1:])
        where = "Dataset.from_tensor_slices()"
        columns = each(lambda part: _kept(as_part(part, where)), tensors)
        sizes = [column.shape[:1] for column in parts_of(columns)]
        if not sizes:
            raise ValueError(f"{where}: there are no tensors in {tensors!r}")
        if () in sizes:
            raise ValueError(f"{where}: a tensor without dims has no slices")
        if len(set(sizes)) > 1:
            raise ValueError(f"{where}: the tensors must have equally many slices; got {[size[0] for size in sizes]}")
        rows = _Rows(columns, lambda: iter([np.arange(count)] if count else []))
        ((count,), *_) = sizes
        return Dataset(rows, lambda: with_dims(spec_of(columns), lambda shape: shape[1:]), count)

    @staticmethod
    def from_generator(generator: Any, output_types: Any, output_shapes: Any = None, args: Any = None) -> Dataset:
        """What a generator yields: `generator(*args)` is called for each iterator."""
        where = "Dataset.from_generator()"
        if not callable(generator):
            raise TypeError(f"{where}: generator must be callable; got {shown(generator)}")
        types = each(lambda dtype: as_type(dtype, f"{where}: output_types"), output_types)
        shapes = elements.each(lambda dtype: None, types) if output_shapes is None else output_shapes
        spec = _specs(types, shapes, where)
        arguments = [given(as_part(arg, where)) for arg in args or ()]

        def checked(part: TensorSpec, value: Any) -> Any:
            array = as_part(value, where, part.dtype)
            if not part.shape.is_compatible_with(array.shape):
                message = f"{where}: an element of shape {array.shape} was yielded where {part.shape} is expected"
                raise InvalidArgumentError(None, None, message)
            return array

        def make() -> Iterator[Any]:
            with graph.eager_mode():
                values = iter(generator(*arguments))
            for value in values:
                try:
                    element = each(checked, spec, value)
                except InvalidArgumentError:
                    raise
                except (ValueError, KeyError, TypeError):
                    raise TypeError(f"{where}: {shown(value)} was yielded where {spec!r} is expected") from None
                yield element

        return Dataset(make, lambda: spec)

    @staticmethod
    def range(*args: Any, **kwargs: Any) -> Dataset:
        """The numbers of `range`, as int64."""
        dtype = as_type(kwargs.pop("output_type", "int64"), "Dataset.range(): output_type")
        if kwargs or not 1 <= len(args) <= 3:
            raise ValueError(f"Dataset.range() takes 1 to 3 numbers and output_type; got {args}, {kwargs}")
        numbers = range(*(_int(arg, "Dataset.range(): a number") for arg in args))
        kind = dtypes.to_numpy(dtype)

        def make() -> Iterator[Any]:
            return (np.array(i, kind) for i in numbers)

        return Dataset(make, lambda: TensorSpec((), dtype), len(numbers))

    @staticmethod
    def zip(datasets: Any) -> Dataset:
        """Elements of several data sets together, until the first ends."""
        parts = parts_of(datasets)
        if isinstance(datasets, list) or not all(isinstance(part, Dataset) for part in parts) or not parts:
            raise TypeError(f"Dataset.zip(): a nested tuple or dict of data sets is needed; got {shown(datasets)}")

        def make() -> Iterator[Any]:
            for element in zip(*(part._make() for part in parts), strict=False):
                yield elements.rebuilt(datasets, element)

        counts = [part._count for part in parts]
        finite = [count for count in counts if count != INFINITE]
        count = UNKNOWN if UNKNOWN in counts else min(finite, default=INFINITE)
        return Dataset(make, lambda: each(lambda part: part.element_spec, datasets), count)

    @staticmethod
    def list_files(file_pattern: Any, shuffle: Any = None, seed: Any = None) -> Dataset:
        """The names of files that match glob patterns, in another order each time unless `shuffle` is False."""
        parts = as_part(file_pattern, "Dataset.list_files()")
        patterns = [as_path(pattern, "Dataset.list_files()") for pattern in parts.reshape(-1)]
        names = sorted({name for pattern in patterns for name in glob.glob(pattern)})
        if not names:
            raise InvalidArgumentError(None, None, f"Dataset.list_files(): no files match {', '.join(patterns)}")
        files = Dataset.from_tensor_slices(names)
        return files if shuffle is False else files.shuffle(len(names), seed)

    # -------------------------------------------------------------------------------------------- looking at it

    @property
    def element_spec(self) -> Any:
        """What is known of all elements: a structure of `tf.TensorSpec`."""
        if self._spec is None:
            self._spec = self._find_spec()
        return self._spec

    def as_spec(self) -> DatasetSpec:
        """What is known of this data set as a part of an element."""
        return DatasetSpec(self.element_spec)

    def __iter__(self) -> DatasetIterator:
        return DatasetIterator(self)

    def as_numpy_iterator(self) -> Iterator[Any]:
        """An iterator over elements of NumPy arrays and scalars."""
        return map(elements.plain, self._make())

    def arrays(self) -> Iterator[Any]:
        """The elements, as the pipeline keeps them."""
        return self._make()

    def without_failures(self) -> Iterator[Any]:
        """The same, but for the elements for which the function of a `map` fails."""
        return self._make()

    @property
    def count(self) -> int:
        """The number of elements; `INFINITE` or `UNKNOWN`."""
        return self._count

    def __repr__(self) -> str:
        try:
            return f"<{type(self).__name__} shapes: {self.output_shapes}, types: {self.output_types}>"
        except Exception:  # what is not known before the first element
            return f"<{type(self).__name__}>"

    def options(self) -> Options:
        """Its options, none of which has an effect."""
        return self._options

    def with_options(self, options: Options) -> Dataset:
        """The same with other options."""
        if not isinstance(options, Options):
            raise TypeError(f"Dataset.with_options(): options must be tf.data.Options; got {shown(options)}")
        same = self._like(self._make, self._count)
        same._options = self._options.merge(options)
        return same

    def apply(self, transformation_func: Callable[[Dataset], Dataset]) -> Dataset:
        """What a function makes of this data set."""
        result = transformation_func(self)
        if not isinstance(result, Dataset):
            raise TypeError(f"Dataset.apply(): the function must return a data set; got {shown(result)}")
        return result

    # -------------------------------------------------------------------------------------------- element by element

    def map(self, map_func: Any, num_parallel_calls: Any = None, deterministic: Any = None) -> Dataset:
        """`map_func` of each element, in their order; with `num_parallel_calls`, in threads where it takes long."""
        where = "Dataset.map()"
        workers = 1 if num_parallel_calls is None else _int(num_parallel_calls, f"{where}: num_parallel_calls")

        def one(element: Any) -> Any:
            return _call(map_func, element, where)

        def attempted(element: Any) -> Any:
            try:
                return one(element)
            except Exception:
                return _FAILED

        def make(function: Callable[[Any], Any] = one) -> Iterator[Any]:
            return map(function, self._make()) if workers == 1 else map_ahead(function, self._make(), workers)

        mapped = self._like(make, self._count, lambda: _spec_of_result(map_func, self, make))
        mapped.without_failures = lambda: (found for found in make(attempted) if found is not _FAILED)  # type: ignore
        return mapped

    def filter(self, predicate: Any) -> Dataset:
        """The elements for which `predicate` holds."""

        def holds(element: Any) -> bool:
            found = _call(predicate, element, "Dataset.filter()")
            if isinstance(found, tuple) or found.ndim or found.dtype != bool:
                raise ValueError(f"Dataset.filter(): predicate must return a scalar bool; got {found!r}")
            return bool(found)

        return self._like(lambda: filter(holds, self._make()), self._count if self._count in (0,) else UNKNOWN)

    def flat_map(self, map_func: Any) -> Dataset:
        """The elements of the data sets that `map_func` makes of each element, one data set after the other."""

        def make() -> Iterator[Any]:
            for element in self._make():
                yield from _inner(map_func, element, "Dataset.flat_map()")._make()

        return self._like(make, UNKNOWN, lambda: _spec_of_inner(map_func, self, "Dataset.flat_map()"))

    def interleave(
        self,
        map_func: Any,
        cycle_length: Any = AUTOTUNE,
        block_length: int = 1,
        num_parallel_calls: Any = None,
        deterministic: Any = None,
    ) -> Dataset:
        """As `flat_map`, with `cycle_length` data sets open at a time, of which each gives `block_length` elements."""
        where = "Dataset.interleave()"
        wide = 4 if cycle_length in (None, AUTOTUNE) else _positive(cycle_length, f"{where}: cycle_length")
        block = _positive(block_length, f"{where}: block_length")

        def make() -> Iterator[Any]:
            sources = (_inner(map_func, element, where)._make() for element in self._make())
            open_ = [*itertools.islice(sources, wide)]
            at = 0
            while open_:
                at %= len(open_)
                taken = 0
                for element in itertools.islice(open_[at], block):
                    taken += 1
                    yield element
                if taken == block:
                    at += 1
                    continue
                following = next(sources, None)  # it takes the place of the one that has ended
                if following is None:
                    del open_[at]
                else:
                    open_[at] = following
                    at += 1

        return self._like(make, UNKNOWN, lambda: _spec_of_inner(map_func, self, where))

    def enumerate(self, start: Any = 0) -> Dataset:
        """Pairs of a number, int64, and an element."""
        first = _int(start, "Dataset.enumerate(): start")

        def make() -> Iterator[Any]:
            for i, element in enumerate(self._make(), first):
                yield np.array(i, np.int64), element

        return self._like(make, self._count, lambda: (TensorSpec((), "int64"), self.element_spec))

    def unbatch(self) -> Dataset:
        """The rows of each element."""

        def make() -> Iterator[Any]:
            for element in self._make():
                for i in range(len(parts_of(element)[0])):
                    yield each(lambda part, i=i: part[i, ...], element)

        return self._like(make, UNKNOWN, lambda: with_dims(self.element_spec, lambda shape: shape[1:]))

    def reduce(self, initial_state: Any, reduce_func: Any) -> Any:
        """The last state: `reduce_func(state, element)` gives the next one."""
        state = as_element(initial_state, "Dataset.reduce()")
        for element in self._make():
            with graph.eager_mode():
                new = as_element(reduce_func(given(state), given(element)), "Dataset.reduce()")
            for before, after in zip(parts_of(state), parts_of(new), strict=True):
                if before.dtype != after.dtype:
                    raise TypeError(
                        f"Dataset.reduce(): reduce_func must keep the dtypes of the state; it made {after.dtype} of "
                        f"{before.dtype}"
                    )
            state = new
        return given(state)

    # -------------------------------------------------------------------------------------------- order and number

    def _reordered(
        self, of_items: Callable[[Iterator[Any]], Iterator[Any]], count: int, spec: Any = None, chunk: int = _CHUNK
    ) -> Dataset:
        """A data set of the same elements: `of_items` of an iterator gives the items that stay, in their order."""
        rows = self._make
        if not isinstance(rows, _Rows):
            return self._like(lambda: of_items(self._make()), count, spec)

        def order() -> Iterator[np.ndarray[Any, Any]]:
            items = of_items(number for part in rows.order() for number in part.tolist())
            while numbers := [*itertools.islice(items, chunk)]:
                yield np.array(numbers)

        return self._like(_Rows(rows.columns, order), count, spec)

    def shuffle(self, buffer_size: Any, seed: Any = None, reshuffle_each_iteration: Any = None) -> Dataset:
        """The elements in a random order; each is drawn from the next `buffer_size` ones. Another order each time.

        With `seed`, or after `tf.random.set_seed`, a program that is run again sees the same orders; they are others
        than TensorFlow's.
        """
        size = _positive(buffer_size, "Dataset.shuffle(): buffer_size")
        base = np.random.randint(2**31 - 1) if seed is None else _int(seed, "Dataset.shuffle(): seed") % 2**63
        runs = itertools.count()

        def generator() -> random.Random:
            run = next(runs) if reshuffle_each_iteration in (None, True) else 0
            return random.Random(f"{base} {run}")

        rows = self._make
        if isinstance(rows, _Rows) and 0 <= self._count <= size:

            def order() -> Iterator[np.ndarray[Any, Any]]:
                drawn = generator()
                parts = [*rows.order()]
                if parts:
                    yield np.random.default_rng(drawn.getrandbits(64)).permutation(np.concatenate(parts))

            return self._like(_Rows(rows.columns, order), self._count)
        return self._reordered(lambda items: _shuffled(items, size, generator()), self._count)

    def repeat(self, count: Any = None) -> Dataset:
        """The elements `count` times; None and -1 stand for no end."""
        times = -1 if count is None else _int(count, "Dataset.repeat(): count")
        total = self._count * times if self._count >= 0 and times >= 0 else self._count
        if times < 0 and self._count:
            total = INFINITE
        rows = self._make
        source = rows.order if isinstance(rows, _Rows) else rows

        def make() -> Iterator[Any]:
            for _ in itertools.repeat(None) if times < 0 else range(times):
                empty = True
                for item in source():
                    empty = False
                    yield item
                if empty:
                    return

        return self._like(_Rows(rows.columns, make) if isinstance(rows, _Rows) else make, total if times else 0)

    def take(self, count: Any) -> Dataset:
        """The first `count` elements; -1 stands for all."""
        number = _int(count, "Dataset.take(): count")
        if number < 0:
            return self._reordered(lambda items: items, self._count)
        total = number if self._count == INFINITE else min(number, self._count) if self._count >= 0 else UNKNOWN
        return self._reordered(lambda items: itertools.islice(items, number), total, chunk=max(1, min(number, _CHUNK)))

    def skip(self, count: Any) -> Dataset:
        """All but the first `count` elements; -1 stands for all."""
        number = _int(count, "Dataset.skip(): count")
        if number < 0:
            return self._reordered(lambda items: iter(()), 0)
        total = max(0, self._count - number) if self._count >= 0 else self._count
        return self._reordered(lambda items: itertools.islice(items, number, None), total)

    def shard(self, num_shards: Any, index: Any) -> Dataset:
        """Each `num_shards`-th element, from number `index` on."""
        step, first = _int(num_shards, "Dataset.shard(): num_shards"), _int(index, "Dataset.shard(): index")
        if not 0 <= first < step:
            message = f"Dataset.shard(): index must be at least 0 and below num_shards, {step}; got {index!r}"
            raise InvalidArgumentError(None, None, message)
        total = len(range(first, self._count, step)) if self._count >= 0 else self._count
        return self._reordered(lambda items: itertools.islice(items, first, None, step), total)

    def concatenate(self, dataset: Dataset) -> Dataset:
        """The elements of this data set, then those of another, which must be of the same dtypes."""
        if not isinstance(dataset, Dataset):
            raise TypeError(f"Dataset.concatenate(): a data set is needed; got {shown(dataset)}")
        mine, its = self.element_spec, dataset.element_spec
        try:
            both = each(_common, mine, its)
        except (ValueError, KeyError, TypeError):
            both = None
        if both is None or None in parts_of(both):
            raise TypeError(f"Dataset.concatenate(): elements of {its!r} can't follow those of {mine!r}")
        counts = (self._count, dataset._count)
        total = INFINITE if INFINITE in counts else UNKNOWN if UNKNOWN in counts else sum(counts)
        return self._like(lambda: itertools.chain(self._make(), dataset._make()), total, lambda: both)

    def cache(self, filename: Any = "") -> Dataset:
        """The elements, kept in memory when they have all been seen."""
        if filename != "":
            raise NotImplementedError(f"Dataset.cache(): kjax keeps elements in memory only; got filename={filename!r}")
        rows = self._make
        source = rows.order if isinstance(rows, _Rows) else rows
        kept: list[Any] = []

        def make() -> Iterator[Any]:
            if kept:
                yield from kept[0]
                return
            seen = []
            for item in source():
                seen.append(item)
                yield item
            kept[:] = [seen]

        return self._like(_Rows(rows.columns, make) if isinstance(rows, _Rows) else make, self._count)

    def prefetch(self, buffer_size: Any) -> Dataset:
        """The elements, made in advance by a thread."""
        size = _int(buffer_size, "Dataset.prefetch(): buffer_size")
        return self._like(lambda: run_ahead(self._make, size if size > 0 else 2), self._count)

    # -------------------------------------------------------------------------------------------- several as one

    def _grouped(self, size: int, drop: bool, pack: Callable[[list[Any]], Any]) -> Callable[[], Iterator[Any]]:
        def make() -> Iterator[Any]:
            items = self._make()
            while group := [*itertools.islice(items, size)]:
                if len(group) < size and drop:
                    return
                yield pack(group)

        return make

    def batch(self, batch_size: Any, drop_remainder: Any = False) -> Dataset:
        """`batch_size` elements as one, with a new first dim; the last batch may be smaller."""
        size, drop = _positive(batch_size, "Dataset.batch(): batch_size"), bool(drop_remainder)
        rows = self._make
        if isinstance(rows, _Rows):

            def make() -> Iterator[Any]:
                return (rows.at(numbers) for numbers in _regrouped(rows.order(), size, drop))
        else:
            make = self._grouped(size, drop, elements.batched)

        def spec() -> Any:
            return with_dims(self.element_spec, lambda shape: (size if drop else None, *shape))

        return self._like(make, _batches(self._count, size, drop), spec)

    def padded_batch(
        self, batch_size: Any, padded_shapes: Any = None, padding_values: Any = None, drop_remainder: Any = False
    ) -> Dataset:
        """As `batch`, for elements of different sizes, which are padded at their ends."""
        where = "Dataset.padded_batch()"
        size, drop = _positive(batch_size, f"{where}: batch_size"), bool(drop_remainder)

        def pack(group: list[Any]) -> Any:
            shapes = elements.shapes_for(group[0], padded_shapes, where)
            fillers = elements.fillers_for(group[0], padding_values, [part.dtype for part in parts_of(group[0])])
            return elements.padded_batch(group, shapes, fillers, where)

        def spec() -> Any:
            shapes = iter(elements.shapes_for(self.element_spec, padded_shapes, where))
            own = [(next(shapes), part) for part in parts_of(self.element_spec)]
            first = size if drop else None
            return elements.rebuilt(
                self.element_spec,
                [
                    part
                    if shape is None and part.shape.rank is None
                    else TensorSpec((first, *(part.shape if shape is None else shape)), part.dtype)
                    for shape, part in own
                ],
            )

        return self._like(self._grouped(size, drop, pack), _batches(self._count, size, drop), spec)

    def window(self, size: Any, shift: Any = None, stride: Any = 1, drop_remainder: Any = False) -> Dataset:
        """Windows of elements, each a data set (a structure of data sets for nested elements)."""
        wide = _positive(size, "Dataset.window(): size")
        move = wide if shift is None else _positive(shift, "Dataset.window(): shift")
        step = _positive(stride, "Dataset.window(): stride")

        def window(held: list[Any]) -> Any:
            columns = [[*column] for column in zip(*map(parts_of, held), strict=True)]
            specs = parts_of(spec_of(held[0]))
            inner = [_held(column, spec) for column, spec in zip(columns, specs, strict=True)]
            return elements.rebuilt(held[0], inner)

        def make() -> Iterator[Any]:
            items = self._make()
            held: list[Any] = []
            while True:
                held += itertools.islice(items, (wide - 1) * step + 1 - len(held))
                chosen = held[: (wide - 1) * step + 1 : step]
                if not chosen or (len(chosen) < wide and drop_remainder):
                    return
                yield window(chosen)
                if move > len(held):
                    for _ in itertools.islice(items, move - len(held)):
                        pass
                del held[:move]

        def spec() -> Any:
            return each(DatasetSpec, self.element_spec)

        last = self._count - (wide - 1) * step if drop_remainder else self._count
        return self._like(make, self._count if self._count < 0 else len(range(0, last, move)), spec)

    # -------------------------------------------------------------------------------------------- TensorFlow 1

    def make_one_shot_iterator(self) -> Any:
        """An iterator, whose `get_next()` gives another element in each run of a session."""
        return DatasetIterator(self)

    def make_initializable_iterator(self, shared_name: Any = None) -> Any:
        """An iterator that starts when its `initializer` is run."""
        return DatasetIterator(self, started=False)

    map_with_legacy_function = map
    filter_with_legacy_function = filter

    @property
    def output_shapes(self) -> Any:
        """The static shapes of the elements."""
        return each(lambda part: part.shape, self.element_spec)

    @property
    def output_types(self) -> Any:
        """The dtypes of the elements."""
        return each(lambda part: part.dtype, self.element_spec)

    @property
    def output_classes(self) -> Any:
        """The types of the elements."""
        return each(lambda part: Tensor if isinstance(part, TensorSpec) else Dataset, self.element_spec)


class DatasetSpec:
    """`tf.data.DatasetSpec`: what is known of a data set that is a part of an element."""

    __module__ = "tensorflow.data"

    def __init__(self, element_spec: Any, dataset_shape: Any = ()) -> None:
        self.element_spec = element_spec

    def __eq__(self, other: object) -> bool:
        return isinstance(other, DatasetSpec) and bool(self.element_spec == other.element_spec)

    def __hash__(self) -> int:
        return hash(str(self.element_spec))

    def __repr__(self) -> str:
        return f"DatasetSpec({self.element_spec!r}, TensorShape([]))"


# -------------------------------------------------------------------------------------------------------------- helpers


def _held(items: list[Any], spec: Any) -> Dataset:
    return Dataset(lambda: iter(items), lambda: spec, len(items))


def _is_symbolic(tensors: Any) -> bool:
    return any(isinstance(part, Tensor) and part.is_symbolic for part in parts_of(tensors))


def _later(make: Callable[[Any], Dataset], tensors: Any, dims: Callable[[Any], Any]) -> Dataset:
    """A data set of symbolic tensors, which are computed when an iterator starts."""
    spec = with_dims(each(_promised, tensors), dims)
    return Dataset(lambda: make(computed(tensors)).arrays(), lambda: spec)


def _kept(column: Any) -> Any:
    """An array that the program can't change."""
    if isinstance(column, Dataset) or not column.flags.writeable:
        return column
    column = column.copy()
    column.flags.writeable = False
    return column


def _specs(types: Any, shapes: Any, where: str) -> Any:
    """Specs of dtypes and shapes; a shape is what stands where a dtype stands."""
    if isinstance(types, Mapping):
        return {key: _specs(types[key], shapes[key], where) for key in types}
    if is_nested(types):
        if not isinstance(shapes, (list, tuple)) or len(shapes) != len(types):
            raise TypeError(f"{where}: output_shapes must have the form of output_types, {types!r}; got {shapes!r}")
        return tuple(_specs(dtype, shape, where) for dtype, shape in zip(types, shapes, strict=True))
    return TensorSpec(as_shape(shapes, f"{where}: output_shapes"), types)


def _common(mine: TensorSpec, its: TensorSpec) -> TensorSpec | None:
    """What two specs have in common; None where their dtypes differ."""
    if mine.dtype != its.dtype:
        return None
    if mine.shape.rank is None or mine.shape.rank != its.shape.rank:
        return TensorSpec(None, mine.dtype)
    dims = (a if a == b else None for a, b in zip(mine.shape, its.shape, strict=True))
    return TensorSpec(tuple(dims), mine.dtype)


def _batches(count: int, size: int, drop: bool) -> int:
    if count < 0:
        return count
    return count // size if drop else -(-count // size)


def _shuffled(items: Iterator[Any], size: int, drawn: random.Random) -> Iterator[Any]:
    """Items in a random order, of which `size` are looked at a time."""
    held = [*itertools.islice(items, size)]
    below = drawn.randrange
    for item in items:
        i = below(size)
        chosen, held[i] = held[i], item
        yield chosen
    drawn.shuffle(held)
    yield from held


def _regrouped(chunks: Iterator[np.ndarray[Any, Any]], size: int, drop: bool) -> Iterator[np.ndarray[Any, Any]]:
    """The numbers in chunks, in groups of equal size; a last one may be smaller."""
    rest: np.ndarray[Any, Any] | None = None
    for chunk in chunks:
        chunk = chunk if rest is None else np.concatenate([rest, chunk])
        whole = len(chunk) // size * size
        for first in range(0, whole, size):
            yield chunk[first : first + size]
        rest = chunk[whole:] if whole < len(chunk) else None
    if rest is not None and not drop:
        yield rest


def _inner(function: Any, element: Any, where: str) -> Dataset:
    with graph.eager_mode():
        arguments = given(element)
        found = function(*arguments) if isinstance(element, tuple) else function(arguments)
    if not isinstance(found, Dataset):
        raise TypeError(f"{where}: map_func must return a data set; got {shown(found)}")
    return found


def _spec_of_inner(function: Any, dataset: Dataset, where: str) -> Any:
    """The spec of the elements that a function's data sets have: that of the first one, without its sizes."""
    for element in dataset._make():
        return _loose(_inner(function, element, where).element_spec)
    raise ValueError(f"{where}: the data set is empty, so that nothing is known of its elements")


def _loose(spec: Any) -> Any:
    return with_dims(spec, lambda shape: [None] * len(shape))


def _spec_of_result(function: Any, dataset: Dataset, make: Callable[[], Iterator[Any]]) -> Any:
    """The spec of a function's results, by a call with placeholders; where it can't take them, by the first result."""
    try:
        with graph.graph_mode():
            inputs = each(lambda part: placeholder(part, "Dataset.map()"), dataset.element_spec)
            result = function(*inputs) if isinstance(inputs, tuple) else function(inputs)
        return each(_promised, result)
    except Exception:
        for element in make():
            return _loose(spec_of(element))
        raise


def _promised(part: Any) -> Any:
    if isinstance(part, Dataset):
        return part.as_spec()
    if isinstance(part, Tensor):
        return TensorSpec(part.shape, part.dtype)
    return spec_of(as_part(part, "Dataset.map()"))
