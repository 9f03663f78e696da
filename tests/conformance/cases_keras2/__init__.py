"""The cases of Keras 2.3.1 on TensorFlow 1.15: those of TF 2.2, and own ones where the dialect is another.

A case says nothing of what it expects: all of that is in the records. The family of the module `<name>` is called
`own_<name>`.
"""

import copy
import importlib

from .. import cases as tf22

OWN = ("control", "activation", "creation", "image", "windows", "functions", "names", "arrays", "sequences")
# (The family `keras2` of TF 2.2 asks it for functions of Keras 2.3.1, whose own answers are recorded here.)
FAMILIES = (*(family for family in tf22.FAMILIES if family != "keras2"), *(f"own_{name}" for name in OWN))


def load(family):
    """The cases of a family."""
    own = family.startswith("own_")
    cases = importlib.import_module(f".{family[4:]}", __name__).cases if own else tf22.load(family)
    return [unexpecting(case) for case in cases]


def unexpecting(case):
    """A copy of a case of which the records alone say what becomes of it."""
    case = copy.copy(case)
    case.wants_error = case.reason = case.expected = None
    return case
