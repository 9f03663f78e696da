"""Pooling for JAX: maximum or mean of windows, with TensorFlow's gradient at ties.

The gradient of XLA's general operation for windows is slow on CPUs. So small windows are read tap by tap, and windows
that don't overlap become axes of their own, over which a plain reduction runs.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from functools import cache, partial
from typing import Any, NamedTuple

import numpy as np

from kjax.kernels import wide
from kjax.kernels.apart import apart
from kjax.kernels.halves import narrowed, widened
from kjax.kernels.primitives import linear
from kjax.kernels.taps import are_few, interleaved, taps
from kjax.machine import config
from kjax.shapes import windows

Numbers = Sequence[int]


def max_pooled(
    jnp: Any, x: Any, sizes: Numbers, strides: Numbers, padding: str, data_format: str, shared: bool = False
) -> Any:
    """The maximum of each window; NaN is passed over.

    Of elements that tie, the first has the gradient; if `shared`, each has all of it.
    """
    how = _Windows(tuple(sizes), tuple(strides), padding, data_format)
    if are_few(sizes) and not config.is_plain():
        return _max_of_taps(shared, how)(x)
    worst = _worst(x.dtype)
    x = jnp.where(jnp.isnan(x), worst, x)
    apart = disjoint(x.shape, *how) and not config.is_plain()
    if shared or apart:
        view, axes = (as_axes if apart else gathered)(x, *how, worst)
        return _max_over(shared)(view, axes)
    return plain_max(x, *how, worst)


def _worst(dtype: Any) -> Any:
    """The least value of a dtype, the neutral element of the maximum."""
    return np.asarray(np.iinfo(dtype).min if dtype.kind in "iu" else -np.inf, dtype)


class _Windows(NamedTuple):
    """How windows lie: the arguments of `taps`."""

    sizes: Numbers
    strides: Numbers
    padding: str
    data_format: str

    def read(self, x: Any, filler: Any) -> Any:
        return taps(x, *self, filler=filler)


@cache
def _max_of_taps(shared: bool, how: _Windows) -> Any:
    """The maximum of small windows, with the gradient of `max_pooled`."""
    import jax

    pooled = jax.custom_jvp(lambda x: apart(partial(_greatest, how), x))

    @pooled.defjvp
    def rule(primals: Any, tangents: Any) -> Any:
        (x,), (change,) = primals, tangents
        out = pooled(x)
        return out, _at_maxima().bind(x, out, change, back=False, shared=shared, how=how)

    return pooled


def _greatest(how: _Windows, x: Any) -> Any:
    import jax

    jnp, worst = jax.numpy, _worst(x.dtype)
    parts = how.read(x, worst)
    best = jnp.full_like(parts[0], worst)
    for part in parts:
        best = jnp.where(part > best, part, best)  # NaN is not greater than anything
    return best


@cache
def _at_maxima() -> Any:
    """The elements of an array where another has the maxima of its windows; and back to the places of these."""

    def compute(x: Any, out: Any, values: Any, back: bool, **parameters: Any) -> Any:
        return apart(partial(_to_maxima if back else _of_maxima, **parameters), x, out, values)

    return linear("at_maxima", compute, lambda x, out, values, back, **_: x.shape if back else out.shape)


def _chosen(x: Any, out: Any, shared: bool, how: _Windows) -> Iterator[Any]:
    """For each tap: the windows whose maximum is there; the first such tap, unless the gradient is shared."""
    import jax

    free = jax.numpy.ones(out.shape, bool)
    for part in how.read(x, _worst(x.dtype)):
        here = (part == out) & free
        free = free if shared else free & ~here
        yield here


def _of_maxima(x: Any, out: Any, values: Any, shared: bool, how: _Windows) -> Any:
    import jax

    total = jax.numpy.zeros(out.shape, values.dtype)
    for here, part in zip(_chosen(x, out, shared, how), how.read(values, 0), strict=True):
        total = total + jax.numpy.where(here, part, 0)
    return total


def _to_maxima(x: Any, out: Any, values: Any, shared: bool, how: _Windows) -> Any:
    import jax

    jnp, lax = jax.numpy, jax.lax
    parts = [jnp.where(here, values, jnp.zeros_like(values)) for here in _chosen(x, out, shared, how)]
    if how.sizes != how.strides:
        back = jax.linear_transpose(lambda v: how.read(v, 0), jax.ShapeDtypeStruct(x.shape, values.dtype))
        return back(parts)[0]
    spatial = windows.spatial_axes(x.ndim, how.data_format)
    whole = interleaved(jnp.stack(parts).reshape((*how.strides, *out.shape)), spatial[0])
    sides = [(0, 0, 0)] * x.ndim
    for axis, size in zip(spatial, how.sizes, strict=True):
        before = windows.margins(x.shape[axis], size, size, how.padding)[0]
        sides[axis] = (-before, x.shape[axis] + before - whole.shape[axis], 0)
    return lax.pad(whole, np.zeros((), whole.dtype), sides)


def plain_max(x: Any, sizes: Numbers, strides: Numbers, padding: str, data_format: str, worst: Any) -> Any:
    """The maximum of any windows, by XLA's operation."""
    return _reduced(x, worst, lambda lax: lax.max, sizes, strides, padding, data_format)


