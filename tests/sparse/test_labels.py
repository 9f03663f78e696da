"""Labels of sequences as sparse tensors."""

import numpy as np
import pytest

import kjax
from kjax import backend as K

LABELS = np.array([[0, 1, 0], [2, 2, 7], [1, 0, 2]])


def test_labels_without_what_fills_up_their_rows():
    for labels in (LABELS, LABELS.astype("float32"), LABELS > 0):
        for counts in ([2, 0, 3], [[2], [0], [3]], np.array([2, -1, 9], "int64")):
            sparse = K.ctc_label_dense_to_sparse(labels, counts)
            assert K.is_sparse(sparse) and sparse.shape == (3, 3) and sparse.dtype == labels.dtype
            assert sparse.indices.numpy().tolist() == [[0, 0], [0, 1], [2, 0], [2, 1], [2, 2]]
            np.testing.assert_array_equal(sparse.values.numpy(), labels[[0, 0, 2, 2, 2], [0, 1, 0, 1, 2]])


def test_sparse_labels_symbolically():
    for mode in (kjax.graph_mode, kjax.core.graph.eager_mode):
        with mode():
            for shape, dims in (((3, 3), (3,)), ((None, None), (None,)), (None, None)):
                t, n = K.placeholder(shape), K.placeholder(dims, dtype="int32")
                sparse = K.ctc_label_dense_to_sparse(t, n)
                assert K.int_shape(sparse) == shape and sparse.indices.shape == (None, 2)
                out = [sparse, K.to_dense(sparse), *K.gradients(K.sum(sparse.values * 2.0), [t])]
                with pytest.warns(kjax.NotCompiledWarning, match=r"ctc_label_dense_to_sparse\(\)"):
                    found, dense, slope = K.function([t, n], out)([LABELS, [1, 3, 0]])
                counted = np.arange(3) < [[1], [3], [0]]
                assert found.values.tolist() == LABELS[counted].tolist()
                assert np.array_equal(dense, LABELS * counted) and np.array_equal(slope, 2 * counted)


def test_sparse_labels_of_known_lengths_are_compiled():
    t = K.placeholder((3, 3), dtype="int32")
    out = K.to_dense(K.ctc_label_dense_to_sparse(t, [1, 3, 0]))
    assert np.array_equal(K.function([t], [out])([LABELS])[0], LABELS * (np.arange(3) < [[1], [3], [0]]))


def test_sparse_labels_errors():
    for labels, counts in (
        (LABELS, [2]),
        (LABELS, [2, 3, 1, 1]),
        (LABELS, 2),
        (LABELS, [[1, 1]] * 3),
        (LABELS[0], [2]),
        (LABELS[None], [2]),
        (None, [2]),
    ):
        with pytest.raises(ValueError, match=r"ctc_label_dense_to_sparse\(\)"):
            K.ctc_label_dense_to_sparse(labels, counts)
    with pytest.raises(TypeError, match="label_lengths"):
        K.ctc_label_dense_to_sparse(LABELS, [2.0, 1.0, 1.0])
    f = K.placeholder(), K.placeholder(dtype="int32")
    run = K.function(list(f), [K.to_dense(K.ctc_label_dense_to_sparse(*f))])
    with pytest.raises(ValueError, match="different numbers of samples"), pytest.warns(kjax.NotCompiledWarning):
        run([LABELS, [2]])
