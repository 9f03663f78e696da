"""Tracebacks without the frames of libraries: chains, groups, threads, IPython."""

import sys
import threading
import traceback
import types

import pytest

from kjax.machine import tracebacks

LIBRARY = """
def fail(error=ValueError('inner')):
    raise error

def handle(function, later=KeyError('later'), cause=False):
    try:
        function()
    except Exception as error:
        if cause:
            raise later from error
        raise later

def call(function):
    return function()
"""


@pytest.fixture
def library():
    module = types.ModuleType("jax.of_tests")  # known by its name
    exec(compile(LIBRARY, "library.py", "exec"), vars(module))
    return module


def shown(function, *args):
    """What is shown of an exception, and how many frames are not."""
    try:
        function(*args)
    except BaseException as error:
        left_out = tracebacks.shorten(error)
        return "".join(traceback.format_exception(error)), left_out
    raise AssertionError("nothing was raised")


def test_frames_of_libraries_are_left_out(library):
    text, left_out = shown(library.call, library.fail)
    assert "library.py" not in text and left_out == 2
    assert text.endswith("ValueError: inner\n")


def test_what_libraries_handled_among_themselves_is_dropped(library):
    text, left_out = shown(library.handle, library.fail)
    assert "inner" not in text and "During handling" not in text and left_out == 3


def test_what_the_program_handled_before_stays(library):
    def program():
        try:
            raise OSError("mine")
        except OSError:
            library.handle(library.fail)

    text, _ = shown(program)
    assert "inner" not in text and "library.py" not in text
    assert text.index("OSError: mine") < text.index("During handling") < text.index("KeyError: 'later'")


def test_a_cause_keeps_its_message(library):
    text, _ = shown(library.handle, library.fail, KeyError("later"), True)
    assert text.startswith("ValueError: inner\n") and "library.py" not in text


def test_a_line_of_the_program_in_the_middle_stays(library):
    def mine():
        library.fail()

    text, left_out = shown(library.handle, lambda: library.call(mine))
    assert "in mine" in text and "library.py" not in text and left_out == 4
    assert "During handling" in text


def test_groups(library):
    def program():
        try:
            library.fail()
        except ValueError as error:
            raise ExceptionGroup("several", [error, ExceptionGroup("more", [error])]) from None

    text, left_out = shown(program)
    assert "library.py" not in text and "inner" in text and left_out == 1


def test_an_exception_of_libraries_alone_stays_whole(library):
    error = ValueError("alone")
    try:
        library.fail(error)
    except ValueError:
        error.__traceback__ = error.__traceback__.tb_next
    assert tracebacks.shorten(error) == 0 and error.__traceback__ is not None
    assert tracebacks.shorten(None) == 0


def test_a_circle_ends():
    first, second = ValueError(1), ValueError(2)
    first.__context__, second.__cause__ = second, first
    assert tracebacks.shorten(first) == 0


@pytest.mark.filterwarnings("ignore::pytest.PytestUnhandledThreadExceptionWarning")
@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
def test_threads_and_what_no_one_can_catch(library, monkeypatch):
    told = []
    monkeypatch.setattr(threading, "excepthook", told.append)
    monkeypatch.setattr(sys, "unraisablehook", told.append)
    tracebacks.shorten_elsewhere()
    thread = threading.Thread(target=lambda: library.fail())
    thread.start()
    thread.join()

    class Thing:
        def __del__(self):
            library.fail()

    Thing()
    for args in told:
        assert args.exc_type is ValueError
        text = "".join(traceback.format_exception(args.exc_type, args.exc_value, args.exc_traceback))
        assert "library.py" not in text and "test_tracebacks.py" in text
    assert len(told) == 2
