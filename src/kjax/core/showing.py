"""How tensors, variables, functions and sessions show themselves in a notebook: as HTML, with pictures of images."""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from kjax.core.function import Function
from kjax.core.pure import PureFunction
from kjax.core.session import Session
from kjax.core.tensor import Tensor
from kjax.core.variable import Variable
from kjax.machine import config
from kjax.machine.checks import is_tracer
from kjax.machine.errors import cut
from kjax.machine.png import png

_SMALLEST, _LARGEST = 8, 4096  # rows and columns of what looks like an image
_SIDE = 128  # pixels of a thumbnail
_PICTURES = 8  # of a batch
_ROWS = 30  # of a table


def table(rows: Iterable[Sequence[str]], heading: str = "") -> str:
    """Rows of texts as a table of HTML, under a heading."""
    rows = [*rows]
    lines = ["".join(f"<td><code>{html.escape(cell)}</code></td>" for cell in row) for row in rows[:_ROWS]]
    more = f"<div>... and {len(rows) - _ROWS} more</div>" if len(rows) > _ROWS else ""
    body = "".join(f"<tr>{line}</tr>" for line in lines)
    return f"<div><code>{html.escape(heading)}</code><table>{body}</table>{more}</div>"


def of_tensor(tensor: Tensor) -> str:
    """A tensor: its shape, dtype and device, its values in short, and images as such."""
    value = tensor._value
    kind = type(tensor).__name__
    named = f" {tensor.name!r}" if value is None or isinstance(tensor, Variable) else ""
    head = html.escape(f"kjax.{kind}{named} shape={tensor.shape} dtype={tensor.dtype}")
    if value is None:
        op = tensor.op
        inputs = ", ".join(t.name for t in op.inputs)
        behind = html.escape(cut(f"{op.type}({inputs})" if tensor._node is not None else f"symbolic: {op.type}"))
        return f"<div><code>{head}</code><br><code>{behind}</code></div>"
    head += html.escape(f" device={tensor.device}")
    if is_tracer(value):
        return f"<div><code>{head}</code><br><code>{html.escape(cut(repr(value)))}</code></div>"
    shown = np.array2string(_corner(value), threshold=40, edgeitems=3, max_line_width=100)
    cuts = "..." if value.size > _MOST else ""
    pictures = "".join(map(_img, _images(value)))
    return f"<div><code>{head}</code>{pictures}<pre>{html.escape(shown)}{cuts}</pre></div>"


_MOST = 1 << 20  # elements that are looked at


def _corner(value: Any) -> np.ndarray[Any, Any]:
    """All of an array, or the beginning of a large one."""
    if value.size > _MOST:
        value = value[tuple(slice(0, 4) for _ in value.shape)]
    return np.asarray(value)


def _images(value: Any) -> list[np.ndarray[Any, Any]]:
    """What looks like images, thinned out, in the layout `(rows, columns, channels)`."""
    if value.dtype.kind not in "buif" or not value.size:
        return []
    shape = value.shape
    first = config.image_data_format() == "channels_first"
    if len(shape) == 2 and min(shape) >= 2 * _SMALLEST and max(shape) <= 2 * min(shape):
        value = value[None, :, :, None]
    elif len(shape) in (3, 4) and shape[-3 if first else -1] in (1, 3, 4):
        value = value if len(shape) == 4 else value[None]
        value = value[:_PICTURES]
        value = value.transpose(0, 2, 3, 1) if first else value
    else:
        return []
    rows, columns = value.shape[1:3]
    if min(rows, columns) < _SMALLEST or max(rows, columns) > _LARGEST:
        return []
    step = -(-max(rows, columns) // _SIDE)
    return [_bytes(np.asarray(picture[::step, ::step])) for picture in value]


def _bytes(picture: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """A picture as bytes: of floats between 0 and 1, of integers up to 255, or of others from the least to the most."""
    if picture.dtype == np.uint8:
        return picture
    numbers = np.nan_to_num(picture.astype(np.float64), nan=0.0, posinf=0.0, neginf=0.0)
    low, high = float(numbers.min()), float(numbers.max())
    most = 1.0 if picture.dtype.kind in "fb" else 255.0
    if low < 0 or high > most:
        numbers, most = numbers - low, high - low
    return np.asarray(np.rint(numbers * (255.0 / (most or 1.0))), np.uint8)


def _img(picture: np.ndarray[Any, Any]) -> str:
    rows, columns = picture.shape[:2]
    factor = max(1, _SIDE // (2 * max(rows, columns)))
    data = base64.b64encode(png(np.ascontiguousarray(picture))).decode()
    size = f'width="{columns * factor}" height="{rows * factor}"'
    return f'<br><img {size} style="image-rendering: pixelated" alt="image" src="data:image/png;base64,{data}">'


def _row(role: str, tensor: Any) -> Sequence[str]:
    if not isinstance(tensor, Tensor):
        return role, repr(tensor), "", ""
    return role, cut(tensor.name.rpartition(":")[0]), str(tensor.shape), str(tensor.dtype)


def of_function(function: Function) -> str:
    """A function: what it is fed, computes and updates."""
    rows = [_row("input", t) for t in function.inputs] + [_row("output", t) for t in function.outputs]
    rows += [_row("updates", variable) for variable in function.plan.updated]
    rows += [_row("reads", variable) for variable in function.plan.read_only]
    return table(rows, f"kjax function{f' {function.name!r}' if function.name else ''}")


def of_pure(pure: PureFunction) -> str:
    """A pure function: what its state is, what it is fed and computes."""
    function = pure.function
    rows: list[Sequence[str]] = [("state", name, str(t.shape), str(t.dtype)) for name, t in pure.variables.items()]
    rows += [_row("input", t) for t in function.inputs] + [_row("output", t) for t in function.outputs]
    return table(rows, "kjax pure function (state, inputs) -> (outputs, new state)")


def _of_session(session: Session) -> str:
    rows = [_row("computes", t) for function, _ in session._functions.values() for t in function.outputs]
    return table(rows, repr(session))


def as_html(shown: Tensor | Function | PureFunction | Session) -> str:
    """What a notebook shows."""
    if isinstance(shown, Tensor):
        return of_tensor(shown)
    if isinstance(shown, Function):
        return of_function(shown)
    return of_pure(shown) if isinstance(shown, PureFunction) else _of_session(shown)
