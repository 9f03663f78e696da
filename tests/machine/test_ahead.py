"""Iterators that run ahead in threads: order, errors, and that no thread stays."""

import gc
import itertools
import os
import signal
import threading

import pytest

from kjax.machine import ahead


def alive():
    return [thread for thread in threading.enumerate() if thread.name.startswith("kjax-")]


def test_items_come_in_their_order_and_the_thread_ends():
    assert list(ahead.run_ahead(lambda: iter(range(100)), 3)) == [*range(100)]
    assert not alive()


def test_an_error_comes_after_what_was_before_it():
    error = KeyError("mine")

    def items():
        yield 1
        raise error

    found = ahead.run_ahead(items, 5)
    assert next(found) == 1
    with pytest.raises(KeyError) as raised:
        next(found)
    assert raised.value is error and not alive()


def test_a_forgotten_iterator_leaves_no_thread_and_closes_its_source():
    closed = threading.Event()

    def items():
        try:
            yield from itertools.count()
        finally:
            closed.set()

    found = ahead.run_ahead(items, 2)
    assert [next(found), next(found)] == [0, 1] and alive()
    del found
    gc.collect()
    assert not alive() and closed.is_set()


def test_it_runs_no_further_ahead_than_asked():
    made, go_on = [], threading.Event()

    def items():
        for i in range(10):
            made.append(i)
            if i == 3:
                go_on.set()
            yield i

    found = ahead.run_ahead(items, 2)
    assert next(found) == 0
    assert next(found) == 1
    go_on.wait(10)
    assert len(made) <= 5
    found.close()


@pytest.mark.parametrize("worthwhile", [0, 1e9])
def test_map_keeps_the_order(monkeypatch, worthwhile):
    monkeypatch.setattr(ahead, "WORTHWHILE", worthwhile)
    names = set()

    def double(x):
        names.add(threading.current_thread().name)
        return 2 * x

    assert list(ahead.map_ahead(double, iter(range(50)), 3)) == [*range(0, 100, 2)]
    assert (len(names) > 1) == (worthwhile == 0)
    assert not alive()


@pytest.mark.parametrize("fails", ["function", "source"])
def test_errors_of_a_map_come_in_their_place(monkeypatch, fails):
    monkeypatch.setattr(ahead, "WORTHWHILE", 0)

    def items():
        for i in range(20):
            if fails == "source" and i == 12:
                raise ZeroDivisionError
            yield i

    def inverse(i):
        return i / (12 - i if fails == "function" else 1)

    found, seen = ahead.map_ahead(inverse, items(), 3), []
    with pytest.raises(ZeroDivisionError):
        for result in found:
            seen.append(result)
    assert len(seen) == 12 and not alive()


def test_a_forgotten_map_leaves_no_thread(monkeypatch):
    monkeypatch.setattr(ahead, "WORTHWHILE", 0)
    found = ahead.map_ahead(lambda x: x, itertools.count(), 2)
    assert [next(found) for _ in range(9)] == [*range(9)] and alive()
    del found
    gc.collect()
    assert not alive()


def test_an_interrupt_ends_the_wait_for_an_item(monkeypatch):
    monkeypatch.setattr(ahead, "_LONGEST_WAIT", 0.01)
    waiting, go_on = threading.Event(), threading.Event()

    def items():
        yield 1
        waiting.set()
        go_on.wait(20)
        yield 2

    found = ahead.run_ahead(items, 1)
    assert next(found) == 1

    def interrupt():
        waiting.wait(20)
        os.kill(os.getpid(), signal.SIGINT)

    killer = threading.Thread(target=interrupt)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # (a shell lets what runs behind it ignore it)
    try:
        with pytest.raises(KeyboardInterrupt):
            killer.start()
            next(found)
    finally:
        signal.signal(signal.SIGINT, before)
    killer.join()
    found.close()  # (where the interrupt came before the wait)
    (thread,) = alive()
    go_on.set()
    thread.join(20)
    assert not alive() and list(found) == []
