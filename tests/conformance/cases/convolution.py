"""conv1d to conv3d, conv2d_transpose, separable_conv2d and depthwise_conv2d, local_conv1d, local_conv2d, bias_add."""

from ..case import DTYPES, FLOATS, Family, arr, raw, val, var

cases = add = Family()

FIRST = "channels_first"
ANY_ARRAY = "any array-like is accepted"
UNEQUAL = "strides of depthwise convolutions may be unequal"
MIXED = "strides together with a dilation are refused: TF's result is not that of such a convolution"
LENIENT = "lists are accepted where TF 2.2 insists on tuples"

# ------------------------------------------------------------------------------------------------------------- conv1d

for dtype in DTYPES:
    case = add("conv1d", arr((2, 5, 2), dtype), arr((2, 2, 3), dtype, seed=1))
    if dtype not in (*FLOATS, "int32"):
        case.error()
for x, kernel, options in [
    ((1, 4, 1), (1, 1, 1), {}),
    ((2, 6, 2), (3, 2, 2), {"padding": "same"}),
    ((2, 6, 2), (4, 2, 1), {"padding": "same"}),
    ((2, 6, 2), (3, 2, 2), {"padding": "causal"}),
    ((2, 6, 2), (3, 2, 2), {"strides": 2}),
    ((2, 7, 2), (3, 2, 2), {"strides": 2, "padding": "same"}),
    ((2, 6, 2), (2, 2, 2), {"strides": 3, "padding": "same"}),
    ((2, 6, 2), (3, 2, 2), {"strides": 2, "padding": "causal"}),
    ((2, 6, 1), (2, 1, 2), {"dilation_rate": 2}),
    ((2, 6, 1), (3, 1, 2), {"dilation_rate": 2, "padding": "same"}),
    ((2, 6, 1), (2, 1, 2), {"dilation_rate": 3, "padding": "causal"}),
    ((2, 2, 6), (3, 2, 2), {"data_format": FIRST}),
    ((2, 2, 6), (3, 2, 2), {"data_format": FIRST, "strides": 2, "padding": "same"}),
    ((2, 1, 6), (2, 1, 2), {"data_format": FIRST, "dilation_rate": 2}),
    ((2, 2, 1), (5, 1, 1), {"padding": "same"}),
]:
    add("conv1d", arr(x), arr(kernel, seed=1), **options).grad()
add("conv1d", arr((0, 5, 2)), arr((2, 2, 3)))
add("conv1d", arr((1, 2, 1)), arr((3, 1, 1)))
add("conv1d", arr((1, 5, 1)), arr((2, 1, 0)))
add("conv1d", arr((1, 5, 1)), arr((2, 1, 1)), (2,))
add("conv1d", arr((1, 5, 1)), arr((2, 1, 1)), [1], dilation_rate=(2,))
add("conv1d", arr((1, 5, 1)), var(arr((2, 1, 1)))).grad()
add("conv1d", raw(arr((1, 5, 1))), var(arr((2, 1, 1))))
add("conv1d", arr((1, 5, 1)), raw(arr((2, 1, 1)))).differs(ANY_ARRAY)
add("conv1d", arr((1, 1, 5)), arr((2, 1, 1)), padding="causal", data_format=FIRST).differs(
    "causal padding with channels first pads the steps, not the channels"
)
for x, kernel, options in [
    ((1, 1, 1), (3, 1, 1), {}),
    ((1, 5, 2), (2, 1, 1), {}),
    ((1, 5), (2, 1, 1), {}),
    ((1, 5, 1), (2, 1), {}),
    ((1, 5, 1), (2, 1, 1), {"strides": 0}),
    ((1, 5, 1), (2, 1, 1), {"strides": (1, 1)}),
    ((1, 5, 1), (2, 1, 1), {"strides": "a"}),
    ((1, 5, 1), (2, 1, 1), {"dilation_rate": 0}),
    ((1, 5, 1), (2, 1, 1), {"strides": 2, "dilation_rate": 2}),
    ((1, 5, 1), (2, 1, 1), {"padding": "SAME"}),
    ((1, 5, 1), (2, 1, 1), {"padding": "full"}),
    ((1, 5, 1), (2, 1, 1), {"data_format": "NWC"}),
]:
    add("conv1d", arr(x), arr(kernel), **options).error()
