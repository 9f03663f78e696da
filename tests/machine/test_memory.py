"""Keeping memory: the effect on the process, and the switch to turn it off."""

import pathlib
import platform
import subprocess
import sys

import numpy as np
import pytest

import kjax
from kjax.machine import memory

# In a process of its own: there is no way back.
_FAULTS = """
import resource, sys, threading
import numpy as np
import kjax
if sys.argv[1] == "keep":
    print(kjax.keep_memory())
def touch():
    for _ in range(5):
        np.ones(1 << 23)  # 64 MiB: more than glibc would ever keep by itself
def touch_in_a_thread():
    thread = threading.Thread(target=touch)
    thread.start()
    thread.join()
touch_in_a_thread()
touch()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
touch()
touch_in_a_thread()
print(resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is glibc that can be told to")
def test_freed_memory_is_used_again():
    def page_faults(how):
        run = subprocess.run([sys.executable, "-c", _FAULTS, how], capture_output=True, text=True, check=True)
        return run.stdout.split()

    kept, faults = page_faults("keep")
    assert kept == "True"
    # Each array is of 16,384 pages, or of 32 huge ones.
    assert int(faults) < 64 < 10 * 32 <= int(page_faults("plain")[0])


def test_it_can_be_switched_off(monkeypatch):
    monkeypatch.setenv(memory.SWITCH, "0")
    assert kjax.keep_memory() is False


def test_other_c_libraries_are_left_alone(monkeypatch):
    monkeypatch.delenv(memory.SWITCH, raising=False)

    class Other:
        def mallopt(self, name, value):
            raise AssertionError("means something else there")

    monkeypatch.setattr(memory.ctypes, "CDLL", lambda name: Other())
    assert kjax.keep_memory() is False


# What a process keeps in memory is measured in one of its own: a worker of the tests has threads that allocate, too.
_RESIDENT = """
import pathlib
import numpy as np
from kjax.machine import memory
def resident():
    return int(pathlib.Path("/proc/self/statm").read_text().split()[1]) * 4096
"""

_PAGES = """
blocks = [np.ones(100_000, np.uint8) for _ in range(2000)]
del blocks[1::2], blocks[:-1]
before = resident()
memory.give_back()
print(before - resident())
"""


def measured(code):
    """What the code prints, as numbers, in a process of its own."""
    run = subprocess.run([sys.executable, "-c", _RESIDENT + code], capture_output=True, text=True, check=True)
    return [int(word) for word in run.stdout.split()]


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is glibc that can be told to")
def test_pages_between_blocks_are_given_back():
    (given,) = measured(_PAGES)
    assert given > 50_000_000


def test_many_programs_have_memory_given_back(monkeypatch):
    from kjax.machine import compiler

    given = []
    monkeypatch.setattr(compiler, "give_back", lambda: given.append(True))
    for _ in range(3 * compiler._BATCH):
        compiler.compiled(abs)
    assert len(given) == 3


# ----------------------------------------------------------------------------------------------------------- huge pages

_HUGE = pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled")


@pytest.fixture
def asking():
    """What NumPy does about huge pages, which is set back in the end."""
    change = np._core.multiarray._set_madvise_hugepage
    before = change(True)
    yield change
    change(before)


_HUGE_PAGES = """
print(+memory.ask_for_small_pages(), +memory.ask_for_small_pages())
before = resident()
array = np.zeros(1 << 28, np.uint8)
array[:: 1 << 21] = 1  # one element in each huge page
print(resident() - before, array.sum())
"""


@pytest.mark.skipif(
    not _HUGE.exists() or "[always]" in _HUGE.read_text(), reason="the system gives huge pages to none or to all"
)
def test_an_array_takes_the_memory_that_is_written_to(monkeypatch):
    monkeypatch.delenv("NUMPY_MADVISE_HUGEPAGE", raising=False)
    first, again, taken, written = measured(_HUGE_PAGES)
    assert (first, again, written) == (1, 0, 1 << 7)
    assert taken < 1 << 26


def test_what_the_environment_says_about_huge_pages_stands(asking, monkeypatch):
    monkeypatch.setenv("NUMPY_MADVISE_HUGEPAGE", "1")
    assert not memory.ask_for_small_pages() and asking(True)
