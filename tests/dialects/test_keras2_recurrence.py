"""`K.rnn` of Keras 2.3.1, where `input_length` ends a loop."""

import numpy as np
import pytest

from kjax import backend as K
from kjax.dialects.keras2_recurrence import rnn

STEPS = np.array([[[1.0], [2.0], [3.0], [4.0]]])


def summed(x, states):
    return states[0] + x, [states[0] + x]


def ran(x=STEPS, **options):
    last, outputs, states = rnn(summed, K.constant(x), [K.zeros((1, 1))], **options)
    return K.eval(last).ravel().tolist(), K.eval(outputs).ravel().tolist(), K.eval(states[0]).ravel().tolist()


def test_a_loop_that_ends_early():
    assert ran(input_length=2) == ([0], [1, 3, 0, 0], [3])
    assert ran(input_length=2, go_backwards=True) == ([0], [4, 7, 0, 0], [7])
    assert ran(input_length=2, mask=K.constant([[True, False, True, True]])) == ([0], [1, 1, 0, 0], [1])


@pytest.mark.parametrize("options", [{}, {"input_length": 4}, {"input_length": 9}, {"input_length": 2, "unroll": True}])
def test_a_loop_over_all_steps(options):
    assert ran(**options) == ([10], [1, 3, 6, 10], [10])


def test_placeholders_with_an_unknown_number_of_steps():
    x = K.placeholder(shape=(None, None, 1))
    last, outputs, _ = rnn(summed, x, [K.zeros_like(x[:, 0])], input_length=3)
    assert outputs.shape == (None, None, 1)
    values = K.function([x], [last, outputs])([STEPS])
    assert [value.ravel().tolist() for value in values] == [[0], [1, 3, 6, 0]]
