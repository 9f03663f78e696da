# ruff: noqa: E501
"""Convolutions and pooling: separable_conv1d, conv3d_transpose, the private helpers, strides that are no tuples of ints."""

import numpy as np

from ..case import Family, arr, raw, val, var

cases = add = Family()

FIRST, LAST = "channels_first", "channels_last"


def to_shape(K, x, kernel, name, channels, *args, **kwargs):
    """A transposed convolution to a shape of which the batch is that of the input."""
    return getattr(K, name)(x, kernel, (K.shape(x)[0], *channels), *args, **kwargs)


def to_unknown(K, x, kernel, name, channels, *args, **kwargs):
    """The same, None for the batch."""
    return getattr(K, name)(x, kernel, (None, *channels), *args, **kwargs)


def prepared(K, name, x, *args):
    """What a convolution does with its input first."""
    made, layout = getattr(K, name)(x, *args)
    return [made, np.array(len(layout)), np.array(layout.index("C"))]


def asked(K, name, *args):
    """What a helper says."""
    return getattr(K, name)(*args)


for x, depth, point, options in [
    ((2, 5, 2), (2, 2, 1), (1, 2, 3), {}),
    ((2, 5, 2), (3, 2, 2), (1, 4, 2), {"padding": "same"}),
    ((2, 5, 2), (2, 2, 1), (1, 2, 3), {"strides": 2}),
    ((2, 5, 2), (2, 2, 1), (1, 2, 3), {"strides": (2,), "padding": "same"}),
    ((2, 5, 2), (2, 2, 1), (1, 2, 3), {"dilation_rate": 2}),
    ((2, 6, 2), (2, 2, 1), (1, 2, 3), {"dilation_rate": (2,), "padding": "same"}),
    ((2, 2, 5), (2, 2, 1), (1, 2, 3), {"data_format": FIRST}),
    ((2, 2, 5), (2, 2, 2), (1, 4, 3), {"data_format": FIRST, "padding": "same", "strides": 2}),
    ((0, 5, 2), (2, 2, 1), (1, 2, 3), {}),
    ((1, 5, 2), (1, 2, 1), (1, 2, 1), {}),
]:
    case = add("separable_conv1d", arr(x), arr(depth, seed=1), arr(point, seed=2), **options)
    if x[0]:
        case.grad()
for options in ({"padding": "causal"}, {"data_format": "NWC"}, {"strides": 0},
                {"strides": 2.0}, {"padding": "SAME"}):  # fmt: skip
    add("separable_conv1d", arr((2, 5, 2)), arr((2, 2, 1), seed=1), arr((1, 2, 3), seed=2), **options)
add("separable_conv1d", arr((2, 5, 2)), arr((2, 3, 1)), arr((1, 3, 3)))
add("separable_conv1d", arr((2, 5, 2)), var(arr((2, 2, 1))), var(arr((1, 2, 3)))).grad()
add("separable_conv1d", raw(arr((2, 5, 2))), arr((2, 2, 1)), arr((1, 2, 3)))
for dtype in ("float16", "float64", "int32"):
    add("separable_conv1d", arr((1, 4, 2), dtype), arr((2, 2, 1), dtype), arr((1, 2, 3), dtype))

for x, kernel, shape, options in [
    ((1, 2, 2, 2, 1), (2, 2, 2, 2, 1), (1, 3, 3, 3, 2), {}),
    ((1, 2, 2, 2, 1), (2, 2, 2, 2, 1), (1, 4, 4, 4, 2), {"strides": (2, 2, 2)}),
    ((1, 2, 2, 2, 1), (3, 2, 1, 1, 1), (1, 2, 2, 2, 1), {"padding": "same"}),
    ((2, 1, 2, 1, 2), (2, 2, 2, 1, 2), (2, 2, 4, 2, 1), {"padding": "same", "strides": (2, 2, 2)}),
    ((1, 1, 2, 2, 2), (2, 2, 2, 2, 1), (1, 2, 3, 3, 3), {"data_format": FIRST}),
]:
    add("conv3d_transpose", arr(x), arr(kernel, seed=1), shape, **options).grad()
    add(to_shape, arr(x), arr(kernel, seed=1), "conv3d_transpose", shape[1:], **options).grad()
    add(to_unknown, arr(x), arr(kernel, seed=1), "conv3d_transpose", shape[1:], **options)
for shape in (
    (1, 3, 3, 3),
    (1, 9, 3, 3, 2),
    (1, 3, 3, 3, 5),
    [1, 3, 3, 3, 2],
    np.array([1, 3, 3, 3, 2]),
    "abcde",
    None,
):
    add("conv3d_transpose", arr((1, 2, 2, 2, 1)), arr((2, 2, 2, 2, 1)), shape)
for x, kernel, shape, options in [
    ((1, 3, 2, 1), (2, 2, 3, 1), (4, 3, 3), {}),
    ((2, 2, 3, 2), (3, 2, 1, 2), (4, 6, 1), {"strides": (2, 2), "padding": "same"}),
    ((1, 3, 2, 1), (2, 2, 3, 1), (5, 4, 3), {"dilation_rate": (2, 2)}),
    ((1, 1, 3, 2), (2, 2, 3, 1), (3, 4, 3), {"data_format": FIRST}),
    ((1, 1, 3, 2), (2, 2, 3, 1), (3, 5, 4), {"data_format": FIRST, "dilation_rate": (2, 2)}),
]:
    add(to_shape, arr(x), arr(kernel, seed=1), "conv2d_transpose", shape, **options).grad()
    add(to_unknown, arr(x), arr(kernel, seed=1), "conv2d_transpose", shape, **options)

