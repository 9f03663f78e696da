"""Gradients against finite differences, in double precision.

The functions of a group are differentiated in one compiled function, since compiling takes most of the time.
"""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from helpers import numeric_gradient, weights
from kjax import backend as K
from properties.laws import dims, examples

UNARY = [
    K.cos,
    K.exp,
    K.sigmoid,
    K.sin,
    K.softplus,
    K.softsign,
    K.square,
    K.tanh,
    lambda t: K.abs(t) + K.relu(t, 0.25, 2.0, -0.3) + K.elu(t, 1.5) + K.hard_sigmoid(t),
    lambda t: K.sqrt(K.square(t) + 0.5),
    lambda t: K.log(K.square(t) + 0.5),
    lambda t: K.pow(K.square(t) + 0.5, 1.5),
    lambda t: K.clip(t, -1.05, 1.05),
    lambda t: 1 / (t * t + 1) - 3 * t,
    lambda t: K.cast(K.cast(t, "float64") * 2, "float64"),
]
BINARY = [
    K.maximum,
    K.minimum,
    lambda x, y: x * y - x + 2 * y,
    lambda x, y: x / (K.square(y) + 0.5),
]


def distinct(shape, seed):
    """Numbers apart from each other, and from where slopes jump: a step of differences reaches none of those."""
    noise = np.random.RandomState(seed)
    count = int(np.prod(shape))
    return ((noise.permutation(count) + 0.37) / (count + 1) * 4 - 2).reshape(shape)


def total(tensors):
    """One number of all of them, to which each element adds differently."""
    terms = []
    for tensor in tensors:
        if tensor.is_symbolic:
            terms.append(K.sum(tensor * weights(tensor.shape)))
        else:
            terms.append(float(np.sum(tensor.numpy() * weights(tensor.shape))))
    return sum(terms[1:], terms[0])


def check(functions, *inputs):
    """The gradients of all functions, of the sums of their outputs, by all inputs."""

    def each(tensors):
        results = [fn(*tensors) for fn in functions]
        return [list(r) if isinstance(r, (list, tuple)) else [r] for r in results]

    symbols = [K.placeholder(shape=a.shape, dtype="float64") for a in inputs]
    slopes = [slope for outputs in each(symbols) for slope in K.gradients(total(outputs), symbols)]
    missing = [i for i, slope in enumerate(slopes) if slope is None]
    assert not missing, f"no gradient of function {missing[0] // len(inputs)}"
    found = iter(K.function(symbols, slopes)(list(inputs)))
    for number, fn in enumerate(functions):
        for place, array in enumerate(inputs):

            def moved(value, fn=fn, place=place):
                tensors = [K.constant(value if i == place else a, "float64") for i, a in enumerate(inputs)]
                out = fn(*tensors)
                return total(list(out) if isinstance(out, (list, tuple)) else [out])

            expected = numeric_gradient(moved, array)
            np.testing.assert_allclose(next(found), expected, 1e-5, 1e-6, err_msg=f"function {number} by {place}")


SEEDS = st.integers(0, 2**16)


@given(shape=dims(0, 4), seed=SEEDS)
@examples(4)
def test_elementwise(shape, seed):
    check(UNARY, distinct(shape, seed))


@given(shape=dims(1, 3), seed=SEEDS, data=st.data())
@examples(4)
def test_two_operands(shape, seed, data):
    both = distinct((2, *shape), seed)
    other = tuple(data.draw(st.sampled_from([1, dim])) for dim in shape)  # broadcast along some of the axes
    check(BINARY, both[0], both[1][tuple(slice(dim) for dim in other)])


