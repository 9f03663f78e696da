"""Keras 2.3.1's dialect beside Keras 2.3.1 on TensorFlow 1.15, in graph mode, by a sample of the recorded cases.

All of them, in three minutes: `cd tests && python -m conformance.replay --keras2`.
"""

import pathlib
import tomllib
import zlib

import pytest

from . import dialects, records, replay

KERAS2 = dialects.KERAS2
_TABLE = tomllib.loads((pathlib.Path(__file__).parent / "differences_keras2.toml").read_text(encoding="utf-8"))
EXPECTED = {case: part["reason"] for part in _TABLE["difference"] for case in part["cases"]}

PART = 8  # one in so many cases that TF 2.2 was asked, too; and half of the dialect's own


def sampled(family, case):
    share = 2 if family.startswith("own_") else PART
    return zlib.crc32(case.label.encode()) % share == 0


@pytest.mark.parametrize("mode", KERAS2.modes)
@pytest.mark.parametrize("family", KERAS2.cases.FAMILIES)
def test_sample(family, mode):
    _, entries = records.read(KERAS2.folder, family)
    cases = [case for case in KERAS2.cases.load(family) if case.label in entries and sampled(family, case)]
    cases = [case for case in cases if mode in replay.modes(case, KERAS2)]
    wrong, agree = [], []
    for label, texts in replay.replay(cases, entries, mode, KERAS2).items():
        expected = f"{family} {mode} {label}" in EXPECTED
        if bool(texts) != expected:
            (wrong if texts else agree).append(f"{label}: {' '.join(texts)}")
    assert not wrong, "\n".join(wrong)
    assert not agree, "these agree by now; take them out of differences_keras2.toml:\n" + "\n".join(agree)


def test_the_oracle_is_large_and_the_differences_are_of_its_cases():
    labels, own = set(), 0
    for family in KERAS2.cases.FAMILIES:
        header, entries = records.read(KERAS2.folder, family)
        assert {name: header[name] for name in KERAS2.versions} == KERAS2.versions
        labels |= {f"{family} {mode} {label}" for label in entries for mode in KERAS2.modes}
        own += len(entries) if family.startswith("own_") else 0
    assert own >= 1500 and len(labels) >= 2 * 9000
    assert set(EXPECTED) <= labels
