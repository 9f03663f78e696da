"""`kjax run --processes N`: starts a program as several processes on this machine, and ends them together.

The output of the first process is the program's output. Of the others, lines on stderr come with the number of the
process before them; what they write to stdout is the same once more, as a rule, and is shown by `--verbose` only.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from typing import IO

from kjax.machine import processes

_GRACE = 4.0  # seconds in which the others may say what they miss, when one has ended
_STUBBORN = 5.0  # seconds between asking a process to end, and ending it


def start(
    count: int, arguments: Sequence[str], say: Callable[[str], None], verbose: bool = False, devices: int = 1
) -> int:
    """Run `kjax run arguments` in `count` processes; return the exit code: that of the first one that fails.

    Args:
        count: how many.
        arguments: options and program, without the option that asks for several processes.
        say: writes a sentence for the user.
        verbose: whether to show what all processes write.
        devices: how many accelerators each process takes, the first process the first ones.
    """
    command = [sys.executable, *_options_of_python(), "-m", "kjax", "run", *arguments]
    address = f"127.0.0.1:{_free_port()}"
    running: list[subprocess.Popen[bytes]] = []
    threads: list[threading.Thread] = []
    try:
        for rank in range(count):
            environment = {
                **os.environ,
                processes.ADDRESS: address,
                processes.COUNT: str(count),
                processes.RANK: str(rank),
                "JAX_LOCAL_DEVICE_IDS": ",".join(map(str, range(rank * devices, (rank + 1) * devices))),
                # (Sets of strings are then in the same order everywhere.)
                "PYTHONHASHSEED": os.environ.get("PYTHONHASHSEED", "0"),
            }
            if not rank:
                running.append(subprocess.Popen(command, env=environment))
                continue
            environment["PYTHONUNBUFFERED"] = "1"
            out = subprocess.PIPE if verbose else subprocess.DEVNULL
            nothing, pipe = subprocess.DEVNULL, subprocess.PIPE
            one = subprocess.Popen(command, env=environment, stdin=nothing, stdout=out, stderr=pipe)
            running.append(one)
            streams = ((one.stdout, sys.stdout), (one.stderr, sys.stderr))
            threads += [_shown(stream, rank, to) for stream, to in streams if stream]
        with _told(running):
            code = _watch(running, say)
    finally:
        _end(running)
    for thread in threads:
        thread.join(1.0)
    return code


def _watch(running: Sequence[subprocess.Popen[bytes]], say: Callable[[str], None]) -> int:
    """Wait until all processes have ended, or one fails."""
    while True:
        codes = [one.poll() for one in running]
        if any(codes):
            # (One that misses another ends by an exception, with code 1.)
            failed = min((i for i, code in enumerate(codes) if code), key=lambda i: codes[i] == 1)
            break
        if None not in codes:
            return 0
        time.sleep(0.05)
    until = time.monotonic() + _GRACE
    while time.monotonic() < until and any(one.poll() is None for one in running):
        time.sleep(0.05)
    code = codes[failed] or 0
    how = f"was ended by signal {-code} ({_name_of(-code)})" if code < 0 else f"ended with exit code {code}"
    say(f"process {failed} of {len(running)} {how}; the others can't go on without it and are ended")
    return 128 - code if code < 0 else code


def _name_of(number: int) -> str:
    with contextlib.suppress(ValueError):
        return signal.Signals(number).name
    return "unknown"


def _end(running: Sequence[subprocess.Popen[bytes]]) -> None:
    """End the processes that still run."""
    for one in running:
        if one.poll() is None:
            one.terminate()
    until = time.monotonic() + _STUBBORN
    for one in running:
        with contextlib.suppress(subprocess.TimeoutExpired):
            one.wait(max(0.0, until - time.monotonic()))
        if one.poll() is None:
            one.kill()
            one.wait()


@contextlib.contextmanager
def _told(running: Sequence[subprocess.Popen[bytes]]) -> Iterator[None]:
    """A `with` block in which an interrupt is left to the processes, and a request to end is handed on to them."""

    def hand_on(number: int, frame: object) -> None:
        for one in running:
            if one.poll() is None:
                one.send_signal(number)

    before = {
        signal.SIGINT: signal.signal(signal.SIGINT, lambda *_: None),  # (the terminal sends it to all)
        signal.SIGTERM: signal.signal(signal.SIGTERM, hand_on),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _shown(stream: IO[bytes], rank: int, to: IO[str]) -> threading.Thread:
    """A thread that shows the lines that a process writes."""

    def show() -> None:
        for line in stream:
            to.write(f"[{rank}] {line.decode(errors='replace')}")
            to.flush()

    thread = threading.Thread(target=show, daemon=True)
    thread.start()
    return thread


def _options_of_python() -> list[str]:
    """The options that this Python was started with."""
    return subprocess._args_from_interpreter_flags()  # type: ignore[attr-defined, no-any-return]


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])
