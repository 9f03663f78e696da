"""Sparse tensors, alone and as arguments of other functions."""

import numpy as np

from ..case import DTYPES, Family, arr, raw, val

cases = add = Family()

NOT_THERE = "TF 2.2 has no product of sparse matrices for this dtype"
ANY_ORDER = "entries may come in any order, and those of one place add up, as they do in a product"
SHAPE = "a value has to fit the placeholder's shape; TF 2.2 computes with another one"
GRADIENT = "gradients flow through `concatenate` of sparse tensors; TF 2.2 gives None"
STATIC = "the product of a sparse placeholder has as many rows as that, if these are known"
PADDED = "XLA compiles for fixed shapes, so there are no ragged tensors: pad with zeros, and use a mask"
FROM_BEHIND = "an axis counted from the back is so where the rank is unknown, too; in TF 2.2 it is then the first one"
AXIS = "an axis that does not exist is an error; TF 2.2 counts it modulo the rank"
LENGTHS = "lengths may be of any integer dtype; TF 2.2 takes int32 only"


class Matrix:
    """An object with the attributes of a SciPy matrix that TensorFlow and kjax read, without SciPy."""

    def __init__(self, entries, dtype):
        self.row, self.col = (np.array(numbers, dtype="int32") for numbers in entries[:2])
        self.data, self.shape = np.array(entries[2]).astype(dtype), entries[3]

    def tocoo(self):
        return self


def make(K, entries, dtype="float32"):
    """A sparse tensor of `(rows, columns, values, shape)`."""
    return K.variable(Matrix(entries, dtype))


def triple(entries, dtype="float32"):
    """The same as it is fed, of any rank."""
    *places, values, shape = entries
    indices = np.stack([np.array(numbers, "int64") for numbers in places], 1)
    return indices, np.array(values, dtype), np.array(shape, "int64")


def parts(sparse):
    return [sparse.indices, sparse.values, sparse.dense_shape]


def arrays(sparse):
    return [np.asarray(part) for part in parts(sparse)]


A = ([0, 1], [1, 0], [2, 3], (2, 3))
B = ([0, 0, 1], [0, 2, 1], [-1, 4, 5], (2, 3))
WIDE = ([0, 1, 1], [3, 0, 4], [1, 2, 3], (2, 5))
TALL = ([0, 2, 3], [2, 0, 1], [1, -2, 3], (4, 3))
EMPTY = ([], [], [], (2, 3))
UNSORTED = ([1, 0, 1], [1, 2, 0], [1, 2, 3], (2, 3))
TWICE = ([0, 0, 1], [1, 1, 0], [1, 2, 3], (2, 3))
CUBE = ([0, 1], [1, 0], [0, 1], [2, 3], (2, 2, 2))
FULL = ([0, 0, 0, 1, 1, 1], [0, 1, 2, 0, 1, 2], [1, -2, 3, -4, 5, -6], (2, 3))

# --------------------------------------------------------------------------------------------------- attributes


def variable(K, entries, dtype):
    return parts(make(K, entries, dtype))


def known(K, entries, dtype):
    x = make(K, entries, dtype)
    return [list(K.int_shape(x)), K.ndim(x), K.dtype(x), K.is_sparse(x), K.is_keras_tensor(x), int(K.count_params(x))]


def known_placeholder(K, **options):
    x = K.placeholder(sparse=True, **options)
    shape = K.int_shape(x)
    return [shape and list(shape), K.ndim(x), K.dtype(x), K.is_sparse(x), K.is_keras_tensor(x)]


def known_ragged(K):
    return list(K.int_shape(K.placeholder((2, None), ragged=True)))


def static_parts(K, **options):
    """Which dims of the parts are known."""
    x = K.placeholder(sparse=True, **options)
    return [[part.dtype.name, list(part.shape)] for part in parts(x)]


def names(K, **options):
    return [part.name.split(":")[0] for part in parts(K.placeholder(sparse=True, **options))[:2]]


def shape_of(K, entries):
    return K.shape(make(K, entries))


def sparse_or_not(K, x):
    return [K.is_sparse(thing) for thing in (x, None, 1, "x", [1], make(K, A))]


for dtype in DTYPES:
    if dtype != "bfloat16":
        add(variable, A, dtype)
        add(known, B, dtype)
for entries in (EMPTY, UNSORTED, TWICE, WIDE):
    add(variable, entries, "float64")
    add(shape_of, entries)
    add(known, entries, "float32")
for options in ({"shape": (2, 3)}, {"shape": (None, 3)}, {"ndim": 2}, {"shape": (4,)}, {"shape": ()}):
    add(known_placeholder, **options)
    add(static_parts, **options)
