"""What a network's distributions over classes spell, by trying all paths."""

import itertools

import numpy as np


def distributions(random, *shape):
    """Distributions over the last axis."""
    e = np.exp(random.randn(*shape))
    return e / e.sum(-1, keepdims=True)


def spelled(path, blank):
    """The labels a path stands for."""
    merged = [label for label, _ in itertools.groupby(path)]
    return tuple(label for label in merged if label != blank)


def probabilities(pred, epsilon=1e-7):
    """Of every sequence of labels; the last class is the blank."""
    pred = (pred + epsilon) / (pred + epsilon).sum(-1, keepdims=True)
    time, classes = pred.shape
    found = {}
    for path in itertools.product(range(classes), repeat=time):
        key = spelled(path, classes - 1)
        found[key] = found.get(key, 0) + np.prod(pred[range(time), path])
    return found
