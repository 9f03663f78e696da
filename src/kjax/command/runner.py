"""Run a program as `python` would have run it, with kjax answering for TensorFlow.

The program gets a `__main__` of its own, `sys.argv`, `sys.path[0]` and exit code as under `python`. The traceback of an
uncaught exception shows the lines of the program, and leaves out lines of kjax, JAX and Keras.
"""

from __future__ import annotations

import importlib.util
import math
import multiprocessing
import os
import pkgutil
import sys
from collections.abc import Callable, Iterable
from importlib.machinery import BuiltinImporter, ModuleSpec, SourceFileLoader, SourcelessFileLoader
from multiprocessing import spawn
from types import CodeType, ModuleType, TracebackType
from typing import Any, NamedTuple

from kjax.core.graph import disable_eager_execution
from kjax.core.sharding import shard
from kjax.dialects import program_repairs, repairs, tensorflow
from kjax.dialects.stand_ins import Report
from kjax.machine import cache, processes
from kjax.machine.memory import ask_for_small_pages, keep_memory
from kjax.machine.meshes import ask_for_devices, axes_of


class CannotRun(Exception):
    """The program can't be run; the message says why."""


class Program(NamedTuple):
    """Code, and the attributes of its `__main__` module, such as `__file__`."""

    code: CodeType
    about: dict[str, Any]


class Devices(NamedTuple):
    """The devices that a program runs on, together.

    Attributes:
        number: how many of them are those of this process.
        mesh: the size of each axis of the mesh, by its name.
        batch: the axis along which batches are split.
    """

    number: int
    mesh: dict[str, int]
    batch: str


