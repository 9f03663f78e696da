"""Convolutions of many channels to few filters, as the last one of a generator or an autoencoder is, by taps.

XLA makes a product of as many columns as there are filters, of all elements of all windows, on one core if that is a
single column. With the taps of the window as columns, the product is of the images as they are.
"""

import itertools
import math
from typing import Any

import numpy as np

from kjax.kernels import products
from kjax.kernels.forms import Form
from kjax.kernels.taps import are_few, taps
from kjax.machine import config

_MANY, _TIMES = 32, 8  # channels, and how many times the filters they are, from which on it pays


def is_one(form: Form, dtype: Any) -> bool:
    """Whether a convolution has few filters, and is computed in this way."""
    import jax

    *window, channels, filters = form.kernel
    pays = channels >= max(_MANY, _TIMES * filters) and max(form.strides) == 1 and are_few(window)
    # (The sum over taps would lose precision in half floats.)
    return pays and dtype.itemsize >= 4 and jax.default_backend() == "cpu" and not config.is_plain()


def forward(form: Form, x: Any, kernel: Any) -> Any:
    """Images, kernel -> outputs: what each element adds to the windows that see it, then a sum over taps."""
    *window, channels, filters = form.kernel
    x = form.channels_last(x)
    columns = kernel.reshape((-1, channels, filters)).swapaxes(0, 1).reshape((channels, -1))
    added = products.product(x.reshape((-1, channels)), columns, 1, 0).reshape((*x.shape[:-1], -1))
    parts = taps(added, window, form.strides, form.padding, "channels_last", form.dilations)
    return form.as_given(sum(part[..., i * filters : (i + 1) * filters] for i, part in enumerate(parts)))


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
