"""Runs groups of the programs that a recorder has, and compares what they answer with TensorFlow 2.2."""

import json
import math
import pathlib

from programs import run

HERE = pathlib.Path(__file__).parent / "dialects"


def problems(folder, *groups, recorder="newer_training", near=lambda case: 1e-5):
    """The programs of these groups that answer differently here, each with the difference; they run in one process.

    Numbers may differ by what `near` gives for a program, relatively or absolutely.
    """
    recorded = json.loads((HERE / "answers" / f"{recorder}.json").read_text())
    expected = {case: answer for case, answer in recorded.items() if case.partition(":")[0] in groups}
    finished = run(str(HERE / f"record_{recorder}.py"), str(folder / "answers.json"), *groups)
    assert finished.returncode == 0, finished.stderr
    found = json.loads((folder / "answers.json").read_text())
    assert found.keys() == expected.keys() and len(found) > 3
    told = {case: difference(found[case], answer, near(case)) for case, answer in expected.items()}
    return {case: difference for case, difference in told.items() if difference}


def difference(found, expected, near=1e-5):
    """Where two answers differ by more than `near`, as text."""
    if isinstance(expected, dict) and isinstance(found, dict) and found.keys() == expected.keys():
        parts = [(key, found[key], expected[key]) for key in expected]
    elif isinstance(expected, list) and isinstance(found, list) and len(found) == len(expected):
        parts = [(i, *both) for i, both in enumerate(zip(found, expected, strict=True))]
    elif isinstance(expected, float) and isinstance(found, (int, float)):
        close = math.isclose(found, expected, rel_tol=near, abs_tol=near)
        return "" if close or (math.isnan(found) and math.isnan(expected)) else f"{found} instead of {expected}"
    else:
        return "" if found == expected else f"{found!r} instead of {expected!r}"
    return next((f"[{key!r}] {told}" for key, a, b in parts if (told := difference(a, b, near))), "")
