"""Convolutions by XLA's general convolution."""

from collections.abc import Sequence
from typing import Any

from kjax.kernels.halves import narrowed, widened
from kjax.kernels.taps import are_few, taps
from kjax.machine import config
from kjax.shapes import windows

# Full float32 precision on accelerators, whose default shortens the factors to ten bits or fewer.
PRECISION = "highest"


def _run(x: Any, kernel: Any, layout: str, data_format: str, margins: Any, **options: Any) -> Any:
    """XLA's convolution; `layout`, `IO` or `OI`, is the order of the kernel's input and output channels."""
    import jax

    spatial = "DHW"[-(x.ndim - 2) :]
    images = f"NC{spatial}" if data_format == "channels_first" else f"N{spatial}C"
    options.setdefault("window_strides", (1,) * len(spatial))
    return jax.lax.conv_general_dilated(
        x,
        kernel,
        padding=margins,
        dimension_numbers=(images, spatial + layout, images),
        precision=PRECISION,
        **options,
    )


def _margins(x: Any, window: Any, strides: Any, padding: str, data_format: str, dilations: Any) -> list[Any]:
    dims = [x.shape[axis] for axis in windows.spatial_axes(x.ndim, data_format)]
    each = zip(dims, window, strides, dilations, strict=True)
    return [windows.margins(n, k, s, padding, d) for n, k, s, d in each]


def convolved(
    jnp: Any, x: Any, kernel: Any, strides: Any, padding: str, data_format: str, dilations: Any, groups: int = 1
) -> Any:
    """A convolution with a kernel of shape `(*window, channels of a group, filters)`."""
    margins = _margins(x, kernel.shape[:-2], strides, padding, data_format, dilations)
    return _run(
        x, kernel, "IO", data_format, margins,
        window_strides=strides, rhs_dilation=dilations, feature_group_count=groups,
    )  # fmt: skip


def depthwise(
    jnp: Any, x: Any, kernel: Any, strides: Any, padding: str, data_format: str, dilations: Any, plain: bool = False
) -> Any:
    """A convolution of each channel by itself, with a kernel of shape `(*window, channels, multiplier)`.

    XLA's operation is for accelerators (and for `plain`): on CPUs it takes many times longer than a loop over taps.
    """
    import jax

    *window, channels, multiplier = kernel.shape
    if plain or config.PLAIN or jax.default_backend() != "cpu" or not are_few(window):
        grouped = kernel.reshape((*window, 1, channels * multiplier))
        return convolved(jnp, x, grouped, strides, padding, data_format, dilations, channels)
    first = data_format == "channels_first"
    weights = widened(kernel).reshape((-1, channels, multiplier))
    total: Any = 0
    for place, part in enumerate(taps(widened(x), window, strides, padding, data_format, dilations)):
        # The multiplier as a new last axis, behind the channels.
        factor = weights[place].reshape((channels, multiplier) + (1,) * len(window) * first)
        total = total + jnp.expand_dims(part, 2 if first else -1) * factor
    shape = windows.depthwise(x.shape, kernel.shape, strides, padding, data_format, dilations)
    return narrowed(total.reshape(shape), x.dtype)


def transposed(
    jnp: Any, x: Any, kernel: Any, output: Sequence[int], strides: Any, padding: str, data_format: str, dilations: Any
) -> Any:
    """The gradient of a convolution with respect to its images; the kernel has shape `(*window, filters, channels)`.

    It is a convolution of `x`, with zeros between its elements, by the mirrored kernel.
    """
    axes = windows.spatial_axes(x.ndim, data_format)
    margins = []
    for axis, size, stride, dilation in zip(axes, kernel.shape, strides, dilations, strict=False):
        span, n = windows.reach(size, dilation), output[axis]
        before = span - 1 - windows.margins(n, size, stride, padding, dilation)[0]
        margins.append((before, n + span - 2 - (x.shape[axis] - 1) * stride - before))
    mirrored = jnp.flip(kernel, tuple(range(len(axes))))
    return _run(x, mirrored, "OI", data_format, margins, lhs_dilation=strides, rhs_dilation=dilations)
