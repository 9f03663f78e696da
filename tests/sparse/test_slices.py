"""`IndexedSlices`, and gradients by rows. What TensorFlow answers is in dialects/recorded/gradients.json."""

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core.gradients import Picked
from kjax.sparse.slices import ByRows, IndexedSlices, in_slices


def some():
    return IndexedSlices(K.constant([[1.0, 2.0], [3.0, 4.0], [0.5, -1.0]]), np.array([0, 2, 0]), (4, 2))


def test_operations_take_the_dense_tensor():
    dense = [[1.5, 1.0], [0, 0], [3.0, 4.0], [0, 0]]
    assert K.eval(K.square(some())).tolist() == np.square(dense).tolist()
    assert K.eval(K.concatenate([some(), some()], 0)).tolist() == dense + dense
    assert (K.ones((4, 2)) + some()).numpy().tolist() == (1 + np.array(dense)).tolist()
    with kjax.graph_mode():
        assert K.eval(K.sum(some())) == np.sum(dense)


def test_what_has_no_dense_tensor_or_is_none():
    with pytest.raises(ValueError, match="has no dense_shape"):
        K.square(IndexedSlices(K.ones((1, 2)), [0]))
    with pytest.raises(TypeError, match="indices must be integers"):
        IndexedSlices(K.ones((1, 2)), [0.5], (3, 2))
    with pytest.raises(TypeError, match="can't be an input"):
        K.function([some()], [K.ones(())])
    with pytest.raises(TypeError, match="unsupported operand"):
        some() * 2.0
    with pytest.raises(IndexError, match="indices must lie within"):
        K.square(IndexedSlices(K.ones((1, 2)), [3], (3, 2)))


def test_functions_give_the_parts():
    x = K.placeholder((2, 3))
    rows = IndexedSlices(x * 2.0, np.array([1, 0]), (5, 3))
    assert rows.is_symbolic and not some().is_symbolic
    values, indices, dims = K.get_session().run(rows, {x: np.ones((2, 3))})
    assert values.tolist() == [[2.0] * 3] * 2 and indices.tolist() == [1, 0] and dims.tolist() == [5, 3]


def test_rows_picked_from_a_tensor_of_unknown_shape():
    x, ids = K.placeholder(ndim=2), K.placeholder(ndim=2, dtype="int32")
    (rows,) = in_slices([x], [Picked([ids], [K.ones((2, 3, 4))])])
    found = K.function([x, ids], [K.square(rows)])([np.zeros((3, 4)), [[0, 1, 1], [1, 1, 1]]])[0]
    assert found[:, 0].tolist() == [1.0, 25.0, 0.0]


def test_which_rows_are_meant():
    whole, there = ByRows.of(some(), K.zeros((4, 2)))
    assert whole.numpy()[0].tolist() == [1.5, 1.0] and there.numpy().ravel().tolist() == [True, False, True, False]
    vector = ByRows.of(IndexedSlices(K.constant([1.0]), [1], (3,)), K.zeros((3,)))
    assert vector.only_there(K.ones((3,)), K.zeros((3,))).numpy().tolist() == [0.0, 1.0, 0.0]
