"""Files that Keras 2.3.1 writes on TensorFlow 1.15, and files that it reads there.

    python record_files.py                  writes recorded/*.h5, and into answers.npz what their models say
    python record_files.py --read FOLDER    reads what `python -m clients.write_files FOLDER` (in tests/) wrote on kjax

Needs Python 3.7 with tensorflow 1.15, keras 2.3.1, h5py < 3 and protobuf < 3.21.
"""

import os
import sys

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import models
import numpy as np
import saved
from record_losses import not_counting, without_the_race

RECORDED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recorded")


def read(folder):
    """Load all models but the one with a lambda, and compare their outputs with the outputs where they were written."""
    expected = np.load(os.path.join(folder, "answers.npz"))
    for name in saved.MODELS:
        keras.backend.clear_session()
        file = os.path.join(folder, name + ".h5")
        if name == "lambdas":
            model = saved.lambdas(keras)
            model.load_weights(file)
        else:
            with not_counting():
                model = keras.models.load_model(file, saved.custom_objects(keras))
        if model.optimizer:
            without_the_race(model)
        for key, value in saved.answers(name, model).items():
            np.testing.assert_allclose(value, expected[key], rtol=1e-5, atol=1e-6, err_msg=key)
        print(name, "says the same")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--read"]:
        read(sys.argv[2])
    else:
        saved.written(RECORDED, keras, models.weights, without_the_race)
