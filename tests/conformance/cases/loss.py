"""binary_crossentropy, categorical_crossentropy, sparse_categorical_crossentropy."""

from ..case import DTYPES, FLOATS, Family, arr, raw, val, var

cases = add = Family()

LOSSES = ("binary_crossentropy", "categorical_crossentropy")


def binary_of_sigmoid(K, target, x):
    """On a symbolic sigmoid, TF goes back to the logits."""
    return K.binary_crossentropy(target, K.sigmoid(x))


def categorical_of_softmax(K, target, x):
    """On a symbolic softmax, TF goes back to the logits."""
    return K.categorical_crossentropy(target, K.softmax(x))


def categorical_of_softmax_axis(K, target, x):
    """The same along another axis."""
    return K.categorical_crossentropy(target, K.softmax(x, axis=1), axis=1)


def sparse_of_softmax(K, target, x):
    """On a symbolic softmax, TF goes back to the logits."""
    return K.sparse_categorical_crossentropy(target, K.softmax(x))


def mean_loss(K, target, x):
    """A step of a training loop."""
    return K.mean(K.categorical_crossentropy(target, K.softmax(x)))


for name in LOSSES:
    for dtype in DTYPES:
        for from_logits in (False, True):
            case = add(name, arr((2, 4), dtype, "unit", 1), arr((2, 4), dtype, "unit"), from_logits)
            if dtype not in FLOATS:
                case.error()
            elif dtype in ("float32", "float64"):
                case.grad()
    for shape in [(3,), (2, 3), (2, 3, 4), (1, 2, 3, 2), (2, 1, 2, 1, 3), (0, 3)]:
        for from_logits in (False, True):
            add(
                name,
                arr(shape, kind="unit", seed=1),
                arr(shape, kind="mix" if from_logits else "unit"),
                from_logits=from_logits,
            ).grad()
    add(name, val([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]]), val([[0.0, 1.0, 0.0], [0.0, 0.5, 0.5]])).grad()
    add(name, val([[0.0, 1.0, 0.0]]), val([[30.0, -30.0, 0.0]]), from_logits=True).grad()
    add(name, arr((2, 3), kind="unit", seed=1), var(arr((2, 3), kind="unit"))).grad()
    case = add(name, raw(arr((2, 3), kind="unit", seed=1)), arr((2, 3), kind="unit"))
    if name == "categorical_crossentropy":
        case.differs("any array-like is accepted")
    add(name, raw(arr((2, 3), kind="unit", seed=1)), raw(arr((2, 3), kind="unit"))).differs(
        "any array-like is accepted"
    )
    add(name, arr((2, 3), kind="unit"), arr((2, 3), "float64", "unit")).error()
    add(name, arr((2, 3), "int32", "bits"), arr((2, 3), kind="unit")).error()
    add(name, arr((2, 3), kind="unit"), arr((3, 2), kind="unit")).error()
    add(name, None, arr((2, 3), kind="unit")).error()
    add(name, arr((2, 3), kind="unit"), None).error()
for axis in (0, 1, 2, -1, -2, -3):
    for from_logits in (False, True):
        case = add(
            "categorical_crossentropy",
            arr((2, 3, 4), kind="unit", seed=1),
            arr((2, 3, 4), kind="unit"),
            from_logits,
            axis,
        )
        if from_logits and axis < -1:
            case.differs("TF 2.2 cannot count such an axis from the end when it is given logits")
        else:
            case.grad()
for axis in (3, -4, "a"):
    add("categorical_crossentropy", arr((2, 3, 4), kind="unit", seed=1), arr((2, 3, 4), kind="unit"), axis=axis).error()
add("binary_crossentropy", arr((), kind="unit", seed=1), arr((), kind="unit")).grad()
add("binary_crossentropy", arr((2, 3), kind="unit"), arr((2, 1), kind="unit")).grad()

for dtype in ("float32", "float64"):
    for fn, t, x in (
        (binary_of_sigmoid, (2, 3), (2, 3)),
        (categorical_of_softmax, (2, 3), (2, 3)),
        (categorical_of_softmax_axis, (2, 3, 2), (2, 3, 2)),
        (mean_loss, (4, 3), (4, 3)),
    ):
        add(fn, arr(t, dtype, "unit"), arr(x, dtype)).grad()
        add(fn, arr(t, dtype, "unit"), arr(x, dtype, "wide")).grad()
    for shape in ((2, 3), (2, 4, 3)):
        add(sparse_of_softmax, arr(shape[:-1], "int32", "index3"), arr(shape, dtype)).grad()
        add(sparse_of_softmax, arr(shape[:-1], "int64", "index3"), arr(shape, dtype, "wide")).grad()

SPARSE = "sparse_categorical_crossentropy"
for dtype in DTYPES:
    labels = [True, False] if dtype == "bool" else [0, 2]
    add(SPARSE, val(labels, dtype), arr((2, 3), kind="unit"))
    add(SPARSE, val(labels, dtype), arr((2, 3)), True)
    for from_logits in (False, True):
        case = add(SPARSE, val([0, 2], "int32"), arr((2, 3), dtype, "unit"), from_logits)
        if dtype not in FLOATS:
            case.error()
        elif dtype in ("float32", "float64"):
            case.grad()
for shape in [(2, 3), (2, 4, 3), (1, 2, 2, 3), (2, 1, 2, 1, 3), (0, 3)]:
    for from_logits in (False, True):
        target = arr(shape[:-1], "int32", "index3")
        add(SPARSE, target, arr(shape, kind="mix" if from_logits else "unit"), from_logits).grad()
        column = arr(shape[:-1] + (1,), "int32", "index3")
        if len(shape) == 2:
            add(SPARSE, column, arr(shape, kind="mix" if from_logits else "unit"), from_logits).grad()
for shape, axis in [
    ((2, 3), 1),
    ((2, 3), -1),
    ((2, 3, 4), 1),
    ((2, 3, 4), -2),
    ((2, 3, 2, 2), 1),
    ((3, 2), 0),
    ((3, 2, 2), 0),
    ((3, 2, 2), -3),
]:
    classes = shape[axis]
    rest = tuple(dim for i, dim in enumerate(shape) if i != axis % len(shape))
    for from_logits in (False, True):
        add(
            SPARSE, arr(rest, "int32", f"index{classes}"), arr(shape, kind="unit"), from_logits=from_logits, axis=axis
        ).grad()
add(SPARSE, arr((2, 4), "float32", "index3"), arr((2, 4, 3), kind="unit"))
add(SPARSE, raw(arr((2,), "int32", "index3")), arr((2, 3), kind="unit"))
add(SPARSE, raw(arr((2,), "int32", "index3")), raw(arr((2, 3), kind="unit"))).differs("any array-like is accepted")
add(SPARSE, [0, 2], arr((2, 3), kind="unit"))
add(SPARSE, val([0, 1], "int32"), val([[0.0, 1.0], [1.0, 0.0]])).grad()
for axis in (2, "a"):
    add(SPARSE, val([0, 2], "int32"), arr((2, 3), kind="unit"), axis=axis).error()
for labels in ([0, 3], [-1, 0]):
    add(SPARSE, val(labels, "int32"), arr((2, 3), kind="unit")).error()
add(SPARSE, val([0, 1, 2], "int32"), arr((2, 3), kind="unit")).error()
add(SPARSE, None, arr((2, 3), kind="unit")).error()
add(SPARSE, val([0, 2], "int32"), None).error()
