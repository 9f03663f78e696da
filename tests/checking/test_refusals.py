"""Whether a function refuses a value in a call, by its own code."""

import ast

import pytest

from kjax.checking.refusals import refusal
from kjax.dialects.tensorflow_modules import answers

LOOKUP = answers("nn", 2)["embedding_lookup"]
AVERAGE = answers("train", 2)["ExponentialMovingAverage"]
GLIMPSE = answers("image", 2)["extract_glimpse"]
NORM = answers("nn", 1)["fused_batch_norm"]
CELLS = answers("nn.rnn_cell", 1)["MultiRNNCell"]


def call(text):
    return ast.parse(f"f({text})", mode="eval").body


@pytest.mark.parametrize(
    ("function", "arguments", "told"),
    [
        (AVERAGE, "0.9", None),
        (AVERAGE, "0.9, zero_debias=False", None),
        (AVERAGE, "0.9, zero_debias=z", None),  # nobody knows
        (AVERAGE, "0.9, zero_debias=True", "zero_debias is not answered"),
        (AVERAGE, "0.9, None, True", "zero_debias is not answered"),
        (AVERAGE, "*a", None),
        (AVERAGE, "0.9, **k", None),
        (AVERAGE, "0.9, nonsense=1", None),
        (LOOKUP, "p, i, max_norm=1.0", None),
        (NORM, "x, s, o, exponential_avg_factor=0.5", "fused_batch_norm(): exponential_avg_factor is not answered"),
        (NORM, "x, s, o, exponential_avg_factor=1.0", None),
        (GLIMPSE, "x, s, o, noise='gaussian'", "Gaussian"),
        (GLIMPSE, "x, s, o, noise='other'", "noise must be 'uniform' or 'zero'; got 'other'"),
        (GLIMPSE, "x, s, o, noise='zero'", None),
        (CELLS, "c, state_is_tuple=False", "kjax has its state as a tuple alone"),
        (CELLS, "c", None),
        (len, "3", None),
        (ast.Name, "3", None),
        (3, "3", None),
        (staticmethod(len), "3", None),
    ],
)
def test_values(function, arguments, told):
    found = refusal(function, call(arguments))
    assert found is None if told is None else told in found


def test_what_is_told_is_raised():
    for function, arguments in ((GLIMPSE, "[[1.0]], 1, 1, noise='gaussian'"), (AVERAGE, "0.9, zero_debias=True")):
        with pytest.raises(NotImplementedError) as raised:
            eval(f"f({arguments})", {"f": function})
        assert str(raised.value) == refusal(function, call(arguments))


def test_what_is_set_anew_is_not_known():
    def function(a, b=None):
        a = b or a
        if a == 3:
            raise ValueError("a is 3")

    function.__module__ = "kjax.somewhere"
    assert refusal(function, call("3")) is None


def test_what_may_not_be_reached_is_not_told():
    def function(a, b):
        if b:
            return
        if a == 3:
            raise ValueError("a is 3")

    function.__module__ = "kjax.somewhere"
    assert refusal(function, call("3, c")) is None
