"""`tf.nn` on symbolic tensors, and its random parts; recorded answers are in `recorded/nn.json`."""

import numpy as np
import pytest

from kjax import backend as K

R = np.random.RandomState(0)


def test_layouts_agree(tf):
    x, kernel = R.randn(2, 7, 6, 3).astype("float32"), R.randn(3, 2, 3, 4).astype("float32")
    last = tf.nn.conv2d(x, kernel, [1, 2, 1, 1], "SAME").numpy()
    first = tf.nn.conv2d(x.transpose(0, 3, 1, 2), kernel, [1, 1, 2, 1], "SAME", data_format="NCHW").numpy()
    np.testing.assert_allclose(first.transpose(0, 2, 3, 1), last, 1e-4, 1e-5)
    pooled = tf.nn.max_pool(x.transpose(0, 3, 1, 2), [1, 1, 2, 2], 2, "VALID", data_format="NCHW").numpy()
    np.testing.assert_allclose(pooled.transpose(0, 2, 3, 1), tf.nn.max_pool(x, 2, 2, "VALID").numpy())


def test_gradients_of_symbolic_calls(tf):
    x, w = K.placeholder((None, 6, 6, 2)), K.variable(R.randn(3, 3, 2, 1))
    y = tf.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME")
    y = tf.nn.batch_normalization(y, K.mean(y, 0), K.var(y, 0), None, 2.0, 1e-3)
    loss = tf.nn.l2_loss(tf.nn.selu(tf.nn.avg_pool2d(y, 2, 2, "SAME")))
    (slope,) = K.function([x], K.gradients(loss, [w]))([R.randn(4, 6, 6, 2)])
    assert slope.shape == (3, 3, 2, 1) and np.abs(slope).max() > 0


def test_dropout(tf):
    x = tf.ones((100, 100))
    values = tf.nn.dropout(x, 0.25, seed=1).numpy()
    assert 0.2 < (values == 0).mean() < 0.3 and np.allclose(values[values != 0], 4 / 3)
    columns = tf.nn.dropout(x, 0.5, noise_shape=[1, 100]).numpy()
    assert (columns == columns[0]).all()


def test_what_is_refused(tf):
    x = K.placeholder((None, 6, 6, 2))
    with pytest.raises(ValueError, match="data_format must be one of"):
        tf.nn.conv2d(x, np.ones((1, 1, 2, 1), "float32"), 1, "SAME", data_format="NWC")
    with pytest.raises(ValueError, match="strides must be 1 along batch and channels"):
        tf.nn.conv2d(x, np.ones((1, 1, 2, 1), "float32"), [2, 1, 1, 1], "SAME")
    with pytest.raises(ValueError, match=r"strides must be of length 1, 2 or 4"):
        tf.nn.conv2d(x, np.ones((1, 1, 2, 1), "float32"), [1, 1, 1], "SAME")
    with pytest.raises(NotImplementedError, match="dilations"):
        tf.nn.pool(x, [2, 2], "MAX", dilations=[2, 2])
    with pytest.raises(NotImplementedError, match="max_norm"):
        tf.nn.embedding_lookup(np.ones((2, 2)), [0], max_norm=1.0)
    with pytest.raises(NotImplementedError, match="several parts"):
        tf.nn.embedding_lookup([np.ones((2, 2)), np.ones((2, 2))], [0])
