"""Policies, beside what TensorFlow 2.2 answered."""

import pytest

from kjax.dialects import newer_policies
from newer_programs import problems


def test_policies_are_those_of_tensorflow(tmp_path):
    assert problems(tmp_path, "policies", recorder="newer_precision") == {}


@pytest.mark.parametrize(("policy", "told"), [("float64", "float64"), ("infer", None)])
def test_configurations(policy, told):
    assert newer_policies.serialize(newer_policies.Policy(policy)) == told


def test_a_policy_of_ones_own_is_saved_as_such():
    class Own(newer_policies.Policy):
        pass

    assert newer_policies.serialize(Own("float16")) == {"class_name": "Own", "config": {"name": "float16"}}


def test_a_policy_is_for_layers_to_come():
    assert not newer_policies.is_set()
    try:
        newer_policies.set_global_policy("mixed_float16")
        policy = newer_policies.global_policy()
        assert newer_policies.is_set() and policy.scales and newer_policies.given(None) is policy
        assert newer_policies.given("float32") is None and newer_policies.given("mixed_bfloat16").scales is False
        with pytest.raises(ValueError, match="Policy"):
            newer_policies.set_policy("narrow")
        assert newer_policies.global_policy() is policy
    finally:
        newer_policies.set_policy(None)
