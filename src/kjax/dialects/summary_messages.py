"""The messages of event files: `tf.Summary` and `Event`, with the fields that programs set and TensorBoard reads."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any, ClassVar, NamedTuple

from kjax.dialects import wire
from kjax.dialects.example_messages import Message


class Field(NamedTuple):
    """A field: its number, its kind (a name, or a class of messages), whether there are many; and whether it is one of
    several, so that it is written even where it has the default value."""

    number: int
    kind: Any
    many: bool = False
    chosen: bool = False


_WRITERS: dict[str, Callable[[int, Any], bytes]] = {
    "text": wire.block,
    "bytes": wire.block,
    "int": wire.integer,
    "float": wire.single,
    "double": wire.double,
}
_READERS: dict[str, Callable[[Any], Any]] = {
    "text": lambda value: value.decode(),
    "bytes": lambda value: value,
    "int": wire.signed,
    "float": lambda value: struct.unpack("<f", value)[0],
    "double": lambda value: struct.unpack("<d", value)[0],
}
_EMPTY: dict[str, Any] = {"text": "", "bytes": b"", "int": 0, "float": 0.0, "double": 0.0}


class _Many(list[Any]):
    """The messages of a field; `add` appends a new one."""

    def __init__(self, kind: Any) -> None:
        super().__init__()
        self._kind = kind

    def add(self, **given: Any) -> Any:
        """A new message at the end."""
        self.append(self._kind(**given))
        return self[-1]


class Record(Message):
    """A message whose fields are listed in `fields`."""

    fields: ClassVar[dict[str, Field]]

    def __init__(self, **given: Any) -> None:
        self._set: set[str] = set()
        for name, (_, kind, many, _) in self.fields.items():
            value = _Many(kind) if many else _EMPTY[kind] if isinstance(kind, str) else kind()
            vars(self)[name] = value
        for name, value in given.items():
            if name not in self.fields:
                raise ValueError(f"{type(self).__name__}() has no field {name!r}")
            if self.fields[name].many:
                getattr(self, name).extend(value)
            else:
                setattr(self, name, value)

    def __setattr__(self, name: str, value: Any) -> None:
        if not name.startswith("_"):
            if name not in self.fields:
                raise AttributeError(f"{type(self).__name__} has no field {name!r}")
            self._set.add(name)
        vars(self)[name] = value

    def HasField(self, name: str) -> bool:
        """Whether a field was set."""
        return name in self._set or (isinstance(getattr(self, name), Record) and bool(getattr(self, name).ByteSize()))

    def WhichOneof(self, group: str) -> str | None:
        """The field that is set, of those of which there is one."""
        return next((name for name in reversed(self.fields) if self.HasField(name)), None)

    def _written(self) -> Iterator[bytes]:
        for name, (number, kind, many, chosen) in self.fields.items():
            value = getattr(self, name)
            if kind == "double" and many:
                if value:
                    yield wire.doubles(number, value)
                continue
            for part in value if many else [value]:
                if not isinstance(kind, str):
                    data = part.SerializeToString()
                    if data or many or name in self._set:
                        yield wire.block(number, data)
                elif many or (name in self._set and (chosen or part != _EMPTY[kind])):
                    yield _WRITERS[kind](number, part)

    def _read(self, field: int, value: Any) -> None:
        for name, (number, kind, many, _) in self.fields.items():
            if number != field:
                continue
            if kind == "double" and many:
                getattr(self, name).extend(struct.unpack(f"<{len(value) // 8}d", value))
                continue
            part = _READERS[kind](value) if isinstance(kind, str) else kind.FromString(value)
            if many:
                getattr(self, name).append(part)
            else:
                setattr(self, name, part)


class HistogramProto(Record):
    """A histogram: counts up to limits, and what is known of all values."""

    bucket_limit: list[float]
    bucket: list[float]

    fields: ClassVar[dict[str, Field]] = {
        "min": Field(1, "double"),
        "max": Field(2, "double"),
        "num": Field(3, "double"),
        "sum": Field(4, "double"),
        "sum_squares": Field(5, "double"),
        "bucket_limit": Field(6, "double", True),
        "bucket": Field(7, "double", True),
    }


class _Image(Record):
    """A picture, in PNG."""

    fields: ClassVar[dict[str, Field]] = {
        "height": Field(1, "int"),
        "width": Field(2, "int"),
        "colorspace": Field(3, "int"),
        "encoded_image_string": Field(4, "bytes"),
    }


class _PluginData(Record):
    """What part of TensorBoard shows a value."""

    fields: ClassVar[dict[str, Field]] = {"plugin_name": Field(1, "text"), "content": Field(2, "bytes")}


class SummaryMetadata(Record):
    """What a value is."""

    PluginData = _PluginData
    fields: ClassVar[dict[str, Field]] = {
        "plugin_data": Field(1, _PluginData),
        "display_name": Field(2, "text"),
        "summary_description": Field(3, "text"),
    }


class _Value(Record):
    """A value, under a tag."""

    fields: ClassVar[dict[str, Field]] = {
        "tag": Field(1, "text"),
        "simple_value": Field(2, "float", chosen=True),
        "image": Field(4, _Image),
        "histo": Field(5, HistogramProto),
        "node_name": Field(7, "text"),
        "tensor": Field(8, "bytes", chosen=True),
        "metadata": Field(9, SummaryMetadata),
    }


class Summary(Record):
    """`tf.Summary`: values under their tags.

    >>> summary = Summary(value=[Summary.Value(tag='loss', simple_value=0.5)])
    >>> Summary.FromString(summary.SerializeToString()).value[0].simple_value
    0.5
    """

    value: _Many

    Value = _Value
    Image = _Image
    fields: ClassVar[dict[str, Field]] = {"value": Field(1, _Value, True)}


class Event(Record):
    """`tf.Event`: what a file of events holds, at a time and a step."""

    fields: ClassVar[dict[str, Field]] = {
        "wall_time": Field(1, "double"),
        "step": Field(2, "int"),
        "file_version": Field(3, "text", chosen=True),
        "graph_def": Field(4, "bytes", chosen=True),
        "summary": Field(5, Summary),
    }
