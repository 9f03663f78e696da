"""Images resized, whole or in parts."""

from typing import Annotated, Any

import numpy as np

from kjax import shapes
from kjax.core.dtypes import as_dtype
from kjax.core.op import op
from kjax.core.operands import Attribute, Dims, Index, Operand, Real
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.kernels.resampling import METHODS, Grid, resampled
from kjax.machine.checks import require
from kjax.ops.shaping import integers
from kjax.shapes import windows

_HALF = np.float32(0.5)
_MIDDLES = Grid(half_pixel_centers=True)

# --------------------------------------------------------------------------------------------------------------- sizes


def keeps_size(images: Tensor, size: Any, fit: str) -> bool:
    """Whether images are known to have their new size already."""
    old, target = images.shape[-3:-1] if images.shape.rank else None, shapes.dims_given("resize(): size", size)
    if old is None or target.rank != 2 or None in (*old, *target):
        return False
    return _inner(fit, tuple(old), tuple(target))[0] == tuple(old)


def _inner(fit: str, old: tuple[int, ...], target: tuple[int, ...]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The size of the resized image in the result, and the margins before it."""
    if fit == "whole":
        return target, (0, 0)
    is_, wanted = np.asarray(old, np.float32), np.asarray(target, np.float32)
    if fit == "shape":
        rows, columns = (int(n) for n in np.rint(np.min(wanted / is_) * is_))
        return (rows, columns), (0, 0)
    exact = is_ / np.max(is_ / wanted)
    rows, columns = (int(n) for n in np.floor(exact))
    above, left = (max(0, int(n)) for n in np.floor((wanted - exact) / 2))
    return (rows, columns), (above, left)


def _has_none(size: Shape) -> bool:
    return bool(size.rank) and any(n is not None and n <= 0 for n in size)


def _resized(where: str, images: Tensor, size: Any, method: str, grid: Grid, fit: str) -> Shape:
    rank = images.shape.rank
    target = shapes.dims_given(f"{where}: size", size)
    if target.rank not in (2, None) or _has_none(target):
        raise ValueError(f"{where}: size must be two positive integers, for rows and columns; got {size!r}")
    if rank not in (3, 4, None):
        raise ValueError(f"{where}: images must have rank 3 or 4; got shape {images.shape}")
    if rank is None:
        return shapes.UNKNOWN
    old = images.shape[-3:-1]
    if 0 in tuple(old):
        raise ValueError(f"{where}: images must have rows and columns; got shape {images.shape}")
    dims: Any = tuple(target) if target.rank else (None, None)
    if fit == "shape":
        dims = (None, None) if None in (*dims, *old) else _inner(fit, tuple(old), dims)[0]
    return Shape((*images.shape[:-3], *dims, images.shape[-1]))


@op(
    name="resize",
    shape=_resized,
    out=lambda images, size, method, *rest: images.dtype if method == "nearest" else as_dtype("float32"),
    label=lambda images, size, method, *rest: f"Resize{method.capitalize()}",
)
def resize(
    xp,
    images: Real,
    size: Dims,
    method: Annotated[Any, windows.choice(*METHODS)] = "bilinear",
    grid: Any = _MIDDLES,
    fit: Annotated[Any, windows.choice("whole", "shape", "padded")] = "whole",
):
    """Images of another size.

    Args:
        images: a tensor of shape `([batch,] rows, columns, channels)`.
        size: the new number of rows and columns; symbolic ones may be among them.
        method: a name in `METHODS`.
        grid: how old and new elements lie above each other.
        fit: `'whole'`: the images have that size; `'shape'`: they keep their shape and fit into it; `'padded'`: the
            same, with zeros around them.

    Returns:
        A tensor of float32; of the dtype of `images` with `'nearest'`.

    >>> resize([[[1.], [2.]]], (1, 4)).numpy().ravel().tolist()
    [1.0, 1.25, 1.75, 2.0]
    """
    target = integers(size)
    if len(target) != 2 or min(target) <= 0 or images.ndim not in (3, 4) or 0 in images.shape[-3:-1]:
        raise ValueError(f"images of shape {images.shape} can't be resized to {target}")
    inner, before = _inner(fit, images.shape[-3:-1], target)
    if min(inner) <= 0:
        raise ValueError(f"images of shape {images.shape} would have no rows or columns in {target}")
    if method != "nearest":
        images = images.astype(np.float32)
    for axis, new in zip((-3, -2), inner, strict=True):
        images = resampled(xp, images, axis, method, grid, new)
    if fit != "padded":
        return images
    margins = [(first, whole - first - new) for first, whole, new in zip(before, target, inner, strict=True)]
    return xp.pad(images, [*[(0, 0)] * (images.ndim - 3), *margins, (0, 0)])


# ---------------------------------------------------------------------------------------------------------- from boxes

_SINGLE = frozenset([as_dtype("float32")])


def _crops(where: str, image: Tensor, boxes: Tensor, box_indices: Tensor, crop_size: Any, *rest: Any) -> Shape:
    size = shapes.dims_given(f"{where}: crop_size", crop_size)
    if size.rank not in (2, None) or _has_none(size):
        raise ValueError(f"{where}: crop_size must be two positive integers; got {crop_size!r}")
    for tensor, name, rank in ((image, "image", 4), (boxes, "boxes", 2), (box_indices, "box_indices", 1)):
        if tensor.shape.rank not in (rank, None):
            raise ValueError(f"{where}: {name} must have rank {rank}; got shape {tensor.shape}")
    if boxes.shape.rank and boxes.shape[1] not in (4, None):
        raise ValueError(f"{where}: boxes must be of shape (count, 4); got {boxes.shape}")
    counts = [t.shape[0] if t.shape.rank else None for t in (boxes, box_indices)]
    count = shapes.merge_dim(where, counts[0], counts[1], "boxes and box_indices differ in length")
    return Shape((count, *(size if size.rank else (None, None)), image.shape[3] if image.shape.rank else None))


@op(shape=_crops, out="float32")
def crop_and_resize(
    xp,
    image: Real,
    boxes: Annotated[Any, Operand(_SINGLE, own_dtype=True)],
    box_indices: Index,
    crop_size: Dims,
    method: Annotated[Any, windows.choice("bilinear", "nearest")] = "bilinear",
    extrapolation_value: Annotated[Any, Attribute(lambda value, where: float(value))] = 0.0,
):
    """Parts of images, each brought to one size.

    Args:
        image: a tensor of shape `(batch, rows, columns, channels)`.
        boxes: a tensor of float32, of shape `(count, 4)`: top, left, bottom and right of each part, where 0 is the
            first row or column and 1 the last.
        box_indices: integers of shape `(count,)`: the position in the batch of the image of each part.
        crop_size: the number of rows and columns of each part.
        method: `'bilinear'` or `'nearest'`.
        extrapolation_value: the value outside of the image.

    Returns:
        A tensor of float32, of shape `(count, *crop_size, channels)`.

    >>> crop_and_resize([[[[1.], [3.]]]], [[0., 0., 0., 1.]], [0], (1, 3)).numpy().ravel().tolist()
    [1.0, 2.0, 3.0]
    """
    size = integers(crop_size)
    if len(size) != 2 or min(size) <= 0 or image.ndim != 4 or boxes.ndim != 2 or boxes.shape != (len(box_indices), 4):
        raise ValueError(f"image of shape {image.shape}, boxes of {boxes.shape}, crop_size {size} don't go together")
    require(
        (box_indices >= 0) & (box_indices < image.shape[0]),
        IndexError(f"crop_and_resize(): box_indices must be at least 0 and less than {image.shape[0]}"),
    )
    image = xp.asarray(image.astype(np.float32))
    known, low, high, beyond = [], [], [], []
    for axis, count in enumerate(size):
        last, first, end = image.shape[axis + 1] - 1, boxes[:, axis, None], boxes[:, axis + 2, None]
        steps = np.arange(count, dtype=np.float32) if count > 1 else np.full(1, _HALF)
        at = first * np.float32(last) + steps * ((end - first) * np.float32(last / max(count - 1, 1)))
        known.append((at >= 0) & (at <= last))
        at = xp.where(known[-1], at, 0)
        whole = xp.floor(at + _HALF if method == "nearest" else at)
        low.append(whole.astype(np.int32))
        high.append(xp.minimum(low[-1] + 1, last))
        beyond.append(at - whole)

    def part(rows: Any, columns: Any) -> Any:
        return image[box_indices[:, None, None], rows[:, :, None], columns[:, None, :]]

    def across(rows: Any) -> Any:
        left = part(rows, low[1])
        return left + (part(rows, high[1]) - left) * beyond[1][:, None, :, None]

    if method == "nearest":
        out = part(*low)
    else:
        above = across(low[0])
        out = above + (across(high[0]) - above) * beyond[0][:, :, None, None]
    return xp.where(known[0][:, :, None, None] & known[1][:, None, :, None], out, np.float32(extrapolation_value))
