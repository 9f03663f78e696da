"""Elements along an axis as weighted sums of a few others: the methods by which images are resized."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from kjax.kernels.primitives import linear

# The new elements along an axis: the places of old ones and their weights, each of shape (new elements, terms).
# Positions are computed in float32, as TensorFlow does: where a place is rounded, the last bit decides.
Terms = tuple[Any, Any]
_ONE, _HALF = np.float32(1), np.float32(0.5)


@dataclass(frozen=True)
class Grid:
    """How the elements of two axes lie above each other.

    Attributes:
        align_corners: the first and last new element lie where the first and last old one do.
        half_pixel_centers: an element lies at its middle, not at its corner.
        antialias: a kernel grows with the distance of the new elements.
    """

    align_corners: bool = False
    half_pixel_centers: bool = False
    antialias: bool = False

    def scale(self, old: int, new: int) -> Any:
        """The distance of new elements, in old ones."""
        ends = int(self.align_corners and new > 1)
        return np.float32(old - ends) / np.float32(new - ends)

    def places(self, old: int, new: int) -> Any:
        """Where new elements lie, in old ones."""
        steps = np.arange(new, dtype=np.float32)
        if self.half_pixel_centers:
            return (steps + _HALF) * self.scale(old, new) - _HALF
        return steps * self.scale(old, new)


def _nearest(grid: Grid, old: int, new: int) -> Any:
    """The place of the one old element that each new one repeats."""
    steps = np.arange(new, dtype=np.float32)
    at = (steps + _HALF if grid.half_pixel_centers else steps) * grid.scale(old, new)
    whole = np.floor(at)
    if grid.align_corners:
        whole += at - whole >= _HALF
    return np.clip(whole.astype(np.int32), 0, old - 1)


def _bilinear(grid: Grid, old: int, new: int) -> Terms:
    at = grid.places(old, new)
    low = np.floor(at)
    return _near(low, (0, 1)), np.stack([low + _ONE - at, at - low], 1)


def _bicubic(grid: Grid, old: int, new: int) -> Terms:
    at = grid.places(old, new)
    low = np.floor(at)
    beyond = np.rint((at - low) * np.float32(1024)) / np.float32(1024)  # (TensorFlow looks its weights up in a table)
    slope = -0.5 if grid.half_pixel_centers else -0.75
    distances = np.stack([beyond + _ONE, beyond, _ONE - beyond, _ONE - beyond + _ONE], 1)
    places, weights = _near(low, (-1, 0, 1, 2)), _cubic(slope, distances)
    return (places, _inside(places, weights, old)) if grid.half_pixel_centers else (places, weights)


def _area(grid: Grid, old: int, new: int) -> Terms:
    scale = grid.scale(old, new)
    start, stop = (np.arange(first, new + first, dtype=np.float32) * scale for first in (0, 1))
    low = np.floor(start)
    places = _near(low, range(max(int((np.ceil(stop) - low).max()), 1)))
    shared = np.minimum(places + 1, stop[:, None]) - np.maximum(places, start[:, None])
    return places, np.maximum(shared, 0) / (scale or np.float32(np.nan))


def _kernel(radius: float, weigh: Callable[[Any], Any]) -> Callable[[Grid, int, int], Terms]:
    """Weights by the distance of elements, which add up to 1."""

    def terms(grid: Grid, old: int, new: int) -> Terms:
        inverse = _ONE / (np.float32(new) / np.float32(old))
        wide = max(inverse, _ONE) if grid.antialias else _ONE
        middle = (np.arange(new, dtype=np.float32) + _HALF) * inverse
        first = np.ceil(middle - np.float32(radius) * wide - _HALF)
        last = np.floor(middle + np.float32(radius) * wide - _HALF)
        places = _near(first, range(int((last - first).max()) + 1))
        weights = weigh(np.abs(places.astype(np.float32) + _HALF - middle[:, None]) / wide)
        return places, _inside(places, np.where(places <= last[:, None], weights, 0), old)

    return terms


def _near(low: Any, offsets: Any) -> Any:
    return low.astype(np.int32)[:, None] + np.asarray(offsets, np.int32)


def _inside(places: Any, weights: Any, old: int) -> Any:
    """Without the weights of places outside of the image; the others are made to add up to 1."""
    weights = np.where((places >= 0) & (places < old), weights, 0)
    total = weights.sum(1, keepdims=True)
    return weights / np.where(np.abs(total) < 1e-35, 1, total)


def _cubic(slope: float, x: Any) -> Any:
    """Keys' cubic of distances."""
    inner = ((slope + 2) * x - (slope + 3)) * x * x + 1
    outer = ((slope * x - 5 * slope) * x + 8 * slope) * x - 4 * slope
    return np.where(x <= 1, inner, np.where(x < 2, outer, 0))


