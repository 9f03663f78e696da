"""Tracebacks that show the lines of a program, and not those of kjax and of the libraries below it."""

from __future__ import annotations

import functools
import sys
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Any

# Packages whose frames are left out.
_LIBRARIES = ("kjax", "jax", "jaxlib", "keras", "keras_preprocessing", "keras_applications")
# Their modules which every import of the program passes through: no one misses these frames.
_UNCOUNTED = ("kjax.dialects.repairs", "kjax.command.runner")


def shorten(error: BaseException | None) -> int:
    """Leave frames of libraries out of an exception, of those that it is chained to, and of a group's.

    An exception in which all frames are of libraries keeps them if it is what the program is told. If it only was
    handled when another one came up, it is dropped; of the cause of another one the message stays.

    Returns:
        The number of frames left out.
    """
    left_out = 0
    told: list[BaseException | None] = [error]
    causes: list[BaseException | None] = []
    seen: set[int] = set()
    while told or causes:
        is_cause = not told
        error = causes.pop() if is_cause else told.pop()
        if error is None or id(error) in seen:
            continue
        seen.add(id(error))
        left_out += _shorten(error, is_cause)
        if isinstance(error, BaseExceptionGroup):
            told += error.exceptions
        causes.append(error.__cause__)
        if not error.__suppress_context__:
            while error.__context__ is not None and _is_inside(error.__context__) and id(error.__context__) not in seen:
                seen.add(id(error.__context__))
                left_out += len(_frames(error.__context__))
                error.__context__ = error.__context__.__context__
            causes.append(error.__context__)
    return left_out


def _frames(error: BaseException) -> list[TracebackType]:
    frames, trace = [], error.__traceback__
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    return frames


def _module(trace: TracebackType) -> str:
    return str(trace.tb_frame.f_globals.get("__name__"))


def _is_import(frame: TracebackType) -> bool:
    """Whether a frame is one of an `import`, which Python leaves out where no loader of ours is in between."""
    return frame.tb_frame.f_code.co_filename.startswith("<frozen importlib") or _module(frame) in _UNCOUNTED


def _kept(error: BaseException) -> list[TracebackType]:
    return [
        frame
        for frame in _frames(error)
        if _module(frame).partition(".")[0] not in _LIBRARIES and not _is_import(frame)
    ]


def _is_inside(error: BaseException) -> bool:
    """Whether no line of the program saw an exception."""
    return error.__traceback__ is not None and not _kept(error)


def _shorten(error: BaseException, is_cause: bool) -> int:
    frames, kept = _frames(error), _kept(error)
    if not kept and not is_cause:
        return 0
    trace = None
    for frame in reversed(kept):
        trace = TracebackType(trace, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    error.__traceback__ = trace
    # JAX adds a note on its own filtering of the traceback, which no longer holds.
    if hasattr(error, "__notes__"):
        error.__notes__ = [note for note in error.__notes__ if "JAX_TRACEBACK_FILTERING" not in note]
    return sum(frame not in kept and not _is_import(frame) for frame in frames)


def shorten_elsewhere(shortened: Callable[[BaseException | None], Any] = shorten) -> None:
    """Let exceptions be `shortened` before Python prints them for a thread, or where no one can catch them."""

    def wrapped(hook: Callable[[Any], Any]) -> Callable[[Any], Any]:
        @functools.wraps(hook)
        def call(args: Any) -> Any:
            kind, value, trace, *rest = args
            if value is not None:
                shortened(value)
                trace = value.__traceback__
            return hook(type(args)((kind, value, trace, *rest)))

        return call

    threading.excepthook = wrapped(threading.excepthook)
    sys.unraisablehook = wrapped(sys.unraisablehook)


def ipython_shell() -> Any:
    """The shell of IPython or Jupyter in which the program is typed; None under `python`."""
    ipython = sys.modules.get("IPython")
    return None if ipython is None else ipython.get_ipython()


def shorten_in(shell: Any) -> Callable[[], None]:
    """Let IPython's shell show the lines of its cells alone; gives what undoes it."""

    def show(self: Any, kind: Any, error: Any, trace: Any, tb_offset: Any = None) -> None:
        shorten(error)
        self.showtraceback((kind, error, error.__traceback__), tb_offset=tb_offset)

    shell.set_custom_exc((Exception, KeyboardInterrupt), show)
    return lambda: shell.set_custom_exc((), None)
