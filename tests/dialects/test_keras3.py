"""The tests in `tests/keras3`, each file in a process of its own where `keras` is Keras 3 on JAX."""

import pathlib
import subprocess
import sys

import pytest

from keras3_process import environment

FOLDER = pathlib.Path(__file__).parents[1] / "keras3"
FILES = sorted(path.stem for path in FOLDER.glob("*.py") if path.stem not in ("conftest", "old_layers"))


@pytest.mark.parametrize("name", FILES)
def test_file(name):
    options = ["-q", "-p", "no:cacheprovider", "-p", "no:xdist", "--no-header", "--tb=short"]
    command = [sys.executable, "-m", "pytest", *options, str(FOLDER / f"{name}.py")]
    finished = subprocess.run(command, env=environment(), capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stdout[-6000:] + finished.stderr[-2000:]


def test_there_are_files():
    assert {"graphs", "surroundings", "tensors", "variables", "threads", "models"} <= {*FILES}


@pytest.mark.parametrize("first", ["keras", "kjax"])
def test_whoever_is_imported_first(first):
    second = {"keras": "kjax", "kjax": "keras"}[first]
    program = (
        f"import {first}, {second}, sys; from kjax import backend as K; "
        "print(type(K.square(keras.Variable(2.0))).__module__.split('.')[0], keras.__version__[0])"
    )
    command = [sys.executable, "-c", program]
    finished = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    assert finished.stdout.split()[-2:] == ["jaxlib", "3"]


def test_kjax_imports_no_keras():
    program = "import sys; from kjax import backend as K; K.square(K.ones((2,))); print('keras' in sys.modules)"
    command = [sys.executable, "-c", program]
    finished = subprocess.run(command, env=environment(), capture_output=True, text=True, check=True)
    assert finished.stdout.strip() == "False"


def test_a_keras_that_runs_on_another_library():
    program = """if True:
        import keras
        from kjax import backend as K
        x = keras.Input((2,))
        y = keras.layers.Dense(1)(x)
        for call in (lambda: K.square(y), lambda: K.function([x], [y]), lambda: K.get_value(keras.Variable(1.0))):
            try:
                call()
            except ValueError as error:
                print(error)
    """
    command = [sys.executable, "-c", program]
    around = {**environment(), "KERAS_BACKEND": "numpy"}
    finished = subprocess.run(command, env=around, capture_output=True, text=True, check=True)
    assert finished.stdout.count("Keras runs on 'numpy' here") == finished.stdout.count("KERAS_BACKEND to jax") == 3
    assert "square(): " in finished.stdout and "function(): " in finished.stdout and "get_value(): " in finished.stdout


def test_another_keras_is_left_alone(monkeypatch):
    from kjax.core import foreign
    from kjax.dialects import keras3

    kinds = [*foreign._KINDS]
    monkeypatch.setitem(sys.modules, "keras", type(sys)("keras"))
    assert not keras3.attach() and kinds == foreign._KINDS