def _mitchell(x: Any) -> Any:
    inner = ((7 / 6 * x - 2) * x) * x + 8 / 9
    outer = ((-7 / 18 * x + 2) * x - 10 / 3) * x + 16 / 9
    return np.where(x < 1, inner, np.where(x < 2, outer, 0))


def _lanczos(radius: int) -> Callable[[Grid, int, int], Terms]:
    return _kernel(radius, lambda x: np.where(x <= radius, np.sinc(x) * np.sinc(x / radius), 0))


# By method; some have other terms where `antialias` is asked for.
_TERMS: dict[str, Callable[[Grid, int, int], Terms]] = {
    "bilinear": _bilinear,
    "bicubic": _bicubic,
    "area": _area,
    "lanczos3": _lanczos(3),
    "lanczos5": _lanczos(5),
    "gaussian": _kernel(1.5, lambda x: np.where(x < 1.5, np.exp(-2 * x * x), 0)),
    "mitchellcubic": _kernel(2, _mitchell),
}
_ANTIALIASED = {
    **_TERMS,
    "bilinear": _kernel(1, lambda x: np.maximum(1 - x, 0)),
    "bicubic": _kernel(2, lambda x: _cubic(-0.5, x)),
}
METHODS = ("nearest", *_TERMS)


# ------------------------------------------------------------------------------------------------------------- the sums

_FEW = 16  # terms; more of them take long to compile one by one


@dataclass(frozen=True)
class Line:
    """An axis of `old` elements that shall have `new` ones."""

    method: str
    grid: Grid
    old: int
    new: int

    def terms(self, back: bool = False) -> Terms:
        """What each new element is made of; backwards, what each old one goes into."""
        places, weights = (_ANTIALIASED if self.grid.antialias else _TERMS)[self.method](self.grid, self.old, self.new)
        places, weights = np.clip(places, 0, self.old - 1), weights.astype(np.float32)
        return _transposed(places, weights, self.old) if back else (places, weights)


def _transposed(places: Any, weights: Any, count: int) -> Terms:
    new, old = np.indices(places.shape)[0].ravel(), places.ravel()
    order = np.argsort(old, stable=True)
    new, old, weights = new[order], old[order], weights.ravel()[order]
    uses = np.bincount(old, minlength=count)
    term = np.arange(len(old)) - (np.cumsum(uses) - uses)[old]  # the how-manieth of its old element each is
    out = np.zeros((count, uses.max()), np.int32), np.zeros((count, uses.max()), np.float32)
    out[0][old, term], out[1][old, term] = new, weights
    return out


def resampled(xp: Any, x: Any, axis: int, method: str, grid: Grid, new: int) -> Any:
    """`x`, of float32, with `new` elements along an axis; for `'nearest'` of any dtype."""
    old = x.shape[axis]
    if method == "nearest":
        return xp.take(x, _nearest(grid, old, new), axis)
    line, axis = Line(method, grid, old, new), axis % x.ndim
    return _summed(xp, x, axis, *line.terms()) if xp is np else _primitive().bind(x, back=False, axis=axis, line=line)


def _summed(xp: Any, x: Any, axis: int, places: Any, weights: Any) -> Any:
    if places.shape[1] <= _FEW:
        weights = weights.reshape(*weights.shape, *[1] * (x.ndim - axis - 1))
        return sum(xp.take(x, places[:, i], axis) * weights[:, i] for i in range(places.shape[1]))
    matrix = np.zeros((len(places), x.shape[axis]), np.float32)
    np.add.at(matrix, (np.arange(len(places))[:, None], places), weights)
    exact = {} if xp is np else {"precision": "highest"}
    return xp.moveaxis(xp.tensordot(matrix, x, (1, axis), **exact), 0, axis)


@cache
def _primitive() -> Any:
    """Its gradient is a sum of the same kind, many times faster on CPUs than one by JAX."""
    import jax

    def compute(x: Any, back: bool, axis: int, line: Line) -> Any:
        return _summed(jax.numpy, x, axis, *line.terms(back))

    def dims(x: Any, back: bool, axis: int, line: Line) -> tuple[int, ...]:
        return (*x.shape[:axis], line.old if back else line.new, *x.shape[axis + 1 :])

    return linear("resampled", compute, dims)
