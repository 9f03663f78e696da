import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.exports.pictures import boxes, picture


@pytest.fixture
def training():
    """Three blocks of two scopes each, and one step of gradient descent without scopes."""
    with kjax.graph_mode():
        hidden = x = K.placeholder((None, 4), name="x")
        weights = []
        for i in range(3):
            with K.name_scope(f"block_{i}"):
                with K.name_scope("dense"):
                    weights.append(K.variable(np.eye(4), name="kernel"))
                    hidden = K.relu(K.dot(hidden, weights[-1]) + 1.0)
                with K.name_scope("norm"):
                    hidden = hidden / K.sqrt(K.var(hidden, axis=-1, keepdims=True) + 0.5)
        loss = K.mean(hidden)
        slopes = K.gradients(loss, weights)
        return K.function([x], [loss], [K.update_sub(w, s) for w, s in zip(weights, slopes, strict=True)], name="train")


def labels(made):
    return ["/".join([*vertex.scope, vertex.label]) for vertex in made.vertices.values()]


def edges(made):
    named = dict(zip(made.vertices, labels(made), strict=True))
    return {(named[a], named[b]): text for (a, b), text in made.edges.items()}


def test_of_a_tensor():
    x, w = K.placeholder((None, 3), name="x"), K.variable(np.ones((3, 2)), name="w")
    made = picture(K.dot(x, w) * 2.0 + K.constant([1.0, 2.0]), 60)
    x_, w_, constant, product, scaled, total = made.vertices.values()
    assert (x_.kind, x_.label, x_.detail) == ("input", "x", "(?, 3) float32")
    assert (w_.kind, w_.label, w_.detail) == ("variable", "w", "(3, 2) float32")
    assert (constant.kind, constant.detail) == ("constant", "(2) float32")
    assert product.label.startswith("MatMul") and product.detail == "(?, 2) float32"
    assert scaled.detail == "(?, 2) float32, 2.0"  # a number is a part of its operation
    assert total.is_output and not scaled.is_output
    assert set(made.edges.values()) == {"(?, 3) float32", "(3, 2) float32", "(?, 2) float32", "(2) float32"}


def test_of_a_function(training):
    made = picture(training, 60)
    assert made.title == "train"
    flow = edges(made)
    assert flow["x", "block_0/dense/MatMul"] == "(?, 4) float32"
    assert flow["block_0/norm/RealDiv", "block_1/dense/MatMul"] == "(?, 4) float32"
    assert flow["AssignSubVariableOp", "block_0/dense/kernel"] == ""  # the update
    assert [vertex.label for vertex in made.vertices.values() if vertex.is_output] == ["Mean"]
    assert picture(kjax.pure(training), 60).vertices == made.vertices


def test_boxes(training):
    inside = boxes(picture(training, 60))
    blocks = [(f"block_{i}",) for i in range(3)]
    assert set(inside) == {(), *blocks, *((*b, part) for b in blocks for part in ("dense", "norm"))}
    assert list(inside).index(("block_1",)) < list(inside).index(("block_1", "norm"))
    assert len(inside["block_0", "dense"]) == 4 and inside["block_0",] == []


def test_a_large_graph_shows_inner_scopes_as_one_thing_each(training):
    whole = len(picture(training, 60).vertices)
    scopes = picture(training, whole - 1)
    assert "block_0/dense" in labels(scopes) and "block_0/norm" in labels(scopes)
    dense = next(v for v in scopes.vertices.values() if v.scope == ("block_0",))
    assert (dense.kind, dense.detail) == ("group", "3 operations, 1 variable")
    blocks = picture(training, len(scopes.vertices) - 1)
    assert {"block_0", "block_1", "block_2"} <= set(labels(blocks))
    assert edges(blocks)["block_0", "block_1"] == "(?, 4) float32"
    assert len(whole_lines := labels(picture(training, 8))) <= 8
    assert any(label.startswith("test_pictures.py:") for label in whole_lines)


def test_what_can_be_drawn():
    with pytest.raises(TypeError, match="a function, a tensor or a list of tensors is needed; got 3"):
        picture(3, 60)
    with pytest.raises(TypeError, match=r"got \[\]"):
        picture([], 60)
