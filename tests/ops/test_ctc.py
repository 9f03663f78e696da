import functools
import itertools

import numpy as np
import pytest

import kjax
from all_paths import distributions, probabilities
from helpers import agreed, assert_gradients, placeholders
from kjax import backend as K

R = np.random.RandomState(3)


def softmax(*shape):
    return distributions(R, *shape)


PRED = softmax(3, 5, 4)
LABELS = np.array([[0, 1, 0], [2, 2, 7], [1, 0, 2]])
TIMES, COUNTS = np.array([[5], [4], [5]]), np.array([[2], [2], [3]])


# ------------------------------------------------------------------------------------------------------------- the loss


def test_cost_is_that_of_all_paths_in_all_modes():
    (cost,) = agreed(lambda t, p, i, c: K.ctc_batch_cost(t, p, i, c), LABELS, PRED, TIMES, COUNTS)
    for i in range(3):
        labels = tuple(LABELS[i, : COUNTS[i, 0]])
        expected = -np.log(probabilities(PRED[i, : TIMES[i, 0]])[labels])
        np.testing.assert_allclose(cost[i], [expected], 1e-12)


def test_cost_without_labels():
    # Labels that are too high end a sequence; here at once.
    (cost,) = agreed(lambda p: K.ctc_batch_cost([[3, 5]], p, [[5]], [[2]]), PRED[:1])
    np.testing.assert_allclose(cost[0], [-np.log(probabilities(PRED[0])[()])])


def test_cost_takes_what_it_is_given():
    x = PRED.astype("float32")
    expected = K.ctc_batch_cost(LABELS, x, TIMES, COUNTS).numpy()
    for dtype in ("uint8", "float64", "int64"):
        args = [a.astype(dtype) for a in (LABELS, TIMES, COUNTS)]
        np.testing.assert_array_equal(K.ctc_batch_cost(args[0], x, *args[1:]), expected)
    np.testing.assert_array_equal(K.ctc_batch_cost(LABELS.tolist(), x, TIMES.tolist(), COUNTS.tolist()), expected)
    half = K.ctc_batch_cost(LABELS, x.astype("float16"), TIMES, COUNTS)
    assert half.dtype == "float16"
    np.testing.assert_allclose(half, expected, 5e-3)
    assert K.ctc_batch_cost(LABELS, PRED, TIMES, COUNTS).dtype == "float64"


def test_epsilon():
    K.set_epsilon(0.25)
    (cost,) = agreed(lambda p: K.ctc_batch_cost([[0]], p, [[1]], [[1]]), [[[0.0, 0.0, 1.0]]])
    np.testing.assert_allclose(cost, [[-np.log(0.25 / 1.75)]])
    K.set_epsilon(0.0)
    (cost,) = agreed(lambda p: K.ctc_batch_cost([[0]], p, [[1]], [[1]]), [[[0.0, 0.0, 1.0]]])
    assert cost[0, 0] == np.inf


def test_cost_gradient():
    assert_gradients(lambda p: K.ctc_batch_cost(LABELS, p, TIMES, COUNTS), PRED)
    assert_gradients(lambda z: K.ctc_batch_cost(LABELS, K.softmax(z), TIMES, COUNTS), R.randn(3, 5, 4))


def test_impossible_labels():
    # Two equal labels need three steps. The gradient is TensorFlow's: by the logits, their softmax.
    p = K.placeholder((2, 3, 3), dtype="float64")
    cost = K.ctc_batch_cost([[0, 0], [0, 0]], p, [[2], [3]], [[2], [2]])
    x = softmax(2, 3, 3)
    value, slope = K.function([p], [cost, *K.gradients(cost, p)])([x])
    assert value[0, 0] == np.inf and np.isfinite(value[1, 0]) and np.isfinite(slope).all()
    np.testing.assert_allclose(slope[0], [[1] * 3, [1] * 3, [0] * 3], 1e-5)


def test_long_sequences_are_stable():
    x = np.exp(8 * R.randn(2, 1500, 5))
    x /= x.sum(-1, keepdims=True)
    labels = R.randint(0, 4, (2, 200))
    p, t = placeholders([x.astype("float32"), labels])
    cost = K.ctc_batch_cost(t, p, [[1500], [1400]], [[200], [150]])
    f = K.function([p, t], [cost, *K.gradients(cost, p)])
    value, slope = f([x, labels])
    assert np.isfinite(slope).all() and np.isfinite(value).all()
    np.testing.assert_allclose(value, K.ctc_batch_cost(labels, x, [[1500], [1400]], [[200], [150]]), 1e-5)