@given(shape=dims(1, 3, min_side=1), seed=SEEDS, data=st.data())
@examples(5)
def test_reductions(shape, seed, data):
    axis = data.draw(st.none() | st.integers(-len(shape), len(shape) - 1))
    keepdims = data.draw(st.booleans())
    along = -1 if axis is None else axis
    count = int(np.prod(shape)) if axis is None else shape[axis]
    functions = [
        *[lambda t, fn=fn: fn(t, axis, keepdims) for fn in (K.sum, K.prod, K.max, K.min, K.mean, K.var)],
        lambda t: K.cumsum(t, along),
        lambda t: K.cumprod(t, along),
        lambda t: K.l2_normalize(t, axis) if np.prod(t.shape) else t * 1.0,
    ]
    if count > 1:  # (the slope of a standard deviation of 0 is not a number)
        functions.append(lambda t: K.std(t, axis, keepdims))
    if len(shape) > 1:
        functions.append(lambda t: K.softmax(t, along))
    check(functions, distinct(shape, seed))


@given(shape=dims(2, 3, min_side=1), seed=SEEDS, data=st.data())
@examples(5)
def test_shaping(shape, seed, data):
    rank = len(shape)
    axis = data.draw(st.integers(-rank, rank - 1))
    pattern = data.draw(st.permutations(range(rank)))
    rows = np.array([shape[0] - 1, 0, 0])
    functions = [
        lambda t: K.reshape(t, (-1, 1)),
        K.flatten,
        K.batch_flatten,
        lambda t: K.squeeze(K.expand_dims(t, axis), axis),
        lambda t: K.permute_dimensions(t, pattern),
        K.transpose,
        lambda t: K.reverse(t, [axis % rank]),
        lambda t: K.concatenate([t, t * 2], axis),
        lambda t: K.stack([t, t * 2], axis),
        lambda t: K.tile(t, [2] * rank),
        lambda t: K.repeat_elements(t, 2, axis % rank),
        lambda t: K.gather(t, rows),
        lambda t: t[0, ::-1],
        lambda t: t[..., :1, None],
        lambda t: K.repeat(K.batch_flatten(t), 2),
    ]
    check(functions, distinct(shape, seed))


@given(data=st.data(), seed=SEEDS)
@examples(4)
def test_products(data, seed):
    n, a, b, c = data.draw(st.tuples(*[st.integers(1, 3)] * 4))
    x, y = distinct((n, a, b), seed), distinct((n, b, c), seed + 1)
    check([K.batch_dot, K.dot, lambda x, y: x @ y, lambda x, y: K.batch_dot(x[:, 0], y[:, :, 0])], x, y)


@given(n=st.integers(1, 3), classes=st.integers(2, 4), seed=SEEDS)
@examples(4)
def test_losses(n, classes, seed):
    noise = np.random.RandomState(seed)
    true = np.exp(noise.randn(n, classes))
    true /= true.sum(-1, keepdims=True)  # from logits, TensorFlow's gradient is right for such targets only
    labels = noise.randint(0, classes, n)
    functions = [
        lambda z: K.categorical_crossentropy(true, z, from_logits=True),
        lambda z: K.categorical_crossentropy(true, K.softmax(z)),
        lambda z: K.categorical_crossentropy(true, K.sigmoid(z)),
        lambda z: K.binary_crossentropy(true, z, from_logits=True),
        lambda z: K.binary_crossentropy(true, K.sigmoid(z) * 0.9 + 0.05),
        lambda z: K.sparse_categorical_crossentropy(labels, z, from_logits=True),
        lambda z: K.sparse_categorical_crossentropy(labels, K.sigmoid(z)),
    ]
    check(functions, distinct((n, classes), seed))


@pytest.mark.parametrize("repeated", [False, True])
@given(time=st.integers(3, 6), classes=st.integers(3, 5), seed=SEEDS)
@examples(2)
def test_ctc(repeated, time, classes, seed):
    labels = [[0, 0 if repeated else 1], [1, 0]]
    z = distinct((2, time, classes), seed)
    check([lambda z: K.ctc_batch_cost(labels, K.softmax(z), [[time], [time - 1]], [[2], [1]])], z)
