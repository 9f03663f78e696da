"""`tf.summary` of TensorFlow 2 and 1, in files of events that TensorBoard shows.

In TensorFlow 1 a summary is an operation: run by a session it gives the bytes that `FileWriter.add_summary` writes.
"""

from __future__ import annotations

import contextlib
import functools
import re
import time
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from typing import Any

import numpy as np

from kjax import backend as K
from kjax.core import graph
from kjax.core.operands import as_tensor
from kjax.core.session import Derived, collection
from kjax.core.tensor import Tensor
from kjax.core.updates import is_in_order
from kjax.dialects import event_files, graph_messages
from kjax.dialects.event_files import EventFile
from kjax.dialects.record_files import records
from kjax.dialects.summary_messages import Event, HistogramProto, Summary
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.dialects.tensorflow_graphs import Graph, variables_of
from kjax.dialects.tensorflow_ops import constant
from kjax.dialects.tensorflow_texts import Text, as_bytes, as_path
from kjax.machine.errors import shown
from kjax.machine.scopes import scope

# --------------------------------------------------------------------------------------------------------- TensorFlow 2


class SummaryWriter:
    """`tf.summary.SummaryWriter`: where summaries go in the `with writer.as_default():` block."""

    def __init__(self, file: EventFile | None = None) -> None:
        self._file = file

    @contextlib.contextmanager
    def as_default(self, step: Any = None) -> Iterator[SummaryWriter]:
        """A `with` block whose summaries go here; they are in the file when it ends."""
        with scope(_default, self), contextlib.nullcontext() if step is None else scope(_step, step):
            yield self
        self.flush()

    def set_as_default(self) -> None:
        """Let summaries go here from now on."""
        _default.set(self)

    def init(self) -> None:
        """Nothing is left to do."""

    def write(self, summary: Summary, step: int) -> bool:
        """Write values of a step."""
        if self._file is None:
            return False
        self._file.add(summary, step)
        return True

    def flush(self) -> None:
        """Write what is still in memory."""
        if self._file is not None:
            self._file.flush()

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()


_default: ContextVar[SummaryWriter | None] = ContextVar("kjax_summary_writer", default=None)
_step: ContextVar[Any] = ContextVar("kjax_summary_step", default=None)
_recorded: ContextVar[Any] = ContextVar("kjax_summary_condition", default=True)


def _create_file_writer(
    logdir: Any, max_queue: Any = None, flush_millis: Any = None, filename_suffix: Any = None, name: Any = None
) -> SummaryWriter:
    """A writer to a new file of events in a folder."""
    return SummaryWriter(EventFile(logdir, filename_suffix or ".v2"))


def _tagged(name: Any, where: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"{where}: name must be a string; got {shown(name)}")
    return graph.MODE.get().scope + name


def _value(data: Any, where: str) -> Any:
    tensor = as_tensor(data, where=where)
    if tensor.is_symbolic:
        raise NotImplementedError(
            f"{where}: in a graph, kjax answers tf.compat.v1.summary; tf.summary takes values; got {shown(tensor)}"
        )
    return tensor.numpy()


def _written(step: Any, where: str, make: Callable[[], Summary]) -> Tensor:
    """Write a summary to the default writer; False where there is none, or nothing is to be written."""
    writer, condition = _default.get(), _recorded.get()
    if writer is None or not bool(condition() if callable(condition) else condition):
        return constant(False)
    step = _step.get() if step is None else step
    if step is None:
        raise ValueError(f"{where}: no step is given, neither by step= nor by tf.summary.experimental.set_step()")
    return constant(writer.write(make(), int(K.get_value(step) if isinstance(step, Tensor) else step)))


def _scalar(name: Any, data: Any, step: Any = None, description: Any = None) -> Any:
    """Write a number."""
    where = "tf.summary.scalar()"
    return _written(step, where, lambda: event_files.scalar(_tagged(name, where), _value(data, where)))


def _histogram(name: Any, data: Any, step: Any = None, buckets: Any = None, description: Any = None) -> Any:
    """Write the distribution of numbers."""
    where = "tf.summary.histogram()"
    return _written(step, where, lambda: event_files.histogram(_tagged(name, where), _value(data, where)))


def _image(name: Any, data: Any, step: Any = None, max_outputs: int = 3, description: Any = None) -> Any:
    """Write pictures: of bytes, or of floats from 0 to 1."""
    where = "tf.summary.image()"

    def make() -> Summary:
        pictures = event_files.as_pictures(_value(data, where), max_outputs, where)
        if pictures.dtype != np.uint8:
            pictures = np.clip(np.floor(pictures.astype(np.float32) * 255.5), 0, 255).astype(np.uint8)
        tag = _tagged(name, where)
        return event_files.images([tag] if len(pictures) == 1 else [f"{tag}/{i}" for i in range(max_outputs)], pictures)

    return _written(step, where, make)


