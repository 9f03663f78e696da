"""Averages, decays of variables, coordinators. Answers are in recorded/train.json."""

import threading

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core.session import Session
from kjax.core.updates import control_dependencies
from kjax.dialects import tensorflow_train as train
from kjax.dialects.tensorflow_errors import OutOfRangeError


def test_a_decay_follows_the_step():
    with kjax.graph_mode():
        step = train.get_or_create_global_step()
        assert train.get_or_create_global_step() is step
        rate, session = train.exponential_decay(1.0, step, 1, 0.5), Session()
        found = []
        for _ in range(3):
            found.append(float(session.run(rate)))
            session.run(K.update_add(step, 1))
    assert found == [1, 0.5, 0.25] and train.V1_TRAIN["global_step"](session, step) == 3
    K.clear_session()
    assert train.get_global_step() is None
    with pytest.raises(TypeError, match="scalar"):
        train.V1_TRAIN["assert_global_step"](K.variable([1], "int32"))


def test_averages_of_what_a_step_has_made():
    with kjax.graph_mode():
        v = K.variable([1.0, 2.0], name="v")
        averages = train.ExponentialMovingAverage(0.5)
        step = K.update_add(v, [2.0, 2.0])
        with control_dependencies(step):
            both = averages.apply()
        Session().run(both)
    assert K.get_value(averages.average(v)).tolist() == [2, 3] and K.get_value(v).tolist() == [3, 4]
    assert averages.variables_to_restore() == {"v/ExponentialMovingAverage": v}
    assert averages.average(both) is None
    with pytest.raises(NotImplementedError, match="zero_debias"):
        train.ExponentialMovingAverage(0.5, zero_debias=True)


def test_averages_of_tensors_start_at_zero():
    with kjax.graph_mode():
        x = K.placeholder((2,))
        averages, session = train.ExponentialMovingAverage(0.9), Session()
        op = averages.apply([x])
        session.run(op, {x: [1.0, 2.0]})
    assert np.allclose(K.get_value(averages.average(x)), [0.1, 0.2])


def test_a_coordinator_stops_threads_and_hands_on_their_errors():
    coordinator, turns = train.Coordinator(), []

    def work():
        with coordinator.stop_on_exception():
            while not coordinator.should_stop():
                turns.append(1)
                if len(turns) > 3:
                    raise KeyError("mine")

    threads = [threading.Thread(target=work) for _ in range(2)]
    coordinator.register_thread(threads[0])
    for thread in threads:
        thread.start()
    with pytest.raises(KeyError, match="mine"):
        coordinator.join(threads)
    assert coordinator.joined and coordinator.wait_for_stop(0)
    coordinator.clear_stop()
    assert not coordinator.should_stop()
    with coordinator.stop_on_exception():
        raise OutOfRangeError(None, None, "the end")
    coordinator.join()  # that is no error


def test_graphs_are_not_read_from_files():
    with pytest.raises(NotImplementedError, match="Saver"):
        train.V1_TRAIN["import_meta_graph"]("model.meta")


def test_in_eager_mode_a_decay_is_a_function():
    step = K.variable(0, "int64")
    rate = train.inverse_time_decay(1.0, step, 1, 1.0)
    assert float(rate()) == 1.0
    K.set_value(step, 3)
    assert float(rate()) == 0.25
