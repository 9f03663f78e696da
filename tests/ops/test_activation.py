import numpy as np
import pytest

import kjax
from helpers import agreed, assert_gradients
from kjax import backend as K

X = np.array([[-1000.0, -89.0, -3.0, -1.0], [-0.0, 0.5, 3.0, 7.0], [20.0, 89.0, 1000.0, 1e-3]])
SMOOTH = np.array([[-30.0, -3.0, -0.4], [0.3, 1.2, 5.5]])  # away from every corner


def activations(x):
    return [
        K.relu(x),
        K.relu(x, alpha=0.1),
        K.relu(x, max_value=6),
        K.relu(x, alpha=0.2, max_value=2.0, threshold=0.7),
        K.elu(x),
        K.elu(x, 0.3),
        K.softmax(x),
        K.softmax(x, axis=0),
        K.softplus(x),
        K.softsign(x),
        K.sigmoid(x),
        K.hard_sigmoid(x),
        K.tanh(x),
    ]


def test_values_in_all_modes():
    relu, leaky, six, bent, elu, flatter, _, softmax, softplus, softsign, sigmoid, hard, tanh = agreed(activations, X)
    np.testing.assert_array_equal(relu, np.where(X > 0, X, 0))
    np.testing.assert_array_equal(leaky, np.where(X > 0, X, X * 0.1))
    np.testing.assert_array_equal(six, np.clip(X, 0, 6))
    np.testing.assert_allclose(bent, np.where(X > 0.7, np.clip(X, 0, 2), 0.2 * (X - 0.7)), 1e-12)
    np.testing.assert_allclose(elu, np.where(X > 0, X, np.expm1(np.minimum(X, 0))))
    np.testing.assert_allclose(flatter, np.where(X > 0, X, 0.3 * np.expm1(np.minimum(X, 0))))
    np.testing.assert_allclose(softmax.sum(0), 1)
    np.testing.assert_allclose(softplus, np.log1p(np.exp(-abs(X))) + np.maximum(X, 0))
    np.testing.assert_allclose(softsign, X / (1 + abs(X)))
    np.testing.assert_allclose(sigmoid, np.exp(-np.logaddexp(0, -X)), atol=1e-300)
    np.testing.assert_allclose(hard, np.clip(0.2 * X + 0.5, 0, 1))
    np.testing.assert_allclose(tanh, np.tanh(X))


@pytest.mark.parametrize("dtype", ["float16", "float32", "bfloat16"])
def test_dtypes(dtype):
    array = K.get_value(K.cast(np.clip(X, -50, 50), dtype))
    for result in agreed(activations, array, rtol=2e-2 if dtype == "bfloat16" else 2e-3):
        assert K.dtype(result) == dtype
        assert np.isfinite(result.astype("float64")).all()


def test_gradients_are_those_of_finite_differences():
    assert_gradients(activations, SMOOTH)


def test_gradients_at_corners_and_far_out():
    x = K.placeholder(shape=(None,))
    outputs = [
        K.relu(x),
        K.relu(x, alpha=0.5),
        K.relu(x, max_value=6),
        K.relu(x, max_value=1.5),
        K.relu(x, threshold=1.5),
        K.hard_sigmoid(x),
        K.elu(x, 0.5),
        K.softplus(x),
        K.softsign(x),
        K.sigmoid(x),
        K.softmax(x),
    ]
    f = K.function([x], [K.gradients(y, [x])[0] for y in outputs])
    relu, leaky, six, limited, late, hard, elu, softplus, softsign, sigmoid, softmax = f(
        [[-1000.0, -2.5, 0.0, 1.5, 2.5, 6.0, 1000.0]]
    )
    assert relu.tolist() == [0, 0, 0, 1, 1, 1, 1]
    assert leaky.tolist() == [0.5, 0.5, 0.5, 1, 1, 1, 1]
    assert six.tolist() == [0, 0, 0, 1, 1, 0, 0]
    assert limited.tolist() == [0, 0, 0, 1, 0, 0, 0]
    assert late.tolist() == [0, 0, 0, 0, 1, 1, 1]
    np.testing.assert_allclose(hard, [0, 0.2, 0.2, 0.2, 0.2, 0, 0])
    np.testing.assert_allclose(elu, [0, 0.5 * np.exp(-2.5), 0.5, 1, 1, 1, 1], 1e-6)
    np.testing.assert_allclose(softplus, np.exp(-np.logaddexp(0, [1000.0, 2.5, 0, -1.5, -2.5, -6, -1000])), 1e-5, 1e-30)
    np.testing.assert_allclose(softsign, 1 / (1 + np.array([1000.0, 2.5, 0, 1.5, 2.5, 6, 1000])) ** 2, 1e-6)
    assert np.isfinite(sigmoid).all() and sigmoid[2] == 0.25
    assert np.isfinite(softmax).all()


