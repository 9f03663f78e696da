"""The three roles of a convolution that is a product of matrices.

Along each axis of space its window has one tap, or there is one place for it, so that no element is seen from two
places: 1x1 convolutions, and windows that cover all of the image. XLA finds the product in few of them: the gradient of
a 1x1 kernel takes it ten times as long, that of the images of a large window a hundred times.
"""

import math
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
    out = product(_seen(form, x), kernel.reshape((-1, filters)), 1, 0)
    return form.as_given(out.reshape((x.shape[0], *places, filters)))


def images(form: Form, y: Any, kernel: Any) -> Any:
    """Outputs, kernel -> images."""
    filters = form.kernel[-1]
    slopes = form.channels_last(y).reshape((-1, filters))
    return _put_back(form, product(slopes, kernel.reshape((-1, filters)), 1, 1))


def kernel(form: Form, x: Any, y: Any) -> Any:
    """Images, outputs -> kernel."""
    slopes = form.channels_last(y).reshape((-1, form.kernel[-1]))
    return product(_seen(form, x), slopes, 0, 0).reshape(form.kernel)


def product(a: Any, b: Any, of_a: int, of_b: int) -> Any:
    """The product of two matrices, which sums over these axes of them."""
    import jax

    return jax.lax.dot_general(a, b, (((of_a,), (of_b,)), ((), ())), precision=PRECISION)


def _steps(form: Form) -> list[tuple[int, int]]:
    """For each axis how many elements windows see, and how far apart: one tap at all places, or all taps at one."""
    return [(axis.places, axis.stride) if axis.window == 1 else (axis.window, axis.dilation) for axis in form.axes]


def _order(form: Form) -> list[int]:
    """The axes of images with channels last: batch, those of places, those of taps, channels."""
    axes = [*enumerate(form.axes, 1)]
    return [0, *(i for i, axis in axes if axis.window == 1), *(i for i, axis in axes if axis.window > 1), len(axes) + 1]


def _seen(form: Form, x: Any) -> Any:
    """A row for each place, of the elements that its window sees."""
    import jax

    x = form.channels_last(x)
    margins = [(axis.before, axis.behind, 0) for axis in form.axes]
    padded = jax.lax.pad(x, np.zeros((), x.dtype), [(0, 0, 0), *margins, (0, 0, 0)])
    steps = _steps(form)
    stops = [(n - 1) * step + 1 for n, step in steps]
    batch, channels = x.shape[0], x.shape[-1]
    part = jax.lax.slice(padded, (0,) * x.ndim, (batch, *stops, channels), (1, *(step for _, step in steps), 1))
    return part.transpose(_order(form)).reshape((-1, channels * math.prod(form.kernel[:-2])))


def _put_back(form: Form, rows: Any) -> Any:
    """Images of what rows hold of them, the other way round; with zeros where no window sees an element."""
    import jax

    steps, order = _steps(form), _order(form)
    dims = (form.images[0], *(n for n, _ in steps), form.kernel[-2])
    part = rows.reshape([dims[i] for i in order]).transpose(np.argsort(order))
    margins = [
        (-axis.before, axis.images + axis.before - (n - 1) * step - 1, step - 1)
        for axis, (n, step) in zip(form.axes, steps, strict=True)
    ]
    return form.as_given(jax.lax.pad(part, np.zeros((), rows.dtype), [(0, 0, 0), *margins, (0, 0, 0)]))
