# ruff: noqa: E501
"""K.function: what is fed, in which form, and how much of it; sessions; updates."""

import numpy as np

from ..case import Family, arr

cases = add = Family()


def called(K, make, *values):
    """A function that is made and called."""
    inputs, outputs = globals()[make](K)
    return K.function(inputs, outputs)(*values)


def called_again(K, make, *values):
    """The same function, called with one form after another."""
    function = K.function(*globals()[make](K))
    return [part for value in values for part in function(value)]


def two(K):
    """Two inputs, of which both are needed."""
    x, y = K.placeholder((None, 2)), K.placeholder((None, 2))
    return [x, y], [x * 2.0 + y]


def separate(K):
    """Two inputs, each for an output of its own."""
    x, y = K.placeholder((2,)), K.placeholder((2,))
    return [x, y], [x * 2.0]


def only_second(K):
    """Two inputs, of which the first is not needed."""
    x, y = K.placeholder((2,)), K.placeholder((2,))
    return [x, y], [y * 2.0]


def one(K):
    """One input in a list."""
    x = K.placeholder((None, 2))
    return [x], [x * 2.0]


def bare(K):
    """One input and one output without lists."""
    x = K.placeholder((None, 2))
    return x, x * 2.0


def scalar(K):
    """One input without dims."""
    x = K.placeholder(())
    return [x], [x * 2.0]


def scalars(K):
    """Two inputs without dims."""
    x, y = K.placeholder(()), K.placeholder(())
    return [x, y], [x - y]


def unknown(K):
    """An input of unknown rank."""
    x = K.placeholder()
    return [x], [x * 2.0]


def vector(K):
    """An input of one dim."""
    x = K.placeholder((None,))
    return [x], [K.sum(x)]


def with_phase(K):
    """Inputs and the learning phase."""
    x = K.placeholder((None, 2))
    return [x, K.learning_phase()], [K.in_train_phase(x * 2.0, x * 3.0)]


def phase_first(K):
    """The learning phase in front."""
    x = K.placeholder((None, 2))
    return [K.learning_phase(), x], [K.in_train_phase(x * 2.0, x * 3.0)]


def phase_unlisted(K):
    """The learning phase is needed, and no input."""
    x = K.placeholder((None, 2))
    return [x], [K.in_train_phase(x * 2.0, x * 3.0)]


def middle(K):
    """An input that is computed from another one."""
    x = K.placeholder((2,))
    y = x * 3.0
    return [x, y], [y + 1.0]


def nested(K):
    """Inputs in lists of lists."""
    x, y, z = (K.placeholder((2,)) for _ in range(3))
    return [[x, y], z], [x + 2.0 * y + 3.0 * z]


def none(K):
    """No inputs."""
    return [], [K.constant([1.0, 2.0]) * 2.0]


def tuples(K):
    """Tuples."""
    x, y = K.placeholder((2,)), K.placeholder((2,))
    return (x, y), (x + y, y)


def of_variable(K):
    """An input that is a variable's value."""
    v = K.variable([1.0, 2.0])
    x = K.placeholder((2,))
    return [x], [x + v, v]


def integer(K):
    """An input of integers."""
    x = K.placeholder((None,), dtype="int32")
    return [x], [x * 2]


def inside(K):
    """Outputs in dicts and lists."""
    x = K.placeholder((2,))
    return [x], {"a": x + 1.0, "b": [x * 2.0]}


X, Y, Z = arr((2, 2)), arr((2, 2), seed=1), arr((3, 2), seed=2)
A, B, C = arr((2,)), arr((2,), seed=1), arr((2,), seed=2)

for values in (
    [X, Y],
    (X, Y),
    [X],
    [X, Y, Z],
    [X, Y, 0],
    [X, Y, None],
    [None, Y],
    [X, None],
    [],
    [[X, Y]],
    [[X], Y],
    [X, Z],
):
    add(called, "two", values).session()
