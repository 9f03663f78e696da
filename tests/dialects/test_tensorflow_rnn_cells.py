"""`tf.nn.rnn_cell`; recorded answers are in `recorded/rnn.json`."""

import numpy as np
import pytest

from kjax import backend as K
from kjax.dialects.tensorflow_graphs import Graph
from kjax.dialects.tensorflow_rnn_cells import V1_RNN_CELL as CELLS


def test_dropout_of_states_leaves_the_memory_alone():
    with Graph().as_default():
        cell = CELLS["DropoutWrapper"](CELLS["LSTMCell"](50), 1.0, 0.5, 0.5)
        x = np.ones((4, 3), "float32")
        output, state = cell(x, cell.zero_state(4, "float32"))
        zeros = [(K.eval(part) == 0).mean() for part in (output, state.h, state.c)]
    assert zeros[0] > 0.3 and 0.3 < zeros[1] < 0.7 and zeros[2] == 0


def test_a_residual_function():
    with Graph().as_default():
        cell = CELLS["ResidualWrapper"](CELLS["BasicRNNCell"](3), lambda inputs, outputs: inputs)
        output, _ = cell(np.ones((1, 3), "float32"), cell.zero_state(1, "float32"))
        assert K.eval(output).tolist() == [[1, 1, 1]]


def test_errors():
    with pytest.raises(ValueError, match="a list of cells is needed"):
        CELLS["MultiRNNCell"](CELLS["GRUCell"](2))
    with pytest.raises(NotImplementedError, match="state as a tuple alone"):
        CELLS["MultiRNNCell"]([CELLS["GRUCell"](2)], state_is_tuple=False)
    with pytest.raises(NotImplementedError, match="draws anew at each step"):
        CELLS["DropoutWrapper"](CELLS["GRUCell"](2), variational_recurrent=True)
    with pytest.raises(NotImplementedError, match=r"RNNCell.state_size"):
        CELLS["RNNCell"]().zero_state(1, "float32")
    with pytest.raises(NotImplementedError, match=r"RNNCell.output_size"):
        _ = CELLS["RNNCell"]().output_size
