"""Patterns, filled with the arguments of a call."""

import pytest

from kjax.checking.patterns import alternatives


@pytest.mark.parametrize(
    ("pattern", "given", "text"),
    [
        ("f({x})", {"x": "a + b"}, "f(a + b)"),
        ("{x!p}.shape", {"x": "a + b"}, "(a + b).shape"),
        ("{x!p}.shape", {"x": "a[0]"}, "a[0].shape"),
        ("{x!p} * 2", {"x": "lambda: 1"}, "(lambda: 1) * 2"),
        ("f({x}[, axis={axis}][, k={k}])", {"x": "a", "k": "True"}, "f(a, k=True)"),
        ("f({x}, {axis=-1})", {"x": "a"}, "f(a, -1)"),
        ("f({x}, {axis=-1})", {"x": "a", "axis": "0"}, "f(a, 0)"),
        ("f({padding='valid'!u})", {}, "f('VALID')"),
        ("f({padding='valid'!u})", {"padding": "p"}, "f(p.upper())"),
        ("[g(v) for v in {x!p}]", {"x": "a"}, "[g(v) for v in a]"),
        ("f({x!p}[::-1][, {i}])", {"x": "a", "i": "b"}, "f(a[::-1], b)"),
        ("f((0, 0), *{padding=((1, 1), (1, 1))!p})", {}, "f((0, 0), *((1, 1), (1, 1)))"),
    ],
)
def test_filling(pattern, given, text):
    (alternative,) = alternatives(pattern)
    assert alternative.holds(given) and alternative.filled(given) == text


def test_the_first_alternative_that_takes_all_arguments():
    found = alternatives(("f({x})", "g({x}, {a})", "mode='max' => h({x})", "then=lambda => l({then})"))
    assert [a.holds({"x": "1"}) for a in found] == [True, False, False, False]
    assert [a.holds({"x": "1", "a": "2"}) for a in found] == [False, True, False, False]
    assert [a.holds({"x": "1", "mode": '"max"'}) for a in found] == [False, False, True, False]
    assert not any(a.holds({"x": "1", "mode": "m"}) for a in found)
    assert [a.holds({"then": "lambda: 1"}) for a in found] == [False, False, False, True]
    assert not any(a.holds({"y": "1"}) for a in found)
    assert alternatives(None) == ()


def test_calls_whose_arguments_stay():
    (plain,) = alternatives("np.sum({x}[, axis={axis}])")
    assert plain.call() == ("np.sum", {"x": None, "axis": "axis"})
    assert all(alternatives(text)[0].call() is None for text in ("f({x}, 0)", "f(g({x}))", "{x!p} * 2", "f({x=1})"))


def test_none_is_no_operand():
    (pattern,) = alternatives("{x!p} * {gamma!p}")
    assert pattern.holds({"x": "a", "gamma": "g"}) and not pattern.holds({"x": "a", "gamma": "None"})
    assert alternatives("{x!p} + {x!p} * {y}")[0].repeats() == {"x"}
