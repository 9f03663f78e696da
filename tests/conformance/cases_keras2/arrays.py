# ruff: noqa: E501
"""logsumexp, slice, tile, gather, repeat_elements, one_hot, batch_dot, mean of integers, clip, and what stands beside them."""

import numpy as np

from ..case import Family, arr, raw, val, var

cases = add = Family()


def sliced_from(K, x, start, size):
    """A slice whose place is a tensor."""
    return K.slice(x, K.constant(start, dtype="int32"), K.constant(size, dtype="int32"))


def sliced_by_shape(K, x):
    """A slice of half of the rows."""
    return K.slice(x, (0, 0), (K.shape(x)[0] // 2, 2))


def arg(K, name, x, axis):
    """Of integers and floats."""
    return getattr(K, name)(x, axis=axis)


def rows_of_two(K, a, b, indices):
    """A table in two parts."""
    return K.gather([a, b], indices)


def outer(K, x, y):
    """As attention has it."""
    return K.batch_dot(K.expand_dims(x, -1), K.expand_dims(y, 1))


for shape in ((), (4,), (2, 3), (2, 3, 2), (0, 2)):
    add("logsumexp", arr(shape)).grad()
    for axis in range(len(shape)):
        add("logsumexp", arr(shape), axis).grad()
        add("logsumexp", arr(shape), axis=axis, keepdims=True)
add("logsumexp", arr((2, 3, 2)), (0, 2))
add("logsumexp", arr((2, 3, 2)), [1, -1], True).grad()
add("logsumexp", arr((8,), kind="wide")).grad()
add("logsumexp", val([np.inf, 1.0]))
add("logsumexp", val([-np.inf, -np.inf]))
add("logsumexp", val([np.nan, 1.0]))
for dtype in ("float16", "float64", "int32", "bool", "complex64"):
    add("logsumexp", arr((2, 3), dtype))
for x in (raw(arr((2, 3))), var(arr((2, 3))), [1.0, 2.0], 3.0, None):
    add("logsumexp", x)
for axis in (2, -3, 0.5, "a"):
    add("logsumexp", arr((2, 3)), axis)

for start, size in [
    ((0, 0), (2, 2)), ((1, 0), (1, 3)), ([0, 1], [-1, 2]), ((0, 0), (-1, -1)), ((1, 1), (0, 2)), (np.array([1, 0]), np.array([1, 2])),
    ((0,), (2,)), ((0, 0, 0), (1, 1, 1)), ((0, 0), (3, 3)), ((2, 0), (1, 1)), ((-1, 0), (1, 1)), ((0, 0), (2,)), (0, 2), ((0, 0), (-2, 1)),
    ((0.0, 0), (1, 1)), (("a", 0), (1, 1)), (None, (1, 1)),
]:  # fmt: skip
    add("slice", arr((2, 3)), start, size).grad()
for dtype in ("float64", "int32", "bool", "complex64"):
    add("slice", arr((2, 3), dtype), (0, 1), (2, 1))
add("slice", raw(arr((2, 3))), (0, 1), (2, 1))
add("slice", var(arr((2, 3))), (0, 1), (2, 1)).grad()
add("slice", [1.0, 2.0, 3.0], (1,), (2,))
add("slice", arr((4, 3)), val([1, 0], "int32"), val([2, 2], "int32"))
add("slice", arr((4, 3)), val([1, 0], "int64"), val([2, -1], "int64"))
add("slice", arr((4, 3)), val([1], "int32"), val([2], "int32"))
add(sliced_from, arr((4, 3)), [1, 1], [2, 2]).grad()
add(sliced_by_shape, arr((4, 3))).grad()

for x, n in [
    ((3,), 2), ((2, 3), 2), ((2, 3), (2,)), ((2, 3), [2, 1]), ((2, 3, 2), (2, 1)), ((2, 3), (1, 2, 3)), ((2, 3), np.array([2, 1])),
    ((2, 3), 2.0), ((2, 3), np.int64(2)), ((2, 3), 0), ((2, 3), -1), ((), 2), ((), ()), ((2, 3), ()), ((2, 3), (1, 2.0)), ((2, 3), None),
]:  # fmt: skip
    add("tile", arr(x), n).grad()
add("tile", arr((2, 3)), val([2], "int32"))
add("tile", arr((2, 3)), val([1, 2], "int64"))
add("tile", var(arr((2, 3))), 2).grad()
add("tile", raw(arr((2, 3))), 2)
for rep in (0, 1, 3, 2.0, np.int64(2), True, -1, None):
    for axis in (0, 1, -1):
        add("repeat_elements", arr((2, 3)), rep, axis)
    add("repeat", arr((2, 3)), rep)
for indices in (val([2, 0], "int32"), val([[1], [0]], "int64"), raw(val([1], "int32")), [0, 2], 1, val([1.0]), val([3], "int32"),
                val([-1], "int32"), val([True], "bool"), val([1, 0], "uint8"), var(val([1], "int32"))):  # fmt: skip
    for table in (arr((3, 2)), var(arr((3, 2))), raw(arr((3, 2)))):
        add("gather", table, indices)
add(rows_of_two, arr((2, 2)), arr((2, 2), seed=1), val([0, 1, 2, 3], "int32")).grad()
add(rows_of_two, arr((3,)), arr((2,), seed=1), val([[4, 1], [2, 2]], "int64"))
add(rows_of_two, arr((2, 2)), arr((2, 2), seed=1), val([4], "int32"))
add("gather", [[1.0, 2.0], [3.0, 4.0]], [1, 2])
add("gather", [arr((3, 2))], [1, 2])
for classes in (3, 2.0, np.int64(3), np.float32(3.0), True, 0, -1, val(3, "int32"), "a", None):
    add("one_hot", val([0, 2, 5, -1], "int32"), classes)
for dtype in ("int64", "uint8", "int8", "float32", "bool"):
    add("one_hot", val([[0], [1]], dtype), 2)
for axes in (None, 1, 2, (1, 2), [2, 1], (2, 2), -1, (-1, -2), 0, (0, 1), 3, (1, 2, 2), 1.0, "a", ([1], 1)):
    add("batch_dot", arr((2, 3, 3)), arr((2, 3, 3), seed=1), axes).grad()
    add("batch_dot", arr((2, 3)), arr((2, 3), seed=1), axes)
    add("batch_dot", arr((2, 3, 3)), arr((2, 3), seed=1), axes)
    add("batch_dot", arr((2, 2, 3, 3)), arr((2, 3, 3), seed=1), axes)
for x, y in (
    ((2, 3), (3, 2)),
    ((3,), (3,)),
    ((2, 3), (2, 4)),
    ((1, 3), (2, 3)),
    ((2, 3, 4), (2, 4)),
    ((2, 4), (2, 3, 4)),
    ((0, 3), (0, 3)),
):
    add("batch_dot", arr(x), arr(y, seed=1))
add(outer, arr((2, 3)), arr((2, 4), seed=1)).grad()
for low, high in ((0, 1), (1, 0), (None, 0.5), (0.5, None), (None, None), (-1.0, np.inf), (np.float32(0.5), 0.25), (0.5, np.float64(0.25)),
                  ("a", 1), (val(0.0), val(0.5)), (val([0.0, 0.25, 0.5]), 0.5), (raw(val(0.25)), 1)):  # fmt: skip
    add("clip", arr((2, 3)), low, high).grad()
    add("clip", arr((2, 3), "int32"), low, high)
for dtype in ("uint8", "int8", "int32", "int64", "bool", "float16", "float64"):
    for name in ("mean", "sum", "prod", "var", "std", "max", "min", "any", "all"):
        add(name, arr((2, 3), dtype, "pos"))
        add(name, arr((2, 3), dtype, "pos"), axis=1, keepdims=True)
for name in ("argmax", "argmin"):
    for axis in (0, 1, -1, None, 2, (0, 1)):
        add(arg, name, arr((2, 3)), axis)
for name in ("mean", "sum", "max", "any"):
    for axis in ((), [], [0], (0, 1), (0, 0), -1, -3, range(2), np.array([0]), np.int64(1), "a", 0.5, [None]):
        add(name, arr((2, 3)), axis)
for name in ("equal", "not_equal", "greater", "less"):
    add(name, arr((2, 3)), 0)
    add(name, arr((2, 3)), np.float64(0.5))
    add(name, 0, arr((2, 3)))
    add(name, 1.0, 2.0)
    add(name, np.float32(1), 2)
    add(name, arr((2, 3)), arr((2, 3), "int32"))
    add(name, arr((2, 3)), arr((3, 2)))
for name in ("maximum", "minimum", "pow"):
    for y in (2, 2.0, np.float64(2), raw(arr((3,), kind="pos")), None, "a"):
        add(name, arr((2, 3), kind="pos"), y)
        add(name, y, arr((2, 3), kind="pos"))
for name in ("exp", "log", "sqrt", "abs", "square", "sigmoid"):
    add(name, "a")
for value in (2, 2.5, np.float64(2.5), [1.0, 2.0], np.array([1, 2]), None):
    for name in (
        "exp",
        "log",
        "sqrt",
        "abs",
        "square",
        "round",
        "sign",
        "sin",
        "cos",
        "sigmoid",
        "tanh",
        "flatten",
        "transpose",
    ):
        add(name, value)
    add("cast", value, "float64")
    add("cast_to_floatx", value).session()
for shape, axis in (
    ((2, 3), 0),
    ((2, 3), 1),
    ((2, 3), -1),
    ((2, 3), -2),
    ((3,), 0),
    ((3,), -1),
    ((2, 3), 2),
    ((2, 3), -3),
):
    add("concatenate", [arr(shape), arr(shape, seed=1)], axis).grad()
    add("stack", [arr(shape), arr(shape, seed=1)], axis)
    add("expand_dims", arr(shape), axis)
    add("reverse", arr(shape), axis)
    add("cumsum", arr(shape), axis).grad()
    add("cumprod", arr(shape), axis).grad()
for axis in (1.0, 1, -2, np.float32(1.0), np.int64(1), np.array(1), (1,), [1], None, 1.5):
    add("squeeze", arr((2, 1, 3)), axis)
    add("stack", [arr((2,)), arr((2,), seed=1)], axis)
for axis in (1.0, np.int64(1), np.array(1), None, 1.5):
    add("expand_dims", arr((2, 3)), axis)
for reshaped in ((3, 2), [3, 2], (3, -1), (3.0, 2), (np.int64(3), 2), np.array([3, 2]), val([3, 2], "int32"), (None, 2), 6, (6,), (-1,),
                 (7,), ()):  # fmt: skip
    add("reshape", arr((2, 3)), reshaped)