add(known_placeholder)
add(known_placeholder, shape=(2, 3), dtype="int32")
add(names, shape=(2, 3), name="words").session()
add(known_placeholder, shape=(-2, 3)).error()
add(known_placeholder, shape="a").error()
add(known_placeholder, shape=(2, 3), ragged=True).error()
add(known_ragged).differs(PADDED)
add(sparse_or_not, arr((2,)))

# ------------------------------------------------------------------------------------------------- made dense


def dense(K, entries, dtype="float32"):
    return K.to_dense(make(K, entries, dtype))


def evaluated(K, entries):
    return K.eval(make(K, entries))


def held(K, entries):
    return arrays(K.get_value(make(K, entries)))


def dense_of_dense(K, x):
    return K.to_dense(x)


for dtype in DTYPES:
    if dtype != "bfloat16":
        add(dense, A, dtype)
for entries in (EMPTY, FULL, WIDE, TALL):
    add(dense, entries)
    add(evaluated, entries).session()
    add(held, entries).session()
for entries in (UNSORTED, TWICE):
    add(dense, entries).differs(ANY_ORDER)
add(dense_of_dense, arr((2, 3))).grad()
add(dense_of_dense, [1, 2])

# --------------------------------------------------------------------------------------------------- products


def product(K, entries, y, dtype="float32"):
    return K.dot(make(K, entries, dtype), y)


def product_from_left(K, y, entries):
    return K.dot(y, make(K, entries))


def product_of_two(K, left, right):
    return K.dot(make(K, left), make(K, right))


for dtype in DTYPES:
    if dtype != "bfloat16":
        case = add(product, B, arr((3, 4), dtype), dtype)
        if dtype in ("float32", "float64"):
            case.grad()
        elif dtype in ("float16", "int64"):
            case.differs(NOT_THERE)
        elif dtype not in ("int32", "complex64", "complex128"):
            case.error()
for entries in (A, EMPTY, UNSORTED, TWICE, TALL, FULL):
    add(product, entries, arr((3, 2))).grad()
    add(product, entries, arr((3, 0)))
add(product, ([0, 2], [0, 0], [1, 2], (3, 1)), arr((1, 2))).grad()
add(product, A, arr((3, 2), kind="special"))
for y in (arr((2, 4)), arr((3,)), arr((2, 3, 4)), arr((3, 4), "float64"), arr((3, 4), "int32"), 2.0, None):
    add(product, A, y).error()
add(product_from_left, arr((4, 2)), A).error()
add(product_of_two, A, TALL).error()

# ---------------------------------------------------------------------------------------------------- joining


def joined(K, *all_entries, **options):
    return parts(K.concatenate([make(K, entries) for entries in all_entries], **options))


def joined_with_dense(K, entries, y, first, axis):
    x = make(K, entries)
    return K.concatenate([x, y] if first else [y, x], axis=axis)


def joined_dtypes(K):
    return parts(K.concatenate([make(K, A), make(K, A, "float64")]))


for axis in (-1, 0, 1, -2):
    add(joined, A, B, axis=axis)
    add(joined, UNSORTED, B, TWICE, axis=axis)
    add(joined, EMPTY, B, EMPTY, axis=axis)
    for first in (True, False):
        case = add(joined_with_dense, A, arr((2, 3)), first, axis).grad()
        if axis < 0 and not first:
            case.differs(FROM_BEHIND)
add(joined, A, B)
add(joined, UNSORTED)
add(joined, A, WIDE)
add(joined, WIDE, A, B, axis=1)
add(joined, TALL, A, axis=0)
add(joined, A, A, axis=2).error()
add(joined, A, A, axis=-3).differs(AXIS)
add(joined, A, A, axis=None).error()
add(joined, A, A, axis=1.5).error()
add(joined).error()
add(joined_dtypes).error()
add(joined_with_dense, A, arr((3, 3)), True, 1).error()


def joined_and_fed(K, first, second, axis, *shapes):
    """Of which dims differ only a run can tell."""
    x, y = (K.placeholder(shape, sparse=True) for shape in shapes)
    return arrays(K.function([x, y], [K.concatenate([x, y], axis=axis)])([triple(first), triple(second)])[0])


for shapes in (((2, 3), (2, 5)), ((None, 3), (None, 5)), ((None, None), (None, None))):
    add(joined_and_fed, A, WIDE, -1, *shapes).session()
add(joined_and_fed, A, TALL, 0, (2, 3), (None, 3)).session()
add(joined_and_fed, A, TALL, 1, (None, None), (None, None)).session().error()
add(joined_and_fed, CUBE, ([1], [0], [0], [5], (2, 3, 2)), 1, (2, 2, 2), (2, 3, 2)).session()

# --------------------------------------------------------------------------------------------- entry by entry


def entrywise(K, name, entries, dtype, *rest):
    return parts(getattr(K, name)(make(K, entries, dtype), *rest))


