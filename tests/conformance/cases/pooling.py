"""pool2d, pool3d."""

from ..case import DTYPES, FLOATS, Family, arr, raw, val, var

cases = add = Family()

FIRST = "channels_first"
LENIENT = "lists are accepted where TF 2.2 insists on tuples"
MAXIMA = ("int8", "int16", "int32", "int64", "uint8", "uint16")

for dtype in DTYPES:
    for mode in ("max", "avg"):
        case = add("pool2d", arr((1, 4, 4, 2), dtype), (2, 2), (2, 2), pool_mode=mode)
        if dtype in ("uint32", "uint64") and mode == "max":
            case.differs("maxima of all integers are there")
        elif dtype not in FLOATS and not (mode == "max" and dtype in MAXIMA):
            case.error()
for mode in ("max", "avg"):
    for x, size, options in [
        ((2, 3, 3, 1), (1, 1), {}),
        ((1, 3, 4, 2), (2, 2), {}),
        ((1, 3, 4, 2), (3, 2), {"padding": "same"}),
        ((1, 4, 6, 1), (2, 3), {"strides": (2, 3)}),
        ((1, 5, 7, 2), (2, 3), {"strides": (2, 3)}),
        ((1, 5, 7, 1), (2, 3), {"strides": (2, 3), "padding": "same"}),
        ((1, 5, 5, 2), (3, 3), {"strides": (2, 2)}),
        ((1, 5, 6, 1), (3, 2), {"strides": (2, 1), "padding": "same"}),
        ((1, 5, 5, 1), (1, 2), {"strides": (2, 3)}),
        ((1, 5, 5, 1), (1, 2), {"strides": (2, 3), "padding": "same"}),
        ((2, 3, 4, 2), (3, 4), {}),
        ((1, 3, 2, 1), (4, 3), {"padding": "same"}),
        ((1, 2, 4, 4), (2, 2), {"data_format": FIRST}),
        ((1, 2, 4, 5), (2, 2), {"data_format": FIRST, "strides": (2, 2)}),
        ((1, 2, 3, 5), (2, 3), {"data_format": FIRST, "strides": (2, 2), "padding": "same"}),
    ]:
        add("pool2d", arr(x, kind="distinct"), size, pool_mode=mode, **options).grad()
    add("pool2d", arr((1, 4, 4, 1), "float64", "distinct"), (2, 2), pool_mode=mode).grad()
    add("pool2d", arr((0, 4, 4, 1)), (2, 2), pool_mode=mode)
    add("pool2d", arr((1, 4, 4, 0)), (2, 2), pool_mode=mode)
    add("pool2d", arr((1, 1, 4, 1)), (2, 2), pool_mode=mode)
    add("pool2d", raw(arr((1, 4, 4, 1))), (2, 2), pool_mode=mode)
    add("pool2d", var(arr((1, 4, 4, 1), kind="distinct")), (2, 2), pool_mode=mode).grad()
    add("pool2d", arr((1, 4, 4, 1)), [2, 2], [2, 1], pool_mode=mode).differs(LENIENT)
for padding in ("valid", "same"):
    for strides in ((1, 1), (2, 2), (3, 3)):
        add("pool2d", arr((1, 4, 5, 1), kind="ties"), (2, 2), strides, padding).grad()
        add("pool2d", arr((1, 4, 5, 2), kind="bits"), (3, 3), strides, padding).grad()
add("pool2d", arr((1, 4, 4, 1), "int32", "ties"), (3, 3))
add("pool2d", val([[[[1.0], [float("nan")], [3.0], [float("inf")]]]]), (1, 2))
add("pool2d", val([[[[1.0], [float("nan")], [3.0], [float("-inf")]]]]), (1, 2), (1, 2))
add("pool2d", val([[[[1.0], [float("nan")], [3.0], [float("inf")]]]]), (1, 2), pool_mode="avg")
for x, size, options in [
    ((1, 4, 4, 1), (2,), {}),
    ((1, 4, 4, 1), (1, 2, 1), {}),
    ((1, 4, 4, 1), 2, {}),
    ((1, 4, 4, 1), (0, 2), {}),
    ((1, 4, 4, 1), (-1, 2), {}),
    ((1, 4, 4, 1), ("a", 2), {}),
    ((1, 4, 4, 1), (2, 2), {"strides": (1,)}),
    ((1, 4, 4, 1), (2, 2), {"strides": 2}),
    ((1, 4, 4, 1), (2, 2), {"strides": (0, 1)}),
    ((1, 4, 4, 1), (2, 2), {"padding": "causal"}),
    ((1, 4, 4, 1), (2, 2), {"padding": "SAME"}),
    ((1, 4, 4, 1), (2, 2), {"data_format": "NHWC"}),
    ((1, 4, 4, 1), (2, 2), {"pool_mode": "min"}),
    ((1, 1, 4, 1), (3, 2), {}),
    ((4, 4, 1), (2, 2), {}),
]:
    add("pool2d", arr(x), size, **options).error()
