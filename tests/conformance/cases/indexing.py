"""gather, one_hot, and indexing of tensors."""

import numpy as np

from ..case import DTYPES, Family, arr, raw, val, var

cases = add = Family()

# gather
for dtype in DTYPES:
    add("gather", arr((4, 2), dtype), val([0, 3, 1], "int32"))
for dtype in DTYPES:
    case = add("gather", arr((4, 2)), val([True, False] if dtype == "bool" else [0, 3, 1], dtype))
    if dtype not in ("int32", "int64"):
        case.error()
for shape, indices in [
    ((4,), 2),
    ((4,), [0, 0, 3]),
    ((4, 2), 1),
    ((4, 2), [[0, 1], [2, 2]]),
    ((4, 2), []),
    ((3, 2, 2), [2, 0]),
    ((3, 1, 2, 1, 2), [[1], [0]]),
]:
    add("gather", arr(shape), val(indices, "int32")).grad()
    add("gather", arr(shape), val(indices, "int64"))
add("gather", arr((4, 2)), [1, 2]).grad()
add("gather", arr((4, 2)), 3)
add("gather", arr((4, 2)), np.array([1, 2]))
add("gather", arr((4, 0)), val([1, 2], "int32"))
add("gather", var(arr((4, 2))), arr((3,), "int32", "index4")).grad()
add("gather", raw(arr((4, 2))), arr((3,), "int32", "index4"))
add("gather", [10, 20, 30], [2, 0])
for indices in ([4], [-1], [0, 7]):
    add("gather", arr((4, 2)), val(indices, "int32")).error()
add("gather", arr((4, 2)), [0.5]).error()
add("gather", arr((4, 2)), None).error()
add("gather", arr(()), val([0], "int32")).error()

# one_hot
for dtype in DTYPES:
    case = add("one_hot", val([True, False] if dtype == "bool" else [0, 2, 1], dtype), 3)
    if dtype not in ("int32", "int64", "uint8"):
        case.error()
for indices in (1, [], [0, 1, 2], [[0, 1], [2, 0]], [[[0]], [[2]]], [[[[0, 1]]]], [-1, 3, 7]):
    add("one_hot", val(indices, "int32"), 3)
for classes in (0, 1, 5, np.int64(2)):
    add("one_hot", val([0, 1], "int32"), classes)
add("one_hot", val([0, 1], "int32"), val(3, "int32"))
add("one_hot", [0, 1], 2)
add("one_hot", np.array([0, 1]), 2)
for classes in (-1, 2.5, "a", None, (2, 3)):
    add("one_hot", val([0, 1], "int32"), classes).error()
add("one_hot", [0.5], 2).error()

# x[...]
KEYS = [
    0,
    -1,
    slice(None),
    slice(1, None),
    slice(None, -1),
    slice(None, None, 2),
    slice(None, None, -1),
    slice(5, 1),
    slice(2, 0, -1),
    slice(-2, None),
    slice(0, 100),
    Ellipsis,
    None,
    (0, 1),
    (-1, -2),
    (slice(None), 0),
    (slice(None), -1),
    (slice(None), slice(None, 2)),
    (slice(1, 3), slice(None, None, -1)),
    (0, slice(1, None)),
    (Ellipsis, 0),
    (0, Ellipsis),
    (Ellipsis, None),
    (None, Ellipsis, None),
    (slice(None), None),
    (None, 0),
    (0, None, slice(None)),
    (None, slice(None), None, 1, None),
    (Ellipsis, slice(None, None, 2)),
    (slice(None), slice(0, 0)),
    (),
    [0, 2],
    np.int64(1),
    (np.int32(0), slice(None)),
]
for key in KEYS:
    add("op:getitem", arr((3, 4)), key).grad()
for shape, key in [
    ((5,), 2),
    ((5,), slice(1, 4)),
    ((5,), slice(None, None, -2)),
    ((2, 3, 4), (Ellipsis, 1)),
    ((2, 3, 4), (0, Ellipsis, -1)),
    ((2, 3, 4), (slice(None), 1)),
    ((2, 3, 4), (slice(None), slice(None, None, -1), slice(1, 3))),
    ((2, 3, 4), (1, 2, 3)),
    ((2, 3, 4), (Ellipsis, None, slice(0, 2))),
    ((1, 2, 3, 2), (slice(None), Ellipsis, 0)),
    ((1, 2, 1, 3, 2), (0, Ellipsis, slice(1, None), 0)),
    ((0, 3), slice(None)),
    ((0, 3), (slice(None), 1)),
    ((), Ellipsis),
    ((), None),
    ((), ()),
]:
    add("op:getitem", arr(shape), key).grad()
for dtype in DTYPES:
    add("op:getitem", arr((3, 4), dtype), (slice(None), slice(1, None, 2)))
add("op:getitem", arr((3, 4)), val(1, "int32")).grad()
add("op:getitem", arr((3, 4)), (slice(None), val(-1, "int32")))
add("op:getitem", arr((3, 4)), slice(val(1, "int32"), None))
add("op:getitem", arr((3, 4)), slice(None, val(2, "int32")))
add("op:getitem", arr((3, 4)), (slice(0, val(2, "int32")), slice(val(1, "int32"), val(3, "int32"))))
add("op:getitem", var(arr((3, 4))), (slice(None), 1)).grad()
for key in (3, -4, (0, 4), (0, 0, 0), 1.5, "a", slice(None, None, 0), (Ellipsis, Ellipsis), slice(0.5, 2)):
    add("op:getitem", arr((3, 4)), key).error()
add("op:getitem", arr(()), 0).error()


def shape_item(K, x, i):
    """An element of a dynamic shape."""
    return K.shape(x)[i]


for shape in ((2, 3), (4,), (2, 3, 4)):
    add(shape_item, arr(shape), 0)
    add(shape_item, arr(shape), -1)
    add("shape", arr(shape))
    add("int_shape", arr(shape))
    add("ndim", arr(shape))
for shape in ((), (0, 2), (1, 2, 1, 2, 1)):
    add("shape", arr(shape))
    add("int_shape", arr(shape))
    add("ndim", arr(shape))
for dtype in DTYPES:
    add("dtype", arr((2,), dtype))
for name in ("int_shape", "ndim", "dtype", "count_params"):
    add(name, var(arr((2, 3))))
add("count_params", arr((2, 3)))
add("count_params", var(arr(())))
add("shape", var(arr((2, 3))))
add("shape", raw(arr((2, 3))))
add("shape", [[1, 2], [3, 4]])
add("int_shape", raw(arr((2, 3))))
