import numpy as np
import pytest

import kjax
from helpers import agreed, assert_gradients
from kjax import backend as K
from kjax.ops import segments

R = np.random.RandomState(0)
X = R.randn(7, 2).astype("float32")
IDS = np.array([2, 0, 2, -1, 0, 2, 4])
UNSORTED = {
    "sum": (segments.unsorted_segment_sum, np.sum, 0),
    "prod": (segments.unsorted_segment_prod, np.prod, 1),
    "max": (segments.unsorted_segment_max, np.max, np.finfo("float32").min),
    "min": (segments.unsorted_segment_min, np.min, np.finfo("float32").max),
    "mean": (segments.unsorted_segment_mean, np.mean, 0),
    "sqrt_n": (segments.unsorted_segment_sqrt_n, lambda rows, axis: rows.sum(axis) / len(rows) ** 0.5, 0),
}


def test_unsorted():
    def everything(x, ids, pairs):
        return [op(x, i, 6) for i in (ids, pairs) for op, _, _ in UNSORTED.values()]

    found = agreed(everything, X, IDS, np.stack([IDS, IDS], 1), rtol=1e-5)
    for (_, reduce, empty), rows, numbers in zip(UNSORTED.values(), found[:6], found[6:], strict=True):
        assert numbers.shape == (6,)
        for i in range(6):
            here = X[i == IDS]
            np.testing.assert_allclose(rows[i], reduce(here, 0) if here.size else empty, 1e-5)
            np.testing.assert_allclose(numbers[i], reduce(here.ravel(), 0) if here.size else empty, 1e-5)
    assert_gradients(lambda x: [op(x, [1, 0, 2, -1, 0, 2, 2], 3) for op, _, _ in UNSORTED.values()], X)


def test_gradients_of_products_with_zeros():
    x = np.array([2.0, 0.0, 3.0, 0.0, 0.0, 5.0])
    assert_gradients(lambda x: segments.unsorted_segment_prod(x, [1, 1, 0, 2, 2, 0], 3), x)


def test_ties_share_the_gradient():
    x = K.placeholder((4,))
    top = segments.unsorted_segment_max(x, [0, 0, 1, 1], 3)
    values = [[3.0, 3.0, -np.inf, np.inf]]
    found, slope = K.function([x], [top, *K.gradients(K.sum(top[:1]), [x])])(values)
    assert found.tolist()[:2] == [3, np.inf] and slope.tolist() == [0.5, 0.5, 0, 0]


def test_sizes():
    (found,) = agreed(lambda i: segments.segment_sizes(i, 5), IDS)
    assert found.tolist() == [2, 0, 3, 0, 1]


def test_sorted():
    ids = np.array([0, 0, 2, 2, 2])
    x = np.array([[1, 5], [3, 2], [-4, 0], [-2, -8], [-3, -9]])

    def everything(x):
        extremes = [segments.unsorted_segment_max, segments.unsorted_segment_min]
        return [
            segments.segment(segments.unsorted_segment_sum, x, ids),
            segments.segment_mean(x, ids),
            *(segments.segment(op, x, ids, 0) for op in extremes),
        ]

    expected = [
        [[4, 7], [0, 0], [-9, -17]],
        [[2, 3], [0, 0], [-3, -5]],
        [[3, 5], [0, 0], [-2, 0]],
        [[1, 2], [0, 0], [-4, -9]],
    ]
    assert [part.tolist() for part in agreed(everything, x)] == expected


def test_a_number_of_segments_that_depends_on_data():
    x, i = K.placeholder((None, 2)), K.placeholder((None,), dtype="int32")
    total = segments.segment(segments.unsorted_segment_sum, x, i)
    assert total.shape == (None, 2)
    function = K.function([x, i], [total, *K.gradients(K.sum(total**2), [x])])
    with pytest.warns(kjax.NotCompiledWarning):
        found, slope = function([[[1, 2], [3, 4]], [1, 1]])
    assert found.tolist() == [[0, 0], [4, 6]] and slope.tolist() == [[8, 12], [8, 12]]


def test_large_arrays():
    x, ids = np.ones(300_000, "float32"), np.arange(300_000) // 100_000
    assert segments.segment(segments.unsorted_segment_sum, x, ids).numpy().tolist() == [1e5] * 3


def test_arguments():
    for call in (
        lambda: segments.unsorted_segment_sum([1.0, 2.0], [0, 3], 2),
        lambda: segments.unsorted_segment_sum([1.0, 2.0], [0, 1, 1], 2),
        lambda: segments.unsorted_segment_sum(1.0, [0], 2),
        lambda: segments.segments_in([1, 0]),
        lambda: segments.segments_in([-1, 0]),
        lambda: segments.segments_in([[0]]),
    ):
        with pytest.raises(ValueError, match=r"segment\w*\(\)"):
            call()
    x, i = K.placeholder((None,)), K.placeholder((None,), dtype="int32")
    total = K.function([x, i], [segments.unsorted_segment_sum(x, i, 2)])
    with pytest.raises(ValueError, match="must be less than num_segments"):
        total([[1, 2], [0, 2]])
    with pytest.raises(TypeError):
        segments.unsorted_segment_sum([1.0], [0.5], 2)