add("conv1d", arr((1, 5, 1)), arr((2, 1, 1), "float64")).error()
add("conv1d", arr((1, 5, 1)), None).error()

# ------------------------------------------------------------------------------------------------------------- conv2d

for dtype in DTYPES:
    case = add("conv2d", arr((1, 3, 3, 2), dtype), arr((2, 2, 2, 2), dtype, seed=1))
    if dtype not in (*FLOATS, "int32"):
        case.error()
for x, kernel, options in [
    ((1, 3, 3, 2), (1, 1, 2, 3), {}),
    ((2, 4, 5, 2), (3, 2, 2, 2), {"padding": "same"}),
    ((1, 5, 4, 1), (2, 3, 1, 2), {"strides": (2, 2)}),
    ((1, 5, 6, 1), (3, 2, 1, 2), {"strides": (2, 3), "padding": "same"}),
    ((1, 5, 5, 1), (2, 2, 1, 2), {"strides": (1, 2)}),
    ((1, 4, 4, 1), (1, 1, 1, 2), {"strides": (2, 2), "padding": "same"}),
    ((1, 5, 5, 1), (2, 2, 1, 2), {"dilation_rate": (2, 2)}),
    ((1, 5, 5, 1), (3, 2, 1, 2), {"dilation_rate": (2, 3), "padding": "same"}),
    ((1, 5, 4, 1), (2, 2, 1, 1), {"dilation_rate": (1, 2)}),
    ((1, 2, 4, 3), (2, 2, 2, 2), {"data_format": FIRST}),
    ((1, 2, 4, 3), (2, 3, 2, 2), {"data_format": FIRST, "padding": "same", "strides": (2, 2)}),
    ((1, 1, 5, 5), (2, 2, 1, 2), {"data_format": FIRST, "dilation_rate": (2, 1)}),
    ((1, 2, 2, 1), (5, 4, 1, 1), {"padding": "same"}),
]:
    add("conv2d", arr(x), arr(kernel, seed=1), **options).grad()
add("conv2d", arr((1, 3, 3, 2), "float64"), arr((2, 2, 2, 2), "float64", seed=1)).grad()
add("conv2d", arr((0, 3, 3, 2)), arr((2, 2, 2, 2)))
add("conv2d", arr((1, 2, 3, 1)), arr((3, 2, 1, 1)))
add("conv2d", arr((1, 3, 3, 1)), arr((2, 2, 1, 0)))
add("conv2d", arr((1, 4, 4, 1)), arr((2, 2, 1, 1)), 2)
add("conv2d", arr((1, 4, 4, 1)), arr((2, 2, 1, 1)), [2, 1])
add("conv2d", arr((1, 4, 4, 1)), arr((2, 2, 1, 1)), (1, 2, 2, 1))
add("conv2d", arr((1, 4, 4, 1)), arr((2, 2, 1, 1)), (2.0, 2.0))
add("conv2d", arr((1, 4, 4, 1)), arr((2, 2, 1, 1)), dilation_rate=2)
add("conv2d", arr((1, 4, 4, 1)), var(arr((2, 2, 1, 1)))).grad()
add("conv2d", var(arr((1, 4, 4, 1))), raw(arr((2, 2, 1, 1))))
for x, kernel, options in [
    ((1, 2, 2, 1), (4, 2, 1, 1), {}),
    ((1, 4, 4, 2), (2, 2, 1, 1), {"padding": "same", "data_format": FIRST}),
    ((1, 4, 4, 3), (2, 2, 2, 1), {}),
    ((4, 4, 1), (2, 2, 1, 1), {}),
    ((1, 4, 4, 1), (2, 2, 1), {}),
    ((1, 4, 4, 1), (2, 2, 1, 1), {"strides": 0}),
    ((1, 4, 4, 1), (2, 2, 1, 1), {"strides": (-1, 1)}),
    ((1, 4, 4, 1), (2, 2, 1, 1), {"strides": (1, 2, 1)}),
    ((1, 4, 4, 1), (2, 2, 1, 1), {"dilation_rate": (0, 1)}),
    ((1, 5, 5, 1), (2, 2, 1, 1), {"strides": (2, 1), "dilation_rate": (1, 2)}),
    ((1, 4, 4, 1), (2, 2, 1, 1), {"padding": "causal"}),
    ((1, 4, 4, 1), (2, 2, 1, 1), {"padding": None}),
    ((1, 4, 4, 1), (2, 2, 1, 1), {"data_format": "NHWC"}),
]:
    add("conv2d", arr(x), arr(kernel), **options).error()
