"""Fixtures of the tests of clients."""

import warnings

import pytest


def keras_on_kjax():
    """Keras 2.3.1 on kjax, in graph mode, as `import keras` gives it under `kjax run`."""
    import kjax.keras2

    kjax.keras2.attach()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of old code, when Python compiles it
        import keras
    kjax.disable_eager_execution()
    return keras


@pytest.fixture
def keras():
    """Keras 2.3.1 on kjax, for one test."""
    return keras_on_kjax()
