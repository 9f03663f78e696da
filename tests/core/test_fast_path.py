"""Calls on small values that are there: quick, and never other than the long way of the same call."""

import threading
import warnings

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core import dtypes
from kjax.ops import elementwise

X = np.array([[0.0, 1.0, 2.0], [3.0, 1.0, 5.0]])
ROW, SQUARE, PLACES = np.array([2.0, 1.0, 3.0]), X.T @ X, np.array([[1, 0], [0, 1]])

# By their parameters' names; an array stands for a tensor of the dtype, or of integers if it is one of them.
CALLS = {
    "square": (K.square, {"x": X}),
    "exp": (K.exp, {"x": X}),
    "abs": (K.abs, {"x": X}),
    "relu": (K.relu, {"x": X, "alpha": 0.0, "max_value": 2}),
    "softmax": (K.softmax, {"x": X, "axis": 0}),
    "sum": (K.sum, {"x": X, "axis": -1, "keepdims": True}),
    "max": (K.max, {"x": X}),
    "any": (K.any, {"x": X, "axis": 0}),
    "argmax": (K.argmax, {"x": X, "axis": 1}),
    "cumsum": (K.cumsum, {"x": X, "axis": 1}),
    "cast": (K.cast, {"x": X, "dtype": "int64"}),
    "reshape": (K.reshape, {"x": X, "shape": (-1, 2)}),
    "transpose": (K.transpose, {"x": X}),
    "shape": (K.shape, {"x": X}),
    "expand_dims": (K.expand_dims, {"x": X, "axis": 1}),
    "add": (elementwise.add, {"x": X, "y": ROW}),
    "divide": (elementwise.divide, {"x": X, "y": ROW}),
    "maximum": (K.maximum, {"x": X, "y": ROW}),
    "less": (K.less, {"x": X, "y": ROW}),
    "pow": (K.pow, {"x": X, "a": ROW}),
    "dot": (K.dot, {"x": X, "y": SQUARE}),
    "clip": (K.clip, {"x": X, "min_value": 1, "max_value": 2}),
    "gather": (K.gather, {"reference": X, "indices": PLACES}),
    "concatenate": (K.concatenate, {"tensors": [X, X * 2, X], "axis": 0}),
    "stack": (K.stack, {"x": [ROW, ROW + 1], "axis": 1}),
}


def tensors(value, make):
    if isinstance(value, list):
        return [tensors(part, make) for part in value]
    return make(value) if isinstance(value, np.ndarray) else value


def made(dtype, kind=K.constant):
    def make(array):
        own = "int32" if array.dtype.kind == "i" else dtype
        return kind(K.get_value(K.cast(array, own)), dtype=own)

    return make


def same(one, other):
    assert type(one) is type(other) is kjax.Tensor and not one.is_symbolic
    assert one.dtype == other.dtype and one.shape == other.shape
    np.testing.assert_array_equal(one.numpy(), other.numpy())
    assert type(one.numpy()) is type(other.numpy())


@pytest.mark.parametrize("kind", [K.constant, K.variable])
@pytest.mark.parametrize("name", CALLS)
def test_it_gives_what_the_long_way_gives(name, kind):
    fn, arguments = CALLS[name]
    tried = 0
    for dtype in dtypes.NAMES:
        given = {key: tensors(value, made(dtype, kind)) for key, value in arguments.items()}
        try:
            slow = fn(**given)  # by keywords
        except TypeError as error:
            with pytest.raises(TypeError) as caught:
                fn(*given.values())
            assert str(caught.value) == str(error)
            continue
        same(fn(*given.values()), slow)
        first, *rest = given.values()
        same(fn(first, **dict(zip([*given][1:], rest, strict=True))), slow)
        tried += 1
    assert tried >= 2


@pytest.mark.parametrize("name", CALLS)
def test_it_gives_what_a_function_gives(name):
    fn, arguments = CALLS[name]
    fed, values = [], []

    def symbol(array):
        kind = "int32" if array.dtype.kind == "i" else "bool" if name == "any" else "float64"
        fed.append(K.placeholder(array.shape, dtype=kind))
        values.append(array)
        return fed[-1]

    symbolic = fn(*[tensors(value, symbol) for value in arguments.values()])
    dtype = "bool" if name == "any" else "float64"
    eager = fn(*[tensors(value, made(dtype)) for value in arguments.values()])
    assert symbolic.is_symbolic and symbolic.dtype == eager.dtype and symbolic.shape == eager.shape
    np.testing.assert_allclose(K.function(fed, [symbolic])(values)[0], eager.numpy(), 1e-12)


