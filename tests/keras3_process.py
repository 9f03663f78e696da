"""Processes where `keras` is Keras 3 on JAX, for tests. It lies in a folder, where the Makefile puts it."""

import os
import pathlib
import sys

FOLDER = pathlib.Path(os.environ.get("KERAS3", pathlib.Path(sys.prefix, "share", "keras3")))


def environment():
    """The environment of a process in which `keras` is Keras 3."""
    assert (FOLDER / "keras").exists(), f"no Keras 3 in {FOLDER}; `make test` installs it"
    path = os.pathsep.join([str(FOLDER), *filter(None, [os.environ.get("PYTHONPATH")])])
    return {**os.environ, "PYTHONPATH": path, "KERAS_BACKEND": "jax", "KERAS_HOME": str(FOLDER / "home")}
