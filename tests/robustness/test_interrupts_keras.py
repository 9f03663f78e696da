"""Keras 2.3.1's `fit` and `load_weights`, interrupted: a model stays whole."""

import numpy as np
import pytest

from kjax import backend as K
from robustness.interrupts import steps_of

TRIES = 500
RATE = 2.0**-8

# An interrupt may come while the garbage collector runs a callback, where Python only reports it.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.fixture
def model(keras):
    """A model whose weights all fall by `RATE` with each training step on ones."""
    built = keras.models.Sequential([keras.layers.Dense(1, input_shape=(3,), kernel_initializer="zeros")])
    built.compile(keras.optimizers.SGD(RATE), lambda _, output: output)
    return built


def test_fit(interrupted, model):
    x = np.ones((12, 3), "float32")
    y = np.ones((12, 1), "float32")

    def steps():
        iterations = int(K.get_value(model.optimizer.iterations))
        assert {float(v) for w in model.get_weights() for v in w.flat} == {-iterations * RATE}
        return iterations

    model.fit(x, y, batch_size=4, epochs=2, verbose=0)
    assert steps() == 6
    for _ in range(TRIES):
        before = steps()
        assert interrupted(lambda: model.fit(x, y, batch_size=4, epochs=3, verbose=0), 0.02)
        assert steps() >= before
    before = steps()
    model.fit(x, y, batch_size=4, epochs=1, verbose=0)
    assert steps() == before + 3


@pytest.mark.parametrize("by_name", [False, True])
def test_load_weights(interrupted, model, tmp_path, by_name):
    files = [str(tmp_path / f"{i}.h5") for i in range(2)]
    for i, file in enumerate(files):
        model.set_weights([np.full_like(w, i) for w in model.get_weights()])
        model.save_weights(file)

    def swap():
        for file in files:
            model.load_weights(file, by_name=by_name)

    for _ in range(TRIES // 2):
        assert interrupted(swap, 0.01)
        assert steps_of(model.weights) in (0, 1)
    model.load_weights(files[1])
    assert steps_of(model.weights) == 1