add("conv2d", arr((1, 4, 4, 1)), arr((2, 2, 1, 1), "float64")).error()
add("conv2d", None, arr((2, 2, 1, 1))).error()

# ------------------------------------------------------------------------------------------------------------- conv3d

for dtype in ("float16", "float32", "float64", "int32", "bool"):
    case = add("conv3d", arr((1, 2, 3, 2, 2), dtype), arr((2, 2, 1, 2, 2), dtype, seed=1))
    if dtype not in FLOATS:
        case.error()
for x, kernel, options in [
    ((1, 3, 2, 3, 1), (2, 1, 2, 1, 2), {}),
    ((1, 3, 2, 3, 2), (2, 2, 2, 2, 1), {"padding": "same"}),
    ((1, 4, 3, 3, 1), (2, 1, 2, 1, 2), {"strides": (2, 1, 2)}),
    ((1, 4, 3, 3, 1), (3, 1, 2, 1, 1), {"strides": (2, 2, 1), "padding": "same"}),
    ((1, 4, 3, 3, 1), (2, 1, 2, 1, 1), {"dilation_rate": (2, 1, 2)}),
    ((1, 4, 3, 3, 1), (2, 2, 2, 1, 1), {"dilation_rate": (2, 1, 1), "padding": "same"}),
    ((1, 2, 3, 2, 3), (2, 1, 2, 2, 2), {"data_format": FIRST}),
    ((1, 1, 4, 3, 2), (2, 2, 1, 1, 2), {"data_format": FIRST, "padding": "same", "strides": (2, 2, 2)}),
]:
    add("conv3d", arr(x), arr(kernel, seed=1), **options).grad()
add("conv3d", arr((0, 3, 2, 3, 1)), arr((2, 1, 2, 1, 2)))
add("conv3d", arr((1, 3, 2, 3, 1)), arr((2, 1, 2, 1, 2)), 1)
add("conv3d", arr((1, 3, 2, 3, 1)), var(arr((2, 1, 2, 1, 2))), [1, 1, 1])
for x, kernel, options in [
    ((1, 1, 2, 3, 1), (3, 1, 2, 1, 2), {}),
    ((1, 3, 2, 3, 1), (2, 1, 2, 2, 2), {}),
    ((3, 2, 3, 1), (2, 1, 2, 1, 2), {}),
    ((1, 3, 2, 3, 1), (2, 1, 2, 1, 2), {"strides": (0, 1, 1)}),
    ((1, 3, 2, 3, 1), (2, 1, 2, 1, 2), {"strides": (1, 1)}),
    ((1, 3, 3, 3, 1), (2, 1, 2, 1, 2), {"strides": (2, 1, 1), "dilation_rate": (1, 1, 2)}),
    ((1, 3, 2, 3, 1), (2, 1, 2, 1, 2), {"padding": "full"}),
    ((1, 3, 2, 3, 1), (2, 1, 2, 1, 2), {"data_format": "NDHWC"}),
]:
    add("conv3d", arr(x), arr(kernel), **options).error()
add("conv3d", arr((1, 3, 2, 3, 1)), arr((2, 1, 2, 1, 2), "float16")).error()

# --------------------------------------------------------------------------------------------------- conv2d_transpose

T = "conv2d_transpose"
for dtype in ("float16", "float32", "float64", "int32", "int64", "bool"):
    case = add(T, arr((1, 2, 2, 2), dtype), arr((2, 2, 3, 2), dtype, seed=1), (1, 3, 3, 3))
    if dtype not in (*FLOATS, "int32"):
        case.error()
