"""Every test starts from a fresh program: default settings, eager mode, no learning phase."""

import os
import re
import sys
import zlib

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.machine.scopes import own

# So that a failure in them shows what was compared.
pytest.register_assert_rewrite("programs", "newer_programs")

# Programs that tests start by `kjax run` keep nothing in the user's cache folder.
os.environ["KJAX_CACHE"] = "0"


_changed = []  # is told once


@pytest.fixture(autouse=True)
def fresh_program():
    np.random.seed(0)
    yield
    K.clear_session()
    K.set_floatx("float32")
    K.set_epsilon(1e-7)
    K.set_image_data_format("channels_last")
    kjax.enable_eager_execution()
    assert kjax.executing_eagerly(), "the test left a block of graph mode open"
    jax = sys.modules.get("jax")
    assert not jax or not isinstance(own(jax.enable_x64), bool), "the test left JAX's 64-bit types set for this thread"
    if "_kjax_adapted" in vars(sys.modules.get("keras", kjax)) and not _changed:
        _changed.append("Keras")
        pytest.fail("the test changed Keras 2.3.1 into that of tf.keras, for all tests after it in this process")


def pytest_addoption(parser):
    parser.addoption("--every", type=int, default=1, metavar="N", help="run one test in N, the same ones each time")


def pytest_collection_modifyitems(config, items):
    every = config.getoption("every")
    kept, left_out = [], []
    for item in items:
        (left_out if zlib.crc32(item.nodeid.encode()) % every else kept).append(item)
    items[:] = kept
    config.hook.pytest_deselected(items=left_out)


# Files whose tests take long, and share nothing: each test may run in another process.
_APART = ("clients/test_programs.py", "clients/test_examples.py", "clients/test_kinds.py", "dialects/test_keras3.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give tests that share work to one process: those of a file, and the recorded cases of a family in one mode.

    They share fixtures, and what they compile. (The largest groups come first, and single tests last.)
    """
    from xdist.scheduler import LoadScopeScheduling

    class Collection(list):
        """The names of all tests, with their places at hand."""

        def __init__(self, names):
            super().__init__(names)
            self._places = {name: place for place, name in enumerate(names)}

        def index(self, name):
            return self._places[name]

    class Scheduler(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            case = re.search(r"::test_case\[(\w+)-.*-(\w+)\]$", nodeid)
            if case:
                return f"{case[1]}-{case[2]}"
            file = nodeid.partition("::")[0]
            return nodeid if file.endswith(_APART) else file

        def add_node_collection(self, node, collection):
            super().add_node_collection(node, collection)
            # It is asked for the place of each test; a list of tens of thousands would look long.
            self.registered_collections[node] = Collection(collection)

    return Scheduler(config, log)
