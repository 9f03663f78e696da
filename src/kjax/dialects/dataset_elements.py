"""The elements of data sets: nested tuples and dicts of arrays, on their way through a pipeline.

Inside a pipeline a part is a NumPy array (of objects, which are bytes, for strings) or a data set, a window.
What a program sees of it is an eager tensor, a text, or the data set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from kjax.core import dtypes
from kjax.core.dtypes import DType
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.dialects.tensorflow_errors import InvalidArgumentError
from kjax.dialects.tensorflow_ops import convert_to_tensor
from kjax.dialects.tensorflow_specs import TensorSpec
from kjax.dialects.tensorflow_texts import STRING, Text, Texts, as_texts, holds_texts

# ---------------------------------------------------------------------------------------------------------- structures


def is_nested(value: Any) -> bool:
    """Whether a value is a tuple or a dict of others. A list is none: it stands for a tensor."""
    return isinstance(value, (tuple, Mapping)) and not isinstance(value, Shape)


def each(function: Callable[..., Any], first: Any, *others: Any) -> Any:
    """`function` of the parts of structures of one form, in that form; others may be deeper."""
    if isinstance(first, Mapping):
        found = {key: each(function, first[key], *(other[key] for other in others)) for key in first}
        return found if type(first) is dict else type(first)(found)  # type: ignore[call-arg]
    if is_nested(first):
        parts = [each(function, *these) for these in zip(first, *others, strict=True)]
        return type(first)(*parts) if hasattr(first, "_fields") else tuple(parts)
    return function(first, *others)


def parts_of(structure: Any) -> list[Any]:
    """The parts of a structure, those of a dict in the order of its keys."""
    if isinstance(structure, Mapping):
        return [part for key in sorted(structure) for part in parts_of(structure[key])]
    if is_nested(structure):
        return [part for below in structure for part in parts_of(below)]
    return [structure]


def rebuilt(structure: Any, parts: Iterable[Any]) -> Any:
    """A structure of the same form with other parts."""
    rest = iter(parts)

    def fill(part: Any) -> Any:
        if isinstance(part, Mapping):
            found = {key: fill(part[key]) for key in sorted(part)}
            return {key: found[key] for key in part}
        if is_nested(part):
            below = [fill(inner) for inner in part]
            return type(part)(*below) if hasattr(part, "_fields") else tuple(below)
        return next(rest)

    return fill(structure)


# --------------------------------------------------------------------------------------------------- to and from arrays


class Nested:
    """A part of an element that is a data set; the base of `Dataset`."""


def as_part(value: Any, where: str, dtype: DType | None = None) -> Any:
    """What a program gives as a part of an element, as a pipeline keeps it."""
    if isinstance(value, Nested):
        return value
    if isinstance(value, Tensor):
        array = value._value if type(value._value) is np.ndarray else np.asarray(value)
    elif dtype is STRING or (dtype is None and holds_texts(value)):
        try:
            return as_texts(value).view(np.ndarray)
        except TypeError as error:
            raise TypeError(f"{where}: {error}") from None
    elif dtype is None:
        array = convert_to_tensor(value).numpy()
    else:
        array = np.asarray(value)
        if array.dtype.kind not in "biufc" and array.dtype != dtypes.to_numpy(dtype):
            raise TypeError(f"{where}: {value!r} is not made of numbers")
    array = np.asarray(array)
    return array if dtype is None or array.dtype == dtypes.to_numpy(dtype) else array.astype(dtypes.to_numpy(dtype))


def as_element(value: Any, where: str) -> Any:
    """A structure that a program gives, as a pipeline keeps it."""
    if isinstance(value, Tensor) or not isinstance(value, (tuple, list, Mapping)):
        return as_part(value, where)
    return each(lambda part: as_part(part, where), value)


def _as_given(part: Any) -> Any:
    if type(part) is np.ndarray and part.dtype != object:
        return Tensor(part)
    if isinstance(part, Nested):
        return part
    return part.view(Texts) if part.ndim else Text(part.item())


def given(element: Any) -> Any:
    """An element as a program sees it."""
    return each(_as_given, element) if is_nested(element) else _as_given(element)


def _as_plain(part: Any) -> Any:
    return part if isinstance(part, Nested) or part.ndim else part[()]


def plain(element: Any) -> Any:
    """An element of plain NumPy arrays and bytes."""
    return each(_as_plain, element)


# ------------------------------------------------------------------------------------------------------- what is known


def _spec_of(part: Any) -> Any:
    if isinstance(part, Nested):
        return part.as_spec()  # type: ignore[attr-defined]
    return TensorSpec(part.shape, STRING if part.dtype == object else part.dtype)


def spec_of(element: Any) -> Any:
    """What is known of an element, and of its like."""
    return each(_spec_of, element)


def with_dims(spec: Any, change: Callable[[Any], Any]) -> Any:
    """A spec, of whose shapes other ones are made; those of unknown rank stay."""

    def changed(part: Any) -> Any:
        return part if part.shape.rank is None else TensorSpec(change(part.shape), part.dtype)

    return each(changed, spec)


# -------------------------------------------------------------------------------------------------------------- batches


def _stacked(*parts: Any) -> Any:
    try:
        return np.stack(parts)
    except ValueError:
        shapes = sorted({tuple(part.shape) for part in parts})
        raise InvalidArgumentError(
            None,
            None,
            f"Dataset.batch(): the elements of a batch must have one shape; got {shapes}. padded_batch() pads them",
        ) from None


def batched(elements: Sequence[Any]) -> Any:
    """Elements as one, with a new first dim."""
    return each(_stacked, *elements)


def _padded(where: str, shape: Any, filler: Any, *parts: Any) -> Any:
    rank = parts[0].ndim
    if any(part.ndim != rank for part in parts) or (shape is not None and len(shape) != rank):
        ranks = sorted({part.ndim for part in parts})
        raise InvalidArgumentError(None, None, f"{where}: elements of rank {ranks} can't be padded to {shape}")
    longest = np.max([part.shape for part in parts], 0) if rank else np.zeros(0, int)
    size = [most if dim is None else dim for dim, most in zip(shape or [None] * rank, longest.tolist(), strict=True)]
    if any(most > dim for most, dim in zip(longest, size, strict=True)):
        raise InvalidArgumentError(
            None, None, f"{where}: an element of shape {tuple(longest.tolist())} does not fit into {tuple(size)}"
        )
    result: Any = np.full((len(parts), *size), filler, parts[0].dtype)
    for i, part in enumerate(parts):
        result[(i, *(slice(dim) for dim in part.shape))] = part
    return result


def padded_batch(elements: Sequence[Any], shapes: Any, fillers: Any, where: str) -> Any:
    """Elements as one, padded at their ends where they are shorter than others, or than `shapes`.

    Args:
        elements: the elements.
        shapes: a structure of shapes, in which None stands for the longest element.
        fillers: a structure of scalars to pad with.
        where: the call, to name in an error.
    """
    form = elements[0]
    columns = zip(*map(parts_of, elements), strict=True)
    padded = [
        _padded(where, shape, filler, *column) for column, shape, filler in zip(columns, shapes, fillers, strict=True)
    ]
    return rebuilt(form, padded)


def shapes_for(form: Any, shapes: Any, where: str) -> list[Any]:
    """For each part of a structure the shape to pad to, a tuple; None where nothing is said."""
    if shapes is None:
        return [None for _ in parts_of(form)]
    if isinstance(form, Mapping):
        if not isinstance(shapes, Mapping) or shapes.keys() != form.keys():
            raise TypeError(f"{where}: padded_shapes must have the form of an element, {form!r}; got {shapes!r}")
        return [shape for key in sorted(form) for shape in shapes_for(form[key], shapes[key], where)]
    if is_nested(form):
        if isinstance(shapes, (Shape, str)) or not isinstance(shapes, Sequence) or len(shapes) != len(form):
            raise TypeError(f"{where}: padded_shapes must have the form of an element, {form!r}; got {shapes!r}")
        return [shape for inner, one in zip(form, shapes, strict=True) for shape in shapes_for(inner, one, where)]
    shape = Shape(shapes) if shapes is Shape.UNKNOWN else shapes
    if isinstance(shape, Tensor):
        shape = shape.numpy().tolist()
    return [tuple(None if dim is None or int(dim) < 0 else int(dim) for dim in shape)]


def fillers_for(form: Any, values: Any, dtypes_of: Sequence[Any]) -> list[Any]:
    """For each part of a structure what to pad with: zeros and empty strings where nothing is said."""
    if values is None or not (is_nested(values) or len(dtypes_of) == 1):
        one = [values] * len(dtypes_of)
    else:
        one = parts_of(values)
    zeros = [b"" if dtype.kind == "O" else np.zeros((), dtype)[()] for dtype in dtypes_of]
    given_ = [None if value is None else np.asarray(as_part(value, "Dataset.padded_batch()")).item() for value in one]
    return [zero if value is None else value for value, zero in zip(given_, zeros, strict=True)]
