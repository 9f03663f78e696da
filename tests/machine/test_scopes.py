"""Values that hold for a block, in the thread or task that enters it."""

import asyncio
import contextvars
import threading
from contextvars import ContextVar

import jax
import pytest

import kjax
from kjax import backend as K
from kjax.core.graph import MODE
from kjax.core.updates import noted
from kjax.machine import scopes
from kjax.machine.scopes import as_loop, one_program, scope, wide_types

STATE = ContextVar("state", default="outside")


def test_a_block():
    with scope(STATE, "inside") as value:
        assert value == STATE.get() == "inside"
        with scope(STATE, "deeper"):
            assert STATE.get() == "deeper"
        assert STATE.get() == "inside"
    with pytest.raises(RuntimeError), scope(STATE, "inside"):
        raise RuntimeError
    assert STATE.get() == "outside"


# Blocks that programs enter, and what each of them changes.
SCOPES = {
    "learning_phase_scope": (lambda: K.learning_phase_scope(1), K.learning_phase, 0),
    "graph_mode": (kjax.graph_mode, kjax.executing_eagerly, True),
    "name_scope": (lambda: K.name_scope("a"), lambda: MODE.get().scope, ""),
}


@pytest.fixture(params=SCOPES)
def block(request):
    return SCOPES[request.param]


def test_overlapping_threads(block):
    enter, read, outside = block
    inside, entered, left = threading.Event(), threading.Event(), []

    def first():
        with enter():
            inside.set()
            entered.wait()
        left.append(read())

    def second():
        inside.wait()
        left.append(read())
        with enter():
            entered.set()
            threads[0].join()
        left.append(read())

    threads = [threading.Thread(target=work) for work in (first, second)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert left == [outside] * 3 and read() == outside


def test_overlapping_tasks(block):
    enter, read, outside = block

    async def task(number):
        await asyncio.sleep(0.001 * number)
        assert read() == outside
        with enter():
            await asyncio.sleep(0.002)
            assert read() != outside
        await asyncio.sleep(0.001)
        assert read() == outside

    async def together():
        await asyncio.gather(*map(task, range(10)))

    asyncio.run(together())
    assert read() == outside


def generator(enter):
    with enter():
        yield


def test_closed_in_another_thread(block):
    enter, read, outside = block
    steps = generator(enter)
    contextvars.copy_context().run(next, steps)
    errors = []

    def close():
        try:
            steps.close()
            assert read() == outside
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=close)
    thread.start()
    thread.join()
    assert not errors


def test_closed_in_a_context_that_took_over_the_value(block):
    enter, read, outside = block

    def left_elsewhere():
        steps = generator(enter)
        next(steps)
        heir = contextvars.copy_context()
        heir.run(steps.close)
        assert heir.run(read) == outside

    contextvars.copy_context().run(left_elsewhere)
    assert read() == outside


def test_an_async_generator_that_is_closed_by_the_event_loop(block):
    enter, read, outside = block

    async def steps():
        with enter():
            yield 1
            yield 2

    problems = []

    async def main():
        asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context))
        async for _ in steps():
            break  # the rest is closed later, by another task

    asyncio.run(main())
    assert not problems and read() == outside


def test_noted_updates_closed_elsewhere():
    notes = noted()
    contextvars.copy_context().run(notes.__enter__)
    notes.__exit__(None, None, None)


def test_the_phase_that_a_scope_sets_ends_with_it():
    with K.learning_phase_scope(0):
        K.set_learning_phase(1)
        assert K.learning_phase() == 1
        seen = []
        thread = threading.Thread(target=lambda: seen.append(K.learning_phase()))
        thread.start()
        thread.join()
        assert seen == [0]
    assert K.learning_phase() == 0


SETTINGS = (jax.enable_x64, jax._src.config.disable_jit)


@pytest.mark.parametrize("wide", [True, False])
def test_types_of_32_and_64_bits(wide):
    before = jax.config.jax_enable_x64
    with wide_types(jax, not wide), wide_types(jax, wide):
        assert jax.numpy.ones(2).dtype == ("float64" if wide else "float32")
    assert jax.config.jax_enable_x64 == before


def primitives(function, *arrays):
    return [equation.primitive.name for equation in jax.make_jaxpr(function)(*arrays).eqns]


def test_one_program():
    """Functions of JAX that are programs themselves are traced as parts; loops stay loops where that is asked for."""
    ones = jax.numpy.ones(3)

    def computed(x):
        with one_program(jax):
            return jax.numpy.clip(jax.numpy.median(x), 0, 1)

    def counted(x):
        with one_program(jax):
            return as_loop(
                jax, lambda step: jax.lax.fori_loop(0, 1000, step, x), lambda _, total: total + jax.numpy.median(x)
            )

    assert "jit" in primitives(jax.numpy.median, ones)
    assert "jit" not in primitives(computed, ones)
    assert primitives(counted, ones) == ["scan"]
    assert "jit[" not in str(jax.make_jaxpr(counted)(ones))
    assert not jax.config.jax_disable_jit


@pytest.mark.parametrize("block", [wide_types, one_program])
def test_a_second_interrupt_while_a_setting_is_restored(block, monkeypatch):
    restore, calls = scopes.restore, []

    def interrupted(*args):
        calls.append(args)
        if len(calls) == 1:
            raise KeyboardInterrupt("the second")
        restore(*args)

    def enter():
        with block(jax):
            raise KeyboardInterrupt("the first")

    before = [scopes.own(setting) for setting in SETTINGS]
    monkeypatch.setattr(scopes, "restore", interrupted)
    with pytest.raises(KeyboardInterrupt, match="the second"):
        enter()
    assert [scopes.own(setting) for setting in SETTINGS] == before
    assert len(calls) == 2


@pytest.mark.parametrize("value", [True, False])
def test_what_a_block_left_open_is_restored_to_what_all_threads_have(value):
    """A program that sets 64-bit types for all threads after an interrupt has them in this one, too."""
    before = scopes.own(jax.enable_x64)
    left_open = jax.enable_x64(value)
    left_open.__enter__()
    scopes.restore(jax.enable_x64, before)
    jax.config.update("jax_enable_x64", True)
    try:
        assert jax.numpy.ones(2).dtype == "float64"
    finally:
        jax.config.update("jax_enable_x64", False)
    assert jax.numpy.ones(2).dtype == "float32"


def test_a_generator_that_is_closed_behind_the_block_around_it():
    def inside():
        with wide_types(jax, False):
            yield

    before, late = scopes.own(jax.enable_x64), inside()
    with wide_types(jax):
        next(late)
    late.close()
    assert scopes.own(jax.enable_x64) is before
