"""Runs groups of the programs in `record_newer_training` and compares what they answer with TensorFlow 2.2."""

import json
import math
import pathlib

from programs import run

HERE = pathlib.Path(__file__).parent / "dialects"
RECORDED = json.loads((HERE / "answers" / "newer_training.json").read_text())


def problems(folder, *groups):
    """The programs of these groups that answer differently here, each with the difference; they run in one process."""
    expected = {case: answer for case, answer in RECORDED.items() if case.partition(":")[0] in groups}
    finished = run(str(HERE / "record_newer_training.py"), str(folder / "answers.json"), *groups)
    assert finished.returncode == 0, finished.stderr
    found = json.loads((folder / "answers.json").read_text())
    assert found.keys() == expected.keys() and len(found) > 5
    told = {case: difference(found[case], answer) for case, answer in expected.items()}
    return {case: difference for case, difference in told.items() if difference}


def difference(found, expected):
    """Where two answers differ by more than 1e-5, as text."""
    if isinstance(expected, dict) and isinstance(found, dict) and found.keys() == expected.keys():
        parts = [(key, found[key], expected[key]) for key in expected]
    elif isinstance(expected, list) and isinstance(found, list) and len(found) == len(expected):
        parts = [(i, *both) for i, both in enumerate(zip(found, expected, strict=True))]
    elif isinstance(expected, float) and isinstance(found, (int, float)):
        near = math.isclose(found, expected, rel_tol=1e-5, abs_tol=1e-5) or (math.isnan(found) and math.isnan(expected))
        return "" if near else f"{found} instead of {expected}"
    else:
        return "" if found == expected else f"{found!r} instead of {expected!r}"
    return next((f"[{key!r}] {told}" for key, a, b in parts if (told := difference(a, b))), "")
