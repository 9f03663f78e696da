"""Conditions that only a run can tell: looked at where values are there, collected where JAX traces them."""

import threading

import jax
import numpy as np
import pytest

from kjax.machine.checks import collecting, is_tracer, require


def test_what_is_traced():
    seen = []
    jax.make_jaxpr(lambda x, y: (seen.append((is_tracer(x), is_tracer(np.ones(2)), is_tracer(None))), x)[1])(1.0, 2.0)
    assert seen == [(True, False, False)]
    assert not any(map(is_tracer, [jax.numpy.ones(2), np.ones(2), np.float32(1), 1.0, None, "x"]))


@pytest.mark.parametrize("condition", [True, np.True_, np.array([True, True]), np.ones((0, 3), bool)], ids=repr)
def test_what_holds_passes(condition):
    require(condition, IndexError("never"))
    require(jax.numpy.asarray(condition), IndexError("never"))


@pytest.mark.parametrize("condition", [False, np.False_, np.array([True, False]), np.zeros((2, 3), bool)], ids=repr)
def test_what_does_not_hold_raises_at_once(condition):
    error = IndexError("out of range")
    for given in (condition, jax.numpy.asarray(condition)):
        found = []
        with pytest.raises(IndexError) as caught, collecting(found):
            require(given, error)
        assert caught.value is error and found == []


def traced(conditions, *values):
    """Whether the conditions held for these values, by a compiled function that requires the values to be True."""

    def run(values):
        found = []
        with collecting(found):
            for value, error in zip(values, conditions, strict=True):
                require(value, error)
        errors[:] = [error for _, error in found]
        return [condition for condition, _ in found]

    errors = []
    return [bool(held) for held in jax.jit(run)([np.asarray(v) for v in values])], errors


def test_traced_conditions_are_collected_in_order_with_their_errors():
    one, two = IndexError("one"), ValueError("two")
    held, errors = traced([one, two], [True, True, True], [[True], [False]])
    assert held == [True, False] and errors == [one, two]
    assert traced([one], np.ones((0,), bool)) == ([True], [one])


def test_blocks_within_each_other():
    def run(x):
        outer, inner = [], []
        with collecting(outer):
            require(x, ValueError("before"))
            with collecting(inner):
                require(x, ValueError("inside"))
            with collecting(None):
                require(x, ValueError("passed over"))
            require(x, ValueError("behind"))
        require(x, ValueError("nobody asks"))
        told.extend([[str(error) for _, error in part] for part in (outer, inner)])
        return x

    told = []
    jax.make_jaxpr(run)(True)
    assert told == [["before", "behind"], ["inside"]]


def test_an_error_ends_the_block():
    def run(x):
        with pytest.raises(KeyError), collecting(found):
            raise KeyError
        require(x, ValueError("behind"))
        return x

    found = []
    jax.make_jaxpr(run)(True)
    assert found == []


def test_threads_collect_for_themselves():
    def run(x):
        with collecting(mine):
            other = threading.Thread(target=require, args=(x, ValueError("of another thread")))
            other.start()
            other.join()
            require(x, ValueError("mine"))
        return x

    mine = []
    jax.make_jaxpr(run)(True)
    assert [str(error) for _, error in mine] == ["mine"]
