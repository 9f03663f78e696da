"""Convolutions for JAX."""

import math
from collections.abc import Sequence
from typing import Any

from kjax.core.shape import as_int
from kjax.kernels import bilinear, dense
from kjax.kernels.forms import Form
from kjax.kernels.halves import narrowed, widened
from kjax.kernels.taps import MANY
from kjax.machine import config


def _form(images: Any, kernel: Any, strides: Any, padding: str, data_format: str, dilations: Any) -> Form:
    return Form(tuple(map(as_int, images)), tuple(kernel), tuple(strides), padding, data_format, tuple(dilations))


def convolved(x: Any, kernel: Any, *how: Any) -> Any:
    """A convolution with a kernel of shape `(*window, channels, filters)`."""
    return bilinear.forward(_form(x.shape, kernel.shape, *how), x, kernel)


def depthwise(x: Any, kernel: Any, *how: Any, plain: bool = False) -> Any:
    """A convolution of each channel by itself, with a kernel of shape `(*window, channels, multiplier)`.

    XLA's operation is for accelerators (and for `plain`): on CPUs it takes many times longer than a loop over taps.
    """
    import jax

    form = _form(x.shape, kernel.shape, *how)._replace(depthwise=True)
    if plain or config.is_plain() or jax.default_backend() != "cpu" or math.prod(kernel.shape[:-2]) > MANY:
        return dense.by_xla(form, x, kernel)
    return narrowed(bilinear.forward(form, widened(x), widened(kernel)), x.dtype)


def transposed(x: Any, kernel: Any, output: Sequence[int], *how: Any) -> Any:
    """The gradient of a convolution with respect to its images; the kernel has shape `(*window, filters, channels)`."""
    return bilinear.images(_form(output, kernel.shape, *how), x, kernel)