def _text(name: Any, data: Any, step: Any = None, description: Any = None) -> Any:
    """Write a text."""
    where = "tf.summary.text()"
    return _written(step, where, lambda: event_files.text(_tagged(name, where), data))


def _flush(writer: Any = None, name: Any = None) -> None:
    """Write what is still in memory."""
    writer = _default.get() if writer is None else writer
    if writer is not None:
        writer.flush()


@contextlib.contextmanager
def _record_if(condition: Any) -> Iterator[None]:
    """A `with` block that writes summaries only where a condition, or a function that gives one, is true."""
    with scope(_recorded, condition):
        yield


TF: Table = {
    "SummaryWriter": SummaryWriter,
    "create_file_writer": _create_file_writer,
    "create_noop_writer": lambda: SummaryWriter(),
    "flush": _flush,
    "histogram": _histogram,
    "image": _image,
    "record_if": _record_if,
    "scalar": _scalar,
    "text": _text,
}
EXPERIMENTAL: Table = {
    "get_step": lambda: _step.get(),
    "set_step": lambda step: (_step.set(step), None)[1],
}

# --------------------------------------------------------------------------------------------------------- TensorFlow 1

_SUMMARIES = "summaries"  # the collection that `merge_all` takes


def _operation(tensors: Any, make: Callable[..., Summary], collections: Any) -> Any:
    """A summary of tensors: a text in eager mode, else what a session makes bytes of."""
    tensors = [as_tensor(tensor) for tensor in tensors]
    if graph.executing_eagerly() and not any(tensor.is_symbolic for tensor in tensors):
        return Text(make(*(tensor.numpy() for tensor in tensors)).SerializeToString())
    made = Derived(tensors, lambda values: make(*values).SerializeToString())
    for name in [_SUMMARIES] if collections is None else collections:
        collection(name).append(made)
    return made


def _unique_tag(name: Any, family: Any, where: str) -> str:
    """The tag of a summary; in graph mode, two of one name get different ones."""
    tag = _tagged(re.sub(r"[^-/\w.]", "_", f"{name}").lstrip("/"), where)
    tag = f"{family}/{tag}" if family else tag
    tag = tag if graph.executing_eagerly() else graph.unique_name(tag)
    return f"{family}/{tag}" if family else tag


def _v1_scalar(name: Any, tensor: Any, collections: Any = None, family: Any = None) -> Any:
    """A summary of a number."""
    tag = _unique_tag(name, family, "tf.compat.v1.summary.scalar()")
    return _operation([tensor], lambda value: event_files.scalar(tag, value), collections)


def _v1_histogram(name: Any, values: Any, collections: Any = None, family: Any = None) -> Any:
    """A summary of the distribution of numbers."""
    tag = _unique_tag(name, family, "tf.compat.v1.summary.histogram()")
    return _operation([values], lambda value: event_files.histogram(tag, value), collections)


def _v1_image(name: Any, tensor: Any, max_outputs: int = 3, collections: Any = None, family: Any = None) -> Any:
    """A summary of pictures: of bytes, or of floats, which are scaled so that the largest is white."""
    where = "tf.compat.v1.summary.image()"
    if not isinstance(tensor, Tensor):
        tensor = as_tensor(np.asarray(tensor, np.float32))  # (as TensorFlow takes an array, even one of bytes)
    tag = _unique_tag(name, family, where)
    tags = [f"{tag}/image"] if max_outputs == 1 else [f"{tag}/image/{i}" for i in range(max_outputs)]

    def make(value: Any) -> Summary:
        pictures = event_files.as_pictures(value, max_outputs, where)
        if pictures.dtype != np.uint8:
            pictures = np.array([event_files.scaled(picture.astype(np.float64)) for picture in pictures])
        return event_files.images(tags, pictures)

    return _operation([tensor], make, collections)


def _merge(inputs: Any, collections: Any = None, name: Any = None) -> Any:
    """Several summaries as one."""
    where = "tf.compat.v1.summary.merge()"
    parts = [*inputs]
    if graph.executing_eagerly():
        raise NotImplementedError(f"{where}: summaries are merged in graph mode only")
    for part in parts:
        if not isinstance(part, Derived):
            raise TypeError(f"{where}: inputs must be summaries; got {shown(part)}")
    sizes = [len(part.tensors) for part in parts]

    def made(values: list[Any]) -> bytes:
        rest = iter(values)
        return b"".join(part.made([next(rest) for _ in range(size)]) for part, size in zip(parts, sizes, strict=True))

    whole = Derived([tensor for part in parts for tensor in part.tensors], made)
    for key in collections or ():
        collection(key).append(whole)
    return whole


