import numpy as np
import pytest

import kjax
from kjax import backend as K


def test_eager_it_is_an_int():
    assert K.learning_phase() == 0
    K.set_learning_phase(1)
    assert K.learning_phase() == 1
    K.clear_session()
    assert K.learning_phase() == 0


def test_in_graph_mode_it_is_one_symbolic_scalar_while_unset():
    with kjax.graph_mode():
        phase = K.learning_phase()
        with K.name_scope("scope"):
            assert K.learning_phase() is phase
        assert phase.name == "keras_learning_phase:0" and phase.shape == () and phase.dtype == "bool"
        K.set_learning_phase(1)
        assert K.learning_phase() == 1


@pytest.mark.parametrize("bad", [2, -1, None, "1", [0, 1]])
def test_only_0_and_1(bad):
    with pytest.raises(ValueError, match="learning phase"):
        K.set_learning_phase(bad)
    with pytest.raises(ValueError, match="learning phase"), K.learning_phase_scope(bad):
        pass
    assert K.learning_phase() == 0


def test_a_scope_restores_what_was():
    with K.learning_phase_scope(np.int64(1)):
        assert K.learning_phase() == 1
        with K.learning_phase_scope(False):
            assert K.learning_phase() == 0
        assert K.learning_phase() == 1
    with kjax.graph_mode():
        assert isinstance(K.learning_phase(), kjax.Tensor)  # unset again
    with pytest.raises(RuntimeError), K.learning_phase_scope(1):
        raise RuntimeError
    assert K.learning_phase() == 0


@pytest.mark.parametrize("graph", [False, True])
def test_a_function_is_fed_the_phase_or_takes_the_one_that_is_set(graph):
    with kjax.graph_mode() if graph else kjax.eager_mode():
        x = K.placeholder(shape=(2,))
        out = K.in_train_phase(x * 10.0, x)
        fed = K.function([x, K.learning_phase()], [out])
        unfed = K.function([x], [out])
    ones = np.ones(2, "float32")
    assert fed([ones, 1])[0][0] == 10 and fed([ones, 0])[0][0] == 1 and fed([ones])[0][0] == 1
    assert unfed([ones])[0][0] == 1
    with K.learning_phase_scope(1):
        assert unfed([ones])[0][0] == 10 and fed([ones, 0])[0][0] == 1 and fed([ones])[0][0] == 10
