"""Images turned, cropped and padded, and cut into patches."""

from typing import Annotated, Any

import numpy as np

from kjax import shapes
from kjax.core.dtypes import as_dtype
from kjax.core.op import op
from kjax.core.operands import Array, Attribute, Dims, Float, as_tensor
from kjax.core.shape import Shape, as_int
from kjax.core.tensor import Tensor
from kjax.ops import indexing
from kjax.ops.shaping import integers, permute_dimensions, reverse
from kjax.ops.state import shape
from kjax.shapes import windows


def as_images(value: Any, where: str, ranks: tuple[int, ...] = (3, 4)) -> Tensor:
    """Images as a tensor of shape `([batch,] rows, columns, channels)`."""
    images = as_tensor(value, where=where)
    if images.shape.rank not in ranks:
        raise ValueError(f"{where} must have rank {' or '.join(map(str, ranks))}; got shape {images.shape}")
    if 0 in tuple(images.shape)[-3:]:
        raise ValueError(f"{where} must have rows, columns and channels; got shape {images.shape}")
    return images


# -------------------------------------------------------------------------------------------------------------- turning


def flipped(images: Any, axis: int, where: str) -> Tensor:
    """Images in reverse order along an axis, -3 or -2."""
    images = as_images(images, where)
    return reverse(images, len(images.shape) + axis)


def transposed(images: Any, where: str) -> Tensor:
    """Images with rows as columns."""
    images = as_images(images, where)
    *batch, rows, columns, channels = range(len(images.shape))
    return permute_dimensions(images, (*batch, columns, rows, channels))


def rotated(images: Any, times: Any, where: str) -> Tensor:
    """Images turned to the left by right angles."""
    images, times = as_images(images, f"{where}: image"), as_int(times) % 4
    if times == 0:
        return images
    if times == 2:
        return flipped(flipped(images, -3, where), -2, where)
    return (
        transposed(flipped(images, -2, where), where) if times == 1 else flipped(transposed(images, where), -2, where)
    )


# ------------------------------------------------------------------------------------------------- cropping and padding


def _is_known(*values: Any) -> bool:
    return not any(isinstance(value, Tensor) and value.is_symbolic for value in values)


def cropped(where: str, images: Any, top: Any, left: Any, rows: Any, columns: Any) -> Tensor:
    """A part of images, which must lie within them."""
    images = as_images(images, f"{where}: image")
    for offset, size, axis in ((top, rows, -3), (left, columns, -2)):
        if _is_known(offset, size):
            whole = images.shape[axis]
            if offset < 0 or size <= 0 or (whole is not None and offset + size > whole):
                raise ValueError(
                    f"{where}: the part must lie within the images; got {size} at {offset} of {whole or 'unknown'} "
                    f"{'rows' if axis == -3 else 'columns'}"
                )
    *batch, channels = [images.shape[axis] or shape(images)[axis] for axis in (*range(len(images.shape) - 3), -1)]
    return indexing.slice(images, [0] * len(batch) + [top, left, 0], [*batch, rows, columns, channels])


def _placed(where: str, images: Tensor, offsets: Any, size: Any) -> Shape:
    dims = shapes.dims_given(where, size)
    first = shapes.dims_given(where, offsets)
    for name, old, before, new in zip(("rows", "columns"), images.shape[-3:-1], first, dims, strict=True):
        if (before or 0) < 0 or (None not in (old, new) and (before or 0) + old > new):
            raise ValueError(f"{where}: {old} {name} at {before} do not fit into {new}")
    return Shape((*images.shape[:-3], *dims, images.shape[-1]))


@op(shape=_placed, name="pad_to_bounding_box", label="Pad")
def placed(xp, images: Array, offsets: Dims, size: Dims):
    """Images of rank 3 or 4 with zeros around them: their first row and column, and the new size."""
    margins = [(0, 0)] * images.ndim
    for axis, before, whole in zip((-3, -2), integers(offsets), integers(size), strict=True):
        margins[axis] = before, whole - before - images.shape[axis]
        if min(margins[axis]) < 0:
            raise ValueError(f"{images.shape[axis]} rows or columns at {before} do not fit into {whole}")
    return xp.pad(images, margins)


def padded(where: str, images: Any, top: Any, left: Any, rows: Any, columns: Any) -> Tensor:
    """Images with zeros around them."""
    return placed(as_images(images, f"{where}: image"), (top, left), (rows, columns))


def _sized(where: str, images: Tensor, size: Any) -> Shape:
    dims = shapes.dims_given(where, size)
    if any(n is not None and n <= 0 for n in dims):
        raise ValueError(f"{where}: target_height and target_width must be positive; got {size!r}")
    return Shape((*images.shape[:-3], *dims, images.shape[-1]))


