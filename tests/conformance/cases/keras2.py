"""Functions that Keras 2.3.1 asks of a backend and `tf.keras.backend` does not document, though TF 2.2 has them.

conv3d_transpose, logsumexp, separable_conv1d, size, slice.
"""

from ..case import DTYPES, FLOATS, INTS, Family, arr, raw, val, var

cases = add = Family()

FIRST = "channels_first"

# ----------------------------------------------------------------------------------------------------------- logsumexp

for dtype in FLOATS:
    add("logsumexp", arr((2, 3), dtype))
for dtype in INTS + ("bool",):  # (of complex numbers TF 2.2 aborts)
    add("logsumexp", arr((2, 3), dtype)).error()
for shape, options in [
    ((), {}),
    ((4,), {}),
    ((2, 3), {"axis": 0}),
    ((2, 3), {"axis": -1}),
    ((2, 3), {"axis": 1, "keepdims": True}),
    ((2, 3, 4), {"axis": [0, 2]}),
    ((2, 3, 4), {"keepdims": True}),
]:
    add("logsumexp", arr(shape), **options).grad()
add("logsumexp", arr((2, 3), "float64", "wide"), 1).grad()
add("logsumexp", arr((8,), kind="wide"))
add("logsumexp", val([1000.0, 1000.0]))
add("logsumexp", val([float("-inf"), 1.0]))
add("logsumexp", arr((0, 2)), 0)
add("logsumexp", arr((2, 3)), 2).error()
add("logsumexp", None).error()

# ------------------------------------------------------------------------------------------------------ size and slice

for dtype in ("float32", "int64", "bool", "complex64"):
    add("size", arr((2, 3), dtype))
for shape in ((), (0,), (4,), (2, 0, 3), (2, 3, 4)):
    add("size", arr(shape))
add("size", raw(arr((2, 3))))
add("size", var(arr((2, 3))))

for dtype in DTYPES:
    add("slice", arr((3, 4), dtype), [1, 0], [2, 3])
for shape, start, size in [
    ((5,), [1], [3]),
    ((5,), [1], [-1]),
    ((5,), [5], [0]),
    ((3, 4), [0, 2], [-1, 2]),
    ((2, 3, 4), [1, 0, 2], [1, 3, 1]),
]:
    add("slice", arr(shape), start, size).grad()
add("slice", arr((3, 4)), val([1, 0], "int32"), [2, 3])
add("slice", arr((3, 4)), val([1, 0], "int64"), raw(val([2, 3], "int64")))
add("slice", arr((3, 4)), (1, 0), (2, 3))
add("slice", arr((5,)), val([1], "int32"), val([3], "int32"))
add("slice", [1.0, 2.0, 3.0], [1], [2])
for start, size in [
    ([2, 0], [2, 1]),
    ([0, 0], [1, 5]),
    ([-1, 0], [1, 1]),
    ([0, 0], [-2, 1]),
    ([0], [1]),
    ([0.0, 0.0], [1, 1]),
]:
    add("slice", arr((3, 4)), start, size).error()

# ---------------------------------------------------------------------------------------------------- separable_conv1d

for dtype in FLOATS:
    add("separable_conv1d", arr((1, 4, 2), dtype), arr((2, 2, 1), dtype, seed=1), arr((1, 2, 2), dtype, seed=2))
for x, kernel, pointwise, options in [
    ((1, 5, 2), (2, 2, 1), (1, 2, 3), {}),
    ((2, 4, 2), (3, 2, 2), (1, 4, 2), {"padding": "same"}),
    ((1, 5, 1), (2, 1, 2), (1, 2, 2), {"strides": 2}),
    ((1, 5, 1), (2, 1, 2), (1, 2, 1), {"strides": 2, "padding": "same"}),
    ((1, 5, 2), (2, 2, 1), (1, 2, 1), {"dilation_rate": 2}),
    ((1, 5, 2), (3, 2, 1), (1, 2, 1), {"dilation_rate": 2, "padding": "same"}),
    ((1, 2, 5), (2, 2, 1), (1, 2, 3), {"data_format": FIRST}),
]:
    add("separable_conv1d", arr(x), arr(kernel, seed=1), arr(pointwise, seed=2), **options).grad()
for x, kernel, pointwise, options in [
    ((1, 5, 2), (2, 3, 1), (1, 2, 3), {}),
    ((1, 5, 2), (2, 2, 1), (1, 3, 3), {}),
    ((1, 5, 2), (2, 2, 1), (2, 2, 3), {}),
    ((5, 2), (2, 2, 1), (1, 2, 3), {}),
    ((1, 5, 2), (2, 2, 1), (1, 2, 3), {"padding": "causal"}),
    ((1, 5, 2), (2, 2, 1), (1, 2, 3), {"data_format": "NWC"}),
]:
    add("separable_conv1d", arr(x), arr(kernel), arr(pointwise), **options).error()
add("separable_conv1d", arr((1, 5, 2)), arr((2, 2, 1), "float64"), arr((1, 2, 3))).error()

# ---------------------------------------------------------------------------------------------------- conv3d_transpose

for dtype in ("float16", "float32", "float64"):
    add("conv3d_transpose", arr((1, 2, 1, 2, 2), dtype), arr((2, 1, 2, 1, 2), dtype, seed=1), (1, 3, 1, 3, 1))
for x, kernel, output, options in [
    ((1, 2, 2, 1, 1), (2, 2, 1, 2, 1), (1, 3, 3, 1, 2), {}),
    ((2, 2, 1, 2, 1), (2, 1, 3, 1, 1), (2, 2, 1, 2, 1), {"padding": "same"}),
    ((1, 2, 1, 2, 2), (2, 1, 1, 1, 2), (1, 4, 1, 3, 1), {"strides": (2, 1, 2)}),
    ((1, 2, 1, 2, 2), (3, 1, 1, 1, 2), (1, 4, 2, 3, 1), {"strides": (2, 2, 2), "padding": "same"}),
    ((1, 2, 2, 1, 2), (2, 1, 2, 1, 2), (1, 1, 3, 1, 3), {"data_format": FIRST}),
]:
    add("conv3d_transpose", arr(x), arr(kernel, seed=1), output, **options).grad()
for x, kernel, output, options in [
    ((1, 2, 2, 1, 1), (2, 2, 1, 2, 1), (1, 4, 3, 1, 2), {}),
    ((1, 2, 2, 1, 1), (2, 2, 1, 2, 1), (1, 3, 3, 1, 1), {}),
    ((1, 2, 2, 1, 1), (2, 2, 1, 2, 2), (1, 3, 3, 1, 2), {}),
    ((1, 2, 2, 1, 1), (2, 2, 1, 2, 1), (1, 3, 3, 2), {}),
    ((1, 2, 2, 1, 1), (2, 2, 1, 2, 1), (1, 3, 3, 1, 2), {"padding": "causal"}),
    ((1, 2, 2, 1, 1), (2, 2, 1, 2, 1), (1, 3, 3, 1, 2), {"data_format": "NDHWC"}),
]:
    add("conv3d_transpose", arr(x), arr(kernel), output, **options).error()
