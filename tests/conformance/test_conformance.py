"""A test for each recorded case of TF 2.2 in each mode: `test_case[reduction-sum(float32[2,3], axis=1)-graph]`."""

import collections

import pytest

from . import cases, dialects, records, replay
from .case import FLOATS

FAMILIES = {family: cases.load(family) for family in cases.FAMILIES}


def _params():
    for family, listed in FAMILIES.items():
        for case in listed:
            for mode in replay.modes(case):
                yield pytest.param(family, case, mode, id=f"{family}-{case.label}-{mode}")


@pytest.fixture(scope="session")
def problems(request):
    """The faults of a case. All selected cases of a family are replayed together, when the first is asked for."""
    wanted = collections.defaultdict(list)
    for item in request.session.items:
        if getattr(item, "originalname", "") == "test_case" and "mode" in item.callspec.params:
            params = item.callspec.params
            wanted[params["family"], params["mode"]].append(params["case"])
    done = {}

    def of(family, case, mode):
        if (family, mode) not in done:
            done[family, mode] = replay.replay(
                wanted[family, mode], records.read(dialects.TF22.folder, family)[1], mode
            )
        return done[family, mode][case.label]

    return of


@pytest.mark.parametrize(("family", "case", "mode"), list(_params()))
def test_case(problems, family, case, mode):
    found = problems(family, case, mode)
    assert not found, "\n" + "\n".join(found)


@pytest.mark.parametrize("family", cases.FAMILIES)
def test_recorded(family):
    """The records belong to the cases; otherwise record again."""
    header, entries = records.read(dialects.TF22.folder, family)
    assert header["tensorflow"] == "2.2.0"
    assert list(entries) == [case.label for case in FAMILIES[family]]
    for case in FAMILIES[family]:
        by = [arr for arr in case.arrays() if arr.how != "raw" and arr.dtype in FLOATS]
        recorded = entries[case.label].get("known", {}).get("grad", [])
        assert len(recorded) == len(by) * case.wants_grad, f"gradients of {case.label}"
        assert case.wants_error or case.reason or replay.baseline(entries[case.label]), f"outputs of {case.label}"
