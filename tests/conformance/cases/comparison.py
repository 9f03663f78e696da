"""equal, not_equal, greater, greater_equal, less, less_equal."""

from ..case import COMPLEX, DTYPES, FLOATS, INTS, UINTS, Family, arr, raw, val, var

cases = add = Family()

PAIRS = [
    ((), ()),
    ((), (3,)),
    ((2, 3), (3,)),
    ((3,), (2, 3)),
    ((2, 1), (1, 3)),
    ((2, 1, 3), (4, 1)),
    ((0,), (1,)),
    ((2, 0), (1, 1)),
    ((1, 2, 1, 2, 1), (2, 1, 1, 1, 2)),
]
ACCEPTED = dict.fromkeys(("equal", "not_equal"), FLOATS + INTS + ("uint8", "bool") + COMPLEX)
ACCEPTED.update(dict.fromkeys(("greater", "greater_equal", "less", "less_equal"), FLOATS + INTS + UINTS))
NO_KERNEL = ("uint16", "uint32", "uint64")  # for equality

for name, accepted in ACCEPTED.items():
    for dtype in DTYPES:
        case = add(name, arr((8,), dtype, "ties"), arr((8,), dtype, "ties", seed=1))
        if dtype not in accepted:
            if dtype in NO_KERNEL:
                case.differs("TF 2.2 has no CPU kernel for it")
            else:
                case.error()
    for a, b in PAIRS:
        add(name, arr(a, kind="ties"), arr(b, kind="ties", seed=2))
    add(name, arr((16,), kind="special"), arr((16,), kind="special"))
    add(name, arr((16,), kind="special"), 0.0)
    add(name, arr((3, 2), kind="ties"), 1)
    add(name, arr((3, 2), "int32", kind="ties"), 1)
    add(name, 1.0, arr((3, 2), kind="ties"))
    add(name, arr((3,), kind="ties"), raw(arr((3,), kind="ties", seed=1)))
    add(name, raw(arr((3,), kind="ties")), raw(arr((3,), kind="ties", seed=1)))
    add(name, var(arr((3,), kind="ties")), arr((3,), kind="ties", seed=1))
    add(name, [1, 2, 3], [3, 2, 1])
    add(name, 1, 2)
    add(name, arr((3,), "float64"), val([0.5, 0.25, 1.0], "float64"))
    add(name, arr((3,)), arr((3,), "float64")).error()
    add(name, arr((3,)), arr((3,), "int32")).error()
    add(name, arr((3,), "int32"), arr((3,), "int64")).error()
    add(name, arr((3,), "int32"), 0.5).error()
    add(name, arr((3,)), arr((2, 2))).error()
    add(name, arr((3,)), "a").error()
    add(name, arr((3,)), None).error()
