"""`tf.function` beyond its recorded answers."""

import numpy as np
import pytest

from kjax import backend as K
from kjax.core.running import NotCompiledWarning
from kjax.dialects.tensorflow_function import function


def test_a_function_is_compiled_once_for_each_signature():
    traced = []

    @function
    def doubled(x, times=2):
        traced.append(x.shape)
        return x * times

    for given in ([1.0, 2.0], [3.0, 4.0]):
        assert doubled(K.constant(given)).numpy().tolist() == [2 * v for v in given]
    assert doubled(np.ones(2, "float32"), 3.0).numpy().tolist() == [3.0, 3.0]
    assert doubled(K.constant([1.0])).numpy().tolist() == [2.0]
    assert len(traced) == 3


def test_a_course_that_depends_on_values_is_run_as_it_stands():
    @function
    def positive(x):
        if K.sum(x) > 0:
            return x
        return -x

    with pytest.warns(NotCompiledWarning, match=r"tf\.cond"):
        assert positive(K.constant([1.0])).numpy().tolist() == [1.0]
    assert positive(K.constant([-1.0])).numpy().tolist() == [1.0]
    with pytest.raises(ValueError, match="asks for the value"):
        positive.get_concrete_function(K.constant([1.0]))


def test_methods_have_traces_of_their_own():
    class Scale:
        def __init__(self, factor):
            self.factor = factor

        @function
        def __call__(self, x):
            return x * self.factor

    x = K.constant([1.0])
    two, three = Scale(2.0), Scale(3.0)
    assert [two(x).numpy().item(), three(x).numpy().item(), two(x).numpy().item()] == [2, 3, 2]
    assert "Scale" in repr(Scale.__call__) or "call" in repr(Scale.__call__)


def test_functions_in_functions_and_in_graphs():
    @function
    def inner(x):
        return x + 1.0

    @function
    def outer(x):
        return inner(x) * 2.0

    assert outer(K.constant([1.0])).numpy().tolist() == [4.0]
    x = K.placeholder((1,))
    assert K.function([x], [outer(x)])([[2.0]])[0].tolist() == [6.0]


def test_updates_happen_in_their_order_whether_or_not_they_are_asked_for():
    v = K.variable(1.0)

    @function
    def step(x):
        v.assign_add(x)
        read = v * 1.0
        v.assign(v * 10.0)
        return read

    assert step(K.constant(2.0)).numpy() == 3 and v.numpy() == 30
    assert step(K.constant(1.0)).numpy() == 31 and v.numpy() == 310


def test_random_numbers_are_drawn_at_each_call():
    @function
    def drawn(x):
        return K.random_normal((3,)) + x

    x = K.constant(0.0)
    assert not np.array_equal(drawn(x).numpy(), drawn(x).numpy())


def test_an_error_in_a_call_changes_nothing():
    v = K.variable([1.0])

    @function
    def fails(x):
        v.assign_add([1.0])
        raise KeyError("no")

    for _ in range(2):
        with pytest.raises(KeyError):
            fails(K.constant([1.0]))
    assert v.numpy().tolist() == [1.0]
