"""Random numbers: only dtype, shape and range can be the same."""

from ..case import DTYPES, FLOATS, Family, arr, raw

cases = add = Family()

INF = float("inf")
SHAPES = [(), (3,), (0,), (2, 3), (2, 1, 2), (1, 2, 1, 2, 1)]


def uniform_rows(K, x):
    """A shape that is symbolic in part."""
    return K.random_uniform((K.shape(x)[0], 3))


for name, bounds in (
    ("random_uniform", (0, 1)),
    ("random_normal", (-INF, INF)),
    ("truncated_normal", (-2, 2)),
    ("random_binomial", (0, 1)),
):
    for shape in SHAPES:
        add(name, shape).random(*bounds)
    for dtype in DTYPES:
        kwargs = (
            {"p": 0.5}
            if name == "random_binomial"
            else {"minval": 0, "maxval": 5}
            if name == "random_uniform" and dtype[:3] == "int"
            else {}
        )
        case = add(name, (4,), dtype=dtype, **kwargs)
        if dtype in FLOATS or (kwargs.get("maxval") and dtype in ("int32", "int64")):
            case.random(bounds[0], 5 if "maxval" in kwargs else bounds[1])
        else:
            case.error()
    add(name, [2, 3], seed=1).random(*bounds)
    for shape in ((-1, 2), "ab", (2.5,), None):
        add(name, shape).error()
add("random_uniform", (50,), -3.0, -2.0).random(-3, -2)
add("random_uniform", (50,), minval=2, maxval=4, dtype="int32").random(2, 3)
add("truncated_normal", (50,), 10.0, 2.0).random(6, 14)
add("random_normal", (50,), mean=100.0, stddev=0.5).random(90, 110)
add("random_binomial", (20,), p=1.0).random(1, 1)
add("random_binomial", (20,), p=0.0).random(0, 0)
add(uniform_rows, arr((4, 2))).random(0, 1)
for shape in SHAPES:
    add("random_uniform_variable", shape, -1.0, 1.0).random(-1, 1)
    add("random_normal_variable", shape, 0.0, 1.0).random(-INF, INF)
add("random_uniform_variable", (4,), 0, 1, dtype="float64").random(0, 1)
add("random_normal_variable", (4,), 0, 1, dtype="float64").random(-INF, INF)
for dtype in DTYPES:
    case = add("dropout", arr((4, 5), dtype, "pos"), 0.5)
    if dtype in FLOATS:
        case.random(0, 4)
    else:
        case.error()
for shape in ((5,), (2, 3), (2, 3, 2), (0, 2)):
    add("dropout", arr(shape), 0.25).random(-3, 3)
add("dropout", arr((2, 3)), 0.0)
add("dropout", arr((2, 3)), 0.5, noise_shape=(2, 1)).random(-4, 4)
add("dropout", arr((2, 3)), 0.5, (1, 3), 7).random(-4, 4)
add("dropout", arr((2, 3)), 0.5, seed=3).random(-4, 4)
add("dropout", raw(arr((2, 3))), 0.5).random(-4, 4)
for level in (1.0, 1.5, -0.1, "a", None):
    add("dropout", arr((2, 3)), level).error()
