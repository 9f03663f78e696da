"""`tf.image`: images resized, cropped, turned, coloured and compared; boxes in them; files of pictures.

`IMAGE` is the table of `tf.image`, `V1_IMAGE` that of `tf.compat.v1.image`. Left out: `generate_bounding_box_proposals`
and `sample_distorted_bounding_box`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kjax import backend as K
from kjax import shapes
from kjax.core.operands import as_tensor
from kjax.core.tensor import Tensor
from kjax.dialects import tensorflow_ops as ops
from kjax.dialects.tensorflow_calls import Table, give_names
from kjax.dialects.tensorflow_texts import Text
from kjax.dialects.tensorflow_v1 import extract_image_patches, extract_patches
from kjax.kernels.resampling import Grid
from kjax.ops import boxes as _boxes
from kjax.ops import colours, framing, indexing, likeness, picture_files, resizing
from kjax.ops.colours import adjusted


class ResizeMethod:
    """Names of the ways of resizing images."""

    BILINEAR = "bilinear"
    NEAREST_NEIGHBOR = "nearest"
    BICUBIC = "bicubic"
    AREA = "area"
    LANCZOS3 = "lanczos3"
    LANCZOS5 = "lanczos5"
    GAUSSIAN = "gaussian"
    MITCHELLCUBIC = "mitchellcubic"


class _ResizeMethodV1:
    """Numbers of the ways of resizing images."""

    BILINEAR = 0
    NEAREST_NEIGHBOR = 1
    BICUBIC = 2
    AREA = 3


def _where(name: str) -> str:
    return f"tf.image.{name}"


# ------------------------------------------------------------------------------------------------------------- resizing


def _resize(
    images: Any,
    size: Any,
    method: Any = "bilinear",
    preserve_aspect_ratio: bool = False,
    antialias: bool = False,
    name: Any = None,
) -> Any:
    images = framing.as_images(images, "tf.image.resize: images")
    fit = "shape" if preserve_aspect_ratio else "whole"
    return resizing.resize(images, size, method, Grid(False, True, bool(antialias)), fit)


def _resize_with_pad(
    image: Any, target_height: Any, target_width: Any, method: Any = "bilinear", antialias: bool = False
) -> Any:
    images = framing.as_images(image, "tf.image.resize_with_pad: image")
    return resizing.resize(images, (target_height, target_width), method, Grid(False, True, bool(antialias)), "padded")


_V1_METHODS = dict(enumerate(("bilinear", "nearest", "bicubic", "area")))


def _v1_resized(images: Any, size: Any, method: Any, align_corners: bool, fit: str) -> Any:
    images = framing.as_images(images, "tf.compat.v1.image.resize: images")
    method = method if isinstance(method, str) else _V1_METHODS.get(method)
    if method not in _V1_METHODS.values():
        raise ValueError(f"tf.compat.v1.image.resize: method must be one of {_V1_METHODS}; got {method!r}")
    if resizing.keeps_size(images, size, fit):
        method = "nearest"  # the images as they are
    return resizing.resize(images, size, method, Grid(bool(align_corners)), fit)


def _v1_resize(
    images: Any,
    size: Any,
    method: Any = 0,
    align_corners: bool = False,
    preserve_aspect_ratio: bool = False,
    name: Any = None,
) -> Any:
    return _v1_resized(images, size, method, align_corners, "shape" if preserve_aspect_ratio else "whole")


def _resizer(method: str) -> Callable[..., Any]:
    def call(
        images: Any, size: Any, align_corners: bool = False, name: Any = None, half_pixel_centers: bool = False
    ) -> Any:
        where = f"tf.compat.v1.image.resize_{method}"
        if align_corners and half_pixel_centers:
            raise ValueError(f"{where}: give one of align_corners and half_pixel_centers")
        grid = Grid(bool(align_corners), bool(half_pixel_centers))
        return resizing.resize(framing.as_images(images, f"{where}: images", (4,)), size, method, grid)

    return call


_resize_area = _resizer("area")


def _crop_and_resize(
    image: Any,
    boxes: Any,
    box_indices: Any,
    crop_size: Any,
    method: str = "bilinear",
    extrapolation_value: float = 0,
    name: Any = None,
) -> Any:
    boxes = as_tensor(boxes, as_tensor(np.float32(0)).dtype, "tf.image.crop_and_resize: boxes")
    return resizing.crop_and_resize(image, boxes, box_indices, crop_size, method, extrapolation_value)


def _v1_crop_and_resize(
    image: Any,
    boxes: Any,
    box_ind: Any = None,
    crop_size: Any = None,
    method: str = "bilinear",
    extrapolation_value: float = 0,
    name: Any = None,
    box_indices: Any = None,
) -> Any:
    which = box_ind if box_indices is None else box_indices
    return _crop_and_resize(image, boxes, which, crop_size, method, extrapolation_value)


def _extract_glimpse(
    input: Any,
    size: Any,
    offsets: Any,
    centered: bool = True,
    normalized: bool = True,
    noise: str = "uniform",
    name: Any = None,
) -> Any:
    if noise == "gaussian":
        raise NotImplementedError("tf.image.extract_glimpse: noise of a Gaussian distribution is not answered by kjax")
    if noise not in ("uniform", "zero"):
        raise ValueError(f"tf.image.extract_glimpse: noise must be 'uniform' or 'zero'; got {noise!r}")
    images = as_tensor(input, where="tf.image.extract_glimpse: input")
    found, inside = framing.glimpses(images, offsets, size, bool(centered), bool(normalized))
    beyond = K.zeros_like(found)
    if noise == "uniform":
        low, high = K.min(images), K.max(images)
        beyond = low + (high - low) * K.random_uniform(K.shape(found), dtype=images.dtype)
    return ops.where(inside, found, beyond)


def _v1_extract_glimpse(
    input: Any,
    size: Any,
    offsets: Any,
    centered: bool = True,
    normalized: bool = True,
    uniform_noise: bool = True,
    name: Any = None,
) -> Any:
    return _extract_glimpse(input, size, offsets, centered, normalized, "uniform" if uniform_noise else "gaussian")


# ------------------------------------------------------------------------------------------------------------ adjusting


def _adjust_brightness(image: Any, delta: Any) -> Any:
    return adjusted(image, lambda x: x + K.cast(as_tensor(delta), x.dtype), _where("adjust_brightness"))


def _adjust_contrast(images: Any, contrast_factor: Any) -> Any:
    return adjusted(images, lambda x: colours.adjust_contrast(x, contrast_factor), _where("adjust_contrast"))


def _adjust_gamma(image: Any, gamma: Any = 1, gain: Any = 1) -> Any:
    if not isinstance(gamma, Tensor) and gamma < 0:
        raise ValueError(f"tf.image.adjust_gamma: gamma must not be negative; got {gamma!r}")
    return adjusted(image, lambda x: gain * x**gamma, _where("adjust_gamma"))


def _adjust_hue(image: Any, delta: Any, name: Any = None) -> Any:
    return adjusted(image, lambda x: colours.adjust_hue(x, delta), _where("adjust_hue"), saturate=False)


def _adjust_saturation(image: Any, saturation_factor: Any, name: Any = None) -> Any:
    def adjust(x: Tensor) -> Any:
        hsv = colours.rgb_to_hsv(x)
        saturation = K.clip(hsv[..., 1:2] * saturation_factor, 0, 1)
        return colours.hsv_to_rgb(K.concatenate([hsv[..., :1], saturation, hsv[..., 2:]]))

    return adjusted(image, adjust, _where("adjust_saturation"), saturate=False)


def _per_image_standardization(image: Any) -> Any:
    images = framing.as_images(image, "tf.image.per_image_standardization: image")
    return adjusted(images, colours.standardised, _where("per_image_standardization"))


def _rgb_to_grayscale(images: Any, name: Any = None) -> Any:
    images = as_tensor(images, where="tf.image.rgb_to_grayscale: images")
    grey = colours.mixed(colours.convert_image_dtype(images, "float32"), colours.GREY, _where("rgb_to_grayscale"))
    return colours.convert_image_dtype(grey, images.dtype)


def _grayscale_to_rgb(images: Any, name: Any = None) -> Any:
    images = as_tensor(images, where="tf.image.grayscale_to_rgb: images")
    if not images.shape.rank or images.shape.rank < 2 or images.shape[-1] not in (1, None):
        raise ValueError(f"tf.image.grayscale_to_rgb: images must have 1 channel; got shape {images.shape}")
    return K.concatenate([images] * 3)


# --------------------------------------------------------------------------------------------------------------- random


def _drawn(low: Any, high: Any, seed: Any, name: str) -> Any:
    if not low < high:
        raise ValueError(f"tf.image.{name}: the upper limit must be greater than the lower one; got {high} and {low}")
    return K.random_uniform((), float(low), float(high), "float32", seed)


def _random_brightness(image: Any, max_delta: Any, seed: Any = None) -> Any:
    if max_delta < 0:
        raise ValueError(f"tf.image.random_brightness: max_delta must not be negative; got {max_delta!r}")
    return _adjust_brightness(image, K.random_uniform((), -1.0, 1.0, "float32", seed) * max_delta)


def _random_contrast(image: Any, lower: Any, upper: Any, seed: Any = None) -> Any:
    if lower < 0:
        raise ValueError(f"tf.image.random_contrast: lower must not be negative; got {lower!r}")
    return _adjust_contrast(image, _drawn(lower, upper, seed, "random_contrast"))


def _random_hue(image: Any, max_delta: Any, seed: Any = None) -> Any:
    if not 0 <= max_delta <= 0.5:
        raise ValueError(f"tf.image.random_hue: max_delta must be from 0 to 0.5; got {max_delta!r}")
    return _adjust_hue(image, K.random_uniform((), -1.0, 1.0, "float32", seed) * max_delta)


def _random_saturation(image: Any, lower: Any, upper: Any, seed: Any = None) -> Any:
    if lower < 0:
        raise ValueError(f"tf.image.random_saturation: lower must not be negative; got {lower!r}")
    return _adjust_saturation(image, _drawn(lower, upper, seed, "random_saturation"))


def _random_flip(axis: int, name: str) -> Callable[..., Any]:
    def call(image: Any, seed: Any = None) -> Any:
        images = framing.as_images(image, f"tf.image.{name}: image")
        batch = [K.shape(images)[i] for i in range(len(images.shape) - 3)]
        turned = K.random_uniform([*batch, 1, 1, 1], seed=seed, dtype="float32") < 0.5
        return ops.where(turned, framing.flipped(images, axis, _where(name)), images)

    return call


def _random_crop(value: Any, size: Any, seed: Any = None, name: Any = None) -> Any:
    value = as_tensor(value, where="tf.image.random_crop: value")
    fits = shapes.dims_given("tf.image.random_crop: size", size)
    if len(fits) != len(value.shape) or any(
        None not in (n, m) and n > m for n, m in zip(fits, value.shape, strict=True)
    ):
        raise ValueError(f"tf.image.random_crop: size must fit into value, of shape {value.shape}; got {size!r}")
    room = K.shape(value) - size + 1
    places = K.random_uniform(K.shape(room), 0, 2**31 - 1, "int32", seed) % room
    return indexing.slice(value, places, size)


def _random_jpeg_quality(image: Any, min_jpeg_quality: Any, max_jpeg_quality: Any, seed: Any = None) -> Any:
    if not 0 <= min_jpeg_quality < max_jpeg_quality <= 100:
        raise ValueError(
            "tf.image.random_jpeg_quality: min_jpeg_quality must be less than max_jpeg_quality, both from 0 to 100; "
            f"got {min_jpeg_quality!r} and {max_jpeg_quality!r}"
        )
    quality = K.random_uniform((), int(min_jpeg_quality), int(max_jpeg_quality), "int32", seed)
    return picture_files.with_jpeg_quality(image, int(quality), _where("random_jpeg_quality"))


# ---------------------------------------------------------------------------------------------------------------- boxes


def _non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: Any = None,
) -> Any:
    places, _, count = _boxes.chosen(boxes, scores, max_output_size, iou_threshold, score_threshold)
    return places[:count]


def _non_max_suppression_with_scores(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    soft_nms_sigma: Any = 0.0,
    name: Any = None,
) -> Any:
    places, found, count = _boxes.chosen(boxes, scores, max_output_size, iou_threshold, score_threshold, soft_nms_sigma)
    return places[:count], found[:count]


def _non_max_suppression_padded(
    boxes: Any,
    scores: Any,
    max_output_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_to_max_output_size: bool = False,
    name: Any = None,
) -> Any:
    places, _, count = _boxes.chosen(boxes, scores, max_output_size, iou_threshold, score_threshold)
    return places if pad_to_max_output_size else places[:count], count


def _non_max_suppression_overlaps(
    overlaps: Any,
    scores: Any,
    max_output_size: Any,
    overlap_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    name: Any = None,
) -> Any:
    choose = _boxes.suppressed_by_overlaps
    places, _, count = _boxes.chosen(
        overlaps, scores, max_output_size, overlap_threshold, score_threshold, choose=choose
    )
    return places[:count]


def _combined_non_max_suppression(
    boxes: Any,
    scores: Any,
    max_output_size_per_class: Any,
    max_total_size: Any,
    iou_threshold: Any = 0.5,
    score_threshold: Any = float("-inf"),
    pad_per_class: bool = False,
    clip_boxes: bool = True,
    name: Any = None,
) -> Any:
    limits = iou_threshold, score_threshold
    sizes = max_output_size_per_class, max_total_size
    return _boxes.combined(boxes, scores, *limits, *sizes, bool(pad_per_class), bool(clip_boxes))


def _draw_bounding_boxes(images: Any, boxes: Any, colors: Any, name: Any = None) -> Any:
    images = as_tensor(images, where="tf.image.draw_bounding_boxes: images")
    if colors is None:
        colors = np.ones((1, 1)) if images.shape[-1] == 1 else _boxes.COLOURS
    boxes, colors = (K.cast(as_tensor(part), images.dtype) for part in (boxes, colors))
    return _boxes.draw_bounding_boxes(images, boxes, colors)


# ---------------------------------------------------------------------------------------------------------------- files


def _no_ratio(function: str, ratio: int) -> None:
    if ratio != 1:
        raise NotImplementedError(f"tf.image.{function}: ratio is not answered by kjax; got {ratio!r}")


def _decode_jpeg(
    contents: Any,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: Any = None,
) -> Any:
    _no_ratio("decode_jpeg", ratio)
    return picture_files.decoded(contents, channels, _where("decode_jpeg"))


def _decode_and_crop_jpeg(
    contents: Any,
    crop_window: Any,
    channels: int = 0,
    ratio: int = 1,
    fancy_upscaling: bool = True,
    try_recover_truncated: bool = False,
    acceptable_fraction: float = 1,
    dct_method: str = "",
    name: Any = None,
) -> Any:
    where = _where("decode_and_crop_jpeg")
    _no_ratio("decode_and_crop_jpeg", ratio)
    return framing.cropped(where, picture_files.decoded(contents, channels, where), *map(int, crop_window))


def _encode_jpeg(
    image: Any,
    format: str = "",
    quality: int = 95,
    progressive: bool = False,
    optimize_size: bool = False,
    chroma_downsampling: bool = True,
    density_unit: str = "in",
    x_density: int = 300,
    y_density: int = 300,
    xmp_metadata: str = "",
    name: Any = None,
) -> Text:
    where = _where("encode_jpeg")
    channels = {"": None, "grayscale": 1, "rgb": 3}.get(format, 0)
    image = as_tensor(image, where=f"{where}: image")
    if channels not in (None, image.shape[-1]):
        raise ValueError(f"{where}: format {format!r} does not go with an image of shape {image.shape}")
    if xmp_metadata or density_unit != "in":
        raise NotImplementedError(f"{where}: xmp_metadata and density_unit are not answered by kjax")
    contents = picture_files.encoded(
        image,
        "JPEG",
        where,
        quality=int(quality),
        progressive=bool(progressive),
        optimize=bool(optimize_size),
        subsampling=2 if chroma_downsampling else 0,
        dpi=(x_density, y_density),
    )
    return Text(contents)


def _encode_png(image: Any, compression: int = -1, name: Any = None) -> Text:
    level = compression if compression >= 0 else 6
    return Text(picture_files.encoded(image, "PNG", _where("encode_png"), compress_level=level))


def _extract_jpeg_shape(contents: Any, output_type: Any = "int32", name: Any = None) -> Any:
    return K.cast(K.shape(picture_files.decoded(contents, 0, _where("extract_jpeg_shape"))), output_type)


# --------------------------------------------------------------------------------------------------------------- tables

IMAGE: Table = {
    "ResizeMethod": ResizeMethod,
    "adjust_brightness": _adjust_brightness,
    "adjust_contrast": _adjust_contrast,
    "adjust_gamma": _adjust_gamma,
    "adjust_hue": _adjust_hue,
    "adjust_jpeg_quality": lambda image, jpeg_quality, name=None: picture_files.with_jpeg_quality(
        image, jpeg_quality, _where("adjust_jpeg_quality")
    ),
    "adjust_saturation": _adjust_saturation,
    "central_crop": lambda image, central_fraction: framing.centre(image, central_fraction, _where("central_crop")),
    "combined_non_max_suppression": _combined_non_max_suppression,
    "convert_image_dtype": lambda image, dtype, saturate=False, name=None: colours.convert_image_dtype(
        image, dtype, saturate
    ),
    "crop_and_resize": _crop_and_resize,
    "crop_to_bounding_box": lambda image, offset_height, offset_width, target_height, target_width: framing.cropped(
        _where("crop_to_bounding_box"), image, offset_height, offset_width, target_height, target_width
    ),
    "decode_and_crop_jpeg": _decode_and_crop_jpeg,
    "decode_bmp": lambda contents, channels=0, name=None: picture_files.decoded(
        contents, channels, _where("decode_bmp")
    ),
    "decode_gif": lambda contents, name=None: picture_files.frames(contents, _where("decode_gif")),
    "decode_image": lambda contents, channels=None, dtype="uint8", name=None, expand_animations=True: (
        picture_files.any_decoded(contents, channels, dtype, expand_animations, _where("decode_image"))
    ),
    "decode_jpeg": _decode_jpeg,
    "decode_png": lambda contents, channels=0, dtype="uint8", name=None: picture_files.decoded(
        contents, channels, _where("decode_png"), dtype
    ),
    "draw_bounding_boxes": _draw_bounding_boxes,
    "encode_jpeg": _encode_jpeg,
    "encode_png": _encode_png,
    "extract_glimpse": _extract_glimpse,
    "extract_jpeg_shape": _extract_jpeg_shape,
    "extract_patches": extract_patches,
    "flip_left_right": lambda image: framing.flipped(image, -2, _where("flip_left_right")),
    "flip_up_down": lambda image: framing.flipped(image, -3, _where("flip_up_down")),
    "grayscale_to_rgb": _grayscale_to_rgb,
    "hsv_to_rgb": lambda images, name=None: colours.hsv_to_rgb(images),
    "image_gradients": lambda image: likeness.image_gradients(image),
    "is_jpeg": lambda contents, name=None: as_tensor(picture_files.kind_of(contents, _where("is_jpeg")) == "JPEG"),
    "non_max_suppression": _non_max_suppression,
    "non_max_suppression_overlaps": _non_max_suppression_overlaps,
    "non_max_suppression_padded": _non_max_suppression_padded,
    "non_max_suppression_with_scores": _non_max_suppression_with_scores,
    "pad_to_bounding_box": lambda image, offset_height, offset_width, target_height, target_width: framing.padded(
        _where("pad_to_bounding_box"), image, offset_height, offset_width, target_height, target_width
    ),
    "per_image_standardization": _per_image_standardization,
    "psnr": lambda a, b, max_val, name=None: likeness.psnr(a, b, max_val),
    "random_brightness": _random_brightness,
    "random_contrast": _random_contrast,
    "random_crop": _random_crop,
    "random_flip_left_right": _random_flip(-2, "random_flip_left_right"),
    "random_flip_up_down": _random_flip(-3, "random_flip_up_down"),
    "random_hue": _random_hue,
    "random_jpeg_quality": _random_jpeg_quality,
    "random_saturation": _random_saturation,
    "resize": _resize,
    "resize_with_crop_or_pad": lambda image, target_height, target_width: framing.fitted(
        framing.as_images(image, "tf.image.resize_with_crop_or_pad: image"), (target_height, target_width)
    ),
    "resize_with_pad": _resize_with_pad,
    "rgb_to_grayscale": _rgb_to_grayscale,
    "rgb_to_hsv": lambda images, name=None: colours.rgb_to_hsv(images),
    "rgb_to_yiq": lambda images: colours.mixed(images, colours.RGB_TO_YIQ, _where("rgb_to_yiq")),
    "rgb_to_yuv": lambda images: colours.mixed(images, colours.RGB_TO_YUV, _where("rgb_to_yuv")),
    "rot90": lambda image, k=1, name=None: framing.rotated(image, k, _where("rot90")),
    "sobel_edges": lambda image: likeness.sobel_edges(image),
    "ssim": likeness.ssim,
    "ssim_multiscale": likeness.ssim_multiscale,
    "total_variation": lambda images, name=None: likeness.total_variation(images),
    "transpose": lambda image, name=None: framing.transposed(image, _where("transpose")),
    "yiq_to_rgb": lambda images: colours.mixed(images, colours.YIQ_TO_RGB, _where("yiq_to_rgb")),
    "yuv_to_rgb": lambda images: colours.mixed(images, colours.YUV_TO_RGB, _where("yuv_to_rgb")),
}

V1_IMAGE: Table = {
    **{name: call for name, call in IMAGE.items() if name != "resize_with_pad"},
    "extract_image_patches": extract_image_patches,
    "ResizeMethod": _ResizeMethodV1,
    "crop_and_resize": _v1_crop_and_resize,
    "draw_bounding_boxes": lambda images, boxes, name=None, colors=None: _draw_bounding_boxes(images, boxes, colors),
    "extract_glimpse": _v1_extract_glimpse,
    "resize": _v1_resize,
    "resize_area": lambda images, size, align_corners=False, name=None: _resize_area(images, size, align_corners),
    "resize_bicubic": _resizer("bicubic"),
    "resize_bilinear": _resizer("bilinear"),
    "resize_image_with_crop_or_pad": IMAGE["resize_with_crop_or_pad"],
    "resize_image_with_pad": lambda image, target_height, target_width, method=0, align_corners=False: _v1_resized(
        image, (target_height, target_width), method, align_corners, "padded"
    ),
    "resize_images": _v1_resize,
    "resize_nearest_neighbor": _resizer("nearest"),
    "transpose_image": IMAGE["transpose"],
}

give_names({"tensorflow.image": IMAGE, "tensorflow.compat.v1.image": V1_IMAGE}, __name__)
