"""dot, batch_dot, transpose, l2_normalize."""

from ..case import COMPLEX, DTYPES, FLOATS, Family, arr, raw, val, var

cases = add = Family()

ACCEPTED = FLOATS + ("int32", "int64") + COMPLEX

for dtype in DTYPES:
    for fn, a, b in (("dot", (2, 3), (3, 2)), ("dot", (2, 2, 3), (3, 2)), ("batch_dot", (2, 2, 3), (2, 3, 2))):
        case = add(fn, arr(a, dtype), arr(b, dtype, seed=1))
        if dtype not in ACCEPTED:
            case.error()
for a, b in [
    ((1, 1), (1, 1)),
    ((4, 3), (3, 2)),
    ((2, 3, 4), (4, 5)),
    ((2, 3, 4), (2, 4, 5)),
    ((2, 3), (2, 3, 4)),
    ((2, 1, 3, 4), (4, 2)),
    ((2, 3), (4, 3, 2)),
    ((3, 4), (2, 3, 4, 5)),
    ((2, 1, 2, 3), (2, 3, 2)),
    ((1, 2, 1, 2, 3), (3, 2)),
    ((0, 3), (3, 2)),
    ((2, 0), (0, 3)),
    ((2, 0, 3), (3, 2)),
    ((3, 0), (2, 0, 4)),
]:
    case = add("dot", arr(a), arr(b, seed=1))
    case.grad()
    add("dot", arr(a, "float64"), arr(b, "float64", seed=1))
for a, b in [
    ((4,), (4,)),
    ((2, 3), (3,)),
    ((), ()),
    ((2, 3), ()),
    ((), (3, 2)),
    ((2, 3), (2, 3)),
    ((2, 2, 3), (2, 2)),
    ((4,), (4, 2)),
    ((2, 2, 3), (3,)),
]:
    add("dot", arr(a), arr(b, seed=1)).error()
add("dot", arr((2, 3)), var(arr((3, 2), seed=1))).grad()
add("dot", arr((2, 2, 3)), var(arr((3, 4), seed=1))).grad()
add("dot", var(arr((2, 3))), var(arr((3, 2), seed=1))).grad()
add("dot", arr((2, 3)), raw(arr((3, 2), seed=1))).differs("any array-like is accepted")
add("dot", arr((2, 3)), arr((3, 2), "float64")).error()
add("dot", arr((2, 3)), arr((3, 2), "int32")).error()
add("dot", arr((2, 3)), 2.0).error()
add("dot", arr((2, 3)), None).error()
add("dot", arr((2, 3)), "a").error()

for a, b, axes in [
    ((2, 3), (2, 3), None),
    ((2, 3), (2, 3), 1),
    ((2, 3), (2, 3), (1, 1)),
    ((2, 3), (2, 3), [1, 1]),
    ((2, 3), (2, 3), -1),
    ((2, 3, 4), (2, 4, 5), None),
    ((2, 3, 4), (2, 4, 5), (2, 1)),
    ((2, 3, 4), (2, 5, 4), 2),
    ((2, 3, 4), (2, 3, 5), 1),
    ((2, 3, 4), (2, 3, 5), (1, 1)),
    ((2, 3, 4), (2, 5, 3), (1, 2)),
    ((2, 3, 4), (2, 4), (2, 1)),
    ((2, 3), (2, 3, 4), (1, 1)),
    ((2, 3), (2, 4, 3), (1, 2)),
    ((2, 3, 4), (2, 3), (1, 1)),
    ((2, 3, 4), (2, 4), None),
    ((2, 3), (2, 3, 4), None),
    ((2, 2, 3, 4), (2, 4, 5), (3, 1)),
    ((2, 2, 3, 4), (2, 2, 4, 3), (3, 2)),
    ((2, 3, 4), (2, 2, 4, 3), (2, 2)),
    ((2, 3, 4), (2, 4, 3), (-1, -2)),
    ((2, 2, 3, 4), (2, 3), (2, 1)),
    ((2, 2, 3, 4), (2, 4, 5), None),
    ((2, 2, 3, 4), (2, 5, 3, 4), 3),
    ((2, 2, 3, 4), (2, 2, 4, 3), None),
    ((1, 2, 2, 3, 2), (1, 2, 2), (4, 1)),
    ((0, 3), (0, 3), 1),
    ((0, 3, 4), (0, 4, 2), None),
    ((2, 3, 1), (2, 1, 2), (2, 1)),
    ((3, 5, 1), (3, 5, 1), 1),
]:
    add("batch_dot", arr(a), arr(b, seed=1), axes).grad()
for a, b, axes in [
    ((2,), (2,), None),
    ((2, 3), (2,), None),
    ((2, 3), (2, 4), 1),
    ((2, 3), (3, 3), 1),
    ((2, 3, 4), (2, 4, 5), 1),
    ((2, 3), (2, 3), 0),
    ((2, 3), (2, 3), (0, 1)),
    ((2, 3), (2, 3), 2),
    ((2, 3), (2, 3), (1, 2)),
    ((2, 3), (2, 3), (1, 1, 1)),
    ((2, 3), (2, 3), "a"),
    ((2, 3), (2, 3), 1.0),
    ((2, 3, 4), (3, 4, 5), (2, 1)),
    ((2, 3, 4), (2, 4), 1),
    ((), (), None),
    ((2, 3), (2, 3), -4),
    ((2, 3), (2, 3), (1, (1, 2))),
]:
    add("batch_dot", arr(a), arr(b, seed=1), axes).error()
add("batch_dot", arr((2, 3)), var(arr((2, 3), seed=1)), 1).grad()
add("batch_dot", arr((2, 3, 4)), arr((2, 4, 3), "float64")).error()
add("batch_dot", arr((2, 3, 4)), None).error()

for dtype in DTYPES:
    add("transpose", arr((2, 3), dtype))
for shape in [(), (3,), (0, 2), (2, 3), (2, 3, 4), (1, 2, 3, 2), (2, 1, 3, 1, 2)]:
    add("transpose", arr(shape)).grad()
add("transpose", raw(arr((2, 3))))
add("transpose", [[1, 2], [3, 4]])
add("transpose", var(arr((2, 3)))).grad()
add("transpose", [[1, 2], [3]]).error()
add("transpose", None).error()

for dtype in DTYPES:
    case = add("l2_normalize", arr((2, 3), dtype, "pos"))
    if dtype not in FLOATS:
        case.error()
for shape, axis in [
    ((3,), None),
    ((3,), 0),
    ((2, 3), None),
    ((2, 3), 0),
    ((2, 3), 1),
    ((2, 3), -1),
    ((2, 3), (0, 1)),
    ((2, 3, 4), [1, 2]),
    ((2, 3, 4), 1),
    ((2, 1, 3, 2), -2),
    ((1, 2, 2, 1, 3), (2, 4)),
    ((0, 3), 1),
    ((), None),
]:
    add("l2_normalize", arr(shape, kind="nonzero"), axis=axis).grad()
add("l2_normalize", arr((2, 3), "float64", "nonzero"), 1).grad()
for zero in ([[0.0, 0.0], [3.0, 4.0]], [[1e-8, 0.0], [3.0, -4.0]]):
    add("l2_normalize", val(zero), 1).grad()
add("l2_normalize", raw(arr((2, 3), kind="nonzero")), 1)
add("l2_normalize", [3.0, 4.0])
add("l2_normalize", arr((2, 3)), axis=2).error()
add("l2_normalize", arr((2, 3)), axis="a").error()
add("l2_normalize", None).error()
