import os
import pathlib
import resource
import signal
import subprocess
import sys

import numpy as np
import pytest

import kjax
from kjax import backend as K

KERAS = """
import sys, numpy as np, keras
from keras.layers import Dense, Dropout, BatchNormalization
keras.backend.clear_session(); np.random.seed(5)
first = Dense(8, activation='relu', input_shape=(4,))
m = keras.models.Sequential([first, BatchNormalization(), Dropout(.3), Dense(3)])
m.compile('adam', 'mse')
r = np.random.RandomState(1); x, y = r.rand(40, 4), r.rand(40, 3)
import kjax
history = []
def epochs(n):
    history.extend(m.fit(x, y, batch_size=16, epochs=n, verbose=0).history['loss'])
if sys.argv[2] == 'first':
    epochs(2); kjax.save_state(sys.argv[1], m); epochs(2)
else:
    kjax.load_state(sys.argv[1], m); epochs(2)
if sys.argv[2] == 'second':
    losses = []
    for layer, parts in ((lambda l: l, 1), (kjax.remat, 3)):
        keras.backend.clear_session(); np.random.seed(7)
        i = keras.layers.Input((4,))
        n = keras.models.Model(i, layer(Dense(3, kernel_regularizer='l2'))(layer(Dense(8, activation='tanh'))(i)))
        n.compile('adam', 'mse', metrics=['mae'])
        with kjax.accumulate(parts):
            losses.append([n.train_on_batch(x, y) for _ in range(3)])
    np.testing.assert_allclose(losses[1], losses[0], rtol=1e-5)
print([float(v).hex() for v in history[-2:]])
"""


@pytest.fixture
def path(tmp_path):
    return str(tmp_path / "state.safetensors")


def dropping():
    with kjax.graph_mode():
        x, w = K.placeholder((None, 4), name="x"), K.variable(np.ones((4, 2)), name="w")
        loss = K.mean(K.square(K.dot(K.dropout(x, 0.4), w)))
        return K.function([x], [loss], [K.update_sub(w, 0.1 * K.gradients(loss, [w])[0])]), w


def test_training_goes_on_to_the_same_losses(path):
    step, w = dropping()
    x = [np.random.rand(6, 4)]
    step(x)
    kjax.save_state(path, step)
    after = [step(x)[0] for _ in range(4)], np.random.rand(), K.get_value(w)
    kjax.load_state(path, step)
    again = [step(x)[0] for _ in range(4)], np.random.rand(), K.get_value(w)
    assert after[:2] == again[:2] and (after[2] == again[2]).all()
    kjax.load_state(path, [w], random=False)
    assert np.random.rand() != again[1]


def test_a_model_of_keras_goes_on_in_another_process_and_is_the_same_in_parts(path):
    outputs = [
        subprocess.run(
            [sys.executable, "-m", "kjax", "run", "-c", KERAS, path, which],
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        ).stdout
        for which in ("first", "second")
    ]
    assert outputs[0] == outputs[1] and "0x" in outputs[0]


@pytest.mark.parametrize("dtype", ["float64", "bfloat16", "complex128", "int8", "bool", "uint64"])
def test_dtypes_and_shapes(path, dtype):
    shapes = {"a": (), "b": (0, 2), "c": (3, 2)}
    state = {name: K.get_value(K.ones(shape, dtype)) for name, shape in shapes.items()}
    kjax.save_state(path, state)
    found = kjax.load_state(path)
    assert set(found) == set(state)
    for name, array in state.items():
        assert found[name].dtype == array.dtype and found[name].shape == array.shape and (found[name] == array).all()


def test_what_does_not_fit_changes_nothing(path):
    step, w = dropping()
    other = K.variable([1.0], name="other")
    kjax.save_state(path, [other, w])
    K.set_value(w, np.zeros((4, 2)))
    runs = kjax.core.running.coming_run()
    with pytest.raises(
        ValueError, match="has 'other:0', which is not among the variables given \\(w:0\\); partly=True"
    ):
        kjax.load_state(path, step)
    with pytest.raises(ValueError, match="lacks the variable 'third:0'; it has other:0, w:0"):
        kjax.load_state(path, [w, other, K.variable(0.0, name="third")])
    wrong = "has 'w:0' as float32 of shape \\(4, 2\\); the variable is float32 of shape \\(2, 2\\)"
    with pytest.raises(ValueError, match=wrong):
        kjax.load_state(path, {"w": K.variable(np.ones((2, 2)), name="w"), "other": other})
    assert not K.get_value(w).any() and runs == kjax.core.running.coming_run()
    kjax.load_state(path, kjax.pure(step), partly=True)
    assert K.get_value(w).any()


def test_files_that_are_none(path):
    with pytest.raises(FileNotFoundError, match="there is no file"):
        kjax.load_state(path)
    with open(path, "wb") as file:
        file.write(b"hello")
    with pytest.raises(ValueError, match="is no file of safetensors, or is damaged"):
        kjax.load_state(path)
    import safetensors.numpy

    safetensors.numpy.save_file({"a": np.ones(2)}, path)
    with pytest.raises(ValueError, match="was not written by save_state"):
        kjax.load_state(path)
    for wrong in (3, {1: np.ones(2)}, {"a": "text"}):
        with pytest.raises(TypeError, match="save_state\\(\\): "):
            kjax.save_state(path, wrong)


def test_a_full_disk_leaves_the_old_file(path):
    kjax.save_state(path, {"a": np.ones(2)})
    before = pathlib.Path(path).read_bytes()
    limit, ignored = resource.getrlimit(resource.RLIMIT_FSIZE), signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, limit[1]))
    try:
        with pytest.raises(OSError, match="can't be written"):
            kjax.save_state(path, {"a": np.ones(200_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
        signal.signal(signal.SIGXFSZ, ignored)
    assert pathlib.Path(path).read_bytes() == before and os.listdir(os.path.dirname(path)) == [os.path.basename(path)]


def test_without_the_library(path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    with pytest.raises(NotImplementedError, match=r'pip install "kjax\[checkpoints\]"'):
        kjax.save_state(path, {})
