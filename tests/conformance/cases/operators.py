"""Python's operators on tensors."""

from ..case import COMPLEX, DTYPES, FLOATS, INTS, UINTS, Family, arr, raw, val, var

cases = add = Family()

SMALL = ("uint8", "uint16")
SIGNED = ("int32", "int64")
ACCEPTED = {
    "add": FLOATS + INTS + ("uint8",) + COMPLEX,
    "sub": FLOATS + INTS + SMALL + COMPLEX,
    "mul": FLOATS + INTS + SMALL + COMPLEX,
    "truediv": FLOATS + INTS + SMALL + COMPLEX,
    "floordiv": FLOATS + INTS + SMALL,
    "mod": FLOATS + SIGNED,
    "pow": FLOATS + SIGNED + COMPLEX,
    "matmul": FLOATS + SIGNED + COMPLEX,
    "eq": FLOATS + INTS + ("uint8", "bool") + COMPLEX,
    "ne": FLOATS + INTS + ("uint8", "bool") + COMPLEX,
    "lt": FLOATS + INTS + UINTS,
    "le": FLOATS + INTS + UINTS,
    "gt": FLOATS + INTS + UINTS,
    "ge": FLOATS + INTS + UINTS,
    "and": ("bool",),
    "or": ("bool",),
    "xor": ("bool",),
}
UNDECIDED = {"eq": UINTS, "ne": UINTS, "floordiv": COMPLEX}  # no kernel in TF 2.2
WIDTH = "integers of every width are accepted"
WIDER = {
    "add": ("uint16", "uint32", "uint64"),
    "sub": ("uint32", "uint64"),
    "mul": ("uint32", "uint64"),
    "floordiv": ("uint32", "uint64"),
    "mod": ("int8", "int16"),
    "pow": ("int8", "int16"),
    "neg": ("int8", "int16"),
}
COMPARISONS = ("eq", "ne", "lt", "le", "gt", "ge")
LOGICAL = ("and", "or", "xor")
NO_GRADIENT = COMPARISONS + LOGICAL
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

for name, accepted in ACCEPTED.items():
    op = "op:" + name
    for dtype in DTYPES:
        left = "pos" if name == "pow" else "mix"
        right = "bits" if name == "pow" else "nonzero" if dtype not in UINTS else "pos"
        b = (3, 2) if name == "matmul" else (2, 3)
        if dtype in accepted:
            add(op, arr((2, 3), dtype, left), arr(b, dtype, right, 1))
        elif dtype not in UNDECIDED.get(name, ()):
            case = add(op, arr((2, 3), dtype, left), arr(b, dtype, right, 1))
            case.differs(WIDTH) if dtype in WIDER.get(name, ()) else case.error()
    if name == "matmul":
        continue
    dtype = "bool" if name in LOGICAL else "float32"
    for a, b in PAIRS:
        case = add(op, arr(a, dtype, "pos"), arr(b, dtype, "nonzero", 2))
        if name not in NO_GRADIENT:
            case.grad()
    add(op, arr((2, 3), dtype, "pos"), raw(arr((3,), dtype, "nonzero", 1)))
    add(op, var(arr((2, 3), dtype, "pos")), arr((3,), dtype, "nonzero", 1))
    add(op, arr((2, 3), dtype, "pos"), var(arr((3,), dtype, "nonzero", 1)))
    if name in LOGICAL:
        add(op, arr((2, 3), "bool"), True)
        add(op, arr((2, 3), "bool"), 1).error()
        add(op, True, arr((2, 3), "bool"))
        continue
    for number in (2, 2.5, -1.5):
        case = add(op, arr((2, 3), kind="pos"), number)
        if name not in NO_GRADIENT:
            case.grad()
        add(op, number, arr((2, 3), kind="nonzero" if name != "pow" else "pos"))
        add(op, arr((2, 3), "float64", "pos"), number)
    for dtype in SIGNED:
        add(op, arr((2, 3), dtype), 3)
        add(op, 3, arr((2, 3), dtype, "pos"))
        add(op, arr((2, 3), dtype), 2.5).error()
    add(op, arr((2, 3), "bool"), 1).error()
    add(op, arr((3,), kind="pos"), [1.0, 2.0, 3.0])
    add(op, [1.0, 2.0, 3.0], arr((3,), kind="pos"))
    add(op, arr((3,), "int32"), [1, 2, 3])
    if name not in ("eq", "ne"):
        add(op, arr((3,)), None).error()
        add(op, arr((3,)), "a").error()
        add(op, arr((2, 3)), arr((4,))).error()
        add(op, arr((3,)), arr((3,), "float64")).error()
        add(op, arr((3,)), arr((3,), "int32")).error()
        add(op, arr((3,), "int32"), arr((3,), "int64")).error()
