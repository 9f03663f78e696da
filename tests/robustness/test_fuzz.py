"""Odd calls, a few hundred of them: `make fuzz` makes 40,000."""

import pathlib

import pytest

from robustness import fuzz


def test_odd_calls_raise_nothing_but_documented_errors():
    counts, faults = fuzz.run(500, seed=1)
    assert not faults, "\n".join(faults)
    assert sum(counts.values()) == 500
    assert counts["answer"] > 100 and counts["TypeError"] > 50 and counts["ValueError"] > 25  # calls of all kinds


CALL = "result = function(**given)"


@pytest.mark.parametrize(
    ("instead", "kind"),
    [("os.abort()", "crash"), ("__import__('time').sleep(60)", "hang"), ("raise KeyError('x')", "internal")],
)
def test_faults_are_seen(instead, kind, monkeypatch, tmp_path):
    source = pathlib.Path(fuzz.__file__).read_text(encoding="utf-8")
    assert source.count(CALL) == 1
    broken = tmp_path / "fuzz.py"
    broken.write_text(source.replace(CALL, instead), encoding="utf-8")
    monkeypatch.setattr(fuzz, "__file__", str(broken))
    monkeypatch.setattr(fuzz, "SECONDS", 10)
    counts, faults = fuzz.run(2, seed=1)
    assert counts[kind] and faults[0].startswith(kind)
