"""Pictures of bytes as PNG files, without a library."""

from __future__ import annotations

import struct
import zlib
from typing import Any

import numpy as np


def png(pixels: np.ndarray[Any, Any]) -> bytes:
    """A picture of bytes, of shape `(rows, columns, channels)`, as a PNG file."""
    rows, columns, channels = pixels.shape

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", columns, rows, 8, {1: 0, 2: 4, 3: 2, 4: 6}[channels], 0, 0, 0)
    lines = np.concatenate([np.zeros((rows, 1), np.uint8), pixels.reshape(rows, -1)], 1)
    body = zlib.compress(lines.tobytes())
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", body) + chunk(b"IEND", b"")
