"""The functions of K on JAX's arrays, as they are: within `jax.jit`, `jax.grad`, `jax.vmap` and `jax.export`.

And on symbolic tensors of Keras 3, `KerasTensor`s, which `tests/keras3/functions.py` tries.

`use(name)` is a call of each function that takes arrays: one of its recorded cases, or where these need a graph or a
seed, one from below. `WHY_NOT` says what does not work, and why; everything else does, which `test_arrays.py` shows,
and the documentation lists.
"""

import functools
from typing import NamedTuple

from . import cases, counts, play
from .case import arr, val

WAYS = ("jit", "grad", "vmap", "export")
SYMBOLS = "KerasTensor"

# Functions that take no arrays: settings, sessions, names, and what belongs to graphs.
WITHOUT = (
    *("backend", "clear_session", "epsilon", "floatx", "function", "get_session", "get_uid", "gradients"),
    *("image_data_format", "learning_phase", "learning_phase_scope", "manual_variable_initialization", "name_scope"),
    *("placeholder", "reset_uids", "set_epsilon", "set_floatx", "set_image_data_format", "set_learning_phase"),
    "set_session",
)

_BY_VALUE = "the shape of the result depends on values"
_PRINTS = "an artefact can't print"
# What needs a value, which a symbolic tensor has not.
OF_VALUES = (
    *("batch_get_value", "batch_set_value", "constant", "eval", "get_value", "moving_average_update", "set_value"),
    *("update", "update_add", "update_sub", "variable", "ctc_label_dense_to_sparse"),
)
WHY_NOT = {name: {SYMBOLS: "needs a value"} for name in OF_VALUES}
WHY_NOT["ctc_decode"] = dict.fromkeys(("jit", "vmap", "export", SYMBOLS), _BY_VALUE)
WHY_NOT["ctc_label_dense_to_sparse"].update(dict.fromkeys(("jit", "vmap", "export"), _BY_VALUE))
WHY_NOT["print_tensor"] = {"export": _PRINTS}


class Use(NamedTuple):
    """A call with arrays.

    Attributes:
        function: `function(K, *arrays)`, which gives arrays, in nested lists and tuples, or plain values.
        arrays: the descriptions of the arrays.
        differentiable: whether the result has a gradient.
        random: whether numbers are drawn.
    """

    function: object
    arrays: tuple
    differentiable: bool = False
    random: bool = False


def _stepping(K, x):
    return K.rnn(lambda now, states: (K.tanh(now + states[0]), [now * states[0]]), x, [x[:, 0]])


def _updated(function):
    def call(K, x, y):
        v = K.variable(x)
        function(K, v, y)
        return K.get_value(v)

    return call


