"""The finder that repairs modules of Keras 2.3.1 as they are imported."""

import inspect
import sys
from types import ModuleType

import pytest

import kjax
from kjax.dialects import keras2, keras2_import, keras2_repairs
from kjax.dialects.keras2_import import Finder, install, uninstall
from kjax.dialects.settings import Settings


def test_a_keras_on_another_backend_is_left_alone(monkeypatch):
    assert keras2_repairs.other_backend() is None
    load_backend, generic_utils = ModuleType("keras.backend.load_backend"), ModuleType("keras.utils.generic_utils")
    load_backend._BACKEND, generic_utils.inspect = "theano", inspect
    for module in (load_backend, generic_utils):
        monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(keras2_import, "_finder", None)
    monkeypatch.setattr(sys, "meta_path", [*sys.meta_path])
    install()
    assert generic_utils.inspect is inspect and kjax.executing_eagerly()
    assert Finder().find_spec("keras.backend.tensorflow_backend") is None
    with pytest.raises(ValueError, match=r"Keras runs on 'theano' already.*set KERAS_BACKEND=kjax\.keras2"):
        keras2.connect()
    assert kjax.executing_eagerly()
    uninstall()


def test_install_and_uninstall(monkeypatch):
    monkeypatch.setattr(keras2_import, "_finder", None)
    monkeypatch.setattr(keras2_repairs, "settings", Settings())
    monkeypatch.setattr(sys, "meta_path", [finder for finder in sys.meta_path if not isinstance(finder, Finder)])
    before = [*sys.meta_path]
    install()
    install()
    assert sys.meta_path[1:] == before
    uninstall()
    uninstall()
    assert sys.meta_path == before


# ---------------------------------------------------------------------------------------------------------------- names
