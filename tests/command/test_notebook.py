"""`kjax run notebook.ipynb`."""

import json
import signal
import subprocess
import sys

import pytest

from programs import run

pytest.importorskip("nbclient", reason="needs nbclient, of the extra kjax[notebooks]")
pytest.importorskip("ipykernel", reason="needs ipykernel, of the extra kjax[notebooks]")

CELLS = [
    "!pip install tensorflow==1.15\nimport os, sys\nimport numpy as np\nimport tensorflow as tf\nnp.float(0.5)",
    "for i in range(3):\n    print(i, end='\\r')\nprint('done', os.path.basename(os.getcwd()), *open('data.txt'))",
    "class Thing: pass\nimport pickle\ntype(pickle.loads(pickle.dumps(Thing()))) is Thing",
    "tf.constant([1.0]) + 1.0",
    "def f():\n    return tf.matmul(tf.ones((2, 3)), tf.ones((2, 3)))\nf()",
    "print('never')",
]


def notebook(cells):
    code = {"cell_type": "code", "metadata": {}, "outputs": [], "execution_count": None}
    text = {"cell_type": "markdown", "metadata": {}, "source": "# Chapter 1"}
    made = [text, *({**code, "source": source} for source in cells)]
    return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})


@pytest.fixture(autouse=True)
def nothing_at_home(folder, monkeypatch):
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(folder / name))


def test_cells_run_in_order_and_an_error_names_cell_and_line(folder):
    (folder / "books").mkdir()
    (folder / "books" / "data.txt").write_text("found")
    (folder / "books" / "one.ipynb").write_text(notebook(CELLS))
    finished = run("--graph", "books/one.ipynb", "-o", "out.ipynb")
    assert finished.returncode == 1
    out = finished.stdout.splitlines()
    assert out[:2] == ["kjax run: not carried out: !pip install tensorflow==1.15", "0.5"]
    assert "done books found" in finished.stdout and "True" in out and "never" not in finished.stdout
    assert "kjax.Tensor 'Add:0'" in finished.stdout  # symbolic
    first, *_, last = finished.stderr.splitlines()
    assert first == "kjax run: books/one.ipynb: cell 6 of 7 failed"
    assert "Cell In[5], line 3" in finished.stderr and "src/kjax" not in finished.stderr
    assert last == "ValueError: matmul(): shapes (2, 3) and (2, 3) can't be multiplied, the inner dims differ: 3 and 2"
    outputs = [cell.get("outputs") for cell in json.loads((folder / "out.ipynb").read_text())["cells"]]
    assert outputs[2][0]["text"] == ["done books found\n"]  # as one sees it
    assert [kinds[0]["output_type"] for kinds in outputs[3:6]] == ["execute_result", "execute_result", "error"]
    assert outputs[6] == []


@pytest.mark.skipif(sys.platform == "win32", reason="signals are sent on POSIX")
def test_an_interrupt_ends_the_cell_and_its_results_are_kept(folder):
    cells = ["x = 1\nx", "import time\nprint('now', flush=True)\ntime.sleep(60)", "2"]
    (folder / "long.ipynb").write_text(notebook(cells))
    line = [sys.executable, "-m", "kjax", "run", "long.ipynb", "-o", "out.ipynb"]
    with subprocess.Popen(line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert [process.stdout.readline() for _ in range(2)] == ["1\n", "now\n"]
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
    assert process.returncode == -signal.SIGINT
    assert "cell 3 of 4 failed" in told and "Cell In[2], line 3" in told
    outputs = [cell.get("outputs") for cell in json.loads((folder / "out.ipynb").read_text())["cells"]]
    assert outputs[1][0]["data"]["text/plain"] == ["1"] and outputs[2][-1]["ename"] == "KeyboardInterrupt"
    assert outputs[3] == []