def scaled(K, entries, y, dtype="float32"):
    return parts(make(K, entries, dtype) * y)


def scaling(K, y, entries):
    return parts(y * make(K, entries))


def divided(K, entries, y, dtype="float32"):
    return parts(make(K, entries, dtype) / y)


def dividing(K, y, entries):
    return y / make(K, entries)


for name in ("abs", "sign", "square", "tanh", "cast_to_floatx"):
    for dtype in ("float32", "float64"):
        add(entrywise, name, B, dtype)
for name in ("abs", "sign", "square"):
    add(entrywise, name, B, "int32")
add(entrywise, "tanh", B, "int32").error()
for dtype in ("int32", "float64", "bool"):
    add(entrywise, "cast", B, "float32", dtype)
for y in (arr(()), arr((3,)), arr((1,)), arr((2, 1)), arr((1, 3)), arr((2, 3)), arr((2, 3), kind="special")):
    for fn in (scaled, divided):
        add(fn, B, y)
    add(scaling, y, B)
add(scaled, B, 2)
add(scaled, A, [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]])
add(scaled, A, raw(arr((2, 3))))
add(divided, A, 0.0)
add(divided, A, 2, "int32")
add(scaled, A, 2, "int32")
for y in (arr((4,)), arr((2, 4)), arr((3, 3)), arr((1, 2, 3))):
    add(scaled, A, y).error()
    add(divided, A, y).error()
add(dividing, arr((2, 3)), A).error()

# -------------------------------------------------------------------------------------- functions that refuse it


def other(K, name, *rest):
    return getattr(K, name)(make(K, FULL), *rest)


for name in (
    *("exp", "log", "sqrt", "round", "sigmoid", "relu", "softmax", "softplus", "l2_normalize", "stop_gradient"),
    *("sum", "mean", "max", "std", "any", "argmax", "cumsum", "transpose", "flatten", "batch_flatten", "expand_dims"),
    *("ones_like", "constant", "variable"),
):
    add(other, name).error()
for name, *rest in [
    ("reshape", (3, 2)),
    ("permute_dimensions", (1, 0)),
    ("tile", (2, 2)),
    ("repeat_elements", 2, 0),
    ("reverse", 0),
    ("gather", [0]),
    ("pow", 2),
    ("clip", 0.0, 1.0),
    ("maximum", 0.0),
    ("equal", 0.0),
    ("one_hot", 3),
    ("dropout", 0.5),
]:
    add(other, name, *rest).error()

# ---------------------------------------------------------------------------------------------------- functions


def fed(K, shape, *values):
    """One function, and values with more or fewer entries."""
    x, y = K.placeholder(shape, sparse=True), K.placeholder((3, 2))
    f = K.function([x, y], [K.dot(x, y), K.to_dense(x), K.shape(x)])
    other = np.arange(6, dtype="float32").reshape(3, 2) - 2
    return [array for entries in values for array in f([triple(entries), other])]


def fed_dense(K, shape, entries):
    x = K.placeholder(shape, sparse=True)
    return K.function([x], [K.to_dense(x)])([triple(entries)])


def fed_for_product(K, entries, y):
    x = K.placeholder((2, 3), sparse=True)
    return K.function([x], [K.dot(x, K.constant(y))])([triple(entries)])


def static_product(K, sparse, y):
    """The static shape."""
    return list(K.int_shape(K.dot(K.placeholder(sparse, sparse=True), K.placeholder(y))))


def given_back(K, entries, name, *rest):
    """A sparse output."""
    x = K.placeholder((2, 3), sparse=True)
    return arrays(K.function([x], [getattr(K, name)(x, *rest)])([triple(entries)])[0])


def given_back_constant(K, entries):
    y = K.placeholder((2,))
    return arrays(K.function([y], [make(K, entries), y * 2.0])([np.zeros(2, "float32")])[0])


def slopes(K, entries, y):
    """Gradients with respect to the dense factor, and to the entries."""
    x, w = K.placeholder((2, 3), sparse=True), K.variable(y)
    loss = K.sum(K.square(K.dot(x, w)))
    return K.function([x], K.gradients(loss, [w, x.values]))([triple(entries)])


def slopes_of_dense(K, entries):
    x = K.placeholder((2, 3), sparse=True)
    return K.function([x], K.gradients(K.sum(K.square(K.to_dense(x))), [x.values]))([triple(entries)])


def slopes_of_scaled(K, entries, y):
    x, w = K.placeholder((2, 3), sparse=True), K.variable(y)
    return K.function([x], K.gradients(K.sum(K.to_dense(x * w)), [w, x.values]))([triple(entries)])


def slopes_of_joined(K, entries):
    x = K.placeholder((2, 3), sparse=True)
    loss = K.sum(K.square(K.to_dense(K.concatenate([x, x]))))
    return K.function([x], K.gradients(loss, [x.values]))([triple(entries)])


