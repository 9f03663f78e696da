"""Connectionist temporal classification, in NumPy and in JAX, against all paths one by one."""

import functools

import jax
import jax.numpy as jnp
import numpy as np
import pytest
import scipy.special

from all_paths import distributions, probabilities, spelled
from helpers import assert_kernel
from kjax.kernels import ctc
from kjax.machine.checks import collecting

R = np.random.RandomState(5)
EPSILON = 1e-7
PRED = distributions(R, 4, 5, 4)
# Labels that repeat; that differ; one; none in front of a blank.
LABELS = np.array([[1, 1, 0], [2, 0, 1], [0, 0, 0], [3, 3, 3]], "int32")
TIMES, COUNTS = np.array([[5], [4], [1], [3]], "int32"), np.array([[3], [3], [1], [2]], "int32")


def by_all_paths(pred):
    """What the labels cost, with those that count in front of blanks."""
    lengths = [3, 3, 1, 0]
    rows = zip(pred, LABELS, TIMES[:, 0], lengths, strict=True)
    return np.array([[-np.log(probabilities(p[:t])[tuple(labels[:n])])] for p, labels, t, n in rows])


def cost(xp, pred, labels=LABELS, times=TIMES, counts=COUNTS, epsilon=EPSILON):
    return ctc.cost(xp, xp.asarray(labels), xp.asarray(pred), xp.asarray(times), xp.asarray(counts), epsilon)


# ------------------------------------------------------------------------------------------------------------- the cost


def test_cost_is_that_of_all_paths():
    np.testing.assert_allclose(cost(np, PRED), by_all_paths(PRED), 1e-9)
    assert_kernel(lambda p: cost(jnp, p), lambda p: cost(np, p), PRED)


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_cost_has_the_dtype_of_the_probabilities(dtype):
    found = cost(np, PRED.astype(dtype))
    assert found.dtype == dtype and found.shape == (4, 1)
    np.testing.assert_allclose(found, by_all_paths(PRED), 5e-3 if dtype == "float16" else 1e-5)


def test_labels_that_no_path_spells():
    # Two equal labels in two steps; and labels of a class that is never there, without an epsilon.
    labels, times, counts = np.array([[0, 0], [1, 2]]), np.array([[2], [3]]), np.array([[2], [2]])
    pred = distributions(R, 2, 3, 4)
    pred[1, :, 2] = 0
    with np.errstate(divide="ignore"):
        assert cost(np, pred, labels, times, counts, 0.0).tolist() == [[np.inf], [np.inf]]
    with jax.enable_x64(True):
        pred[1, :, 2] = 0.1
        found, back = jax.vjp(jax.jit(lambda p: cost(jnp, p, labels, times, counts)), pred)
        assert found[0, 0] == np.inf and np.isfinite(found[1, 0])
        # TensorFlow's gradient by the logits is then their softmax, in the steps that count.
        slope = np.asarray(back(jnp.ones((2, 1)))[0])
    norm = pred[0] + EPSILON
    np.testing.assert_allclose(slope[0, :2], (1 / norm.sum(-1, keepdims=True) * np.ones(4))[:2], 1e-6)
    assert not slope[0, 2].any() and np.isfinite(slope).all()


@functools.cache
def compiled_cost(told):
    """The cost and its conditions, which are asked for or not; and the errors that belong to them."""
    errors = []

    def run(pred, *given):
        found = []
        with collecting(found if told else None):
            out = cost(jnp, pred, *given)
        errors[:] = [str(error) for _, error in found]
        return out, [condition for condition, _ in found]

    return jax.jit(run), errors


FAULTS = [
    ([[3, 0]], [[5]], [[2]], "labels must be from 0 to 2"),
    ([[0, -1]], [[5]], [[2]], "labels must be from 0 to 2"),
    ([[0, 1]], [[1]], [[2]], "there are more labels than time steps"),
    ([[0, 1]], [[6]], [[2]], "input_length must be from 0 to 5"),
    ([[0, 1]], [[-1]], [[2]], "input_length must be from 0 to 5"),
    ([[0, 1]], [[5]], [[0]], "label_length must be at least 1"),
]


@pytest.mark.parametrize(("labels", "times", "counts", "said"), FAULTS)
def test_samples_that_are_not_valid(labels, times, counts, said):
    good = [[0, 1]], [[5]], [[2]]
    given = [np.array(a + b, "int32") for a, b in zip(good, (labels, times, counts), strict=True)]
    with pytest.raises(ValueError, match=rf"^sample 1: {said}"):
        cost(np, PRED[:2], *given)
    with pytest.raises(ValueError, match=rf"^ctc_batch_cost\(\): {said}"):
        cost(jnp, PRED[:2].astype("float32"), *given)

    for told in (True, False):
        run, errors = compiled_cost(told)
        out, held = run(PRED[:2].astype("float32"), *given)
        assert np.isnan(out).ravel().tolist() == [False, True]  # only that sample is spoilt
        wrong = [text for text, holds in zip(errors, held, strict=True) if not holds]
        assert len(wrong) == told and all(said in text for text in wrong)


