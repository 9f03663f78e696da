"""What stands for values while a program is followed."""

from kjax.checking import conditions
from kjax.checking.spaces import NOTHING, UNKNOWN, Constant, Named, Space, computed, constant_of, merged


def test_branches_are_merged():
    one, two = frozenset({Named("a")}), frozenset({Named("b")})
    assert merged([{"x": one}]) == {"x": one}
    assert merged([{"x": one}, {"x": two, "y": one}]) == {"x": one | two, "y": one | {UNKNOWN}}


def test_a_constant_is_alone():
    assert constant_of(frozenset({Constant(1)})) == Constant(1)
    assert constant_of(frozenset({Constant(1), Constant(2)})) is None
    assert constant_of(NOTHING) is None


def test_what_is_computed_is_known_or_nothing():
    assert computed(conditions.item, (1, 2), 1) == {Constant(2)}
    assert computed(conditions.item, (1, 2), 5) is NOTHING
    assert computed(lambda: object()) is NOTHING


def test_a_space_knows_its_module():
    module = Space("module")
    assert Space("function", Space("class", module)).home() is module
