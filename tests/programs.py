"""Programs in processes of their own, under `python` and under `kjax run`."""

import subprocess
import sys
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


def check_on_keras(program):
    """Run a program whose assertions are the test; it has `np` and, answered by Keras 2.3.1, `tf`."""
    beginning = "import numpy as np\nimport tensorflow as tf\n"
    assert printed_on_keras("-c", f"{beginning}{textwrap.dedent(program)}\nprint('done')") == "done\n"