@pytest.mark.parametrize(
    ("pred", "labels", "times", "counts", "said"),
    [
        ((5, 4), (5, 3), (5, 1), (5, 1), "y_pred"),
        ((2, 0, 4), (2, 3), (2, 1), (2, 1), "y_pred"),
        ((2, 5, 4), (3, 3), (2, 1), (2, 1), "y_true"),
        ((2, 5, 4), (2, 0), (2, 1), (2, 1), "y_true"),
        ((2, 5, 4), (2, 3), (2,), (2, 1), "input_length"),
        ((2, 5, 4), (2, 3), (2, 1), (2, 2), "label_length"),
    ],
)
def test_shapes_that_do_not_fit(pred, labels, times, counts, said):
    for xp in (np, jnp):
        with pytest.raises(ValueError, match=f"^{said}"):
            cost(xp, np.ones(pred, "float32"), *(np.ones(shape, "int32") for shape in (labels, times, counts)))


def test_one_scan_for_any_number_of_steps():
    def program(time):
        lengths = np.ones((1, 1), "int32")
        traced = jax.make_jaxpr(lambda p: cost(jnp, p, lengths, time * lengths, lengths))(np.ones((1, time, 3)))
        return len(traced.jaxpr.eqns)

    assert program(10) == program(1000)


def test_sums_of_exponentials():
    x = np.array([[0.5, -1.0, 2.0], [-1000.0, -1001.0, -1e30], [700.0, 800.0, 3.0], [ctc.NEVER] * 3])
    np.testing.assert_allclose(ctc.log_sum(np, x), scipy.special.logsumexp(x, -1))
    assert_kernel(lambda x: ctc.log_sum(jnp, x), lambda x: scipy.special.logsumexp(x, -1), x[:1] * [[1], [-3]])
    (slope,) = jax.vjp(lambda x: ctc.log_sum(jnp, x), x.astype("float32"))[1](jnp.ones(4))
    np.testing.assert_allclose(slope.sum(-1), np.ones(4), 1e-6)


# ----------------------------------------------------------------------------------------------------------- best paths


def test_the_best_path():
    pred, times = distributions(R, 6, 7, 4), np.array([7, 5, 1, 0, -1, 7])
    decoded, loss = ctc.greedy(pred, times, EPSILON)
    assert decoded.dtype == np.int64 and loss.shape == (6, 1) and loss.dtype == "float64"
    for rows, time, labels, (lost,) in zip(pred, times, decoded, loss, strict=True):
        counted = rows[: max(time, 0)]
        assert tuple(labels[labels >= 0]) == spelled(counted.argmax(-1), 3)
        np.testing.assert_allclose(lost, -np.log(counted.max(-1) + EPSILON).sum(), atol=1e-12)
    longest = max(len(spelled(p[: max(t, 0)].argmax(-1), 3)) for p, t in zip(pred, times, strict=True))
    assert decoded.shape == (6, longest)


def test_the_first_of_equal_classes_and_what_is_no_number():
    nan = np.nan
    rows = [[0.25, 0.25, 0.25, 0.25]], [[nan, 0.9, 0.1, 0.0]], [[0.1, nan, 0.8, 0.0]], [[0.1, 0.2, nan, 0.7]]
    decoded, loss = ctc.greedy(np.array(rows, "float32"), [1] * 4, EPSILON)
    assert decoded.tolist() == [[0], [0], [2], [-1]] and np.isnan(loss).ravel().tolist() == [False, True, False, False]
    assert loss.dtype == "float32"


@pytest.mark.parametrize(
    ("shape", "times", "said"),
    [
        ((5, 4), [5], "y_pred"),
        ((1, 5, 0), [5], "y_pred"),
        ((1, 0, 4), [0], "y_pred"),
        ((2, 5, 4), [5], "input_length"),
        ((2, 5, 4), [[5], [5]], "input_length"),
        ((2, 5, 4), [5, 6], "input_length must be at most 5"),
    ],
)
def test_paths_of_shapes_that_do_not_fit(shape, times, said):
    with pytest.raises(ValueError, match=f"^{said}"):
        ctc.logits_of(np.ones(shape), times, EPSILON)


def test_what_is_handed_to_both_searches():
    pred = distributions(R, 2, 3, 4).astype("float16")
    logits, steps = ctc.logits_of(jnp.asarray(pred), np.array([2.0, -3.0]), 1e-3)
    assert type(logits) is np.ndarray and logits.dtype == "float32" and steps.tolist() == [2, 0]
    np.testing.assert_allclose(logits, np.log(pred.astype("float64") + 1e-3), 1e-6)
    with pytest.raises(jax.errors.TracerArrayConversionError):  # how long a sequence is depends on the data
        jax.make_jaxpr(lambda p: ctc.logits_of(p, [2, 3], EPSILON)[0])(pred)


def test_functions_are_rounded_right():
    x = np.linspace(0.001, 1, 5000, dtype="float32")
    found = ctc.exact(np.log, x)
    assert found.dtype == "float32"
    np.testing.assert_array_equal(found, np.log(x.astype("longdouble")).astype("float32"))


def test_sequences_as_rows():
    assert ctc.padded([[1, 2], [], [3]]).tolist() == [[1, 2], [-1, -1], [3, -1]]
    assert ctc.padded([]).shape == (0, 0) and ctc.padded([[], []]).shape == (2, 0)
    assert ctc.padded([[1]]).dtype == np.int64
