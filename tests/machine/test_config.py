import jax
import jax.numpy as jnp
import numpy as np
import pytest

from kjax import backend as K
from kjax.kernels import convolution, pooling
from kjax.machine import config


def test_floatx():
    assert K.floatx() == "float32"
    K.set_floatx("float64")
    assert K.floatx() == "float64" and K.dtype(K.ones((2,))) == "float64" and K.dtype(K.constant([1])) == "float64"
    for bad in ("int32", "bfloat16", None, 3):
        with pytest.raises(ValueError, match="set_floatx"):
            K.set_floatx(bad)
    assert K.floatx() == "float64"


def test_epsilon():
    K.set_epsilon(1e-3)
    assert K.epsilon() == 1e-3
    with pytest.raises(TypeError, match="set_epsilon"):
        K.set_epsilon("small")
    assert K.epsilon() == 1e-3


def test_image_data_format():
    K.set_image_data_format("channels_first")
    assert K.image_data_format() == "channels_first"
    for bad in ("th", None, 1):
        if bad is not None:
            with pytest.raises(ValueError, match="data_format"):
                K.set_image_data_format(bad)


def test_uids_count_for_each_prefix():
    assert [K.get_uid("a"), K.get_uid("a"), K.get_uid("b"), K.get_uid()] == [1, 2, 1, 1]
    K.reset_uids()
    assert K.get_uid("a") == 1


def test_the_backend_does_not_claim_to_be_tensorflow():
    assert K.backend() == "kjax"


def test_kernels_in_the_plainest_way():
    image = np.random.default_rng(0).random((2, 7, 7, 3), "float32")
    kernel = np.random.default_rng(1).random((3, 3, 3, 2), "float32")
    volume = image[:, :, :, None, :]

    def primitives(function, *arrays):
        return {equation.primitive.name for equation in jax.make_jaxpr(function)(*arrays).eqns}

    def pooled(x):
        return pooling.max_pooled(jnp, x, (2, 2), (1, 1), "same", "channels_last")

    def mean(x):
        return pooling.average_pooled(jnp, x, (2, 2), (2, 2), "valid", "channels_last")

    def depthwise(x):
        return convolution.depthwise(x, kernel, (1, 1), "same", "channels_last", (1, 1))

    def deep(x):
        return convolution.convolved(x, kernel[:, :, None], (1, 1, 1), "same", "channels_last", (1, 1, 1))

    assert not config.is_plain() or config.PLAIN
    for function, x in ((pooled, image), (mean, image), (depthwise, image), (deep, volume)):
        quick = function(x)
        with config.plainly():
            assert config.is_plain()
            assert np.allclose(function(x), quick, atol=1e-5)
    with config.plainly():
        assert "reduce_window_max" in primitives(pooled, image) and "reduce_window_sum" in primitives(mean, image)
        assert "conv_general_dilated" in primitives(depthwise, image)
