"""Errors as they leave the library."""

import threading

import numpy as np
import pytest

import kjax
from kjax import backend as K
from kjax.machine import errors
from kjax.machine.errors import LONGEST, public, shortened, shown
from robustness.fuzz import itself, nested


@public
def failing(error):
    """Fails as it is told."""
    raise error


class Own(ValueError):
    """An error of the library's."""


Own.__module__ = "kjax"


@pytest.mark.parametrize(
    ("given", "kind", "message"),
    [
        (ValueError("failing(): x is wrong"), ValueError, "failing(): x is wrong"),
        (ValueError("failing() missing x"), ValueError, "failing() missing x"),
        (ValueError("inner(): x is wrong"), ValueError, "failing(): x is wrong"),
        (TypeError("x is wrong"), TypeError, "failing(): x is wrong"),
        (KeyError("x"), ValueError, "failing(): 'x'"),
        (OverflowError("too large"), ValueError, "failing(): too large"),
        (AttributeError("x\ny"), ValueError, "failing(): x"),
        (SystemError(), ValueError, "failing(): it failed with SystemError"),
        (RecursionError("deep"), ValueError, "failing(): an argument is nested too deeply, or contains itself"),
        (MemoryError("Unable to allocate 4 EiB"), kjax.TooLargeError, "failing(): Unable to allocate 4 EiB"),
        (UnicodeEncodeError("utf8", "x", 0, 1, "bad"), ValueError, None),
        (Own("x"), Own, "failing(): x"),
        (ValueError("x" * 10**6), ValueError, None),
    ],
)
def test_kinds_and_messages(given, kind, message, monkeypatch):
    monkeypatch.setattr(errors, "_HERE", __file__)  # as if this file were one of the library
    with pytest.raises(kind) as caught:
        failing(given)
    assert type(caught.value) is kind and len(str(caught.value)) <= LONGEST
    assert str(caught.value).startswith("failing()") and message in (None, str(caught.value))


def test_errors_of_the_program_pass_unchanged():
    error = KeyError("mine")

    def broken(*_):
        raise error

    for call in (
        lambda: K.map_fn(broken, K.ones((2, 3))),
        lambda: K.foldl(broken, K.ones((2, 3))),
        lambda: K.switch(K.constant(True), lambda: broken(), lambda: K.ones(())),
        lambda: K.in_train_phase(broken, broken, training=1),
        lambda: K.rnn(broken, K.ones((2, 3, 4)), []),
    ):
        with pytest.raises(KeyError) as caught:
            call()
        assert caught.value is error


def test_an_error_inside_a_callback_names_what_the_callback_called():
    with pytest.raises(ValueError, match=r"^dot\(\)"):
        K.map_fn(lambda row: K.dot(K.ones((2, 3)), K.ones((4, 5))), K.ones((2, 3)))


def test_errors_of_the_system_pass_unchanged(monkeypatch):
    monkeypatch.setattr(errors, "_HERE", __file__)
    with pytest.raises(OSError, match=r"^full$"):
        failing(OSError("full"))


# Calls of which each once raised something else, or a message of megabytes.
BAD = {
    "self-referential list": lambda: K.constant(itself()),
    "deep list": lambda: K.stack(nested(100_000)),
    "deep list as shape": lambda: K.zeros(nested(100_000)),
    "deep list as axis": lambda: K.sum(K.ones((2, 3)), axis=nested(100_000)),
    "self-referential list of tensors": lambda: K.concatenate(itself()),
    "huge integer": lambda: K.constant(10**400),
    "huge integer as a factor": lambda: K.ones((2,)) * 10**400,
    "huge integer as axis": lambda: K.sum(K.ones((2, 3)), axis=10**400),
    "huge integer as shape": lambda: K.reshape(K.ones((2, 3)), (10**400,)),
    "absurd dtype": lambda: K.cast(K.ones((2,)), "9" * 5000),
    "absurd dtype of a variable": lambda: K.variable(1.0, dtype="9" * 5000),
    "long string": lambda: K.dot(K.ones((2, 3)), "x" * 10**7),
    "long string as padding": lambda: K.conv1d(K.ones((1, 4, 1)), K.ones((2, 1, 1)), padding="x" * 10**7),
    "long list": lambda: K.permute_dimensions(K.ones((2, 3)), list(range(10**5))),
    "many values": lambda: K.set_value(K.variable(1.0), [["x"] * 10**5]),
    "an object": lambda: K.exp(threading.Lock()),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_arguments(name):
    with pytest.raises((TypeError, ValueError, IndexError, NotImplementedError)) as caught:
        BAD[name]()
    assert len(str(caught.value)) <= LONGEST
    public_name = str(caught.value).partition("(")[0]
    assert hasattr(K, public_name) or public_name == "multiply"
    assert type(caught.value) in (TypeError, ValueError, IndexError, NotImplementedError, kjax.TooLargeError)


def test_shortened():
    assert shortened("x" * LONGEST) == "x" * LONGEST
    assert len(shortened("x" * LONGEST + "y")) == LONGEST and shortened("x" * 999 + "y").endswith("xy")
    assert shown([1]) == "[1]" and len(shown("x" * 10**6)) < 200
    assert shown(itself()) == "[[...]]"


def test_values_that_can_not_be_shown():
    class Broken:
        def __repr__(self):
            raise RuntimeError

    assert shown(Broken()) == "<Broken>"
    with pytest.raises(TypeError, match=r"^exp\(\)"):
        K.exp(Broken())
    with pytest.raises((TypeError, ValueError), match=r"^reshape\(\)"):
        K.reshape(np.ones(2), Broken())


@pytest.mark.parametrize("value", [0, -1, 1.5, "2", None])
def test_a_count_is_an_integer_from_1_on(value):
    with pytest.raises(ValueError, match=r"^f\(\): n must be an integer, 1 or more$"):
        errors.as_count(value, "f(): n")
    assert errors.as_count(np.int64(2), "f(): n") == 2