@pytest.mark.parametrize(
    "labels, times, counts, said",
    [
        ([[3, 0]], [[5]], [[2]], "labels must be from 0 to 2"),
        ([[0, -1]], [[5]], [[2]], "labels must be from 0 to 2"),
        ([[0, 1]], [[1]], [[2]], "there are more labels than time steps"),
        ([[0, 1]], [[6]], [[2]], "input_length must be from 0 to 5"),
        ([[0, 1]], [[-1]], [[2]], "input_length must be from 0 to 5"),
        ([[0, 1]], [[5]], [[0]], "label_length must be at least 1"),
    ],
)
def test_labels_and_lengths_that_are_not_valid(labels, times, counts, said):
    good = [[0, 1]], [[5]], [[2]]
    with pytest.raises(ValueError, match=rf"ctc_batch_cost\(\): sample 1: {said}"):
        K.ctc_batch_cost(*[np.array(a) for a in (good[0] + labels, PRED[:2], good[1] + times, good[2] + counts)])
    # A function tells when it is called, and no variable has changed.
    cost, runs = counted_cost()
    before = K.get_value(runs)
    cost([PRED[:2], good[0] * 2, good[1] * 2, good[2] * 2])
    with pytest.raises(ValueError, match=rf"ctc_batch_cost\(\): {said}"):
        cost([PRED[:2], good[0] + labels, good[1] + times, good[2] + counts])
    assert K.get_value(runs) == before + 1


@functools.cache
def counted_cost():
    """A function for the costs of two samples, and how often it has run."""
    p, runs = K.placeholder((2, 5, 4)), K.variable(0.0)
    fed = [K.placeholder((2, None), dtype="int32") for _ in range(3)]
    costs = K.ctc_batch_cost(fed[0], p, *fed[1:])
    return K.function([p, *fed], [costs], updates=[(runs, runs + K.sum(p) * 0.0 + 1.0)]), runs


def test_cost_shapes():
    def static(*shapes):
        t, p, i, c = shapes
        return K.ctc_batch_cost(K.placeholder(t), K.placeholder(p), K.placeholder(i), K.placeholder(c)).shape

    assert static((2, 3), (2, 5, 4), (2, 1), (2, 1)) == (2, 1)
    assert static((2, 3), (None, 5, 4), (None, 1), (None, 1)) == (2, 1)
    assert static((None, None), (None, None, None), (None, None), None).as_list() == [None, 1]
    assert static(None, None, None, None).as_list() == [None, 1]
    for shapes in [
        ((3,), (2, 5, 4), (2, 1), (2, 1)),
        ((2, 3), (5, 4), (2, 1), (2, 1)),
        ((2, 3), (2, 5, 4), (2,), (2, 1)),
        ((2, 3), (2, 5, 4), (2, 2), (2, 1)),
        ((2, 3), (2, 5, 4), (2, 1), (2, 5)),
        ((2, 3), (2, 5, 4), (3, 1), (2, 1)),
        ((4, 3), (2, 5, 4), (2, 1), (2, 1)),
    ]:
        with pytest.raises(ValueError, match=r"ctc_batch_cost\(\)"):
            static(*shapes)
        with pytest.raises(ValueError, match=r"ctc_batch_cost\(\)"):
            K.ctc_batch_cost(*[np.ones(shape) for shape in shapes])
        tensors = placeholders([np.ones(shape) for shape in shapes], "rank")
        unknown = K.function(tensors, [K.ctc_batch_cost(*tensors)])
        with pytest.raises(ValueError, match=r"ctc_batch_cost\(\)"):
            unknown([np.ones(shape) for shape in shapes])
    with pytest.raises(TypeError, match=r"ctc_batch_cost\(\): y_pred"):
        K.ctc_batch_cost(LABELS, PRED.astype("int32"), TIMES, COUNTS)
    for shape in ((0, 5, 4), (2, 0, 4), (2, 5, 0)):
        with pytest.raises(ValueError, match="at least one"):
            K.ctc_batch_cost(np.ones((shape[0], 2)), np.ones(shape), *np.ones((2, shape[0], 1)))


# ------------------------------------------------------------------------------------------------------------- decoding


