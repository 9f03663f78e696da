"""ones, zeros, ones_like, zeros_like, eye, constant, variable, placeholder, arange."""

import numpy as np

from ..case import DTYPES, FLOATS, INTS, Family, arr, raw, val, var

cases = add = Family()

NO_KERNEL = ("uint32", "uint64")  # TF 2.2 has no CPU kernels to fill these
SHAPES = [(), (5,), (0,), (2, 3), (3, 0, 2), (2, 1, 3), (1, 2, 3, 2), (2, 1, 2, 1, 2)]


def filled_from_tensor(K, x, fill):
    """ones/zeros of a symbolic shape."""
    return getattr(K, fill)(K.shape(x))


def filled_from_parts(K, x, fill):
    """ones/zeros of a shape that is symbolic in part."""
    return getattr(K, fill)((K.shape(x)[0], 4))


def name_of(K, fill, *args, **kwargs):
    """The name that a created variable bears."""
    return getattr(K, fill)(*args, **kwargs).name


for fill in ("ones", "zeros"):
    for shape in SHAPES:
        add(fill, shape)
    for dtype in DTYPES:
        if dtype not in NO_KERNEL:
            add(fill, (2, 2), dtype=dtype)
    for dtype in NO_KERNEL:
        add(fill, (2, 2), dtype=dtype).differs("TF 2.2 has no CPU kernel for it")
    for dtype in (np.float64, np.int32, np.dtype("float16"), np.bool_, float, bool):
        add(fill, (2,), dtype=dtype)
    for shape in (
        [2, 3],
        [],
        4,
        0,
        np.int64(3),
        np.int32(2),
        (np.int64(2), 3),
        np.array([2, 3]),
        np.array([2], "int32"),
    ):
        add(fill, shape)
    for shape in ((-1, 2), -3, (2, None), None, "ab", 3.5, (2.5, 3), [[2, 3]], ("a",), object):
        add(fill, shape).error()
    for dtype in ("float33", "no such", 5.5, (2,)):
        add(fill, (2,), dtype=dtype).error()
    add(fill, val([2, 3], "int32"))
    add(fill, val([2, 0], "int64"))
    for shape in ((2, 3), (4,), (2, 3, 4)):
        add(filled_from_tensor, arr(shape), fill)
        add(filled_from_parts, arr(shape), fill)

    like = fill + "_like"
    for shape in SHAPES:
        add(like, arr(shape))
    for dtype in DTYPES:
        add(like, arr((2, 3), dtype))
        add(like, arr((2, 3)), dtype=dtype)
    for dtype in (np.float64, np.int32, np.bool_):
        add(like, arr((2,)), dtype=dtype)
    for x in (
        raw(arr((2, 3))),
        raw(arr((2,), "float64")),
        raw(arr((2,), "int64")),
        raw(arr((2,), "bool")),
        var(arr((2, 3))),
        var(arr((2,), "int32")),
        3,
        2.5,
        True,
        [1, 2],
        [[1.0, 2.0], [3.0, 4.0]],
        [[True], [False]],
        (1, 2),
        np.float64(2),
        np.int64(2),
        np.float32(1),
        [],
    ):
        add(like, x)
    for x in (None, [[1, 2], [3]], object, {"a": 1}):
        add(like, x).error()
    for dtype in ("float33", (2,)):
        add(like, arr((2,)), dtype=dtype).error()
    add(like, val([np.nan, np.inf]))
    add(like, arr((2, 3))).grad()

for size in (0, 1, 3):
    add("eye", size)
for dtype in DTYPES:
    if dtype not in NO_KERNEL:
        add("eye", 3, dtype=dtype)
add("eye", 3, "float64")
add("eye", np.int64(2))
add("eye", val(3, "int32"))
add("eye", -1).error()
add("eye", "a").error()
add("eye", None).error()
add("eye", 2, dtype="float33").error()

for dtype in DTYPES:
    add("constant", 1, dtype=dtype) if dtype != "bool" else add("constant", True, dtype=dtype)
    add("constant", raw(arr((2, 3), dtype)), dtype=dtype)
for value in (
    2,
    2.5,
    True,
    [1, 2, 3],
    [[1.0, 2.0]],
    (1, 2),
    [],
    np.float64(1.25),
    np.int64(3),
    np.array([1.5, 2.5]),
    np.array([1, 2]),
    np.array([True, False]),
):
    add("constant", value)
add("constant", 3, shape=(2, 3))
add("constant", 2.5, "float64", (2,))
add("constant", [1, 2, 3, 4], shape=(2, 2))
add("constant", [1, 2], "int32", (2, 1))
add("constant", 7, shape=())
add("constant", [1, 2, 3], shape=(2, 2)).error()
add("constant", 1.5, "int32").error()
add("constant", "text", "float32").error()
add("constant", [[1, 2], [3]]).error()
add("constant", None).error()
add("constant", 1, dtype="float33").error()
add("constant", 1.5, dtype="bool").error()

for dtype in DTYPES:
    if dtype not in NO_KERNEL:
        add("variable", raw(arr((2, 3), dtype)), dtype=dtype)
for value in (
    2,
    2.5,
    True,
    [1, 2, 3],
    [[1.0, 2.0]],
    (3, 4),
    [],
    np.float64(1.25),
    np.int64(3),
    raw(arr((2, 3), "float64")),
    raw(arr((2,), "int64")),
    raw(arr((2,), "bool")),
    raw(arr((0, 3))),
):
    add("variable", value)
for dtype in FLOATS + INTS:
    add("variable", [1, 0], dtype=dtype)
add("variable", 1.5, dtype="int32").error()
add("variable", None).error()
add("variable", [[1, 2], [3]]).error()
add("variable", "text").error()
add("variable", 1, dtype="float33").error()

for args in ((5,), (0,), (-3,), (2, 7), (2, 7, 2), (7, 2, -1), (7, 2, -2), (0, 10, 3), (2, 2), (-3, 3)):
    add("arange", *args)
for args in ((7, 2), (0, 5, 0), (2, 7, -1), ("a",), (None,)):
    add("arange", *args).error()
for args in ((2.5,), (0.5, 3.0), (0.0, 1.0, 0.25), (1, 2.5, 0.5), (5.0,)):
    add("arange", *args)
for dtype in DTYPES:
    if dtype not in ("bool", "complex64", "complex128"):
        add("arange", 4, dtype=dtype)
add("arange", 1, 6, 2, "float64")
add("arange", 2.5, dtype="float64")
add("arange", val(4, "int32"))
add("arange", np.int64(4))

for fill in ("ones", "zeros"):
    add(name_of, fill, (2,), name="foo").session().differs("in graph mode TF 2.2 adds _1", "foo:0")
    add(name_of, fill, (2,)).session()
add(name_of, "variable", 1, name="kvar").session()
add(name_of, "variable", 1).session()
