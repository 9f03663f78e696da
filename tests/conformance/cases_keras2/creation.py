"""Sizes given as floats; ones_like and zeros_like in floatx; what eye, ones, zeros and placeholder give."""

import numpy as np

from ..case import Family, arr, raw, val, var

cases = add = Family()


def in_floatx(K, name, x, floatx):
    """The dtype where another default is set."""
    before = K.floatx()
    K.set_floatx(floatx)
    try:
        return K.dtype(getattr(K, name)(K.constant(x, dtype="int32")))
    finally:
        K.set_floatx(before)


def kinds(K, name, *args, **kwargs):
    """What a made tensor is."""
    made = getattr(K, name)(*args, **kwargs)
    shape = K.int_shape(made)
    return [K.is_variable(made), K.is_tensor(made), K.dtype(made), shape and list(shape)]


def attributes(K, name, *args, **kwargs):
    """What Keras looks at."""
    made = getattr(K, name)(*args, **kwargs)
    shape = getattr(made, "_keras_shape", "none")
    return [list(shape) if isinstance(shape, tuple) else shape, getattr(made, "_uses_learning_phase", "none")]


def placeholder_shape(K, *args, **kwargs):
    """The static shape, from K and from the tensor."""
    made = K.placeholder(*args, **kwargs)
    shape = K.int_shape(made)
    shape = shape and [dim if dim is None else int(dim) for dim in shape]
    return [shape, made.shape.rank, K.dtype(made), K.is_placeholder(made), K.ndim(made)]


def named(K, name, *args, **kwargs):
    """The name without the number behind it."""
    return getattr(K, name)(*args, **kwargs).name.split(":")[0].rstrip("_0123456789")


def like_of_computed(K, x):
    """Of a comparison."""
    return K.zeros_like(K.greater(x, 0.0)) + K.ones_like(K.argmax(x))


FLOAT_SIZES = (2.0, 2.5, np.float32(2.0), np.float64(3.5), np.int64(2), True, np.array(2), np.array(2.0))

for size in FLOAT_SIZES:
    for fill in ("zeros", "ones"):
        add(fill, (size, 3))
        add(fill, [3, size])
        add(fill, (size,))
        add(fill, size)
    add("constant", 1.5, shape=(size, 3))
    add("constant", [1.0, 2.0], shape=(size,))
    add(placeholder_shape, (size, 3))
    add(placeholder_shape, shape=(None, size))
    add("eye", size)
    add("arange", size)
    add("random_uniform", (size, 2)).random(0, 1)
    add("random_normal_variable", (size, 2), 0.0, 1.0).random(-np.inf, np.inf)
for fill in ("zeros_like", "ones_like"):
    for floatx in ("float16", "float64"):
        add(in_floatx, fill, raw(arr((2,), "int32")), floatx)
    for x in (arr((2,), "int32"), var(arr((2,), "int64")), raw(arr((2,), "bool")), 3, [1, 2], True):
        for dtype in ("int32", "bool", "float64"):
            add(fill, x, dtype)
            add(fill, x, dtype=dtype, name="like")
        add(kinds, fill, x)
add(like_of_computed, arr((2, 3)))
for name in ("zeros", "ones"):
    for shape in ((2, 3), (0, 3), (), (2, 0), (1,)):
        add(kinds, name, shape)
        add(kinds, name, shape, "int32")
    add(attributes, name, (2, 3))
    add(attributes, name, (0, 3))
    add(named, name, (2, 3), name="filled")
for size in (2, (2, 3), [3, 2], (1, 1), (0, 2), 0, (2, -1), (2,), (2, 3, 4), (2.0, 3), "ab"):
    add("eye", size)
    add(kinds, "eye", size)
for dtype in ("float16", "float64", "int32", "bool", "complex64"):
    add("eye", (2, 3), dtype)
    add("eye", (2, 3), dtype=dtype, name="identity")
for value in (2.0, [1.0, 2.0], np.ones((2, 3)), np.ones((2, 3), "int32"), np.float32(2), 3, True):
    add(kinds, "variable", value)
    if hasattr(value, "shape"):
        add(attributes, "variable", value)
    add(kinds, "constant", value)
    add(attributes, "constant", value)
    for dtype in ("int32", "float64", "bool"):
        add("variable", value, dtype)
        add("constant", value, dtype)
for shape in ((2, 3), (None, 3), (None, None), (), (3,), [None, 2]):
    add(attributes, "placeholder", shape)
    add(placeholder_shape, shape)
    add(placeholder_shape, shape, dtype="int32")
for ndim in (1, 2, 5):
    add(attributes, "placeholder", ndim=ndim)
    add(placeholder_shape, ndim=ndim)
add(placeholder_shape)
add(placeholder_shape, (2, 3), 2)
add(placeholder_shape, (2, 3), 3)
add(placeholder_shape, (-2, 3))
add(placeholder_shape, ("a", 3))
add(placeholder_shape, 3)
add(named, "placeholder", (2,), name="fed")
add(named, "constant", 1.0, name="made")
add(named, "variable", 1.0, name="kept")
for args in ((3,), (-3,), (2, 5), (5, 2, -1), (5, 2), (0, 1, 0.25), (2.5,), (-2.5,), (0, -3), (0, 3, -1), (3, None, 2)):
    add("arange", *args)
    add("arange", *args, dtype="float32")
    add("arange", *args, dtype="int64")
for start in (val(3, "int32"), val(-3, "int32"), var(val(3, "int32")), val(2.5), val(3, "int64")):
    add("arange", start)
    add("arange", start, dtype="float32")
add("arange", 0, val(4, "int32"), 2)
add("arange", val(1, "int32"), val(4, "int32"))
