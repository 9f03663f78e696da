"""The beam search, against all paths, against a plain search of the same width, and in TensorFlow's order of ties."""

import itertools

import ml_dtypes
import numpy as np
import pytest

from all_paths import distributions, probabilities
from kjax.kernels import beams

R = np.random.RandomState(7)
EPSILON = 1e-7


def search(pred, times, width=100, top_paths=1, merge_repeated=False):
    with np.errstate(all="ignore"):  # as where operations call it
        *paths, scores = beams.search(pred, np.asarray(times), EPSILON, width, top_paths, merge_repeated)
    assert len(paths) == top_paths and all(path.dtype == np.int64 for path in paths)
    assert scores.shape == (len(pred), top_paths) and scores.dtype == pred.dtype
    rows = [[tuple(label for label in path[i] if label >= 0) for path in paths] for i in range(len(pred))]
    return rows, scores


@pytest.mark.parametrize("merge_repeated", [False, True])
def test_a_wide_search_finds_all_sequences(merge_repeated):
    pred = distributions(R, 2, 4, 4)
    found, scores = search(pred, [4, 3], 500, 8, merge_repeated)
    for i, time in enumerate((4, 3)):
        ranked = sorted(probabilities(pred[i, :time]).items(), key=lambda item: -item[1])[:8]
        np.testing.assert_allclose(scores[i], np.log([p for _, p in ranked]), 1e-6)
        for path, (labels, _) in zip(found[i], ranked, strict=True):
            merged = tuple(label for label, _ in itertools.groupby(labels))
            assert path == (merged if merge_repeated else labels)


# What TensorFlow 2.2 gives for one sequence: a sequence that falls out of the search before it was its turn does not
# grow, which is why not the likeliest of all are found.
NARROW = {
    2: {(1, 0, 1, 0): -4.4241, (1, 0, 1): -5.5398},
    3: {(1, 0, 1, 0): -5.3696, (1, 0, 2, 1, 0): -5.3915, (1, 0, 2, 0, 0): -5.6},
    4: {(1, 0, 1, 0): -4.3882, (1, 0, 2, 1, 0): -5.3915, (1, 0, 1): -5.5038, (1, 0, 1, 2): -5.6216},
    6: {
        (1, 0, 1, 0): -4.4304, (0, 2, 1, 0): -4.974, (2, 0, 1, 0): -5.1714,
        (1, 0, 1, 2): -5.6594, (1, 0, 1): -5.6886, (0, 2, 0, 1): -5.9527,
    },
}  # fmt: skip


@pytest.mark.parametrize("width", NARROW)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_a_narrow_search_goes_as_tensorflows(width, dtype):
    pred = np.exp(np.sin(1.7 * np.arange(36.0) ** 2)).reshape(1, 9, 4)
    pred /= pred.sum(-1, keepdims=True)
    (paths,), (totals,) = search(pred.astype(dtype), [9], width, width)
    assert paths == [*NARROW[width]]
    np.testing.assert_allclose(totals, [*NARROW[width].values()], atol=1e-4)


@pytest.mark.parametrize("width", [1, 3, 10, 40])
def test_what_is_found_is_no_likelier_than_all_its_paths_together(width):
    pred = distributions(R, 3, 7, 3)
    found, scores = search(pred, [7, 7, 5], width, min(width, 10))
    for rows, time, paths, totals in zip(pred, (7, 7, 5), found, scores, strict=True):
        whole = probabilities(rows[:time])
        assert len(set(paths)) == len(paths) and (np.diff(totals) <= 0).all()
        for path, total in zip(paths, totals, strict=True):
            assert total <= np.log(whole[path]) + 1e-6


# What TensorFlow 2.2 gives for distributions in which all classes are alike.
ALIKE = [[1], [2], [0], [2, 1], [1, 2], [0, 1], [0, 2], [2, 0], [1, 0], [0, 2, 1], [1, 0, 1], [1, 0, 2], [0, 2, 0], []]


def test_equally_likely_beams_come_in_tensorflows_order():
    (paths,), scores = search(np.full((1, 3, 4), 0.25, "float32"), [3], 100, 20)
    assert [[*path] for path in paths[:14]] == ALIKE and (np.diff(scores) <= 0).all()
    # In doubles, rounding makes it the likelier.
    assert search(np.full((1, 2, 4), 0.25), [2], 1)[0] == [[(0,)]]
    assert search(np.full((1, 2, 4), 0.25, "float32"), [2], 1)[0] == [[()]]


def test_no_steps_and_no_samples():
    found, scores = search(distributions(R, 2, 3, 4), [0, 3])
    assert found[0] == [()] and scores[0] == 0 and scores[1] < 0
    (paths, totals) = beams.search(distributions(R, 0, 3, 4), np.zeros(0, int), EPSILON, 5, 1, False)
    assert paths.shape == (0, 0) and totals.shape == (0, 1)


def test_classes_that_are_only_the_blank():
    found, scores = search(np.ones((1, 3, 1)), [3])
    assert found == [[()]]
    np.testing.assert_allclose(scores, 0, atol=1e-12)


def test_fewer_paths_than_were_asked_for():
    with pytest.raises(ValueError, match="at most the number of paths, 4; got 5"):
        search(distributions(R, 1, 1, 4), [1], 100, 5)


@pytest.mark.parametrize("dtype", [np.float16, ml_dtypes.bfloat16])
def test_halves(dtype):
    pred = (np.eye(3)[[[0, 2, 1, 1]]] * 0.75 + 0.125).astype(dtype)
    found, scores = search(pred, [4])
    assert found == [[(0, 1)]]
    np.testing.assert_allclose(scores.astype(float), search(pred.astype("float32"), [4])[1], 0.01)
