"""Sliding windows over images, by their definition: the reference for kernels."""

import numpy as np


def windowed(x, sizes, strides, padding, dilations=None, filler=0):
    """All windows of images with channels last: an array `(batch, *places, *sizes, channels)`.

    Args:
        x: `(batch, *spatial, channels)`.
        sizes: the size of a window along each spatial axis.
        strides: its steps.
        padding: `'valid'`, `'same'` or `'causal'`.
        dilations: the spacing of its elements.
        filler: the value beyond the edges.
    """
    for axis, size, stride, rate in zip(
        range(1, x.ndim - 1), sizes, strides, dilations or (1,) * len(sizes), strict=True
    ):
        n, reach = x.shape[axis], (size - 1) * rate + 1
        count = max((n - reach) // stride + 1, 0) if padding == "valid" else -(-n // stride)
        missing = 0 if padding == "valid" else max((count - 1) * stride + reach - n, 0)
        before = reach - 1 if padding == "causal" else missing // 2
        margins = [(0, 0)] * x.ndim
        margins[axis] = (before, reach + stride)  # more than enough
        x = np.pad(x, margins, constant_values=filler)
        x = x.take(np.arange(count)[:, None] * stride + np.arange(size) * rate, axis)
        x = np.moveaxis(x, axis + 1, -1)
    # Behind the places are now the channels, then each axis of the window.
    return np.moveaxis(x, len(sizes) + 1, -1)


def moved(x, data_format):
    """Images with channels last in another format."""
    return np.moveaxis(x, -1, 1) if data_format == "channels_first" else x
