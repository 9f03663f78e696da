"""The colours of images: their number formats, colour spaces, brightness, contrast, hue and saturation.

Images have their channels last. Images of integers are adjusted as floats from 0 to 1, and given back as they came.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from kjax import shapes
from kjax.core import dtypes
from kjax.core.dtypes import as_dtype
from kjax.core.op import op
from kjax.core.operands import Float, as_tensor
from kjax.core.shape import Shape
from kjax.core.tensor import Tensor
from kjax.ops import elementwise
from kjax.ops.linear import dot

# ------------------------------------------------------------------------------------------------------- number formats


def _limits(dtype: Any) -> tuple[int, int]:
    info = np.iinfo(dtypes.to_numpy(dtype))
    return int(info.min), int(info.max)


def _saturated(x: Tensor, dtype: Any) -> Tensor:
    """`x` as another integer dtype, with what is out of its range at the ends of it."""
    low, high = _limits(dtype)
    if x.dtype.is_integer:
        low, high = max(low, _limits(x.dtype)[0]), min(high, _limits(x.dtype)[1])
    return elementwise.cast(elementwise.clip(x, low, high), dtype)


def convert_image_dtype(image: Any, dtype: Any, saturate: bool = False) -> Tensor:
    """Images in another number format: floats from 0 to 1, integers from 0 to the greatest of their dtype.

    >>> convert_image_dtype([0., 0.5, 1.], 'uint8').numpy().tolist()
    [0, 127, 255]
    """
    where = "tf.image.convert_image_dtype"
    image, wanted = as_tensor(image, where=f"{where}: image"), as_dtype(dtype, f"{where}: dtype")
    if not (wanted.is_floating or wanted.is_integer):
        raise TypeError(f"{where}: dtype must be of floats or integers; got {wanted}")
    if image.dtype == wanted:
        return elementwise.identity(image)
    if wanted.is_floating:
        cast = elementwise.cast(image, wanted)
        return elementwise.multiply(cast, 1 / _limits(image.dtype)[1]) if image.dtype.is_integer else cast
    convert: Callable[[Tensor, Any], Tensor] = _saturated if saturate else elementwise.cast
    greatest = _limits(wanted)[1]
    if not image.dtype.is_integer:
        return convert(elementwise.multiply(image, greatest + 0.5), wanted)
    given = _limits(image.dtype)[1]
    if given > greatest:
        return convert(elementwise.floor_divide(image, (given + 1) // (greatest + 1)), wanted)
    return elementwise.multiply(convert(image, wanted), (greatest + 1) // (given + 1))


def adjusted(image: Any, adjust: Callable[[Tensor], Tensor], where: str, saturate: bool = True) -> Tensor:
    """`adjust` applied to images as float16 or float32, and the result in their own dtype."""
    image = as_tensor(image, where=where)
    single = image.dtype in ("float16", "float32")
    floats = image if single else convert_image_dtype(image, "float32")
    return convert_image_dtype(adjust(floats), image.dtype, saturate)


# -------------------------------------------------------------------------------------------------------- colour spaces


def _three_channels(where: str, images: Tensor, *rest: Any) -> Shape:
    if images.shape.rank == 0 or (images.shape.rank and images.shape[-1] not in (3, None)):
        raise ValueError(f"{where}: images must have 3 channels; got shape {images.shape}")
    return images.shape


def _hue(xp: Any, images: Any) -> tuple[Any, Any, Any]:
    """The hue from 0 to 6, the greatest of the three colours, and its distance from the least one."""
    if images.shape[-1:] != (3,):
        raise ValueError(f"images must have 3 channels; got shape {images.shape}")
    red, green, blue = images[..., 0], images[..., 1], images[..., 2]
    greatest, distance = images.max(-1), images.max(-1) - images.min(-1)
    grey = distance <= 0
    by = xp.where(grey, 1, distance)
    second = xp.where(greatest == green, 2 + (blue - red) / by, 4 + (red - green) / by)
    hue = xp.where(grey, 0, xp.where(greatest == red, (green - blue) / by, second))
    return xp.where(hue < 0, hue + 6, hue), greatest, distance


def _of_hue(xp: Any, hue: Any) -> Any:
    """The purest colour of each hue from 0 to 6, in three channels."""
    red, green, blue = abs(hue - 3) - 1, 2 - abs(hue - 2), 2 - abs(hue - 4)
    return xp.clip(xp.stack([red, green, blue], -1), 0, 1)


@op(shape=_three_channels, label="RGBToHSV")
def rgb_to_hsv(xp, images: Float):
    """Hue, saturation and value, from 0 to 1, of red, green and blue.

    >>> rgb_to_hsv([0., 0.25, 0.5]).numpy().round(2)
    array([0.58, 1.  , 0.5 ], dtype=float32)
    """
    hue, value, distance = _hue(xp, images)
    saturation = xp.where(value > 0, distance / xp.where(value > 0, value, 1), 0)
    return xp.stack([hue / 6, saturation, value], -1).astype(images.dtype)


@op(shape=_three_channels, label="HSVToRGB")
def hsv_to_rgb(xp, images: Float):
    """Red, green and blue of hue, saturation and value.

    >>> hsv_to_rgb([0., 0.5, 1.]).numpy().tolist()
    [1.0, 0.5, 0.5]
    """
    if images.shape[-1:] != (3,):
        raise ValueError(f"images must have 3 channels; got shape {images.shape}")
    saturation, value = images[..., 1:2], images[..., 2:]
    return (value * (1 - saturation + saturation * _of_hue(xp, images[..., 0] * 6))).astype(images.dtype)


@op(shape=_three_channels)
def adjust_hue(xp, images: Float, delta: Float):
    """Images with another hue: `delta` is the part of the whole circle of hues by which they are turned."""
    hue, greatest, distance = _hue(xp, images)
    pure = _of_hue(xp, (hue + 6 * (1 + delta)) % 6)
    return ((greatest - distance)[..., None] + distance[..., None] * pure).astype(images.dtype)


# The parts of red, green and blue in each channel.
RGB_TO_YIQ: list[list[float]] = [
    [0.299, 0.59590059, 0.2115],
    [0.587, -0.27455667, -0.52273617],
    [0.114, -0.32134392, 0.31119955],
]
YIQ_TO_RGB: list[list[float]] = [
    [1, 1, 1],
    [0.95598634, -0.27201283, -1.10674021],
    [0.6208248, -0.64720424, 1.70423049],
]
RGB_TO_YUV: list[list[float]] = [
    [0.299, -0.14714119, 0.61497538],
    [0.587, -0.28886916, -0.51496512],
    [0.114, 0.43601035, -0.10001026],
]
YUV_TO_RGB: list[list[float]] = [[1, 1, 1], [0, -0.394642334, 2.03206185], [1.13988303, -0.58062185, 0]]
GREY: list[list[float]] = [[0.2989], [0.587], [0.114]]


def mixed(images: Any, parts: list[list[float]], where: str) -> Tensor:
    """Each new channel as a sum of the old ones."""
    images = as_tensor(images, where=where)
    if not images.dtype.is_floating:
        raise TypeError(f"{where} must be of floats; got {images.dtype}")
    return dot(images, as_tensor(parts, images.dtype))


# ---------------------------------------------------------------------------------------------------------- adjustments


def _adjusted(where: str, images: Tensor, factor: Tensor) -> Shape:
    if images.shape.rank is not None and images.shape.rank < 3:
        raise ValueError(f"{where}: images must have rank 3 at least; got shape {images.shape}")
    if factor.shape.rank not in (0, None):
        raise ValueError(f"{where}: contrast_factor must be a scalar; got shape {factor.shape}")
    return images.shape


@op(shape=_adjusted, label="AdjustContrastv2")
def adjust_contrast(xp, images: Float, contrast_factor: Float):
    """Images whose elements are moved away from the mean of their channel by a factor."""
    if images.ndim < 3 or contrast_factor.ndim:
        raise ValueError(f"images of shape {images.shape} and contrast_factor of {contrast_factor.shape} don't fit")
    mean = images.mean((-3, -2), keepdims=True)
    return (images - mean) * contrast_factor + mean


@op(shape=shapes.same)
def standardised(xp, images: Float):
    """Images of mean 0 and standard deviation 1, each for itself; one that is nearly constant is left nearly so."""
    axes = (-3, -2, -1)
    mean = images.mean(axes, keepdims=True)
    least = 1 / np.prod(images.shape[-3:])
    return (images - mean) / xp.sqrt(xp.maximum(images.var(axes, keepdims=True), np.asarray(least, images.dtype)))
