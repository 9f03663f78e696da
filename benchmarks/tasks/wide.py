"""Models of many kinds on Keras 2.3.1: on kjax, beside TensorFlow 1.15; and beside tf-keras."""

from functools import partial

from clients import kinds
from tasks import Row
from tasks.models import first_step, predicting, training


def _made(framework, name):
    framework.K.clear_session()
    model = kinds.build(name, framework.module)
    return (model, *kinds.batch(name, model))


TASKS, ROWS = {}, []
for _name, _kind in kinds.KINDS.items():
    _model = partial(_made, name=_name)
    # (With Adam the losses of two steps can't be compared: the session of TF 1.15 counts a step before or after the
    # optimizer has read the count, by chance. Predictions are.)
    TASKS["train " + _name] = training(_model, random=True)
    TASKS["predict " + _name] = predicting(_model, _kind.random)
    TASKS["first step of " + _name] = first_step(_model)


def _row(what, task, peer, target, least=None, ours="keras2-kjax"):
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
