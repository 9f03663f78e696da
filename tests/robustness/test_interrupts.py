"""A run that is interrupted or fails leaves every variable whole: all old values, or all new ones."""

import random
import threading
import time

import jax
import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.core import updates
from kjax.machine.scopes import one_program, wide_types
from robustness.interrupts import Interrupt, state, steps_of

TRIES = 500

# An interrupt may come while the garbage collector runs a callback, where Python only reports it.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


def counting(shapes):
    """Variables, and a function that adds one to all of them."""
    with kjax.graph_mode():
        variables = [K.variable(np.zeros(shape, "float32")) for shape in shapes]
        x = K.placeholder((None,))
        step = K.function([x], [K.sum(x)], updates=[K.update_add(v, K.ones_like(v)) for v in variables])
    return variables, step


@pytest.mark.parametrize("shape", [(4, 4), (600, 600)])
def test_functions(interrupted, shape):
    variables, step = counting([shape, (3,), shape])
    step([[1.0]])
    longest = 0.003 if shape == (4, 4) else 0.02
    for _ in range(TRIES // 2):
        before = steps_of(variables)
        assert interrupted(lambda: step([[1.0]]), longest)
        assert steps_of(variables) >= before
    before = steps_of(variables)
    step([[1.0]])
    assert steps_of(variables) == before + 1


def test_setting_values(interrupted):
    variables = [K.variable(np.zeros(s)) for s in ((100, 100), (3,), (7, 7))]
    values = [[np.full(v.shape, i) for v in variables] for i in range(2)]

    def swap():
        for new in values:
            K.batch_set_value(list(zip(variables, new, strict=True)))

    for _ in range(TRIES):
        assert interrupted(swap, 0.001)
        assert steps_of(variables) in (0, 1)


def test_eager_updates(interrupted):
    variable, increment = K.variable(np.zeros((50, 50))), K.ones((50, 50))
    for _ in range(TRIES):
        before = steps_of([variable])
        assert interrupted(lambda: K.update_add(variable, increment), 0.0005)
        assert steps_of([variable]) >= before


BLOCKS = {
    "graph_mode": kjax.graph_mode,
    "name_scope": lambda: K.name_scope("a"),
    "learning_phase_scope": lambda: K.learning_phase_scope(1),
    "noted": updates.noted,
    "wide_types": lambda: wide_types(jax),
    "one_program": lambda: one_program(jax),
}


@pytest.mark.parametrize("block", BLOCKS)
def test_blocks(interrupted, block):
    """Behind an interrupted block, everything is as it was before."""

    def enter():
        with BLOCKS[block](), BLOCKS[block]():
            pass

    before = state()
    for _ in range(4 * TRIES):
        assert interrupted(enter, 0.0001)
        assert state() == before


def test_running_op_by_op(interrupted):
    with kjax.graph_mode():
        variables = [K.variable(np.zeros((20, 20))) for _ in range(3)]
        updates = [K.update_add(v, K.ones_like(v)) for v in variables]
    for _ in range(50):
        before = steps_of(variables)
        assert interrupted(lambda: K.batch_get_value(updates), 0.02)
        assert steps_of(variables) >= before


@pytest.mark.parametrize("error", [OSError("no space left on device"), KeyboardInterrupt(), ValueError("anything")])
def test_a_callback_that_fails(monkeypatch, error):
    """`print_tensor` to a full disk, or interrupted."""
    from kjax.ops import printing

    with kjax.graph_mode():
        variable, x = K.variable(np.zeros(3)), K.placeholder((3,))
        step = K.function([x], [], updates=[K.update_add(variable, K.print_tensor(x, "x"))])
    step([np.ones(3)])

    def full(*_, **options):
        raise error

    with monkeypatch.context() as patch:
        patch.setattr(printing, "print", full, raising=False)
        with pytest.raises(type(error)) as caught:
            step([np.ones(3)])
        assert caught.value is error
    assert K.get_value(variable).tolist() == [1, 1, 1]
    step([np.ones(3)])  # later runs are as good as ever
    assert K.get_value(variable).tolist() == [2, 2, 2]


def test_a_condition_that_does_not_hold():
    with kjax.graph_mode():
        a, b, i = K.variable(np.zeros(3)), K.variable(np.zeros((3, 2))), K.placeholder((None,), dtype="int32")
        step = K.function([i], [], updates=[K.update_add(a, K.ones_like(a)), K.update(b, K.gather(b, i) + 1.0)])
    step([[0, 1, 2]])
    with pytest.raises(IndexError, match=r"gather\(\)"):
        step([[0, 1, 3]])
    assert K.get_value(a).tolist() == [1, 1, 1] and K.get_value(b).tolist() == [[1, 1]] * 3


def test_memory_that_is_not_there():
    with kjax.graph_mode():
        v, n = K.variable(np.zeros(1000)), K.placeholder((), dtype="int32")
        huge = K.sum(K.cumsum(K.zeros((1 << 20, 1 << 16)) + K.sum(v)))
        step = K.function([n], [], updates=[K.update_add(v, K.ones_like(v) + huge)])
    with pytest.raises(Exception, match=r"(?i)memory"):
        step([1])
    assert K.get_value(v).tolist() == [0] * 1000


def test_an_exception_that_a_thread_is_given():
    import ctypes

    variables, step = counting([(50, 50), (3,)])
    step([[1.0]])
    for _ in range(100):
        gone = threading.Event()

        def work(gone=gone):
            try:
                while True:
                    step([[1.0]])
            except Interrupt:
                gone.set()

        thread = threading.Thread(target=work)
        thread.start()
        time.sleep(random.uniform(0, 0.003))
        while not gone.is_set():
            ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident), ctypes.py_object(Interrupt))
            gone.wait(0.001)
        thread.join()
        steps_of(variables)
