"""Products of matrices, and of batches of them."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from kjax import backend as K
from properties.laws import DTYPES, FLOATS, arrays, dims, examples, filled, lawful, wide

FACTORS = (*FLOATS, "int32")


@st.composite
def factors(draw):
    """Two arrays that can be multiplied: the last axis of one, the last but one of the other."""
    first, second = draw(dims(2, 4)), draw(dims(2, 4))
    second = (*second[:-2], first[-1], second[-1])
    dtype = draw(st.sampled_from(FACTORS))
    return draw(filled(first, dtype)), draw(filled(second, dtype))


@given(data=st.data(), both=factors())
@examples(40)
def test_dot(data, both):
    x, y = both
    lawful(data, K.dot, [x, y], np.tensordot(wide(x), wide(y), (-1, -2)))


@given(data=st.data())
@examples(30)
def test_matmul(data):
    batch, (a, b, c) = data.draw(dims(0, 2)), data.draw(st.tuples(*[st.integers(0, 3)] * 3))
    dtype = data.draw(st.sampled_from(FACTORS))
    x, y = data.draw(filled((*batch, a, b), dtype)), data.draw(filled((*batch, b, c), dtype))
    lawful(data, lambda p, q: p @ q, [x, y], wide(x) @ wide(y))


def batch_product(x, y, left, right):
    """The reference: letters for all axes, one of each summed over."""
    xs, ys = list("abcd"[: x.ndim]), list("awxyz"[: y.ndim])
    ys[right] = xs[left]
    kept = [*(c for i, c in enumerate(xs) if i != left), *(c for i, c in enumerate(ys) if i not in (0, right))]
    out = np.einsum(f"{''.join(xs)},{''.join(ys)}->{''.join(kept)}", x, y)
    return out[:, None] if out.ndim == 1 else out


@given(data=st.data(), explicit=st.booleans())
@examples(50)
def test_batch_dot(data, explicit):
    first, second = data.draw(dims(2, 4)), list(data.draw(dims(2, 4)))
    left, right = len(first) - 1, 1 if len(second) == 2 else len(second) - 2
    if explicit:
        left, right = data.draw(st.integers(1, left)), data.draw(st.integers(1, len(second) - 1))
    second[0], second[right] = first[0], first[left]
    dtype = data.draw(st.sampled_from(FACTORS))
    x, y = data.draw(filled(first, dtype)), data.draw(filled(tuple(second), dtype))
    axes = None
    if explicit:
        axes = left if left == right and data.draw(st.booleans()) else (left, right)
    lawful(data, lambda p, q: K.batch_dot(p, q, axes), [x, y], batch_product(wide(x), wide(y), left, right), factor=4)


@given(data=st.data(), x=arrays(DTYPES))
@examples(20)
def test_transpose(data, x):
    lawful(data, K.transpose, [x], x.T)
