"""Convolutions with few channels on one side, as the first and the last of a network of images have, by taps.

To few channels XLA makes a product of as many columns as these are, of all elements of all windows, on one core if that
is a single column. With the taps of the window as columns, the product is of the other side as it is. From few channels
XLA copies all windows for a product of matrices that are narrow. A sum over the elements of a window, each times a row
of the kernel, copies nothing.
"""

import itertools
import math
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kjax.kernels import products
from kjax.kernels.apart import apart
from kjax.kernels.forms import Form
from kjax.kernels.taps import FEW, MANY, are_few, spread, taps
from kjax.machine import config

_PHASES = 16  # places within a stride: each is computed by itself, so that more take long to compile


def way(form: Form, role: str, dtype: Any) -> Callable[[Form, Any, Any], Any] | None:
    """The function that computes a role of a convolution in this way; None where XLA's operation is as fast."""
    import jax

    *window, channels, filters = form.kernel
    # (Sums over taps would lose precision in half floats.)
    if math.prod(window) > MANY or dtype.itemsize < 4 or jax.default_backend() != "cpu" or config.is_plain():
        return None
    dense = max(form.strides) == 1
    if role == "kernel":
        return kernel if dense and channels >= max(32, 8 * filters) and are_few(window) else None
    if role == "forward":
        if _sum_pays(channels, filters, window):
            return from_channels
        return to_filters if dense and _product_pays(channels, filters, window) else None
    if math.prod(form.strides) > _PHASES:
        return None
    if _sum_pays(filters, channels, window):
        return from_filters
    return to_channels if _product_pays(filters, channels, window) else None


def _sum_pays(few: int, many: int, window: Sequence[int]) -> bool:
    return few * math.prod(window) <= FEW and many >= 4  # (more terms take long to compile, and are not faster)


def _product_pays(many: int, few: int, window: Sequence[int]) -> bool:
    # (Its result has the windows of the few side: no more than four times as much as the other side.)
    return few <= 4 and many >= max(8, 4 * few) and few * math.prod(window) <= 4 * many


def to_filters(form: Form, x: Any, kernel: Any) -> Any:
    """Images, kernel -> few outputs: what each element adds to the windows that see it, then a sum over taps."""
    *window, channels, filters = form.kernel
    added = _by_taps(form.channels_last(x), kernel.reshape((-1, channels, filters)))
    parts = taps(added, window, form.strides, form.padding, "channels_last", form.dilations)
    return form.as_given(sum(part[..., i * filters : (i + 1) * filters] for i, part in enumerate(parts)))


def to_channels(form: Form, y: Any, kernel: Any) -> Any:
    """Outputs, kernel -> images of few channels: what each output adds to the elements of its window, by taps."""
    *window, channels, filters = form.kernel
    added = _by_taps(form.channels_last(y), kernel.reshape((-1, channels, filters)).swapaxes(1, 2))

    def at(part: Any, tap: tuple[int, ...]) -> Any:
        i = int(np.ravel_multi_index(tap, window))
        return part[..., i * channels : (i + 1) * channels]

    return form.as_given(spread(form, added, at))


def _by_taps(x: Any, kernel: Any) -> Any:
    """Each element of `x` times the part of the kernel of each tap: taps and then channels as the last axis."""
    columns = kernel.swapaxes(0, 1).reshape((kernel.shape[1], -1))
    added = products.product(x.reshape((-1, kernel.shape[1])), columns, 1, 0)
    return added.reshape((*x.shape[:-1], columns.shape[1]))


def from_channels(form: Form, x: Any, kernel: Any) -> Any:
    """Images of few channels, kernel -> outputs."""
    *window, channels, filters = form.kernel

    def computed(x: Any, kernel: Any) -> Any:
        parts = taps(x, window, form.strides, form.padding, "channels_last", form.dilations)
        rows = kernel.reshape((-1, channels, filters))
        return sum(_weighted(part, row) for part, row in zip(parts, rows, strict=True))

    return form.as_given(apart(computed, form.channels_last(x), kernel))


def from_filters(form: Form, y: Any, kernel: Any) -> Any:
    """Few outputs, kernel -> images."""

    def computed(y: Any, kernel: Any) -> Any:
        return spread(form, y, lambda part, tap: _weighted(part, kernel[tap].swapaxes(0, 1)))

    return form.as_given(apart(computed, form.channels_last(y), kernel))


def _weighted(part: Any, rows: Any) -> Any:
    """Each of the few channels of `part` times its row, added up."""
    return sum(part[..., i : i + 1] * row for i, row in enumerate(rows))


def kernel(form: Form, x: Any, y: Any) -> Any:
    """Images, outputs -> kernel: the product of the images and, for each element, the outputs of all that see it."""
    import jax

    *window, channels, filters = form.kernel
    x, y, axes = form.channels_last(x), form.channels_last(y), form.axes
    margins = [(a.span - 1 - a.before, a.images + a.before - a.places, 0) for a in axes]
    padded = jax.lax.pad(y, np.zeros((), y.dtype), [(0, 0, 0), *margins, (0, 0, 0)])
    seeing = []
    for place in itertools.product(*map(range, window)):
        starts = [a.span - 1 - tap * a.dilation for a, tap in zip(axes, place, strict=True)]
        stops = [start + a.images for start, a in zip(starts, axes, strict=True)]
        seeing.append(jax.lax.slice(padded, (0, *starts, 0), (y.shape[0], *stops, filters)))
    columns = jax.numpy.concatenate(seeing, -1).reshape((-1, math.prod(window) * filters))
    found = products.product(x.reshape((-1, channels)), columns, 0, 0)
    return found.reshape((channels, -1, filters)).swapaxes(0, 1).reshape(form.kernel)
