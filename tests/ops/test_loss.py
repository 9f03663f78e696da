import numpy as np
import pytest

import kjax
from helpers import agreed, assert_gradients
from kjax import backend as K
from kjax.ops.elementwise import identity

R = np.random.RandomState(1)
LOGITS = R.randn(4, 5)


def softmax(x, axis=-1):
    e = np.exp(x - x.max(axis, keepdims=True))
    return e / e.sum(axis, keepdims=True)


PREDICTED, TRUE = softmax(LOGITS), softmax(R.randn(4, 5))
LABELS = np.array([0, 4, 2, 2])
EPS = 1e-7


def dense(target, output):
    return [
        K.categorical_crossentropy(target, output),
        K.categorical_crossentropy(target, output, axis=0),
        K.categorical_crossentropy(target, output, from_logits=True),
        K.binary_crossentropy(target, output),
        K.binary_crossentropy(target, output, from_logits=True),
    ]


def test_dense_values_in_all_modes():
    whole, columns, logits, binary, binary_logits = agreed(dense, TRUE, PREDICTED)
    np.testing.assert_allclose(whole, -(TRUE * np.log(PREDICTED)).sum(-1))
    np.testing.assert_allclose(columns, -(TRUE * np.log(PREDICTED / PREDICTED.sum(0))).sum(0))
    np.testing.assert_allclose(logits, -(TRUE * np.log(softmax(PREDICTED))).sum(-1))
    p = PREDICTED
    np.testing.assert_allclose(binary, -TRUE * np.log(p + EPS) - (1 - TRUE) * np.log(1 - p + EPS))
    np.testing.assert_allclose(binary_logits, np.log1p(np.exp(p)) - TRUE * p)


def test_clipping():
    one_hot, sure = np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[0.0, 1.0], [1.0, 0.0]])
    both = agreed(lambda t, p: [K.categorical_crossentropy(t, p), K.binary_crossentropy(t, p)], one_hot, sure)
    np.testing.assert_allclose(both[0], [-np.log(EPS), -np.log(1 - EPS)])
    np.testing.assert_allclose(both[1], [[-np.log(2 * EPS)] * 2, [-np.log(1)] * 2], atol=1e-15)
    K.set_epsilon(1e-3)
    f = K.function([], [K.categorical_crossentropy(K.variable(one_hot), K.variable(sure))])
    K.set_epsilon(1e-7)
    np.testing.assert_allclose(f([])[0][0], -np.log(1e-3), 1e-6)  # the one when the graph was built


def test_dense_gradients():
    assert_gradients(lambda p: dense(p * 0 + TRUE, p), PREDICTED)
    assert_gradients(lambda t: [dense(t, t * 0 + PREDICTED)[i] for i in (0, 3)], TRUE)
    # TensorFlow's gradient by logits is right for targets that sum to 1, and is the same for others.
    z = K.placeholder(shape=(2,), dtype="float64")
    zero = K.categorical_crossentropy(K.constant([0.0, 0.0], "float64"), z, from_logits=True)
    (slope,) = K.function([z], K.gradients(zero, [z]))([[1.0, 2.0]])
    np.testing.assert_allclose(slope, softmax(np.array([1.0, 2.0])))


def test_gradients_far_out_are_finite():
    t, z = K.placeholder(shape=(None, 2)), K.placeholder(shape=(None, 2))
    losses = [K.categorical_crossentropy(t, z, True), K.binary_crossentropy(t, z, True), K.binary_crossentropy(t, z)]
    f = K.function([t, z], losses + [K.gradients(loss, [z])[0] for loss in losses])
    results = f([[[1.0, 0.0], [1.0, 0.0]], [[-1000.0, 1000.0], [0.0, 0.0]]])
    assert all(np.isfinite(r).all() for r in results)
    np.testing.assert_allclose(results[0], [2000, np.log(2)], 1e-6)
    np.testing.assert_allclose(results[3][0], [-1, 1])
    np.testing.assert_allclose(results[4], [[-1, 1], [-0.5, 0.5]])
    np.testing.assert_array_equal(results[5][0], [0, 0])  # clipped


def sparse(labels, output):
    return [
        K.sparse_categorical_crossentropy(labels, output),
        K.sparse_categorical_crossentropy(labels, output, from_logits=True),
    ]