def devices_for(count: int | None, mesh: str | None = None, batch: str | None = None) -> Devices | None:
    """The devices for the options `--devices`, `--mesh` and `--batch-axis`; None if there are none of these.

    Of several processes each one has as many devices as `--devices` says, and the mesh is that of all.

    Raises:
        CannotRun: they contradict each other.
    """
    if count is None and mesh is None and batch is None:
        return None
    several = processes.expected()
    try:
        axes = axes_of(mesh) if mesh is not None else {batch or "data": (count or 0) * several}
    except ValueError as error:
        raise CannotRun(f"--mesh: {error}") from None
    batch, size = batch or next(iter(axes)), math.prod(axes.values())
    if mesh is not None and (size % several or count not in (None, size // several)):
        of_all = f" in each of {several} processes" if several > 1 else ""
        raise CannotRun(f"--mesh {mesh} is for {size} devices, --devices says {count}{of_all}")
    if size < 1:
        raise CannotRun("--devices: how many? for example: kjax run --devices 8 script.py")
    if batch not in axes:
        raise CannotRun(f"--batch-axis: the mesh has no axis {batch!r}; it has {', '.join(axes)}")
    return Devices(size // several, axes, batch)


def prepare(
    force: bool,
    graph: bool,
    repaired: bool = True,
    report: Report | None = None,
    devices: Devices | None = None,
    together: bool = False,
) -> None:
    """Let kjax answer for TensorFlow in this process and in processes that `multiprocessing` starts from it.

    Freed memory and compiled programs are kept, too, and arrays take no more memory than is written to.

    Args:
        force: replace an installed TensorFlow or Keras, too.
        graph: start in graph mode.
        repaired: answer names that NumPy, Python and others have dropped (`kjax.dialects.program_repairs`).
        report: as for `kjax.dialects.tensorflow.install`.
        devices: the devices that it runs on, if several.
        together: whether this is one of several processes that compute together, as the environment says.

    Raises:
        CannotRun: JAX has started already, with fewer devices.
    """
    tensorflow.install(force=force, report=report)
    keep_memory()
    ask_for_small_pages()
    cache.keep_compiled()
    if repaired:
        program_repairs.install()
    if graph:
        disable_eager_execution()
    if devices is not None or together:
        try:
            if devices is not None:
                ask_for_devices(devices.number)
            if together:
                processes.join()
        except ValueError as error:
            raise CannotRun(str(error)) from None
        shard(*(devices or (None, None, "data"))[1:])

    # A forked child inherits all this. A spawned one starts empty: before it imports the program, it unpickles the
    # result of `get_preparation_data`, in which a passenger prepares the child.
    others = spawn.get_preparation_data
    spawn.get_preparation_data = lambda name: {
        **others(name),
        "kjax": _Passenger(force, graph, repaired, None, devices),
    }
    if "forkserver" in multiprocessing.get_all_start_methods():
        multiprocessing.set_forkserver_preload([])  # or the server itself would import the program, unprepared


class _Passenger:
    """Calls `prepare` in the process in which it is unpickled."""

    def __init__(self, *options: Any) -> None:
        self._options = options

    def __reduce__(self) -> tuple[Any, ...]:
        return prepare, self._options


def run_script(path: str, arguments: Iterable[str]) -> int:
    """Run a file, a folder or a zip file with a `__main__`, or for `-` standard input; return the exit code."""
    if path == "-":
        return _run("-", "", lambda: _of_text(sys.stdin.read(), "<stdin>"), arguments)
    if not os.path.exists(path):
        raise CannotRun(f"there is no file {path!r}")
    full = os.path.join(os.getcwd(), path)
    if pkgutil.get_importer(path) is not None:  # a folder or a zip file
        return _run(path, full, lambda: _of_container(full), arguments)
    return _run(path, os.path.dirname(os.path.realpath(path)), lambda: _of_file(full), arguments)


def run_module(name: str, arguments: Iterable[str]) -> int:
    """Run a module, or a package's `__main__`, as `python -m` does; return the exit code."""
    return _run("-m", os.getcwd(), lambda: _of_module(name), arguments)


def run_text(text: str, arguments: Iterable[str]) -> int:
    """Run the text of a program, as `python -c` does; return the exit code."""
    return _run("-c", "", lambda: _of_text(text, "<string>"), arguments)


def _run(name: str, folder: str, load: Callable[[], Program], arguments: Iterable[str]) -> int:
    sys.argv[:] = [name, *arguments]
    if not sys.flags.safe_path:
        sys.path[0] = folder
    main = ModuleType("__main__")
    try:
        program = load()  # for a module, this runs the packages around it
        vars(main).update(program.about, __annotations__={})
        if name == "-m":
            sys.argv[0] = main.__file__ or name
        # It stays in place when the program has ended, for functions that run at exit, and for pickling.
        sys.modules["__main__"] = main
        if program_repairs.is_installed():
            program_repairs.repair(main)
        exec(program.code, vars(main))
        return 0
    except (SystemExit, CannotRun):
        raise
    except BaseException as error:
        failure = error.with_traceback(_without_us(error.__traceback__))
    left_out = 0 if whole_traceback else sum(map(_shorten, _chain(failure)))
    # Outside of `except`, as the interpreter itself would call it.
    sys.excepthook(type(failure), failure, failure.__traceback__)
    if left_out:
        print(f"kjax run: lines of kjax, JAX and Keras are left out above ({left_out}); -v shows them", file=sys.stderr)
    return 130 if isinstance(failure, KeyboardInterrupt) else 1


def _without_us(trace: TracebackType | None) -> TracebackType | None:
    """The traceback from the first frame that is neither in this file nor in the import system."""
    ours = {__file__, importlib.util.__file__}
    while trace is not None:
        file = trace.tb_frame.f_code.co_filename
        if file not in ours and not file.startswith("<frozen "):
            break
        trace = trace.tb_next
    return trace


# Whether tracebacks show all frames; set by `kjax run -v`.
whole_traceback = False

# Packages whose frames are left out of tracebacks.
_LIBRARIES = ("kjax", "jax", "jaxlib", "keras", "keras_preprocessing", "keras_applications")


def _chain(error: BaseException | None) -> list[BaseException]:
    """An exception with its causes and contexts."""
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain


def _package(trace: TracebackType) -> str:
    return str(trace.tb_frame.f_globals.get("__name__")).partition(".")[0]


def _shorten(error: BaseException) -> int:
    """Remove the frames of libraries from a traceback, unless there are no others; return their number."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        frames.append(trace)
        trace = trace.tb_next
    kept = [frame for frame in frames if _package(frame) not in _LIBRARIES]
    if not kept:
        return 0
    for frame in reversed(kept):
        trace = TracebackType(trace, frame.tb_frame, frame.tb_lasti, frame.tb_lineno)
    error.__traceback__ = trace
    # JAX adds a note on its own filtering of the traceback, which no longer holds.
    error.__notes__ = [note for note in getattr(error, "__notes__", ()) if "JAX_TRACEBACK_FILTERING" not in note]
    # (The `import` statements of a repaired program pass through a function of `repairs`, which no one misses.)
    return sum(frame not in kept and frame.tb_frame.f_code.co_filename != repairs.__file__ for frame in frames)


# Finding the code.


def _of_text(text: str, file: str) -> Program:
    code = compile(text, file, "exec", dont_inherit=True)
    return Program(code, {"__loader__": BuiltinImporter, "__spec__": None})


def _of_file(path: str) -> Program:
    loader: SourcelessFileLoader | SourceFileLoader
    if path.endswith(".pyc"):
        loader = SourcelessFileLoader("__main__", path)
        code = loader.get_code("__main__")
        assert code is not None  # an unreadable one raises ImportError
    else:
        loader = SourceFileLoader("__main__", path)
        code = compile(_source(path), path, "exec", dont_inherit=True)
    return Program(code, {"__file__": path, "__cached__": None, "__loader__": loader, "__spec__": None})


def _source(path: str) -> bytes:
    if path.endswith(".ipynb"):
        raise CannotRun(f"{path!r} is a notebook; write `import kjax; kjax.install()` into its first cell instead")
    try:
        with open(path, "rb") as file:
            source = file.read()
        text = importlib.util.decode_source(source)
    except OSError as error:
        raise CannotRun(f"{path!r} cannot be read: {error.strerror}") from None
    except (SyntaxError, UnicodeDecodeError):
        text = "\0"
    if "\0" in text:
        raise CannotRun(f"{path!r} is not a Python program")
    return source


def _of_container(path: str) -> Program:
    importer = pkgutil.get_importer(path)
    spec = None if importer is None else importer.find_spec("__main__")
    if spec is None:
        raise CannotRun(f"there is no __main__.py in {path!r}")
    return _of_spec(spec)


def _of_module(name: str) -> Program:
    spec = _find(name)
    if spec.submodule_search_locations is not None:
        spec = _find(f"{name}.__main__", f"{name!r} is a package without a __main__ module")
    return _of_spec(spec)


def _find(name: str, otherwise: str = "") -> ModuleSpec:
    missing = CannotRun(otherwise or f"there is no module named {name!r}")
    if name.startswith("."):
        raise CannotRun(f"{name!r} is a relative module name")
    try:
        spec = importlib.util.find_spec(name)
    except ModuleNotFoundError as error:
        # A package around the module is missing; or (an error of the program) a module that such a package imports.
        if error.name and (name == error.name or name.startswith(f"{error.name}.")):
            raise missing from None
        raise
    if spec is None:
        raise missing
    return spec


def _of_spec(spec: ModuleSpec) -> Program:
    get_code = getattr(spec.loader, "get_code", None)
    code = None if get_code is None else get_code(spec.name)
    if code is None:
        raise CannotRun(f"{spec.name!r} has no Python code")
    about = {
        "__file__": spec.origin,
        "__cached__": spec.cached,
        "__loader__": spec.loader,
        "__package__": spec.parent,
        "__spec__": spec,
    }
    return Program(code, about)
