"""`tf.metrics` of TensorFlow 1; recorded answers are in `recorded/metrics.json`."""

import pytest

from kjax import backend as K
from kjax.dialects.tensorflow_graphs import Graph
from kjax.dialects.tensorflow_metrics import V1_METRICS as V1


def test_the_local_initializer_starts_anew(tf):
    with Graph().as_default():
        x = tf.compat.v1.placeholder("float32", [None])
        kept = tf.compat.v1.get_variable("kept", (), initializer=tf.compat.v1.zeros_initializer())
        value, update = tf.compat.v1.metrics.mean(x, name="m")
        session = tf.compat.v1.Session()
        session.run([kept.assign(5.0), update], {x: [1.0, 3.0]})
        assert session.run([kept, value]) == [5, 2]
        session.run(tf.compat.v1.local_variables_initializer())
        assert session.run([kept, value]) == [5, 0]
        session.run(update, {x: [4.0]})
        session.run(tf.compat.v1.global_variables_initializer())
        assert session.run([kept, value]) == [0, 4]
        assert [v.name for v in tf.compat.v1.local_variables()] == ["m/total:0", "m/count:0"]
        assert tf.compat.v1.trainable_variables() == tf.compat.v1.global_variables() == [kept]


def test_errors():
    with pytest.raises(RuntimeError, match=r"tf.metrics.mean\(\) is not supported in eager mode"):
        V1["mean"]([1.0])
    with Graph().as_default():
        with pytest.raises(ValueError, match=r"tf.metrics.accuracy\(\): shapes \(1,\) and \(2,\) are incompatible"):
            V1["accuracy"]([1, 2], [1])
        with pytest.raises(ValueError, match="curve must be"):
            V1["auc"]([1.0], [1.0], curve="other")
        with pytest.raises(NotImplementedError, match="kjax knows the methods"):
            V1["auc"]([1.0], [1.0], summation_method="careful_interpolation")
        with pytest.raises(NotImplementedError, match="got class_id=1"):
            V1["recall_at_k"]([1], [[1.0]], 1, class_id=1)
        with pytest.raises(ValueError, match="the shape of values must be known"):
            V1["mean_tensor"](K.placeholder((None,)))
        with pytest.raises(ValueError, match="can not be broadcast"):
            V1["mean"]([1.0, 2.0], [1.0, 2.0, 3.0])
