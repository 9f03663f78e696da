"""The `kjax` command: `kjax run`, `kjax check`, `kjax port`, `kjax info`."""

from __future__ import annotations

import argparse
import importlib.util
import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import kjax
from kjax.command import check, port
from kjax.command.options import options_of_this_python, split

_ABOUT = """\
Run code written for tf.keras.backend, without TensorFlow, on NumPy and JAX.

In your own code one line does it:

    from kjax import backend as K        # was: from tensorflow.keras import backend as K

Code that you do not want to change runs as it is:

    kjax run train.py --epochs 3
"""

_RUN_USAGE = """kjax run [options] script.py [arguments]
       kjax run [options] notebook.ipynb [-o executed.ipynb]
       kjax run [options] -m module [arguments]
       kjax run [options] -c program [arguments]
       kjax run [options] -i"""

_RUN_ABOUT = """\
Run an unmodified Python program in which kjax answers for TensorFlow: the modules tensorflow.keras.backend,
tensorflow.compat.v1.keras.backend and (where no Keras is installed) keras.backend, and the short list of tf.* calls
that such code mixes in, like tf.cast and tf.reduce_sum. Keras 2.3.1, if it is installed, runs on kjax.

The program may be a file, a folder or zip file with a __main__.py, a module (-m), or `-` for standard input. It sees
its own arguments, __main__ and exit code, as under `python`. The cells of a notebook run in their order, in a kernel
of Jupyter (pip install "kjax[notebooks]"); what they print is printed, and -o writes the notebook with its results.

Python's own options -b, -B, -d, -E, -i, -I, -O, -OO, -P, -q, -s, -u, -W and -X do what they do under `python`, as does
-V. Only -v is another one, and -S and -x have no use here.

Memory that the process frees is kept for its next arrays (with glibc), which makes large models up to twice as fast.
KJAX_KEEP_MEMORY=0 in the environment prevents it. JAX computes on CPUs in the thread that calls it, so that small steps
don't wait for another thread; KJAX_CALLING_THREAD=0 prevents that. Compiled programs are kept in the user's cache
folder for the next run (`kjax info` shows where); KJAX_CACHE=0 prevents that.
"""

_RUN_EXAMPLES = """\
examples:
  kjax run train.py --epochs 3         the file train.py with the arguments --epochs 3
  kjax run --graph old/train.py        code from the days of TensorFlow 1
  kjax run -m mypackage.train          a module, as `python -m` does
  kjax run --devices 8 train.py        on eight devices
  kjax run --verbose train.py          say which modules kjax answers
  kjax run -i train.py                 go on at the prompt where the program has ended
  kjax run book.ipynb -o done.ipynb    a notebook
  kjax run --profile train.py          say at the end which operations and lines took the time
  kjax run --explain-compile train.py  say which lines were compiled, why, and for how long

Asking for a part of TensorFlow that is not covered, such as tf.keras.layers, raises an AttributeError (or, in an
import statement, a ModuleNotFoundError) that names it.
"""


_DEVICES = """\
The results are the same as on one device. On a CPU as many devices are made as are asked for. In the program,
kjax.sharded says more, such as how variables are split.
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Carry out a command line, by default `sys.argv[1:]`; return the exit code."""
    arguments = sys.argv[1:] if arguments is None else arguments
    parser = _parser()
    # Arguments behind the program's name belong to the program: they are cut off before anything is parsed.
    ours, pythons, program = split(arguments) if arguments[:1] == ["run"] else (arguments, [], ())
    if arguments and arguments[0] not in ("run", "check", "port", "info") and os.path.exists(arguments[0]):
        parser.error(f"to run a program: kjax run {arguments[0]}")
    options = parser.parse_args(ours)
    options.given = ours[1:]
    if pythons:
        return _under_python(pythons, [*ours, *program])
    if options.command is None:
        parser.print_help(sys.stderr)
        return 2
    carry_out: Callable[[argparse.Namespace, Sequence[str]], int] = options.carry_out
    return carry_out(options, program)


def _under_python(pythons: Sequence[str], arguments: Sequence[str]) -> int:
    """The same command in a Python with these options, which a running one can't take; those that it has it keeps."""
    line = [sys.executable, *options_of_this_python(), *pythons, "-m", "kjax", *arguments]
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name == "posix":
        os.execv(sys.executable, line)
    import subprocess

    return subprocess.call(line)