_X, _Y = arr((2, 3), kind="unit"), arr((2, 3), kind="unit", seed=1)
_SEQUENCE = arr((2, 4, 3), kind="unit")
_PROGRAMS = {
    "arange": Use(lambda K, x: x * K.cast(K.arange(3), "float32"), (_X,), True),
    "batch_get_value": Use(lambda K, x, y: K.batch_get_value([x, y]), (_X, _Y), True),
    "batch_set_value": Use(_updated(lambda K, v, y: K.batch_set_value([(v, y)])), (_X, _Y), True),
    "constant": Use(lambda K, x: K.constant(x), (_X,), True),
    "conv2d_transpose": Use(
        lambda K, x, kernel: K.conv2d_transpose(x, kernel, (K.shape(x)[0], 3, 3, 3)),
        (arr((2, 2, 2, 2)), arr((2, 2, 3, 2), seed=1)),
        True,
    ),
    "ctc_label_dense_to_sparse": Use(
        lambda K, x, y: K.get_value(K.ctc_label_dense_to_sparse(x, y).values),
        (val([[1, 2], [3, 0]], "int32"), val([2, 1], "int32")),
    ),
    "dropout": Use(lambda K, x: K.dropout(x, 0.5, seed=3), (arr((4, 6)),), True, True),
    "eval": Use(lambda K, x: K.eval(x), (_X,), True),
    "eye": Use(lambda K, x: K.dot(x, K.get_value(K.eye(x.shape[1]))), (_X,), True),
    "foldl": Use(lambda K, x: K.foldl(lambda total, part: total * part + 1, x, 0 * x[0]), (_X,), True),
    "foldr": Use(lambda K, x: K.foldr(lambda total, part: total * part + 1, x, 0 * x[0]), (_X,), True),
    "get_value": Use(lambda K, x: K.get_value(x), (_X,), True),
    "is_keras_tensor": Use(lambda K, x: K.is_keras_tensor(x), (_X,)),
    "is_sparse": Use(lambda K, x: K.is_sparse(x), (_X,)),
    "map_fn": Use(lambda K, x: K.map_fn(lambda row: K.square(row), x), (_X,), True),
    "moving_average_update": Use(_updated(lambda K, v, y: K.moving_average_update(v, y, 0.75)), (_X, _Y), True),
    "ones": Use(lambda K, x: x + K.ones(x.shape), (_X,), True),
    "random_binomial": Use(lambda K, x: K.random_binomial(x.shape, x, seed=3), (_X,), False, True),
    "random_normal": Use(lambda K, x: K.random_normal(x.shape, x, seed=3), (_X,), True, True),
    "random_normal_variable": Use(
        lambda K, x: x * K.random_normal_variable(x.shape, 0.0, 1.0, seed=3), (_X,), True, True
    ),
    "random_uniform": Use(lambda K, x: K.random_uniform(x.shape, 0.0, x, seed=3), (_X,), True, True),
    "random_uniform_variable": Use(
        lambda K, x: x * K.random_uniform_variable(x.shape, 0.0, 1.0, seed=3), (_X,), True, True
    ),
    "reshape": Use(lambda K, x: K.reshape(x, (K.shape(x)[0], -1)), (_SEQUENCE,), True),
    "rnn": Use(_stepping, (_SEQUENCE,), True),
    "set_value": Use(_updated(lambda K, v, y: K.set_value(v, y)), (_X, _Y), True),
    "shape": Use(lambda K, x: x * K.cast(K.shape(x)[1], "float32"), (_X,), True),
    "squeeze": Use(lambda K, x: K.squeeze(x, 1), (arr((2, 1, 3)),), True),
    "to_dense": Use(lambda K, x: K.to_dense(x), (_X,), True),
    "truncated_normal": Use(lambda K, x: K.truncated_normal(x.shape, x, seed=3), (_X,), True, True),
    "update": Use(_updated(lambda K, v, y: K.update(v, y)), (_X, _Y), True),
    "update_add": Use(_updated(lambda K, v, y: K.update_add(v, y)), (_X, _Y), True),
    "update_sub": Use(_updated(lambda K, v, y: K.update_sub(v, y)), (_X, _Y), True),
    "variable": Use(lambda K, x: K.get_value(K.variable(x) * 2), (_X,), True),
    "zeros": Use(lambda K, x: x + K.zeros(x.shape), (_X,), True),
}


def names():
    """The functions that take arrays."""
    return [name for name in counts.public_names() if name not in WITHOUT]


def use(name):
    """A call of a function with arrays."""
    return _PROGRAMS.get(name) or _recorded()[name]


@functools.cache
def _recorded():
    """For each function that has one, a recorded case as a call: one with a gradient, if there is one."""
    found = {}
    for family in cases.FAMILIES:
        for case in cases.load(family):
            if _fits(case) and (case.fn not in found or (case.wants_grad and not found[case.fn].wants_grad)):
                found[case.fn] = case
    return {name: _as_use(case) for name, case in found.items()}


def _fits(case):
    arrays = case.arrays()
    return (
        isinstance(case.fn, str)
        and not (case.wants_error or case.reason or case.is_session or case.is_symbolic)
        and all(a.how == "tensor" and a.dtype in ("float32", "int32", "bool") and 0 not in a.shape for a in arrays)
        and any(a.shape for a in arrays)
    )


def _as_use(case):
    def function(K, *arrays):
        rest = iter(arrays)
        return play.call(K, case, lambda _: next(rest))

    return Use(function, tuple(case.arrays()), case.wants_grad)


def cell(name, way):
    """What the documentation says of a function and a way to transform it."""
    if way in WHY_NOT.get(name, {}):
        return WHY_NOT[name][way]
    return "no gradient" if way == "grad" and not use(name).differentiable else "works"