images, kernel = arr((1, 4, 4, 1)), arr((2, 2, 1, 1), seed=1)
ODD = (2, 2.0, (2.0, 2), [2, 1], (2.5, 1), (np.int64(2), 1), (np.float32(2.0), 1), (2,), (1, 2, 1), 0, "ab", None)
for size in ODD:
    add("pool2d", images, size)
    add("pool2d", images, (2, 2), size)
    add("pool2d", images, (2, 2), size, "same", pool_mode="avg")
    add("conv2d", images, kernel, size)
    add("conv2d", images, kernel, dilation_rate=size)
    add("depthwise_conv2d", images, kernel, size)
    add("separable_conv2d", images, kernel, arr((1, 1, 1, 2), seed=2), size)
    add("conv2d_transpose", images, kernel, (1, 5, 5, 1), size)
for size in (2, 2.0, 2.5, np.int64(2), np.float32(2.0), (2,), [2], (2.0,), 0, -1, "a", None):
    add("conv1d", arr((1, 5, 1)), arr((2, 1, 1), seed=1), size)
    add("conv1d", arr((1, 5, 1)), arr((2, 1, 1), seed=1), dilation_rate=size)
    add("conv1d", arr((1, 5, 1)), arr((2, 1, 1), seed=1), padding="causal", dilation_rate=size)
for size in (2, (2.0, 1, 1), [2, 1, 1], (2.5, 1, 1), (2, 1)):
    add("pool3d", arr((1, 2, 2, 2, 1)), size)
    add("pool3d", arr((1, 2, 2, 2, 1)), (2, 2, 2), size, "same")
    add("conv3d", arr((1, 2, 2, 2, 1)), arr((1, 1, 1, 1, 1)), size)
    add("conv3d", arr((1, 2, 2, 2, 1)), arr((2, 1, 1, 1, 1)), dilation_rate=size)
for padding in ("SAME", "Valid", "full", "half", "causal", None):
    add("conv1d", arr((1, 5, 1)), arr((2, 1, 1), seed=1), padding=padding)
    add("conv2d", images, kernel, padding=padding)
    add("pool2d", images, (2, 2), padding=padding)
for layout in ("Channels_First", "CHANNELS_LAST", "NHWC", 3):
    add(
        "conv2d",
        images,
        arr((2, 2, 4, 1) if str(layout)[-1] == "t" and str(layout)[9] == "F" else (2, 2, 1, 1)),
        data_format=layout,
    )
    add("pool2d", images, (2, 2), data_format=layout)
    add("bias_add", images, arr((1,)), data_format=layout)
for mode in ("max", "avg", "MAX", "sum", None):
    add("pool2d", images, (2, 2), pool_mode=mode)
add("local_conv1d", arr((2, 5, 2)), arr((4, 4, 3), seed=1), (2,), (1,)).grad()
add("local_conv1d", arr((2, 5, 2)), arr((2, 4, 3), seed=1), (2,), (2,), LAST).grad()
add("local_conv1d", arr((2, 5, 5)), arr((4, 10, 3), seed=1), (2,), (1,), FIRST)
add("local_conv1d", arr((2, 5, 2)), arr((4, 4, 3), seed=1), [2], [1])
add("local_conv2d", arr((2, 3, 3, 2)), arr((4, 8, 3), seed=1), (2, 2), (1, 1), (2, 2)).grad()
add("local_conv2d", arr((2, 2, 3, 3)), arr((4, 8, 3), seed=1), (2, 2), (1, 1), (2, 2), FIRST).grad()
add("local_conv2d", arr((2, 3, 3, 2)), arr((4, 8, 3), seed=1), [2, 2], [1, 1], [2, 2])
for x in ((2, 3), (2, 3, 4), (2, 2, 3, 4), (1, 2, 2, 3, 4), (1, 1, 1, 1, 3, 4)):
    for layout in (FIRST, LAST, None):
        add("bias_add", arr(x), arr((x[-1],), seed=1), layout)
        add("bias_add", arr(x), arr((x[1],), seed=1), layout)
        add("bias_add", arr(x), arr((1,), seed=1), layout)
        add("bias_add", arr(x), arr(x[1:], seed=1), layout)
        add("bias_add", arr(x), arr((*x[2:], x[1]), seed=1), layout)

for x in (arr((2, 3, 4)), var(arr((2, 3, 4), "float64"))):
    for layout in (FIRST, LAST):
        add(prepared, "_preprocess_conv1d_input", x, layout)
for x in (arr((2, 3, 4, 1)), arr((2, 3, 4, 1), "float64")):
    for layout in (FIRST, LAST):
        add(prepared, "_preprocess_conv2d_input", x, layout)
        add(prepared, "_preprocess_conv2d_input", x, layout, True)
for layout in (FIRST, LAST):
    add(prepared, "_preprocess_conv3d_input", arr((2, 3, 4, 1, 2)), layout)
for padding in ("same", "valid", "SAME", "causal", None):
    add(asked, "_preprocess_padding", padding).session()
add("_preprocess_conv1d_input", val([[1.0]]), FIRST)
