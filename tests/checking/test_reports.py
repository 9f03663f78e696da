"""Findings as text, JSON, SARIF and annotations."""

import io
import json

import pytest

from kjax.checking import reports

PROGRAM = """\
import numpy as np
import tensorflow as tf

def f(x):
    return tf.lite.convert(x), np.float(x)
"""


@pytest.fixture
def result(check):
    return check(program=PROGRAM)


def written(report, result, *options, **named):
    to = io.StringIO()
    report(result, result.findings, *options, to=to, **named)
    return to.getvalue()


def test_text(result, monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    text = written(reports.text, result)
    first, second, third, fourth, note = text.splitlines()
    assert first == "1 of 2 names are answered; 1 line to change"
    assert second.startswith("program.py:5:12: KJ101 tensorflow.lite is not answered; instead: ")
    assert third == "  5 | return tf.lite.convert(x), np.float(x)"
    assert fourth == "    |        ^^^^^^^^^^^^^^^"
    assert note == "note: 1 name is gone from its package, and answered by `kjax run`: np.float"
    every = written(reports.text, result, True)
    assert (
        "program.py:2:8: KJ000 tensorflow: answered" in every
        and "program.py:5:32: KJ301 numpy.float is gone; " in every
    )


def test_colours_on_a_terminal_alone(result, monkeypatch):
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    assert "\x1b" not in written(reports.text, result)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    assert "\x1b[" in written(reports.text, result)
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b[1;31m" not in written(reports.text, result)


def test_json(result):
    whole = json.loads(written(reports.as_json, result))
    assert (whole["status"], whole["files"], whole["unread"]) == (1, ["program.py"], [])
    (error,) = (finding for finding in whole["findings"] if finding["level"] == "error")
    assert error["line"] == 5 and error["column"] == 12 and error["name"] == "tensorflow.lite"


def test_sarif(result):
    log = json.loads(written(reports.sarif, result))
    assert log["version"] == "2.1.0" and log["$schema"].endswith("sarif-2.1.0.json")
    (run,) = log["runs"]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for found in run["results"]:
        assert rules[found["ruleIndex"]] == found["ruleId"] and found["level"] in ("error", "note")
        assert found["message"]["text"]
    error = next(found for found in run["results"] if found["level"] == "error")
    at = error["locations"][0]["physicalLocation"]
    assert at == {
        "artifactLocation": {"uri": "program.py"},
        "region": {"startLine": 5, "startColumn": 12, "endColumn": 27},
    }


def test_github(result):
    error, note, summary = written(reports.github, result).splitlines()
    assert error.startswith(
        "::error file=program.py,line=5,col=12,endColumn=27,title=KJ101 not answered::tensorflow.lite"
    )
    assert note.startswith("::notice file=program.py,line=5,col=32") and "title=KJ301 gone%2C and repaired::" in note
    assert summary == "::notice::kjax check: 1 of 2 names are answered; 1 line to change"


def test_places_in_notebooks_and_standard_input(check, tmp_path):
    cells = [{"cell_type": "markdown", "source": ""}, {"cell_type": "code", "source": "import tensorflow.nonsense"}]
    (tmp_path / "n.ipynb").write_text(json.dumps({"cells": cells}))
    result = check("n.ipynb", program="")
    assert "n.ipynb:cell 2:1:8: KJ101" in written(reports.text, result)
    (found,) = json.loads(written(reports.sarif, result))["runs"][0]["results"]
    assert found["locations"][0]["logicalLocations"] == [{"name": "cell 2, line 1"}]
    assert "::error file=n.ipynb,title=KJ101 not answered::cell 2, line 1: " in written(reports.github, result)
    assert json.loads(written(reports.as_json, result))["findings"][0]["cell"] == 2
    assert reports.location(result.findings[0].place._replace(path="-", cell=0)) == "<stdin>:1:8"


def test_files_that_can_not_be_opened(check):
    result = check("nowhere.py", program="")
    assert "error: there is no file 'nowhere.py'" in written(reports.text, result)
    assert "::error::there is no file" in written(reports.github, result)
    run = json.loads(written(reports.sarif, result))["runs"][0]
    assert not run["invocations"][0]["executionSuccessful"]


def test_long_lists_of_names_are_cut(check):
    names = "\n".join(
        f"np.{name}" for name in ["float", "int", "object", "str", "Inf", "NaN", "PINF", "NINF", "product", "infty"]
    )
    (note,) = reports.notes(check(program=f"import numpy as np\n{names}").findings)
    assert note.startswith("10 names are gone") and note.endswith(", ...")
