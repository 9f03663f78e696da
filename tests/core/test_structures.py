"""Nested lists, tuples and dicts of tensors, as functions, sessions, branches and loops take and give them."""

import collections

import numpy as np
import pytest

import kjax
from kjax import backend as K

Pair = collections.namedtuple("Pair", "left right")


class Rows(list):
    """A list by another name."""


def arranged(structure, leaf):
    """`structure` with `leaf(part)` for each part that is no list, tuple or dict."""
    if isinstance(structure, dict):
        return {key: arranged(part, leaf) for key, part in structure.items()}
    if isinstance(structure, Pair):
        return Pair(*(arranged(part, leaf) for part in structure))
    if isinstance(structure, (list, tuple)):
        return type(structure)(arranged(part, leaf) for part in structure)
    return leaf(structure)


NUMBERS = {"a": 1.0, "b": 20.0, "c": 300.0}
STRUCTURES = [
    ["a", "b"],
    ("b", "a"),
    {"x": "b", "y": "a"},
    {"y": "a", "x": "b"},
    Pair("a", "b"),
    Rows(["b", "c"]),
    [["a", ("b", ["c"])], "a"],
    {"x": ["a", {"y": ("b",)}], "z": Pair("c", [])},
    [(), "a", {}, []],
    ["a"],
    ("c",),
]


def equal(one, other):
    """Whether both are nested alike, in containers of the same kinds, with equal leaves."""
    if isinstance(other, dict):
        return type(one) is dict and list(one) == list(other) and all(equal(one[key], other[key]) for key in other)
    if isinstance(other, (list, tuple)):
        return type(one) is type(other) and len(one) == len(other) and all(map(equal, one, other))
    return not isinstance(one, (dict, list, tuple)) and np.array_equal(one, other)


@pytest.mark.parametrize("structure", STRUCTURES, ids=str)
def test_a_function_gives_outputs_in_the_form_they_were_asked_for(structure):
    fed = {name: K.placeholder((), name=name) for name in NUMBERS}
    wanted = arranged(structure, lambda name: fed[name] + 0.5)
    expected = arranged(structure, lambda name: NUMBERS[name] + 0.5)
    found = K.function([*fed.values()], wanted)([*NUMBERS.values()])
    assert equal(found, expected)


@pytest.mark.parametrize("structure", STRUCTURES[:8], ids=str)
def test_a_function_takes_inputs_in_their_form(structure):
    fed = {}

    def placeholder(name):
        return fed.setdefault(name, K.placeholder((), name=name))

    inputs = arranged(structure, placeholder)
    function = K.function(inputs, [fed[name] * 2.0 for name in sorted(fed)])
    values = arranged(structure, NUMBERS.get)
    assert [float(out) for out in function(values)] == [2 * NUMBERS[name] for name in sorted(fed)]
    if isinstance(values, dict):  # by their keys, in any order
        turned = dict(reversed(values.items()))
        assert [float(out) for out in function(turned)] == [2 * NUMBERS[name] for name in sorted(fed)]


@pytest.mark.parametrize("structure", STRUCTURES, ids=str)
def test_a_session_gives_what_was_fetched_in_its_form(structure):
    fed = {name: K.placeholder((), name=name) for name in NUMBERS}
    fetches = arranged(structure, lambda name: fed[name] - 1.0)
    found = K.get_session().run(fetches, {fed[name]: value for name, value in NUMBERS.items()})
    assert equal(found, arranged(structure, lambda name: NUMBERS[name] - 1.0))


@pytest.mark.parametrize("structure", STRUCTURES[:8], ids=str)
def test_elements_of_a_loop_have_the_form_of_the_sequences(structure):
    def doubled(element):
        assert equal(arranged(element, lambda t: 0), arranged(structure, lambda name: 0))
        return arranged(element, lambda t: t * 2.0)

    arrays = {name: np.array([value, value + 1]) for name, value in NUMBERS.items()}
    for make in (lambda a: K.constant(a, "float32"), lambda a: K.placeholder((2,))):
        fed = {name: make(array) for name, array in arrays.items()}
        mapped = K.map_fn(doubled, arranged(structure, fed.get))
        if fed["a"].is_symbolic:
            mapped = K.function([*fed.values()], mapped)([*arrays.values()])
        else:
            mapped = arranged(mapped, lambda t: t.numpy())
        assert equal(mapped, arranged(structure, lambda name: arrays[name] * 2))


def test_branches_give_the_form_both_have():
    condition, x = K.placeholder((), dtype="bool"), K.placeholder((2,))
    chosen = K.switch(condition, lambda: [x, (x * 2.0, [x])], lambda: [-x, (x * 3.0, [x * 4.0])])
    assert isinstance(chosen, list) and isinstance(chosen[1], tuple) and isinstance(chosen[1][1], list)
    function = K.function([condition, x], chosen)
    assert equal(function([True, [1.0, 2.0]]), [np.array([1, 2]), (np.array([2, 4]), [np.array([1, 2])])])
    assert equal(function([False, [1.0, 2.0]]), [np.array([-1, -2]), (np.array([3, 6]), [np.array([4, 8])])])
    with pytest.raises(ValueError, match=r"^switch\(\)"):
        K.switch(condition, lambda: [x, x], lambda: [x])


def test_sparse_tensors_are_leaves():
    dense = np.array([[0.0, 2.0], [0.0, 0.0], [3.0, 0.0]], "float32")
    indices = np.argwhere(dense)
    p, x = K.placeholder((3, 2), sparse=True), K.placeholder((2,))
    found = K.function({"s": [p], "x": x}, {"one": (p, x), "two": [[p * 2.0]], "none": None})(
        {"x": [1.0, 2.0], "s": [(indices, dense[dense != 0], (3, 2))]}
    )
    assert list(found) == ["one", "two", "none"] and found["none"] is None
    (one, same), ((two,),) = found["one"], found["two"]
    assert isinstance(one, kjax.SparseTensorValue) and same.tolist() == [1, 2]
    for sparse, factor in ((one, 1), (two, 2)):
        assert sparse.indices.tolist() == indices.tolist() and sparse.dense_shape.tolist() == [3, 2]
        assert sparse.values.tolist() == [2 * factor, 3 * factor]


def test_values_in_another_form_than_the_inputs():
    a, b, c = (K.placeholder((), name=name) for name in "abc")
    nested, named = K.function([[a, b], c], a + b * c), K.function({"a": a, "b": b}, a + b)
    for wrong in ([[1.0], 2.0], [[1.0, 2.0, 3.0], 2.0], [[1.0, 2.0]]):
        with pytest.raises(ValueError):
            nested(wrong)
    assert named([1.0, 2.0]) == 3
    for wrong in ({"a": 1.0}, {"a": 1.0, "b": 2.0, "c": 3.0}, [1.0]):
        with pytest.raises(ValueError, match="keys a, b"):
            named(wrong)
