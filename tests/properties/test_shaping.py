"""Functions that move elements unchanged: shapes, indices, creation."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from kjax import backend as K
from kjax.core.dtypes import as_dtype, to_numpy
from properties.laws import DTYPES, FLOATS, INTS, UINTS, arrays, dims, examples, filled, lawful

DATA = st.data()
# Not complex: only the positions of elements are compared.
ANY = tuple(dtype for dtype in DTYPES if not dtype.startswith("complex"))


@given(data=DATA, x=arrays(ANY))
@examples(40)
def test_reshape(data, x):
    target = list(data.draw(st.permutations(x.shape)))
    if target and data.draw(st.booleans()):
        target[:2] = [int(np.prod(target[:2]))]
    target[data.draw(st.integers(0, len(target))) : 0] = [1]
    if x.size and data.draw(st.booleans()):
        target[data.draw(st.integers(0, len(target) - 1))] = -1
    lawful(data, lambda t: K.reshape(t, target), [x], x.reshape(target))


@given(data=DATA, x=arrays(ANY, min_rank=1))
@examples(25)
def test_flat(data, x):
    flat = x.reshape(len(x), int(np.prod(x.shape[1:])))
    lawful(data, lambda t: [K.flatten(t), K.batch_flatten(t)], [x], [x.reshape(-1), flat])


@given(data=DATA, x=arrays(ANY))
@examples(25)
def test_axes_more_and_less(data, x):
    axis = data.draw(st.integers(-x.ndim - 1, x.ndim))
    more = np.expand_dims(x, axis)
    lawful(data, lambda t: K.expand_dims(t, axis), [x], more)
    lawful(data, lambda t: K.squeeze(t, axis), [more], x)


@given(data=DATA, x=arrays(ANY))
@examples(30)
def test_order(data, x):
    pattern = data.draw(st.permutations(range(x.ndim)))
    lawful(data, lambda t: K.permute_dimensions(t, pattern), [x], x.transpose(pattern))
    if x.ndim:
        axes = data.draw(st.lists(st.integers(0, x.ndim - 1), max_size=x.ndim, unique=True))
        lawful(data, lambda t: K.reverse(t, axes), [x], np.flip(x, axes))


@given(data=DATA, dtype=st.sampled_from(ANY), count=st.integers(1, 3))
@examples(40)
def test_concatenate(data, dtype, count):
    shape = data.draw(dims(1, 4))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    parts = []
    for _ in range(count):
        part = list(shape)
        part[axis] = data.draw(st.integers(0, 3))
        parts.append(data.draw(filled(tuple(part), dtype)))
    lawful(data, lambda *t: K.concatenate(list(t), axis), parts, np.concatenate(parts, axis))


@given(data=DATA, dtype=st.sampled_from(ANY), shape=dims(0, 3), count=st.integers(1, 3))
@examples(30)
def test_stack(data, dtype, shape, count):
    axis = data.draw(st.integers(-len(shape) - 1, len(shape)))
    parts = [data.draw(filled(shape, dtype)) for _ in range(count)]
    lawful(data, lambda *t: K.stack(list(t), axis), parts, np.stack(parts, axis))


@given(data=DATA, x=arrays(ANY, min_rank=1, max_rank=3), rep=st.integers(0, 3))
@examples(30)
def test_repetition(data, x, rep):
    axis = data.draw(st.integers(-x.ndim, x.ndim - 1))
    lawful(data, lambda t: K.repeat_elements(t, rep, axis), [x], np.repeat(x, rep, axis))
    times = data.draw(st.tuples(*[st.integers(0, 3)] * x.ndim))
    lawful(data, lambda t: K.tile(t, times), [x], np.tile(x, times))


@given(data=DATA, x=arrays(ANY, min_rank=2, max_rank=2), n=st.integers(0, 3))
@examples(15)
def test_repeat(data, x, n):
    lawful(data, lambda t: K.repeat(t, n), [x], np.repeat(x[:, None], n, 1))


@given(data=DATA, x=arrays(ANY, max_rank=4))
@examples(60)
def test_index(data, x):
    index = data.draw(hnp.basic_indices(x.shape, allow_newaxis=True, max_dims=6))
    lawful(data, lambda t: t[index], [x], x[index])


@given(data=DATA, x=arrays(ANY, min_rank=1, min_side=1), positions=dims(0, 3))
@examples(30)
def test_gather(data, x, positions):
    dtype = data.draw(st.sampled_from(["int32", "int64"]))
    indices = data.draw(filled(positions, dtype, low=0, high=len(x) - 1))
    lawful(data, K.gather, [x, indices], x[indices])


@given(data=DATA, indices=arrays(("int32", "int64", "uint8"), max_rank=3, low=-1, high=4), classes=st.integers(1, 4))
@examples(25)
def test_one_hot(data, indices, classes):
    expected = indices[..., None].astype(int) == np.arange(classes)
    lawful(data, lambda t: K.one_hot(t, classes), [indices], expected.astype(float), "float32")


# ------------------------------------------------------------------------------------------------------------ creation


@given(data=DATA, x=arrays(DTYPES), dtype=st.sampled_from((None, *DTYPES)))
@examples(30)
def test_likes(data, x, dtype):
    name = as_dtype(x.dtype if dtype is None else dtype).name
    expected = [np.ones(x.shape), np.zeros(x.shape)]
    lawful(data, lambda t: [K.ones_like(t, dtype), K.zeros_like(t, dtype)], [x], expected, name)


@given(data=DATA, shape=dims(), dtype=st.sampled_from(FLOATS + INTS + UINTS))
@examples(25)
def test_of_a_shape(data, shape, dtype):
    for made, expected in ((K.ones(shape, dtype), 1), (K.zeros(shape, dtype), 0)):
        assert made.dtype == dtype and made.shape == shape
        np.testing.assert_array_equal(K.get_value(made), np.full(shape, expected))
    # The same, with the shape of a tensor whose static shape is unknown.
    x = np.zeros(shape, "float32")
    lawful(data, lambda t: [K.ones(K.shape(t), dtype), K.zeros(K.shape(t), dtype)], [x], [x + 1, x], dtype)


@given(data=DATA, x=arrays(DTYPES))
@examples(25)
def test_values_stay_what_they_are(data, x):
    for made in (K.constant(x, x.dtype), K.variable(x, x.dtype), K.constant(x.tolist(), x.dtype, x.shape)):
        value = K.get_value(made)
        assert value.dtype == x.dtype and made.shape == x.shape and K.ndim(made) == x.ndim
        np.testing.assert_array_equal(value, x)
    lawful(data, lambda t: K.shape(t), [x], np.array(x.shape, int), "int32")


@given(start=st.integers(-5, 5), stop=st.integers(-5, 9), step=st.sampled_from([-2, -1, 1, 3]))
@examples(40)
def test_arange(start, stop, step):
    stop = start + abs(stop - start) * (1 if step > 0 else -1)
    for dtype in ("int32", "int64", "float32"):
        made = K.arange(start, stop, step, dtype)
        assert made.dtype == dtype
        np.testing.assert_array_equal(made, np.arange(start, stop, step))


@given(size=st.integers(0, 5), dtype=st.sampled_from(FLOATS + INTS))
@examples(15)
def test_eye(size, dtype):
    made = K.eye(size, dtype)
    assert made.dtype == dtype and K.get_value(made).dtype == to_numpy(as_dtype(dtype))
    np.testing.assert_array_equal(K.get_value(made), np.eye(size))
