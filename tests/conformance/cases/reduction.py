"""sum, prod, max, min, mean, var, std, any, all, argmax, argmin, cumsum, cumprod."""

from ..case import COMPLEX, DTYPES, FLOATS, INTS, UINTS, Family, arr, raw, val, var

cases = add = Family()

NUMBERS = FLOATS + INTS + UINTS + COMPLEX
ACCEPTED = {
    "sum": NUMBERS,
    "prod": NUMBERS,
    "max": FLOATS + INTS + UINTS,
    "min": FLOATS + INTS + UINTS,
    "mean": DTYPES,
    "var": FLOATS + ("int32", "int64", "bool"),
    "std": FLOATS + ("bool",),
    "any": DTYPES,
    "all": DTYPES,
}
# TF 2.2 aborts the whole process for the extremum of complex numbers, and their variance depends on the mode.
CRASHES = dict.fromkeys(("max", "min", "argmax", "argmin", "var", "std"), COMPLEX)
AXES = [
    ((4,), 0),
    ((4,), -1),
    ((2, 3), 0),
    ((2, 3), 1),
    ((2, 3), -2),
    ((2, 3), (0, 1)),
    ((2, 3), [1]),
    ((2, 3), ()),
    ((2, 3, 4), (0, 2)),
    ((2, 3, 4), [-1, 0]),
    ((2, 3, 4), 1),
    ((2, 1, 3, 2), (1, 3)),
    ((1, 2, 1, 3, 2), (0, 2, 4)),
    ((2, 3, 4), range(2)),
]
EMPTY = [((0,), None), ((0, 3), 0), ((0, 3), 1), ((2, 0), 1), ((2, 0, 3), (1, 2))]

for name, accepted in ACCEPTED.items():
    smooth = name not in ("any", "all")
    kind = "bits" if not smooth else "distinct" if name in ("max", "min") else "nonzero"
    for dtype in DTYPES:
        if dtype in accepted:
            add(name, arr((2, 3), dtype, kind))
            add(name, arr((2, 3), dtype, kind), axis=1)
        elif dtype not in CRASHES.get(name, ()):
            add(name, arr((2, 3), dtype)).error()
    base = "float32" if smooth else "bool"
    for shape in ((), (5,), (2, 3), (2, 1, 3), (2, 1, 3, 2), (1, 2, 1, 2, 3)):
        for keepdims in (False, True):
            case = add(name, arr(shape, base, kind, 1), keepdims=keepdims)
            if smooth and not (name == "std" and shape == ()):
                case.grad()
    for shape, axis in AXES:
        for keepdims in (False, True):
            if isinstance(axis, range) and keepdims:
                continue
            case = add(name, arr(shape, base, kind, 2), axis, keepdims)
            if smooth and axis != ():
                case.grad()
    for shape, axis in EMPTY:
        add(name, arr(shape, base), axis)
    add(name, arr((2, 3), base, kind), axis=2).error()
    add(name, arr((2, 3), base, kind), axis=-3).error()
    add(name, arr((), base, kind), axis=0).error()
    add(name, arr((2, 3), base, kind), axis=(0, 5)).error()
    add(name, arr((2, 3), base, kind), axis="a").error()
    add(name, arr((2, 3), base, kind), axis=0.5).error()
    add(name, var(arr((2, 3), base, kind)), axis=0)
    if name in ("sum", "prod", "max", "min", "any", "all"):
        add(name, raw(arr((2, 3), base, kind)), axis=0)
        add(name, raw(arr((2, 3), "float64", kind)))
        add(name, [[1, 0], [2, 3]], axis=1)
        add(name, [1.5, 0.0, 2.5])
    else:
        add(name, raw(arr((2, 3), base, kind)), axis=0).differs("any array-like is accepted")
        add(name, [[1.0, 3.0], [5.0, 3.0]], axis=0).differs("any array-like is accepted")
    add(name, None).error()
    add(name, "text").error()

