"""Private modules of TensorFlow that programs import from."""

import inspect

import pytest

from kjax import backend as K


def test_operations(tf):
    from tensorflow.python.framework import ops, tensor_shape
    from tensorflow.python.ops import array_ops, math_ops, nn

    assert array_ops.concat is tf.concat and math_ops.reduce_sum([1, 2]).numpy() == 3
    assert math_ops.to_float(1).dtype == "float32" and nn.relu is tf.nn.relu
    assert ops.convert_to_tensor([1]).shape == (1,) and tensor_shape.dimension_value(3) == 3


def test_files_training_and_errors(tf):
    from tensorflow.python.framework import errors, errors_impl
    from tensorflow.python.platform import gfile
    from tensorflow.python.training import moving_averages, saver

    assert errors.OutOfRangeError is errors_impl.OutOfRangeError is tf.errors.OutOfRangeError
    assert gfile.Exists is tf.gfile.Exists and saver.latest_checkpoint is tf.train.latest_checkpoint
    assert moving_averages.ExponentialMovingAverage is tf.train.ExponentialMovingAverage


def test_keras(tf):
    from tensorflow.python import keras
    from tensorflow.python.keras import backend

    assert backend.square is K.square and keras.backend is backend


def test_odds_and_ends(tf):
    from tensorflow.python.client import device_lib
    from tensorflow.python.framework.smart_cond import smart_cond, smart_constant_value
    from tensorflow.python.util import tf_inspect
    from tensorflow.python.util.tf_export import keras_export

    assert [device.device_type for device in device_lib.list_local_devices()][:1] == ["CPU"]
    assert smart_cond(tf.constant(True), lambda: 1, lambda: 2) == 1 and smart_cond(False, lambda: 1, lambda: 2) == 2
    x = K.placeholder(())
    assert smart_constant_value(x > 0) is None and smart_constant_value(1) is True
    chosen = K.function([x], [smart_cond(x > 0, lambda: x, lambda: -2 * x)])
    assert chosen([3.0]) == [3] and chosen([-3.0]) == [6]
    assert tf_inspect.getfullargspec is inspect.getfullargspec
    assert keras_export("keras.layers.Mine")(test_keras) is test_keras


def test_others(tf):
    with pytest.raises(ModuleNotFoundError, match=r"tensorflow\.python\.saved_model"):
        from tensorflow.python.saved_model import loader  # noqa: F401


def test_blocks_that_are_modules_of_their_own(tf):
    from tensorflow.python.eager import context, tape
    from tensorflow.python.layers import core
    from tensorflow.python.ops import gen_math_ops, sparse_ops
    from tensorflow.python.ops.losses import losses_impl
    from tensorflow.python.util.deprecation import deprecated

    assert core.Dense is tf.compat.v1.layers.Dense and sparse_ops.sparse_reorder is tf.sparse.reorder
    assert losses_impl.huber_loss is tf.compat.v1.losses.huber_loss and gen_math_ops.mul(1, 2).numpy() == 2
    with context.graph_mode():
        assert not tf.executing_eagerly()
        with context.eager_mode():
            assert tf.executing_eagerly() and context.num_gpus() >= 0
    assert deprecated("2020-01-01", "use another")(max) is max
    x = tf.Variable(3.0)
    with tf.GradientTape() as recorded:
        y = x * x
        with tape.stop_recording():
            z = y * x
    assert recorded.gradient(z, x) is None
