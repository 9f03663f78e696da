"""`tf.image` on images of unknown size, in compiled functions; its random functions; what is refused."""

import io
import sys

import numpy as np
import pytest

import kjax
from kjax import backend as K

FLOATS = (np.arange(2 * 5 * 7 * 3) * 0.37 % 1).reshape(2, 5, 7, 3).astype("float32")
BYTES = (FLOATS * 255).astype("uint8")

CALLS = {
    "adjust_brightness": lambda im, x: im.adjust_brightness(x, 0.2),
    "adjust_contrast": lambda im, x: im.adjust_contrast(x, 0.5),
    "adjust_gamma": lambda im, x: im.adjust_gamma(x, 2.0),
    "adjust_hue": lambda im, x: im.adjust_hue(x, 0.2),
    "adjust_saturation": lambda im, x: im.adjust_saturation(x, 0.5),
    "central_crop": lambda im, x: im.central_crop(x, 0.5),
    "convert_image_dtype": lambda im, x: im.convert_image_dtype(x, "int16"),
    "crop_to_bounding_box": lambda im, x: im.crop_to_bounding_box(x, 1, 2, 3, 4),
    "flip_left_right": lambda im, x: im.flip_left_right(x),
    "flip_up_down": lambda im, x: im.flip_up_down(x),
    "grayscale_to_rgb": lambda im, x: im.grayscale_to_rgb(x[..., :1]),
    "pad_to_bounding_box": lambda im, x: im.pad_to_bounding_box(x, 1, 2, 9, 10),
    "per_image_standardization": lambda im, x: im.per_image_standardization(x),
    "psnr": lambda im, x: im.psnr(x, x // 2, 1),
    "resize": lambda im, x: im.resize(x, (3, 9)),
    "resize_keeping_the_shape": lambda im, x: im.resize(x, (3, 9), preserve_aspect_ratio=True),
    "resize_nearest": lambda im, x: im.resize(x, (3, 9), "nearest"),
    "resize_bicubic": lambda im, x: im.resize(x, (3, 9), "bicubic"),
    "resize_area": lambda im, x: im.resize(x, (3, 9), "area"),
    "resize_lanczos": lambda im, x: im.resize(x, (3, 9), "lanczos3", antialias=True),
    "resize_to_a_size_of_its_own": lambda im, x: im.resize(x, K.shape(x)[-3:-1] * 2),
    "resize_with_crop_or_pad": lambda im, x: im.resize_with_crop_or_pad(x, 3, 9),
    "resize_with_pad": lambda im, x: im.resize_with_pad(x, 3, 9),
    "rgb_to_grayscale": lambda im, x: im.rgb_to_grayscale(x),
    "rot90": lambda im, x: im.rot90(x, 3),
    "ssim": lambda im, x: im.ssim(x, x // 2, 1, 3),
    "ssim_multiscale": lambda im, x: im.ssim_multiscale(x, x // 2, 1, (0.5, 0.5), 2),
    "total_variation": lambda im, x: im.total_variation(x),
    "transpose": lambda im, x: im.transpose(x),
}
FLOAT_CALLS = {
    "hsv_to_rgb": lambda im, x: im.hsv_to_rgb(x),
    "rgb_to_hsv": lambda im, x: im.rgb_to_hsv(x),
    "rgb_to_yiq": lambda im, x: im.rgb_to_yiq(x),
    "rgb_to_yuv": lambda im, x: im.rgb_to_yuv(x),
    "yiq_to_rgb": lambda im, x: im.yiq_to_rgb(x),
    "yuv_to_rgb": lambda im, x: im.yuv_to_rgb(x),
}
BATCH_CALLS = {
    "crop_and_resize": lambda im, x: im.crop_and_resize(x, [[0.1, 0.2, 0.9, 1.5]], [1], (3, 4)),
    "draw_bounding_boxes": lambda im, x: im.draw_bounding_boxes(x, [[[0.1, 0.2, 0.5, 2.0]]] * 2, None),
    "extract_patches": lambda im, x: im.extract_patches(x, [1, 2, 3, 1], [1, 2, 1, 1], [1, 1, 2, 1], "SAME"),
    "image_gradients": lambda im, x: im.image_gradients(x)[1],
    "sobel_edges": lambda im, x: im.sobel_edges(x),
}


def cases():
    for images in (FLOATS, FLOATS[0], BYTES, BYTES[0]):
        for name, call in CALLS.items():
            yield pytest.param(call, images, id=f"{name}-{images.dtype}-{images.ndim}")
    for name, call in {**FLOAT_CALLS, **BATCH_CALLS}.items():
        yield pytest.param(call, FLOATS, id=name)


@pytest.mark.parametrize(("call", "images"), [*cases()])
def test_unknown_sizes_in_a_compiled_function(tf, call, images):
    expected = call(tf.image, tf.constant(images))
    shapes = (None,) * (images.ndim - 1) + (3,), images.shape
    inputs = [K.placeholder(shape, dtype=images.dtype.name) for shape in shapes]
    outputs = [call(tf.image, x) for x in inputs]
    function = K.function(inputs, outputs)
    for _ in range(2):  # (NumPy may compute the first call)
        for y, result in zip(outputs, function([images, images]), strict=True):
            np.testing.assert_allclose(result, expected.numpy(), rtol=1e-5, atol=1e-5)
            assert y.dtype == result.dtype == expected.dtype and y.shape.is_compatible_with(expected.shape)
    assert outputs[1].shape == expected.shape


def test_boxes_in_a_compiled_function(tf):
    rows = np.sort(np.arange(40) * 0.37 % 1).reshape(10, 4).astype("float32")
    scores = (np.arange(10) * 0.29 % 1).astype("float32")
    boxes, points = K.placeholder((None, 4)), K.placeholder((None,))
    padded = tf.image.non_max_suppression_padded(boxes, points, 5, 0.1, 0.2, True)
    combined = tf.image.combined_non_max_suppression(boxes[None, :, None], points[None, :, None], 3, 4, 0.1)
    function = K.function([boxes, points], [*padded, *combined])
    expected = tf.image.non_max_suppression_padded(rows, scores, 5, 0.1, 0.2, True)
    expected += tf.image.combined_non_max_suppression(rows[None, :, None], scores[None, :, None], 3, 4, 0.1)
    for result, wanted in zip(function([rows, scores]), expected, strict=True):
        np.testing.assert_allclose(result, wanted.numpy(), rtol=1e-6)
    assert padded[0].shape == (5,) and combined[0].shape == (1, 4, 4)
    chosen = tf.image.non_max_suppression(boxes, points, 5, 0.1, 0.2)
    with pytest.warns(kjax.NotCompiledWarning, match="runs operation by operation"):
        result = K.function([boxes, points], [chosen])([rows, scores])[0]
    assert result.tolist() == tf.image.non_max_suppression(rows, scores, 5, 0.1, 0.2).numpy().tolist()


def test_symbolic_offsets(tf):
    x, top = K.placeholder((None, None, 3)), K.placeholder((), dtype="int32")
    part = tf.image.crop_to_bounding_box(x, top, 1, 2, 3)
    assert part.shape == (2, 3, 3)
    assert K.function([x, top], [part])([FLOATS[0], 2])[0].tolist() == FLOATS[0, 2:4, 1:4].tolist()
    with pytest.raises(ValueError, match="does not lie within"):
        K.function([x, top], [part])([FLOATS[0], 4])


@pytest.mark.parametrize("method", ["bilinear", "bicubic", "nearest", "area", "lanczos5"])
def test_gradients_of_resizing(tf, method):
    x = K.placeholder((None, None, None, 3))
    f = K.function([x], tf.gradients(tf.image.resize(x, (9, 4), method) ** 2, x))
    slopes = f([FLOATS])[0]
    weights = tf.image.resize(FLOATS, (9, 4), method).numpy() * 2
    bumped = FLOATS.copy()
    bumped[1, 2, 3, 0] += 1
    change = (tf.image.resize(bumped, (9, 4), method) - tf.image.resize(FLOATS, (9, 4), method)).numpy()
    assert slopes[1, 2, 3, 0] == pytest.approx((weights * change).sum(), rel=1e-3, abs=1e-3)


# --------------------------------------------------------------------------------------------------------------- random


def test_random_adjustments(tf):
    image = tf.image
    for random, adjust, low, high in (
        (lambda seed: image.random_brightness(FLOATS, 0.3, seed), image.adjust_brightness, -0.3, 0.3),
        (lambda seed: image.random_contrast(FLOATS, 0.2, 0.7, seed), image.adjust_contrast, 0.2, 0.7),
        (lambda seed: image.random_hue(FLOATS, 0.3, seed), image.adjust_hue, -0.3, 0.3),
        (lambda seed: image.random_saturation(FLOATS, 0.2, 0.7, seed), image.adjust_saturation, 0.2, 0.7),
    ):
        results = [random(seed).numpy() for seed in (1, 1, 2)]
        assert (results[0] == results[1]).all() and (results[0] != results[2]).any()
        adjusted = [adjust(FLOATS, float(by)).numpy() for by in np.linspace(low, high, 200)]
        for result in results:
            assert min(abs(result - one).max() for one in adjusted) < 0.05


def test_random_flips(tf):
    images = np.broadcast_to(FLOATS[:1], (64, 5, 7, 3))
    for flip, axis in ((tf.image.random_flip_left_right, 2), (tf.image.random_flip_up_down, 1)):
        result = flip(images, seed=3).numpy()
        flipped = (result == np.flip(images, axis)).all((1, 2, 3))
        assert (flipped | (result == images).all((1, 2, 3))).all() and 10 < flipped.sum() < 54
        single = {flip(FLOATS[0], seed=seed).numpy().tobytes() for seed in range(20)}
        assert single == {FLOATS[0].tobytes(), np.flip(FLOATS[0], axis - 1).tobytes()}
        assert flip(BYTES).dtype == "uint8"


def test_random_crop(tf):
    x = tf.reshape(tf.range(30), (5, 6))
    parts = [tf.image.random_crop(x, (2, 3), seed=seed).numpy() for seed in range(40)]
    firsts = {int(part[0, 0]) for part in parts}
    assert firsts <= {6 * row + column for row in range(4) for column in range(4)} and len(firsts) > 5
    assert all((part - part[0, 0]).tolist() == [[0, 1, 2], [6, 7, 8]] for part in parts)
    with pytest.raises(ValueError, match="random_crop"):
        tf.image.random_crop(x, (6, 3))
    y = K.placeholder((None, None))
    f = K.function([y], [tf.image.random_crop(y, (2, 3))])
    assert len({float(f([np.arange(30).reshape(5, 6)])[0][0, 0]) for _ in range(20)}) > 3


def test_random_jpeg_quality(tf):
    results = {tf.image.random_jpeg_quality(BYTES[0], 1, 100, seed=seed).numpy().tobytes() for seed in (1, 1, 2, 3)}
    assert len(results) > 1
    assert tf.image.random_jpeg_quality(FLOATS[0], 50, 90).shape == (5, 7, 3)


@pytest.mark.parametrize(
    "call",
    [
        lambda image: image.random_brightness(FLOATS, -1),
        lambda image: image.random_contrast(FLOATS, 2, 1),
        lambda image: image.random_contrast(FLOATS, -1, 1),
        lambda image: image.random_hue(FLOATS, 0.7),
        lambda image: image.random_saturation(FLOATS, 1, 1),
        lambda image: image.random_jpeg_quality(BYTES[0], 50, 101),
        lambda image: image.random_flip_up_down(FLOATS[0, 0]),
    ],
)
def test_random_limits(tf, call):
    with pytest.raises(ValueError, match=r"tf\.image\.random_"):
        call(tf.image)


# ---------------------------------------------------------------------------------------------------------------- files


def test_files_are_bytes(tf):
    contents = tf.image.encode_jpeg(BYTES[0], quality=90, progressive=True, optimize_size=True)
    assert contents.numpy() == contents and contents.dtype == tf.string
    assert isinstance(contents, bytes) and bool(tf.image.is_jpeg(contents).numpy())
    assert tf.image.extract_jpeg_shape(contents, "int64").numpy().tolist() == [5, 7, 3]
    fine = tf.image.encode_jpeg(BYTES[0], quality=100, chroma_downsampling=False)
    assert abs(tf.image.decode_jpeg(fine).numpy().astype(int) - BYTES[0]).max() <= 4
    part = tf.image.decode_and_crop_jpeg(fine, [1, 2, 3, 4]).numpy()
    assert (part == tf.image.decode_jpeg(fine).numpy()[1:4, 2:6]).all()
    assert len(tf.image.encode_png(BYTES[0], 0)) > len(tf.image.encode_png(BYTES[0] * 0, 9))


def test_refusals(tf, monkeypatch):
    contents = tf.image.encode_jpeg(BYTES[0])
    for call, argument in (
        (lambda: tf.image.decode_jpeg(contents, ratio=2), "ratio"),
        (lambda: tf.image.decode_and_crop_jpeg(contents, [0, 0, 1, 1], ratio=2), "ratio"),
        (lambda: tf.image.encode_jpeg(BYTES[0], xmp_metadata="x"), "xmp_metadata"),
        (lambda: tf.image.encode_jpeg(BYTES[0], density_unit="cm"), "density_unit"),
    ):
        with pytest.raises(NotImplementedError, match=argument):
            call()
    with pytest.raises(ValueError, match="grayscale"):
        tf.image.encode_jpeg(BYTES[0], "grayscale")
    with pytest.raises(AttributeError, match="generate_bounding_box_proposals"):
        _ = tf.image.generate_bounding_box_proposals
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(NotImplementedError, match=r"decode_jpeg needs Pillow"):
        tf.image.decode_jpeg(contents)


def test_an_animation(tf):
    from PIL import Image

    file = io.BytesIO()
    pictures = [Image.new("RGB", (3, 2), colour) for colour in ("red", "blue")]
    pictures[0].save(file, "GIF", save_all=True, append_images=pictures[1:])
    frames = tf.image.decode_image(file.getvalue()).numpy()
    assert frames.shape == (2, 2, 3, 3) and frames[1, 0, 0].tolist() == [0, 0, 255]
    assert tf.image.decode_image(file.getvalue(), expand_animations=False).shape == (2, 3, 3)
