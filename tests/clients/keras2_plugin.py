"""A pytest plugin for Keras 2.3.1's own tests: kjax under them, and a current pytest around them.

The outcome of each test goes into the file that the environment variable KERAS2_OUTCOME names. KERAS2_DEVICES=8 runs
all of them on eight devices.
"""

import json
import os
import signal

import h5py
import numpy as np
import pytest

from kjax.command import runner
from kjax.dialects import keras2_repairs

# As `kjax run` does, before anything imports Keras.
runner.prepare(force=False, graph=False, devices=runner.devices_for(int(os.environ.get("KERAS2_DEVICES", 0)) or None))

import tensorflow  # noqa: E402

# Further names of their time that the tests, and their reference backend in NumPy, need.
np.int, np.alltrue = int, np.all
h5py.File = next(repair for repair in keras2_repairs.REPAIRS if repair.name == "hdf5 in memory").imports["h5py"].File
tensorflow.__version__ = "1.15.0"

PATIENCE = 180
_OUTCOME: dict[str, str] = {}


def pytest_configure(config):
    # `pytest.warns(None)`, which is gone, took note of warnings without asking for any.
    warns = pytest.warns
    pytest.warns = lambda *args, **kwargs: (
        pytest.WarningsRecorder(_ispytest=True) if args == (None,) else warns(*args, **kwargs)
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item):
    """A test that waits for another process in vain fails, rather than to hold up all others."""

    def too_long(*_):
        raise TimeoutError(f"{item.name} took more than {PATIENCE} s")

    signal.signal(signal.SIGALRM, too_long)
    signal.alarm(PATIENCE)
    try:
        return (yield)
    finally:
        signal.alarm(0)


def pytest_runtest_logreport(report):
    if report.failed or (report.when == "call" and report.passed):
        _OUTCOME[report.nodeid] = report.outcome
    elif report.skipped:
        _OUTCOME[report.nodeid] = "skipped"


def pytest_sessionfinish(session):
    file = os.environ.get("KERAS2_OUTCOME")
    if file and not hasattr(session.config, "workerinput"):
        with open(file, "w", encoding="utf-8") as out:
            json.dump(_OUTCOME, out)