def _parser() -> argparse.ArgumentParser:
    plain = argparse.RawDescriptionHelpFormatter
    parser = argparse.ArgumentParser(prog="kjax", description=_ABOUT, formatter_class=plain)
    parser.add_argument("--version", action="version", version=f"kjax {kjax.__version__}")
    commands = parser.add_subparsers(dest="command", metavar="command", title="commands")

    run = commands.add_parser(
        "run",
        help="run an unmodified program, with kjax in TensorFlow's place",
        usage=_RUN_USAGE,
        description=_RUN_ABOUT,
        epilog=_RUN_EXAMPLES,
        formatter_class=plain,
    )
    run.add_argument(
        "--force", action="store_true", help="replace a TensorFlow or Keras that is installed (else it is left alone)"
    )
    mode = run.add_mutually_exclusive_group()
    mode.add_argument(
        "--graph", action="store_true", help="start in graph mode, as TensorFlow 1 and multi-backend Keras did"
    )
    mode.add_argument(
        "--eager", action="store_false", dest="graph", help="start in eager mode, as TensorFlow 2 does (the default)"
    )
    run.add_argument(
        "--no-repairs",
        action="store_false",
        dest="repairs",
        help="don't answer names that NumPy, SciPy and Python have dropped, such as np.float (`kjax info` lists them)",
    )
    run.add_argument(
        "--processes",
        type=int,
        metavar="N",
        help="start the program N times on this machine, as processes that compute together; shown is what the first "
        "one writes, and what the others write to stderr (with -v all). If one ends with an error, all are ended",
    )
    run.add_argument(
        "-v", "--verbose", action="store_true", help="say on stderr which modules kjax answers; show whole tracebacks"
    )
    devices = run.add_argument_group("several devices", _DEVICES)
    devices.add_argument(
        "--devices", type=int, metavar="N", help="run on the first N devices, each batch split among them"
    )
    devices.add_argument(
        "--mesh", metavar="AXES", help="their arrangement, as in data=4,model=2 (default: one axis, data)"
    )
    devices.add_argument(
        "--batch-axis", metavar="AXIS", help="the axis that batches are split along (default: the first)"
    )
    run.add_argument("-o", "--output", metavar="FILE", help="write a notebook with the results of its cells")
    run.add_argument(
        "--profile",
        nargs="?",
        const="",
        metavar="FILE",
        help="run operation by operation, and say at the end which of them and which lines took how long (--profile="
        "FILE writes it as JSON)",
    )
    run.add_argument(
        "--explain-compile", action="store_true", help="say which lines had programs compiled, why, and for how long"
    )
    run.add_argument(
        "-V",
        action="version",
        version=f"kjax {kjax.__version__}, Python {platform.python_version()}",
        help="say the versions of kjax and Python",
    )
    run.set_defaults(carry_out=_run)

    check.add_to(commands)
    port.add_to(commands)

    info = commands.add_parser(
        "info",
        help="show versions, devices, settings and where caches are",
        description="Show versions, devices, settings and where caches are; worth adding to a bug report.",
    )
    info.set_defaults(carry_out=_info)
    return parser


# kjax run


def _run(options: argparse.Namespace, program: Sequence[str]) -> int:
    from kjax.machine import processes

    def say(sentence: str) -> None:
        print(f"kjax run: {sentence}", file=sys.stderr)

    def report(module: str, left_alone: str | None) -> None:
        if left_alone is not None:
            say(f"{module} is installed ({left_alone}) and left alone; --force replaces it")
        elif options.verbose:
            say(f"{module} is answered by kjax")

    if not program and sys.flags.interactive:
        program = ("-c", "pass")
    if not program:
        say("which program? for example: kjax run script.py (more: kjax run --help)")
        return 2
    if options.processes is not None:
        from kjax.command import launcher

        if options.processes < 1:
            say("--processes needs a number, 1 or more")
            return 2
        arguments = [*_without_processes(options.given), *program]
        return launcher.start(options.processes, arguments, say, options.verbose, options.devices or 1)
    first, rest = program[0], program[1:]
    if first.endswith(".ipynb"):
        return _run_notebook(first, [*options.given, *rest], say)
    if options.output is not None:
        say(f"-o is for notebooks; {first!r} is none")
        return 2
    text = None
    if first[:2] in ("-m", "-c"):
        text, rest = (first[2:], rest) if first[2:] else (rest[0] if rest else None, rest[1:])
        if not text:
            say(f"{first[:2]} needs an argument, as in: kjax run {first[:2]} {_EXAMPLE[first[:2]]}")
            return 2
    _report(options)
    from kjax.command import runner

    runner.whole_traceback = options.verbose
    try:
        devices = runner.devices_for(options.devices, options.mesh, options.batch_axis)
        together = processes.is_named()
        runner.prepare(options.force, options.graph, options.repairs, report, devices, together)
        if text is None:
            return runner.run_script(first, rest)
        return runner.run_module(text, rest) if first[:2] == "-m" else runner.run_text(text, rest)
    except runner.CannotRun as error:
        say(str(error))
        return 2


