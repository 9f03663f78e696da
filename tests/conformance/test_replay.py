"""The replay notices faults: a case that passes whatever kjax returns would be no evidence."""

import pytest

from kjax import backend as K

from . import cases, dialects, records, replay

FAMILY, LABEL = "elementwise", "pow(float32[2,3]:pos, float32[3]#2)"  # it has gradients by two tensors
GRADIENTS = K.gradients

WRONG = {
    "none of the gradients": lambda loss, by: [],
    "one gradient less": lambda loss, by: GRADIENTS(loss, by)[:-1],
    "one gradient more": lambda loss, by: GRADIENTS(loss, [*by, by[0]]),
    "no gradient by one of them": lambda loss, by: [*GRADIENTS(loss, by)[:-1], None],
    "in another order": lambda loss, by: GRADIENTS(loss, by[::-1]),
    "of another dtype": lambda loss, by: [K.cast(gradient, "float64") for gradient in GRADIENTS(loss, by)],
}


def problems(mode, label=LABEL, family=FAMILY, entry=None):
    """The faults that the replay of one case finds."""
    (case,) = [case for case in cases.load(family) if case.label == label]
    entries = {label: entry or records.read(dialects.TF22.folder, family)[1][label]}
    return replay.replay([case], entries, mode)[label]


@pytest.mark.parametrize("mode", ["symbolic", "graph"])
@pytest.mark.parametrize("gradients", WRONG)
def test_gradients_are_compared_strictly(mode, gradients, monkeypatch):
    assert problems(mode) == []
    monkeypatch.setattr(K, "gradients", WRONG[gradients])
    assert [text for text in problems(mode) if "gradient" in text]


def test_the_values_of_gradients_are_compared(monkeypatch):
    monkeypatch.setattr(K, "gradients", lambda loss, by: [gradient * 1.001 for gradient in GRADIENTS(loss, by)])
    assert len(problems("graph")) == 2


@pytest.mark.parametrize("mode", ["symbolic", "graph"])
def test_no_gradient_is_as_good_as_recorded(mode, monkeypatch):
    case = ("stop_gradient(float32[4])", "control")
    assert problems(mode, *case) == []
    monkeypatch.setattr(K, "gradients", lambda loss, by: [K.ones_like(tensor) for tensor in by])
    assert problems(mode, *case)


@pytest.mark.parametrize("mode", replay.MODES)
def test_outputs_are_compared(mode, monkeypatch):
    power = K.pow
    for wrong in (lambda x, a: power(x, a) * 1.001, lambda x, a: K.cast(power(x, a), "float64"), lambda x, a: []):
        with monkeypatch.context() as patch:
            patch.setattr(K, "pow", wrong)
            assert problems(mode)


@pytest.mark.parametrize("mode", replay.MODES)
def test_a_case_of_which_nothing_is_recorded_does_not_pass(mode):
    assert problems(mode, entry={"case": LABEL}) != []
