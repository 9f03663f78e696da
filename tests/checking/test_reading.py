"""Files, folders and notebooks as syntax trees."""

import json
import os

import pytest

from kjax.checking import reading


def cell(*lines, kind="code"):
    return {"cell_type": kind, "source": [f"{line}\n" for line in lines[:-1]] + [lines[-1]]}


def test_folders(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for path in (
        "a.py", "b/c.py", "b/d.ipynb", "b/e.txt", ".venv/x.py", "b/__pycache__/x.py", "node_modules/x.py", "env/x.py",
        "env/pyvenv.cfg", "lib/site-packages/x.py", "k.egg-info/x.py",
    ):  # fmt: skip
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("")
    os.symlink(tmp_path, tmp_path / "b" / "loop")
    assert [*reading.files(".")] == ["./a.py", "./b/c.py", "./b/d.ipynb"]
    assert [*reading.files("b/e.txt")] == ["b/e.txt"]  # named, it is read whatever it is called
    assert [*reading.files("-")] == ["-"]
    with pytest.raises(reading.Unreadable, match="no file 'z'"):
        [*reading.files("z")]


def test_encodings():
    assert reading.parsed("a.py", "# coding: latin-1\nx = 'é'\n".encode("latin-1")).line(2) == "x = 'é'"
    assert reading.parsed("a.py", "\ufeffx = 1\r\ny = 2\r\n".encode()).tree is not None
    source = reading.parsed("a.py", "x = 'é'\n".encode("latin-1"))
    assert source.tree is None and "encoding" in source.problem.message
    assert reading.parsed("a.py", b"x = 1\0").tree is None


def test_columns_count_letters():
    source = reading.parsed("a.py", "é = 'é'; K.x\n".encode())
    node = source.tree.body[1]
    assert source.place(node.lineno, node.col_offset) == ("a.py", 0, 1, 10)


@pytest.mark.parametrize(
    "text",
    [
        "print 'x'", "print 'x' % 3\n", "try:\n    f()\nexcept ValueError, e:\n    pass", "x = 0777", "if x <> 3: pass",
        "raise ValueError, 'no'", "exec 'x = 1'", "x = `y`", "x = ur'y'", "x = 10L",
    ],
)  # fmt: skip
def test_python_2(text):
    problem = reading.parsed("a.py", text.encode()).problem
    assert problem.python2, problem


@pytest.mark.parametrize("text", ["def f(:", "print(x", "x = = 3", "  x = 1\n y = 2", "print = 3 4"])
def test_other_errors(text):
    source = reading.parsed("a.py", text.encode())
    assert source.tree is None and not source.problem.python2 and source.problem.line >= 1


def test_deep_nesting():
    assert "nested" in reading.parsed("a.py", b"(" * 500 + b")" * 500).problem.message


def test_notebooks():
    cells = [
        cell("# text", kind="markdown"),
        cell(
            "%matplotlib inline",
            "import tensorflow as tf",
            "!pip install x",
            "files = !ls",
            "x?",
            "if x:",
            "    %time y",
        ),
        cell("%%bash", "rm -rf ("),
        cell("%%time", "tf.exp(1)", "await f()"),
        cell("x = (3", "%2)"),
        {"cell_type": "code", "source": "y = 1"},
    ]
    source = reading.parsed("n.ipynb", json.dumps({"cells": cells}).encode())
    assert source.problem is None
    (call,) = (node for node in source.tree.body if "exp" in source.line(node.lineno))
    assert source.place(call.lineno, call.col_offset) == ("n.ipynb", 4, 2, 1)
    older = {"worksheets": [{"cells": [{"cell_type": "code", "input": "x = 1"}]}]}
    assert reading.parsed("n.ipynb", json.dumps(older).encode()).tree is not None


@pytest.mark.parametrize("text", ["", "{", "[]", "{}", '{"cells": 3}', '{"cells": [{"cell_type": "code"}]}', "\xff"])
def test_broken_notebooks(text):
    source = reading.parsed("n.ipynb", text.encode("latin-1"))
    assert source.tree is None and "no notebook" in source.problem.message


def test_large_files(tmp_path, monkeypatch):
    monkeypatch.setattr(reading, "_LARGEST", 1000)
    (tmp_path / "a.py").write_text("x = 1\n" * 500)
    assert "larger" in reading.read(str(tmp_path / "a.py")).problem.message
    monkeypatch.undo()
    with pytest.raises(reading.Unreadable, match="can't be read"):
        reading.read(str(tmp_path))
