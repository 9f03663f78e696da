"""NumPy without warnings; they are errors in the tests."""

import contextvars

import numpy as np

from kjax.machine.quiet import quietly

ONE, ZERO = np.float32(1), np.float32(0)


def test_no_warning_comes_and_the_settings_stay():
    before = np.geterr()
    assert quietly(np.divide, ONE, ZERO) == np.inf and np.geterr() == before


def test_within_itself():
    assert quietly(lambda: quietly(np.log, ZERO)) == -np.inf
    assert quietly(lambda: contextvars.copy_context().run(quietly, np.log, ZERO)) == -np.inf


def test_errors_pass():
    with np.testing.assert_raises(ZeroDivisionError):
        quietly(lambda: 1 // 0)
    assert quietly(np.divide, ONE, ZERO) == np.inf