add("op:eq", arr((3,)), None)
for name in ("eq", "ne"):
    add("op:" + name, arr((3,)), arr((2, 2))).differs("where dims are unknown, shapes that do not fit are an error")
add("op:eq", arr((3,)), "a").error()
add("op:ne", arr((3,)), None)
add("op:eq", arr((3,)), arr((3,), "int32")).error()
add("op:eq", arr((3,)), arr((3,), "float64")).error()
for name in COMPARISONS:
    add("op:" + name, arr((16,), kind="special"), 0.0)

for a, b in [
    ((2, 3), (3, 2)),
    ((2, 2, 3), (2, 3, 2)),
    ((2, 2, 3), (3, 2)),
    ((1, 2, 3), (4, 3, 2)),
    ((2, 1, 2, 3), (3, 3, 1)),
    ((2, 0), (0, 3)),
    ((0, 2, 3), (0, 3, 2)),
    ((1, 2, 1, 2, 3), (2, 1, 2, 3, 1)),
]:
    add("op:matmul", arr(a), arr(b, seed=1)).grad()
for a, b in [((3,), (3,)), ((2, 3), (3,)), ((3,), (3, 2)), ((2, 3), (2, 3)), ((), ()), ((2, 2, 3), (3, 3, 2))]:
    add("op:matmul", arr(a), arr(b, seed=1)).error()
add("op:matmul", arr((2, 3)), raw(arr((3, 2), seed=1)))
add("op:matmul", arr((2, 3)), arr((3, 2), "float64")).error()
add("op:matmul", arr((2, 3)), 2.0).error()

for name, dtypes in [("neg", FLOATS + SIGNED + COMPLEX), ("abs", FLOATS + INTS + COMPLEX), ("invert", ("bool",))]:
    for dtype in DTYPES:
        case = add("op:" + name, arr((2, 3), dtype))
        if dtype in WIDER.get(name, ()):
            case.differs(WIDTH)
        elif dtype not in dtypes:
            case.error()
        elif dtype == "float32":
            case.grad()
    for shape in ((), (0,), (3,), (2, 1, 2, 1, 3)):
        add("op:" + name, arr(shape, "bool" if name == "invert" else "float32"))
    add("op:" + name, var(arr((3,), "bool" if name == "invert" else "float32")))
for dtype in ("float16", "bfloat16", "float64", "int8", "uint8", "complex64"):
    add("op:mul", arr((3,), dtype), 2)
    add("op:add", 1, arr((3,), dtype))
    add("op:truediv", arr((3,), dtype, "pos"), 2)
for a, b in [(7, 3), (-7, 3), (7, -3), (-7, -3)]:
    for dtype in ("int32", "float32", "float64"):
        add("op:floordiv", val([a], dtype), val([b], dtype))
        add("op:mod", val([a], dtype), val([b], dtype))
        add("op:truediv", val([a], dtype), val([b], dtype))
for name in ("floordiv", "mod", "truediv"):
    add("op:" + name, val([1.0, -1.0, 0.0]), val([0.0, 0.0, 0.0]))
add("op:add", arr((2,), "complex64"), 1j)
add("op:mul", arr((2,), "float32"), 1j).error()
add("op:add", val([127], "int8"), val([1], "int8"))
add("op:sub", val([0], "uint8"), val([1], "uint8"))
add("op:mul", val([2**31 - 1], "int32"), val([2], "int32"))
add("op:pow", val([2.0, -2.0]), val([3.0, 2.0])).grad()
for name in ("len", "bool", "int", "float"):
    x = arr((3,)) if name == "len" else val(2.0)
    add("op:" + name, x)
