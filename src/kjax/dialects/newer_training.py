"""Training as `tf.keras` of TensorFlow 2.2 has it."""

from __future__ import annotations

from typing import Any


def adapt(keras: Any) -> None:
    """Make the training of models of Keras 2.3.1 that of TensorFlow 2.2."""


CALLBACKS: dict[str, Any] = {}