def test_greedy():
    x = np.eye(4)[[[0, 0, 3, 0, 1, 1], [3, 3, 2, 2, 2, 2], [3, 3, 3, 3, 3, 3]]] * 0.9 + 0.025
    (decoded,), loss = K.ctc_decode(x, [6, 4, 6])
    assert decoded.dtype == "int64" and loss.dtype == "float64"
    np.testing.assert_array_equal(decoded, [[0, 0, 1], [2, -1, -1], [-1, -1, -1]])
    np.testing.assert_allclose(loss, -np.log(0.925 + 1e-7) * np.array([[6], [4], [6]]))
    (decoded,), _ = K.ctc_decode(x, [1, 2, 2])
    np.testing.assert_array_equal(decoded, [[0], [-1], [-1]])
    (decoded,), loss = K.ctc_decode(x, [0, 0, -1])
    assert decoded.shape == (3, 0) and not loss.numpy().any()


def test_greedy_and_what_is_no_number():
    # Comparisons with it are false: it stays the highest only where it comes first.
    nan = np.nan
    (decoded,), loss = K.ctc_decode([[[nan, 0.5, 0.5, 0.0]], [[0.1, nan, 0.8, 0.0]]], [1, 1])
    np.testing.assert_array_equal(decoded, [[0], [2]])
    np.testing.assert_array_equal(np.isnan(loss), [[True], [False]])


def test_a_wide_beam_finds_all_sequences():
    x = softmax(2, 4, 4)
    paths, scores = K.ctc_decode(x, [4, 3], greedy=False, beam_width=500, top_paths=8)
    assert len(paths) == 8 and scores.shape == (2, 8) and all(p.dtype == "int64" for p in paths)
    for i, time in enumerate((4, 3)):
        ranked = sorted(probabilities(x[i, :time]).items(), key=lambda item: -item[1])[:8]
        np.testing.assert_allclose(scores[i], np.log([p for _, p in ranked]), 1e-6)
        for path, (labels, _) in zip(paths, ranked, strict=True):
            merged = [label for label, _ in itertools.groupby(labels)]
            assert [label for label in path.numpy()[i] if label >= 0] == merged


def test_decoding_symbolically():
    x = softmax(2, 6, 4).astype("float32")
    for options in ({}, {"greedy": False, "beam_width": 8, "top_paths": 2}):
        paths, scores = K.ctc_decode(x, [6, 5], **options)
        expected = [path.numpy() for path in paths] + [scores.numpy()]
        for mode in (kjax.graph_mode, kjax.core.graph.eager_mode):
            with mode():
                p, t = K.placeholder((None, None, 4)), K.placeholder((None,), dtype="int32")
                found, loss = K.ctc_decode(p, t, **options)
                f = K.function([p, t], [*found, loss])
                assert [r.shape.as_list() for r in [*found, loss]] == [[None, None]] * len(found) + [[None, len(found)]]
                assert K.gradients(K.sum(loss), [p]) == [None]
            with pytest.warns(kjax.NotCompiledWarning, match="ctc_decode"):
                results = f([x, [6, 5]])
            for one, other in zip(results, expected, strict=True):
                assert one.dtype == other.dtype
                np.testing.assert_array_equal(one, other)


def test_decode_errors():
    x = PRED[:2]
    for pred, times in [
        (x[0], [5, 5]),
        (x, [[5], [5]]),
        (x, [5]),
        (x, [6, 5]),
        (x[:, :0], [0, 0]),
        (x[..., :0], [0, 0]),
    ]:
        for greedy in (True, False):
            with pytest.raises(ValueError, match=r"ctc_decode\(\)"):
                K.ctc_decode(pred, times, greedy)
    with pytest.raises(TypeError, match=r"ctc_decode\(\): y_pred"):
        K.ctc_decode(x.astype("int32"), [5, 5])
    with pytest.raises(ValueError, match="different numbers of samples"):
        K.ctc_decode(K.placeholder((2, 5, 4)), K.placeholder((3,)))
    for width, paths, said in [(0, 1, "beam_width"), (5, 0, "top_paths"), (5, 6, "at most beam_width")]:
        with pytest.raises(ValueError, match=said):
            K.ctc_decode(x, [5, 5], False, width, paths)
    with pytest.raises(TypeError, match="beam_width"):
        K.ctc_decode(x, [5, 5], False, 1.5)
    with pytest.raises(ValueError, match="top_paths must be at most the number of paths, 4; got 5"):
        K.ctc_decode(x[:, :1], [1, 1], False, top_paths=5)
    (empty,), loss = K.ctc_decode(x[:0], np.zeros(0, "int32"), False)
    assert empty.shape == (0, 0) and loss.shape == (0, 1)
