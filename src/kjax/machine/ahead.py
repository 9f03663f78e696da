"""Iterators that run ahead of their consumer, in threads.

An exception of the source comes to the consumer as itself, after what came before it. When the consumer stops, by an
interrupt or by forgetting the iterator, the threads end.
"""

from __future__ import annotations

import atexit
import contextvars
import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from typing import Any, TypeVar
from weakref import WeakSet

from kjax.machine.threads import threads

Item = TypeVar("Item")
Result = TypeVar("Result")


_LONGEST_WAIT = 1.0  # seconds; after them the thread ends by itself, when its source gives the item


class _Pump:
    """A thread that reads an iterator into a buffer of limited size."""

    def __init__(self, source: Callable[[], Iterator[Any]], size: int) -> None:
        self.size = size
        self.ready: deque[Any] = deque()
        self.changed = threading.Condition()
        self.ended = False  # the source is at its end, or has raised
        self.stopped = False  # nobody wants more
        self.error: BaseException | None = None
        context = contextvars.copy_context()
        self.thread = threading.Thread(target=context.run, args=(self._fill, source), name="kjax-ahead", daemon=True)
        _running.add(self)
        self.thread.start()

    def _fill(self, source: Callable[[], Iterator[Any]]) -> None:
        items: Any = None
        try:
            items = source()
            for item in items:
                with self.changed:
                    self.ready.append(item)
                    self.changed.notify_all()
                    while len(self.ready) >= self.size and not self.stopped:
                        self.changed.wait()
                    if self.stopped:
                        return
        except BaseException as error:
            self.error = error
        finally:
            if hasattr(items, "close"):
                items.close()
            with self.changed:
                self.ended = True
                self.changed.notify_all()

    def take(self) -> Any:
        """The next item.

        Raises:
            StopIteration: there is none.
        """
        with self.changed:
            while not self.ready and not self.ended:
                self.changed.wait()
            if self.ready:
                item = self.ready.popleft()
                self.changed.notify_all()
                return item
        if self.error is not None:
            raise self.error
        raise StopIteration

    def stop(self) -> None:
        """Let the thread end, and wait until it has; not long for a source that is in the middle of an item."""
        with self.changed:
            self.stopped = True
            self.changed.notify_all()
        if self.thread is not threading.current_thread():
            self.thread.join(_LONGEST_WAIT)
        _running.discard(self)


_running: WeakSet[_Pump] = WeakSet()


@atexit.register
def _stop_all() -> None:
    for pump in [*_running]:
        pump.stop()


def run_ahead(source: Callable[[], Iterator[Item]], size: int) -> Iterator[Item]:
    """The items of an iterator, up to `size` of which are made in advance, in a thread.

    >>> list(run_ahead(lambda: iter(range(3)), 2))
    [0, 1, 2]
    """
    pump = _Pump(source, size)
    try:
        while True:
            try:
                item = pump.take()
            except StopIteration:
                return
            yield item
    finally:
        pump.stop()


WORTHWHILE = 3e-4  # seconds of a call, from which on a thread is worth its hand-over


def map_ahead(function: Callable[[Item], Result], source: Iterator[Item], workers: int) -> Iterator[Result]:
    """`function(item)` for each item in their order, up to `workers` of them at a time, where a call takes long.

    >>> list(map_ahead(lambda x: x * 2, iter(range(3)), 2))
    [0, 2, 4]
    """
    workers = threads() if workers < 1 else workers
    fastest = float("inf")
    for item in itertools.islice(source, 5):
        began = time.perf_counter()
        result = function(item)
        fastest = min(fastest, time.perf_counter() - began)
        yield result
    if workers == 1 or fastest < WORTHWHILE:
        yield from map(function, source)
        return
    from concurrent.futures import ThreadPoolExecutor

    pool = ThreadPoolExecutor(workers, "kjax-map")
    waiting: deque[Any] = deque()
    try:
        error: Exception | None = None
        while waiting or error is None:
            while error is None and len(waiting) <= workers:
                try:
                    item = next(source)
                except Exception as end:  # the end of the source or its error: after the results of what came before
                    error = end
                else:
                    waiting.append(pool.submit(contextvars.copy_context().run, function, item))
            if waiting:
                yield waiting.popleft().result()
        if not isinstance(error, StopIteration):
            raise error
    finally:
        pool.shutdown(wait=not threading.current_thread().name.startswith("kjax-map"), cancel_futures=True)
