"""`tf.train.Example` and its parts: messages that hold named features, and their serialized form."""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import numpy as np

from kjax.dialects import wire
from kjax.dialects.tensorflow_texts import as_bytes


class Message:
    """A message: its fields are attributes, and it is serialized and parsed.

    >>> example = Example()
    >>> example.features.feature['n'].int64_list.value.append(7)
    >>> Example.FromString(example.SerializeToString()).features.feature['n'].int64_list.value
    [7]
    """

    __hash__ = None  # type: ignore[assignment]

    def SerializeToString(self, deterministic: Any = None) -> bytes:
        """The message as bytes."""
        return b"".join(self._written())

    def ParseFromString(self, serialized: Any) -> int:
        """Take over the fields of a serialized message.

        Raises:
            ValueError: it is none.
        """
        data = as_bytes(serialized, f"{type(self).__name__}.ParseFromString()")
        self.Clear()
        self.MergeFromString(data)
        return len(data)

    def MergeFromString(self, serialized: bytes) -> int:
        """Add the fields of a serialized message."""
        for field, value in wire.fields(serialized):
            self._read(field, value)
        return len(serialized)

    @classmethod
    def FromString(cls, serialized: Any) -> Any:
        """A message of its serialized form."""
        message = cls()
        message.ParseFromString(serialized)
        return message

    def CopyFrom(self, other: Message) -> None:
        """Take over the fields of another message."""
        self.ParseFromString(other.SerializeToString())

    def Clear(self) -> None:
        """Forget all fields."""
        type(self).__init__(self)

    def ByteSize(self) -> int:
        """The length of the serialized form."""
        return len(self.SerializeToString())

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.SerializeToString() == other.SerializeToString()

    def __reduce__(self) -> Any:
        return type(self).FromString, (self.SerializeToString(),)

    def __repr__(self) -> str:
        shown = ", ".join(f"{name}={value!r}" for name, value in vars(self).items() if value and name != "_present")
        return f"{type(self).__name__}({shown})"

    def _written(self) -> Iterator[bytes]:
        raise NotImplementedError

    def _read(self, field: int, value: Any) -> None:
        raise NotImplementedError


class _List(Message):
    """A message with a list of values."""

    def __init__(self, value: Any = ()) -> None:
        where = f"tf.train.{type(self).__name__}()"
        values = np.ravel(value).tolist() if isinstance(value, np.ndarray) else [*value]
        self.value = [self._checked(part, where) for part in values]

    @staticmethod
    def _checked(value: Any, where: str) -> Any:
        return as_bytes(value, where) if isinstance(value, (bytes, bytearray)) else _refused(value, "bytes", where)

    def __len__(self) -> int:
        return len(self.value)


def _refused(value: Any, kind: str, where: str) -> Any:
    raise TypeError(f"{where}: a value must be of {kind}; got {value!r}")


class BytesList(_List):
    """`tf.train.BytesList`: values that are bytes."""

    def _written(self) -> Iterator[bytes]:
        return (wire.block(1, value) for value in self.value)

    def _read(self, field: int, value: Any) -> None:
        self.value.append(value)


class FloatList(_List):
    """`tf.train.FloatList`: values that are numbers, of which float32 is kept."""

    @staticmethod
    def _checked(value: Any, where: str) -> Any:
        try:
            return float(np.float32(value))
        except (TypeError, ValueError):
            return _refused(value, "numbers", where)

    def _written(self) -> Iterator[bytes]:
        if self.value:
            yield wire.block(1, struct.pack(f"<{len(self.value)}f", *self.value))

    def _read(self, field: int, value: Any) -> None:
        self.value += struct.unpack(f"<{len(value) // 4}f", value)


class Int64List(_List):
    """`tf.train.Int64List`: values that are integers."""

    @staticmethod
    def _checked(value: Any, where: str) -> Any:
        try:
            return int(value.__index__())
        except (TypeError, AttributeError):
            return _refused(value, "integers", where)

    def _written(self) -> Iterator[bytes]:
        if self.value:
            yield wire.block(1, b"".join(map(wire.varint, self.value)))

    def _read(self, field: int, value: Any) -> None:
        self.value += wire.integers([value])


class _Map(dict[str, Any]):
    """Messages by name; one that is asked for is there."""

    def __init__(self, make: Callable[[], Any]) -> None:
        super().__init__()
        self._make = make

    def __missing__(self, name: str) -> Any:
        self[name] = self._make()
        return self[name]


