"""Record how the losses of the six models fall on TensorFlow 1.15.

    python record_losses.py    writes recorded/losses_tf115.json

Needs Python 3.7 with tensorflow 1.15, keras 2.3.1, h5py < 3 and protobuf < 3.21. In one thread, so that sums are taken
in one order.

Adam and its like read `optimizer.iterations` in the same run that increments it, and TensorFlow 1.15 does not say which
comes first: mostly it reads the new number, now and then the old one, and two runs of one program differ by 1e-3. So
here the increment is taken out of the run and made after it, which is the order of the optimizer's formula.
"""

import contextlib
import json
import os

os.environ["KERAS_BACKEND"] = "tensorflow"

import keras
import models
import numpy as np
import tensorflow as tf
from keras import backend as K

RECORDED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "recorded", "losses_tf115.json")


@contextlib.contextmanager
def not_counting():
    """A `with` block in which training functions are made that do not increment `iterations`."""
    update_add = K.update_add
    K.update_add = lambda variable, increment: K.identity(variable)
    try:
        yield
    finally:
        K.update_add = update_add


def without_the_race(model):
    """Let `model` count its iterations between the runs of its training function."""
    with not_counting():
        model._make_train_function()
    run, iterations = model.train_function, model.optimizer.iterations

    def train(inputs):
        results = run(inputs)
        K.set_value(iterations, K.get_value(iterations) + 1)
        return results

    model.train_function = train


def record():
    """The loss of each epoch of a fit of each model."""
    options = tf.compat.v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    losses = {}
    for name in models.TASKS:
        K.clear_session()
        K.set_session(tf.compat.v1.Session(config=options))
        model = models.build(name, keras)
        without_the_race(model)
        losses[name] = [float(format(loss, ".8g")) for loss in models.fit(model, name)]
        print(name, losses[name], flush=True)
    return losses


if __name__ == "__main__":
    versions = {"tensorflow": tf.__version__, "keras": keras.__version__, "numpy": np.__version__}
    found = {"versions": versions, "loss": record()}
    with open(RECORDED, "w") as file:
        json.dump(found, file, indent=1)
        file.write("\n")