for x, kernel, output, options in [
    ((2, 3, 2, 2), (2, 3, 1, 2), (2, 4, 4, 1), {}),
    ((1, 3, 2, 2), (2, 3, 1, 2), (1, 3, 2, 1), {"padding": "same"}),
    ((1, 2, 2, 1), (2, 3, 2, 1), (1, 4, 5, 2), {"strides": (2, 2)}),
    ((1, 2, 2, 1), (2, 3, 2, 1), (1, 5, 6, 2), {"strides": (2, 2)}),
    ((1, 2, 2, 1), (3, 2, 2, 1), (1, 4, 3, 2), {"strides": (2, 2), "padding": "same"}),
    ((1, 2, 2, 1), (3, 2, 1, 1), (1, 3, 2, 1), {"strides": (2, 1), "padding": "same"}),
    ((1, 2, 2, 1), (2, 2, 1, 1), (1, 5, 5, 1), {"strides": (3, 3)}),
    ((1, 2, 2, 1), (1, 1, 1, 1), (1, 4, 4, 1), {"strides": (2, 2), "padding": "same"}),
    ((1, 4, 4, 1), (2, 2, 2, 1), (1, 6, 6, 2), {"dilation_rate": (2, 2)}),
    ((1, 4, 4, 1), (2, 3, 2, 1), (1, 4, 4, 2), {"dilation_rate": (2, 2), "padding": "same"}),
    ((1, 4, 4, 1), (2, 2, 2, 1), (1, 6, 6, 2), {"dilation_rate": (2, 2), "strides": (2, 2)}),
    ((1, 2, 2, 3), (2, 2, 1, 2), (1, 1, 3, 4), {"data_format": FIRST}),
    ((1, 2, 2, 3), (2, 2, 1, 2), (1, 1, 4, 6), {"data_format": FIRST, "strides": (2, 2), "padding": "same"}),
    ((1, 1, 4, 4), (2, 2, 2, 1), (1, 2, 6, 6), {"data_format": FIRST, "dilation_rate": (2, 2)}),
    ((2, 2, 2, 1), (2, 2, 1, 1), (None, 4, 4, 1), {"strides": (2, 2)}),
    ((2, 1, 2, 2), (2, 2, 1, 1), (None, 1, 4, 4), {"strides": (2, 2), "data_format": FIRST}),
    ((2, 4, 4, 1), (2, 2, 2, 1), (None, 6, 6, 2), {"dilation_rate": (2, 2)}),
]:
    add(T, arr(x), arr(kernel, seed=1), output, **options).grad()


def transposed_to_a_tensor(K, x, kernel, strides):
    size = K.shape(x)
    output = K.stack([size[0], size[1] * strides[0], size[2] * strides[1], 1])
    return K.conv2d_transpose(x, kernel, output, strides, "same")


def transposed_to_a_list(K, x, kernel, strides):
    size = K.shape(x)
    output = [size[0], size[1] * strides[0], size[2] * strides[1], 1]
    return K.conv2d_transpose(x, kernel, output, strides, "same")


for fn in (transposed_to_a_tensor, transposed_to_a_list):
    add(fn, arr((2, 2, 3, 2)), arr((3, 3, 1, 2)), (2, 2)).grad()
add(T, arr((1, 2, 2, 1)), arr((2, 2, 1, 1)), [None, 3, 3, 1])
add(T, arr((1, 2, 2, 1)), arr((2, 2, 1, 1)), val([1, 3, 3, 1], "int32"))
add(T, arr((1, 2, 2, 1)), arr((2, 2, 1, 1)), raw(val([1, 3, 3, 1], "int32")))
add(T, arr((1, 2, 2, 1)), arr((2, 2, 1, 1)), (1, 3, 3, 1), dilation_rate=[1, 1])
add(T, arr((1, 2, 2, 1)), arr((2, 2, 1, 1)), (1, 4, 4, 1), [2, 2]).differs(LENIENT)
add(T, arr((0, 2, 2, 1)), arr((2, 2, 1, 1)), (0, 3, 3, 1))
for output, options in [
    ((-1, 3, 3, 1), {}),
    ((2, 3, 3, 1), {}),
    ((1, -1, 3, 1), {}),
    ((1, 4, 3, 1), {}),
    ((1, 3, 3), {}),
    ((None, None, 3, 1), {}),
    ((1, 3.5, 3, 1), {}),
    ((1, 5, 5, 1), {"strides": (2, 2), "padding": "same"}),
    ((1, 4, 3, 1), {"dilation_rate": (2, 1)}),
    ((1, 3, 3, 1), {"padding": "causal"}),
    ((1, 3, 3, 1), {"data_format": "NHWC"}),
]:
    add(T, arr((1, 2, 2, 1)), arr((2, 2, 1, 1)), output, **options).error()
