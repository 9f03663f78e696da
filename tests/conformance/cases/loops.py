"""map_fn, foldl, foldr."""

from ..case import Family, arr, raw, val

cases = add = Family()


def squares(K, x, **options):
    """A function of elements."""
    return K.map_fn(K.square, x, **options)


def sums(K, x, **options):
    """A function that reduces elements."""
    return K.map_fn(lambda e: K.sum(e), x, **options)


def repeated(K, x):
    """A function that adds a dim."""
    return K.map_fn(lambda e: K.stack([e, -e]), x)


def weighted(K, x, w):
    """A function that takes a tensor from outside."""
    return K.map_fn(lambda e: K.sum(e * w) * e, x)


def signs(K, x, dtype):
    """Results of another dtype."""
    return K.map_fn(lambda e: K.cast(e > 0.0, dtype), x, dtype=dtype)


def undeclared(K, x):
    """The same, undeclared."""
    return K.map_fn(lambda e: K.cast(e > 0.0, "int32"), x)


def products(K, x, y):
    """Elements of two tensors."""
    return K.map_fn(lambda pair: pair[0] * pair[1], (x, y), dtype="float32")


def swapped(K, x, y):
    """Two results."""
    return K.map_fn(lambda pair: (pair[1] + 1.0, pair[0]), (x, y), dtype=("float32", "float32"))


def nested(K, x, y):
    """Elements and results in a structure."""
    return list(K.map_fn(lambda e: [e[0] * 2.0, e[1]], [x, y]))


def misformed(K, x):
    """Two results where one is declared."""
    return K.map_fn(lambda e: (e, e), x)


def in_turn(K, x):
    """A map inside of a map."""
    return K.map_fn(lambda row: K.map_fn(lambda e: e * e, row), x)


def numbers(K, x):
    """A function that gives a Python number."""
    return K.map_fn(lambda e: 1.5, x)


def no_function(K, x, name):
    """An object that can't be called."""
    return getattr(K, name)(3, x)


def digits(K, name, x, *initializer):
    """Order matters."""
    return getattr(K, name)(lambda a, e: a * 2.0 + e, x, *initializer)


def dotted(K, name, x, y, start):
    """Elements of two tensors are accumulated to one."""
    return getattr(K, name)(lambda a, e: a + K.sum(e[0] * e[1]), (x, y), initializer=start)


def two_totals(K, name, x, a, b):
    """Two accumulators."""
    return list(getattr(K, name)(lambda a, e: (a[0] + e, a[1] * e), x, initializer=(a, b)))


def pairs(K, name, x, y):
    """An accumulator in the form of the elements."""
    return list(getattr(K, name)(lambda a, e: (a[0] + e[0], a[1] - e[1]), (x, y)))


def with_weights(K, name, x, w):
    """A function that takes a tensor from outside."""
    return getattr(K, name)(lambda a, e: K.tanh(a * w + e), x)


def appended(K, name, x, start):
    """An accumulator that grows."""
    return getattr(K, name)(lambda a, e: K.concatenate([a, K.expand_dims(e)], 0), x, initializer=start)


def greatest(K, name, x):
    """No floats."""
    return getattr(K, name)(K.maximum, x)


for shape in ((3,), (1,), (2, 3), (2, 3, 2), (2, 1, 2, 1, 2), (2, 0)):
    add(squares, arr(shape)).grad()
    add(sums, arr(shape)).grad()
    add(repeated, arr(shape)).grad()
    for name in ("foldl", "foldr"):
        add(digits, name, arr(shape)).grad()
        add(digits, name, arr(shape), arr(shape[1:], seed=1)).grad()
for dtype in ("float16", "float64", "int32", "int64"):
    add(squares, arr((2, 3), dtype))
    for name in ("foldl", "foldr"):
        add(greatest, name, arr((3, 2), dtype))
add(squares, arr((3,)), name="squares")
add(squares, arr((3,)), dtype="float32")
add(squares, arr((0, 3))).differs("of no elements the result has its full shape also in eager mode")
add(squares, raw(arr((2, 3))))
add(weighted, arr((4, 3)), arr((3,), seed=1)).grad()
for dtype in ("int32", "bool", "float64"):
    add(signs, arr((3, 2)), dtype)
add(undeclared, arr((3,))).error()
add(products, arr((3, 2)), arr((3, 2), seed=1)).grad()
add(products, arr((3, 2)), arr((3,), seed=1)).grad()
add(products, arr((3, 2)), arr((2, 2))).error()
add(products, arr((2, 2)), arr((3, 2))).error()
add(swapped, arr((3, 2)), arr((3,))).grad()
add(nested, arr((3, 2)), arr((3,))).grad()
add(nested, arr((3, 2)), arr((3,), "int32"))
add(misformed, arr((3,))).error()
add(in_turn, arr((2, 3))).grad()
add(numbers, arr((3,)))
add(squares, arr(())).error()
add(products, arr(()), arr(())).error()
for name in ("foldl", "foldr"):
    add(digits, name, arr((3,)), 1.5)
    add(digits, name, raw(arr((3,))))
    add(digits, name, arr((0,))).error()
    add(digits, name, arr((0,)), val(2.0))
    add(digits, name, arr(())).error()
    add(digits, name, arr(()), val(2.0)).error()
    add(digits, name, arr((3,)), arr((), "float64")).error()
    add(digits, name, arr((2, 3)), val(1.0)).differs("an accumulator that broadcasts may do so in graphs too")
    add(dotted, name, arr((3, 2)), arr((3, 2), seed=1), val(0.5)).grad()
    add(two_totals, name, arr((3, 2)), arr((2,), seed=1), arr((2,), seed=2)).grad()
    add(pairs, name, arr((3,)), arr((3, 2))).grad()
    add(with_weights, name, arr((4, 2)), arr((2,), seed=1)).grad()
    add(no_function, arr((3,)), name).error()
    add(appended, name, arr((3,)), arr((1,)))
add(no_function, arr((3,)), "map_fn").error()
