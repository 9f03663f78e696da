"""`tf.nn.dynamic_rnn`; recorded answers are in `recorded/rnn.json`."""

import numpy as np
import pytest

from kjax import backend as K
from kjax.dialects.tensorflow_graphs import Graph, get_variable
from kjax.dialects.tensorflow_rnn import V1_NN
from kjax.dialects.tensorflow_rnn_cells import V1_RNN_CELL as CELLS


class Summing(CELLS["RNNCell"]):
    """A cell of the program's own, which asks for its variable at each step."""

    state_size = output_size = 2

    def call(self, inputs, state):
        scale = get_variable("scale", (2,), initializer=lambda shape, dtype: K.constant([1.0, 10.0]))
        return state + inputs * scale, state + inputs * scale


def test_a_cell_of_the_programs_own():
    with Graph().as_default() as graph:
        x = K.placeholder((None, 3, 2))
        outputs, state = V1_NN["dynamic_rnn"](Summing(), x, dtype="float32", scope="s")
        found = K.function([x], [outputs, state])([np.ones((1, 3, 2))])
        assert [v.name for v in graph.get_collection("variables")] == ["s/summing/scale:0"]
    assert found[0].tolist() == [[[1, 10], [2, 20], [3, 30]]] and found[1].tolist() == [[3, 30]]


def test_errors():
    with Graph().as_default():
        x, cell = K.placeholder((None, 3, 2)), CELLS["GRUCell"](2)
        with pytest.raises(ValueError, match=r"tf.nn.dynamic_rnn\(\): give initial_state or dtype"):
            V1_NN["dynamic_rnn"](cell, x)
        with pytest.raises(ValueError, match="inputs must be of rank 3 or more"):
            V1_NN["dynamic_rnn"](cell, x[0], dtype="float32")
        with pytest.raises(ValueError, match="a list of tensors, one a step"):
            V1_NN["static_rnn"](cell, x, dtype="float32")
        with pytest.raises(ValueError, match=r"static_bidirectional_rnn\(\): inputs must be a list"):
            V1_NN["static_bidirectional_rnn"](cell, cell, x, dtype="float32")
