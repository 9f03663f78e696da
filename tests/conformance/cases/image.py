"""temporal_padding, spatial_2d_padding, spatial_3d_padding, resize_images, resize_volumes."""

from ..case import DTYPES, Family, arr, raw, val, var

cases = add = Family()

FIRST, LAST = "channels_first", "channels_last"
ANY_ARRAY = "any array-like is accepted"

# ------------------------------------------------------------------------------------------------------------ paddings

for dtype in DTYPES:
    add("temporal_padding", arr((1, 2, 2), dtype))
for x, padding in [
    ((2, 3, 2), (1, 1)),
    ((2, 3, 2), (0, 0)),
    ((2, 3, 2), (2, 0)),
    ((2, 3, 2), [0, 3]),
    ((0, 3, 2), (1, 2)),
    ((2, 0, 2), (1, 2)),
    ((1, 1, 0), (1, 1)),
]:
    add("temporal_padding", arr(x), padding).grad()
add("temporal_padding", raw(arr((1, 2, 2))), (1, 0))
add("temporal_padding", var(arr((1, 2, 2))), (1, 0)).grad()
add("temporal_padding", [[[1], [2]]], (1, 0))
for x, padding in [
    ((1, 2, 2), 1),
    ((1, 2, 2), (1,)),
    ((1, 2, 2), (1, 2, 3)),
    ((1, 2, 2), (-1, 1)),
    ((1, 2, 2), ("a", 1)),
    ((1, 2, 2), (1.5, 1)),
    ((1, 2, 2), (None, 1)),
    ((2, 2), (1, 1)),
    ((1, 1, 2, 2), (1, 1)),
]:
    add("temporal_padding", arr(x), padding).error()

for dtype in ("float16", "bfloat16", "float64", "int32", "uint8", "bool", "complex64"):
    add("spatial_2d_padding", arr((1, 2, 2, 1), dtype))
    add("spatial_3d_padding", arr((1, 2, 1, 2, 1), dtype))
for x, padding, layout in [
    ((2, 2, 3, 2), ((1, 1), (1, 1)), {}),
    ((2, 2, 3, 2), ((1, 0), (0, 2)), {}),
    ((2, 2, 3, 2), [[0, 0], [0, 0]], {}),
    ((2, 2, 3, 2), ((1, 2), (3, 0)), {"data_format": FIRST}),
    ((2, 2, 3, 2), ((1, 2), (3, 0)), {"data_format": LAST}),
    ((0, 2, 3, 2), ((1, 2), (3, 0)), {}),
]:
    add("spatial_2d_padding", arr(x), padding, **layout).grad()
add("spatial_2d_padding", arr((1, 2, 2, 1)))
add("spatial_2d_padding", raw(arr((1, 2, 2, 1))))
add("spatial_2d_padding", var(arr((1, 2, 2, 1)))).grad()
for x, padding, layout in [
    ((1, 2, 2, 1), (1, 1), {}),
    ((1, 2, 2, 1), 1, {}),
    ((1, 2, 2, 1), ((1, 1),), {}),
    ((1, 2, 2, 1), ((1, 1), (1,)), {}),
    ((1, 2, 2, 1), ((-1, 1), (0, 0)), {}),
    ((1, 2, 2, 1), ((1, 1), (1, 1)), {"data_format": "NHWC"}),
    ((2, 2, 1), ((1, 1), (1, 1)), {}),
]:
    add("spatial_2d_padding", arr(x), padding, **layout).error()
for x, padding, layout in [
    ((1, 2, 1, 2, 2), ((1, 1), (1, 1), (1, 1)), {}),
    ((1, 2, 1, 2, 2), ((1, 0), (0, 2), (0, 0)), {}),
    ((1, 2, 1, 2, 2), [[0, 1], [2, 0], [1, 1]], {"data_format": FIRST}),
    ((0, 2, 1, 2, 2), ((1, 0), (0, 2), (0, 0)), {}),
]:
    add("spatial_3d_padding", arr(x), padding, **layout).grad()
