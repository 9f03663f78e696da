import json
import os
import pathlib
import subprocess
import sys

import numpy as np
import pytest

import kjax
from kjax import backend as K

PROGRAM = pathlib.Path(__file__).parents[1] / "several_processes.py"


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """What both processes found, and how the program ended."""
    folder = tmp_path_factory.mktemp("processes")
    command = [sys.executable, "-m", "kjax", "run", "--processes", "2", "--devices", "2", str(PROGRAM), str(folder)]
    environment = {**os.environ, "JAX_PLATFORMS": "cpu", "XLA_FLAGS": ""}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300)
    paths = [folder / f"found{rank}.json" for rank in (0, 1)]
    assert all(path.exists() for path in paths), done.stderr
    return [json.loads(path.read_text()) for path in paths], done


def test_both_have_all_devices_and_find_the_same(ran):
    (first, second), _ = ran
    assert first == second and first["devices"] == [2, 4]


def test_losses_are_those_of_one_device(ran):
    found = ran[0][0]
    with kjax.graph_mode():
        x, w = K.placeholder((None, 4)), K.variable(np.arange(12.0).reshape(4, 3) / 12)
        loss = K.mean(K.square(K.tanh(K.dot(x, w))))
        step = K.function([x], [loss], [K.update_sub(w, K.gradients(loss, [w])[0])])
    losses = [step([np.random.RandomState(0).rand(8, 4)])[0] for _ in range(3)]
    for how in ("whole", "part", "spread"):
        np.testing.assert_allclose(found[how], losses, rtol=1e-6)


def test_what_is_fed_and_what_comes_out(ran):
    found = ran[0][0]
    assert found["odd"] == [3, 3] and found["gathered"] == [8, 3] and found["global"] is False
    assert "3 rows can't be divided among 2 devices, those of this process" in found["uneven"]


def test_values_in_shards_are_read_saved_and_loaded(ran):
    found = ran[0][0]
    assert found["in shards"] and found["read"] and found["there"] and found["loaded"]


def test_one_that_fails_ends_the_others(ran):
    done = ran[1]
    assert done.returncode == 3
    assert "[1] now it fails" in done.stderr
    assert "kjax run: process 1 of 2 ended with exit code 3; the others can't go on without it" in done.stderr
    assert "process 0 has written" in done.stdout and "process 1 has written" not in done.stdout


def test_how_many():
    command = [sys.executable, "-m", "kjax", "run", "--processes=0", "-c", "pass"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 2 and "--processes needs a number, 1 or more" in done.stderr
