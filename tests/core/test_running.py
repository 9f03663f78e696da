"""How a function runs: a run changes all or nothing."""

import jax
import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core import running
from kjax.core.variable import on_device, take_over


def test_numbers_of_runs_start_again():
    running.restart_runs()
    first = [running.next_run(), running.next_run()]
    running.restart_runs()
    assert first == [running.next_run(), running.next_run()] and len(set(first)) == 2


def test_variables_take_over_their_new_arrays_together():
    a, b = K.variable([1.0]), K.variable([2.0])
    take_over([a, b], [np.array([3.0], "float32"), np.array([4.0], "float32")])
    assert (K.get_value(a), K.get_value(b)) == (3, 4)


def test_a_variable_moves_to_the_device_once():
    v = K.variable(np.ones(4))
    moved = on_device(v)
    assert not isinstance(moved, np.ndarray) and on_device(v) is moved is v._value


def test_old_arrays_outlive_a_run():
    with kjax.graph_mode():
        v = K.variable(np.zeros((300, 300)))
        step = K.function([], [], updates=[K.update_add(v, K.ones_like(v))])
    step([])
    before = v._value
    step([])
    assert np.asarray(before)[0, 0] == 1 and K.get_value(v)[0, 0] == 2


def test_a_function_of_unknown_shapes_updates_too():
    with kjax.graph_mode():
        v, n = K.variable(np.zeros(3)), K.placeholder((), dtype="int32")
        step = K.function([n], [K.arange(n)], updates=[K.update_add(v, K.ones_like(v))])
    with pytest.warns(kjax.NotCompiledWarning, match=r"can't be compiled, .*: \w+\(\) needs the values") as told:
        (out,) = step([3])
    assert told[0].filename == __file__  # the line of the program
    assert out.tolist() == [0, 1, 2] and K.get_value(v).tolist() == [1, 1, 1]


def test_a_part_of_an_array_moves_when_it_is_read_again():
    whole, read = np.arange(4, dtype="float32"), running._reading()
    variable, other = K.variable(np.zeros(2)), K.variable(np.ones(2))
    variable.store(whole[:2])
    assert read(variable) is variable._value  # as it is
    first, second = read(variable), read(variable)
    assert first is second is variable._value
    assert isinstance(first, jax.Array)
    variable.store(whole[2:])
    assert type(read(variable)) is np.ndarray
    assert isinstance(read(other), jax.Array)  # it has its array for itself
