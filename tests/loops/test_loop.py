"""Loops: one compiled scan or a step at a time, forwards and backwards, with states that keep their shape."""

import numpy as np
import pytest

import kjax
from helpers import numeric_gradient, weights
from kjax import backend as K
from kjax import shapes
from kjax.core.op import op
from kjax.core.operands import Float

X = np.linspace(-1.0, 1.3, 24).reshape(2, 4, 3)
H = np.array([[0.5, -0.25, 1.0], [0.0, 2.0, -1.0]])
W = np.linspace(-0.5, 0.7, 9).reshape(3, 3)


def step(x, states):
    h = K.tanh(x + states[0] * 0.5)
    return h * 2.0, [h, states[1] + 1]


def looped(x, h, **options):
    """The last output, all outputs and the states."""
    last, outputs, states = K.rnn(step, x, [h, K.constant(np.zeros((2, 3), "int32"), "int32")], **options)
    return [last, outputs, *states]


def plain(x, h, backwards=False):
    outputs = []
    for t in range(x.shape[1])[:: -1 if backwards else 1]:
        h = np.tanh(x[:, t] + h * 0.5)
        outputs.append(2 * h)
    return [outputs[-1], np.stack(outputs, 1), h, np.full((2, 3), x.shape[1])]


# ------------------------------------------------------------------------------------------------------- ways to run it


@pytest.mark.parametrize("backwards", [False, True])
@pytest.mark.parametrize("time_major", [False, True])
def test_a_scan_and_single_steps_give_the_same(backwards, time_major):
    def turned(x):
        return x.swapaxes(0, 1) if time_major else x

    options = {"go_backwards": backwards, "time_major": time_major}
    expected = plain(X, H, backwards)
    x, h = K.placeholder((None, None, 3), dtype="float64"), K.placeholder((2, 3), dtype="float64")
    scanned = K.function([x, h], looped(x, h, **options))([turned(X), H])
    with kjax.graph_mode():  # where all values are there, nothing is compiled
        stepped = [K.eval(t) for t in looped(K.constant(turned(X), "float64"), K.constant(H, "float64"), **options)]
    at_once = [t.numpy() for t in looped(K.constant(turned(X), "float64"), K.constant(H, "float64"), **options)]
    for found in (scanned, stepped, at_once):
        found[1] = turned(found[1])
        for result, wanted in zip(found, expected, strict=True):
            np.testing.assert_allclose(result, wanted, 1e-12)
        assert found[3].dtype == "int32"


def test_a_slice_with_a_value_may_say_how_many_elements_there_are():
    counts = K.constant([1, 3, 2], "int32")
    with kjax.graph_mode():
        sums = K.map_fn(lambda n: K.sum(K.arange(n + 1)), counts)
        assert K.eval(sums).tolist() == [1, 6, 3]
    x = K.placeholder(())
    scaled = K.map_fn(lambda n: x * K.cast(K.sum(K.arange(n + 1)), "float32"), counts, dtype="float32")
    assert K.function([x], [scaled])([2.0])[0].tolist() == [2, 12, 6]


traced = []


@op(shape=shapes.same)
def noted(xp, x: Float):
    """Itself; and how often the kernel is called."""
    traced.append(xp)
    return x


def test_compiling_does_not_grow_with_steps():
    w, counts = K.variable(W), []
    for steps in (10, 1000):
        x = K.placeholder((2, steps, 3))
        loss = K.sum(K.rnn(lambda x, s: (noted(K.dot(x, w)), [noted(s[0]) + x]), x, [K.zeros((2, 3))])[1])
        traced.clear()
        K.function([x], [loss, *K.gradients(loss, [w, x])])([np.ones((2, steps, 3))])
        counts.append(len(traced))
    assert 0 < counts[0] == counts[1] < 20


