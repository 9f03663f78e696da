"""Files of events, which TensorBoard shows: records of `Event`s. And how numbers and pictures become values in them."""

from __future__ import annotations

import itertools
import os
import socket
import sys
import threading
import time
from typing import Any

import numpy as np

from kjax.dialects.record_files import framed
from kjax.dialects.summary_messages import Event, HistogramProto, Summary, SummaryMetadata
from kjax.dialects.tensorflow_parsing import tensor_message
from kjax.dialects.tensorflow_texts import as_path, as_texts
from kjax.machine.png import png

_files = itertools.count()


class EventFile:
    """A new file of events in a folder, which is made when it is first written to."""

    def __init__(self, folder: Any, suffix: Any = None, where: str = "tf.summary.create_file_writer()") -> None:
        self.folder = as_path(folder, where)
        parts = (f"{int(time.time()):010d}", socket.gethostname(), os.getpid(), next(_files))
        name = ".".join(map(str, ("events.out.tfevents", *parts)))
        self.path = os.path.join(self.folder, name + (suffix or ""))
        self._lock = threading.Lock()
        self._file: Any = None
        self.closed = False

    def add(self, summary: Summary, step: Any = None, wall_time: float | None = None) -> None:
        """Write values of a step."""
        event = Event(wall_time=time.time() if wall_time is None else wall_time, summary=summary)
        if step is not None:
            event.step = int(step)
        self.write(event)

    def write(self, event: Event) -> None:
        """Write an event."""
        with self._lock:
            if self.closed:
                raise ValueError(f"the file of events {self.path} is closed")
            if self._file is None:
                os.makedirs(self.folder, exist_ok=True)
                self._file = open(self.path, "ab")  # noqa: SIM115 (closed by `close`)
                first = Event(wall_time=time.time(), file_version="brain.Event:2")
                self._file.write(framed(first.SerializeToString()))
            self._file.write(framed(event.SerializeToString()))

    def flush(self) -> None:
        """Write what is still in memory."""
        with self._lock:
            if self._file is not None and not self.closed:
                self._file.flush()

    def close(self) -> None:
        """Write what is still in memory, and close the file."""
        with self._lock:
            if self._file is not None and not self.closed:
                self._file.close()
            self.closed = True

    def __del__(self) -> None:
        if getattr(self, "_file", None) is not None:
            self._file.close()


# --------------------------------------------------------------------------------------------------------------- values


def scalar(tag: str, value: Any) -> Summary:
    """A number."""
    number = np.asarray(value)
    if number.size != 1 or number.dtype.kind not in "biuf":
        raise ValueError(f"tf.summary.scalar(): a real scalar is needed; got shape {number.shape}, {number.dtype}")
    return Summary(value=[Summary.Value(tag=tag, simple_value=float(number.reshape(())))])


def _limits() -> np.ndarray[Any, Any]:
    """The upper limits of the buckets of a histogram, each 10 % further from zero than the one before."""
    limits, limit = [], 1e-12
    while limit < 1e20:
        limits.append(limit)
        limit *= 1.1
    limits.append(sys.float_info.max)
    return np.array([*(-limit for limit in reversed(limits)), 0.0, *limits])


def histogram(tag: str, values: Any) -> Summary:
    """The distribution of numbers. Neighbouring buckets without any are one."""
    numbers = np.asarray(values, np.float64).reshape(-1)
    if not np.isfinite(numbers).all():
        raise ValueError("tf.summary.histogram(): values must be finite")
    limits = _limits()
    counts = np.bincount(np.searchsorted(limits, numbers, "right"), minlength=len(limits))[: len(limits)]
    found = HistogramProto(num=float(len(numbers)), sum=float(numbers.sum()), sum_squares=float((numbers**2).sum()))
    found.min, found.max = (float(numbers.min()), float(numbers.max())) if len(numbers) else (limits[-1], limits[0])
    for limit, count in zip(limits.tolist(), counts.tolist(), strict=True):
        if found.bucket and count == 0 == found.bucket[-1]:
            found.bucket_limit[-1] = limit
        else:
            found.bucket_limit.append(limit)
            found.bucket.append(float(count))
    return Summary(value=[Summary.Value(tag=tag, histo=found)])


def images(tags: Any, pictures: np.ndarray[Any, Any]) -> Summary:
    """Pictures of bytes, each under its tag."""
    values = []
    for tag, pixels in zip(tags, pictures, strict=False):
        rows, columns, channels = pixels.shape
        image = Summary.Image(height=rows, width=columns, colorspace=channels, encoded_image_string=png(pixels))
        values.append(Summary.Value(tag=tag, image=image))
    return Summary(value=values)


def scaled(picture: Any) -> Any:
    """A picture as bytes, as TensorFlow 1 does it: from black to the largest number, or with zero as grey."""
    low, high = float(picture.min(initial=0)), float(picture.max(initial=0))
    if low < 0:  # zero becomes grey
        factor, offset = 127 / max(-low, high), 128.0
    else:
        factor, offset = (255 / high if high else 0.0), 0.0
    return np.clip(picture * factor + offset, 0, 255).astype(np.uint8)


def as_pictures(data: Any, count: int, where: str) -> np.ndarray[Any, Any]:
    """The first `count` pictures of an array of shape `(count, rows, columns, channels)`."""
    array = np.asarray(data)
    if array.ndim != 4 or array.shape[-1] not in (1, 2, 3, 4):
        shape = "(count, rows, columns, channels)"
        raise ValueError(f"{where}: images must be of shape {shape} with 1 to 4 channels; got {array.shape}")
    return array[:count]


def text(tag: str, value: Any) -> Summary:
    """A text, or an array of texts."""
    metadata = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
    tensor = tensor_message(np.asarray(as_texts(value), object))
    return Summary(value=[Summary.Value(tag=tag, tensor=tensor, metadata=metadata)])
