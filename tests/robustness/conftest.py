"""Fixtures of the tests of robustness."""

import random
import signal
import tracemalloc  # noqa: F401 (pytest imports it when it reports an exception: there, an interrupt must not fall)

import pytest

from clients.conftest import keras_on_kjax
from robustness.interrupts import Interrupt, state

AGAIN = 2.0  # seconds: for reporting an ignored one, too


@pytest.fixture
def interrupted():
    """Calls a function again and again, and interrupts it at a random moment; True where that took effect."""

    waiting = False

    def handler(*_):
        if waiting:
            # Once more if that is lost: Python ignores an exception that is raised while it frees an object. (Counted
            # from here: on a busy machine a timer's next signal may come at once, and one call gets two of them.)
            signal.setitimer(signal.ITIMER_REAL, AGAIN)
            raise Interrupt

    def run(function, longest):
        nonlocal waiting
        moment = random.uniform(1e-6, longest)
        try:
            waiting = True
            signal.setitimer(signal.ITIMER_REAL, moment)
            while True:
                function()
        except Interrupt:
            waiting = False
            return True

    random.seed(0)
    around = state()
    before = signal.signal(signal.SIGALRM, handler)
    yield run
    signal.setitimer(signal.ITIMER_REAL, 0)
    signal.signal(signal.SIGALRM, before)
    assert state() == around


@pytest.fixture
def keras():
    """Keras 2.3.1 on kjax."""
    return keras_on_kjax()
