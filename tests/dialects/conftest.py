import importlib

import pytest

from kjax.dialects import keras2_repairs, tensorflow


@pytest.fixture
def without_keras(monkeypatch):
    """As where Keras 2.3.1 is not installed."""
    monkeypatch.setattr(keras2_repairs, "is_installed", lambda: False)


@pytest.fixture
def tf(without_keras):
    """`import tensorflow`, whatever is installed here."""
    with tensorflow.install(force=True):
        yield importlib.import_module("tensorflow")
