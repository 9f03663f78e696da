import numpy as np
import pytest

from helpers import KNOWLEDGE, agreed, assert_gradients
from kjax import backend as K
from kjax.ops import ranking

P = np.array([[0.1, 0.5, 0.4], [0.3, 0.3, 0.3], [np.nan, 0.1, 0.2], [0.1, np.inf, 0.2], [3.0, 2.0, 1.0]], "float32")


@pytest.mark.parametrize("dtype", ["int32", "int64", "uint8"])
def test_in_top_k(dtype):
    def ranked(p, t):
        return [K.in_top_k(p, t, k) for k in (-1, 0, 1, 2, 7)] + [K.in_top_k(p, t, K.constant(2, "int64"))]

    results = agreed(ranked, P, np.array([2, 1, 1, 1, 2], dtype))
    assert [r.tolist() for r in results] == [
        [False] * 5,
        [False] * 5,
        [False, True, False, False, False],
        [True, True, False, False, False],
        [True, True, False, False, True],
        [True, True, False, False, False],
    ]


def test_targets_out_of_range():
    (result,) = agreed(lambda p, t: [K.in_top_k(p, t, 3)], P[:2], np.array([-1, 3], "int32"))
    assert result.tolist() == [False, False]


def test_empty():
    assert agreed(lambda p, t: [K.in_top_k(p, t, 1)], P[:0], np.zeros(0, "int32"))[0].shape == (0,)
    assert K.in_top_k(np.zeros((2, 0)), [0, 0], 1).numpy().tolist() == [False, False]


def test_random_predictions():
    p, t = np.random.RandomState(0).rand(50, 10).astype("float32"), np.random.RandomState(1).randint(0, 10, 50)
    rank = (p > p[np.arange(50), t][:, None]).sum(1)
    for k in (1, 3, 9):
        np.testing.assert_array_equal(K.in_top_k(p, t, k).numpy(), rank < k)


@pytest.mark.parametrize("knowledge", KNOWLEDGE)
def test_static_shapes(knowledge):
    p, t = K.placeholder(shape=KNOWLEDGE[knowledge]((2, 3))), K.placeholder(shape=(None,), dtype="int32")
    assert K.int_shape(K.in_top_k(p, t, 1)) == ((2,) if knowledge == "known" else (None,))
    assert K.gradients(K.cast(K.in_top_k(p, t, 1), "float32"), [p]) == [None]


def test_errors():
    t = K.constant([0, 1], "int32")
    for p in (K.ones((2, 3)), K.placeholder(shape=(2, 3))):
        with pytest.raises(ValueError, match=r"in_top_k\(\): predictions must be of rank 2"):
            K.in_top_k(p[0], t, 1)
        with pytest.raises(ValueError, match="targets must be of rank 1"):
            K.in_top_k(p, K.constant([[0], [1]], "int32"), 1)
        with pytest.raises(ValueError, match="k must be of rank 0"):
            K.in_top_k(p, t, [1])
        with pytest.raises(ValueError, match="differ in length"):
            K.in_top_k(p, K.constant([0, 1, 2], "int32"), 1)
        with pytest.raises(TypeError, match="in_top_k"):
            K.in_top_k(p, K.constant([0.0, 1.0]), 1)
        with pytest.raises(TypeError, match="in_top_k"):
            K.in_top_k(p, t, 1.5)
    with pytest.raises(TypeError, match="in_top_k"):
        K.in_top_k(t, t, 1)
    unknown = K.placeholder()
    with pytest.raises(ValueError, match="in_top_k"):
        K.function([unknown], [K.in_top_k(unknown, t, 1)])([[1.0, 2.0]])


@pytest.mark.parametrize("dtype", ["float32", "float64", "int32", "uint8"])
def test_the_greatest(dtype):
    x = np.array([[3, 1, 3, 2], [0, 5, 2, 5]], dtype)
    for k in (0, 1, 3, 4):
        values, places = agreed(lambda x, k=k: ranking.top_k(x, k), x)
        np.testing.assert_array_equal(values, -np.sort(-x.astype("int64"), -1)[:, :k])
        np.testing.assert_array_equal(places, np.argsort(-x.astype("int64"), -1, kind="stable")[:, :k])


def test_slopes_go_to_the_greatest():
    assert_gradients(lambda x: ranking.top_k(x, 2)[0], [[3.0, 1, 4, 2], [0, 5, 2, 6]])
    x = K.placeholder((2, None))
    assert [t.shape for t in ranking.top_k(x, 2)] == [(2, 2)] * 2
    assert [t.shape for t in ranking.top_k(K.placeholder((None, 3)), K.placeholder((), dtype="int32"))] == [
        (None, None)
    ] * 2
    for input, k in (([1.0, 2.0], 3), ([1.0], -1), (1.0, 1), (K.placeholder((None, 2)), 3)):
        with pytest.raises(ValueError, match=r"top_k\(\)"):
            ranking.top_k(input, k)
    with pytest.raises(ValueError, match="k must be from 0 to 1"):
        K.function([x], [*ranking.top_k(x, 2)])([np.ones((2, 1))])


def test_permutations():
    order = np.int64([2, 0, 3, 1])
    assert agreed(ranking.invert_permutation, order)[0].tolist() == [1, 3, 0, 2]
    for wrong in ([0, 0], [0, 2], [-1, 0], [[0, 1]]):
        with pytest.raises(ValueError, match=r"invert_permutation\(\)"):
            ranking.invert_permutation(wrong)
    x = K.placeholder((None,), dtype="int32")
    run = K.function([x], [ranking.invert_permutation(x)])
    assert run([[1, 2, 0]])[0].tolist() == [2, 0, 1]
    with pytest.raises(ValueError, match="each integer"):
        run([[1, 1, 0]])
