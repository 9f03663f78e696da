"""Calls of layers on more than their inputs, folded into a list and back."""

import types

import pytest

from kjax import backend as K
from kjax.core.shape import Shape
from kjax.dialects import newer_calls


def output():
    made = K.placeholder((None, 2))
    made._keras_history = (None, 0, 0)
    return made


def test_arguments_by_their_names():
    layer = types.SimpleNamespace(name="mine", call=lambda x, context, scale=1.0: None)
    assert newer_calls.by_names(layer, (), {"scale": 2.0}) == {"scale": 2.0}
    assert newer_calls.by_names(layer, ("c",), {"scale": 2.0}) == {"context": "c", "scale": 2.0}
    with pytest.raises(TypeError, match="'mine' is called on 4 arguments; its call takes 3"):
        newer_calls.by_names(layer, ("c", 1.0, 2.0), {})
    with pytest.raises(TypeError, match="its argument 'scale' twice"):
        newer_calls.by_names(layer, ("c", 1.0), {"scale": 2.0})


def test_calls_that_need_more_than_their_inputs():
    def needs_more(call):
        return newer_calls.needs_more(types.SimpleNamespace(call=call))

    assert needs_more(lambda x, hidden: None) and needs_more(lambda x, *, hidden: None)
    assert not needs_more(lambda x, mask=None, *others, **named: None)


def test_there_and_back():
    x, y, a, b = (output() for _ in range(4))
    for inputs in (x, [x, y], [x]):
        flat, rest = newer_calls.folded(inputs, {"context": a, "others": [b, a], "scale": 2.0, "plain": K.ones((2,))})
        more = rest.pop(newer_calls.MORE)
        assert sorted(rest) == ["plain", "scale"]
        first, named = newer_calls.unfolded(more, flat)
        assert (first is inputs or first == inputs) and named == {"context": a, "others": [b, a]}
        assert newer_calls.first(more, ["m"] * len(flat)) == ("m" if inputs is x else ["m"] * len(inputs))
    assert newer_calls.folded(x, {"scale": 2.0}) == (x, {"scale": 2.0})
    # Recurrent layers have put these behind the inputs already.
    assert newer_calls.folded([x, a], {"initial_state": [a]}) == ([x, a], {"initial_state": [a]})


def test_shapes():
    assert newer_calls.plain_shape([None, 3]) == (None, 3)
    assert newer_calls.plain_shape([Shape((None, 3)), [2, 1]]) == [(None, 3), (2, 1)]
    assert newer_calls.plain_shape({"a": [None]}) == {"a": (None,)}
    assert newer_calls.as_shapes((None, 3)).as_list() == [None, 3]
    assert [shape.as_list() for shape in newer_calls.as_shapes([(2,), (3,)])] == [[2], [3]]


def test_methods_about_the_inputs_alone():
    class Layer:
        @staticmethod
        def doubled(shape):
            return [2 * dim for dim in shape]

        def shape(self, input_shape, mask=None):
            return input_shape, mask

    method = newer_calls.about_inputs(Layer.shape, Layer.doubled, tuple)
    layer = Layer()
    assert method(layer, (1, 2), mask="m") == ([2, 4], "m")
    layer._more = [None, [["context", None]]]
    assert method(layer, [(1, 2), (3, 4)], ["m", "n"]) == ([2, 4], "m")