add(T, arr((1, 2, 2, 2)), arr((2, 2, 1, 1)), (1, 3, 3, 1)).error()
add(T, arr((1, 2, 2, 1)), arr((2, 2, 2, 1)), (1, 3, 3, 3)).error()
add(T, arr((1, 2, 2, 1)), arr((2, 2, 1, 1), "float64"), (1, 3, 3, 1)).error()

# ------------------------------------------------------------------------------ depthwise_conv2d and separable_conv2d

POINTWISE = {"depthwise_conv2d": (), "separable_conv2d": (2,)}
for name, filters in POINTWISE.items():
    for dtype in ("float16", "bfloat16", "float32", "float64", "int32", "bool"):
        last = [arr((1, 1, 4, n), dtype, seed=2) for n in filters]
        case = add(name, arr((1, 3, 3, 2), dtype), arr((2, 2, 2, 2), dtype, seed=1), *last)
        if dtype not in FLOATS:
            case.error()
    for x, kernel, options in [
        ((2, 3, 3, 1), (2, 2, 1, 1), {}),
        ((1, 3, 4, 2), (2, 3, 2, 1), {}),
        ((1, 3, 4, 2), (2, 2, 2, 3), {"padding": "same"}),
        ((1, 5, 5, 2), (2, 3, 2, 1), {"strides": (2, 2)}),
        ((1, 5, 4, 2), (3, 2, 2, 2), {"strides": (2, 2), "padding": "same"}),
        ((1, 5, 5, 2), (2, 2, 2, 1), {"dilation_rate": (2, 2)}),
        ((1, 5, 4, 2), (2, 3, 2, 1), {"dilation_rate": (1, 2), "padding": "same"}),
        ((1, 2, 3, 4), (2, 2, 2, 2), {"data_format": FIRST}),
        ((1, 2, 4, 4), (2, 2, 2, 1), {"data_format": FIRST, "padding": "same", "strides": (2, 2)}),
        ((1, 2, 4, 4), (2, 2, 2, 1), {"data_format": FIRST, "dilation_rate": (2, 2)}),
    ]:
        last = [arr((1, 1, kernel[2] * kernel[3], n), seed=2) for n in filters]
        case = add(name, arr(x), arr(kernel, seed=1), *last, **options)
        if "data_format" not in options or "dilation_rate" not in options:
            case.grad()
    ones = [arr((1, 1, 1, n)) for n in filters]
    plain = (arr((1, 5, 5, 1)), arr((2, 2, 1, 1)))
    add(name, arr((0, 3, 3, 1)), arr((2, 2, 1, 1)), *ones)
    add(name, arr((1, 3, 3, 1)), var(arr((2, 2, 1, 1))), *ones).grad()
    add(name, raw(arr((1, 3, 3, 1))), arr((2, 2, 1, 1)), *ones)
    add(name, *plain, *ones, dilation_rate=[2, 1])
    add(name, *plain, *ones, strides=(2, 1)).differs(UNEQUAL)
    add(name, *plain, *ones, strides=(1, 2), padding="same").differs(UNEQUAL)
    add(name, *plain, *ones, strides=(2, 2), dilation_rate=(2, 2)).differs(MIXED)
    for x, kernel, options in [
        ((1, 1, 1, 1), (3, 2, 1, 1), {}),
        ((1, 4, 4, 2), (2, 2, 1, 1), {}),
        ((4, 4, 1), (2, 2, 1, 1), {}),
        ((1, 4, 4, 1), (2, 2, 1), {}),
        ((1, 4, 4, 1), (2, 2, 1, 1), {"strides": (0, 0)}),
        ((1, 4, 4, 1), (2, 2, 1, 1), {"strides": 2}),
        ((1, 4, 4, 1), (2, 2, 1, 1), {"strides": (2,)}),
        ((1, 4, 4, 1), (2, 2, 1, 1), {"dilation_rate": (0, 1)}),
        ((1, 4, 4, 1), (2, 2, 1, 1), {"padding": "causal"}),
        ((1, 4, 4, 1), (2, 2, 1, 1), {"data_format": "NHWC"}),
    ]:
        add(name, arr(x), arr(kernel), *ones, **options).error()
    add(name, arr((1, 4, 4, 1)), arr((2, 2, 1, 1), "float64"), *ones).error()
