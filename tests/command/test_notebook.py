"""`kjax run notebook.ipynb`."""

import json

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


def test_cells_run_in_order_and_an_error_names_cell_and_line(folder, monkeypatch):
    (folder / "books").mkdir()
    (folder / "books" / "data.txt").write_text("found")
    (folder / "books" / "one.ipynb").write_text(notebook(CELLS))
    for name in ("IPYTHONDIR", "JUPYTER_RUNTIME_DIR"):
        monkeypatch.setenv(name, str(folder / name))
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
