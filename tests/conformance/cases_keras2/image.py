"""resize_images with TF 1's corners and factors that are no ints; resize_volumes; paddings."""

import numpy as np

from ..case import Family, arr, raw, val, var

cases = add = Family()

FIRST, LAST = "channels_first", "channels_last"


def twice(K, x, method):
    """One resizing after the other."""
    y = K.resize_images(x, 2, 1, LAST, interpolation=method)
    return K.resize_images(y, 1, 3, LAST, interpolation=method)


def rows_of(K, x, method, factor):
    """What the new rows are, of one column."""
    return K.resize_images(x, factor, 1, LAST, interpolation=method)[0, :, 0, 0]


ODD = (2.0, 3.0, 1.0, 2.5, 1.5, 0.5, 0.0, np.float32(2.0), np.float64(3.0), np.int64(2), np.int32(3), np.array(2), True,
       np.array(2.0), -1, -2.0, 0, None, "a", [2], (2,))  # fmt: skip

for method in ("nearest", "bilinear"):
    for factor in ODD:
        add("resize_images", arr((1, 2, 3, 1)), factor, 1, LAST, method)
        add("resize_images", arr((1, 2, 3, 1)), 1, factor, LAST, interpolation=method)
    for height, width in ((2.0, 3.0), (2, 1.0), (1.0, 1.0), (4.0, 2)):
        for shape in ((2, 2, 3, 2), (1, 1, 1, 2), (1, 3, 1, 1)):
            add("resize_images", arr(shape), height, width, LAST, method).grad()
            add("resize_images", arr(shape), height, width, FIRST, method).grad()
    for rows in (1, 2, 3, 4, 5):
        for factor in (2, 3, 5):
            add(rows_of, arr((1, rows, 2, 1)), method, factor).grad()
    for layout in (None, "", "NHWC", "channels_middle", 3):
        add("resize_images", arr((1, 2, 3, 1)), 2, 2, layout, method)
    add(twice, arr((1, 2, 2, 2)), method).grad()
    add("resize_images", arr((0, 2, 2, 1)), 2.0, 2, LAST, method)
    add("resize_images", arr((1, 2, 2, 0)), 2, 2, LAST, method)
    add("resize_images", arr((1, 0, 2, 1)), 2, 2, LAST, method)
    add("resize_images", raw(arr((1, 2, 2, 1))), 2.0, 2.0, LAST, method)
    add("resize_images", var(arr((1, 2, 2, 1))), 2.0, 2.0, LAST, method).grad()
    add("resize_images", arr((1, 2, 2, 1), kind="special"), 2, 2, LAST, method)
    for dtype in ("float16", "float64", "int32", "uint8", "int64", "bool"):
        add("resize_images", arr((1, 2, 2, 1), dtype), 2.0, 1, LAST, method)
for method in ("bicubic", "NEAREST", None, ""):
    add("resize_images", arr((1, 2, 2, 1)), 2, 2, LAST, method)
for factor in ODD:
    add("resize_volumes", arr((1, 2, 1, 2, 1)), factor, 1, 1, LAST)
    add("resize_volumes", arr((1, 1, 2, 1, 2)), 1, factor, 2, FIRST)
for layout in (None, "", "NDHWC"):
    add("resize_volumes", arr((1, 2, 1, 2, 1)), 1, 2, 1, layout)
for pad in (2.0, np.float32(1.0), np.int64(1), True, np.array(1), np.array(1.0)):
    add("temporal_padding", arr((1, 2, 2)), (pad, 0))
    add("spatial_2d_padding", arr((1, 2, 2, 1)), ((pad, 0), (0, 1)))
    add("spatial_3d_padding", arr((1, 2, 1, 2, 1)), ((pad, 0), (0, 1), (1, 0)))
for layout in (FIRST, LAST, "CHANNELS_FIRST", "Channels_Last", None):
    add("spatial_2d_padding", arr((1, 2, 2, 1)), ((1, 0), (0, 2)), layout).grad()
    add("spatial_3d_padding", arr((1, 2, 1, 2, 1)), ((1, 0), (0, 1), (2, 0)), layout).grad()
add("temporal_padding", val([[[1.0]]]), [1, 2])
add("temporal_padding", val([[[1.0]]]), np.array([1, 2]))
