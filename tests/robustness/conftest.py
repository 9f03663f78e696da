"""Fixtures of the tests of robustness."""

import random
import signal
import tracemalloc  # noqa: F401 (pytest imports it when it reports an exception: there, an interrupt must not fall)

import pytest

from clients.conftest import keras_on_kjax
from robustness.interrupts import Interrupt, state


@pytest.fixture
def interrupted():
    """Calls a function again and again, and interrupts it at a random moment; True where that took effect."""

    waiting = False

    def handler(*_):
        if waiting:
            raise Interrupt

    def run(function, longest):
        nonlocal waiting
        moment = random.uniform(1e-6, longest)
        try:
            waiting = True
            # Repeatedly: Python ignores an exception that is raised while it frees an object.
            signal.setitimer(signal.ITIMER_REAL, moment, 0.05)
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
