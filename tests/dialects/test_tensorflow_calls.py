"""The `tf.*` calls as functions, and what their recorded answers (tests/conformance/test_evidence.py) do not show."""

import inspect
import pickle

import numpy as np
import pytest

from kjax import backend as K
from kjax.dialects import tensorflow_calls


def test_calls_make_tensors_where_k_makes_variables(tf):
    made = [tf.ones(2), tf.zeros(2), tf.ones_like([1.0]), tf.zeros_like([1.0]), tf.eye(2), tf.fill((2,), 1.0)]
    made += [tf.identity(tf.Variable(1.0)), tf.convert_to_tensor(tf.Variable(1.0)), tf.random.normal((2,))]
    assert not any(isinstance(tensor, tf.Variable) for tensor in made)
    assert all(isinstance(tensor, tf.Tensor) for tensor in made)


def test_calls_are_functions_of_their_module(tf):
    assert repr(tf.reduce_sum).startswith("<function reduce_sum at ")
    assert inspect.getdoc(tf.math.log) == "`tensorflow.math.log`, answered by kjax."
    for function in (tf.cast, tf.squeeze, tf.where, tf.math.log, tf.nn.softmax, tf.compat.v1.Session, tf.Variable):
        assert pickle.loads(pickle.dumps(function)) is function


def test_ones_and_zeros_of_every_dtype(tf):
    for dtype in ("bool", "uint8", "int64", "bfloat16", "float64", "complex64"):
        ones, zeros = tf.ones((2, 1), dtype), tf.zeros([2], getattr(tf, dtype))
        assert ones.dtype == zeros.dtype == dtype
        assert ones.numpy().astype(complex).tolist() == [[1], [1]] and not zeros.numpy().astype(bool).any()


def test_calls_on_placeholders(tf):
    K = tf.keras.backend
    x = K.placeholder((None, 3))
    flat = tf.reshape(tf.where(x > 0, x, tf.zeros_like(x)), tf.stack([tf.shape(x)[0] * 3]))
    padded = tf.pad(tf.concat([flat, tf.fill([tf.shape(x)[0]], 9.0)], axis=0), [[1, 0]])
    positions = tf.cast(tf.range(tf.shape(padded)[0]), tf.float32)
    f = K.function([x], [padded, positions, tf.ones(tf.shape(x))])
    padded, positions, ones = f([[[1.0, -2.0, 3.0]]])
    assert padded.tolist() == [0, 1, 0, 3, 9]
    assert positions.tolist() == [0, 1, 2, 3, 4]
    assert ones.tolist() == [[1, 1, 1]]


def test_gradients(tf):
    K = tf.keras.backend
    x = K.placeholder((2,))
    safe = tf.math.divide_no_nan(1.0, x)
    slopes = tf.gradients([tf.reduce_sum(x**2), tf.reduce_sum(safe)], x)
    weighted = tf.gradients(x**2, [x], grad_ys=[tf.constant([1.0, 10.0])])
    results = K.function([x], [*slopes, *weighted])([[0.0, 2.0]])
    assert results[0].tolist() == [0.0, 3.75]
    assert results[1].tolist() == [0.0, 40.0]


def test_random_numbers(tf):
    assert tf.random.normal((2, 3)).shape == (2, 3)
    assert tf.random.uniform([1000], 2.0, 3.0).numpy().min() >= 2
    assert tf.random.normal((3,), seed=1).numpy().tolist() == tf.random.normal((3,), seed=1).numpy().tolist()
    state = np.random.get_state()
    try:
        draws = []
        for set_seed in (tf.random.set_seed, tf.compat.v1.set_random_seed, tf.compat.v1.random.set_random_seed):
            set_seed(2**40 + 5)
            draws.append((tf.random.normal((3,)).numpy().tolist(), tf.random.normal((3,)).numpy().tolist()))
    finally:
        np.random.set_state(state)
    assert draws[0] == draws[1] == draws[2]
    assert draws[0][0] != draws[0][1]


def test_positions_are_tensorflows_and_arguments_are_honoured_or_refused():
    """The recorded signatures of TF 2.2 put these arguments before the name."""
    from kjax.dialects.tensorflow_calls import TF, TF_MATH
    from kjax.dialects.tensorflow_v1 import V1

    a = K.constant([[1.0, 2.0], [3.0, 4.0]])
    assert TF["cumsum"](a, 1, False, True).numpy().tolist() == [[3, 2], [7, 4]]
    assert TF_MATH["cumprod"](a, 1, False, True).numpy().tolist() == [[2, 2], [12, 4]]
    assert TF["gather"](a, [0], None, 1).numpy().tolist() == [[1], [3]]
    assert TF["one_hot"]([0, 2], 3, 5.0, -1.0).numpy().tolist() == [[5, -1, -1], [-1, -1, 5]]
    assert TF["one_hot"]([0], 2, 3, 0).dtype == "int32" and TF["one_hot"]([0], 2).dtype == "float32"
    assert TF["transpose"](a, None, True).numpy().tolist() == [[1, 3], [2, 4]]
    assert V1["div"](7, 2).numpy() == 3 and V1["div"](-7, 2).numpy() == -4 and V1["div"](7.0, 2.0).numpy() == 3.5


def test_identity_matrices_of_sizes_that_are_fed(tf):
    x = K.placeholder((None, 2))
    square, wide = tf.eye(tf.shape(x)[0]), tf.eye(tf.shape(x)[0], 2, batch_shape=[3])
    square, wide = K.function([x], [square, wide])([np.ones((4, 2))])
    np.testing.assert_array_equal(square, np.eye(4))
    np.testing.assert_array_equal(wide, np.broadcast_to(np.eye(4, 2), (3, 4, 2)))


@pytest.mark.parametrize("caught", [TypeError, ValueError])
def test_the_order_of_arguments_before_tensorflow_1_is_refused(caught):
    with pytest.raises(caught, match="values come first"):
        tensorflow_calls.ARRAYS["concat"](1, [K.ones((2, 1)), K.ones((2, 1))])
    assert tensorflow_calls.ARRAYS["concat"]([K.ones((2, 1)), K.ones((2, 1))], 1).shape == (2, 2)
