"""`tf.layers` of TensorFlow 1; recorded answers are in `recorded/v1_layers.json`."""

import numpy as np
import pytest

from kjax import backend as K
from kjax.dialects.tensorflow_graphs import Graph
from kjax.dialects.tensorflow_v1_layers import V1_LAYERS as LAYERS


def test_a_network_is_trained(tf):
    v1 = tf.compat.v1
    with Graph().as_default():
        x, y = v1.placeholder("float32", [None, 2]), v1.placeholder("float32", [None, 1])
        training = v1.placeholder("bool", [])
        hidden = v1.layers.dense(x, 8, tf.nn.tanh, kernel_initializer=v1.truncated_normal_initializer(seed=1))
        hidden = v1.layers.batch_normalization(hidden, training=training)
        loss = v1.losses.mean_squared_error(y, v1.layers.dense(hidden, 1, name="last"))
        with tf.control_dependencies(v1.get_collection(v1.GraphKeys.UPDATE_OPS)):
            step = v1.train.AdamOptimizer(0.05).minimize(loss)
        session = v1.Session()
        session.run(v1.global_variables_initializer())
        feed = {x: [[0, 0], [0, 1], [1, 0], [1, 1]], y: [[0], [1], [1], [0]], training: True}
        before = session.run(loss, feed)
        for _ in range(60):
            session.run(step, feed)
        assert session.run(loss, feed) < before / 10
        moved = v1.get_collection(v1.GraphKeys.GLOBAL_VARIABLES, "batch_normalization/moving_mean")
        assert np.abs(session.run(moved[0])).sum() > 0.1


def test_dropout_while_training():
    with Graph().as_default():
        kept = K.eval(LAYERS["dropout"](np.ones((50, 50), "float32"), 0.2, training=True))
    assert sorted(set(kept.ravel().tolist())) == [0, 1.25] and 0.7 < (kept > 0).mean() < 0.9


def test_channels_first():
    with Graph().as_default():
        x = K.placeholder((None, 3, 8, 8))
        y = LAYERS["conv2d"](x, 4, 3, data_format="channels_first", activation="relu", activity_regularizer=K.sum)
        assert LAYERS["conv2d_transpose"](y, 2, 3, data_format="channels_first").shape == (None, 2, 8, 8)
        assert LAYERS["separable_conv2d"](x, 4, 3, data_format="channels_first").shape == (None, 4, 6, 6)
        assert LAYERS["max_pooling1d"](K.placeholder((None, 3, 8)), 2, 2, data_format="channels_first").shape[2] == 4


def test_errors():
    with Graph().as_default():
        x = K.placeholder((None, 5, 5, 1))
        with pytest.raises(ValueError, match="kernel_size must be an int or 2 of them"):
            LAYERS["conv2d"](x, 2, (2, 2, 2))
        with pytest.raises(TypeError, match=r"tf.layers.dense\(\): missing a required argument: 'units'"):
            LAYERS["dense"](x)
        with pytest.raises(NotImplementedError, match="renorm is not answered"):
            LAYERS["batch_normalization"](x, renorm=True)
        with pytest.raises(ValueError, match="Dense: the dim of axis -1 must be known"):
            LAYERS["dense"](K.placeholder((None, None)), 2)
