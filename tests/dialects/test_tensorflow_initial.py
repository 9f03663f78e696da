"""Initializers of `tf`, and random numbers beyond those of K."""

import numpy as np
import pytest

from kjax import backend as K


@pytest.mark.parametrize(
    ("name", "arguments", "mean", "stddev"),
    [
        ("random_normal_initializer", {"mean": 1.0, "stddev": 0.5}, 1, 0.5),
        ("random_uniform_initializer", {"minval": 0.0, "maxval": 1.0}, 0.5, 12**-0.5),
        ("compat.v1.random_normal_initializer", {}, 0, 1),
        ("compat.v1.random_uniform_initializer", {}, 0.5, 12**-0.5),
        ("compat.v1.truncated_normal_initializer", {}, 0, 0.88),
        ("compat.v1.glorot_uniform_initializer", {}, 0, (1 / 150) ** 0.5),
        ("compat.v1.glorot_normal_initializer", {}, 0, (1 / 150) ** 0.5),
        ("compat.v1.variance_scaling_initializer", {"scale": 2.0}, 0, (2 / 100) ** 0.5),
        ("compat.v1.variance_scaling_initializer", {"mode": "fan_out", "distribution": "uniform"}, 0, (1 / 200) ** 0.5),
        ("compat.v1.variance_scaling_initializer", {"distribution": "untruncated_normal"}, 0, 0.1),
    ],
)
def test_distributions(tf, name, arguments, mean, stddev):
    make = tf
    for part in name.split("."):
        make = getattr(make, part)
    initializer = make(seed=3, **arguments)
    value = initializer((100, 200))
    assert value.dtype == "float32" and value.shape == (100, 200)
    assert value.numpy().mean() == pytest.approx(mean, abs=0.02) and value.numpy().std() == pytest.approx(
        stddev, rel=0.05
    )
    again = type(initializer).from_config(initializer.get_config())
    assert again((100, 200)).numpy().tolist() == value.numpy().tolist()
    assert initializer([2], dtype="float64").dtype == "float64"


def test_errors(tf):
    with pytest.raises(ValueError, match="mode must be one of"):
        tf.compat.v1.variance_scaling_initializer(mode="fan")
    with pytest.raises(ValueError, match="distribution is not known"):
        tf.compat.v1.variance_scaling_initializer(distribution="cauchy")
    with pytest.raises(ValueError, match="logits must be of rank 2"):
        tf.random.categorical([0.0, 1.0], 3)


def test_categories(tf):
    logits = np.log([[0.1, 0.2, 0.7], [0.8, 0.1, 0.1]])
    for drawn in (tf.random.categorical(logits, 20000), tf.compat.v1.multinomial(logits, 20000)):
        assert drawn.dtype == "int64" and drawn.shape == (2, 20000)
        shares = [np.bincount(row, minlength=3) / 20000 for row in drawn.numpy()]
        np.testing.assert_allclose(shares, np.exp(logits), atol=0.02)
    x = K.placeholder((None, 3))
    (drawn,) = K.function([x], [tf.random.categorical(x, 5, dtype="int32")])([logits])
    assert drawn.shape == (2, 5) and drawn.dtype == np.int32