for values in ([A, B], [A], [A, None], [None, A], [A, B, C], [[A, B]], [A, X], [], [A, "a"]):
    add(called, "separate", values).session()
    add(called, "only_second", values).session()
for values in (X, [X], (X,), [[X]], [X, Y], [X, 0], [X, 1.0, None], [None], [], [[[1.0, 2.0]]], [[1.0, 2.0]], [1.0, 2.0], None,
               {"x": X}):  # fmt: skip
    add(called, "one", values).session()
    add(called, "bare", values).session()
add(called, "two", X, Y).session()
add(called, "one", X, Y).session()
add(called, "one").session()
for values in ([2.0], 2.0, [[2.0]], [2.0, 3.0], [[2.0, 3.0]], [np.float64(2)], [True], [3], ["a"], [A]):
    add(called, "scalar", values).session()
    add(called, "unknown", values).session()
for values in ([2.0, 1.0], [[2.0, 1.0]], [2.0, 1.0, 5.0], [2.0], (2.0, (1.0,)), [[2.0], 1.0]):
    add(called, "scalars", values).session()
for values in ([A], A, [[1.0, 2.0]], [[1.0]], [1.0], [1.0, 2.0], [(1.0, 2.0)], [[A]]):
    add(called, "vector", values).session()
for values in ([X, 0], [X, 1], [X, True], [X, 0.0], [X, np.int64(1)], [X], [X, None], [X, 1, 0], [X, [1]], [[X, 1]], [X, np.array(1)],
               X, [0, X]):  # fmt: skip
    add(called, "with_phase", values).session()
for values in ([0, X], [1, X], [None, X], [X], [1, X, X], [1]):
    add(called, "phase_first", values).session()
for values in ([X], [X, 1], [X, 0], X):
    add(called, "phase_unlisted", values).session()
for values in ([A, B], [A], [None, B], [A, None], [None, None]):
    add(called, "middle", values).session()
for values in ([[A, B], C], [A, B, C], [[A], B, C], [[A, B, C]], [[A, B]], (A, (B, C))):
    add(called, "nested", values).session()
for values in ([], [A], None, ()):
    add(called, "none", values).session()
for values in ((A, B), [A, B], (A, B, C), (A,)):
    add(called, "tuples", values).session()
for values in ([A], [np.array([1, 2])], [np.array([1.0, 2.0])], [[1, 2]], [np.array([True, False])], [np.ones((2, 1))]):
    add(called, "of_variable", values).session()
for values in ([np.array([1.7, 2.2])], [[1, 2]], [np.array([1, 2], "int64")], [np.array([True, False])], [[1.5]]):
    add(called, "integer", values).session()
add(called, "inside", [A]).session()
add(called_again, "two", [X, Y], [X, Y, Z], [Z, Z]).session()
add(called_again, "with_phase", [X, 1], [X], [X, 0], [Z, 1, 1]).session()
add(called_again, "middle", [A, B], [A], [None, C]).session()


def updated(K, form, value):
    """Updates in several forms, and what the function gives meanwhile."""
    v, w = K.variable(np.ones_like(value)), K.variable(np.zeros_like(value))
    x = K.placeholder(value.shape)
    updates = {
        "pairs": lambda: [(v, v + x), (w, w - x)],
        "ops": lambda: [K.update(v, v + x), K.update_sub(w, x)],
        "mixed": lambda: [K.update_add(v, x), (w, x)],
        "tuple": lambda: (K.update_add(v, x), (w, x)),
        "twice": lambda: [K.update_add(v, x), K.update_add(v, x)],
        "average": lambda: [K.moving_average_update(v, x, 0.75)],
        "none": lambda: None,
        "empty": list,
    }[form]()
    function = K.function([x], [x + 1.0], updates=updates)
    first = function([value])
    function([value])
    return [first[0], K.get_value(v), K.get_value(w)]


def updates_only(K, value):
    """A function without outputs."""
    v = K.variable(value)
    K.function([], [], updates=[(v, v + 1.0)])([])
    return K.get_value(v)