@pytest.mark.parametrize("name", CALLS)
def test_in_graph_mode_it_computes_nothing(name):
    fn, arguments = CALLS[name]
    dtype = "bool" if name == "any" else "float32"
    given = [tensors(value, made(dtype, K.variable)) for value in arguments.values()]
    with kjax.graph_mode():
        out = fn(*given)
        assert out.is_symbolic
    eager = fn(*given)
    assert not eager.is_symbolic and eager.dtype == out.dtype


@pytest.mark.parametrize("array", [np.zeros((0, 3)), np.array(2.0), np.array([np.nan, np.inf, -np.inf, -0.0])], ids=str)
def test_of_nothing_of_scalars_and_of_what_is_no_number(array):
    for dtype in ("float32", "float64", "float16"):
        x = K.constant(array, dtype)
        for fn in (K.square, K.exp, K.sum, K.sign, K.round, K.sigmoid, K.mean):
            same(fn(x), fn(x=x))
        for fn in (elementwise.add, elementwise.mod, K.maximum, K.equal):
            same(fn(x, x), fn(x=x, y=x))


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64", "int8", "uint8", "int64", "complex64"])
@pytest.mark.parametrize("scalar", [2, 2.5, True, 1j, np.float32(2.5), np.int64(2), [2, 2, 2], 300], ids=repr)
def test_python_scalars_on_either_side(dtype, scalar):
    x = K.constant([1, 2, 3], dtype)
    for fn in (elementwise.add, elementwise.multiply, elementwise.subtract):
        for pair in ((x, scalar), (scalar, x)):
            try:
                slow = fn(x=pair[0], y=pair[1])
            except (TypeError, ValueError) as error:
                with pytest.raises(type(error)) as caught:
                    fn(*pair)
                assert str(caught.value) == str(error)
            else:
                assert slow.dtype == dtype
                same(fn(*pair), slow)


