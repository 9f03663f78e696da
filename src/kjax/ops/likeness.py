"""The likeness of images, and their slopes: PSNR, SSIM, total variation, edges."""

from typing import Any

import numpy as np

from kjax import shapes
from kjax.core.op import op
from kjax.core.operands import Float, Number, as_tensor
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.ops import elementwise, reduction
from kjax.ops.activation import relu
from kjax.ops.colours import convert_image_dtype
from kjax.ops.probed import probed
from kjax.ops.shaping import stack
from kjax.shapes import windows


def _pair(a: Any, b: Any, max_val: Any, where: str) -> tuple[Tensor, Tensor, Tensor]:
    """Two images and their greatest value, as float32."""
    a = as_tensor(a, where=f"{where}: the first image")
    b = as_tensor(b, a.dtype, f"{where}: the second image")
    for image in (a, b):
        if image.shape.rank is not None and image.shape.rank < 3:
            raise ValueError(f"{where}: images must have rank 3 at least; got shape {image.shape}")
    if a.shape.rank and b.shape.rank and not Shape(a.shape[-3:]).is_compatible_with(Shape(b.shape[-3:])):
        raise ValueError(f"{where}: images must have the same shape; got {a.shape} and {b.shape}")
    greatest = elementwise.cast(as_tensor(max_val), a.dtype)
    return tuple(convert_image_dtype(image, "float32") for image in (a, b, greatest))  # type: ignore[return-value]


def psnr(a: Any, b: Any, max_val: Any) -> Tensor:
    """The ratio of the greatest value to the noise, in decibels, of each pair of images.

    >>> psnr([[[0.]]], [[[0.1]]], 1.).numpy().round(3).item()
    20.0
    """
    a, b, greatest = _pair(a, b, max_val, "tf.image.psnr")
    noise = reduction.mean(elementwise.square(elementwise.subtract(a, b)), (-3, -2, -1))
    decibels = 10 / np.log(10)
    return decibels * (2 * elementwise.log(greatest) - elementwise.log(noise))


# ------------------------------------------------------------------------------------------------ structural similarity


def _bell(size: int, sigma: float) -> Any:
    """Weights of a Gaussian filter along one axis, which add up to 1."""
    weights = np.exp(-0.5 * ((np.arange(size) - (size - 1) / 2) / sigma) ** 2)
    return (weights / weights.sum()).astype(np.float32)


def _blurred(images: Any, weights: Any) -> Any:
    """Weighted sums over all windows that lie inside of the images."""
    for axis in (-3, -2):
        count = images.shape[axis] - len(weights) + 1
        if count < 1:
            raise ValueError(f"images of shape {images.shape} are smaller than the filter, {len(weights)}")
        after = (slice(None),) * (-axis - 1)
        images = sum(w * images[(..., slice(i, i + count), *after)] for i, w in enumerate(weights))
    return images


def _by_channel(where: str, a: Tensor, b: Tensor, *rest: Any) -> list[Shape]:
    whole = shapes.elementwise(where, a, b)
    return [shapes.UNKNOWN if whole.rank is None else Shape((*whole[:-3], whole[-1]))] * 2


@op(shape=_by_channel, label="Mean")
def _similarity(xp, a: Float, b: Float, greatest: Float, size: Any, sigma: Any, k1: Any, k2: Any):
    """The structural similarity of each channel, and the part of it that does not tell of brightness."""
    weights = _bell(int(size), float(sigma))
    at_least = [(k * greatest) ** 2 for k in (k1, k2)]
    mean_a, mean_b = _blurred(a, weights), _blurred(b, weights)
    product, squares = 2 * mean_a * mean_b, mean_a**2 + mean_b**2
    brightness = (product + at_least[0]) / (squares + at_least[0])
    both, each = 2 * _blurred(a * b, weights), _blurred(a * a + b * b, weights)
    structure = (both - product + at_least[1]) / (each - squares + at_least[1])
    return (brightness * structure).mean((-3, -2)), structure.mean((-3, -2))