def options(K, value, **kwargs):
    """Keywords of a session's run."""
    x = K.placeholder(value.shape)
    return K.function([x], [x + 1.0], **kwargs)([value])


def fetching(K, value):
    """More to compute than to give back, and values of more tensors."""
    x, y = K.placeholder(value.shape), K.placeholder(value.shape)
    v = K.variable(value)
    function = K.function([x], [x + y], fetches=[K.update(v, x * 2.0)], feed_dict={y: value * 3.0})
    return [function([value])[0], K.get_value(v)]


def feeding_symbols(K, value):
    """A tensor as a value."""
    x = K.placeholder(value.shape)
    return K.function([x], [x * 2.0])([K.variable(value) + 1.0])


def with_inputs_named(K, value):
    """By the parameters' names."""
    x = K.placeholder(value.shape)
    return K.function(inputs=[x], outputs=[x + 1.0], updates=[], name="f")(inputs=[value])


def evaluated(K, value, form):
    """eval and get_value of what is computed."""
    v = K.variable(value)
    tensor = {"variable": v, "computed": v * 2.0, "constant": K.constant(value)}[form]
    return [K.eval(tensor), K.get_value(v)]


def several_values(K, a, b):
    """batch_get_value and batch_set_value."""
    v, w = K.variable(a), K.variable(b)
    before = K.batch_get_value([v, w])
    K.batch_set_value([(v, np.zeros_like(a)), (w, b.tolist())])
    K.batch_set_value([])
    return before + K.batch_get_value([v, w]) + K.batch_get_value([])


def set_other(K, value, dtype, new):
    """A value of another kind."""
    v = K.variable(value, dtype=dtype)
    K.set_value(v, new)
    return K.get_value(v)


def read_later(K, value):
    """What is built from a variable sees its later values."""
    v = K.variable(value)
    total = K.sum(v) + 1.0
    K.set_value(v, value * 2.0)
    return [K.eval(total), K.get_value(v)]


def update_evaluated(K, name, value):
    """Evaluating an update carries it out."""
    v = K.variable(value)
    op = getattr(K, name)(v, K.constant(value))
    got = K.eval(op)
    return [got, K.get_value(v)]


def phase_set(K, value, x):
    """A phase that was set before the graph was built."""
    K.set_learning_phase(value)
    out = K.in_train_phase(K.constant(x) * 2.0, K.constant(x))
    phase = K.learning_phase()
    result = K.eval(out)
    K.clear_session()
    return [phase, result]


def phase_dtype(K):
    """What the phase is."""
    phase = K.learning_phase()
    return [K.dtype(phase), list(K.int_shape(phase)), K.is_placeholder(phase), K.is_tensor(phase)]


for form in ("pairs", "ops", "mixed", "tuple", "twice", "average", "none", "empty"):
    add(updated, form, arr((2,))).session()
add(updates_only, arr((2,))).session()
for kwargs in (
    {"updates": 3},
    {"name": "f"},
    {"nonsense": 1},
    {"updates": [3]},
    {"updates": [None]},
    {"options": None},
):
    add(options, arr((2,)), **kwargs).session()
for case in (fetching, feeding_symbols, with_inputs_named, read_later):
    add(case, arr((2, 3))).session()
for form in ("variable", "computed", "constant"):
    add(evaluated, arr((2, 3)), form).session()
    add(evaluated, arr(()), form).session()
add(several_values, arr((2,)), arr((2, 3))).session()
for dtype in ("float32", "int32", "bool", "float64"):
    for new in (
        1,
        2.5,
        [1, 0],
        np.array([1.5, 0.0]),
        np.array([True, False]),
        [[1.0, 2.0]],
        [1.0, 2.0, 3.0],
        "a",
        None,
    ):
        add(set_other, np.array([0, 1]), dtype, new).session()
for name in ("update", "update_add", "update_sub"):
    add(update_evaluated, name, arr((2,))).session()
for value in (0, 1, True, False):
    add(phase_set, value, arr((2,))).session()
add(phase_dtype).session()
