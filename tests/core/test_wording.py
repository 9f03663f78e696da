"""Errors of kernels become errors of the function that was called."""

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core.op import op
from kjax.core.operands import Number
from kjax.core.wording import is_jax_signal


def shape(where, x, kind):
    if kind == "refused by the rule":
        raise ValueError(f"{where}: the rule says why")
    return x.shape


@op(shape=shape)
def failing(xp, x: Number, kind):
    """Fails as it is told."""
    if kind in ("nothing", "refused by the rule") or xp is not np:
        raise RuntimeError
    if kind is KeyError:
        raise KeyError("a key")
    raise kind("first line\nsecond line")


@pytest.mark.parametrize(
    ("kind", "expected", "message"),
    [
        (ValueError, ValueError, "failing(): first line"),
        (TypeError, TypeError, "failing(): first line"),
        (IndexError, IndexError, "failing(): first line"),
        (NotImplementedError, NotImplementedError, "failing(): first line"),
        (RuntimeError, ValueError, "failing(): first line"),
        (KeyError, ValueError, "failing(): 'a key'"),
        ("nothing", ValueError, "failing(): it failed with RuntimeError"),
    ],
)
def test_kinds_and_messages(kind, expected, message):
    with pytest.raises(expected) as caught:
        failing([1.0], kind)
    assert type(caught.value) is expected and str(caught.value) == message


def test_the_shape_rule_knows_best():
    with pytest.raises(ValueError, match="the rule says why"):
        failing([1.0], "refused by the rule")


def test_an_error_in_a_function_names_the_line_that_built_the_node():
    x = K.placeholder((None,))
    f = K.function([x], [failing(x, ValueError)])
    with pytest.raises(ValueError, match=r"failing\(\)") as caught:
        f([[1.0]])
    assert any(__file__ in note for note in caught.value.__notes__)


def test_what_jax_says_of_traced_values_is_told_apart():
    import jax

    with pytest.raises(jax.errors.ConcretizationTypeError) as caught:
        jax.jit(lambda x: x if x > 0 else -x)(1.0)
    assert is_jax_signal(caught.value) and not is_jax_signal(ValueError())
    assert kjax.UnfedPlaceholderError.__module__ == "kjax"
