"""The parts of a declaration that `@op` reads from a kernel."""

import inspect
from typing import Any

import pytest

from kjax import backend as K
from kjax import shapes
from kjax.core.declaration import Declaration
from kjax.core.dtypes import as_dtype
from kjax.core.operands import Arrays, Axis, Condition, Number
from kjax.core.placement import JAX_ONLY, XLA


def choose(xp, condition: Condition, x: Number, others: Arrays, axis: Axis = -1, plain: Any = None):
    """Nothing."""


def test_parameters():
    declared = Declaration(choose, shape=shapes.same)
    assert declared.names == ("condition", "x", "others", "axis", "plain") and declared.where == "choose()"
    assert declared.defaults[3:] == (-1, None) and declared.defaults[0] is inspect.Parameter.empty
    assert declared.places == [0, 1, 2]
    assert [kind.own_dtype for _, kind in declared.operands] == [True, False, False]
    assert [kind.many for _, kind in declared.operands] == [False, False, True]
    assert [(i, kind is None) for i, kind in declared.attributes] == [(3, False), (4, True)]
    assert str(declared.signature) == "(condition, x, others, axis=-1, plain=None)"
    assert declared.seed is None and declared.runs is XLA and declared.jax_kernel is choose


def test_names():
    assert Declaration(choose, shape=shapes.same).label == "Choose"
    declared = Declaration(choose, shape=shapes.same, name="other_name", label=lambda *args: "Same", runs=JAX_ONLY)
    assert declared.label == "OtherName" and declared.where == "other_name()" and declared.label_from() == "Same"
    assert declared.runs.numpy is False


@pytest.mark.parametrize(
    ("out", "expected"),
    [
        (None, "float32"),
        ("int64", "int64"),
        (lambda condition, x, *rest: x.dtype, "float32"),
        (as_dtype("bool"), "bool"),
    ],
)
def test_specification_of_the_result(out, expected):
    declared = Declaration(choose, shape=lambda where, condition, x, *rest: x.shape, out=out)
    x, condition = K.placeholder((None, 3)), K.placeholder((2,), dtype="bool")
    assert declared.spec([condition, x, [x], 0, None]) == [((None, 3), expected)]


def test_several_results():
    declared = Declaration(
        choose, shape=lambda where, c, x, *rest: [x.shape, shapes.SCALAR], out=lambda *args: ["int32", "bool"]
    )
    assert declared.spec([None, K.placeholder((2,)), [], 0, None]) == [((2,), "int32"), ((), "bool")]


def test_a_random_operation_has_a_seed():
    def drawn(xp, shape: Any, seed: Any):
        """Nothing."""

    assert Declaration(drawn, shape=shapes.same, random=True).seed == 1
    with pytest.raises(TypeError, match="choose: a random operation has a parameter seed"):
        Declaration(choose, shape=shapes.same, random=True)
