"""Interrupts at random moments, and what they must leave whole."""

import numpy as np

from kjax import backend as K


class Interrupt(KeyboardInterrupt):
    """Raised by the signal handler, wherever the program is."""


def steps_of(variables):
    """How many steps all variables show; they must agree."""
    found = {float(v) for variable in variables for v in np.unique(K.get_value(variable))}
    assert len(found) == 1
    return found.pop()
