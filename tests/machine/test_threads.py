import os
import subprocess
import sys
import threading

import numpy as np
import pytest

from kjax import backend as K
from kjax.core import placement
from kjax.kernels import bounded
from kjax.machine import config, threads

pytestmark = pytest.mark.skipif(config.PLAIN, reason="KJAX_PLAIN switches this shortcut off")

N = placement.LARGE + 1001
RANDOM = np.random.RandomState(0)
X = RANDOM.randn(N).astype("float32")
X[[3, 70_000]] = np.nan, np.inf
M = RANDOM.randn(600, 512).astype("float32")


@pytest.fixture(params=[1, 3], autouse=True)
def pool(request, monkeypatch):
    """Without helpers, and with more than there are cores, for arrays smaller than they would have to be."""
    monkeypatch.setenv("KJAX_THREADS", str(request.param))
    monkeypatch.setattr(threads, "WORTHWHILE_TO_MOVE", placement.LARGE)
    monkeypatch.setattr(threads, "WORTHWHILE_TO_JOIN", placement.LARGE)
    threads.threads.cache_clear()
    threads._pool.cache_clear()
    yield request.param
    threads.threads.cache_clear()
    threads._pool.cache_clear()


def plain(name, *args):
    """The result of the kernel in one piece."""
    with np.errstate(all="ignore"):
        return getattr(K, name).op.kernel(np, *args)


@pytest.mark.parametrize("dtype", ["float32", "float64", "float16"])
@pytest.mark.parametrize("name", ["abs", "square", "exp", "log", "sin", "tanh", "relu"])
def test_elementwise_functions_give_the_same_in_parts(name, dtype):
    x = X.astype(dtype)
    out = getattr(K, name)(K.constant(x, dtype)).numpy()
    assert out.dtype == dtype and out.shape == x.shape
    np.testing.assert_array_equal(out, plain(name, x))


@pytest.mark.parametrize("bound", [0.25, 1, -1.0])
def test_bounds_give_the_same_in_parts(bound):
    x = K.constant(X)
    for name in ("maximum", "minimum"):
        np.testing.assert_array_equal(getattr(K, name)(x, bound).numpy(), plain(name, X, bound))
    np.testing.assert_array_equal(K.clip(x, -0.5, bound).numpy(), np.maximum(np.minimum(X, max(bound, -0.5)), -0.5))
    np.testing.assert_array_equal(K.relu(x, max_value=2.0).numpy(), np.clip(X, 0, 2))
    np.testing.assert_array_equal(bounded.clipped(X, 1.0, bound), np.maximum(np.minimum(X, bound), 1))


@pytest.mark.parametrize("dtype", ["bfloat16", "float16", "int8", "uint8", "int32", "int64", "complex64"])
def test_every_dtype_gives_the_same_in_parts(dtype):
    x = K.cast(K.constant(RANDOM.randint(1, 50, N)), dtype)
    y = K.cast(K.constant(RANDOM.randint(1, 50, N)), dtype)
    tried = 0
    for call in (
        lambda x, y: x + y, lambda x, y: x * 2, lambda x, y: x / y, lambda x, y: x - y, K.equal, K.maximum, K.minimum,
        lambda x, y: K.maximum(x, 7), lambda x, y: K.clip(x, 3, 9), lambda x, y: K.clip(x, 3.0, 9.5),
        lambda x, y: K.relu(x), lambda x, y: K.abs(x),
        lambda x, y: K.exp(x), lambda x, y: K.tanh(x), lambda x, y: K.square(x), lambda x, y: K.cast(x, "float64"),
        lambda x, y: K.max(x), lambda x, y: K.min(x, 0), lambda x, y: K.argmax(x), lambda x, y: K.concatenate([x, y]),
    ):  # fmt: skip
        try:
            few = call(x[:1000], y[:1000])
        except TypeError:
            with pytest.raises(TypeError):
                call(x, y)
            continue
        out = call(x, y)
        assert out.dtype == few.dtype
        if out.shape == x.shape:
            np.testing.assert_array_equal(out.numpy()[:1000], few.numpy())
        tried += 1
    assert tried > 8


