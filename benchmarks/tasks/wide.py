"""Models of many kinds on Keras 2.3.1: on kjax, beside TensorFlow 1.15; and beside tf-keras."""

import time

import numpy as np

import kinds
from tasks import Row, Task

_OURS = "keras2-kjax"


def _made(framework, name):
    framework.K.clear_session()
    model = kinds.build(name, framework.module)
    return (model, *kinds.batch(name, model))


def _training(name):
    def make(framework):
        model, x, y = _made(framework, name)
        return lambda: np.asarray(model.train_on_batch(x, y))

    # (The step size of Adam depends on the order in which a session reads and counts its steps: losses are compared
    # before the first one, by the prediction.)
    return Task(make, random=True)


def _predicting(name):
    def make(framework):
        model, x, _ = _made(framework, name)
        return lambda: np.asarray(model.predict_on_batch(x))

    return Task(make, random=name == "autoencoder")


def _first(name):
    """The first training step of a new model, each time."""

    def make(framework):
        def call():
            model, x, y = _made(framework, name)
            start = time.perf_counter()
            model.train_on_batch(x, y)
            return time.perf_counter() - start

        return call

    return Task(make, random=True, measures=True)


TASKS, ROWS = {}, []
for _name, _kind in kinds.KINDS.items():
    _tasks = {"train " + _name: _training, "predict " + _name: _predicting, "first step of " + _name: _first}
    TASKS.update({task: make(_name) for task, make in _tasks.items()})


def _row(what, task, peer, target, least=None, ours=_OURS):
    names = [name for name, kind in kinds.KINDS.items() if kind.only is None or peer in kind.only]
    return Row(what, ["%s %s" % (task, name) for name in names], peer, target, least, ours=ours, long=True)


for _peer, _target in (("keras2", 1.5), ("tf-keras", 1.2)):
    ROWS.append(_row("training step, %d models" % len(kinds.KINDS), "train", _peer, _target, 0.9))
    ROWS.append(_row("prediction, %d models" % len(kinds.KINDS), "predict", _peer, 1.5, 0.9))
ROWS.append(_row("first training step, %d models" % len(kinds.KINDS), "first step of", "keras2", 0.8, 0.4))
ROWS.append(
    _row(
        "first training step, %d models, with a warm cache on disk" % len(kinds.KINDS),
        "first step of",
        "keras2",
        1.5,
        ours="keras2-kjax-warm",
    )
)