@op(shape=_sized, name="resize_with_crop_or_pad", label="Pad")
def fitted(xp, images: Array, size: Dims):
    """Images of another size, around the same centre: cropped where they are too large, padded where too small."""
    parts, margins = [slice(None)] * images.ndim, [(0, 0)] * images.ndim
    for axis, wanted in zip((-3, -2), integers(size), strict=True):
        if wanted <= 0:
            raise ValueError(f"target_height and target_width must be positive; got {wanted}")
        whole = images.shape[axis]
        first, before = max((whole - wanted) // 2, 0), max((wanted - whole) // 2, 0)
        parts[axis] = slice(first, first + wanted)
        margins[axis] = before, wanted - min(whole, wanted) - before
    return xp.pad(images[tuple(parts)], margins)


def centre(images: Any, fraction: float, where: str) -> Tensor:
    """The middle part of images, of a fraction of their rows and columns."""
    images = as_images(images, f"{where}: image")
    if not 0 < fraction <= 1:
        raise ValueError(f"{where}: central_fraction must be greater than 0 and at most 1; got {fraction!r}")
    return images if fraction == 1 else _centre(images, fraction)


def _around(n: int | None, fraction: float) -> tuple[int, int]:
    start = int((n - n * fraction) / 2)  # type: ignore[operator]
    return start, n - start  # type: ignore[operator]


def _middle(where: str, images: Tensor, fraction: float) -> Shape:
    dims = [n and _around(n, fraction)[1] - _around(n, fraction)[0] for n in images.shape[-3:-1]]
    return Shape((*images.shape[:-3], *dims, images.shape[-1]))


@op(shape=_middle, name="central_crop", label="Slice")
def _centre(xp, images: Array, fraction: Any):
    rows, columns = (slice(*_around(n, fraction)) for n in images.shape[-3:-1])
    return images[..., rows, columns, :]


# -------------------------------------------------------------------------------------------------------------- patches


def _as_four(value: Any, where: str) -> tuple[int, int]:
    parts = tuple(value) if isinstance(value, (list, tuple)) else ()
    if len(parts) != 4 or parts[0] != 1 or parts[3] != 1:
        raise ValueError(f"{where} must be [1, rows, columns, 1]; got {value!r}")
    return windows.whole(parts[1], where), windows.whole(parts[2], where)


_Four = Annotated[Any, Attribute(_as_four)]
_Padding = Annotated[Any, windows.choice("same", "valid")]


def _patches(where: str, images: Tensor, sizes: Any, strides: Any, rates: Any, padding: str) -> Shape:
    batch, *inner, channels = windows.dims_of(images.shape, 4, "images")
    each = zip(inner, sizes, strides, rates, strict=True)
    counts = [windows.count(n, size, stride, padding, rate) for n, size, stride, rate in each]
    return Shape((batch, *counts, shapes.product((*sizes, channels))))


@op(shape=_patches, label="ExtractImagePatches")
def extract_patches(xp, images: Array, sizes: _Four, strides: _Four, rates: _Four, padding: _Padding):
    """The elements of each window as channels.

    Args:
        images: a tensor of shape `(batch, rows, columns, channels)`.
        sizes: `[1, rows, columns, 1]` of a window.
        strides: the distances of windows, likewise.
        rates: the distances of elements in a window, likewise.
        padding: `'same'` or `'valid'`.

    Returns:
        A tensor of shape `(batch, windows down, windows across, rows * columns * channels)`.

    >>> extract_patches([[[[1], [2]]]], [1, 1, 2, 1], [1, 1, 1, 1], [1, 1, 1, 1], 'valid').numpy().tolist()
    [[[[1, 2]]]]
    """
    margins, spans = [], []
    for n, size, stride, rate in zip(images.shape[1:3], sizes, strides, rates, strict=True):
        count: Any = windows.count(n, size, stride, padding, rate)
        reach = (count - 1) * stride + 1  # from the first window to the last
        spans.append([slice(i * rate, max(i * rate + reach, 0), stride) for i in range(size)])
        margins.append(windows.margins(n, size, stride, padding, rate))
    wide = xp.pad(images, [(0, 0), *margins, (0, 0)])
    return xp.concatenate([wide[:, down, across] for down in spans[0] for across in spans[1]], -1)


# ------------------------------------------------------------------------------------------------------------- glimpses


def _glimpsed(where: str, images: Tensor, offsets: Tensor, size: Any, *rest: Any) -> list[Shape]:
    batch, _, _, channels = windows.dims_of(images.shape, 4, "input")
    count, _ = windows.dims_of(offsets.shape, 2, "offsets")
    batch = shapes.merge_dim(where, batch, count, "input and offsets differ in length")
    dims = shapes.dims_given(f"{where}: size", size)
    return [Shape((batch, *dims, channels)), Shape((batch, *dims, 1))]


@op(
    shape=_glimpsed,
    out=lambda images, *rest: [images.dtype, as_dtype("bool")],
    differentiable=False,
    label="ExtractGlimpse",
)
def glimpses(xp, images: Float, offsets: Float, size: Dims, centered: bool, normalized: bool):
    """A window of each image, around a point that may lie outside, and which of its elements are in the image.

    Args:
        images: a tensor of shape `(batch, rows, columns, channels)`.
        offsets: a tensor of shape `(batch, 2)`: the row and the column of each point.
        size: the rows and columns of the windows.
        centered: points are relative to the middle of an image, and -1 and 1 are its ends.
        normalized: points are parts of the number of rows and columns.

    Returns:
        The windows, and a tensor of bools of shape `(batch, *size, 1)`.
    """
    if images.ndim != 4 or offsets.shape != (len(images), 2):
        raise ValueError(f"input must have rank 4, offsets shape (batch, 2); got {images.shape} and {offsets.shape}")
    inside, places = [], []
    for axis, length in enumerate(integers(size)):
        whole, at = images.shape[axis + 1], offsets[:, axis, None]
        at = at * whole if normalized else at
        at = (at / 2 + whole / 2 if centered else at) - length / 2
        place = at.astype(np.int32) + np.arange(length, dtype=np.int32)
        inside.append((place >= 0) & (place < whole))
        places.append(xp.clip(place, 0, whole - 1))
    rows, columns = places
    found = xp.asarray(images)[np.arange(len(images))[:, None, None], rows[:, :, None], columns[:, None, :]]
    return found, (inside[0][:, :, None] & inside[1][:, None, :])[..., None]