def descent(K, start, *batches):
    """Batches of different sizes train a linear model."""
    x, t, w = K.placeholder((None, 3), sparse=True), K.placeholder((None, 1)), K.variable(start)
    loss = K.mean(K.square(K.dot(x, w) - t))
    step = K.function([x, t], [loss], updates=[K.update_sub(w, 0.1 * K.gradients(loss, [w])[0])])
    losses = [step([triple(batch), np.ones((batch[-1][0], 1), "float32")])[0] for batch in batches]
    return [np.array(losses), K.get_value(w)]


def chosen(K, entries, which):
    x, condition = K.placeholder((2, 3), sparse=True), K.placeholder((), dtype="bool")
    out = K.switch(condition, lambda: K.square(x), lambda: x * 2.0)
    return arrays(K.function([condition, x], [out])([np.array(which), triple(entries)])[0])


add(fed, (2, 3), A, B, EMPTY, FULL).session()
add(fed, (None, 3), A, TALL, B).session()
add(fed, (None, None), TALL, A).session()
for shape, entries in [
    ((4,), ([1, 3], [2, 3], (4,))),
    ((2, 2, 2), CUBE),
    ((None, None, None), CUBE),
    ((2, 0), ([], [], [], (2, 0))),
    ((0, 3), ([], [], [], (0, 3))),
]:
    add(fed_dense, shape, entries).session()
for entries in (UNSORTED, TWICE):
    add(fed_dense, (2, 3), entries).session().differs(ANY_ORDER)
    add(fed_for_product, entries, arr((3, 2))).session()
for entries in [
    ([0, 1], [5, 0], [2, 3], (2, 3)),
    ([0, 5], [0, 0], [2, 3], (2, 3)),
    ([0, 1], [-1, 0], [2, 3], (2, 3)),
    ([0, -1], [0, 0], [2, 3], (2, 3)),
    ([0, 1], [0, 0], [2], (2, 3)),
    ([0], [0], [2], (2, 4)),
]:
    add(fed_for_product, entries, arr((3, 2))).session().error()
add(fed_for_product, ([0], [0], [2], (3, 3)), arr((3, 2))).session().differs(SHAPE)
add(fed_for_product, EMPTY, arr((3, 2), kind="special")).session()
add(fed_for_product, A, arr((3, 2), kind="special")).session()
for sparse in ((2, 3), (None, 3), (None, None), None):
    case = add(static_product, sparse, (3, 4)).session()
    if sparse == (2, 3):
        case.differs(STATIC, [2, 4])
for name, rest in (("square", ()), ("tanh", ()), ("cast", ("int32",))):
    add(given_back, B, name, *rest).session()
add(given_back_constant, A).session()
for entries in (A, B, FULL, UNSORTED):
    add(slopes, entries, arr((3, 2))).session()
    if entries is not UNSORTED:
        add(slopes_of_scaled, entries, arr((2, 3))).session()
add(slopes_of_dense, B).session()
add(slopes_of_joined, B).session().differs(GRADIENT)
add(descent, arr((3, 1)), A, TALL, B, FULL).session()
for which in (True, False):
    add(chosen, B, which).session()

# ---------------------------------------------------------------------------------------------------------- CTC


def listed(K, labels, lengths):
    return parts(K.ctc_label_dense_to_sparse(labels, lengths))


def listed_and_back(K, labels, lengths):
    return K.to_dense(K.ctc_label_dense_to_sparse(labels, lengths))


LABELS = [[1, 2, 3], [4, 5, 6]]
for dtype in DTYPES:
    if dtype != "bfloat16":
        add(listed, arr((3, 4), dtype), val([2, 4, 1], "int32"))
for lengths in ([2, 3], [0, 3], [9, 3], [-1, 3], [0, 0]):
    add(listed, val(LABELS, "int32"), val(lengths, "int32"))
    add(listed_and_back, val(LABELS), val(lengths, "int32")).grad()
add(listed, raw(val(LABELS, "int64")), raw(val([1, 2], "int32")))
add(listed, arr((0, 3), "int32"), arr((0,), "int32"))
add(listed, val(LABELS, "int32"), val([2, 3], "int64")).differs(LENGTHS)
add(listed, val(LABELS, "int32"), val([2, 3], "float32")).error()
for labels, lengths in [
    (val(LABELS, "int32"), val([2], "int32")),
    (val(LABELS, "int32"), val([2, 3, 1], "int32")),
    (val([1, 2, 3], "int32"), val([2], "int32")),
    (val([[[1], [2]]], "int32"), val([2], "int32")),
    (val(LABELS, "int32"), val(2, "int32")),
]:
    add(listed, labels, lengths).error()