def test_operands_broadcast_as_in_one_piece():
    x, row, column = M, M[0], M[:, :1]
    for other in (row, column, M[:1], np.float32(2.0), M[::-1]):
        np.testing.assert_array_equal((K.constant(x) + K.constant(other)).numpy(), x + other)
        np.testing.assert_array_equal((K.constant(other) - K.constant(x)).numpy(), other - x)
        np.testing.assert_array_equal(K.greater(K.constant(x), K.constant(other)).numpy(), x > other)
    wide = K.constant(x.reshape(1, -1))
    np.testing.assert_array_equal((wide * 2.0).numpy(), x.reshape(1, -1) * 2)
    turned = K.transpose(K.constant(x))
    np.testing.assert_array_equal((turned + turned).numpy(), x.T * 2)
    np.testing.assert_array_equal((turned + K.constant(x.T)).numpy(), x.T * 2)
    with pytest.raises(ValueError, match="add"):
        K.constant(x) + K.constant(row[:5])


@pytest.mark.parametrize("axis", [None, 0, 1, 2, -1, (0, 1), (1, 2), (0, 2), (0, 1, 2)])
def test_reductions_give_the_same_in_parts(axis):
    x = RANDOM.randint(-50, 50, (64, 80, 96)).astype("float32")
    x[1, 2, 3] = np.nan
    t = K.constant(x)
    for keepdims in (False, True):
        for name, plainly in (("max", np.fmax), ("min", np.fmin)):
            out = getattr(K, name)(t, axis, keepdims).numpy()
            np.testing.assert_array_equal(out, plainly.reduce(x, axis, keepdims=keepdims))
        # Sums of whole numbers are exact in any order.
        np.testing.assert_array_equal(K.sum(t, axis, keepdims).numpy(), np.add.reduce(x, axis, keepdims=keepdims))


def test_what_is_made_and_moved_in_parts():
    shape = (3, N)
    ones, x = K.ones(shape), K.variable(M)
    assert ones.numpy().min() == 1 == ones.numpy().max() and ones.shape == shape
    np.testing.assert_array_equal(x.numpy(), M)
    assert not np.shares_memory(x._value, M)
    np.testing.assert_array_equal(threads.copied(M.T), M.T)
    for axis in (0, 1, -1):
        np.testing.assert_array_equal(K.concatenate([x, x * 2.0], axis).numpy(), np.concatenate([M, M * 2], axis))
    with pytest.raises(ValueError, match="concatenate"):
        K.concatenate([x, K.constant(M[:5])])
    hot = K.one_hot(K.constant([[0, 5, -1], [9000, 2, 5000]], "int32"), 9000).numpy()
    assert hot.shape == (2, 3, 9000) and hot.sum() == 4 and hot[0, 1, 5] == 1 == hot[1, 2, 5000] and not hot[1, 0].any()


def test_a_tensor_moves_to_jax_once():
    x, v = K.constant(M), K.variable(M)
    before = x.numpy()
    first = K.softmax(x)
    moved = x._value
    assert not isinstance(moved, np.ndarray) and isinstance(v._value, np.ndarray)
    np.testing.assert_array_equal(K.softmax(x).numpy(), first.numpy())
    np.testing.assert_array_equal(K.softmax(v).numpy(), first.numpy())
    assert x._value is moved and isinstance(v._value, np.ndarray)
    np.testing.assert_array_equal(x.numpy(), before)
    np.testing.assert_array_equal((x + 1.0).numpy(), M + 1)


def test_random_numbers_do_not_depend_on_threads(pool):
    drawn = K.random_normal((5, 50_000), seed=3).numpy()
    np.testing.assert_array_equal(drawn.reshape(-1)[:100], K.random_normal((100,), seed=3).numpy())


def test_an_error_in_a_part_comes_back():
    def broken(part):
        if part == 7:
            raise ValueError("seven")

    with pytest.raises(ValueError, match="seven"):
        threads.for_each(range(9), broken)
    done = []
    threads.for_each(range(9), done.append)
    assert sorted(done) == list(range(9))


