"""Gradients where they are not obvious: ties, kinks, unconnected tensors, and gradients of gradients."""

from ..case import Family, arr, val, var

cases = add = Family()

KINKS = [-2.5, -1.0, -0.5, -0.0, 0.0, 0.5, 1.0, 1.5, 2.5]


def grad_of(K, fn, x):
    """The gradient of the sum of an elementwise function, as a tensor."""
    return K.gradients(K.sum(getattr(K, fn)(x)), x)[0]


def none_of(K, fn, x):
    """Whether there is no gradient at all, for each of two variables."""
    return [g is None for g in K.gradients(K.sum(K.cast(getattr(K, fn)(x), "float32")), [x])]


def unconnected(K, x, y):
    """The loss does not depend on y."""
    return [g is None for g in K.gradients(K.sum(x * 2.0), [x, y])]


def stopped(K, x, y):
    """The gradient does not pass."""
    return K.gradients(K.sum(K.stop_gradient(x) * y + x), [x, y])


def stopped_fully(K, x):
    """Nothing but a stopped path."""
    return [g is None for g in K.gradients(K.sum(K.stop_gradient(x)), [x])]


def second(K, x):
    """The gradient of a gradient."""
    first = K.gradients(K.sum(x * x * x), x)[0]
    return K.gradients(K.sum(first), x)[0]


def penalty(K, x, w):
    """A gradient penalty: the gradient with respect to w of the norm of that with respect to x."""
    first = K.gradients(K.sum(K.tanh(K.dot(x, w))), x)[0]
    return K.gradients(K.sum(K.square(first)), w)[0]


def through_intermediate(K, x):
    """With respect to a tensor between input and loss."""
    middle = K.square(x)
    return K.gradients(K.sum(middle * 3.0), middle)[0]


def not_scalar(K, x):
    """A loss that is no scalar: the gradient of its sum."""
    return K.gradients(K.square(x), x)[0]


def several(K, x, y):
    """With respect to several."""
    return K.gradients(K.sum(x * y), [x, y])


def twice_used(K, x):
    """A tensor that is used twice."""
    return K.gradients(K.sum(x * x + x), [x])


def of_max(K, x, axis):
    """Ties share the gradient."""
    return K.gradients(K.sum(K.max(x, axis=axis)), x)[0]


def of_prod(K, x):
    """A product with zeros in it."""
    return K.gradients(K.prod(x), x)[0]


def of_std(K, x):
    """At zero variance."""
    return K.gradients(K.sum(K.std(x, axis=1)), x)[0]


def of_clip(K, x):
    """At the bounds."""
    return K.gradients(K.sum(K.clip(x, -1.0, 1.0)), x)[0]


def of_relu(K, x, alpha, max_value, threshold):
    """At the kinks."""
    return K.gradients(K.sum(K.relu(x, alpha, max_value, threshold)), x)[0]


def of_pair(K, fn, x, y):
    """Ties of two tensors."""
    return K.gradients(K.sum(getattr(K, fn)(x, y)), [x, y])


def of_gather(K, x, indices):
    """The same row picked more than once."""
    return K.gradients(K.sum(K.gather(x, indices) * 2.0), x)[0]


for dtype in ("float16", "float32", "float64"):
    for fn in (
        "abs",
        "sqrt",
        "square",
        "exp",
        "sin",
        "cos",
        "elu",
        "softplus",
        "softsign",
        "sigmoid",
        "hard_sigmoid",
        "tanh",
        "relu",
        "softmax",
        "l2_normalize",
        "mean",
        "max",
        "min",
        "var",
        "std",
        "prod",
        "cumsum",
        "transpose",
        "flatten",
    ):
        add(grad_of, fn, val([KINKS], dtype)).within({"float16": 2e-2}.get(dtype))
    for fn in ("log", "sqrt"):
        add(grad_of, fn, val([[0.0, 0.5, 1.0, 4.0]], dtype)).within({"float16": 2e-2}.get(dtype))
    add(grad_of, "sqrt", val([KINKS], dtype)).differs("the square root falls off to -inf at -0.0, TF 2.2's rises there")
add(grad_of, "sign", val([KINKS]))
for fn in (
    "round",
    "sign",
    "zeros_like",
    "ones_like",
    "argmax",
    "argmin",
    "shape",
    "any",
    "all",
    "stop_gradient",
    "square",
):
    add(none_of, fn, arr((2, 3)))
add(unconnected, arr((2,)), arr((2,), seed=1))
add(stopped, arr((2,)), arr((2,), seed=1))
add(stopped_fully, arr((2,)))
for shape in ((), (3,), (2, 3), (2, 1, 2, 1, 2)):
    add(second, arr(shape))
    add(through_intermediate, arr(shape))
    add(not_scalar, arr(shape))
    add(several, arr(shape), arr(shape, seed=1))
    add(twice_used, arr(shape))
add(penalty, arr((4, 3)), var(arr((3, 2), seed=1)))
add(several, arr((2, 3)), arr((3,), seed=1))
add(several, var(arr((2, 3))), arr((1, 3), seed=1))
for axis in (None, 0, 1, (0, 1)):
    add(of_max, val([[1.0, 3.0, 3.0], [3.0, 0.0, 2.0]]), axis)
for values in ([2.0, 3.0, 4.0], [0.0, 3.0, 4.0], [0.0, 0.0, 4.0]):
    add(of_prod, val(values))
add(of_std, val([[1.0, 1.0], [1.0, 3.0]]))
add(of_clip, val(KINKS))
for alpha in (0.0, 0.25):
    for max_value in (None, 1.5, 6.0):
        for threshold in (0.0, 0.5, -0.5):
            add(of_relu, val(KINKS), alpha, max_value, threshold)
for fn in ("maximum", "minimum", "pow"):
    add(of_pair, fn, val([1.0, 2.0, 3.0, 0.5]), val([1.0, 3.0, 2.0, 0.5]))
add(of_pair, "pow", val([0.0, 0.0, 2.0]), val([2.0, 1.0, 0.0]))
add(of_gather, arr((4, 2)), val([1, 1, 3, 1], "int32"))
for case in cases:
    case.symbolic()