def average_pooled(jnp: Any, x: Any, sizes: Numbers, strides: Numbers, padding: str, data_format: str) -> Any:
    """The mean of each window, padding left out."""
    counts = 1.0
    for axis, size, stride in zip(windows.spatial_axes(x.ndim, data_format), sizes, strides, strict=True):
        counts = counts * _counts(x.shape[axis], size, stride, padding).reshape(-1, *[1] * (x.ndim - axis - 1))
    whole = widened(x)
    zero = np.zeros((), whole.dtype)
    if disjoint(x.shape, sizes, strides, padding, data_format) and not config.is_plain():
        view, axes = as_axes(whole, sizes, strides, padding, data_format, zero)
        total = view
        for axis in reversed(axes):
            total = wide.total(total, axis, False, total.dtype)
    elif math.prod(sizes) > _SMALL and np.size(counts) and not config.is_plain():
        total = _sum_by_axes(whole, sizes, strides, padding, data_format)
    else:
        total = _reduced(whole, zero, lambda lax: lax.add, sizes, strides, padding, data_format)
    return narrowed(total / np.asarray(counts, whole.dtype), x.dtype)


# Elements of a window that XLA's operation adds up fast, in its gradient, too.
_SMALL = 9


def _sum_by_axes(x: Any, sizes: Numbers, strides: Numbers, padding: str, data_format: str) -> Any:
    """The sum of each window, with zeros as padding, along one axis after the other.

    Along an axis, blocks as long as what size and stride have in common are added up first. So few additions are left
    of windows that overlap, and few elements, of which the gradient is made.
    """
    import jax

    lax = jax.lax
    for axis, size, stride in zip(windows.spatial_axes(x.ndim, data_format), sizes, strides, strict=True):
        n, margins = x.shape[axis], [(0, 0, 0)] * x.ndim
        places = windows.count(n, size, stride, padding) or 0
        before, length = windows.margins(n, size, stride, padding)[0], (places - 1) * stride + size
        margins[axis] = (before, length - n - before, 0)  # a negative margin crops
        x = lax.pad(x, np.zeros((), x.dtype), margins)
        block = math.gcd(size, stride)
        x = x.reshape((*x.shape[:axis], length // block, block, *x.shape[axis + 1 :])).sum(axis + 1)
        step = stride // block
        parts = [lax.slice_in_dim(x, i, i + (places - 1) * step + 1, step, axis) for i in range(size // block)]
        x = sum(parts[1:], parts[0])
    return x


def _counts(n: int, size: int, stride: int, padding: str) -> Any:
    """The number of elements of an axis in each window, padding left out."""
    first = np.arange(windows.count(n, size, stride, padding) or 0) * stride
    first = first - windows.margins(n, size, stride, padding)[0]
    return (np.minimum(first + size, n) - np.maximum(first, 0)).astype(float)


def _reduced(
    x: Any, start: Any, reducer: Callable[[Any], Any], sizes: Numbers, strides: Numbers, padding: str, data_format: str
) -> Any:
    import jax

    axes = windows.spatial_axes(x.ndim, data_format)
    window, steps, margins = [1] * x.ndim, [1] * x.ndim, [(0, 0)] * x.ndim
    for axis, size, stride in zip(axes, sizes, strides, strict=True):
        window[axis], steps[axis] = size, stride
        margins[axis] = windows.margins(x.shape[axis], size, stride, padding)
    return jax.lax.reduce_window(x, start, reducer(jax.lax), window, steps, margins)


# --------------------------------------------------------------------------------------------------- windows as axes


def disjoint(dims: Numbers, sizes: Numbers, strides: Numbers, padding: str, data_format: str) -> bool:
    """Whether windows don't overlap."""
    each = zip(windows.spatial_axes(len(dims), data_format), sizes, strides, strict=True)
    return all(size <= stride or windows.count(dims[a], size, stride, padding) == 1 for a, size, stride in each)


def as_axes(
    x: Any, sizes: Numbers, strides: Numbers, padding: str, data_format: str, filler: Any
) -> tuple[Any, tuple[int, ...]]:
    """For disjoint windows: `x` with each spatial axis split into one over windows and one within a window.

    Returns:
        That array, and the axes within windows.
    """
    import jax

    spatial = windows.spatial_axes(x.ndim, data_format)
    margins, dims, inside = [(0, 0, 0)] * x.ndim, [*x.shape], [slice(None)] * x.ndim
    shape: list[int] = [*x.shape[: spatial[0]]]
    for axis, size, stride in zip(spatial, sizes, strides, strict=True):
        n = x.shape[axis]
        count = windows.count(n, size, stride, padding) or 0
        step = max(stride, size)  # the size is greater than the stride only if there is one window
        before = windows.margins(n, size, stride, padding)[0]
        margins[axis], dims[axis] = (before, count * step - n - before, 0), count * step
        inside[axis] = slice(size)
        shape += [count, step]
    shape += x.shape[spatial[-1] + 1 :]
    view = jax.lax.pad(x, filler, margins).reshape(shape)  # a negative margin crops
    axes = tuple(axis + i + 1 for i, axis in enumerate(spatial))
    cut = [slice(None)] * view.ndim
    for axis, whole_axis in zip(axes, spatial, strict=True):
        cut[axis] = inside[whole_axis]
    return view[tuple(cut)], axes


def gathered(
    x: Any, sizes: Numbers, strides: Numbers, padding: str, data_format: str, filler: Any
) -> tuple[Any, tuple[int, ...]]:
    """`as_axes` for windows that may overlap: an element is copied into each of its windows."""
    import jax

    spatial = windows.spatial_axes(x.ndim, data_format)
    margins, places = [(0, 0, 0)] * x.ndim, []
    for axis, size, stride in zip(spatial, sizes, strides, strict=True):
        margins[axis] = (*windows.margins(x.shape[axis], size, stride, padding), 0)
        count = windows.count(x.shape[axis], size, stride, padding) or 0
        places.append(np.arange(count)[:, None] * stride + np.arange(size))
    view = jax.lax.pad(x, filler, margins)
    for i, axis in enumerate(spatial):
        view = view[(slice(None),) * (axis + i) + (places[i],)]
    return view, tuple(axis + i + 1 for i, axis in enumerate(spatial))


@cache
def _max_over(shared: bool) -> Any:
    """The maximum over axes, with the gradient of `max_pooled`."""
    import jax

    jnp = jax.numpy

    def rule(axes: Any, primals: Any, tangents: Any) -> Any:
        (view,), (change,) = primals, tangents
        greatest = view.max(axes, keepdims=True)
        chosen = view == greatest
        if not shared:
            place = _places(view.shape, axes)
            first = jnp.where(chosen, place, np.int32(np.iinfo(np.int32).max)).min(axes, keepdims=True)
            chosen = place == first
        return greatest.squeeze(axes), jnp.where(chosen, change, jnp.zeros_like(change)).sum(axes)

    greatest_of = jax.custom_jvp(lambda view, axes: view.max(axes), nondiff_argnums=(1,))
    greatest_of.defjvp(rule)
    return greatest_of


def _places(shape: Numbers, axes: Numbers) -> Any:
    """The index of each element within its window."""
    numbers = np.arange(math.prod(shape[axis] for axis in axes), dtype=np.int32)
    return numbers.reshape([n if axis in axes else 1 for axis, n in enumerate(shape)])
