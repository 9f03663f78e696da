"""`tf.print` and `tf.compat.v1.Print`: at once, or each time that a function computes what is printed."""

from __future__ import annotations

import itertools
import sys
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from kjax.core.graph import MODE, tensors_in
from kjax.core.operands import as_tensor
from kjax.core.structures import flatten, packed
from kjax.core.tensor import Tensor
from kjax.core.updates import effect
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.dialects.tensorflow_control import TF as CONTROL
from kjax.dialects.tensorflow_ops import convert_to_tensor
from kjax.machine.errors import shown
from kjax.ops.printing import printed, summary, write_values, written

_EDGE = 3  # how many elements from each end of an axis are printed


def _print(*inputs: Any, **kwargs: Any) -> Any:
    where = "tf.print()"
    summarize, stream = kwargs.pop("summarize", None), kwargs.pop("output_stream", sys.stderr)
    sep, end, _ = kwargs.pop("sep", " "), kwargs.pop("end", "\n"), kwargs.pop("name", None)
    if kwargs:
        raise ValueError(f"{where}: unknown arguments {', '.join(sorted(kwargs))}")
    if not isinstance(sep, str) or not isinstance(end, str):
        raise TypeError(f"{where}: sep and end must be strings; got {sep!r} and {end!r}")
    edge = _EDGE if summarize is None else None if summarize < 0 else summarize
    into = _stream(stream, where)
    tensors = [*tensors_in([flatten(part) for part in inputs])]

    def write(*arrays: Any) -> None:
        """One line of all inputs, in which arrays take the places of the tensors."""
        rest = iter(arrays)

        def text(part: Any) -> str:
            leaves = flatten(part)
            filled = [_Text(summary(np.asarray(next(rest)), edge)) if isinstance(t, Tensor) else t for t in leaves]
            whole = packed(part, filled)
            return repr(whole) if isinstance(whole, np.ndarray) else str(whole)

        into(sep.join(map(text, inputs)) + end)

    return _now_or_later(tensors, write)


class _Text:
    """What a tensor is printed as, also inside of lists."""

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return self._text


def _now_or_later(tensors: Sequence[Tensor], write: Callable[..., None]) -> Any:
    """Write tensors at once if they have values; else give an operation that does, a part of what is being built."""
    if not MODE.get().graph and all(t._value is not None for t in tensors):
        write_values(write, tensors)
        return None
    return CONTROL["group"](effect(printed(as_tensor(0), tensors, write)))


def _stream(stream: Any, where: str) -> Callable[[str], Any]:
    """What writes a text to a stream as `tf.print` takes it.

    Raises:
        ValueError: it is no such stream.
    """
    for name in ("stdout", "stderr"):
        if stream in (getattr(sys, name), getattr(sys, f"__{name}__"), f"sys.{name}"):
            return lambda text: print(text, end="", file=getattr(sys, name), flush=True)
    if isinstance(stream, str) and stream.startswith("file://"):
        return partial(_append, stream.removeprefix("file://"))
    if callable(stream):  # as tf.compat.v1.logging.info
        return lambda text: stream(text.removesuffix("\n"))
    if callable(getattr(stream, "write", None)):
        return lambda text: print(text, end="", file=stream, flush=True)
    raise ValueError(
        f"{where}: output_stream must be sys.stdout, sys.stderr, 'file://' and a path, or a function that logs; "
        f"got {shown(stream)}"
    )


def _append(path: str, text: str) -> None:
    with open(path, "a", encoding="utf-8") as file:
        file.write(text)


# ------------------------------------------------------------------------------------------------------- TensorFlow 1


def _old_print(
    input_: Any, data: Any, message: Any = None, first_n: Any = None, summarize: Any = None, name: Any = None
) -> Any:
    parts = [part if isinstance(part, (str, bytes)) else convert_to_tensor(part) for part in data]
    tensors = [part for part in parts if isinstance(part, Tensor)]
    limit = 3 if summarize is None else int(summarize)
    times = itertools.count()

    def write(*arrays: Any) -> None:
        if first_n is not None and 0 <= first_n <= next(times):
            return
        rest = iter(arrays)
        texts = [_first(np.asarray(next(rest)), limit) if isinstance(part, Tensor) else f"[{part!s}]" for part in parts]
        print(f"{message or ''}{''.join(texts)}", file=sys.stderr, flush=True)

    result = convert_to_tensor(input_)
    if not MODE.get().graph and all(t._value is not None for t in [result, *tensors]):
        write_values(write, tensors)
        return result
    return effect(printed(result, tensors, write))


def _first(array: Any, limit: int) -> str:
    """The first elements, in brackets for each axis."""
    elements = iter(array.reshape(-1)[:limit])
    left = min(limit, array.size)

    def row(dims: tuple[int, ...], inner: bool) -> str:
        nonlocal left
        texts: list[str] = []
        for _ in range(dims[0]):
            if not left:
                return (" " if len(dims) == 1 else "").join(texts) + ("..." if inner and len(dims) == 1 else "")
            if len(dims) == 1:
                left -= 1
                texts.append(written(next(elements)))
            else:
                texts.append(f"[{row(dims[1:], True)}]")
        return (" " if len(dims) == 1 else "").join(texts)

    return f"[{row(array.shape or (1,), False)}{'...' if array.size > limit else ''}]"


TF: Table = {"print": _print}
V1: Table = {"Print": _old_print, "print": _print}

give_names({"tensorflow": TF, "tensorflow.compat.v1": V1}, __name__)
