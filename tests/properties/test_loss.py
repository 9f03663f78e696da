"""Crossentropies, and the CTC loss, against references in double precision."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from kjax import backend as K
from properties.laws import FLOATS, dims, examples, filled, lawful, wide

EPSILON = 1e-7


def epsilon_of(x):
    """The least probability, as the dtype of `x` has it."""
    return float(np.asarray(EPSILON, x.dtype))


def clipped(x, p):
    return np.clip(p, epsilon_of(x), float(x.dtype.type(1) - x.dtype.type(EPSILON)))


def log_softmax(z, axis):
    z = z - z.max(axis, keepdims=True)
    return z - np.log(np.exp(z).sum(axis, keepdims=True))


@st.composite
def distributions(draw, low, high):
    """Targets and outputs of one shape, with an axis of classes."""
    shape, dtype = draw(dims(1, 4, min_side=1)), draw(st.sampled_from(FLOATS))
    target = draw(filled(shape, dtype, low=0, high=1))
    return target, draw(filled(shape, dtype, low=low, high=high)), draw(st.integers(0, len(shape) - 1))


@pytest.mark.parametrize("logits", [False, True])
@given(data=st.data())
@examples(30)
def test_categorical(logits, data):
    target, output, axis = data.draw(distributions(-4, 4) if logits else distributions(0.125, 1))
    t, x = wide(target), wide(output)
    logarithms = log_softmax(x, axis) if logits else np.log(clipped(output, x / x.sum(axis, keepdims=True)))
    expected = -(t * logarithms).sum(axis)
    # From logits, the axis must be counted from the front, as in TF 2.2.
    lawful(data, lambda t, x: K.categorical_crossentropy(t, x, logits, axis), [target, output], expected, factor=4)


@pytest.mark.parametrize("logits", [False, True])
@given(data=st.data())
@examples(30)
def test_binary(logits, data):
    target, output, _ = data.draw(distributions(-4, 4) if logits else distributions(0, 1))
    t, x = wide(target), wide(output)
    if logits:
        expected = np.logaddexp(0, x) - t * x
    else:
        p, tiny = clipped(output, x), epsilon_of(output)
        expected = -t * np.log(p + tiny) - (1 - t) * np.log(1 - p + tiny)
    lawful(data, lambda t, x: K.binary_crossentropy(t, x, logits), [target, output], expected, factor=4)


@pytest.mark.parametrize("logits", [False, True])
@given(data=st.data(), dtype=st.sampled_from(FLOATS), numbers=st.sampled_from(["int32", "int64", "float32"]))
@examples(30)
def test_sparse(logits, data, dtype, numbers):
    # At least two dims: of one, labels of rank 0 and 1 are both taken, which placeholders can't know beforehand.
    shape = data.draw(dims(2, 4, min_side=1))
    output = data.draw(filled(shape, dtype, low=-4 if logits else 0.125, high=4 if logits else 1))
    labels = data.draw(filled(shape[:-1], numbers, low=0, high=shape[-1] - 1, step=1))
    x = wide(output)
    if not logits:
        x = clipped(output, x)
        x = np.log(x / x.sum(-1, keepdims=True))
    expected = -np.take_along_axis(log_softmax(x, -1), labels[..., None].astype(int), -1)[..., 0]
    lawful(
        data,
        lambda x, t: K.sparse_categorical_crossentropy(t, x, logits),
        [output, labels],
        expected,
        factor=4,
    )


def all_paths(pred, labels):
    """The probability of labels, by trying all paths."""
    total = 0.0
    for path in itertools.product(range(pred.shape[1]), repeat=len(pred)):
        merged = [label for label, _ in itertools.groupby(path) if label != pred.shape[1] - 1]
        if merged == list(labels):
            total += np.prod(pred[range(len(pred)), path])
    return total


@given(data=st.data(), n=st.integers(1, 2), time=st.integers(1, 4), classes=st.integers(2, 4), width=st.integers(1, 3))
@examples(25)
def test_ctc_batch_cost(data, n, time, classes, width):
    pred = data.draw(filled((n, time, classes), data.draw(st.sampled_from(["float32", "float64"])), low=0.125, high=1))
    labels = data.draw(filled((n, width), "int32", low=0, high=classes - 2))
    counts = np.array([[data.draw(st.integers(1, min(width, time)))] for _ in range(n)], "int32")
    times = np.array([[data.draw(st.integers(count, time))] for (count,) in counts], "int32")
    p = (wide(pred) + EPSILON) / (wide(pred) + EPSILON).sum(-1, keepdims=True)
    with np.errstate(divide="ignore"):
        ways = [all_paths(p[i, : times[i, 0]], labels[i, : counts[i, 0]]) for i in range(n)]
        expected = -np.log(np.array(ways))[:, None]

    def cost(p, t, i, c):
        return K.ctc_batch_cost(t, p, i, c)

    lawful(data, cost, [pred, labels, times, counts], expected, factor=4)


@given(data=st.data(), n=st.integers(0, 3), time=st.integers(1, 6), classes=st.integers(2, 4))
@examples(25)
def test_ctc_decode(data, n, time, classes):
    pred = data.draw(filled((n, time, classes), "float64", low=0.125, high=1))
    times = data.draw(filled((n,), "int32", low=0, high=time))
    (decoded,), loss = K.ctc_decode(pred, times)
    rows = [path[:t] for path, t in zip(pred.argmax(-1), times, strict=True)]
    merged = [[label for label, _ in itertools.groupby(row) if label != classes - 1] for row in rows]
    longest = max(map(len, merged), default=0)
    padded = [row + [-1] * (longest - len(row)) for row in merged]
    np.testing.assert_array_equal(decoded, np.array(padded).reshape(n, longest))
    best = [np.log(p[:t].max(-1) + EPSILON).sum() for p, t in zip(pred, times, strict=True)]
    np.testing.assert_allclose(loss, -np.reshape(best, (n, 1)), 1e-12, 1e-12)
    # No path is likelier than the sequence it stands for.
    _, score = K.ctc_decode(pred, times, greedy=False)
    norms = [np.log((p[:t] + EPSILON).sum(-1)).sum() for p, t in zip(pred, times, strict=True)]
    assert (score.numpy()[:, 0] >= np.array(best) - np.array(norms) - 1e-6).all()