def test_sparse_values_in_all_modes():
    for labels in (LABELS, LABELS.astype("float32") + 0.5):
        values, logits = agreed(lambda t, p: sparse(t, p), labels, PREDICTED)
        np.testing.assert_allclose(values, -np.log(PREDICTED)[range(4), LABELS])
        np.testing.assert_allclose(logits, -np.log(softmax(PREDICTED))[range(4), LABELS])


def test_sparse_gradients():
    assert_gradients(lambda p: sparse(K.constant(LABELS, "int32"), p), PREDICTED)


@pytest.mark.parametrize(
    "labels, output, axis, result",
    [
        ((4,), (4, 3), -1, (4,)),
        ((4, 1), (4, 3), -1, (4,)),
        ((1, 4), (4, 3), 1, (4,)),
        ((3,), (4, 3), 0, (3,)),
        ((2, 4), (2, 4, 3), -1, (2, 4)),
        ((8,), (2, 4, 3), -1, (2, 4)),
        ((2, 4, 1), (2, 4, 3), 2, (2, 4)),
        ((2, 3), (2, 4, 3), 1, (2, 3)),
        ((), (3,), -1, ()),
        ((1,), (3,), -1, (1,)),
        ((0,), (0, 3), -1, (0,)),
    ],
)
def test_sparse_shapes(labels, output, axis, result):
    numbers, x = np.ones(labels, "int32"), R.uniform(0.1, 0.9, output)
    eager = K.sparse_categorical_crossentropy(numbers, x, axis=axis)
    assert eager.shape == result
    along = np.moveaxis(x, axis, -1)
    np.testing.assert_allclose(eager.numpy(), (np.log(along.sum(-1)) - np.log(along[..., 1])).reshape(result), 1e-6)
    for dims in (lambda s: s, lambda s: (None,) * len(s)):
        symbolic = K.sparse_categorical_crossentropy(
            K.placeholder(shape=dims(labels), dtype="int32"), K.placeholder(shape=dims(output)), axis=axis
        )
        assert symbolic.shape.is_compatible_with(result) and len(symbolic.shape) == len(result)


def test_sparse_of_unknown_rank():
    t, p = K.placeholder(dtype="int32"), K.placeholder()
    loss = K.sparse_categorical_crossentropy(t, p)
    assert K.int_shape(loss) is None
    np.testing.assert_allclose(
        K.function([t, p], [loss])([LABELS, PREDICTED])[0], -np.log(PREDICTED)[range(4), LABELS], 1e-5
    )
    with pytest.raises(ValueError, match="rank"):
        K.sparse_categorical_crossentropy(t, p, axis=0)


def test_labels_out_of_range():
    for labels in ([0, 5], [0, -1], [np.nan, 1.0]):
        with pytest.raises(ValueError, match="labels"):
            K.sparse_categorical_crossentropy(labels, PREDICTED[:2])
    with pytest.raises(ValueError, match="labels"):
        K.sparse_categorical_crossentropy(np.full(70000, 7), np.ones((70000, 5), "float32"))
    with pytest.raises(
        ValueError, match=r"target must have one label for each distribution in output; got shapes \(3,\)"
    ):
        K.sparse_categorical_crossentropy([0, 1, 2], PREDICTED[:2])
    t, p = K.placeholder(shape=(None,), dtype="int32"), K.placeholder(shape=(None, 5))
    compiled = K.function([t, p], [K.sparse_categorical_crossentropy(t, p)])
    with pytest.raises(ValueError, match="labels of target must be from 0 to 4"):
        compiled([[0, 5, -1], PREDICTED[:3]])
    assert np.isfinite(compiled([[0, 4, 1], PREDICTED[:3]])[0]).all()


