"""Six models of the classic era, on Keras 2.3.1: on kjax, beside TensorFlow 1.15; and beside tf-keras."""

import time
from functools import partial

import numpy as np

from clients import models
from tasks import Row, Task

# Name: title of the row; target of a training step beside Keras 2.3.1 on TF 1.15.
_MODELS = {
    "tiny_mlp": ("MLP 20-64-64-10, batch 32", 2),
    "mlp": ("MLP 784-512-512-10, batch 128", 1.3),
    "convnet": ("convnet, batch 64, Adadelta", 1.1),
    "lstm": ("embedding + LSTM 128, 80 steps, batch 32", 1.5),
    "resnet": ("small ResNet 32x32x3, batch 32", 1.1),
    "text_convnet": ("1-D convnet on text, batch 32", 1.1),
}


def _made(framework, name):
    """A new model of that name, and a batch for it."""
    framework.K.clear_session()
    x, y = models.data(name, batches=1)
    return models.build(name, framework.module), x, y


def training(made, random=False):
    """Training steps of a model: `made(framework)` gives it and a batch for it."""

    def make(framework):
        model, x, y = made(framework)
        return lambda: model.train_on_batch(x, y)

    return Task(make, random=random)


def predicting(made, random=False):
    """Predictions of a model, made in the same way."""

    def make(framework):
        model, x, _ = made(framework)
        return lambda: np.asarray(model.predict_on_batch(x))

    return Task(make, random=random)


def first_step(made):
    """The first training step of a new model, each time."""

    def make(framework):
        def call():
            model, x, y = made(framework)
            start = time.perf_counter()
            model.train_on_batch(x, y)
            return time.perf_counter() - start

        return call

    return Task(make, random=True, measures=True)


TASKS = {}
for _name in _MODELS:
    _model = partial(_made, name=_name)
    TASKS["train " + _name] = training(_model)
    TASKS["predict " + _name] = predicting(_model)
    TASKS["first step of " + _name] = first_step(_model)

ROWS = [
    *(Row("training step, %s" % t, ["train " + n], "keras2", at, ours="keras2-kjax") for n, (t, at) in _MODELS.items()),
    *(Row("prediction, %s" % t, ["predict " + n], "keras2", 1, ours="keras2-kjax") for n, (t, _) in _MODELS.items()),
    *(
        Row("%s, %s" % (what, t), [task + n], "tf-keras", 1.5, ours="keras2-kjax")
        for what, task in (("training step", "train "), ("prediction", "predict "))
        for n, (t, _) in _MODELS.items()
    ),
    *(
        Row("first training step, %s%s" % (t, how), ["first step of " + n], "keras2", at, ours=ours)
        for how, at, ours in (("", 0.5, "keras2-kjax"), (", with a warm cache on disk", 1, "keras2-kjax-warm"))
        for n, (t, _) in _MODELS.items()
    ),
]
