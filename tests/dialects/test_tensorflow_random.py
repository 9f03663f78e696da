"""`tf.random`: distributions of what is drawn; recorded answers are in `recorded/random.json`."""

import numpy as np
import pytest

from kjax import backend as K


def test_scales(tf):
    drawn = tf.random.gamma([10000], [2.0, 4.0], [[1.0], [4.0]], seed=3).numpy()
    assert drawn.shape == (10000, 2, 2)
    np.testing.assert_allclose(drawn.mean(0), [[2, 4], [0.5, 1]], rtol=0.05)
    assert abs(np.corrcoef(drawn[:, 0, 0], drawn[:, 1, 0])[0, 1]) < 0.1
    assert tf.random.poisson([3], 2, "int32").dtype == "int32"
    with pytest.raises(TypeError, match="alpha must be of the result's dtype"):
        tf.random.gamma([1], tf.constant([1.0], "float64"))


def test_shuffled_rows(tf):
    x = K.placeholder((None, 2))
    run = K.function([x], [tf.random.shuffle(x)])
    rows = np.arange(40.0).reshape(20, 2)
    first, second = run([rows])[0], run([rows])[0]
    for shuffled in (first, second, tf.random.shuffle(rows).numpy()):
        assert (shuffled != rows).any()
        np.testing.assert_array_equal(shuffled[shuffled[:, 0].argsort()], rows)
    assert (first != second).any()
    first = [tf.random.shuffle(np.arange(3)).numpy().tolist()[0] for _ in range(300)]
    assert min(map(first.count, range(3))) > 60


def test_from_a_seed_alone(tf):
    drawn = tf.random.stateless_uniform([3000], [1, 2], -2, 3, "int64").numpy()
    assert drawn.dtype == "int64" and min(np.bincount(drawn + 2, minlength=5)) > 500 and set(drawn) == {-2, -1, 0, 1, 2}
    drawn = tf.random.stateless_uniform([3000], [1, 2], -2.0, 3.0).numpy()
    assert -2 <= drawn.min() < -1.9 and 2.9 < drawn.max() < 3
    assert abs(tf.random.stateless_normal([3000], [1, 2], 5.0, 2.0).numpy().std() - 2) < 0.1
    logits = np.log([[0.1, 0.2, 0.7]]).astype("float32")
    shares = np.bincount(tf.random.stateless_categorical(logits, 20000, [1, 2]).numpy()[0]) / 20000
    np.testing.assert_allclose(shares, [0.1, 0.2, 0.7], atol=0.02)
    with pytest.raises(TypeError, match="dtype must be"):
        tf.random.stateless_uniform([1], [1, 2], dtype="int8")
