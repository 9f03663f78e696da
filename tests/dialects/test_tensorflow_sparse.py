"""`tf.sparse`; recorded answers are in `recorded/sparse.json`."""

import numpy as np
import pytest

from kjax import NotCompiledWarning
from kjax import backend as K
from kjax.dialects.tensorflow_sparse import SPARSE, V1


def sparse(values=(1.0, 2.0, 3.0)):
    return SPARSE["SparseTensor"]([[0, 1], [1, 0], [2, 3]], values, (3, 4))


def test_the_number_of_entries_may_depend_on_the_data():
    x = K.placeholder((None, 3), sparse=True)
    run = K.function([x], [K.to_dense(SPARSE["retain"](x, x.values > 1.0))])
    with pytest.warns(NotCompiledWarning):
        for last, kept in ((2.0, 2.0), (0.5, 0.0)):
            assert run([([[0, 1], [1, 2]], [1.0, last], (2, 3))])[0].tolist() == [[0, 0, 0], [0, 0, kept]]


def test_gradients_of_what_tensorflow_has_none_for(tf):
    values = tf.constant([1.0, 2.0, 3.0])
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(values)
        kept = tf.sparse.retain(sparse(values), [True, False, True])
        joined = tf.sparse.to_dense(tf.sparse.concat(0, [sparse(values), sparse()]))
        losses = tf.reduce_sum(kept.values**2), tf.reduce_sum(joined**2)
    assert [tape.gradient(loss, values).numpy().tolist() for loss in losses] == [[2, 0, 6], [2, 4, 6]]


def test_entries_in_any_order(tf):
    shuffled = SPARSE["SparseTensor"]([[2, 3], [0, 1], [1, 0]], [3.0, 1.0, 2.0], (3, 4))
    assert np.array_equal(K.eval(tf.sparse.to_dense(shuffled)), K.eval(tf.sparse.to_dense(sparse())))
    assert tf.sparse.transpose(shuffled).values.numpy().tolist() == [2, 1, 3]


def test_parts_of_a_session_result_are_taken(tf):
    value = tf.compat.v1.SparseTensorValue([[0, 1]], [2.0], (1, 2))
    assert tf.sparse.reduce_sum(value).numpy() == 2


@pytest.mark.parametrize(
    ("name", "arguments", "error", "text"),
    [
        ("reorder", ([1.0],), TypeError, r"tf.sparse.reorder\(\): sp_input must be a SparseTensor"),
        ("reshape", (sparse(), (5, 2)), ValueError, "12 elements has no shape"),
        ("split", (sparse(), 9, 1), ValueError, "num_split must be from 1 to 4; got 9"),
        ("split", (sparse(),), ValueError, "give num_split and axis"),
        ("expand_dims", (sparse(), 4), ValueError, "axis must be from -3 to 2; got 4"),
        ("reduce_sum", (sparse(), 2), ValueError, r"tf.sparse.reduce_sum\(\): axis must be from -2 to 1; got 2"),
        ("to_indicator", (sparse(), 4), TypeError, "entries must be integers; got float32"),
        ("reset_shape", (sparse(), (2, 2)), ValueError, r"must be \(3, 4\) or more"),
        ("retain", (sparse(), [True]), ValueError, "a bool for each entry"),
        ("concat", (0, sparse()), TypeError, "must be a list of SparseTensors"),
        ("maximum", (sparse(), SPARSE["eye"](2)), ValueError, "do not go together"),
    ],
)
def test_errors(name, arguments, error, text):
    with pytest.raises(error, match=text):
        SPARSE[name](*arguments)


def test_a_placeholder_needs_a_shape():
    with pytest.raises(NotImplementedError, match="shape of known rank"):
        V1["sparse_placeholder"]("float32")
