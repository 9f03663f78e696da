import numpy as np
import pytest

from helpers import agreed
from kjax import backend as K
from kjax.ops import boxes

ROWS = np.random.RandomState(0).rand(12, 4).astype("float32")
SCORES = np.random.RandomState(1).rand(12).astype("float32")


def overlap(a, b):
    (top, left), (bottom, right) = (f(part, 0) for f, part in ((np.min, a.reshape(2, 2)), (np.max, a.reshape(2, 2))))
    (up, west), (down, east) = (f(part, 0) for f, part in ((np.min, b.reshape(2, 2)), (np.max, b.reshape(2, 2))))
    common = max(min(bottom, down) - max(top, up), 0) * max(min(right, east) - max(left, west), 0)
    return common / ((bottom - top) * (right - left) + (down - up) * (east - west) - common)


def test_greedy_choice():
    left, expected = list(np.argsort(-SCORES)), []
    while left:
        best, *left = left
        expected.append(int(best))
        left = [i for i in left if overlap(ROWS[i], ROWS[best]) < 0.3 and SCORES[i] > 0.1]
    places, scores, count = agreed(lambda b, s: boxes.chosen(b, s, 12, 0.3, 0.1), ROWS, SCORES)
    assert places[:count].tolist() == expected and not places[count:].any()
    np.testing.assert_allclose(scores[:count], SCORES[expected])
    table = np.array([[overlap(a, b) for a in ROWS] for b in ROWS], "float32")
    by_table = boxes.chosen(table, SCORES, 12, 0.3, 0.1, choose=boxes.suppressed_by_overlaps)
    assert by_table[0].numpy().tolist() == places.tolist()


def test_falling_scores():
    places, scores, count = agreed(lambda b, s: boxes.chosen(b, s, 5, 1.0, 0.0, 0.5), ROWS, SCORES, rtol=1e-5)
    assert count == 5 and (np.diff(scores) <= 0).all() and places[0] == SCORES.argmax()
    first, second = places[:2]
    expected = SCORES[second] * np.exp(-(overlap(ROWS[first], ROWS[second]) ** 2))
    assert scores[1] == pytest.approx(expected, rel=1e-5)


def test_nothing_to_choose():
    assert boxes.chosen(np.zeros((0, 4), "float32"), np.zeros(0, "float32"), 3)[2].numpy() == 0
    assert boxes.chosen(ROWS, SCORES, 3, least=2.0)[0].numpy().tolist() == [0, 0, 0]
    assert boxes.chosen(ROWS, SCORES, 0)[0].shape == (0,)


def test_arguments():
    for call in (
        lambda: boxes.chosen(ROWS, SCORES, 3, 1.5),
        lambda: boxes.chosen(ROWS, SCORES[:5], 3),
        lambda: boxes.chosen(ROWS[:, :3], SCORES, 3),
        lambda: boxes.chosen(K.placeholder((12, 4, 1)), SCORES, 3),
        lambda: boxes.chosen(ROWS, SCORES, -1),
        lambda: boxes.chosen(ROWS, SCORES, 3, choose=boxes.suppressed_by_overlaps),
        lambda: boxes.combined(ROWS[None, :, None], SCORES[None], 0.5, 0.0, 3, 3, False, True),
        lambda: boxes.combined(ROWS[None, :5, None], SCORES[None, :, None], 0.5, 0.0, 3, 3, False, True),
        lambda: boxes.draw_bounding_boxes(np.zeros((1, 4, 4, 3)), np.zeros((2, 1, 4)), np.zeros((1, 3))),
        lambda: boxes.draw_bounding_boxes(np.zeros((1, 4, 4, 3)), np.zeros((1, 1, 4)), np.zeros((1, 2))),
    ):
        with pytest.raises(ValueError, match=r"(suppression(_overlaps)?|draw_bounding_boxes)\(\)"):
            call()


@pytest.mark.parametrize("per_class", [True, False])
def test_classes(per_class):
    rows, scores = ROWS.reshape(1, 6, 2, 4), SCORES.reshape(1, 6, 2)
    how = (0.3, 0.2, 2, 9, per_class, False)
    found, values, names, count = agreed(lambda b, s: boxes.combined(b, s, *how), rows, scores)
    expected = []
    for name in range(2):
        places, best, n = (part.numpy() for part in boxes.chosen(rows[0, :, name], scores[0, :, name], 2, 0.3, 0.2))
        expected += [(s, name, *rows[0, i, name]) for i, s in zip(places[:n], best, strict=False)]
    expected = sorted(expected, reverse=True)
    assert count.tolist() == [len(expected)] and values.shape == (1, 4 if per_class else 9)
    result = np.concatenate([values[..., None], names[..., None], found], -1)[0]
    np.testing.assert_allclose(result[: len(expected)], expected, rtol=1e-6)
    assert not result[len(expected) :].any()


def test_frames():
    images = np.zeros((1, 5, 6, 1), "float32")
    frames = np.array([[[0, 0.2, 0.5, 0.8], [0.5, 0.9, 0.2, 0.1], [0.5, -1, 2, 0.4]]], "float32")
    colours = np.array([[1], [2], [3]], "float32")
    (drawn,) = agreed(boxes.draw_bounding_boxes, images, frames, colours)
    assert drawn[0, ..., 0].tolist() == [
        [0, 1, 1, 1, 1, 0],
        [0, 1, 0, 0, 1, 0],
        [3, 3, 3, 1, 1, 0],
        [0, 0, 3, 0, 0, 0],
        [0, 0, 3, 0, 0, 0],
    ]
