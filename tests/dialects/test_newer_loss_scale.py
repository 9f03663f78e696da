"""Optimizers that scale losses, beside what TensorFlow 2.2 answered."""

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.dialects.loss_scales import DynamicLossScale
from kjax.dialects.newer_loss_scale import LossScaleOptimizer, NewerLossScaleOptimizer
from kjax.dialects.newer_optimizers import SGD, Adam, deserialize, serialize
from newer_programs import problems


def near(case):
    return 2e-3 if "a step of a program" in case or "too large" in case else 1e-5


def test_optimizers_scale_as_those_of_tensorflow(tmp_path):
    assert problems(tmp_path, "scales", recorder="newer_precision", near=near) == {}


def test_arguments_of_the_newer_one():
    for error, wrong in (
        (TypeError, lambda: NewerLossScaleOptimizer(3)),
        (TypeError, lambda: NewerLossScaleOptimizer(NewerLossScaleOptimizer(SGD()))),
        (TypeError, lambda: NewerLossScaleOptimizer(SGD(), dynamic="yes")),
        (ValueError, lambda: NewerLossScaleOptimizer(SGD(), dynamic=False)),
        (ValueError, lambda: NewerLossScaleOptimizer(SGD(), False, 8, 100)),
    ):
        with pytest.raises(error, match=r"LossScaleOptimizer\(\)"):
            wrong()
    fixed, changing = NewerLossScaleOptimizer(SGD(), False, 8), NewerLossScaleOptimizer(SGD(), True, 8, 100)
    assert (fixed.initial_scale, fixed.dynamic_growth_steps, fixed.dynamic_counter) == (8.0, None, None)
    assert (changing.initial_scale, changing.dynamic_growth_steps) == (8.0, 100)


@pytest.mark.parametrize(
    "made", [lambda: NewerLossScaleOptimizer(Adam(0.5), True, 8), lambda: LossScaleOptimizer(SGD(), 2)]
)
def test_both_kinds_are_told_apart_in_files(made):
    optimizer = made()
    again = deserialize(serialize(optimizer))
    assert type(again) is type(optimizer) and again.get_config() == optimizer.get_config()
    assert type(type(optimizer).from_config(optimizer.get_config())) is type(optimizer)


def test_gradients_are_limited_after_they_are_divided(tf):
    optimizer, v = NewerLossScaleOptimizer(SGD(1.0, clipvalue=0.5), initial_scale=1024), K.variable([1.0, 2.0])
    optimizer.minimize(lambda: K.sum(v * K.constant([0.25, 4.0])), [v])
    np.testing.assert_allclose(K.get_value(v), [0.75, 1.5])


def test_a_step_that_fails_changes_nothing():
    optimizer, v = LossScaleOptimizer(SGD(1.0), "dynamic"), K.variable([1.0, 2.0])
    with pytest.raises(ValueError, match="No gradients"):
        optimizer.apply_gradients([(None, v)])
    with pytest.raises((TypeError, ValueError)):
        optimizer.apply_gradients([(K.constant([1.0, 2.0, 3.0]), v)])
    assert K.get_value(v).tolist() == [1.0, 2.0] and optimizer.loss_scale().numpy() == 2.0**15
    assert K.get_value(optimizer.iterations) == 0


def test_a_checkpoint_keeps_the_scale(tf, tmp_path):
    def made(scale):
        optimizer, v = LossScaleOptimizer(SGD(0.5, momentum=0.5), DynamicLossScale(scale)), K.variable([1.0, 2.0])
        return optimizer, v, tf.train.Checkpoint(optimizer=optimizer, v=v)

    optimizer, v, checkpoint = made(8.0)
    for gradient in ([float("nan"), 0.0], [1.0, 2.0]):
        optimizer.apply_gradients([(K.constant(gradient), v)])
    path = checkpoint.save(str(tmp_path / "steps"))
    other, w, again = made(32.0)
    other.apply_gradients([(K.constant([0.0, 0.0]), w)])
    again.restore(path).assert_consumed()
    assert other.loss_scale().numpy() == 4.0 and K.get_value(other.loss_scale._num_good_steps) == 1
    assert [K.get_value(x).tolist() for x in other.weights] == [K.get_value(x).tolist() for x in optimizer.weights]


def test_updates_of_a_graph():
    with kjax.graph_mode():
        v, factor = K.variable([1.0, 2.0]), K.placeholder(())
        optimizer = LossScaleOptimizer(SGD(0.5, momentum=0.5), "dynamic")
        updates = optimizer.get_updates(K.sum(K.square(v)) * factor, [v])
        train = K.function([factor], [], updates=updates)
    train([float("inf")])
    assert K.get_value(v).tolist() == [1.0, 2.0] and K.get_value(optimizer.weights[1]).tolist() == [0.0, 0.0]
    train([1.0])
    assert K.get_value(v).tolist() == [0.0, 0.0] and K.get_value(optimizer.iterations) == 1
    assert K.eval(optimizer.loss_scale()) == 2.0**14