MISTAKES = {
    "shapes": (elementwise.add, {"x": X, "y": ROW[:2]}),
    "matrices": (K.dot, {"x": X, "y": X}),
    "axis": (K.sum, {"x": X, "axis": 2}),
    "no axis": (K.max, {"x": X, "axis": "a"}),
    "elements": (K.reshape, {"x": X, "shape": (4, 2)}),
    "index": (K.gather, {"reference": X, "indices": PLACES + 1}),
    "ranks": (K.concatenate, {"tensors": [X, ROW], "axis": 0}),
    "different": (K.stack, {"x": [X, ROW], "axis": 0}),
    "none": (K.square, {"x": None}),
    "text": (K.maximum, {"x": X, "y": "a"}),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_mistakes_are_told_in_the_same_words(name):
    fn, arguments = MISTAKES[name]
    given = {key: tensors(value, made("float32")) for key, value in arguments.items()}
    with pytest.raises((TypeError, ValueError, IndexError), match=rf"^{fn.__name__}\(\)") as slow:
        fn(**given)
    with pytest.raises(slow.type) as quick:
        fn(*given.values())
    assert str(quick.value) == str(slow.value)


def test_different_dtypes_are_never_mixed():
    for one, other in (("float32", "float64"), ("int32", "float32"), ("int32", "int64"), ("bool", "int8")):
        x, y = K.cast([1, 0], one), K.cast([1, 1], other)
        for fn in (elementwise.add, K.equal):
            with pytest.raises(TypeError, match=rf"^{fn.__name__}\(\)"):
                fn(x, y)
        with pytest.raises(TypeError, match=r"^concatenate\(\): .*different dtypes"):
            K.concatenate([x, y])


@pytest.mark.parametrize("name", CALLS)
def test_what_is_given_stays_as_it_was(name):
    fn, arguments = CALLS[name]
    dtype = "bool" if name == "any" else "float64"
    v = [tensors(value, made(dtype, K.variable)) for value in arguments.values()]
    flat = [t for value in v for t in (value if isinstance(value, list) else [value]) if isinstance(t, kjax.Tensor)]
    before = [t.numpy() for t in flat]
    out = fn(*v)
    result = out.numpy()
    for tensor, array in zip(flat, before, strict=True):
        np.testing.assert_array_equal(tensor.numpy(), array)
        K.set_value(tensor, np.zeros_like(array))
    np.testing.assert_array_equal(out.numpy(), result)  # which does not change with the variables


@pytest.mark.parametrize("dtype", ["float32", "float64", "bfloat16", "int32"])
def test_large_arrays_give_the_same(dtype):
    count = 300_000
    x = K.cast(K.constant(np.arange(count) % 7, "int32"), dtype)
    y = K.cast(K.constant(np.arange(count) % 5 + 1, "int32"), dtype)
    for fn in (elementwise.add, elementwise.multiply, K.maximum, K.less, elementwise.mod):
        whole = fn(x, y)
        part = fn(x[:1000], y[:1000])
        assert whole.dtype == part.dtype and whole.shape == (count,)
        np.testing.assert_array_equal(K.get_value(whole)[:1000], K.get_value(part))
        np.testing.assert_array_equal(K.get_value(fn(x=x, y=y)), K.get_value(whole))
    for fn in (K.square, K.relu) if dtype != "int32" else (K.square, K.sign):
        np.testing.assert_array_equal(K.get_value(fn(x))[:1000], K.get_value(fn(x[:1000])))


def test_values_on_jax_are_taken_too():
    import jax

    x = K.constant([1.0, 4.0])
    for array in (jax.numpy.array([1.0, 4.0]), kjax.as_tensor(jax.numpy.array([1.0, 4.0]))):
        assert np.asarray(K.sqrt(array)).tolist() == [1, 2] and type(K.sqrt(array)) is type(array)
        assert elementwise.add(x, array).numpy().tolist() == elementwise.add(array, x).numpy().tolist() == [2, 8]
        assert K.concatenate([x, array]).numpy().tolist() == [1, 4, 1, 4]


# --------------------------------------------------------------------------------------------------- NumPy's warnings


def test_no_warning_of_numpy_reaches_the_user():
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")  # (as an error, it would make a call go the long way)
        assert np.isneginf(K.log(K.zeros((1,))).numpy()[0]) and np.isnan(K.log([-1.0]).numpy()[0])
        assert np.isposinf((K.ones((1,)) / K.zeros((1,))).numpy()[0]) and np.isposinf(K.exp([1e9]).numpy()[0])
    before = np.geterr()
    K.log(K.zeros((1,)))
    assert np.geterr() == before and not told


def test_neither_in_other_threads():
    found = []

    def work():
        with np.errstate(all="raise"):  # of the program, which is none of ours
            found.append(K.log(K.constant([0.0])).numpy().tolist())
            found.append(np.geterr()["divide"])

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert found.count([-np.inf]) == found.count("raise") == 3


def test_functions_of_operations_look_like_python_functions():
    assert K.square.__name__ == K.square.__qualname__ == "square" and K.square.__module__.startswith("kjax.ops.")
    assert K.square.__doc__ and repr(K.square).startswith("<function square")


# ------------------------------------------------------------------------------------------------- variables in traces


@pytest.mark.parametrize(
    "call",
    [
        lambda v, x: K.square(v) + x,
        lambda v, x: x * v,
        lambda v, x: K.gather(v, K.constant([0, 1], dtype="int32")) + x,
        lambda v, x: K.stack([x, v]),
    ],
)
def test_a_variable_that_a_compiled_function_has_read_is_not_replaced(call):
    import jax

    v = K.variable([1.0, 2.0])
    jax.jit(lambda x: call(v, kjax.as_tensor(x))._value)(jax.numpy.ones(2))
    for replace in (lambda: K.set_value(v, [3.0, 4.0]), lambda: K.update(v, K.constant([3.0, 4.0]))):
        with pytest.raises(ValueError, match="was read"):
            replace()
    assert K.get_value(v).tolist() == [1, 2]


def test_lists_of_different_dtypes_are_refused_also_behind_empty_ones():
    for first in (np.zeros((0, 2)), np.ones((1, 2))):
        with pytest.raises(TypeError, match="different dtypes"):
            K.concatenate([K.constant(first), K.constant(np.ones((1, 2)), dtype="float64")], axis=0)
