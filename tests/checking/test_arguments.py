"""Whether a function takes the arguments of a call."""

import ast

import pytest

from kjax import backend as K
from kjax.checking.arguments import mismatch
from kjax.dialects.tensorflow_modules import answers

TF, V1 = answers("", 2), answers("", 1)


def call(text):
    return ast.parse(f"f({text})", mode="eval").body


@pytest.mark.parametrize(
    ("function", "arguments", "told"),
    [
        (K.square, "x", None),
        (K.square, "", "missing"),
        (K.square, "x, y", "too many"),
        (K.square, "x, axis=1", "'axis'"),
        (K.square, "*x", None),
        (K.square, "**x", None),
        (K.square, "*x, axis=1", "'axis'"),
        (K.variable, "1, name='v'", None),
        (K.variable, "1, trainable=False", "'trainable'"),
        (K.function, "x, y, no_such=1", None),  # takes any, which it looks at itself
        (TF["reduce_sum"], "x, keep_dims=True, reduction_indices=1", None),  # as in TensorFlow 1
        (TF["reduce_sum"], "x, no_such=True", "'no_such'"),
        (TF["gather"], "x, i, batch_dims=1", None),
        (TF["gather"], "x, i, foo=2", "'foo'"),
        (V1["Session"], "config=c", None),
        (V1["placeholder"], "t, s, n, more", "too many"),
        (TF["GradientTape"], "nonsense=3", "'nonsense'"),
        (len, "1, 2, 3", None),
        (3, "x", None),
    ],
)
def test_mismatches(function, arguments, told):
    found = mismatch(function, call(arguments))
    assert found is None if told is None else told in found


def test_what_is_told_would_be_raised():
    for function, arguments in ((K.square, "1., axis=1"), (TF["gather"], "[1.], [0], foo=2"), (K.dot, "1.")):
        assert mismatch(function, call(arguments))
        with pytest.raises(TypeError):
            eval(f"f({arguments})", {"f": function})


def test_classes_of_wrappers_are_left_alone():
    class Wrapped:
        def __init__(self, *args, **kwargs):
            pass

        __init__.__wrapped__ = lambda self, units: None

    assert mismatch(Wrapped, call("1, 2, 3, input_dim=4")) is None