for name in ("sum", "prod", "max", "min", "mean", "var", "std"):
    add(name, arr((16,), kind="special"))
    add(name, val([1.0, float("nan"), 3.0]))
    add(name, val([1.0, float("inf"), 3.0]))
for name in ("max", "min"):
    add(name, arr((3, 6), kind="ties"), axis=1).grad()
    add(name, arr((3, 6), kind="ties")).grad()
    add(name, arr((2, 3, 6), kind="ties"), axis=(0, 2), keepdims=True).grad()
add("prod", val([2.0, 0.0, 3.0])).grad()
add("prod", val([2.0, 0.0, 0.0])).grad()
add("prod", val([[2.0, 0.0], [1.5, 3.0]]), axis=1).grad()
add("std", val([[1.0, 1.0], [2.0, 3.0]]), axis=1).grad()
add("var", val([[1.0, 1.0], [2.0, 3.0]]), axis=1).grad()
for data in ([1, 2], [-1, -2], [-1, 0, 0], [7, 8, 9]):
    add("mean", val(data, "int32"))
    add("mean", val(data, "int64"))
    add("var", val(data, "int32"))
add("sum", val([200, 100], "uint8"))
add("prod", val([100, 3], "int8"))
add("mean", val([200, 100, 90], "uint8"))
add("sum", arr((1000,), "float32", "mix"))
add("mean", arr((1000,), "float16", "pos"))
add("any", arr((0,), "bool"))
add("all", arr((0,), "bool"))
add("any", val([float("nan")]))
add("all", val([0.5, -0.25]))

for name in ("argmax", "argmin"):
    for dtype in DTYPES:
        if dtype in CRASHES[name]:
            continue
        case = add(name, arr((3, 4), dtype, "distinct"))
        if dtype == "bool":
            case.error()
    for shape, axis in [
        ((5,), 0),
        ((5,), -1),
        ((3, 4), 0),
        ((3, 4), 1),
        ((3, 4), -2),
        ((2, 3, 4), 1),
        ((2, 3, 4), -1),
        ((2, 1, 3, 2), 2),
        ((1, 2, 1, 3, 2), 3),
        ((0, 3), 1),
    ]:
        add(name, arr(shape, kind="distinct"), axis)
    add(name, arr((3, 8), kind="ties"), -1)
    add(name, arr((3, 8), "int32", kind="ties"), 0)
    add(name, raw(arr((3, 4), kind="distinct")))
    add(name, [1, 5, 2])
    add(name, var(arr((3, 4), kind="distinct")))
    add(name, arr((3, 4)), axis=2).error()
    add(name, arr((3, 4)), axis=-3).error()
    add(name, arr((0, 3)), axis=0).error()
    add(name, arr(())).error()
    add(name, "text").error()
add("argmax", val([1.0, float("nan"), 2.0]))

for name in ("cumsum", "cumprod"):
    for dtype in DTYPES:
        if dtype in ("uint32", "uint64"):
            continue
        case = add(name, arr((2, 3), dtype, "nonzero"))
        if dtype == "bool":
            case.error()
    for shape, axis in [
        ((5,), 0),
        ((5,), -1),
        ((3, 4), 0),
        ((3, 4), 1),
        ((3, 4), -2),
        ((2, 3, 2), 1),
        ((2, 1, 3, 2), 2),
        ((1, 2, 1, 3, 2), 3),
        ((0, 3), 0),
        ((2, 0), 0),
    ]:
        add(name, arr(shape, kind="nonzero"), axis).grad()
    add(name, raw(arr((3, 4))), 1)
    add(name, [1, 2, 3])
    add(name, [[1.0, 2.0], [3.0, 4.0]], axis=1)
    add(name, arr((3, 4)), axis=2).error()
    add(name, arr((3, 4)), axis=-3).error()
    add(name, arr(())).error()
    add(name, "text").error()
add("cumprod", val([2.0, 0.0, 3.0, 4.0]))
