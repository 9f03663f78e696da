"""A model of six old layers, trained in Keras 3, gives the same in Keras 2.3.1: both on kjax, with the same weights."""

import importlib.util
import os
import pathlib
import subprocess
import sys

import numpy as np

from keras3_process import environment

LAYERS = pathlib.Path(__file__).parents[1] / "keras3" / "old_layers.py"
PROGRAM = """
import sys
import keras, numpy as np, old_layers
from kjax import backend as K

random = np.random.RandomState(0)
x = random.rand(8, 3, 6, 6, 1).astype("float32")
model = old_layers.model_of(keras, K)
model.compile("adam", "categorical_crossentropy", jit_compile=True)
model.fit(x, np.eye(2)[random.randint(0, 2, 8)], batch_size=4, epochs=2, verbose=0)
model.save("model.keras")
model = keras.models.load_model("model.keras", custom_objects=old_layers.layers_of(keras, K))
weights = {f"weight_{i}": weight for i, weight in enumerate(model.get_weights())}
seen = old_layers.grad_cam(model, K, x)
np.savez("found.npz", x=x, predictions=model.predict(x, verbose=0), seen=seen, **weights)
"""


def test_predictions_and_grad_cam_are_those_of_keras_2(keras, tmp_path):
    around = environment()
    around["PYTHONPATH"] = os.pathsep.join([str(LAYERS.parent), around["PYTHONPATH"]])
    command = [sys.executable, "-c", PROGRAM]
    finished = subprocess.run(command, cwd=tmp_path, env=around, capture_output=True, text=True, check=False)
    assert finished.returncode == 0, finished.stderr[-4000:]
    found = np.load(tmp_path / "found.npz")
    spec = importlib.util.spec_from_file_location("old_layers", LAYERS)
    old_layers = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(old_layers)
    model = old_layers.model_of(keras, keras.backend)
    weights = [found[f"weight_{i}"] for i in range(len(found.files) - 3)]
    assert [w.shape for w in weights] == [w.shape for w in model.get_weights()]
    model.set_weights(weights)
    np.testing.assert_allclose(model.predict(found["x"]), found["predictions"], rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(
        old_layers.grad_cam(model, keras.backend, found["x"]), found["seen"], rtol=1e-4, atol=1e-6
    )
    assert found["seen"].max() > 0