def _merge_all(key: Any = "summaries", scope: Any = None, name: Any = None) -> Any:
    """All summaries of the program as one; None where there are none."""
    found = [*collection(key)]
    return _merge(found) if found else None


class FileWriter:
    """`tf.summary.FileWriter`: writes summaries to a new file of events in a folder."""

    def __init__(
        self,
        logdir: Any,
        graph: Any = None,
        max_queue: int = 10,
        flush_secs: float = 120,
        graph_def: Any = None,
        filename_suffix: Any = None,
        session: Any = None,
    ) -> None:
        self._given = (logdir, filename_suffix, "tf.summary.FileWriter()")
        self._file = EventFile(*self._given)
        if graph is not None or graph_def is not None:
            self.add_graph(graph, graph_def=graph_def)

    def get_logdir(self) -> str:
        """The folder."""
        return self._file.folder

    def add_summary(self, summary: Any, global_step: Any = None) -> None:
        """Write a summary: `tf.Summary`, or its bytes as a session gives them."""
        if not isinstance(summary, Summary):
            summary = Summary.FromString(as_bytes(summary, "FileWriter.add_summary()"))
        self._file.add(summary, None if global_step is None else int(np.asarray(global_step)))

    def add_event(self, event: Event) -> None:
        """Write an event."""
        self._file.write(event)

    def add_graph(self, graph: Any, global_step: Any = None, graph_def: Any = None) -> None:
        """Write the graph of the program, as far as it is in use.

        Args:
            graph: a `tf.Graph`, such as `session.graph`.
            global_step: the step.
            graph_def: the bytes of a `GraphDef`, instead.
        """
        if graph_def is None:
            if not isinstance(graph, Graph):
                raise TypeError(f"FileWriter.add_graph(): graph must be a tf.Graph; got {shown(graph)}")
            graph_def = graph_messages.of_program(*variables_of(graph))
        step = 0 if global_step is None else int(np.asarray(global_step))
        self._file.write(
            Event(wall_time=time.time(), step=step, graph_def=as_bytes(graph_def, "FileWriter.add_graph()"))
        )

    def add_meta_graph(self, *ignored: Any, **also: Any) -> None:
        """Nothing: what else TensorFlow tells of a run is not written."""

    add_session_log = add_run_metadata = add_meta_graph

    def flush(self) -> None:
        """Write what is still in memory."""
        self._file.flush()

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def reopen(self) -> None:
        """Go on in a new file."""
        if self._file.closed:
            self._file = EventFile(*self._given)

    def __enter__(self) -> FileWriter:
        return self

    def __exit__(self, *error: object) -> None:
        self.close()


def _summary_iterator(path: Any) -> Iterator[Event]:
    """The events of a file."""
    return (Event.FromString(data) for data in records(as_path(path, "tf.compat.v1.train.summary_iterator()")))


def _of_the_program(new: Callable[..., Any], old: Callable[..., Any]) -> Callable[..., Any]:
    """What `tf` itself answers: in a program for TensorFlow 1, which builds a graph, its own meaning of a name."""

    @functools.wraps(new)
    def call(name: Any, data: Any, *args: Any, **kwargs: Any) -> Any:
        builds = graph.MODE.get().graph and not is_in_order() and _default.get() is None
        return (old if builds else new)(name, data, *args, **kwargs)

    return call


V1_SUMMARY: Table = {
    "Event": Event,
    "FileWriter": FileWriter,
    "Summary": Summary,
    "histogram": _v1_histogram,
    "image": _v1_image,
    "merge": _merge,
    "merge_all": _merge_all,
    "scalar": _v1_scalar,
}
TF.update(
    histogram=_of_the_program(_histogram, _v1_histogram),
    image=_of_the_program(_image, _v1_image),
    scalar=_of_the_program(_scalar, _v1_scalar),
)
V1: Table = {"Event": Event, "HistogramProto": HistogramProto, "Summary": Summary}
V1_TRAIN: Table = {"summary_iterator": _summary_iterator}

give_names(
    {
        "tensorflow.summary": TF,
        "tensorflow.summary.experimental": EXPERIMENTAL,
        "tensorflow.compat.v1.summary": V1_SUMMARY,
        "tensorflow.compat.v1.train": V1_TRAIN,
    },
    __name__,
)
