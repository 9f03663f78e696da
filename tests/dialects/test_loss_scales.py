"""Loss scales. Answers of TensorFlow 2.2 are in `recorded/precision.json`."""

import pytest

import kjax
from kjax import backend as K
from kjax.dialects import loss_scales
from kjax.dialects.loss_scales import DynamicLossScale, FixedLossScale, LossScale


def test_a_scale_in_a_graph_changes_when_the_graph_runs():
    with kjax.graph_mode():
        scale, x = DynamicLossScale(8.0, increment_period=2), K.placeholder(())
        updates, finite = scale.update([x])
        step = K.function([x], [finite], updates=updates)
    told = [(step([x])[0].item(), K.eval(scale()).item()) for x in (1.0, 1.0, float("nan"), 1.0)]
    assert told == [(True, 8.0), (True, 16.0), (False, 8.0), (True, 8.0)]


def test_configurations_and_what_is_no_scale():
    scale = DynamicLossScale(4, 5, 3)
    again = loss_scales.deserialize(loss_scales.serialize(scale))
    assert type(again) is DynamicLossScale and again.get_config() == scale.get_config()
    assert loss_scales.get(loss_scales.serialize(FixedLossScale(2)))().numpy() == 2.0
    assert loss_scales.get(scale) is scale and loss_scales.get("dynamic")().numpy() == 2.0**15
    assert loss_scales.serialize(None) is loss_scales.deserialize(None) is None
    for wrong in ("static", [], {"class_name": "Other", "config": {}}):
        with pytest.raises(ValueError, match="loss scale"):
            loss_scales.get(wrong)
    with pytest.raises(RuntimeError, match="good_steps"):
        scale._add_weight("good_steps", 0)


def test_a_scale_of_ones_own():
    class Own(LossScale):
        def __call__(self):
            return K.constant(3.0)

        def update(self, grads):
            return None, False

        def get_config(self):
            return {}

    assert isinstance(loss_scales.deserialize({"class_name": "Own", "config": {}}, {"Own": Own}), Own)
    assert loss_scales.get(Own())().numpy() == 3.0
    with pytest.raises(TypeError, match="abstract"):
        LossScale()


def test_no_gradients_are_finite():
    assert bool(loss_scales.all_finite([None, []]))
