"""Methods and a class of Keras become one class, when it is asked for."""

import pytest

from kjax.dialects import newer_parts
from kjax.dialects.newer_parts import On, Part


class Base(Part):
    def call(self, x):
        return ["base", *super().call(x)]


class Own(Base):
    """Its own."""

    def build(self, input_shape):
        return ["own", *super().build(input_shape)]


class Keras:
    def call(self, x):
        return ["keras", x]

    def build(self, input_shape):
        return ["keras", input_shape]


@pytest.fixture(autouse=True)
def keras(monkeypatch):
    newer_parts.made.cache_clear()
    monkeypatch.setattr(newer_parts, "of_keras", lambda path: {"layers.Layer": Keras}[path])
    yield
    newer_parts.made.cache_clear()


def test_a_class_is_made_once():
    entry = On("layers.Layer", Own)
    cls = newer_parts.made(entry)
    assert cls is newer_parts.made(On("layers.Layer", Own)) and issubclass(cls, (Own, Keras))
    assert (cls.__name__, cls.__module__, cls.__doc__) == ("Own", "tensorflow.keras.layers", "Its own.")
    assert cls().call(1) == ["base", "keras", 1] and cls().build(2) == ["own", "keras", 2]
    assert {"call", "build"} <= vars(cls).keys()  # where what adapts classes looks


def test_a_class_on_another_entry():
    class Derived(Part):
        """More."""

    cls = newer_parts.made(On(On("layers.Layer", Own), Derived, "layers.experimental"))
    assert issubclass(cls, newer_parts.made(On("layers.Layer", Own))) and "call" not in vars(cls)
    assert cls.__module__ == "tensorflow.keras.layers.experimental" and cls().call(1) == ["base", "keras", 1]


def test_tables():
    found = dict(newer_parts.entries(("newer_initializers.ACTIVATIONS",)))
    assert set(found) == {"gelu", "silu", "swish"} and found["silu"] is found["swish"]
