"""Runs programs, each in a process of its own, as `kjax run` would.

The file of each comes as a line of the standard input; the status that it ended with goes out as a line. What a program
`NAME.py` prints is in `NAME.out` and `NAME.err`. The programs are forked from a process that has imported what most of
them import, which takes longer than the programs themselves.
"""

import os
import pathlib
import sys
import warnings

import h5py  # noqa: F401
import jax  # noqa: F401
import scipy.sparse  # noqa: F401
import yaml  # noqa: F401

from kjax import backend  # noqa: F401
from kjax.command import cli
from kjax.dialects import tensorflow  # noqa: F401


def run(path):
    """Run one program; return its process."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that there may be threads: JAX has computed nothing yet
        process = os.fork()
    if process:
        return process
    os.chdir(path.parent)
    for stream, suffix in ((1, ".out"), (2, ".err")):
        os.dup2(os.open(path.with_suffix(suffix), os.O_WRONLY | os.O_CREAT), stream)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.exit(cli.main(["run", path.name]))


if __name__ == "__main__":
    for program in sys.stdin:
        _, status = os.waitpid(run(pathlib.Path(program.rstrip("\n"))), 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
