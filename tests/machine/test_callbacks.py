"""Exceptions of callbacks are raised by the call, when the program has ended."""

import pytest

from kjax.machine.callbacks import Callbacks, guarded


def broken(*args):
    raise OSError(*args)


def test_outside_of_a_program_a_function_is_what_it_was():
    assert guarded(broken) is broken


def test_the_first_exception_is_kept_and_raised_once():
    callbacks = Callbacks()
    callbacks.finish()  # without callbacks nothing is waited for
    with callbacks.collecting():
        first, second = guarded(broken), guarded(broken)
    assert callbacks.used
    first("first")
    second("second")
    with pytest.raises(OSError, match="first"):
        callbacks.finish()
    callbacks.finish()


def test_programs_within_programs_keep_their_own():
    outer, inner = Callbacks(), Callbacks()
    with outer.collecting():
        with inner.collecting():
            guarded(broken)("inner")
        guarded(broken)("outer")
    for callbacks, said in ((outer, "outer"), (inner, "inner")):
        with pytest.raises(OSError, match=said):
            callbacks.finish()


def test_in_a_compiled_program():
    import jax

    callbacks, seen = Callbacks(), []

    def look(x):
        seen.append(float(x))
        if x > 1:
            raise ValueError("too large")

    def program(x):
        with callbacks.collecting():
            jax.debug.callback(guarded(look), x, ordered=True)
        return x + 1

    run = jax.jit(program)
    run(1.0)
    callbacks.finish()
    run(2.0)
    with pytest.raises(ValueError, match="too large"):
        callbacks.finish()
    run(0.0)
    callbacks.finish()
    assert seen == [1, 2, 0]
