"""The backend of Keras 2.3.1: functions beyond `kjax.backend`, and functions that differ from it."""

import numpy as np
import pytest

from kjax import backend as K
from kjax.dialects import keras2


def test_shapes_that_layers_give():
    x = keras2.placeholder(shape=(None, 3))
    assert x._keras_shape == keras2.int_shape(x) == (None, 3) and x._uses_learning_phase is False
    y = keras2.repeat_elements(keras2.placeholder(shape=(None, 3)), 2, axis=1)
    assert y._keras_shape == (None, 6)
    y._keras_shape = (2, 6)
    assert keras2.int_shape(y) == (2, 6) and K.int_shape(y) == (None, 6)
    assert keras2.int_shape(np.ones((2, 3))) == (2, 3)


def test_questions_about_what_it_is():
    variable, value, placeholder = K.variable(1.0), K.constant(1.0), keras2.placeholder(ndim=1)
    things = [variable, value, placeholder, placeholder + 1, np.ones(1), None, "x"]
    assert [keras2.is_tensor(thing) for thing in things] == [True, True, True, True, False, False, False]
    assert [keras2.is_variable(thing) for thing in things] == [True, False, False, False, False, False, False]
    assert [keras2.is_placeholder(thing) for thing in things] == [False, False, True, False, False, False, False]


def test_what_differs_from_tensorflows():
    assert K.eval(keras2.eye((2, 3), "int32")).tolist() == [[1, 0, 0], [0, 1, 0]]
    assert K.eval(keras2.eye(2)).tolist() == [[1, 0], [0, 1]]
    assert K.eval(keras2.arange(-3)).size == K.eval(keras2.arange(K.constant(-3, "int32"))).size == 0
    assert K.eval(keras2.arange(2, -1, -1)).tolist() == [2, 1, 0]
    assert K.eval(keras2.tile(np.ones((2, 3)), 2)).shape == (2, 6)
    assert K.eval(keras2.tile(np.ones((2, 3)), [2, 1])).shape == (4, 3)
    assert K.eval(keras2.tile(np.ones((2, 3)), K.constant([1, 2], "int32"))).shape == (2, 6)
    matrix, bias = K.zeros((1, 2)), K.constant([1.0, 2.0])
    assert K.eval(keras2.bias_add(matrix, bias, "channels_first")).tolist() == [[1, 2]]
    assert K.eval(keras2.bias_add(K.zeros((1, 2, 1)), bias, "channels_first")).tolist() == [[[1], [2]]]
    assert K.eval(keras2.size([[1.0, 2.0]], name="count")) == 2 and K.eval(keras2.identity([1.0], name="copy")) == [1]
    assert keras2.cast_to_floatx(K.constant([1], "int32")).dtype == keras2.cast_to_floatx(1).dtype == "float32"


def test_sparse_placeholders_are_placeholders():
    sparse = keras2.placeholder(shape=(None, 3), sparse=True)
    assert sparse._keras_shape == (None, 3) and sparse._uses_learning_phase is False
    assert keras2.is_placeholder(sparse) and keras2.is_tensor(sparse) and not keras2.is_variable(sparse)
    assert not keras2.is_placeholder(K.to_dense(sparse))


@pytest.mark.filterwarnings("ignore::kjax.NotCompiledWarning")  # (none where the first call runs in NumPy)
def test_sizes_that_only_a_run_tells():
    x, n = keras2.placeholder(ndim=2), keras2.placeholder(shape=(), dtype="int32")
    tensors = [keras2.tile(x, 2), keras2.repeat_elements(x, 2, 0), keras2.arange(n), keras2.size(x), keras2.identity(x)]
    array = np.array([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]])
    expected = [np.tile(array, 2), np.repeat(array, 2, 0), np.arange(4), 6, array]
    for result, wanted in zip(K.function([x, n], tensors)([array, 4]), expected, strict=True):
        np.testing.assert_array_equal(result, wanted)
    assert K.function([n], [keras2.arange(n)])([-4])[0].size == 0


def test_labels_that_repeat_across_a_blank():
    likely = np.eye(3)[[[0, 2, 0, 1, 1]]] * 0.9 + 0.05
    decoded = {
        (greedy, merge): K.eval(keras2.ctc_decode(likely, [5], greedy, 5, 1, merge)[0][0]).tolist()
        for greedy in (True, False)
        for merge in (True, False)
    }
    # Only the search drops the second one, and only if it is told to.
    apart, merged = [[0, 0, 1]], [[0, 1]]
    assert decoded == {(True, True): apart, (True, False): apart, (False, True): merged, (False, False): apart}
    paths, scores = keras2.ctc_decode(likely, [5], greedy=False, beam_width=8, top_paths=3)
    assert len(paths) == 3 and scores.shape == (1, 3)


def test_name_scopes_may_have_no_name():
    with keras2.name_scope("layer"), keras2.name_scope(None):
        assert K.variable(1.0, name="w").name == "w:0"
    with keras2.name_scope("layer"):
        assert K.variable(1.0, name="w").name == "layer/w:0"
