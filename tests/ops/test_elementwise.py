import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.ops import elementwise as E

A = np.array([[-2.0, -0.5, 0.0], [0.5, 1.0, 3.0]])
B = np.array([2.0, -0.5, 1.5])
UNARY = {
    K.abs: np.abs,
    K.sqrt: lambda x: np.sqrt(np.maximum(x, 0)),
    K.square: np.square,
    K.exp: np.exp,
    K.sin: np.sin,
    K.cos: np.cos,
    K.round: np.rint,
    K.sign: np.sign,
    E.negative: np.negative,
    E.identity: lambda x: x,
}
BINARY = {
    E.add: np.add,
    E.subtract: np.subtract,
    E.multiply: np.multiply,
    E.divide: np.true_divide,
    E.floor_divide: lambda x, y: np.floor(x / y),
    E.mod: np.mod,
    K.maximum: np.maximum,
    K.minimum: np.minimum,
}


def close(actual, expected, dtype):
    tolerance = {"float16": 5e-3, "bfloat16": 5e-2, "float32": 1e-6, "float64": 1e-14}[dtype]
    return np.allclose(np.asarray(actual, "float64"), expected, rtol=tolerance, atol=tolerance)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("fn", UNARY, ids=lambda f: f.__name__)
def test_unary_of_values(fn, dtype):
    x = K.constant(A, dtype)
    y = fn(x)
    assert y.dtype == dtype and y.shape == (2, 3) and close(y, UNARY[fn](A), dtype)


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("fn", BINARY, ids=lambda f: f.__name__)
def test_binary_of_values(fn, dtype):
    y = fn(K.constant(A, dtype), K.constant(B, dtype))
    expected = BINARY[fn](A, B)
    assert y.shape == (2, 3) and y.dtype == dtype
    assert close(y, expected, dtype)


def test_all_of_them_symbolically_and_in_graph_mode():
    """One function of many outputs: compiled once."""
    x, y = K.placeholder(shape=(None, 3), dtype="float64"), K.placeholder(shape=(None,), dtype="float64")
    v, w = K.variable(A, "float64"), K.variable(B, "float64")
    with kjax.graph_mode():
        graph = K.function([], [*[f(v) for f in UNARY], *[f(v, w) for f in BINARY]])
    unary, binary = [f(x) for f in UNARY], [f(x, y) for f in BINARY]
    assert all(t.shape == (None, 3) and t.dtype == "float64" for t in unary)
    for outs in (K.function([x, y], [*unary, *binary])([A, B]), graph([])):
        for fn, out in zip(UNARY, outs, strict=False):
            assert np.allclose(out, UNARY[fn](A)), fn
        for fn, out in zip(BINARY, outs[len(UNARY) :], strict=True):
            assert np.allclose(out, BINARY[fn](A, B)), fn
            assert out.dtype == BINARY[fn](A, B).dtype


INTS = ["int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"]


@pytest.mark.parametrize("dtype", INTS)
def test_integers_stay_integers(dtype):
    x, y = K.constant([7, 3], dtype), K.constant([2, 3], dtype)
    for fn in (E.add, E.multiply, E.floor_divide, E.subtract):
        assert (
            fn(x, y).dtype == dtype
            and fn(x, y).numpy().tolist() == BINARY[fn](np.array([7, 3]), np.array([2, 3])).tolist()
        )
    assert K.round(x).dtype == dtype
    if not dtype.startswith("u"):
        assert K.square(x).numpy().tolist() == [49, 9] and K.maximum(x, y).dtype == dtype and (x % y).dtype == dtype
        assert K.abs(-x).numpy().tolist() == [7, 3] and K.sign(-x).numpy().tolist() == [-1, -1]
    if dtype in ("uint32", "uint64"):
        with pytest.raises(TypeError, match=r"divide\(\): x can't be of dtype"):
            x / y
    else:
        assert (x / y).dtype == ("float64" if dtype in ("int32", "int64") else "float32")
        assert (x / y).numpy().tolist() == [3.5, 1]


@pytest.mark.parametrize("fn", [K.exp, K.log, K.sin, K.cos, K.sqrt])
def test_functions_of_floats_refuse_integers(fn):
    for bad in (K.constant([1], "int32"), K.constant([True], "bool"), [1, 2], K.placeholder((2,), dtype="int64")):
        with pytest.raises(TypeError, match=rf"{fn.__name__}\(\): x can't be of dtype"):
            fn(bad)


def test_complex_numbers():
    z = K.constant([3 + 4j], "complex64")
    assert K.abs(z).dtype == "float32" and K.abs(z).numpy()[0] == 5
    assert K.square(z).numpy()[0] == -7 + 24j and np.allclose(K.exp(z).numpy(), np.exp(3 + 4j))
    assert K.abs(K.placeholder((1,), dtype="complex128")).dtype == "float64"
    with pytest.raises(TypeError):
        K.maximum(z, z)


def test_pow():
    x = K.constant([1.0, 2.0, 3.0])
    assert K.pow(x, 2).numpy().tolist() == [1, 4, 9] and K.pow(x, x).numpy().tolist() == [1, 4, 27]
    assert (2**x).numpy().tolist() == [2, 4, 8] and K.pow([2, 3], 2).numpy().tolist() == [4, 9]
    with pytest.raises(ValueError, match=r"pow\(\)"):
        K.pow(K.constant([2], "int32"), -1)


