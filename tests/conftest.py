"""Every test starts from a fresh program: default settings, eager mode, no learning phase."""

import os
import re
import sys
import zlib

import numpy as np
import pytest

import kjax
from kjax import backend as K

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


# Files whose tests look at the results of one long run.
_AT_ONCE = ("clients/test_keras2.py", "clients/test_files.py")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    """Give tests that share work to one process: the recorded cases of a family in one mode are compiled together."""
    from xdist.scheduler import LoadScopeScheduling

    class Scheduler(LoadScopeScheduling):
        def _split_scope(self, nodeid):
            case = re.search(r"::test_case\[(\w+)-.*-(\w+)\]$", nodeid)
            if case:
                return f"{case[1]}-{case[2]}"
            file = nodeid.partition("::")[0]
            return file if file.endswith(_AT_ONCE) else nodeid

    return Scheduler(config, log)
