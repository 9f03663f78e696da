"""Diagonals and bands of matrices, which are in the last two axes.

Diagonals have numbers: 0 is the main one, those above it are positive. Several, from `low` to `high`, are the rows of
one tensor, the highest first, each filled up to the length of the longest.
"""

import operator
from typing import Annotated, Any

import numpy as np

from kjax import shapes
from kjax.core.op import op
from kjax.core.operands import Array, Attribute, Index
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor


def _as_band(value: Any, where: str) -> tuple[int, int]:
    """The numbers of the lowest and the highest diagonal, given as one or two integers."""
    numbers = np.ravel(np.asarray(value.numpy() if isinstance(value, Tensor) else value)).tolist()
    if len(numbers) not in (1, 2):
        raise ValueError(f"{where} must be one or two integers; got {value!r}")
    try:
        low, high = operator.index(numbers[0]), operator.index(numbers[-1])
    except TypeError:
        raise TypeError(f"{where} must be one or two integers; got {value!r}") from None
    if low > high:
        raise ValueError(f"{where}: the lower number must not exceed the higher one; got {value!r}")
    return low, high


def _as_sides(value: Any, where: str) -> tuple[bool, bool]:
    """Whether diagonals above the main one are filled up on the right, and those below it."""
    if isinstance(value, tuple):
        return value
    sides = str(value).upper().split("_")
    if len(sides) != 2 or not {*sides} <= {"LEFT", "RIGHT"}:
        raise ValueError(f"{where} must be LEFT_LEFT, LEFT_RIGHT, RIGHT_LEFT or RIGHT_RIGHT; got {value!r}")
    return sides[0] == "LEFT", sides[1] == "LEFT"


_Band = Annotated[Any, Attribute(_as_band)]
_Sides = Annotated[Any, Attribute(_as_sides)]


def _length(rows: int, columns: int, number: int) -> int:
    return min(rows + min(number, 0), columns - max(number, 0))


def _longest(rows: int, columns: int, band: tuple[int, int]) -> int:
    """The length of the longest diagonal."""
    low, high = band
    return min(rows + min(high, 0), columns - max(low, 0))


def _places(rows: int, columns: int, band: tuple[int, int], sides: tuple[bool, bool]) -> Any:
    """The places of diagonals' elements among those of a matrix, -1 where a diagonal is filled up."""
    low, high = band
    longest = _longest(rows, columns, band)
    places = np.full((high - low + 1, longest), -1)
    for row, number in enumerate(range(high, low - 1, -1)):
        steps = np.arange(_length(rows, columns, number))
        left = (number >= 0 and sides[0]) or (number <= 0 and sides[1])
        start = 0 if left else longest - len(steps)
        places[row, start : start + len(steps)] = (steps + max(-number, 0)) * columns + steps + max(number, 0)
    return places


def _check(where: str, rows: int, columns: int, band: tuple[int, int]) -> None:
    for number in band:
        if number and not -rows < number < columns:
            raise ValueError(f"{where}a matrix of {rows} by {columns} has no diagonal {number}")


def _rows_of(where: str, input: Tensor, band: tuple[int, int], *rest: Any) -> Shape:
    if input.shape.rank is None:
        return shapes.UNKNOWN
    if input.shape.rank < 2:
        raise ValueError(f"{where}: input must be of rank 2 at least; got shape {input.shape}")
    *batch, rows, columns = input.shape
    longest = None
    if rows is not None and columns is not None:
        _check(f"{where}: ", rows, columns, band)
        longest = _longest(rows, columns, band)
    low, high = band
    count = () if low == high else (high - low + 1,)
    return Shape((*batch, *count, longest))


@op(shape=_rows_of, label="MatrixDiagPartV3")
def diag_part(xp, input: Array, k: _Band = 0, padding_value=0, align: _Sides = "RIGHT_LEFT"):
    """Diagonals of matrices.

    Args:
        input: a tensor of shape `(..., rows, columns)`.
        k: the number of a diagonal, or of the lowest and the highest one.
        padding_value: what shorter diagonals are filled up with.
        align: where those above and those below the main one have their elements.

    Returns:
        A tensor of shape `(..., length)` for one diagonal, else of shape `(..., diagonals, length)`.

    >>> diag_part([[1, 2], [3, 4]]).numpy().tolist(), diag_part([[1, 2], [3, 4]], (-1, 0)).numpy().tolist()
    ([1, 4], [[1, 4], [3, 0]])
    """
    k, align = _as_band(k, "k"), _as_sides(align, "align")  # (the fast way passes on what was given)
    *batch, rows, columns = input.shape
    _check("", rows, columns, k)
    places = _places(rows, columns, k, align)
    if k[0] == k[1]:
        places = places[0]
    found = input.reshape(*batch, rows * columns)[..., places]
    return found if (places >= 0).all() else xp.where(places >= 0, found, xp.asarray(padding_value, input.dtype))


