"""Each operation, and each of the `tf.*` calls, is compared with recorded answers of TF 2.2."""

import importlib
from unittest import mock

import pytest

from kjax import backend as K
from kjax import shapes
from kjax.core.op import op
from kjax.core.operands import Float
from kjax.dialects import keras2_repairs, tensorflow, tensorflow_calls
from kjax.ops import elementwise

from . import calls, evidence

# Operations, as `ops.elementwise.square`, that no case of TF 2.2 can run, each with the reason. Keep it short.
EXEMPT = {
    "dialects.tensorflow_ops.placeholder_with_default": "in a graph only, where a session gives its value",
    "ops.activation.gelu": "of TensorFlow 2.4; tests/dialects/test_newer_initializers.py has a computation beside it",
    "ops.warping.warped": "of random layers of images; tests/ops/test_warping.py has a computation beside it",
}


@pytest.fixture(scope="module")
def tf():
    """`import tensorflow`, as where Keras 2.3.1 is not installed."""
    with mock.patch.object(keras2_repairs, "is_installed", lambda: False), tensorflow.install(force=True):
        yield importlib.import_module("tensorflow")


def test_all_operations_are_looked_at():
    assert len(evidence.operations()) == evidence.declarations() > 100


def test_every_operation_is_run_by_a_case(tf, monkeypatch):
    run = evidence.run_by_cases(tf)
    assert evidence.without_cases(run) == sorted(EXEMPT)

    @op(shape=shapes.elementwise)
    def sobol_sample(xp, x: Float):
        return xp.sobol_sample(x)

    sobol_sample.__module__ = elementwise.__name__
    monkeypatch.setattr(elementwise, "sobol_sample", sobol_sample, raising=False)
    assert evidence.without_cases(run) == sorted([*EXEMPT, "ops.elementwise.sobol_sample"])


@pytest.mark.parametrize(
    ("group", "expression"), calls.cases(), ids=[f"{calls.BLOCKS[case]}-{'-'.join(case)}" for case in calls.cases()]
)
def test_a_call_answers_as_tensorflow_did(tf, group, expression):
    assert calls.problem(tf, group, expression) == ""


def test_every_call_is_backed_by_a_case(tf):
    assert calls.unproven(tf) == []


@pytest.mark.parametrize(
    ("case", "answer"),
    [
        (None, None),
        ("tf.math.sobol_sample(x,1,2,3)", "error"),
        ("tf.is_tensor(tf.math.sobol_sample)", False),  # named, but not asked for anything
    ],
)
def test_a_call_without_evidence_is_found(tf, case, answer, monkeypatch):
    add(tf, "sobol_sample", lambda x, name=None: 42, monkeypatch)
    if case:
        monkeypatch.setitem(calls.RECORDED["eager"], case, answer)
    assert calls.unproven(tf) == ["tf.math.sobol_sample"]


def test_a_call_with_evidence_can_be_seen_to_be_wrong(tf, monkeypatch):
    case = "tf.math.sobol_sample(0.)"
    monkeypatch.setitem(calls.RECORDED["eager"], case, {"dtype": "float32", "shape": [], "value": 1.0})
    add(tf, "sobol_sample", lambda x, name=None: K.exp(x), monkeypatch)
    assert calls.unproven(tf) == [] and calls.problem(tf, "eager", case) == ""
    add(tf, "sobol_sample", lambda x, name=None: 42, monkeypatch)
    assert calls.problem(tf, "eager", case) == "42 instead of a tensor"


def add(tf, name, call, monkeypatch):
    """Another entry of the table for `tf.math`."""
    module = tf.math  # (filled from the table when it is first asked for)
    monkeypatch.setitem(tensorflow_calls.TF_MATH, name, call)
    monkeypatch.setattr(module, name, call, raising=False)


def test_the_tables_are_all_that_programs_can_reach(tf):
    reached = []
    for module in calls.modules():
        face = importlib.import_module(module.replace("tf", "tensorflow", 1))
        for name in dir(face):
            if not name.startswith("_") and not isinstance(getattr(face, name), type(tf)):
                reached.append(f"{module}.{name}")
    assert sorted(reached) == sorted(calls.entries())
    assert all(getattr(tf.compat.v2, name) is getattr(tf, name) for name in tensorflow_calls.TF)
