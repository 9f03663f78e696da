"""Keeping memory: the effect on the process, and the switch to turn it off."""

import platform
import subprocess
import sys

import pytest

import kjax
from kjax.machine import memory

# In a process of its own: there is no way back.
_FAULTS = """
import resource, sys
import numpy as np
import kjax
if sys.argv[1] == "keep":
    print(kjax.keep_memory())
def touch():
    for _ in range(5):
        np.ones(1 << 23)  # 64 MiB: more than glibc would ever keep by itself
touch()
before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
touch()
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
    assert int(faults) < 32 < 5 * 32 <= int(page_faults("plain")[0])


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
