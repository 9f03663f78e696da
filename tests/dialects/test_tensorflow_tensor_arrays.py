"""Arrays of tensors beyond their recorded answers: in compiled loops."""

import jax
import numpy as np
import pytest

from kjax import backend as K
from kjax.core.running import NotCompiledWarning
from kjax.core.tensor import Tensor
from kjax.dialects.tensorflow_control import TF
from kjax.dialects.tensorflow_modules import answers
from kjax.dialects.tensorflow_tensor_arrays import TensorArray


def running_sums(x, **size):
    """The sums of the rows so far, by a loop."""
    count = K.shape(x)[0]

    def body(i, total, array):
        total = total + K.gather(x, i)
        return i + 1, total, array.write(i, total)

    start = (0, K.zeros_like(x[0]), TensorArray("float32", **(size or {"size": count})))
    return TF["while_loop"](lambda i, total, array: i < count, body, start)[2].stack()


@pytest.mark.parametrize("shape", [(3, 2), (None, 2)])
def test_a_loop_writes_what_has_a_gradient(shape):
    x = K.placeholder(shape)
    y = running_sums(x)
    sums, slopes = K.function([x], [y, *K.gradients(K.sum(y), [x])])([np.arange(6.0).reshape(3, 2)])
    assert sums.tolist() == [[0, 1], [2, 4], [6, 9]]
    assert slopes.tolist() == [[3, 3], [2, 2], [1, 1]]


def test_an_array_that_grows():
    """Where the number of steps follows from shapes, the loop is compiled; else the function runs by operation."""
    given = K.constant(np.ones((2, 2)))
    grown = running_sums(given, size=0, dynamic_size=True)
    assert grown.numpy().tolist() == [[1, 1], [2, 2]]
    x, n = K.placeholder((None, 2)), K.placeholder((), dtype="int32")
    y = running_sums(x, size=0, dynamic_size=True)
    assert y.shape.as_list() == [None, 2]
    sums, slopes = K.function([x], [y, *K.gradients(K.sum(y), [x])])([np.ones((3, 2))])
    assert sums.tolist() == [[1, 1], [2, 2], [3, 3]] and slopes.tolist() == [[3, 3], [2, 2], [1, 1]]
    empty = TensorArray("float32", size=0, dynamic_size=True)
    powers = TF["while_loop"](lambda i, a: i < n, lambda i, a: (i + 1, a.write(i, K.pow(x[0], 2.0))), [0, empty])[1]
    f = K.function([x, n], [powers.stack(), powers.size(), *K.gradients(K.sum(powers.stack()), [x])])
    with pytest.warns(NotCompiledWarning, match="operation by operation"):
        rows, size, slope = f([[[1.0, 3.0]], 2])
    assert rows.tolist() == [[1, 9], [1, 9]] and size == 2 and slope.tolist() == [[4, 12]]
    assert f([[[1.0, 3.0]], 1])[0].tolist() == [[1, 9]]
    with pytest.raises(ValueError, match="must not be negative"):
        empty.write(n - 1, [1.0]).stack().eval({n: 0})


def test_positions_that_are_known_at_run_time():
    i = K.placeholder((), dtype="int32")
    array = TensorArray("float32", size=3).write(0, [1.0]).write(i, [5.0])
    later = array.scatter(K.stack([i]), [[7.0]])
    f = K.function([i], [array.stack(), array.read(i), array.concat(), later.gather([2]), array.size()])
    whole, read, flat, gathered, size = f([2])
    assert whole.tolist() == [[1], [0], [5]] and read.tolist() == [5] and flat.tolist() == [1, 0, 5]
    assert gathered.tolist() == [[7]] and size == 3


def test_what_can_not_be_asked():
    with pytest.raises(ValueError, match="element_shape is not known"):
        TensorArray("float32", size=1).read(0)
    with pytest.raises(ValueError, match="has dtype int32"):
        TensorArray("float32", size=1).unstack([1, 2])
    with pytest.raises(IndexError, match="array size is: 1"):
        TensorArray("float32", size=1).read(1)
    with pytest.raises(NotImplementedError, match="read and stacked"):
        TensorArray("float32", size=1).grad("source")


def test_arrays_come_out_where_arrays_were_written():
    x = jax.numpy.arange(6.0).reshape(3, 2)
    loop = answers("", 2)["while_loop"]

    def written(x):
        array = TensorArray("float32", size=2).write(0, x[0]).write(1, x[1])
        return array.stack(), array.read(0), array.gather([1]), array.concat(), array.unstack(x).read(2)

    def looped(x, n):
        start = [0 * n, TensorArray("float32", size=3), x[0]]
        body = lambda i, array, total: (i + 1, array.write(i, total), total + x[i])  # noqa: E731
        return loop(lambda i, *_: i < n, body, start)[1].stack()

    def by_count(x):
        empty = TensorArray("float32", size=3)
        return loop(lambda i, _: i < 3, lambda i, array: (i + 1, array.write(i, x[i])), [0, empty])[1].stack()

    for results in (written(x), jax.jit(written)(x)):
        assert all(isinstance(result, jax.Array) for result in results)
        assert results[3].tolist() == [0, 1, 2, 3] and results[4].tolist() == [4, 5]
    assert jax.jit(looped)(x, 2).tolist() == [[0, 1], [0, 2], [0, 0]]
    assert jax.grad(lambda x: looped(x, 3).sum())(x).tolist() == [[5, 5], [1, 1], [0, 0]]
    assert jax.jit(by_count)(x).tolist() == x.tolist()
    assert isinstance(TensorArray("float32", size=2).write(0, K.constant([1.0])).write(1, x[0, :1]).stack(), Tensor)
    growing = TensorArray("float32", size=0, dynamic_size=True)
    with pytest.raises(NotImplementedError, match="can't grow at positions that JAX traces"):
        jax.jit(lambda i: growing.write(i, x[0]).stack())(1)
