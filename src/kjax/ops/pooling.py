"""Pooling: the maximum or the mean of each window of images and volumes."""

from typing import Annotated, Any

import numpy as np

from kjax.core.dtypes import as_dtype
from kjax.core.op import op
from kjax.core.operands import FLOATS, Float, Real
from kjax.core.placement import JAX_ONLY
from kjax.kernels import pooling, ties
from kjax.shapes import windows
from kjax.shapes.windows import DataFormat, Padding, per_axis

_Mode = Annotated[Any, windows.choice("max", "avg"), "str"]
_Two = Annotated[Any, per_axis(2), "ShapeLike"]
_Three = Annotated[Any, per_axis(3), "ShapeLike"]


def _pooled(xp: Any, x: Any, sizes: Any, strides: Any, padding: str, data_format: str, mode: str, shared: bool) -> Any:
    how = sizes, strides, padding, data_format
    shape = windows.pooled(x.shape, *how)
    if mode == "avg" and x.dtype.kind in "iu":
        raise TypeError("an average needs floats")
    if 0 in shape or x.size == 0:
        return xp.zeros(shape, x.dtype)
    spatial: Any = windows.taken_apart(x.shape, len(sizes), data_format)[1]
    how = windows.least_sizes(spatial, sizes), windows.least_strides(spatial, strides), padding, data_format
    return pooling.max_pooled(xp, x, *how, shared) if mode == "max" else pooling.average_pooled(xp, x, *how)


def _shape(where: str, x: Any, sizes: Any, strides: Any, padding: str, data_format: str, mode: str) -> Any:
    if mode == "avg" and x.dtype not in FLOATS:
        raise TypeError(f"{where}: x can't be of dtype {x.dtype} for an average; K.cast converts")
    return windows.rule(windows.pooled)(where, x, sizes, strides, padding, data_format)


@op(shape=_shape, runs=JAX_ONLY, label=lambda *args: "MaxPool" if args[-1] == "max" else "AvgPool")
def pool2d(
    xp,
    x: Real,
    pool_size: _Two,
    strides: _Two = (1, 1),
    padding: Padding = "valid",
    data_format: DataFormat = None,
    pool_mode: _Mode = "max",
):
    """Pooling of images: the maximum or the mean of each window.

    Args:
        x: a tensor of floats, for maxima also of integers, of shape `(batch, rows, columns, channels)`, or `(batch,
            channels, rows, columns)` with channels first.
        pool_size: height and width of a window, two ints.
        strides: the steps of the window along rows and columns, two ints.
        padding: `'valid'`: only windows that lie inside; or `'same'`: `ceil(size / stride)` windows along an axis.
            Padding counts neither in maxima nor in means.
        data_format: `'channels_last'` or `'channels_first'`; None for `image_data_format()`.
        pool_mode: `'max'` or `'avg'`.

    Returns:
        A tensor of the rank and dtype of `x`. NaN is passed over by maxima. Of elements that tie, the first has the
        gradient.

    Raises:
        TypeError: the dtype is not accepted, or a number is no integer.
        ValueError: `x` has another rank, the window does not fit, or an argument is none of those listed.

    Source: `tf.keras.backend.pool2d`, TF 2.2. Differs: where there is nothing but NaN the maximum is -inf (there the
    least float).

    >>> from kjax import backend as K
    >>> pool2d(K.reshape(K.arange(4, dtype='float32'), (1, 2, 2, 1)), (2, 2)).numpy().tolist()
    [[[[3.0]]]]
    """
    return _pooled(xp, x, pool_size, strides, padding, data_format, pool_mode, False)


