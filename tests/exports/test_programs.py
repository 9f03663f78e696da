import os
import subprocess
import sys

import jax
import jax.numpy as jnp
import numpy as np
import pytest

import kjax
from kjax import backend as K

X = np.arange(6, dtype="float32").reshape(3, 2)


def loaded(path):
    return jax.export.deserialize(path.read_bytes())


def test_a_program_without_kjax(tmp_path):
    x, w = K.placeholder((None, 4, 4, 1), name="images"), K.variable(np.arange(18.0).reshape(3, 3, 1, 2) / 18)
    features = K.pool2d(K.relu(K.conv2d(x, w, padding="same")), (2, 2), strides=(2, 2))
    predict = K.function([x], [K.softmax(K.batch_flatten(features)), features])
    images = np.random.default_rng(0).random((3, 4, 4, 1), "float32")
    kjax.export(predict, tmp_path / "model.stablehlo")
    np.save(tmp_path / "images.npy", images)
    program = """
import sys
sys.modules["kjax"] = None
import jax.export, numpy as np
with open("model.stablehlo", "rb") as file:
    model = jax.export.deserialize(file.read())
images = np.load("images.npy")
results = model.call(images)
assert [np.shape(model.call(images[:1])[i]) for i in (0, 1)] == [(1, 8), (1, 2, 2, 2)]
np.savez("results.npz", *results)
"""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    environment["PYTHONPATH"] = os.pathsep.join(p for p in sys.path if p and "site-packages" in p)
    done = subprocess.run([sys.executable, "-c", program], cwd=tmp_path, env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()
    results = np.load(tmp_path / "results.npz")
    for ours, theirs in zip(predict([images]), [results["arr_0"], results["arr_1"]], strict=True):
        assert np.allclose(ours, theirs, atol=1e-6)


def test_variables_have_their_values_of_the_export(tmp_path):
    x, w = K.placeholder((2,)), K.variable([1.0, 2.0])
    kjax.export(K.function([x], [x * w]), tmp_path / "f")
    K.set_value(w, [5.0, 5.0])
    assert loaded(tmp_path / "f").call(jnp.ones(2))[0].tolist() == [1.0, 2.0]


def test_unknown_dims_have_names(tmp_path):
    x, y = K.placeholder((None, None)), K.placeholder((None, 3, None))
    function = K.function([x, y], [K.sum(x, axis=1) + K.sum(y, axis=(1, 2))])
    kjax.export(function, tmp_path / "f")
    assert [str(a.shape) for a in loaded(tmp_path / "f").in_avals] == ["(batch, dim_0)", "(batch, 3, dim_1)"]
    kjax.export(function, tmp_path / "f", shapes=[("n", 2), ("n", 3, 4)])
    program = loaded(tmp_path / "f")
    assert [str(a.shape) for a in program.in_avals] == ["(n, 2)", "(n, 3, 4)"]
    ones = jnp.ones((3, 2)), jnp.ones((3, 3, 4))
    assert program.call(*ones)[0].tolist() == [14.0] * 3


def test_a_pure_function_has_its_state_as_an_argument(tmp_path):
    with kjax.graph_mode():
        x, total = K.placeholder((None, 2)), K.variable(1.0, name="total")
        add = K.function([x], [K.max(x)], [K.update_add(total, K.sum(x))])
    with pytest.raises(ValueError, match=r"updates variables; kjax.export\(kjax.pure\(function\), path\)"):
        kjax.export(add, tmp_path / "f")
    assert not (tmp_path / "f").exists()
    pure = kjax.pure(add)
    kjax.export(pure, tmp_path / "f")
    (largest,), state = loaded(tmp_path / "f").call(pure.get_state(), [X])
    assert largest == 5.0 and state["total:0"] == 16.0


def test_the_learning_phase_of_a_program(tmp_path):
    with kjax.graph_mode():
        x = K.placeholder((2,))
        f = K.function([x, K.learning_phase()], [K.in_train_phase(lambda: 2.0 * x, x)])
    for phase in (0, 1):
        kjax.export(f, tmp_path / "f", learning_phase=phase)
        assert loaded(tmp_path / "f").call(jnp.ones(2))[0].tolist() == [1.0 + phase] * 2


def test_platforms(tmp_path):
    x = K.placeholder((2, 5, 5, 1))
    kjax.export(K.function([x], [K.pool2d(x, (2, 2))]), tmp_path / "f", platforms=["cpu", "cuda", "tpu"])
    assert loaded(tmp_path / "f").platforms == ("cpu", "cuda", "tpu")


def test_the_form_of_outputs(tmp_path):
    x = K.placeholder((2,))
    kjax.export(K.function({"x": x}, {"twice": 2.0 * x, "whole": x}), tmp_path / "f")
    assert loaded(tmp_path / "f").call(jnp.ones(2))["twice"].tolist() == [2.0, 2.0]


def test_without_flatbuffers(tmp_path, monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    x = K.placeholder((2,))
    with pytest.raises(NotImplementedError, match=r'needs flatbuffers: pip install "kjax\[export\]"'):
        kjax.export(K.function([x], [x]), tmp_path / "f")


def test_errors(tmp_path):
    x = K.placeholder()
    f = K.function([x], [x * 2.0])
    with pytest.raises(TypeError, match=r"export\(\): a function made by K.function or kjax.pure is needed; got 3"):
        kjax.export(3, tmp_path / "f")
    with pytest.raises(ValueError, match=r"export\(\): the rank of .* is unknown"):
        kjax.export(f, tmp_path / "f")
    with pytest.raises(ValueError, match=r"export\(\): shapes must have 1 shape; got 2"):
        kjax.export(f, tmp_path / "f", shapes=[(), ()])
    y = K.placeholder((2, 3), name="y")
    with pytest.raises(ValueError, match=r"export\(\): y:0 has shape \(2, 3\), which \(2, 4\) does not fit"):
        kjax.export(K.function([y], [y]), tmp_path / "f", shapes=[(2, 4)])
    n = K.placeholder((), dtype="int32")
    with pytest.raises(TypeError, match="needs the values of an array"):
        kjax.export(K.function([n], [K.arange(n)]), tmp_path / "f")
