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
