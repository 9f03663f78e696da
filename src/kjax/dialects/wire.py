"""The wire format of protocol buffers: fields of numbers, bytes and messages, written and read by their numbers."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator
from typing import Any

_VARINT, _FIXED64, _BYTES, _FIXED32 = 0, 1, 2, 5


def varint(number: int) -> bytes:
    """An integer, 7 bits a byte; a negative one takes ten bytes."""
    number &= 0xFFFFFFFFFFFFFFFF
    parts = bytearray()
    while number > 127:
        parts.append(number & 127 | 128)
        number >>= 7
    parts.append(number)
    return bytes(parts)


def integer(field: int, number: int) -> bytes:
    """A field with an integer."""
    return varint(field << 3 | _VARINT) + varint(number)


def double(field: int, number: float) -> bytes:
    """A field with a number of 8 bytes."""
    return varint(field << 3 | _FIXED64) + struct.pack("<d", number)


def single(field: int, number: float) -> bytes:
    """A field with a number of 4 bytes."""
    return varint(field << 3 | _FIXED32) + struct.pack("<f", number)


def block(field: int, data: bytes | str) -> bytes:
    """A field with bytes: a text, a message, or packed numbers."""
    data = data.encode() if isinstance(data, str) else data
    return varint(field << 3 | _BYTES) + varint(len(data)) + data


def doubles(field: int, numbers: Iterable[float]) -> bytes:
    """A field with many numbers of 8 bytes."""
    numbers = [*numbers]
    return block(field, struct.pack(f"<{len(numbers)}d", *numbers))


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    number = shift = 0
    while True:
        byte = data[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return number, at
        shift += 7


def signed(number: int) -> int:
    """An integer of a field as int64."""
    number &= 0xFFFFFFFFFFFFFFFF
    return number - (1 << 64) if number >> 63 else number


def fields(data: bytes) -> Iterator[tuple[int, Any]]:
    """The fields of a message: the number of each, and an int or bytes.

    Raises:
        ValueError: this is no message, or it is cut off.
    """
    at = 0
    try:
        while at < len(data):
            key, at = _read_varint(data, at)
            kind = key & 7
            if kind == _VARINT:
                value, at = _read_varint(data, at)
                yield key >> 3, value
                continue
            size = {_FIXED64: 8, _FIXED32: 4}.get(kind)
            if kind == _BYTES:
                size, at = _read_varint(data, at)
            if size is None or at + size > len(data):
                raise ValueError("this is no serialized message")
            yield key >> 3, data[at : at + size]
            at += size
    except IndexError:
        raise ValueError("a serialized message is cut off") from None


def integers(values: Iterable[Any]) -> list[int]:
    """The integers of a repeated field, packed or not, as int64."""
    found = []
    for value in values:
        if isinstance(value, int):
            found.append(signed(value))
            continue
        at = 0
        while at < len(value):
            number, at = _read_varint(value, at)
            found.append(signed(number))
    return found
