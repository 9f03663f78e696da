import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.ops.state import size


def test_values_in_and_out():
    v = K.variable([1.0, 2.0])
    got = K.get_value(v)
    assert got.tolist() == [1, 2] and got.flags.writeable and type(K.get_value(K.variable(1.0))) is np.float32
    K.set_value(v, np.array([3, 4]))
    assert K.eval(v).tolist() == [3, 4] and K.eval(v).dtype == "float32"
    K.set_value(v, K.constant([5.0, 6.0]))
    assert K.eval(v).tolist() == [5, 6]
    assert K.get_value(7) == 7 and K.eval([1.0, 2.0]).tolist() == [1, 2]
    assert K.get_value(v * 2.0).tolist() == [10, 12]
    for bad in (3, K.constant(1.0), K.placeholder(())):
        with pytest.raises(TypeError, match=r"^batch_set_value\(\): tuples\[1\]\[0\] must be a variable; got"):
            K.batch_set_value([(v, [7.0, 8.0]), (bad, 1.0)])
        with pytest.raises(TypeError, match=r"^set_value\(\): x must be a variable; got .*\. K\.variable makes one$"):
            K.set_value(bad, 1.0)
    assert K.eval(v).tolist() == [5, 6]


def test_batches():
    a, b = K.variable(1.0), K.variable([2.0])
    K.batch_set_value([(a, 5), (b, [6])])
    assert K.batch_get_value([a, b])[1].tolist() == [6] and K.batch_get_value([]) == []
    with kjax.graph_mode():
        assert K.batch_get_value([a, a + 1.0]) == [5, 6]


def test_symbolic_values_are_computed():
    v = K.variable([1.0, 2.0])
    with kjax.graph_mode():
        assert K.get_value(v * 3.0).tolist() == [3, 6]
        K.set_value(v, v * 10.0)
        assert K.eval(v).tolist() == [10, 20]


@pytest.mark.parametrize("graph", [False, True])
def test_updates(graph):
    v = K.variable([1.0, 2.0])
    with kjax.graph_mode() if graph else kjax.eager_mode():
        for update, expected in (
            (lambda: K.update(v, [3.0, 4.0]), [3, 4]),
            (lambda: K.update_add(v, [1, 1]), [4, 5]),
            (lambda: K.update_sub(v, [2.0, 2.0]), [2, 3]),
            (lambda: K.moving_average_update(v, [4.0, 5.0], 0.5), [3, 4]),
            (lambda: K.moving_average_update(v, K.ones((2,)), K.constant(0.0)), [1, 1]),
        ):
            result = update()
            assert result.is_symbolic is graph
            assert K.eval(result).tolist() == expected and K.get_value(v).tolist() == expected


@pytest.mark.parametrize("update", [K.update, K.update_add, K.update_sub])
def test_updates_that_do_not_fit(update):
    v = K.variable([1.0, 2.0])
    for bad, error in (([1.0], ValueError), (K.ones((2,), "float64"), TypeError), (K.placeholder((3,)), ValueError)):
        with pytest.raises(error, match=rf"{update.__name__}\(\)"):
            update(v, bad)
    with pytest.raises(TypeError, match="a variable is needed"):
        update(K.constant(1.0), 1.0)
    assert K.eval(v).tolist() == [1, 2]


def test_a_shape_that_turns_out_wrong_changes_nothing():
    v, w, p = K.variable([1.0, 2.0]), K.variable(0.0), K.placeholder((None,))
    f = K.function([p], [], updates=[(w, p[0]), K.update(v, p)])
    with pytest.raises(ValueError, match=r"update\(\): variable 'Variable:0' has shape \(2,\), its new value \(3,\)"):
        f([[7.0, 8.0, 9.0]])
    assert K.eval(v).tolist() == [1, 2] and K.eval(w) == 0
    f([[7.0, 8.0]])
    assert K.eval(v).tolist() == [7, 8] and K.eval(w) == 7


def test_what_is_known_of_a_tensor():
    v, p, array = K.ones((2, 3)), K.placeholder((None, 3)), np.zeros((4,), "int8")
    assert (K.int_shape(v), K.int_shape(p), K.int_shape(array), K.int_shape([[1, 2]])) == (
        (2, 3),
        (None, 3),
        (4,),
        (1, 2),
    )
    assert (K.ndim(v), K.ndim(p), K.ndim(array), K.ndim(K.placeholder())) == (2, 2, 1, None)
    assert (K.dtype(v), K.dtype(array), K.dtype([1])) == ("float32", "int8", "int32") and type(K.dtype(v)) is str
    assert K.count_params(v) == 6 and K.count_params(K.ones(())) == 1
    with pytest.raises(ValueError, match="not fully known"):
        K.count_params(p)
    assert type(K.int_shape(v)) is tuple


def test_shape():
    assert K.shape(K.ones((2, 3))).numpy().tolist() == [2, 3] and K.shape([[1], [2]]).dtype == "int32"
    p = K.placeholder((None, 3))
    assert K.shape(p).shape == (2,) and K.shape(K.placeholder()).shape == (None,)
    assert K.function([p], [K.shape(p)])([np.zeros((5, 3))])[0].tolist() == [5, 3]


def test_keras_tensors():
    v = K.ones((2,))
    assert not K.is_keras_tensor(v)
    v._keras_history = ()
    assert K.is_keras_tensor(v)
    for bad in (np.ones(2), 1.0, "a", None):
        with pytest.raises(ValueError, match=r"^is_keras_tensor\(\): x must be a tensor; got"):
            K.is_keras_tensor(bad)
    assert K.is_sparse(v) is False


def test_size():
    x = K.placeholder((None, 3))
    assert K.int_shape(K.reshape(x, K.stack([size(x)]))) == (None,)
    assert K.int_shape(K.zeros(K.stack([size(K.zeros((2, 3)))]))) == (6,)
    flat, count = K.function([x], [K.reshape(x, K.stack([size(x)])), size(x)])([np.ones((2, 3))])
    assert flat.shape == (6,) and count == 6 and count.dtype == "int32"
    assert K.eval(size(3.0)) == 1
