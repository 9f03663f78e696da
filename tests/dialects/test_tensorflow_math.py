"""`tf.math` on symbolic tensors, and beside TensorFlow's errors; recorded answers are in `recorded/math.json`."""

import numpy as np
import pytest

import kjax
from kjax import backend as K


def test_counts_of_what_is_fed(tf):
    places = K.placeholder((None,), dtype="int32")
    counts = tf.math.bincount(places, minlength=2)
    assert counts.shape == (None,)
    with pytest.warns(kjax.NotCompiledWarning, match="summed_by"):
        run = K.function([places], [counts])  # (whose first call may be computed in NumPy)
        assert [run([fed])[0].tolist() for fed in ([3, 1, 3], [0])] == [[0, 1, 0, 2], [1, 0]]


def test_confusion_of_known_classes(tf):
    truth, guess = K.placeholder((None,), dtype="int64"), K.placeholder((None, 1), dtype="int64")
    table = tf.math.confusion_matrix(truth, guess, 3, dtype="float32")
    assert table.shape == (3, 3)
    run = K.function([truth, guess], [table])
    assert run([[0, 2, 2], [[1], [2], [2]]])[0].tolist() == [[0, 1, 0], [0, 0, 0], [0, 0, 2]]
    for wrong, message in (([0, 3, 0], "num_classes"), ([0, -1, 0], "negative")):
        with pytest.raises(ValueError, match=message):
            run([wrong, [[1], [2], [2]]])


def test_no_slope_where_tensorflow_has_none(tf):
    a, x = K.placeholder((2,)), K.placeholder((2,))
    for result in (tf.math.polygamma(a, x), tf.math.zeta(a, x), tf.math.betainc(a, a, x)):
        slopes = K.gradients(result, [a, x])
        assert slopes[0] is None and slopes[1].shape == (2,)


def test_sums_of_several(tf):
    x = K.placeholder((None, 2))
    total = tf.add_n([x, x, [[1.0, 2.0]]])
    assert K.function([x], [total])([[[1, 1]]])[0].tolist() == [[3, 4]]
    for wrong in ((), x, 1.0):
        with pytest.raises(ValueError, match="list of at least one"):
            tf.add_n(wrong)
    for given in ({"shape": (3, 3)}, {"tensor_dtype": "float64"}):
        with pytest.raises((TypeError, ValueError), match="accumulate_n"):
            tf.math.accumulate_n([x], **given)


def test_quotients_of_integers(tf):
    x = tf.constant([7, -7])
    assert tf.realdiv(x, 2).numpy().tolist() == [3, -3]
    np.testing.assert_allclose(tf.truediv(x, 2).numpy(), [3.5, -3.5])
    assert tf.compat.v1.reciprocal([2.0, 4.0]).numpy().tolist() == [0.5, 0.25]
