"""`tf.random`: what is random in it, in compiled functions, too; `recorded/random.json` has numbers by a seed alone."""

import numpy as np
import pytest

from kjax import backend as K


def test_shuffling(tf):
    rows = np.arange(200).reshape(100, 2)
    for shuffle in (tf.random.shuffle, tf.compat.v1.random_shuffle):
        found = shuffle(rows, seed=1).numpy()
        assert found.tolist() != rows.tolist() and sorted(found.tolist()) == rows.tolist()
    x = K.placeholder((None, 2))
    shuffled = tf.random.shuffle(x)
    found, slope = K.function([x], [shuffled, *K.gradients(K.sum(shuffled**2), [x])])([rows])
    assert shuffled.shape == (None, 2) and sorted(found.tolist()) == rows.tolist()
    np.testing.assert_allclose(slope, 2 * rows)


def test_poisson(tf):
    counts = tf.random.poisson([3000], [0.5, 20.0], seed=1)
    assert counts.dtype == "float32" and counts.shape == (3000, 2)
    np.testing.assert_allclose(counts.numpy().mean(0), [0.5, 20], rtol=0.1)
    np.testing.assert_allclose(counts.numpy().var(0), [0.5, 20], rtol=0.2)


def test_gamma_by_a_rate(tf):
    drawn = [tf.random.gamma([2, 1], [1.0, 2.0, 3.0], [[1.0], [rate]], seed=1).numpy() for rate in (1.0, 4.0)]
    assert drawn[0].shape == (2, 1, 2, 3) and drawn[0].min() > 0
    np.testing.assert_allclose(drawn[0][..., 0, :], drawn[1][..., 0, :])
    np.testing.assert_allclose(drawn[0][..., 1, :], drawn[1][..., 1, :] * 4)


def test_a_crop_lies_within(tf):
    x = np.arange(30).reshape(5, 6)
    found = tf.compat.v1.random_crop(x, [2, 3], seed=1).numpy()
    assert found.shape == (2, 3) and (found - found[0, 0]).tolist() == (x[:2, :3]).tolist()


def test_what_is_refused(tf):
    for call in (
        lambda: tf.random.stateless_uniform([2], [1, 2], minval=3, dtype="int32"),
        lambda: tf.random.stateless_uniform([2], [1, 2], minval=0, maxval=3, dtype="uint32"),
        lambda: tf.random.stateless_uniform([-2], [1, 2]),
        lambda: tf.random.poisson([-2], 1.0),
    ):
        with pytest.raises(ValueError, match=r"\w+\(?\)?: "):
            call()
    for kind in ("bool", "int8"):
        with pytest.raises(TypeError, match="dtype must be"):
            tf.random.stateless_uniform([2], [1, 2], dtype=kind)
        with pytest.raises(TypeError, match="dtype must be"):
            tf.random.gamma([2], 1.0, dtype=kind)