@op(shape=_shape, runs=JAX_ONLY, label=lambda *args: "MaxPool3D" if args[-1] == "max" else "AvgPool3D")
def pool3d(
    xp,
    x: Real,
    pool_size: _Three,
    strides: _Three = (1, 1, 1),
    padding: Padding = "valid",
    data_format: DataFormat = None,
    pool_mode: _Mode = "max",
):
    """Pooling of volumes: the maximum or the mean of each window.

    Args:
        x: a tensor of floats, for maxima also of integers, of shape `(batch, depth, rows, columns, channels)`, or
            `(batch, channels, depth, rows, columns)` with channels first.
        pool_size: the sizes of a window, three ints.
        strides: the steps of the window along the three axes, three ints.
        padding: `'valid'` or `'same'`, as for `pool2d`.
        data_format: `'channels_last'` or `'channels_first'`; None for `image_data_format()`.
        pool_mode: `'max'` or `'avg'`.

    Returns:
        A tensor of the rank and dtype of `x`. NaN is passed over by maxima. Of elements that tie, each has the whole
        gradient (unlike with `pool2d`).

    Raises:
        TypeError: the dtype is not accepted, or a number is no integer.
        ValueError: `x` has another rank, the window does not fit, or an argument is none of those listed.

    Source: `tf.keras.backend.pool3d`, TF 2.2. Differs: maxima of float64 and of integers are there, too.

    >>> from kjax import backend as K
    >>> pool3d(K.ones((1, 4, 4, 4, 3)), (2, 2, 2), (2, 2, 2), pool_mode='avg').shape
    (1, 2, 2, 2, 3)
    """
    return _pooled(xp, x, pool_size, strides, padding, data_format, pool_mode, True)


def _with_places(where: str, x: Any, sizes: Any, strides: Any, padding: str, *_: Any) -> Any:
    shape = windows.rule(windows.pooled)(where, x, sizes, strides, padding, "channels_last")
    return [shape, shape]


@op(shape=_with_places, out=lambda x, *rest: [x.dtype, as_dtype("int64")], label="MaxPoolWithArgmax")
def max_pool_with_places(
    xp, x: Float, pool_size: _Two, strides: _Two, padding: Padding = "valid", with_batch: bool = False
):
    """The maximum of each window of images, and where it is.

    Args:
        x: a tensor of floats, of shape `(batch, rows, columns, channels)`.
        pool_size: height and width of a window.
        strides: the steps of the window along rows and columns.
        padding: `'valid'` or `'same'`.
        with_batch: whether places count from the beginning of the batch, rather than of each image.

    Returns:
        The maxima, and an int64 tensor of their shape: `(row * columns + column) * channels + channel`. Of elements
        that tie, the first counts.

    Source: `tf.nn.max_pool_with_argmax`, TF 2.2.

    >>> values, places = max_pool_with_places([[[[1.], [5.]], [[3.], [2.]]]], (2, 2), (2, 2))
    >>> values.numpy().tolist(), places.numpy().tolist()
    ([[[[5.0]]]], [[[[1]]]])
    """
    batch, rows, columns, channels = x.shape
    _, high, wide, _ = map(int, windows.pooled(x.shape, pool_size, strides, padding, "channels_last"))  # type: ignore
    before = []
    for size, count, step, window in zip((rows, columns), (high, wide), strides, pool_size, strict=True):
        lacking = max((count - 1) * step + window - size, 0) if padding == "same" else 0
        before.append((lacking // 2, lacking - lacking // 2))
    padded = xp.pad(x, ((0, 0), *before, (0, 0)), constant_values=-np.inf)
    ends = [(count - 1) * step + 1 for count, step in zip((high, wide), strides, strict=True)]
    offsets = [(i, j) for i in range(pool_size[0]) for j in range(pool_size[1])]
    parts = [padded[:, i : i + ends[0] : strides[0], j : j + ends[1] : strides[1]] for i, j in offsets]
    stacked = xp.stack(parts)
    which = ties.place_of(xp, stacked, 0, "argmax")
    values = xp.take_along_axis(stacked, which[None], 0)[0]
    inner = np.array(offsets, np.int64).T  # the row and the column within a window
    row = xp.asarray(inner[0])[which] + (np.arange(high, dtype=np.int64) * strides[0] - before[0][0])[:, None, None]
    column = xp.asarray(inner[1])[which] + (np.arange(wide, dtype=np.int64) * strides[1] - before[1][0])[:, None]
    places = (row * columns + column) * channels + np.arange(channels, dtype=np.int64)
    if with_batch:
        places = places + (np.arange(batch, dtype=np.int64) * rows * columns * channels)[:, None, None, None]
    return values, places