def _without_processes(given: Sequence[str]) -> Iterator[str]:
    """The options of `kjax run` for each of several processes."""
    rest = iter(given)
    for option in rest:
        if option == "--processes":
            next(rest, None)
        elif not option.startswith("--processes="):
            yield option


def _report(options: argparse.Namespace) -> None:
    """Start what is asked to be told of the run."""
    if options.explain_compile or options.profile is not None:
        from kjax.command.reports import Printer

        printer = Printer()
    if options.profile is not None:
        from kjax.command.profiling import Profile

        Profile(printer, options.profile or None).start()
    if options.explain_compile:
        from kjax.command.compiling import Explanation

        Explanation(printer).start()


def _run_notebook(path: str, given: Sequence[str], say: Callable[[str], None]) -> int:
    """A notebook has no arguments: options may stand behind it, too."""
    from kjax.command import notebook, runner

    options: argparse.Namespace = _parser().parse_args(["run", *given])
    others = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    others.add_argument("-o", "--output")
    if not os.path.exists(path):
        say(f"there is no file {path!r}")
        return 2
    try:
        return notebook.run(path, options.output, others.parse_known_args(given)[1])
    except runner.CannotRun as error:
        say(str(error))
        return 2


_EXAMPLE = {"-m": "mypackage.train", "-c": "'import tensorflow as tf; print(tf.__version__)'"}


# kjax info


def _info(options: argparse.Namespace, program: Sequence[str]) -> int:
    rows = [*_versions(), *_devices(), *_settings(), *_caches(), *_repairs()]
    width = max(len(name) for name, _ in rows)
    for name, value in rows:
        print(f"{name:<{width}}  {value}")
    return 0


def _versions() -> Iterator[tuple[str, str]]:
    yield "kjax", f"{kjax.__version__}  ({os.path.dirname(kjax.__file__)})"
    yield "python", f"{platform.python_version()}  ({sys.executable})"
    for name in ("numpy", "ml_dtypes", "jax", "jaxlib"):
        yield name, _version(name) or "not installed"
    from kjax.dialects import keras2_repairs

    for name in ("tensorflow", "keras"):
        if name == "keras" and keras2_repairs.is_installed():
            yield name, f"{keras2_repairs.VERSION}; runs on kjax under `kjax run`, with the repairs below"
        elif importlib.util.find_spec(name) is None:
            yield name, "not installed; `kjax run` answers for it"
        else:
            yield name, f"{_version(name) or 'installed'}; `kjax run` leaves it alone unless --force is given"


def _version(distribution: str) -> str | None:
    from importlib import metadata  # takes longer to import than all the rest

    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return None


def _devices() -> Iterator[tuple[str, str]]:
    try:
        import jax

        devices: list[Any] = jax.devices()
    except (ImportError, RuntimeError) as error:
        yield "devices", f"none: {error}"
        return
    for number, device in enumerate(devices):
        yield f"device {number}", f"{device.platform}: {device.device_kind}{', the default' if number == 0 else ''}"


def _settings() -> Iterator[tuple[str, str]]:
    from kjax import backend as K

    yield "mode", "eager" if kjax.executing_eagerly() else "graph"
    yield "floatx", K.floatx()
    yield "epsilon", repr(K.epsilon())
    yield "image data format", K.image_data_format()


def _repairs() -> Iterator[tuple[str, str]]:
    """The repairs that `kjax run` makes in a program, and in an installed Keras 2.3.1."""
    from kjax.dialects import keras2_repairs, program_repairs

    for repair in program_repairs.REPAIRS:
        yield f"repair: {repair.name}", f"{repair.what} (the program's modules)"
    if keras2_repairs.is_installed():
        for repair in keras2_repairs.REPAIRS:
            yield f"repair: {repair.name}", f"{repair.what} ({', '.join(repair.modules)})"


def _caches() -> Iterator[tuple[str, str]]:
    from kjax.machine import cache

    folder = cache.folder()
    yield "compilation cache", f"{folder}, under `kjax run`" if folder else "none on disk (by KJAX_CACHE)"
