"""Each function of K that takes arrays on symbolic tensors of Keras 3: in a `keras.Function`, and in `K.function`."""

import keras
import numpy as np
import pytest

import kjax
from conformance import arrays, play
from kjax import backend as K


def leaves(result, *kinds):
    return [leaf for leaf in play.leaves(result, lambda leaf: isinstance(leaf, kinds)) if isinstance(leaf, kinds)]


def compare(ours, theirs):
    assert len(ours) == len(theirs)
    for mine, other in zip(ours, theirs, strict=True):
        mine, other = np.asarray(mine), np.asarray(other)
        assert mine.shape == other.shape and mine.dtype.kind == other.dtype.kind
        np.testing.assert_allclose(mine, other, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "name", [name for name in arrays.names() if arrays.SYMBOLS not in arrays.WHY_NOT.get(name, {})]
)
def test_function(name):
    use = arrays.use(name)
    values = [description.value() for description in use.arrays]
    tensors = use.function(K, *map(kjax.as_tensor, values))
    expected = leaves(tensors, kjax.Tensor)
    inputs = [keras.Input(batch_shape=value.shape, dtype=value.dtype.name) for value in values]
    outputs = leaves(use.function(K, *inputs), keras.KerasTensor)
    for symbol, tensor in zip(outputs, expected, strict=True):
        assert symbol.dtype == tensor.dtype.name
        assert all(a in (None, b) for a, b in zip(symbol.shape, tensor.shape, strict=True))
    if not outputs:  # it tells something about tensors
        assert name in ("count_params", "dtype", "int_shape", "is_keras_tensor", "is_sparse", "ndim")
        return
    if not use.random:
        compare(keras.tree.flatten(keras.Function(inputs, outputs)(values)), expected)
        compare(K.function(inputs, outputs)(values), expected)
    else:
        assert [np.shape(out) for out in K.function(inputs, outputs)(values)] == [t.shape for t in expected]


@pytest.mark.parametrize("name", arrays.OF_VALUES)
def test_what_needs_a_value_says_so(name):
    use = arrays.use(name)
    inputs = [keras.Input(batch_shape=a.value().shape, dtype=a.value().dtype.name) for a in use.arrays]
    with pytest.raises(
        (kjax.UnfedPlaceholderError, TypeError), match=r"is not fed|KerasTensor .* is not made of numbers"
    ):
        use.function(K, *inputs)