class _OfParts(Message):
    """A message whose fields are messages, or maps or lists of them."""

    _parts: ClassVar[dict[str, tuple[int, Any, str]]]  # name -> number, class, and whether it is one, a map, a list

    def __init__(self, **given: Any) -> None:
        self._present = {name for name, value in given.items() if value is not None}  # even without contents
        for name, (_, kind, how) in self._parts.items():
            setattr(self, name, {"one": kind, "map": lambda kind=kind: _Map(kind), "list": list}[how]())
        self._take(**given)

    def _take(self, **given: Any) -> None:
        where = f"tf.train.{type(self).__name__}()"
        for name, value in given.items():
            if name not in self._parts:
                raise ValueError(f"{where} has no field {name!r}")
            if value is None:
                continue
            _, kind, how = self._parts[name]
            for part in value.values() if how == "map" else value if how == "list" else [value]:
                if not isinstance(part, kind):
                    raise TypeError(f"{where}: {name} must be of tf.train.{kind.__name__}; got {part!r}")
            if how == "map":
                getattr(self, name).update(value)
            else:
                setattr(self, name, [*value] if how == "list" else value)

    def _written(self) -> Iterator[bytes]:
        for name, (field, _, how) in self._parts.items():
            value = getattr(self, name)
            if how == "map":
                for key in sorted(value):
                    yield wire.block(field, wire.block(1, key) + wire.block(2, value[key].SerializeToString()))
            elif how == "list":
                yield from (wire.block(field, part.SerializeToString()) for part in value)
            elif (data := value.SerializeToString()) or name in self._present:
                yield wire.block(field, data)

    def _read(self, field: int, value: Any) -> None:
        for name, (number, kind, how) in self._parts.items():
            if number != field:
                continue
            if how == "map":
                entry = dict(wire.fields(value))
                getattr(self, name)[entry.get(1, b"").decode()] = kind.FromString(entry.get(2, b""))
            elif how == "list":
                getattr(self, name).append(kind.FromString(value))
            else:
                self._present.add(name)
                getattr(self, name).MergeFromString(value)


class Feature(_OfParts):
    """`tf.train.Feature`: one of three lists."""

    bytes_list: BytesList
    float_list: FloatList
    int64_list: Int64List
    _parts: ClassVar[dict[str, tuple[int, Any, str]]] = {
        "bytes_list": (1, BytesList, "one"),
        "float_list": (2, FloatList, "one"),
        "int64_list": (3, Int64List, "one"),
    }

    def WhichOneof(self, oneof_group: str) -> str | None:
        """The name of the list that is there; None without one."""
        filled = [name for name in self._parts if len(getattr(self, name))]
        return next(iter((*filled, *self._present)), None)

    def _written(self) -> Iterator[bytes]:
        name = self.WhichOneof("kind")
        if name is not None:
            yield wire.block(self._parts[name][0], getattr(self, name).SerializeToString())


class Features(_OfParts):
    """`tf.train.Features`: features by name."""

    feature: dict[str, Feature]
    _parts: ClassVar[dict[str, tuple[int, Any, str]]] = {"feature": (1, Feature, "map")}


class Example(_OfParts):
    """`tf.train.Example`: an example of a data set, by its features."""

    features: Features
    _parts: ClassVar[dict[str, tuple[int, Any, str]]] = {"features": (1, Features, "one")}


class FeatureList(_OfParts):
    """`tf.train.FeatureList`: a sequence of features."""

    feature: list[Feature]
    _parts: ClassVar[dict[str, tuple[int, Any, str]]] = {"feature": (1, Feature, "list")}


class FeatureLists(_OfParts):
    """`tf.train.FeatureLists`: sequences by name."""

    feature_list: dict[str, FeatureList]
    _parts: ClassVar[dict[str, tuple[int, Any, str]]] = {"feature_list": (1, FeatureList, "map")}


class SequenceExample(_OfParts):
    """`tf.train.SequenceExample`: features of a whole, and sequences of features."""

    context: Features
    feature_lists: FeatureLists
    _parts: ClassVar[dict[str, tuple[int, Any, str]]] = {
        "context": (1, Features, "one"),
        "feature_lists": (2, FeatureLists, "one"),
    }


MESSAGES: dict[str, Any] = {
    kind.__name__: kind
    for kind in (
        BytesList,
        Example,
        Feature,
        FeatureList,
        FeatureLists,
        Features,
        FloatList,
        Int64List,
        SequenceExample,
    )
}
