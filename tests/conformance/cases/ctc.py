"""ctc_batch_cost, ctc_decode."""

from ..case import DTYPES, Family, arr, raw, val

cases = add = Family()

COST, DECODE = "ctc_batch_cost", "ctc_decode"
SINGLE = 1e-6  # TF adds up logarithms in single precision, for doubles too


def column(numbers, dtype="int32"):
    """Lengths, as `ctc_batch_cost` wants them."""
    return val([[n] for n in numbers], dtype)


def softmax_cost(K, labels, x, times, counts):
    """The loss as a network is trained with it."""
    return K.mean(K.ctc_batch_cost(labels, K.softmax(x), times, counts))


def cost_of_slices(K, labels, x, times, counts):
    """The first steps left out, as in many an OCR model."""
    return K.ctc_batch_cost(labels, x[:, 2:, :], times, counts)


PRED = arr((2, 5, 4), kind="unit")
LABELS = val([[0, 1], [1, 2]], "int32")
FULL, TWO = column([5, 5]), column([2, 2])

# ------------------------------------------------------------------------------------------------------------- the loss

for dtype in DTYPES:
    case = add(COST, LABELS, arr((2, 5, 4), dtype, "unit"), FULL, TWO)
    if dtype in ("float32", "float64"):
        case.grad().within(SINGLE * 10)
    elif dtype in ("float16", "bfloat16"):
        case.differs("TF 2.2 knows the loss of float32 and float64 only")
    else:
        case.error()
    add(COST, val([[0, 1], [1, 0]], dtype), PRED, FULL, TWO).grad()
    if dtype not in ("bool", "complex64", "complex128"):
        add(COST, LABELS, PRED, column([5, 4], dtype), TWO)
        add(COST, LABELS, PRED, FULL, column([2, 1], dtype))
for labels, counts in [
    ([[0, 1, 2], [2, 1, 0]], [3, 3]),
    ([[0, 1, 2], [2, 1, 0]], [1, 2]),
    ([[0, 0, 0], [2, 2, 1]], [3, 3]),
    ([[0, 0, -1], [2, 2, -5]], [2, 2]),
    ([[0, 1, 2], [2, 1, 0]], [4, 7]),
    ([[0, 3, 3], [2, 1, 3]], [3, 3]),
    ([[0, 9, 3], [2, 1, 4]], [3, 3]),
]:
    for times in ([5, 5], [5, 4], [3, 5]):
        for dtype in ("float32", "float64"):
            case = add(COST, val(labels, "int32"), arr((2, 5, 4), dtype, "unit"), column(times), column(counts))
            case.grad().within(SINGLE * 10)
for n, time, classes, width in [(1, 1, 2, 1), (1, 3, 2, 1), (3, 1, 5, 1), (4, 9, 3, 3), (2, 20, 10, 8), (1, 60, 6, 20)]:
    for kind in ("unit", "ties", "pos"):
        labels = arr((n, width), "int32", f"index{classes - 1}")
        pred = arr((n, time, classes), kind="bits" if kind == "ties" else kind)
        if width > 1:  # (else TF 2.2 can't build the graph, if it knows the shape)
            case = add(COST, labels, pred, column([time] * n), column([width] * n)).within(1e-4)
            if kind != "ties" or time < 60:
                case.grad()
        elif kind != "ties":
            add(COST, labels, pred, column([time] * n), column([width] * n))
for value in (0.0, 0.25, 1.0):
    add(COST, LABELS, val([[[value] * 4] * 5] * 2), FULL, TWO).grad().within(1e-4)
add(COST, val([[0, 0], [1, 2]], "int32"), PRED, column([2, 5]), TWO).grad().within(1e-4)  # infinite
add(COST, val([[0.0, 1.9], [1.2, 2.7]]), PRED, FULL, TWO).grad()
add(COST, LABELS, raw(PRED), FULL, TWO)
add(COST, raw(LABELS), PRED, raw(FULL), raw(TWO)).grad()
add(COST, [[0, 1], [1, 2]], PRED, [[5], [5]], [[2], [2]]).grad()
for wide in ("mix", "wide"):
    for shape, labels in (((2, 5, 4), LABELS), ((3, 8, 5), arr((3, 2), "int32", "index4"))):
        n, time = shape[:2]
        add(softmax_cost, labels, arr(shape, kind=wide), column([time] * n), column([2] * n)).grad().within(1e-4)
        args = (labels, arr(shape, kind="unit"), column([time - 2] * n), column([2] * n))
        add(cost_of_slices, *args).grad().within(1e-4)