def ssim(
    img1: Any,
    img2: Any,
    max_val: Any,
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Tensor:
    """The structural similarity of pairs of images: 1 for equal ones."""
    a, b, greatest = _pair(img1, img2, max_val, "tf.image.ssim")
    return reduction.mean(_similarity(a, b, greatest, filter_size, filter_sigma, k1, k2)[0], -1)


def _halved_dims(where: str, images: Tensor) -> Shape:
    if images.shape.rank is None:
        return shapes.UNKNOWN
    *batch, rows, columns, channels = images.shape
    return Shape((*batch, *(n and (n + 1) // 2 for n in (rows, columns)), channels))


@op(shape=_halved_dims, label="AvgPool")
def _halved(xp, images: Float):
    """The means of two rows and two columns; the last of an odd number counts for two."""
    for axis in (-3, -2):
        even = xp.pad(
            images, [(0, i == images.ndim + axis and images.shape[axis] % 2) for i in range(images.ndim)], "edge"
        )
        after = (slice(None),) * (-axis - 1)
        images = (even[(..., slice(0, None, 2), *after)] + even[(..., slice(1, None, 2), *after)]) / 2
    return images


def ssim_multiscale(
    img1: Any,
    img2: Any,
    max_val: Any,
    power_factors: Any = (0.0448, 0.2856, 0.3001, 0.2363, 0.1333),
    filter_size: int = 11,
    filter_sigma: float = 1.5,
    k1: float = 0.01,
    k2: float = 0.03,
) -> Tensor:
    """The structural similarity of images and of smaller versions of them, each to its power, multiplied."""
    a, b, greatest = _pair(img1, img2, max_val, "tf.image.ssim_multiscale")
    found = []
    for i in range(len(power_factors)):
        if i:
            a, b = _halved(a), _halved(b)
        whole, structure = _similarity(a, b, greatest, filter_size, filter_sigma, k1, k2)
        found.append(relu(structure if i + 1 < len(power_factors) else whole))
    powers = elementwise.pow(stack(found, -1), as_tensor(power_factors, found[0].dtype))
    return reduction.mean(reduction.prod(powers, -1), -1)


# --------------------------------------------------------------------------------------------------------------- slopes


@probed(label="Sum")
def total_variation(xp, images: Number):
    """The sum of the differences between neighbours, for each image."""
    if images.ndim not in (3, 4):
        raise ValueError(f"images must have rank 3 or 4; got shape {images.shape}")
    down, right = images[..., 1:, :, :] - images[..., :-1, :, :], images[..., 1:, :] - images[..., :-1, :]
    axes = (-3, -2, -1)
    return (abs(down).sum(axes) + abs(right).sum(axes)).astype(images.dtype)


def _two_of_rank_4(where: str, images: Tensor) -> list[Shape]:
    windows.dims_of(images.shape, 4, "image")
    return [images.shape] * 2


@op(shape=_two_of_rank_4, label="Reshape")
def image_gradients(xp, images: Number):
    """The differences to the next row and to the next column, 0 in the last ones."""
    if images.ndim != 4:
        raise ValueError(f"image must have rank 4; got shape {images.shape}")
    down, right = images[:, 1:] - images[:, :-1], images[:, :, 1:] - images[:, :, :-1]
    return xp.pad(down, [(0, 0), (0, 1), (0, 0), (0, 0)]), xp.pad(right, [(0, 0), (0, 0), (0, 1), (0, 0)])


@probed(label="Reshape")
def sobel_edges(xp, images: Float):
    """The slopes downwards and to the right, by Sobel's filters: a tensor of shape `(*images.shape, 2)`."""
    if images.ndim != 4:
        raise ValueError(f"image must have rank 4; got shape {images.shape}")
    wide = xp.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)], "reflect")
    down = wide[:, 2:] - wide[:, :-2]
    right = wide[:, :, 2:] - wide[:, :, :-2]
    down = down[:, :, :-2] + 2 * down[:, :, 1:-1] + down[:, :, 2:]
    right = right[:, :-2] + 2 * right[:, 1:-1] + right[:, 2:]
    return xp.stack([down, right], -1)
