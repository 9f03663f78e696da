"""Sparse tensors: each function gives the same result as for the dense tensor."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

import kjax
from kjax import backend as K
from kjax.core.dtypes import as_dtype, to_numpy
from properties.laws import DTYPES, FLOATS, dims, examples, filled, lawful, wide

FACTORS = (*FLOATS, "int32")


@st.composite
def entries(draw, shape, dtype):
    """Positions in any order, some of them repeated, and their values."""
    count = draw(st.integers(0, 6)) if 0 not in shape else 0
    noise = np.random.RandomState(draw(st.integers(0, 2**16)))
    indices = np.stack([noise.randint(dim, size=count) if dim else np.zeros(0, int) for dim in shape], 1)
    return indices, draw(filled((count,), dtype))


def spread(indices, values, shape):
    """The dense array."""
    dense = np.zeros(shape, "bool" if values.dtype == bool else wide(values).dtype)
    for place, value in zip(indices, values, strict=True):
        dense[tuple(place)] += value
    return dense


@given(data=st.data(), dtype=st.sampled_from(DTYPES))
@examples(40)
def test_to_dense(data, dtype):
    shape = data.draw(dims(1, 3))
    indices, values = data.draw(entries(shape, dtype))
    expected = spread(indices, values, shape).astype(to_numpy(as_dtype(dtype)))
    lawful(data, lambda v: K.to_dense(kjax.SparseTensor(indices, v, shape)), [values], wide(expected), dtype)


@given(data=st.data(), dtype=st.sampled_from(FACTORS))
@examples(40)
def test_dot(data, dtype):
    rows, inner, columns = (data.draw(st.integers(0, 4)) for _ in range(3))
    indices, values = data.draw(entries((rows, inner), dtype))
    right = data.draw(filled((inner, columns), dtype))
    expected = spread(indices, values, (rows, inner)) @ wide(right)
    lawful(data, lambda v, y: K.dot(kjax.SparseTensor(indices, v, (rows, inner)), y), [values, right], expected)


@given(data=st.data(), dtype=st.sampled_from(DTYPES))
@examples(40)
def test_concatenate(data, dtype):
    shape, count = data.draw(dims(1, 3)), data.draw(st.integers(1, 3))
    axis = data.draw(st.integers(-len(shape), len(shape) - 1))
    shapes, places, values = [], [], []
    for _ in range(count):
        own = list(shape)
        own[axis] = data.draw(st.integers(0, 3))
        indices, of_one = data.draw(entries(tuple(own), dtype))
        shapes.append(tuple(own))
        places.append(indices)
        values.append(of_one)

    def joined(*tensors):
        parts = zip(places, tensors, shapes, strict=True)
        out = K.concatenate([kjax.SparseTensor(*part) for part in parts], axis)
        return [K.to_dense(out), out.values]

    whole = [spread(*part).astype(to_numpy(as_dtype(dtype))) for part in zip(places, values, shapes, strict=True)]
    found = K.get_value(joined(*map(K.constant, values, [dtype] * count))[1])
    assert sorted(map(str, found)) == sorted(map(str, np.concatenate(values)))
    lawful(data, lambda *v: joined(*v)[0], values, wide(np.concatenate(whole, axis)), dtype)


@given(data=st.data(), dtype=st.sampled_from(FLOATS))
@examples(40)
def test_scaling(data, dtype):
    shape = data.draw(dims(1, 3))
    indices, values = data.draw(entries(shape, dtype))
    narrow = tuple(1 if data.draw(st.booleans()) else dim for dim in shape)[data.draw(st.integers(0, len(shape))) :]
    factor = data.draw(filled(narrow, dtype))

    def scaled(v, y):
        x = kjax.SparseTensor(indices, v, shape)
        return [K.to_dense(x * y), K.to_dense(y * x)]

    terms = (values * np.broadcast_to(factor, shape)[tuple(indices.T)]).astype(values.dtype)
    expected = spread(indices, terms, shape).astype(values.dtype)
    lawful(data, scaled, [values, factor], [wide(expected)] * 2)
