"""Programs in processes of their own, under `python` and under `kjax run`."""

import atexit
import functools
import pathlib
import subprocess
import sys
import tempfile
import textwrap


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(textwrap.dedent(text))
    return path


def python(*arguments, **options):
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, **options)


def command(*arguments, **options):
    return python("-m", "kjax", *arguments, **options)


def run(*arguments, **options):
    return command("run", *arguments, **options)


def ends(finished):
    """All that a caller sees of a process."""
    return finished.returncode, finished.stdout, finished.stderr


def printed_on_keras(*arguments):
    """The output of a program that uses Keras 2.3.1 under `kjax run`."""
    finished = run(*arguments)
    assert (finished.stderr, finished.returncode) == ("Using kjax.keras2 backend.\n", 0)
    return finished.stdout


@functools.cache
def _server():
    """The process of `forked_programs.py`, started once, which ends with this one."""
    program = str(pathlib.Path(__file__).with_name("forked_programs.py"))
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    server = subprocess.Popen([sys.executable, program], text=True, bufsize=1, **pipes)
    atexit.register(server.communicate)
    return server


def forked(path):
    """What a program in a file ends with under `kjax run`, sooner than by `run`; it runs in the folder of the file."""
    server = _server()
    server.stdin.write(f"{path}\n")
    status = int(server.stdout.readline())
    return status, *(path.with_suffix(suffix).read_text(encoding="utf-8") for suffix in (".out", ".err"))


def check_on_keras(program):
    """Run a program whose assertions are the test; it has `np` and, answered by Keras 2.3.1, `tf`."""
    beginning = "import numpy as np\nimport tensorflow as tf\n"
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, "program.py")
        path.write_text(f"{beginning}{textwrap.dedent(program)}\nprint('done')", encoding="utf-8")
        assert forked(path) == (0, "done\n", "Using kjax.keras2 backend.\n")
