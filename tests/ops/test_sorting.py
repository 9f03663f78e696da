import numpy as np
import pytest

import kjax
from helpers import agreed, assert_gradients
from kjax import backend as K
from kjax.ops import sorting

R = np.random.RandomState(0)
X = R.randint(0, 5, (3, 6, 2)).astype("float32")


@pytest.mark.parametrize("axis", [-1, 0, 1])
@pytest.mark.parametrize("descending", [False, True])
def test_sorting(axis, descending):
    order, found = agreed(lambda x: [op(x, axis, descending) for op in (sorting.argsort, sorting.sort)], X)
    expected = np.argsort(-X if descending else X, axis, kind="stable")
    np.testing.assert_array_equal(order, expected)
    np.testing.assert_array_equal(found, np.take_along_axis(X, expected, axis))
    bytes_ = sorting.sort(X.astype("uint8"), axis, descending).numpy()
    np.testing.assert_array_equal(bytes_, found)
    assert_gradients(lambda x: sorting.sort(x, axis, descending), R.rand(3, 2, 2))


def test_searching():
    rows, values = np.sort(R.randint(0, 9, (2, 3, 5))), R.randint(-1, 10, (2, 3, 4))

    def both(rows, values):
        return [sorting.searchsorted(rows, values, right, "int64") for right in (False, True)]

    for side, found in zip(("left", "right"), agreed(both, rows, values), strict=True):
        for i in np.ndindex(2, 3):
            assert found[i].tolist() == np.searchsorted(rows[i], values[i], side).tolist()
    assert sorting.searchsorted(np.zeros((2, 0)), np.zeros((2, 3)), False, "int32").numpy().tolist() == [[0] * 3] * 2
    for wrong in (lambda: (1.0, [1.0]), lambda: (np.zeros((2, 3)), np.zeros((1, 3)))):
        with pytest.raises(ValueError, match=r"searchsorted\(\)"):
            sorting.searchsorted(*wrong(), False, "int32")


def test_bins():
    values = np.array([[-1.0, 0.0, 0.99], [2.5, 5.0, 9.0]], "float32")
    ends = np.array([0, 5], "float32")
    (found,) = agreed(lambda x, r: sorting.histogram_fixed_width_bins(x, r, 5), values, ends)
    assert found.tolist() == [[0, 0, 0], [2, 4, 4]]
    for wrong in (([0.0, 0.0], 5), ([0.0, 5.0], 0), ([0.0, 1.0, 2.0], 5)):
        with pytest.raises(ValueError, match=r"histogram_fixed_width_bins\(\)"):
            sorting.histogram_fixed_width_bins(values, *wrong)


def test_different_elements():
    x = np.array([5.0, 1.0, 5.0, 7.0, 1.0, 5.0])
    values, places, counts = (part.numpy() for part in sorting.unique_with_counts(x, "int64"))
    assert values.tolist() == [5, 1, 7] and counts.tolist() == [3, 2, 1]
    np.testing.assert_array_equal(values[places], x)
    left, where = (part.numpy().tolist() for part in sorting.setdiff1d(x, [5.0], "int32"))
    assert left == [1, 7, 1] and where == [1, 3, 4]
    assert [len(part.numpy()) for part in sorting.unique_with_counts(np.zeros(0), "int32")] == [0, 0, 0]
    for wrong in (lambda: sorting.unique_with_counts([[1]], "int32"), lambda: sorting.setdiff1d([1], 1, "int32")):
        with pytest.raises(ValueError, match="rank 1"):
            wrong()


def test_different_elements_of_a_placeholder():
    x = K.placeholder((None,))
    parts = [*sorting.unique_with_counts(x, "int32"), *sorting.setdiff1d(x, [3.0], "int32")]
    assert [part.shape.rank for part in parts] == [1] * 5
    function = K.function([x], parts)
    with pytest.warns(kjax.NotCompiledWarning):
        found = function([[3.0, 4.0, 3.0]])
    assert [part.tolist() for part in found] == [[3, 4], [0, 1, 0], [2, 1], [4], [1]]
    assert [part.tolist() for part in function([[1.0]])] == [[1], [0], [1], [1], [0]]
