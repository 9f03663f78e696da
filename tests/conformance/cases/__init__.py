"""The cases, a module for each family of functions."""

import importlib

FAMILIES = (
    "creation",
    "elementwise",
    "comparison",
    "reduction",
    "linear",
    "shaping",
    "indexing",
    "activation",
    "loss",
    "ctc",
    "convolution",
    "pooling",
    "image",
    "control",
    "recurrence",
    "loops",
    "normalisation",
    "operators",
    "gradients",
    "state",
    "settings",
    "random",
    "sparse",
    "keras2",
)


def load(family):
    """The list of cases of a family."""
    return list(importlib.import_module("." + family, __name__).cases)
