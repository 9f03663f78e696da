"""A pytest plugin for Keras 2.3.1's own tests: kjax under them, and a current pytest around them.

The tests ask for the name of the backend, to skip what only TensorFlow had, or to treat others apart. They are told
that it is TensorFlow; Keras itself is not.

What becomes of each test goes into the file that the environment variable KERAS2_OUTCOME names.
"""

import json
import os
import sys

import pytest

from kjax import runner

runner.prepare(force=False, graph=False)  # as `kjax run` does, before anything imports Keras

from keras import backend as K  # noqa: E402

_TESTS = os.path.join(os.getcwd(), "tests", "")
_true_name = K.backend


def _name():
    return "tensorflow" if sys._getframe(1).f_code.co_filename.startswith(_TESTS) else _true_name()


K.backend = _name

_OUTCOME: dict[str, str] = {}


def pytest_configure(config):
    # `pytest.warns(None)`, which is gone, took note of warnings without asking for any.
    warns = pytest.warns
    pytest.warns = lambda *args, **kwargs: (
        pytest.WarningsRecorder(_ispytest=True) if args == (None,) else warns(*args, **kwargs)
    )


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
