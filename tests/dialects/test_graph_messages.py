"""Graphs as messages, which TensorFlow's own classes of messages read: kinds, inputs, dtypes and shapes."""

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core.session import Session
from kjax.dialects import graph_messages, tensorflow_graphs, tensorflow_summary, wire
from kjax.dialects.tensorflow_summary import Event


def nodes(message):
    """Kind, inputs and shapes of outputs of each operation, by names."""
    found = {}
    for field, data in wire.fields(message):
        if field != 1:
            continue
        parts = [*wire.fields(data)]
        name, kind = (next(part.decode() for number, part in parts if number == wanted) for wanted in (1, 2))
        attributes = {key[1].decode(): value[1] for key, value in (wire.fields(part) for n, part in parts if n == 5)}
        ((_, listed),) = wire.fields(attributes["_output_shapes"])
        shapes = [
            [wire.signed(size) for number, dim in wire.fields(shape) if number == 2 for _, size in wire.fields(dim)]
            for _, shape in wire.fields(listed)  # (of an unknown rank: a graph has what other tests left behind, too)
        ]
        assert name not in found
        found[name] = kind, [part.decode() for number, part in parts if number == 3], shapes
    return found


def test_a_graph_names_all_that_its_nodes_are_computed_from():
    with kjax.graph_mode():
        x, w = K.placeholder((None, 2), name="x"), K.variable(np.ones((2, 3)), name="w")
        with K.name_scope("layer"):
            y = K.relu(K.dot(x, w))
    assert nodes(graph_messages.graph_def([y])) == {
        "x": ("Placeholder", [], [[-1, 2]]),
        "w": ("VariableV2", [], [[2, 3]]),
        "layer/MatMul": ("MatMul", ["x", "w"], [[-1, 3]]),
        "layer/Relu": ("Relu", ["layer/MatMul"], [[-1, 3]]),
    }


def test_names_are_given_once_and_outputs_have_numbers():
    with kjax.graph_mode():
        x = K.placeholder((4,), name="x")
        again = K.placeholder((4,), name="x")
        mean, variance = K.normalize_batch_in_training(x, None, None, [0])[1:]
    found = nodes(graph_messages.graph_def([mean + again, variance]))
    assert {"x", "x_1"} <= {*found}
    assert all(i.partition(":")[0] in found for _, inputs, _ in found.values() for i in inputs)


def written(folder):
    (file,) = folder.iterdir()
    events = [event for event in tensorflow_summary._summary_iterator(str(file)) if event.graph_def]
    return [(event.step, nodes(event.graph_def)) for event in events]


def test_a_writer_writes_the_graph_that_it_is_given(tmp_path):
    graphs = [tensorflow_graphs.Graph(), tensorflow_graphs.Graph()]
    kept = []
    for number, graph in enumerate(graphs):
        with graph.as_default():
            x = K.placeholder((2,), name=f"x{number}")
            kept.append(K.sum(x * K.variable([1.0, 2.0], name=f"w{number}")))
    for number, graph in enumerate(graphs):
        with tensorflow_summary.FileWriter(tmp_path / f"{number}", Session(graph=graph).graph) as writer:
            writer.add_graph(None, 3, graph_def=graph_messages.graph_def([kept[0]]))
            with pytest.raises(TypeError, match=r"FileWriter.add_graph\(\): graph must be a tf.Graph; got 5"):
                writer.add_graph(5)
        (first, found), (step, other) = written(tmp_path / f"{number}")
        assert (first, step) == (0, 3) and "Sum" in str(other)
        assert {f"x{number}", f"w{number}"} <= {*found} and not {f"x{1 - number}", f"w{1 - number}"} & {*found}
    assert Event.fields["graph_def"].number == 4