def _written(where: str, input: Tensor, diagonal: Tensor, band: tuple[int, int], *rest: Any) -> Shape:
    wanted = _rows_of(where, input, band)
    if not wanted.is_compatible_with(diagonal.shape):
        raise ValueError(f"{where}: diagonal must be of shape {wanted}; got {diagonal.shape}")
    return input.shape


@op(shape=_written, label="MatrixSetDiagV3")
def set_diag(xp, input: Array, diagonal: Array, k: _Band = 0, align: _Sides = "RIGHT_LEFT"):
    """Matrices with other elements in some diagonals.

    Args:
        input: a tensor of shape `(..., rows, columns)`.
        diagonal: the diagonals, of the shape that `diag_part` gives.
        k: the number of a diagonal, or of the lowest and the highest one.
        align: where those above and those below the main one have their elements.

    >>> set_diag([[1, 2], [3, 4]], [7, 8]).numpy().tolist()
    [[7, 2], [3, 8]]
    """
    k, align = _as_band(k, "k"), _as_sides(align, "align")  # (the fast way passes on what was given)
    *batch, rows, columns = input.shape
    _check("", rows, columns, k)
    places = _places(rows, columns, k, align)
    if diagonal.shape != (*batch, *(places.shape if k[0] != k[1] else places.shape[1:])):
        raise ValueError(f"diagonals of shape {diagonal.shape} don't go with matrices of shape {input.shape}")
    return _filled(xp, diagonal, places, input)


def _filled(xp: Any, diagonal: Any, places: Any, input: Any) -> Any:
    """`input` with the elements of diagonals at their places."""
    *batch, rows, columns = input.shape
    sources = np.full(rows * columns, -1)
    inside = np.flatnonzero(places >= 0)
    sources[places.reshape(-1)[inside]] = inside
    if not places.size:
        return xp.asarray(input)
    sources = sources.reshape(rows, columns)
    return xp.where(sources >= 0, diagonal.reshape(*batch, places.size)[..., sources], input)


def _sides_of(where: str, length: int, band: tuple[int, int], rows: int, columns: int) -> tuple[int, int]:
    """The rows and columns of a matrix with diagonals of that length; -1 stands for a number to be found."""
    low, high = band
    fewest = length - min(high, 0), length + max(low, 0)
    if rows == -1 and columns == -1:
        return max(fewest), max(fewest)
    found = fewest[0] if rows == -1 else rows, fewest[1] if columns == -1 else columns
    if found[0] < fewest[0] or found[1] < fewest[1] or (found[0] > fewest[0] and found[1] > fewest[1]):
        raise ValueError(
            f"{where}{length} elements in the diagonals {low} to {high} don't fill a matrix of {rows} by {columns}"
        )
    return found


def _matrices(where: str, diagonal: Tensor, band: tuple[int, int], rows: int, columns: int, *rest: Any) -> Shape:
    shape = diagonal.shape
    if shape.rank is None:
        return shapes.UNKNOWN
    several = band[0] != band[1]
    if shape.rank < 1 + several:
        raise ValueError(f"{where}: diagonal must be of rank {1 + several} at least; got shape {shape}")
    if several:
        shapes.merge_dim(where, shape[-2], band[1] - band[0] + 1, "diagonal must have a row for each number in k")
    batch = shape[: -1 - several]
    if shape[-1] is None:
        return Shape((*batch, *(None if side == -1 else side for side in (rows, columns))))
    return Shape((*batch, *_sides_of(f"{where}: ", shape[-1], band, rows, columns)))


