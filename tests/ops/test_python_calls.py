import numpy as np
import pytest

from kjax import backend as K
from kjax.core.running import NotCompiledWarning
from kjax.ops.python_calls import python_call


def called(function, x, tensors=False, types=("float32",)):
    results = python_call("called()", function, [x], types, tensors)
    return results[0] if len(types) == 1 else results


def test_on_values():
    assert called(lambda a: a.T, K.constant([[1.0, 2.0]])).numpy().tolist() == [[1.0], [2.0]]
    assert called(lambda a: K.sum(a), K.constant([1.0, 2.0]), tensors=True).numpy() == 3


def test_a_function_learns_the_shapes_from_its_first_run():
    x = K.placeholder((None,))
    runs = []
    f = K.function([x], [called(lambda a: (runs.append(type(a)), a[:1] * 2)[1], x), x + 1.0])
    for given in ([1.0, 2.0], [3.0, 4.0], [5.0, 6.0, 7.0]):
        first, other = f([given])
        assert first.tolist() == [given[0] * 2] and other.tolist() == [v + 1 for v in given]
    assert len(runs) == 3 and set(runs) == {np.ndarray}


def test_shapes_that_vary_run_operation_by_operation():
    x = K.placeholder((2,))
    f = K.function([x], [called(lambda a: a[a > 0], x)])
    assert f([[1.0, 2.0]])[0].tolist() == f([[1.0, 2.0]])[0].tolist() == [1.0, 2.0]
    with pytest.warns(NotCompiledWarning):
        assert f([[1.0, -2.0]])[0].tolist() == [1.0]
    assert f([[-1.0, -2.0]])[0].tolist() == []


@pytest.mark.parametrize("shape", [None, (2,)])
def test_gradients_go_through_what_is_given_tensors(shape):
    x = K.placeholder((2,))
    y = called(lambda a: a * a * K.constant([1.0, 10.0]), x * 2.0, tensors=True)
    if shape:
        y.set_shape(shape)
    f = K.function([x], K.gradients(K.sum(y), [x]))
    for _ in range(3):
        assert f([[1.0, 2.0]])[0].tolist() == [8.0, 160.0]
    assert K.gradients(called(lambda a: a * a, x), [x]) == [None]


def test_errors_reach_the_caller_and_change_nothing():
    x, v = K.placeholder((2,)), K.variable([0.0, 0.0])

    def fails(a):
        raise KeyError("no such word")

    y = called(fails, x)
    y.set_shape((2,))
    f = K.function([x], [y], updates=[(v, v + y)])
    for _ in range(3):
        with pytest.raises(KeyError, match="no such word"):
            f([[1.0, 2.0]])
    assert v.numpy().tolist() == [0.0, 0.0]


def test_wrong_numbers_of_results():
    with pytest.raises(ValueError, match="must return 2 results; got 1"):
        called(lambda a: a, K.constant([1.0]), types=("float32", "float32"))
    assert called(lambda a: [1, 2], K.constant([1.0])).numpy().tolist() == [1.0, 2.0]
