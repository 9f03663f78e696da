"""Programs in the manner of their time, unedited, beside what they printed on TensorFlow.

A program in `programs` prints one line of JSON at its end. `programs/answers` has what it was on TensorFlow 2.2 or
1.15, written by `python record_programs.py PROGRAM …` under that version.
"""

import json
import pathlib

import numpy as np
import pytest

from programs import run

PROGRAMS = pathlib.Path(__file__).parent / "programs"


def numbers(answer):
    """All numbers of an answer, in their order, and its form without them."""
    if isinstance(answer, dict):
        parts = [numbers(answer[key]) for key in sorted(answer)]
        return [n for found, _ in parts for n in found], (sorted(answer), [form for _, form in parts])
    if isinstance(answer, list):
        parts = [numbers(part) for part in answer]
        return [n for found, _ in parts for n in found], [form for _, form in parts]
    return ([answer], None) if isinstance(answer, (int, float)) else ([], answer)


@pytest.mark.parametrize("name", sorted(path.stem for path in PROGRAMS.glob("*.py")))
def test_a_program_prints_what_it_printed_on_tensorflow(name, tmp_path):
    finished = run(str(PROGRAMS / f"{name}.py"), cwd=tmp_path)
    assert finished.returncode == 0, finished.stderr
    found, form = numbers(json.loads(finished.stdout.splitlines()[-1]))
    expected, same = numbers(json.loads((PROGRAMS / "answers" / f"{name}.json").read_text()))
    assert form == same
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
