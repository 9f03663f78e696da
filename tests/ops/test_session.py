import numpy as np

from kjax import backend as K


def test_starting_over():
    K.set_learning_phase(1)
    K.get_uid("a")
    session = K.get_session()
    p = K.placeholder((2,))
    before = K.eval(K.random_uniform((2,), seed=1))
    K.clear_session()
    assert K.learning_phase() == 0 and K.get_uid("a") == 1 and K.get_session() is not session
    assert K.placeholder((2,)).name == p.name and np.array_equal(before, K.eval(K.random_uniform((2,), seed=1)))
    assert K.manual_variable_initialization(True) is None
