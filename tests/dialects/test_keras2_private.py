"""What programs take from `keras.backend.tensorflow_backend` beyond the public names."""

from types import ModuleType

import numpy as np
import pytest

from kjax import backend as K
from kjax.dialects import keras2, keras2_private


@pytest.fixture
def backend():
    module = ModuleType("keras.backend.tensorflow_backend")
    keras2_private.fill(module)
    return module


def test_public_names_are_those_of_the_dialect(backend):
    assert all(getattr(backend, name) is getattr(keras2, name) for name in keras2.__all__)
    assert not {"names", "_last", "_as_it_is", "ModuleType"} & {*vars(backend)}


def test_tensors_of_a_dtype(backend):
    x = K.ones((2,))
    assert K.dtype(backend._to_tensor(1.0, x.dtype.base_dtype)) == "float32"
    assert K.eval(backend._to_tensor(np.array([1.7]), "int32")).tolist() == [1]


def test_shapes_and_kinds(backend):
    assert backend.get_variable_shape(K.zeros((2, 3))) == (2, 3)
    assert backend.is_symbolic(K.placeholder(ndim=1)) and not backend.is_symbolic(K.variable(1.0))
    assert backend._is_tf_1() and backend._get_available_gpus() == [] and not backend._has_nchw_support()
    with pytest.raises(ValueError, match=r"device_type must be 'cpu' or 'gpu'; got 'fpga'"):
        backend._is_current_explicit_device("fpga")


@pytest.mark.parametrize(("rank", "name"), [(3, "NWC"), (4, "NHWC"), (5, "NDHWC")])
def test_layouts_of_convolutions(backend, rank, name):
    preprocess = getattr(backend, f"_preprocess_conv{rank - 2}d_input")
    dims = tuple(range(1, rank + 1))
    (last, layout), (same, _) = (preprocess(K.zeros(dims), f"channels_{place}") for place in ("first", "last"))
    assert K.int_shape(last) == (1, *dims[2:], 2) and K.int_shape(same) == dims and layout == name


def test_paddings(backend):
    assert backend._preprocess_padding("same") == "SAME"
    with pytest.raises(ValueError, match=r"_preprocess_padding\(\): padding must be 'same' or 'valid'; got 'full'"):
        backend._preprocess_padding("full")


def test_batches_are_normalised(backend):
    x = np.array([[1.0, 2.0], [3.0, 6.0]])
    normed, mean, variance = backend._regular_normalize_batch_in_training(K.constant(x), None, None, [0], 0.0)
    np.testing.assert_allclose(K.eval(normed), [[-1, -1], [1, 1]], rtol=1e-6)
    assert K.eval(mean).tolist() == [2, 4] and K.eval(variance).tolist() == [1, 4]
    scaled, _, _ = backend._broadcast_normalize_batch_in_training(
        K.constant(x), K.constant([2.0, 2.0]), K.constant([1.0, 0.0]), [0], 0.0
    )
    np.testing.assert_allclose(K.eval(scaled), [[-1, -2], [3, 2]], rtol=1e-6)


def test_tensorflow_under_its_short_name(backend):
    assert backend.tf is backend.tf and backend.tf.Session is backend.tf.compat.v1.Session
    with pytest.raises(AttributeError, match=r"tensorflow_backend\.nothing is not answered by kjax"):
        _ = backend.nothing
