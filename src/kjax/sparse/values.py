"""Sparse values as NumPy arrays: the forms in which they are given, and whether their parts go together."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from kjax.core.composite import Composite
from kjax.core.dtypes import of_array
from kjax.core.variable import fresh_array


class SparseTensorValue(NamedTuple):
    """The parts of a sparse tensor as NumPy arrays: what functions give for one, and one form in which it is fed."""

    indices: Any
    values: Any
    dense_shape: Any


def is_scipy(value: Any) -> bool:
    """Whether it is a sparse matrix of SciPy, of any format (or of a library with the same manners)."""
    return callable(getattr(value, "tocoo", None))


def value_of(value: Any, where: str) -> SparseTensorValue:
    """The parts of a sparse value as NumPy arrays, checked.

    Args:
        value: a SciPy matrix, a concrete `SparseTensor`, or `(indices, values, dense_shape)`.
        where: the call and argument, to name in an error.

    Raises:
        TypeError: it is nothing of this kind, or holds no numbers.
        ValueError: the parts don't go together, or an index is outside of the dense shape.
    """
    if isinstance(value, Composite):
        return SparseTensorValue(*(np.asarray(part._concrete(where)) for part in value.parts))
    if is_scipy(value):
        matrix = value.tocoo()
        coordinates = matrix.coords if hasattr(matrix, "coords") else (matrix.row, matrix.col)
        indices = np.stack(coordinates, 1).astype(np.int64)
        parts = SparseTensorValue(indices, fresh_array(matrix.data, None, where), np.array(matrix.shape, np.int64))
    elif isinstance(value, (tuple, list)) and len(value) == 3:
        indices, dense_shape = (integers(part, where) for part in (value[0], value[2]))
        if indices.shape == (0,):
            indices = indices.reshape(0, dense_shape.size)
        parts = SparseTensorValue(indices, fresh_array(value[1], None, where), dense_shape)
    else:
        raise TypeError(
            f"{where}: a sparse tensor is given as a SciPy matrix, or as (indices, values, dense_shape); got {value!r}"
        )
    return checked(parts, where)


def integers(value: Any, where: str) -> Any:
    """A new array of int64."""
    array = fresh_array(value, None, where)
    if array.dtype.kind not in "iu" and array.size:
        raise TypeError(f"{where}: indices and dense_shape are integers; got {of_array(array, where)}")
    return array.astype(np.int64)


def checked(parts: SparseTensorValue, where: str) -> SparseTensorValue:
    """`parts`, NumPy arrays, if they go together.

    Raises:
        ValueError: they do not.
    """
    indices, values, dims = parts
    shapes = (indices.shape, values.shape, dims.shape)
    if shapes != ((len(values) if values.ndim else 0, dims.size), (values.size,), (dims.size,)):
        raise ValueError(
            f"{where}: indices must be of shape (entries, rank), values of (entries,), dense_shape of (rank,); "
            f"got {', '.join(map(str, shapes))}"
        )
    if dims.size and dims.min() < 0:
        raise ValueError(f"{where}: dims must not be negative; got {tuple(dims.tolist())}")
    outside = ((indices < 0) | (indices >= dims)).any(1)
    if outside.any():
        place = tuple(indices[outside.argmax()].tolist())
        raise ValueError(f"{where}: index {place} is outside of the dense shape {tuple(dims.tolist())}")
    return parts
