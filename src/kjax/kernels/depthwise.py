"""The three roles of a convolution of each channel by itself, as sums over the taps of the window.

XLA's operation for groups of channels takes many times longer on CPUs.
"""

import math
from typing import Any

import numpy as np

from kjax.core.shape import is_open_dim
from kjax.kernels import dense
from kjax.kernels.forms import Form
from kjax.kernels.taps import MANY, spread, taps
from kjax.machine.scopes import as_loop


def forward(form: Form, x: Any, kernel: Any) -> Any:
    """Images, kernel -> outputs."""
    import jax

    *window, channels, multiplier = kernel.shape
    first = form.data_format == "channels_first"
    weights = kernel.reshape((-1, channels, multiplier))
    total: Any = 0
    for place, part in enumerate(taps(x, window, form.strides, form.padding, form.data_format, form.dilations)):
        # The multiplier as a new last axis, behind the channels.
        factor = weights[place].reshape((channels, multiplier) + (1,) * len(window) * first)
        total = total + jax.numpy.expand_dims(part, 2 if first else -1) * factor
    return total.reshape(form.outputs)


def images(form: Form, y: Any, kernel: Any) -> Any:
    """Outputs, kernel -> images."""
    channels, multiplier = kernel.shape[-2:]
    first = form.data_format == "channels_first"

    def added(part: Any, tap: tuple[int, ...]) -> Any:
        if not first:
            apart = part.reshape((*part.shape[:-1], channels, multiplier))
            return sum(apart[..., i] * kernel[(*tap, slice(None), i)] for i in range(multiplier))
        apart = part.reshape((part.shape[0], channels, multiplier, *part.shape[2:]))
        factors = kernel[tap].reshape((channels, multiplier) + (1,) * len(tap))
        return sum(apart[:, :, i] * factors[:, i] for i in range(multiplier))

    return spread(form, y, added, first)


def kernel(form: Form, x: Any, y: Any) -> Any:
    """Images, outputs -> kernel."""
    import jax

    *window, channels, multiplier = form.kernel
    if multiplier > 1 and channels <= _THIN:
        return _of_dense(form, x, y)
    x, y = form.channels_last(x), form.channels_last(y)
    ys = jax.numpy.moveaxis(y.reshape((*y.shape[:-1], channels, multiplier)), -1, 0)
    if math.prod(window) * multiplier > MANY:
        found = as_loop(jax, lambda step: jax.lax.map(step, ys), lambda slopes: _sums(form, x, slopes[None]))
        return jax.numpy.moveaxis(found, 0, -1).reshape(form.kernel)
    return _sums(form, x, ys).reshape((-1, multiplier, channels)).swapaxes(1, 2).reshape(form.kernel)


def _sums(form: Form, x: Any, ys: Any) -> Any:
    """For each tap and each of `ys` the sum over all places, for each channel.

    XLA computes the sums of one `reduce` in one loop, which reads the images once for several taps. As long as it can
    unroll the sums, it computes many channels at a time: so first a few neighbours are added up.
    """
    import jax

    channels = x.shape[-1]
    parts = taps(x, form.kernel[:-2], form.strides, form.padding, "channels_last", form.dilations)
    products = [part * slopes for part in parts for slopes in ys]
    share = -(-len(products) // -(-len(products) // _TOGETHER))  # as even as can be
    dims, axis = _neighbours(ys.shape[1:-1], _UNROLLED // share)
    sums: list[Any] = []
    for first in range(0, len(products), share):
        together = [part.reshape((*dims, channels)) for part in products[first : first + share]]
        sums += jax.lax.reduce(together, [np.zeros((), x.dtype)] * len(together), _added, (axis,))
    # (XLA is slow where it sums over all but the last axis at once.)
    rows = dims[0], math.prod(dims[1:]) // dims[axis], channels
    return jax.numpy.stack([part.reshape(rows).sum(1).sum(0) for part in sums])


# Sums of one loop, and their terms in all that XLA unrolls, at most. (Measured.)
_TOGETHER, _UNROLLED = 9, 36


def _neighbours(dims: tuple[Any, ...], most: int) -> tuple[list[Any], int]:
    """The dims, of which one is split into rows of up to `most` elements, if one can be; and the axis along a row."""
    known = [(dim, place) for place, dim in enumerate(dims) if not is_open_dim(dim) and dim > 0]
    size, place = max((max(n for n in range(1, most + 1) if dim % n == 0), place) for dim, place in known)
    if size == 1:
        size, place = min((at for at in known if at[0] > 1), default=(1, place))
    return [*dims[:place], dims[place] // size, size, *dims[place + 1 :]], place + 1


def _added(some: Any, others: Any) -> Any:
    return [a + b for a, b in zip(some, others, strict=True)]


# With so few channels of which each has several filters, a product of matrices that has all pairs of channels is faster
# than sums for each.
_THIN = 8


def _of_dense(form: Form, x: Any, y: Any) -> Any:
    """The part of a dense kernel in which channels meet themselves."""
    import jax

    *window, channels, multiplier = form.kernel
    whole = dense.kernel(form._replace(kernel=(*window, channels, channels * multiplier), depthwise=False), x, y)
    own = jax.numpy.diagonal(whole.reshape((*window, channels, channels, multiplier)), axis1=-3, axis2=-2)
    return own.swapaxes(-1, -2)
