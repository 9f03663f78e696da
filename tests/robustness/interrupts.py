"""Interrupts at random moments, and what they must leave whole."""

import jax
import numpy as np

from kjax import backend as K
from kjax.core import graph, phase, updates
from kjax.machine.scopes import own


def state():
    """What `with` blocks change in this thread."""
    settings = map(own, (jax.enable_x64, jax._src.config.disable_jit))
    return [graph.MODE.get(), phase._phase.get(), updates._noted.get(), *settings]


class Interrupt(KeyboardInterrupt):
    """Raised by the signal handler, wherever the program is."""


def steps_of(variables):
    """How many steps all variables show; they must agree."""
    found = {float(v) for variable in variables for v in np.unique(K.get_value(variable))}
    assert len(found) == 1
    return found.pop()
