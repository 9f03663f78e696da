import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

FOLDER = Path(__file__).parents[1] / "benchmarks"


@pytest.fixture
def suite(monkeypatch):
    """The modules of the benchmarks, which are a program and no package."""
    monkeypatch.syspath_prepend(str(FOLDER))
    names = ("environments", "frameworks", "report", "run", "tasks", "worker")
    before = set(sys.modules)
    yield {name: __import__(name) for name in names}
    for name in set(sys.modules) - before:
        if name.partition(".")[0] in names:
            del sys.modules[name]


def test_every_row_has_its_tasks_and_a_framework_for_them(suite):
    tasks, frameworks = suite["tasks"], suite["frameworks"].FRAMEWORKS
    assert any(task.scripts for task in tasks.TASKS.values())
    for row in tasks.ROWS:
        assert {*row.tasks} <= {*tasks.TASKS} and row.ours in frameworks and row.peer in {None, *frameworks}
        assert (row.peer is None) == (row.limit is not None)
        for task in row.tasks:
            scripts = tasks.TASKS[task].scripts
            assert scripts is None or {row.ours, row.peer} - {None} <= {*scripts}
    assert len([row for row in tasks.ROWS if len(row.tasks) == 36]) == 4


def ask(process, **request):
    print(json.dumps(request), file=process.stdin, flush=True)
    return json.loads(process.stdout.readline())


def test_a_worker_answers(suite):
    command = [sys.executable, str(FOLDER / "worker.py"), "kjax"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as worker:
        assert json.loads(worker.stdout.readline()) == {"ready": "kjax"}
        assert ask(worker, do="versions")["answer"]["kjax"]
        result = suite["run"].unpacked(ask(worker, do="result", task="square, 8x16")["answer"])
        assert result.shape == (8, 16) and result.dtype == "float32"
        assert ask(worker, do="result", task="dropout, 8x16") == {"answer": None}
        assert 0 < ask(worker, do="time", task="square, 8x16", times=10)["answer"] < 1
        assert "KeyError" in ask(worker, do="time", task="nothing", times=1)["error"]
        worker.stdin.close()


def test_results_are_compared(suite):
    compared = suite["run"]._compared
    a = np.ones((2, 3))
    assert compared(a, None) is a and compared(a + 1e-6, a) is a
    for other in (a[:1], a + 0.1):
        with pytest.raises(AssertionError):
            compared(other, a)


def test_ratios_and_report(suite, tmp_path, capsys):
    run, tasks = suite["run"], suite["tasks"]
    made = run.Suite(tmp_path, 3, 0.01)
    made.figures = {
        "a": {"kjax": [{"seconds": 1.0}] * 3, "torch": [{"seconds": s} for s in (2.0, 4.0, 8.0)]},
        "b": {"kjax": [{"seconds": 2.0}] * 3, "torch": [{"seconds": 2.0}] * 3},
        "s": {"kjax": [{"seconds": 3.0}]},
        "t": {"kjax": [{"seconds": 9.0}]},
    }
    both = run.result_of(tasks.Row("both", ["a", "b"], "torch", 2, least=1), made.figures)
    assert both["ratio"] == pytest.approx(2) and both["met"] and both["worst"] == {"task": "b", "ratio": 1}
    assert both["spread"] == pytest.approx([2**0.5, 8**0.5])
    rows = [
        tasks.Row("both", ["a", "b"], "torch", 3, least=1),
        tasks.Row("one", ["a"], "torch", 3),
        tasks.Row("floor", ["b"], "torch"),
        tasks.Row("alone", ["b"], limit=1),
        tasks.Row("curve, x: rise", ["s", "t"], sizes=[1, 2], between=(1, 2), limit=2, unit=""),
        tasks.Row("nobody", ["a"], "tf22", 1),
    ]
    found = [(row, run.result_of(row, made.figures)) for row in rows]
    assert [result and result["met"] for _, result in found] == [False, True, None, False, True, None]
    assert found[4][1]["value"] == 1.5 and found[5][1] is None
    suite["report"].write(tmp_path / "results", found, {"kjax": {"python": "3"}}, made, 1.0)
    text = (tmp_path / "results" / "results.md").read_text()
    assert (
        text == capsys.readouterr().out[:-1]
        and "2 of the 4 rows measured that have a target meet it; 1 were not" in text
    )
    assert "- both, PyTorch: 2.00 (≥ 3, none < 1)" in text and "- alone: 2 s, ≤ 1 s" in text
    assert json.loads((tmp_path / "results" / "results.json").read_text())["rows"][1]["result"]["ratio"] == 4
    for name in ("ratios.svg", "sizes.svg"):
        assert (tmp_path / "results" / name).read_text().rstrip().endswith("</svg>")


def test_convolutions_are_measured():
    command = [sys.executable, str(FOLDER / "convolutions.py"), "^1-D, 2"]
    lines = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert len(lines) == 1 and lines[0].count(" ms, ") == 3


def test_the_models_of_many_kinds_have_every_layer_class():
    """Of Keras 2.3.1's layers, by the names in the file: but for bases, old names, and classes that need CUDA."""
    source = (FOLDER.parent / "tests" / "clients" / "kinds.py").read_text()
    named = {*re.findall(r"layers\.(\w+)\(", source)}
    merges = {"add", "subtract", "multiply", "average", "maximum", "minimum", "concatenate", "dot"}
    assert {*LAYERS.split()} - named == set() and all(f"layers.{merge}" in source for merge in merges)


LAYERS = """
ActivityRegularization Activation AlphaDropout AveragePooling1D AveragePooling2D AveragePooling3D BatchNormalization
Bidirectional Conv1D Conv2D Conv2DTranspose Conv3D Conv3DTranspose ConvLSTM2D Cropping1D Cropping2D Cropping3D Dense
DepthwiseConv2D Dropout ELU Embedding Flatten GRU GRUCell GaussianDropout GaussianNoise GlobalAveragePooling1D
GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D GlobalMaxPooling2D LSTM LSTMCell Lambda LeakyReLU
LocallyConnected1D LocallyConnected2D Masking MaxPooling1D MaxPooling2D MaxPooling3D PReLU Permute RNN ReLU RepeatVector
Reshape SeparableConv1D SeparableConv2D SimpleRNN Softmax SpatialDropout1D SpatialDropout2D SpatialDropout3D
ThresholdedReLU TimeDistributed UpSampling1D UpSampling2D UpSampling3D ZeroPadding1D ZeroPadding2D ZeroPadding3D
"""
