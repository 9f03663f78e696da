"""Variables that several threads read and update."""

import threading

import numpy as np
import pytest

import kjax
from kjax import backend as K


def in_threads(*works):
    """Run functions in threads of their own, and raise what one of them raised."""
    errors = []

    def run(work):
        try:
            work()
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=run, args=(work,)) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def test_no_eager_update_is_lost():
    v = K.variable(np.zeros(3))

    def add():
        for _ in range(500):
            K.update_add(v, np.ones(3, "float32"))

    in_threads(*[add] * 16)
    assert K.get_value(v).tolist() == [8000] * 3


def test_eager_and_compiled_updates_mixed():
    with kjax.graph_mode():
        v, x = K.variable(np.zeros((30, 30))), K.placeholder(())
        step = K.function([x], [], updates=[K.update_add(v, K.ones_like(v) * x)])
    step([0.0])

    def compiled():
        for _ in range(200):
            step([1.0])

    def eager():
        for _ in range(200):
            K.update_add(v, np.ones((30, 30), "float32"))

    def subtract():
        for _ in range(200):
            K.update_sub(v, np.full((30, 30), 2.0, "float32"))

    in_threads(*[compiled, eager, subtract] * 3)
    assert np.unique(K.get_value(v)).tolist() == [0]


@pytest.mark.parametrize(
    "read",
    [
        np.asarray,
        K.constant,
        lambda v: v + 0.0,
        K.get_value,
        lambda v: v.numpy(),
        lambda v: np.from_dlpack(v),
        lambda v: K.square(v).numpy(),
        lambda v: __import__("copy").deepcopy(v).numpy(),
        lambda v: __import__("jax").numpy.asarray(v),
        str,
    ],
)
def test_reading_while_another_thread_updates(read):
    with kjax.graph_mode():
        v, x = K.variable(np.zeros((200, 200))), K.placeholder(())
        step = K.function([x], [], updates=[K.update_add(v, K.ones_like(v) * x)])
    step([1.0])
    done = threading.Event()

    def update():
        try:
            for _ in range(150):
                step([1.0])
        finally:
            done.set()

    def look():
        while not done.is_set():
            value = read(v)
            if not isinstance(value, str):
                assert len(np.unique(np.asarray(value))) == 1  # from one moment

    in_threads(update, look, look)
    assert K.get_value(v)[0, 0] == 151