@op(shape=_matrices, label="MatrixDiagV3")
def diag(
    xp,
    diagonal: Array,
    k: _Band = 0,
    num_rows: int = -1,
    num_cols: int = -1,
    padding_value=0,
    align: _Sides = "RIGHT_LEFT",
):
    """Matrices with given diagonals.

    Args:
        diagonal: a tensor of shape `(..., length)` for one diagonal, else of shape `(..., diagonals, length)`.
        k: the number of a diagonal, or of the lowest and the highest one.
        num_rows: the number of rows; -1 for as few as there can be.
        num_cols: the number of columns, likewise.
        padding_value: what stands elsewhere.
        align: where the diagonals above and those below the main one have their elements.

    >>> diag([1, 2]).numpy().tolist(), diag([1], k=1).numpy().tolist()
    ([[1, 0], [0, 2]], [[0, 1], [0, 0]])
    """
    k, align = _as_band(k, "k"), _as_sides(align, "align")
    several = k[0] != k[1]
    if diagonal.ndim < 1 + several or (several and diagonal.shape[-2] != k[1] - k[0] + 1):
        raise ValueError(f"diagonal must have a row for each number in k; got shape {diagonal.shape}")
    rows, columns = _sides_of("", diagonal.shape[-1], k, num_rows, num_cols)
    _check("", rows, columns, k)
    empty = xp.full((*diagonal.shape[: -1 - several], rows, columns), padding_value, diagonal.dtype)
    return _filled(xp, diagonal, _places(rows, columns, k, align), empty)


def _at_least_matrices(where: str, input: Tensor, *rest: Any) -> Shape:
    if input.shape.rank is not None and input.shape.rank < 2:
        raise ValueError(f"{where}: input must be of rank 2 at least; got shape {input.shape}")
    return input.shape


@op(shape=_at_least_matrices, label="MatrixBandPart")
def band_part(xp, input: Array, num_lower: Index, num_upper: Index):
    """Matrices with zeros outside of a band around the main diagonal.

    Args:
        input: a tensor of shape `(..., rows, columns)`.
        num_lower: how many diagonals below the main one are kept, negative for all.
        num_upper: how many above it, likewise.

    >>> band_part([[1, 2], [3, 4]], 0, -1).numpy().tolist()
    [[1, 2], [0, 4]]
    """
    if input.ndim < 2:
        raise ValueError(f"input must be of rank 2 at least; got shape {input.shape}")
    rows, columns = input.shape[-2:]
    for name, number, most in (("num_lower", num_lower, rows), ("num_upper", num_upper, columns)):
        if type(number) is np.ndarray and number > most:
            raise ValueError(f"{name} must not exceed {most}; got {number}")
    above = np.arange(columns) - np.arange(rows)[:, None]
    kept = ((num_lower < 0) | (-above <= num_lower)) & ((num_upper < 0) | (above <= num_upper))
    return xp.where(kept, input, xp.zeros((), input.dtype))


def _doubled(where: str, diagonal: Tensor) -> Shape:
    if diagonal.shape.rank is None:
        return shapes.UNKNOWN
    if not diagonal.shape.rank:
        raise ValueError(f"{where}: diagonal must be of rank 1 at least; got a scalar")
    return Shape((*diagonal.shape, *diagonal.shape))


@op(shape=_doubled, label="Diag")
def tensor_diag(xp, diagonal: Array):
    """A tensor of twice the rank, with zeros where its indices are not those of an element twice.

    >>> tensor_diag([1, 2]).numpy().tolist()
    [[1, 0], [0, 2]]
    """
    if not diagonal.ndim:
        raise ValueError("diagonal must be of rank 1 at least; got a scalar")
    return xp.diag(diagonal.reshape(-1)).reshape(diagonal.shape * 2)


def _halved(where: str, input: Tensor) -> Shape:
    shape = input.shape
    if shape.rank is None:
        return shapes.UNKNOWN
    half, odd = divmod(shape.rank, 2)
    if odd or not half or not shape[:half].is_compatible_with(shape[half:]):
        raise ValueError(f"{where}: input must have the same axes twice; got shape {shape}")
    return shape[:half].merge_with(shape[half:])


@op(shape=_halved, label="DiagPart")
def tensor_diag_part(xp, input: Array):
    """The elements whose indices are the same twice.

    >>> tensor_diag_part([[1, 2], [3, 4]]).numpy().tolist()
    [1, 4]
    """
    half = input.shape[: input.ndim // 2]
    if half * 2 != input.shape or not half:
        raise ValueError(f"input must have the same axes twice; got shape {input.shape}")
    count = int(np.prod(half))
    return input.reshape(count, count).diagonal().reshape(half)
