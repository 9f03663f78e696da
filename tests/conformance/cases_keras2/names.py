"""What it is: is_tensor and its like, int_shape, dtype, ndim; the private names that programs use."""

import numpy as np

from ..case import Family, arr, raw, var

cases = add = Family()


def questions(K, x):
    """Everything that can be asked of a thing."""
    asked = ("is_tensor", "is_variable", "is_placeholder", "is_sparse")
    return [getattr(K, name)(x) for name in asked]


def of_computed(K, x):
    """Of what is computed."""
    return questions(K, x * 2.0)


def of_sparse(K):
    """Of a sparse placeholder."""
    return questions(K, K.placeholder((2, 3), sparse=True))


def shapes(K, x):
    """What is known of the shape."""
    shape = K.int_shape(x)
    return [shape and list(shape), K.ndim(x), K.dtype(x), int(K.count_params(x))]


def variable_shape(K, x):
    """The older name of int_shape."""
    return list(K.get_variable_shape(x))


def set_by_layer(K, x, shape):
    """A shape that a layer set."""
    y = x * 1.0
    y._keras_shape = shape
    return [list(K.int_shape(y)), list(K.get_variable_shape(y))]


def asked(K, name, *args):
    """What a helper says."""
    return getattr(K, name)(*args)


def normalised(K, name, x, gamma, beta, axes, **options):
    """Batch normalisation by one of the helpers."""
    return list(getattr(K, name)(x, gamma, beta, axes, **options))


def decorated(K, name, x):
    """A function with a decorator that means something in TF 2 only."""
    return getattr(K, name)(lambda y: y * 2.0)(x)


def plain_names(K):
    """Built-in functions under the names by which the backend knows them."""
    return [K.py_any([0, 1]), K.py_all([0, 1]), K.py_sum([1, 2]), [1, 2, 3][K.py_slice(1, 3)]]


def module(K):
    """TensorFlow, as the backend imports it."""
    return K.tf.__name__


def by_tf(K, x):
    """A call of TensorFlow beside those of the backend."""
    return K.tf.reduce_sum(K.tf.square(x), axis=1) + K.tf.cast(K.tf.shape(x)[0], "float32")


def by_tf_nn(K, x):
    """One of a submodule."""
    return K.tf.nn.softmax(x)


THINGS = (
    arr((2, 3)),
    var(arr((2, 3))),
    raw(arr((2, 3))),
    arr((), "int32"),
    var(arr((2,), "float64")),
    1,
    2.5,
    "a",
    None,
    [1.0],
    np.float32(1),
)

for x in THINGS:
    add(questions, x)
    add("is_symbolic", x)
    add("is_keras_tensor", x)
    if x == "a":  # a string is a tensor there
        continue
    add("identity", x)
    add("identity", x, "copy")
    add("size", x)
    add("shape", x)
for x in THINGS[:7]:
    add("dtype", x)
    add("ndim", x)
    add("int_shape", x)
    add(shapes, x)
for shape in ((), (2,), (2, 3), (2, 1, 3), (0, 2)):
    add(of_computed, arr(shape))
    add(variable_shape, arr(shape))
    add(variable_shape, var(arr(shape)))
    add("size", arr(shape), name="count")
    add("identity", arr(shape)).grad()
add(variable_shape, raw(arr((2, 3))))
add(of_sparse)
for shape in ((None, 3), (2, 3), (5, None)):
    add(set_by_layer, arr((2, 3)), shape)

for x in (
    arr((2,)),
    var(arr((2,))),
    raw(arr((2,))),
    raw(arr((2,), "float64")),
    1,
    1.5,
    [1, 2],
    np.inf,
    np.int64(2),
    True,
    None,
):
    for dtype in ("float32", "float64", "int32"):
        add("_to_tensor", x, dtype)
for value in ("channels_first", "channels_last", "CHANNELS_LAST", None, "channels_middle", "", 3):
    add("normalize_data_format", value).session()
for name in ("_is_tf_1", "_has_nchw_support", "_has_compat_v1", "_get_available_gpus", "_get_current_tf_device"):
    add(asked, name).session()
for device in ("cpu", "GPU", "tpu", None):
    add(asked, "_is_current_explicit_device", device).session()
for name in ("_regular_normalize_batch_in_training", "_broadcast_normalize_batch_in_training"):
    for shape, axes in (((3, 2), [0]), ((2, 3, 2), [0, 1]), ((2, 2, 3, 2), [0, 1, 2])):
        add(normalised, name, arr(shape), arr((2,), seed=1), arr((2,), seed=2), axes).grad()
        add(normalised, name, arr(shape), None, None, axes, epsilon=0.1).grad()
for shape, axes, n in (((2, 2, 3, 2), [0, 2, 3], 2), ((2, 3, 2), [0, 2], 3), ((2, 3), [1], 2)):
    add(
        normalised, "_broadcast_normalize_batch_in_training", arr(shape), arr((n,), seed=1), arr((n,), seed=2), axes
    ).grad()
for axes in ([0, 1, 2], (0, 1, 2)):
    add(
        normalised,
        "_fused_normalize_batch_in_training",
        var(arr((2, 2, 3, 2))),
        arr((2,), seed=1),
        arr((2,), seed=2),
        axes,
    )
    add(normalised, "_fused_normalize_batch_in_training", var(arr((2, 2, 3, 2))), None, None, axes, epsilon=0.1)
for name in ("symbolic", "eager"):
    add(decorated, name, arr((2,)))
add(plain_names).session()
add(module).session()
add(by_tf, arr((2, 3))).grad()
add(by_tf_nn, arr((2, 3))).grad()