@pytest.mark.parametrize("steps", [0, 1, 2, 7])
def test_any_number_of_steps(steps):
    x, h = K.placeholder((None, 2)), K.placeholder((2,))
    forwards = K.foldl(lambda a, e: a * 2.0 + e, x, initializer=h)
    backwards = K.foldr(lambda a, e: a * 2.0 + e, x, initializer=h)
    mapped = K.map_fn(lambda e: K.sum(e), x)
    array, start = np.arange(2.0 * steps).reshape(steps, 2) + 1, np.array([1.0, -1.0])
    one, other, sums = K.function([x, h], [forwards, backwards, mapped])([array, start])
    first = last = start
    for row, turned in zip(array, array[::-1], strict=True):
        first, last = first * 2 + row, last * 2 + turned
    np.testing.assert_allclose(one, first)
    np.testing.assert_allclose(other, last)
    np.testing.assert_allclose(sums, array.sum(1))


def slope_by_hand(x, h):
    """The gradient of the squares of the last output by the first state, in NumPy."""
    slope = np.ones_like(h)
    for t in range(x.shape[1]):
        h = np.tanh(x[:, t] + h * 0.5)
        slope = slope * (1 - h * h) * 0.5
    return 2 * (2 * h) * 2 * slope


def test_gradients_of_gradients():
    x, h = K.placeholder((2, 4, 3), dtype="float64"), K.placeholder((2, 3), dtype="float64")
    (slope,) = K.gradients(K.sum(K.square(looped(x, h)[0])), [h])
    found = K.function([x, h], [slope, *K.gradients(K.sum(slope * weights((2, 3))), [x, h])])([X, H])
    np.testing.assert_allclose(found[0], slope_by_hand(X, H), 1e-9)
    by_x = numeric_gradient(lambda x: (slope_by_hand(x, H) * weights((2, 3))).sum(), X)
    by_h = numeric_gradient(lambda h: (slope_by_hand(X, h) * weights((2, 3))).sum(), H)
    np.testing.assert_allclose(found[1], by_x, 1e-5, 1e-7)
    np.testing.assert_allclose(found[2], by_h, 1e-5, 1e-7)


# ------------------------------------------------------------------------------------------------------------- states


def test_a_state_that_broadcasts_is_found_by_calling_the_step_again():
    calls = []

    def add_up(x, states):
        calls.append(states[0].shape)
        total = states[0] + x
        return total, [total]

    x = K.placeholder((None, None, 3))
    _, outputs, (total,) = K.rnn(add_up, x, [K.zeros((1, 1))])
    assert [shape.as_list() for shape in calls] == [[1, 1], [None, 3]]
    assert K.int_shape(total) == (None, 3) and K.int_shape(outputs) == (None, None, 3)
    found = K.function([x], [outputs, total])([X])
    np.testing.assert_allclose(found[0], X.cumsum(1), 1e-6)
    np.testing.assert_allclose(found[1], X.sum(1), 1e-6)


def test_a_state_that_broadcasts_only_when_it_runs():
    x, h = K.placeholder((None, None, None)), K.placeholder((None, None))
    total = K.rnn(lambda x, s: (x, [s[0] + x]), x, [h])[2][0]
    run = K.function([x, h], [total, *K.gradients(K.sum(total), [h])])
    for start in (np.zeros((2, 3)), np.ones((1, 3)), np.full((2, 1), 2.0), np.full((1, 1), 3.0)):
        found, slope = run([X, start])
        np.testing.assert_allclose(found, X.sum(1) + start, 1e-6)
        np.testing.assert_allclose(slope, np.full(start.shape, 6 / start.size))


def test_a_state_whose_shape_changes_at_run_time():
    x, h = K.placeholder(shape=(None, None, 1)), K.placeholder(shape=(None, None))
    final = K.rnn(lambda x, s: (x, [K.concatenate([s[0], x], 1)]), x, [h])[2][0]
    assert K.function([x, h], [final])([np.ones((2, 3, 1)), np.zeros((2, 2))])[0].tolist() == [[0, 0, 1, 1, 1]] * 2
    scaled = K.placeholder(shape=(None, None))
    wrong = K.rnn(lambda x, s: (x, [x * scaled]), x, [K.zeros((2, 3))])[2][0]
    with pytest.raises(ValueError, match=r"rnn\(\): a state of shape"):
        K.function([x, scaled], [wrong])([np.ones((2, 3, 1)), np.ones((2, 2))])


