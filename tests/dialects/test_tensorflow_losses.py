"""`tf.losses` of TensorFlow 1; recorded answers are in `recorded/losses.json`."""

import numpy as np
import pytest

from kjax import backend as K
from kjax.dialects import tensorflow_losses as losses
from kjax.dialects.tensorflow_graphs import Graph

V1 = losses.V1_LOSSES


def test_a_loss_of_unknown_shape_is_trained(tf):
    with Graph().as_default():
        x, y = tf.compat.v1.placeholder("float32", None), tf.compat.v1.placeholder("int32", [None])
        w = tf.compat.v1.get_variable("w", (2, 3), initializer=tf.compat.v1.zeros_initializer())
        tf.compat.v1.losses.sparse_softmax_cross_entropy(y, tf.matmul(x, w))
        step = tf.compat.v1.train.GradientDescentOptimizer(1.0).minimize(tf.compat.v1.losses.get_total_loss())
        session = tf.compat.v1.Session()
        session.run(step, {x: np.eye(2, dtype="float32"), y: [0, 2]})
        assert np.allclose(session.run(w), [[1 / 3, -1 / 6, -1 / 6], [-1 / 6, -1 / 6, 1 / 3]])


def test_what_regularizers_add_is_part_of_the_total():
    with Graph().as_default():
        losses.add_loss(K.constant(1.0))
        losses.add_loss(K.constant(2.0), "others")
        assert K.eval(losses.get_total_loss()) == 1 and len(losses.get_losses(loss_collection="others")) == 1


def test_errors():
    with pytest.raises(ValueError, match="can not be broadcast to values of shape"):
        losses.compute_weighted_loss([1.0, 2.0], [1.0, 2.0, 3.0])
    with pytest.raises(ValueError, match=r"reduction must be one of .*; got 'sum'"):
        losses.compute_weighted_loss([1.0, 2.0], reduction="sum")
    with pytest.raises(ValueError, match=r"tf.losses.huber_loss\(\): shapes \(2,\) and \(1,\) are incompatible"):
        V1["huber_loss"]([1.0], [1.0, 2.0])
    with pytest.raises(ValueError, match="neither of the two tensors may be None"):
        V1["mean_squared_error"](None, [1.0])
    with pytest.raises(ValueError, match="give axis"):
        V1["cosine_distance"]([1.0], [1.0])
    with pytest.raises(ValueError, match="a batch is needed"):
        V1["mean_pairwise_squared_error"]([1.0], [1.0])
    with Graph().as_default(), pytest.raises(ValueError, match="no losses in the collection"):
        losses.get_total_loss()
