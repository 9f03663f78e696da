"""The iterators of data sets: of eager programs, and of sessions, where each run draws another element."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextvars import ContextVar
from typing import Any

from kjax import backend as K
from kjax.core import graph
from kjax.core.session import Action, Source
from kjax.core.tensor import Tensor
from kjax.dialects.dataset_elements import each, given, parts_of
from kjax.dialects.tensorflow_errors import FailedPreconditionError, OutOfRangeError
from kjax.dialects.tensorflow_specs import TensorSpec
from kjax.dialects.tensorflow_texts import STRING
from kjax.machine.scopes import scope

# What a session was fed when the iterator that is read here was started.
_feeds: ContextVar[Mapping[Any, Any]] = ContextVar("kjax_dataset_feeds", default={})  # noqa: B039 (never changed)


def computed(tensors: Any) -> Any:
    """The values of a data set's symbolic tensors, such as placeholders that were fed to its initializer."""
    return K.get_session().run(tensors, _feeds.get())


def placeholder(spec: Any, where: str) -> Any:
    """A placeholder for a part of an element.

    Raises:
        NotImplementedError: the part is a string or a data set.
    """
    if not isinstance(spec, TensorSpec) or spec.dtype is STRING:
        raise NotImplementedError(f"{where}: kjax has no graphs of strings and data sets; got elements of {spec!r}")
    return K.placeholder(None if spec.shape.rank is None else spec.shape, dtype=spec.dtype)


class DatasetIterator:
    """`tf.data.Iterator`: the elements of a data set, one after the other."""

    __module__ = "tensorflow.data"

    def __init__(self, dataset: Any, spec: Any = None, started: bool = True) -> None:
        self._dataset = dataset
        self._spec = spec
        self._given: Mapping[Any, Any] = {}
        self._items: Iterator[Any] | None = dataset.arrays() if started else None

    @staticmethod
    def from_structure(
        output_types: Any, output_shapes: Any = None, shared_name: Any = None, output_classes: Any = None
    ) -> DatasetIterator:
        """An iterator for any data set of such elements, of which `make_initializer` starts one."""
        shapes = each(lambda dtype: None, output_types) if output_shapes is None else output_shapes
        return DatasetIterator(None, each(lambda dtype, shape: TensorSpec(shape, dtype), output_types, shapes), False)

    def __iter__(self) -> DatasetIterator:
        return self

    def __next__(self) -> Any:
        return given(self._advance())

    def _advance(self) -> Any:
        if self._items is None:
            raise FailedPreconditionError(None, None, "the iterator has not been started: run its initializer")
        if not self._given:
            return next(self._items)
        with scope(_feeds, self._given):
            return next(self._items)

    def _next(self) -> Any:
        try:
            return self._advance()
        except StopIteration:
            raise OutOfRangeError(None, None, "End of sequence") from None

    def get_next(self, name: Any = None) -> Any:
        """The next element; in graph mode tensors, for which each run of a session draws an element.

        Raises:
            tf.errors.OutOfRangeError: there is none, in a run.
        """
        if graph.executing_eagerly():
            return given(self._next())
        tensors = each(lambda part: placeholder(part, "Iterator.get_next()"), self.element_spec)
        Source(parts_of(tensors), lambda: parts_of(self._next()))
        return tensors

    @property
    def initializer(self) -> Action:
        """What starts the iterator when a session runs it."""
        return self.make_initializer(self._dataset)

    def make_initializer(self, dataset: Any, name: Any = None) -> Action:
        """What starts the iterator on a data set when a session runs it."""
        if dataset is None:
            raise ValueError("Iterator.initializer: the iterator has no data set; make_initializer(dataset) gives one")

        def start(feeds: Mapping[Tensor, Any]) -> None:
            self._given = dict(feeds)
            with scope(_feeds, self._given):
                self._items = dataset.arrays()

        return Action(start)

    @property
    def element_spec(self) -> Any:
        """What is known of all elements."""
        return self._dataset.element_spec if self._spec is None else self._spec

    @property
    def output_shapes(self) -> Any:
        """The static shapes of the elements."""
        return each(lambda part: part.shape, self.element_spec)

    @property
    def output_types(self) -> Any:
        """The dtypes of the elements."""
        return each(lambda part: part.dtype, self.element_spec)
