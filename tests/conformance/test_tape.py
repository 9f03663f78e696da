"""The gradients that TF 2.2 gave, of what is computed at once while a tape records: a case for each function."""

import pytest

from kjax import backend as K
from kjax.core.tape import Tape

from . import cases, dialects, play, records, replay
from .case import FLOATS
from .rules import difference

# TF 2.2 was asked in a graph, where it differentiates both branches, and looks for the logits behind a softmax.
GRAPH_ONLY = ("switch", "switch_twice", "categorical_of_softmax", "mean_loss")


def _chosen():
    for family in cases.FAMILIES:
        entries = records.read(dialects.TF22.folder, family)[1]
        functions = set()
        for case in cases.load(family):
            entry = entries[case.label]
            usual = all(arr.dtype in ("float32", "int32", "int64", "bool") for arr in case.arrays())
            if "grad" in entry.get("known", {}) and usual and not case.reason and case.fn not in functions:
                functions.add(case.fn)
                if case.fn not in GRAPH_ONLY and getattr(case.fn, "__name__", "") not in GRAPH_ONLY:
                    yield pytest.param(case, entry, id=f"{family}-{case.label}")


@pytest.mark.parametrize(("case", "entry"), list(_chosen()))
def test_gradients(case, entry):
    tape, made = Tape(), []

    def make(arr):
        if arr.how == "raw":
            return arr.value()
        made.append((K.variable if arr.how == "variable" else K.constant)(arr.value(), dtype=arr.dtype))
        if arr.dtype in FLOATS:
            tape.watch(made[-1])
        return made[-1]

    tape.start()
    try:
        outputs = play.leaves(play.call(K, case, make), replay.is_array)
        expected = replay.baseline(entry)
        described = [(t, t.dtype.name, tuple(e["shape"])) for t, e in zip(outputs, expected, strict=True)]
        loss = play.loss(K, described)
    finally:
        tape.stop()
    found = tape.gradient([loss], [t for t in made if t.dtype.is_floating])
    for theirs, ours in zip(entry["known"]["grad"], found, strict=True):
        assert difference(theirs, None if ours is None else records.encode(ours.numpy()), 1e-4, 1e-5) == ""
