"""The part of `tf.contrib` of TensorFlow 1.15 that programs use beside the Keras backend.

`tf.contrib.layers`, as far as `tensorflow_contrib_layers` has it; the cells of `tf.contrib.rnn`; and modules that later
became public ones: `tf.contrib.keras`, `tf.contrib.signal`, `tf.contrib.data`. A program that asks for `tf.contrib` was
written for TensorFlow 1, and is switched to graph mode.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kjax.core.graph import disable_eager_execution, executing_eagerly
from kjax.dialects.stand_ins import Contents
from kjax.dialects.tensorflow_dimensions import show_dimensions
from kjax.dialects.tensorflow_modules import answers, table
from kjax.dialects.tensorflow_python import keras_at


def hidden(name: str) -> bool:
    """Whether `tf.contrib` is not seen by a program that has not shown to be one for TensorFlow 1."""
    return name == "tensorflow.contrib" and executing_eagerly()


def _root() -> dict[str, Any]:
    disable_eager_execution()
    show_dimensions()
    return {}


def _framework() -> dict[str, Any]:
    names = ("get_global_step", "get_or_create_global_step", "global_step")
    return {name: call for name, call in answers("train", 1).items() if name in names}


def _rnn() -> dict[str, Any]:
    loops = ("static_bidirectional_rnn", "static_rnn")
    return {**answers("nn.rnn_cell", 1), **{name: answers("nn", 1)[name] for name in loops}}


def contents(known: Iterable[str]) -> dict[str, Contents]:
    """The modules of `tf.contrib`, with those of `tensorflow.keras` among the `known` ones as `tf.contrib.keras`."""
    return {
        "tensorflow.contrib": _root,
        "tensorflow.contrib.data": lambda: answers("data", 1),
        "tensorflow.contrib.framework": _framework,
        "tensorflow.contrib.layers": lambda: table("contrib_layers.LAYERS"),
        "tensorflow.contrib.rnn": _rnn,
        "tensorflow.contrib.signal": lambda: answers("signal", 1),
        **keras_at("tensorflow.contrib", known),
    }