def test_clip():
    x = K.constant([-2.0, 0.5, 3.0])
    assert K.clip(x, -1, 1).numpy().tolist() == [-1, 0.5, 1] and K.clip(x, None, 1).numpy().tolist() == [-2, 0.5, 1]
    assert K.clip(x, 0.0, None).numpy().tolist() == [0, 0.5, 3] and K.clip(x, None, None).numpy().tolist() == [
        -2,
        0.5,
        3,
    ]
    assert K.clip(x, 2.0, 1.0).numpy().tolist() == [2, 2, 2]  # the minimum wins
    assert K.clip(x, K.constant(0.0), [1.0, 2.0, 2.0]).numpy().tolist() == [0, 0.5, 2]
    assert K.clip(K.constant([5, -5], "int32"), 0, 3).numpy().tolist() == [3, 0]


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32", "float64"])
@pytest.mark.parametrize("bounds", [(0, 1), (0.0, 1.0), (0.0, None)])
def test_clip_keeps_the_dtype(dtype, bounds):
    for x in (K.constant([-2.0, 0.5], dtype), K.constant(np.full(300_000, 0.5), dtype)):
        y = K.clip(x, *bounds)
        assert y.dtype == dtype and y.numpy()[-1] == 0.5


def test_integer_division_by_zero_is_an_error():
    for fn in (E.floor_divide, E.mod):
        with pytest.raises(ValueError, match="division by zero"):
            fn(K.constant([1], "int32"), 0)
    assert np.isposinf((K.constant([1.0]) // 0.0).numpy()[0])


def test_nan_in_a_comparison():
    x, p = K.constant([np.nan, 1.0]), K.placeholder((2,))
    for fn in (K.maximum, K.minimum):
        np.testing.assert_array_equal(fn(x, [1.0, np.nan]).numpy(), [np.nan, 1.0])
        f = K.function([p], [fn(p, [1.0, np.nan])])
        for _ in range(2):
            np.testing.assert_array_equal(f([[np.nan, 1.0]])[0], [np.nan, 1.0])
        large = fn(np.full(300_000, 2, "float32"), K.constant(np.full(300_000, np.nan))).numpy()
        assert (large == 2).all() and (fn(K.constant(np.full(300_000, 2.0)), np.nan).numpy() == 2).all()


def test_gradients_are_tensorflows():
    x = K.placeholder(shape=(3,))
    y = K.placeholder(shape=(3,))
    losses = [K.maximum(x, y), K.minimum(x, y), K.clip(x, 1.0, 2.0), K.abs(x - 1.0), K.sqrt(x - 1.0), x**2, x % 2.0]
    grads = [K.gradients(K.sum(loss), [x])[0] for loss in losses] + [K.gradients(K.sum(losses[0]), [y])[0]]
    big, small, clip, absolute, root, power, mod, other = K.function([x, y], grads)([[1, 2, 3], [1, 1, 5]])
    assert big.tolist() == [1, 1, 0] and other.tolist() == [0, 0, 1]  # a tie is the first argument's
    assert small.tolist() == [1, 0, 1] and clip.tolist() == [1, 1, 0]  # at its bounds it passes
    assert absolute[0] == 0 and np.isposinf(root[0]) and power.tolist() == [2, 4, 6] and mod.tolist() == [1, 1, 1]
    assert K.gradients(K.sum(x // y), [x]) == [None]


@pytest.mark.parametrize(
    "to", ["float16", "bfloat16", "float32", "float64", "int8", "int64", "uint8", "bool", "complex64"]
)
@pytest.mark.parametrize("of", ["float32", "int32", "bool", "complex128"])
def test_cast(of, to):
    values = np.array([0, 1, 2]) if of != "bool" else np.array([False, True, True])
    y = K.cast(K.constant(values, of), to)
    x = K.placeholder((None,), dtype=of)
    z = K.cast(x, to)
    assert y.dtype == z.dtype == to and z.shape == (None,)
    expected = values.astype(bool).tolist() if to == "bool" else values.astype(float).tolist()
    for result in (y.numpy(), K.function([x], [z])([values.astype(of)])[0]):
        assert result.dtype == K.zeros((), to).numpy().dtype
        assert (result.tolist() if to == "bool" else result.astype(complex).real.tolist()) == expected


def test_cast_of_anything_and_to_nothing():
    assert K.cast([1.7, -1.7], "int32").numpy().tolist() == [1, -1] and K.cast(1, "float32").dtype == "float32"
    assert K.cast(np.ones(2), np.int32).dtype == "int32" and K.cast(K.ones((2,)), kjax.as_dtype("int8")).dtype == "int8"
    with pytest.raises(TypeError, match=r"cast\(\): dtype"):
        K.cast([1.0], "foo")


def test_a_cast_to_its_own_dtype_is_the_tensor_itself():
    x, y, v = K.placeholder((None,)), K.constant([1.0, 2.0]), K.variable([1.0])
    assert K.cast(x, "float32") is x and K.cast(y, kjax.as_dtype("float32")) is y and K.cast(y, np.float32) is y
    then = K.cast(v, "float32")
    K.set_value(v, [2.0])
    assert then.numpy().tolist() == [1.0]  # of a variable, the value it had


def test_cast_to_floatx():
    assert isinstance(K.cast_to_floatx([1, 2]), np.ndarray) and K.cast_to_floatx(np.ones(2)).dtype == "float32"
    tensor = K.cast_to_floatx(K.constant([1], "int32"))
    assert isinstance(tensor, kjax.Tensor) and tensor.dtype == "float32"
    K.set_floatx("float16")
    assert K.cast_to_floatx(1).dtype == "float16"
