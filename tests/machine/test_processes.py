"""Here without others; tests/command/test_launcher.py starts several."""

import pytest

from kjax.machine import processes


@pytest.fixture(autouse=True)
def nothing_said(monkeypatch):
    for name in (processes.ADDRESS, processes.COUNT, processes.RANK, "SLURM_NTASKS", "OMPI_COMM_WORLD_SIZE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("SLURM_STEP_NODELIST", raising=False)


def test_alone():
    assert not processes.is_named() and processes.expected() == 1
    assert not processes.are_several() and processes.rank() == 0 and processes.count() == 1
    processes.wait("for nobody")
    assert not processes.is_loss(RuntimeError("Gloo AllReduce failed: Connection reset by peer"))


def test_by_variables_of_jax(monkeypatch):
    monkeypatch.setenv(processes.COUNT, "3")
    assert not processes.is_named()  # which one this is must be said, too
    monkeypatch.setenv(processes.RANK, "0")
    monkeypatch.setenv(processes.ADDRESS, "localhost:1")
    assert processes.is_named() and processes.expected() == 3


@pytest.mark.parametrize("step, several", [("node[1-2]", True), (None, False)])
def test_by_slurm(monkeypatch, step, several):
    monkeypatch.setenv("SLURM_NTASKS", "4")
    if step:
        monkeypatch.setenv("SLURM_STEP_NODELIST", step)
    assert processes.is_named() is several and processes.expected() == (4 if several else 1)


def test_by_open_mpi(monkeypatch):
    monkeypatch.setenv("OMPI_COMM_WORLD_SIZE", "2")
    assert processes.is_named() and processes.expected() == 2


def test_numbers_that_are_none(monkeypatch):
    monkeypatch.setenv(processes.COUNT, "two")
    with pytest.raises(ValueError, match="JAX_NUM_PROCESSES and JAX_PROCESS_ID must be numbers"):
        processes.join()
