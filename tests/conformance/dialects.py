"""The two dialects there is an oracle for: which cases it was asked, and where its answers are."""

import os
import types

from . import cases, cases_keras2

HERE = os.path.dirname(os.path.abspath(__file__))


class Dialect:
    """A dialect of the backend, and the packages whose answers are recorded.

    Attributes:
        versions: of the packages that answered, as the header of each file of records tells them.
        cases: the module that has `FAMILIES` and `load(family)`.
        folder: where the records are.
        modes: those in which cases are replayed. The first is that of a call on values: eager, or where there is no
            eager mode on constants.
        backend: gives the functions of kjax, for which nothing is imported before.
    """

    def __init__(self, versions, cases, folder, modes, backend):
        self.versions, self.cases, self.modes, self.backend = versions, cases, modes, backend
        self.folder = os.path.join(HERE, folder)
        self.at_once = modes[0]


def _tf22():
    from kjax import backend

    return backend


def _keras2():
    from kjax import backend
    from kjax.dialects import keras2_private

    module = types.ModuleType("keras.backend.tensorflow_backend")
    keras2_private.fill(module)
    module.backend = backend.backend
    return module


TF22 = Dialect({"tensorflow": "2.2.0"}, cases, "recorded", ("eager", "symbolic", "graph"), _tf22)
KERAS2 = Dialect(
    {"keras": "2.3.1", "tensorflow": "1.15.0"}, cases_keras2, "recorded_keras2", ("constant", "graph"), _keras2
)
