"""The three roles of a convolution that is a product of matrices.

Along each axis of space its window has one tap, or there is one place for it, so that no element is seen from two
places: 1x1 convolutions, and windows that cover all of the image. XLA finds the product in few of them: the gradient of
a 1x1 kernel takes it ten times as long, that of the images of a large window a hundred times.
"""

import math
from functools import partial
from typing import Any

import numpy as np

from kjax.kernels.forms import Form

# Full float32 precision on accelerators, whose default shortens the factors to ten bits or fewer.
PRECISION = "highest"


def is_one(form: Form) -> bool:
    """Whether a convolution is a product."""
    return not form.depthwise and all(axis.window == 1 or axis.places == 1 for axis in form.axes)


def forward(form: Form, x: Any, kernel: Any) -> Any:
    """Images, kernel -> outputs."""
    filters = form.kernel[-1]
    places = [axis.places for axis in form.axes]
    out = _product(_seen(form, x), kernel.reshape((-1, filters)), 1, 0)
    return form.as_given(out.reshape((x.shape[0], *places, filters)))


def images(form: Form, y: Any, kernel: Any) -> Any:
    """Outputs, kernel -> images."""
    import jax

    filters = form.kernel[-1]
    slopes = form.channels_last(y).reshape((-1, filters))
    seen = _product(slopes, kernel.reshape((-1, filters)), 1, 1)
    shape = jax.ShapeDtypeStruct(form.images, y.dtype)
    return jax.linear_transpose(partial(_seen, form), shape)(seen)[0]


def kernel(form: Form, x: Any, y: Any) -> Any:
    """Images, outputs -> kernel."""
    slopes = form.channels_last(y).reshape((-1, form.kernel[-1]))
    return _product(_seen(form, x), slopes, 0, 0).reshape(form.kernel)


def _product(a: Any, b: Any, of_a: int, of_b: int) -> Any:
    import jax

    return jax.lax.dot_general(a, b, (((of_a,), (of_b,)), ((), ())), precision=PRECISION)


def _seen(form: Form, x: Any) -> Any:
    """A row for each place, of the elements that its window sees."""
    import jax

    x, axes = form.channels_last(x), form.axes
    margins = [(axis.before, axis.behind, 0) for axis in axes]
    padded = jax.lax.pad(x, np.zeros((), x.dtype), [(0, 0, 0), *margins, (0, 0, 0)])
    # Of one tap, the elements at all places; else the taps at the one place.
    steps = [axis.stride if axis.window == 1 else axis.dilation for axis in axes]
    sizes = [axis.places if axis.window == 1 else axis.window for axis in axes]
    stops = [(n - 1) * step + 1 for n, step in zip(sizes, steps, strict=True)]
    *whole, channels = padded.shape
    part = jax.lax.slice(padded, (0,) * x.ndim, (whole[0], *stops, channels), (1, *steps, 1))
    places = [i for i, axis in enumerate(axes, 1) if axis.window == 1]
    taps = [i for i, axis in enumerate(axes, 1) if axis.window > 1]
    return part.transpose((0, *places, *taps, x.ndim - 1)).reshape((-1, channels * math.prod(form.kernel[:-2])))