add(COST, val([[3, 3], [1, 2]], "int32"), PRED, FULL, TWO).differs("TF 2.2 reads beside its arrays where no label is")
for labels, times, counts in [
    ([[3, 0], [1, 2]], [5, 5], [2, 2]),
    ([[0, -1], [1, 2]], [5, 5], [2, 2]),
    ([[0, 1], [1, 2]], [1, 5], [2, 2]),
    ([[0, 1], [1, 2]], [0, 5], [2, 2]),
    ([[0, 1], [1, 2]], [6, 5], [2, 2]),
    ([[0, 1], [1, 2]], [-1, 5], [2, 2]),
    ([[0, 1], [1, 2]], [5, 5], [0, 2]),
    ([[0, 1], [1, 2]], [5, 5], [-1, 2]),
]:
    add(COST, val(labels, "int32"), PRED, column(times), column(counts)).error()
for labels, pred, times, counts in [
    (LABELS, PRED, val([5, 5], "int32"), TWO),
    (LABELS, PRED, FULL, val([2, 2], "int32")),
    (LABELS, PRED, val([[5, 5], [5, 5]], "int32"), TWO),
    (LABELS, PRED, column([5]), TWO),
    (LABELS, PRED, column([5, 5, 5]), TWO),
    (LABELS, PRED, FULL, column([2])),
    (LABELS, PRED, FULL, column([2, 2, 2])),
    (val([[0, 1]], "int32"), PRED, FULL, TWO),
    (val([[0, 1]], "int32"), PRED, FULL, column([2])),
    (val([0, 1], "int32"), PRED, FULL, TWO),
    (LABELS, arr((5, 4), kind="unit"), FULL, TWO),
    (arr((2, 0), "int32"), PRED, FULL, column([0, 0])),
    (arr((0, 2), "int32"), arr((0, 5, 4)), arr((0, 1), "int32"), arr((0, 1), "int32")),
    (None, PRED, FULL, TWO),
    (LABELS, None, FULL, TWO),
    (LABELS, PRED, None, TWO),
    (LABELS, PRED, FULL, None),
]:
    add(COST, labels, pred, times, counts).error()

# ------------------------------------------------------------------------------------------------------------- decoding

TIMES = val([5, 5], "int32")
BEAM = {"greedy": False, "beam_width": 5, "top_paths": 2}

for dtype in DTYPES:
    for options in ({}, BEAM):
        case = add(DECODE, arr((2, 5, 4), dtype, "unit"), TIMES, **options)
        if dtype == "float64":
            case.within(SINGLE)
        elif dtype in ("float16", "bfloat16"):
            case.differs("TF 2.2 decodes float32 and float64 only")
        elif dtype != "float32":
            case.error()
    if dtype not in ("bool", "complex64", "complex128"):
        add(DECODE, PRED, val([5, 2], dtype))
for options in ({}, {"greedy": False}, {"greedy": False, "top_paths": 3}, {"greedy": False, "beam_width": 3}):
    for times in ([5, 5], [3, 1], [1, 1]):
        add(DECODE, PRED, val(times, "int32"), **options)
    for n, time, classes, kind in [(1, 1, 3, "unit"), (3, 7, 3, "bits"), (2, 12, 5, "unit"), (1, 30, 4, "pos")]:
        add(DECODE, arr((n, time, classes), kind=kind), val([time] * n, "int32"), **options)
for options in ({}, {"greedy": False}, {"greedy": False, "beam_width": 1}, {"greedy": False, "beam_width": 4}):
    for times in ([0, 1], [0, 0], [-1, 3]):
        add(DECODE, PRED, val(times, "int32"), **options)
    add(DECODE, val([[[0.25] * 4] * 6] * 2), val([6, 5], "int32"), **options)  # all alike
    add(DECODE, arr((0, 5, 4)), arr((0,), "int32"), **options)
    add(DECODE, arr((2, 5, 1), kind="unit"), TIMES, **options)
    add(DECODE, PRED, raw(TIMES), **options)
    add(DECODE, PRED, [5, 4], **options)
    for pred, times in [
        (PRED, val([6, 1], "int32")),
        (PRED, val([[5], [5]], "int32")),
        (PRED, val([5], "int32")),
        (arr((5, 4), kind="unit"), TIMES),
        (arr((2, 0, 4)), val([0, 0], "int32")),
        (None, TIMES),
        (PRED, None),
    ]:
        add(DECODE, pred, times, **options).error()
add(DECODE, val([[[0.25] * 4] * 3]), val([3], "int32"), greedy=False, top_paths=20)
add(DECODE, PRED, TIMES, False, 10, 4)
add(DECODE, PRED, TIMES, True, 0, 0)
for width, paths in [(0, 1), (-1, 1), (5, 0), (5, 6)]:
    add(DECODE, PRED, TIMES, greedy=False, beam_width=width, top_paths=paths).error()
add(DECODE, arr((2, 1, 4), kind="unit"), val([1, 1], "int32"), greedy=False, top_paths=5).error()