def test_nan_and_infinity_stay():
    x = np.array([np.nan, np.inf, -np.inf])

    def all_of(x):
        return [
            K.relu(x),
            K.relu(x, max_value=6),
            K.relu(x, alpha=0.1),
            K.hard_sigmoid(x),
            K.elu(x, 0.5),
            K.softplus(x),
        ]

    results = [r.tolist() for r in agreed(all_of, x)]
    assert all(np.isnan(r[0]) for r in results)
    assert [r[1:] for r in results] == [[np.inf, 0], [6, 0], [np.inf, -np.inf], [1, 0], [np.inf, -0.5], [np.inf, 0]]


def test_integers():
    def integers(x):
        return [K.relu(x), K.relu(x, max_value=6), K.relu(x, max_value=5), K.relu(x, alpha=0.5)]

    relu, six, five, leaky = agreed(integers, np.array([-2, 3, 9], "int16"))
    assert relu.tolist() == [0, 3, 9] and relu.dtype == "int16"
    assert six.tolist() == [0, 3, 6] and five.tolist() == [0, 3, 5]
    assert leaky.tolist() == [-1, 3, 9] and leaky.dtype == "float32"
    symbol = K.placeholder(shape=(2,), dtype="int32")
    for x in (symbol, K.constant([1, 2], "int32")):
        for options in ({"max_value": 5.5}, {"threshold": 1}, {"alpha": 0.1, "max_value": 3}):
            with pytest.raises(TypeError, match=r"relu\(\)"):
                K.relu(x, **options)
        for f in (K.elu, K.softmax, K.softplus, K.softsign, K.sigmoid, K.hard_sigmoid, K.tanh):
            with pytest.raises(TypeError, match=f"{f.__name__}\\(\\)"):
                f(x)


def test_what_may_be_passed():
    assert K.relu(-1.5).numpy() == 0
    assert K.hard_sigmoid([[-3.0, 0.0]]).numpy().tolist() == [[0, 0.5]]
    assert K.dtype(K.softmax(np.ones(3))) == "float64"
    assert K.dtype(K.relu(K.constant([1.0]), alpha=np.float64(0.1), max_value=np.float64(3))) == "float32"
    assert K.dtype(K.elu(K.constant([-1.0]), np.float64(0.1))) == "float32"
    assert K.relu([-1.0], alpha=K.constant(0.5)).numpy().tolist() == [-0.5]
    assert K.elu(K.constant([-1000.0, 2.0]), K.constant([0.5, 0.5])).numpy().tolist() == [-0.5, 2]
    assert K.softmax([0.0, 0.0], None).numpy().tolist() == [0.5, 0.5]
    assert K.softmax(np.zeros((2, 0))).shape == (2, 0)
    z = K.sigmoid(K.constant(1j, "complex64")).numpy()
    np.testing.assert_allclose(z, 1 / (1 + np.exp(-1j)), 1e-6)


@pytest.mark.parametrize("axis, error", [(2, ValueError), (-3, ValueError), ("a", TypeError), ((0,), TypeError)])
def test_softmax_along_no_axis(axis, error):
    for x in (K.ones((2, 2)), K.placeholder(shape=(2, 2))):
        with pytest.raises(error, match=r"softmax\(\)"):
            K.softmax(x, axis)


def test_other_errors():
    with pytest.raises(ValueError, match="softmax"):
        K.softmax(K.constant(1.0))
    for bad in ("a", None, [1.0, 2.0]):
        with pytest.raises(TypeError, match="alpha"):
            K.relu(K.ones((2,)), alpha=bad)
    with pytest.raises(TypeError, match="run time"):
        K.relu(K.ones((2,)), alpha=K.placeholder(shape=()))
    with kjax.graph_mode(), pytest.raises(TypeError, match="run time"):
        K.relu(K.ones((2,)), alpha=K.variable(0.1))


def test_nodes_have_the_names_of_tensorflow():
    x = K.placeholder(shape=(None, 3))
    assert "LeakyRelu" in K.relu(x, alpha=0.1).op.name
    assert "Relu6" in K.relu(x, max_value=6).op.name
    assert K.relu(x).op.name.startswith("Relu") and K.softmax(x).op.type == "Softmax"
