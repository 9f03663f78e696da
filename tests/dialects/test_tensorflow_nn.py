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
    with pytest.raises(ValueError, match="at least one part"):
        tf.nn.embedding_lookup([], [0])
    with pytest.raises(ValueError, match="partition_strategy must be"):
        tf.compat.v1.nn.embedding_lookup([np.ones(2), np.ones(2)], [0], "both")


def test_tables_in_parts(tf):
    table, ids = R.randn(7, 3).astype("float32"), [[0, 6], [3, 2]]
    rows = table[np.array(ids)]
    one_after_the_other, in_turn = [table[:3], table[3:5], table[5:]], [table[i::3] for i in range(3)]
    assert (tf.nn.embedding_lookup(one_after_the_other, ids).numpy() == rows).all()
    assert (tf.compat.v1.nn.embedding_lookup(in_turn, ids).numpy() == rows).all()
    assert (tf.compat.v1.nn.embedding_lookup(one_after_the_other, ids, "div").numpy() == rows).all()
    norms = np.sqrt((rows**2).sum(-1, keepdims=True))
    short = tf.nn.embedding_lookup(table, ids, max_norm=1.0).numpy()
    np.testing.assert_allclose(short, rows / np.maximum(norms, 1), 1e-6)
    numbers = tf.nn.embedding_lookup(table[:, 0], ids, max_norm=0.5).numpy()
    np.testing.assert_allclose(numbers, np.clip(rows[..., 0], -0.5, 0.5), 1e-6)
    x = tf.Variable(table)
    with tf.GradientTape() as tape:
        y = tf.reduce_sum(tf.nn.embedding_lookup([x[:4], x[4:]], ids, max_norm=1.0))
    slope = tape.gradient(y, x)
    assert np.asarray(tf.convert_to_tensor(slope)).any(-1).tolist() == [True, False, True, True, False, False, True]
