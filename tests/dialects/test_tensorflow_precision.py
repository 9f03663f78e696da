"""Loss scales of `tf`, and optimizers of `tf.train` that scale losses. Answers are in `recorded/precision.json`."""

import pytest

import kjax
from kjax import backend as K
from kjax.dialects import newer_policies


def test_scales_are_the_same_under_all_names(tf):
    names = tf.mixed_precision.experimental, tf.train.experimental, tf.compat.v1.train.experimental
    assert all(module.DynamicLossScale is names[0].DynamicLossScale for module in names)


def test_values_are_applied_at_once_if_they_are_finite(tf):
    v1 = tf.compat.v1.train
    optimizer = v1.experimental.MixedPrecisionLossScaleOptimizer(v1.GradientDescentOptimizer(0.5), "dynamic")
    v = tf.Variable([1.0, 2.0])
    for gradient in ([1.0, float("nan")], [1.0, 2.0]):
        optimizer.apply_gradients([(tf.constant(gradient), v)])
    assert v.numpy().tolist() == [0.5, 1.0] and optimizer._loss_scale().numpy() == 2.0**14
    optimizer.minimize(lambda: K.sum(v), var_list=[v])
    assert v.numpy().tolist() == [0.0, 0.5] and optimizer.variables() == []


def test_one_or_the_other(tf):
    experimental = tf.compat.v1.train.experimental
    optimizer = tf.compat.v1.train.GradientDescentOptimizer(0.5)
    try:
        wrapped = experimental.enable_mixed_precision_graph_rewrite(optimizer)
        assert isinstance(wrapped, experimental.MixedPrecisionLossScaleOptimizer)
        with pytest.raises(ValueError, match="graph rewrite"):
            newer_policies.set_policy("mixed_float16")
    finally:
        experimental.disable_mixed_precision_graph_rewrite()
    newer_policies.set_policy("mixed_float16")
    try:
        with pytest.raises(ValueError, match="a policy has been set"):
            experimental.enable_mixed_precision_graph_rewrite(optimizer)
    finally:
        newer_policies.set_policy(None)
    assert kjax.executing_eagerly() and not newer_policies.rewrites
