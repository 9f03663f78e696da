"""A part of Keras 2.3.1's own tests; `make test-keras2` runs all of them."""

import pathlib

import pytest

from clients import keras2_suite as suite
from programs import printed_on_keras

PART = [
    "tests/keras/backend/backend_test.py",
    "tests/keras/engine/test_topology.py",
    "tests/keras/layers/core_test.py",
    "tests/keras/layers/embeddings_test.py",
    "tests/keras/losses_test.py",
    "tests/test_loss_masking.py",
    "tests/test_model_pickling.py",
    "tests/test_model_saving.py",
]


@pytest.fixture(scope="module")
def outcome():
    if not suite.SOURCE.exists():
        pytest.skip("they are not here; `make test` and `make test-keras2` get them from the package index")
    return suite.run(PART, workers=0)


@pytest.mark.parametrize("file", PART)
def test_what_passes_on_tensorflow_passes_here(file, outcome):
    reasons = suite.excused()
    there = {test for test, result in suite.recorded().items() if test.startswith(f"{file}::") and result == "passed"}
    wanted = {test for test in there if suite.excuse(test, reasons) is None}
    assert wanted and {test: outcome.get(test) for test in wanted if outcome.get(test) != "passed"} == {}


def test_each_excuse_is_for_tests_that_passed_there():
    passed = [test for test, result in suite.recorded().items() if result == "passed"]
    for key, reason in suite.excused().items():
        assert any(suite.excuse(test, {key: reason}) for test in passed), key


def test_the_report(capsys):
    there = suite.recorded()
    assert suite.report(there, 100.0) == 0
    assert "100.00%" in capsys.readouterr().out
    broken = {test: "failed" if test.startswith("tests/keras/losses_test.py") else there[test] for test in there}
    assert suite.report(broken, 100.0) == 1
    assert "failed: tests/keras/losses_test.py::TestMeanSquaredError::test_unweighted" in capsys.readouterr().out


def test_models_on_eight_devices():
    program = pathlib.Path(__file__).with_name("keras2_on_devices.py")
    *told, unchanged = printed_on_keras("--devices", "8", str(program)).splitlines()
    assert unchanged == "True" and len(told) == 4
    for line in told:
        assert float(line.split()[1]) < 1e-9, line
