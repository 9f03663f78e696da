import copy
import shutil
import sys
import xml.etree.ElementTree as ET

import pytest

import kjax
from kjax import backend as K


@pytest.fixture
def layer():
    x, w = K.placeholder((None, 3), name="x"), K.variable([[1.0], [2.0], [3.0]], name="w")
    with K.name_scope("dense"), K.name_scope('in "quotes" | [#]'):
        return K.function([x], [K.relu(K.dot(x, w))], [K.update(w, K.transpose(x)[:, :1])], name="layer")


def test_as_text(layer, tmp_path):
    text = kjax.draw(layer)
    assert text == kjax.draw(layer, tmp_path / "graph.txt") == (tmp_path / "graph.txt").read_text()[:-1]
    lines = text.splitlines()
    assert lines[0] == "layer" and lines[1] == "  x  input (?, 3) float32"
    assert '    in "quotes" | [#]/' in lines
    assert "      Relu  (?, 1) float32  <- MatMul  [output]" in lines
    assert any(line.endswith("-> w") and "AssignVariableOp" in line for line in lines)
    assert kjax.draw(layer, most=3).endswith('    in "quotes" | [#] ...  5 operations  <- x, w  -> w  [output]')


def test_as_mermaid(layer, tmp_path):
    text = kjax.draw(layer, tmp_path / "graph.mmd")
    assert (tmp_path / "graph.mmd").read_text() == text + "\n"
    lines = [line.strip() for line in text.splitlines()]
    assert lines[0] == "flowchart TD" and 'n0(["x<br/>(?, 3) float32"])' in lines
    assert [line.startswith("subgraph") for line in lines].count(True) == lines.count("end") == 2
    assert any(line.endswith('["in #34;quotes#34; #124; #91;#35;#93;"]') for line in lines)
    assert any("-.->" in line for line in lines) and any("stroke-width:3px" in line for line in lines)
    assert any(line.startswith('n0 -->|"(?, 3) float32"|') for line in lines)


def test_as_dot(layer, tmp_path):
    text = kjax.draw(layer, tmp_path / "graph.dot")
    assert text.startswith('digraph "layer" {') and text.count("{") == text.count("}")
    assert 'label="in \\"quotes\\" | [#]"' in text and "style=dashed" in text and "penwidth=3" in text


@pytest.mark.parametrize("form", ["svg", "png"])
def test_by_graphviz(layer, tmp_path, form):
    pytest.importorskip("graphviz", reason="the package graphviz comes with the extra kjax[draw]")
    if shutil.which("dot") is None:
        pytest.skip("the program `dot` of Graphviz is not installed")
    path = tmp_path / f"graph.{form}"
    assert kjax.draw(layer, path) == kjax.draw(layer)
    if form == "png":
        assert path.read_bytes().startswith(b"\x89PNG")
    else:
        texts = {element.text for element in ET.parse(path).iter("{http://www.w3.org/2000/svg}text")}
        assert {"x", "w", "Relu", "dense", "(?, 3) float32"} <= texts


def test_without_graphviz(layer, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "graphviz", None)
    with pytest.raises(NotImplementedError, match=r"\.svg needs Graphviz.*; \.txt, \.mmd, \.dot need neither"):
        kjax.draw(layer, tmp_path / "graph.svg")
    assert not (tmp_path / "graph.svg").exists()


def test_errors(layer, tmp_path):
    with pytest.raises(ValueError, match=r"the suffix must be one of \.txt, .*; got '\.jpg'"):
        kjax.draw(layer, tmp_path / "graph.jpg")
    with pytest.raises(ValueError, match="most must be a positive integer; got 0"):
        kjax.draw(layer, most=0)
    with pytest.raises(TypeError, match=r"draw\(\): a function, a tensor"):
        kjax.draw("text")


def test_a_picture_shows_itself(monkeypatch):
    x = K.placeholder((2,), name="x")
    drawn = kjax.draw(K.exp(x))
    assert repr(drawn) == str(drawn) == drawn and drawn.splitlines()[1] == "  x  input (2) float32"
    bundle = drawn._repr_mimebundle_()
    assert bundle["text/plain"] == drawn and bundle["text/vnd.mermaid"].startswith("flowchart TD")
    assert bundle["text/markdown"] == f"```mermaid\n{bundle['text/vnd.mermaid']}\n```"
    twin = copy.deepcopy(drawn)
    assert type(twin) is str and twin == drawn
    monkeypatch.setitem(sys.modules, "graphviz", None)
    assert "image/svg+xml" not in drawn._repr_mimebundle_()