@pytest.mark.parametrize(
    ("change", "error", "said"),
    [
        (lambda h, x: K.expand_dims(h, 0), ValueError, "state"),
        (lambda h, x: h[:, :2], ValueError, r"state of shape \(2, 3\) becomes \(2, 2\)"),
        (lambda h, x: K.sum(h), ValueError, r"state of shape \(2, 3\) becomes \(\)"),
        (lambda h, x: K.concatenate([h, x], 0), ValueError, r"state of shape \(2, 3\) becomes"),
        (lambda h, x: K.cast(h, "int32"), TypeError, "dtype of a state, float32; got int32"),
    ],
)
def test_states_that_change(change, error, said):
    x = K.placeholder((2, None, 3))
    with pytest.raises(error, match=rf"^rnn\(\): .*{said}"):
        K.rnn(lambda x, s: (x, [change(s[0], x)]), x, [K.zeros((2, 3))])


def test_sequences_of_one_length():
    one, other = K.placeholder((3,)), K.placeholder((None,))
    mapped = K.map_fn(lambda pair: pair[0] * pair[1], (one, other), dtype="float32")
    assert mapped.shape == (3,)  # a dim known of one sequence is known of both
    run = K.function([one, other], [mapped])
    assert run([[1, 2, 3], [4, 5, 6]])[0].tolist() == [4, 10, 18]
    with pytest.raises(ValueError, match=r"map_fn\(\): sequences of different lengths, 2 and 3"):
        run([[1, 2, 3], [4, 5]])


# ------------------------------------------------------------------------------------------------ differences by step


def test_random_numbers_differ_from_step_to_step_from_run_to_run_and_from_loop_to_loop():
    x = K.placeholder((None,))
    with kjax.graph_mode():  # where a random number is drawn when a function runs

        def draw(seed):
            return lambda *_: K.random_uniform((), seed=seed)

        one = K.map_fn(draw(5), x)
        other = K.foldl(lambda a, e: K.concatenate([a[1:], K.reshape(draw(6)(), (1,))], 0), x, x)
        nested = K.map_fn(lambda e: K.map_fn(draw(7), x), x)
    run = K.function([x], [one, other, nested])
    first, second = run([np.zeros(4)]), run([np.zeros(4)])
    numbers = np.concatenate([a.ravel() for a in (*first, *second)])
    assert len(np.unique(numbers)) == numbers.size == 2 * (4 + 4 + 16)
    K.clear_session()
    for again, before in zip(run([np.zeros(4)]), first, strict=True):
        np.testing.assert_array_equal(again, before)


def test_a_condition_counts_at_each_step():
    x, table = K.placeholder((None,), dtype="int32"), K.constant([5.0, 6.0])
    gathered = K.map_fn(lambda i: K.gather(table, i), x, dtype="float32")
    nested = K.map_fn(lambda i: K.map_fn(lambda j: K.gather(table, i + j), x, dtype="float32"), x, dtype="float32")
    run = K.function([x], [gathered])
    assert run([[1, 0, 1]])[0].tolist() == [6, 5, 6] and run([[]])[0].size == 0
    for wrong in ([2, 0, 0], [0, 2, 0], [0, 0, -3]):
        with pytest.raises(IndexError, match=r"gather\(\)"):
            run([wrong])
    deep = K.function([x], [nested])
    assert deep([[0, 0]])[0].tolist() == [[5, 5], [5, 5]]
    with pytest.raises(IndexError, match=r"gather\(\)"):
        deep([[0, 1]])


def test_dtypes_of_states():
    x = K.placeholder((None,), dtype="int64")
    start = (K.constant(True, "bool"), K.constant(0, "uint8"), K.constant(1.5, "float16"), K.constant(1j, "complex64"))
    wanted = K.foldl(lambda a, e: (a[0] & (e > 0), a[1] + 1, a[2] * 2.0, a[3] * 1j), x, initializer=start)
    positive, count, doubled, turned = K.function([x], list(wanted))([[3, 1, -2, 5]])
    assert (positive, count, doubled, turned) == (False, 4, 24, 1j)
    assert [a.dtype.name for a in (positive, count, doubled, turned)] == ["bool", "uint8", "float16", "complex64"]