for pointwise in ((1, 1, 3, 1), (2, 1, 2, 1), (1, 2, 1)):
    add("separable_conv2d", arr((1, 3, 3, 2)), arr((2, 2, 2, 1)), arr(pointwise)).error()

# ------------------------------------------------------------------------------------------------ local convolutions

for dtype in ("float16", "float32", "float64", "int32", "int64", "complex64", "bool", "uint8"):
    case = add("local_conv1d", arr((2, 4, 2), dtype), arr((3, 4, 2), dtype, seed=1), (2,), (1,))
    if dtype in ("bool", "uint8"):
        case.error()
    case = add("local_conv2d", arr((1, 3, 3, 1), dtype), arr((4, 4, 2), dtype, seed=1), (2, 2), (1, 1), (2, 2))
    if dtype in ("bool", "uint8"):
        case.error()
for x, kernel, size, stride, layout in [
    ((2, 5, 2), (5, 2, 1), 1, 1, {}),
    ((2, 5, 2), (3, 6, 2), 3, 1, {}),
    ((2, 5, 2), (2, 4, 2), 2, 3, {}),
    ((2, 6, 1), (3, 2, 3), 2, 2, {}),
    ((2, 5, 1), (2, 2, 1), 2, 1, {}),
    ((1, 3, 2), (1, 6, 2), 3, 1, {}),
    ((2, 2, 5), (3, 6, 2), 3, 1, {"data_format": FIRST}),
    ((2, 2, 5), (2, 4, 2), 2, 2, {"data_format": FIRST}),
    ((0, 4, 2), (3, 4, 2), 2, 1, {}),
]:
    case = add("local_conv1d", arr(x), arr(kernel, seed=1), (size,), (stride,), **layout)
    if x[0]:
        case.grad()
for x, kernel, size, stride, output, layout in [
    ((2, 3, 4, 2), (6, 8, 1), (2, 2), (1, 1), (2, 3), {}),
    ((1, 4, 5, 1), (4, 6, 2), (2, 3), (2, 2), (2, 2), {}),
    ((1, 3, 3, 2), (9, 2, 2), (1, 1), (1, 1), (3, 3), {}),
    ((1, 3, 5, 1), (3, 6, 1), (3, 2), (1, 1), (1, 3), {}),
    ((1, 2, 3, 4), (6, 8, 1), (2, 2), (1, 1), (2, 3), {"data_format": FIRST}),
    ((1, 1, 4, 5), (4, 6, 2), (2, 3), (2, 2), (2, 2), {"data_format": FIRST}),
]:
    add("local_conv2d", arr(x), arr(kernel, seed=1), size, stride, output, **layout).grad()
add("local_conv1d", arr((2, 4, 2)), var(arr((3, 4, 2))), [2], [1]).grad()
add("local_conv2d", arr((1, 3, 3, 1)), var(arr((4, 4, 2))), [2, 2], [1, 1], (2, 2)).grad()
add("local_conv2d", arr((1, 3, 3, 1)), arr((4, 4, 2)), (2, 2), (1, 1), [2, 2]).differs(LENIENT)
for x, kernel, size, stride, options in [
    ((1, 4, 2), (4, 4, 1), (2,), (1,), {}),
    ((1, 4, 2), (3, 4, 1), (3,), (1,), {}),
    ((1, 4, 2), (3, 4, 1), 2, 1, {}),
    ((1, 4, 2), (3, 4, 1), (2,), (2,), {}),
    ((1, 4, 2), (3, 4, 1), (2,), (1,), {"data_format": "NWC"}),
    ((1, 4, 2), (3, 4, 1), ("a",), (1,), {}),
]:
    add("local_conv1d", arr(x), arr(kernel), size, stride, **options).error()