def test_symbolic_results_of_activations_go_back_to_logits():
    t, z = K.placeholder(shape=(None, 5)), K.placeholder(shape=(None, 5))
    losses = [
        K.categorical_crossentropy(t, K.softmax(z)),
        K.categorical_crossentropy(t, identity(K.softmax(z, 1)), axis=1),
        K.binary_crossentropy(t, identity(identity(K.sigmoid(z)))),
        K.sparse_categorical_crossentropy(K.argmax(t), K.softmax(z)),
        # These don't: another axis, another function.
        K.categorical_crossentropy(t, K.softmax(z, 0), axis=0),
        K.categorical_crossentropy(t, K.softmax(z) + 0.0),
    ]
    one_hot = np.eye(5)[:1]
    first, second, binary, numbers, columns, plain = K.function([t, z], losses)([one_hot, [[0.0, 100, 0, 0, 0]]])
    np.testing.assert_allclose([first, second, numbers], [[100]] * 3)
    np.testing.assert_allclose(binary[0, :2], [np.log(2), 100], 1e-6)
    assert columns.shape == (5,)
    np.testing.assert_allclose(plain, [-np.log(EPS)], 1e-5)
    eager = K.categorical_crossentropy(K.constant(one_hot), K.softmax(K.constant([[0.0, 100, 0, 0, 0]])))
    np.testing.assert_allclose(eager.numpy(), [-np.log(EPS)], 1e-5)
    with kjax.graph_mode():
        graph = K.categorical_crossentropy(K.constant(one_hot), K.softmax(K.constant([[0.0, 100, 0, 0, 0]])))
        np.testing.assert_allclose(K.eval(graph), [100])


def test_what_may_be_passed():
    assert K.dtype(K.categorical_crossentropy([[0, 1]], K.constant([[0.5, 0.5]]))) == "float32"
    assert K.dtype(K.categorical_crossentropy(TRUE, K.constant(PREDICTED))) == "float32"
    as_integers = K.categorical_crossentropy(K.constant([[0, 1]], "int32"), K.constant([[0.5, 0.5]]), from_logits=True)
    np.testing.assert_allclose(as_integers.numpy(), [np.log(2)], 1e-6)
    np.testing.assert_allclose(K.binary_crossentropy(1.0, K.constant([0.5])).numpy(), [np.log(2)], 1e-5)
    assert K.binary_crossentropy([0.0, 1.0], K.constant(np.full((3, 2), 0.5))).shape == (3, 2)
    assert K.dtype(K.sparse_categorical_crossentropy([0], [[0.5, 0.5]])) == "float32"


@pytest.mark.parametrize("dtype", ["float16", "bfloat16", "float32"])
def test_dtypes(dtype):
    as_dtype = [K.get_value(K.cast(a, dtype)) for a in (TRUE, PREDICTED)]
    tolerance = 5e-2 if dtype == "bfloat16" else 5e-3
    for result in agreed(dense, *as_dtype, rtol=tolerance) + agreed(sparse, LABELS, as_dtype[1], rtol=tolerance):
        assert K.dtype(result) == dtype
    many = K.categorical_crossentropy(*[K.cast(np.full((1, 1000), 1e-3), dtype)] * 2)
    np.testing.assert_allclose(K.get_value(many).astype("float64"), [np.log(1000)], 0.02)  # sums of many small terms


def test_static_shapes():
    def placeholder(shape):
        return K.placeholder(shape=shape) if shape != "?" else K.placeholder()

    for target, output, result in [
        ((None, 3), (None, 3), (None,)),
        ((2, None), (None, 3), (2,)),
        ((None, 4, 3), (2, None, 3), (2, 4)),
        ("?", (2, 3), (2,)),
        ("?", "?", None),
    ]:
        for logits in (False, True):
            loss = K.categorical_crossentropy(placeholder(target), placeholder(output), logits)
            assert K.int_shape(loss) == result
    assert K.int_shape(K.binary_crossentropy(placeholder((2, None)), placeholder((None, 3)))) == (2, 3)


