"""`tf.TensorSpec`."""

import copy
import pickle

import pytest

from kjax import backend as K
from kjax.dialects.tensorflow_specs import TensorSpec


def test_a_spec():
    spec = TensorSpec([None, 2], "int32", "x")
    assert spec.shape.as_list() == [None, 2] and spec.dtype == "int32" and spec.name == "x"
    assert pickle.loads(pickle.dumps(spec)) == spec == copy.copy(spec) and hash(spec) == hash(copy.copy(spec))
    assert TensorSpec.from_spec(spec, "y").name == "y" and TensorSpec.from_tensor(K.ones((2,))).shape == (2,)


def test_specs_that_differ():
    assert TensorSpec([2]) != TensorSpec([None]) and TensorSpec([2]) != TensorSpec([2], "int32")
    assert TensorSpec([None]) != TensorSpec(None) and TensorSpec([]) != 1
    assert not TensorSpec([2]).is_compatible_with(TensorSpec([2], "int32"))


def test_bad_arguments():
    with pytest.raises(TypeError, match="dtype"):
        TensorSpec([2], "int33")
    with pytest.raises((TypeError, ValueError), match="shape"):
        TensorSpec([-2])