for x, kernel, size, stride, output, options in [
    ((1, 3, 3, 1), (4, 4, 1), (2, 2), (1, 1), (2, 3), {}),
    ((1, 3, 3, 1), (4, 4, 1), (2, 2), (2, 2), (2, 2), {}),
    ((1, 3, 3, 1), (4, 4, 1), 2, 1, (2, 2), {}),
    ((1, 3, 3, 2), (4, 4, 1), (2, 2), (1, 1), (2, 2), {}),
    ((1, 3, 3, 1), (4, 4, 1), (2, 2), (1, 1), (2, 2), {"data_format": "NHWC"}),
]:
    add("local_conv2d", arr(x), arr(kernel), size, stride, output, **options).error()
add("local_conv1d", arr((1, 4, 2)), arr((3, 4, 1), "float64"), (2,), (1,)).error()

# ------------------------------------------------------------------------------------------------------------ bias_add

for dtype in DTYPES:
    case = add("bias_add", arr((2, 3), dtype), arr((3,), dtype, seed=1))
    if dtype == "bool":
        case.error()
for x, bias, options in [
    ((2, 3), (3,), {}),
    ((2, 3, 4), (4,), {}),
    ((2, 3, 4), (3,), {"data_format": FIRST}),
    ((2, 3, 4), (3, 4), {}),
    ((2, 3, 4), (4, 3), {"data_format": FIRST}),
    ((2, 3, 4), (3, 1), {}),
    ((2, 3, 4), (1, 1), {"data_format": FIRST}),
    ((2, 2, 3, 2), (2,), {"data_format": "channels_last"}),
    ((2, 2, 3, 2), (2,), {"data_format": FIRST}),
    ((2, 2, 3, 4), (2, 3, 4), {}),
    ((2, 2, 3, 4), (3, 4, 2), {"data_format": FIRST}),
    ((1, 2, 2, 2, 3), (3,), {}),
    ((1, 3, 2, 2, 2), (3,), {"data_format": FIRST}),
    ((1, 2, 2, 2, 3), (2, 2, 2, 3), {}),
    ((1, 3, 2, 2, 2), (2, 2, 2, 3), {"data_format": FIRST}),
    ((0, 3), (3,), {}),
    ((2, 0), (0,), {}),
]:
    add("bias_add", arr(x), arr(bias, seed=1), **options).grad()
add("bias_add", arr((2, 3)), var(arr((3,)))).grad()
add("bias_add", raw(arr((2, 3))), arr((3,)))
add("bias_add", arr((2, 3)), raw(arr((3,))))
add("bias_add", arr((2, 3)), raw(arr((3,), "float64")))
add("bias_add", [[1.0, 2.0]], [3.0, 4.0]).differs(ANY_ARRAY)
add("bias_add", arr((1, 1, 2, 1, 1, 2)), arr((2,))).differs("the rank of x may exceed 5")
for x, bias, options in [
    ((2, 3), (2,), {}),
    ((2, 3), (1,), {}),
    ((2, 3), (), {}),
    ((2,), (2,), {}),
    ((), (1,), {}),
    ((2,), (), {}),
    ((2, 3), (3,), {"data_format": FIRST}),
    ((2, 3, 4), (3,), {}),
    ((2, 3, 4), (4,), {"data_format": FIRST}),
    ((2, 3, 4), (1,), {}),
    ((2, 3, 4), (4, 3), {}),
    ((2, 3, 4, 5), (4, 5), {}),
    ((2, 3), (3,), {"data_format": "NHWC"}),
]:
    add("bias_add", arr(x), arr(bias), **options).error()
add("bias_add", arr((2, 3)), arr((3,), "float64")).error()
add("bias_add", arr((2, 3)), None).error()