def test_errors():
    for make in (lambda s, d="float32": K.cast(K.ones(s), d), lambda s, d="float32": K.placeholder(shape=s, dtype=d)):
        for logits in (False, True):
            for target, output in [((2, 3), (2, 2)), ((1, 3), (2, 3)), ((3,), (2, 3))]:
                with pytest.raises(ValueError, match=r"categorical_crossentropy\(\)"):
                    K.categorical_crossentropy(make(target), make(output), logits)
            with pytest.raises(ValueError, match=r"categorical_crossentropy\(\)"):
                K.categorical_crossentropy(make((2, 3)), make((2, 3)), logits, axis=2)
            with pytest.raises(ValueError, match=r"binary_crossentropy\(\)"):
                K.binary_crossentropy(make((2, 3)), make((2, 2)), logits)
            with pytest.raises(ValueError, match=r"sparse_categorical_crossentropy\(\)"):
                K.sparse_categorical_crossentropy(make((3,), "int32"), make((2, 2)), logits)
        with pytest.raises(ValueError, match=r"binary_crossentropy\(\)"):
            K.binary_crossentropy(make((3,)), make((2, 3)), from_logits=True)
        with pytest.raises(TypeError, match=r"categorical_crossentropy\(\)"):
            K.categorical_crossentropy(make((2, 3), "int32"), make((2, 3)))
        with pytest.raises(TypeError, match=r"binary_crossentropy\(\)"):
            K.binary_crossentropy(make((2, 3), "float64"), make((2, 3)))
        with pytest.raises(TypeError, match=r"sparse_categorical_crossentropy\(\)"):
            K.sparse_categorical_crossentropy(make((2,), "int32"), make((2, 3), "int32"))
        with pytest.raises(ValueError, match="scalar"):
            K.sparse_categorical_crossentropy(make((), "int32"), make(()))
        with pytest.raises(TypeError, match="axis"):
            K.categorical_crossentropy(make((2, 3)), make((2, 3)), axis="a")


# ------------------------------------------------------------------------------------------------------------- focal

TRUTH = np.array([[0.0, 1.0, 0.0], [1.0, 0.0, 0.0]], "float32")
LOGITS = np.array([[-1.0, 0.5, 2.0], [3.0, -0.5, 0.0]], "float32")


@pytest.mark.parametrize("balanced", [False, True])
@pytest.mark.parametrize("from_logits", [False, True])
def test_binary_focal_crossentropy(balanced, from_logits):
    p = 1 / (1 + np.exp(-LOGITS))
    right = np.where(TRUTH == 1, p, 1 - p)
    weight = np.where(TRUTH == 1, 0.3, 0.7) if balanced else 1
    expected = -weight * (1 - right) ** 1.5 * np.log(right)
    given = LOGITS if from_logits else p
    found = K.binary_focal_crossentropy(TRUTH, K.constant(given), balanced, 0.3, 1.5, from_logits)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    x = K.placeholder((None, 3))
    symbolic = K.binary_focal_crossentropy(K.constant(TRUTH), x, balanced, 0.3, 1.5, from_logits)
    assert symbolic.shape[1] == 3
    np.testing.assert_allclose(K.function([x], [symbolic])([given])[0], expected, rtol=1e-4)
    plain = K.binary_focal_crossentropy(TRUTH, K.constant(given), gamma=0.0, from_logits=from_logits)
    np.testing.assert_allclose(plain, K.binary_crossentropy(TRUTH, K.constant(given), from_logits), rtol=1e-6)


@pytest.mark.parametrize("axis", [0, -1])
@pytest.mark.parametrize("from_logits", [False, True])
def test_categorical_focal_crossentropy(axis, from_logits):
    p = np.exp(LOGITS)
    p /= p.sum(axis, keepdims=True)
    expected = (-0.25 * (1 - p) ** 2 * TRUTH * np.log(p)).sum(axis)
    given = LOGITS if from_logits else 3 * p
    found = K.categorical_focal_crossentropy(TRUTH, K.constant(given), from_logits=from_logits, axis=axis)
    np.testing.assert_allclose(found, expected, rtol=1e-4)
    weights = K.categorical_focal_crossentropy(TRUTH, p, alpha=[1.0, 2.0, 3.0], gamma=0.0)
    by_class = (-np.array([1.0, 2.0, 3.0]) * TRUTH * np.log(p / p.sum(-1, keepdims=True))).sum(-1)
    np.testing.assert_allclose(weights, by_class, rtol=1e-4)


def test_errors_of_focal_crossentropies():
    with pytest.raises(ValueError, match=r"categorical_focal_crossentropy\(\): target and output must have one shape"):
        K.categorical_focal_crossentropy([[0.0, 1.0]], [[0.1, 0.2, 0.7]])
    with pytest.raises(TypeError, match="dtype"):
        K.binary_focal_crossentropy(K.constant([0, 1], "int32"), K.constant([0.5, 0.5]))