add("pool2d", None, (2, 2)).error()

for dtype in ("float16", "float32", "float64", "int32", "bool"):
    for mode in ("max", "avg"):
        case = add("pool3d", arr((1, 2, 4, 2, 2), dtype), (2, 2, 2), (2, 2, 2), pool_mode=mode)
        if mode == "max" and dtype in ("float64", "int32"):
            case.differs("maxima of float64 and of integers are there")
        elif dtype not in FLOATS:
            case.error()
for mode in ("max", "avg"):
    for x, size, options in [
        ((1, 2, 3, 2, 2), (1, 2, 1), {}),
        ((1, 3, 3, 3, 1), (2, 2, 2), {}),
        ((1, 2, 3, 2, 1), (2, 2, 2), {"padding": "same"}),
        ((1, 4, 4, 2, 2), (2, 2, 2), {"strides": (2, 2, 2)}),
        ((1, 3, 5, 2, 1), (2, 2, 1), {"strides": (2, 2, 1)}),
        ((1, 3, 5, 3, 1), (2, 2, 2), {"strides": (2, 2, 2), "padding": "same"}),
        ((1, 4, 3, 2, 1), (3, 2, 1), {"strides": (2, 2, 1), "padding": "same"}),
        ((1, 2, 3, 2, 2), (2, 3, 2), {}),
        ((1, 2, 2, 4, 3), (2, 2, 2), {"data_format": FIRST}),
        ((1, 2, 3, 4, 2), (2, 2, 2), {"data_format": FIRST, "strides": (2, 2, 2), "padding": "same"}),
    ]:
        add("pool3d", arr(x, kind="distinct"), size, pool_mode=mode, **options).grad()
    add("pool3d", arr((0, 2, 3, 2, 2)), (2, 2, 2), pool_mode=mode)
    add("pool3d", raw(arr((1, 2, 3, 2, 2))), (2, 2, 2), pool_mode=mode)
    add("pool3d", var(arr((1, 2, 3, 2, 2), kind="distinct")), (2, 2, 2), pool_mode=mode).grad()
    add("pool3d", arr((1, 2, 3, 2, 2)), [2, 2, 2], pool_mode=mode).differs(LENIENT)
for padding in ("valid", "same"):
    for strides in ((1, 1, 1), (2, 2, 2)):
        add("pool3d", arr((1, 3, 4, 2, 1), kind="ties"), (2, 2, 2), strides, padding).grad()
        add("pool3d", arr((1, 3, 4, 2, 2), kind="bits"), (2, 3, 1), strides, padding).grad()
for x, size, options in [
    ((1, 2, 3, 2, 2), (2, 2), {}),
    ((1, 2, 3, 2, 2), 2, {}),
    ((1, 2, 3, 2, 2), (2, 2, 2), {"strides": (1, 1)}),
    ((1, 2, 3, 2, 2), (2, 2, 2), {"strides": (1, 0, 1)}),
    ((1, 2, 3, 2, 2), (2, 2, 2), {"padding": "full"}),
    ((1, 2, 3, 2, 2), (2, 2, 2), {"data_format": "NDHWC"}),
    ((1, 2, 3, 2, 2), (2, 2, 2), {"pool_mode": "sum"}),
    ((1, 1, 3, 2, 2), (3, 2, 2), {}),
    ((2, 3, 2, 2), (2, 2, 2), {}),
]:
    add("pool3d", arr(x), size, **options).error()
