"""relu, elu, softmax, softplus, softsign, sigmoid, hard_sigmoid, tanh."""

from ..case import COMPLEX, DTYPES, FLOATS, INTS, UINTS, Family, arr, raw, val, var

cases = add = Family()

ACCEPTED = {
    "relu": FLOATS + INTS + UINTS,
    "elu": FLOATS,
    "softmax": FLOATS,
    "softplus": FLOATS,
    "softsign": FLOATS,
    "sigmoid": FLOATS + COMPLEX,
    "hard_sigmoid": FLOATS,
    "tanh": FLOATS + COMPLEX,
}
SHAPES = [(), (0,), (4,), (2, 3), (2, 0, 3), (2, 3, 4), (1, 2, 3, 2), (2, 1, 2, 1, 3)]
EDGES = [-3.0, -2.5, -1.0, -0.0, 0.0, 0.5, 1.0, 2.5, 3.0, 6.0, 7.0]

for name, accepted in ACCEPTED.items():
    for dtype in DTYPES:
        case = add(name, arr((2, 3), dtype))
        if dtype not in accepted:
            case.error()
        elif dtype in ("float32", "float64"):
            case.grad()
    for shape in SHAPES:
        if name == "softmax" and shape == ():
            add(name, arr(shape)).error()
        else:
            add(name, arr(shape, seed=1)).grad()
    add(name, val([EDGES])).grad()
    add(name, arr((16,), kind="special"))
    add(name, arr((2, 20), kind="wide")).grad()
    add(name, arr((2, 20), "float64", kind="wide")).grad()
    add(name, var(arr((2, 3)))).grad()
    if name not in ("hard_sigmoid",):
        add(name, raw(arr((2, 3))))
    add(name, "text").error()
    add(name, None).error()
add("hard_sigmoid", raw(arr((2, 3)))).differs("any array-like is accepted")
for name in ("sigmoid", "tanh", "softplus", "softsign", "elu", "relu"):
    add(name, [1.0, -2.0])
    add(name, 0.5)
add("tanh", [1, 2]).error()

for axis in (0, 1, 2, -1, -2, -3):
    add("softmax", arr((2, 3, 4)), axis).grad()
    add("softmax", arr((2, 3, 4), "float64"), axis=axis)
for shape, axis in [((3,), 0), ((2, 3), 0), ((2, 3), -2), ((1, 2, 3, 2), 1), ((2, 1, 2, 1, 3), 2)]:
    add("softmax", arr(shape), axis=axis).grad()
for shape, axis in [((2, 3), 2), ((2, 3), -3), ((3,), 1), ((2, 3), "a"), ((2, 3), 0.5)]:
    add("softmax", arr(shape), axis=axis).error()
add("softmax", val([[1e4, 0.0, -1e4], [float("-inf"), 0.0, 1.0]])).grad()
add("softmax", val([[float("inf"), 0.0], [float("nan"), 0.0]]))

for alpha in (1.0, 0.5, 2, 0.0, -1.0):
    add("elu", arr((2, 3)), alpha).grad()
    add("elu", arr((2, 3), "float64"), alpha=alpha)
add("elu", arr((2, 3)), "a").error()

for alpha in (0.0, 0.1, 0.5, 1.0, -0.5):
    for max_value in (None, 1.0, 6, 6.0, 1.5):
        for threshold in (0.0, 0.5, 1, -0.5):
            kwargs = {"alpha": alpha, "max_value": max_value, "threshold": threshold}
            add("relu", val([EDGES]), **kwargs).grad()
for max_value in (0, 0.0, 6.0, -1.0):
    add("relu", arr((2, 3)), max_value=max_value)
for dtype in FLOATS + INTS + UINTS:
    add("relu", arr((2, 3), dtype), alpha=0.25)
    add("relu", arr((2, 3), dtype), max_value=6)
    add("relu", arr((2, 3), dtype), 0.25, 6.0) if dtype in FLOATS else None
    if dtype in INTS + UINTS:
        add("relu", arr((2, 3), dtype), max_value=1.5).error()
for dtype in ("float16", "bfloat16", "float64"):
    add("relu", arr((2, 3), dtype), threshold=0.5).differs("TF 2.2 multiplies by a float32 mask and trips over it")
add("relu", arr((2, 3), "bool"), alpha=0.1).error()
add("relu", arr((2, 3), "complex64"), max_value=6).error()
add("relu", arr((2, 3)), "a").error()
add("relu", arr((2, 3)), max_value="a").error()
add("relu", arr((2, 3)), threshold="a").error()
