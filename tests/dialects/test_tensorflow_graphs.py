"""Graphs and variable scopes beyond their recorded answers."""

import gc

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.dialects.tensorflow_graphs import Graph, GraphKeys, get_default_graph, get_variable, variable_scope


def names(graph):
    return [variable.name for variable in graph.get_collection(GraphKeys.GLOBAL_VARIABLES)]


def test_names_and_variables_belong_to_the_graph_in_which_they_are_made():
    one, two = Graph(), Graph()
    with one.as_default():
        first = K.variable(1.0, name="v")
        with two.as_default():
            second = K.variable(2.0, name="v")
        third = K.variable(3.0, name="v")
    assert (first.name, second.name, third.name) == ("v:0", "v:0", "v_1:0")
    assert names(one) == ["v:0", "v_1:0"] and names(two) == ["v:0"]
    assert repr(two) == "<kjax graph of 1 variable>" and "<td><code>v:0</code></td>" in two._repr_html_()


def test_variables_that_the_program_lets_go_of_are_gone():
    graph = Graph()
    with graph.as_default():
        kept = K.variable(1.0, name="kept")
        K.variable(1.0, name="lost")
        shared = get_variable("shared", (2,))
        del shared
    gc.collect()
    assert names(graph) == ["kept:0", "shared:0"] and kept.name == "kept:0"


def test_an_eager_program_has_no_variables_of_graphs():
    before = names(get_default_graph())
    v = K.variable(1.0)
    assert names(get_default_graph()) == before and v.initializer is None


def test_variables_start_anew():
    with Graph().as_default():
        drawn = K.variable(K.random_normal((100,)))
        given = K.variable(np.arange(3.0))
        before = K.get_value(drawn)
        K.set_value(given, [7.0, 8.0, 9.0])
        given.initializer.run()
        drawn.initializer.run()
        assert K.get_value(given).tolist() == [0, 1, 2]
        assert not np.array_equal(K.get_value(drawn), before)
        given.load([4.0, 5.0, 6.0])
        assert K.get_value(given).tolist() == [4, 5, 6]
        with pytest.raises(ValueError, match="load"):
            given.load([4.0])


def test_regularizers_and_constraints_of_a_scope():
    graph = Graph()
    with graph.as_default(), variable_scope("layer", regularizer=lambda v: K.sum(v), constraint=K.abs):
        weights = get_variable("w", (2,), initializer=lambda shape, dtype: K.ones(shape, dtype))
        get_variable("b", (2,), regularizer=lambda v: None)
    (loss,) = graph.get_collection(GraphKeys.REGULARIZATION_LOSSES)
    assert K.function([], [loss])([]) == [2.0] and weights.constraint is K.abs


def test_tensors_by_their_names():
    graph = Graph()
    with graph.as_default():
        x = K.placeholder((2,), name="x")
        y = K.exp(x)
        with kjax.graph_mode(), pytest.raises(KeyError):
            graph.get_tensor_by_name("nothing:0")
        assert graph.get_tensor_by_name("x:0") is x
        assert graph.get_tensor_by_name(y.name) is y
        with pytest.raises(ValueError, match="a name like"):
            graph.get_tensor_by_name("x")
        with pytest.raises(NotImplementedError, match="as_graph_def"):
            graph.as_graph_def()


def test_constants_are_no_variables(tf):
    v1 = tf.compat.v1
    with v1.Graph().as_default():
        v = v1.get_variable("v", (2,))
        made = [v1.zeros((2,)), v1.ones((2,)), v1.fill((2,), 3.0), v1.zeros_like(v), v1.ones_like(v), v1.eye(2)]
        assert v1.global_variables() == [v] and len(v1.Session().run(made)) == 6