def test_the_number_of_threads(monkeypatch):
    for text in ("", "0", "many"):
        monkeypatch.setenv("KJAX_THREADS", text)
        threads.threads.cache_clear()
        assert threads.threads() >= 1


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork on this system")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning", "ignore:.*fork:RuntimeWarning")
def test_it_works_after_a_fork():
    expected = K.abs(K.constant(X)).numpy()
    child = os.fork()
    if not child:
        alarm = threading.Timer(30, os._exit, (2,))
        alarm.daemon = True
        alarm.start()
        os._exit(not np.array_equal(K.abs(K.constant(X)).numpy(), expected, equal_nan=True))
    assert os.waitpid(child, 0)[1] == 0


BATTERY = """
import sys
import numpy as np
from kjax import backend as K
random = np.random.RandomState(0)
results = []
for shape in ((3, 5), (600, 512)):
    x, y = (K.constant(random.randn(*shape)) for _ in range(2))
    labels = K.constant(random.randint(0, shape[1], shape[0]), "int32")
    p = K.softmax(x)
    results += [x + y, x * 2.0, 1.0 - y, K.abs(x), K.exp(x), K.sqrt(x), K.tanh(y), K.relu(x), K.clip(x, -0.5, 0.5), p]
    results += [K.sum(x), K.sum(x, 0), K.mean(x, -1, True), K.max(x, 0), K.min(x), K.argmax(y)]
    results += [K.dot(x, K.transpose(y)), K.variable(x), K.reshape(x, (-1,))]
    results += [K.maximum(x, 0.1), K.minimum(x, y), K.cast(x, "float64"), K.equal(x, y), K.concatenate([x, y]), x[1:]]
    results += [K.gather(x, labels[:2] % 3), K.one_hot(labels, shape[1]), K.ones(shape)]
    results += [K.categorical_crossentropy(p, p), K.binary_crossentropy(p, p)]
    results += [K.sparse_categorical_crossentropy(labels, p), K.random_normal(shape, seed=1), K.dropout(x, 0.5, seed=2)]
a = K.placeholder((None, 5))
results += K.function([a], [K.softmax(a), K.sum(K.square(a), 0)])([random.randn(3, 5)])
np.savez(sys.argv[1], *map(np.asarray, results))
"""


@pytest.mark.parametrize("pool", [1], indirect=True)
def test_all_shortcuts_together_change_no_result(tmp_path):
    found = []
    for plain in ("0", "1"):
        file = tmp_path / f"{plain}.npz"
        variables = {**os.environ, "KJAX_PLAIN": plain}
        subprocess.run([sys.executable, "-c", BATTERY, str(file)], env=variables, check=True)
        with np.load(file) as arrays:
            found.append([arrays[name] for name in arrays.files])
    for quick, plain in zip(*found, strict=True):
        assert quick.dtype == plain.dtype
        np.testing.assert_allclose(quick, plain, 2e-5, 1e-4)


def test_an_update_by_a_tensor_takes_its_array():
    x, v, w = K.constant(M), K.variable(M * 0), K.variable(M * 2)
    K.update(v, x)
    assert v._value is x._value
    fed = K.placeholder(())
    step = K.function([fed], [], updates=[(v, v + fed)])  # its buffers are given to XLA to reuse
    step([1.0]), step([1.0])
    np.testing.assert_array_equal(x.numpy(), M)
    np.testing.assert_array_equal(v.numpy(), M + 1 + 1)
    K.update(w, v)  # JAX's array now: a copy
    step([1.0])
    np.testing.assert_array_equal(w.numpy(), M + 1 + 1)
    K.update(v, w), K.set_value(w, M)
    np.testing.assert_array_equal(v.numpy(), M + 1 + 1)
    K.update_add(v, x)
    np.testing.assert_array_equal(v.numpy(), M + 1 + 1 + M)


@pytest.mark.parametrize("pool", [3], indirect=True)
def test_it_works_while_the_interpreter_ends(pool):
    code = """
import atexit
from kjax import backend as K
x = K.ones((1000, 1000))
last = lambda: print(K.eval(K.sum(K.exp(x * 0.0))))
last(), atexit.register(last)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert [float(word) for word in done.stdout.split()] == [1e6, 1e6] and not done.stderr