add("spatial_3d_padding", arr((1, 1, 2, 1, 1)))
add("spatial_3d_padding", raw(arr((1, 1, 2, 1, 1))))
for x, padding, layout in [
    ((1, 2, 1, 2, 1), ((1, 1), (1, 1)), {}),
    ((1, 2, 1, 2, 1), (1, 1, 1), {}),
    ((1, 2, 1, 2, 1), ((1, 1), (1, 1), (0, -1)), {}),
    ((1, 2, 1, 2, 1), ((1, 1), (1, 1), (0, 1, 2)), {}),
    ((1, 2, 1, 2, 1), ((1, 1), (1, 1), (0, 1)), {"data_format": "NDHWC"}),
    ((2, 1, 2, 1), ((1, 1), (1, 1), (1, 1)), {}),
]:
    add("spatial_3d_padding", arr(x), padding, **layout).error()

# ------------------------------------------------------------------------------------------------------------ resizing

for dtype in DTYPES:
    for method in ("nearest", "bilinear"):
        case = add("resize_images", arr((1, 2, 2, 1), dtype), 2, 2, LAST, interpolation=method)
        if dtype in ("uint32", "uint64") or (dtype == "bfloat16" and method == "nearest"):
            case.differs("all dtypes of real numbers are resized")
        elif dtype in ("bool", "complex64", "complex128"):
            case.error()
for method in ("nearest", "bilinear"):
    for x, height, width, layout in [
        ((2, 3, 2, 2), 2, 2, LAST),
        ((1, 2, 3, 1), 3, 1, LAST),
        ((1, 2, 3, 2), 1, 4, LAST),
        ((1, 2, 3, 2), 1, 1, LAST),
        ((1, 1, 1, 2), 3, 2, LAST),
        ((1, 4, 3, 1), 5, 3, LAST),
        ((2, 2, 3, 2), 2, 3, FIRST),
        ((1, 1, 2, 2), 4, 1, FIRST),
    ]:
        add("resize_images", arr(x), height, width, layout, method).grad()
    add("resize_images", arr((0, 2, 2, 1)), 2, 2, LAST, method)
    add("resize_images", raw(arr((1, 2, 2, 1))), 2, 2, LAST, method)
    add("resize_images", var(arr((1, 2, 2, 1))), 2, 2, LAST, method).grad()
    for height, width in [(0, 1), (-1, 1), (2.5, 2), (2.0, 2.0), ("a", 1), (None, 1)]:
        add("resize_images", arr((1, 2, 2, 1)), height, width, LAST, method).error()
add("resize_images", arr((1, 2, 2, 1)), True, 2, LAST)
add("resize_images", arr((1, 2, 2, 1)), 2, 2, None).error()
add("resize_images", arr((1, 2, 2, 1)), 2, 2, "NHWC").error()
add("resize_images", arr((1, 2, 2, 1)), 2, 2, LAST, "cubic").error()
add("resize_images", arr((2, 2, 1)), 2, 2, LAST).error()
add("resize_images", arr((1, 1, 2, 2, 1)), 2, 2, LAST).error()
add("resize_images", val([[[[1.0], [float("inf")], [float("nan")]]]]), 1, 2, LAST)

for dtype in DTYPES:
    add("resize_volumes", arr((1, 1, 2, 2, 1), dtype), 2, 1, 2, LAST)
for x, factors, layout in [
    ((1, 2, 2, 2, 1), (1, 1, 1), LAST),
    ((2, 1, 2, 3, 2), (2, 1, 1), LAST),
    ((1, 2, 1, 2, 2), (1, 3, 1), LAST),
    ((1, 2, 1, 2, 2), (2, 3, 4), LAST),
    ((1, 2, 2, 1, 2), (2, 1, 3), FIRST),
    ((1, 1, 2, 2, 2), (1, 2, 2), FIRST),
]:
    add("resize_volumes", arr(x), *factors, data_format=layout).grad()
add("resize_volumes", arr((0, 1, 2, 2, 1)), 2, 1, 2, LAST)
add("resize_volumes", var(arr((1, 1, 2, 2, 1))), 2, 1, 2, LAST).grad()
add("resize_volumes", raw(arr((1, 1, 2, 2, 1))), 2, 1, 2, LAST).differs(ANY_ARRAY)
for factors, layout in [
    ((0, 1, 1), LAST),
    ((1, -1, 1), LAST),
    ((1, 1, 2.0), LAST),
    ((1.5, 1, 1), LAST),
    (("a", 1, 1), LAST),
    ((2, 2, 2), None),
    ((2, 2, 2), "NDHWC"),
]:
    add("resize_volumes", arr((1, 1, 2, 2, 1)), *factors, data_format=layout).error()
add("resize_volumes", arr((1, 2, 2)), 2, 2, 2, LAST).error()
