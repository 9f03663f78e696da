"""Variables and functions over time: each case is a session of its own, run in eager and in graph mode."""

import numpy as np

from ..case import Family, arr

cases = add = Family()


def update(K, name, start, value):
    """The three updates, run by a function."""
    v = K.variable(start)
    x = K.placeholder(shape=value.shape)
    f = K.function([x], [v * 1.0], updates=[getattr(K, name)(v, x)])
    f([value])
    f([value])
    return K.get_value(v)


def update_pair(K, start, value):
    """An update given as a pair."""
    v = K.variable(start)
    x = K.placeholder(shape=value.shape)
    K.function([x], [x], updates=[(v, v + x)])([value])
    return K.get_value(v)


def moving_average(K, start, value, momentum):
    """value * momentum + new * (1 - momentum)."""
    v = K.variable(start)
    x = K.placeholder(shape=value.shape)
    K.function([x], [x], updates=[K.moving_average_update(v, x, momentum)])([value])
    return K.get_value(v)


def set_and_get(K, start, value):
    """`get_value` returns the value that `set_value` set."""
    v = K.variable(start)
    K.set_value(v, value)
    return K.get_value(v)


def batch_set_and_get(K, a, b):
    """Several at once."""
    v, w = K.variable(np.zeros_like(a)), K.variable(np.zeros_like(b))
    K.batch_set_value([(v, a), (w, b)])
    return K.batch_get_value([v, w])


def evaluate(K, x):
    """eval of a tensor computed from a variable."""
    return K.eval(K.square(K.variable(x)) + 1.0)


def eval_dtype(K, x, dtype):
    """The dtype that comes back."""
    return K.eval(K.variable(x, dtype=dtype)).dtype.name


def count(K, x):
    """The number of parameters."""
    return K.count_params(K.variable(x))


def function_of(K, a, b):
    """Two inputs, three outputs."""
    x, y = K.placeholder(shape=(None, a.shape[1])), K.placeholder(shape=(None, b.shape[1]))
    return K.function([x, y], [K.dot(x, K.transpose(y)), K.sum(x), x])([a, b])


def function_reads_state(K, a):
    """A function sees the value a variable has when it is called."""
    x = K.placeholder(shape=a.shape)
    v = K.variable(np.ones_like(a))
    f = K.function([x], [x * K.stop_gradient(v)])
    first = f([a])[0]
    K.set_value(v, 3.0 * np.ones_like(a))
    return [first, f([a])[0]]


def descend(K, start, steps):
    """Gradient descent on a quadratic."""
    w = K.variable(start)
    target = K.placeholder(shape=start.shape)
    loss = K.mean(K.square(w - target))
    grad = K.gradients(loss, [w])[0]
    f = K.function([target], [loss], updates=[K.update_sub(w, 0.1 * grad)])
    losses = [f([np.ones_like(start)])[0] for _ in range(steps)]
    return [np.array(losses), K.get_value(w)]


def phases(K, a):
    """A function fed with the learning phase."""
    x = K.placeholder(shape=a.shape)
    out = K.in_train_phase(x * 2.0, x)
    phase = K.learning_phase()
    if isinstance(phase, int):
        return [a, a * 2.0]
    f = K.function([x, phase], [out])
    return [f([a, 0])[0], f([a, 1])[0]]


def set_phase(K, value):
    """The learning phase is read as it was set."""
    K.set_learning_phase(value)
    phase = K.learning_phase()
    K.clear_session()
    return phase


def config(K):
    """The defaults."""
    return [K.floatx(), K.image_data_format(), float(K.epsilon())]


def uids(K):
    """Numbers that count up by prefix."""
    K.reset_uids()
    return [K.get_uid("a"), K.get_uid("a"), K.get_uid("b")]


def shapes_of_variable(K, x):
    """Static information about a variable."""
    v = K.variable(x)
    return [list(K.int_shape(v)), K.ndim(v), K.dtype(v)]


for shape in ((), (3,), (2, 3), (2, 1, 2)):
    for name in ("update", "update_add", "update_sub"):
        add(update, name, arr(shape), arr(shape, seed=1)).session()
    add(update_pair, arr(shape), arr(shape, seed=1)).session()
    for momentum in (0.0, 0.9, 1.0):
        add(moving_average, arr(shape), arr(shape, seed=1), momentum).session()
    add(set_and_get, arr(shape), arr(shape, seed=1)).session()
    add(batch_set_and_get, arr(shape), arr((2,), seed=1)).session()
    add(evaluate, arr(shape)).session()
    add(count, arr(shape)).session()
    add(shapes_of_variable, arr(shape)).session()
    add(function_reads_state, arr(shape)).session()
    add(phases, arr(shape)).session()
for dtype in ("float16", "float32", "float64", "int32", "int64", "uint8", "bool"):
    add(eval_dtype, arr((2,), dtype), dtype).session()
add(set_and_get, arr((2, 3)), arr((2, 3), "float64", seed=1)).session()
add(set_and_get, arr((2, 3)), arr((2, 3), "int32", seed=1)).session()
add(set_and_get, arr((2, 3)), arr((3, 2), seed=1)).session().error()
add(set_and_get, arr((2, 3)), [[1, 2, 3], [4, 5, 6]]).session()
add(update, "update_add", arr((2, 3)), arr((3, 2))).session().error()
add(function_of, arr((4, 3)), arr((2, 3), seed=1)).session()
add(function_of, arr((4, 3)), arr((2, 4), seed=1)).session().error()
add(descend, arr((3,)), 5).session()
add(descend, arr((2, 2)), 3).session()
for value in (0, 1):
    add(set_phase, value).session()
for value in (2, -1, "a", None):
    add(set_phase, value).session().error()
add(config).session()
add(uids).session()
