"""Sub-graphs of callbacks: the step of a loop, the branch of a choice; and the tensors that they capture."""

import numpy as np
import pytest

import kjax
from helpers import assert_gradients
from kjax import backend as K

X = np.array([[0.5, -1.0], [2.0, 3.0], [-0.25, 4.0]])


def in_a_map(x, inside):
    """`inside` in the function of `K.map_fn`, the elements of which are the rows of `x`."""
    return K.map_fn(inside, x)


def in_a_fold(x, inside):
    return K.foldl(lambda a, e: a + inside(e), x, initializer=K.zeros_like(x[0]))


def in_a_step(x, inside):
    return K.rnn(lambda e, states: (inside(e), []), K.expand_dims(x, 0), [])[1]


def in_a_branch(x, inside):
    return K.switch(K.sum(x) > -1000.0, lambda: inside(x), lambda: x)


PLACES = [in_a_map, in_a_fold, in_a_step, in_a_branch]


@pytest.mark.parametrize("place", PLACES)
def test_gradients_reach_what_is_taken_from_outside(place):
    def taking(x, w, b):
        scaled = K.tanh(w) * 2.0  # computed outside
        return place(x, lambda e: e * scaled + K.square(e + b))

    assert_gradients(lambda x, w, b: taking(x, w, b), X, np.array([0.3, -0.7]), np.array([1.0, 2.0]))


@pytest.mark.parametrize("place", PLACES)
def test_variables_are_read_when_a_function_runs(place):
    v, x = K.variable([1.0, 10.0]), K.placeholder((3, 2))
    with kjax.graph_mode():
        out = K.sum(place(x, lambda e: e * v))
    run = K.function([x], [out, *K.gradients(out, [v])])
    for value in ([1.0, 10.0], [-2.0, 0.5]):
        K.set_value(v, value)
        total, slope = run([X])
        np.testing.assert_allclose(total, (X * value).sum(), 1e-6)
        np.testing.assert_allclose(slope, X.sum(0), 1e-6)


def test_what_is_computed_outside_is_computed_once():
    x = K.placeholder((3, 2))
    noise = K.random_normal(K.shape(x)[1:])
    out = in_a_map(x, lambda e: e * 0.0 + noise)
    drawn, seen = K.function([x], [noise, out])([X])
    np.testing.assert_array_equal(seen, np.broadcast_to(drawn, (3, 2)))
    with kjax.graph_mode():
        drawing = in_a_map(x, lambda e: e * 0.0 + K.random_normal((2,)))
    inside = K.function([x], [drawing])([X])[0]
    assert len(np.unique(inside)) == 6


def test_what_does_not_depend_on_an_element():
    x, w = K.placeholder((3, 2)), K.placeholder((2,))
    itself, outer, number = (
        in_a_map(x, inside) for inside in (lambda e: e, lambda e: w, lambda e: K.constant([7.0, 8.0]))
    )
    found = K.function([x, w], [itself, outer, number, *K.gradients(K.sum(outer), [w])])([X, [1.0, 2.0]])
    for result, expected in zip(found, [X, [[1, 2]] * 3, [[7, 8]] * 3, [3, 3]], strict=True):
        np.testing.assert_allclose(result, expected)
    (slope,) = K.gradients(K.sum(outer) + K.sum(x), [x])
    np.testing.assert_array_equal(K.function([x, w], [slope])([X, [1.0, 2.0]])[0], np.ones((3, 2)))


def test_callbacks_within_each_other():
    def deep(x, w, b):
        def outer(row):
            shifted = row + b

            def inner(e):
                return K.switch(K.sum(row) > 2.0, lambda: e * K.sum(w) + K.sum(shifted), lambda: K.sum(w * row) - e)

            return K.map_fn(inner, shifted)

        return K.map_fn(outer, x)

    w, b = np.array([0.3, -0.7]), np.array([1.0, 2.0])
    expected = [(row + b) * w.sum() + (row + b).sum() if row.sum() > 2 else (w * row).sum() - (row + b) for row in X]
    fed = [K.placeholder(a.shape, dtype="float64") for a in (X, w, b)]
    np.testing.assert_allclose(K.function(fed, [deep(*fed)])([X, w, b])[0], expected)
    assert_gradients(deep, X, w, b)


@pytest.mark.parametrize("place", PLACES[:3])
def test_the_learning_phase_decides_inside_too(place):
    x = K.placeholder((3, 2))
    out = place(x, lambda e: K.in_train_phase(e * 2.0, e))
    assert out._uses_learning_phase and not hasattr(place(x, K.square), "_uses_learning_phase")
    run = K.function([x, K.learning_phase()], [K.sum(out)])
    np.testing.assert_allclose([run([X, 1])[0], run([X, 0])[0]], [2 * X.sum(), X.sum()], 1e-6)


@pytest.mark.parametrize("place", PLACES[:3])
def test_a_variable_can_not_be_updated_inside_a_loop(place):
    v, x = K.variable([1.0, 1.0]), K.placeholder((3, 2))
    with pytest.raises(NotImplementedError, match="inside the loop"):
        place(x, lambda e: K.update_add(v, K.sum(e) * K.ones_like(v)))
    assert K.get_value(v).tolist() == [1, 1]
    # Outside, a result of the loop can be its new value.
    K.function([x], [], updates=[K.update_add(v, K.sum(in_a_fold(x, lambda e: e)) * K.ones_like(v))])([np.ones((3, 2))])
    assert K.get_value(v).tolist() == [7, 7]


def test_the_branch_that_is_not_taken_states_no_conditions():
    index, x = K.placeholder((), dtype="int32"), K.constant([5.0, 6.0])
    run = K.function([index], [K.switch(index < 2, lambda: K.gather(x, index), lambda: K.constant(-1.0))])
    assert [float(run([i])[0]) for i in (0, 1, 2, 100)] == [5, 6, -1, -1]


def test_both_branches_may_take_the_same():
    def branches(x, w):
        squared = K.square(w)
        return K.switch(K.sum(x) > 0.0, lambda: x * squared + w, lambda: squared - x)

    for x in (X, -X):
        assert_gradients(branches, x, np.array([0.3, -0.7]))


def test_gradients_stop_inside_too():
    x = K.placeholder((3, 2))
    for place in PLACES:
        out = place(x, lambda e: e * K.stop_gradient(e))
        np.testing.assert_allclose(K.function([x], K.gradients(K.sum(out), [x]))([X])[0], X, 1e-6)
