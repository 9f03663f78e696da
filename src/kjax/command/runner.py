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

from kjax.core.sharding import shard
from kjax.dialects import program_repairs
from kjax.dialects.preparation import prepare_process
from kjax.dialects.stand_ins import Report
from kjax.machine import processes, tracebacks
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

    Args:
        force, graph, repaired, report: as for `kjax.dialects.preparation.prepare_process`.
        devices: the devices that it runs on, if several.
        together: whether this is one of several processes that compute together, as the environment says.

    Raises:
        CannotRun: JAX has started already, with fewer devices.
    """
    prepare_process(force, graph, repaired, report)
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
    if not whole_traceback:
        tracebacks.shorten_elsewhere(_shorten)
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
    except CannotRun:
        raise
    except BaseException as error:
        if isinstance(error, SystemExit) and not sys.flags.inspect:  # (which shows it, and goes on at the prompt)
            raise
        failure = error.with_traceback(_without_us(error.__traceback__))
    if not whole_traceback:
        _shorten(failure)
    # Outside of `except`, as the interpreter itself would call it.
    sys.excepthook(type(failure), failure, failure.__traceback__)
    if isinstance(failure, KeyboardInterrupt):
        end_interrupted(failure)
    if sys.flags.inspect:  # what a debugger looks at (`pdb.pm()`)
        sys.last_type, sys.last_value, sys.last_traceback = type(failure), failure, failure.__traceback__
    return 1


def _shorten(error: BaseException | None) -> None:
    left_out = tracebacks.shorten(error)
    if left_out:  # said first, so that the message is the last line
        print(f"kjax run: lines of kjax, JAX and Keras are left out below ({left_out}); -v shows them", file=sys.stderr)


def end_interrupted(failure: BaseException) -> None:
    """Hand the interrupt on to the interpreter, which ends the process as shells expect it. It was shown already."""
    if not sys.flags.inspect:
        sys.excepthook = lambda kind, error, trace: None
        raise failure


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
        code = _compiled(_source(path), path)
    return Program(code, {"__file__": path, "__cached__": None, "__loader__": loader, "__spec__": None})


def _compiled(source: bytes, path: str) -> CodeType:
    """The code of a file; one of another language is named as such, and not searched for faults."""
    try:
        return compile(source, path, "exec", dont_inherit=True)
    except SyntaxError as error:
        first = source.partition(b"\n")[0]
        suffix = os.path.splitext(path)[1]
        if suffix in _PYTHON or (not suffix and not (first.startswith(b"#!") and b"python" not in first)):
            raise
        what = "no Python" if error.text is None else f"no Python: {error.text.strip()[:60]}"
        name = os.path.relpath(path) if os.path.dirname(path) == os.getcwd() else path
        raise CannotRun(f"{name!r} is not a Python program; line {error.lineno} is {what}") from None


_PYTHON = (".py", ".pyw", ".pyi", ".pyx")


def _source(path: str) -> bytes:
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
